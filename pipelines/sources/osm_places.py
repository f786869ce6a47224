"""Places where people meet, their entrances and floors, from OSM.

Here tagged nodes, closed ways and multipolygons become rows of `sources/places` by the mapping of
`place_kinds.yaml`. Whether two rows are the same place, and which kinds are complete, is for `places/`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from pipelines.contracts import conform
from pipelines.sources.contracts import PLACES
from pipelines.sources.osm import remarks_on, rows_near, shapes_to_rd
from pipelines.sources.osm_closed import closed_groups, unread_dates, why_closed
from pipelines.sources.osm_shapes import OsmThing, is_public
from pipelines.sources.osm_things import read_things
from pipelines.sources.place_doors import TaggedDoor, door_columns, floors_m2, tagged_door, tagged_levels
from pipelines.sources.place_facts import tagged_attributes
from pipelines.sources.place_kinds import ATTRIBUTES, place_kinds, tag_kinds
from pipelines.sources.remarks import Remark

PlaceTags = Mapping[tuple[str, str], str]
# Not a way in for visitors.
_NO_ENTRANCE = frozenset({"no", "emergency", "exit"})
_DOOR_FACTS = ("wheelchair", "step_count", "kerb_height_m", "width_m")


@dataclass(frozen=True)
class Found:
    """One object that is a place: its shape in 1e-7 degree (None: no whole one), and the nodes of its outer rings.

    `levels` counts the floors of the building that it is (0: it is none), `has_levels_read` whether its tag could be
    read. `closed` says why it is not there or not in use; '' where it is. `unread_dates` names those of its dates that
    cannot be read.
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
    unread_dates: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entrance:
    """A node with `entrance`: where it lies in 1e-7 degree, and what its tags say of the door."""

    at: tuple[int, int]
    tagged: TaggedDoor


Entrances = Mapping[int, Entrance]
Told = tuple[Remark, ...]


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
        The OSM file, see `read_things`.
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
        `sources/places` with ids such as `node/12`, and remarks on places that are not public (see `is_public`) or are
        closed, on outlines that do not close, and on tags of doors and floors that cannot be read. `entrances` are the
        nodes with `entrance` on the outer rings, without emergency doors and exits; null where none is mapped, and for
        a place that is a node. What the tags of an entrance do not say, those of the place do. A place that is a
        building has its outline times `building:levels` (1 where nobody says) as its floor area.

    Raises
    ------
    SourceError
        When the file is missing, cut short, nothing of OSM, lies outside the Netherlands or more than 5 km from
        the municipality.
    """
    scanned, entrances, told = _scan(path, name, tag_kinds(place_kinds()) if tags is None else tags, year)
    places = [found for found in scanned if not found.closed]
    whole = [found for found in places if found.shape is not None]
    public = [found for found in whole if found.is_public]
    shapeless = [found.source_id for found in places if found.shape is None]
    private = [found.source_id for found in whole if not found.is_public]
    problems = [
        ("place that is not public (access=private, no or staff)", "set_aside", private),
        ("place whose outline does not close", "set_aside", shapeless),
        *closed_groups("place", ((found.closed, found.source_id) for found in scanned if found.closed)),
    ]
    table = _places_table(public, entrances, name)
    rows = rows_near(shapely.from_wkb(table["geometry"].to_numpy()), outline, name)
    problems += _unread([public[row] for row in rows], entrances)
    return conform(table.take(pa.array(rows)), PLACES).cast(PLACES.schema), told + remarks_on(name, problems)


def _scan(path: Path, name: str, kinds: PlaceTags, year: int | None) -> tuple[list[Found], Entrances, Told]:
    """Find the places, and the entrances by the number of their node."""
    things, remarks = read_things(
        path,
        name,
        {"entrance", *(key for key, _ in kinds)},
        lambda tags: "entrance" in tags or _kind(tags, kinds) != "",
    )
    entrances: dict[int, Entrance] = {}
    found: list[Found] = []
    for thing in things:
        closed = why_closed(thing.tags, year, visible=thing.visible)
        is_entrance = not closed and thing.tags.get("entrance", "no") not in _NO_ENTRANCE
        if thing.node is not None and thing.at is not None and is_entrance:
            entrances[thing.node] = Entrance(thing.at, tagged_door(thing.tags, is_entrance=True))
        if kind := _kind(thing.tags, kinds):
            found.append(_found(thing, kind, closed))
    return found, entrances, remarks


def _kind(tags: Mapping[str, str], kinds: PlaceTags) -> str:
    matching = {kinds.get((key, part.strip())) for key, value in tags.items() for part in value.split(";")}
    return next((kind for kind in kinds.values() if kind in matching), "")


def _found(thing: OsmThing, kind: str, closed: str) -> Found:
    levels, is_read = tagged_levels(thing.tags)
    return Found(
        source_id=thing.source_id,
        place_kind=kind,
        name=thing.tags.get("name", ""),
        is_public=is_public(thing),
        shape=thing.shape if thing.has_outline else None,
        ring_nodes=thing.ring_nodes,
        tagged=tagged_door(thing.tags, is_entrance="entrance" in thing.tags),
        levels=levels,
        has_levels_read=is_read,
        closed=closed,
        unread_dates=unread_dates(thing.tags),
        attributes=tagged_attributes(thing.tags),
    )


def _places_table(places: list[Found], entrances: Entrances, name: str) -> pa.Table:
    shapes = shapes_to_rd(np.array([place.shape for place in places], dtype=np.object_), name)
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
            "entrances": pa.array(shapely.to_wkb(shapes_to_rd(doors, name)), type=pa.binary()),
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
    for key in dict.fromkeys(key for place in places for key in place.unread_dates):
        unread = [place.source_id for place in places if key in place.unread_dates]
        yield f"{key} cannot be read", "read as unknown", unread
    yield "building:levels cannot be read", "read as one floor", levels
