"""The search: from every place outward over the reversed graph, as far as the limit, to every origin on the way.

All compiled functions stand in this one file: the cache of compiled code looks at the file of the outermost only.
It works on integers and knows no tables; `network` prepares what it reads, `pairs` says what it found.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from pipelines.reach.job import Job, require_sound
from pipelines.reach.network import EDGE, FORBIDDEN, FROM_U, FROM_V, SNAP, TO_U, TO_V, Ints, U, V

Compiled = TypeVar("Compiled", bound=Callable[..., Any])

UNREACHED = 2**31 - 1
# A bucket of 2^17 units is 13 m (or 13 s) wide. Narrower ones cost more scanning, wider ones more rescans.
BUCKET_BITS = 17
NOT_QUEUED = -2
# Columns of `Workspace.nodes`; the fourth fills up 16 bytes.
DISTANCE, AFTER, BEFORE = range(3)
PLACES_PER_BLOCK = 64


class Workspace(NamedTuple):
    """Scratch of one thread, clean between places.

    `nodes` (n, 4) holds of each node its distance and its neighbours in the queue, together in one cache line;
    `touched` the nodes reached, their number first; `buckets` the first node queued in each bucket. The queue is a
    doubly linked list per bucket: a node is queued once at most, so that no search can outgrow these arrays.
    """

    nodes: NDArray[np.int32]
    touched: Ints
    buckets: Ints


def search(job: Job, threads: int) -> NDArray[np.int32]:
    """Find every origin within the limit of every place, and its cost along the cheapest passable path.

    Parameters
    ----------
    job
        Network, origins, access points, limit.
    threads
        How many places are searched at once. The result does not depend on it.

    Returns
    -------
    numpy.ndarray
        Shape (n, 3): number of the place, row of the origin, cost in units; places in blocks of their order.

    Raises
    ------
    ContractError
        When the job points outside its own arrays, holds a negative cost, or has a limit outside 0-100 km.
    """
    require_sound(job)
    n_places = len(job.access.starts) - 1
    firsts = range(0, n_places, PLACES_PER_BLOCK)
    blocks = [(first, min(first + PLACES_PER_BLOCK, n_places)) for first in firsts]
    lanes = max(1, min(threads, len(blocks)))
    kernel = _ready_kernel()

    def work_through(own_lane: int) -> list[NDArray[np.int32]]:
        work = _workspace(len(job.network.starts) - 1, job.limit)
        return [_call(kernel, job, work, block) for block in blocks[own_lane::lanes]]

    with ThreadPoolExecutor(lanes) as pool:
        by_lane = list(pool.map(work_through, range(lanes)))
    # Block b was done by lane b % lanes, as its (b // lanes)-th: put back into the order of the blocks.
    in_order = [by_lane[number % lanes][number // lanes] for number in range(len(blocks))]
    return np.concatenate([np.empty((0, 3), dtype=np.int32), *in_order])


def _workspace(n_nodes: int, limit: int) -> Workspace:
    nodes = np.full((n_nodes, 4), -1, dtype=np.int32)
    nodes[:, DISTANCE] = UNREACHED
    nodes[:, BEFORE] = NOT_QUEUED
    buckets = np.full((limit >> BUCKET_BITS) + 1, -1, dtype=np.int32)
    return Workspace(nodes, np.zeros(n_nodes + 1, dtype=np.int32), buckets)


def _compiled(function: Compiled) -> Compiled:
    """Compile at the first call, not at import; releases the interpreter's lock, so that threads run side by side."""
    return cast("Compiled", numba.njit(nogil=True)(function))


@cache
def _ready_kernel() -> Callable[..., NDArray[np.int32]]:
    """Give the kernel, keeping its compiled code on disk where some cache folder is writable."""
    kernel: Any = _search_block
    try:
        kernel.enable_caching()
    except RuntimeError:
        # numba found no folder to write to: then every new process compiles, which takes seconds and harms nothing.
        return cast("Callable[..., NDArray[np.int32]]", kernel)
    return cast("Callable[..., NDArray[np.int32]]", kernel)


