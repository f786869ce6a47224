"""A contradiction as people are shared out: what it is, and which homes rest on what contradicts.

Where doubts are found is for `levels`, `sums` and `housing`; what follows from one, for `sources/contradictions`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.arrays import Flags
from pipelines.people.intervals import Homes
from pipelines.sources.contracts import UNIT_TYPE_OF
from pipelines.sources.contradictions import Contradiction

# The delivery that counts each type of unit.
ROLES = {unit_type: role for role, unit_type in UNIT_TYPE_OF.items()}
_SHOWN = 3


@dataclass(frozen=True)
class Doubt:
    """A contradiction, and the atoms (n,) whose persons of `group` rest on what contradicts; of 'all' every group."""

    contradiction: Contradiction
    atoms: Flags
    group: str = "all"


@dataclass(frozen=True)
class Peopled:
    """Everything that tells of people: `people/origins` and `people/atoms`, and tables of `sources/`.

    `has_register`: whether addresses are those of a register, in which every dwelling stands. `is_cut`: whether an
    extent cuts through the buurten, whose people live beyond it too.
    """

    origins: pa.Table
    atoms: pa.Table
    people_counts: pa.Table
    areas: pa.Table
    squares: pa.Table
    has_register: bool = True
    is_cut: bool = False


def worst(amounts: Iterable[tuple[str, float]]) -> tuple[str, ...]:
    """The units with most that does not fit, and how much; those with nothing are left out."""
    ordered = sorted((pair for pair in amounts if pair[1] > 0), key=lambda pair: (-pair[1], pair[0]))
    return tuple(f"{code}: {amount:,.0f}" for code, amount in ordered[:_SHOWN])


def atoms_in(homes: Homes, unit_type: str, codes: Iterable[str]) -> Flags:
    """Which atoms (n,) lie in one of the units named."""
    return np.isin(homes.units[unit_type].astype(str), np.array(sorted(codes), dtype=str))


def noticed(found: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Those large enough to be told."""
    return tuple(doubt for doubt in found if doubt.contradiction.verdict)


def largest(found: Iterable[Doubt]) -> Iterator[Contradiction]:
    """Of every kind the contradiction about most people: the others say the same of a part of them."""
    by_kind: dict[str, Contradiction] = {}
    for doubt in found:
        one = doubt.contradiction
        known = by_kind.get(one.kind)
        if known is None or (_rank(one) > _rank(known)):
            by_kind[one.kind] = one
    yield from by_kind.values()


def _rank(one: Contradiction) -> tuple[int, float]:
    return ("", "noticed", "refused").index(one.verdict), one.count
