"""The parts that people are given to: each origin cut along the borders of buurten and postcodes.

A home lies in one buurt and one postcode. A square or a postcode may lie in several: then every part has its weight. A
postcode holds about as many homes as another, so a part of a square weighs as the share of its postcode that it is; a
part of a postcode as its house numbers where a list of these was delivered, else as its surface. How many people a part
gets is not decided here.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.arrays import Floats, Ints, PyObjects
from pipelines.people.contracts import ATOMS
from pipelines.people.origins import Deliveries, Points, Polygons, codes_at, polygons_of, square_boxes, square_codes

# A sliver along a border that was drawn twice, not a part where people live.
SLIVER = 0.01


@dataclass(frozen=True)
class _Parts:
    """Parts of origins: arrays (n,) of the origin's number, the codes of buurt and PC6, and the weight."""

    origin: Ints
    buurt: PyObjects
    pc6: PyObjects
    weight: Floats


def build_atoms(points: Points, priors: Floats, deliveries: Deliveries) -> pa.Table:
    """Cut the points into `people/atoms`.

    Parameters
    ----------
    points
        Origins in their order.
    priors
        Persons likely at each, shape (n,).
    deliveries
        Buurten and postcodes to cut along, and the crosswalk where there is one.
    """
    parts = _parts(points, deliveries)
    at_point = codes_at(polygons_of(deliveries.areas, "pc6"), points.xy())
    at_point = np.where(points.pc6 != "", points.pc6, at_point)[parts.origin]
    columns = {
        "atom_id": np.arange(len(parts.origin)),
        "origin_id": parts.origin,
        "buurt_code": parts.buurt.tolist(),
        "pc6": parts.pc6.tolist(),
        "pc4": _pc4(points, parts, polygons_of(deliveries.areas, "pc4")).tolist(),
        "square_code": square_codes(points.x_m, points.y_m)[parts.origin].tolist(),
        "square500_code": square_codes(points.x_m, points.y_m, 500)[parts.origin].tolist(),
        "weight": parts.weight,
        "is_at_point": parts.pc6 == at_point,
        "is_institution": points.is_institution[parts.origin],
        "prior": priors[parts.origin] * parts.weight,
    }
    return pa.table([pa.array(columns[c.name], c.type) for c in ATOMS.columns], schema=ATOMS.schema)


def _parts(points: Points, deliveries: Deliveries) -> _Parts:
    buurten, pc6_areas = polygons_of(deliveries.areas, "buurt"), polygons_of(deliveries.areas, "pc6")
    inside = ~points.is_beyond
    squares = np.flatnonzero((points.origin_type == "square") & inside)
    postcodes = np.flatnonzero((points.origin_type == "pc6") & inside)
    whole = np.setdiff1d(np.arange(len(points)), np.concatenate([squares, postcodes]))
    return _in_order(
        [
            _whole(points, whole, buurten),
            _cut_squares(points, squares, buurten, pc6_areas),
            _cut_postcodes(points, postcodes, buurten, pc6_areas, deliveries.crosswalk),
        ]
    )


