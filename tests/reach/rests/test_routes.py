"""Paths and what is told of them: by hand, and against the cut-up graph on random networks."""

from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import ContractError
from pipelines.reach.contracts import LEGS, OBSTACLES, ROUTES
from pipelines.reach.ground import Ground
from pipelines.reach.itinerary import EdgeSteps, Facts, edge_steps, route_lines
from pipelines.reach.paths import Paths, find_known_paths, find_paths, legs_of, lengths_m, longest_legs, taken
from pipelines.reach.rest import Stamina, gaps_of, rest_costs
from pipelines.reach.routes import legs_table, obstacles, route, routes_of

if TYPE_CHECKING:
    from .conftest import Case, Lot, Way

FAR_M = 5_000.0


def every_path(ground: Ground) -> Paths:
    homes, places = (grid.ravel() for grid in np.indices((len(ground.homes), len(ground.place_ids))))
    return find_paths(ground, homes, places, np.full(len(homes), FAR_M))[0]


def facts_of(lot: "Lot", ways: "list[Way]", **columns: list[object]) -> Facts:
    """Edges with the facts that are told, all of them plain unless given; a metre takes a second."""
    tables = lot.streetscape(ways, [], [])
    plain = {"highway": "", "is_steps": False, "kerb_height_m": None, "barrier": ""}
    types = {"is_steps": pa.bool_(), "kerb_height_m": pa.float64()}
    edges = tables.edges
    for name, value in plain.items():
        values = columns.get(name, [value] * len(ways))
        edges = edges.append_column(name, pa.array(values, types.get(name, pa.string())))
    return Facts(edges, tables.costs, 1.0)


# --- By hand ------------------------------------------------------------------------------------------------


def told(lot: "Lot", ways: "list[Way]", *parts: list[object], **columns: list[object]) -> dict[str, object]:
    """Tell the route from origin 1 to place 1."""
    rows = route(1, 1, lot.ground(ways, *parts), facts_of(lot, ways, **columns)).to_pylist()
    assert len(rows) == 1
    return rows[0]


def test_a_route_lists_its_edges_with_their_directions(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 100), lot.both(2, 1, 50), lot.both(2, 3, 80)]
    found = told(lot, ways, [lot.Spot(1, 0, 0.25, 4.0)], [lot.Spot(1, 2, 0.5, 6.0)], [])
    assert found["steps"] == [0, -2, 2]
    assert (found["first_fraction"], found["last_fraction"]) == (0.25, 0.5)
    assert found["metres"] == 4 + 75 + 50 + 40 + 6
    assert found["seconds"] == pytest.approx(175)
    assert (found["n_legs"], found["longest_leg_m"]) == (1, 175)


def test_seats_split_a_route_into_legs_and_leave_its_steps_whole(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 400)]
    seats = [lot.Spot(1, 0, 0.25), lot.Spot(2, 0, 0.5)]
    found = told(lot, ways, [lot.Spot(1, 0, 0.0, 4.0)], [lot.Spot(1, 0, 0.875, 6.0)], seats)
    assert found["steps"] == [0]
    assert (found["n_legs"], found["longest_leg_m"]) == (3, 156)
    table = legs_table(
        pa.table({"origin_id": [1], "place_id": [1], "metres": [360.0]}),
        lot.ground(ways, [lot.Spot(1, 0, 0.0, 4.0)], [lot.Spot(1, 0, 0.875, 6.0)], seats),
    )
    assert violations(table, LEGS) == ()
    assert table["leg_m"].to_pylist() == [104, 100, 156]
    assert table["leg_number"].to_pylist() == [0, 1, 2]


def test_home_and_door_at_one_spot_make_a_route_without_steps(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 100)]
    found = told(lot, ways, [lot.Spot(1, 0, 0.5)], [lot.Spot(1, 0, 0.5)], [lot.Spot(1, 0, 0.5)])
    assert (found["steps"], found["first_fraction"], found["metres"], found["n_legs"]) == ([], None, 0, 1)


def test_homes_and_doors_at_junctions_take_no_step_along_their_own_edge(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 100), lot.both(1, 2, 50), lot.both(2, 3, 80)]
    found = told(lot, ways, [lot.Spot(1, 0, 1.0)], [lot.Spot(1, 2, 0.0)], [])
    assert (found["steps"], found["first_fraction"], found["last_fraction"]) == ([1], 0, 1)


