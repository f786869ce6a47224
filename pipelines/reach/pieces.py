"""Streets cut at seats: pieces of edge in whole units, and the points that hang on them.

Where a seat stands inside an edge, a node is put: then whoever passes a seat passes a node, and no search needs to look
inside an edge for one. Here tables become integers; `ground` brings them together, `rest_kernel` walks.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.arrays import Flags, Floats, Int32s, Ints, UInt32s
from pipelines.errors import ContractError
from pipelines.reach.compiling import compiled, make_ready

# Whole ten-thousandths of a metre: cutting an edge loses nothing, as its pieces add up to its own units.
UNITS_PER_M = 10_000
FARTHEST_M = 100_000.0
FORBIDDEN = -1
# Columns of points (n, 8): `TO_U` is the cost from the point to the piece's start, `FROM_U` from that start to it.
PIECE, U, V, TO_U, TO_V, FROM_U, FROM_V, SNAP = range(8)


@dataclass(frozen=True)
class Pieces:
    """Edges cut at seats, in the order of edge and fraction; FORBIDDEN where a direction is not passable.

    `begin` and `end` are the fractions of the edge between which a piece lies; those of edge e are rows
    `starts[e]:starts[e + 1]`. Nodes are the network's own, then one for every seat inside an edge.
    """

    u: Int32s
    v: Int32s
    forward: Int32s
    backward: Int32s
    edge: Int32s
    begin: Floats
    end: Floats
    starts: Ints
    is_seat: Flags


class Arcs(NamedTuple):
    """The reversed graph: arcs `starts[x]:starts[x + 1]` come into node x from `tails`, at `costs` in units.

    `codes` are twice the piece of an arc, plus 1 if walked from v to u.
    """

    starts: UInt32s
    tails: Int32s
    costs: Int32s
    codes: Int32s


@dataclass(frozen=True)
class Lane:
    """What every edge of a network costs, in units: shape (n_edges,)."""

    u: Int32s
    v: Int32s
    forward: Int32s
    backward: Int32s


def lane_of(edges: pa.Table, costs: pa.Table) -> Lane:
    """Bring the metres of one profile at one bound into units.

    Parameters
    ----------
    edges
        Table `streets/edges`, all of it.
    costs
        Rows of `streets/costs` of one profile and bound.

    Raises
    ------
    ContractError
        When edges are missing or repeated, a node is outside the graph, or metres are no number from 0 to 100,000.
    """
    own = in_order(costs)
    expected = np.arange(len(edges))
    for table, name in ((edges, "streets/edges"), (own, "streets/costs of one profile and bound")):
        if not np.array_equal(table["edge_id"].to_numpy(), expected):
            raise ContractError(f"{name}: edge_id must run from 0 to {len(edges) - 1} in order. Build the graph anew.")
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    ends = np.concatenate([u, v])
    # Every node ends some edge, so that numbers without gaps stay under twice the edges.
    if len(ends) and (ends.min() < 0 or ends.max() >= len(ends)):
        raise ContractError(f"streets/edges: node {ends.max()} lies outside the graph. Build the graph anew.")
    return Lane(u.astype(np.int32), v.astype(np.int32), _units(own, "forward_m"), _units(own, "backward_m"))


def in_order(costs: pa.Table) -> pa.Table:
    """Sort costs by edge, where they are not sorted yet."""
    ids = costs["edge_id"].to_numpy()
    return costs if np.all(ids[1:] >= ids[:-1]) else costs.sort_by("edge_id")


def _units(costs: pa.Table, column: str) -> Int32s:
    metres = costs[column].combine_chunks()
    known: Floats = metres.fill_null(0.0).to_numpy(zero_copy_only=False)
    require_metres(known, f"streets/costs.{column}")
    units = _whole(known * UNITS_PER_M)
    units[metres.is_null().to_numpy(zero_copy_only=False)] = FORBIDDEN
    return units


def _whole(values: Floats) -> Int32s:
    return np.rint(values).astype(np.int32)


def require_metres(metres: Floats, name: str) -> None:
    """Refuse metres that are no number from 0 to 100,000, naming where they stand."""
    sound = np.isfinite(metres) & (metres >= 0) & (metres <= FARTHEST_M)
    if not sound.all():
        raise ContractError(
            f"{name}: {metres[~sound][0]} is no number of metres from 0 to {FARTHEST_M:g}. Mend the step that wrote it."
        )


def cut_at_seats(lane: Lane, seat_edge: Ints, seat_fraction: Floats) -> Pieces:
    """Cut edges where seats stand; a seat at the end of an edge makes the junction there a seat.

    Parameters
    ----------
    lane
        The network.
    seat_edge, seat_fraction
        Where each seat stands: edge, and share of it from u; shape (n_seats,). Seats may coincide.

    Raises
    ------
    ContractError
        When a seat stands on no edge of the network.
    """
    _require_on_edges(seat_edge, seat_fraction, len(lane.u), "reach/seats")
    edge_cut, fraction = _distinct_inside(seat_edge, seat_fraction)
    n_nodes = int(max(lane.u.max(initial=-1), lane.v.max(initial=-1))) + 1
    starts = np.concatenate([[0], np.cumsum(np.bincount(edge_cut, minlength=len(lane.u)) + 1)])
    edge = np.repeat(np.arange(len(lane.u), dtype=np.int32), np.diff(starts))
    is_first, is_last = np.zeros(len(edge), dtype=bool), np.zeros(len(edge), dtype=bool)
    is_first[starts[:-1]], is_last[starts[1:] - 1] = True, True
    begin, end = np.zeros(len(edge)), np.ones(len(edge))
    begin[~is_first], end[~is_last] = fraction, fraction
    u, v = lane.u[edge], lane.v[edge]
    u[~is_first] = v[~is_last] = n_nodes + np.arange(len(fraction))
    is_seat = np.zeros(n_nodes + len(fraction), dtype=bool)
    is_seat[n_nodes:] = True
    is_seat[lane.u[seat_edge[seat_fraction == 0]]] = is_seat[lane.v[seat_edge[seat_fraction == 1]]] = True
    forward, backward = (_piece_units(cost[edge], begin, end) for cost in (lane.forward, lane.backward))
    return Pieces(u, v, forward, backward, edge, begin, end, starts.astype(np.int64), is_seat)


def _distinct_inside(edge: Ints, fraction: Floats) -> tuple[Ints, Floats]:
    """List the distinct spots inside edges, in the order of edge and fraction."""
    inner = np.flatnonzero((fraction > 0) & (fraction < 1))
    order = inner[np.lexsort((fraction[inner], edge[inner]))]
    edge, fraction = edge[order], fraction[order]
    is_new = (np.diff(edge, prepend=-1) != 0) | (np.diff(fraction, prepend=-1.0) != 0)
    return edge[is_new], fraction[is_new]


def _piece_units(cost: Int32s, begin: Floats, end: Floats) -> Int32s:
    units = _whole(end * cost) - _whole(begin * cost)
    units[cost == FORBIDDEN] = FORBIDDEN
    return units


def _require_on_edges(edge: Ints, fraction: Floats, n_edges: int, name: str) -> None:
    if len(edge) and (edge.min() < 0 or edge.max() >= n_edges):
        raise ContractError(f"{name}: edge {edge.max()} does not exist. Attach to this very graph.")
    if not np.all((fraction >= 0) & (fraction <= 1)):
        raise ContractError(f"{name}.fraction: not all lie from 0 to 1. Attach anew.")


def reversed_arcs(pieces: Pieces) -> Arcs:
    """List the arcs into every node; pieces that end where they began are left out, as they shorten no path."""
    arrays = pieces.u, pieces.v, pieces.forward, pieces.backward
    make_ready(_arcs_by_head, (*arrays, 1))
    return Arcs(*_arcs_by_head(*arrays, len(pieces.is_seat)))


@compiled
def _arcs_by_head(
    u: Int32s, v: Int32s, forward: Int32s, backward: Int32s, n_nodes: int
) -> tuple[UInt32s, Int32s, Int32s, Int32s]:
    """Sort arcs by counting: into each node first those walked from u to v, then the others, each by their piece."""
    starts = np.zeros(n_nodes + 1, dtype=np.uint32)
    for piece in range(len(u)):
        if u[piece] != v[piece]:
            starts[v[piece] + 1] += np.uint32(forward[piece] != FORBIDDEN)
            starts[u[piece] + 1] += np.uint32(backward[piece] != FORBIDDEN)
    for node in range(n_nodes):
        starts[node + 1] += starts[node]
    n_arcs = int(starts[n_nodes])
    tails, costs, codes = np.empty(n_arcs, np.int32), np.empty(n_arcs, np.int32), np.empty(n_arcs, np.int32)
    ends = starts.copy()
    for way in range(2):
        tail, head, cost = (u, v, forward) if way == 0 else (v, u, backward)
        for piece in range(len(u)):
            if cost[piece] != FORBIDDEN and tail[piece] != head[piece]:
                arc = ends[head[piece]]
                ends[head[piece]] += np.uint32(1)
                tails[arc], costs[arc], codes[arc] = tail[piece], cost[piece], 2 * piece + way
    return starts, tails, costs, codes


def points_on_pieces(attached: pa.Table, lane: Lane, pieces: Pieces) -> Int32s:
    """Place attached points on the pieces; where a seat stands, on the piece that begins there.

    Parameters
    ----------
    attached
        Rows of `reach/attachments` with an edge.
    lane, pieces
        The network, whole and cut.

    Returns
    -------
    numpy.ndarray
        Shape (n, 8), columns PIECE to SNAP, in the order of the rows.

    Raises
    ------
    ContractError
        When a point lies on no edge, or its perpendicular is no number from 0 to 100,000 m.
    """
    # Copies: to compiled code, what may not be written to is of another type.
    edge, fraction = attached["edge_id"].to_numpy().copy(), attached["fraction"].to_numpy().copy()
    snap_m = attached["snap_m"].to_numpy()
    _require_on_edges(edge, fraction, len(lane.u), "reach/attachments")
    require_metres(snap_m, "reach/attachments.snap_m")
    make_ready(_pieces_at, (edge, fraction, pieces.starts, pieces.begin))
    piece = _pieces_at(edge, fraction, pieces.starts, pieces.begin)
    begin, end = pieces.begin[piece], pieces.end[piece]
    at_begin, at_end = fraction == begin, fraction == end
    from_u = _part(lane.forward[edge], begin, fraction, at_begin)
    to_v = _part(lane.forward[edge], fraction, end, at_end)
    to_u = _part(lane.backward[edge], begin, fraction, at_begin)
    from_v = _part(lane.backward[edge], fraction, end, at_end)
    snap = _whole(snap_m * UNITS_PER_M)
    columns = (piece, pieces.u[piece], pieces.v[piece], to_u, to_v, from_u, from_v, snap)
    return np.column_stack(columns).astype(np.int32)


def _part(cost: Int32s, low: Floats, high: Floats, stands_there: Flags) -> Int32s:
    """Units between two fractions. Who stands at the very end of a piece stands at its node, whatever is forbidden."""
    units = np.where(stands_there, 0, FORBIDDEN).astype(np.int32)
    open_way = cost != FORBIDDEN
    units[open_way] = (_whole(high * cost) - _whole(low * cost))[open_way]
    return units


@compiled
def _pieces_at(edge: Ints, fraction: Floats, starts: Ints, begin: Floats) -> Ints:
    """Find the last piece of each point's edge that begins at the point or before; shape (n,)."""
    found = np.empty(len(edge), dtype=np.int64)
    for point in range(len(edge)):
        low, past = starts[edge[point]], starts[edge[point] + 1]
        while past - low > 1:
            middle = (low + past) // 2
            if begin[middle] <= fraction[point]:
                low = middle
            else:
                past = middle
        found[point] = low
    return found
