"""Rests and routes of a whole run of the example town, held against its pairs and its streets."""

from itertools import pairwise
from typing import TYPE_CHECKING

import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely

from pipelines.contracts import Contract
from pipelines.places.contracts import FUNCTIONS
from pipelines.reach.contracts import ATTACHMENTS, LEGS, OBSTACLES, PAIRS, REST, ROUTES, SEATS
from pipelines.reach.ground import Streetscape, ground_of
from pipelines.reach.itinerary import route_lines
from pipelines.reach.paths import find_known_paths, lengths_m, numbers_of_places, rows_of_homes
from pipelines.reach.rest import Stamina, rest_costs
from pipelines.streets.contracts import COSTS, EDGES
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from tests.conftest import Run

CENTIMETRE = 0.01


@pytest.fixture(scope="module")
def town(example_run: "Run") -> Warehouse:
    return Warehouse(example_run.data, example_run.area)


@pytest.fixture(scope="module")
def streetscape(town: Warehouse) -> Streetscape:
    return Streetscape(*(town.read(contract) for contract in (EDGES, COSTS, ATTACHMENTS, SEATS)))


def answer(town: Warehouse, query: str, *contracts: Contract) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        for contract in contracts:
            connection.register(contract.table, town.read(contract))
        return connection.execute(query).fetchall()


def rollator_pairs(town: Warehouse, bound: str) -> pa.Table:
    pairs = town.read(PAIRS)
    return pairs.filter(pc.and_(pc.equal(pairs["profile"], "rollator"), pc.equal(pairs["bound"], bound)))


def test_every_route_is_as_long_as_its_pair_to_the_centimetre(town: Warehouse) -> None:
    query = """
        select count(*), max(abs(routes.metres - pairs.metres)), min(routes.seconds - pairs.seconds)
        from routes left join pairs using (profile, bound, origin_id, place_id)
    """
    ((rows, metres_off, seconds_more),) = answer(town, query, ROUTES, PAIRS)
    assert rows > 1_000  # type: ignore[operator]
    assert metres_off < CENTIMETRE  # type: ignore[operator]
    assert seconds_more > -CENTIMETRE  # type: ignore[operator]


def test_drawn_routes_are_as_long_as_their_metres_without_the_perpendiculars(town: Warehouse) -> None:
    routes = town.read(ROUTES).slice(0, 300)
    attached = town.read(ATTACHMENTS).to_pandas().set_index(["profile", "point_type", "point_id", "access_number"])
    lines = route_lines(routes, town.read(EDGES))
    for row, line in zip(routes.to_pylist(), lines, strict=True):
        home = attached.loc[(row["profile"], "origin", row["origin_id"], 0), "snap_m"]
        door = attached.loc[(row["profile"], "place", row["place_id"], row["access_number"]), "snap_m"]
        drawn_m = 0.0 if line is None else float(shapely.length(line))
        assert drawn_m + home + door == pytest.approx(row["metres"], abs=CENTIMETRE)


def test_a_sample_of_all_pairs_has_paths_of_their_very_length(town: Warehouse, streetscape: Streetscape) -> None:
    ground = ground_of(streetscape, "rollator", "central")
    own = rollator_pairs(town, "central")
    own = own.take(np.random.default_rng(3).choice(len(own), 20_000, replace=False))
    homes = rows_of_homes(ground, own["origin_id"].to_numpy())
    places = numbers_of_places(ground, own["place_id"].to_numpy())
    paths = find_known_paths(ground, homes, places, own["metres"].to_numpy())
    assert np.abs(lengths_m(ground, paths) - own["metres"].to_numpy()).max() < CENTIMETRE


