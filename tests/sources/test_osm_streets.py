"""The street reader on extracts of a few nodes, written here as OPL, and on the real extract of Delft."""

import time
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.osm_streets import read_osm_segments
from pipelines.streets.costs import edge_costs
from pipelines.streets.graph import build_graph
from pipelines.streets.profiles import read_profiles
from pipelines.streets.unknowns import BOUNDS

Extract = Callable[..., Path]
# A row of nodes some 68 m apart, in Delft; node 9 stands off the row.
ROW = [f"n{number} x{4.37 + number / 1000:.7f} y52.0000000" for number in range(1, 6)]
OFF = ["n9 x4.3730000 y52.0010000"]


def rows(path: Path) -> list[dict[str, Any]]:
    table, _ = read_osm_segments(path, path.name)
    assert violations(table, SEGMENTS) == ()
    return list(table.to_pylist())


def obstacles(path: Path) -> list[dict[str, Any]]:
    """Rows without length; every fact that is charged once stands on one of these."""
    charged = ("has_kerb", "is_crossing", "barrier", "crossing", "crossed_highway")
    bare = [row for row in rows(path) if shapely.length(shapely.from_wkb(row["geometry"])) > 0]
    assert not any(row[name] for row in bare for name in charged)
    return [row for row in rows(path) if shapely.length(shapely.from_wkb(row["geometry"])) == 0]


def paid(path: Path, start: str, goal: str, fact: str) -> list[Any]:
    """What stands in `fact` along the only way from one way to another, in order, without what is empty."""
    graph = nx.MultiGraph()
    for row in rows(path):
        graph.add_edge(("at", row["u_key"]), ("at", row["v_key"]), fact=row[fact])
        for key in ("u_key", "v_key"):
            if not row["source_id"].startswith("node/"):
                graph.add_edge(("way", row["source_id"]), ("at", row[key]), fact=None)
    others = [node for node in graph if node[0] == "way" and node[1] not in {start, goal}]
    graph.remove_nodes_from(others)
    walk = nx.shortest_path(graph, ("way", start), ("way", goal))
    facts = [min((edge["fact"] for edge in graph[a][b].values()), key=str) for a, b in pairwise(walk)]
    return [value for value in facts if value not in (None, "", False)]


def ends(path: Path) -> list[tuple[int, int]]:
    return [(row["u_key"], row["v_key"]) for row in rows(path)]


def marked(node: int, tags: str) -> list[str]:
    return [f"{line} T{tags}" if line.startswith(f"n{node} ") else line for line in ROW]


def test_a_way_is_cut_only_where_another_way_meets_it(extract: Extract) -> None:
    path = extract(*ROW, *OFF, "w1 Thighway=residential Nn1,n2,n3,n4,n5", "w2 Thighway=footway Nn3,n9")
    assert ends(path) == [(1, 3), (3, 5), (3, 9)]
    assert [row["source_id"] for row in rows(path)] == ["1", "1", "2"]


def test_ways_that_cross_without_a_shared_node_do_not_meet(extract: Extract) -> None:
    across = ["n10 x4.3730000 y51.9990000", "n11 x4.3730000 y52.0010000"]
    path = extract(*ROW, *across, "w1 Thighway=residential Nn1,n5", "w2 Thighway=footway,bridge=yes,layer=1 Nn10,n11")
    assert ends(path) == [(1, 5), (10, 11)]


def test_a_dropped_way_makes_no_junction(extract: Extract) -> None:
    path = extract(
        *ROW, *OFF, "w1 Thighway=footway Nn1,n3,n5", "w2 Thighway=motorway Nn3,n9", "w3 Thighway=proposed Nn3,n9"
    )
    assert ends(path) == [(1, 5)]


def test_a_way_that_meets_itself_is_cut_there(extract: Extract) -> None:
    path = extract(*ROW, *OFF, "w1 Thighway=footway Nn1,n3,n9,n4,n3")
    assert ends(path) == [(1, 3), (3, 3)]


def test_a_closed_way_alone_is_one_loop(extract: Extract) -> None:
    assert ends(extract(*ROW, *OFF, "w1 Thighway=footway Nn1,n5,n9,n1")) == [(1, 1)]


def test_a_repeated_node_makes_neither_junction_nor_stretch(extract: Extract) -> None:
    assert ends(extract(*ROW, "w1 Thighway=footway Nn1,n2,n2,n3")) == [(1, 3)]