def test_who_lives_at_a_seat_sits_there_before_going_either_way(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 80), lot.both(1, 2, 80), lot.both(0, 3, 10)]
    found = told(lot, ways, [lot.Spot(1, 0, 1.0, 30.0)], [lot.Spot(1, 2, 1.0)], [lot.Spot(1, 1, 0.0)])
    assert (found["steps"], found["n_legs"], found["longest_leg_m"]) == ([-1, 2], 2, 90)


def test_an_edge_of_no_length_stays_on_the_route_with_its_kerb(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 100), lot.both(1, 2, 0), lot.both(2, 3, 80)]
    found = told(lot, ways, [lot.Spot(1, 0, 0.5)], [lot.Spot(1, 2, 0.5)], [], kerb_height_m=[None, 0.12, 0.02])
    assert found["steps"] == [0, 1, 2]
    assert found["highest_kerb_m"] == 0.12


def test_a_route_names_steps_and_barriers_it_meets_each_once(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 10), lot.both(1, 2, 10), lot.both(2, 3, 10), lot.both(3, 4, 10)]
    facts = {"barrier": ["gate", "bollard", "gate", "stile"], "is_steps": [False, True, False, True]}
    found = told(lot, ways, [lot.Spot(1, 0, 0.5)], [lot.Spot(1, 2, 0.5)], [], highway=["", "", "steps", ""], **facts)
    assert found["barriers"] == ["bollard", "gate"]
    assert found["n_steps_flights"] == 2
    assert found["highest_kerb_m"] is None


def test_the_way_round_a_self_loop_is_told(lot: "Lot") -> None:
    ways = [lot.Way(0, 0, 100, None), lot.both(0, 1, 20)]
    found = told(lot, ways, [lot.Spot(1, 0, 0.25)], [lot.Spot(1, 1, 0.5)], [lot.Spot(1, 0, 0.5)])
    assert (found["steps"], found["metres"], found["longest_leg_m"]) == ([0, 1], 85, 60)


def test_a_one_way_street_is_left_around_the_block(lot: "Lot") -> None:
    ways = [lot.Way(0, 1, 100, None), lot.both(1, 2, 30), lot.both(0, 2, 40)]
    there, back = [lot.Spot(1, 0, 0.25)], [lot.Spot(1, 0, 0.75)]
    found = told(lot, ways, back, there, [])
    assert (found["steps"], found["metres"]) == ([0, 1, -3, 0], 25 + 30 + 40 + 25)
    assert (found["first_fraction"], found["last_fraction"]) == (0.75, 0.25)
    assert told(lot, ways, there, back, [])["steps"] == [0]


@pytest.mark.parametrize(("home", "door", "steps"), [(0.25, 0.75, [0]), (0.75, 0.25, [-1])])
def test_home_and_door_on_one_edge_are_joined_along_it(lot: "Lot", home: float, door: float, steps: list[int]) -> None:
    found = told(lot, [lot.both(0, 1, 80)], [lot.Spot(1, 0, home, 3.0)], [lot.Spot(1, 0, door, 4.0)], [])
    assert (found["steps"], found["metres"]) == (steps, 47)
    assert (found["first_fraction"], found["last_fraction"]) == (home, door)


def test_home_and_door_on_one_long_edge_are_joined_around_it(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 400), lot.both(0, 1, 20)]
    found = told(lot, ways, [lot.Spot(1, 0, 0.125)], [lot.Spot(1, 0, 0.875)], [])
    assert (found["steps"], found["metres"]) == ([-1, 1, -1], 120)


def test_the_shorter_of_parallel_edges_is_walked_and_named(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 10), lot.both(1, 2, 60), lot.both(2, 1, 50), lot.Way(1, 2, 40, None), lot.both(2, 3, 10)]
    start, end = [lot.Spot(1, 0, 0.0)], [lot.Spot(1, 4, 1.0)]
    assert told(lot, ways, start, end, [])["steps"] == [0, 3, 4]
    assert told(lot, ways, end, start, [])["steps"] == [-5, 2, -1]


