"""Mend invalid polygons: those of a delivery within stated limits, those that our own step to RD broke without.

What is mended is told. Only rows that are used are looked at: a bad polygon elsewhere refuses nothing.
"""

import re
from dataclasses import replace

import numpy as np
import shapely

from pipelines.arrays import Flags, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.layers import Layer
from pipelines.sources.remarks import Remark

REPAIRABLE_AREA_SHARE = 0.001
REPAIRABLE_ROW_SHARE = 0.01
# Under so many rows a share says nothing: one self-touch among 14 buurten is 7 %, and no sign of a broken file.
FEW_ROWS = 5
POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,24}")


def _invalid(geometry: PyObjects) -> Flags:
    return np.isin(shapely.get_type_id(geometry), POLYGONAL) & ~shapely.is_valid(geometry)


def _made_valid(geometry: PyObjects) -> PyObjects:
    """The polygons in what repair makes of a polygon: it may leave lines and points beside them."""
    made = shapely.make_valid(geometry)
    loose = np.flatnonzero(~np.isin(shapely.get_type_id(made), POLYGONAL))
    for place in loose:
        made[place] = polygons_in(made[place])
    return made


def polygons_in(geometry: shapely.Geometry) -> shapely.Geometry:
    """The surface of a collection: lines and points beside its polygons have none; empty where it has no polygon."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    polygons = parts[np.isin(shapely.get_type_id(parts), POLYGONAL)]
    return shapely.union_all(polygons) if len(polygons) else shapely.MultiPolygon()


def mended_after_step(layer: Layer, before: PyObjects) -> Layer:
    """Mend what is valid in the file (`before`, (n,)) and no longer so in RD, where rounding makes its sides cross."""
    broken = _invalid(layer.geometry)
    broken[broken] = shapely.is_valid(before[broken])
    if not broken.any():
        return layer
    geometry = layer.geometry.copy()
    geometry[broken] = _made_valid(geometry[broken])
    remark = Remark(
        layer.source, "polygon made invalid by the step to RD", "repaired", int(broken.sum()), _rows(layer, broken)
    )
    return replace(layer, geometry=geometry, remarks=(*layer.remarks, remark))


def mended(layer: Layer) -> Layer:
    """Mend the invalid polygons of a layer, of which only rows that are used are left.

    Raises
    ------
    SourceError
        When repair would change the area of one by over 0.1 %, or over 1 % of the rows (and `FEW_ROWS`) are invalid.
    """
    invalid = _invalid(layer.geometry)
    if not invalid.any():
        return layer
    repaired = _made_valid(layer.geometry[invalid])
    before, after = shapely.area(layer.geometry[invalid]), shapely.area(repaired)
    changed = (np.abs(after - before) > REPAIRABLE_AREA_SHARE * np.maximum(after, before)) | (after == 0)
    if changed.any():
        place = int(np.flatnonzero(invalid)[np.argmax(changed)])
        raise SourceError(
            f"{layer.source}: row {layer.number(place)}{_called(layer, place)} is an invalid polygon and repair would "
            "change its area by more than 0.1 %. Mend the polygon in the source."
        )
    n_rows = int(invalid.sum())
    if n_rows >= FEW_ROWS and n_rows > REPAIRABLE_ROW_SHARE * len(layer.geometry):
        raise SourceError(
            f"{layer.source}: {n_rows} of {len(layer.geometry)} polygons are invalid, more than 1 %. "
            "Something is wrong with the delivery: mend it in the source."
        )
    geometry = layer.geometry.copy()
    geometry[invalid] = repaired
    remark = Remark(layer.source, "invalid polygon", "repaired", n_rows, _rows(layer, invalid))
    return replace(layer, geometry=geometry, remarks=(*layer.remarks, remark))


def _rows(layer: Layer, chosen: Flags) -> str:
    return layer.named(np.flatnonzero(chosen))


def _called(layer: Layer, place: int) -> str:
    """The code of a row: what stands in the first column of codes that are all different."""
    for name, values in layer.fields.items():
        texts = {value for value in values if isinstance(value, str) and _CODE.fullmatch(value)}
        if len(texts) == len(values):
            return f" ({name} {values[place]})"
    return ""
