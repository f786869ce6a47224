"""What a tagged thing of OSM is, whatever file it came from: its id, its tags and its shape in 1e-7 degree.

Here shapes are made of corners. Where they come from is for `osm_things` and `osm_export`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import shapely
from pydantic import BeforeValidator, Field

from pipelines.sources.osm_words import EXPLICIT_RIGHTS, word

Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
_UNITS_PER_DEGREE = 1e7


def _as_text(tags: object) -> object:
    """Write numbers and truths as text, as OSM does, and leave out what is nothing."""
    if not isinstance(tags, dict):
        return tags
    return {key: str(value) for key, value in tags.items() if isinstance(value, str | int | float)}


Tags = Annotated[dict[str, str], BeforeValidator(_as_text)]
Corners = Sequence[tuple[int, int]]
_NOT_PUBLIC = frozenset({"private", "no", "employees", "staff"})
_OUTLINES = (shapely.GeometryType.POINT, shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
# Three corners, and the first again.
RING = 4


@dataclass(frozen=True)
class OsmThing:
    """One tagged thing, such as `way/12`.

    `shape` is its point or its outline; the corners (a MultiPoint) of a way that does not close; None of what has no
    place or only a part of it. `ring_nodes` numbers the nodes of its outer rings, as far as the file tells.
    """

    source_id: str
    tags: Mapping[str, str]
    shape: shapely.Geometry | None
    ring_nodes: tuple[int, ...] = ()
    visible: bool = True

    @property
    def has_outline(self) -> bool:
        """Whether its shape is a point or an outline that closes."""
        return self.shape is not None and shapely.get_type_id(self.shape) in _OUTLINES

    @property
    def at(self) -> tuple[int, int] | None:
        """Where it lies, if it is a point."""
        return (int(self.shape.x), int(self.shape.y)) if isinstance(self.shape, shapely.Point) else None

    @property
    def node(self) -> int | None:
        """The number of the node that it is; None of anything else."""
        kind, _, number = self.source_id.partition("/")
        return int(number) if kind == "node" else None


def units_of(longitude: float, latitude: float) -> tuple[int, int]:
    """Write degrees as OSM counts them, in 1e-7 degree."""
    return round(longitude * _UNITS_PER_DEGREE), round(latitude * _UNITS_PER_DEGREE)


def shape_of_way(corners: Corners, tags: Mapping[str, str]) -> shapely.Geometry | None:
    """Make the outline of a way that closes (not one with `area=no`), else its corners; None without any."""
    if len(corners) >= RING and corners[0] == corners[-1] and tags.get("area") != "no":
        outline = shapely.Polygon(corners)
        if outline.is_valid:
            return outline
    return shapely.MultiPoint(corners) if corners else None


def shape_of_rings(lines: Sequence[Corners]) -> shapely.Geometry | None:
    """Make the area that lines enclose, with its holes; None where they do not close."""
    drawn = [shapely.LineString(line) for line in lines if len(line) > 1]
    polygons, cuts, dangles, invalid = shapely.polygonize_full(drawn)
    if shapely.is_empty(polygons) or not all(shapely.is_empty(rest) for rest in (cuts, dangles, invalid)):
        return None
    return shapely.build_area(shapely.GeometryCollection(drawn))


def is_public(thing: OsmThing) -> bool:
    """Tell whether everybody may come there on foot: no `access=private` or the like, unless `foot` opens it."""
    opened = word(thing.tags.get("foot", "")) in EXPLICIT_RIGHTS
    return opened or word(thing.tags.get("access", "")) not in _NOT_PUBLIC
