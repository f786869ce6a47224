"""Barriers are real: on the measured sidewalks of Osdorp, what the file holds is what stops or reroutes a rollator.

Ten routes of the reference profile are walked with a rollator. The first thing on them that it may not pass is looked
up in the delivered GeoPackage itself; then it is opened, and the rollator goes there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely

from assets.asset import conformed, write_made
from assets.bench import Bench, Folders, resolve_area
from assets.rooms import people, places, reach, sources, streets
from pipelines.reach.contracts import ATTACHMENTS, OBSTACLES, ROUTES, SEATS
from pipelines.reach.ground import Streetscape, ground_of
from pipelines.reach.itinerary import Facts
from pipelines.reach.pairs import reach_pairs
from pipelines.reach.routes import route
from pipelines.streets.contracts import EDGES
from pipelines.streets.costs import edge_costs
from pipelines.streets.profiles import Profile, read_profiles
from pipelines.warehouse import Warehouse

pytestmark = [pytest.mark.realdata, pytest.mark.slow]
SEED = 20_240_607
# Central limits of a rollator (method book, 3.3), written out: the profile is what is judged here.
HIGHEST_KERB_M, NARROWEST_M = 0.06, 0.80
BUDGET_M = 500.0
CENTIMETRE = 0.01


@dataclass(frozen=True)
class Osdorp:
    """Its tables, and the lines as they were delivered, by their number in the file from 1."""

    tables: Warehouse
    edges: pa.Table
    attached: pa.Table
    delivered: gpd.GeoDataFrame


@dataclass(frozen=True)
class Walk:
    """A route of the reference profile, its first obstacle to a rollator, and all of them."""

    origin_id: int
    place_id: int
    metres: float
    steps: list[int]
    first: int
    barrier: str
    closed: frozenset[int]


@pytest.fixture(scope="module")
def osdorp(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Osdorp:
    home = tmp_path_factory.mktemp("osdorp")
    folders = Folders(realdata, home, home)
    bench = Bench(*resolve_area("amsterdam-osdorp", folders), folders, "obstacles", datetime(2024, 6, 7, tzinfo=UTC))
    for room in (sources, people, places, streets, reach):
        for one in room.STEPS:
            write_made(one, bench, conformed(one, one.make(bench)))
    delivered = gpd.read_file(realdata / "amsterdam-osdorp" / "osdpm_map.gpkg")
    delivered.index += 1
    return Osdorp(bench.warehouse, bench.read(EDGES), bench.read(ATTACHMENTS), delivered)


@pytest.fixture(scope="module")
def rollator() -> Profile:
    return read_profiles()["rollator"]


@pytest.fixture(scope="module")
def walks(osdorp: Osdorp) -> list[Walk]:
    """Ten routes with ten different first obstacles, chosen by the seed among all that have any."""
    found = osdorp.tables.read(OBSTACLES)
    found = found.filter(pc.equal(found["profile"], "rollator")).to_pandas()
    routes = osdorp.tables.read(ROUTES)
    routes = routes.filter(pc.equal(routes["profile"], "referentie")).to_pandas().set_index(["h3_cell", "place_kind"])
    stopped = found.sort_values(["h3_cell", "place_kind", "step_number"]).groupby(["h3_cell", "place_kind"])
    firsts = stopped.first().sample(frac=1, random_state=SEED).drop_duplicates("edge_id").head(10)
    every = stopped["edge_id"].agg(frozenset)
    return [
        Walk(
            *(routes.at[key, name] for name in ("origin_id", "place_id", "metres")),
            routes.at[key, "steps"].tolist(),
            int(first["edge_id"]),
            first["barrier"],
            every[key],
        )
        for key, first in firsts.iterrows()
    ]


def test_kerbs_and_widths_each_change_how_far_a_rollator_comes(osdorp: Osdorp, rollator: Profile) -> None:
    own = osdorp.attached.filter(pc.equal(osdorp.attached["profile"], "rollator"))
    is_home = pc.equal(own["point_type"], "origin")
    homes, doors = own.filter(is_home), own.filter(pc.invert(is_home))

    def reached(**without: None) -> dict[tuple[int, int], float]:
        lighter = rollator.model_copy(update=without)
        costs = edge_costs(osdorp.edges, lighter)
        near = reach_pairs(homes, doors, osdorp.edges, costs, lighter)
        near = near.filter(pc.less_equal(near["metres"], BUDGET_M))
        keys = zip(near["origin_id"].to_pylist(), near["place_id"].to_pylist(), strict=True)
        return dict(zip(keys, near["metres"].to_pylist(), strict=True))

    limited, unlimited = reached(), reached(kerb=None, width=None)
    assert limited.keys() < unlimited.keys()
    assert len(limited) < 0.9 * len(unlimited)
    assert all(metres >= unlimited[pair] for pair, metres in limited.items())
    around = [pair for pair, metres in limited.items() if metres > unlimited[pair] + 1]
    assert len(around) > 100
    for one in ({"kerb": None}, {"width": None}):
        assert len(limited) < len(reached(**one)) < len(unlimited)


def test_the_obstacle_on_each_of_ten_routes_is_what_the_file_holds(osdorp: Osdorp, walks: list[Walk]) -> None:
    rows = osdorp.edges.take([walk.first for walk in walks]).to_pylist()
    for walk, edge in zip(walks, rows, strict=True):
        feature = osdorp.delivered.loc[int(edge["source_id"])]
        stands = shapely.from_wkb(edge["geometry"])
        if walk.barrier == "kerb":
            assert feature["curb_height_max"] == edge["kerb_height_m"]
            assert feature["curb_height_max"] > HIGHEST_KERB_M
            assert stands.coords[0] == feature.geometry.coords[0]
            assert stands.length == 0
        else:
            assert walk.barrier == "width"
            assert feature["obstacle_free_width_float"] == edge["width_m"]
            assert feature["obstacle_free_width_float"] < NARROWEST_M
            assert stands.equals(feature.geometry)
    assert {walk.barrier for walk in walks} == {"kerb", "width"}
    assert len({walk.first for walk in walks}) == 10


def test_what_stands_before_the_first_obstacle_is_passable_in_the_file(osdorp: Osdorp, walks: list[Walk]) -> None:
    for walk in walks:
        passed = [max(step, -1 - step) for step in walk.steps]
        passed = passed[: passed.index(walk.first)]
        for edge in osdorp.edges.take(passed).to_pylist() if passed else []:
            feature = osdorp.delivered.loc[int(edge["source_id"])]
            if shapely.from_wkb(edge["geometry"]).length > 0:
                assert not feature["obstacle_free_width_float"] < NARROWEST_M
            else:
                assert not feature["curb_height_max"] > HIGHEST_KERB_M


def test_no_route_of_a_rollator_takes_a_high_kerb_or_a_narrow_way_of_the_file(osdorp: Osdorp) -> None:
    routes = osdorp.tables.read(ROUTES)
    steps = pc.list_flatten(routes.filter(pc.equal(routes["profile"], "rollator"))["steps"]).to_numpy()
    passed = osdorp.edges.take(np.unique(np.maximum(steps, -1 - steps)))
    features = osdorp.delivered.loc[passed["source_id"].cast(pa.int64()).to_numpy()]
    is_obstacle = passed["length_m"].to_numpy() == 0
    assert len(passed) > 1_000
    assert not (features["curb_height_max"][is_obstacle] > HIGHEST_KERB_M).any()
    assert not (features["obstacle_free_width_float"][~is_obstacle] < NARROWEST_M).any()


def test_opened_obstacles_draw_the_rollator_onto_the_route_and_the_first_alone_keeps_it_off(
    osdorp: Osdorp, walks: list[Walk], rollator: Profile
) -> None:
    outcomes = []
    for walk in walks:
        assert walk.first in walk.closed
        as_is, all_but_first, all_open = (
            walked(osdorp, rollator, walk, opened) for opened in (frozenset(), walk.closed - {walk.first}, walk.closed)
        )
        assert all_open is not None
        assert all_open[1] == walk.steps
        assert all_open[0] == pytest.approx(walk.metres, abs=CENTIMETRE)
        for kept_off in (as_is, all_but_first):
            assert kept_off is None or kept_off[0] > walk.metres + CENTIMETRE
            assert kept_off is None or walk.first not in {max(step, -1 - step) for step in kept_off[1]}
        outcomes.append("stopped" if as_is is None else "rerouted")
    assert "rerouted" in outcomes


def walked(osdorp: Osdorp, rollator: Profile, walk: Walk, opened: frozenset[int]) -> tuple[float, list[int]] | None:
    """Metres and steps of the rollator from where the reference starts, with these edges opened; None: no path."""
    edges = with_opened(osdorp.edges, opened)
    costs = edge_costs(edges, rollator)
    own = osdorp.attached.filter(pc.equal(osdorp.attached["profile"], "referentie"))
    own = own.set_column(0, "profile", pa.repeat("rollator", len(own)))
    ground = ground_of(Streetscape(edges, costs, own, SEATS.schema.empty_table()), "rollator", "central")
    found = route(walk.origin_id, walk.place_id, ground, Facts(edges, costs, rollator.speed_m_per_s.central))
    oracle_m = shortest_m(edges, costs, own, walk)
    if not len(found):
        assert oracle_m is None or oracle_m > 5_000
        return None
    assert found["metres"][0].as_py() == pytest.approx(oracle_m, abs=CENTIMETRE)
    return found["metres"][0].as_py(), found["steps"][0].as_py()


def with_opened(edges: pa.Table, opened: frozenset[int]) -> pa.Table:
    """Lower the kerb and widen the way of some edges, and of no other."""
    chosen = pa.array(np.isin(edges["edge_id"].to_numpy(), list(opened)))
    for name, fine in (("kerb_height_m", 0.0), ("width_m", 1.5)):
        known = pc.and_(chosen, pc.is_valid(edges[name]))
        position = edges.schema.get_field_index(name)
        edges = edges.set_column(position, edges.schema.field(name), pc.if_else(known, fine, edges[name]))
    return edges


def shortest_m(edges: pa.Table, costs: pa.Table, attached: pa.Table, walk: Walk) -> float | None:
    """Oracle: the shortest path in another library, over a graph in which home and doors are nodes."""
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    ways = [costs[name].to_numpy() for name in ("forward_m", "backward_m")]
    graph = nx.DiGraph()
    for tail, head, metres in ((u, v, ways[0]), (v, u, ways[1])):
        passable = np.flatnonzero(~np.isnan(metres))
        # The longest first, so that of parallel edges the shortest stays.
        passable = passable[np.argsort(-metres[passable])]
        graph.add_weighted_edges_from(
            zip(tail[passable].tolist(), head[passable].tolist(), metres[passable].tolist(), strict=True)
        )
    asked = pc.or_(pc.equal(attached["point_id"], walk.origin_id), pc.equal(attached["point_id"], walk.place_id))
    for point in attached.filter(pc.and_(asked, pc.is_valid(attached["edge_id"]))).to_pylist():
        edge, share, aside_m = point["edge_id"], point["fraction"], point["snap_m"]
        along, against = (way[edge] for way in ways)
        if (point["point_type"], point["point_id"]) == ("origin", walk.origin_id):
            graph.add_edge("home", int(v[edge]), weight=aside_m + (1 - share) * along)
            graph.add_edge("home", int(u[edge]), weight=aside_m + share * against)
        if (point["point_type"], point["point_id"]) == ("place", walk.place_id):
            graph.add_edge(int(u[edge]), ("door", edge, share), weight=share * along)
            graph.add_edge(int(v[edge]), ("door", edge, share), weight=(1 - share) * against)
            graph.add_edge(("door", edge, share), "place", weight=aside_m)
    graph.remove_edges_from([(a, b) for a, b, metres in graph.edges(data="weight") if np.isnan(metres)])
    try:
        metres_m: float = nx.dijkstra_path_length(graph, "home", "place")
    except nx.NetworkXNoPath:
        return None
    return metres_m