def test_nodes_at_one_spot_make_a_stretch_of_no_length(extract: Extract) -> None:
    twin = "n6 x4.3710000 y52.0000000"
    row = rows(extract(*ROW, twin, "w1 Thighway=footway Nn1,n6"))[0]
    assert shapely.length(shapely.from_wkb(row["geometry"])) == 0


def test_geometry_runs_from_u_to_v_in_rd_metres(extract: Extract) -> None:
    row = rows(extract(*ROW, *OFF, "w1 Thighway=footway Nn1,n9,n5"))[0]
    line = shapely.from_wkb(row["geometry"])
    assert shapely.get_num_points(line) == 3
    assert shapely.get_x(shapely.get_point(line, 0)) < shapely.get_x(shapely.get_point(line, -1))
    # 0.002 degrees of longitude at 52 N are 137.3 m, 0.001 degrees of latitude 111.3 m, both ways.
    assert shapely.length(line) == pytest.approx(2 * np.hypot(137.3, 111.3), rel=0.01)


def test_a_pedestrian_multipolygon_gives_its_rings_though_its_members_carry_no_tags(extract: Extract) -> None:
    path = extract(*ROW, *OFF, "w1 Tsource=survey Nn1,n5,n9,n1", "r7 Ttype=multipolygon,highway=pedestrian Mw1@outer")
    assert [row["source_id"] for row in rows(path)] == ["relation/7"]


@pytest.mark.parametrize(
    ("tags", "foot"),
    [
        ("foot=no,access=yes", "no"),
        ("access=private", "private"),
        ("foot=use_sidepath", "use_sidepath"),
        ("oneway=yes", ""),
    ],
)
def test_the_right_to_walk_is_foot_else_access(extract: Extract, tags: str, foot: str) -> None:
    assert rows(extract(*ROW, f"w1 Thighway=service,{tags} Nn1,n2"))[0]["foot"] == foot


def test_steps_keep_their_count_and_their_ramp(extract: Extract) -> None:
    row = rows(extract(*ROW, "w1 Thighway=steps,step_count=12,ramp:wheelchair=yes Nn1,n2"))[0]
    assert (row["is_steps"], row["step_count"], row["ramp_wheelchair"]) == (True, 12, "yes")


@pytest.mark.parametrize(
    ("tags", "ramp"),
    [
        ("ramp=yes,ramp:bicycle=yes", "no"),
        ("ramp=no", "no"),
        ("ramp=yes", "unknown"),
        ("ramp=separate", "separate"),
        ("ramp:stroller=yes", "no"),
        ("layer=1", ""),
    ],
)
def test_only_a_ramp_for_wheelchairs_is_one_and_a_ramp_for_nobody_in_particular_is_unknown(
    extract: Extract, tags: str, ramp: str
) -> None:
    assert rows(extract(*ROW, f"w1 Thighway=steps,{tags} Nn1,n2"))[0]["ramp_wheelchair"] == ramp


def test_only_oneway_foot_binds_pedestrians(extract: Extract) -> None:
    path = extract(*ROW, "w1 Thighway=footway,oneway=yes Nn1,n2", "w2 Thighway=footway,oneway:foot=yes Nn2,n3")
    assert [row["oneway_foot"] for row in rows(path)] == [False, True]


def test_a_way_that_is_one_way_against_its_line_is_turned_round_with_its_slope(extract: Extract) -> None:
    row = rows(extract(*ROW, "w1 Thighway=footway,oneway:foot=-1,incline=5%25% Nn1,n2"))[0]
    assert (row["u_key"], row["v_key"], row["oneway_foot"], row["incline_pct"]) == (2, 1, True, -5.0)


def test_unknown_facts_are_null_or_empty_and_never_a_default(extract: Extract) -> None:
    row = rows(extract(*ROW, "w1 Thighway=path Nn1,n2"))[0]
    assert [row[name] for name in ("kerb_height_m", "step_count", "incline_pct", "width_m")] == [None] * 4
    assert [row[name] for name in ("foot", "surface", "barrier", "ramp_wheelchair")] == [""] * 4


SIDEWALKS = (
    "w1 Thighway=footway,footway=sidewalk Nn1,n2",
    "w2 Thighway=footway,footway=crossing Nn2,n3",
    "w3 Thighway=footway,footway=sidewalk Nn3,n4",
)
ACROSS = ["n11 x4.3730000 y51.9990000", "n12 x4.3730000 y52.0010000"]


