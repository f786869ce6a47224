"""Two searches outward from the doors of places, over streets cut at seats: with rests, and for paths.

Here stands the compiled code of the first, that of the second in `path_kernel`: two files that share no compiled
function, as the cache of compiled code looks at the file of the outermost only. They work on integers and know no
tables; `walks` prepares what they read, `rest` and `paths` say what they found.
"""

from typing import NamedTuple

import numpy as np

from pipelines.arrays import Int32s, Ints
from pipelines.errors import ContractError
from pipelines.reach.compiling import compiled, log, make_ready
from pipelines.reach.ground import Ground
from pipelines.reach.path_kernel import path_part
from pipelines.reach.pieces import FORBIDDEN, FROM_U, FROM_V, SNAP, U, V
from pipelines.reach.walks import (
    FARTHEST,
    HOME,
    MORE,
    RestWalks,
    in_parts,
    path_walks,
    require_range,
    rest_walks,
)

Pair = tuple[int, int]

UNREACHED = 2**31 - 1
NOWHERE = -1
FULL = -1
# A label is so many numbers in a row: where the next in its bucket begins, units in all, units since a seat, node.
NEXT, UNITS, LEG, NODE, WIDTH = range(5)
# A bucket of 2^16 units is 6.6 m wide. Half or four times as wide is as fast.
BUCKET_BITS = 16
TOO_MANY = (
    "the search with rests: over a hundred million ways lead to one place. Ask for less far, or mend the streets."
)
# Numba tests every signed index for being negative; it trusts unsigned ones.
Index = np.uint32


def rest_search(ground: Ground, limit: int, leg: int, threads: int) -> Ints:
    """Find every home from which a place is reached with rests, and the least units walked.

    From a home one walks from seat to seat to a door: every leg at most `leg` units, all together at most `limit`,
    perpendiculars of home and door included. Sitting down costs nothing and is never forced.

    Parameters
    ----------
    ground
        Streets cut at seats, homes, doors.
    limit, leg
        The most units in all, and between two seats; `leg` of `limit` or more asks for no rest.
    threads
        Parts of the places searched side by side. The result does not depend on it.

    Returns
    -------
    numpy.ndarray
        Shape (n, 3): number of the place, row of the home, units; by place, then in the order they were met.

    Raises
    ------
    ContractError
        When compiled code could not run on the ground without reading outside its arrays, or when more ways lead to
        one place than labels can be numbered.
    """
    require_range(np.array([limit, leg]), 0, FARTHEST, "limits")
    walks, limits = rest_walks(ground), (limit, min(leg, limit))
    make_ready(_rest_part, (walks, limits, 0, 0), log)
    parts = in_parts(lambda part: _rest_part(walks, limits, *part), len(ground.place_ids), threads)
    return np.concatenate(parts).reshape(-1, 3)


def path_search(ground: Ground, requests: Ints, request_starts: Ints, limits: Ints, threads: int) -> tuple[Ints, Ints]:
    """Find the shortest path from homes to a place, as steps along pieces.

    Of paths of equal length one is chosen by the numbers of nodes and pieces only, whatever else is asked.

    Parameters
    ----------
    ground
        Streets cut at seats, homes, doors.
    requests, request_starts
        Rows of homes, by place.
    limits
        How many units to look from each place, shape (n_places,).
    threads
        Parts of the places searched side by side. The result does not depend on it.

    Returns
    -------
    tuple of numpy.ndarray
        For each request its door (-1: out of reach) and number of steps, shape (n_requests, 2); all steps in their
        order, shape (n, 2): twice the piece, plus 1 if walked from v to u, and units. The first and the last step
        of a path go along a part of their piece, and may be of no length.

    Raises
    ------
    ContractError
        When compiled code could not run on the ground without reading outside its arrays.
    """
    walks = path_walks(ground, requests, request_starts, limits)
    make_ready(path_part, (walks, 0, 0), log)
    parts = in_parts(lambda part: path_part(walks, *part), len(ground.place_ids), threads)
    ends, steps = (np.concatenate([np.empty(0, dtype=np.int64), *some]) for some in zip(*parts, strict=True))
    return ends.reshape(-1, 2), steps.reshape(-1, 2)


