"""Compiled code over what the search found: rows by origin for the table of pairs, counts per origin.

It reads what `kernel` wrote, block after block, and gives the same for any order of the blocks.
"""

from typing import Any

import numpy as np

from pipelines.arrays import Floats, Int32s, Ints
from pipelines.reach.compiling import compiled

# A number or an array of them; one formula for compiled code and for tables.
Quantity = Any
UNREACHED = 2**31 - 1
NEAREST = 0
# Metres and seconds are written in whole 1,024ths: half a millimetre at most is lost, and as half of the bytes are then
# zero, a file is half as large and twice as fast to read.
PARTS = 1_024


def written(units: Quantity, per_unit: float) -> Quantity:
    """Metres or seconds of `units`, of which `per_unit` are one, as they stand in tables."""
    return np.floor(units * (PARTS / per_unit) + 0.5) / PARTS


_written = compiled(written)


@compiled
def by_range(  # noqa: PLR0913, PLR0917 - compiled code takes no dataclass
    found: Int32s, begin: int, ranks: tuple[Int32s, Int32s], bits: int, trays: Int32s, taken: Ints, fills: Ints
) -> int:
    """Put finds from row `begin` into the trays of their ranges of origins, until one of these is full.

    Parameters
    ----------
    found
        Shape (n, 2 + lanes): place, origin, costs.
    begin
        The first row that was not put in yet.
    ranks
        The rank of every place and of every origin among their ids.
    bits
        By which the rank of an origin is shifted to give its range.
    trays
        Filled; shape (n_trays, room, 2 + lanes): ranks of place and origin, costs.
    taken
        Shape (n_ranges,): the tray of each range.
    fills
        Added to; shape (n_ranges,): rows in each of those.

    Returns
    -------
    int
        The first row not put in, n when all are; the tray of its range is full.
    """
    place_rank, origin_rank = ranks
    room, width = trays.shape[1], trays.shape[2]
    for find in range(begin, len(found)):
        origin = origin_rank[found[find, 1]]
        number = origin >> bits
        row = fills[number]
        if row == room:
            return find
        fills[number] = row + 1
        tray = taken[number]
        trays[tray, row, 0], trays[tray, row, 1] = place_rank[found[find, 0]], origin
        for column in range(2, width):
            trays[tray, row, column] = found[find, column]
    return len(found)


@compiled
def pair_columns(
    rows: Int32s, lanes: Int32s, origins: tuple[int, int], place_ids: Ints, per_unit: tuple[float, float]
) -> tuple[Int32s, Ints, Floats, Floats]:
    """Put the rows of one range in the order of origin and place, as columns; those of one bound only.

    Parameters
    ----------
    rows
        Shape (n, 2 + lanes), from `by_range`: the rows of one place stand together.
    lanes
        The bound's lanes of metres and of seconds.
    origins
        Rank of the range's first origin, and how many origins it has.
    place_ids
        The ids of places by rank.
    per_unit
        How many units a metre and a second are.

    Returns
    -------
    tuple of numpy.ndarray
        Rank of the origin within the range, id of the place, metres, seconds (NaN: beyond the search); shape (m,).
    """
    first, n_origins = origins
    metres_at, seconds_at = 2 + lanes[0], 2 + lanes[1]
    ends = np.zeros(n_origins + 1, dtype=np.int64)
    begins = np.full(len(place_ids), -1, dtype=np.int64)
    for row in range(len(rows)):
        if row == 0 or rows[row, 0] != rows[row - 1, 0]:
            begins[rows[row, 0]] = row
        if rows[row, metres_at] != UNREACHED:
            ends[rows[row, 1] - first + 1] += 1
    for origin in range(n_origins):
        ends[origin + 1] += ends[origin]
    # Dealing out by origin keeps the order of the places. Row numbers are dealt, as a column each would cost a miss.
    order = np.empty(ends[n_origins], dtype=np.uint32)
    for begin in begins:
        at = begin
        while 0 <= at < len(rows) and rows[at, 0] == rows[begin, 0]:
            if rows[at, metres_at] != UNREACHED:
                home = rows[at, 1] - first
                order[ends[home]] = at
                ends[home] += 1
            at += 1
    homes, place = np.empty(len(order), np.int32), np.empty(len(order), np.int64)
    metres, seconds = np.empty(len(order)), np.empty(len(order))
    for number in range(len(order)):
        row = order[number]
        homes[number], place[number] = rows[row, 1] - first, place_ids[rows[row, 0]]
        metres[number] = _written(rows[row, metres_at], per_unit[0])
        cost = rows[row, seconds_at]
        seconds[number] = _written(cost, per_unit[1]) if cost != UNREACHED else np.nan
    return homes, place, metres, seconds


@compiled
def tally(found: Int32s, kinds: Int32s, bounds: Int32s, limits: Int32s, tallies: Int32s) -> None:
    """Count the places of each kind within limits of each origin, and keep the nearest.

    Parameters
    ----------
    found
        Shape (n, 2 + lanes): place, origin, costs.
    kinds
        Number of each place's kind.
    bounds
        Shape (n_bounds, 2): the lanes of metres and of seconds.
    limits
        Shape (n_limits, 2): most metres and most seconds, in units; both bear.
    tallies
        Added to; shape (n_origins, n_bounds, n_kinds, 1 + n_limits): least metres (UNREACHED: none yet), counts.
    """
    for find in range(len(found)):
        kind, origin = kinds[found[find, 0]], found[find, 1]
        for bound in range(len(bounds)):
            metres, seconds = found[find, 2 + bounds[bound, 0]], found[find, 2 + bounds[bound, 1]]
            if metres == UNREACHED:
                continue
            tallies[origin, bound, kind, NEAREST] = min(tallies[origin, bound, kind, NEAREST], metres)
            for limit in range(len(limits)):
                if metres <= limits[limit, 0] and seconds <= limits[limit, 1]:
                    tallies[origin, bound, kind, 1 + limit] += 1
