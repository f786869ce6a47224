"""Streets and paths of an OSM extract, cut into stretches between junctions, with obstacles between them.

Here ways become rows of `sources/segments`. Ways meet only in a node they share: a bridge makes no junction
with the road below it. What a fact costs whom is for `streets/`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.arrays import Floats, Ints, PyObjects
from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.osm import UNLOCATED, remarks_on, rows_near
from pipelines.sources.osm_closed import closed_groups
from pipelines.sources.osm_marks import Mark
from pipelines.sources.osm_obstacles import Apart, Stretches, take_apart, ways_of
from pipelines.sources.osm_scan import Chain, Scan, chain_of, scan_streets, unread_numbers
from pipelines.sources.osm_squares import Square, lines_of_sight, mean_width_m, polygon_of
from pipelines.sources.osm_ways import FACTS_SCHEMA
from pipelines.sources.osm_words import HIGHWAYS, VOCABULARY
from pipelines.sources.remarks import Remark
from pipelines.sources.street_obstacles import split_off

# At the edge of an extract ways end early, in a small one perhaps each second; where so many and such a share of all
# ways lack nodes, these were left out everywhere.
_MOST_CUT, _MOST_SHARE_CUT = 10, 2 / 3


@dataclass(frozen=True)
class Sights:
    """Lines of sight across squares: the way whose facts they have, their nodes, and their ends (k, 2, 2) in RD.

    `widths_m` gives the mean width of the square of each way that is a ring; `broken` lists the rings that cross
    themselves.
    """

    way: Ints
    ends: Ints
    points: Floats
    widths_m: dict[int, float]
    broken: list[int]


def read_osm_segments(
    path: Path, name: str, outline: shapely.Geometry | None = None, year: int | None = None
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the walkable network of an OSM extract.

    A way is cut where another kept way shares its node, where it meets itself, and at kerbs and barriers. Kerbs,
    barriers and crossings become obstacles: stretches without length of their own, see `take_apart`. Pedestrian
    areas (`area=yes`, multipolygons) are their rings and lines of sight across; where no width is mapped, theirs is
    twice the area over the perimeter. A way with `oneway:foot=-1` is turned round.

    Parameters
    ----------
    path
        The OSM file, see `scan_osm`.
    name
        What to call it in errors and remarks, e.g. its path under the raw folder.
    outline
        The municipality in RD: only stretches within 1,300 m of it are kept. None keeps all.
    year
        In which the extract was made, see `why_gone`; None: dates are not looked at.

    Returns
    -------
    tuple
        `sources/segments`: stretches in the order of the file, lines of sight, obstacles (what no tag says is null
        or ''), and remarks on ways that are closed, on ways with nodes that the extract lacks, on words that OSM does
        not know and on numbers that cannot be read.

    Raises
    ------
    SourceError
        When the file is missing, cut short, nothing of OSM, holds no streets, lies outside the Netherlands or
        more than 5 km from the municipality.
    """
    scan, file_remarks = scan_streets(path, name, year)
    chain = chain_of(scan, name)
    if not len(chain.node):
        closed = f"; {len(scan.closed):,} are gone, to come or not in use" if scan.closed else ""
        raise SourceError(
            f"{name}: holds no streets or paths (no `highway` way with its nodes{closed}). "
            "Deliver an extract with all ways and the nodes they refer to."
        )
    sights = _sights(scan, chain)
    _require_nodes(scan, name)
    stretches = _stretches(chain, _cut(chain, _cut_nodes(scan, sights)), sights)
    stretches = _rows(stretches, rows_near(stretches.line, outline, name, may_be_none=False))
    facts, unknown_words = _facts(scan, sights)
    is_ring = np.isin(np.arange(len(facts)), [ring for square in scan.squares for ring in square])
    facts = _without_own_kerbs(facts, stretches, scan.marks)
    apart = take_apart(stretches, ways_of(facts, is_ring), scan.marks)
    table = split_off(_segments(facts, stretches, apart))
    remarks = remarks_on(name, [*_problems(scan, sights), *unknown_words, *unread_numbers(scan)])
    return conform(table, SEGMENTS).cast(SEGMENTS.schema), file_remarks + remarks


def _sights(scan: Scan, chain: Chain) -> Sights:
    nodes, counts = np.unique(chain.node, return_counts=True)
    entrances = np.array([node for node, mark in scan.marks.items() if mark.is_entrance], dtype=np.int64)
    way, ends, points = [np.empty(0, np.int64)], [np.empty((0, 2), np.int64)], [np.empty((0, 2, 2))]
    widths_m: dict[int, float] = {}
    broken: list[int] = []
    for rings in scan.squares:
        square = _square(rings, chain, (nodes, counts), entrances)
        polygon = None if square is None else polygon_of(square)
        if square is None or polygon is None:
            broken.append(rings[0])
            continue
        widths_m |= dict.fromkeys(rings, mean_width_m(polygon))
        pairs = lines_of_sight(square, polygon)
        way.append(np.full(len(pairs), rings[0]))
        ends.append(square.node[pairs])
        points.append(square.points[pairs])
    return Sights(np.concatenate(way), np.concatenate(ends), np.concatenate(points), widths_m, broken)


