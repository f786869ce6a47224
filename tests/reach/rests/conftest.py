"""Small networks with seats: edges with metres, homes, doors and benches on them, and brute force over them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import pyarrow as pa
import pytest
import shapely
from hypothesis import strategies as st

from pipelines.reach.contracts import ATTACHMENTS, SEATS
from pipelines.reach.ground import Ground, Streetscape, ground_of
from pipelines.reach.rest import Stamina, rest_costs


@dataclass(frozen=True)
class Way:
    """From node u to node v; None: forbidden that way."""

    u: int
    v: int
    forward_m: float | None
    backward_m: float | None


@dataclass(frozen=True)
class Spot:
    """A home, a door of a place or a seat, at a fraction of an edge from u to v, `snap_m` metres aside."""

    id: int
    edge: int
    fraction: float = 0.0
    snap_m: float = 0.0
    door: str = "yes"


def both(u: int, v: int, metres: float) -> Way:
    return Way(u, v, metres, metres)


def attached(point_type: str, spots: Sequence[Spot], profile: str) -> pa.Table:
    numbers = [[q.id for q in spots[:index]].count(p.id) for index, p in enumerate(spots)]
    columns = {
        "profile": [profile] * len(spots),
        "point_type": [point_type] * len(spots),
        "point_id": [p.id for p in spots],
        "access_number": numbers,
        "edge_id": [p.edge for p in spots],
        "fraction": [p.fraction for p in spots],
        "snap_m": [p.snap_m for p in spots],
        "door": [p.door for p in spots],
        "reason_missing": [""] * len(spots),
    }
    return pa.table({c.name: pa.array(columns[c.name], c.type) for c in ATTACHMENTS.columns})


def streetscape(
    ways: Sequence[Way],
    homes: Sequence[Spot],
    doors: Sequence[Spot],
    seats: Sequence[Spot] = (),
    profile: str = "rollator",
) -> Streetscape:
    """Tables of a small network; the line of an edge runs straight from (100 u, 0) to (100 v, 0)."""
    numbers = pa.array(range(len(ways)), pa.int64())
    lines = [shapely.LineString([(100 * way.u, 0), (100 * way.v, 0)]).wkb for way in ways]
    edges = {
        "edge_id": numbers,
        "u": pa.array([way.u for way in ways], pa.int64()),
        "v": pa.array([way.v for way in ways], pa.int64()),
        "length_m": pa.array([way.forward_m or way.backward_m or 0.0 for way in ways], pa.float64()),
        "is_sight": pa.array([False] * len(ways)),
        "geometry": pa.array(lines, pa.binary()),
    }
    costs = {
        "profile": pa.array([profile] * len(ways), pa.string()),
        "bound": pa.array(["central"] * len(ways), pa.string()),
        "edge_id": numbers,
        "forward_m": pa.array([way.forward_m for way in ways], pa.float64()),
        "backward_m": pa.array([way.backward_m for way in ways], pa.float64()),
        "forward_s": pa.array([way.forward_m for way in ways], pa.float64()),
        "backward_s": pa.array([way.backward_m for way in ways], pa.float64()),
        "barrier": pa.array(["" if way.forward_m else "steps" for way in ways], pa.string()),
    }
    points = pa.concat_tables([attached("origin", homes, profile), attached("place", doors, profile)])
    seated = {
        "profile": [profile] * len(seats),
        "seat_id": list(range(len(seats))),
        "seat_type": ["bench"] * len(seats),
        "seat_code": [str(seat.id) for seat in seats],
        "edge_id": [seat.edge for seat in seats],
        "fraction": [seat.fraction for seat in seats],
        "offset_m": [seat.snap_m for seat in seats],
    }
    seat_table = pa.table({c.name: pa.array(seated[c.name], c.type) for c in SEATS.columns})
    return Streetscape(pa.table(edges), pa.table(costs), points, seat_table)


def ground(*parts: Sequence[Way] | Sequence[Spot]) -> Ground:
    return ground_of(streetscape(*parts), "rollator", "central")  # type: ignore[arg-type]


Case = tuple[list[Way], list[Spot], list[Spot], list[Spot]]


def name_of(ways: Sequence[Way], spot: Spot) -> tuple[object, ...]:
    ends = {0.0: ("node", ways[spot.edge].u), 1.0: ("node", ways[spot.edge].v)}
    return ends.get(spot.fraction, ("on", spot.edge, spot.fraction))


def subdivided(ways: Sequence[Way], spots: Sequence[Spot]) -> nx.DiGraph:
    """Cut every edge at every spot on it."""
    graph = nx.DiGraph()
    for number, way in enumerate(ways):
        cuts = sorted({0.0, 1.0, *(spot.fraction for spot in spots if spot.edge == number)})
        names = [name_of(ways, Spot(0, number, fraction)) for fraction in cuts]
        graph.add_nodes_from(names)
        for (low, high), (first, second) in zip(pairwise(cuts), pairwise(names), strict=True):
            for metres, start, end in ((way.forward_m, first, second), (way.backward_m, second, first)):
                if metres is not None:
                    part = metres * (high - low)
                    known = graph.get_edge_data(start, end, {"metres": part})["metres"]
                    graph.add_edge(start, end, metres=min(part, known))
    return graph


# Metres and fractions that are exact in binary, so that nothing hangs on rounding.
METRES = st.sampled_from([0.0, 8.0, 40.0]) | st.integers(1, 160).map(float)
FRACTION = st.integers(0, 8).map(lambda eighth: eighth / 8)
SNAP_M = st.sampled_from([0.0, 4.0]) | st.integers(0, 40).map(float)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw edges between at most six nodes (loops, parallels, zero and forbidden ones), homes, doors and seats."""
    node = st.integers(0, draw(st.integers(0, 5)))
    way = st.tuples(node, node, st.none() | METRES, st.none() | METRES)
    ways = [Way(*drawn) for drawn in draw(st.lists(way, min_size=3, max_size=10))]
    usable = [k for k, one in enumerate(ways) if (one.forward_m, one.backward_m) != (None, None)]
    if not usable:
        return ways, [], [], []

    def spots(ids: Sequence[int], aside: st.SearchStrategy[float]) -> list[Spot]:
        drawn = [(k, draw(st.sampled_from(usable)), draw(FRACTION), draw(aside)) for k in ids]
        flat = [0.0 in (ways[edge].forward_m, ways[edge].backward_m) for _, edge, _, _ in drawn]
        return [Spot(k, e, 0.0 if f0 else f, s) for (k, e, f, s), f0 in zip(drawn, flat, strict=True)]

    homes = spots(range(draw(st.integers(0, 4))), SNAP_M)
    doors = spots(draw(st.lists(st.integers(0, 3), max_size=5)), SNAP_M)
    return ways, homes, doors, spots(range(draw(st.integers(0, 6))), st.just(0.0))