def test_a_kerb_in_the_middle_of_a_path_is_one_obstacle_without_length(extract: Extract) -> None:
    path = extract(*marked(2, "barrier=kerb,kerb=rolled"), "w1 Thighway=footway Nn1,n2,n3")
    (kerb,) = obstacles(path)
    assert (kerb["kerb_height_m"], kerb["has_kerb"], kerb["is_crossing"]) == (0.06, True, False)
    assert {row["u_key"] for row in rows(path)} | {row["v_key"] for row in rows(path)} == {1, 2, 3, kerb["v_key"]}


def test_a_kerb_lies_between_the_crossing_and_the_sidewalk_and_not_along_the_sidewalk(extract: Extract) -> None:
    on_the_corner = "w4 Thighway=footway Nn2,n9"
    path = extract(*marked(2, "barrier=kerb,kerb=raised"), *OFF, *SIDEWALKS, on_the_corner)
    kerbs = [row for row in obstacles(path) if row["has_kerb"]]
    assert [row["kerb_height_m"] for row in kerbs] == [0.12]
    assert paid(path, "1", "2", "kerb_height_m")[0] == 0.12
    assert paid(path, "1", "4", "kerb_height_m") == []


def test_kerbs_on_both_sides_of_a_crossing_are_each_paid_once_and_the_crossing_has_none_of_its_own(
    extract: Extract,
) -> None:
    nodes = [*marked(2, "kerb=lowered")[:2], *marked(3, "kerb=raised,kerb:height=0.08")[2:]]
    path = extract(*nodes, *SIDEWALKS)
    assert sorted(row["kerb_height_m"] for row in obstacles(path)) == [0.0, 0.03, 0.08]
    assert [row["is_crossing"] for row in obstacles(path) if row["kerb_height_m"] == 0.0] == [True]


def test_a_crossing_without_a_mapped_kerb_leaves_its_kerb_unknown(extract: Extract) -> None:
    one_sided = extract(*marked(2, "kerb=lowered"), *SIDEWALKS)
    (crossing,) = [row for row in obstacles(one_sided) if row["is_crossing"]]
    assert (crossing["kerb_height_m"], crossing["has_kerb"], crossing["source_id"]) == (None, False, "2")


def test_a_kerb_beside_a_road_does_not_lie_across_it(extract: Extract) -> None:
    nodes = marked(2, "highway=crossing,kerb=raised")
    assert obstacles(extract(*nodes, "w1 Thighway=residential Nn1,n2,n3")) == []
    joined = extract(*nodes, *OFF, "w1 Thighway=residential Nn1,n2,n3", "w2 Thighway=footway Nn2,n9")
    (kerb,) = obstacles(joined)
    assert (kerb["kerb_height_m"], kerb["is_crossing"]) == (0.12, False)
    assert [(row["u_key"], row["v_key"]) for row in rows(joined)[:2]] == [(1, 2), (2, 3)]


def test_a_kerb_on_a_road_alone_lies_across_it(extract: Extract) -> None:
    assert len(obstacles(extract(*marked(2, "barrier=kerb"), "w1 Thighway=residential Nn1,n2,n3"))) == 1


def test_a_kerb_of_no_known_height_is_a_kerb_of_unknown_height(extract: Extract) -> None:
    (kerb,) = obstacles(extract(*marked(2, "barrier=kerb"), "w1 Thighway=footway Nn1,n2,n3"))
    assert (kerb["has_kerb"], kerb["kerb_height_m"]) == (True, None)


def test_a_kerb_on_the_crossing_way_itself_counts(extract: Extract) -> None:
    (kerb,) = obstacles(extract(*ROW, "w1 Thighway=footway,footway=crossing,kerb=flush Nn1,n2"))
    assert (kerb["kerb_height_m"], kerb["is_crossing"], kerb["source_id"]) == (0.0, True, "1")


def test_a_path_that_crosses_a_road_pays_for_the_crossing_once(extract: Extract) -> None:
    nodes = marked(3, "highway=crossing,crossing=traffic_signals,kerb=lowered")
    road, path = "w1 Thighway=secondary Nn1,n3,n5", "w2 Thighway=cycleway Nn11,n3,n12"
    crossings = [row for row in obstacles(extract(*nodes, *ACROSS, road, path)) if row["is_crossing"]]
    (crossing,) = crossings
    assert (crossing["crossing"], crossing["crossed_highway"]) == ("signals", "secondary")
    assert (crossing["kerb_height_m"], crossing["source_id"]) == (0.03, "node/3")