def test_a_place_out_of_reach_has_no_route_and_a_pair_without_a_path_is_refused(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 10), lot.both(2, 3, 10)]
    ground = lot.ground(ways, [lot.Spot(1, 0, 0.5)], [lot.Spot(1, 1, 0.5)], [])
    assert len(route(1, 1, ground, facts_of(lot, ways))) == 0
    with pytest.raises(ContractError, match="1 pairs have no path"):
        find_known_paths(ground, np.array([0]), np.array([0]), np.array([100.0]))
    with pytest.raises(ContractError, match="place 7 hangs on no street"):
        route(1, 7, ground, facts_of(lot, ways))


def test_the_table_of_routes_keeps_its_contract(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 100)]
    ground = lot.ground(ways, [lot.Spot(1, 0, 0.0)], [lot.Spot(9, 0, 0.5)], [])
    chosen = {"profile": ["rollator"], "bound": ["central"], "h3_cell": pa.array([5], pa.uint64())}
    chosen |= {"place_kind": ["school"], "origin_id": [1], "place_id": [9], "metres": [50.0]}
    table = routes_of(pa.table({**chosen, "n_origins": [3], "n_reaching": [2]}), ground, facts_of(lot, ways))
    assert violations(table, ROUTES) == ()
    assert table["metres"].to_pylist() == [50]


def test_what_stops_a_rollator_on_the_reference_route_is_named(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 10), lot.Way(1, 2, 10, None), lot.Way(1, 2, None, 10)]
    own = lot.streetscape(ways, [], []).costs
    reference = own.set_column(0, "profile", pa.array(["referentie"] * 3))
    rows = {
        "profile": "referentie",
        "bound": "central",
        "h3_cell": 5,
        "place_kind": "school",
        "steps": [0, 1, -3, 2, -2],
    }
    table = pa.Table.from_pylist([{**dict.fromkeys(ROUTES.column_names), **rows}], schema=ROUTES.schema)
    found = obstacles(table, pa.concat_tables([own, reference]))
    assert violations(found, OBSTACLES) == ()
    shown = found.select(["profile", "step_number", "edge_id", "barrier"]).to_pylist()
    assert [tuple(row.values()) for row in shown] == [("rollator", 3, 2, "steps"), ("rollator", 4, 1, "")]
    assert len(obstacles(table.slice(0, 0), own)) == 0


def test_a_drawn_route_runs_from_foot_to_foot_the_way_it_is_walked() -> None:
    lines = [shapely.LineString([(0, 0), (60, 0), (100, 0)]), shapely.LineString([(100, 50), (100, 0)])]
    edges = pa.table({"geometry": pa.array([line.wkb for line in lines], pa.binary())})
    routes = pa.table({"steps": [[0, -2], []], "first_fraction": [0.5, None], "last_fraction": [0.2, None]})
    drawn = route_lines(routes, edges)
    assert drawn[0].wkt == "LINESTRING (50 0, 60 0, 100 0, 100 0, 100 40)"
    assert drawn[1] is None


# --- On random networks -----------------------------------------------------------------------------------------


def shortest(lot: "Lot", case: "Case", home: int, place_id: int) -> float | None:
    """Metres of the shortest path, over the cut-up graph."""
    ways, homes, doors, seats = case
    graph = lot.subdivided(ways, [*homes, *doors, *seats])
    start = lot.name_of(ways, homes[home])
    metres = nx.single_source_dijkstra_path_length(graph, start, weight="metres")
    ends = [(lot.name_of(ways, door), door.snap_m) for door in doors if door.id == place_id]
    whole = [metres[name] + aside_m + homes[home].snap_m for name, aside_m in ends if name in metres]
    return min(whole, default=None)


@given(chosen=st.data())
def test_every_path_is_as_long_as_the_shortest_and_exists_if_one_does(lot: "Lot", chosen: st.DataObject) -> None:
    case = chosen.draw(lot.cases())
    ground = lot.ground(*case)
    paths = every_path(ground)
    lengths = lengths_m(ground, paths)
    origins, places = ground.home_ids[paths.homes].tolist(), ground.place_ids[paths.places].tolist()
    found = dict(zip(zip(origins, places, strict=True), lengths.tolist(), strict=True))
    ids = {(home.id, door.id) for home in case[1] for door in case[2]}
    expected = {(home, place): shortest(lot, case, home, place) for home, place in ids}
    assert found == {pair: metres for pair, metres in expected.items() if metres is not None}


