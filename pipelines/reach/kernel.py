"""The search: from every place outward over the reversed graph, as far as the limit, to every origin on the way.

One search carries several lanes: costs of the same streets for one profile, such as metres and seconds under each
bound. A node holds its cost in every lane side by side and is scanned for all of them at once; lanes mostly agree on
the path, so that eight cost about twice as much as one.

Here stand all compiled functions of the search and the numbers of the columns they read, in one file, as the cache of
compiled code looks at the file of the outermost function only. They know no tables and check nothing: `job` refuses
what would harm them, `search` calls them.
"""

from typing import Any

import numpy as np

from pipelines.arrays import Int32s
from pipelines.reach.compiling import compiled
from pipelines.reach.layout import Job, Workspace

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
# After every bucket.
NOT_QUEUED = 2**31 - 1
FULL = -1
FIRST_FINDS = 65_536
# Numba tests every signed index for being negative; those of 32 bits, the processor widens at every use. Unsigned ones
# of 64 bits, in loops of `while`, take a quarter off the time of the search. Mixed with signed ones they become floats.
Index = np.uint64
ONE = Index(1)
# A cost of one lane in `rows`; where none is known stands -1, which is the largest of unsigned numbers.
Cost = np.uint32
UNKNOWN = Cost(2**32 - 1)
BITS = Cost(BUCKET_BITS)
# Any of the integers that compiled code tells apart and the checker of types need not.
Int = Any


# The functions below take arrays out of their tuples before any loop: numba counts references on tuples of arrays at
# every call, which made the search three times slower.


@compiled
def search_places(job: Job, work: Workspace, first: int, last: int) -> tuple[int, Int32s]:
    """Find the origins within the limit of places `first` to `last`; stop early where the workspace is too small.

    Returns the first place not searched (`last` when all are) and the finds, shape (n, 2 + lanes).
    """
    found = np.empty((FIRST_FINDS, COSTS + len(job.lanes)), dtype=np.int32)
    n_found = 0
    for place in range(first, last):
        n_rows = _spread_one(job, work, place) if len(job.lanes) == 1 else _spread(job, work, place)
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
def _doubled(found: Int32s, n_found: int) -> Int32s:
    """Copy the first `n_found` rows; a loop, as numba takes seconds to compile the assignment of slices."""
    larger = np.empty((2 * len(found), found.shape[1]), dtype=np.int32)
    for row in range(n_found):
        for column in range(found.shape[1]):
            larger[row, column] = found[row, column]
    return larger


@compiled
def _spread_one(job: Job, work: Workspace, place: int) -> Int:
    """As `_spread` for one lane, whose cost stands in `rows` itself until the end: a quarter less time.

    What an arc changes is written whether it changes or not, as the processor cannot foresee which: a tenth less.
    """
    rows, best, nodes, buckets = work.rows, work.best.reshape(-1), work.nodes, work.buckets
    queue, costs = work.queue.reshape(-1), job.network.costs.reshape(-1)
    starts, tails, past = job.network.starts, job.network.tails, Cost(job.limit + 1)
    n_rows_room, n_queue_room = Index(len(nodes)), Index(len(work.queue))
    if 2 * (job.access.starts[place + 1] - job.access.starts[place]) > len(nodes):
        return FULL
    n_rows = n_queued = Index(_set_out(job, work, place))
    for row in range(n_rows):
        queue[2 * row], rows[nodes[row]] = nodes[row], best[row]
    # The last bucket takes what changed nothing.
    aside = Index(len(buckets) - 1)
    for bucket in range(aside):
        while buckets[bucket] >= 0:
            following, buckets[bucket] = buckets[bucket], -1
            while following >= 0:
                entry = Index(following) << ONE
                node, following = Index(queue[entry]), queue[entry + ONE]
                here = Cost(rows[node])
                # Its cost fell since, and it was scanned then.
                if here >> BITS < bucket:
                    continue
                arc, last = Index(starts[node]), Index(starts[node + ONE])
                # Every arc adds at most one row and one entry.
                if n_rows + (last - arc) > n_rows_room or n_queued + (last - arc) > n_queue_room:
                    _give_up(work, np.int64(n_rows))
                    return FULL
                while arc < last:
                    tail, cost = Index(tails[arc]), Cost(here + Cost(costs[arc]))
                    arc += ONE
                    known = Cost(rows[tail])
                    is_better = cost < min(known, past)
                    rows[tail], nodes[n_rows] = cost if is_better else known, tail
                    n_rows += Index(is_better and known == UNKNOWN)
                    at, to = n_queued << ONE, Index(cost >> BITS) if is_better else aside
                    queue[at], queue[at + ONE], buckets[to] = tail, buckets[to], n_queued
                    n_queued += Index(is_better)
    buckets[aside] = -1
    for row in range(n_rows):
        best[row], rows[nodes[row]] = rows[nodes[row]], row
    return np.int64(n_rows)


