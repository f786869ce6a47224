"""The smallest parts that people are counted in, and which of them make up each sum that is told.

A part is one H3 cell within one PC6 and one buurt, of homes that all stand alike with every profile. What is told of a
group is told of an area, and of those in it who stand so badly with a profile, or worse.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.findings.contracts import MINIMUM
from pipelines.people.contracts import ATOMS, ORIGINS
from pipelines.people.groups import Group
from pipelines.sources.contracts import AREAS
from pipelines.warehouse import Warehouse

# Two trees, and the cells: PC6 within PC4, buurt within wijk within gemeente.
SMALL_AREAS = ("pc6", "h3")
LARGE_AREAS = ("pc4", "buurt", "wijk", "gemeente")
# How badly a home stands with a profile, worst first: below the minimum in any case; at the central guess; nothing
# found and not all known; on no street, so that nothing was looked for; may be. Of who is not below nothing is told.
LEVELS = ("at_least", "central", "none_found_on_streets", "none_found", "at_most")
_ON_STREETS = LEVELS.index("none_found_on_streets")


@dataclass(frozen=True)
class Parts:
    """Parts (p,) by number: their area codes per type ('' none), levels (p, profiles), and names that stay the same.

    `atom_id` (n,), `part` (n,) and `share` (n,) tell which atoms each holds, and in what share its people live in each.
    """

    codes: Mapping[str, PyObjects]
    profiles: tuple[str, ...]
    levels: NDArray[np.int8]
    names: tuple[str, ...]
    atom_id: Ints
    part: Ints
    prior: Floats

    def counts(self, persons: pa.Table, group: str) -> Floats:
        """Persons of a group in each part, shape (p,); those who are not known are in none."""
        known = np.zeros(int(self.atom_id.max(initial=-1)) + 1)
        rows = persons.filter(pa.compute.field("population_group") == group)
        known[rows["atom_id"].to_numpy()] = np.nan_to_num(rows["persons"].to_numpy())
        return np.bincount(self.part, known[self.atom_id], minlength=len(self.names)).astype(np.float64)


@dataclass(frozen=True)
class Told:
    """Sums that are told of one group: per row its area, profile and level ('' both: all of the group), and members."""

    area_type: tuple[str, ...]
    area_code: tuple[str, ...]
    profile: tuple[str, ...]
    level: tuple[str, ...]
    members: sparse.csr_array

    def names(self) -> list[str]:
        """A name for each row that stays the same from release to release."""
        rows = zip(self.area_type, self.area_code, self.profile, self.level, strict=True)
        return ["|".join(row) for row in rows]


def build_parts(warehouse: Warehouse) -> Parts:
    """The parts of an area, from its atoms and how their homes stand."""
    atoms = warehouse.run_sql("protection/parts", (ATOMS, ORIGINS, MINIMUM, AREAS))
    profiles = tuple(sorted(set(warehouse.read(MINIMUM)["profile"].unique().to_pylist())))
    part = atoms["part_id"].to_numpy()
    first = np.unique(part, return_index=True)[1]
    one_each = atoms.take(pa.array(first))
    codes = {kind: one_each[kind].to_numpy(zero_copy_only=False) for kind in (*SMALL_AREAS, *LARGE_AREAS)}
    beyond = one_each["is_beyond"].to_numpy(zero_copy_only=False)
    levels = np.array(one_each["levels"].to_pylist(), dtype=np.int8).reshape(len(first), len(profiles))
    apart = (
        *(codes[kind] for kind in ("h3", "pc6", "pc4", "buurt")),
        levels.tolist(),
        one_each["attached"].to_pylist(),
    )
    keys = zip(*apart, beyond.tolist(), strict=True)
    inside = {**codes, "h3": np.where(beyond, "", codes["h3"])}
    return Parts(
        codes=inside,
        profiles=profiles,
        levels=_standing_levels(levels, np.array(one_each["attached"].to_pylist(), dtype=np.bool_)),
        names=tuple("|".join(map(str, key)) for key in keys),
        atom_id=atoms["atom_id"].to_numpy(),
        part=part,
        prior=atoms["prior"].to_numpy(),
    )


def _standing_levels(levels: NDArray[np.int8], attached: Flags) -> NDArray[np.int8]:
    """Tell homes on no street apart from those for which nothing was found; parts keep the names they had."""
    looked_for = attached.reshape(levels.shape)
    unsought = (levels == _ON_STREETS) & ~looked_for
    standing: NDArray[np.int8] = (levels + (levels > _ON_STREETS) + unsought).astype(np.int8)
    return standing


def told_of(parts: Parts, group: Group) -> Told:
    """Every sum that is told of a group, or follows from what is told."""
    everywhere = [(kind, "", "", *_areas(parts, kind)) for kind in (*SMALL_AREAS, *LARGE_AREAS)]
    blocks = everywhere + [block for kind in LARGE_AREAS for block in _standing(parts, kind, group)]
    rows = [(kind, code, profile, level) for kind, profile, level, codes, _ in blocks for code in codes]
    members = sparse.csr_array(sparse.vstack([block[-1] for block in blocks]))
    area_type, area_code, profile, level = tuple(zip(*rows, strict=True)) or ((), (), (), ())
    return Told(area_type, area_code, profile, level, members)


def _areas(parts: Parts, kind: str) -> tuple[list[str], sparse.csr_array]:
    """The areas of a kind, and ones where a part lies in one, shape (areas, parts)."""
    codes, area = np.unique(parts.codes[kind].astype(str), return_inverse=True)
    n = len(area)
    members = sparse.csr_array((np.ones(n), (area, np.arange(n))), shape=(len(codes), n))
    named = np.flatnonzero(codes != "")
    return codes[named].tolist(), members[named]


def _standing(parts: Parts, kind: str, group: Group) -> Iterator[tuple[str, str, str, list[str], sparse.csr_array]]:
    codes, members = _areas(parts, kind)
    for profile in (name for name in group.profiles if name in parts.profiles):
        at = parts.levels[:, parts.profiles.index(profile)]
        for number, level in enumerate(LEVELS):
            badly = sparse.csr_array(members * (at <= number)[None, :])
            # Where no home stands so, nobody does, and all can see that.
            some = np.flatnonzero(badly.sum(axis=1) > 0)
            if number == _ON_STREETS:
                # Where all hang on a street it is the same as the next level, under whose name it was always told.
                some = np.intersect1d(some, np.flatnonzero((members @ (at == number + 1)) > 0))
            yield kind, profile, level, [codes[row] for row in some], badly[some]


def without_repeats(members: sparse.csr_array) -> tuple[Ints, Ints]:
    """The first of the rows that hold the same parts, for each, shape (k,); and which of these every row repeats."""
    words = np.random.default_rng(0).integers(1, 2**40, size=(members.shape[1], 2)).astype(np.float64)
    found = np.unique(members @ words, axis=0, return_index=True, return_inverse=True)
    return found[1], found[2].ravel()


def spread(parts: Parts, rounded: Floats, known: Flags) -> Floats:
    """Persons of each atom (n,) when those of a part live among its homes in the way that was likely before counts.

    Parameters
    ----------
    parts
        The parts.
    rounded
        Persons in each part, shape (p,).
    known
        Atoms whose number of people is known, shape (n,); the others get none.
    """
    likely = np.where(known, parts.prior, 0.0)
    evenly = known.astype(np.float64)
    sums = np.bincount(parts.part, likely, minlength=len(rounded))
    weights = np.where(sums[parts.part] > 0, likely, evenly)
    whole = np.bincount(parts.part, weights, minlength=len(rounded))
    return np.divide(rounded[parts.part] * weights, whole[parts.part], out=np.zeros(len(weights)), where=weights > 0)
