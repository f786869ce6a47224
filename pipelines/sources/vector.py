"""Read one layer of any vector file into RD, or say exactly why not.

Here files become geometries in EPSG:28992 with their columns untouched; what the columns mean is for the reader
of each source to say. Zipped Shapefiles, GeoPackages and GeoJSON pass through the same checks.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from pipelines import geo
from pipelines.errors import SourceError
from pipelines.sources.delivery import Delivery
from pipelines.sources.guard import require_layer_file, require_size
from pipelines.sources.texts import label

AREA_LIMIT_M = 5_000.0
REPAIRABLE_AREA_SHARE = 0.001
REPAIRABLE_ROW_SHARE = 0.01
_SHOWN = 5
_SHOWN_LETTERS = 200
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Remark:
    """Rows that a reader set aside or mended, and why; `examples` are ids, empty for personal files."""

    source: str
    problem: str
    action: str
    rows: int
    examples: str = ""


@dataclass(frozen=True)
class Layer:
    """One layer in RD: `geometry` (n,) of shapely geometries, `fields` one array (n,) per column.

    `first_line` is where the first row stands in a list, for errors; 1 in a layer, which has rows and no lines.
    `without_geometry` holds the columns of the rows that lie nowhere, an array (m,) each; they are in none of `fields`.
    """

    source: str
    geometry: NDArray[np.object_]
    fields: Mapping[str, NDArray[np.object_]]
    remarks: tuple[Remark, ...] = field(default=())
    first_line: int = 1
    without_geometry: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    def keep(self, mask: NDArray[np.bool_], remarks: tuple[Remark, ...] = ()) -> "Layer":
        """Give the rows where `mask` (n,) is true, with `remarks` added."""
        kept = {name: values[mask] for name, values in self.fields.items()}
        return replace(self, geometry=self.geometry[mask], fields=kept, remarks=self.remarks + remarks)

    def column(self, name: str) -> NDArray[np.object_]:
        """One column, or an error that lists what there is."""
        if name not in self.fields:
            raise SourceError(
                f"{self.source}: column {name!r} is missing{_alike(name, self.fields)}; it has {sorted(self.fields)}. "
                "Deliver it with that column. Where yours has another name, correct `columns` of this source in the "
                "area file (for a CBS layer `vintage`, from which the names of its columns follow)."
            )
        return self.fields[name]


def _alike(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f" (is it {close[0]!r}?)" if close else ""


def find(raw: Path, path: str) -> Path:
    """Where a delivered file lies, or an error that names the folder it was looked for in, or says it is too large."""
    full = raw / path
    if not full.is_file():
        raise SourceError(
            f"{path}: there is no such file in the raw folder ({raw}). "
            "Put it there, correct `path` in the area file, or give another folder with --raw or SAMENHANG_RAW."
        )
    require_size(full, path)
    return full


def read_layer(delivery: Delivery, raw: Path, *, default_layer: str | None = None) -> Layer:
    """Read the layer a delivery names, in RD, with geometries checked and mended.

    Parameters
    ----------
    delivery
        Path under `raw`, layer and CRS as the area file gives them.
    raw
        The raw folder.
    default_layer
        Layer to take from a file of several when the area file names none.

    Returns
    -------
    Layer
        Geometries valid, not empty, within the Netherlands; remarks say what was repaired, set aside, reprojected.

    Raises
    ------
    SourceError
        Missing file, damaged zip, unknown or ambiguous layer, empty layer, no CRS, coordinates outside the
        Netherlands, or polygons broken beyond repair.
    """
    path = find(raw, delivery.path)
    location = _location(path, delivery.path)
    name = _layer_name(location, delivery, default_layer)
    source = delivery.path if name is None or path.suffix == ".zip" else f"{delivery.path}:{label(name)}"
    try:
        meta, _, wkb, columns = pyogrio.raw.read(location, layer=name, datetime_as_string=True, force_2d=True)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise SourceError(
            f"{source}: cannot be read ({_reason(error)}). It may be cut short: download or copy the file again."
        ) from error
    if wkb is None or not len(wkb):
        raise SourceError(f"{source}: the layer is empty. Deliver it again, or name another `layer` in the area file.")
    with np.errstate(invalid="ignore"):  # coordinates that are no numbers are refused below, in words
        geometry = shapely.from_wkb(wkb, on_invalid="warn") if len(wkb) else np.empty(0, dtype=object)
    fields = {str(n): np.asarray(c, dtype=object) for n, c in zip(meta["fields"], columns, strict=True)}
    layer = Layer(source, geometry, fields)
    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    placed = _in_netherlands(_in_rd(_with_geometry(layer, present), meta["crs"], delivery.crs))
    return _repaired(placed, np.flatnonzero(present))


def _location(path: Path, shown: str) -> str:
    require_layer_file(path, shown)
    return f"/vsizip/{path}" if path.suffix.lower() == ".zip" else str(path)


def _reason(error: Exception) -> str:
    """The last thing GDAL says, which is the plainest; before it may stand whole SQL statements."""
    return str(error).rsplit("; ", maxsplit=1)[-1][:_SHOWN_LETTERS]


def _layer_name(location: str, delivery: Delivery, default: str | None) -> str | None:
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(location)]
    except (DataSourceError, DataLayerError) as error:
        raise SourceError(
            f"{delivery.path}: is no vector file that can be read ({_reason(error)}). It may be cut short: "
            "download or copy it again, as a GeoPackage or a zipped Shapefile."
        ) from error
    wanted = delivery.layer or (default if default in names else None)
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        asked = f"layer {wanted!r} is not in it" if wanted else "it has several layers"
        raise SourceError(f"{delivery.path}: {asked}; there are {names}. Name one under `layer` in the area file.")
    return wanted


def _with_geometry(layer: Layer, present: NDArray[np.bool_]) -> Layer:
    if present.all():
        return layer
    if not present.any():
        raise SourceError(f"{layer.source}: no row has a geometry. Deliver the layer with its geometries.")
    remark = Remark(layer.source, "no geometry", "set_aside", int((~present).sum()), _rows(np.flatnonzero(~present)))
    lost = {name: values[~present] for name, values in layer.fields.items()}
    return replace(layer.keep(present, (remark,)), without_geometry=lost)


def _rows(numbers: NDArray[np.int64]) -> str:
    return "rows " + ", ".join(str(row + 1) for row in numbers[:_SHOWN])


def _in_rd(layer: Layer, declared: str | None, configured: str | None) -> Layer:
    crs = configured or declared
    if not crs:
        raise SourceError(
            f"{layer.source}: declares no coordinate system. Deliver it with one (a .prj file for a Shapefile), "
            "or set `crs` in the area file, for example `crs: EPSG:28992`."
        )
    try:
        system = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise SourceError(
            f"{layer.source}: {crs!r} is no coordinate system. Write `crs: EPSG:28992` or the like."
        ) from error
    epsg = system.to_epsg(min_confidence=25)
    if epsg == 28992:  # noqa: PLR2004 - the code of Amersfoort / RD New
        return layer
    geometry = geo.geometries_to_rd(_to_wgs84(layer, system, epsg))
    remark = Remark(layer.source, f"in {'EPSG:' + str(epsg) if epsg else system.name}", "reprojected", len(geometry))
    return replace(layer, geometry=geometry, remarks=(*layer.remarks, remark))


def _to_wgs84(layer: Layer, system: pyproj.CRS, epsg: int | None) -> NDArray[np.object_]:
    if epsg == 4326:  # noqa: PLR2004 - the code of WGS 84
        bounds = shapely.total_bounds(layer.geometry)
        if not (np.isfinite(bounds).all() and np.abs(bounds).max() <= 180):  # noqa: PLR2004 - degrees
            raise _misplaced(layer.source, bounds, "are no degrees")
        return layer.geometry
    transformer = pyproj.Transformer.from_crs(system, geo.WGS84, always_xy=True)
    return shapely.transform(layer.geometry, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))


def _in_netherlands(layer: Layer) -> Layer:
    # Bounds pass over coordinates that are no numbers, so these are looked for apart.
    coordinates = shapely.get_coordinates(layer.geometry)
    odd = ~np.isfinite(coordinates).all(axis=1)
    if odd.any():
        raise SourceError(
            f"{layer.source}: {int(odd.sum())} of its {len(coordinates)} points have a coordinate that is no number. "
            "Mend or remove their rows in the source."
        )
    bounds = shapely.bounds(layer.geometry)
    low_x, high_x, low_y, high_y = geo.NETHERLANDS_RD_M
    inside = (bounds[:, 0] >= low_x) & (bounds[:, 2] <= high_x) & (bounds[:, 1] >= low_y) & (bounds[:, 3] <= high_y)
    if not inside.all():
        raise _misplaced(layer.source, bounds[np.flatnonzero(~inside)[0]], "lie outside the Netherlands")
    return layer


def _misplaced(source: str, bounds: NDArray[np.float64], what: str) -> SourceError:
    return SourceError(
        f"{source}: its coordinates {what} (near {bounds[0]:.1f}, {bounds[1]:.1f}). The axes may be swapped or the "
        "declared coordinate system false: deliver it in EPSG:28992, or set `crs` in the area file."
    )


def _repaired(layer: Layer, numbers: NDArray[np.int64]) -> Layer:
    """Mend invalid polygons; `numbers` (n,) are the rows of the delivery, from 0."""
    polygonal = np.isin(shapely.get_type_id(layer.geometry), _POLYGONAL)
    invalid = polygonal & ~shapely.is_valid(layer.geometry)
    if not invalid.any():
        return layer
    broken, mended = layer.geometry[invalid], shapely.make_valid(layer.geometry[invalid])
    before, after = shapely.area(broken), shapely.area(mended)
    changed = np.abs(after - before) > REPAIRABLE_AREA_SHARE * np.maximum(after, before)
    rows = numbers[invalid]
    if changed.any():
        raise SourceError(
            f"{layer.source}: row {rows[np.argmax(changed)] + 1} is an invalid polygon and repair would change its "
            "area by more than 0.1 %. Mend the polygon in the source."
        )
    if len(rows) > REPAIRABLE_ROW_SHARE * len(layer.geometry):
        raise SourceError(
            f"{layer.source}: {len(rows)} of {len(layer.geometry)} polygons are invalid, more than 1 %. "
            "Something is wrong with the delivery: mend it in the source."
        )
    geometry = layer.geometry.copy()
    geometry[invalid] = mended
    remark = Remark(layer.source, "invalid polygon", "repaired", len(rows), _rows(rows))
    return replace(layer, geometry=geometry, remarks=(*layer.remarks, remark))


def near(layer: Layer, municipality: shapely.Geometry, buffer_m: float, *, may_be_none: bool = True) -> Layer:
    """Keep the rows within `buffer_m` metres of the municipality.

    Raises
    ------
    SourceError
        When the whole layer lies more than 5 km away (another municipality, swapped axes or a false CRS), or when
        no row is kept of a layer without which nothing can be said.
    """
    shapely.prepare(municipality)
    distance_m = shapely.distance(layer.geometry, municipality)
    if distance_m.min() > AREA_LIMIT_M:
        x, y = shapely.get_coordinates(layer.geometry[:1])[0]
        raise SourceError(
            f"{layer.source}: lies {distance_m.min() / 1000:,.0f} km from the area "
            f"(first point {x:.0f}, {y:.0f} in RD). "
            "Its declared coordinate system is probably wrong: set `crs` in the area file, or deliver the right file."
        )
    if distance_m.min() > buffer_m and not may_be_none:
        raise SourceError(
            f"{layer.source}: nothing in it lies within {buffer_m:,.0f} m of the area; the nearest is "
            f"{distance_m.min() / 1000:,.1f} km away. Deliver the file of this municipality."
        )
    return layer.keep(distance_m <= buffer_m)
