"""Tagged things of OSM with their shapes, from an extract or an export of Overpass: of these places and seats are made.

Here objects of any file become the same few facts. Which of them are places or seats is for the readers.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

import osmium
import shapely

from pipelines.sources.osm import UNLOCATED, Mapped, scan_osm
from pipelines.sources.osm_export import read_export
from pipelines.sources.osm_file import kind_of
from pipelines.sources.osm_shapes import OsmThing
from pipelines.sources.remarks import Remark

Wanted = Callable[[Mapping[str, str]], bool]
Things = tuple[tuple[OsmThing, ...], tuple[Remark, ...]]


def read_things(path: Path, name: str, keys: Iterable[str], wanted: Wanted, *, areas: bool = True) -> Things:
    """Read the things that carry one of `keys` and are wanted for their tags.

    Parameters
    ----------
    path
        An OSM file (see `scan_osm`), or an export of Overpass as JSON or GeoJSON.
    name
        What to call it in errors and remarks.
    keys
        Tag keys.
    wanted
        Tells by its tags whether a thing matters.
    areas
        Whether outlines matter; without them an extract is read once instead of twice.

    Returns
    -------
    tuple
        Each thing once, and remarks on the file as a whole.

    Raises
    ------
    SourceError
        When the file is missing, cut short, or holds nothing of OSM.
    """
    if path.is_file() and kind_of(path) == "JSON":
        return tuple(thing for thing in read_export(path, name) if wanted(thing.tags)), ()
    return scan_osm(path, name, keys, partial(_scan, wanted=wanted), areas=areas)


def _scan(objects: Iterable[Mapped], wanted: Wanted) -> tuple[OsmThing, ...]:
    found: dict[str, OsmThing] = {}
    for mapped in objects:
        tags = dict(mapped.tags)
        if wanted(tags):
            thing = _thing(mapped, tags)
            # A closed way comes twice, as a way and as an area: the area, which has the shape, replaces it.
            found[thing.source_id] = thing if thing.has_outline else found.get(thing.source_id, thing)
    return tuple(found.values())


def _thing(mapped: Mapped, tags: Mapping[str, str]) -> OsmThing:
    if isinstance(mapped, osmium.osm.Area):
        source_id = f"{'way' if mapped.from_way() else 'relation'}/{mapped.orig_id()}"
        ring_nodes = tuple(node.ref for ring in mapped.outer_rings() for node in ring)
        return OsmThing(source_id, tags, _polygon(mapped), ring_nodes, visible=mapped.visible)
    if isinstance(mapped, osmium.osm.Node):
        at = shapely.Point(mapped.location.x, mapped.location.y)
        return OsmThing(f"node/{mapped.id}", tags, at, visible=mapped.visible)
    if isinstance(mapped, osmium.osm.Way):
        corners = [(node.x, node.y) for node in mapped.nodes if node.x != UNLOCATED]
        line = shapely.MultiPoint(corners) if corners else None
        return OsmThing(f"way/{mapped.id}", tags, line, visible=mapped.visible)
    return OsmThing(f"relation/{mapped.id}", tags, None, visible=mapped.visible)


def _polygon(area: osmium.osm.Area) -> shapely.Geometry:
    parts = [
        shapely.Polygon(_corners(outer), [_corners(inner) for inner in area.inner_rings(outer)])
        for outer in area.outer_rings()
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _corners(ring: Iterable[osmium.osm.NodeRef]) -> list[tuple[int, int]]:
    return [(node.x, node.y) for node in ring]
