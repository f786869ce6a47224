"""What searches over streets cut at seats are asked, and the check that compiled code can run them without harm.

Here also stands their scratch, and how parts of the places are searched side by side. It computes no distance.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Flags, Int32s, Ints, UInt32s
from pipelines.errors import ContractError
from pipelines.reach.compiling import compiled, make_ready
from pipelines.reach.ground import Ground
from pipelines.reach.pieces import FARTHEST_M, FORBIDDEN, FROM_U, FROM_V, PIECE, SNAP, TO_U, TO_V, UNITS_PER_M, U, V

Part = tuple[int, int]

FARTHEST = int(FARTHEST_M) * UNITS_PER_M
# Columns of records: the row of a home, and its units to the node.
HOME, MORE = range(2)


class RestWalks(NamedTuple):
    """What the search with rests reads: arcs into each node, and the homes that hang on the pieces there.

    A home has a record under each end of its piece that may be walked to, so that the search reads on and on:
    `record_starts[x]:record_starts[x + 1]` are the rows of `records` (n, 2) at node x. Those straight along the piece
    of a door of place p are `beside_starts[p]:beside_starts[p + 1]` of `beside` (n, 2).
    """

    starts: UInt32s
    tails: Int32s
    costs: Int32s
    is_seat: Flags
    record_starts: UInt32s
    records: Int32s
    beside_starts: Ints
    beside: Int32s
    doors: Int32s
    door_starts: Ints
    n_homes: int


class PathWalks(NamedTuple):
    """What the search for paths reads: arcs into each node with their codes, and what is asked.

    `requests` are the homes a path is sought for, those of place p in rows `request_starts[p]:request_starts[p + 1]`,
    `limits` how far to look from each place.
    """

    starts: UInt32s
    tails: Int32s
    costs: Int32s
    codes: Int32s
    homes: Int32s
    doors: Int32s
    door_starts: Ints
    requests: Ints
    request_starts: Ints
    limits: Ints


def rest_walks(ground: Ground) -> RestWalks:
    """Put together what the search with rests reads.

    Raises
    ------
    ContractError
        When compiled code could not run on it without reading outside its arrays; naming the array.
    """
    _require_sound(ground)
    homes, n_nodes = ground.homes, len(ground.pieces.is_seat)
    make_ready(_records_at_nodes, (homes, n_nodes))
    return RestWalks(
        ground.arcs.starts,
        ground.arcs.tails,
        ground.arcs.costs,
        ground.pieces.is_seat,
        *_records_at_nodes(homes, n_nodes),
        *_records_beside_doors(homes, ground.doors, ground.door_starts),
        ground.doors,
        ground.door_starts,
        len(homes),
    )


@compiled
def _records_at_nodes(homes: Int32s, n_nodes: int) -> tuple[UInt32s, Int32s]:
    """List under each node the homes from which it may be walked to, by counting: where they start, and records."""
    starts = np.zeros(n_nodes + 1, dtype=np.uint32)
    for home in range(len(homes)):
        for end, way in ((U, TO_U), (V, TO_V)):
            starts[homes[home, end] + 1] += np.uint32(homes[home, way] != FORBIDDEN)
    for node in range(n_nodes):
        starts[node + 1] += starts[node]
    records, ends = np.empty((int(starts[n_nodes]), 2), dtype=np.int32), starts.copy()
    for home in range(len(homes)):
        for end, way in ((U, TO_U), (V, TO_V)):
            if homes[home, way] != FORBIDDEN:
                record = ends[homes[home, end]]
                ends[homes[home, end]] += np.uint32(1)
                records[record, HOME], records[record, MORE] = home, homes[home, SNAP] + homes[home, way]
    return starts, records


def _records_beside_doors(homes: Int32s, doors: Int32s, door_starts: Ints) -> tuple[Ints, Int32s]:
    """List for each place the homes on the pieces of its doors, and the units straight along, where that is allowed."""
    first, past = (np.searchsorted(homes[:, PIECE], doors[:, PIECE], side) for side in ("left", "right"))
    starts = np.concatenate([[0], np.cumsum(past - first)])
    door = np.repeat(np.arange(len(doors)), past - first)
    home = np.arange(starts[-1]) + np.repeat(first - starts[:-1], past - first)
    here, there = homes[home].astype(np.int64), doors[door].astype(np.int64)
    ahead, back = there[:, FROM_U] - here[:, FROM_U], here[:, TO_U] - there[:, TO_U]
    ahead[(here[:, FROM_U] == FORBIDDEN) | (ahead < 0)] = FARTHEST + 1
    back[(there[:, TO_U] == FORBIDDEN) | (back < 0)] = FARTHEST + 1
    units = np.minimum(np.minimum(ahead, back) + here[:, SNAP] + there[:, SNAP], FARTHEST + 1)
    return starts[door_starts], np.column_stack([home, units]).astype(np.int32)


def path_walks(ground: Ground, requests: Ints, request_starts: Ints, limits: Ints) -> PathWalks:
    """Put together what the search for paths reads.

    Parameters
    ----------
    ground
        Streets cut at seats, homes, doors.
    requests, request_starts
        Rows of homes that paths are sought for, by place.
    limits
        How many units to look from each place, shape (n_places,).

    Raises
    ------
    ContractError
        When compiled code could not run on it without reading outside its arrays; naming the array.
    """
    _require_sound(ground)
    require_range(requests, 0, len(ground.homes) - 1, "requests")
    require_range(limits, 0, FARTHEST, "limits")
    asked = (requests.astype(np.int64), request_starts.astype(np.int64), limits.astype(np.int64))
    _require_offsets(request_starts, len(ground.place_ids), len(requests), "requests")
    if len(limits) != len(ground.place_ids):
        raise ContractError(f"the search has {len(limits)} limits for {len(ground.place_ids)} places. Give each one.")
    return PathWalks(*ground.arcs, ground.homes, ground.doors, ground.door_starts, *asked)


def _require_sound(ground: Ground) -> None:
    arcs, n_nodes = ground.arcs, len(ground.pieces.is_seat)
    for members, name in ((arcs.tails, "arcs"), (arcs.costs, "arcs (units)"), (arcs.codes, "arcs (pieces)")):
        _require_offsets(arcs.starts, n_nodes, len(members), name)
    _require_offsets(ground.door_starts, len(ground.place_ids), len(ground.doors), "doors")
    require_range(arcs.tails, 0, n_nodes - 1, "arcs (nodes)")
    require_range(arcs.costs, 0, FARTHEST, "arcs (units)")
    for points, name in ((ground.homes, "homes"), (ground.doors, "doors")):
        require_range(points[:, U : V + 1], 0, n_nodes - 1, f"{name} (nodes)")
        require_range(points[:, TO_U : FROM_V + 1], FORBIDDEN, FARTHEST, f"{name} (units)")
        require_range(points[:, SNAP], 0, FARTHEST, f"{name} (perpendiculars)")
    if np.any(ground.homes[1:, PIECE] < ground.homes[:-1, PIECE]):
        raise ContractError("the search's homes are not in the order of their pieces. Prepare the ground anew.")


def require_range(values: NDArray[np.integer], low: int, high: int, name: str) -> None:
    """Refuse whole numbers outside a range, naming what they are."""
    if values.size and (values.min() < low or values.max() > high):
        raise ContractError(
            f"the search's {name} run from {values.min()} to {values.max()}, allowed is {low} to {high}. "
            "Mend the step that made them."
        )


def _require_offsets(starts: Ints | UInt32s, n_groups: int, n_members: int, name: str) -> None:
    if len(starts) != n_groups + 1 or starts[0] != 0 or starts[-1] != n_members or np.any(starts[1:] < starts[:-1]):
        raise ContractError(f"the search's {name} do not count from 0 to {n_members}. Mend the step that made them.")


def in_parts(search: Callable[[Part], Any], n_places: int, threads: int) -> list[Any]:
    """Search consecutive parts of the places side by side, each with scratch of its own; results in their order."""
    bounds = np.linspace(0, n_places, max(1, min(threads, n_places)) + 1).astype(np.int64)
    parts = [(int(first), int(last)) for first, last in pairwise(bounds)]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(search, parts))
