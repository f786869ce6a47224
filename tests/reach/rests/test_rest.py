"""Reach with rests: small networks by hand, and brute force over seats on random ones."""

from typing import TYPE_CHECKING

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from .conftest import Case, Lot

NO_LIMIT = float("inf")


def test_a_bench_in_time_makes_a_place_reachable(lot: "Lot") -> None:
    street, home, door = [lot.both(0, 1, 400)], lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 0.75)
    assert lot.alone(street, [], home, door) is None
    assert lot.alone(street, [lot.Spot(1, 0, 0.25), lot.Spot(2, 0, 0.5)], home, door) == 300


def test_one_bench_too_few_breaks_the_chain(lot: "Lot") -> None:
    street, home, door = [lot.both(0, 1, 400)], lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 0.75)
    assert lot.alone(street, [lot.Spot(1, 0, 0.25)], home, door) is None
    assert lot.alone(street, [lot.Spot(1, 0, 0.25), lot.Spot(2, 0, 0.51)], home, door) is None


def test_a_leg_of_exactly_the_limit_is_walked(lot: "Lot") -> None:
    assert lot.alone([lot.both(0, 1, 400)], [], lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 0.25)) == 100
    assert lot.alone([lot.both(0, 1, 400)], [], lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 0.250001)) is None


def test_the_budget_holds_for_all_legs_together(lot: "Lot") -> None:
    ways, seats = [lot.both(0, 1, 700)], [lot.Spot(k, 0, k / 8) for k in range(9)]
    assert lot.alone(ways, seats, lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 5 / 7)) == pytest.approx(500)
    assert lot.alone(ways, seats, lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 5.01 / 7)) is None


def test_perpendiculars_of_home_and_door_belong_to_the_first_and_the_last_leg(lot: "Lot") -> None:
    seat = [lot.Spot(1, 0, 0.25)]
    assert lot.alone([lot.both(0, 1, 400)], seat, lot.Spot(1, 0, 0.1, 40.0), lot.Spot(1, 0, 0.4, 40.0)) == 40 + 120 + 40
    assert lot.alone([lot.both(0, 1, 400)], seat, lot.Spot(1, 0, 0.1, 40.1), lot.Spot(1, 0, 0.4, 40.0)) is None
    assert lot.alone([lot.both(0, 1, 400)], seat, lot.Spot(1, 0, 0.1, 40.0), lot.Spot(1, 0, 0.4, 40.1)) is None


def test_the_metres_aside_of_a_bench_are_not_walked(lot: "Lot") -> None:
    street, home, door = [lot.both(0, 1, 400)], lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 0.75)
    assert lot.alone(street, [lot.Spot(1, 0, 0.25, 14.0), lot.Spot(2, 0, 0.5, 14.0)], home, door) == 300


def test_a_way_round_past_a_bench_is_taken_where_the_short_way_has_none(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 150), lot.both(0, 2, 90), lot.both(2, 1, 90)]
    home, door = lot.Spot(1, 0, 0.0), lot.Spot(1, 0, 1.0)
    assert lot.alone(ways, [lot.Spot(1, 1, 1.0)], home, door) == 180
    assert lot.alone(ways, [lot.Spot(1, 0, 0.5)], home, door) == 150


def test_a_bench_in_a_side_street_is_visited_and_left_the_way_one_came(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 80), lot.both(1, 2, 80), lot.both(1, 3, 20)]
    assert lot.alone(ways, [lot.Spot(1, 2, 1.0)], lot.Spot(1, 0, 0.0), lot.Spot(1, 1, 1.0)) == 80 + 20 + 20 + 80
    assert lot.alone(ways, [lot.Spot(1, 2, 0.5)], lot.Spot(1, 0, 0.0), lot.Spot(1, 1, 1.0)) == 80 + 10 + 10 + 80