class Scratch(NamedTuple):
    """Of each node the least units since a seat it was reached with, of each home the least units in all.

    Lists of the nodes and homes met, their length first; and where the first label of each bucket begins. All but
    the lists is clean between places.
    """

    least_leg: Int32s
    total: Int32s
    nodes_met: Int32s
    homes_met: Int32s
    buckets: Int32s


# The functions below take arrays out of their tuples before any loop, and give no array another value in one: numba
# counts references at every call and in every turn, which made the search three times slower.


@compiled
def _rest_part(walks: RestWalks, limits: Pair, first: int, last: int) -> Ints:
    least_leg = np.full(len(walks.is_seat), UNREACHED, dtype=np.int32)
    total = np.full(walks.n_homes, UNREACHED, dtype=np.int32)
    nodes_met, homes_met = np.empty(len(least_leg) + 1, dtype=np.int32), np.empty(len(total) + 1, dtype=np.int32)
    buckets = np.full((limits[0] >> BUCKET_BITS) + 1, NOWHERE, dtype=np.int32)
    scratch = Scratch(least_leg, total, nodes_met, homes_met, buckets)
    labels, found = np.empty(1024 * WIDTH, dtype=np.int32), np.empty(4096 * 3, dtype=np.int64)
    n_found = 0
    for place in range(first, last):
        _meet_homes_beside_doors(walks, place, limits[1], scratch)
        while not _spread_with_rests(walks, place, limits, scratch, labels):
            # Anew from the start, so that what is found, and in which order, hangs on no earlier place.
            _give_up(scratch)
            labels = _roomier(labels)
            _meet_homes_beside_doors(walks, place, limits[1], scratch)
        if n_found + 3 * homes_met[0] > len(found):
            found = _longer(found, 2 * (n_found + 3 * homes_met[0]))
        for index in range(1, homes_met[0] + 1):
            home = homes_met[Index(index)]
            found[n_found], found[n_found + 1], found[n_found + 2] = place, home, total[Index(home)]
            total[Index(home)] = UNREACHED
            n_found += 3
        for index in range(1, nodes_met[0] + 1):
            least_leg[Index(nodes_met[Index(index)])] = UNREACHED
    return _longer(found, n_found)


@compiled
def _meet_homes_beside_doors(walks: RestWalks, place: int, most: int, scratch: Scratch) -> None:
    """Walk from homes straight along the piece of a door."""
    records, total, homes_met, n_homes = walks.beside, scratch.total, scratch.homes_met, 0
    for record in range(walks.beside_starts[place], walks.beside_starts[place + 1]):
        home, units = records[record, HOME], records[record, MORE]
        if units <= most and units < total[home]:
            if total[home] == UNREACHED:
                n_homes += 1
                homes_met[n_homes] = home
            total[home] = units
    homes_met[0] = n_homes


