"""Obstacles: stretches without length that carry what is charged once, a kerb, a barrier or a crossing.

Here is what such a row looks like, and how one is split off a stretch that carries both. Where obstacles stand in an
OSM extract is for `osm_obstacles`.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.arrays import Flags, Ints, PyObjects

_OBSTACLE_FACTS = ("has_kerb", "kerb_height_m", "is_crossing", "crossing", "crossed_highway", "barrier")
# A stretch of which nothing is known. Every obstacle is a footway: what may be walked is said by the ways it joins.
UNKNOWN: Mapping[str, object] = {
    "highway": "footway", "foot": "", "has_kerb": False, "kerb_height_m": None, "is_crossing": False, "crossing": "",
    "crossed_highway": "", "is_steps": False, "ramp_wheelchair": "", "ramp_stroller": "", "step_count": None,
    "barrier": "", "is_part_time": False, "wheelchair": "", "stroller": "", "footing": "",
    "oneway_foot": False, "surface": "", "smoothness": "", "tracktype": "", "incline_pct": None,
    "may_slope": False, "width_m": None, "sidewalk": "", "maxspeed_kmh": None,
    "is_sight": False,
}  # fmt: skip


def without_length(points: PyObjects) -> PyObjects:
    """Give the WKB of a line from each point to itself; shape (n,)."""
    twice = np.repeat(shapely.get_coordinates(points), 2, axis=0).reshape(-1, 2, 2)
    return np.asarray(shapely.to_wkb(shapely.linestrings(twice)), dtype=np.object_)


def split_off(segments: pa.Table) -> pa.Table:
    """Put the kerb, barrier or crossing of each stretch on an obstacle of its own at its start, and number anew.

    Parameters
    ----------
    segments
        `sources/segments`; stretches without length are obstacles already and stay as they are.

    Returns
    -------
    pyarrow.Table
        `sources/segments`: the stretches in their order, then the obstacles split off; a line's oneway stays with it.
    """
    lines = shapely.from_wkb(segments["geometry"].to_numpy(zero_copy_only=False))
    bears = pc.or_(pc.or_(segments["has_kerb"], segments["is_crossing"]), pc.is_valid(segments["kerb_height_m"]))
    bears = pc.or_(bears, pc.not_equal(segments["barrier"], "")).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(bears & (shapely.length(lines) > 0))
    keys = segments["u_key"].to_numpy().copy()
    lowest = min(0, int(keys.min(initial=0)), int(segments["v_key"].to_numpy().min(initial=0)))
    fresh = lowest - 1 - np.arange(len(rows))
    obstacles = _split_rows(segments.take(pa.array(rows)), fresh, lines[rows])
    keys[rows] = fresh
    is_split = np.zeros(len(segments), dtype=np.bool_)
    is_split[rows] = True
    kept = with_columns(segments, {"u_key": pa.array(keys), **_cleared(segments, is_split)})
    whole = pa.concat_tables([kept, obstacles])
    return with_columns(whole, {"segment_id": pa.array(np.arange(len(whole)))})


def without_obstacles(segments: pa.Table, rows: Flags) -> pa.Table:
    """Leave out the kerb, barrier or crossing of the stretches where `rows` (n,) is true."""
    return with_columns(segments, _cleared(segments, rows))


def _cleared(segments: pa.Table, is_split: Flags) -> dict[str, pa.Array]:
    return {
        name: pc.if_else(pa.array(is_split), pa.scalar(UNKNOWN[name], segments.schema.field(name).type), segments[name])
        for name in _OBSTACLE_FACTS
    }


def _split_rows(bearing: pa.Table, fresh: Ints, lines: PyObjects) -> pa.Table:
    kept = {"source_id", "u_key", "highway", "foot", "wheelchair", "stroller", *_OBSTACLE_FACTS}
    columns = {
        name: pa.array([UNKNOWN[name]] * len(bearing), bearing.schema.field(name).type)
        for name in UNKNOWN
        if name not in kept
    }
    places = without_length(shapely.get_point(lines, 0))
    columns |= {"v_key": pa.array(fresh), "geometry": pa.array(places, pa.binary())}
    return with_columns(bearing, columns)


def with_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """Put other values in columns that the table has; its schema stays."""
    for name, values in columns.items():
        position = table.schema.get_field_index(name)
        table = table.set_column(position, table.schema.field(name), values)
    return table