def test_a_bench_behind_the_home_can_be_where_one_starts_from(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 200)]
    assert lot.alone(ways, [lot.Spot(1, 0, 0.4)], lot.Spot(1, 0, 0.5), lot.Spot(1, 0, 0.85), leg_m=90.0) == 70
    assert (
        lot.alone(ways, [lot.Spot(1, 0, 0.0)], lot.Spot(1, 0, 0.1, 60.0), lot.Spot(1, 0, 0.5), leg_m=100.0)
        == 20 + 60 + 100
    )


def test_a_bench_at_a_junction_serves_every_street_that_meets_there(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 90), lot.both(1, 2, 90), lot.both(3, 1, 90)]
    for edge, fraction in ((0, 1.0), (1, 0.0), (2, 1.0)):
        assert lot.alone(ways, [lot.Spot(1, edge, fraction)], lot.Spot(1, 2, 0.0), lot.Spot(1, 1, 1.0)) == 180


def test_one_way_streets_are_walked_one_way(lot: "Lot") -> None:
    ways = [lot.Way(0, 1, 90, None), lot.Way(1, 2, 90, None)]
    seats = [lot.Spot(1, 0, 1.0)]
    assert lot.alone(ways, seats, lot.Spot(1, 0, 0.0), lot.Spot(1, 1, 1.0)) == 180
    assert lot.alone(ways, seats, lot.Spot(1, 1, 1.0), lot.Spot(1, 0, 0.0)) is None
    inside = [lot.Spot(1, 0, 0.5)]
    assert lot.alone(ways, inside, lot.Spot(1, 0, 0.25), lot.Spot(1, 0, 0.75), 25.0) == 45
    assert lot.alone(ways, inside, lot.Spot(1, 0, 0.75), lot.Spot(1, 0, 0.25), 25.0) is None


def test_home_and_door_between_two_benches_of_one_edge_need_neither(lot: "Lot") -> None:
    seats = [lot.Spot(1, 0, 0.25), lot.Spot(2, 0, 0.5)]
    assert lot.alone([lot.both(0, 1, 400)], seats, lot.Spot(1, 0, 0.3), lot.Spot(1, 0, 0.4)) == pytest.approx(40)
    assert lot.alone([lot.both(0, 1, 400)], seats, lot.Spot(1, 0, 0.4), lot.Spot(1, 0, 0.3)) == pytest.approx(40)


def test_home_and_door_on_one_edge_may_be_nearer_around(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 1_000), lot.both(0, 1, 30)]
    assert lot.alone(ways, [], lot.Spot(1, 0, 0.02), lot.Spot(1, 0, 0.98)) == pytest.approx(20 + 30 + 20)


def test_the_shorter_of_parallel_edges_is_walked_unless_only_the_longer_has_a_bench(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 60), lot.both(1, 2, 70), lot.both(1, 2, 80), lot.both(2, 3, 60)]
    home, door = lot.Spot(1, 0, 0.0), lot.Spot(1, 3, 1.0)
    assert lot.alone(ways, [lot.Spot(1, 1, 0.5)], home, door) == 190
    assert lot.alone(ways, [lot.Spot(1, 2, 0.5)], home, door) == 200


def test_a_self_loop_with_a_bench_is_walked_around(lot: "Lot") -> None:
    ways = [lot.both(0, 0, 80), lot.both(0, 1, 90), lot.both(2, 0, 90)]
    home, door = lot.Spot(1, 2, 0.0), lot.Spot(1, 1, 1.0)
    assert lot.alone(ways, [lot.Spot(1, 0, 0.5)], home, door, 130.0) == 90 + 80 + 90
    assert lot.alone(ways, [lot.Spot(1, 0, 0.5)], home, door, 129.0) is None
    assert lot.alone(ways, [], home, lot.Spot(2, 0, 0.9), 100.0) == 98


