"""Coordinate systems: which one a layer is in, whatever its file says of it, and the step from there to RD.

Nothing is guessed from the coordinates: a system that nobody names, or whose datum is not known, is refused.
"""

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

from pipelines import geo
from pipelines.arrays import Flags, Floats, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.remarks import Remark

_RD_CODE, _WGS84_CODE = 28992, 4326
# Oblique stereographic (EPSG method 9809), with the parameters of Amersfoort / RD New and how near they must be.
_RD_METHODS = frozenset({"oblique stereographic", "double stereographic", "oblique_stereographic"})
_RD_PARAMETERS = {
    "8801": (52.15616055555555, 1e-6),
    "8802": (5.38763888888889, 1e-6),
    "8805": (0.9999079, 1e-7),
    "8806": (155_000.0, 1e-2),
    "8807": (463_000.0, 1e-2),
}
_BESSEL = (6_377_397.155, 299.1528128)  # half its long axis in metres, and one over its flattening
_HALF_CIRCLE = 180.0
# The straight sides of a box in RD are curved elsewhere: so many points on each, and so much room around.
_POINTS_PER_SIDE = 20
_ROOM_M = 50.0


@dataclass(frozen=True)
class System:
    """A horizontal coordinate system, how it is called, and what to tell of how it was found."""

    crs: pyproj.CRS
    name: str
    is_rd: bool
    remarks: tuple[Remark, ...] = ()


def system_of(source: str, declared: str | None, configured: str | None) -> System:
    """Find the system of a layer: what the area file says, before what the file itself declares.

    Raises
    ------
    SourceError
        When neither names one, it is no coordinate system, or it hangs on a datum that is not known.
    """
    crs = configured or declared
    if not crs:
        raise SourceError(
            f"{source}: declares no coordinate system. Deliver it with one (a .prj file for a Shapefile), "
            "or set `crs` in the area file, for example `crs: EPSG:28992`."
        )
    system = _named(source, _parsed(source, crs))
    if configured and declared and (other := _contradicted(source, declared, system)):
        problem = f"declares {other}, read as {system.name} as the area file says"
        return System(system.crs, system.name, system.is_rd, (Remark(source, problem, "noted", 0),))
    return system


