"""GeoJSON of OSM: features that tell which object they are, as overpass-turbo, osmium, QuickOSM and others write it.

Here features become tagged things. GeoJSON that tells no object of OSM is a layer as any other.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pipelines.errors import SourceError
from pipelines.sources.osm_shapes import RING, Corners, Degrees, OsmThing, Tags, shape_of_way, units_of

_LONG_ID = re.compile(r"(node|way|relation)/(-?\d+)")
_SHORT_ID = re.compile(r"([nwra])(-?\d+)")
_NUMBER = re.compile(r"-?\d+")
_LETTERS = {"n": "node", "w": "way", "r": "relation"}
# What exporters add to the tags.
_NO_TAGS = frozenset({"id", "osm_id", "osm_type", "full_id"})
_WGS84 = ("CRS84", "4326")
Position = Annotated[tuple[Degrees, ...], Field(min_length=2, max_length=4)]
Line = tuple[Position, ...]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Point(_Told):
    """A node, or the middle of something else."""

    type: Literal["Point"]
    coordinates: Position


class LineString(_Told):
    """A way that does not enclose anything, as far as the exporter knows."""

    type: Literal["LineString"]
    coordinates: Line


class Polygon(_Told):
    """An outline, and the holes in it."""

    type: Literal["Polygon"]
    coordinates: tuple[Line, ...]


class MultiPolygon(_Told):
    """Several outlines."""

    type: Literal["MultiPolygon"]
    coordinates: tuple[tuple[Line, ...], ...]


class NoOutline(_Told):
    """What has no outline: scattered points or lines."""

    type: Literal["MultiPoint", "MultiLineString", "GeometryCollection"]


Shape = Annotated[Point | LineString | Polygon | MultiPolygon | NoOutline, Field(discriminator="type")]


class Feature(_Told):
    """One feature; `properties` hold its tags, flat or under `tags`, beside what the exporter adds."""

    id: str | int | None = None
    properties: Mapping[str, Any] | None = None
    geometry: Shape | None = None


class Collection(_Told):
    """A file of GeoJSON; `crs` stands in old ones."""

    features: tuple[Feature, ...]
    crs: Any = None


_TAGS: TypeAdapter[dict[str, str]] = TypeAdapter(Tags)


def things_of_collection(collection: Collection, name: str) -> Iterator[OsmThing]:
    """Yield the features; `name` is what errors call the file.

    Raises
    ------
    SourceError
        When they are in another coordinate system than WGS 84, or one does not tell which object of OSM it is.
    """
    if collection.crs and not any(word in json.dumps(collection.crs) for word in _WGS84):
        raise SourceError(f"{name}: is not in WGS 84, as data of OSM are. Export it again in EPSG:4326.")
    for number, feature in enumerate(collection.features, start=1):
        properties = feature.properties or {}
        source_id = _source_id(feature.id, properties)
        if source_id is None:
            raise SourceError(
                f"{name}: feature {number} does not say which object of OSM it is (`@id`, as in way/12). Export from "
                "overpass-turbo as GeoJSON; deliver other GeoJSON as `format: layer`."
            )
        nested = properties.get("tags")
        tags = _tags(nested if isinstance(nested, dict) else properties)
        yield OsmThing(source_id, tags, _shape(feature.geometry, properties, tags))


def _source_id(own: str | int | None, properties: Mapping[str, Any]) -> str | None:
    for told in (properties.get("@id"), own, properties.get("full_id")):
        if match := _LONG_ID.fullmatch(str(told)):
            return match[0]
        if match := _SHORT_ID.fullmatch(str(told)):
            return _of_short(match[1], int(match[2]))
    kinds = [kind for key in ("@type", "osm_type", "type") if (kind := properties.get(key)) in _LETTERS.values()]
    numbers = [str(properties[key]) for key in ("@id", "osm_id", "id") if properties.get(key) is not None]
    return f"{kinds[0]}/{numbers[0]}" if kinds and numbers and _NUMBER.fullmatch(numbers[0]) else None


def _of_short(letter: str, number: int) -> str:
    # osmium numbers areas: twice the way, or twice the relation and one.
    kind = ("way", "relation")[number % 2] if letter == "a" else _LETTERS[letter]
    return f"{kind}/{number // 2 if letter == 'a' else number}"


def _tags(told: Mapping[str, Any]) -> dict[str, str]:
    is_tag = {key: not key.startswith("@") and key not in _NO_TAGS for key in told}
    plain = {key: value for key, value in told.items() if is_tag[key] and not isinstance(value, dict | list)}
    return _TAGS.validate_python(plain)


def _shape(drawn: Shape | None, properties: Mapping[str, Any], tags: Mapping[str, str]) -> shapely.Geometry | None:
    # Tainted is a shape of which a part is missing.
    if drawn is None or isinstance(drawn, NoOutline) or any(properties.get(key) for key in ("@tainted", "tainted")):
        return None
    if isinstance(drawn, Point):
        return shapely.Point(*_corners([drawn.coordinates]))
    if isinstance(drawn, LineString):
        return shape_of_way(_corners(drawn.coordinates), tags)
    polygons = drawn.coordinates if isinstance(drawn, MultiPolygon) else (drawn.coordinates,)
    rings = [[_corners(ring) for ring in polygon] for polygon in polygons]
    if not rings or any(not polygon or min(map(len, polygon)) < RING for polygon in rings):
        return None
    parts = [shapely.Polygon(polygon[0], polygon[1:]) for polygon in rings]
    outline = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if not outline.is_valid or outline.is_empty:
        return None
    # A box is no outline: of a thing told so, the middle is known.
    return shapely.centroid(outline) if properties.get("@geometry") == "bounds" else outline


def _corners(line: Sequence[Position]) -> Corners:
    return [units_of(position[0], position[1]) for position in line]
