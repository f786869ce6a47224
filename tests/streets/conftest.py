"""Segments of street by hand: one mapping per segment, facts left out are unknown, but for the asphalt."""

from collections.abc import Callable

import pyarrow as pa
import pytest
import shapely

from pipelines.sources.contracts import SEGMENTS

UNKNOWN: dict[str, object] = {
    "source_id": "1",
    "highway": "footway",
    "foot": "",
    "has_kerb": False,
    "kerb_height_m": None,
    "is_crossing": False,
    "crossing": "",
    "crossed_highway": "",
    "is_steps": False,
    "ramp_wheelchair": "",
    "ramp_stroller": "",
    "step_count": None,
    "barrier": "",
    "is_part_time": False,
    "wheelchair": "",
    "stroller": "",
    "footing": "",
    "oneway_foot": False,
    "surface": "asphalt",
    "smoothness": "",
    "tracktype": "",
    "incline_pct": None,
    "may_slope": False,
    "width_m": None,
    "sidewalk": "",
    "maxspeed_kmh": None,
    "is_sight": False,
}
Segments = Callable[..., pa.Table]


def make_segments(*rows: dict[str, object]) -> pa.Table:
    filled = [{**UNKNOWN, "segment_id": number, **row} for number, row in enumerate(rows)]
    for row in filled:
        line = row.pop("line", [(100_000, 400_000), (100_100, 400_000)])
        row["geometry"] = shapely.to_wkb(shapely.LineString(line)) if isinstance(line, list) else line
        row.setdefault("u_key", 1)
        row.setdefault("v_key", 2)
    columns = [pa.array([row[c.name] for row in filled], c.type) for c in SEGMENTS.columns]
    return pa.table(columns, names=list(SEGMENTS.column_names))


@pytest.fixture(scope="session")
def segments() -> Segments:
    return make_segments
