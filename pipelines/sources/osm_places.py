"""Places where people meet, their entrances and floors, and benches, from an OSM extract.

Here tagged nodes, closed ways and multipolygons become rows of `sources/places` by the mapping of
`place_kinds.yaml`. Whether two rows are the same place, and which kinds are complete, is for `places/`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipelines.contracts import conform
from pipelines.sources.contracts import BENCHES, PLACES
from pipelines.sources.osm import UNLOCATED, Mapped, osm_objects, rd_points, remarks_on, rows_near
from pipelines.sources.osm_closed import closed_groups, why_closed
from pipelines.sources.place_doors import TaggedDoor, door_columns, floors_m2, tagged_door, tagged_levels
from pipelines.sources.place_facts import tagged_attributes
from pipelines.sources.place_kinds import ATTRIBUTES, place_kinds, tag_kinds
from pipelines.sources.vector import Remark

PlaceTags = Mapping[tuple[str, str], str]
# Not a way in for visitors.
_NO_ENTRANCE = frozenset({"no", "emergency", "exit"})
_NOT_PUBLIC = frozenset({"private", "no"})
_DOOR_FACTS = ("wheelchair", "step_count", "kerb_height_m", "width_m")


@dataclass(frozen=True)
class Found:
    """One object that is a place: its shape in 1e-7 degree (None: no whole one), and the nodes of its outer rings.

    `levels` counts the floors of the building that it is (0: it is none), `has_levels_read` whether its tag could be
    read. `closed` says why it is not there or not in use; '' where it is.
    """

    source_id: str
    place_kind: str
    name: str
    is_public: bool
    shape: shapely.Geometry | None
    ring_nodes: tuple[int, ...] = ()
    tagged: TaggedDoor = field(default_factory=TaggedDoor)
    levels: float = 0.0
    has_levels_read: bool = True
    closed: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entrance:
    """A node with `entrance`: where it lies in 1e-7 degree, and what its tags say of the door."""

    at: tuple[int, int]
    tagged: TaggedDoor


Entrances = Mapping[int, Entrance]


def read_osm_places(
    path: Path,
    name: str,
    outline: shapely.Geometry | None = None,
    tags: PlaceTags | None = None,
    year: int | None = None,
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the places of an OSM extract: nodes, closed ways and multipolygon relations.

    Parameters
    ----------
    path
        The `.osm.pbf` file.
    name
        Its path under the raw folder: the `source` of every row, and what errors and remarks call it.
    outline
        The municipality in RD: only places within 1,300 m of it are kept. None keeps all.
    tags
        Kind of place per (key, value), in order of precedence; those of the shipped `place_kinds.yaml` when None.
    year
        In which the extract was made, see `why_gone`; None: dates are not looked at.

    Returns
    -------
    tuple
        `sources/places` with ids such as `node/12`, and remarks on places that are not public
        (`access=private` or `no`) or are closed, on outlines that do not close, and on tags of doors and floors that
        cannot be read. `entrances` are the nodes with `entrance` on the outer rings, without emergency doors and
        exits; null where none is mapped, and for a place that is a node. What the tags of an entrance do not say,
        those of the place do. A place that is a building has its outline times `building:levels` (1 where nobody
        says) as its floor area.

    Raises
    ------
    SourceError
        When the file is missing, truncated, no OSM PBF, lies outside the Netherlands or more than 5 km from
        the municipality.
    """
    scanned, entrances = _scan(path, name, tag_kinds(place_kinds()) if tags is None else tags, year)
    places = [found for found in scanned if not found.closed]
    whole = [found for found in places if found.shape is not None]
    public = [found for found in whole if found.is_public]
    shapeless = [found.source_id for found in places if found.shape is None]
    private = [found.source_id for found in whole if not found.is_public]
    problems = [
        ("place that is not public (access=private or no)", "set_aside", private),
        ("place whose outline does not close", "set_aside", shapeless),
        *closed_groups("place", ((found.closed, found.source_id) for found in scanned if found.closed)),
    ]
    table = _places_table(public, entrances, name)
    rows = rows_near(shapely.from_wkb(table["geometry"].to_numpy()), outline, name)
    problems += _unread([public[row] for row in rows], entrances)
    return conform(table.take(pa.array(rows)), PLACES).cast(PLACES.schema), remarks_on(name, problems)


