"""Small networks by hand: edges with costs, and points attached to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pytest

from pipelines.contracts import conform
from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.reach.tables import pair_parts
from pipelines.streets.profiles import Profile


@dataclass(frozen=True)
class Edge:
    """From node u to node v; None: forbidden that way. Seconds are metres at 1 m/s unless given."""

    u: int
    v: int
    forward_m: float | None
    backward_m: float | None
    forward_s: float | None = None
    backward_s: float | None = None


@dataclass(frozen=True)
class Point:
    """Attached to an edge at a fraction from u to v, `snap_m` metres aside; `edge` None: not attached."""

    id: int
    edge: int | None
    fraction: float = 0.0
    snap_m: float = 0.0
    door: str = "yes"


@dataclass(frozen=True)
class Hand:
    """What the tests build their cases with."""

    Edge: type[Edge]
    Point: type[Point]
    streets: Callable[..., tuple[pa.Table, pa.Table]]
    attached: Callable[..., pa.Table]
    pairs: Callable[..., pa.Table]


def streets(edges: Sequence[Edge], profile: str = "referentie") -> tuple[pa.Table, pa.Table]:
    """Give `streets/edges` (its numbers only) and `streets/costs`."""
    numbers = pa.array(range(len(edges)), pa.int64())
    table = pa.table(
        {
            "edge_id": numbers,
            "u": pa.array([edge.u for edge in edges], pa.int64()),
            "v": pa.array([edge.v for edge in edges], pa.int64()),
        }
    )
    metres = {way: [getattr(edge, f"{way}_m") for edge in edges] for way in ("forward", "backward")}
    seconds = {
        way: [m if s is None else s for m, s in zip(metres[way], (getattr(e, f"{way}_s") for e in edges), strict=True)]
        for way in metres
    }
    costs = {
        "profile": pa.array([profile] * len(edges), pa.string()),
        "bound": pa.array(["central"] * len(edges), pa.string()),
        "edge_id": numbers,
        **{f"{way}_m": pa.array(metres[way], pa.float64()) for way in metres},
        **{f"{way}_s": pa.array(seconds[way], pa.float64()) for way in metres},
        "barrier": pa.array([""] * len(edges), pa.string()),
    }
    return table, pa.table(costs)


def attached(point_type: str, points: Sequence[Point], profile: str = "referentie") -> pa.Table:
    """Give `reach/attachments`; points of one id are numbered in their order."""
    numbers = [[q.id for q in points[:index]].count(p.id) for index, p in enumerate(points)]
    columns = {
        "profile": pa.array([profile] * len(points), pa.string()),
        "point_type": pa.array([point_type] * len(points), pa.string()),
        "point_id": pa.array([p.id for p in points], pa.int64()),
        "access_number": pa.array(numbers, pa.int32()),
        "edge_id": pa.array([p.edge for p in points], pa.int64()),
        "fraction": pa.array([None if p.edge is None else p.fraction for p in points], pa.float64()),
        "snap_m": pa.array([None if p.edge is None else p.snap_m for p in points], pa.float64()),
        "door": pa.array([p.door for p in points], pa.string()),
        "reason_missing": pa.array(["no_street_within_limit" if p.edge is None else "" for p in points], pa.string()),
    }
    return conform(pa.table(columns), ATTACHMENTS)


def pairs(attachments: pa.Table, edges: pa.Table, costs: pa.Table, profiles: Mapping[str, Profile]) -> pa.Table:
    """Give `reach/pairs` of every profile and bound as one table."""
    parts = (part.cast(PAIRS.schema) for part in pair_parts(attachments, edges, costs, profiles))
    return conform(pa.concat_tables([PAIRS.schema.empty_table(), *parts]), PAIRS)


@pytest.fixture(scope="session")
def hand() -> Hand:
    return Hand(Edge, Point, streets, attached, pairs)
