"""Whether counts of two types of unit (squares, postcodes, buurten) can be counts of the same people.

Only those of the year of the totals are compared: others share people out and decide no number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags, PyObjects
from pipelines.people.allocation import NOWHERE, Counts
from pipelines.people.doubts import ROLES, Doubt, Peopled, worst
from pipelines.people.fit import misfit
from pipelines.people.intervals import SQUARES, WHOLLY_INSIDE, Homes
from pipelines.sources.contracts import HOUSEHOLD_GROUPS
from pipelines.sources.contradiction_kinds import contradiction_kinds
from pipelines.sources.contradictions import Contradiction

# CBS lists squares from five inhabitants on: in one that it does not list live so many at most.
UNLISTED_SQUARE_MOST = 4.0
# Of these the first lies wholly within one of the second, by its code or its making.
NESTED = (
    ("square", "square500"), ("pc6", "pc4"), ("buurt", "wijk"), ("buurt", "gemeente"), ("wijk", "gemeente"),
    ("square", "gemeente"), ("square500", "gemeente"), ("pc6", "gemeente"), ("pc4", "gemeente"),
)  # fmt: skip


@dataclass(frozen=True)
class Level:
    """What one type of unit counts of a group: its codes (n_units,) and its intervals over the atoms."""

    codes: PyObjects
    counts: Counts


@dataclass(frozen=True)
class KnownHomes:
    """Which atoms (n,) are homes by which units can be seen to overlap, and whether these are all homes there are."""

    where: Flags
    are_all: bool


def known_homes(peopled: Peopled, *, are_all: bool) -> KnownHomes:
    """Where homes are listed, the point of a unit without any is no home: where its people live nobody tells.

    Parameters
    ----------
    peopled
        Its atoms and origins.
    are_all
        Whether a list of addresses, where there is one, can be taken for complete.
    """
    types = np.array(peopled.origins["origin_type"].to_pylist(), dtype=str)[peopled.atoms["origin_id"].to_numpy()]
    is_listed = bool((types == "address").any())
    where = (peopled.atoms["prior"].to_numpy() > 0) & ~((types == "unit") & is_listed)
    return KnownHomes(where, are_all=are_all or not is_listed)


def doubts_between_levels(
    peopled: Peopled, homes: Homes, known: KnownHomes, whole_squares: set[str]
) -> Iterator[Doubt]:
    """Every pair of levels that contradict each other, for every group that both count.

    Parameters
    ----------
    peopled
        What was counted, and the atoms.
    homes
        Where the atoms lie, and which year counts.
    known
        Which atoms are homes.
    whole_squares
        Codes of the squares that lie wholly within the area: of others the people may live across the border.
    """
    pairs = {pair: kind for kind, facts in contradiction_kinds().items() for pair in facts.pairs}
    counts = peopled.people_counts.filter(pc.field("vintage") == homes.vintage)
    for group in sorted(set(counts["population_group"].to_pylist())):
        rows = counts.filter(pc.field("population_group") == group)
        present = [kind for kind in homes.units if kind in set(rows["unit_type"].to_pylist())]
        levels = {kind: _level(kind, rows, homes, whole_squares) for kind in present}
        for (one, other), kind in pairs.items():
            if one in levels and other in levels:
                yield from _between((kind, group), levels[one], levels[other], known)


def _level(kind: str, rows: pa.Table, homes: Homes, whole: set[str]) -> Level:
    """The intervals of a level; a unit that lies partly outside holds from above only."""
    own = rows.filter(pc.field("unit_type") == kind)
    codes = np.array(own["unit_code"].to_pylist(), dtype=object)
    lowest, highest = (own[name].to_numpy() for name in ("lowest", "highest"))
    highest = np.where(np.isnan(highest), np.inf, highest)
    if kind in SQUARES:
        inside = np.array([code in whole for code in codes.tolist()], dtype=bool)
        unlisted = np.setdiff1d(homes.units[kind].astype(str), codes.astype(str)).astype(object)
        codes = np.concatenate([codes, unlisted])
        lowest = np.append(np.where(inside, lowest, 0.0), np.zeros(len(unlisted)))
        highest = np.append(highest, np.full(len(unlisted), UNLISTED_SQUARE_MOST))
    else:
        shares = homes.shares.get(kind, {})
        inside = np.array([shares.get(code, 1.0) >= WHOLLY_INSIDE for code in codes.tolist()], dtype=bool)
        lowest = np.where(inside, lowest, 0.0)
    place = {code: number for number, code in enumerate(codes.tolist())}
    unit = np.array([place.get(code, NOWHERE) for code in homes.units[kind].tolist()], dtype=np.int64)
    return Level(codes, Counts(kind, unit, lowest, highest))


def _between(what: tuple[str, str], one: Level, other: Level, known: KnownHomes) -> Iterator[Doubt]:
    """Whether the finer level counts more than the coarser has room for, and the other way round."""
    kind, group = what
    of = max(one.counts.lowest.sum(), other.counts.lowest.sum())
    fine, coarse = (replace(level.counts, unit=level.counts.unit[known.where]) for level in (one, other))
    ways = [(fine, coarse, one.codes), (coarse, fine, other.codes)]
    if not known.are_all:
        # Where homes are missing, units overlap elsewhere too: sure is only what a unit that holds others wholly holds.
        ways = ways[: 1 if (fine.name, coarse.name) in NESTED else 0]
    for giving, taking, codes in ways:
        found = misfit(giving, taking)
        if found.persons:
            involved = found.involved[1 if giving is fine else 0]
            atoms = np.append(involved, [False])[other.counts.unit]
            roles = (ROLES[fine.name], ROLES[coarse.name])
            problem = f"per {giving.name} more {_words(group)} are counted than per {taking.name}"
            told = worst(zip(codes.tolist(), found.left.tolist(), strict=True))
            yield Doubt(Contradiction(kind, roles, problem, found.persons, of, told), atoms, group)


def _words(group: str) -> str:
    if group in HOUSEHOLD_GROUPS:
        return f"households ({group})"
    return "people" if group == "all" else f"people ({group})"