def _scan(path: Path, name: str, kinds: PlaceTags, year: int | None) -> tuple[tuple[Found, ...], Entrances]:
    """Find the places, and the entrances by the number of their node, in one pass."""
    entrances: dict[int, Entrance] = {}
    found: dict[str, Found] = {}
    for thing in osm_objects(path, name, {"entrance", *(key for key, _ in kinds)}, areas=True):
        tags = dict(thing.tags)
        closed = why_closed(thing, tags, year)
        if isinstance(thing, osmium.osm.Node) and tags.get("entrance", "no") not in _NO_ENTRANCE and not closed:
            door = tagged_door(tags, is_entrance=True)
            entrances[thing.id] = Entrance((thing.location.x, thing.location.y), door)
        if kind := _kind(tags, kinds):
            # A closed way comes twice, as a way and as an area: the area, which has the shape, replaces it.
            place = _found(thing, kind, tags, closed)
            found[place.source_id] = place if place.shape is not None else found.get(place.source_id, place)
    return tuple(found.values()), entrances


def _kind(tags: Mapping[str, str], kinds: PlaceTags) -> str:
    matching = {kinds.get((key, part.strip())) for key, value in tags.items() for part in value.split(";")}
    return next((kind for kind in kinds.values() if kind in matching), "")


def _found(thing: Mapped, kind: str, tags: Mapping[str, str], closed: str) -> Found:
    shape: shapely.Geometry | None = None
    ring_nodes: tuple[int, ...] = ()
    if isinstance(thing, osmium.osm.Area):
        source_id = f"{'way' if thing.from_way() else 'relation'}/{thing.orig_id()}"
        shape = _polygon(thing)
        ring_nodes = tuple(node.ref for ring in thing.outer_rings() for node in ring)
    elif isinstance(thing, osmium.osm.Node):
        source_id = f"node/{thing.id}"
        shape = shapely.Point(thing.location.x, thing.location.y)
    else:
        source_id = f"{'way' if isinstance(thing, osmium.osm.Way) else 'relation'}/{thing.id}"
    is_public = tags.get("access", "") not in _NOT_PUBLIC
    levels, is_read = tagged_levels(tags)
    tagged = tagged_door(tags, is_entrance="entrance" in tags)
    told = (tagged, levels, is_read, closed, tagged_attributes(tags))
    return Found(source_id, kind, tags.get("name", ""), is_public, shape, ring_nodes, *told)


