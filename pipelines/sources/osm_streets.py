"""Streets and paths of an OSM extract, cut into stretches between junctions, kerbs and barriers.

Here ways become rows of `sources/segments`. Ways meet only in a node they share: a bridge makes no junction
with the road below it. What a fact costs whom is for `streets/`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from osmium.osm.types import OSMEntity

from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.osm import UNLOCATED, osm_objects, rd_points, remarks_on, rows_near
from pipelines.sources.osm_marks import Stretches, barriers_on, kerb_heights_on, marks_of
from pipelines.sources.osm_ways import (
    FACTS_SCHEMA,
    WayFacts,
    is_against_its_line,
    is_walkable_kind,
    way_facts,
)
from pipelines.sources.vector import Remark

_MARK_KEYS = ("barrier", "kerb", "kerb:height", "sloped_curb")


@dataclass(frozen=True)
class Scan:
    """What one pass over an extract found: facts per way, the nodes of all ways, and the marked nodes.

    `nodes` has shape (n, 3): node id, longitude and latitude in 1e-7 degree, way after way; `lengths` says
    how many belong to each way.
    """

    facts: tuple[WayFacts, ...]
    lengths: NDArray[np.int64]
    nodes: NDArray[np.int64]
    marked: dict[int, dict[str, str]]


@dataclass(frozen=True)
class Chain:
    """Located nodes of all ways, in order, shape (n,); a run is a part of a way without a gap."""

    way: NDArray[np.int64]
    node: NDArray[np.int64]
    points: NDArray[np.float64]
    is_run_end: NDArray[np.bool_]


def read_osm_segments(
    path: Path, name: str, outline: shapely.Geometry | None = None
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the walkable network of an OSM extract.

    A way is cut where another kept way shares its node, where it meets itself, and at nodes with `barrier` or
    `kerb`. A kerb bears on the crossing stretches (`footway=crossing`) that meet at it; where none meets, on
    every stretch there, except that one on a `highway=crossing` node runs beside the carriageway and not
    across it. Pedestrian areas are the lines of their rings. A way with `oneway:foot=-1` is turned round.

    Parameters
    ----------
    path
        The `.osm.pbf` file.
    name
        What to call it in errors and remarks, e.g. its path under the raw folder.
    outline
        The municipality in RD: only stretches within 1,300 m of it are kept. None keeps all.

    Returns
    -------
    tuple
        `sources/segments` in the order of the file (`kerb_height_m`, `step_count`, `incline_pct`, `width_m`
        null where no tag says), and remarks on ways with nodes that the extract lacks.

    Raises
    ------
    SourceError
        When the file is missing, truncated, no OSM PBF, holds no streets, lies outside the Netherlands or
        more than 5 km from the municipality.
    """
    scan = _scan(path, name)
    chain = _chain(scan, name)
    if not len(chain.node):
        raise SourceError(
            f"{name}: holds no streets or paths (no `highway` way with its nodes). "
            "Deliver an extract with all ways and the nodes they refer to."
        )
    starts, ends = _cut(chain, np.fromiter(scan.marked, dtype=np.int64, count=len(scan.marked)))
    lines = _lines(chain, starts, ends)
    kept = rows_near(lines, outline, name, may_be_none=False)
    table = _segments(scan, chain, (starts[kept], ends[kept]), lines[kept])
    return conform(table, SEGMENTS).cast(SEGMENTS.schema), remarks_on(name, _problems(scan))


def _scan(path: Path, name: str) -> Scan:
    facts: list[WayFacts] = []
    lines: list[NDArray[np.int64]] = [np.empty((0, 3), dtype=np.int64)]
    marked: dict[int, dict[str, str]] = {}
    for thing in osm_objects(path, name, ("highway", *_MARK_KEYS), areas=True):
        tags = dict(thing.tags)
        if isinstance(thing, osmium.osm.Node):
            if not tags.keys().isdisjoint(_MARK_KEYS):
                marked[thing.id] = tags
        elif is_walkable_kind(tags):
            for source_id, nodes in _lines_of(thing):
                facts.append(way_facts(source_id, tags))
                lines.append(_positions(nodes, is_reversed=is_against_its_line(tags)))
    lengths = np.array([len(line) for line in lines[1:]], dtype=np.int64)
    return Scan(tuple(facts), lengths, np.concatenate(lines), marked)


