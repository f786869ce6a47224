"""Whether ages add up to the inhabitants of their own unit, and households are no more than its people."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats, Strings
from pipelines.people.doubts import ROLES, Doubt, atoms_in, worst
from pipelines.people.intervals import Homes
from pipelines.sources.cbs_parts import partition
from pipelines.sources.contracts import HOUSEHOLD_GROUPS
from pipelines.sources.contradictions import Contradiction

_NO_AGE = (*HOUSEHOLD_GROUPS, "all")


def doubts_within_units(people_counts: pa.Table, homes: Homes) -> Iterator[Doubt]:
    """Units in which the parts cannot be the parts of the whole, by type of unit and year.

    Parameters
    ----------
    people_counts
        `sources/people_counts`, of units outside the area too: these are not judged.
    homes
        Where the atoms lie.
    """
    inside = people_counts.filter(pc.is_in(people_counts["unit_code"], homes.codes))
    for unit_type in sorted(set(inside["unit_type"].to_pylist())):
        own = inside.filter(pc.field("unit_type") == unit_type)
        for year in sorted(set(own["vintage"].to_pylist())):
            yield from _within(unit_type, own.filter(pc.field("vintage") == year), homes)


def _within(unit_type: str, rows: pa.Table, homes: Homes) -> Iterator[Doubt]:
    codes = np.unique(np.array(rows["unit_code"].to_pylist(), dtype=str))
    groups = sorted(set(rows["population_group"].to_pylist()))
    found = {group: _bounds(rows.filter(pc.field("population_group") == group), codes) for group in groups}
    if "all" not in found:
        return
    lowest, highest = found["all"]
    problem = f"ages per {unit_type} do not add up to its inhabitants"
    off = _ages_off({group: found[group] for group in groups if group not in _NO_AGE}, found["all"])
    yield from _doubt(("ages_totals", problem), off, lowest.sum(), (unit_type, codes, homes))
    least = np.max([found[group][0] for group in HOUSEHOLD_GROUPS if group in found] or [np.zeros(len(codes))], axis=0)
    problem = f"more households than inhabitants per {unit_type}"
    off = np.maximum(least - highest, 0.0)
    yield from _doubt(("households_persons", problem), off, least.sum(), (unit_type, codes, homes))


def _bounds(rows: pa.Table, codes: Strings) -> tuple[Floats, Floats]:
    """The least and the most of each unit (n,); 0 and infinity where nothing is told."""
    row = np.searchsorted(codes, np.array(rows["unit_code"].to_pylist(), dtype=str))
    lowest, highest = np.zeros(len(codes)), np.full(len(codes), np.inf)
    lowest[row] = rows["lowest"].to_numpy()
    most = rows["highest"].to_numpy()
    highest[row] = np.where(np.isnan(most), np.inf, most)
    return lowest, highest


def _ages_off(bands: Mapping[str, tuple[Floats, Floats]], everybody: tuple[Floats, Floats]) -> Floats:
    """By how many persons ages of each unit (n,) are more than all, or all bands together fewer."""
    lowest, highest = everybody
    off = np.max([np.zeros(len(lowest)), *(least - highest for least, _ in bands.values())], axis=0)
    whole = partition(tuple(bands))
    if whole:
        least, most = (np.sum([bands[band][side] for band in whole], axis=0) for side in (0, 1))
        off = np.max([off, least - highest, lowest - most], axis=0)
    return np.asarray(off, dtype=np.float64)


def _doubt(kind: tuple[str, str], off: Floats, of: float, units: tuple[str, Strings, Homes]) -> Iterator[Doubt]:
    unit_type, codes, homes = units
    if off.any():
        name, problem = kind
        told = worst(zip(codes.tolist(), off.tolist(), strict=True))
        contradiction = Contradiction(name, (ROLES[unit_type],), problem, float(off.sum()), of, told)
        yield Doubt(contradiction, atoms_in(homes, unit_type, codes[off > 0].tolist()))
