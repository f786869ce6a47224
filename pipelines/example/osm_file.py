"""Write a drawing as an OpenStreetMap extract (`.osm.pbf`): numbered, in degrees, with one fixed date.

Only the file format belongs here; what is drawn does not.
"""

from pathlib import Path

import numpy as np
import osmium
from osmium.osm import mutable

from pipelines import geo
from pipelines.arrays import Floats, Ints
from pipelines.example.drawing import Drawing, Tags

_TIMESTAMP = "2024-01-01T00:00:00Z"
_CENTIMETRES = 100


def write_osm(path: Path, drawing: Drawing) -> None:
    """Write nodes, ways and relations, each in the order of their ids; points that coincide become one node.

    Parameters
    ----------
    path
        The file to write; must not exist.
    drawing
        Points in RD metres; points within a centimetre of each other are one junction.
    """
    lines = [way.points for way in drawing.ways]
    rings = [ring for area in drawing.multipolygons for ring in (area.outer, area.inner)]
    parts = [np.array([node.at for node in drawing.nodes]).reshape(-1, 2), *lines, *rings]
    unique, number = _numbered(np.concatenate(parts))
    numbers = np.split(number, np.cumsum([len(part) for part in parts])[:-1])
    with osmium.SimpleWriter(str(path)) as writer:
        _write_nodes(writer, unique, _node_tags(drawing, numbers[0]))
        _write_ways(writer, drawing, numbers[1:])
        _write_relations(writer, drawing)


def _numbered(points: Floats) -> tuple[Floats, Ints]:
    """Distinct points (n, 2) in RD metres and, per point given, the id of its node, from 1."""
    rounded, inverse = np.unique(np.round(points * _CENTIMETRES).astype(np.int64), axis=0, return_inverse=True)
    return rounded / _CENTIMETRES, inverse.ravel().astype(np.int64) + 1


def _node_tags(drawing: Drawing, numbers: Ints) -> dict[int, dict[str, str]]:
    tags: dict[int, dict[str, str]] = {}
    for node, number in zip(drawing.nodes, numbers.tolist(), strict=True):
        tags.setdefault(number, {}).update(node.tags)
    return tags


def _write_nodes(writer: osmium.SimpleWriter, points: Floats, tags: dict[int, dict[str, str]]) -> None:
    longitude, latitude = geo.to_wgs84(points[:, 0], points[:, 1])
    for number, location in enumerate(zip(longitude.tolist(), latitude.tolist(), strict=True), start=1):
        writer.add_node(
            mutable.Node(
                id=number, version=1, timestamp=_TIMESTAMP, location=location, tags=_ordered(tags.get(number, {}))
            )
        )


def _write_ways(writer: osmium.SimpleWriter, drawing: Drawing, numbers: list[Ints]) -> None:
    tags: list[Tags] = [way.tags for way in drawing.ways]
    untagged: list[Tags] = [{} for _ in range(2 * len(drawing.multipolygons))]
    for number, (nodes, of_way) in enumerate(zip(numbers, tags + untagged, strict=True), start=1):
        writer.add_way(
            mutable.Way(id=number, version=1, timestamp=_TIMESTAMP, nodes=nodes.tolist(), tags=_ordered(of_way))
        )


def _write_relations(writer: osmium.SimpleWriter, drawing: Drawing) -> None:
    first = len(drawing.ways) + 1
    for number, area in enumerate(drawing.multipolygons):
        members = [("w", first + 2 * number, "outer"), ("w", first + 2 * number + 1, "inner")]
        tags = _ordered({"type": "multipolygon", **area.tags})
        writer.add_relation(
            mutable.Relation(id=number + 1, version=1, timestamp=_TIMESTAMP, members=members, tags=tags)
        )


def _ordered(tags: Tags) -> dict[str, str]:
    return dict(sorted(tags.items()))
