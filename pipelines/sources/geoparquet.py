"""Rows of a GeoParquet file, which GDAL as we have it does not read."""

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipelines.arrays import Flags, Ints, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.coordinate_systems import Box
from pipelines.sources.rows import Description, Rows
from pipelines.sources.wholeness import is_cut_short

if TYPE_CHECKING:
    import pandas as pd

# By the standard, a file that says nothing of its system is in degrees.
_UNSAID_CRS = "OGC:CRS84"
_FAULTS = (pa.ArrowException, ValueError, OSError, KeyError, IndexError, TypeError, NotImplementedError)


def describe(path: Path, source: str) -> Description:
    """Tell how many rows the file has, where its main geometries lie, and in which system.

    Raises
    ------
    SourceError
        When it is no Parquet, or no GeoParquet.
    """
    main, name, n_rows = _main(path, source)
    covering = "covering" in main
    return Description(n_rows, _crs(main), _bounds(main), name, searched=covering)


def _bounds(main: dict[str, Any]) -> Box | None:
    """What the file says of where it lies: two corners, of two or three numbers."""
    said = [float(number) for number in main.get("bbox") or ()]
    half = len(said) // 2
    return (said[0], said[1], said[half], said[half + 1]) if half > 1 else None


def read_rows(path: Path, source: str, box: Box | None = None) -> Rows:
    """Read all rows, or those whose own box touches `box`.

    Raises
    ------
    SourceError
        When they cannot be read.
    """
    main, name, n_rows = _main(path, source)
    try:
        chosen = np.ones(n_rows, dtype=bool) if box is None else _touching(path, main, box)
        frame = gpd.read_parquet(path, bbox=box)
    except _FAULTS as error:
        raise _unreadable(path, source, error) from error
    return _rows(frame, name, np.flatnonzero(chosen) + 1, _crs(main))


def read_rows_without_geometry(path: Path, source: str) -> Rows:
    """Read the rows that lie nowhere, and thus in no box."""
    main, name, _ = _main(path, source)
    try:
        lost = ~_touching(path, main, (-np.inf, -np.inf, np.inf, np.inf))
        columns = [column for column in pq.read_schema(path).names if column != name]
        table = pq.read_table(path, columns=columns).filter(pa.array(lost))
    except _FAULTS as error:
        raise _unreadable(path, source, error) from error
    fields = {column: _cells(table[column].to_pandas()) for column in columns}
    return Rows(np.full(len(table), None, dtype=object), fields, np.flatnonzero(lost) + 1, _crs(main))


def _rows(frame: gpd.GeoDataFrame, name: str, numbers: Ints, crs: str | None) -> Rows:
    geometry = shapely.force_2d(np.asarray(frame[name].array, dtype=object))
    fields = {str(column): _cells(frame[column]) for column in frame.columns if str(frame[column].dtype) != "geometry"}
    return Rows(geometry, fields, numbers, crs)


def _touching(path: Path, main: dict[str, Any], box: Box) -> Flags:
    """Which rows have a box of their own that touches `box`; those without a geometry have none."""
    corners = main["covering"]["bbox"]
    column = corners["xmin"][0]
    boxes = pq.read_table(path, columns=[column])[column].combine_chunks()
    low_x, low_y, high_x, high_y = (
        boxes.field(corners[side][1]).to_numpy(zero_copy_only=False) for side in ("xmin", "ymin", "xmax", "ymax")
    )
    return np.asarray((low_x <= box[2]) & (high_x >= box[0]) & (low_y <= box[3]) & (high_y >= box[1]))


def _cells(column: "pd.Series[Any]") -> PyObjects:
    """The cells of a column as GDAL would give them: None for empty, text for moments, plain numbers."""
    plain = column.astype(str) if column.dtype.kind == "M" else column
    cells = np.array(plain.astype(object).where(column.notna(), None), dtype=object)
    decimals = [row for row, cell in enumerate(cells) if isinstance(cell, Decimal)]
    cells[decimals] = [float(cells[row]) for row in decimals]
    return cells


def _main(path: Path, source: str) -> tuple[dict[str, Any], str, int]:
    """What the file says of its main column of geometries, the name of that, and the number of rows."""
    try:
        with pq.ParquetFile(path) as opened:
            n_rows, said = opened.metadata.num_rows, opened.metadata.metadata or {}
        geo = json.loads(said.get(b"geo", b"{}"))
        name = str(geo["primary_column"])
        return dict(geo["columns"][name]), name, n_rows
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, source, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{source}: is a Parquet file without geometries. Deliver a layer as GeoParquet (with its `geo` metadata) "
            "or as a GeoPackage."
        ) from error


def _crs(main: dict[str, Any]) -> str | None:
    if "crs" not in main:
        return _UNSAID_CRS
    return json.dumps(main["crs"]) if main["crs"] else None


def _unreadable(path: Path, source: str, error: Exception) -> SourceError:
    again = "It is cut short: download or copy it again." if is_cut_short(path) else "Write it again as GeoParquet."
    return SourceError(f"{source}: is no GeoParquet that can be read ({type(error).__name__}). {again}")