def _call(
    kernel: Callable[..., NDArray[np.int32]], job: Job, work: Workspace, block: tuple[int, int]
) -> NDArray[np.int32]:
    try:
        return kernel(job, work, *block)
    except OSError:
        # Only saving the compiled code touches the disk; by then it is compiled, and the second call uses it.
        return kernel(job, work, *block)


# The functions below take arrays out of their tuples before any loop: numba counts references on tuples of arrays at
# every call, which made the search three times slower.


@_compiled
def _search_block(job: Job, work: Workspace, first: int, last: int) -> NDArray[np.int32]:
    found = np.empty((1024, 3), dtype=np.int32)
    n_found = 0
    for place in range(first, last):
        _spread(job, work, place)
        room = n_found + _most_found(job, work.touched, place)
        if room > len(found):
            found = _resized(found, n_found, 2 * room)
        n_found = _find_past_nodes(job, work, place, found, n_found)
        n_found = _find_on_access_edges(job, work.nodes, place, found, n_found)
        _clean(work.nodes, work.touched)
    return _resized(found, n_found, n_found)


@_compiled
def _resized(found: NDArray[np.int32], n_found: int, n_rows: int) -> NDArray[np.int32]:
    """Copy the first `n_found` rows; a loop, as numba takes seconds to compile the assignment of slices."""
    larger = np.empty((n_rows, 3), dtype=np.int32)
    for row in range(n_found):
        for column in range(3):
            larger[row, column] = found[row, column]
    return larger


@_compiled
def _spread(job: Job, work: Workspace, place: int) -> None:
    """Set the distance of every node within the limit of the place, by its best access point."""
    nodes, touched, buckets = work.nodes, work.touched, work.buckets
    starts, tails, costs = job.network.starts, job.network.tails, job.network.costs
    points, limit = job.access.points, job.limit
    for row in range(job.access.starts[place], job.access.starts[place + 1]):
        for end, way in ((U, FROM_U), (V, FROM_V)):
            node, cost = points[row, end], points[row, SNAP] + points[row, way]
            if points[row, way] != FORBIDDEN and cost <= limit and cost < nodes[node, DISTANCE]:
                _lower(nodes, touched, buckets, node, cost)
    for bucket in range(len(buckets)):
        while buckets[bucket] >= 0:
            node = buckets[bucket]
            _unlink(nodes, buckets, node, bucket)
            reached = nodes[node, DISTANCE]
            for arc in range(starts[node], starts[node + 1]):
                tail, cost = tails[arc], reached + costs[arc]
                # Distances only fall, and they are whole numbers, so the search ends whatever the network.
                if cost <= limit and cost < nodes[tail, DISTANCE]:
                    _lower(nodes, touched, buckets, tail, cost)


@_compiled
def _lower(nodes: NDArray[np.int32], touched: Ints, buckets: Ints, node: int, cost: int) -> None:
    """Lower the distance of a node to `cost` and queue it in the bucket of that distance."""
    known, bucket = nodes[node, DISTANCE], cost >> BUCKET_BITS
    nodes[node, DISTANCE] = cost
    if known == UNREACHED:
        touched[0] += 1
        touched[touched[0]] = node
    elif nodes[node, BEFORE] != NOT_QUEUED:
        if known >> BUCKET_BITS == bucket:
            return
        _unlink(nodes, buckets, node, known >> BUCKET_BITS)
    head = buckets[bucket]
    nodes[node, AFTER] = head
    nodes[node, BEFORE] = -1
    if head >= 0:
        nodes[head, BEFORE] = node
    buckets[bucket] = node


@_compiled
def _unlink(nodes: NDArray[np.int32], buckets: Ints, node: int, bucket: int) -> None:
    after, before = nodes[node, AFTER], nodes[node, BEFORE]
    if before >= 0:
        nodes[before, AFTER] = after
    else:
        buckets[bucket] = after
    if after >= 0:
        nodes[after, BEFORE] = before
    nodes[node, BEFORE] = NOT_QUEUED


@_compiled
def _clean(nodes: NDArray[np.int32], touched: Ints) -> None:
    for index in range(1, touched[0] + 1):
        nodes[touched[index], DISTANCE] = UNREACHED
    touched[0] = 0