def assert_walkable(lot: "Lot", case: "Case", ends: tuple[int, int], steps: EdgeSteps, rows: np.ndarray) -> float:
    """Walk the steps one by one; return the metres."""
    ways, homes, doors, _ = case
    metres = 0.0
    spots = []
    for row in rows:
        way = ways[steps.edge[row]]
        whole_m = way.backward_m if steps.backward[row] else way.forward_m
        assert whole_m is not None
        assert (steps.begin[row] > steps.end[row]) == steps.backward[row]
        metres += whole_m * abs(steps.end[row] - steps.begin[row])
        spots.append(
            [lot.name_of(ways, lot.Spot(0, steps.edge[row], share[row])) for share in (steps.begin, steps.end)]
        )
    assert all(before[1] == after[0] for before, after in pairwise(spots))
    if spots:
        assert spots[0][0] == lot.name_of(ways, homes[ends[0]])
        assert spots[-1][1] == lot.name_of(ways, doors[ends[1]])
    else:
        assert lot.name_of(ways, homes[ends[0]]) == lot.name_of(ways, doors[ends[1]])
    return metres + homes[ends[0]].snap_m + doors[ends[1]].snap_m


@given(chosen=st.data())
def test_the_steps_of_every_path_can_be_walked_and_add_up(lot: "Lot", chosen: st.DataObject) -> None:
    case = chosen.draw(lot.cases())
    ground = lot.ground(*case)
    paths = every_path(ground)
    steps, lengths = edge_steps(ground, paths), lengths_m(ground, paths)
    for number in range(len(paths.homes)):
        place_id = ground.place_ids[paths.places[number]]
        access = ground.door_numbers[paths.doors[number]]
        door = [k for k, spot in enumerate(case[2]) if spot.id == place_id][access]
        ends = (int(ground.home_ids[paths.homes[number]]), door)
        assert assert_walkable(lot, case, ends, steps, np.flatnonzero(steps.path == number)) == lengths[number]


@given(chosen=st.data())
def test_a_path_depends_on_its_own_pair_only(lot: "Lot", chosen: st.DataObject) -> None:
    case = chosen.draw(lot.cases())
    ground = lot.ground(*case)
    paths = every_path(ground)
    for row in range(len(paths.homes)):
        alone = find_known_paths(
            ground, paths.homes[[row]], paths.places[[row]], lengths_m(ground, taken(paths, np.array([row])))
        )
        same = taken(paths, np.array([row]))
        assert alone.pieces.tolist() == same.pieces.tolist()
        assert alone.units.tolist() == same.units.tolist()


@given(chosen=st.data(), leg_m=st.integers(0, 150).map(float), total_m=st.integers(0, 600).map(float))
def test_legs_add_up_and_a_broken_chain_has_a_leg_that_is_too_long(
    lot: "Lot", chosen: st.DataObject, leg_m: float, total_m: float
) -> None:
    ground = lot.ground(*chosen.draw(lot.cases()))
    paths = every_path(ground)
    legs, lengths = legs_of(ground, paths), lengths_m(ground, paths)
    assert np.bincount(legs.path, legs.units, len(lengths)).tolist() == (lengths * 10_000).tolist()
    longest_m, edge, fraction = gaps_of(ground, paths)
    assert longest_m.tolist() == (legs.units[longest_legs(legs)] / 10_000).tolist()
    assert np.all((fraction >= 0) & (fraction <= 1))
    assert np.all((edge >= 0) & (edge < len(ground.pieces.starts) - 1))
    found = rest_costs(ground, Stamina(leg_m, total_m))
    rested = dict(
        zip(
            zip(found["home"].to_pylist(), found["place"].to_pylist(), strict=True),
            found["rest_metres"].to_pylist(),
            strict=True,
        )
    )
    for number, pair in enumerate(zip(paths.homes.tolist(), paths.places.tolist(), strict=True)):
        if lengths[number] <= total_m and longest_m[number] <= leg_m:
            assert rested[pair] == lengths[number]
        if pair in rested:
            assert rested[pair] >= lengths[number]
