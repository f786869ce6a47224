"""Where people walk from: addresses, else the centres of CBS squares, else the points of postcodes (PC6), else cells.

A PC6 in which no such point lies is given a probe: its own point, for no persons, so that the question "how far is it
from here" has an answer for every postcode. Beyond the border squares are kept, as their people share its places.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines import geo
from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.people.contracts import ORIGINS

# Floor of a care home per resident, rooms for all included: assumed, and of use only beside ordinary homes.
INSTITUTION_M2_PER_PERSON = 50.0
PERSONS_PER_DWELLING = 2.1
HALF_SQUARE_M = 50.0
# Where people were counted somebody may live, whatever the postcodes say.
LEAST_POSTCODES = 1e-3


@dataclass(frozen=True)
class Points:
    """Points in RD: arrays (n,) of type, code, place, own postcode ('' none) and whether beyond the border.

    `base` is how many persons are likely at each before anything was counted; `is_institution`: no private households.
    """

    origin_type: PyObjects
    codes: PyObjects
    x_m: Floats
    y_m: Floats
    pc6: PyObjects
    is_beyond: Flags
    base: Floats
    is_institution: Flags

    def __len__(self) -> int:
        """How many points there are."""
        return len(self.codes)

    def xy(self) -> PyObjects:
        """The points as geometries (n,)."""
        return np.asarray(shapely.points(self.x_m, self.y_m), dtype=object)

    def chosen(self, rows: Flags | Ints) -> "Points":
        """Those of the rows chosen, by mask or number."""
        return Points(*(getattr(self, column.name)[rows] for column in fields(self)))


@dataclass(frozen=True)
class Deliveries:
    """The tables of `sources/` that origins are made of, and the unit type whose totals they will share."""

    areas: pa.Table
    addresses: pa.Table
    squares: pa.Table
    people_counts: pa.Table
    crosswalk: pa.Table
    unit_type: str
    extent: tuple[float, float, float, float] | None = None

    @property
    def within(self) -> shapely.Polygon | None:
        """The extent as a box in RD; None where the area has none."""
        return None if self.extent is None else shapely.box(*self.extent)


@dataclass(frozen=True)
class Polygons:
    """Areas of one type: codes and geometry (n,)."""

    codes: PyObjects
    geometry: PyObjects


def polygons_of(areas: pa.Table, area_type: str) -> Polygons:
    """The areas of one type, of `sources/areas`."""
    chosen = areas.filter(pc.equal(areas["area_type"], area_type))
    geometry = shapely.from_wkb(chosen["geometry"].to_numpy(zero_copy_only=False))
    return Polygons(np.array(chosen["area_code"].to_pylist(), dtype=object), np.asarray(geometry, dtype=object))


def containing(polygons: PyObjects, points: PyObjects) -> Ints:
    """Index of the polygon each point (n,) lies in, the first where borders meet; -1 where it lies in none."""
    found = np.full(len(points), -1, dtype=np.int64)
    if not len(polygons) or not len(points):
        return found
    point_index, polygon_index = shapely.STRtree(polygons).query(points, predicate="intersects")
    order = np.lexsort((polygon_index, point_index))[::-1]
    found[point_index[order]] = polygon_index[order]
    return found


def codes_at(polygons: Polygons, points: PyObjects) -> PyObjects:
    """Code of the polygon each point (n,) lies in; '' where it lies in none."""
    index = containing(polygons.geometry, points)
    codes = np.append(polygons.codes, "")
    return np.asarray(codes[index], dtype=object)


def find_points(deliveries: Deliveries, h3_resolution: int) -> Points:
    """Every point that people walk from, in the order of type and code.

    Parameters
    ----------
    deliveries
        Addresses and squares may be empty; `unit_type` is square, pc6, pc4 or buurt.
    h3_resolution
        Resolution of the cells, 9-11; where there is nothing else, people stand at the centres of the next.

    Returns
    -------
    Points
        One per address, else per square, else per PC6; one for every inhabited unit in which none of these stands; a
        probe for every PC6 without any; beyond the border, squares.
    """
    pc6_areas, buurten = polygons_of(deliveries.areas, "pc6"), polygons_of(deliveries.areas, "buurt")
    main = _located(_main_points(deliveries, pc6_areas, h3_resolution), deliveries, buurten)
    lonely = _located(_unit_points(main, deliveries), deliveries, buurten)
    populated = _joined([_with_pc6(main, pc6_areas), _with_pc6(lonely, pc6_areas)])
    probes = _located(_probes(populated, pc6_areas), deliveries, buurten)
    points = _joined([populated, probes, _beyond(deliveries, buurten)])
    return points.chosen(np.lexsort((points.codes.astype(str), points.origin_type.astype(str))))


def origins_table(points: Points, h3_resolution: int) -> pa.Table:
    """The points as `people/origins`, numbered in their order."""
    columns = {
        "origin_id": np.arange(len(points)),
        "origin_type": points.origin_type.tolist(),
        "origin_code": points.codes.tolist(),
        "x_m": points.x_m,
        "y_m": points.y_m,
        "h3_cell": geo.h3_cells(points.x_m, points.y_m, h3_resolution),
        "is_beyond": points.is_beyond,
    }
    return pa.table([pa.array(columns[c.name], c.type) for c in ORIGINS.columns], schema=ORIGINS.schema)


def square_codes(x_m: Floats, y_m: Floats, size_m: int = 100) -> PyObjects:
    """CBS codes of the squares that points (n,) in RD lie in: lower left corner in hectometres, e.g. E2334N5820."""
    east, north = (np.floor(metres / size_m).astype(int) * (size_m // 100) for metres in (x_m, y_m))
    return np.array([f"E{e:04d}N{n:04d}" for e, n in zip(east, north, strict=True)], dtype=object)


def _points(origin_type: str, codes: PyObjects, xy: Floats) -> Points:
    n = len(codes)
    types, unknown = np.full(n, origin_type, dtype=object), np.full(n, "", dtype=object)
    nowhere = np.zeros(n, dtype=bool)
    return Points(types, codes, xy[:, 0], xy[:, 1], unknown, nowhere, np.ones(n), nowhere)


def _main_points(deliveries: Deliveries, pc6_areas: Polygons, h3_resolution: int) -> Points:
    if len(deliveries.addresses):
        return _address_points(deliveries.addresses)
    if len(deliveries.squares):
        return _square_points(deliveries.squares, pc6_areas)
    if not len(pc6_areas.codes) and deliveries.within is not None:
        centres = geo.h3_centres(deliveries.within, h3_resolution + 1)
        return _points("cell", np.array([f"{n:06}" for n in range(len(centres))], dtype=object), centres)
    return replace(_representative("pc6", pc6_areas), pc6=pc6_areas.codes)


def _square_points(squares: pa.Table, pc6_areas: Polygons) -> Points:
    """Squares of 100 m, each as likely a home as it holds parts of postcodes, which have about as many homes each."""
    points = _from_table("square", _hundreds(squares), "square_code")
    if not len(pc6_areas.codes):
        return points
    boxes = square_boxes(points.x_m, points.y_m)
    square, postcode = shapely.STRtree(pc6_areas.geometry).query(boxes, predicate="intersects")
    shared = shapely.area(shapely.intersection(boxes[square], pc6_areas.geometry[postcode]))
    postcodes = np.bincount(square, weights=shared / shapely.area(pc6_areas.geometry)[postcode], minlength=len(points))
    return replace(points, base=np.maximum(postcodes, LEAST_POSTCODES))


def square_boxes(x_m: Floats, y_m: Floats) -> PyObjects:
    """Squares of 100 m around their centres in RD; shape (n,)."""
    boxes = shapely.box(x_m - HALF_SQUARE_M, y_m - HALF_SQUARE_M, x_m + HALF_SQUARE_M, y_m + HALF_SQUARE_M)
    return np.asarray(boxes, dtype=object)


def _hundreds(squares: pa.Table) -> pa.Table:
    return squares.filter(pc.equal(squares["size_m"], 100))


def _address_points(addresses: pa.Table) -> Points:
    """Every address with what is likely there: a dwelling's persons, or those of an institution by its floor."""
    points = _from_table("address", addresses, "address_id")
    is_institution = addresses["is_institution"].to_numpy(zero_copy_only=False)
    floor = addresses["floor_area_m2"].to_numpy(zero_copy_only=False)
    residents = np.where(np.isnan(floor), PERSONS_PER_DWELLING, floor / INSTITUTION_M2_PER_PERSON)
    base = np.where(is_institution, np.maximum(residents, PERSONS_PER_DWELLING), PERSONS_PER_DWELLING)
    return replace(points, pc6=_words(addresses, "pc6"), base=base, is_institution=is_institution)