def test_a_road_is_crossed_where_nobody_mapped_a_crossing_and_its_kerb_and_aid_are_unknown(extract: Extract) -> None:
    path = extract(*ROW, *ACROSS, "w1 Thighway=primary Nn1,n3,n5", "w2 Thighway=footway Nn11,n3,n12")
    (crossing,) = obstacles(path)
    assert (crossing["crossing"], crossing["crossed_highway"], crossing["kerb_height_m"]) == ("", "primary", None)
    assert crossing["is_crossing"]


@pytest.mark.parametrize(
    ("road", "path", "count"),
    [
        ("w1 Thighway=residential Nn1,n3,n5", "w2 Thighway=footway Nn3,n11", 0),
        ("w1 Thighway=service Nn1,n3,n5", "w2 Thighway=footway Nn11,n3,n12", 0),
        ("w1 Thighway=residential Nn1,n3", "w2 Thighway=footway Nn11,n3,n12", 0),
        ("w1 Thighway=residential Nn1,n3,n5", "w2 Thighway=residential Nn11,n3,n12", 0),
        ("w1 Thighway=residential Nn1,n3,n5", "w2 Thighway=footway Nn9,n3,n12", 0),
        ("w1 Thighway=residential,layer=1 Nn1,n5", "w2 Thighway=footway Nn11,n3,n12", 0),
        ("w1 Thighway=residential Nn1,n3,n5", "w2 Thighway=footway Nn11,n3,n12", 1),
    ],
    ids=["joins", "a driveway", "the end of a road", "two roads", "one side", "over it", "across"],
)
def test_only_who_goes_from_one_side_of_a_road_to_the_other_crosses_it(
    extract: Extract, road: str, path: str, count: int
) -> None:
    near = "n9 x4.3735000 y52.0010000"
    assert sum(row["is_crossing"] for row in obstacles(extract(*ROW, near, *ACROSS, road, path))) == count


def test_walking_along_the_road_past_a_crossing_pays_nothing(extract: Extract) -> None:
    nodes = marked(3, "highway=crossing,crossing=zebra,kerb=raised")
    path = extract(*nodes, *ACROSS, "w1 Thighway=secondary Nn1,n3,n5", "w2 Thighway=footway Nn11,n3,n12")
    roads = [row for row in rows(path) if row["source_id"] == "1"]
    assert [(row["u_key"], row["v_key"]) for row in roads] == [(1, 3), (3, 5)]


def test_a_barrier_stands_once_between_every_two_stretches_that_meet_there(extract: Extract) -> None:
    path = extract(*marked(3, "barrier=stile"), *OFF, "w1 Thighway=path Nn1,n3,n5", "w2 Thighway=path Nn3,n9")
    stiles = obstacles(path)
    assert [row["barrier"] for row in stiles] == ["stile"] * 3
    keys = {row[key] for row in stiles for key in ("u_key", "v_key")}
    assert len(keys) == 3
    assert {(row["u_key"], row["v_key"]) for row in stiles} == set(combinations(sorted(keys, reverse=True), 2))


def test_a_penalty_is_paid_once_and_whole_from_anywhere_on_the_street(extract: Extract) -> None:
    nodes = [*marked(2, "barrier=gate")[:2], *marked(3, "barrier=kerb,kerb:height=0.05")[2:]]
    table, _ = read_osm_segments(extract(*nodes, "w1 Thighway=footway,surface=asphalt Nn1,n2,n3,n4"), "small")
    _, edges = build_graph(table)
    costs = edge_costs(edges, read_profiles()["rollator"])
    length_m = edges["length_m"].to_numpy()
    extra_s = costs["forward_s"].to_numpy() - length_m / 0.75
    assert extra_s[length_m > 0] == pytest.approx([0.0, 0.0, 0.0])
    assert sorted(extra_s[length_m == 0]) == pytest.approx([5.0, 10.0])


def test_a_barrier_at_a_dead_end_stops_nobody_who_passes(extract: Extract) -> None:
    assert obstacles(extract(*marked(1, "barrier=gate"), "w1 Thighway=path Nn1,n2")) == []