def test_legs_add_up_to_the_nearest_place_of_the_booklet(town: Warehouse) -> None:
    query = """
        with walked as (select profile, bound, origin_id, place_id, sum(leg_m) as metres from legs group by all),
        nearest as (
            select profile, bound, origin_id, min(metres) as metres
            from pairs semi join (from functions where is_booklet) as counted using (place_id)
            where bound = 'central'
            group by all
        )
        select count(*), max(abs(walked.metres - nearest.metres)), count(walked.place_id)
        from nearest left join walked using (profile, bound, origin_id)
    """
    ((rows, metres_off, found),) = answer(town, query, LEGS, PAIRS, FUNCTIONS)
    assert rows == found
    assert metres_off < CENTIMETRE  # type: ignore[operator]


def test_every_pair_within_the_budget_is_judged_and_every_gap_is_too_long(town: Warehouse) -> None:
    query = """
        select
            (select count(*) from pairs where profile = 'rollator' and metres <= 500) as n_near,
            count(*),
            count(rest_metres),
            min(rest_metres - metres),
            max(rest_metres),
            min(gap_m),
            bool_and((rest_metres is null) = (gap_m is not null and gap_edge_id is not null and gap_x_m is not null)),
            count(*) filter (where rest_metres > metres + 1)
        from rest
    """
    ((n_near, rows, rested, less, most, gap_m, said, around),) = answer(town, query, REST, PAIRS)
    assert rows == n_near
    assert 1_000 < rested < rows  # type: ignore[operator]
    assert less > -CENTIMETRE  # type: ignore[operator]
    assert most <= 500  # type: ignore[operator]
    assert gap_m > 100  # type: ignore[operator]
    assert said
    assert around > 0  # type: ignore[operator]


def test_who_needs_no_seat_reaches_the_very_pairs_within_the_budget(town: Warehouse, streetscape: Streetscape) -> None:
    for bound in ("optimistic", "central", "pessimistic"):
        ground = ground_of(streetscape, "rollator", bound)
        found = rest_costs(ground, Stamina(float("inf"), 500.0))
        own = rollator_pairs(town, bound)
        own = own.filter(pc.less_equal(own["metres"], 500.0))
        origins, places = ground.home_ids[found["home"].to_numpy()], ground.place_ids[found["place"].to_numpy()]
        keyed = pa.table({"origin_id": origins, "place_id": places, "metres": found["rest_metres"]})
        keyed = keyed.sort_by([("origin_id", "ascending"), ("place_id", "ascending")])
        assert keyed["origin_id"].equals(own["origin_id"])
        assert keyed["place_id"].equals(own["place_id"])
        assert np.abs(keyed["metres"].to_numpy() - own["metres"].to_numpy()).max() < CENTIMETRE


def test_obstacles_stand_on_the_reference_route_and_forbid_the_edge(town: Warehouse) -> None:
    query = """
        select
            count(*),
            bool_and(list_contains([routes.steps[step_number + 1]], obstacles.edge_id)
                or -1 - routes.steps[step_number + 1] = obstacles.edge_id),
            bool_and(case when routes.steps[step_number + 1] < 0
                then costs.backward_m is null else costs.forward_m is null end),
            bool_and(obstacles.barrier <> '')
        from obstacles
        join routes on routes.profile = 'referentie' and routes.bound = obstacles.bound
            and routes.h3_cell = obstacles.h3_cell and routes.place_kind = obstacles.place_kind
        join costs on costs.profile = obstacles.profile and costs.bound = obstacles.bound
            and costs.edge_id = obstacles.edge_id
    """
    assert answer(town, query, OBSTACLES, ROUTES, COSTS) == [(len(town.read(OBSTACLES)), True, True, True)]
    assert len(town.read(OBSTACLES)) > 100


def test_reach_with_rests_in_the_town_equals_brute_force(streetscape: Streetscape) -> None:
    """Sample places; walk over seats only, each leg a search of its own in another library."""
    ground = ground_of(streetscape, "rollator", "central")
    graph, names = cut_graph(streetscape)
    found = rest_costs(ground, Stamina(100.0, 500.0)).to_pandas()
    into = {seat: within(graph, seat, 100.0) for seat in set(names["seat"].values())}
    for place_id in ground.place_ids[::23]:
        own = found[found["place"] == int(np.flatnonzero(ground.place_ids == place_id)[0])]
        mine = dict(zip(ground.home_ids[own["home"]].tolist(), own["rest_metres"].tolist(), strict=True))
        assert mine == pytest.approx(from_seat_to_seat(graph, names, into, int(place_id)), abs=CENTIMETRE)


