"""The search: from every place outward over the reversed graph, as far as the limit, to every origin on the way.

One search carries several lanes: costs of the same streets for one profile, such as metres and seconds under each
bound. A node holds its cost in every lane side by side and is scanned for all of them at once; lanes mostly agree on
the path, so that eight cost about twice as much as one.

Here stand all compiled functions of the search and the layout of what they read, in one file, as the cache of
compiled code looks at the file of the outermost function only. They know no tables and check nothing: `job` refuses
what would harm them, `search` calls them.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.reach.compiling import compiled

Ints = NDArray[np.int32]
Indices = NDArray[np.uint32]

# Costs are whole ten-thousandths of a metre: a path of a hundred edges is exact to half a centimetre, and the sums
# below stay under 2^31 up to 100 km. Seconds are searched as the metres walked in them on an even street.
UNITS = 10_000
FARTHEST = 100_000 * UNITS
FORBIDDEN = -1
# What a forbidden arc costs in a lane: over any limit, and added to any cost still below 2^31.
CLOSED = 2**30
UNREACHED = 2**31 - 1
# Columns of a table of points. After them come, for each way of WAYS, one column per lane: the cost from the point to
# an end of its edge or back; FORBIDDEN where no one may go so. Lane k of way w stands in column WAYS + w * lanes + k.
EDGE, U, V, SNAP, WAYS = range(5)
TO_U, TO_V, FROM_U, FROM_V = range(4)
# Columns of a table of records. After them come, per lane, the cost from the home's door to this end of its edge, and
# then to the other end; CLOSED where no one may go so. Lane k of end e stands in column HERE + e * lanes + k.
HOME, OTHER, STREET, HERE = range(4)
# Columns of what is found; the costs follow, one per lane.
PLACE, ORIGIN, COSTS = range(3)
# A bucket of 2^16 units is 6.6 m wide. Half or four times as wide is as fast.
BUCKET_BITS = 16
NOT_QUEUED = -1
FULL = -1
FIRST_FINDS = 16_384
# Numba tests every signed index for being negative, a fifth of the time of the search; it trusts unsigned ones.
Index = np.uint32
# Any of the integers that compiled code tells apart and the checker of types need not.
Int = Any


class Network(NamedTuple):
    """The reversed graph: arcs `starts[x]:starts[x + 1]` come *into* node x from `tails`, at `costs` (n_arcs, lanes).

    A named tuple, not a dataclass: compiled code takes it as it is.
    """

    starts: Indices
    tails: Indices
    costs: Ints


class Origins(NamedTuple):
    """Points to walk from, in the order of their edges; and for each node those on the edges that end there.

    Every point has a record at both ends of its edge, with all that is needed there, so that the search reads on and
    on: rows `starts[x]:starts[x + 1]` of `records`, shape (n_records, 3 + 2 lanes), are those at node x.
    """

    points: Ints
    starts: Indices
    records: Ints


class Access(NamedTuple):
    """Access points in the order of their place: those of place p are rows `starts[p]:starts[p + 1]`."""

    points: Ints
    starts: Indices


class Job(NamedTuple):
    """All that a search reads. `limit` is in units, perpendiculars at both ends included.

    `lanes` are their numbers; code is compiled for how many there are.
    """

    lanes: tuple[int, ...]
    network: Network
    origins: Origins
    access: Access
    limit: int


class Workspace(NamedTuple):
    """Scratch of one thread, clean between places.

    `rows` (n_nodes,) says in which row a node reached is kept, else -1. By row: `best` its costs, `queued` its bucket,
    `nodes` its number. `queue` holds rows to scan and the next in the same bucket, `buckets` the first of each.
    """

    rows: Ints
    best: Ints
    queued: Ints
    nodes: Ints
    queue: Ints
    buckets: Ints


# The functions below take arrays out of their tuples before any loop: numba counts references on tuples of arrays at
# every call, which made the search three times slower.


@compiled
def search_places(job: Job, work: Workspace, first: int, last: int) -> tuple[int, Ints]:
    """Find the origins within the limit of places `first` to `last`; stop early where the workspace is too small.

    Returns the first place not searched (`last` when all are) and the finds, shape (n, 2 + lanes).
    """
    found = np.empty((FIRST_FINDS, COSTS + len(job.lanes)), dtype=np.int32)
    n_found = 0
    for place in range(first, last):
        n_rows = _spread(job, work, place)
        if n_rows == FULL:
            return place, found[:n_found]
        n_more = _find(job, work, place, n_rows, found, n_found)
        while n_more == FULL:
            found = _doubled(found, n_found)
            n_more = _find(job, work, place, n_rows, found, n_found)
        n_found = n_more
        _clean(work.rows, work.nodes, n_rows)
    return last, found[:n_found]


@compiled
def _doubled(found: Ints, n_found: int) -> Ints:
    """Copy the first `n_found` rows; a loop, as numba takes seconds to compile the assignment of slices."""
    larger = np.empty((2 * len(found), found.shape[1]), dtype=np.int32)
    for row in range(n_found):
        for column in range(found.shape[1]):
            larger[row, column] = found[row, column]
    return larger


@compiled
def _spread(job: Job, work: Workspace, place: int) -> int:  # noqa: C901, PLR0912 - calls cost an eighth of the whole
    """Give every node within the limit of the place a row with its costs; return how many, or FULL and none."""
    rows, queued, nodes, buckets = work.rows, work.queued, work.nodes, work.buckets
    # Flat, as the width of a table is no constant to the compiler: a tenth of the time of the search.
    best, queue, costs = work.best.reshape(-1), work.queue.reshape(-1), job.network.costs.reshape(-1)
    starts, tails = job.network.starts, job.network.tails
    lanes, past = job.lanes, np.int32(job.limit + 1)
    width, n_rows_room, n_queue_room = Index(len(lanes)), len(work.best), len(work.queue)
    if 2 * (job.access.starts[place + 1] - job.access.starts[place]) > n_rows_room:
        return FULL
    n_rows = _set_out(job, work, place)
    n_queued = n_rows
    for bucket in range(len(buckets)):
        while buckets[bucket] >= 0:
            entry = Index(2 * buckets[bucket])
            buckets[bucket] = queue[Index(entry + 1)]
            row = Index(queue[entry])
            if queued[row] != bucket:
                continue
            queued[row] = NOT_QUEUED
            node = Index(nodes[row])
            first, last = starts[node], starts[Index(node + 1)]
            # Every arc adds at most one row and one entry.
            n_arcs = np.int64(last) - np.int64(first)
            if n_rows + n_arcs > n_rows_room or n_queued + n_arcs > n_queue_room:
                _give_up(work, n_rows)
                return FULL
            for arc in range(first, last):
                tail = tails[arc]
                known = rows[tail]
                low = past
                if known < 0:
                    # A new node gets its row for good only when some lane reaches it within the limit.
                    other = Index(n_rows)
                    for number in range(len(lanes)):
                        lane = Index(number)
                        cost = np.int32(best[Index(row * width + lane)] + costs[Index(arc * width + lane)])
                        best[Index(other * width + lane)] = min(cost, past)
                        low = min(low, cost)
                    if low >= past:
                        continue
                    rows[tail], nodes[other], queued[other] = n_rows, tail, NOT_QUEUED
                    n_rows += 1
                else:
                    # Costs only fall, and they are whole numbers, so the search ends whatever the network.
                    other = Index(known)
                    for number in range(len(lanes)):
                        lane = Index(number)
                        cost = np.int32(best[Index(row * width + lane)] + costs[Index(arc * width + lane)])
                        if cost < best[Index(other * width + lane)]:
                            best[Index(other * width + lane)] = cost
                            low = min(low, cost)
                    if low >= past:
                        continue
                # An entry in a later bucket stays behind and is passed over: its row is no longer queued there.
                to = Index(low >> BUCKET_BITS)
                if queued[other] == NOT_QUEUED or queued[other] > to:
                    at = Index(2 * n_queued)
                    queue[at], queue[Index(at + 1)], buckets[to], queued[other] = other, buckets[to], n_queued, to
                    n_queued += 1
    return n_rows


@compiled
def _set_out(job: Job, work: Workspace, place: int) -> int:
    """Queue the ends of the edges that the place's access points lie on; return how many rows."""
    rows, best, queued, nodes, buckets = work.rows, work.best, work.queued, work.nodes, work.buckets
    queue, points, lanes, past = work.queue.reshape(-1), job.access.points, job.lanes, job.limit + 1
    n_rows = 0
    for point in range(job.access.starts[place], job.access.starts[place + 1]):
        for end, way in ((U, FROM_U), (V, FROM_V)):
            node = points[point, end]
            row = rows[node]
            if row < 0:
                row = n_rows
                n_rows += 1
                rows[node], nodes[row], queued[row] = row, node, NOT_QUEUED
                for lane in range(len(lanes)):
                    best[row, lane] = past
            low = past
            for lane in range(len(lanes)):
                part = points[point, WAYS + way * len(lanes) + lane]
                cost = points[point, SNAP] + part
                if part != FORBIDDEN and cost < best[row, lane]:
                    best[row, lane] = cost
                    low = min(low, cost)
    for row in range(n_rows):
        low = past
        for lane in range(len(lanes)):
            low = min(low, best[row, lane])
        # What nothing reaches goes into the last bucket, and harms nothing there.
        to = min(low, job.limit) >> BUCKET_BITS
        queue[2 * row], queue[2 * row + 1], buckets[to], queued[row] = row, buckets[to], row, to
    return n_rows


