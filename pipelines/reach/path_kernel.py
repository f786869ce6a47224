"""Compiled code of the search for paths, from the doors of places outward over streets cut at seats.

All of it stands in this one file: the cache of compiled code looks at the file of the outermost function only. It
works on integers and checks nothing: `walks` refuses what would harm it, `rest_kernel` calls it.
"""

from typing import NamedTuple

import numpy as np

from pipelines.arrays import Int32s, Ints
from pipelines.reach.compiling import compiled
from pipelines.reach.pieces import FORBIDDEN, FROM_U, FROM_V, PIECE, SNAP, TO_U, TO_V, U, V
from pipelines.reach.walks import PathWalks

Pair = tuple[int, int]

UNREACHED = 2**31 - 1
NOWHERE = -1
# Numba tests every signed index for being negative; it trusts unsigned ones.
Index = np.uint32


class Scratch(NamedTuple):
    """Of each node its distance, and the arc and node by which the path goes on; at the last: -1 and the door.

    A list of the nodes met, its length first.
    """

    distance: Int32s
    onward: Int32s
    nodes_met: Int32s


# The functions below take arrays out of their tuples before any loop: numba counts references on tuples of arrays at
# every call.


@compiled
def path_part(walks: PathWalks, first: int, last: int) -> tuple[Ints, Ints]:
    """Search from places `first` to `last`; what `rest_kernel.path_search` returns of them, flat."""
    n_nodes = len(walks.starts) - 1
    scratch = Scratch(
        np.full(n_nodes, UNREACHED, dtype=np.int32),
        np.full((n_nodes, 2), NOWHERE, dtype=np.int32),
        np.zeros(n_nodes + 1, dtype=np.int32),
    )
    ends = np.full(2 * (walks.request_starts[last] - walks.request_starts[first]), NOWHERE, dtype=np.int64)
    queue, steps = np.empty(1024, dtype=np.int64), np.empty(2048, dtype=np.int64)
    end = done = 0
    for place in range(first, last):
        if walks.request_starts[place] == walks.request_starts[place + 1]:
            continue
        queue = _spread(walks, place, scratch, queue)
        for request in range(walks.request_starts[place], walks.request_starts[place + 1]):
            # A path passes a node once at most, and goes along one piece more than it passes nodes.
            room = end + 2 * (scratch.nodes_met[0] + 2)
            if room > len(steps):
                steps = _longer(steps, 2 * room)
            ends[done], ends[done + 1] = _walked(walks, place, walks.requests[request], scratch, steps[end:])
            end += 2 * ends[done + 1]
            done += 2
        _forget(scratch.distance, scratch.nodes_met)
    return ends, _longer(steps, end)


@compiled
def _forget(values: Int32s, met: Int32s) -> None:
    for index in range(1, met[0] + 1):
        values[met[index]] = UNREACHED
    met[0] = 0


@compiled
def _lower(values: Int32s, met: Int32s, index: int, value: int) -> None:
    """Lower one value, and remember that it was met."""
    if values[index] == UNREACHED:
        met[0] += 1
        met[met[0]] = index
    values[index] = value


# A queue is a binary heap of keys: units in the upper 32 bits, and the node in the lower, which breaks a tie.


@compiled
def _spread(walks: PathWalks, place: int, scratch: Scratch, queue: Ints) -> Ints:
    """Set each node's distance to the nearest door and how the path goes on; return the queue, which may have grown."""
    starts, tails, costs = walks.starts, walks.tails, walks.costs
    distance, onward, met = scratch.distance, scratch.onward, scratch.nodes_met
    limit, queued, doors = walks.limits[place], 0, walks.doors
    for door in range(walks.door_starts[place], walks.door_starts[place + 1]):
        for end, way in ((U, FROM_U), (V, FROM_V)):
            node, units = doors[door, end], int(doors[door, SNAP]) + doors[door, way]
            if doors[door, way] != FORBIDDEN and units <= limit and units < distance[node]:
                _lower(distance, met, node, units)
                onward[node, 0], onward[node, 1] = NOWHERE, door
                if queued == len(queue):
                    queue = _longer(queue, 2 * queued)
                queued = _pushed(queue, queued, (units << 32) | node)
    while queued:
        units, here = queue[0] >> 32, Index(queue[0])
        queued = _popped(queue, queued)
        if units != distance[here]:
            continue
        first, last = starts[here], starts[Index(here + 1)]
        most_queued = queued + np.int64(last) - np.int64(first)
        if most_queued > len(queue):
            queue = _longer(queue, 2 * int(most_queued))
        for arc in range(first, last):
            tail, cost = tails[Index(arc)], units + costs[Index(arc)]
            # Strictly shorter: of equal ways on the first found stays, and no path turns in a circle of no length.
            if cost <= limit and cost < distance[Index(tail)]:
                _lower(distance, met, tail, cost)
                onward[Index(tail), 0], onward[Index(tail), 1] = arc, here
                queued = _pushed(queue, queued, (cost << 32) | tail)
    return queue


