"""Places on earth: EPSG:28992 and EPSG:4326, and H3 cells. No network: PROJ uses one transformation, offline.

The transformation is PROJ's own seven-parameter one between Amersfoort / RD New and WGS 84, without the RDNAPTRANS
correction grid: its error stays under 0.5 m in the Netherlands, far under an H3 cell and the width of a street.
"""

from collections.abc import Sequence
from functools import cache

import h3
import numpy as np
import pyproj
import pyproj.network
import shapely
from numpy.typing import NDArray

from pipelines.arrays import Floats, Ints, PyObjects

RD = "EPSG:28992"
WGS84 = "EPSG:4326"
# Outline of the European Netherlands in RD, a little wide: x 10-280 km, y 300-620 km (CBS, wijk- en buurtkaart).
NETHERLANDS_RD_M = (-10_000.0, 290_000.0, 300_000.0, 640_000.0)
_RD_TO_WGS84 = (
    "+proj=pipeline "
    "+step +inv +proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 "
    "+ellps=bessel "
    "+step +proj=push +v_3 +step +proj=cart +ellps=bessel "
    "+step +proj=helmert +x=565.2369 +y=50.0087 +z=465.658 +rx=-0.406857330322398 +ry=0.350732676542563 "
    "+rz=-1.8703473836068 +s=4.0812 +convention=position_vector "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 "
    "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


@cache
def _pipeline() -> pyproj.Transformer:
    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]  # exported, not declared
    return pyproj.Transformer.from_pipeline(_RD_TO_WGS84)


def to_wgs84(x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees of points in RD metres; arrays of one shape."""
    longitude, latitude = _pipeline().transform(x_m, y_m)
    return longitude, latitude


def to_rd(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """RD metres of points in degrees WGS 84; the inverse of `to_wgs84` to within a millimetre."""
    x_m, y_m = _pipeline().transform(longitude, latitude, direction=pyproj.enums.TransformDirection.INVERSE)
    return x_m, y_m


def geometries_to_rd(geometries: PyObjects) -> PyObjects:
    """Geometries in degrees WGS 84, as the same geometries in RD metres."""
    return shapely.transform(geometries, lambda xy: np.column_stack(to_rd(xy[:, 0], xy[:, 1])))


def geometries_to_wgs84(geometries: PyObjects) -> PyObjects:
    """Geometries in RD metres, as the same geometries in degrees WGS 84."""
    return shapely.transform(geometries, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1])))


def h3_cells(x_m: Floats, y_m: Floats, resolution: int) -> NDArray[np.uint64]:
    """The H3 cell (UBIGINT) of each RD point; shape (n,)."""
    longitude, latitude = to_wgs84(np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64))
    to_integer = h3.str_to_int
    return np.fromiter(
        (to_integer(h3.latlng_to_cell(lat, lng, resolution)) for lat, lng in zip(latitude, longitude, strict=True)),
        dtype=np.uint64,
        count=len(latitude),
    )


def h3_centres(outline: shapely.Polygon, resolution: int) -> Floats:
    """Centres in RD (n, 2) of the H3 cells whose centre lies in `outline` (RD), in the order of their numbers."""
    longitude, latitude = to_wgs84(*shapely.get_coordinates(outline.exterior).T)
    cells = h3.polygon_to_cells(h3.LatLngPoly(list(zip(latitude, longitude, strict=True))), resolution)
    centres = np.array([h3.cell_to_latlng(cell) for cell in sorted(cells)], dtype=np.float64).reshape(-1, 2)
    return np.column_stack(to_rd(centres[:, 1], centres[:, 0]))


def h3_polygons(cells: Sequence[int]) -> PyObjects:
    """The hexagons of H3 cells, in RD metres; shape (n,)."""
    hexagons = [shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(h3.int_to_str(int(c)))]) for c in cells]
    if not hexagons:
        return np.empty(0, dtype=np.object_)
    return geometries_to_rd(np.array(hexagons, dtype=np.object_))


def h3_disks(cells: NDArray[np.uint64], rings: int) -> tuple[Ints, NDArray[np.uint64]]:
    """The cells within so many rings of each cell, itself included: row of the cell, and cell near it; shape (n,)."""
    disks = [h3.grid_disk(h3.int_to_str(int(cell)), rings) for cell in cells]
    rows = np.repeat(np.arange(len(disks)), [len(disk) for disk in disks])
    near = (h3.str_to_int(cell) for disk in disks for cell in sorted(disk))
    return rows, np.fromiter(near, dtype=np.uint64, count=len(rows))