@pytest.mark.parametrize(
    ("tags", "foot"),
    [
        ("access=private", "private"),
        ("access=no,foot=yes", "yes"),
        ("locked=yes", "private"),
        ("locked=yes,foot=yes", "yes"),
        ("lit=yes", ""),
    ],
)
def test_the_right_to_pass_a_gate_stands_on_the_gate(extract: Extract, tags: str, foot: str) -> None:
    (gate,) = obstacles(extract(*marked(2, f"barrier=gate,{tags}"), "w1 Thighway=path Nn1,n2,n3"))
    assert gate["foot"] == foot
    (through,) = obstacles(extract(*marked(2, f"barrier=gate,{tags}"), "w1 Thighway=path,foot=designated Nn1,n2,n3"))
    assert through["foot"] == (foot or "designated")


def test_the_clear_width_of_a_barrier_stands_on_the_barrier(extract: Extract) -> None:
    path = extract(*marked(2, "barrier=bollard,maxwidth:physical=1.1"), "w1 Thighway=path,width=3 Nn1,n2,n3")
    assert [row["width_m"] for row in rows(path)] == [3.0, 3.0, 1.1]


def test_a_word_that_nobody_knows_is_counted_and_read_as_unknown(extract: Extract) -> None:
    path = extract(*ROW, "w1 Thighway=lane,surface=lava Nn1,n2", "w2 Thighway=path,smoothness=so-so Nn2,n3")
    table, remarks = read_osm_segments(path, "small")
    assert set(table["surface"].to_pylist()) | set(table["smoothness"].to_pylist()) == {""}
    assert [(remark.problem.split()[0], remark.rows, remark.examples) for remark in remarks] == [
        ("highway", 1, "1"),
        ("surface", 1, "1"),
        ("smoothness", 1, "2"),
    ]


def test_roads_keep_their_sidewalk_and_their_speed(extract: Extract) -> None:
    path = extract(
        *ROW,
        "w1 Thighway=tertiary,sidewalk:left=separate,sidewalk:right=no,maxspeed=50 Nn1,n2",
        "w2 Thighway=residential,sidewalk=none,maxspeed=NL:urban Nn2,n3",
        "w3 Thighway=residential,sidewalk:left=no Nn3,n4",
    )
    found = [(row["sidewalk"], row["maxspeed_kmh"]) for row in rows(path)]
    assert found == [("separate", 50.0), ("no", 50.0), ("", None)]


def test_bridges_and_slopes_without_a_figure_may_slope(extract: Extract) -> None:
    path = extract(
        *ROW,
        "w1 Thighway=path,bridge=yes,layer=1 Nn1,n2",
        "w2 Thighway=path,incline=up Nn2,n3",
        "w3 Thighway=path,incline=4%25%,bridge=yes Nn3,n4",
        "w4 Thighway=path Nn4,n5",
    )
    assert [row["may_slope"] for row in rows(path)] == [True, True, False, False]


# A square of some 137 by 111 m, with a path away from each of two opposite corners.
SQUARE = ["n21 x4.3700 y52.000", "n22 x4.3720 y52.000", "n23 x4.3720 y52.001", "n24 x4.3700 y52.001"]
PATHS = ["n31 x4.3690 y51.999", "n32 x4.3730 y52.002", "w2 Thighway=footway Nn31,n21", "w3 Thighway=footway Nn23,n32"]


def test_a_square_is_crossed_and_not_walked_around(extract: Extract) -> None:
    path = extract(*SQUARE, "w1 Thighway=pedestrian,area=Yes,surface=sett Nn21,n22,n23,n24,n21", *PATHS[:2], *PATHS[2:])
    assert ends(path) == [(21, 23), (23, 21), (31, 21), (23, 32), (21, 23)]
    sight = rows(path)[-1]
    assert (sight["surface"], sight["source_id"]) == ("sett", "1")
    assert sight["width_m"] == pytest.approx(137.3 * 111.3 / (137.3 + 111.3), rel=0.01)
    assert shapely.length(shapely.from_wkb(sight["geometry"])) == pytest.approx(np.hypot(137.3, 111.3), rel=0.01)


def test_a_square_is_crossed_to_its_entrances(extract: Extract) -> None:
    door = [SQUARE[0], SQUARE[1], SQUARE[2] + " Tentrance=yes", SQUARE[3]]
    path = extract(*door, PATHS[0], "w1 Thighway=pedestrian,area=yes Nn21,n22,n23,n24,n21", PATHS[2])
    assert (21, 23) in ends(path)[-1:]


