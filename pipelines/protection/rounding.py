"""Round counts to multiples of five, so that every part and every sum told of is within five of the truth.

Rounded are the smallest parts; whatever is told is a sum of them, so that children add up to their parents in every
tree at once. The rounded counts are those of an imaginary population whose people come by five: with five people more
or fewer at any one part, every sum moves by five at most, and what was told stays possible. So of a sum told as R no
more is known than that it lies in [max(0, R - 5), R + 5], whatever else is told.

Rounding never fails on what was told before, for that is only preferred: the true numbers lie between the options of
every part and sum. Where no whole fives do (cells may lie across both trees), the fewest sums are left out.

Of the roundings that are possible, chance picks one; chance comes from a secret key (`chance.py`). Here is the choice;
what the parts and sums are stands in `population.py`, and how it is found in `programme.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from pipelines.arrays import Flags, Floats
from pipelines.protection.memory import EXACT, Remembered, nothing_told
from pipelines.protection.programme import Program, solved
from pipelines.protection.thresholds import BASE

# A count that is a multiple of five moves too, so often: else a told 10 could not be a true 5 or 15.
_MOVES = 0.1
# A sum told of weighs as much as so many parts; an earlier value outweighs all chance.
_SUM_WEIGHT, _EARLIER_WEIGHT = 8.0, 1_000.0
# A part that holds more of a group than of the group around it; avoided, but not at the cost of a sum.
_CROWDED_WEIGHT = 10_000.0


@dataclass(frozen=True)
class Options:
    """Two multiples of five to choose from for each of some counts, and how much the upper one is preferred.

    All of shape (n,): `low` the lower one; `may_rise` whether `low + 5` is allowed, `may_stay` whether `low` is;
    `preference` the log-odds of rising, in which chance has a part.
    """

    low: Floats
    may_stay: Flags
    may_rise: Flags
    preference: Floats

    def hold(self, rounded: Floats) -> Flags:
        """Whether each of some rounded counts (n,) is one of its options."""
        stays, rises = np.abs(rounded - self.low) < EXACT, np.abs(rounded - self.low - BASE) < EXACT
        return np.asarray((stays & self.may_stay) | (rises & self.may_rise))


def options(counts: Floats, chance: Floats, remembered: Remembered | None = None) -> Options:
    """The two multiples of five around every count, by chance and by what was told of the same count.

    A count between two multiples may be told as either. One that is a multiple may be told as itself, or as the
    multiple on one side of it; a third would, beside what was told on the other side, tell the count.

    Chance stays with the sum, so that it does not depend on whether the count changed. By chance alone a count rises
    where it lies more than some bound above a multiple, and the same sum has the same bound, known to none, in all
    releases: whatever changes of the count are seen, or even known, it may lie anywhere within five.

    Parameters
    ----------
    counts
        True counts, shape (n,), 0 or more. A count of 0 stays 0: nobody is put where nobody is.
    chance
        Uniform numbers between 0 and 1 from the key, shape (n,).
    remembered
        What was told of the same counts before. It is preferred, never required; of a multiple the side on which it
        was told is the only other one there is.
    """
    multiple = np.abs(counts / BASE - np.round(counts / BASE)) < EXACT
    nearest = BASE * np.round(counts / BASE)
    memory = remembered or nothing_told(len(counts))
    falls = (memory.lowest < nearest) | ((chance >= 0.5) & ~(memory.highest > nearest))  # noqa: PLR2004 - a half
    low = np.where(multiple, np.where(falls & (nearest > 0), nearest - BASE, nearest), BASE * np.floor(counts / BASE))
    # The outermost of chance moves multiples; there all others around them rise, or none does.
    edge = _MOVES / 2
    odds = np.where(multiple, np.where(falls, 1 - edge, edge), edge + (1 - _MOVES) * (counts - low) / BASE)
    told = np.where(memory.last > low, _EARLIER_WEIGHT, -_EARLIER_WEIGHT)
    preference = np.where(np.isfinite(memory.last), told, _logit(odds) - _logit(chance))
    nobody = multiple & (nearest == 0)
    return Options(low, np.full(len(counts), fill_value=True), ~nobody, preference)


def _logit(share: Floats) -> Floats:
    bounded = np.clip(share, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(bounded / (1 - bounded)), dtype=np.float64)


@dataclass(frozen=True)
class Sums:
    """What is told: `members` (sums, parts) holds ones; `options` to choose from for each; which of them `weigh`."""

    members: sparse.csr_array
    options: Options
    weighs: Flags


def round_parts(parts: Options, sums: Sums, at_most: Floats | None = None) -> Floats:
    """Rounded counts of the parts, multiples of five, such that every sum is one of its two options.

    Where that cannot be, the fewest sums are none of theirs: those are to be left out.

    Parameters
    ----------
    parts
        Options of the parts, shape (n,).
    sums
        What is told of them.
    at_most
        How many there is room for in each part, shape (n,), multiples of five: a group within a group is no larger. A
        part is crowded all the same where a sum leaves no choice.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64.

    Raises
    ------
    RoundingError
        When none was found within the solver's bounds, even with sums left out.
    """
    program = _program(parts, sums)
    if at_most is not None:
        crowded = parts.may_rise & (parts.low + BASE > at_most)
        dear = np.concatenate([_CROWDED_WEIGHT * crowded, np.zeros(len(program.costs) - len(parts.low))])
        program = replace(program, costs=program.costs + dear)
    return _rounded(parts, solved(program))


def round_together(
    groups: Sequence[tuple[Options, Sums]], within: Sequence[tuple[int, Sequence[int]]]
) -> tuple[Floats, ...]:
    """Rounded counts of several groups at once, such that in no part a group holds fewer than the groups within it.

    Parameters
    ----------
    groups
        Options of the parts, and sums, of each group; the same parts.
    within
        Numbers of groups: of one that holds others, and of those, which have nobody in common.

    Returns
    -------
    tuple of numpy.ndarray
        Of each group shape (n,), float64.

    Raises
    ------
    RoundingError
        See `round_parts`.
    """
    programs = [_program(*group) for group in groups]
    n = len(groups[0][0].low)
    blocks = [[_share(other, pair, n, programs) for other in range(len(groups))] for pair in within]
    room = sparse.csr_array(sparse.vstack([sparse.hstack(row) for row in blocks]))
    left = [groups[holder][0].low - np.sum([groups[one][0].low for one in inner], axis=0) for holder, inner in within]
    whole = sparse.block_diag([program.members for program in programs], format="csr")
    joint = Program(
        np.concatenate([program.costs for program in programs]),
        sparse.csr_array(sparse.vstack([whole, room])),
        np.concatenate([*(program.least for program in programs), np.full(room.shape[0], -np.inf)]),
        np.concatenate([*(program.most for program in programs), np.concatenate(left) / BASE]),
        np.concatenate([program.lowest for program in programs]),
        np.concatenate([program.highest for program in programs]),
        np.repeat([True, False], [whole.shape[0], room.shape[0]]),
    )
    found = np.split(solved(joint), np.cumsum([len(program.costs) for program in programs])[:-1])
    return tuple(_rounded(parts, one) for (parts, _), one in zip(groups, found, strict=True))


def _share(group: int, pair: tuple[int, Sequence[int]], n: int, programs: Sequence[Program]) -> sparse.csr_array:
    """The part of the rule that a group holds those within it, which is about one group."""
    sign = -1.0 if group == pair[0] else float(group in pair[1])
    rest = len(programs[group].costs) - n
    return sparse.csr_array(sparse.hstack([sign * sparse.eye_array(n), sparse.csr_array((n, rest))]))


def _program(parts: Options, sums: Sums) -> Program:
    offset = (sums.options.low - sums.members @ parts.low) / BASE
    weighing = np.flatnonzero(sums.weighs)
    k = len(weighing)
    rises = sparse.csr_array((-np.ones(k), (weighing, np.arange(k))), shape=(len(offset), k))
    stays, grows = np.where(sums.options.may_stay, 0.0, 1.0), np.where(sums.options.may_rise, 1.0, 0.0)
    return Program(
        np.concatenate([-parts.preference, -_SUM_WEIGHT * sums.options.preference[weighing]]),
        sparse.csr_array(sparse.hstack([sums.members, rises])),
        offset + np.where(sums.weighs, 0.0, stays),
        offset + np.where(sums.weighs, 0.0, grows),
        np.concatenate([np.where(parts.may_stay, 0.0, 1.0), stays[weighing]]),
        np.concatenate([np.where(parts.may_rise, 1.0, 0.0), grows[weighing]]),
        np.full(len(offset), fill_value=True),
    )


def _rounded(parts: Options, rises: Floats) -> Floats:
    return np.asarray(parts.low + BASE * rises[: len(parts.low)], dtype=np.float64)