def _words(table: pa.Table, column: str) -> PyObjects:
    return np.array(table[column].to_pylist(), dtype=object)


def _from_table(origin_type: str, table: pa.Table, code: str) -> Points:
    xy = np.column_stack([table["x_m"].to_numpy(), table["y_m"].to_numpy()])
    return _points(origin_type, _words(table, code), xy)


def _representative(origin_type: str, areas: Polygons) -> Points:
    inside = shapely.point_on_surface(areas.geometry)
    return _points(origin_type, areas.codes, np.column_stack([shapely.get_x(inside), shapely.get_y(inside)]))


def _joined(parts: Sequence[Points]) -> Points:
    return Points(*(np.concatenate([getattr(part, c.name) for part in parts]) for c in fields(Points)))


def _inside(points: Points, deliveries: Deliveries, buurten: Polygons) -> Flags:
    xy = points.xy()
    inside = containing(buurten.geometry, xy) >= 0 if len(buurten.codes) else np.ones(len(xy), dtype=bool)
    if deliveries.within is not None:
        inside &= shapely.intersects(deliveries.within, xy)
    return inside


def _located(points: Points, deliveries: Deliveries, buurten: Polygons) -> Points:
    """Keep the points inside the area."""
    return points.chosen(_inside(points, deliveries, buurten))


