"""Releases that follow each other: people who change, what is told of them, and an attacker who lays all side by side.

Attackers know the rule, every release, and of every sum between any two releases whether it changed; not the key. On
small tables every history of true numbers is enumerated; on larger ones two linear programs find the ends of a sum.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.optimize import linprog

from pipelines.arrays import Floats, Ints
from pipelines.protection.parts import Parts
from pipelines.protection.population import RoundedGroup, Rounding, counts_table, round_population
from pipelines.protection.rounding import options
from pipelines.protection.thresholds import BASE

_NEARLY = 1e-6


@dataclass(frozen=True)
class Release:
    """One release: its groups as they were rounded, and what is remembered of it (`protection/counts`)."""

    groups: tuple[RoundedGroup, ...]
    counts: pa.Table


def released(first: Rounding, changes: Sequence[pa.Table], *, remembers: bool = True) -> Iterator[Release]:
    """Give a release for each `people/persons` in turn, every one of which remembers those before."""
    told: list[pa.Table] = []
    for persons in changes:
        asked = replace(first, persons=persons, earlier=tuple(told) if remembers else ())
        groups = round_population(asked)
        told.append(counts_table(asked.parts, groups, "2024"))
        yield Release(groups, told[-1])


def histories(persons: pa.Table, parts: Parts, random: np.random.Generator, most: int = 10) -> list[pa.Table]:
    """Up to `most` deliveries of people: nobody moves, some homes change, nearly all do, or all is as it once was."""
    found = [persons]
    while len(found) < random.integers(2, most + 1):
        share = random.choice([0.0, 0.03, 0.3, 1.0])
        found.append(
            found[random.integers(len(found))] if random.random() < 0.2 else _moved(found[-1], parts, random, share)
        )
    return found


def _moved(persons: pa.Table, parts: Parts, random: np.random.Generator, share: float) -> pa.Table:
    """So many of the parts get the people, of every group, of another part or a few more or fewer of their own."""
    n = len(parts.names)
    factor = np.where(random.random(n) < share, random.choice([0.5, 0.8, 1.0, 1.25, 2.0], n), 1.0)
    of_atom = np.ones(int(parts.atom_id.max(initial=-1)) + 1)
    of_atom[parts.atom_id] = factor[parts.part]
    moved = pc.multiply(persons["persons"], pa.array(of_atom[persons["atom_id"].to_numpy()]))
    return persons.set_column(persons.schema.get_field_index("persons"), "persons", moved)


def narrowest(releases: Sequence[Release], random: np.random.Generator, sums: int = 3) -> float:
    """The narrowest interval that an attacker finds for some sums, of one group, of the last of these releases."""
    groups = [{one.group.name: one for one in release.groups} for release in releases]
    name = str(random.choice(sorted(groups[-1])))
    tables = [group[name] for group in groups]
    last = tables[-1]
    true = last.told.members @ last.true
    small = np.flatnonzero((true > 0) & (true < 10))
    rows = random.choice(small, min(sums, len(small)), replace=False)
    return min((_width(tables, int(row)) for row in rows), default=np.inf)


def _width(tables: Sequence[RoundedGroup], row: int) -> float:
    """How far apart the ends of one sum of the last release are, given all sums of all releases."""
    members = tables[-1].told.members
    n = members.shape[1]
    told = np.concatenate([members @ one.rounded for one in tables])
    all_sums = sparse.block_diag([members] * len(tables), format="csr")
    true = [members @ one.true for one in tables]
    equal = [_equal(members, true, pair, len(tables)) for pair in combinations(range(len(tables)), 2)]
    same = sparse.csr_array(sparse.vstack([*equal, sparse.csr_array((0, n * len(tables)))]))
    aim = np.concatenate([np.zeros(n * (len(tables) - 1)), members[[row]].toarray().ravel()])
    both, ends = sparse.vstack([all_sums, -all_sums]), np.concatenate([told + BASE, BASE - told])
    low, high = (
        linprog(sign * aim, A_ub=both, b_ub=ends, A_eq=same, b_eq=np.zeros(same.shape[0]), bounds=(0, None))
        for sign in (1, -1)
    )
    return float(-high.fun - low.fun)


def _equal(members: sparse.csr_array, true: Sequence[Floats], pair: tuple[int, int], releases: int) -> sparse.csr_array:
    """That every sum whose truth did not change between two releases is the same in both."""
    first, second = pair
    kept = members[np.flatnonzero(np.abs(true[first] - true[second]) < _NEARLY)]
    nothing = sparse.csr_array(kept.shape)
    blocks = {first: kept, second: -kept}
    return sparse.csr_array(sparse.hstack([blocks.get(number, nothing) for number in range(releases)]))


def narrowest_of_known_changes(trials: int, *, same_chance: bool, seed: int = 0, releases: int = 10) -> float:
    """How well a sum is known to who knows by how much it changed, each time, to the person; by chance alone.

    Chance that stays with the sum is one unknown more, and the sum may lie anywhere within five by it. Drawn anew for
    every release it is none: what is told then averages out.
    """
    random, chance, truths = np.random.default_rng(seed), np.linspace(0.0025, 0.9975, 200), np.arange(1.0, 101.0)
    chosen = options(np.tile(truths, 200), np.repeat(chance, 100))
    told = (chosen.low + BASE * (chosen.may_rise & (chosen.preference > 0))).reshape(200, 100)
    widths = []
    for _ in range(trials):
        change = np.cumsum(np.append(0, random.integers(-2, 3, releases - 1)))
        start = int(random.integers(40, 50))
        drawn = random.integers(200, size=releases) if not same_chance else np.repeat(random.integers(200), releases)
        seen = told[drawn, start + change]
        agrees = np.array([told[:, one + change] == seen for one in range(30, 61)])
        possible = agrees.all(axis=2).any(axis=1) if same_chance else agrees.any(axis=1).all(axis=1)
        widths.append(np.ptp(np.flatnonzero(possible)))
    return float(min(widths))


# What may be told of a sum, given its truth and (truth, told) of every earlier release.
Rule = Callable[[int, Sequence[tuple[int, int]]], set[int]]


def plain(truth: int) -> set[int]:
    """Give the neighbours that may be told of a truth on whichever side; nobody stays nobody."""
    if truth == 0:
        return {0}
    if truth % BASE:
        return {BASE * (truth // BASE), BASE * (truth // BASE) + BASE}
    return {truth - BASE, truth, truth + BASE}


def prefers(truth: int, past: Sequence[tuple[int, int]]) -> set[int]:
    """Ours: of the same truth what was told is only preferred, and of a multiple the third is forbidden."""
    sides = {np.sign(told - truth) for was, told in past if was == truth}
    return {one for one in plain(truth) if truth % BASE or -np.sign(one - truth) not in sides - {0}}


def keeps(truth: int, past: Sequence[tuple[int, int]]) -> set[int]:
    """A rule not to have: what was told is kept while it is within five, and else moves by more than five."""
    if not past:
        return plain(truth)
    last = past[-1][1]
    if abs(last - truth) <= BASE and (truth > 0 or last == 0):
        return {last}
    return {one for one in plain(truth) if abs(one - last) > BASE} or plain(truth)


def forgets(truth: int, _: Sequence[tuple[int, int]]) -> set[int]:
    """A rule not to have: every release is drawn by itself."""
    return plain(truth)


def narrowest_by_enumeration(rule: Rule, most: int = 17, releases: int = 3) -> tuple[int, tuple[int, ...]]:
    """The narrowest that any sum of any release is known, over all that can be told of any history; and that history.

    Every history of true numbers up to `most` is told in every way that the rule allows; of each way of telling, and
    of what changed and what did not, the histories that agree with it are laid side by side.
    """
    agreeing: dict[tuple[object, ...], list[tuple[int, ...]]] = {}
    for truths in product(range(most + 1), repeat=releases):
        same = tuple(one == other for one, other in combinations(truths, 2))
        for told in _tellings(rule, truths):
            agreeing.setdefault((told, same), []).append(truths)
    # Near the end of what is enumerated truths are missing that an attacker would have to reckon with.
    inner = {key: found for key, found in agreeing.items() if max(key[0]) <= most - BASE}
    widths = ((_narrowest_column(np.array(found)), found[0]) for found in inner.values())
    return min(widths)


def _narrowest_column(found: Ints) -> int:
    """Of histories (n, releases) that agree, how far apart the ends of the release that is known best.

    People are fractions here and there: who is told of, and at least one in whole numbers, may be next to nobody. Of
    whom nobody is told for certain there is nothing to protect.
    """
    lowest, highest = found.min(axis=0), found.max(axis=0)
    widths = np.where(highest > 0, highest - np.where(lowest == 1, 0, lowest), BASE)
    return int(widths.min())


def _tellings(rule: Rule, truths: tuple[int, ...], past: tuple[tuple[int, int], ...] = ()) -> Iterator[tuple[int, ...]]:
    if len(past) == len(truths):
        yield tuple(told for _, told in past)
        return
    truth = truths[len(past)]
    for told in rule(truth, past):
        yield from _tellings(rule, truths, (*past, (truth, told)))