@compiled
def _spread(job: Job, work: Workspace, place: int) -> Int:  # noqa: C901, PLR0912 - calls cost an eighth of the whole
    """Give every node within the limit of the place a row with its costs; return how many, or FULL and none."""
    rows, queued, nodes, buckets = work.rows, work.queued, work.nodes, work.buckets
    # Flat, as the width of a table is no constant to the compiler: a tenth of the time of the search.
    best, queue, costs = work.best.reshape(-1), work.queue.reshape(-1), job.network.costs.reshape(-1)
    starts, tails = job.network.starts, job.network.tails
    lanes, past, width = job.lanes, np.int32(job.limit + 1), Index(len(job.lanes))
    n_rows_room, n_queue_room = Index(len(nodes)), Index(len(work.queue))
    if 2 * (job.access.starts[place + 1] - job.access.starts[place]) > len(nodes):
        return FULL
    n_rows = n_queued = Index(_set_out(job, work, place))
    for bucket in range(len(buckets)):
        while buckets[bucket] >= 0:
            entry = Index(buckets[bucket]) << ONE
            row, buckets[bucket] = Index(queue[entry]), queue[entry + ONE]
            if queued[row] != bucket:
                continue
            queued[row] = NOT_QUEUED
            node, here = Index(nodes[row]), row * width
            arc, last = Index(starts[node]), Index(starts[node + ONE])
            # Every arc adds at most one row and one entry.
            if n_rows + (last - arc) > n_rows_room or n_queued + (last - arc) > n_queue_room:
                _give_up(work, np.int64(n_rows))
                return FULL
            while arc < last:
                tail, along = Index(tails[arc]), arc * width
                arc += ONE
                known, low = rows[tail], past
                if known < 0:
                    # A new node gets its row for good only when some lane reaches it within the limit.
                    other, there = n_rows, n_rows * width
                    for number in range(len(lanes)):
                        lane = Index(number)
                        cost = np.int32(best[here + lane] + costs[along + lane])
                        best[there + lane] = min(cost, past)
                        low = min(low, cost)
                    if low >= past:
                        continue
                    rows[tail], nodes[other], queued[other] = other, tail, NOT_QUEUED
                    n_rows += ONE
                else:
                    # Costs only fall, and they are whole numbers, so the search ends whatever the network.
                    other, there = Index(known), Index(known) * width
                    for number in range(len(lanes)):
                        lane = Index(number)
                        cost = np.int32(best[here + lane] + costs[along + lane])
                        if cost < best[there + lane]:
                            best[there + lane] = cost
                            low = min(low, cost)
                    if low >= past:
                        continue
                # An entry in a later bucket stays behind and is passed over: its row is no longer queued there.
                to = Index(low >> BUCKET_BITS)
                if queued[other] > low >> BUCKET_BITS:
                    at = n_queued << ONE
                    queue[at], queue[at + ONE], buckets[to], queued[other] = other, buckets[to], n_queued, to
                    n_queued += ONE
    return np.int64(n_rows)


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
def _give_up(work: Workspace, n_rows: Int) -> None:
    _clean(work.rows, work.nodes, n_rows)
    for bucket in range(len(work.buckets)):
        work.buckets[bucket] = -1


