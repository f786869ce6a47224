"""Kerbs, barriers and crossings as stretches of their own, without length, so that each is charged once and whole.

A street is taken apart at such a node, and an obstacle joins the parts: who passes from one part to the other pays
for it, who stays on one side does not, and a home halfway along a street is on one side of it. Which nodes
matter, and reading them, is for `osm_marks` and `osm_streets`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.sources.osm_marks import Mark
from pipelines.sources.osm_words import CARRIAGEWAYS, EXPLICIT_RIGHTS
from pipelines.sources.street_obstacles import UNKNOWN, without_length

# Up to here a kerb stops nobody, so one of unknown height beside it leaves the highest unknown.
_HARMLESS_M = 0.03
# What drives there keeps to its line, so that a crossing can be denied; there are no kerbs along it.
_DRIVEN = ("service", "living_street", "cycleway", "track")
_UNMARKED = Mark()


class Way(NamedTuple):
    """What matters of a way where it meets an obstacle; `kerb_height_m` NaN: unknown."""

    is_road: Flags
    is_driven: Flags
    is_square: Flags
    rank: Ints
    foot: PyObjects
    is_crossing: Flags
    has_kerb: Flags
    kerb_height_m: Floats
    crossing: PyObjects


@dataclass(frozen=True)
class Stretches:
    """Stretches between nodes: their way, end nodes and line, shape (n,); headings at u and v in radians.

    `is_sight` marks lines of sight across squares.
    """

    way: Ints
    u: Ints
    v: Ints
    line: PyObjects
    heading: Floats
    is_sight: Flags


@dataclass(frozen=True)
class End:
    """One end of a stretch at a node: number (u of stretch i is 2 i, v 2 i + 1), way, heading, node at the far end."""

    number: int
    way: int
    heading: float
    far: int


@dataclass(frozen=True)
class Obstacle:
    """What stands between two groups of ends at a node; group 0 keeps the node."""

    one: int
    other: int
    mark: Mark
    crossed_highway: str = ""


@dataclass(frozen=True)
class Apart:
    """The stretches with new end nodes, and the rows of the obstacles that join them.

    `seen` are the crossing ways that were found to cross a road, shape (ways,).
    """

    u: Ints
    v: Ints
    obstacles: list[dict[str, object]]
    seen: Flags


def ways_of(facts: pa.Table, is_square: Flags) -> Way:
    """Take from the facts of ways what matters where they meet an obstacle."""
    highway = facts["highway"].to_numpy(zero_copy_only=False)
    rank = {name: number for number, name in enumerate(CARRIAGEWAYS)}
    ranks = np.array([rank.get(name, len(rank)) for name in highway], dtype=np.int64)
    return Way(
        is_road=ranks < len(rank),
        is_driven=np.isin(highway.astype(str), _DRIVEN),
        is_square=is_square,
        rank=ranks,
        foot=facts["foot"].to_numpy(zero_copy_only=False),
        is_crossing=facts["is_crossing"].to_numpy(zero_copy_only=False),
        has_kerb=facts["has_kerb"].to_numpy(zero_copy_only=False),
        kerb_height_m=facts["kerb_height_m"].to_numpy(zero_copy_only=False).astype(np.float64),
        crossing=facts["crossing"].to_numpy(zero_copy_only=False),
    )


def take_apart(stretches: Stretches, ways: Way, marks: Mapping[int, Mark]) -> Apart:
    """Take the network apart at kerbs, barriers and crossings, and join the parts by obstacles.

    - A barrier stands between every two stretches that meet at it (those of one square are one).
    - Where paths meet a road that passes, the paths in one sector between arms of the road belong together. The
      sector of the lowest stretch hangs on the road; between the road and every other sector lies a crossing. Roads
      that meet roads make none: nobody draws the sidewalks there.
    - A kerb on such a node lies between the road and each sector, not along the road. A kerb between paths lies
      between crossing stretches (`footway=crossing`) and the others where both meet; else between every two. One on a
      road alone lies across it, except on a crossing node.
    - Where a crossing is denied, what drives without kerbs (a cycleway) counts as the road that paths do not cross.
    - A crossing of which no kerb is described, with kerbs mapped at the far ends of its stretches on both sides, has
      no kerb of its own.
    """
    ends = np.column_stack([stretches.u, stretches.v]).ravel()
    fresh = ends.copy()
    seen = np.zeros(len(ways.is_road), dtype=np.bool_)
    rows: list[dict[str, object]] = []
    next_key = min(0, int(ends.min(initial=0))) - 1
    for node, meeting in _meetings(stretches, ways, marks, ends):
        groups, obstacles = _separate(meeting, ways, marks, node)
        keys = [node, *range(next_key, next_key - len(groups) + 1, -1)]
        next_key -= len(groups) - 1
        for key, group in zip(keys[1:], groups[1:], strict=True):
            fresh[[end.number for end in group]] = key
        if any(obstacle.mark.is_crossing for obstacle in obstacles):
            seen[[end.way for end in meeting]] = True
        point = _point(stretches, meeting[0])
        rows += [_row(node, (keys[o.one], keys[o.other]), o, point) for o in obstacles]
    u, v = fresh.reshape(-1, 2).T
    return Apart(u, v, rows, seen)


def _meetings(
    stretches: Stretches, ways: Way, marks: Mapping[int, Mark], ends: Ints
) -> Iterator[tuple[int, list[End]]]:
    """Yield each node where something may stand between its ends, in ascending order, with those ends."""
    nodes, of_end = np.unique(ends, return_inverse=True)
    is_road = np.repeat(ways.is_road[stretches.way], 2)
    roads = np.bincount(of_end, weights=is_road, minlength=len(nodes))
    paths = np.bincount(of_end, weights=~is_road, minlength=len(nodes))
    stopping = np.array([node for node, mark in marks.items() if mark.stops], dtype=np.int64)
    chosen = np.isin(nodes, stopping) & (roads + paths > 1)
    chosen |= (roads > 1) & (paths > 1)
    denied = np.array([node for node, mark in marks.items() if mark.crossing == "no"], dtype=np.int64)
    driven = np.bincount(of_end, weights=np.repeat(ways.is_driven[stretches.way], 2), minlength=len(nodes))
    chosen |= np.isin(nodes, denied) & (roads == 0) & (driven > 1) & (paths - driven > 1)
    by_node = np.argsort(of_end, kind="stable")
    first = np.searchsorted(of_end[by_node], np.arange(len(nodes) + 1))
    headings = stretches.heading.ravel()
    for number in np.flatnonzero(chosen).tolist():
        at_node = by_node[first[number] : first[number + 1]].tolist()
        yield (
            int(nodes[number]),
            [End(e, int(stretches.way[e // 2]), float(headings[e]), int(ends[e ^ 1])) for e in at_node],
        )


def _separate(
    meeting: Sequence[End], ways: Way, marks: Mapping[int, Mark], node: int
) -> tuple[list[list[End]], list[Obstacle]]:
    """Divide the ends at a node into groups (the first keeps the node) and say what stands between which."""
    mark = marks.get(node, _UNMARKED)
    roads = [end for end in meeting if ways.is_road[end.way]]
    if not roads and mark.crossing == "no":
        roads = [end for end in meeting if ways.is_driven[end.way]]
    paths = [end for end in meeting if end not in roads]
    if mark.barrier:
        return _each(meeting, ways, replace(mark, is_crossing=False, crossing="", foot=_right(mark, meeting, ways)))
    if roads and paths:
        return _at_road(roads, paths, ways, marks, mark)
    if roads and mark.is_crossing:
        return [list(meeting)], []
    bare = replace(mark, is_crossing=False, crossing="")
    across = [end for end in paths if ways.is_crossing[end.way]]
    along = [end for end in paths if not ways.is_crossing[end.way]]
    if across and along:
        return [along, across], [Obstacle(0, 1, bare)]
    return _each(meeting, ways, bare)


def _each(meeting: Sequence[End], ways: Way, mark: Mark) -> tuple[list[list[End]], list[Obstacle]]:
    groups: dict[int, list[End]] = {}
    for end in meeting:
        # Ends of one square are one group; ways are not negative, so ends of their own get negative numbers.
        groups.setdefault(end.way if ways.is_square[end.way] else -1 - end.number, []).append(end)
    return list(groups.values()), [Obstacle(a, b, mark) for a, b in combinations(range(len(groups)), 2)]


def _right(mark: Mark, meeting: Sequence[End], ways: Way) -> str:
    """Give the right to pass a barrier: its own, else an explicit one of a way that leads through it."""
    if mark.foot:
        return mark.foot
    explicit = [str(ways.foot[end.way]) for end in meeting if ways.foot[end.way] in EXPLICIT_RIGHTS]
    return explicit[0] if explicit else ""


def _at_road(
    roads: list[End], paths: list[End], ways: Way, marks: Mapping[int, Mark], mark: Mark
) -> tuple[list[list[End]], list[Obstacle]]:
    sectors = _sectors(roads, paths)
    kerb = replace(mark, is_crossing=False, crossing="")
    groups, obstacles = [list(roads)], []
    for number, sector in enumerate(sectors):
        if number == 0 and not mark.has_kerb:
            groups[0] += sector
            continue
        groups.append(sector)
        if number == 0:
            obstacles.append(Obstacle(0, 1, kerb))
            continue
        rank = min(int(ways.rank[end.way]) for end in roads)
        crossed = CARRIAGEWAYS[rank] if rank < len(CARRIAGEWAYS) else ""
        what = _crossing(sectors[0], sector, ways, marks, mark)
        obstacles.append(Obstacle(0, len(groups) - 1, what, crossed))
    return groups, obstacles


def _sectors(roads: list[End], paths: list[End]) -> list[list[End]]:
    """Divide paths by the arms of the road between which they leave; the sector of the lowest end first."""
    arms = np.sort([end.heading for end in roads])
    of_path = np.searchsorted(arms, [end.heading for end in paths]) % len(arms)
    sectors: dict[int, list[End]] = {}
    for end, sector in zip(paths, of_path.tolist(), strict=True):
        sectors.setdefault(sector if len(roads) > 1 else 0, []).append(end)
    return list(sectors.values())


def _crossing(one: list[End], other: list[End], ways: Way, marks: Mapping[int, Mark], mark: Mark) -> Mark:
    """Describe a crossing from one sector to another: by its node, else by the crossing ways that make it."""
    across = [[end for end in sector if ways.is_crossing[end.way]] for sector in (one, other)]
    own = [end.way for sector in across for end in sector]
    aids = [str(ways.crossing[way]) for way in own if ways.crossing[way]]
    heights = [float(ways.kerb_height_m[way]) for way in own if ways.has_kerb[way]]
    if mark.has_kerb:
        heights.append(np.nan if mark.kerb_height_m is None else mark.kerb_height_m)
    elsewhere = all(any(marks.get(end.far, _UNMARKED).has_kerb for end in sector) for sector in across)
    return Mark(
        has_kerb=bool(heights),
        kerb_height_m=_highest(heights) if heights else (0.0 if elsewhere else None),
        is_crossing=True,
        crossing=mark.crossing or (aids[0] if aids else ""),
        wheelchair=mark.wheelchair,
        stroller=mark.stroller,
    )


def _highest(heights_m: list[float]) -> float | None:
    known = [height for height in heights_m if not np.isnan(height)]
    highest = max(known, default=None)
    sure = len(known) == len(heights_m) or (highest is not None and highest > _HARMLESS_M)
    return highest if sure else None


def _point(stretches: Stretches, end: End) -> bytes:
    at = shapely.get_point(stretches.line[end.number // 2], 0 if end.number % 2 == 0 else -1)
    wkb: bytes = without_length(np.array([at]))[0]
    return wkb


def _row(node: int, keys: tuple[int, int], obstacle: Obstacle, point: bytes) -> dict[str, object]:
    mark = obstacle.mark
    return {
        **UNKNOWN,
        "segment_id": 0,
        "source_id": f"node/{node}",
        "u_key": keys[0],
        "v_key": keys[1],
        "foot": mark.foot,
        "is_part_time": mark.is_part_time,
        "wheelchair": mark.wheelchair,
        "stroller": mark.stroller,
        "has_kerb": mark.has_kerb,
        "kerb_height_m": mark.kerb_height_m,
        "is_crossing": mark.is_crossing,
        "crossing": mark.crossing,
        "crossed_highway": obstacle.crossed_highway,
        "barrier": mark.barrier,
        "width_m": mark.width_m,
        "geometry": point,
    }
