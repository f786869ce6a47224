"""Squares and other pedestrian areas: the straight lines along which people cross them.

OSM draws a square as a ring. Who walks only along the ring takes a detour that nobody takes; here are the lines of
sight inside it. Which areas are squares, and what they are made of, is for `osm_streets`.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from pipelines.arrays import Flags, Floats, Ints

# Lines of sight grow with the square of the nodes. On the squares of Delft 24 exits are never exceeded; on a larger
# one the exits left out are still reached along the ring.
MOST_EXITS = 24
MOST_NODES = 40
# A bend of under one degree hides nothing worth walking round.
_BEND = 0.02
# Coordinates are known to a centimetre: a line along the edge of the square is inside it.
_TOLERANCE_M = 0.02


@dataclass(frozen=True)
class Square:
    """One area: its rings without their closing points, the outer one first, shape (n,) each.

    `ring` numbers the ring of each point; `is_exit` says that another way, or an entrance, meets the area there.
    """

    node: Ints
    points: Floats
    ring: Ints
    is_exit: Flags


def polygon_of(square: Square) -> shapely.Polygon | None:
    """The area as a polygon in RD; None when its rings cross themselves or enclose nothing."""
    rings = [square.points[square.ring == number] for number in range(int(square.ring.max(initial=-1)) + 1)]
    if not rings or any(len(ring) < 3 for ring in rings):  # noqa: PLR2004 - a ring has three corners
        return None
    polygon = shapely.Polygon(rings[0], rings[1:])
    return polygon if polygon.is_valid and polygon.area > 0 else None


def mean_width_m(polygon: shapely.Polygon) -> float:
    """Twice the area over the perimeter: the width of a long square, half the side of an even-sided one."""
    return float(2 * polygon.area / polygon.length)


def lines_of_sight(square: Square, polygon: shapely.Polygon) -> Ints:
    """Find which corners see each other across the square.

    Corners are its exits and the bends round which a walker inside it would turn; neighbours on the ring are left
    out, as the ring itself joins them. With them every two exits have a path that is no longer than the shortest
    inside the square, unless the square has more than `MOST_EXITS` exits or `MOST_NODES` corners.

    Parameters
    ----------
    square
        Its rings.
    polygon
        `polygon_of(square)`.

    Returns
    -------
    numpy.ndarray
        Shape (k, 2): positions in the arrays of `square`, the lower first, in ascending order. Empty with fewer
        than two exits.
    """
    corners = _corners(square, polygon)
    if np.count_nonzero(square.is_exit) < 2:  # noqa: PLR2004 - one comes in by one exit and leaves by another
        return np.empty((0, 2), dtype=np.int64)
    first, second = (corners[side] for side in np.triu_indices(len(corners), k=1))
    apart = ~_are_neighbours(square, first, second) & (square.node[first] != square.node[second])
    first, second = first[apart], second[apart]
    ground = shapely.buffer(polygon, _TOLERANCE_M, join_style="mitre")
    shapely.prepare(ground)
    lines = shapely.linestrings(np.stack([square.points[first], square.points[second]], axis=1))
    seen = shapely.covers(ground, lines)
    return np.column_stack([first[seen], second[seen]])


def _corners(square: Square, polygon: shapely.Polygon) -> Ints:
    """Choose exits and bends, ascending; too many exits are thinned evenly, of the bends the sharpest stay."""
    exits = np.flatnonzero(square.is_exit)
    if len(exits) > MOST_EXITS:
        exits = exits[np.linspace(0, len(exits) - 1, MOST_EXITS).astype(np.int64)]
    bend = _bends(square, polygon)
    bend[exits] = 0.0
    bends = np.flatnonzero(bend > _BEND)
    sharpest = bends[np.argsort(-bend[bends], kind="stable")][: MOST_NODES - len(exits)]
    return np.union1d(exits, sharpest)


def _bends(square: Square, polygon: shapely.Polygon) -> Floats:
    """Find how sharply the edge turns into the square at each point (sine of the angle; 0: not at all)."""
    bend = np.zeros(len(square.node))
    for number in range(int(square.ring.max()) + 1):
        rows = np.flatnonzero(square.ring == number)
        points = square.points[rows]
        before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
        cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        lengths = np.hypot(*before.T) * np.hypot(*after.T)
        turn = np.divide(cross, lengths, out=np.zeros(len(rows)), where=lengths > 0)
        # With the square on the left hand, a turn to the right is a bend. Holes lie on the other hand.
        ring = polygon.exterior if number == 0 else polygon.interiors[number - 1]
        on_the_left = shapely.is_ccw(ring) if number == 0 else not shapely.is_ccw(ring)
        bend[rows] = np.maximum(-turn if on_the_left else turn, 0.0)
    return bend


def _are_neighbours(square: Square, first: Ints, second: Ints) -> Flags:
    size = np.bincount(square.ring)[square.ring[first]]
    gap = second - first
    neighbours: Flags = (square.ring[first] == square.ring[second]) & ((gap == 1) | (gap == size - 1))
    return neighbours
