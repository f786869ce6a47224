"""One pass over an OSM extract: its ways, the marks on its nodes, its squares, as arrays.

Here objects of the file become numbers. Where ways are cut and what stands between them is for `osm_streets`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import osmium

from pipelines.arrays import Flags, Floats, Ints
from pipelines.sources.osm import UNLOCATED, Mapped, rd_points, scan_osm
from pipelines.sources.osm_closed import unread_dates, why_closed, why_gone
from pipelines.sources.osm_marks import MARK_KEYS, Mark, mark_of
from pipelines.sources.osm_ways import WayFacts, is_against_its_line, is_walkable_kind, unread_of_way, way_facts
from pipelines.sources.osm_words import word
from pipelines.sources.remarks import Remark

# A closed way with area=yes of another kind (a platform, a service yard) is not for crossing.
_SQUARE_KINDS = frozenset({"pedestrian", "footway", "path", "living_street"})


@dataclass(frozen=True)
class Scan:
    """What one pass over an extract found: facts per way, the nodes of all ways, the marked nodes, the squares.

    `nodes` has shape (n, 3): node id, longitude and latitude in 1e-7 degree, way after way; `lengths` says
    how many belong to each way. A square is the numbers of the ways that are its rings, the outer one first. `unread`
    holds (fact, id of the way) wherever the tag of a number cannot be read; of nodes, the marks say it. `closed` holds
    (reason, id) of ways and of marked nodes that are not there or not in use. `unmade` lists multipolygons that make no
    area.
    """

    facts: tuple[WayFacts, ...]
    lengths: Ints
    nodes: Ints
    marks: dict[int, Mark]
    squares: tuple[tuple[int, ...], ...]
    unread: tuple[tuple[str, str], ...]
    closed: tuple[tuple[str, str], ...]
    unmade: tuple[str, ...]


@dataclass(frozen=True)
class Chain:
    """Located nodes of all ways, in order, shape (n,); a run is a part of a way without a gap."""

    way: Ints
    node: Ints
    points: Floats
    is_run_end: Flags


def scan_streets(path: Path, name: str, year: int | None) -> tuple[Scan, tuple[Remark, ...]]:
    """Read what is walkable in a year, and what stands on its nodes, in one pass; errors call the file `name`."""
    return scan_osm(path, name, ("highway", *MARK_KEYS), partial(_scan, year=year), areas=True)


def _scan(things: Iterable[Mapped], year: int | None) -> Scan:
    facts: list[WayFacts] = []
    lines: list[Ints] = [np.empty((0, 3), dtype=np.int64)]
    marks: dict[int, Mark] = {}
    squares: list[tuple[int, ...]] = []
    unread: dict[tuple[str, str], None] = {}
    closed: list[tuple[str, str]] = []
    multipolygons: list[str] = []
    for thing in things:
        tags = dict(thing.tags)
        if isinstance(thing, osmium.osm.Node):
            mark = mark_of(tags)
            # A gate that is out of use still stands there.
            if mark is not None and (reason := why_gone(tags, year, visible=thing.visible)):
                closed.append((reason, f"node/{thing.id}"))
            elif mark is not None:
                marks[thing.id] = mark
        elif reason := why_closed(tags, year, visible=thing.visible):
            closed += [(reason, source_id) for source_id, _ in _parts_of(thing)] if "highway" in tags else []
        elif is_walkable_kind(tags):
            multipolygons += _multipolygon(thing, tags)
            for source_id, rings in _parts_of(thing):
                first = len(facts)
                unread |= dict.fromkeys((fact, source_id) for fact in (*unread_of_way(tags), *unread_dates(tags)))
                for nodes in rings:
                    facts.append(way_facts(source_id, tags))
                    lines.append(_positions(nodes, is_reversed=is_against_its_line(tags)))
                if _is_square(thing, tags) and lines[first + 1][0, 0] == lines[first + 1][-1, 0]:
                    squares.append(tuple(range(first, len(facts))))
    lengths = np.array([len(line) for line in lines[1:]], dtype=np.int64)
    made = {way.source_id for way in facts}
    unmade = tuple(relation for relation in multipolygons if relation not in made)
    nodes = np.concatenate(lines)
    return Scan(tuple(facts), lengths, nodes, marks, tuple(squares), tuple(unread), tuple(closed), unmade)


def unread_numbers(scan: Scan) -> Iterator[tuple[str, str, list[str]]]:
    """List, per fact, the ways and the nodes on ways with a tag that should hold its number and cannot be read."""
    marked = {node: mark.unread for node, mark in scan.marks.items() if mark.unread}
    on_ways = np.intersect1d(np.array(list(marked), dtype=np.int64), scan.nodes[:, 0]).tolist()
    unread = [*scan.unread, *((fact, f"node/{node}") for node in on_ways for fact in marked[node])]
    for fact in dict.fromkeys(fact for fact, _ in unread):
        yield f"{fact} cannot be read", "read as unknown", [source_id for name, source_id in unread if name == fact]


def _parts_of(thing: Mapped) -> Iterator[tuple[str, list[Iterable[osmium.osm.NodeRef]]]]:
    if isinstance(thing, osmium.osm.Way):
        if len(thing.nodes):
            yield str(thing.id), [thing.nodes]
    elif isinstance(thing, osmium.osm.Area) and not thing.from_way():
        # The members of a pedestrian multipolygon carry no tags of their own: its rings are its only lines.
        for outer in thing.outer_rings():
            yield f"relation/{thing.orig_id()}", [outer, *thing.inner_rings(outer)]


def _multipolygon(thing: Mapped, tags: Mapping[str, str]) -> list[str]:
    is_one = isinstance(thing, osmium.osm.Relation) and word(tags.get("type", "")) == "multipolygon"
    return [f"relation/{thing.id}"] if is_one else []


def _is_square(thing: Mapped, tags: Mapping[str, str]) -> bool:
    is_area = isinstance(thing, osmium.osm.Area) or word(tags.get("area", "")) == "yes"
    return is_area and word(tags["highway"]) in _SQUARE_KINDS


def _positions(nodes: Iterable[osmium.osm.NodeRef], *, is_reversed: bool) -> Ints:
    line = np.array([(node.ref, node.x, node.y) for node in nodes], dtype=np.int64).reshape(-1, 3)
    return line[::-1] if is_reversed else line


def chain_of(scan: Scan, name: str) -> Chain:
    """Put the nodes of all ways in a row, in RD, without those that the extract lacks or a mapper doubled."""
    way = np.repeat(np.arange(len(scan.lengths)), scan.lengths)
    is_located = scan.nodes[:, 1] != UNLOCATED
    # The number of missing nodes so far tells the parts of a way apart that a gap separates.
    part = np.cumsum(~is_located)
    kept = np.flatnonzero(is_located & ~_repeats(way, scan.nodes[:, 0]))
    joins_next = (np.diff(way[kept]) == 0) & (np.diff(part[kept]) == 0)
    is_run_start = np.r_[True, ~joins_next][: len(kept)]
    is_run_end = np.r_[~joins_next, True][: len(kept)]
    makes_line = ~(is_run_start & is_run_end)
    kept = kept[makes_line]
    points = rd_points(scan.nodes[kept, 1], scan.nodes[kept, 2], name)
    return Chain(way[kept], scan.nodes[kept, 0], points, is_run_end[makes_line])


def _repeats(way: Ints, node: Ints) -> Flags:
    """Tell whether a node is the same as the one before it in its way: a slip of the mapper, no junction."""
    repeats = np.zeros(len(node), dtype=np.bool_)
    repeats[1:] = (node[1:] == node[:-1]) & (way[1:] == way[:-1])
    return repeats
