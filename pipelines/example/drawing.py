"""What a map is drawn with: nodes, ways and multipolygons with OSM tags, in RD metres.

Ways that share a point (to the centimetre) meet there; numbering and writing are for `osm_file`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from pipelines.arrays import Floats

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Node:
    """A tagged point; `at` (2,) in RD metres."""

    at: Floats
    tags: Tags


@dataclass(frozen=True)
class Way:
    """A tagged line; `points` (n, 2) in RD metres, an area when the last equals the first."""

    points: Floats
    tags: Tags


@dataclass(frozen=True)
class Multipolygon:
    """A tagged area with one hole; rings (n, 2) in RD metres, closed."""

    outer: Floats
    inner: Floats
    tags: Tags


@dataclass(frozen=True)
class Drawing:
    """A map, or a part of one."""

    nodes: tuple[Node, ...] = field(default=())
    ways: tuple[Way, ...] = field(default=())
    multipolygons: tuple[Multipolygon, ...] = field(default=())


def collected(parts: Iterable[Node | Way | Multipolygon]) -> Drawing:
    """Bring parts together in one drawing, each kind in the order given."""
    all_parts = tuple(parts)
    return Drawing(
        tuple(part for part in all_parts if isinstance(part, Node)),
        tuple(part for part in all_parts if isinstance(part, Way)),
        tuple(part for part in all_parts if isinstance(part, Multipolygon)),
    )


def between(start: Floats, end: Floats, share: float) -> Floats:
    """The point at `share` (0 to 1) of the way from `start` to `end`; shape (2,)."""
    return np.asarray(start + share * (end - start), dtype=np.float64)


def towards(start: Floats, end: Floats, metres: float) -> Floats:
    """The point `metres` from `start` in the direction of `end`; shape (2,)."""
    return between(start, end, metres / float(np.linalg.norm(end - start)))


def rectangle(centre: Floats, width_m: float, depth_m: float) -> Floats:
    """Give a closed upright rectangle (5, 2) around `centre`, from its south-west corner."""
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    return np.asarray(centre + signs * np.array([width_m, depth_m]) / 2, dtype=np.float64)
