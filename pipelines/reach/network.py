"""From tables to the integers the search runs on: edges, the reversed graph, and points along edges.

Everything that could make compiled code read outside its arrays or run without end is refused here, with a word.
The search itself is in `kernel`, its meaning in `pairs`.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.errors import ContractError

Ints = NDArray[np.int32]
Offsets = NDArray[np.int64]
Quantity = Literal["m", "s"]

# Costs are whole ten-thousandths of a metre or a second: a path of a hundred edges is exact to half a centimetre,
# and sums stay under 2^31 up to 100 km.
UNITS = 10_000
LONGEST = 100_000.0
FORBIDDEN = -1
# Columns of a table of points (n, 8): one point is 32 bytes, half a cache line. `TO_U` is the cost from the point
# to the edge's start, `FROM_U` the cost from that start to the point; FORBIDDEN where no one may go so.
EDGE, U, V, TO_U, TO_V, FROM_U, FROM_V, SNAP = range(8)


@dataclass(frozen=True)
class Lane:
    """What every edge costs in one quantity, in units: int32 arrays of shape (n_edges,); FORBIDDEN: not passable."""

    u: Ints
    v: Ints
    forward: Ints
    backward: Ints

    @property
    def n_nodes(self) -> int:
        """How many node numbers the edges use."""
        return int(max(self.u.max(initial=-1), self.v.max(initial=-1))) + 1


class Network(NamedTuple):
    """The reversed graph: arcs `starts[x]:starts[x + 1]` come *into* node x from `tails`, for `costs` units.

    A named tuple, not a dataclass: compiled code takes it as it is.
    """

    starts: Offsets
    tails: Ints
    costs: Ints


class Origins(NamedTuple):
    """Points to walk from, in the order of their edges, and which of them stand at the ends of each node's edges."""

    points: NDArray[np.int32]
    starts: Offsets
    records: Ints


class Access(NamedTuple):
    """Access points in the order of their place: those of place p are rows `starts[p]:starts[p + 1]`."""

    points: NDArray[np.int32]
    starts: Offsets


def lane(edges: pa.Table, costs: pa.Table, profile: str, quantity: Quantity) -> Lane:
    """Bring the costs of one profile into integers, edge by edge.

    Parameters
    ----------
    edges
        Table `streets/edges`, all of it: `edge_id` counts from 0.
    costs
        Table `streets/costs`; other profiles in it are left aside.
    profile
        Whose costs.
    quantity
        Metres or seconds.

    Raises
    ------
    ContractError
        When the numbers of edges or nodes have gaps, an edge has no row of costs, or a cost is negative, NaN,
        infinite or over 100,000.
    """
    own = costs.filter(pc.equal(costs["profile"], profile)).sort_by("edge_id")
    expected = np.arange(len(edges))
    for table, name in ((edges, "streets/edges"), (own, f"streets/costs of profile {profile!r}")):
        if not np.array_equal(table["edge_id"].to_numpy(), expected):
            raise ContractError(f"{name}: edge_id must run from 0 to {len(edges) - 1} in order. Build the graph anew.")
    u, v = (_nodes(edges, end) for end in ("u", "v"))
    forward, backward = (_units(own, f"{way}_{quantity}") for way in ("forward", "backward"))
    return Lane(u, v, forward, backward)


def _nodes(edges: pa.Table, end: str) -> Ints:
    nodes = edges[end].to_numpy()
    # Every node is an end of some edge, so that numbers without gaps stay under twice the edges.
    if len(nodes) and (nodes.min() < 0 or nodes.max() >= 2 * len(nodes)):
        raise ContractError(f"streets/edges.{end}: node {nodes.max()} lies outside the graph. Build the graph anew.")
    numbers: Ints = nodes.astype(np.int32)
    return numbers


def _units(table: pa.Table, column: str) -> Ints:
    """Round costs to units; null becomes FORBIDDEN."""
    costs = table[column].combine_chunks()
    known: NDArray[np.float64] = costs.fill_null(0.0).to_numpy(zero_copy_only=False)
    _refuse(known, column, LONGEST)
    units: Ints = np.rint(known * UNITS).astype(np.int32)
    units[costs.is_null().to_numpy(zero_copy_only=False)] = FORBIDDEN
    return units


