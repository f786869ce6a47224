"""Whether people and the list of dwellings can both be right: people without homes, homes too full or too empty."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags, Floats, Strings
from pipelines.people.doubts import ROLES, Doubt, Peopled, atoms_in, worst
from pipelines.people.intervals import SQUARES, WHOLLY_INSIDE, Homes
from pipelines.sources.contradictions import Contradiction

# On average 2.1 people live in a dwelling; in a whole buurt over eight do only where these are homes for groups, and
# under a half where it was just built.
MOST_PER_DWELLING = 8.0
FEWEST_PER_DWELLING = 0.5
# Over a whole area, of 1.7 in a city of students to 3.5 in a village of large families.
MOST_ON_AVERAGE = 4.0
# As many as in the largest centre for asylum seekers.
MOST_PER_INSTITUTION = 2_000.0


def doubts_about_homes(peopled: Peopled, homes: Homes, whole_squares: set[str]) -> Iterator[Doubt]:
    """What counts of people say that the list of addresses cannot be; nothing where no addresses were delivered.

    Parameters
    ----------
    peopled
        Addresses among its origins, and the counts.
    homes
        Where the atoms lie, and which year counts.
    whole_squares
        Codes of the squares that lie wholly within the area.
    """
    types = np.array(peopled.origins["origin_type"].to_pylist(), dtype=str)
    is_home = (types == "address")[peopled.atoms["origin_id"].to_numpy()]
    if not is_home.any():
        return
    kinds = ("people_without_homes", "homes_too_full") if peopled.has_register else ("addresses_incomplete",) * 2
    counted = peopled.people_counts.filter(
        (pc.field("vintage") == homes.vintage) & (pc.field("population_group") == "all")
    )
    for unit_type in homes.units:
        rows = counted.filter(pc.field("unit_type") == unit_type)
        known = _inside(unit_type, peopled.areas, homes, whole_squares)
        rows = rows.filter(pc.is_in(rows["unit_code"], pa.array(sorted(known), pa.string())))
        if len(rows):
            yield from _without_homes((unit_type, kinds[0]), rows, homes, is_home)
    # Of squares and postcodes there are too few homes each to say how many live in one.
    if homes.total_type not in {"square", "pc6"}:
        total = counted.filter(pc.field("unit_type") == homes.total_type)
        is_institution = peopled.atoms["is_institution"].to_numpy(zero_copy_only=False)
        unit = _Housed.of(total, homes, is_home & ~is_institution, is_home & is_institution)
        yield from _too_full(kinds[1], unit, homes)
        if peopled.has_register:
            yield from _too_empty(unit, homes)


def _inside(unit_type: str, areas: pa.Table, homes: Homes, whole_squares: set[str]) -> set[str]:
    """The units that lie wholly within the area: of others the homes may stand across the border."""
    if unit_type in SQUARES:
        return whole_squares
    codes = areas.filter(pc.field("area_type") == unit_type)["area_code"].to_pylist()
    shares = homes.shares.get(unit_type, {})
    return {code for code in codes if shares.get(code, 1.0) >= WHOLLY_INSIDE}


def _without_homes(what: tuple[str, str], rows: pa.Table, homes: Homes, is_home: Flags) -> Iterator[Doubt]:
    unit_type, kind = what
    codes = np.array(rows["unit_code"].to_pylist(), dtype=str)
    persons = rows["lowest"].to_numpy()
    empty = ~np.isin(codes, homes.units[unit_type][is_home].astype(str)) & (persons > 0)
    if empty.any():
        told = worst(zip(codes[empty].tolist(), persons[empty].tolist(), strict=True))
        problem = f"people live in {empty.sum():,} of {len(codes):,} units ({unit_type}) without a dwelling"
        found = Contradiction(
            kind, (ROLES[unit_type], "addresses"), problem,
            float(persons[empty].sum()), float(persons.sum()), told,
        )  # fmt: skip
        yield Doubt(found, atoms_in(homes, unit_type, codes[empty].tolist()))


@dataclass(frozen=True)
class _Housed:
    """The units of the totals, arrays (n,): least and most persons, dwellings, and homes for groups."""

    codes: Strings
    least: Floats
    most: Floats
    dwellings: Floats
    institutions: Floats

    @classmethod
    def of(cls, rows: pa.Table, homes: Homes, is_dwelling: Flags, is_institution: Flags) -> "_Housed":
        """Count what stands in each unit."""
        codes = np.array(rows["unit_code"].to_pylist(), dtype=str)
        known = homes.shares.get(homes.total_type, {})
        inside = np.array([known.get(code, 1.0) for code in codes.tolist()])
        highest = rows["highest"].to_numpy()
        most = np.where(np.isnan(highest), np.inf, highest) * np.where(inside > 0, inside, 1.0)
        place = homes.units[homes.total_type].astype(str)
        counted = (_count(codes, place[which]) for which in (is_dwelling, is_institution))
        return cls(codes, rows["lowest"].to_numpy() * inside, most, *counted)


def _count(codes: Strings, found: Strings) -> Floats:
    """How often each code (n,) was found."""
    names, counts = np.unique(found, return_counts=True)
    known = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return np.array([known.get(code, 0) for code in codes.tolist()], dtype=np.float64)


def _too_full(kind: str, unit: _Housed, homes: Homes) -> Iterator[Doubt]:
    """Units with more people than their homes hold, and all together; those without any are told of elsewhere."""
    of = float(unit.least.sum())
    held = MOST_PER_DWELLING * unit.dwellings + MOST_PER_INSTITUTION * unit.institutions
    off = np.where(held > 0, np.maximum(unit.least - held, 0.0), 0.0)
    words = f"more than {MOST_PER_DWELLING:.0f} people live in a dwelling"
    yield from _misfitting((kind, words), off, of, (unit, homes))
    private = (unit.dwellings > 0) & (unit.institutions == 0)
    over = np.where(private, unit.least - MOST_ON_AVERAGE * unit.dwellings, 0.0)
    words = f"more than {MOST_ON_AVERAGE:.0f} people live in a dwelling on average"
    yield from _misfitting((kind, words), _net(over), of, (unit, homes))


def _net(over: Floats) -> Floats:
    """What is left in each unit (n,) once those with room have taken their part of what is over; 0 where all fit."""
    above = np.maximum(over, 0.0)
    return above * max(over.sum(), 0.0) / above.sum() if above.any() else above


def _too_empty(unit: _Housed, homes: Homes) -> Iterator[Doubt]:
    """Units with dwellings for which there are no people."""
    off = np.maximum(unit.dwellings - unit.most / FEWEST_PER_DWELLING, 0.0)
    per_home = f"fewer than {FEWEST_PER_DWELLING:g} people live in a dwelling"
    yield from _misfitting(("homes_too_empty", per_home), off, float(unit.dwellings.sum()), (unit, homes))


def _misfitting(what: tuple[str, str], off: Floats, of: float, where: tuple[_Housed, Homes]) -> Iterator[Doubt]:
    if off.any():
        (kind, words), (unit, homes) = what, where
        codes = unit.codes
        told = worst(zip(codes.tolist(), off.tolist(), strict=True))
        problem = f"{words} in {np.sum(off > 0)} of {len(codes)} units ({homes.total_type})"
        roles = (ROLES[homes.total_type], "addresses")
        found = Contradiction(kind, roles, problem, float(off.sum()), of, told)
        yield Doubt(found, atoms_in(homes, homes.total_type, codes[off > 0].tolist()))
