"""What was told before of the sums that are told now: what a rerun prefers, and what an attacker lays side by side.

Only what was told of the same truth counts here. Where a truth changed, what was told of it before neither binds nor
is looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.arrays import Flags, Floats, Ints

# A truth that moved by less than the arithmetic of computers did not change.
EXACT = 1e-6
# A sum is the same in every period: who knows that nobody moved compares these too.
SUM = ("area_type", "area_code", "population_group", "profile", "level")


@dataclass(frozen=True)
class Remembered:
    """What earlier releases told of sums (n,) whose truth was what it is now; NaN where none did.

    `last` is what the newest of these told, `lowest` and `highest` are the ends of what all of them told.
    """

    last: Floats
    lowest: Floats
    highest: Floats

    def among(self, rows: Flags) -> "Remembered":
        """The memory of some of the sums, those where `rows` (n,) is true."""
        return Remembered(self.last[rows], self.lowest[rows], self.highest[rows])

    def of_first(self, first: Ints, same: Ints) -> "Remembered":
        """The memory of the sums `first` (k,), each together with those of the n that repeat it: `same` (n,) of k."""
        lowest, highest = np.full(len(first), np.nan), np.full(len(first), np.nan)
        np.fmin.at(lowest, same, self.lowest)
        np.fmax.at(highest, same, self.highest)
        return Remembered(self.last[first], lowest, highest)


def nothing_told(n: int) -> Remembered:
    """The memory of n sums of which nothing was told."""
    return Remembered(*(np.full(n, np.nan) for _ in range(3)))


def remember(sums: pa.Table, true: Floats, earlier: Iterable[pa.Table]) -> Remembered:
    """What was told of the same truth.

    Parameters
    ----------
    sums
        The sums by the columns of `SUM`, n rows.
    true
        Their true numbers, shape (n,).
    earlier
        `protection/counts` of every release before, oldest first, withdrawn ones too.
    """
    memory = nothing_told(len(sums))
    for table in earlier:
        told = told_of_same(sums, true, table)
        last = np.where(np.isfinite(told), told, memory.last)
        memory = Remembered(last, np.fmin(memory.lowest, told), np.fmax(memory.highest, told))
    return memory


def told_of_same(sums: pa.Table, true: Floats, earlier: pa.Table) -> Floats:
    """What one release told of each sum, shape (n,), where its truth was the same; else NaN."""
    numbered = sums.select(list(SUM)).append_column("row", pa.array(np.arange(len(sums))))
    joined = numbered.join(earlier.select([*SUM, "rounded", "true"]), list(SUM), join_type="inner")
    row, was = joined["row"].to_numpy(), joined["true"].to_numpy()
    told = np.full(len(sums), np.nan)
    told[row] = np.where(np.abs(was - true[row]) < EXACT, joined["rounded"].to_numpy(), np.nan)
    return told
