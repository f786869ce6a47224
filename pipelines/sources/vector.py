"""Read one layer of any vector file into RD, or say exactly why not.

Here files become geometries in EPSG:28992 with their columns untouched; what the columns mean is for the reader
of each source to say. Every kind of file passes through the same checks. Of a large file only the rows near the area
are read, where it can be searched by place.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from pipelines import geo
from pipelines.arrays import Flags, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.containers import opened
from pipelines.sources.coordinate_systems import Box, System, box_in, box_in_rd, no_degrees, system_of, to_rd
from pipelines.sources.delivery import Delivery
from pipelines.sources.guard import require_size
from pipelines.sources.layer_files import LayerFile, describe, read_rows, read_rows_without_geometry
from pipelines.sources.layers import Layer
from pipelines.sources.mending import mended, mended_after_step
from pipelines.sources.remarks import Remark
from pipelines.sources.rows import Description, Rows

__all__ = ["Layer", "Near", "find", "mended", "near", "read_layer", "read_near", "read_unmended"]

AREA_LIMIT_M = 5_000.0
# Fewer are odd rows (an island overseas, a 0, 0); with half of them, the layer is not where it says it is.
MISPLACED_SHARE = 0.5
# A layer that ends so near the outline of the Netherlands has no row at 0, 0 or with its axes swapped.
_BORDER_M = 50_000.0


@dataclass(frozen=True)
class Near:
    """Where rows must lie to be read: within `buffer_m` metres of `outline` (RD)."""

    outline: shapely.Geometry
    buffer_m: float

    @property
    def box(self) -> Box:
        """The box around it, in RD."""
        low_x, low_y, high_x, high_y = shapely.bounds(self.outline).tolist()
        return low_x - self.buffer_m, low_y - self.buffer_m, high_x + self.buffer_m, high_y + self.buffer_m


def find(raw: Path, path: str) -> Path:
    """Where a delivered file lies, or an error: that it is not in that folder, may not be read, or is too large."""
    full = raw / path
    try:
        if full.is_file():
            full.open("rb").close()
            require_size(full, path)
            return full
    except OSError as error:
        raise SourceError(
            f"{path}: lies in the raw folder ({raw}) and cannot be opened ({error.strerror}). "
            "Give yourself the right to read it, and to enter the folders above it."
        ) from error
    raise SourceError(
        f"{path}: there is no such file in the raw folder ({raw}). "
        "Put it there, correct `path` in the area file, or give another folder with --raw or SAMENHANG_RAW."
    )


def read_layer(delivery: Delivery, raw: Path, *, default_layer: str | None = None) -> Layer:
    """Read the whole layer a delivery names, in RD, with geometries checked and mended.

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
    return mended(read_unmended(delivery, raw, default_layer=default_layer))


def read_unmended(delivery: Delivery, raw: Path, *, default_layer: str | None = None) -> Layer:
    """Read a layer as `read_layer` does, its invalid polygons as they are: `mended` is for those that are used."""
    with opened(find(raw, delivery.path), delivery, default_layer) as file:
        description = describe(file)
        return _whole(file, description, system_of(file.source, description.crs, delivery.crs))


def read_near(
    delivery: Delivery, raw: Path, where: Near, *, default_layer: str | None = None, may_be_none: bool = True
) -> Layer:
    """Read the rows of a layer near the area as `read_layer` does; what lies elsewhere refuses nothing.

    Parameters
    ----------
    delivery
        Path under `raw`, layer and CRS as the area file gives them.
    raw
        The raw folder.
    where
        The area, and how far from it rows are kept.
    default_layer
        Layer to take from a file of several when the area file names none.
    may_be_none
        Whether the layer may hold nothing near.

    Raises
    ------
    SourceError
        What `read_layer` and `near` say.
    """
    with opened(find(raw, delivery.path), delivery, default_layer) as file:
        description = describe(file)
        system = system_of(file.source, description.crs, delivery.crs)
        kept = _part(file, description, system, where)
        if kept is None:
            kept = near(_whole(file, description, system), where.outline, where.buffer_m, may_be_none=may_be_none)
    n_rows, n_near = description.n_rows, len(kept.geometry)
    told = Remark(kept.source, f"{n_rows - n_near:,} of {n_rows:,} rows are not near the area", "noted", n_near)
    return mended(replace(kept, remarks=(*kept.remarks, told)) if n_near < n_rows else kept)


