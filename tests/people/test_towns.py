"""Sharing the people of whole towns: the totals are kept to the person, every other count within its rounding."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.people.atoms import build_atoms
from pipelines.people.origins import find_points
from pipelines.people.persons import share_persons
from pipelines.people.priors import likely_persons
from tests.benchmarks.people import delivered


def _shared(area: str, raw: Path) -> tuple[pa.Table, pa.Table, tuple[str, ...]]:
    """Atoms with their persons in all, what was counted, and what could not be kept."""
    deliveries = delivered(area, raw)
    points = find_points(deliveries, 10)
    priors = likely_persons(points, deliveries.people_counts, "buurt")
    atoms = build_atoms(points, priors, deliveries)
    persons, remarks = share_persons(atoms, deliveries.people_counts, deliveries.areas, "buurt")
    everybody = persons.filter(pc.field("population_group") == "all").select(["atom_id", "persons"])
    told = tuple(remark.problem for remark in remarks if remark.problem.startswith("all:"))
    return atoms.join(everybody, "atom_id"), deliveries.people_counts, told


def _off(homes: pa.Table, counts: pa.Table, unit_type: str, column: str) -> np.ndarray:
    """By how many persons each unit with homes lies under its lowest (negative) or over its highest."""
    sums = homes.group_by(column).aggregate([("persons", "sum")]).to_pandas().set_index(column)["persons_sum"]
    rows = counts.filter((pc.field("unit_type") == unit_type) & (pc.field("population_group") == "all"))
    known = rows.to_pandas().set_index("unit_code")
    known = known[known["persons"].notna()].join(sums, how="inner")
    return np.minimum(known["persons_sum"] - known["lowest"], 0) + np.maximum(
        known["persons_sum"] - known["highest"], 0
    )


def _of_buurten(homes: pa.Table, counts: pa.Table) -> tuple[float, float]:
    rows = counts.filter((pc.field("unit_type") == "buurt") & (pc.field("population_group") == "all")).to_pandas()
    sums = homes.group_by("buurt_code").aggregate([("persons", "sum")]).to_pandas().set_index("buurt_code")
    off = sums["persons_sum"].reindex(rows["unit_code"]).fillna(0).to_numpy() - rows["persons"].fillna(0).to_numpy()
    return float(np.abs(off).max()), float(rows["persons"].sum())


def test_in_the_example_town_every_count_is_kept_but_for_those_told(example_raw):
    homes, counts, told = _shared("voorbeeldstad", example_raw)
    most_off, total = _of_buurten(homes, counts)
    assert most_off < 1e-6
    assert total == pytest.approx(19_790)
    for unit_type, column in (("square", "square_code"), ("pc6", "pc6"), ("pc4", "pc4")):
        off = _off(homes, counts, unit_type, column)
        assert len(off) > 2
        # Under a person is the tolerance of the sharing; what is more is told.
        is_told = any(f"counts per {unit_type} " in one for one in told)
        assert is_told == bool((np.abs(off) >= 1).any())


@pytest.mark.slow
@pytest.mark.realdata
def test_in_groningen_the_buurten_of_2017_are_kept_and_squares_of_2014_bind_nothing(realdata):
    homes, counts, told = _shared("groningen-2017", realdata)
    most_off, total = _of_buurten(homes, counts)
    assert most_off < 1e-6
    assert total == 202_515
    assert not any("counts per square " in one for one in told)
