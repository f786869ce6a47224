"""Places delivered as a vector layer or as a municipal list (CSV or XLSX with coordinates)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from pipelines import geo
from pipelines.arrays import Flags, Floats
from pipelines.errors import SourceError
from pipelines.sources.area_file import BenchDelivery, PlaceDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality
from pipelines.sources.contracts import PLACES
from pipelines.sources.csv_table import number
from pipelines.sources.delivered_table import unused_columns
from pipelines.sources.delivery import Delivery
from pipelines.sources.number_style import read_numbers
from pipelines.sources.place_doors import door_columns, listed_doors, listed_floor_areas
from pipelines.sources.place_facts import listed_attributes, listed_functions
from pipelines.sources.remarks import Remark
from pipelines.sources.tables import read_delivered
from pipelines.sources.texts import NAME, label, wrong_with
from pipelines.sources.vector import Layer, Near, near, read_near

_SHOWN_KINDS = 10
_NETHERLANDS_DEGREES = ((3.0, 8.0), (50.0, 54.0))


def read_place_layer(
    delivery: PlaceDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Places of one vector layer within 1,300 m of the municipality, as `sources/places`.

    What `columns` may name of doors and floors is told at `listed_doors` and `listed_floor_areas`.
    """
    layer = read_near(delivery, raw, Near(municipality.outline, BUFFER_M))
    return places_of(delivery, layer)