def _whole(file: LayerFile, description: Description, system: System) -> Layer:
    rows = read_rows(file)
    if not len(rows.geometry) and description.n_rows > 0:
        raise SourceError(
            f"{file.source}: has {description.n_rows:,} rows by its own count, of which none can be read. It is "
            "damaged: download or copy it again."
        )
    if not len(rows.geometry):
        raise SourceError(
            f"{file.source}: the layer is empty. Deliver it again, or name another `layer` in the area file."
        )
    return _placed(file.source, rows, system)


def _part(file: LayerFile, description: Description, system: System, where: Near) -> Layer | None:
    """The rows near the area of a layer that can be searched; None where all must be read to know what is wrong."""
    box = box_in(where.box, system) if description.searched else None
    if box is None or not _lies_in_the_netherlands(description, system):
        return None
    rows = read_rows(file, box)
    if not len(rows.geometry):
        return None
    kept = near(_placed(file.source, rows, system), where.outline, where.buffer_m)
    return _with_lost_rows(kept, file, description) if len(kept.geometry) else None


def _lies_in_the_netherlands(description: Description, system: System) -> bool:
    bounds = description.bounds and box_in_rd(description.bounds, system)
    if not bounds:
        return False
    low_x, high_x, low_y, high_y = geo.NETHERLANDS_RD_M
    country = shapely.box(low_x - _BORDER_M, low_y - _BORDER_M, high_x + _BORDER_M, high_y + _BORDER_M)
    return bool(shapely.covers(country, shapely.box(*bounds)))


def _with_lost_rows(layer: Layer, file: LayerFile, description: Description) -> Layer:
    """The layer with the rows of the whole file that lie nowhere, which no search finds."""
    rows = read_rows_without_geometry(file, description)
    nowhere = Layer(layer.source, rows.geometry, rows.fields, rows=rows.numbers)
    lost = nowhere.lose(np.ones(len(rows.geometry), dtype=bool), "no geometry")
    return replace(layer, without_geometry=lost.without_geometry, remarks=(*layer.remarks, *lost.remarks))


def _placed(source: str, rows: Rows, system: System) -> Layer:
    """Rows in RD: those without a place set aside, and told how they came there."""
    whole = Layer(source, rows.geometry, rows.fields, (*rows.remarks, *system.remarks), rows=rows.numbers)
    absent = shapely.is_missing(rows.geometry) | shapely.is_empty(rows.geometry)
    if absent.all():
        raise SourceError(f"{source}: no row has a geometry. Deliver the layer with its geometries.")
    delivered = whole.lose(absent, "no geometry")
    moved = replace(delivered, geometry=to_rd(delivered.geometry, system))
    elsewhere = ~_in_netherlands(moved.geometry)
    what = _fault(source, delivered.geometry, elsewhere, system) if elsewhere.any() else ""
    kept = moved.lose(elsewhere, f"coordinates {what}")
    if system.is_rd:
        return kept
    told = Remark(source, f"in {system.name}", "reprojected", len(kept.geometry))
    return mended_after_step(replace(kept, remarks=(*kept.remarks, told)), delivered.geometry[~elsewhere])


def _in_netherlands(geometry: PyObjects) -> Flags:
    """Which geometries (n,) in RD lie within the Netherlands, with all their coordinates."""
    bounds = shapely.bounds(geometry)
    low_x, high_x, low_y, high_y = geo.NETHERLANDS_RD_M
    inside = (bounds[:, 0] >= low_x) & (bounds[:, 2] <= high_x) & (bounds[:, 1] >= low_y) & (bounds[:, 3] <= high_y)
    # Bounds pass over coordinates that are no numbers, so these are looked for apart.
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    inside[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return np.asarray(inside)


def _fault(source: str, delivered: PyObjects, elsewhere: Flags, system: System) -> str:
    """What is wrong with the coordinates of the rows (n,) that lie elsewhere.

    Raises
    ------
    SourceError
        When it is most of them.
    """
    xy = shapely.get_coordinates(delivered[elsewhere])
    if not np.isfinite(xy).all():
        what = "are no numbers"
    else:
        what = "are no degrees" if no_degrees(xy, system).any() else "lie outside the Netherlands"
    if elsewhere.sum() >= MISPLACED_SHARE * len(elsewhere):
        raise SourceError(
            f"{source}: its coordinates {what} (near {xy[0, 0]:.1f}, {xy[0, 1]:.1f}). The axes may be swapped or the "
            "declared coordinate system false: deliver it in EPSG:28992, or set `crs` in the area file."
        )
    return what


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
