"""Release after release of people who change: all can be told, and laid side by side they tell no more than one."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from pipelines.protection.audit import feasible_intervals
from pipelines.protection.memory import Remembered
from pipelines.protection.rounding import options
from pipelines.protection.thresholds import BASE
from tests.benchmarks.releases import (
    Release,
    forgets,
    histories,
    keeps,
    narrowest,
    narrowest_by_enumeration,
    narrowest_of_known_changes,
    prefers,
    released,
)


def _sequence(town: Callable, seed: int, most: int) -> tuple[list[Release], np.random.Generator]:
    random = np.random.default_rng(seed)
    made = town(seed, n=40, whole=seed % 2 == 0)
    changes = histories(made.persons, made.parts, random, most)
    return list(released(made.rounding(key=seed.to_bytes(32)), changes)), random


@pytest.mark.parametrize(
    ("seeds", "most"), [(range(8), 5), pytest.param(range(200), 10, marks=pytest.mark.slow)], ids=["few", "200"]
)
def test_no_sequence_of_changed_releases_fails_or_leaves_out_a_sum_or_narrows_one(
    town: Callable, seeds: range, most: int
):
    for seed in seeds:
        releases, random = _sequence(town, seed, most)
        told = [release.counts for release in releases]
        assert all(len(release.groups) == 6 for release in releases), seed
        assert all(table["rounded"].null_count == 0 for table in told), seed
        true = told[-1]["true"].to_numpy()
        widths = feasible_intervals(told[-1], told[:-1]).width_with
        assert widths[true > 0].min() >= BASE, seed
        assert narrowest(releases, random) >= BASE - 1e-6, seed


def test_whatever_is_told_of_whatever_changes_no_history_of_a_sum_is_known_within_less_than_five():
    assert narrowest_by_enumeration(prefers)[0] == BASE


def test_control_keeping_what_is_within_five_is_found_by_enumeration():
    """A 10 that becomes 15 and is told anew says 16 to 20; kept, told once more, it says how it moved."""
    assert narrowest_by_enumeration(keeps)[0] < BASE


def test_control_drawing_every_release_by_itself_is_found_by_enumeration():
    assert narrowest_by_enumeration(forgets)[0] == 0


@pytest.mark.parametrize("truth", range(1, 16))
def test_the_rule_that_is_enumerated_is_the_one_that_rounds(truth: int):
    for told in (None, *sorted(prefers(truth, []))):
        past = [] if told is None else [(truth, told)]
        memory = None if told is None else Remembered(*(np.array([float(told)]) for _ in range(3)))
        chosen = [options(np.array([float(truth)]), np.array([chance]), memory) for chance in (0.2, 0.8)]
        may_be = {int(one.low[0]) for one in chosen} | {int(one.low[0]) + BASE for one in chosen}
        assert may_be == prefers(truth, past)


def test_who_knows_every_change_to_the_person_knows_no_sum_within_less_than_five():
    assert narrowest_of_known_changes(300, same_chance=True) >= BASE


def test_control_new_chance_in_every_release_averages_out_for_who_knows_every_change():
    assert narrowest_of_known_changes(100, same_chance=False) == 0


def test_who_leaves_and_returns_is_told_as_before(town: Callable):
    made, other = town(3, n=40), town(4, n=40)
    away = other.persons
    # With another key for every release: only what was told of the same truth can make it the same.
    first = made.counts()
    second = type(made)(made.parts, away).counts(key=b"2" * 32, earlier=[first])
    third = made.counts(key=b"3" * 32, earlier=[first, second])
    assert np.mean(third["rounded"].to_numpy() == first["rounded"].to_numpy()) > 0.99
    assert feasible_intervals(third, [first, second]).width_with[third["true"].to_numpy() > 0].min() >= BASE


def test_groups_of_the_same_area_have_chances_of_their_own(town: Callable):
    made = town(5, n=40)
    everybody = made.persons["persons"].to_numpy()[:40]
    alike = pa.array(np.tile(everybody, len(made.persons) // 40))
    same = type(made)(made.parts, made.persons.set_column(3, made.persons.schema.field("persons"), alike))
    rounded = {one.group.name: one.told.members @ one.rounded for one in same.rounded()}
    assert not np.array_equal(rounded["all"], rounded["hh_single"])
