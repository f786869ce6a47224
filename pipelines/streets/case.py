"""Edges, who walks them, and how what is not known is taken: what every rule of a profile looks at.

Here is what a rule reads and what it answers. The rules stand in `rights` (who may and can pass) and in `tolls` (what
that costs).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags, Floats
from pipelines.streets.hindrances import Hindrances
from pipelines.streets.profiles import Profile
from pipelines.streets.unknowns import Bound, Unknowns


@dataclass(frozen=True)
class Toll:
    """What one rule asks of every edge: factors on time (infinite: forbidden) and seconds, of shape (n,)."""

    forward: Floats
    backward: Floats
    added_s: Floats


@dataclass(frozen=True)
class Case:
    """Edges, who walks them, and how what is not known is taken."""

    edges: pa.Table
    profile: Profile
    bound: Bound
    unknowns: Unknowns
    hindrances: Hindrances

    def choose(self, optimistic: Floats | float, central: Floats | float, pessimistic: Floats | float) -> Floats:
        """Give the value of this bound for every edge; shape (n,)."""
        chosen = {"optimistic": optimistic, "central": central, "pessimistic": pessimistic}[self.bound]
        return np.broadcast_to(np.asarray(chosen, dtype=np.float64), (len(self.edges),))

    def numbers(self, column: str) -> Floats:
        """Read numbers, NaN where unknown."""
        values: Floats = self.edges[column].cast(pa.float64()).to_numpy()
        return values

    def among(self, column: str, values: Iterable[str]) -> Flags:
        """Tell which edges have one of these words; shape (n,)."""
        mask: Flags = pc.is_in(self.edges[column], pa.array(list(values), pa.string())).to_numpy()
        return mask

    def flags(self, column: str) -> Flags:
        """Read a column of yes and no; shape (n,)."""
        mask: Flags = self.edges[column].to_numpy()
        return mask


def toll(factor: Floats, added_s: Floats | None = None) -> Toll:
    """Make a toll that is the same both ways."""
    return Toll(factor, factor, np.zeros(len(factor)) if added_s is None else added_s)


def free(case: Case) -> Toll:
    """Ask nothing of anybody."""
    return toll(np.ones(len(case.edges)))


def forbidding(forbidden: Flags) -> Toll:
    """Forbid some edges both ways, and ask nothing of the others."""
    return toll(np.where(forbidden, np.inf, 1.0))


def looked_up(column: pa.ChunkedArray, values: Mapping[str, float], default: float) -> Floats:
    """Find the value of each text in the column; `default` if it is not named."""
    names = pa.array(list(values), pa.string())
    position = pc.fill_null(pc.index_in(column, value_set=names), len(values)).to_numpy()
    found: Floats = np.array([*values.values(), default])[position]
    return found