def _with_pc6(points: Points, pc6_areas: Polygons) -> Points:
    """Fill in the postcode a point lies in where it has none of its own."""
    located = codes_at(pc6_areas, points.xy())
    return replace(points, pc6=np.where(points.pc6 == "", located, points.pc6).astype(object))


def _units_at(points: Points, deliveries: Deliveries) -> PyObjects:
    """Code of the unit whose total each point shares."""
    unit_type = deliveries.unit_type
    if unit_type == "square":
        return square_codes(points.x_m, points.y_m)
    if unit_type == "pc6" and (points.pc6 != "").any():
        return points.pc6
    return codes_at(polygons_of(deliveries.areas, unit_type), points.xy())


def _unit_points(main: Points, deliveries: Deliveries) -> Points:
    """A point for every inhabited unit over which no main point can share its persons."""
    served = set(_units_at(main, deliveries).tolist())
    inhabited = deliveries.people_counts.filter(
        (pc.field("unit_type") == deliveries.unit_type)
        & (pc.field("population_group") == "all")
        & (pc.field("persons") > 0)
    )
    lonely = sorted(set(inhabited["unit_code"].to_pylist()) - served)
    if deliveries.unit_type == "square":
        table = _hundreds(deliveries.squares)
        chosen = table.filter(pc.is_in(table["square_code"], pa.array(lonely, pa.string())))
        return _from_table("unit", chosen, "square_code")
    areas = polygons_of(deliveries.areas, deliveries.unit_type)
    if deliveries.within is not None:
        areas = Polygons(areas.codes, shapely.intersection(areas.geometry, deliveries.within))
    mask = np.isin(areas.codes.astype(str), np.array(lonely, dtype=str)) & ~shapely.is_empty(areas.geometry)
    points = _representative("unit", Polygons(areas.codes[mask], areas.geometry[mask]))
    return replace(points, pc6=points.codes) if deliveries.unit_type == "pc6" else points


def _probes(points: Points, pc6_areas: Polygons) -> Points:
    lonely = ~np.isin(pc6_areas.codes.astype(str), points.pc6.astype(str))
    probes = _representative("probe", Polygons(pc6_areas.codes[lonely], pc6_areas.geometry[lonely]))
    return replace(probes, pc6=probes.codes)


def _beyond(deliveries: Deliveries, buurten: Polygons) -> Points:
    """Squares beyond the border: only of these is known, without the neighbour's own files, how many live there."""
    points = _from_table("square", _hundreds(deliveries.squares), "square_code")
    outside = ~_inside(points, deliveries, buurten)
    return replace(points, is_beyond=outside).chosen(outside)