@compiled
def _give_up(work: Workspace, n_rows: int) -> None:
    _clean(work.rows, work.nodes, n_rows)
    for bucket in range(len(work.buckets)):
        work.buckets[bucket] = -1


@compiled
def _clean(rows: Ints, nodes: Ints, n_rows: int) -> None:
    for row in range(n_rows):
        rows[nodes[row]] = -1


@compiled
def _find(job: Job, work: Workspace, place: int, n_rows: int, found: Ints, n_found: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Write what a place finds; return how many finds there are then, or FULL where they do not fit."""
    n_more = _find_past_nodes(job, work, place, n_rows, found, n_found)
    return n_more if n_more == FULL else _find_on_access_edges(job, work, place, found, n_more)


@compiled
def _find_past_nodes(job: Job, work: Workspace, place: int, n_rows: int, found: Ints, n_found: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Write the origins at nodes with a row, each once, save those on an edge that leads to the place itself."""
    rows, best, nodes, access = work.rows, work.best, work.nodes, job.access.points
    starts, records = job.origins.starts, job.origins.records
    first, last = np.int64(job.access.starts[place]), np.int64(job.access.starts[place + 1])
    lanes, limit, room = job.lanes, job.limit, len(found)
    for number in range(n_rows):
        row = Index(number)
        node = Index(nodes[row])
        first_record, last_record = starts[node], starts[Index(node + 1)]
        if n_found + (np.int64(last_record) - np.int64(first_record)) > room:
            return FULL
        for record in range(first_record, last_record):
            other = Index(records[record, OTHER])
            beyond = rows[other]
            # An origin has a record at both ends of its edge; where both have a row, the lower one writes it.
            if beyond >= 0 and other < node:
                continue
            low: Int = limit + 1
            find = Index(n_found)
            for number_of_lane in range(len(lanes)):
                lane = Index(number_of_lane)
                cost = np.int32(best[row, lane] + records[record, Index(HERE + lane)])
                if beyond >= 0:
                    there = best[Index(beyond), lane] + records[record, Index(HERE + len(lanes) + lane)]
                    cost = min(cost, np.int32(there))
                found[find, Index(COSTS + lane)] = cost if cost <= limit else UNREACHED
                low = min(low, cost)
            if low <= limit and not _leads_to(access, first, last, records[record, STREET]):
                found[find, PLACE], found[find, ORIGIN] = place, records[record, HOME]
                n_found += 1
    return n_found


@compiled
def _find_on_access_edges(job: Job, work: Workspace, place: int, found: Ints, n_found: int) -> int:
    """Write the origins on the edges of the place's access points: straight along the edge, or around."""
    rows, best, points, access = work.rows, work.best, job.origins.points, job.access.points
    first, last = np.int64(job.access.starts[place]), np.int64(job.access.starts[place + 1])
    for point in range(first, last):
        edge = access[point, EDGE]
        if point > first and access[point - 1, EDGE] == edge:
            continue
        first_origin, last_origin = _first_on(points, edge), _first_on(points, edge + 1)
        if n_found + last_origin - first_origin > len(found):
            return FULL
        for origin in range(first_origin, last_origin):
            low = UNREACHED
            for lane in range(len(job.lanes)):
                cost = _past_ends(points, origin, rows, best, lane, len(job.lanes))
                near = point
                while near < last and access[near, EDGE] == edge:
                    cost = min(cost, _along_edge(points, origin, access, near, lane, len(job.lanes)))
                    near += 1
                found[n_found, COSTS + lane] = cost if cost <= job.limit else UNREACHED
                low = min(low, cost)
            if low <= job.limit:
                found[n_found, PLACE], found[n_found, ORIGIN] = place, origin
                n_found += 1
    return n_found


@compiled
def _leads_to(access: Ints, first: Int, last: Int, edge: Int) -> bool:
    for point in range(first, last):  # noqa: SIM110 - numba compiles no generator
        if access[point, EDGE] == edge:
            return True
    return False


@compiled
def _past_ends(points: Ints, origin: int, rows: Ints, best: Ints, lane: int, n_lanes: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Cost in one lane from an origin over the better end of its edge; UNREACHED where neither leads anywhere."""
    cost = UNREACHED
    for end, way in ((U, TO_U), (V, TO_V)):
        row, part = rows[points[origin, end]], points[origin, WAYS + way * n_lanes + lane]
        if row >= 0 and part != FORBIDDEN:
            cost = min(cost, np.int64(points[origin, SNAP]) + part + best[row, lane])
    return cost


@compiled
def _along_edge(points: Ints, origin: int, access: Ints, near: int, lane: int, n_lanes: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Cost in one lane from an origin straight to an access point of its own edge, in a direction that is allowed."""
    from_u, to_u = WAYS + FROM_U * n_lanes + lane, WAYS + TO_U * n_lanes + lane
    snaps = np.int64(points[origin, SNAP]) + access[near, SNAP]
    cost = UNREACHED
    if points[origin, from_u] != FORBIDDEN and access[near, from_u] >= points[origin, from_u]:
        cost = min(cost, snaps + access[near, from_u] - points[origin, from_u])
    if access[near, to_u] != FORBIDDEN and points[origin, to_u] >= access[near, to_u]:
        cost = min(cost, snaps + points[origin, to_u] - access[near, to_u])
    return cost


@compiled
def _first_on(points: Ints, edge: int) -> int:
    """Row of the first origin on `edge` or a later one: a binary search."""
    low, high = 0, len(points)
    while low < high:
        middle = (low + high) // 2
        if points[middle, EDGE] < edge:
            low = middle + 1
        else:
            high = middle
    return low