@_compiled
def _most_found(job: Job, touched: Ints, place: int) -> int:
    """Bound how many origins this place can find, so that what is found never outgrows its array."""
    starts, points, access = job.origins.starts, job.origins.points, job.access.points
    most = 0
    for index in range(1, touched[0] + 1):
        most += starts[touched[index] + 1] - starts[touched[index]]
    for row in range(job.access.starts[place], job.access.starts[place + 1]):
        most += _first_on(points, access[row, EDGE] + 1) - _first_on(points, access[row, EDGE])
    return most


@_compiled
def _find_past_nodes(job: Job, work: Workspace, place: int, found: NDArray[np.int32], n_found: int) -> int:
    """Write the origins at touched nodes, each once, save those on an edge that leads to the place itself."""
    nodes, touched, access = work.nodes, work.touched, job.access.points
    points, starts, records = job.origins.points, job.origins.starts, job.origins.records
    first, last = job.access.starts[place], job.access.starts[place + 1]
    for index in range(1, touched[0] + 1):
        node = touched[index]
        for record in range(starts[node], starts[node + 1]):
            origin = records[record]
            other = points[origin, U] + points[origin, V] - node
            # An origin is recorded at both ends of its edge; where both were touched, the lower one writes it.
            if other < node and nodes[other, DISTANCE] != UNREACHED:
                continue
            cost = _past_ends(points, origin, nodes)
            if cost <= job.limit and not _leads_to(access, first, last, points[origin, EDGE]):
                found[n_found, 0], found[n_found, 1], found[n_found, 2] = place, origin, cost
                n_found += 1
    return n_found


@_compiled
def _find_on_access_edges(
    job: Job, nodes: NDArray[np.int32], place: int, found: NDArray[np.int32], n_found: int
) -> int:
    """Write the origins on the edges of the place's access points: straight along the edge, or around."""
    points, access = job.origins.points, job.access.points
    first, last = job.access.starts[place], job.access.starts[place + 1]
    for row in range(first, last):
        edge = access[row, EDGE]
        if row > first and access[row - 1, EDGE] == edge:
            continue
        for origin in range(_first_on(points, edge), _first_on(points, edge + 1)):
            cost = _past_ends(points, origin, nodes)
            near = row
            while near < last and access[near, EDGE] == edge:
                cost = min(cost, _along_edge(points, origin, access, near))
                near += 1
            if cost <= job.limit:
                found[n_found, 0], found[n_found, 1], found[n_found, 2] = place, origin, cost
                n_found += 1
    return n_found


@_compiled
def _leads_to(access: NDArray[np.int32], first: int, last: int, edge: int) -> bool:
    for row in range(first, last):  # noqa: SIM110 - numba compiles no generator
        if access[row, EDGE] == edge:
            return True
    return False


@_compiled
def _past_ends(points: NDArray[np.int32], origin: int, nodes: NDArray[np.int32]) -> int:
    """Cost from an origin over the better end of its edge; UNREACHED where neither leads anywhere."""
    best = UNREACHED
    for end, way in ((U, TO_U), (V, TO_V)):
        distance = nodes[points[origin, end], DISTANCE]
        if distance != UNREACHED and points[origin, way] != FORBIDDEN:
            best = min(best, points[origin, SNAP] + points[origin, way] + distance)
    return best


@_compiled
def _along_edge(points: NDArray[np.int32], origin: int, access: NDArray[np.int32], near: int) -> int:
    """Cost from an origin straight to an access point of its own edge, in a direction that is allowed."""
    snaps = points[origin, SNAP] + access[near, SNAP]
    best = UNREACHED
    if points[origin, FROM_U] != FORBIDDEN and access[near, FROM_U] >= points[origin, FROM_U]:
        best = min(best, snaps + access[near, FROM_U] - points[origin, FROM_U])
    if access[near, TO_U] != FORBIDDEN and points[origin, TO_U] >= access[near, TO_U]:
        best = min(best, snaps + points[origin, TO_U] - access[near, TO_U])
    return best


@_compiled
def _first_on(points: NDArray[np.int32], edge: int) -> int:
    """Row of the first origin on `edge` or a later one: a binary search."""
    low, high = 0, len(points)
    while low < high:
        middle = (low + high) // 2
        if points[middle, EDGE] < edge:
            low = middle + 1
        else:
            high = middle
    return low
