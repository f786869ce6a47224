"""From tables to tables: seats beside streets, pairs judged, gaps placed; and what is refused."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import ContractError
from pipelines.reach.attach import Streets
from pipelines.reach.contracts import PAIRS, REST, SEATS
from pipelines.reach.ground import ground_of
from pipelines.reach.pieces import FORBIDDEN, PIECE, SNAP, TO_U, U
from pipelines.reach.rest import Stamina, all_rests, all_seats, rest_costs, rests, stamina_of
from pipelines.reach.rest_kernel import _roomier, path_search, rest_search
from pipelines.reach.seats import SEAT_LIMIT_M, attach_seats
from pipelines.streets.profiles import read_profiles
from pipelines.streets.unknowns import BOUNDS

if TYPE_CHECKING:
    from pipelines.reach.ground import Ground

    from .conftest import Lot, Spot

CENTRAL = ("rollator", "central")


def benches(*points: tuple[float, float]) -> pa.Table:
    xy = np.array(points, dtype=np.float64).reshape(-1, 2)
    return pa.table({"source_id": [f"b{k}" for k in range(len(xy))], "x_m": xy[:, 0], "y_m": xy[:, 1]})


def pairs(*rows: tuple[int, int, float], profile: str = "rollator", bound: str = "central") -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    origins, places, metres = (list(column) for column in columns)
    same = {"profile": [profile] * len(rows), "bound": [bound] * len(rows)}
    values = {**same, "origin_id": origins, "place_id": places, "metres": metres, "seconds": metres}
    return pa.table({c.name: pa.array(values[c.name], c.type) for c in PAIRS.columns})


def two_streets() -> Streets:
    lines = np.array([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 20), (100, 20)])])
    return Streets("rollator", np.array([3, 8]), lines, shapely.STRtree(lines))


# --- Seats ------------------------------------------------------------------------------------------------------


def test_a_bench_belongs_to_the_nearest_street_within_the_limit(lot: "Lot") -> None:
    found = attach_seats(
        benches((25, 4), (50, 17), (10, -SEAT_LIMIT_M), (10, -SEAT_LIMIT_M - 0.1)), _doors(lot), two_streets()
    )
    assert violations(found, SEATS) == ()
    columns = ("seat_id", "seat_type", "seat_code", "edge_id", "fraction", "offset_m")
    assert [tuple(row[name] for name in columns) for row in found.to_pylist()] == [
        (0, "bench", "b0", 3, 0.25, 4),
        (1, "bench", "b1", 8, 0.5, 3),
        (2, "bench", "b2", 3, 0.1, 15),
    ]


def _doors(lot: "Lot", *doors: "Spot", profile: str = "rollator") -> pa.Table:
    return lot.streetscape([], [lot.Spot(1, 3, 0.5)], list(doors), profile=profile).attachments


def test_a_door_beside_its_street_is_a_seat_and_one_far_from_it_is_none(lot: "Lot") -> None:
    doors = [lot.Spot(5, 3, 0.5, 15.0), lot.Spot(5, 8, 0.25, 15.1), lot.Spot(2, 8, 1.0, 0.0)]
    found = attach_seats(benches(), _doors(lot, *doors), two_streets())
    assert [(row["seat_code"], row["edge_id"], row["fraction"]) for row in found.to_pylist()] == [
        ("2", 8, 1),
        ("5", 3, 0.5),
    ]
    others = _doors(lot, *doors, profile="kinderwagen")
    assert len(attach_seats(benches(), others, two_streets())) == 0


def test_seats_stand_beside_streets_that_the_profile_may_use(lot: "Lot") -> None:
    tables = lot.streetscape([lot.both(0, 20, 2_000), lot.Way(0, 20, None, None)], [], [])
    found = all_seats(benches((500, 3)), tables.attachments, tables.edges, tables.costs)
    assert found["edge_id"].to_pylist() == [0]
    assert len(all_seats(benches(), tables.attachments, tables.edges, tables.costs)) == 0


# --- Pairs judged -----------------------------------------------------------------------------------------------


def test_a_pair_gets_its_metres_with_rests_or_the_gap_that_breaks_it(lot: "Lot") -> None:
    homes, doors = [lot.Spot(1, 0, 0.0), lot.Spot(2, 0, 0.5)], [lot.Spot(7, 0, 1.0)]
    tables = lot.streetscape([lot.both(0, 1, 400)], homes, doors, [lot.Spot(1, 0, 0.75)])
    found = rests(pairs((1, 7, 400.0), (2, 7, 200.0)), ground_of(tables, *CENTRAL), Stamina(100, 500), tables.edges)
    assert violations(found, REST) == ()
    assert found.drop_columns(["profile", "bound"]).to_pylist() == [
        {
            "origin_id": 1,
            "place_id": 7,
            "metres": 400,
            "rest_metres": None,
            "gap_m": 300,
            "gap_edge_id": 0,
            "gap_x_m": 37.5,
            "gap_y_m": 0,
        },
        {
            "origin_id": 2,
            "place_id": 7,
            "metres": 200,
            "rest_metres": 200,
            "gap_m": None,
            "gap_edge_id": None,
            "gap_x_m": None,
            "gap_y_m": None,
        },
    ]


def test_a_gap_lies_in_the_middle_of_its_leg_whichever_way_it_is_walked(lot: "Lot") -> None:
    ways = [lot.both(1, 0, 100), lot.both(1, 4, 300), lot.both(5, 4, 100)]
    doors = [lot.Spot(7, 2, 0.0, 30.0)]
    tables = lot.streetscape(ways, [lot.Spot(1, 0, 0.5, 20.0)], doors, [lot.Spot(1, 0, 0.25)])
    found = rests(pairs((1, 7, 500.0)), ground_of(tables, *CENTRAL), Stamina(100, 500), tables.edges)
    # From the bench at 75 m the leg goes on for 25 + 300 + 100 + 30 m: its middle lies 227.5 m further.
    assert found["gap_m"].to_pylist() == [455]
    assert found["gap_edge_id"].to_pylist() == [1]
    assert found["gap_x_m"].to_pylist() == [100 + 202.5]


def test_pairs_beyond_the_budget_are_left_aside(lot: "Lot") -> None:
    tables = lot.streetscape([lot.both(0, 1, 900)], [lot.Spot(1, 0, 0.0)], [lot.Spot(7, 0, 1.0)])
    ground = ground_of(tables, *CENTRAL)
    assert len(rests(pairs((1, 7, 900.0)), ground, Stamina(100, 500), tables.edges)) == 0
    assert len(rests(pairs(), ground, Stamina(100, 500), tables.edges)) == 0


def test_only_profiles_that_must_sit_down_are_judged_at_every_bound(lot: "Lot") -> None:
    tables = lot.streetscape([lot.both(0, 1, 90)], [lot.Spot(1, 0, 0.0)], [lot.Spot(7, 0, 1.0)])
    costs = tables.costs
    others = [costs.set_column(1, "bound", pa.array([bound])) for bound in ("optimistic", "pessimistic")]
    scape = replace(tables, costs=pa.concat_tables([costs, *others]))
    asked = [pairs((1, 7, 90.0), bound=bound) for bound in ("optimistic", "pessimistic")]
    asked.append(pairs((1, 7, 90.0), profile="referentie"))
    profiles = {name: read_profiles()[name] for name in ("referentie", "rollator")}
    found = all_rests(pa.concat_tables(asked), scape, profiles)
    assert violations(found, REST) == ()
    assert found["bound"].to_pylist() == ["optimistic", "pessimistic"]
    assert found["rest_metres"].to_pylist() == [90, 90]
    unrested = profiles["rollator"].model_copy(update={"rest_leg_m": None})
    assert len(all_rests(pa.concat_tables(asked), scape, {"rollator": unrested})) == 0


def test_limits_are_those_of_the_profile() -> None:
    assert stamina_of(read_profiles()["rollator"]) == Stamina(100, 500)
    assert stamina_of(read_profiles()["referentie"]) is None


# --- Doors ------------------------------------------------------------------------------------------------------


def test_a_place_is_entered_by_doors_that_are_open_in_the_bound(lot: "Lot") -> None:
    doors = [
        lot.Spot(7, 0, 0.25, door="no"),
        lot.Spot(7, 0, 0.5, door="unknown"),
        lot.Spot(7, 0, 0.75, door="yes"),
        lot.Spot(8, 0, 0.5, door="unknown"),
        lot.Spot(9, 0, 0.5, door="no"),
    ]
    tables = lot.streetscape([lot.both(0, 1, 80)], [lot.Spot(1, 0, 0.0)], doors)
    others = [tables.costs.set_column(1, "bound", pa.array([bound])) for bound in ("optimistic", "pessimistic")]
    scape = replace(tables, costs=pa.concat_tables([tables.costs, *others]))
    reached = {bound: lot.rested(ground_of(scape, "rollator", bound), 100.0) for bound in BOUNDS}
    assert reached == {
        "optimistic": {(1, 7): 40, (1, 8): 40},
        "central": {(1, 7): 40, (1, 8): 40},
        "pessimistic": {(1, 7): 60},
    }
    with pytest.raises(ContractError, match="place 9 hangs on no street by an open door"):
        rests(pairs((1, 9, 40.0)), ground_of(scape, *CENTRAL), Stamina(100, 500), scape.edges)


def test_a_closed_door_is_no_seat(lot: "Lot") -> None:
    doors = [lot.Spot(k, 3, 0.5, door=word) for k, word in enumerate(("no", "unknown", "yes"))]
    assert attach_seats(benches(), _doors(lot, *doors), two_streets())["seat_code"].to_pylist() == ["1", "2"]


def test_a_pair_made_of_other_streets_is_refused(lot: "Lot") -> None:
    tables = lot.streetscape([lot.both(0, 1, 90), lot.both(2, 3, 90)], [lot.Spot(1, 0, 0.0)], [lot.Spot(7, 1, 1.0)])
    ground = ground_of(tables, *CENTRAL)
    with pytest.raises(ContractError, match="Make the pairs anew"):
        rests(pairs((1, 7, 90.0)), ground, Stamina(100, 500), tables.edges)
    with pytest.raises(ContractError, match="origin 5 hangs on no street"):
        rests(pairs((5, 7, 90.0)), ground, Stamina(100, 500), tables.edges)


# --- What is searched ---------------------------------------------------------------------------------------------


@given(chosen=st.data())
def test_arcs_and_points_stand_where_sorting_would_put_them(lot: "Lot", chosen: st.DataObject) -> None:
    ways, homes, doors, seats = chosen.draw(lot.cases())
    ground = lot.ground(ways, homes, doors, seats)
    pieces, arcs = ground.pieces, ground.arcs
    tails, heads = np.concatenate([pieces.u, pieces.v]), np.concatenate([pieces.v, pieces.u])
    costs, n_pieces = np.concatenate([pieces.forward, pieces.backward]), len(pieces.u)
    codes = np.concatenate([2 * np.arange(n_pieces), 2 * np.arange(n_pieces) + 1])
    order = [k for k in np.argsort(heads, kind="stable") if costs[k] != FORBIDDEN and heads[k] != tails[k]]
    assert np.array_equal(arcs.starts, np.searchsorted(heads[order], np.arange(len(pieces.is_seat) + 1)))
    for numbers, sorted_by_head in ((arcs.tails, tails), (arcs.costs, costs), (arcs.codes, codes)):
        assert np.array_equal(numbers, sorted_by_head[order])
    for points, fraction in ((ground.homes, ground.home_fraction), (ground.doors, ground.door_fraction)):
        piece = points[:, PIECE]
        assert np.all((pieces.begin[piece] <= fraction) & (fraction <= pieces.end[piece]))
        assert np.all((fraction < pieces.end[piece]) | (fraction == 1))


# --- Refusals and threads ----------------------------------------------------------------------------------------


def small(lot: "Lot") -> "Ground":
    ways = [lot.both(0, 1, 90), lot.both(1, 2, 90)]
    return lot.ground(ways, [lot.Spot(1, 0, 0.5), lot.Spot(2, 1, 0.5)], [lot.Spot(7, 1, 1.0)], [lot.Spot(1, 0, 1.0)])


@pytest.mark.parametrize("metres", [-1.0, float("nan"), float("inf"), 1e9])
def test_metres_that_no_street_has_are_refused(lot: "Lot", metres: float) -> None:
    with pytest.raises(ContractError, match="forward_m"):
        lot.ground([lot.Way(0, 1, metres, 1.0)], [], [], [])
    with pytest.raises(ContractError, match="snap_m"):
        lot.ground([lot.both(0, 1, 1.0)], [lot.Spot(1, 0, 0.5, metres)], [], [])


def test_points_beside_the_network_are_refused(lot: "Lot") -> None:
    ways = [lot.both(0, 1, 10)]
    for wrong in (lot.Spot(1, 9), lot.Spot(1, -1), lot.Spot(1, 0, 1.5), lot.Spot(1, 0, float("nan"))):
        for parts in (([wrong], [], []), ([], [wrong], []), ([], [], [wrong])):
            with pytest.raises(ContractError, match="reach/"):
                lot.ground(ways, *parts)
    with pytest.raises(ContractError, match="outside the graph"):
        lot.ground([lot.both(0, 10**6, 1)], [], [], [])
    tables = lot.streetscape(ways, [], [])
    with pytest.raises(ContractError, match="edge_id must run"):
        ground_of(tables, "rollator", "optimistic")


@given(
    column=st.sampled_from([U, SNAP, TO_U]),
    value=st.integers(-(2**31), 2**31 - 1),
    array=st.sampled_from(["homes", "doors", "tails", "costs", "starts"]),
)
def test_compiled_code_never_reads_outside_its_arrays(lot: "Lot", column: int, value: int, array: str) -> None:
    ground = small(lot)
    if array in {"homes", "doors"}:
        rows = getattr(ground, array).copy()
        rows[0, column] = value
        spoilt = replace(ground, **{array: rows})
    else:
        numbers = getattr(ground.arcs, array).copy()
        numbers[1] = value % 2**32 if array == "starts" else value
        spoilt = replace(ground, arcs=ground.arcs._replace(**{array: numbers}))
    try:
        found = rest_search(spoilt, 5_000_000, 1_000_000, 2)
    except ContractError as error:
        assert "the search's" in str(error)  # noqa: PT017 - either answer is sound: a word, or an end
    else:
        assert found.shape[1] == 3


def test_requests_and_limits_outside_the_ground_are_refused(lot: "Lot") -> None:
    ground = small(lot)
    with pytest.raises(ContractError, match="requests"):
        path_search(ground, np.array([5]), np.array([0, 1]), np.array([100]), 1)
    with pytest.raises(ContractError, match="requests"):
        path_search(ground, np.array([0]), np.array([0, 2]), np.array([100]), 1)
    with pytest.raises(ContractError, match="limits"):
        rest_search(ground, -1, 100, 1)
    with pytest.raises(ContractError, match="order of their pieces"):
        rest_search(replace(ground, homes=ground.homes[::-1].copy()), 100, 100, 1)


def test_more_labels_than_can_be_numbered_are_refused() -> None:
    # So many numbers that take no memory, and the function as it is before it is compiled.
    many = np.broadcast_to(np.int32(0), 2**30)
    with pytest.raises(ContractError, match="ways lead to one place"):
        _roomier.py_func(many)  # type: ignore[attr-defined]


def test_any_number_of_threads_finds_the_same(lot: "Lot") -> None:
    random = np.random.default_rng(5)
    side = 12
    east = [(k, k + 1) for k in range(side * side) if k % side < side - 1]
    ways = [lot.both(u, v, float(random.integers(30, 90))) for u, v in east + [(k, k + side) for k in range(132)]]

    def scattered(count: int) -> "list[Spot]":
        return [lot.Spot(k, int(random.integers(len(ways))), int(random.integers(9)) / 8, 3.0) for k in range(count)]

    ground = lot.ground(ways, scattered(60), scattered(40), scattered(30))
    requests, starts = np.tile(np.arange(60), 40), np.arange(41) * 60
    one = rest_search(ground, 5_000_000, 1_000_000, 1)
    paths = path_search(ground, requests, starts, np.full(40, 20_000_000), 1)
    assert len(one) > 100
    for threads in (2, 3, 4, 64):
        assert np.array_equal(rest_search(ground, 5_000_000, 1_000_000, threads), one)
        again = path_search(ground, requests, starts, np.full(40, 20_000_000), threads)
        assert all(np.array_equal(first, second) for first, second in zip(paths, again, strict=True))
    assert len(rest_costs(ground, Stamina(100, 500), threads=1)) == len(one)
