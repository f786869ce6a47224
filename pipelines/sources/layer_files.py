"""Rows of one layer as they stand in a file: geometries in its own system, columns untouched.

GDAL reads all but GeoParquet, for which see `geoparquet`. What holds a layer (a zip file, a folder in it) is opened by
`containers`; what the rows mean, and whether they are sound, is for `vector` to say.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

from pipelines.arrays import PyObjects
from pipelines.errors import SourceError
from pipelines.sources import geoparquet
from pipelines.sources.coordinate_systems import Box
from pipelines.sources.letters import letters_of
from pipelines.sources.rows import Description, Rows
from pipelines.sources.wholeness import advice

_SHOWN_LETTERS = 200
# What pyogrio adds for programmers who chose the path themselves.
_HINT = "; It might help to specify the correct driver"
_JSON = frozenset({"GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON", "JSONFG"})
# GDAL chooses by what stands in a file, and some of what it knows runs pipelines or reads other files.
_DRIVERS: Mapping[str, frozenset[str]] = {
    ".gpkg": frozenset({"GPKG"}),
    ".shp": frozenset({"ESRI Shapefile"}),
    ".geojson": _JSON,
    ".json": _JSON,
    ".fgb": frozenset({"FlatGeobuf"}),
    ".gml": frozenset({"GML"}),
}
# These say where each row lies without reading it; text is read from its first letter to its last whatever is asked.
_INDEXED = frozenset({"GPKG", "FlatGeobuf", "ESRI Shapefile"})
# What programs call the column of geometries in a GeoPackage: no name that stands in a file becomes part of a query.
_GEOMETRY_NAMES = ("geom", "geometry", "geometrie", "the_geom", "wkb_geometry", "shape", "Shape", "SHAPE", "GEOMETRY")
_LIES_NOWHERE: Mapping[str, str] = {name: f'"{name}" is null or ST_IsEmpty("{name}")' for name in _GEOMETRY_NAMES}
# No schema is fetched from an address that stands in a file, and nothing is written beside it.
_OPEN_OPTIONS: Mapping[str, Mapping[str, str]] = {".gml": {"DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO"}}
_FAULTS = (DataSourceError, DataLayerError, FeatureError, FieldError, ValueError)


@dataclass(frozen=True)
class LayerFile:
    """A layer in a file that can be read as it lies: `source` is what errors call it."""

    path: Path
    source: str
    layer: str | None = None
    encoding: str | None = None

    @property
    def ending(self) -> str:
        """The kind of file, by its ending."""
        return self.path.suffix.lower()


def layer_names(path: Path, shown: str) -> list[str]:
    """Names of the layers in a file; of GeoParquet its own.

    Raises
    ------
    SourceError
        When it is no vector file.
    """
    if path.suffix.lower() == ".parquet":
        return [path.stem]
    with _told(path, shown, "is no vector file that can be read"):
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    if not names:
        raise SourceError(f"{shown}: holds no layer. Deliver a GeoPackage or a zipped Shapefile.")
    return names


def describe(file: LayerFile) -> Description:
    """Tell how many rows a layer has, where they lie by its own index, and in which system.

    Raises
    ------
    SourceError
        When the file cannot be read, or is of another kind than its ending says.
    """
    if file.ending == ".parquet":
        return geoparquet.describe(file.path, file.source)
    with _told(file.path, file.source, "cannot be read"):
        options = _OPEN_OPTIONS.get(file.ending, {})
        found = pyogrio.read_info(file.path, layer=file.layer, force_feature_count=True, **options)
    if found["driver"] not in _DRIVERS[file.ending]:
        raise SourceError(
            f"{file.source}: is no {file.ending} inside but {found['driver']}, which is not read. Export it as a "
            "GeoPackage."
        )
    bounds = found["total_bounds"]
    place = None if bounds is None else (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))
    name = str(found["geometry_name"] or "")
    searched = found["driver"] in _INDEXED and (found["driver"] != "GPKG" or name in _LIES_NOWHERE)
    return Description(int(found["features"]), found["crs"], place, name, searched)


def read_rows(file: LayerFile, box: Box | None = None) -> Rows:
    """Read all rows of a layer, or those whose own box touches `box` (in the system of the layer).

    Raises
    ------
    SourceError
        When they cannot be read.
    """
    if file.ending == ".parquet":
        return geoparquet.read_rows(file.path, file.source, box)
    return _read(file, box)


def read_rows_without_geometry(file: LayerFile, description: Description) -> Rows:
    """Read the rows of a searched layer that lie nowhere, and thus in no box."""
    if file.ending == ".parquet":
        return geoparquet.read_rows_without_geometry(file.path, file.source)
    is_geopackage = file.ending == ".gpkg"
    return _read(file, where=_LIES_NOWHERE[description.geometry_name] if is_geopackage else "OGR_GEOMETRY is null")


def _read(file: LayerFile, box: Box | None = None, where: str | None = None) -> Rows:
    letters = letters_of(file.path, file.source, file.encoding)
    with _told(file.path, file.source, "cannot be read"):
        meta, numbers, wkb, columns = pyogrio.raw.read(
            file.path,
            layer=file.layer,
            encoding=letters.read_as,
            datetime_as_string=True,
            force_2d=True,
            return_fids=True,
            bbox=box,
            where=where,
            **_OPEN_OPTIONS.get(file.ending, {}),
        )
        geometry = _geometries(wkb, len(numbers))
    names = letters.decoded(np.asarray(meta["fields"], dtype=object))
    fields = {str(n): letters.decoded(np.asarray(c, dtype=object)) for n, c in zip(names, columns, strict=True)}
    first = 0 if file.ending == ".gpkg" else 1  # a GeoPackage counts its rows from 1, the others from 0
    found = Rows(geometry, fields, np.asarray(numbers, dtype=np.int64) + first, meta["crs"], letters.remarks)
    return found if box is None else found.in_order()


def _geometries(wkb: PyObjects | None, n_rows: int) -> PyObjects:
    if wkb is None:
        return np.full(n_rows, None, dtype=object)
    with np.errstate(invalid="ignore"):  # coordinates that are no numbers are judged later, in words
        return np.asarray(shapely.from_wkb(wkb, on_invalid="fix"), dtype=object)  # a ring left open is closed


@contextmanager
def _told(path: Path, source: str, what: str) -> Iterator[None]:
    """Say in words what GDAL cannot read, and let it say nothing itself."""
    log = logging.getLogger("pyogrio")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{source}: its text is not written in {error.encoding}. Name the right `encoding` of this source in the "
            "area file, such as `encoding: cp1252`, or export it again as a GeoPackage."
        ) from error
    except _FAULTS as error:
        raise SourceError(f"{source}: {what} ({_reason(error, path)}). {advice(path)}") from error
    finally:
        log.disabled = before


def _reason(error: Exception, path: Path) -> str:
    """The last thing GDAL says, which is the plainest; before it may stand whole SQL statements."""
    said = str(error).replace(f"{path.parent}/", "").partition(_HINT)[0]
    return said.rsplit("; ", maxsplit=1)[-1][:_SHOWN_LETTERS]
