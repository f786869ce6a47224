"""Places delivered as a vector layer or as a municipal list (CSV with RD coordinates)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipelines import geo
from pipelines.errors import SourceError
from pipelines.sources.area_file import BenchDelivery, Delivery, PlaceDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality
from pipelines.sources.contracts import PLACES
from pipelines.sources.csv_table import number, read_csv
from pipelines.sources.place_doors import door_columns, listed_doors, listed_floor_areas
from pipelines.sources.vector import Layer, Remark, find, near, read_layer


def read_place_layer(
    delivery: PlaceDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Places of one vector layer within 1,300 m of the municipality, as `sources/places`.

    What `columns` may name of doors and floors is told at `listed_doors` and `listed_floor_areas`.
    """
    layer = near(read_layer(delivery, raw), municipality.outline, BUFFER_M)
    return _places(delivery, layer)


def read_place_csv(
    delivery: PlaceDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Places of one list; `columns` must name `x` and `y` (RD metres), or `wkt` (points in RD).

    Raises
    ------
    SourceError
        When a coordinate is no number, or lies outside the Netherlands or far from the area.
    """
    return _places(delivery, near(read_points_csv(delivery, raw), municipality.outline, BUFFER_M))


def read_points_csv(delivery: Delivery, raw: Path) -> Layer:
    """Every row of one list with its point in RD; `columns` must name `x` and `y` (RD metres), or `wkt`.

    Raises
    ------
    SourceError
        When a coordinate is no number, or lies outside the Netherlands.
    """
    table = read_csv(find(raw, delivery.path), delivery.path)
    fields = {name: np.array(table[name].to_pylist(), dtype=object) for name in table.column_names}
    layer = Layer(delivery.path, np.full(len(table), None, dtype=object), fields)
    x_m, y_m = _points(layer, delivery.columns)
    _require_netherlands(delivery.path, x_m, y_m)
    points = np.asarray(shapely.points(x_m, y_m), dtype=object)
    return Layer(delivery.path, points, fields)


def _points(layer: Layer, columns: Mapping[str, str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if "wkt" in columns:
        return _wkt_points(layer, columns["wkt"])
    if not {"x", "y"} <= set(columns):
        raise SourceError(
            f"{layer.source}: which columns hold the RD coordinates? "
            "Set `columns: {x: ..., y: ...}` (or `wkt`) in the area file."
        )
    return _coordinates(layer, columns["x"]), _coordinates(layer, columns["y"])


def _wkt_points(layer: Layer, column: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    geometry = shapely.from_wkt(layer.column(column).astype(str), on_invalid="ignore")
    wrong = shapely.get_type_id(geometry) != shapely.GeometryType.POINT
    if wrong.any():
        raise SourceError(
            f"{layer.source}: line {int(np.flatnonzero(wrong)[0]) + 2}, column {column!r} holds no point in WKT "
            f"({int(wrong.sum())} such lines). Write POINT(155000 463000)."
        )
    return shapely.get_x(geometry), shapely.get_y(geometry)


def _coordinates(layer: Layer, column: str) -> NDArray[np.float64]:
    values = [number(str(value)) for value in layer.column(column)]
    wrong = [row for row, value in enumerate(values) if value is None or not np.isfinite(value)]
    if wrong:
        raise SourceError(
            f"{layer.source}: line {wrong[0] + 2}, column {column!r}: "
            f"{str(layer.column(column)[wrong[0]])!r} is no number "
            f"({len(wrong)} such lines). Write RD metres such as 155000,5."
        )
    return np.array(values, dtype=np.float64)


def _require_netherlands(source: str, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> None:
    low_x, high_x, low_y, high_y = geo.NETHERLANDS_RD_M
    outside = (x_m < low_x) | (x_m > high_x) | (y_m < low_y) | (y_m > high_y)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise SourceError(
            f"{source}: line {row + 2} lies outside the Netherlands ({x_m[row]:.1f}, {y_m[row]:.1f}). "
            "Coordinates must be RD metres (EPSG:28992), x before y: the axes may be swapped."
        )


def _places(delivery: PlaceDelivery, layer: Layer) -> tuple[pa.Table, tuple[Remark, ...]]:
    kinds = _kinds(delivery, layer)
    known = np.array([kind != "" for kind in kinds])
    remarks = (
        () if known.all() else (Remark(layer.source, "kind of place not mapped", "set_aside", int((~known).sum())),)
    )
    layer = layer.keep(known, remarks)
    doors, door_remarks = listed_doors(layer, delivery.columns)
    areas_m2, area_remarks = listed_floor_areas(layer, delivery.columns)
    columns = {
        "source": [layer.source] * len(layer.geometry),
        "source_id": ids_of(delivery, layer),
        "place_kind": [kind for kind in kinds if kind],
        "name": _names(delivery, layer),
        "geometry": shapely.to_wkb(layer.geometry),
        "entrances": [None] * len(layer.geometry),
        **door_columns([[door] for door in doors]),
        "floor_area_m2": areas_m2,
    }
    arrays = [pa.array(columns[column.name], column.type) for column in PLACES.columns]
    return pa.table(arrays, schema=PLACES.schema), (*layer.remarks, *door_remarks, *area_remarks)


def _kinds(delivery: PlaceDelivery, layer: Layer) -> Sequence[str]:
    if delivery.kind:
        return [delivery.kind] * len(layer.geometry)
    if "kind" not in delivery.columns:
        raise SourceError(
            f"{layer.source}: which kind of place is this? "
            "Set `kind`, or `columns: {kind: ...}` with `kinds`, in the area file."
        )
    return [delivery.kinds.get(str(value).strip(), "") for value in layer.column(delivery.columns["kind"])]


def ids_of(delivery: PlaceDelivery | BenchDelivery, layer: Layer) -> Sequence[str]:
    """Read the column `columns.id` of n rows, or number them from 1 where none is named.

    Raises
    ------
    SourceError
        When two rows have one id.
    """
    if "id" not in delivery.columns:
        return [str(row + 1) for row in range(len(layer.geometry))]
    ids = [str(value) for value in layer.column(delivery.columns["id"])]
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
