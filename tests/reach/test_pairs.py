"""The pairs, against cases by hand and against networkx on the graph subdivided at every point."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import ContractError
from pipelines.reach.contracts import PAIRS
from pipelines.reach.pairs import nearest_network_distance, reach_pairs, search_limit_m
from pipelines.streets.profiles import read_profiles

if TYPE_CHECKING:
    from conftest import Edge, Hand, Point

PROFILES = read_profiles()
REFERENCE = PROFILES["referentie"]
SPEED = REFERENCE.speed_m_per_s.central
# Costs are whole tenths of a millimetre: a path of some ten parts is exact to less than this.
CENTIMETRE = 0.005


def walked(
    hand: "Hand", edges: "Sequence[Edge]", origins: "Sequence[Point]", access: "Sequence[Point]"
) -> dict[tuple[int, int], tuple[float, float | None]]:
    """Metres and seconds by (origin, place)."""
    table, costs = hand.streets(edges)
    pairs = reach_pairs(hand.attached("origin", origins), hand.attached("place", access), table, costs, REFERENCE)
    assert violations(pairs, PAIRS) == ()
    return {(row["origin_id"], row["place_id"]): (row["metres"], row["seconds"]) for row in pairs.to_pylist()}


def metres(hand: "Hand", edges: "Sequence[Edge]", origin: "Point", access: "Sequence[Point] | Point") -> float | None:
    """Metres between one origin and one place; None: not within reach."""
    points = access if isinstance(access, Sequence) else [access]
    found = walked(hand, edges, [origin], points)
    assert len(found) <= 1
    return next(iter(found.values()))[0] if found else None


def test_both_perpendiculars_count_in_metres_and_in_seconds(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 100.0, 100.0, 80.0, 80.0), hand.Edge(1, 2, 50.0, 50.0, 90.0, 90.0)]
    found = walked(hand, edges, [hand.Point(7, 0, 0.25, 3.0)], [hand.Point(9, 1, 0.5, 4.0)])
    assert found == {(7, 9): (pytest.approx(75 + 25 + 7), pytest.approx(60 + 45 + 7 / SPEED, abs=1e-3))}


def test_a_oneway_edge_is_walked_in_its_direction_only(hand: "Hand") -> None:
    ring = [hand.Edge(0, 1, 10.0, None), hand.Edge(1, 2, 20.0, None), hand.Edge(2, 0, 40.0, None)]
    assert metres(hand, ring, hand.Point(1, 0, 0.5), hand.Point(1, 1, 0.5)) == pytest.approx(5 + 10)
    assert metres(hand, ring, hand.Point(1, 1, 0.5), hand.Point(1, 0, 0.5)) == pytest.approx(10 + 40 + 5)


def test_an_origin_in_the_middle_of_an_edge_goes_by_the_better_end(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 100.0, 100.0), hand.Edge(0, 2, 30.0, 30.0), hand.Edge(1, 2, 200.0, 200.0)]
    place = hand.Point(1, 1, 1.0)
    assert metres(hand, edges, hand.Point(1, 0, 0.2), place) == pytest.approx(20 + 30)
    assert metres(hand, edges, hand.Point(1, 0, 0.9), place) == pytest.approx(90 + 30)
    assert metres(hand, [edges[0], edges[2]], hand.Point(1, 0, 0.9), hand.Point(1, 1, 1.0)) == pytest.approx(210)


@pytest.mark.parametrize(("start", "end"), [(0.25, 0.75), (0.75, 0.25), (0.5, 0.5), (0.0, 1.0), (1.0, 0.0)])
def test_on_one_edge_the_way_is_straight_along_it(hand: "Hand", start: float, end: float) -> None:
    found = metres(hand, [hand.Edge(0, 1, 60.0, 60.0)], hand.Point(1, 0, start, 1.0), hand.Point(1, 0, end, 2.0))
    assert found == pytest.approx(60 * abs(end - start) + 3)


def test_on_one_oneway_edge_the_way_back_goes_around(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 60.0, None), hand.Edge(1, 0, 500.0, 500.0)]
    assert metres(hand, edges, hand.Point(1, 0, 0.25), hand.Point(1, 0, 0.75)) == pytest.approx(30)
    assert metres(hand, edges, hand.Point(1, 0, 0.75), hand.Point(1, 0, 0.25)) == pytest.approx(15 + 500 + 15)


def test_on_one_long_edge_the_way_around_may_be_shorter(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 600.0, 600.0), hand.Edge(0, 1, 10.0, 10.0)]
    assert metres(hand, edges, hand.Point(1, 0, 0.1), hand.Point(1, 0, 0.9)) == pytest.approx(60 + 10 + 60)


def test_without_a_connection_there_is_no_pair(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 10.0, 10.0), hand.Edge(2, 3, 10.0, 10.0)]
    assert metres(hand, edges, hand.Point(1, 0, 0.5), hand.Point(1, 1, 0.5)) is None


def test_an_edge_forbidden_both_ways_connects_nothing(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 10.0, 10.0), hand.Edge(1, 2, None, None), hand.Edge(2, 3, 10.0, 10.0)]
    assert metres(hand, edges, hand.Point(1, 0, 0.5), hand.Point(1, 2, 0.5)) is None


def test_edges_of_zero_length_carry_their_seconds(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 0.0, 0.0, 10.0, 10.0), hand.Edge(1, 2, 8.0, 8.0), hand.Edge(2, 2, 0.0, 0.0)]
    assert walked(hand, edges, [hand.Point(1, 0, 0.0)], [hand.Point(1, 2, 0.0)]) == {
        (1, 1): (pytest.approx(8), pytest.approx(18))
    }


def test_the_cheapest_of_parallel_edges_is_walked(hand: "Hand") -> None:
    edges = [
        hand.Edge(0, 1, 5.0, 5.0),
        hand.Edge(1, 2, 90.0, 90.0, 10.0, 10.0),
        hand.Edge(1, 2, 20.0, 20.0, 60.0, 60.0),
        hand.Edge(2, 1, 70.0, 70.0),
    ]
    # The shortest and the fastest path differ: each is exact.
    assert walked(hand, edges, [hand.Point(1, 0, 1.0)], [hand.Point(1, 1, 1.0)]) == {
        (1, 1): (pytest.approx(20), pytest.approx(10))
    }


def test_a_self_loop_is_walked_the_shorter_way_round(hand: "Hand") -> None:
    edges = [hand.Edge(0, 0, 100.0, 100.0), hand.Edge(0, 1, 7.0, 7.0)]
    assert metres(hand, edges, hand.Point(1, 0, 0.8), hand.Point(1, 1, 1.0)) == pytest.approx(20 + 7)
    assert metres(hand, edges, hand.Point(1, 1, 1.0), hand.Point(1, 0, 0.3)) == pytest.approx(7 + 30)
    assert metres(hand, edges, hand.Point(1, 0, 0.1), hand.Point(1, 0, 0.9)) == pytest.approx(20)
    oneway = [hand.Edge(0, 0, 100.0, None), hand.Edge(0, 1, 7.0, 7.0)]
    assert metres(hand, oneway, hand.Point(1, 0, 0.2), hand.Point(1, 1, 1.0)) == pytest.approx(80 + 7)
    assert metres(hand, oneway, hand.Point(1, 0, 0.9), hand.Point(1, 0, 0.1)) == pytest.approx(20)


def test_a_point_at_the_end_of_a_oneway_edge_stands_at_the_junction(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 50.0, None), hand.Edge(0, 2, 30.0, 30.0)]
    assert metres(hand, edges, hand.Point(1, 0, 0.0), hand.Point(1, 1, 1.0)) == pytest.approx(30)
    assert metres(hand, edges, hand.Point(1, 1, 1.0), hand.Point(1, 0, 0.0)) == pytest.approx(30)


def test_a_place_counts_once_by_its_best_access_point(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 100.0, 100.0), hand.Edge(1, 2, 100.0, 100.0)]
    doors = [hand.Point(5, 0, 0.1, 40.0), hand.Point(5, 1, 0.5), hand.Point(5, None), hand.Point(5, 0, 0.0)]
    assert walked(hand, edges, [hand.Point(1, 0, 0.9), hand.Point(2, 0, 0.1)], doors) == {
        (1, 5): (pytest.approx(60), pytest.approx(60)),
        (2, 5): (pytest.approx(10), pytest.approx(10)),
    }


def test_points_without_an_edge_and_other_profiles_are_left_aside(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 100.0, 100.0)]
    table, costs = hand.streets(edges)
    origins = hand.attached("origin", [hand.Point(1, None), hand.Point(2, 0, 0.5)])
    others = hand.attached("origin", [hand.Point(3, 0, 0.5)], profile="rollator")
    places = hand.attached("place", [hand.Point(4, 0, 1.0), hand.Point(5, None)])
    pairs = reach_pairs(pa.concat_tables([origins, others]), places, table, costs, REFERENCE)
    assert pairs.select(["origin_id", "place_id"]).to_pylist() == [{"origin_id": 2, "place_id": 4}]


@pytest.mark.parametrize("name", PROFILES)
def test_the_search_ends_a_metre_past_800_or_past_the_greatest_budget(hand: "Hand", name: str) -> None:
    profile = PROFILES[name]
    limit_m = search_limit_m(profile)
    greatest_m = profile.budget_m.high if profile.budget_m else profile.budget_s.high * profile.speed_m_per_s.central
    assert limit_m == max(800, greatest_m) + 1
    table, costs = hand.streets([hand.Edge(0, 1, 2_000.0, 2_000.0)], profile=name)
    origins = hand.attached("origin", [hand.Point(1, 0, 0.0)], profile=name)
    near, far = ((limit_m + beyond_m) / 2_000 for beyond_m in (-0.01, 0.01))
    places = hand.attached("place", [hand.Point(1, 0, near), hand.Point(2, 0, far)], profile=name)
    assert reach_pairs(origins, places, table, costs, PROFILES[name])["place_id"].to_pylist() == [1]


def test_seconds_beyond_the_time_search_are_null(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 700.0, 700.0, 5_000.0, 5_000.0)]
    found = walked(hand, edges, [hand.Point(1, 0, 0.0)], [hand.Point(1, 0, 1.0)])
    assert found == {(1, 1): (pytest.approx(700), None)}


def test_without_origins_or_places_there_are_no_pairs(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 10.0, 10.0)]
    assert walked(hand, edges, [], [hand.Point(1, 0, 0.5)]) == {}
    assert walked(hand, edges, [hand.Point(1, 0, 0.5)], []) == {}
    assert walked(hand, edges, [], []) == {}
    assert walked(hand, [], [], []) == {}


def test_nearest_network_distance_is_the_least_of_the_pairs(hand: "Hand") -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 5_000.0, 5_000.0), hand.Edge(2, 3, 10.0, 10.0)])
    origins = hand.attached("origin", [hand.Point(3, 0, 0.0), hand.Point(4, 1, 0.5), hand.Point(8, None)])
    places = hand.attached("place", [hand.Point(1, 0, 0.5), hand.Point(2, 0, 0.9)])
    nearest = nearest_network_distance(origins, places, table, costs, 4_000.0)
    assert nearest.to_pylist() == [
        {"origin_id": 3, "metres": 2_500.0},
        {"origin_id": 4, "metres": None},
        {"origin_id": 8, "metres": None},
    ]


# --- Against an independent oracle -----------------------------------------------------------------------------


def subdivided(edges: "Sequence[Edge]", points: "Sequence[Point]", ways: tuple[str, str]) -> nx.DiGraph:
    """Cut every edge at every point on it; nodes are ('node', n) or ('on', edge, fraction)."""
    graph = nx.DiGraph()
    for number, edge in enumerate(edges):
        cuts = sorted({0.0, 1.0, *(p.fraction for p in points if p.edge == number)})
        names = [spot(edges, number, fraction) for fraction in cuts]
        graph.add_nodes_from(names)
        for (low, high), (first, second) in zip(pairwise(cuts), pairwise(names), strict=True):
            for way, start, end in ((ways[0], first, second), (ways[1], second, first)):
                cost = getattr(edge, way)
                if cost is not None:
                    part = cost * (high - low)
                    known = graph.get_edge_data(start, end, {"cost": part})["cost"]
                    graph.add_edge(start, end, cost=min(part, known))
    return graph


def spot(edges: "Sequence[Edge]", number: int, fraction: float) -> tuple[object, ...]:
    if fraction == 0:
        return ("node", edges[number].u)
    if fraction == 1:
        return ("node", edges[number].v)
    return ("on", number, fraction)


def brute_force(
    edges: "Sequence[Edge]", origins: "Sequence[Point]", access: "Sequence[Point]", ways: tuple[str, str], per_m: float
) -> dict[tuple[int, int], float]:
    """Least cost by (origin, place) over every path there is."""
    graph = subdivided(edges, [*origins, *access], ways)
    found: dict[tuple[int, int], float] = {}
    for origin in origins:
        assert origin.edge is not None
        start = spot(edges, origin.edge, origin.fraction)
        costs = nx.single_source_dijkstra_path_length(graph, start, weight="cost")
        for door in access:
            assert door.edge is not None
            end = spot(edges, door.edge, door.fraction)
            if end in costs:
                total = costs[end] + (origin.snap_m + door.snap_m) * per_m
                found[origin.id, door.id] = min(total, found.get((origin.id, door.id), total))
    return found


# A direction: None, or metres and what makes its seconds: a factor of 1 or more, and added seconds.
METRES = st.sampled_from([0.0, 1.0, 250.0]) | st.floats(1, 500)
WAY = st.none() | st.tuples(METRES, st.sampled_from([1.0, 1.5, 4.0]), st.sampled_from([0.0, 10.0]) | st.floats(0, 99))
FRACTION = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1).map(lambda share: round(share, 3))
SNAP_M = st.sampled_from([0.0, 12.5]) | st.floats(0, 60)


def two_way(hand: "Hand", u: int, v: int, *ways: tuple[float, float, float] | None) -> "Edge":
    metres_of = [None if way is None else way[0] for way in ways]
    seconds_of = [None if way is None else way[0] / SPEED * way[1] + way[2] for way in ways]
    return hand.Edge(u, v, *metres_of, *seconds_of)


@st.composite
def cases(draw: st.DrawFn, hand: "Hand") -> "tuple[list[Edge], list[Point], list[Point]]":
    """Draw edges between at most six nodes (loops, parallels, zero and forbidden ones), origins and doors."""
    node = st.integers(0, draw(st.integers(0, 5)))
    drawn = draw(st.lists(st.tuples(node, node, WAY, WAY), min_size=3, max_size=10))
    edges = [two_way(hand, *edge) for edge in drawn]
    # As attachment does it: only to edges that may be walked some way, at fraction 0 where these have no length.
    usable = [k for k, edge in enumerate(edges) if (edge.forward_m, edge.backward_m) != (None, None)]
    if not usable:
        return edges, [], []

    def points(ids: Sequence[int]) -> "list[Point]":
        spots = [(k, draw(st.sampled_from(usable)), draw(FRACTION), draw(SNAP_M)) for k in ids]
        flat = [0.0 in (edges[edge].forward_m, edges[edge].backward_m) for _, edge, _, _ in spots]
        return [hand.Point(k, e, 0.0 if f0 else f, s) for (k, e, f, s), f0 in zip(spots, flat, strict=True)]

    return edges, points(range(draw(st.integers(0, 5)))), points(draw(st.lists(st.integers(0, 3), max_size=6)))


@given(chosen=st.data())
def test_every_pair_equals_brute_force_on_random_networks(hand: "Hand", chosen: st.DataObject) -> None:
    edges, origins, access = chosen.draw(cases(hand))
    found = walked(hand, edges, origins, access)
    limit_m = search_limit_m(REFERENCE)
    expected_m = brute_force(edges, origins, access, ("forward_m", "backward_m"), 1.0)
    expected_s = brute_force(edges, origins, access, ("forward_s", "backward_s"), 1.0 / SPEED)
    assert set(found) <= set(expected_m) == set(expected_s)
    for pair, true_m in expected_m.items():
        if true_m < limit_m - CENTIMETRE:
            assert found[pair][0] == pytest.approx(true_m, abs=CENTIMETRE)
        elif true_m > limit_m + CENTIMETRE:
            assert pair not in found
    for pair, (_, seconds) in found.items():
        if expected_s[pair] < limit_m / SPEED - CENTIMETRE:
            assert seconds == pytest.approx(expected_s[pair], abs=CENTIMETRE)
        elif expected_s[pair] > limit_m / SPEED + CENTIMETRE:
            assert seconds is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_pair_equals_brute_force_in_a_town(hand: "Hand", seed: int) -> None:
    # Wide enough that a node is reached, queued, and reached again more cheaply from another side.
    random = np.random.default_rng(seed)
    side = 18
    east = [(k, k + 1) for k in range(side * side) if k % side < side - 1]
    north = [(k, k + side) for k in range(side * (side - 1))]
    edges = []
    for u, v in east + north:
        length_m, slowness = float(random.uniform(3, 160)), float(random.choice([1.0, 1.0, 3.0]))
        back = None if random.random() < 0.1 else (length_m, slowness, 0.0)
        edges.append(two_way(hand, u, v, (length_m, slowness, 0.0), back))

    def scattered(ids: Sequence[int]) -> "list[Point]":
        return [hand.Point(k, int(random.integers(len(edges))), float(random.random()), 5.0) for k in ids]

    origins, access = scattered(range(60)), scattered([0, 0, 0, *range(1, 70), 3, 3, 9])
    found = walked(hand, edges, origins, access)
    limit_m = search_limit_m(REFERENCE)
    expected_m = brute_force(edges, origins, access, ("forward_m", "backward_m"), 1.0)
    expected_s = brute_force(edges, origins, access, ("forward_s", "backward_s"), 1.0 / SPEED)
    assert set(found) == {pair for pair, true_m in expected_m.items() if true_m <= limit_m}
    assert len(found) > 1_000
    for pair, (true_m, seconds) in found.items():
        assert true_m == pytest.approx(expected_m[pair], abs=CENTIMETRE)
        assert seconds == (
            pytest.approx(expected_s[pair], abs=CENTIMETRE) if expected_s[pair] <= limit_m / SPEED else None
        )


# --- Tables that do not fit each other are refused before compiled code sees them --------------------------------


def test_tables_that_do_not_fit_are_refused_with_a_word(hand: "Hand") -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 10.0, 10.0), hand.Edge(1, 2, 10.0, 10.0)])
    origins, places = hand.attached("origin", [hand.Point(1, 0)]), hand.attached("place", [hand.Point(1, 1)])
    with pytest.raises(ContractError, match="edge_id must run"):
        reach_pairs(origins, places, table, costs.slice(0, 1), REFERENCE)
    with pytest.raises(ContractError, match="edge_id must run"):
        reach_pairs(origins, places, table.slice(1, 1), costs, REFERENCE)
    with pytest.raises(ContractError, match="does not exist"):
        reach_pairs(hand.attached("origin", [hand.Point(1, 9)]), places, table, costs, REFERENCE)
    with pytest.raises(ContractError, match="outside the graph"):
        reach_pairs(origins, places, *hand.streets([hand.Edge(0, 10**9, 1.0, 1.0)] * 2), REFERENCE)
    with pytest.raises(ContractError, match="outside the graph"):
        reach_pairs(origins, places, *hand.streets([hand.Edge(0, -1, 1.0, 1.0)] * 2), REFERENCE)


@pytest.mark.parametrize("cost", [-1.0, float("nan"), float("inf"), 1e9])
def test_costs_that_no_street_has_are_refused(hand: "Hand", cost: float) -> None:
    table, costs = hand.streets([hand.Edge(0, 1, cost, 10.0)])
    points = [hand.Point(1, 0)]
    with pytest.raises(ContractError, match="forward_m"):
        reach_pairs(hand.attached("origin", points), hand.attached("place", points), table, costs, REFERENCE)


@pytest.mark.parametrize(("fraction", "snap_m"), [(-0.1, 0), (1.1, 0), (float("nan"), 0), (0, -1), (0, float("inf"))])
def test_points_beside_their_edge_are_refused(hand: "Hand", fraction: float, snap_m: float) -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 10.0, 10.0)])
    wrong = hand.attached("origin", [hand.Point(1, 0, fraction, snap_m)])
    with pytest.raises(ContractError, match="attachments"):
        reach_pairs(wrong, hand.attached("place", [hand.Point(1, 0)]), table, costs, REFERENCE)