def test_a_ring_that_is_no_area_is_walked_around(extract: Extract) -> None:
    path = extract(*SQUARE, "w1 Thighway=pedestrian Nn21,n22,n23,n24,n21", *PATHS)
    assert ends(path) == [(21, 23), (23, 21), (31, 21), (23, 32)]


def test_a_square_with_a_building_in_it_is_crossed_past_the_building(extract: Extract) -> None:
    hole = ["n41 x4.3705 y52.0003", "n42 x4.3715 y52.0003", "n43 x4.3715 y52.0007", "n44 x4.3705 y52.0007"]
    path = extract(
        *SQUARE,
        *PATHS[:2],
        *hole,
        *PATHS[2:],
        "w4 Nn21,n22,n23,n24,n21",
        "w5 Nn41,n42,n43,n44,n41",
        "r7 Ttype=multipolygon,highway=pedestrian Mw4@outer,w5@inner",
    )
    graph = nx.Graph()
    for row in rows(path):
        graph.add_edge(row["u_key"], row["v_key"], m=shapely.length(shapely.from_wkb(row["geometry"])))
    walked = nx.shortest_path(graph, 21, 23, weight="m")
    assert walked in ([21, 42, 23], [21, 44, 23])


def test_a_square_of_which_the_extract_lacks_a_line_is_told(extract: Extract) -> None:
    square = "r7 Ttype=multipolygon,highway=pedestrian Mw4@outer,w5@outer"
    _, (remark,) = read_osm_segments(extract(*SQUARE, *PATHS, "w4 Nn21,n22,n23", square), "small")
    assert (remark.action, remark.rows, remark.examples) == ("set_aside", 1, "relation/7")
    assert read_osm_segments(extract(*SQUARE, *PATHS, "w4 Nn21,n22,n23", "w5 Nn23,n24,n21", square), "small")[1] == ()


def test_a_square_that_crosses_itself_is_walked_around_and_remarked(extract: Extract) -> None:
    path = extract(*SQUARE, "w1 Thighway=pedestrian,area=yes Nn21,n23,n22,n24,n21", *PATHS)
    _, remarks = read_osm_segments(path, "small")
    assert [remark.problem[:6] for remark in remarks] == ["square"]


def test_a_way_across_a_gap_in_the_extract_is_not_drawn_through_it(extract: Extract) -> None:
    path = extract(*ROW, "w1 Thighway=footway Nn1,n2,n77,n4,n5", "w2 Thighway=footway Nn88,n1")
    table, remarks = read_osm_segments(path, "small")
    assert list(zip(table["u_key"].to_pylist(), table["v_key"].to_pylist(), strict=True)) == [(1, 2), (4, 5)]
    assert {(remark.action, remark.examples) for remark in remarks} == {("repaired", "1"), ("set_aside", "2")}


def test_reading_twice_gives_the_same_bytes(extract: Extract) -> None:
    path = extract(*ROW, *OFF, "w1 Thighway=residential Nn1,n2,n3,n4,n5", "w2 Thighway=footway Nn3,n9")
    assert read_osm_segments(path, "a")[0].equals(read_osm_segments(path, "a")[0])


def test_stretches_far_from_the_municipality_are_left_out(extract: Extract) -> None:
    far = ["n20 x4.4700000 y52.0000000", "n21 x4.4710000 y52.0000000"]
    path = extract(*ROW, *far, "w1 Thighway=footway Nn1,n2", "w2 Thighway=footway Nn20,n21")
    first = shapely.from_wkb(rows(path)[0]["geometry"])
    table, _ = read_osm_segments(path, "small", shapely.buffer(first, 100))
    assert table["source_id"].to_pylist() == ["1"]
    with pytest.raises(SourceError, match="km from the area"):
        read_osm_segments(path, "small", shapely.Point(200_000, 500_000).buffer(100))


def test_a_file_without_streets_is_an_error(extract: Extract) -> None:
    with pytest.raises(SourceError, match=r"small\.osm\.pbf: holds no streets"):
        rows(extract(*ROW, "w1 Tbuilding=yes Nn1,n2"))
    with pytest.raises(SourceError, match="holds no streets"):
        rows(extract("w1 Thighway=footway Nn1,n2"))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="town: there is no such file"):
        read_osm_segments(tmp_path / "none.osm.pbf", "town")