def _refuse(values: NDArray[np.float64], name: str, highest: float) -> None:
    sound = np.isfinite(values) & (values >= 0) & (values <= highest)
    if not sound.all():
        wrong = values[~sound][0]
        raise ContractError(f"{name}: {wrong} is no number between 0 and {highest:g}. Mend the step that wrote it.")


def reversed_network(costed: Lane) -> Network:
    """Turn a lane into arcs by the node they lead to; self-loops are left out, as they shorten no path.

    Returns
    -------
    Network
        Of `costed.n_nodes` nodes; parallel edges give parallel arcs.
    """
    heads = np.concatenate([costed.v, costed.u])
    tails = np.concatenate([costed.u, costed.v])
    costs = np.concatenate([costed.forward, costed.backward])
    passable = (costs != FORBIDDEN) & (heads != tails)
    heads, tails, costs = heads[passable], tails[passable], costs[passable]
    order = np.argsort(heads, kind="stable")
    return Network(_starts(heads, costed.n_nodes), tails[order], costs[order])


def _starts(groups: NDArray[np.integer], n_groups: int) -> Offsets:
    """Give where each group begins among its sorted members; shape (n_groups + 1,)."""
    return np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=n_groups))]).astype(np.int64)


def points_on_edges(attachments: pa.Table, costed: Lane, units_per_m: float) -> NDArray[np.int32]:
    """Place attached points on their edges.

    Parameters
    ----------
    attachments
        Rows of `reach/attachments` with an edge.
    costed
        What the edges cost.
    units_per_m
        Units a metre of perpendicular costs.

    Returns
    -------
    numpy.ndarray
        Shape (n, 8), columns EDGE to SNAP. Both ways along an edge add up to the edge's own cost.

    Raises
    ------
    ContractError
        When an edge does not exist, a fraction lies outside [0, 1] or a perpendicular outside 0-100,000 m.
    """
    edge = attachments["edge_id"].to_numpy()
    fraction = attachments["fraction"].to_numpy()
    snap_m = attachments["snap_m"].to_numpy()
    if len(edge) and (edge.min() < 0 or edge.max() >= len(costed.u)):
        raise ContractError(f"reach/attachments: edge {edge.max()} does not exist. Attach to this very graph.")
    _refuse(fraction, "reach/attachments.fraction", 1.0)
    _refuse(snap_m * units_per_m / UNITS, "reach/attachments.snap_m (as cost)", LONGEST)
    from_u, to_v = _split(fraction, costed.forward[edge])
    to_u, from_v = _split(fraction, costed.backward[edge])
    snap = np.rint(snap_m * units_per_m)
    columns = (edge, costed.u[edge], costed.v[edge], to_u, to_v, from_u, from_v, snap)
    return np.column_stack(columns).astype(np.int32)


def _split(fraction: NDArray[np.float64], cost: Ints) -> tuple[Ints, Ints]:
    """Split the cost of an edge at a point into the part at u and the part at v.

    Who stands at the very end of an edge stands at the junction: that part is 0 even where the edge is forbidden.
    """
    at_u = np.rint(fraction * cost).astype(np.int32)
    part_u = np.where(cost == FORBIDDEN, np.where(fraction == 0, 0, FORBIDDEN), at_u)
    part_v = np.where(cost == FORBIDDEN, np.where(fraction == 1, 0, FORBIDDEN), cost - at_u)
    return part_u.astype(np.int32), part_v.astype(np.int32)


def origins_at_nodes(points: NDArray[np.int32], n_nodes: int) -> Origins:
    """List under each node the origins on the edges that end there; an origin on a self-loop is listed once.

    Parameters
    ----------
    points
        Shape (n, 8), in ascending order of EDGE.
    n_nodes
        Nodes of the network.
    """
    numbers = np.arange(len(points), dtype=np.int32)
    two_ended = points[:, U] != points[:, V]
    nodes = np.concatenate([points[:, U], points[two_ended, V]])
    records = np.concatenate([numbers, numbers[two_ended]])
    return Origins(points, _starts(nodes, n_nodes), records[np.argsort(nodes, kind="stable")])
