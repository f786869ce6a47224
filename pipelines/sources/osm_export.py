"""Answers of Overpass in JSON, and GeoJSON of overpass-turbo, QuickOSM or osmium, as tagged things of OSM.

Both hold the tags of the map, so they are read by the same mapping as an extract. Streets are not read from them: the
junctions are lost in GeoJSON.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
import shapely.geometry

from pipelines.errors import SourceError
from pipelines.sources.osm_file import unfinished
from pipelines.sources.osm_shapes import Corners, OsmThing, shape_of_rings, shape_of_way

_UNITS_PER_DEGREE = 1e7
_KINDS = ("node", "way", "relation")
_LETTERS = {kind[0]: kind for kind in _KINDS}
_LONG_ID = re.compile(r"(node|way|relation)/(-?\d+)")
_SHORT_ID = re.compile(r"([nwra])(-?\d+)")
# What exporters add to the tags.
_NO_TAGS = frozenset({"id", "osm_id", "osm_type", "full_id"})
_WGS84 = ("CRS84", "4326")
_AREAS = frozenset({"multipolygon", "boundary"})
Element = Mapping[str, Any]


class _Known(NamedTuple):
    """Where the nodes and ways of an answer lie, by their number; `name` is what errors call the file."""

    name: str
    nodes: Mapping[object, tuple[int, int]]
    ways: Mapping[object, Corners]


def read_export(path: Path, name: str) -> tuple[OsmThing, ...]:
    """Read an answer of Overpass, or GeoJSON that tells of each feature which object of OSM it is.

    Parameters
    ----------
    path
        The JSON file.
    name
        What to call it in errors and remarks.

    Returns
    -------
    tuple
        Its tagged things, each once. Ways and relations of which only a centre or a box was asked lie in the middle of
        it; doors are those of its nodes that lie on a corner of an outline.

    Raises
    ------
    SourceError
        When it is no complete JSON, neither of the two, empty, not finished by Overpass, in another coordinate system
        than WGS 84, or a feature has no id of OSM.
    """
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{name}: is no complete JSON ({str(error)[:100]}). It may be cut short: export or download it again."
        ) from error
    kind = content if isinstance(content, dict) else {}
    if isinstance(kind.get("elements"), list):
        things = _of_elements(kind, name)
    elif isinstance(kind.get("features"), list):
        things = _of_features(kind, name)
    else:
        raise SourceError(
            f"{name}: is JSON, but no answer of Overpass and no GeoJSON. Export from overpass-turbo as GeoJSON, or "
            "deliver an extract as .osm.pbf."
        )
    found: dict[str, OsmThing] = {}
    for thing in things:
        found[thing.source_id] = thing if thing.has_outline else found.get(thing.source_id, thing)
    return tuple(_with_ring_nodes(found.values()))


def _with_ring_nodes(things: Iterable[OsmThing]) -> Iterator[OsmThing]:
    """Find the nodes on the outlines by where they lie: GeoJSON has no other way to tell."""
    every = list(things)
    node_at = {thing.at: thing.node for thing in every if thing.at and thing.node is not None}
    for thing in every:
        outer = shapely.get_exterior_ring(shapely.get_parts(np.array([thing.shape], dtype=np.object_)))
        corners = [(int(x), int(y)) for x, y in shapely.get_coordinates(outer)]
        yield replace(thing, ring_nodes=tuple(node_at[corner] for corner in corners if corner in node_at))


def _of_elements(content: Element, name: str) -> Iterator[OsmThing]:
    said = str(content.get("remark", ""))
    if "error" in said.lower():
        raise unfinished(name, said)
    elements = [one for one in content["elements"] if isinstance(one, dict) and one.get("type") in _KINDS]
    if not elements:
        raise _empty(name)
    nodes = {one.get("id"): at for one in elements if one["type"] == "node" and (at := _at(one, name))}
    ways = {one.get("id"): _corners(one, nodes, name) for one in elements if one["type"] == "way"}
    known = _Known(name, nodes, ways)
    for one in elements:
        tags = _tags(one.get("tags"))
        if tags:
            is_visible = one.get("visible", True) is not False
            yield OsmThing(f"{one['type']}/{one.get('id')}", tags, _shape(one, tags, known), visible=is_visible)


def _shape(element: Element, tags: Mapping[str, str], known: _Known) -> shapely.Geometry | None:
    number = element.get("id")
    if element["type"] == "node":
        return shapely.Point(known.nodes[number]) if number in known.nodes else None
    if element["type"] == "way":
        shape = shape_of_way(known.ways.get(number, ()), tags)
    elif tags.get("type") in _AREAS:
        members = [one for one in element.get("members", ()) if isinstance(one, dict) and one.get("type") == "way"]
        lines = [_corners(one, known.nodes, known.name) or known.ways.get(one.get("ref"), ()) for one in members]
        shape = shape_of_rings(lines) if lines and all(lines) else None
    else:
        return None
    return shape or _middle(element, known.name)


def _middle(element: Element, name: str) -> shapely.Point | None:
    if isinstance(element.get("center"), dict):
        at = _at(element["center"], name)
        return shapely.Point(at) if at else None
    box = element.get("bounds")
    if not isinstance(box, dict):
        return None
    low, high = (_at({"lon": box.get(f"{end}lon"), "lat": box.get(f"{end}lat")}, name) for end in ("min", "max"))
    return shapely.Point((low[0] + high[0]) // 2, (low[1] + high[1]) // 2) if low and high else None


def _corners(element: Element, nodes: Mapping[object, tuple[int, int]], name: str) -> Corners:
    """Find the corners of a way: none where one of them is not in the file."""
    drawn = element.get("geometry")
    corners = [_at(one, name) for one in drawn] if drawn else [nodes.get(number) for number in element.get("nodes", ())]
    whole = [at for at in corners if at is not None]
    return whole if len(whole) == len(corners) else ()


def _at(point: object, name: str) -> tuple[int, int] | None:
    if not isinstance(point, dict) or point.get("lon") is None or point.get("lat") is None:
        return None
    return _units(point["lon"], name), _units(point["lat"], name)


def _units(degrees: object, name: str) -> int:
    try:
        return round(float(str(degrees)) * _UNITS_PER_DEGREE)
    except (ValueError, OverflowError) as error:
        raise SourceError(f"{name}: holds a coordinate that is no number. Export it again.") from error


def _of_features(content: Element, name: str) -> Iterator[OsmThing]:
    _require_degrees(content, name)
    if not content["features"]:
        raise _empty(name)
    for number, feature in enumerate(content["features"], start=1):
        told = feature.get("properties") if isinstance(feature, dict) else None
        properties: Element = told if isinstance(told, dict) else {}
        source_id = _source_id(feature if isinstance(feature, dict) else {}, properties)
        if source_id is None:
            raise SourceError(
                f"{name}: feature {number} does not say which object of OSM it is (`@id`, as in way/12). Export from "
                "overpass-turbo as GeoJSON; deliver other GeoJSON as `format: layer`."
            )
        tags = _tags(properties.get("tags")) or _tags(properties)
        yield OsmThing(source_id, tags, _feature_shape(feature, properties, tags, name))


def _require_degrees(content: Element, name: str) -> None:
    declared = content.get("crs")
    if declared and not any(word in json.dumps(declared) for word in _WGS84):
        raise SourceError(f"{name}: is not in WGS 84, as data of OSM are. Export it again in EPSG:4326.")


def _source_id(feature: Element, properties: Element) -> str | None:
    for told in (properties.get("@id"), feature.get("id"), properties.get("full_id")):
        if match := _LONG_ID.fullmatch(str(told)):
            return str(match[0])
        if match := _SHORT_ID.fullmatch(str(told)):
            letter, number = match[1], int(match[2])
            # osmium numbers areas: twice the way, or twice the relation and one.
            kind, number = (
                (("way", "relation")[number % 2], number // 2) if letter == "a" else (_LETTERS[letter], number)
            )
            return f"{kind}/{number}"
    kinds = [properties[key] for key in ("@type", "osm_type", "type") if properties.get(key) in _KINDS]
    numbers = [str(properties[key]) for key in ("@id", "osm_id", "id") if properties.get(key) is not None]
    is_told = kinds and numbers and re.fullmatch(r"-?\d+", numbers[0])
    return f"{kinds[0]}/{numbers[0]}" if is_told else None


def _tags(told: object) -> dict[str, str]:
    if not isinstance(told, dict):
        return {}
    return {
        key: str(value)
        for key, value in told.items()
        if value is not None and not isinstance(value, dict | list) and not key.startswith("@") and key not in _NO_TAGS
    }


def _feature_shape(
    feature: Element, properties: Element, tags: Mapping[str, str], name: str
) -> shapely.Geometry | None:
    drawn = feature.get("geometry")
    if not isinstance(drawn, dict) or any(properties.get(key) for key in ("@tainted", "tainted")):
        return None
    try:
        degrees = shapely.geometry.shape(drawn)
        units = shapely.transform(degrees, lambda xy: (xy * _UNITS_PER_DEGREE).round())
    except (ValueError, TypeError, AttributeError, KeyError, shapely.errors.ShapelyError) as error:
        raise SourceError(f"{name}: the geometry of {feature.get('id')} cannot be read. Export it again.") from error
    if properties.get("@geometry") == "bounds":
        return shapely.centroid(units)
    if degrees.geom_type == "LineString":
        return shape_of_way([(int(x), int(y)) for x, y in shapely.get_coordinates(units)], tags)
    is_outline = degrees.geom_type in {"Point", "Polygon", "MultiPolygon"} and units.is_valid and not units.is_empty
    return units if is_outline else None


def _empty(name: str) -> SourceError:
    return SourceError(
        f"{name}: holds nothing at all: Overpass found nothing, or its answer was cut off. Ask again, or leave "
        "this source out of the area file."
    )
