"""The OSM extract of the example town: it can be read, holds every feature named, and its barriers matter."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely

from pipelines import geo
from pipelines.example.drawing import Drawing, Multipolygon, Node, Way, rectangle, towards
from pipelines.example.gates import Gate, find_borders, gated
from pipelines.example.osm_file import write_osm
from pipelines.example.plan import frontages, track
from pipelines.example.town import Town, build_town

WALKING = {
    "residential", "living_street", "footway", "path", "pedestrian", "steps", "cycleway", "service", "unclassified",
    "tertiary",
}  # fmt: skip
FORBIDDEN = {"no", "private", "use_sidepath"}


@pytest.fixture(scope="module")
def tags(folder: Path) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for thing in osmium.FileProcessor(str(folder / "streets.osm.pbf")):
        found.update((thing.type_str(), tag.k, tag.v) for tag in thing.tags)
    return found


@pytest.mark.parametrize(
    "feature",
    [
        ("w", "footway", "sidewalk"), ("w", "footway", "crossing"), ("w", "crossing", "traffic_signals"),
        ("w", "crossing", "unmarked"), ("n", "barrier", "kerb"), ("n", "kerb", "lowered"), ("n", "kerb", "raised"),
        ("n", "kerb", "flush"), ("n", "kerb:height", "0.12"), ("w", "highway", "steps"), ("w", "step_count", "8"),
        ("w", "ramp:wheelchair", "yes"), ("w", "ramp:stroller", "yes"), ("w", "bridge", "yes"), ("w", "layer", "1"),
        ("w", "incline", "5%"), ("w", "incline", "9%"), ("w", "waterway", "canal"), ("w", "surface", "asphalt"),
        ("w", "surface", "paving_stones"), ("w", "surface", "sett"), ("w", "surface", "gravel"),
        ("w", "surface", "unhewn_cobblestone"), ("w", "access", "private"), ("w", "foot", "no"),
        ("w", "oneway:foot", "yes"), ("n", "barrier", "gate"), ("n", "barrier", "stile"), ("n", "barrier", "bollard"),
        ("w", "highway", "trunk"), ("w", "highway", "tertiary"), ("w", "highway", "residential"),
        ("w", "highway", "cycleway"), ("w", "highway", "living_street"), ("w", "sidewalk", "both"),
        ("w", "sidewalk", "no"), ("n", "amenity", "bench"), ("n", "shop", "supermarket"), ("n", "shop", "bakery"),
        ("w", "amenity", "school"), ("n", "entrance", "yes"), ("n", "entrance", "main"),
        ("n", "amenity", "community_centre"), ("w", "amenity", "community_centre"), ("n", "leisure", "playground"),
        ("w", "leisure", "playground"), ("n", "amenity", "cafe"), ("n", "amenity", "pub"),
        ("n", "amenity", "restaurant"), ("w", "leisure", "sports_centre"), ("r", "leisure", "sports_centre"),
        ("w", "leisure", "pitch"), ("n", "leisure", "fitness_centre"), ("n", "wheelchair", "yes"),
        ("n", "wheelchair", "no"), ("n", "wheelchair", "limited"), ("n", "kerb:height", "0.08"),
        ("n", "step_count", "4"), ("n", "door:width", "0.85"), ("w", "building:levels", "2"),
    ],
)  # fmt: skip
def test_the_extract_holds(feature: tuple[str, str, str], tags: Counter[tuple[str, str, str]]) -> None:
    assert tags[feature] > 0


def test_nodes_ways_and_relations_come_in_order_and_refer_to_what_exists(folder: Path) -> None:
    nodes, ways, order = set(), set(), []
    for thing in osmium.FileProcessor(str(folder / "streets.osm.pbf")):
        order.append(("nwr".index(thing.type_str()), thing.id))
        if thing.is_node():
            nodes.add(thing.id)
            assert 52 < thing.lat < 52.1
            assert 5.3 < thing.lon < 5.4
        elif thing.is_way():
            ways.add(thing.id)
            assert {node.ref for node in thing.nodes} <= nodes
            assert len(thing.nodes) > 1
        else:
            assert {member.ref for member in thing.members} <= ways
    assert order == sorted(order)


def test_entrances_lie_on_the_ring_of_their_school(folder: Path) -> None:
    entrances, schools = set(), []
    for thing in osmium.FileProcessor(str(folder / "streets.osm.pbf")):
        if thing.is_node() and "entrance" in thing.tags:
            entrances.add(thing.id)
        if thing.is_way() and thing.tags.get("amenity") == "school":
            schools.append([node.ref for node in thing.nodes])
    assert schools
    for ring in schools:
        assert ring[0] == ring[-1]
        assert len(set(ring) & entrances) == 2


def test_points_that_coincide_become_one_node_and_keep_all_tags(tmp_path: Path) -> None:
    corner = np.array([150_000.0, 450_000.0])
    east, north = corner + np.array([10.0, 0.0]), corner + np.array([0.0, 10.004])
    drawing = Drawing(
        (Node(corner, {"barrier": "gate"}), Node(corner + 0.001, {"access": "yes"})),
        (Way(np.array([corner, east]), {"highway": "path"}), Way(np.array([corner, north]), {"highway": "steps"})),
        (Multipolygon(rectangle(corner, 40, 40), rectangle(corner, 5, 5), {"leisure": "park"}),),
    )
    write_osm(tmp_path / "small.osm.pbf", drawing)
    tagged = osmium.FileProcessor(str(tmp_path / "small.osm.pbf")).with_filter(osmium.filter.KeyFilter("barrier"))
    assert [dict(thing.tags) for thing in tagged] == [{"access": "yes", "barrier": "gate"}]
    ways = {w.id: [n.ref for n in w.nodes] for w in osmium.FileProcessor(str(tmp_path / "small.osm.pbf")) if w.is_way()}
    assert ways[1][0] == ways[2][0]
    relations = (r for r in osmium.FileProcessor(str(tmp_path / "small.osm.pbf")) if r.is_relation())
    ((members, tags),) = [([(m.ref, m.role) for m in r.members], dict(r.tags)) for r in relations]
    assert members == [(3, "outer"), (4, "inner")]
    assert tags == {"leisure": "park", "type": "multipolygon"}


def test_degrees_lead_back_to_the_metres_drawn(tmp_path: Path) -> None:
    line = np.array([[150_000.0, 450_000.0], [150_100.25, 450_070.5]])
    write_osm(tmp_path / "line.osm.pbf", Drawing((), (Way(line, {"highway": "path"}),)))
    read = [(n.lon, n.lat) for n in osmium.FileProcessor(str(tmp_path / "line.osm.pbf")) if n.is_node()]
    x_m, y_m = geo.to_rd(*np.array(read).T)
    assert np.allclose(np.column_stack([x_m, y_m]), line, atol=0.02)


def test_steps_cut_a_street_near_its_end_and_a_kerb_stands_on_it() -> None:
    line = np.array([[0.0, 0.0], [50.0, 0.0], [100.0, 0.0]])
    parts = list(gated(line, {"highway": "residential"}, (Gate("steps", 2), Gate("kerbs", 0))))
    ways = [part for part in parts if isinstance(part, Way)]
    nodes = [part for part in parts if isinstance(part, Node)]
    assert [way.tags["highway"] for way in ways] == ["residential", "residential", "steps"]
    assert np.allclose(ways[0].points[[0, -1]], [[14.0, 0.0], [100.0, 0.0]])
    assert np.allclose(ways[2].points, [[8.0, 0.0], [14.0, 0.0]])
    assert np.allclose([node.at for node in nodes], [[92.0, 0.0]])
    assert nodes[0].tags["kerb"] == "raised"


def test_a_street_without_gates_stays_as_it_was() -> None:
    line = np.array([[0.0, 0.0], [10.0, 5.0]])
    (way,) = gated(line, {"highway": "path"}, (None, None))
    assert isinstance(way, Way)
    assert way.points.tolist() == line.tolist()


def test_towards_walks_the_metres_asked_for() -> None:
    assert towards(np.array([0.0, 0.0]), np.array([30.0, 40.0]), 5.0).tolist() == [3.0, 4.0]


def test_frontages_are_the_tracks_that_streets_are_drawn_on(klein: Town) -> None:
    plan = klein.streets.plan
    lines = frontages(plan)
    for column in range(plan.size.columns):
        for row in range(plan.size.blocks_y):
            assert np.allclose(lines[column, row, 0], track(plan, column, row, 1))
            assert np.allclose(lines[column, row, 1], track(plan, column, row + 1, -1))


def test_stretches_inside_a_buurt_have_the_same_buurt_on_both_sides(klein: Town) -> None:
    plan, borders = klein.streets.plan, find_borders(klein.streets.plan)
    for column, row in np.argwhere(borders.row_buurt >= 0).tolist():
        assert plan.buurt[column, row - 1] == plan.buurt[column, row] == borders.row_buurt[column, row]
    assert (borders.row_buurt[:, [0, -1]] == -1).all()
    assert (borders.column_buurt[[0, -1]] == -1).all()
    assert borders.on_border[0].all()


def graph_of(town: Town, *, on_wheels: bool) -> nx.Graph:
    """Build a plain graph of what may be walked: an independent, coarse reading of the drawing."""
    high = {tuple(node.at.round(2)) for node in town.drawing.nodes if node.tags.get("kerb") in {"raised", "rolled"}}
    graph = nx.Graph()
    for way in town.drawing.ways:
        tags = way.tags
        if tags.get("highway") not in WALKING or {tags.get("foot"), tags.get("access")} & FORBIDDEN:
            continue
        if on_wheels and (tags["highway"] == "steps" or tags.get("incline") == "9%"):
            continue
        points = [tuple(point) for point in way.points.round(2)]
        for start, end in pairwise(points):
            if not (on_wheels and {start, end} & high):
                graph.add_edge(start, end, weight=float(np.hypot(*np.subtract(start, end))))
    return graph


def test_nearly_all_streets_are_one_network_on_foot(klein: Town) -> None:
    graph = graph_of(klein, on_wheels=False)
    assert len(max(nx.connected_components(graph), key=len)) > 0.98 * len(graph)


def test_the_trunk_road_can_be_crossed_at_some_points_only(klein: Town) -> None:
    plan = klein.streets.plan
    graph = graph_of(klein, on_wheels=False)
    trunk = shapely.LineString(next(w.points for w in klein.drawing.ways if w.tags.get("highway") == "trunk"))
    crossing = [edge for edge in graph.edges if shapely.LineString(edge).intersects(trunk)]
    rows = {round((start[1] - plan.corners[0, 0, 1]) / 72) for start, _ in crossing}
    assert 3 <= len(rows) <= 6 < plan.size.blocks_y


def reachable_per_buurt(town: Town, graph: nx.Graph) -> pd.Series:
    """Mean number of junctions within 500 m of some homes of each buurt, by kind."""
    plan = town.streets.plan
    found = []
    for buurt in range(plan.size.buurten):
        for column, row in np.argwhere((plan.buurt == buurt) & (plan.use == "homes"))[::5].tolist():
            home = tuple(track(plan, column, row, 1)[1].round(2))
            reach = nx.single_source_dijkstra_path_length(graph, home, 500) if home in graph else {}
            found.append((plan.kinds[buurt], len(reach)))
    return pd.DataFrame(found, columns=["kind", "reach"]).groupby("kind").reach.mean()


def test_some_buurten_are_clearly_harder_to_leave_on_wheels(klein: Town) -> None:
    on_foot = reachable_per_buurt(klein, graph_of(klein, on_wheels=False))
    on_wheels = reachable_per_buurt(klein, graph_of(klein, on_wheels=True))
    left = on_wheels / on_foot
    assert left["terp"] < 0.75
    assert left["vooroorlogs"] < 0.75
    assert left[["villa", "nieuwbouw", "flats"]].min() > 0.8


def test_places_of_the_municipal_list_are_far_from_those_of_osm(klein: Town) -> None:
    ours = shapely.points([place.at for place in klein.listed])
    theirs = shapely.points([site.at for site in klein.sites])
    assert shapely.distance(ours[:, None], theirs[None, :]).min() > 15
    assert {place.kind for place in klein.listed} == {"Buurthuis", "Speelplek", "Jongerenplek", "Sportkooi"}
    assert not any(place.osm_name for place in klein.listed)


def test_halls_of_the_municipal_list_have_a_floor_and_a_word_on_wheelchairs(klein: Town) -> None:
    halls = [place for place in klein.listed if place.kind == "Buurthuis"]
    assert [(place.area_m2, place.wheelchair) for place in halls] == [(180, "ja"), (240, "beperkt"), (310, "nee")]
    assert not any(place.area_m2 or place.wheelchair for place in klein.listed if place not in halls)


def test_what_is_listed_twice_says_the_same_of_its_door_and_floor() -> None:
    town = build_town("groot", 20)
    sites = {site.name: site for site in town.sites}
    twice = [(place, sites[place.osm_name]) for place in town.listed if place.osm_name]
    words = {"yes": "ja", "limited": "beperkt", "no": "nee", "": ""}
    assert all(place.wheelchair == words[site.door.get("wheelchair", "")] for place, site in twice)
    assert {place.area_m2 for place, site in twice if site.form == "hall"} <= {128.0, 256.0}
    assert {place.wheelchair for place, _ in twice} >= {"", "ja"}