def test_edges_of_no_length_carry_seats_and_end_no_search(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 0), lot.both(1, 0, 0), lot.both(1, 2, 90), lot.both(3, 0, 90), lot.both(2, 2, 0)]
    assert lot.alone(ways, [lot.Spot(1, 0, 0.0)], lot.Spot(1, 3, 0.0), lot.Spot(1, 2, 1.0)) == 180
    assert lot.alone(ways, [], lot.Spot(1, 3, 0.0), lot.Spot(1, 2, 1.0)) is None


def test_unconnected_streets_make_no_pair(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 10), lot.both(2, 3, 10)]
    assert lot.alone(ways, [lot.Spot(1, 0, 0.5), lot.Spot(1, 1, 0.5)], lot.Spot(1, 0, 0.5), lot.Spot(1, 1, 0.5)) is None


def test_a_place_counts_once_by_its_best_door(lot: "Lot") -> None:
    doors = [lot.Spot(5, 0, 0.75), lot.Spot(5, 0, 0.2), lot.Spot(5, 0, 0.15, 60.0)]
    assert lot.rested(lot.ground([lot.both(0, 1, 400)], [lot.Spot(1, 0, 0.0)], doors, []), 100.0) == {
        (1, 5): pytest.approx(80)
    }


def test_without_homes_places_or_streets_nothing_is_found(lot: "Lot") -> None:
    assert lot.rested(lot.ground([lot.both(0, 1, 400)], [], [lot.Spot(1, 0, 0.75)], []), 100.0) == {}
    assert lot.rested(lot.ground([lot.both(0, 1, 400)], [lot.Spot(1, 0, 0.0)], [], []), 100.0) == {}
    assert lot.rested(lot.ground([], [], [], []), 100.0) == {}


def test_however_many_ways_lead_to_a_place_all_are_walked(lot: "Lot") -> None:
    """A junction with more streets, and a place with more doors, than labels are made room for at first."""
    n_streets = 1_500
    ways = [lot.both(0, k, float(k % 90 + 1)) for k in range(1, n_streets + 1)]
    homes = [lot.Spot(k, k, 1.0) for k in range(0, n_streets, 5)]
    doors = [lot.Spot(7, k, 0.5, float(k % 7)) for k in range(0, n_streets, 2)]
    found = lot.rested(lot.ground(ways, homes, doors, []), 60.0)
    assert found == {(k, 7): metres for k, metres in _over_the_hub(n_streets).items() if metres <= 60}


def _over_the_hub(n_streets: int) -> dict[int, float]:
    lengths = [k % 90 + 1 for k in range(1, n_streets + 1)]
    into = min(k % 7 + lengths[k] / 2 for k in range(0, n_streets, 2))
    straight = {k: lengths[k] / 2 + k % 7 for k in range(0, n_streets, 2)}
    return {k: min(lengths[k] + into, straight.get(k, NO_LIMIT)) for k in range(0, n_streets, 5)}


def test_a_leg_may_be_as_long_as_any_walk(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 60_000), lot.both(1, 2, 40_000)]
    home, door = lot.Spot(1, 0, 0.0), lot.Spot(1, 1, 1.0)
    assert lot.alone(ways, [], home, door, NO_LIMIT) is None
    assert lot.rested(lot.ground(ways, [home], [door], []), NO_LIMIT, NO_LIMIT) == {(1, 1): 100_000}
    assert lot.rested(lot.ground(ways, [home], [door], []), 99_999.0, NO_LIMIT) == {}
    assert lot.rested(lot.ground(ways, [home], [door], [lot.Spot(1, 0, 0.5)]), 70_000.0, NO_LIMIT) == {(1, 1): 100_000}


# --- Against brute force ------------------------------------------------------------------------------------


