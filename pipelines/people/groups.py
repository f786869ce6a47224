"""Groups whose need of a place near by differs: young children, the old, households; from the bands that CBS counts.

A group that was counted itself, in the year of the totals, is shared out like everybody. Another is a part of a coarser
band, as large as a count of five-year ages says it is in that postcode (PC4), whatever its year.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from pipelines.arrays import Floats, PyObjects

_GROUPS = Path(__file__).parent / "need_groups.yaml"
_FIVE_YEARS, _OLDEST = 5, 95


@dataclass(frozen=True)
class Group:
    """A group: ages from `low` below `high`, and the bands that hold it; or households, which have no ages.

    `profiles` are those with whom it is told how many of the group have no place within reach.
    """

    name: str
    profiles: tuple[str, ...]
    low: int = 0
    high: int = 0
    within: tuple[str, ...] = ()
    is_households: bool = False


@cache
def all_groups() -> tuple[Group, ...]:
    """Everybody, and the groups of `need_groups.yaml`, in its order."""
    written = yaml.safe_load(_GROUPS.read_text(encoding="utf-8"))
    return tuple(_group(name, facts) for name, facts in written.items())


def need_groups() -> tuple[Group, ...]:
    """The groups whose need differs: all but everybody."""
    return tuple(group for group in all_groups() if group.name != "all")


def _group(name: str, facts: Mapping[str, Any]) -> Group:
    low, high = facts.get("ages", (0, 200))
    is_households = bool(facts.get("households"))
    return Group(name, tuple(facts["profiles"]), low, high, tuple(facts.get("within", ())), is_households)


@dataclass(frozen=True)
class FiveYears:
    """Persons per PC4 (rows) and five years of age (columns, 0_4 to 95plus) in a year; NaN where hidden."""

    pc4: PyObjects
    persons: Floats
    vintage: int


def five_years(people_counts: pa.Table) -> FiveYears | None:
    """The five-year ages of postcodes among `sources/people_counts`; None where they were not delivered."""
    names = _five_year_names()
    rows = people_counts.filter(
        (pc.field("unit_type") == "pc4") & pc.is_in(pc.field("population_group"), pa.array(names))
    )
    if len(set(rows["population_group"].to_pylist())) < len(names):
        return None
    codes, unit = np.unique(np.array(rows["unit_code"].to_pylist(), dtype=str), return_inverse=True)
    column = np.array([names.index(group) for group in rows["population_group"].to_pylist()])
    persons = np.full((len(codes), len(names)), np.nan)
    persons[unit, column] = rows["persons"].to_numpy()
    return FiveYears(codes.astype(object), persons, rows["vintage"][0].as_py())


def _five_year_names() -> list[str]:
    return [*(f"{age}_{age + 4}" for age in range(0, _OLDEST, _FIVE_YEARS)), f"{_OLDEST}plus"]


def band_ages(band: str) -> tuple[int, int]:
    """First age of a band such as 15_24 or 65plus, and the first age above it."""
    if band == "all":
        return 0, 200
    low, _, high = band.removesuffix("plus").partition("_")
    return int(low), int(high) + 1 if high else 200


def shares_within(ages: FiveYears, group: Group, band: str, pc4: PyObjects) -> Floats:
    """Share of a band that belongs to a group, at each atom (n,) by its PC4.

    Within five years of age people are taken to be as many of each. NaN where the PC4 is not known, its ages are
    hidden, or nobody of that band was counted there.
    """
    low, high = band_ages(band)
    whole = ages.persons @ _years_in(low, high)
    part = ages.persons @ _years_in(max(low, group.low), min(high, group.high))
    share = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    place = {code: row for row, code in enumerate(ages.pc4.tolist())}
    return np.append(share, np.nan)[[place.get(code, -1) for code in pc4.tolist()]]


def _years_in(low: int, high: int) -> Floats:
    """Share of each five-year group (20,) that is at least `low` and younger than `high`; 95plus as one."""
    starts = np.arange(0, _OLDEST, _FIVE_YEARS)
    years = np.clip(np.minimum(starts + _FIVE_YEARS, high) - np.maximum(starts, low), 0, _FIVE_YEARS) / _FIVE_YEARS
    return np.append(years, float(low <= _OLDEST < high))


def bands_of(group: Group, bands: Collection[str]) -> Iterator[str]:
    """The bands a group is a part of: its own where these were counted, else everybody."""
    yield from group.within if set(group.within) <= set(bands) else ("all",)
