"""Features of the map: geometry in degrees with five decimals, and properties as they came.

Texts are not escaped here: they go into the page as JSON (`rendering.py`) and `map.js` shows them as text. Which words
and classes a feature carries is decided elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import PyObjects
from pipelines.geo import geometries_to_wgs84

DECIMALS = 5  # about one metre: finer digits only make the page heavier
SIMPLIFY_TOLERANCE_M = 8.0
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

Feature = dict[str, Any]


def geometries_of(table: pa.Table) -> PyObjects:
    """The geometries of a wide table, in RD metres; shape (n,)."""
    return np.asarray(shapely.from_wkb(np.array(table["geometry"].to_pylist(), dtype=np.object_)), dtype=np.object_)


def simplified(geometries: PyObjects) -> PyObjects:
    """Polygons with fewer vertices whose shared borders stay shared; anything but polygons as it came.

    Details smaller than about `SIMPLIFY_TOLERANCE_M` metres go.
    """
    if not len(geometries) or not np.isin(shapely.get_type_id(geometries), _POLYGONS).all():
        return geometries
    return np.asarray(shapely.coverage_simplify(geometries, SIMPLIFY_TOLERANCE_M), dtype=np.object_)


def cut_to_box(geometries: PyObjects, box: tuple[float, float, float, float]) -> PyObjects:
    """The part of each polygon within a box in RD metres; all of a polygon that has no such part.

    Parameters
    ----------
    geometries
        Polygons in RD metres; shape (n,).
    box
        West, south, east and north.
    """
    # A zero buffer drops the points and lines in which a polygon only touches the box.
    parts = shapely.buffer(shapely.intersection(geometries, shapely.box(*box)), 0)
    return np.where(shapely.is_empty(parts), geometries, parts)


def label_points(geometries_rd: PyObjects) -> list[list[float]]:
    """Where the name of each polygon stands: latitude and longitude of its centroid, or of a point that lies in it."""
    if not len(geometries_rd):
        return []
    centroids = shapely.centroid(geometries_rd)
    has_own = shapely.intersects(geometries_rd, centroids)
    points = geometries_to_wgs84(np.where(has_own, centroids, shapely.point_on_surface(geometries_rd)))
    positions: list[list[float]] = shapely.get_coordinates(points)[:, ::-1].round(DECIMALS).tolist()
    return positions


def feature_collection(geometries_rd: PyObjects, properties: Sequence[Mapping[str, Any]]) -> Feature:
    """A GeoJSON FeatureCollection in WGS 84.

    Parameters
    ----------
    geometries_rd
        Geometries in RD metres; shape (n,).
    properties
        One mapping per geometry; values are text, numbers, or lists and mappings of these.
    """
    degrees = geometries_to_wgs84(geometries_rd) if len(geometries_rd) else geometries_rd
    rounded = shapely.transform(degrees, lambda xy: np.round(xy, DECIMALS))
    features = [
        {"type": "Feature", "properties": dict(shown), "geometry": json.loads(text)}
        for text, shown in zip(shapely.to_geojson(rounded), properties, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}
