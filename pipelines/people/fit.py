"""How many people, at least, two counts of the same homes cannot both be right about.

Two systems of units (squares and buurten) give each unit the least and the most that live in it, and homes say which
units overlap. Whether any population fits both is a question of flow: the least of the one must find room in the most
of the other. What finds none contradicts, however people are spread over homes (Hall 1935; Mendelsohn and Dulmage 1958
for both sides at once). Rounding and masks are in the intervals, so counts of one population always fit.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from pipelines.arrays import Flags, Floats, Int32s, Ints
from pipelines.people.allocation import NOWHERE, Counts

# Flow is counted in whole persons of 32 bits; more live nowhere.
_MOST = 2**30


@dataclass(frozen=True)
class Misfit:
    """People of whom one system counts at least so many more than the other at most.

    `left` holds per unit of the first system its people without room, shape (n_units,), of which are more ways than
    one; `involved` whether a unit is among those that together hold too many, in the first and in the second system.
    """

    left: Floats
    involved: tuple[Flags, Flags]

    @property
    def persons(self) -> float:
        """The people without room, in all."""
        return float(self.left.sum())


def misfit(giving: Counts, taking: Counts) -> Misfit:
    """Find the fewest people that `giving` counts at least, and for whom `taking` has no room at most.

    Parameters
    ----------
    giving, taking
        Two systems over the same homes. A home that lies in no unit of `taking` has room for anybody; one in no unit of
        `giving` asks for none.

    Returns
    -------
    Misfit
        Nobody is without room where any population fits both.
    """
    need, room = np.floor(giving.lowest), np.ceil(taking.highest)
    n_giving, n_taking = len(need), len(room)
    edges = _edges(giving, taking)
    free = np.zeros(n_giving, dtype=bool)
    free[edges[0][edges[1] == NOWHERE]] = True
    # A unit in which no home lies says nothing here.
    asked = np.where(free | ~np.isin(np.arange(n_giving), edges[0]), 0, np.clip(need, 0, _MOST)).astype(np.int32)
    room = np.clip(room, 0, max(int(asked.sum()), 1)).astype(np.int32)
    kept = (edges[1] != NOWHERE) & (asked[edges[0]] > 0)
    rows, columns = edges[0][kept], edges[1][kept]
    if _greedily_fits(asked, room, rows, columns):
        return Misfit(np.zeros(n_giving), (np.zeros(n_giving, dtype=bool), np.zeros(n_taking, dtype=bool)))
    return _flowing(asked, room, rows, columns)


def _edges(giving: Counts, taking: Counts) -> tuple[Ints, Ints]:
    """Which units overlap: pairs of a unit of the first and one of the second (or NOWHERE), each once."""
    inside = giving.unit != NOWHERE
    width = len(taking.lowest) + 1
    keys = np.unique(giving.unit[inside] * width + taking.unit[inside] + 1)
    return keys // width, keys % width - 1


def _greedily_fits(asked: Int32s, room: Int32s, rows: Ints, columns: Ints) -> bool:
    """Whether all fit, each in the first unit it overlaps: a quick yes, and no answer else."""
    first = np.unique(rows, return_index=True)[1]
    taken = np.bincount(columns[first], weights=asked[rows[first]], minlength=len(room))
    return bool((taken <= room).all())


def _flowing(asked: Int32s, room: Int32s, rows: Ints, columns: Ints) -> Misfit:
    n_giving, n_taking = len(asked), len(room)
    size = n_giving + n_taking + 2
    source, sink = size - 2, size - 1
    tails = np.concatenate([np.full(n_giving, source), rows, n_giving + np.arange(n_taking)])
    heads = np.concatenate([np.arange(n_giving), n_giving + columns, np.full(n_taking, sink)])
    capacity = np.concatenate([asked, asked[rows], room]).astype(np.int32)
    flow = maximum_flow(csr_matrix((capacity, (tails, heads)), shape=(size, size)), source, sink).flow
    given = np.asarray(flow[[source], :n_giving].todense()).ravel()
    left = (asked - given).astype(np.float64)
    reached = _reached(flow, np.flatnonzero(left > 0), (rows, n_giving + columns), source)
    return Misfit(left, (reached[:n_giving], reached[n_giving : n_giving + n_taking]))


def _reached(flow: csr_matrix, short: Ints, edges: tuple[Ints, Ints], source: int) -> Flags:
    """The units (n,) that share the blame: reached from those short of room, along overlaps and back along flow."""
    rows, columns = edges
    carried = np.asarray(flow[rows, columns]).ravel() > 0
    tails = np.concatenate([np.full(len(short), source), rows, columns[carried]])
    heads = np.concatenate([short, columns, rows[carried]])
    graph = csr_array((np.ones(len(tails)), (tails, heads)), shape=flow.shape)
    reached = np.zeros(flow.shape[0], dtype=bool)
    reached[breadth_first_order(graph, source, return_predecessors=False)] = True
    reached[source] = False
    return reached
