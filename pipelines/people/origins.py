"""Where people walk from: addresses, else the centres of CBS squares, else the points of postcodes (PC6), else cells.

A PC6 in which no such point lies is given a probe: its own point, for no persons, so that the question "how far is it
from here" has an answer for every postcode.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from pipelines import geo
from pipelines.people.contracts import ORIGINS


@dataclass(frozen=True)
class _Points:
    """Points in RD: arrays (n,) of type, code, place, own postcode, buurt, unit ('' none) and prior."""

    origin_type: NDArray[np.object_]
    codes: NDArray[np.object_]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    pc6: NDArray[np.object_]
    buurt: NDArray[np.object_]
    unit: NDArray[np.object_]
    prior: NDArray[np.float64]


@dataclass(frozen=True)
class Deliveries:
    """The tables of `sources/` that origins are made of, and the unit type whose totals they will share."""

    areas: pa.Table
    addresses: pa.Table
    squares: pa.Table
    people_counts: pa.Table
    unit_type: str
    extent: tuple[float, float, float, float] | None = None

    @property
    def within(self) -> shapely.Polygon | None:
        """The extent as a box in RD; None where the area has none."""
        return None if self.extent is None else shapely.box(*self.extent)


def build_origins(deliveries: Deliveries, h3_resolution: int) -> pa.Table:
    """Every point in the municipality that people walk from, with its buurt, postcode, H3 cell, unit and prior.

    Parameters
    ----------
    deliveries
        Addresses and squares may be empty; `unit_type` is square, pc6 or buurt.
    h3_resolution
        Resolution of the cells, 9-11.

    Returns
    -------
    pyarrow.Table
        `people/origins`: one point per address, else per square, else per PC6; a point for every inhabited unit
        in which none of these stands; a probe for every PC6 without any.
    """
    pc6_areas, buurten = _polygons(deliveries.areas, "pc6"), _polygons(deliveries.areas, "buurt")
    main = _located(_main_points(deliveries, pc6_areas, h3_resolution), deliveries, buurten)
    lonely = _located(_unit_points(main, deliveries), deliveries, buurten)
    populated = _joined([_with_pc6(main, pc6_areas), _with_pc6(lonely, pc6_areas)])
    probes = _located(_probes(populated, pc6_areas), deliveries, buurten)
    return _origins(_joined([populated, probes]), _polygons(deliveries.areas, "pc4"), h3_resolution)


@dataclass(frozen=True)
class _Polygons:
    codes: NDArray[np.object_]
    geometry: NDArray[np.object_]


def _polygons(areas: pa.Table, area_type: str) -> _Polygons:
    chosen = areas.filter(pc.equal(areas["area_type"], area_type))
    geometry = shapely.from_wkb(chosen["geometry"].to_numpy(zero_copy_only=False))
    return _Polygons(np.array(chosen["area_code"].to_pylist(), dtype=object), np.asarray(geometry, dtype=object))


def containing(polygons: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.int64]:
    """Index of the polygon each point (n,) lies in, the first where borders meet; -1 where it lies in none."""
    found = np.full(len(points), -1, dtype=np.int64)
    if not len(polygons) or not len(points):
        return found
    point_index, polygon_index = shapely.STRtree(polygons).query(points, predicate="intersects")
    order = np.lexsort((polygon_index, point_index))[::-1]
    found[point_index[order]] = polygon_index[order]
    return found


def _codes_at(polygons: _Polygons, points: NDArray[np.object_]) -> NDArray[np.object_]:
    index = containing(polygons.geometry, points)
    codes = np.append(polygons.codes, "")
    return np.asarray(codes[index], dtype=object)


def _points(
    origin_type: str, codes: NDArray[np.object_], xy: NDArray[np.float64], prior: NDArray[np.float64] | None = None
) -> _Points:
    unknown = np.full(len(codes), "", dtype=object)
    types = np.full(len(codes), origin_type, dtype=object)
    weights = np.ones(len(codes)) if prior is None else prior
    return _Points(types, codes, xy[:, 0], xy[:, 1], unknown, unknown, unknown, weights)


def _main_points(deliveries: Deliveries, pc6_areas: _Polygons, h3_resolution: int) -> _Points:
    if len(deliveries.addresses):
        points = _from_table("address", deliveries.addresses, "address_id")
        return replace(points, pc6=_words(deliveries.addresses, "pc6"))
    if len(deliveries.squares):
        points = _from_table("square", deliveries.squares, "square_code")
        return (
            points
            if deliveries.unit_type == "square"
            else replace(points, prior=_counted("square", points, deliveries))
        )
    if not len(pc6_areas.codes) and deliveries.within is not None:
        centres = geo.h3_centres(deliveries.within, h3_resolution + 1)
        return _points("cell", np.array([f"{n:06}" for n in range(len(centres))], dtype=object), centres)
    points = _representative("pc6", pc6_areas)
    points = replace(points, pc6=pc6_areas.codes)
    return points if deliveries.unit_type == "pc6" else replace(points, prior=_counted("pc6", points, deliveries))


def _xy(points: _Points) -> NDArray[np.object_]:
    return np.asarray(shapely.points(points.x_m, points.y_m), dtype=object)


def _words(table: pa.Table, column: str) -> NDArray[np.object_]:
    return np.array(table[column].to_pylist(), dtype=object)


def _from_table(origin_type: str, table: pa.Table, code: str) -> _Points:
    xy = np.column_stack([table["x_m"].to_numpy(), table["y_m"].to_numpy()])
    return _points(origin_type, _words(table, code), xy)


def _representative(origin_type: str, areas: _Polygons) -> _Points:
    inside = shapely.point_on_surface(areas.geometry)
    return _points(origin_type, areas.codes, np.column_stack([shapely.get_x(inside), shapely.get_y(inside)]))


def _counted(unit_type: str, points: _Points, deliveries: Deliveries) -> NDArray[np.float64]:
    """Inhabitants at each point as its own delivery counts them, 0 where hidden; 1 for all where none were counted."""
    counts = _totals(deliveries.people_counts, unit_type)
    if not counts:
        return np.ones(len(points.codes))
    return np.array([counts.get(code) or 0.0 for code in points.codes], dtype=np.float64)


def _totals(people_counts: pa.Table, unit_type: str) -> dict[str, float | None]:
    chosen = people_counts.filter(
        pc.and_(pc.equal(people_counts["unit_type"], unit_type), pc.equal(people_counts["population_group"], "all"))
    )
    return dict(zip(chosen["unit_code"].to_pylist(), chosen["persons"].to_pylist(), strict=True))


def _located(points: _Points, deliveries: Deliveries, buurten: _Polygons) -> _Points:
    """Keep the points inside the area, with their buurt and unit."""
    xy = _xy(points)
    buurt = _codes_at(buurten, xy)
    inside = buurt != "" if len(buurten.codes) else np.ones(len(buurt), dtype=bool)
    if deliveries.within is not None:
        inside &= shapely.intersects(deliveries.within, xy)
    units = {
        "buurt": buurt,
        "pc6": points.pc6,
        "pc4": _codes_at(_polygons(deliveries.areas, "pc4"), xy),
        "square": _square_codes(points.x_m, points.y_m),
    }
    unit = np.where(points.origin_type == "probe", "", units[deliveries.unit_type]).astype(object)
    return _chosen(replace(points, buurt=buurt, unit=unit), inside)


def _square_codes(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.object_]:
    east, north = np.floor(x_m / 100).astype(int), np.floor(y_m / 100).astype(int)
    return np.array([f"E{e:04d}N{n:04d}" for e, n in zip(east, north, strict=True)], dtype=object)


def _chosen(points: _Points, rows: NDArray[np.bool_] | NDArray[np.int64]) -> _Points:
    return _Points(*(getattr(points, column.name)[rows] for column in fields(points)))


def _joined(parts: Sequence[_Points]) -> _Points:
    return _Points(*(np.concatenate([getattr(part, c.name) for part in parts]) for c in fields(_Points)))


def _with_pc6(points: _Points, pc6_areas: _Polygons) -> _Points:
    """Fill in the postcode a point lies in where it has none of its own."""
    located = _codes_at(pc6_areas, _xy(points))
    return replace(points, pc6=np.where(points.pc6 == "", located, points.pc6).astype(object))


def _unit_points(main: _Points, deliveries: Deliveries) -> _Points:
    """A point for every inhabited unit over which no main point can share its persons."""
    served = set(main.unit[main.prior > 0].tolist())
    totals = _totals(deliveries.people_counts, deliveries.unit_type)
    lonely = sorted(code for code, persons in totals.items() if persons and code not in served)
    if deliveries.unit_type == "square":
        table = deliveries.squares
        chosen = table.filter(pc.is_in(table["square_code"], pa.array(lonely, pa.string())))
        return _from_table("unit", chosen, "square_code")
    areas = _polygons(deliveries.areas, deliveries.unit_type)
    if deliveries.within is not None:
        areas = _Polygons(areas.codes, shapely.intersection(areas.geometry, deliveries.within))
    mask = np.isin(areas.codes.astype(str), np.array(lonely, dtype=str))
    points = _representative("unit", _Polygons(areas.codes[mask], areas.geometry[mask]))
    return replace(points, pc6=points.codes) if deliveries.unit_type == "pc6" else points


def _probes(points: _Points, pc6_areas: _Polygons) -> _Points:
    lonely = ~np.isin(pc6_areas.codes.astype(str), points.pc6.astype(str))
    probes = _representative("probe", _Polygons(pc6_areas.codes[lonely], pc6_areas.geometry[lonely]))
    return replace(probes, pc6=probes.codes)


def _origins(points: _Points, pc4_areas: _Polygons, h3_resolution: int) -> pa.Table:
    points = _chosen(points, np.lexsort((points.codes.astype(str), points.origin_type.astype(str))))
    columns = {
        "origin_id": np.arange(len(points.codes)),
        "origin_type": points.origin_type.tolist(),
        "origin_code": points.codes.tolist(),
        "x_m": points.x_m,
        "y_m": points.y_m,
        "h3_cell": geo.h3_cells(points.x_m, points.y_m, h3_resolution),
        "buurt_code": points.buurt.tolist(),
        "pc6": points.pc6.tolist(),
        "pc4": _pc4(points, pc4_areas).tolist(),
        "unit_code": points.unit.tolist(),
        "prior": points.prior,
    }
    return pa.table([pa.array(columns[c.name], c.type) for c in ORIGINS.columns], schema=ORIGINS.schema)


def _pc4(points: _Points, pc4_areas: _Polygons) -> NDArray[np.object_]:
    """The PC4 of each point: of its postcode, else the area it lies in; '' outside the municipality's own PC4s."""
    own = np.array([code[:4] for code in points.pc6], dtype=object)
    located = np.where(own == "", _codes_at(pc4_areas, _xy(points)), own)
    return np.where(np.isin(located.astype(str), pc4_areas.codes.astype(str)), located, "").astype(object)