def _square(rings: tuple[int, ...], chain: Chain, seen: tuple[Ints, Ints], entrances: Ints) -> Square | None:
    """Gather the rings of a square; None where the extract lacks some of their nodes."""
    first, last = np.searchsorted(chain.way, rings), np.searchsorted(chain.way, rings, side="right")
    rows = [np.arange(start, end) for start, end in zip(first, last, strict=True)]
    if any(len(r) < 4 or chain.node[r[0]] != chain.node[r[-1]] or chain.is_run_end[r[:-1]].any() for r in rows):  # noqa: PLR2004 - three corners and the first again
        return None
    ring = np.repeat(np.arange(len(rings)), [len(r) - 1 for r in rows])
    open_rows = np.concatenate([r[:-1] for r in rows])
    own, own_counts = np.unique(chain.node[np.concatenate(rows)], return_counts=True)
    node = chain.node[open_rows]
    elsewhere = seen[1][np.searchsorted(seen[0], node)] > own_counts[np.searchsorted(own, node)]
    return Square(node, chain.points[open_rows], ring, elsewhere | np.isin(node, entrances))


def _cut_nodes(scan: Scan, sights: Sights) -> Ints:
    stopping = [node for node, mark in scan.marks.items() if mark.stops]
    return np.concatenate([np.array(stopping, dtype=np.int64), sights.ends.ravel()])


def _cut(chain: Chain, marked: Ints) -> tuple[Ints, Ints]:
    """Find the positions in the chain where each stretch starts and ends; shape (stretches,) each."""
    _, inverse, counts = np.unique(chain.node, return_inverse=True, return_counts=True)
    is_run_start = np.r_[True, chain.is_run_end[:-1]]
    is_cut = (counts[inverse] > 1) | np.isin(chain.node, marked) | is_run_start | chain.is_run_end
    cuts = np.flatnonzero(is_cut)
    first = np.flatnonzero(~chain.is_run_end[cuts])
    return cuts[first], cuts[first + 1]


def _stretches(chain: Chain, cuts: tuple[Ints, Ints], sights: Sights) -> Stretches:
    starts, ends = cuts
    away = np.column_stack([
        chain.points[starts + 1] - chain.points[starts], chain.points[ends - 1] - chain.points[ends]
    ]).reshape(-1, 2, 2)  # fmt: skip
    across = sights.points[:, ::-1] - sights.points
    seen = np.asarray(shapely.linestrings(sights.points), dtype=np.object_)
    away = np.concatenate([away, across])
    return Stretches(
        way=np.concatenate([chain.way[starts], sights.way]),
        u=np.concatenate([chain.node[starts], sights.ends[:, 0]]),
        v=np.concatenate([chain.node[ends], sights.ends[:, 1]]),
        line=np.concatenate([_lines(chain, starts, ends), seen]),
        heading=np.arctan2(away[:, :, 1], away[:, :, 0]),
        is_sight=np.arange(len(away)) >= len(starts),
    )


def _lines(chain: Chain, starts: Ints, ends: Ints) -> PyObjects:
    lengths = ends - starts + 1
    stretch = np.repeat(np.arange(len(starts)), lengths)
    before = np.cumsum(lengths) - lengths
    positions = np.arange(len(stretch)) - before[stretch] + starts[stretch]
    lines: PyObjects = shapely.linestrings(chain.points[positions], indices=stretch)
    return lines


def _rows(stretches: Stretches, rows: Ints) -> Stretches:
    return Stretches(**{name: values[rows] for name, values in vars(stretches).items()})


def _facts(scan: Scan, sights: Sights) -> tuple[pa.Table, list[tuple[str, str, list[str]]]]:
    """Tabulate the facts of the ways: words that OSM does not know become unknown, squares get their width."""
    columns = dict(zip(FACTS_SCHEMA.names, zip(*scan.facts, strict=True), strict=True))
    table = pa.table([pa.array(columns[field.name], field.type) for field in FACTS_SCHEMA], schema=FACTS_SCHEMA)
    widths_m = [sights.widths_m.get(way) if width is None else width for way, width in enumerate(columns["width_m"])]
    table = table.set_column(table.schema.get_field_index("width_m"), "width_m", pa.array(widths_m, pa.float64()))
    strange = table.filter(pc.invert(pc.is_in(table["highway"], pa.array(HIGHWAYS))))
    remarks = [("highway of a kind that is not known, walked as a path", "noted", strange["source_id"].to_pylist())]
    for key in table.column_names:
        if key in VOCABULARY:
            known = pc.is_in(table[key], pa.array(["", *VOCABULARY[key]]))
            strange = table.filter(pc.invert(known))
            remarks.append((f"{key} of a word that is not known", "read as unknown", strange["source_id"].to_pylist()))
            words = pc.if_else(known, table[key], "")
            table = table.set_column(table.schema.get_field_index(key), key, words)
    return table, remarks