def brute_force(lot: "Lot", case: "Case", leg_m: float, total_m: float) -> dict[tuple[int, int], float]:
    """Contract the network to homes, seats and doors, joined where a leg allows, and walk on that (method 7.5)."""
    ways, homes, doors, seats = case
    graph = lot.subdivided(ways, [*homes, *doors, *seats])
    legs = nx.DiGraph()
    stops = [(("seat", lot.name_of(ways, seat)), lot.name_of(ways, seat), 0.0) for seat in seats]
    starts = [(("home", row), lot.name_of(ways, home), home.snap_m) for row, home in enumerate(homes)]
    goals = {lot.name_of(ways, door): [] for door in doors}
    for row, door in enumerate(doors):
        goals[lot.name_of(ways, door)].append((("door", row), door.snap_m))
    for start, where, snap_m in [*starts, *stops]:
        legs.add_node(start)
        for there, metres in nx.single_source_dijkstra_path_length(graph, where, weight="metres").items():
            ends = [(("seat", there), 0.0)] * any(there == seat[1] for seat in stops)
            for goal, aside_m in [*ends, *goals.get(there, [])]:
                whole = snap_m + metres + aside_m
                known = legs.get_edge_data(start, goal, {"metres": whole})["metres"]
                if whole <= leg_m:
                    legs.add_edge(start, goal, metres=min(whole, known))
    found: dict[tuple[int, int], float] = {}
    for row, home in enumerate(homes):
        for goal, metres in nx.single_source_dijkstra_path_length(legs, ("home", row), weight="metres").items():
            if goal[0] == "door" and metres <= total_m:
                pair = (home.id, doors[goal[1]].id)
                found[pair] = min(metres, found.get(pair, metres))
    return found


LEG_M = st.sampled_from([0.0, 40.0, 100.0, NO_LIMIT]) | st.integers(0, 200).map(float)
TOTAL_M = st.sampled_from([0.0, 100.0, 500.0]) | st.integers(0, 800).map(float)


@given(chosen=st.data(), leg_m=LEG_M, total_m=TOTAL_M)
def test_reach_with_rests_equals_brute_force(lot: "Lot", chosen: st.DataObject, leg_m: float, total_m: float) -> None:
    case = chosen.draw(lot.cases())
    found = lot.rested(lot.ground(*case), leg_m, total_m)
    assert found == brute_force(lot, case, leg_m, total_m)


@given(chosen=st.data(), total_m=TOTAL_M)
def test_who_needs_no_rest_reaches_what_can_be_reached(lot: "Lot", chosen: st.DataObject, total_m: float) -> None:
    case = chosen.draw(lot.cases())
    ways, homes, doors, _ = case
    assert lot.rested(lot.ground(*case), NO_LIMIT, total_m) == brute_force(
        lot, (ways, homes, doors, []), NO_LIMIT, total_m
    )


@given(chosen=st.data(), leg_m=st.tuples(LEG_M, LEG_M).map(sorted), total_m=TOTAL_M)
def test_a_longer_leg_loses_no_place_and_no_metre(
    lot: "Lot", chosen: st.DataObject, leg_m: list[float], total_m: float
) -> None:
    case = chosen.draw(lot.cases())
    less, more = (lot.rested(lot.ground(*case), metres, total_m) for metres in leg_m)
    assert less.keys() <= more.keys()
    assert all(more[pair] <= metres for pair, metres in less.items())


@given(chosen=st.data(), leg_m=LEG_M, total_m=TOTAL_M)
def test_another_bench_loses_no_place_and_no_metre(
    lot: "Lot", chosen: st.DataObject, leg_m: float, total_m: float
) -> None:
    case = chosen.draw(lot.cases())
    ways, homes, doors, seats = case
    less, more = (lot.rested(lot.ground(ways, homes, doors, some), leg_m, total_m) for some in (seats[:-1], seats))
    assert less.keys() <= more.keys()
    assert all(more[pair] <= metres for pair, metres in less.items())


@given(chosen=st.data(), leg_m=LEG_M)
def test_seats_in_another_order_and_twice_change_nothing(lot: "Lot", chosen: st.DataObject, leg_m: float) -> None:
    case = chosen.draw(lot.cases())
    ways, homes, doors, seats = case
    assert lot.rested(lot.ground(ways, homes, doors, [*reversed(seats), *seats]), leg_m) == lot.rested(
        lot.ground(*case), leg_m
    )