def read_place_csv(
    delivery: PlaceDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Places of one list; `columns` must name `x` and `y` (RD metres), `lon` and `lat` (degrees), or `wkt` (in RD).

    Raises
    ------
    SourceError
        When a coordinate is no number, or lies outside the Netherlands or far from the area.
    """
    return places_of(delivery, near(read_points_csv(delivery, raw), municipality.outline, BUFFER_M))


def read_points_csv(delivery: Delivery, raw: Path) -> Layer:
    """Every row of one list (CSV or XLSX) with its point in RD.

    `columns` must name `x` and `y` (RD metres), `lon` and `lat` (degrees in WGS 84), or `wkt` (points in RD).

    Raises
    ------
    SourceError
        When a coordinate is no number, or lies outside the Netherlands.
    """
    delivered = read_delivered(delivery, raw)
    table = delivered.table
    fields = {name: np.array(table[name].to_pylist(), dtype=object) for name in table.column_names}
    first_line = delivery.header_row + delivery.rows_under_header + 1
    layer = Layer(delivery.path, np.full(len(table), None, dtype=object), fields, first_line=first_line)
    x_m, y_m = _points(layer, delivery)
    _require_netherlands(layer, x_m, y_m)
    points = np.asarray(shapely.points(x_m, y_m), dtype=object)
    unused = unused_columns(table.column_names, tuple(delivery.columns.values()), delivery.path)
    return Layer(delivery.path, points, fields, (*delivered.remarks, *unused))


def _points(layer: Layer, delivery: Delivery) -> tuple[Floats, Floats]:
    columns = delivery.columns
    if "wkt" in columns:
        return _wkt_points(layer, columns["wkt"])
    if {"lon", "lat"} <= set(columns):
        return _of_degrees(layer, columns["lon"], columns["lat"])
    if not {"x", "y"} <= set(columns):
        raise SourceError(
            f"{layer.source}: which columns hold the RD coordinates? "
            "Set `columns: {x: ..., y: ...}` (or `lon` and `lat`, or `wkt`) in the area file."
        )
    mend = "Write RD metres such as 155000,5."
    texts = [pa.chunked_array([layer.column(columns[axis]).tolist()], pa.string()) for axis in ("x", "y")]
    where = [f"{layer.source}: column {columns[axis]!r}" for axis in ("x", "y")]
    x_m, y_m = (read_numbers(*one, delivery.numbers).to_pylist() for one in zip(texts, where, strict=True))
    return _coordinates(layer, columns["x"], x_m, mend), _coordinates(layer, columns["y"], y_m, mend)


def _of_degrees(layer: Layer, lon: str, lat: str) -> tuple[Floats, Floats]:
    """RD metres of columns in degrees; far from the Netherlands the transformation gives nothing to judge."""
    mend = "Write degrees in WGS 84 such as 5,3876 and 52,1551."
    # No place in the Netherlands is at a thousand degrees: here 5.123 is what it seems.
    degrees = [_coordinates(layer, one, [number(str(text)) for text in layer.column(one)], mend) for one in (lon, lat)]
    outside = np.zeros(len(layer.geometry), dtype=np.bool_)
    for (low, high), values in zip(_NETHERLANDS_DEGREES, degrees, strict=True):
        outside |= (values < low) | (values > high)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise SourceError(
            f"{layer.source}: line {row + layer.first_line} lies outside the Netherlands (longitude "
            f"{degrees[0][row]:.4f}, latitude {degrees[1][row]:.4f}). {lon!r} must hold degrees east (3 to 8), {lat!r} "
            "degrees north (50 to 54): they may be swapped, or be RD metres, which go under `x` and `y`."
        )
    return geo.to_rd(*degrees)


def _wkt_points(layer: Layer, column: str) -> tuple[Floats, Floats]:
    geometry = shapely.from_wkt(layer.column(column).astype(str), on_invalid="ignore")
    wrong = shapely.get_type_id(geometry) != shapely.GeometryType.POINT
    if wrong.any():
        line = int(np.flatnonzero(wrong)[0]) + layer.first_line
        raise SourceError(
            f"{layer.source}: line {line}, column {column!r} holds no point in WKT "
            f"({int(wrong.sum())} such lines). Write POINT(155000 463000)."
        )
    return shapely.get_x(geometry), shapely.get_y(geometry)


def _coordinates(layer: Layer, column: str, values: list[float | None], mend: str) -> Floats:
    wrong = [row for row, value in enumerate(values) if value is None or not np.isfinite(value)]
    if wrong:
        raise SourceError(
            f"{layer.source}: line {wrong[0] + layer.first_line}, column {column!r}: "
            f"{str(layer.column(column)[wrong[0]])!r} is no number "
            f"({len(wrong)} such lines). {mend}"
        )
    return np.array(values, dtype=np.float64)


def _require_netherlands(layer: Layer, x_m: Floats, y_m: Floats) -> None:
    low_x, high_x, low_y, high_y = geo.NETHERLANDS_RD_M
    outside = (x_m < low_x) | (x_m > high_x) | (y_m < low_y) | (y_m > high_y)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise SourceError(
            f"{layer.source}: line {row + layer.first_line} lies outside the Netherlands ({x_m[row]:.1f}, "
            f"{y_m[row]:.1f}). Coordinates must be RD metres (EPSG:28992), x before y: the axes may be swapped."
        )


def places_of(delivery: PlaceDelivery, layer: Layer) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Put the rows of a list or layer, which lie near the area, as `sources/places`."""
    kinds = _kinds(delivery, layer)
    known = np.array([kind != "" for kind in kinds], dtype=np.bool_)
    layer = layer.keep(known, _unmapped(delivery, layer, ~known))
    doors, door_remarks = listed_doors(layer, delivery.columns)
    areas_m2, area_remarks = listed_floor_areas(layer, delivery.columns)
    attributes, attribute_remarks = listed_attributes(layer, delivery.columns)
    functions, function_remarks = listed_functions(layer, delivery)
    columns = {
        "source": [layer.source] * len(layer.geometry),
        "source_id": ids_of(delivery, layer),
        "place_kind": [kind for kind in kinds if kind],
        "functions": functions,
        "name": _names(delivery, layer),
        "geometry": shapely.to_wkb(layer.geometry),
        "entrances": [None] * len(layer.geometry),
        **door_columns([[door] for door in doors]),
        "floor_area_m2": areas_m2,
        **attributes,
    }
    arrays = [pa.array(columns[column.name], column.type) for column in PLACES.columns]
    told = (*door_remarks, *area_remarks, *attribute_remarks, *function_remarks)
    return pa.table(arrays, schema=PLACES.schema), (*layer.remarks, *told)


def _unmapped(delivery: PlaceDelivery, layer: Layer, strange: Flags) -> tuple[Remark, ...]:
    """Tell the kinds that no mapping knows, the most frequent first, and how often each stands there."""
    if not strange.any():
        return ()
    shown = by_frequency(layer.column(delivery.columns["kind"])[strange])
    return (Remark(layer.source, "kind of place not mapped", "set_aside", int(strange.sum()), shown),)


def by_frequency(kinds: Iterable[object]) -> str:
    """Write kinds of a list, the most frequent first, and how often each stands there."""
    counted = Counter(label(str(kind)) for kind in kinds)
    shown = ", ".join(f"{kind} ({count:,})" for kind, count in counted.most_common(_SHOWN_KINDS))
    return shown + (f" and {len(counted) - _SHOWN_KINDS:,} more" if len(counted) > _SHOWN_KINDS else "")


def _kinds(delivery: PlaceDelivery, layer: Layer) -> Sequence[str]:
    if delivery.kind:
        return [delivery.kind] * len(layer.geometry)
    if "kind" not in delivery.columns:
        raise SourceError(
            f"{layer.source}: which kind of place is this? "
            "Set `kind`, or `columns: {kind: ...}` with `kinds` or `codes`, in the area file."
        )
    return [delivery.kind_of(str(value)) for value in layer.column(delivery.columns["kind"])]


def ids_of(delivery: PlaceDelivery | BenchDelivery, layer: Layer) -> Sequence[str]:
    """Read the column `columns.id` of n rows, or number them from 1 where none is named.

    Raises
    ------
    SourceError
        When two rows have one id, or an id cannot be shown.
    """
    if "id" not in delivery.columns:
        return [str(row + 1) for row in range(len(layer.geometry))]
    ids = [str(value) for value in layer.column(delivery.columns["id"])]
    if unfit := sum(bool(wrong_with(one, NAME)) for one in ids):
        raise SourceError(
            f"{layer.source}: column {delivery.columns['id']!r} holds {unfit} ids of more than {NAME} characters, or "
            "with some that cannot be seen. Name a column that identifies each row under `columns.id`, or leave it out."
        )
    if len(set(ids)) < len(ids):
        raise SourceError(
            f"{layer.source}: column {delivery.columns['id']!r} repeats ({len(ids)} rows, {len(set(ids))} values). "
            "Name a column that identifies each row under `columns.id`, or leave it out."
        )
    return ids


def _names(delivery: PlaceDelivery, layer: Layer) -> Sequence[str]:
    if "name" not in delivery.columns:
        return [""] * len(layer.geometry)
    return ["" if value is None else str(value) for value in layer.column(delivery.columns["name"])]
