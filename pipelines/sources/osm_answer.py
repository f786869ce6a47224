"""An answer of Overpass as JSON (`[out:json]`): nodes, ways and relations with their tags, and where they lie.

Here elements become tagged things, whichever way their shape was asked for: as nodes, `geom`, `center` or `bb`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import shapely
from pydantic import BaseModel, BeforeValidator, ConfigDict

from pipelines.sources.osm_shapes import Corners, Degrees, OsmThing, Tags, shape_of_rings, shape_of_way, units_of

_KINDS = ("node", "way", "relation")
# Relations of another type, such as a site, have no outline of their own.
_AREAS = frozenset({"multipolygon", "boundary"})


class _Told(BaseModel):
    # An answer holds more than is read here: who changed what, and when.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Place(_Told):
    """A point in degrees; of a way that was cut off at a box, points outside are null."""

    lat: Degrees
    lon: Degrees


class Box(_Told):
    """The box around a way or relation, in degrees."""

    minlat: Degrees
    minlon: Degrees
    maxlat: Degrees
    maxlon: Degrees


class Member(_Told):
    """One member of a relation."""

    type: str
    ref: int
    geometry: tuple[Place | None, ...] = ()


class Element(_Told):
    """A node, way or relation."""

    type: Literal["node", "way", "relation"]
    id: int
    lat: Degrees | None = None
    lon: Degrees | None = None
    nodes: tuple[int, ...] = ()
    geometry: tuple[Place | None, ...] = ()
    members: tuple[Member, ...] = ()
    center: Place | None = None
    bounds: Box | None = None
    tags: Tags = {}
    visible: bool = True


def _elements_only(elements: object) -> object:
    """Leave out what is no element of the map, such as a count."""
    if not isinstance(elements, list):
        return elements
    return [one for one in elements if not isinstance(one, dict) or one.get("type") in _KINDS]


class Answer(_Told):
    """What Overpass sends; a `remark` tells of errors."""

    elements: Annotated[tuple[Element, ...], BeforeValidator(_elements_only)]
    remark: str = ""


class _Known(NamedTuple):
    nodes: Mapping[int, tuple[int, int]]
    ways: Mapping[int, Corners]


def things_of_answer(answer: Answer) -> Iterator[OsmThing]:
    """Yield the elements that have tags, with the shape that the answer as a whole tells."""
    nodes = {
        one.id: units_of(one.lon, one.lat)
        for one in answer.elements
        if one.type == "node" and one.lat is not None and one.lon is not None
    }
    ways = {one.id: _corners(one.geometry, one.nodes, nodes) for one in answer.elements if one.type == "way"}
    for one in answer.elements:
        if one.tags:
            shape = _shape(one, _Known(nodes, ways)) or _middle(one)
            yield OsmThing(f"{one.type}/{one.id}", one.tags, shape, visible=one.visible)


def _shape(element: Element, known: _Known) -> shapely.Geometry | None:
    if element.type == "node":
        return shapely.Point(known.nodes[element.id]) if element.id in known.nodes else None
    if element.type == "way":
        return shape_of_way(known.ways[element.id], element.tags)
    members = [one for one in element.members if one.type == "way"]
    lines = [_corners(one.geometry, (), {}) or known.ways.get(one.ref, ()) for one in members]
    return shape_of_rings(lines) if element.tags.get("type") in _AREAS and lines and all(lines) else None


def _middle(element: Element) -> shapely.Point | None:
    if element.type == "relation" and element.tags.get("type") not in _AREAS:
        return None
    if element.center:
        return shapely.Point(units_of(element.center.lon, element.center.lat))
    box = element.bounds
    return shapely.Point(units_of((box.minlon + box.maxlon) / 2, (box.minlat + box.maxlat) / 2)) if box else None


def _corners(geometry: Sequence[Place | None], numbers: Iterable[int], nodes: Mapping[int, tuple[int, int]]) -> Corners:
    """Find the corners of a way: none where one of them is not in the file."""
    drawn = [units_of(place.lon, place.lat) if place else None for place in geometry]
    corners: list[Any] = drawn or [nodes.get(number) for number in numbers]
    return corners if None not in corners else ()
