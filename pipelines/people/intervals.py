"""What was counted of the people in squares, postcodes and buurten, as the intervals that homes have to keep.

Only counts of the same year as the totals of the area are kept: boundaries and people of another year are not these.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.arrays import Flags, Floats, PyObjects
from pipelines.errors import SourceError
from pipelines.people.allocation import NOWHERE, Allocation, Counts
from pipelines.people.origins import polygons_of
from pipelines.sources.contradiction_kinds import Threshold
from pipelines.sources.remarks import Remark

# A postcode of which less than this lies inside counts people who live outside: it bounds from above only.
WHOLLY_INSIDE = 0.99
# Counts that fit each other two by two may not fit all together: from so much on that is noticeable.
_GIVEN_WAY = Threshold(count=10, share=0.005)
# Squares are delivered for the surroundings only: one without a home is told of.
SQUARES = ("square", "square500")


@dataclass(frozen=True)
class Homes:
    """Where atoms lie: `units` per unit type the codes (n,), '' in none; `shares` of postcodes that lie inside.

    `total_type` is the type of the units whose counts are the area's totals, of the year `vintage`.
    """

    units: Mapping[str, PyObjects]
    shares: Mapping[str, Mapping[str, float]]
    total_type: str
    vintage: int

    @property
    def codes(self) -> pa.Array:
        """The units in which any atom lies; a delivery may count those of the whole country."""
        return pa.array(sorted({code for codes in self.units.values() for code in set(codes.tolist())}), pa.string())

    def __len__(self) -> int:
        """How many atoms there are."""
        return len(self.units[self.total_type])


@dataclass(frozen=True)
class Kept:
    """The intervals of one population group, from the finest units to the coarsest.

    `counted` gives for each system the number told of each of its units, NaN where hidden or of a unit that lies partly
    outside; `total` says which of the systems holds the totals, None where these do not tell of the group.
    """

    systems: tuple[Counts, ...]
    counted: tuple[Floats, ...]
    total: int | None

    def is_told(self, n_atoms: int) -> Flags:
        """Whether any unit that an atom (n,) lies in tells a number."""
        told = np.zeros(n_atoms, dtype=bool)
        for system, counted in zip(self.systems, self.counted, strict=True):
            told |= np.append(np.isfinite(counted), [False])[system.unit]
        return told


def year_of_totals(people_counts: pa.Table, total_type: str) -> int:
    """The year of the counts that the people of the area add up to.

    Raises
    ------
    SourceError
        When no unit of `total_type` carries a count of inhabitants.
    """
    totals = people_counts.filter((pc.field("unit_type") == total_type) & (pc.field("population_group") == "all"))
    if not len(totals):
        raise SourceError(
            f"population.total_from: the {total_type} delivery carries no inhabitants. Choose another in the area file."
        )
    return int(totals["vintage"][0].as_py())


def homes_of(atoms: pa.Table, areas: pa.Table, total_type: str, vintage: int) -> Homes:
    """Where every atom of `people/atoms` lies, in units of every type."""
    words = {name: np.array(atoms[name].to_pylist(), dtype=object) for name in _COLUMNS.values()}
    units = {unit_type: words[column] for unit_type, column in _COLUMNS.items()}
    wijk = _parents(areas, "buurt", units["buurt"])
    units |= {"wijk": wijk, "gemeente": _parents(areas, "wijk", wijk)}
    shares = {kind: _told(areas, kind) if kind == total_type else _measured(areas, kind) for kind in ("pc4", "pc6")}
    return Homes(units, shares, total_type, vintage)


_COLUMNS = {
    "square": "square_code",
    "square500": "square500_code",
    "pc6": "pc6",
    "pc4": "pc4",
    "buurt": "buurt_code",
}


def _parents(areas: pa.Table, area_type: str, codes: PyObjects) -> PyObjects:
    chosen = areas.filter(pc.field("area_type") == area_type)
    parents = dict(zip(chosen["area_code"].to_pylist(), chosen["parent_code"].to_pylist(), strict=True))
    return np.array([parents.get(code, "") for code in codes.tolist()], dtype=object)


def _told(areas: pa.Table, area_type: str) -> dict[str, float]:
    chosen = areas.filter(pc.field("area_type") == area_type)
    return dict(zip(chosen["area_code"].to_pylist(), chosen["share_inside"].to_pylist(), strict=True))


def _measured(areas: pa.Table, area_type: str) -> dict[str, float]:
    """Share of the surface of each postcode that lies in the buurten of the area; as told where there are none."""
    postcodes, buurten = polygons_of(areas, area_type), polygons_of(areas, "buurt")
    if not len(buurten.codes):
        return _told(areas, area_type)
    postcode, buurt = shapely.STRtree(buurten.geometry).query(postcodes.geometry, predicate="intersects")
    common = shapely.area(shapely.intersection(postcodes.geometry[postcode], buurten.geometry[buurt]))
    inside = np.bincount(postcode, weights=common, minlength=len(postcodes.codes)) / shapely.area(postcodes.geometry)
    return dict(zip(postcodes.codes.tolist(), inside.tolist(), strict=True))


def kept_counts(people_counts: pa.Table, homes: Homes, group: str) -> Kept:
    """The intervals that the atoms keep for one population group.

    Parameters
    ----------
    people_counts
        `sources/people_counts`.
    homes
        Where the atoms lie; of another year than `homes.vintage` nothing is kept.
    group
        One of its population groups.
    """
    rows = people_counts.filter((pc.field("population_group") == group) & (pc.field("vintage") == homes.vintage))
    rows = rows.filter(pc.is_in(pc.field("unit_code"), homes.codes) | pc.field("unit_type").isin(SQUARES))
    present = [kind for kind in homes.units if kind in set(rows["unit_type"].to_pylist())]
    read = [_system(kind, rows.filter(pc.field("unit_type") == kind), homes) for kind in present]
    total = present.index(homes.total_type) if homes.total_type in present else None
    return Kept(tuple(system for system, _ in read), tuple(counted for _, counted in read), total)


def _system(unit_type: str, rows: pa.Table, homes: Homes) -> tuple[Counts, Floats]:
    """The intervals of one type of unit, and the numbers they are around.

    A total is kept as published, unless it was worked out from a percentage; of a unit partly outside an extent, for
    the share of its surface inside.
    """
    codes = rows["unit_code"].to_pylist()
    unit = pd.Index(codes).get_indexer(pd.Index(homes.units[unit_type]))
    persons, lowest, highest = (rows[name].to_numpy() for name in ("persons", "lowest", "highest"))
    highest = np.where(np.isnan(highest), np.inf, highest)
    shares = homes.shares.get(unit_type, {})
    inside = np.array([shares.get(code, 1.0) for code in codes])
    is_total = unit_type == homes.total_type
    if is_total:
        persons = persons * inside
        loose = np.isnan(persons) | (rows["basis"].to_numpy(zero_copy_only=False) == "share")
        lowest, highest = (np.where(loose, bound * inside, persons) for bound in (lowest, highest))
    else:
        straddles = inside < WHOLLY_INSIDE
        lowest, persons = np.where(straddles, 0.0, lowest), np.where(straddles, np.nan, persons)
    where = np.where(unit < 0, NOWHERE, unit).astype(np.int64)
    return Counts(unit_type, where, lowest, highest, is_exact=is_total), persons


def centred(prior: Floats, kept: Kept) -> Floats:
    """The prior (n,) brought to the middle of what was counted, from the coarsest units to the finest.

    Without this a group would always end at the edge of its interval that lies nearest to its prior.
    """
    for system, counted in reversed(list(zip(kept.systems, kept.counted, strict=True))):
        inside = system.unit != NOWHERE
        sums = np.bincount(system.unit[inside], weights=prior[inside], minlength=len(counted))
        told = np.isfinite(counted) & (counted > 0) & (sums > 0)
        factor = np.divide(counted, sums, out=np.ones(len(sums)), where=told)
        prior = prior * np.append(factor, 1.0)[system.unit]
    return prior


def relaxations(kept: Kept, allocation: Allocation, group: str) -> tuple[Remark, ...]:
    """What could not be kept, one remark per unit type: how many of its units are off by a person or more.

    And that the sharing did not settle, where it did not.
    """
    found = zip(kept.systems, allocation.missed[: len(kept.systems)], strict=True)
    relaxed = (_remark(system.name, np.abs(missed), group) for system, missed in found if (np.abs(missed) >= 1).any())
    return (*relaxed, *_unsettled(allocation, group))


def _unsettled(allocation: Allocation, group: str) -> Iterator[Remark]:
    if not allocation.is_settled:
        problem = (
            f"{group}: not settled in {allocation.rounds} rounds, {allocation.moved:.1f} persons moved in the last"
        )
        yield Remark("people/persons", problem, "relaxed", 0)


def is_strained(kept: Kept, allocation: Allocation) -> Flags:
    """Whether an atom (n,) rests on counts of which so many gave way that it is noticeable, or that did not settle."""
    n_atoms = len(allocation.persons)
    strained = np.full(n_atoms, not allocation.is_settled and allocation.moved >= 1)
    for system, missed in zip(kept.systems, allocation.missed[: len(kept.systems)], strict=True):
        off = np.abs(missed)
        if _GIVEN_WAY.is_passed(float(off.sum()), float(allocation.persons.sum())):
            strained |= np.append(off >= 1, [False])[system.unit]
    return strained


def _remark(unit_type: str, missed: Floats, group: str) -> Remark:
    by_how_many = f"by {missed.max():.0f} at most and {missed.sum():.0f} in all"
    sentence = f"{group}: counts per {unit_type} contradict the totals, {by_how_many}"
    return Remark("people/persons", sentence, "relaxed", int((missed >= 1).sum()))