def _in_order(parts: list[_Parts]) -> _Parts:
    joined = _Parts(
        np.concatenate([part.origin for part in parts]),
        np.concatenate([part.buurt for part in parts]),
        np.concatenate([part.pc6 for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )
    order = np.lexsort((joined.pc6.astype(str), joined.buurt.astype(str), joined.origin))
    return _Parts(joined.origin[order], joined.buurt[order], joined.pc6[order], joined.weight[order])


def _whole(points: Points, rows: Ints, buurten: Polygons) -> _Parts:
    chosen = points.chosen(rows)
    buurt = np.where(chosen.is_beyond, "", codes_at(buurten, chosen.xy())).astype(object)
    return _Parts(rows, buurt, np.where(chosen.is_beyond, "", chosen.pc6).astype(object), np.ones(len(rows)))


def _cut_squares(points: Points, rows: Ints, buurten: Polygons, pc6_areas: Polygons) -> _Parts:
    by_pc6 = _cut(square_boxes(points.x_m[rows], points.y_m[rows]), pc6_areas)
    by_both = _cut(by_pc6.geometry, buurten)
    pc6 = by_pc6.code[by_both.row]
    whole_m2 = dict(zip(pc6_areas.codes.tolist(), shapely.area(pc6_areas.geometry).tolist(), strict=True))
    shares = shapely.area(by_both.geometry) / np.array([whole_m2.get(code, 1.0) for code in pc6.tolist()])
    return _weighted(rows, _Parts(by_pc6.row[by_both.row], by_both.code, pc6, shares))


def _cut_postcodes(points: Points, rows: Ints, buurten: Polygons, pc6_areas: Polygons, crosswalk: pa.Table) -> _Parts:
    """By house numbers where the list knows the postcode, else by surface."""
    codes = points.codes[rows]
    place = {code: number for number, code in enumerate(pc6_areas.codes.tolist())}
    geometry = pc6_areas.geometry[np.array([place[code] for code in codes.tolist()], dtype=np.int64)]
    by_buurt = _cut(geometry, buurten)
    surface = _Parts(by_buurt.row, by_buurt.code, codes[by_buurt.row], shapely.area(by_buurt.geometry))
    listed = _listed(codes, buurten, crosswalk)
    kept = ~np.isin(surface.origin, listed.origin)
    parts = _in_order(
        [listed, _Parts(surface.origin[kept], surface.buurt[kept], surface.pc6[kept], surface.weight[kept])]
    )
    return _weighted(rows, parts)


def _listed(codes: PyObjects, buurten: Polygons, crosswalk: pa.Table) -> _Parts:
    counted = crosswalk.group_by(["pc6", "buurt_code"]).aggregate([("house_number", "count")])
    chosen = counted.filter(
        pc.and_(
            pc.is_in(counted["pc6"], pa.array(codes.tolist(), pa.string())),
            pc.is_in(counted["buurt_code"], pa.array(buurten.codes.tolist(), pa.string())),
        )
    )
    row_of = {code: row for row, code in enumerate(codes.tolist())}
    pc6 = np.array(chosen["pc6"].to_pylist(), dtype=object)
    origin = np.array([row_of[code] for code in pc6.tolist()], dtype=np.int64)
    buurt = np.array(chosen["buurt_code"].to_pylist(), dtype=object)
    return _Parts(origin, buurt, pc6, chosen["house_number_count"].to_numpy().astype(np.float64))


@dataclass(frozen=True)
class _Cut:
    """Pieces: the row each was cut from, the code of what it lies in ('' nothing), and its geometry; arrays (n,)."""

    row: Ints
    code: PyObjects
    geometry: PyObjects


def _cut(geometry: PyObjects, areas: Polygons) -> _Cut:
    """Cut geometries along areas; what lies in none of them stays whole, under no code."""
    if len(areas.codes) and len(geometry):
        row, area = shapely.STRtree(areas.geometry).query(geometry, predicate="intersects")
        pieces = shapely.intersection(geometry[row], areas.geometry[area])
        filled = shapely.area(pieces) > 0
        row, area, pieces = row[filled].astype(np.int64), area[filled], pieces[filled]
    else:
        row, area, pieces = (np.empty(0, dtype=kind) for kind in (np.int64, np.int64, object))
    alone = np.setdiff1d(np.arange(len(geometry)), row)
    codes = np.concatenate([areas.codes[area], np.full(len(alone), "", dtype=object)])
    return _Cut(np.concatenate([row, alone]), codes, np.concatenate([pieces, geometry[alone]]))


def _weighted(rows: Ints, parts: _Parts) -> _Parts:
    """Turn weights into shares of each origin that sum to one, without slivers; one part per buurt and PC6.

    Of a square that straddles the border, only what lies within a buurt counts.
    """
    inside = np.bincount(parts.origin, weights=parts.weight * (parts.buurt != ""), minlength=len(rows))
    weight = np.where((parts.buurt == "") & (inside[parts.origin] > 0), 0.0, parts.weight)
    total = np.bincount(parts.origin, weights=weight, minlength=len(rows))
    weight = np.where(weight < SLIVER * total[parts.origin], 0.0, weight)
    total = np.bincount(parts.origin, weights=weight, minlength=len(rows))
    kept = weight > 0
    share = weight[kept] / total[parts.origin[kept]]
    return _Parts(rows[parts.origin[kept]], parts.buurt[kept], parts.pc6[kept], share)


def _pc4(points: Points, parts: _Parts, pc4_areas: Polygons) -> PyObjects:
    """The PC4 of each part: of its postcode, else the area its origin lies in; '' outside the area's own PC4s."""
    own = np.array([code[:4] for code in parts.pc6], dtype=object)
    at_point = np.where(points.is_beyond, "", codes_at(pc4_areas, points.xy()))
    located = np.where(own == "", at_point[parts.origin], own)
    return np.where(np.isin(located.astype(str), pc4_areas.codes.astype(str)), located, "").astype(object)