def _parsed(source: str, crs: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise SourceError(
            f"{source}: {crs[:80]!r} is no coordinate system. Write `crs: EPSG:28992` or the like."
        ) from error


def _named(source: str, whole: pyproj.CRS) -> System:
    crs = _horizontal(whole)
    code = crs.to_epsg()
    if code == _RD_CODE or _is_rd(crs):
        plain = code == _RD_CODE and _datum_is_known(crs)
        told = Remark(source, f"RD under another name ({crs.name}), known by its parameters", "noted", 0)
        return System(crs, f"EPSG:{_RD_CODE}", is_rd=True, remarks=() if plain else (told,))
    if not _datum_is_known(crs):
        raise SourceError(
            f"{source}: its coordinate system ({crs.name}) does not say on which datum it rests, so that it may lie "
            "over 100 m off. Set `crs` in the area file, for example `crs: EPSG:28992`, or deliver it in that."
        )
    return System(crs, f"EPSG:{code}" if code else crs.name, is_rd=False)


def _horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    """The flat part of a system with heights, such as RD with NAP."""
    return _horizontal(crs.sub_crs_list[0]) if crs.is_compound else crs.to_2d()


def _is_rd(crs: pyproj.CRS) -> bool:
    """Whether a system is RD by its projection and ellipsoid: no other has these, whatever its datum is called."""
    flat = crs.source_crs if crs.is_bound and crs.source_crs else crs
    operation, ellipsoid = flat.coordinate_operation, flat.ellipsoid
    if operation is None or ellipsoid is None or operation.method_name.lower() not in _RD_METHODS:
        return False
    found = {str(parameter.code): float(parameter.value) for parameter in operation.params}
    alike = all(abs(found.get(code, np.inf) - value) <= most for code, (value, most) in _RD_PARAMETERS.items())
    metres = all(axis.unit_conversion_factor == 1 for axis in flat.axis_info)
    is_bessel = np.allclose((ellipsoid.semi_major_metre, ellipsoid.inverse_flattening), _BESSEL, rtol=1e-7)
    return alike and metres and bool(is_bessel)


def _datum_is_known(crs: pyproj.CRS) -> bool:
    if crs.is_bound:  # its file says how to come from its datum to WGS 84
        return True
    datum = crs.geodetic_crs.datum if crs.geodetic_crs else None
    if datum is None or any(word in datum.name.lower() for word in ("unknown", "not specified", "undefined")):
        return False
    try:
        _step_to_wgs84(crs)
    except pyproj.exceptions.ProjError:
        return False
    return True


def _step_to_wgs84(crs: pyproj.CRS) -> pyproj.Transformer:
    """The step to WGS 84; never the one that takes every datum for the same, over 100 m off."""
    return pyproj.Transformer.from_crs(crs, geo.WGS84, always_xy=True, allow_ballpark=False)


def _contradicted(source: str, declared: str, system: System) -> str:
    """How the file itself calls its system, where that is another than the one it is read in."""
    try:
        own = _named(source, _parsed(source, declared))
    except SourceError:
        return ""
    return own.name if own.name != system.name else ""


def to_rd(geometry: PyObjects, system: System) -> PyObjects:
    """Geometries (n,) of a system in RD; coordinates that mean nothing there become no numbers."""
    if system.is_rd:
        return geometry
    return geo.geometries_to_rd(_to_wgs84(geometry, system))


def _to_wgs84(geometry: PyObjects, system: System) -> PyObjects:
    transformer = _step_to_wgs84(system.crs)
    is_wgs84 = system.name == f"EPSG:{_WGS84_CODE}"

    def step(xy: Floats) -> Floats:
        # PROJ turns degrees round and round: 155,000 of them are a place too. Unlike NaN, infinity closes a ring.
        senseless = no_degrees(xy, system) | ~np.isfinite(xy).all(axis=1)
        sane = np.where(senseless[:, None], np.inf, xy)
        return sane if is_wgs84 else np.column_stack(transformer.transform(sane[:, 0], sane[:, 1]))

    return shapely.transform(geometry, step)


def no_degrees(xy: Floats, system: System) -> Flags:
    """Which points (n, 2) are beyond all degrees, though their system counts in degrees."""
    if not system.crs.is_geographic:
        return np.zeros(len(xy), dtype=bool)
    return np.asarray((np.abs(xy) > _HALF_CIRCLE).any(axis=1))


Box = tuple[float, float, float, float]


def box_in(bounds_rd: Box, system: System) -> Box | None:
    """The smallest box of a system around a box in RD, with room to spare; None where it cannot be drawn."""
    low_x, low_y, high_x, high_y = bounds_rd
    around = _outline((low_x - _ROOM_M, low_y - _ROOM_M, high_x + _ROOM_M, high_y + _ROOM_M))
    if system.is_rd:
        return _bounds(around)
    transformer = _step_to_wgs84(system.crs)
    degrees = geo.to_wgs84(around[:, 0], around[:, 1])
    return _bounds(np.column_stack(transformer.transform(*degrees, direction="INVERSE")))


def box_in_rd(bounds: Box, system: System) -> Box | None:
    """The smallest box in RD around the bounds of a layer; None where they mean nothing there."""
    if not np.isfinite(bounds).all():
        return None
    points = np.asarray(shapely.points(_outline(bounds)), dtype=object)
    return _bounds(shapely.get_coordinates(to_rd(points, system)))


def _outline(box: Box) -> Floats:
    """Points (n, 2) along the sides of a box."""
    x, y = np.linspace(box[0], box[2], _POINTS_PER_SIDE), np.linspace(box[1], box[3], _POINTS_PER_SIDE)
    across = [np.column_stack((x, np.full_like(x, end))) for end in (box[1], box[3])]
    along = [np.column_stack((np.full_like(y, end), y)) for end in (box[0], box[2])]
    return np.vstack(across + along)


def _bounds(points: Floats) -> Box | None:
    low, high = points.min(axis=0), points.max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return box if np.isfinite(box).all() else None
