"""Whether people and the list of dwellings can both be right: people where no home stands, and homes too full."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.people.doubts import ROLES, Doubt, Peopled, atoms_in, worst
from pipelines.people.intervals import SQUARES, WHOLLY_INSIDE, Homes
from pipelines.sources.contradictions import Contradiction

Floats = NDArray[np.float64]
# On average 2.1 people live in a dwelling; in a whole buurt over eight do only where these are homes for groups.
MOST_PER_DWELLING = 8.0


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
    total = counted.filter(pc.field("unit_type") == homes.total_type)
    if homes.total_type not in {"square", "pc6"}:
        is_dwelling = is_home & ~peopled.atoms["is_institution"].to_numpy(zero_copy_only=False)
        yield from _too_full(kinds[1], total, homes, is_dwelling)


def _inside(unit_type: str, areas: pa.Table, homes: Homes, whole_squares: set[str]) -> set[str]:
    """The units that lie wholly within the area: of others the homes may stand across the border."""
    if unit_type in SQUARES:
        return whole_squares
    codes = areas.filter(pc.field("area_type") == unit_type)["area_code"].to_pylist()
    shares = homes.shares.get(unit_type, {})
    return {code for code in codes if shares.get(code, 1.0) >= WHOLLY_INSIDE}


def _without_homes(what: tuple[str, str], rows: pa.Table, homes: Homes, is_home: NDArray[np.bool_]) -> Iterator[Doubt]:
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


def _too_full(kind: str, rows: pa.Table, homes: Homes, is_dwelling: NDArray[np.bool_]) -> Iterator[Doubt]:
    """Units of the totals with more people than their dwellings hold; one with homes for groups is not judged."""
    unit_type = homes.total_type
    codes = np.array(rows["unit_code"].to_pylist(), dtype=str)
    shares = homes.shares.get(unit_type, {})
    persons = rows["lowest"].to_numpy() * np.array([shares.get(code, 1.0) for code in codes.tolist()])
    names, dwellings = np.unique(homes.units[unit_type][is_dwelling].astype(str), return_counts=True)
    place = dict(zip(names.tolist(), dwellings.tolist(), strict=True))
    held = MOST_PER_DWELLING * np.array([place.get(code, np.inf) for code in codes.tolist()], dtype=np.float64)
    off = np.maximum(persons - held, 0.0)
    if off.any():
        told = worst(zip(codes.tolist(), off.tolist(), strict=True))
        problem = (
            f"more than {MOST_PER_DWELLING:.0f} people live in a dwelling in {np.sum(off > 0)} units ({unit_type})"
        )
        roles = (ROLES[unit_type], "addresses")
        found = Contradiction(kind, roles, problem, float(off.sum()), float(persons.sum()), told)
        yield Doubt(found, atoms_in(homes, unit_type, codes[off > 0].tolist()))