@compiled
def _spread_with_rests(  # noqa: C901, PLR0912 - calls take their time, and this is the innermost loop of all
    walks: RestWalks, place: int, limits: Pair, scratch: Scratch, labels: Int32s
) -> bool:
    """Settle labels (units in all, units since a seat) in order of units in all; tell whether there was room for them.

    Labels stand in buckets by units in all, and in a bucket in their order: few share one, so that putting one in its
    place is cheaper than a heap.
    """
    starts, tails, costs, is_seat = walks.starts, walks.tails, walks.costs, walks.is_seat
    record_starts, records = walks.record_starts, walks.records.reshape(-1)
    limit, most_leg = limits
    least_leg, total, nodes_met, homes_met, buckets = scratch
    n_nodes, n_homes, n_room = 0, homes_met[0], len(labels)
    end = _set_out(walks, place, most_leg, buckets, labels)
    for bucket in range(len(buckets)):
        while buckets[Index(bucket)] != NOWHERE:
            label = buckets[Index(bucket)]
            buckets[Index(bucket)] = labels[Index(label + NEXT)]
            node, units = Index(labels[Index(label + NODE)]), labels[Index(label + UNITS)]
            leg = 0 if is_seat[node] else labels[Index(label + LEG)]
            # A label that comes later and has no fewer units since a seat has nothing to offer.
            if leg >= least_leg[node]:
                continue
            if least_leg[node] == UNREACHED:
                n_nodes += 1
                nodes_met[Index(n_nodes)] = node
            least_leg[node] = leg
            room = min(most_leg - leg, limit - units)
            for record in range(record_starts[node], record_starts[Index(node + 1)]):
                home, more = Index(records[Index(2 * record + HOME)]), records[Index(2 * record + MORE)]
                if more <= room and units + more < total[home]:
                    if total[home] == UNREACHED:
                        n_homes += 1
                        homes_met[Index(n_homes)] = home
                    total[home] = units + more
            first, last = starts[node], starts[Index(node + 1)]
            if end + WIDTH * (np.int64(last) - np.int64(first)) > n_room:
                homes_met[0], nodes_met[0] = n_homes, n_nodes
                return False
            for arc in range(first, last):
                tail, cost = tails[Index(arc)], costs[Index(arc)]
                if cost > room or leg + cost >= least_leg[Index(tail)]:
                    continue
                # As `_put`; a call takes its time.
                so_far = units + cost
                before, after = NOWHERE, int(buckets[Index(so_far >> BUCKET_BITS)])
                while after != NOWHERE and labels[Index(after + UNITS)] < so_far:
                    before, after = after, int(labels[Index(after + NEXT)])
                if before == NOWHERE:
                    buckets[Index(so_far >> BUCKET_BITS)] = end
                else:
                    labels[Index(before + NEXT)] = end
                labels[Index(end + NEXT)], labels[Index(end + UNITS)] = after, so_far
                labels[Index(end + LEG)], labels[Index(end + NODE)] = leg + cost, tail
                end += WIDTH
    homes_met[0], nodes_met[0] = n_homes, n_nodes
    return end != FULL


@compiled
def _put(labels: Int32s, end: int, buckets: Int32s, units: int, leg: int, node: int) -> int:  # noqa: PLR0913, PLR0917 - arrays, not tuples: said above
    """Write a label at `end` and hang it into its bucket, before those of as many units; return where it ends."""
    bucket = Index(units >> BUCKET_BITS)
    before, after = NOWHERE, int(buckets[bucket])
    while after != NOWHERE and labels[Index(after + UNITS)] < units:
        before, after = after, int(labels[Index(after + NEXT)])
    if before == NOWHERE:
        buckets[bucket] = end
    else:
        labels[Index(before + NEXT)] = end
    labels[Index(end + NEXT)], labels[Index(end + UNITS)] = after, units
    labels[Index(end + LEG)], labels[Index(end + NODE)] = leg, node
    return end + WIDTH


@compiled
def _set_out(walks: RestWalks, place: int, most: int, buckets: Int32s, labels: Int32s) -> int:
    """Put the nodes at the ends of the pieces of a place's doors into buckets; return where the labels end, or FULL."""
    doors, end = walks.doors, 0
    first, last = walks.door_starts[place], walks.door_starts[place + 1]
    if 2 * WIDTH * (last - first) > len(labels):
        return FULL
    for door in range(first, last):
        for node, way in ((U, FROM_U), (V, FROM_V)):
            units = int(doors[door, SNAP]) + doors[door, way]
            if doors[door, way] != FORBIDDEN and units <= most:
                end = _put(labels, end, buckets, units, units, doors[door, node])
    return end


@compiled
def _give_up(scratch: Scratch) -> None:
    least_leg, total, nodes_met, homes_met, buckets = scratch
    for index in range(1, nodes_met[0] + 1):
        least_leg[nodes_met[index]] = UNREACHED
    for index in range(1, homes_met[0] + 1):
        total[homes_met[index]] = UNREACHED
    for bucket in range(len(buckets)):
        buckets[bucket] = NOWHERE


@compiled
def _roomier(labels: Int32s) -> Int32s:
    # Labels say in 32 bits where the next one begins.
    if 2 * len(labels) > UNREACHED:
        raise ContractError(TOO_MANY)
    return np.empty(2 * len(labels), dtype=np.int32)


@compiled
def _longer(values: Ints, length: int) -> Ints:
    """Copy what fits into an array of another length; a loop, as numba takes seconds to compile slices assigned."""
    longer = np.empty(length, dtype=values.dtype)
    for index in range(min(length, len(values))):
        longer[index] = values[index]
    return longer
