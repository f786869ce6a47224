"""What CBS tells itself of the sums that we tell: how narrow these are without us, and which stand as CBS told them.

To round once more what CBS has rounded would narrow it: a 5 that may be 3 to 7, told by us as 0, is 3 to 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pipelines.arrays import Flags, Floats, Ints, Strings
from pipelines.protection.parts import Parts, Told
from pipelines.protection.rounding import Options
from pipelines.protection.thresholds import BASE
from pipelines.sources.area_file import AreaFile

# People are kept to the person: a sum this near to CBS's own number is that number.
_SAME = 1e-3
# More than all chance together, and less than what was told before.
_PUBLIC_WEIGHT = 200.0


@dataclass(frozen=True)
class Units:
    """The units of one kind (k,) that CBS counts a group in: its number, and between what that may lie.

    `unit` and `part` (n,) tell of each atom in a unit which unit, and which part. `is_kept` (k,): the atoms hold
    exactly CBS's number.
    """

    unit: Ints
    part: Ints
    count: Floats
    lowest: Floats
    highest: Floats
    is_kept: Flags


@dataclass(frozen=True)
class Public:
    """Per told sum (rows,): between what it lies by CBS's tables, and CBS's number where that is the sum; else NaN."""

    lowest: Floats
    highest: Floats
    told_by_cbs: Floats

    def allow(self, chosen: Options, rows: Ints) -> Options:
        """Prefer of the options of `rows` those that take nothing from how little is known of a sum.

        What CBS tells stands as CBS told it. Of another sum the overlap of what is public and of what our number tells
        had best be as wide as what is public, or at least five.
        """
        told, lowest, highest = self.told_by_cbs[rows], self.lowest[rows], self.highest[rows]
        own = np.isfinite(told)
        enough = np.minimum(highest - lowest, BASE) - _SAME
        stays, rises = (_overlap(chosen.low + more, lowest, highest) >= enough for more in (0, BASE))
        preference = chosen.preference + _PUBLIC_WEIGHT * (rises.astype(float) - stays.astype(float))
        return replace(
            chosen,
            low=np.where(own, told, chosen.low),
            may_stay=chosen.may_stay | own,
            may_rise=chosen.may_rise & ~own,
            preference=preference,
        )


def _overlap(rounded: Floats, lowest: Floats, highest: Floats) -> Floats:
    return np.minimum(rounded + BASE, highest) - np.maximum(np.maximum(rounded - BASE, 0), lowest)


def public_counts(units: Sequence[Units], told: Told, n_parts: int) -> Public:
    """What CBS tells of each sum of a group.

    Parameters
    ----------
    units
        Units of each kind that CBS counts the group in.
    told
        The sums that are told of the group.
    n_parts
        How many parts there are.

    Returns
    -------
    Public
        A sum is at least the units that lie within it, and at most all those it touches; of several kinds of unit the
        narrowest holds.
    """
    n = len(told.area_type)
    lowest, highest, by_cbs = np.zeros(n), np.full(n, np.inf), np.full(n, np.nan)
    for kind in units:
        one = _bounds(kind, told.members, n_parts)
        lowest, highest = np.maximum(lowest, one.lowest), np.minimum(highest, one.highest)
        by_cbs = np.where(np.isfinite(one.told_by_cbs), one.told_by_cbs, by_cbs)
    return Public(lowest, np.maximum(highest, lowest), by_cbs)


def _bounds(units: Units, members: sparse.csr_array, n_parts: int) -> Public:
    k = len(units.count)
    pairs = np.unique(units.unit * n_parts + units.part)
    touched = sparse.csr_array((np.ones(len(pairs)), (pairs % n_parts, pairs // n_parts)), shape=(n_parts, k))
    inside = sparse.csr_array(members @ touched).tocoo()
    parts_of = np.bincount(pairs // n_parts, minlength=k)
    whole = inside.data == parts_of[inside.col]
    n = members.shape[0]
    lowest = np.bincount(inside.row[whole], units.lowest[inside.col[whole]], minlength=n)
    highest = np.bincount(inside.row, units.highest[inside.col], minlength=n)
    own = units.is_kept & (units.count % BASE == 0)
    ours = np.bincount(inside.row[~(whole & own[inside.col])], minlength=n) == 0
    told = np.bincount(inside.row, np.where(own, units.count, 0.0)[inside.col], minlength=n)
    # Of a sum with people in no unit nothing is told.
    elsewhere = members @ (np.bincount(units.part, minlength=n_parts) == 0).astype(float) > 0
    some = np.bincount(inside.row, minlength=n) > 0
    bounded = np.where(elsewhere, np.inf, highest)
    return Public(lowest.astype(np.float64), bounded, np.where(ours & some & ~elsewhere, told, np.nan))


def units_of(counted: pa.Table, atoms: pa.Table, persons: pa.Table, parts: Parts) -> tuple[Units, ...]:
    """The units of each kind in which CBS counts a group.

    Parameters
    ----------
    counted
        `sources/people_counts` of that group, of public deliveries and the year of the totals: what CBS counts in
        another year is not the same number.
    atoms, persons
        `people/atoms`, and `people/persons` of that group.
    parts
        The parts.
    """
    place = np.argsort(parts.atom_id)
    part = parts.part[place[np.searchsorted(parts.atom_id[place], atoms["atom_id"].to_numpy())]]
    number = np.zeros(len(atoms))
    lived_in = np.searchsorted(atoms["atom_id"].to_numpy(), persons["atom_id"].to_numpy())
    number[lived_in] = np.nan_to_num(persons["persons"].to_numpy())
    found = []
    for kind, column in _UNIT_COLUMNS.items():
        chosen = counted.filter(pc.field("unit_type") == kind)
        if len(chosen):
            found.append(_units(chosen, atoms[column].to_numpy(zero_copy_only=False).astype(str), part, number))
    return tuple(found)


_UNIT_COLUMNS = {
    "square": "square_code",
    "square500": "square500_code",
    "pc6": "pc6",
    "pc4": "pc4",
    "buurt": "buurt_code",
}


def _units(counted: pa.Table, code: Strings, part: Ints, number: Floats) -> Units:
    """Only atoms that lie in a counted unit; `is_kept` where they hold as many people as CBS counts."""
    codes = np.array(counted["unit_code"].to_pylist(), dtype=str)
    order = np.argsort(codes)
    place = np.minimum(np.searchsorted(codes[order], code), len(codes) - 1)
    lies = codes[order][place] == code
    unit = order[place][lies]
    sums = np.bincount(unit, number[lies], minlength=len(codes))
    count = counted["persons"].to_numpy().astype(float)
    highest = counted["highest"].to_numpy().astype(float)
    return Units(
        unit=unit,
        part=part[lies],
        count=np.nan_to_num(count),
        lowest=counted["lowest"].to_numpy().astype(float),
        highest=np.where(np.isfinite(highest), highest, np.inf),
        is_kept=np.isfinite(count) & (np.abs(sums - count) < _SAME),
    )


_ROLES = {"square": "squares", "square500": "squares_500", "pc6": "pc6", "pc4": "pc4", "buurt": "buurten"}


def unit_type(area: AreaFile) -> str:
    """The kind of unit whose counts are the totals of the area."""
    return next(kind for kind, role in _ROLES.items() if role == area.population.total_from)


def public_unit_types(area: AreaFile) -> tuple[str, ...]:
    """The kinds of unit of which everybody can read how many people CBS counts in each."""
    delivered = ((kind, area.sources.of(role)) for kind, role in _ROLES.items())
    return tuple(kind for kind, parts in delivered if parts and all(part.public for part in parts))


def is_public(area: AreaFile) -> bool:
    """Whether all that people were reckoned from is open to everybody."""
    roles = (*_ROLES.values(), "gemeenten", "wijken", "pc4_ages", "addresses", "crosswalk")
    return all(part.public for role in roles for part in area.sources.of(role))
