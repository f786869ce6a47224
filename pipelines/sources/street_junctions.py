"""Where lines meet: junctions at their ends, and cuts where an end of another lies on them or both share a corner.

Lines that cross without an end or a corner of both there pass over or under each other, as bridges do, and do not meet.
What the streets fall into after this is for `street_parts`.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.arrays import Floats, Geometries, Ints, PyObjects

# Six decimals of a degree, which the standard of GeoJSON advises, are 0.11 m: a point that was put on a line lies up to
# this far from it after rounding. It changes little in layers that were cut well: Groningen has 1 such end of 29,284.
TOLERANCE_M = 0.1
# Ends that round to the same metre lie up to 1.4 m apart.
_SAME_M = 2.0
# Keeps the number of a point positive everywhere in the country; negative numbers are those beyond obstacles.
_EAST_M = 1_000_000
_LAYERS = 41


class Pieces(NamedTuple):
    """Parts of lines, shape (n,) each: the row of the line it is of, and from where to where on that, in [0, 1]."""

    line: Geometries
    row: Ints
    start: Floats
    end: Floats


def cut_at_ends(lines: Geometries) -> Pieces:
    """Cut lines where the end of another lies on them, within `TOLERANCE_M`, and where they share a corner.

    Ways of OSM that were written out as they are share the very point where they cross, and a way with a loop at its
    end (a turning place) comes back to a point of its own.

    Parameters
    ----------
    lines
        In RD; shape (n,).

    Returns
    -------
    Pieces
        In the order of the lines and along them. The parts of a line that was cut meet in the end that lies there.
    """
    cuts = _cuts(lines)
    parts = [_parts(line, cuts[row]) if row in cuts else [line] for row, line in enumerate(lines)]
    sizes = np.array([len(of_line) for of_line in parts], dtype=np.int64)
    row = np.repeat(np.arange(len(lines)), sizes)
    pieces = np.array([piece for of_line in parts for piece in of_line], dtype=np.object_)
    stops = [stop for line, of_line in enumerate(parts) for stop in _stops(of_line, is_cut=line in cuts)]
    start, end = np.array(stops).reshape(-1, 2).T
    return Pieces(pieces, row, start, end)


def _stops(parts: list[shapely.LineString], *, is_cut: bool) -> list[tuple[float, float]]:
    if not is_cut:
        return [(0.0, 1.0)]
    upto = np.r_[0.0, np.cumsum(shapely.length(parts))]
    return list(pairwise((upto / upto[-1]).tolist()))


def _cuts(lines: Geometries) -> dict[int, Floats]:
    """Find where lines are to be cut, by row: metres along the line, x and y, shape (k, 3), ascending."""
    found = (np.concatenate(both) for both in zip(_at_shared_corners(lines), _at_ends(lines), strict=True))
    row, key, cuts = found
    order = np.lexsort((cuts[:, 0], key, row))
    row, key, cuts = row[order], key[order], cuts[order]
    # Ends and corners that meet each other make one cut.
    is_same = (np.diff(row) == 0) & (np.diff(key) == 0) & (np.diff(cuts[:, 0]) < _SAME_M)
    distinct = np.r_[True, ~is_same][: len(row)]
    row, cuts = row[distinct], cuts[distinct]
    order = np.lexsort((cuts[:, 0], row))
    rows, start = np.unique(row[order], return_index=True)
    return dict(zip(rows.tolist(), np.split(cuts[order], start[1:]), strict=True)) if len(rows) else {}


def _at_shared_corners(lines: Geometries) -> tuple[Ints, Ints, Floats]:
    """Find the corners inside lines that another, or the same once more, has as well: row, key and cut as above."""
    corners, row = shapely.get_coordinates(lines, return_index=True)
    begins = np.diff(row) > 0
    is_start, is_stop = np.r_[True, begins][: len(row)], np.r_[begins, True][: len(row)]
    steps_m = np.where(is_start, 0.0, np.hypot(*np.diff(corners, axis=0, prepend=corners[:1]).T))
    upto_m = np.cumsum(steps_m)
    along_m = upto_m - upto_m[is_start][row]
    # A corner that a line has twice in a row is one.
    first = is_start | (steps_m > 0)
    _, place, counts = np.unique(corners[first], axis=0, return_inverse=True, return_counts=True)
    inside = ~is_start & ~is_stop
    shared = np.flatnonzero(first)[(counts[place.reshape(-1)] > 1) & inside[first]]
    return row[shared], _metre_keys(corners[shared]), np.column_stack([along_m[shared], corners[shared]])


def _at_ends(lines: Geometries) -> tuple[Ints, Ints, Floats]:
    """Find the ends that lie on lines, their own included, but for where those end: row, key and cut as above."""
    ends, keys, length_m = _ends(lines), _point_keys(lines), shapely.length(lines)
    end, row = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=TOLERANCE_M)
    first_m = shapely.line_locate_point(lines[row], ends[end])
    # A line that comes back to a point passes it twice.
    last_m = length_m[row] - shapely.line_locate_point(shapely.reverse(lines[row]), ends[end])
    end, row, along_m = np.tile(end, 2), np.tile(row, 2), np.concatenate([first_m, last_m])
    meets = (keys[end] == keys[row]) & (along_m < _SAME_M)
    meets |= (keys[end] == keys[row + len(lines)]) & (along_m > length_m[row] - _SAME_M)
    end, row = end[~meets], row[~meets]
    return row, keys[end], np.column_stack([along_m[~meets], shapely.get_coordinates(ends[end])])


def _parts(line: shapely.LineString, cuts: Floats) -> list[shapely.LineString]:
    corners = shapely.get_coordinates(line)
    at_m = np.r_[0.0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T))]
    stops_m = np.r_[-np.inf, cuts[:, 0], np.inf]
    inner = [corners[(at_m > start) & (at_m < stop)] for start, stop in pairwise(stops_m)]
    shared = [cuts[:0, 1:], *(cut[None, 1:] for cut in cuts), cuts[:0, 1:]]
    return [
        shapely.LineString(np.concatenate([shared[part], corners_between, shared[part + 1]]))
        for part, corners_between in enumerate(inner)
    ]


def junction_keys(lines: PyObjects, layer: Ints | None = None) -> tuple[Ints, Ints]:
    """Number the junctions at the start and end of lines in RD: equal where they round to one metre or nearly touch.

    Parameters
    ----------
    lines
        Shape (n,).
    layer
        Level of each line, 0 the ground, from -20 to 20; null: all on the ground. Where at a point every level has
        two ends or more, each level passes the others over or under, and only ends of one level meet. Where a level
        has one end, it begins or ends there (a bridge at its ramp), and all ends meet.

    Returns
    -------
    tuple
        Keys at the starts and at the ends, shape (n,) each, over 0.
    """
    points = _point_keys(lines)
    level = np.zeros(len(points), dtype=np.int64) if layer is None else np.tile(layer, 2)
    on_level = points * _LAYERS + level + _LAYERS // 2
    of_level, number, ends = np.unique(on_level, return_inverse=True, return_counts=True)
    at_point, place = np.unique(of_level // _LAYERS, return_inverse=True)
    fewest = np.full(len(at_point), len(points) + 1)
    np.minimum.at(fewest, place, ends)
    passes = (fewest > 1)[place][number]
    keys = np.where(passes, on_level, points * _LAYERS)
    start, end = keys.reshape(2, -1)
    return start, end


def _ends(lines: Geometries) -> Geometries:
    """All starts, then all ends; shape (2 n,)."""
    return np.concatenate([shapely.get_point(lines, index) for index in (0, -1)])


def _point_keys(lines: Geometries) -> Ints:
    """Number the places of all starts, then of all ends; ends that nearly touch across a round metre share a number."""
    ends = _ends(lines)
    keys, place = np.unique(_metre_keys(shapely.get_coordinates(ends)), return_inverse=True)
    one, other = shapely.STRtree(ends).query(ends, predicate="dwithin", distance=TOLERANCE_M)
    joins = coo_array((np.ones(len(one)), (place[one], place[other])), shape=(len(keys), len(keys)))
    _, group = connected_components(joins, directed=False)
    _, first = np.unique(group, return_index=True)
    joined: Ints = keys[first[group[place]]]
    return joined


def _metre_keys(points: Floats) -> Ints:
    x, y = np.round(points).astype(np.int64).T
    x = x + _EAST_M
    return np.asarray(x * 10_000_000 + y, dtype=np.int64)
