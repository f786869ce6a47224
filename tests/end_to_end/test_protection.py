"""What goes out of a whole run, attacked: the example town and Groningen."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse
from scipy.optimize import linprog

from pipelines.contracts import conform
from pipelines.people.contracts import PERSONS
from pipelines.people.groups import all_groups
from pipelines.protection.audit import feasible_intervals, leaks, require_safe, wrong
from pipelines.protection.contracts import COUNTS
from pipelines.protection.parts import LARGE_AREAS, build_parts, told_of
from pipelines.protection.population import Secret, round_people
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.warehouse import Warehouse


@dataclass(frozen=True)
class Released:
    """A finished run, and what it told of people."""

    warehouse: Warehouse
    area_path: Path
    counts: pa.Table

    def again(self, key: bytes, *earlier: pa.Table) -> pa.Table:
        told = tuple((str(number), table) for number, table in enumerate(earlier))
        rounded = round_people(self.warehouse, read_area_file(self.area_path), Secret(key, told))[1]
        return conform(rounded, COUNTS)


@pytest.fixture(
    scope="module",
    params=[
        "example_run",
        pytest.param("groningen_run", marks=[pytest.mark.realdata, pytest.mark.slow]),
    ],
)
def released(request: pytest.FixtureRequest) -> Released:
    run = request.getfixturevalue(request.param)
    warehouse = Warehouse(run.data, run.area)
    return Released(warehouse, SHIPPED / f"{run.area}.yaml", warehouse.read(COUNTS))


def test_every_small_number_keeps_its_room_and_none_is_more_than_five_off(released: Released):
    intervals = feasible_intervals(released.counts)
    true, rounded = (released.counts[name].to_numpy() for name in ("true", "rounded"))
    small = (true >= 1) & (true < 10)
    assert small.sum() > 500
    enough = np.minimum(intervals.width_without, 5) - 1e-6
    assert np.all(intervals.width_with[small] >= enough[small])
    assert len(leaks(released.counts, intervals)) == 0
    assert len(wrong(released.counts)) == 0
    assert np.abs(rounded - true)[true > 0].mean() <= 2.7
    alone = np.maximum(rounded - 5, 0), rounded + 5
    assert np.all((alone[0] <= true + 1e-6) & (true <= alone[1] + 1e-6))


def test_ten_releases_of_the_same_people_tell_no_more_than_one(released: Released):
    told = [released.counts]
    for number in range(9):
        told.append(released.again(bytes([number]) * 32, told[-1]))
    first, last = feasible_intervals(told[0]), feasible_intervals(told[-1], told[:-1])
    assert np.array_equal(first.lowest_with, last.lowest_with)
    assert np.array_equal(first.highest_with, last.highest_with)
    require_safe(told[-1], told[:-1], only_public=False)


def test_a_new_key_without_what_was_told_before_is_found(released: Released):
    told = [released.again(bytes([number]) * 32) for number in range(4)]
    assert any(not table["rounded"].equals(told[0]["rounded"]) for table in told)
    intervals = feasible_intervals(told[-1], told[:-1])
    alone = feasible_intervals(told[-1])
    assert np.sum(intervals.width_with < alone.width_with - 1) > 20


def test_the_closed_form_is_what_linear_programs_find(released: Released):
    """All sums of one group at once, PC6 and cells as if their rounded numbers were told."""
    parts, persons = build_parts(released.warehouse), released.warehouse.read(PERSONS)
    group = next(one for one in all_groups() if one.name == "65plus")
    told = told_of(parts, group)
    known = {row[:4]: row[4] for row in _rows(released.counts)}
    keys = zip(told.area_type, told.area_code, told.profile, told.level, strict=True)
    numbers = np.array([known[key] for key in keys])
    true = told.members @ parts.counts(persons, "65plus")
    large = np.array([kind in LARGE_AREAS for kind in told.area_type])
    small = np.flatnonzero(large & (true >= 1) & (true < 10))
    both, limits = sparse.vstack([told.members, -told.members]), np.concatenate([numbers + 5, 5 - numbers])
    for row in np.random.default_rng(1).choice(small, min(8, len(small)), replace=False):
        aim = told.members[[row]].toarray().ravel()
        low, high = (linprog(sign * aim, A_ub=both, b_ub=limits, bounds=(0, None)) for sign in (1, -1))
        assert low.fun == pytest.approx(max(numbers[row] - 5, 0), abs=1e-6)
        assert -high.fun == pytest.approx(numbers[row] + 5, abs=1e-6)


def _rows(counts: pa.Table) -> list[tuple[object, ...]]:
    own = counts.filter(pa.compute.field("population_group") == "65plus")
    names = ("area_type", "area_code", "profile", "level", "rounded")
    return list(zip(*(own[name].to_pylist() for name in names), strict=True))