def _polygon(area: osmium.osm.Area) -> shapely.Geometry:
    parts = [
        shapely.Polygon(_corners(outer), [_corners(inner) for inner in area.inner_rings(outer)])
        for outer in area.outer_rings()
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _corners(ring: Iterable[osmium.osm.NodeRef]) -> list[tuple[int, int]]:
    return [(node.x, node.y) for node in ring]


def _to_rd(geometries: NDArray[np.object_], name: str) -> NDArray[np.object_]:
    def transform(units: NDArray[np.float64]) -> NDArray[np.float64]:
        return rd_points(units[:, 0].astype(np.int64), units[:, 1].astype(np.int64), name)

    # shapely's stubs forget that the geometries may be an array of which some are None.
    moved: NDArray[np.object_] = shapely.transform(geometries, transform)
    return moved


def _places_table(places: list[Found], entrances: Entrances, name: str) -> pa.Table:
    shapes = _to_rd(np.array([place.shape for place in places], dtype=np.object_), name)
    ways_in = [_ways_in(place, entrances) for place in places]
    doors = np.array([_points(nodes, entrances) for nodes in ways_in], dtype=np.object_)
    facts = [
        [entrances[node].tagged.door.or_else(place.tagged.door) for node in nodes] or [place.tagged.door]
        for place, nodes in zip(places, ways_in, strict=True)
    ]
    return pa.table(
        {
            "source": pa.array([name] * len(places), type=pa.string()),
            "source_id": pa.array([place.source_id for place in places], type=pa.string()),
            "place_kind": pa.array([place.place_kind for place in places], type=pa.string()),
            "functions": pa.array([[] for _ in places], type=pa.list_(pa.string())),
            "name": pa.array([place.name for place in places], type=pa.string()),
            "geometry": pa.array(shapely.to_wkb(shapes), type=pa.binary()),
            "entrances": pa.array(shapely.to_wkb(_to_rd(doors, name)), type=pa.binary()),
            **door_columns(facts),
            "floor_area_m2": floors_m2(shapes, np.array([place.levels for place in places], dtype=np.float64)),
            **{name: pa.array([place.attributes[name] for place in places], pa.string()) for name in ATTRIBUTES},
        }
    )


def _ways_in(place: Found, entrances: Entrances) -> list[int]:
    # A ring names its first node twice; dict.fromkeys keeps each door once, in the order of the ring.
    return [node for node in dict.fromkeys(place.ring_nodes) if node in entrances]


def _points(nodes: list[int], entrances: Entrances) -> shapely.MultiPoint | None:
    return shapely.MultiPoint([entrances[node].at for node in nodes]) if nodes else None


def _unread(places: Iterable[Found], entrances: Entrances) -> Iterator[tuple[str, str, list[str]]]:
    """List, per fact, the places and entrances with a tag that cannot be read."""
    tagged = {}
    levels = []
    for place in places:
        tagged[place.source_id] = place.tagged
        tagged |= {f"node/{node}": entrances[node].tagged for node in _ways_in(place, entrances)}
        levels += [] if place.has_levels_read else [place.source_id]
    for fact in _DOOR_FACTS:
        unread = [source_id for source_id, door in tagged.items() if fact in door.unread]
        yield f"{fact} of a door cannot be read", "read as unknown", unread
    yield "building:levels cannot be read", "read as one floor", levels


def read_osm_benches(
    path: Path, name: str, outline: shapely.Geometry | None = None, year: int | None = None
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the public seats (`amenity=bench`) of an OSM extract; one mapped as a line stands at its middle.

    Parameters
    ----------
    path
        The `.osm.pbf` file.
    name
        What to call it in errors and remarks.
    outline
        The municipality in RD: only benches within 1,300 m of it are kept. None keeps all.
    year
        In which the extract was made, see `why_gone`; None: dates are not looked at.

    Returns
    -------
    tuple
        `sources/benches` with ids such as `node/12`, and remarks on benches that are private, closed or
        without nodes.

    Raises
    ------
    SourceError
        When the file is missing, truncated, no OSM PBF, lies outside the Netherlands or more than 5 km from
        the municipality.
    """
    scanned = list(_benches(path, name, year))
    found = [bench for bench in scanned if not bench.closed]
    whole = [bench for bench in found if bench.shape is not None]
    seats = [bench for bench in whole if bench.is_public]
    middles = _to_rd(np.array([shapely.centroid(bench.shape) for bench in seats], dtype=np.object_), name)
    table = pa.table(
        {
            "source_id": pa.array([bench.source_id for bench in seats], type=pa.string()),
            "x_m": pa.array(shapely.get_x(middles), type=pa.float64()),
            "y_m": pa.array(shapely.get_y(middles), type=pa.float64()),
        }
    )
    problems = [
        (
            "bench that is not public",
            "set_aside",
            [bench.source_id for bench in whole if not bench.is_public],
        ),
        (
            "bench without nodes in the extract",
            "set_aside",
            [bench.source_id for bench in found if bench.shape is None],
        ),
        *closed_groups("bench", ((bench.closed, bench.source_id) for bench in scanned if bench.closed)),
    ]
    near = table.take(pa.array(rows_near(middles, outline, name)))
    return conform(near, BENCHES).cast(BENCHES.schema), remarks_on(name, problems)


def _benches(path: Path, name: str, year: int | None) -> Iterator[Found]:
    for thing in osm_objects(path, name, ("amenity",)):
        tags = dict(thing.tags)
        if tags.get("amenity") != "bench":
            continue
        bench = _found(thing, "", tags, why_closed(thing, tags, year))
        if isinstance(thing, osmium.osm.Way):
            corners = [(node.x, node.y) for node in thing.nodes if node.x != UNLOCATED]
            shape = shapely.MultiPoint(corners) if corners else None
            bench = replace(bench, shape=shape)
        yield bench
