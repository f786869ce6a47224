"""What is searched: the reversed graph, and points along its edges.

What edges cost comes from `lanes`. The search itself is in `kernel`, its meaning in `pairs`.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.arrays import Flags, Floats, Int32s, Ints, UInt32s
from pipelines.errors import ContractError
from pipelines.reach.compiling import compiled, make_ready
from pipelines.reach.kernel import (
    CLOSED,
    EDGE,
    FARTHEST,
    FORBIDDEN,
    HERE,
    HOME,
    OTHER,
    SNAP,
    STREET,
    TO_U,
    TO_V,
    UNITS,
    WAYS,
    U,
    V,
)
from pipelines.reach.lanes import LONGEST, Lanes, require_between, require_whole
from pipelines.reach.layout import Access, Network, Origins


def reversed_network(lanes: Lanes) -> Network:
    """Turn lanes into arcs by the node they lead to; self-loops are left out, as they shorten no path.

    Returns
    -------
    Network
        Of `lanes.n_nodes` nodes; parallel edges give parallel arcs; what no lane may pass is no arc.
    """
    arrays = lanes.u, lanes.v, lanes.forward, lanes.backward
    make_ready(_arcs_by_head, (*arrays, 1))
    return Network(*_arcs_by_head(*arrays, lanes.n_nodes))


@compiled
def _arcs_by_head(
    u: Int32s, v: Int32s, forward: Int32s, backward: Int32s, n_nodes: int
) -> tuple[UInt32s, UInt32s, Int32s]:
    """Sort arcs by counting; numpy would take ten times as long and three times the memory of the arcs."""
    starts = np.zeros(n_nodes + 1, dtype=np.uint32)
    for edge in range(len(u)):
        if u[edge] != v[edge]:
            starts[v[edge] + 1] += np.uint32(_may_pass(forward, edge))
            starts[u[edge] + 1] += np.uint32(_may_pass(backward, edge))
    for node in range(n_nodes):
        starts[node + 1] += starts[node]
    tails = np.empty(starts[-1], dtype=np.uint32)
    costs = np.empty((starts[-1], forward.shape[1]), dtype=np.int32)
    ends = starts.copy()
    for edge in range(len(u)):
        for head, tail, ways in ((v[edge], u[edge], forward), (u[edge], v[edge], backward)):
            if head != tail and _may_pass(ways, edge):
                arc = ends[head]
                ends[head] += np.uint32(1)
                tails[arc] = tail
                for lane in range(ways.shape[1]):
                    costs[arc, lane] = ways[edge, lane] if ways[edge, lane] != FORBIDDEN else CLOSED
    return starts, tails, costs


@compiled
def _may_pass(ways: Int32s, edge: int) -> bool:
    """Whether some lane may pass an edge this way."""
    for lane in range(ways.shape[1]):  # noqa: SIM110 - numba compiles no generator
        if ways[edge, lane] != FORBIDDEN:
            return True
    return False


def _starts(groups: NDArray[np.integer], n_groups: int) -> UInt32s:
    """Give where each group begins among its sorted members; shape (n_groups + 1,)."""
    return np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=n_groups))]).astype(np.uint32)


def points_on_edges(attachments: pa.Table, lanes: Lanes) -> Int32s:
    """Place attached points on their edges.

    Parameters
    ----------
    attachments
        Rows of `reach/attachments` with an edge.
    lanes
        What the edges cost. A metre of perpendicular costs a metre in every lane.

    Returns
    -------
    numpy.ndarray
        Shape (n, 4 + 4 lanes), columns as in `kernel`. Both ways along an edge add up to the edge's own cost.

    Raises
    ------
    ContractError
        When an edge does not exist, a fraction lies outside [0, 1] or a perpendicular outside 0-100,000 m.
    """
    edge = attachments["edge_id"].to_numpy()
    fraction = attachments["fraction"].to_numpy()
    snap_m = attachments["snap_m"].to_numpy()
    require_whole(edge, "reach/attachments.edge_id")
    if len(edge) and (edge.min() < 0 or edge.max() >= len(lanes.u)):
        raise ContractError(f"reach/attachments: edge {edge.max()} does not exist. Attach to this very graph.")
    require_between(fraction, "reach/attachments.fraction", 1.0)
    require_between(snap_m, "reach/attachments.snap_m", LONGEST)
    from_u, to_v = _split(fraction[:, np.newaxis], lanes.forward[edge])
    to_u, from_v = _split(fraction[:, np.newaxis], lanes.backward[edge])
    where = np.column_stack([edge, lanes.u[edge], lanes.v[edge], np.rint(snap_m * UNITS)]).astype(np.int32)
    return np.hstack([where, to_u, to_v, from_u, from_v])


def _split(fraction: Floats, cost: Int32s) -> tuple[Int32s, Int32s]:
    """Split the costs of edges at a point on each into the part at u and the part at v; shape (n, lanes).

    Who stands at the very end of an edge stands at the junction: that part is 0 even where the edge is forbidden.
    """
    at_u = np.rint(fraction * cost).astype(np.int32)
    part_u = np.where(cost == FORBIDDEN, np.where(fraction == 0, 0, FORBIDDEN), at_u)
    part_v = np.where(cost == FORBIDDEN, np.where(fraction == 1, 0, FORBIDDEN), cost - at_u)
    return part_u.astype(np.int32), part_v.astype(np.int32)


def origins_at_nodes(points: Int32s, n_nodes: int) -> Origins:
    """Record under each node the origins on the edges that end there; an origin on a self-loop has one record.

    Parameters
    ----------
    points
        From `points_on_edges`, in ascending order of their edge.
    n_nodes
        Nodes of the network.
    """
    n_lanes = (points.shape[1] - WAYS) // 4
    to_u, to_v = (_to_end(points, way, n_lanes) for way in (TO_U, TO_V))
    two_ended = np.flatnonzero(points[:, U] != points[:, V]).astype(np.int32)
    home = np.concatenate([np.arange(len(points), dtype=np.int32), two_ended])
    node = np.concatenate([points[:, U], points[two_ended, V]])
    order = np.argsort(node, kind="stable").astype(np.int32)
    at_u, home = order < len(points), home[order]
    records = np.empty((len(home), HERE + 2 * n_lanes), dtype=np.int32)
    records[:, HOME], records[:, STREET] = home, points[home, EDGE]
    records[:, OTHER] = np.where(at_u, points[home, V], points[home, U])
    for lane in range(n_lanes):
        cost_u, cost_v = to_u[home, lane], to_v[home, lane]
        records[:, HERE + lane] = np.where(at_u, cost_u, cost_v)
        records[:, HERE + n_lanes + lane] = np.where(at_u, cost_v, cost_u)
    return Origins(points, _starts(node, n_nodes), records)


def _to_end(points: Int32s, way: int, n_lanes: int) -> Int32s:
    """Cost from the door of each origin to one end of its edge, CLOSED where no one may go so; shape (n, lanes)."""
    first = WAYS + way * n_lanes
    along = points[:, first : first + n_lanes]
    cost = along + points[:, SNAP, np.newaxis]
    return np.where((along == FORBIDDEN) | (cost > FARTHEST), np.int32(CLOSED), cost)


def access_by_place(points: Int32s, starts: Ints) -> Access:
    """Group access points, from `points_on_edges` in the order of their place, by where each place begins."""
    return Access(points, starts.astype(np.uint32))


def without_closed(points: Int32s, entrances: Flags) -> Int32s:
    """Forbid the way from access points in the lanes in which they cannot be entered.

    Parameters
    ----------
    points
        From `points_on_edges`.
    entrances
        Shape (n, lanes): whether the point can be entered.
    """
    ways = np.where(np.tile(entrances, 4), points[:, WAYS:], np.int32(FORBIDDEN))
    return np.hstack([points[:, :WAYS], ways])
