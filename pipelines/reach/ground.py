"""What one profile walks on at one bound: streets cut at seats, with the homes and the doors that hang on them.

Here tables are put together and in order; cutting is done in `pieces`, walking in `rest_kernel`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats, Int32s, Ints
from pipelines.reach.doors import is_open
from pipelines.reach.pieces import Arcs, Pieces, cut_at_seats, lane_of, points_on_pieces, reversed_arcs

# The columns that are read; to filter the others takes longer than the rest.
_OF_COSTS = ["profile", "bound", "edge_id", "forward_m", "backward_m"]
_OF_ATTACHMENTS = ["profile", "point_type", "point_id", "access_number", "edge_id", "fraction", "snap_m", "door"]


@dataclass(frozen=True)
class Ground:
    """What one profile walks on at one bound: pieces, and the homes and the open doors on them.

    A place without an open door in this bound is not among `place_ids`: it is not reached.
    Homes go by piece, doors by place; those of place p are rows `door_starts[p]:door_starts[p + 1]`. `home_fraction`
    and `door_fraction` are shares of the whole edge.
    """

    profile: str
    bound: str
    pieces: Pieces
    arcs: Arcs
    homes: Int32s
    home_ids: Ints
    home_fraction: Floats
    doors: Int32s
    door_numbers: Ints
    door_fraction: Floats
    door_starts: Ints
    place_ids: Ints


@dataclass(frozen=True)
class Streetscape:
    """The tables that a `Ground` is made of: `streets/edges`, `streets/costs`, `reach/attachments`, `reach/seats`."""

    edges: pa.Table
    costs: pa.Table
    attachments: pa.Table
    seats: pa.Table


def ground_of(streetscape: Streetscape, profile: str, bound: str) -> Ground:
    """Prepare what one profile walks on at one bound.

    Raises
    ------
    ContractError
        When the tables do not fit each other.
    """
    lane = lane_of(streetscape.edges, costs_of_one(streetscape.costs.select(_OF_COSTS), profile, bound))
    seats = streetscape.seats.filter(pc.equal(streetscape.seats["profile"], profile))
    pieces = cut_at_seats(lane, seats["edge_id"].to_numpy(), seats["fraction"].to_numpy())
    own = streetscape.attachments.select(_OF_ATTACHMENTS)
    own = own.filter(pc.and_(pc.equal(own["profile"], profile), pc.is_valid(own["edge_id"])))
    own = own.filter(pa.array(is_open(own, bound)))
    is_home = pc.equal(own["point_type"], "origin")
    homes = _by_edge(own.filter(is_home))
    doors, starts = _by_place(own.filter(pc.invert(is_home)))
    return Ground(
        profile=profile,
        bound=bound,
        pieces=pieces,
        arcs=reversed_arcs(pieces),
        homes=points_on_pieces(homes, lane, pieces),
        home_ids=homes["point_id"].to_numpy(),
        home_fraction=homes["fraction"].to_numpy(),
        doors=points_on_pieces(doors, lane, pieces),
        door_numbers=doors["access_number"].to_numpy().astype(np.int64),
        door_fraction=doors["fraction"].to_numpy(),
        door_starts=starts,
        place_ids=doors["point_id"].to_numpy()[starts[:-1]],
    )


def costs_of_one(costs: pa.Table, profile: str, bound: str) -> pa.Table:
    """Select the costs of one profile at one bound."""
    return costs.filter(pc.and_(pc.equal(costs["profile"], profile), pc.equal(costs["bound"], bound)))


def _by_edge(homes: pa.Table) -> pa.Table:
    return homes.take(np.lexsort([homes[name].to_numpy() for name in ("point_id", "fraction", "edge_id")]))


def _by_place(doors: pa.Table) -> tuple[pa.Table, Ints]:
    """Bring doors together by place; places follow each other by their lowest edge, so that neighbours share memory."""
    ids, edge = doors["point_id"].to_numpy(), doors["edge_id"].to_numpy()
    distinct, number = np.unique(ids, return_inverse=True)
    lowest_edge = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(lowest_edge, number, edge)
    order = np.lexsort((doors["access_number"].to_numpy(), ids, lowest_edge[number]))
    starts = np.flatnonzero(np.diff(ids[order], prepend=-1))
    return doors.take(order), np.append(starts, len(ids)).astype(np.int64)
