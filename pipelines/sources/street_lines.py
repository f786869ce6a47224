"""Streets delivered as lines with an OSM highway type: each line a stretch between the junctions at its ends.

Lines meet where their ends, rounded to a metre in RD, coincide. OSM extracts have a reader of their own.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipelines.errors import SourceError
from pipelines.sources.area_file import StreetDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality, numbers, signed_numbers
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.vector import Layer, Remark, near, read_layer

_OPTIONAL_NUMBERS = ("kerb_height_m", "width_m", "incline_pct", "step_count")
_OPTIONAL_WORDS = ("foot", "surface", "barrier", "ramp_wheelchair")


def read_street_lines(
    delivery: StreetDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Lines within 1,300 m of the municipality, as `sources/segments`.

    Parameters
    ----------
    delivery
        `columns` names the column of `highway` and, where delivered, of `foot`, `surface`, `barrier`,
        `ramp_wheelchair`, `kerb_height_m`, `width_m`, `incline_pct`, `step_count`. What is not named is unknown.
    raw
        The raw folder.
    municipality
        Where the area lies.

    Raises
    ------
    SourceError
        When the layer cannot be read, lies elsewhere, has no highway column or no line.
    """
    layer = near(read_layer(delivery, raw), municipality.outline, BUFFER_M, may_be_none=False)
    if "highway" not in delivery.columns:
        raise SourceError(
            f"{delivery.path}: which column holds the OSM highway type? "
            "Set `columns: {highway: ...}` in the area file; "
            f"the layer has {sorted(layer.fields)}."
        )
    layer = _single_lines(layer)
    highway = _words(layer, delivery.columns["highway"])
    u_key, v_key = junction_keys(layer.geometry)
    facts = _facts(layer, delivery.columns)
    columns: dict[str, object] = {
        "segment_id": np.arange(len(highway), dtype=np.int64),
        "source_id": [str(row) for row in layer.fields["_row"]],
        "u_key": u_key,
        "v_key": v_key,
        "highway": highway,
        "is_steps": np.array(highway) == "steps",
        "oneway_foot": np.zeros(len(highway), dtype=bool),
        "geometry": shapely.to_wkb(layer.geometry),
        **facts,
    }
    return pa.table(
        [pa.array(columns[c.name], c.type) for c in SEGMENTS.columns], schema=SEGMENTS.schema
    ), layer.remarks


def _single_lines(layer: Layer) -> Layer:
    """Split multi-part lines, drop what is no line, and remember each one's row in the delivery."""
    parts, rows = shapely.get_parts(layer.geometry, return_index=True)
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    if not is_line.any():
        raise SourceError(f"{layer.source}: holds no lines. Deliver streets as lines, one per stretch.")
    fields = {name: values[rows][is_line] for name, values in layer.fields.items()}
    fields["_row"] = (rows[is_line] + 1).astype(object)
    dropped = int((~is_line).sum())
    remarks = (Remark(layer.source, "no line", "set_aside", dropped),) if dropped else ()
    return Layer(layer.source, parts[is_line], fields, layer.remarks + remarks)


def junction_keys(lines: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the junctions at the start and end of lines in RD (n,): equal where ends round to the same metre."""
    ends = [_metre_key(shapely.get_point(lines, index)) for index in (0, -1)]
    return ends[0], ends[1]


def _metre_key(points: NDArray[np.object_]) -> NDArray[np.int64]:
    x = np.round(shapely.get_x(points)).astype(np.int64)
    y = np.round(shapely.get_y(points)).astype(np.int64)
    return np.asarray(x * 10_000_000 + y, dtype=np.int64)


def _words(layer: Layer, column: str) -> list[str]:
    return ["" if value is None else str(value).strip() for value in layer.column(column)]


def _facts(layer: Layer, named: Mapping[str, str]) -> dict[str, object]:
    count = len(layer.geometry)
    facts: dict[str, object] = {}
    for fact in _OPTIONAL_WORDS:
        facts[fact] = _words(layer, named[fact]) if fact in named else [""] * count
    for fact in _OPTIONAL_NUMBERS:
        read = signed_numbers if fact == "incline_pct" else numbers
        values = read(layer.column(named[fact])) if fact in named else np.full(count, np.nan)
        facts[fact] = [None if np.isnan(v) else (int(v) if fact == "step_count" else float(v)) for v in values]
    return facts