@compiled
def _walked(walks: PathWalks, place: int, home: int, scratch: Scratch, steps: Ints) -> tuple[int, int]:
    """Write the steps from a home to the place; return the row of the door (-1: out of reach) and how many steps."""
    homes, doors, onward = walks.homes, walks.doors, scratch.onward
    beside, way = _way_out(walks, place, home, scratch.distance)
    if beside != NOWHERE:
        ahead = doors[beside, FROM_U] - homes[home, FROM_U] if way == TO_V else homes[home, TO_U] - doors[beside, TO_U]
        steps[0], steps[1] = 2 * homes[home, PIECE] + (way == TO_U), ahead
        return beside, 1
    if way == NOWHERE:
        return NOWHERE, 0
    steps[0], steps[1] = 2 * homes[home, PIECE] + (way == TO_U), homes[home, way]
    node = homes[home, U if way == TO_U else V]
    count = 1
    while onward[node, 0] != NOWHERE:
        arc = onward[node, 0]
        steps[2 * count], steps[2 * count + 1] = walks.codes[arc], walks.costs[arc]
        node = onward[node, 1]
        count += 1
    door = onward[node, 1]
    from_u = doors[door, U] == node and _ends_from_u(doors, door, scratch.distance[node])
    steps[2 * count] = 2 * doors[door, PIECE] + (not from_u)
    steps[2 * count + 1] = doors[door, FROM_U if from_u else FROM_V]
    return door, count + 1


@compiled
def _ends_from_u(doors: Int32s, door: int, distance: int) -> bool:
    """Tell whether a door is reached from its piece's start: on a loop, both ends are one node."""
    return bool(doors[door, FROM_U] != FORBIDDEN and doors[door, SNAP] + doors[door, FROM_U] == distance)


@compiled
def _way_out(walks: PathWalks, place: int, home: int, distance: Int32s) -> Pair:
    """Choose how the shortest path leaves a home: beside which door (-1: past a node), and which way (-1: none).

    Of equal ways straight along the piece goes first, then the end that is nearer to the home.
    """
    homes, doors = walks.homes, walks.doors
    best, nearest, beside, chosen = int(walks.limits[place]) + 1, UNREACHED, NOWHERE, NOWHERE
    for door in range(walks.door_starts[place], walks.door_starts[place + 1]):
        if doors[door, PIECE] == homes[home, PIECE]:
            units = _along_piece(homes, home, doors, door)
            if units < best:
                best, nearest, beside = units, 0, door
                chosen = TO_V if _goes_to_v(homes, home, doors, door, units) else TO_U
    for end, way in ((U, TO_U), (V, TO_V)):
        node = homes[home, end]
        if homes[home, way] != FORBIDDEN and distance[node] != UNREACHED:
            units = int(homes[home, SNAP]) + homes[home, way] + distance[node]
            if units < best or (units == best and homes[home, way] < nearest):
                best, nearest, beside, chosen = units, homes[home, way], NOWHERE, way
    return beside, chosen


@compiled
def _along_piece(homes: Int32s, home: int, doors: Int32s, door: int) -> int:
    """Units from a home straight to a door on its own piece, in a direction that is allowed."""
    snaps, best = int(homes[home, SNAP]) + int(doors[door, SNAP]), UNREACHED
    if homes[home, FROM_U] != FORBIDDEN and doors[door, FROM_U] >= homes[home, FROM_U]:
        best = min(best, snaps + doors[door, FROM_U] - homes[home, FROM_U])
    if doors[door, TO_U] != FORBIDDEN and homes[home, TO_U] >= doors[door, TO_U]:
        best = min(best, snaps + homes[home, TO_U] - doors[door, TO_U])
    return best


@compiled
def _goes_to_v(homes: Int32s, home: int, doors: Int32s, door: int, units: int) -> bool:
    """Tell whether the straight way of so many units goes towards the piece's end."""
    ahead = homes[home, FROM_U] != FORBIDDEN and doors[door, FROM_U] >= homes[home, FROM_U]
    snaps = int(homes[home, SNAP]) + int(doors[door, SNAP])
    return bool(ahead and snaps + doors[door, FROM_U] - homes[home, FROM_U] == units)


@compiled
def _pushed(queue: Ints, queued: int, key: int) -> int:
    place = queued
    while place > 0 and queue[(place - 1) >> 1] > key:
        queue[place] = queue[(place - 1) >> 1]
        place = (place - 1) >> 1
    queue[place] = key
    return queued + 1


@compiled
def _popped(queue: Ints, queued: int) -> int:
    """Take the first key out; return how many are left."""
    left = queued - 1
    key, place, child = queue[left], 0, 1
    while child < left:
        if child + 1 < left and queue[child + 1] < queue[child]:
            child += 1
        if queue[child] >= key:
            break
        queue[place] = queue[child]
        place, child = child, 2 * child + 1
    queue[place] = key
    return left


@compiled
def _longer(values: Ints, length: int) -> Ints:
    """Copy what fits into an array of another length; a loop, as numba takes seconds to compile slices assigned."""
    longer = np.empty(length, dtype=values.dtype)
    for index in range(min(length, len(values))):
        longer[index] = values[index]
    return longer