def _lines_of(thing: OSMEntity) -> Iterator[tuple[str, Iterable[osmium.osm.NodeRef]]]:
    if isinstance(thing, osmium.osm.Way):
        yield str(thing.id), thing.nodes
    elif isinstance(thing, osmium.osm.Area) and not thing.from_way():
        # The members of a pedestrian multipolygon carry no tags of their own: its rings are its only lines.
        for outer in thing.outer_rings():
            for ring in (outer, *thing.inner_rings(outer)):
                yield f"relation/{thing.orig_id()}", ring


def _positions(nodes: Iterable[osmium.osm.NodeRef], *, is_reversed: bool) -> NDArray[np.int64]:
    line = np.array([(node.ref, node.x, node.y) for node in nodes], dtype=np.int64).reshape(-1, 3)
    return line[::-1] if is_reversed else line


def _chain(scan: Scan, name: str) -> Chain:
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


def _repeats(way: NDArray[np.int64], node: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell whether a node is the same as the one before it in its way: a slip of the mapper, no junction."""
    repeats = np.zeros(len(node), dtype=np.bool_)
    repeats[1:] = (node[1:] == node[:-1]) & (way[1:] == way[:-1])
    return repeats


def _cut(chain: Chain, marked: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the positions in the chain where each stretch starts and ends; shape (stretches,) each."""
    _, inverse, counts = np.unique(chain.node, return_inverse=True, return_counts=True)
    is_run_start = np.r_[True, chain.is_run_end[:-1]]
    is_cut = (counts[inverse] > 1) | np.isin(chain.node, marked) | is_run_start | chain.is_run_end
    cuts = np.flatnonzero(is_cut)
    first = np.flatnonzero(~chain.is_run_end[cuts])
    return cuts[first], cuts[first + 1]


def _lines(chain: Chain, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.object_]:
    lengths = ends - starts + 1
    stretch = np.repeat(np.arange(len(starts)), lengths)
    before = np.cumsum(lengths) - lengths
    positions = np.arange(len(stretch)) - before[stretch] + starts[stretch]
    lines: NDArray[np.object_] = shapely.linestrings(chain.points[positions], indices=stretch)
    return lines


def _segments(
    scan: Scan,
    chain: Chain,
    cuts: tuple[NDArray[np.int64], NDArray[np.int64]],
    lines: NDArray[np.object_],
) -> pa.Table:
    starts, ends = cuts
    rows = [fact._asdict() for fact in scan.facts]
    facts = pa.Table.from_pylist(rows, schema=FACTS_SCHEMA).take(pa.array(chain.way[starts]))
    stretches = Stretches(
        u=chain.node[starts],
        v=chain.node[ends],
        is_crossing=facts["is_crossing"].to_numpy(),
        highway=facts["highway"].to_numpy(),
        own_kerb_m=facts["own_kerb_m"].to_numpy().astype(np.float64),
    )
    marks = marks_of(scan.marked)
    return pa.table(
        {
            **{column: facts[column] for column in facts.column_names if column in SEGMENTS.column_names},
            "segment_id": pa.array(np.arange(len(starts))),
            "u_key": pa.array(stretches.u),
            "v_key": pa.array(stretches.v),
            "kerb_height_m": pa.array(kerb_heights_on(stretches, marks), from_pandas=True),
            "is_steps": pa.array(stretches.highway == "steps"),
            "barrier": pa.array(barriers_on(stretches, marks), type=pa.string()),
            "geometry": pa.array(shapely.to_wkb(lines), type=pa.binary()),
        }
    )


def _problems(scan: Scan) -> Iterator[tuple[str, str, list[str]]]:
    way = np.repeat(np.arange(len(scan.lengths)), scan.lengths)
    located = np.bincount(way[scan.nodes[:, 1] != UNLOCATED], minlength=len(scan.lengths))
    shortened = np.flatnonzero((located < scan.lengths) & (located > 1))
    useless = np.flatnonzero(located < 2)  # noqa: PLR2004 - a line has two points
    yield "way with nodes that the extract lacks; read without them", "repaired", _ids(scan, shortened)
    yield "way with fewer than two nodes in the extract", "set_aside", _ids(scan, useless)


def _ids(scan: Scan, ways: NDArray[np.int64]) -> list[str]:
    return [scan.facts[way].source_id for way in ways]
