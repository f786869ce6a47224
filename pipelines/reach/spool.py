"""Puts finds in the order of bound, origin and place, by range of origins; what is too much to hold goes to a file.

A range of origins is the most that is sorted at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np

from pipelines.arrays import Floats, Int32s, Ints
from pipelines.reach.compiling import make_ready
from pipelines.reach.gather import by_range, pair_columns

Columns = tuple[Ints, Ints, Floats, Floats]
# Finds of one range: held, or the place in the file where they begin and how many bytes they are.
Piece = Int32s | tuple[int, int]

# A range holds 2^14 origins.
RANGE_BITS = 14
# What is found goes into trays, one at a time for each range. All that are taken at once have so much room together.
TRAYS_BYTES = 1 << 25
# Full trays stay in memory until these have so much room; those that are filled after go to the file.
HELD_BYTES = 256 << 20
ITEM_BYTES = 4


@dataclass(frozen=True)
class Order:
    """The ids that pairs are sorted by, the rank of every place and origin among them, and each bound's two lanes.

    `ids` and `ranks` are those of places, then those of origins; `bounds` has shape (n_bounds, 2): the lanes of metres
    and of seconds; `per_unit` says how many units a metre and a second are.
    """

    ids: tuple[Ints, Ints]
    ranks: tuple[Int32s, Int32s]
    bounds: Int32s
    per_unit: tuple[float, float]

    @property
    def n_ranges(self) -> int:
        """How many ranges of origins there are."""
        return max(1, -(-len(self.ids[1]) >> RANGE_BITS))


@dataclass(frozen=True)
class _Trays:
    """Room for finds: the tray that each range has taken, the rows in it, and the trays that nobody took yet.

    Memory that nothing was put into is none to the system.
    """

    room: Int32s
    taken: Ints
    fills: Ints
    free: list[int]

    @classmethod
    def of(cls, width: int, n_ranges: int) -> "_Trays":
        """Empty trays, one of which is taken by each range."""
        n_rows = max(1, TRAYS_BYTES // (n_ranges * width * ITEM_BYTES))
        n_free = HELD_BYTES // (n_rows * width * ITEM_BYTES)
        room = np.empty((n_ranges + n_free, n_rows, width), dtype=np.int32)
        free = list(range(n_ranges, n_ranges + n_free))
        return cls(room, np.arange(n_ranges, dtype=np.int64), np.zeros(n_ranges, dtype=np.int64), free)

    def filled(self, number: int) -> Int32s:
        """What is in the tray of a range."""
        return self.room[self.taken[number], : self.fills[number]]

    def take(self, number: int) -> bool:
        """Give a range an empty tray in place of its own, if there is one."""
        if not self.free:
            return False
        self.taken[number], self.fills[number] = self.free.pop(), 0
        return True


def sorted_pairs(
    finds: Iterable[Int32s], width: int, order: Order, folder: Path | None
) -> Iterator[tuple[int, Columns]]:
    """Give pairs in the order of bound, origin and place.

    Parameters
    ----------
    finds
        From `search`: those of one place stand together.
    width
        Columns of the finds.
    order
        What to sort by.
    folder
        Where the temporary file goes; it holds what was found beyond `HELD_BYTES`.

    Yields
    ------
    tuple
        Number of the bound, and ids of origin and place, metres, seconds (NaN where even the fastest path takes longer
        than the search), each of shape (n,). Every bound and range of origins comes once, in order.
    """
    _ready(order, width)
    with TemporaryFile(dir=None if folder is None else str(folder)) as spool:
        pieces = _spooled(spool, finds, width, order)
        for bound, lanes in enumerate(order.bounds):
            for number in range(order.n_ranges):
                rows = _range(spool, pieces[number], width)
                ids = order.ids[1][number << RANGE_BITS : (number + 1) << RANGE_BITS]
                origin, place, metres, seconds = pair_columns(
                    rows, lanes, (number << RANGE_BITS, len(ids)), order.ids[0], order.per_unit
                )
                yield bound, (ids[origin], place, metres, seconds)


def _ready(order: Order, width: int) -> None:
    nothing, trays = np.empty((0, width), dtype=np.int32), _Trays.of(width, 1)
    make_ready(by_range, (nothing, 0, order.ranks, RANGE_BITS, trays.room, trays.taken, trays.fills))
    lanes = np.zeros(2, dtype=np.int32)
    make_ready(pair_columns, (nothing, lanes, (0, 0), order.ids[0], order.per_unit))


def _spooled(spool: BinaryIO, finds: Iterable[Int32s], width: int, order: Order) -> list[list[Piece]]:
    """Part finds by range; give the pieces of each."""
    trays = _Trays.of(width, order.n_ranges)
    pieces: list[list[Piece]] = [[] for _ in range(order.n_ranges)]
    for found in finds:
        begin = 0
        while (begin := _put(found, begin, order, trays)) < len(found):
            number = int(order.ranks[1][found[begin, 1]]) >> RANGE_BITS
            full = trays.filled(number)
            if trays.take(number):
                pieces[number].append(full)
            else:
                pieces[number].append((spool.tell(), full.nbytes))
                spool.write(full.data)
                trays.fills[number] = 0
    for number in range(order.n_ranges):
        pieces[number].append(trays.filled(number))
    return pieces


def _put(found: Int32s, begin: int, order: Order, trays: _Trays) -> int:
    return by_range(found, begin, order.ranks, RANGE_BITS, trays.room, trays.taken, trays.fills)


def _range(spool: BinaryIO, pieces: list[Piece], width: int) -> Int32s:
    return np.concatenate([np.empty((0, width), dtype=np.int32), *(_read(spool, piece, width) for piece in pieces)])


def _read(spool: BinaryIO, piece: Piece, width: int) -> Int32s:
    if isinstance(piece, np.ndarray):
        return piece
    begin, n_bytes = piece
    spool.seek(begin)
    return np.frombuffer(spool.read(n_bytes), dtype=np.int32).reshape(-1, width)