def _without_own_kerbs(facts: pa.Table, stretches: Stretches, marks: dict[int, Mark]) -> pa.Table:
    """Give crossing ways with kerbs mapped on two of their nodes, and none on themselves, a kerb of 0 m."""
    kerbs = np.array([node for node, mark in marks.items() if mark.has_kerb], dtype=np.int64)
    at_kerb = np.unique(np.column_stack([np.tile(stretches.way, 2), np.r_[stretches.u, stretches.v]]), axis=0)
    counts = np.bincount(at_kerb[np.isin(at_kerb[:, 1], kerbs), 0], minlength=len(facts))
    elsewhere = pc.and_(facts["is_crossing"], pa.array(counts > 1))
    elsewhere = pc.and_(elsewhere, pc.invert(facts["has_kerb"]))
    heights = pc.if_else(elsewhere, 0.0, facts["kerb_height_m"])
    return facts.set_column(facts.schema.get_field_index("kerb_height_m"), "kerb_height_m", heights)


def _segments(facts: pa.Table, stretches: Stretches, apart: Apart) -> pa.Table:
    """Join stretches and obstacles; a crossing way that crosses no road we know is charged on its first stretch."""
    of_way = facts.take(pa.array(stretches.way))
    way, first = np.unique(stretches.way, return_index=True)
    alone = np.zeros(len(stretches.way), dtype=np.bool_)
    alone[first[~apart.seen[way]]] = True
    alone &= of_way["is_crossing"].to_numpy(zero_copy_only=False)
    alone &= shapely.length(stretches.line) > 0
    charged = pa.array(alone)
    columns = {
        **{name: of_way[name] for name in of_way.column_names},
        "segment_id": pa.array(np.zeros(len(alone), dtype=np.int64)),
        "u_key": pa.array(apart.u),
        "v_key": pa.array(apart.v),
        "is_crossing": charged,
        "has_kerb": pc.and_(charged, of_way["has_kerb"]),
        "kerb_height_m": pc.if_else(charged, of_way["kerb_height_m"], pa.scalar(None, pa.float64())),
        "crossing": pc.if_else(charged, of_way["crossing"], ""),
        "crossed_highway": pa.array([""] * len(alone)),
        "barrier": pa.array([""] * len(alone)),
        "is_sight": pa.array(stretches.is_sight),
        "geometry": pa.array(shapely.to_wkb(stretches.line), type=pa.binary()),
    }
    walked = pa.table([columns[c.name] for c in SEGMENTS.columns], schema=SEGMENTS.schema)
    whole = pa.concat_tables([walked, pa.Table.from_pylist(apart.obstacles, schema=SEGMENTS.schema)])
    number = pa.array(np.arange(len(whole)))
    return whole.set_column(0, SEGMENTS.schema.field(0), number)


def _located(scan: Scan) -> Ints:
    """Count the nodes of each way of which the extract tells where they lie; shape (ways,)."""
    way = np.repeat(np.arange(len(scan.lengths)), scan.lengths)
    counts: Ints = np.bincount(way[scan.nodes[:, 1] != UNLOCATED], minlength=len(scan.lengths))
    return counts


def _require_nodes(scan: Scan, name: str) -> None:
    n_ways, n_cut = len(scan.lengths), int((_located(scan) < scan.lengths).sum())
    if n_cut > max(_MOST_CUT, _MOST_SHARE_CUT * n_ways):
        raise SourceError(
            f"{name}: of {n_cut:,} of {n_ways:,} streets and paths nodes are missing in the extract. Deliver one with "
            "all nodes of its ways (osmium extract makes them complete; add-locations-to-ways leaves them out)."
        )


def _problems(scan: Scan, sights: Sights) -> Iterator[tuple[str, str, list[str]]]:
    located = _located(scan)
    shortened = np.flatnonzero((located < scan.lengths) & (located > 1))
    useless = np.flatnonzero(located < 2)  # noqa: PLR2004 - a line has two points
    yield from closed_groups("way or obstacle", scan.closed)
    yield "way with nodes that the extract lacks; read without them", "repaired", _ids(scan, shortened)
    yield "way with fewer than two nodes in the extract", "set_aside", _ids(scan, useless)
    yield "square of which the extract lacks lines, or whose lines do not close", "set_aside", list(scan.unmade)
    yield "square whose ring crosses itself or is not whole; walked around", "repaired", _ids(scan, sights.broken)


def _ids(scan: Scan, ways: Iterable[int]) -> list[str]:
    return [scan.facts[way].source_id for way in ways]