@compiled
def _clean(rows: Int32s, nodes: Int32s, n_rows: int) -> None:
    for row in range(n_rows):
        rows[nodes[row]] = -1


@compiled
def _find(job: Job, work: Workspace, place: int, n_rows: int, found: Int32s, n_found: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Write what a place finds; return how many finds there are then, or FULL where they do not fit."""
    n_more = _find_past_nodes(job, work, place, n_rows, found, n_found)
    return n_more if n_more == FULL else _find_on_access_edges(job, work, place, found, n_more)


@compiled
def _find_past_nodes(job: Job, work: Workspace, place: int, n_rows: int, found: Int32s, n_found: int) -> Int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Write the origins at nodes with a row, each once, save those on an edge that leads to the place itself."""
    rows, best, nodes, access = work.rows, work.best.reshape(-1), work.nodes, job.access.points
    starts, records, finds = job.origins.starts, job.origins.records.reshape(-1), found.reshape(-1)
    first, last = np.int64(job.access.starts[place]), np.int64(job.access.starts[place + 1])
    lanes, past, room, width = job.lanes, np.int32(job.limit + 1), Index(len(found)), Index(len(job.lanes))
    record_width, find_width = Index(HERE) + width + width, Index(COSTS) + width
    row, find = Index(0), Index(n_found)
    while row < Index(n_rows):
        node, here = Index(nodes[row]), row * width
        row += ONE
        record, last_record = Index(starts[node]), Index(starts[node + ONE])
        if find + (last_record - record) > room:
            return FULL
        while record < last_record:
            at, to = record * record_width, find * find_width
            record += ONE
            other = Index(records[at + Index(OTHER)])
            beyond = rows[other]
            # An origin has a record at both ends of its edge; where both have a row, the lower one writes it.
            if beyond >= 0 and other < node:
                continue
            low, there = past, Index(max(beyond, 0)) * width
            for number in range(len(lanes)):
                lane = Index(number)
                cost = np.int32(best[here + lane] + records[at + Index(HERE) + lane])
                if beyond >= 0:
                    cost = min(cost, np.int32(best[there + lane] + records[at + Index(HERE) + width + lane]))
                finds[to + Index(COSTS) + lane] = cost if cost < past else UNREACHED
                low = min(low, cost)
            if low < past and not _leads_to(access, first, last, records[at + Index(STREET)]):
                finds[to + Index(PLACE)], finds[to + Index(ORIGIN)] = place, records[at + Index(HOME)]
                find += ONE
    return np.int64(find)


@compiled
def _find_on_access_edges(job: Job, work: Workspace, place: int, found: Int32s, n_found: int) -> int:
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
def _leads_to(access: Int32s, first: Int, last: Int, edge: Int) -> bool:
    for point in range(first, last):  # noqa: SIM110 - numba compiles no generator
        if access[point, EDGE] == edge:
            return True
    return False


@compiled
def _past_ends(points: Int32s, origin: int, rows: Int32s, best: Int32s, lane: int, n_lanes: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Cost in one lane from an origin over the better end of its edge; UNREACHED where neither leads anywhere."""
    cost = UNREACHED
    for end, way in ((U, TO_U), (V, TO_V)):
        row, part = rows[points[origin, end]], points[origin, WAYS + way * n_lanes + lane]
        if row >= 0 and part != FORBIDDEN:
            cost = min(cost, np.int64(points[origin, SNAP]) + part + best[row, lane])
    return cost


@compiled
def _along_edge(points: Int32s, origin: int, access: Int32s, near: int, lane: int, n_lanes: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
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
def _first_on(points: Int32s, edge: int) -> int:
    """Row of the first origin on `edge` or a later one: a binary search."""
    low, high = 0, len(points)
    while low < high:
        middle = (low + high) // 2
        if points[middle, EDGE] < edge:
            low = middle + 1
        else:
            high = middle
    return low