def cut_graph(streetscape: Streetscape) -> tuple[nx.DiGraph, dict[str, dict[object, object]]]:
    """Cut every edge of the rollator's network at every home, door and seat; arcs point against the walk."""
    costs = streetscape.costs.to_pandas().query("profile == 'rollator' and bound == 'central'").set_index("edge_id")
    edges = streetscape.edges.select(["edge_id", "u", "v"]).to_pandas().set_index("edge_id")
    points = streetscape.attachments.to_pandas().query("profile == 'rollator' and edge_id == edge_id")
    seats = streetscape.seats.to_pandas().query("profile == 'rollator'")
    cuts: dict[int, set[float]] = {edge: {0.0, 1.0} for edge in edges.index}
    for table in (points, seats):
        for edge, fraction in zip(table["edge_id"].astype(int), table["fraction"], strict=True):
            cuts[edge].add(fraction)

    def name(edge: int, fraction: float) -> object:
        ends = {0.0: int(edges.at[edge, "u"]), 1.0: int(edges.at[edge, "v"])}
        return ends.get(fraction, (edge, fraction))

    graph = nx.DiGraph()
    for edge, at in cuts.items():
        ordered = sorted(at)
        for low, high in pairwise(ordered):
            for way, ends in (("forward_m", (low, high)), ("backward_m", (high, low))):
                metres = costs.at[edge, way]
                if not np.isnan(metres):
                    tail, head = name(edge, ends[0]), name(edge, ends[1])
                    part = metres * (high - low)
                    known = graph.get_edge_data(head, tail, {"metres": part})["metres"]
                    graph.add_edge(head, tail, metres=min(part, known))
    named: dict[str, dict[object, object]] = {"seat": {}, "origin": {}, "place": {}}
    for row in seats.itertuples():
        named["seat"][row.seat_id] = name(int(row.edge_id), row.fraction)
    for row in points.itertuples():
        key = (int(row.point_id), int(row.access_number), float(row.snap_m))
        named[row.point_type][key] = name(int(row.edge_id), row.fraction)
    graph.add_nodes_from(spot for spots in named.values() for spot in spots.values())
    return graph, named


def within(graph: nx.DiGraph, start: object, metres: float) -> dict[object, float]:
    return nx.single_source_dijkstra_path_length(graph, start, cutoff=metres, weight="metres")


def from_seat_to_seat(
    graph: nx.DiGraph, names: dict[str, dict[object, object]], into: dict[object, dict[object, float]], place_id: int
) -> dict[int, float]:
    """Least metres with rests by origin: settle seats from the doors outward, then step to homes."""
    legs = nx.DiGraph()
    for seat, near in into.items():
        for other in near.keys() & into.keys():
            legs.add_edge(seat, other, metres=near[other])
    stops = dict(into)
    for key, spot in names["place"].items():
        if key[0] == place_id and key[2] <= 100.0:  # type: ignore[index]
            near = {there: metres + key[2] for there, metres in within(graph, spot, 100.0 - key[2]).items()}  # type: ignore[index]
            stops["door", key] = near
            legs.add_edge("place", ("door", key), metres=0.0)
            for seat in near.keys() & into.keys():
                legs.add_edge(("door", key), seat, metres=near[seat])
    totals = within(legs, "place", 500.0)
    best: dict[int, float] = {}
    for stop, so_far in totals.items():
        near = stops.get(stop, {})
        for key, spot in names["origin"].items():
            leg_m = near.get(spot, np.inf) + key[2]  # type: ignore[index]
            if leg_m <= 100.0 and so_far + leg_m <= 500.0:
                best[key[0]] = min(best.get(key[0], np.inf), so_far + leg_m)  # type: ignore[index]
    return best