def rested(on: Ground, leg_m: float, total_m: float = 500.0) -> dict[tuple[int, int], float]:
    """Metres with rests by (origin, place)."""
    found = rest_costs(on, Stamina(leg_m, total_m))
    origin, place = on.home_ids[found["home"].to_numpy()], on.place_ids[found["place"].to_numpy()]
    metres = found["rest_metres"].to_pylist()
    assert len(set(zip(origin.tolist(), place.tolist(), strict=True))) == len(metres)
    return dict(zip(zip(origin.tolist(), place.tolist(), strict=True), metres, strict=True))


def alone(ways: list[Way], seats: list[Spot], home: Spot, door: Spot, leg_m: float = 100.0) -> float | None:
    """Metres with rests from one home to one door."""
    return rested(ground(ways, [home], [door], seats), leg_m).get((home.id, door.id))


@dataclass(frozen=True)
class Lot:
    """What the tests build their cases with."""

    Way: type[Way] = Way
    Spot: type[Spot] = Spot
    both: Callable[[int, int, float], Way] = both
    streetscape: Callable[..., Streetscape] = streetscape
    ground: Callable[..., Ground] = ground
    rested: Callable[..., dict[tuple[int, int], float]] = rested
    alone: Callable[..., float | None] = alone
    subdivided: Callable[..., nx.DiGraph] = subdivided
    name_of: Callable[..., tuple[object, ...]] = name_of
    cases: Callable[[], st.SearchStrategy[Case]] = cases


@pytest.fixture(scope="session")
def lot() -> Lot:
    return Lot()