@pytest.mark.parametrize("content", [b"", b"<osm version='0.6'></osm>" * 9, b"PK\x03\x04" + bytes(99)])
def test_another_format_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"cannot be read as OSM (PBF|XML)"):
        read_osm_segments(path, "odd.osm.pbf")


def test_a_truncated_file_is_an_error(extract: Extract) -> None:
    path = extract(*ROW, "w1 Thighway=residential Nn1,n2,n3,n4,n5")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 20])
    with pytest.raises(SourceError, match="cut short"):
        read_osm_segments(path, "small")


def test_coordinates_outside_the_netherlands_are_an_error(extract: Extract) -> None:
    path = extract("n1 x13.4 y52.5", "n2 x13.41 y52.5", "w1 Thighway=footway Nn1,n2")
    with pytest.raises(SourceError, match=r"2 of 2 points lie outside the Netherlands .*Cut the extract"):
        rows(path)


def test_exchanged_axes_are_named_as_the_cause(extract: Extract) -> None:
    path = extract("n1 x52.0 y4.37", "n2 x52.0 y4.371", "w1 Thighway=footway Nn1,n2")
    with pytest.raises(SourceError, match="seem to be exchanged"):
        rows(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(1, 8), min_size=2, max_size=6), min_size=1, max_size=5))
def test_cutting_loses_no_step_between_nodes_and_cuts_at_every_junction(
    extract: Extract, ways: list[list[int]]
) -> None:
    """Oracle: the stretches hold exactly the steps of the ways, and inner nodes belong to one way, once."""
    nodes = [f"n{n} x{4.37 + n / 1000:.7f} y{52 + n * n / 10_000:.7f}" for n in range(1, 9)]
    lines = [f"w{way + 1} Thighway=footway N{','.join(f'n{n}' for n in line)}" for way, line in enumerate(ways)]
    steps = [(a, b) for line in ways for a, b in pairwise(line) if a != b]
    if not steps:
        return
    table, _ = read_osm_segments(extract(*nodes, *lines), "small")
    geometry = shapely.from_wkb(table["geometry"].to_numpy())
    assert (shapely.get_num_points(geometry) - 1).sum() == len(steps)
    visits = [n for line in ways for i, n in enumerate(line) if len(set(line)) > 1 and (i == 0 or n != line[i - 1])]
    inner = (shapely.get_num_points(geometry) - 2).sum()
    cut_once = {n for n in set(visits) if visits.count(n) == 1}
    line_ends = {n for line in ways if len(set(line)) > 1 for n in (line[0], line[-1])}
    assert inner == len(cut_once - line_ends)


@pytest.mark.realdata
def test_delft_is_read_whole_connected_and_fast(realdata: Path) -> None:
    path = realdata / "delft-campus" / "tudelft.osm.pbf"
    started = time.process_time()
    table, remarks = read_osm_segments(path, "delft-campus/tudelft.osm.pbf")
    build_graph(table)
    assert time.process_time() - started < 1.5
    assert violations(table, SEGMENTS) == ()
    told = {remark.problem.rpartition("(")[2]: remark.rows for remark in remarks}
    assert told == {"construction)": 24, "highway=proposed)": 19}
    is_steps = np.array(table["is_steps"].to_pylist())
    assert len(set(np.array(table["source_id"].to_pylist())[is_steps])) == 58
    assert table["ramp_wheelchair"].to_pylist().count("yes") == 1
    graph = nx.Graph(zip(table["u_key"].to_pylist(), table["v_key"].to_pylist(), strict=True))
    assert len(max(nx.connected_components(graph), key=len)) / graph.number_of_nodes() > 0.99


@pytest.mark.realdata
def test_on_delft_57_of_58_steps_are_never_walked_with_a_rollator_and_one_by_its_ramp(realdata: Path) -> None:
    table, _ = read_osm_segments(realdata / "delft-campus" / "tudelft.osm.pbf", "delft-campus/tudelft.osm.pbf")
    _, edges = build_graph(table)
    is_steps = edges["is_steps"].to_numpy()
    source = edges["source_id"].to_numpy(zero_copy_only=False)
    for bound in BOUNDS:
        costs = edge_costs(edges, read_profiles()["rollator"], bound)
        passable = costs["forward_m"].is_valid().to_numpy() | costs["backward_m"].is_valid().to_numpy()
        assert set(source[is_steps & passable]) == {"123633505"}
    ramp = edges["ramp_wheelchair"].to_numpy(zero_copy_only=False)[source == "123633505"]
    assert set(ramp) == {"yes"}
