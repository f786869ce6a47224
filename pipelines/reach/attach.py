"""Where homes and places hang on the network: the nearest edge a profile may use, and the metres to it.

Here points and polygons meet edges. Walking from there on is the business of `kernel` and `pairs`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.arrays import Floats, Geometries, Ints, PyObjects
from pipelines.contracts import conform
from pipelines.errors import ContractError
from pipelines.reach.contracts import ATTACHMENTS
from pipelines.reach.doors import door_facts, judged_doors
from pipelines.streets.profiles import Profile
from pipelines.streets.rights import CUSTOMERS

# The method book asks for 60 m. Delivered networks lack paths to the door: in Groningen 5 % of the PC6 points lie over
# 83 m and 1 % over 203 m from the network. The metres are counted, so a long one is a long walk, not a short one.
SNAP_LIMIT_M = 250.0
# A stretch of path without connection to the streets leads nowhere: method book, section 3.5.
COMPONENT_OVER_M = 1_000.0


@dataclass(frozen=True)
class Access:
    """Access points, in the order of their places: row of the place, number of its door, and where; shape (n,) each."""

    rows: Ints
    numbers: Ints
    geometries: Geometries


@dataclass(frozen=True)
class Streets:
    """The edges a profile may use and that connect to a network worth the name, in ascending order of edge_id."""

    profile: str
    edge_ids: Ints
    lines: Geometries
    tree: shapely.STRtree


def usable_streets(edges: pa.Table, costs: pa.Table, *, component_over_m: float = COMPONENT_OVER_M) -> Streets:
    """Select the edges that a profile may walk in some direction, and whose connected part is long enough.

    Connected means by usable edges, whatever their direction: one-way stretches for pedestrians are rare and short.

    Parameters
    ----------
    edges
        Table `streets/edges`.
    costs
        Table `streets/costs` of one profile.
    component_over_m
        A connected part with no more than this many metres of street is left out.

    Raises
    ------
    ContractError
        When the costs are of no or several profiles, or not of these edges.
    """
    profiles = pc.unique(costs["profile"]).to_pylist()
    if len(profiles) != 1:
        raise ContractError(f"streets/costs: holds profiles {profiles}; attach one profile at a time.")
    ordered = costs.sort_by("edge_id")
    if not np.array_equal(ordered["edge_id"].to_numpy(), edges["edge_id"].to_numpy()):
        raise ContractError(f"streets/costs of {profiles[0]!r} and streets/edges list other edges. Cost them anew.")
    passable = pc.or_(pc.is_valid(ordered["forward_m"]), pc.is_valid(ordered["backward_m"]))
    usable = edges.select(["edge_id", "u", "v", "length_m", "is_sight", "geometry"]).filter(passable)
    connected = usable.filter(pa.array(_component_length_m(usable) > component_over_m))
    # An obstacle is a stretch without length: walked through, never lived at.
    connected = connected.filter(pc.greater(connected["length_m"], 0))
    lines = shapely.from_wkb(connected["geometry"].to_numpy())
    return Streets(profiles[0], connected["edge_id"].to_numpy(), lines, shapely.STRtree(lines))


def lived_along(streets: Streets, edges: pa.Table) -> Streets:
    """Leave out the ways for customers: places lie along them, and no homes, whatever their ground adjoins."""
    own = edges["edge_id"].filter(pc.equal(edges["foot"], CUSTOMERS)).to_numpy()
    kept = ~np.isin(streets.edge_ids, own)
    if kept.all():
        return streets
    lines = streets.lines[kept]
    return Streets(streets.profile, streets.edge_ids[kept], lines, shapely.STRtree(lines))


def _component_length_m(edges: pa.Table) -> Floats:
    """Metres of street in the connected part of each edge; shape (n_edges,).

    Lines of sight are not counted: their number grows with the square of the corners, and a plaza of 181 m round
    would pass for 9 km of streets.
    """
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    _, ends = np.unique(np.concatenate([u, v]), return_inverse=True)
    start, end = ends.reshape(2, -1)
    n_nodes = int(ends.max(initial=-1)) + 1
    if n_nodes == 0:
        return np.zeros(0)
    graph = coo_array((np.ones(len(u), dtype=np.int8), (start, end)), shape=(n_nodes, n_nodes))
    _, part = connected_components(graph, directed=False)
    street_m = np.where(edges["is_sight"].to_numpy(), 0.0, edges["length_m"].to_numpy())
    length_m: Floats = np.bincount(part[start], weights=street_m)[part[start]]
    return length_m


def attach_origins(origins: pa.Table, streets: Streets, *, limit_m: float | None = SNAP_LIMIT_M) -> pa.Table:
    """Attach homes to the nearest usable edge, at the foot of the perpendicular; of equals, to the lowest edge_id.

    Parameters
    ----------
    origins
        At least `origin_id`, `x_m`, `y_m` of `people/origins`.
    streets
        What the profile may use.
    limit_m
        Farther than this many metres a point is not attached; null: no limit.

    Returns
    -------
    pyarrow.Table
        `reach/attachments`, one row per origin.
    """
    points = shapely.points(origins["x_m"].to_numpy(), origins["y_m"].to_numpy())
    ids = origins["origin_id"].to_numpy()
    no_doors = np.full(len(ids), "yes", dtype=np.object_)
    return _attachments("origin", (ids, np.atleast_1d(points), no_doors), streets, limit_m)


def attach_places(
    register: pa.Table, streets: Streets, profile: Profile | None = None, *, limit_m: float | None = SNAP_LIMIT_M
) -> pa.Table:
    """Attach places by every access point they have.

    Access points are a place's mapped entrances; where none are mapped, a polygon's are the points where usable
    streets meet its perimeter; else the place is reached at the point of it that lies nearest to a usable street.

    Parameters
    ----------
    register
        At least `place_id`, `geometry`, `entrances` of `places/register`; with a profile also `place_kind` and what
        is known of its doors.
    streets
        What the profile may use.
    profile
        Who has to come in by the doors; null: everybody is let in everywhere.
    limit_m
        Farther than this many metres an access point is not attached; null: no limit.

    Returns
    -------
    pyarrow.Table
        `reach/attachments`, one row per access point, at least one per place.
    """
    ids = register["place_id"].to_numpy()
    shapes: Geometries = shapely.from_wkb(register["geometry"].to_numpy(zero_copy_only=False))
    entrances: Geometries = shapely.from_wkb(register["entrances"].to_numpy(zero_copy_only=False))
    access = _access(shapes, entrances, streets)
    doors = np.full(len(access.rows), "yes", dtype=np.object_)
    if profile is not None:
        doors = judged_doors(door_facts(register, access.rows, access.numbers), profile)
    return _attachments("place", (ids[access.rows], access.geometries, doors), streets, limit_m)


def _access(shapes: Geometries, entrances: Geometries, streets: Streets) -> Access:
    """Choose the access points of places."""
    ways_in = _points_of(entrances)
    without = np.setdiff1d(np.arange(len(shapes)), ways_in.rows)
    meetings = _crossings(shapes, without, streets)
    alone = np.setdiff1d(without, meetings.rows)
    parts = (ways_in, meetings, Access(alone, np.zeros(len(alone), np.int64), shapes[alone]))
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows, kind="stable")
    return Access(
        rows[order],
        np.concatenate([part.numbers for part in parts])[order],
        np.concatenate([part.geometries for part in parts])[order],
    )


def _points_of(geometries: Geometries) -> Access:
    """List the distinct points of geometries (null: none), in the order of row, x and y; `numbers` tells the given."""
    coordinates, rows = shapely.get_coordinates(geometries, return_index=True)
    number = np.arange(len(rows)) - np.searchsorted(rows, rows)
    distinct, first = np.unique(np.column_stack([rows, coordinates]), axis=0, return_index=True)
    return Access(distinct[:, 0].astype(np.int64), number[first], _points(distinct[:, 1:]))


def _points(coordinates: Floats) -> Geometries:
    return np.asarray(shapely.points(coordinates), dtype=np.object_)


def _crossings(shapes: Geometries, rows: Ints, streets: Streets) -> Access:
    """Find where usable streets meet the perimeters of the polygons among `shapes[rows]`; all are door 0."""
    polygons = rows[shapely.get_dimensions(shapes[rows]) == 2]  # noqa: PLR2004 - two dimensions: an area
    perimeters = shapely.boundary(shapes[polygons])
    which, street = streets.tree.query(perimeters, predicate="intersects")
    meetings = _points_of(shapely.intersection(perimeters[which], streets.lines[street]))
    by_row, distinct = polygons[which[meetings.rows]], shapely.get_coordinates(meetings.geometries)
    # One junction on the perimeter is met by several streets.
    merged = np.unique(np.column_stack([by_row, distinct]), axis=0)
    return Access(merged[:, 0].astype(np.int64), np.zeros(len(merged), np.int64), _points(merged[:, 1:]))


def _attachments(
    point_type: Literal["origin", "place"],
    points: tuple[Ints, Geometries, PyObjects],
    streets: Streets,
    limit_m: float | None,
) -> pa.Table:
    order = np.argsort(points[0], kind="stable")
    ids, geometries, doors = points[0][order], points[1][order], points[2][order]
    street, fraction, snap_m = _nearest(geometries, streets, limit_m)
    unattached = street < 0
    columns = {
        "profile": pa.repeat(streets.profile, len(ids)),
        "point_type": pa.repeat(point_type, len(ids)),
        "point_id": ids,
        "access_number": np.arange(len(ids)) - np.searchsorted(ids, ids),
        "edge_id": pa.array(np.append(streets.edge_ids, 0)[street], mask=unattached),
        "fraction": pa.array(fraction, mask=unattached),
        "snap_m": pa.array(snap_m, mask=unattached),
        "door": pa.array(doors, pa.string()),
        "reason_missing": np.where(unattached, "no_street_within_limit", ""),
    }
    return conform(pa.table(columns), ATTACHMENTS)


def _nearest(geometries: Geometries, streets: Streets, limit_m: float | None) -> tuple[Ints, Floats, Floats]:
    """Find each geometry's nearest street (row of `streets`; -1: none), the fraction along it, and the metres."""
    street = np.full(len(geometries), -1, dtype=np.int64)
    fraction, snap_m = np.zeros(len(geometries)), np.zeros(len(geometries))
    if not len(streets.lines) or not len(geometries):
        return street, fraction, snap_m
    matches, distance_m = streets.tree.query_nearest(geometries, max_distance=limit_m, return_distance=True)
    # Equally near streets all match; rows of `streets` ascend with edge_id, so the first row is the lowest edge.
    order = np.lexsort((matches[1], matches[0]))
    point, first = np.unique(matches[0][order], return_index=True)
    nearest = matches[1][order][first]
    street[point] = nearest
    snap_m[point] = distance_m[order][first]
    fraction[point] = _fractions(streets.lines[nearest], geometries[point])
    return street, fraction, snap_m


def _fractions(lines: Geometries, geometries: Geometries) -> Floats:
    """Find the share of each line's length up to its point nearest to a geometry; 0 on a line without length."""
    feet = shapely.get_point(shapely.shortest_line(lines, geometries), 0)
    along_m, length_m = shapely.line_locate_point(lines, feet), shapely.length(lines)
    fraction = np.divide(along_m, length_m, out=np.zeros(len(lines)), where=length_m > 0)
    return np.clip(fraction, 0.0, 1.0)
