"""Streets delivered as lines with an OSM highway type: each line a stretch between the junctions at its ends.

Where lines meet is found in `street_junctions`, what the columns say of each is read in `street_columns`. OSM extracts
have a reader of their own.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import Ints
from pipelines.errors import SourceError
from pipelines.sources.area_file import StreetDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.remarks import Remark
from pipelines.sources.street_columns import in_use, layers_of, read_facts
from pipelines.sources.street_junctions import Pieces, cut_at_ends, junction_keys
from pipelines.sources.street_obstacles import UNKNOWN, split_off, with_columns, without_obstacles
from pipelines.sources.vector import Layer, Near, read_near


def read_street_lines(
    delivery: StreetDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Lines within 1,300 m of the municipality, as `sources/segments`.

    A line is cut where the end of another lies on it. The kerb, barrier or crossing of a line stands on an obstacle
    without length at its start.

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
        The segments, and remarks on lines set aside (not in use, or no lines) and on values that could not be read,
        which count as unknown.

    Raises
    ------
    SourceError
        When the layer cannot be read, lies elsewhere, has no highway column or no line, when `columns` names a fact
        that there is not, or no value of the highway column is an OSM highway type.
    """
    layer = read_near(delivery, raw, Near(municipality.outline, BUFFER_M), may_be_none=False)
    if "highway" not in delivery.columns:
        raise SourceError(
            f"{delivery.path}: which column holds the OSM highway type? "
            "Set `columns: {highway: ...}` in the area file; "
            f"the layer has {sorted(layer.fields)}."
        )
    layer = in_use(_single_lines(layer), delivery)
    facts, remarks = read_facts(layer, delivery)
    pieces = cut_at_ends(layer.geometry)
    levels = layers_of(layer, delivery)
    keys = junction_keys(pieces.line, None if levels is None else levels[pieces.row])
    return split_off(_in_pieces(_lines(layer, facts), pieces, keys)), layer.remarks + remarks


def _lines(layer: Layer, facts: Mapping[str, object]) -> pa.Table:
    """One row per line, whole, as `sources/segments` without junctions."""
    count = len(layer.geometry)
    columns: dict[str, object] = {
        **{name: [value] * count for name, value in UNKNOWN.items()},
        **facts,
        "source_id": [str(row) for row in layer.fields["_row"]],
        **dict.fromkeys(("segment_id", "u_key", "v_key"), np.zeros(count, dtype=np.int64)),
        "geometry": shapely.to_wkb(layer.geometry),
    }
    return pa.table([pa.array(columns[c.name], c.type) for c in SEGMENTS.columns], schema=SEGMENTS.schema)


def _in_pieces(lines: pa.Table, pieces: Pieces, keys: tuple[Ints, Ints]) -> pa.Table:
    """Give each piece the facts of its line; what counts once stands on the first piece, steps are shared by length."""
    whole = lines.take(pa.array(pieces.row))
    steps = whole["step_count"].cast(pa.float64()).to_numpy()
    own_steps = np.round(steps * pieces.end) - np.round(steps * pieces.start)
    own = {
        "segment_id": pa.array(np.arange(len(whole))),
        "step_count": pa.array(own_steps, pa.float64(), from_pandas=True).cast(pa.int32()),
        "u_key": pa.array(keys[0]),
        "v_key": pa.array(keys[1]),
        "geometry": pa.array(shapely.to_wkb(pieces.line), pa.binary()),
    }
    return with_columns(without_obstacles(whole, pieces.start > 0), own)


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
