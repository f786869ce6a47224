"""Puts finds in the order of bound, origin and place, by range of origins; what is too much to hold goes to a file.

A range of origins is the most that is sorted at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np

from pipelines.reach.compiling import make_ready
from pipelines.reach.gather import Floats, Ids, Ints, by_range, pair_columns

Columns = tuple[Ids, Ids, Floats, Floats]
# Finds of one range: held, or the place in the file where they begin and how many bytes they are.
Piece = Ints | tuple[int, int]

# A range holds 2^14 origins.
RANGE_BITS = 14
# What is found waits in memory by range, until so much waits of one range that it is worth writing.
BUFFER_BYTES = 1 << 25
# So much is held in memory; what comes after goes to the file.
HELD_BYTES = 320 << 20
ITEM_BYTES = 4


@dataclass(frozen=True)
class Order:
    """The ids that pairs are sorted by, the rank of every place and origin among them, and each bound's two lanes.

    `ids` and `ranks` are those of places, then those of origins; `bounds` has shape (n_bounds, 2): the lanes of metres
    and of seconds; `per_unit` says how many units a metre and a second are.
    """

    ids: tuple[Ids, Ids]
    ranks: tuple[Ints, Ints]
    bounds: Ints
    per_unit: tuple[float, float]

    @property
    def n_ranges(self) -> int:
        """How many ranges of origins there are."""
        return max(1, -(-len(self.ids[1]) >> RANGE_BITS))


@dataclass(frozen=True)
class _Waiting:
    """Finds on their way, by range: buffers, rows in each, pieces that left it, and bytes of these that are held."""

    buffers: Ints
    fills: Ids
    pieces: list[list[Piece]]
    held: Ids


def sorted_pairs(finds: Iterable[Ints], width: int, order: Order, folder: Path | None) -> Iterator[tuple[int, Columns]]:
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
    nothing, nobody = np.empty((0, width), dtype=np.int32), np.empty((0, 0, width), dtype=np.int32)
    make_ready(by_range, (nothing, 0, order.ranks, 0, nobody, np.empty(0, dtype=np.int64)))
    lanes = np.zeros(2, dtype=np.int32)
    make_ready(pair_columns, (nothing, lanes, (0, 0), order.ids[0], order.per_unit))


def _spooled(spool: BinaryIO, finds: Iterable[Ints], width: int, order: Order) -> list[list[Piece]]:
    """Part finds by range; give the pieces of each."""
    room = max(1, BUFFER_BYTES // (order.n_ranges * width * ITEM_BYTES))
    waiting = _Waiting(
        np.empty((order.n_ranges, room, width), dtype=np.int32),
        np.zeros(order.n_ranges, dtype=np.int64),
        [[] for _ in range(order.n_ranges)],
        np.zeros(order.n_ranges, dtype=np.int64),
    )
    for found in finds:
        begin = by_range(found, 0, order.ranks, RANGE_BITS, waiting.buffers, waiting.fills)
        while begin < len(found):
            _flush(spool, waiting, int(order.ranks[1][found[begin, 1]]) >> RANGE_BITS)
            begin = by_range(found, begin, order.ranks, RANGE_BITS, waiting.buffers, waiting.fills)
    for number in range(order.n_ranges):
        _flush(spool, waiting, number)
    return waiting.pieces


def _flush(spool: BinaryIO, waiting: _Waiting, number: int) -> None:
    """Hold what waits of one range, or append it to the file when enough is held."""
    piece = waiting.buffers[number, : waiting.fills[number]]
    if waiting.held.sum() + piece.nbytes <= HELD_BYTES:
        waiting.pieces[number].append(piece.copy())
        waiting.held[number] += piece.nbytes
    else:
        waiting.pieces[number].append((spool.tell(), piece.nbytes))
        spool.write(piece.data)
    waiting.fills[number] = 0


def _range(spool: BinaryIO, pieces: list[Piece], width: int) -> Ints:
    return np.concatenate([np.empty((0, width), dtype=np.int32), *(_read(spool, piece, width) for piece in pieces)])


def _read(spool: BinaryIO, piece: Piece, width: int) -> Ints:
    if isinstance(piece, np.ndarray):
        return piece
    begin, n_bytes = piece
    spool.seek(begin)
    return np.frombuffer(spool.read(n_bytes), dtype=np.int32).reshape(-1, width)
