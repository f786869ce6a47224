"""Streets delivered as lines with an OSM highway type: each line a stretch between the junctions at its ends.

Lines meet where their ends, rounded to a metre in RD, coincide. What the columns say of each line is read in
`street_columns`. OSM extracts have a reader of their own.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipelines.errors import SourceError
from pipelines.sources.area_file import StreetDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.street_columns import layers_of, read_facts
from pipelines.sources.street_obstacles import UNKNOWN, split_off
from pipelines.sources.vector import Layer, Remark, near, read_layer

Ints = NDArray[np.int64]
# Keeps the number of a point positive everywhere in the country; negative numbers are those beyond obstacles.
_EAST_M = 1_000_000
_LAYERS = 41


def read_street_lines(
    delivery: StreetDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Lines within 1,300 m of the municipality, as `sources/segments`.

    The kerb, barrier or crossing of a line stands on an obstacle without length at its start.

    Parameters
    ----------
    delivery
        `columns` names the column of `highway` and, where delivered, of any fact of `sources/segments` and of
        `layer` (of bridges and tunnels, see `junction_keys`). `values` translates what stands in them. What is not
        named is unknown.
    raw
        The raw folder.
    municipality
        Where the area lies.

    Returns
    -------
    tuple
        The segments, and remarks on lines set aside and on values that could not be read, which count as unknown.

    Raises
    ------
    SourceError
        When the layer cannot be read, lies elsewhere, has no highway column or no line, when `columns` names a fact
        that there is not, or no value of the highway column is an OSM highway type.
    """
    layer = near(read_layer(delivery, raw), municipality.outline, BUFFER_M, may_be_none=False)
    if "highway" not in delivery.columns:
        raise SourceError(
            f"{delivery.path}: which column holds the OSM highway type? "
            "Set `columns: {highway: ...}` in the area file; "
            f"the layer has {sorted(layer.fields)}."
        )
    layer = _single_lines(layer)
    facts, remarks = read_facts(layer, delivery)
    u_key, v_key = junction_keys(layer.geometry, layers_of(layer, delivery))
    count = len(layer.geometry)
    columns: dict[str, object] = {
        **{name: [value] * count for name, value in UNKNOWN.items()},
        **facts,
        "segment_id": np.arange(count, dtype=np.int64),
        "source_id": [str(row) for row in layer.fields["_row"]],
        "u_key": u_key,
        "v_key": v_key,
        "geometry": shapely.to_wkb(layer.geometry),
    }
    segments = pa.table([pa.array(columns[c.name], c.type) for c in SEGMENTS.columns], schema=SEGMENTS.schema)
    return split_off(segments), layer.remarks + remarks


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


def junction_keys(lines: NDArray[np.object_], layer: Ints | None = None) -> tuple[Ints, Ints]:
    """Number the junctions at the start and end of lines in RD: equal where ends round to the same metre.

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
    points = np.concatenate([_metre_key(shapely.get_point(lines, index)) for index in (0, -1)])
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


def _metre_key(points: NDArray[np.object_]) -> Ints:
    x = np.round(shapely.get_x(points)).astype(np.int64) + _EAST_M
    y = np.round(shapely.get_y(points)).astype(np.int64)
    return np.asarray(x * 10_000_000 + y, dtype=np.int64)
