"""The street reader on extracts of a few nodes, written here as OPL, and on the real extract of Delft."""

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmium
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.osm_streets import read_osm_segments

Extract = Callable[..., Path]
# A row of nodes some 68 m apart, in Delft; node 9 stands off the row.
ROW = [f"n{number} x{4.37 + number / 1000:.7f} y52.0000000" for number in range(1, 6)]
OFF = ["n9 x4.3730000 y52.0010000"]


@pytest.fixture
def extract(tmp_path: Path) -> Extract:
    def write(*lines: str) -> Path:
        path = tmp_path / "small.osm.pbf"
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for thing in osmium.FileProcessor(osmium.io.FileBuffer("\n".join(lines).encode(), "opl")):
                writer.add(thing)
        return path

    return write


def rows(path: Path) -> list[dict[str, Any]]:
    table, _ = read_osm_segments(path, path.name)
    assert violations(table, SEGMENTS) == ()
    return list(table.to_pylist())


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


def test_a_pedestrian_area_is_the_line_of_its_ring(extract: Extract) -> None:
    path = extract(*ROW, *OFF, "w1 Thighway=pedestrian,area=yes Nn1,n5,n9,n1", "w2 Thighway=footway Nn5,n4")
    assert ends(path) == [(1, 5), (5, 1), (5, 4)]


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


@pytest.mark.parametrize(("tags", "ramp"), [("ramp=yes,ramp:bicycle=yes", ""), ("ramp=no", "no"), ("ramp=yes", "")])
def test_a_ramp_that_is_not_said_to_be_for_wheelchairs_is_unknown(extract: Extract, tags: str, ramp: str) -> None:
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


def test_a_kerb_bears_on_the_crossing_and_not_on_the_sidewalk(extract: Extract) -> None:
    path = extract(
        *marked(2, "barrier=kerb,kerb=raised"),
        "w1 Thighway=footway,footway=sidewalk Nn1,n2",
        "w2 Thighway=footway,footway=crossing Nn2,n3",
        "w3 Thighway=footway,footway=sidewalk Nn3,n4",
    )
    assert [row["kerb_height_m"] for row in rows(path)] == [None, 0.12, None]


def test_the_highest_of_two_kerbs_counts(extract: Extract) -> None:
    nodes = [*marked(2, "kerb=lowered")[:2], *marked(3, "kerb=raised,kerb:height=0.08")[2:]]
    path = extract(*nodes, "w2 Thighway=footway,footway=crossing Nn2,n3")
    assert rows(path)[0]["kerb_height_m"] == 0.08


def test_a_kerb_without_a_crossing_bears_on_every_stretch_there(extract: Extract) -> None:
    path = extract(*marked(2, "barrier=kerb,kerb=rolled"), "w1 Thighway=footway Nn1,n2,n3")
    assert [row["kerb_height_m"] for row in rows(path)] == [0.06, 0.06]


def test_a_kerb_beside_a_road_does_not_lie_across_it(extract: Extract) -> None:
    nodes = marked(2, "highway=crossing,kerb=raised")
    alone = extract(*nodes, "w1 Thighway=residential Nn1,n2,n3")
    assert [row["kerb_height_m"] for row in rows(alone)] == [None, None]
    joined = extract(*nodes, *OFF, "w1 Thighway=residential Nn1,n2,n3", "w2 Thighway=footway Nn2,n9")
    assert [row["kerb_height_m"] for row in rows(joined)] == [None, None, 0.12]


def test_a_kerb_of_unknown_height_leaves_the_highest_unknown_unless_another_is_high(extract: Extract) -> None:
    crossing = "w2 Thighway=footway,footway=crossing Nn2,n3"
    for other, expected in (("kerb=lowered", None), ("kerb=raised", 0.12), ("kerb=flush", None)):
        nodes = [*marked(2, "barrier=kerb")[:2], *marked(3, other)[2:]]
        assert rows(extract(*nodes, crossing))[0]["kerb_height_m"] == expected


def test_a_kerb_on_the_crossing_way_itself_counts(extract: Extract) -> None:
    row = rows(extract(*ROW, "w1 Thighway=footway,footway=crossing,kerb=flush Nn1,n2"))[0]
    assert row["kerb_height_m"] == 0.0


def test_a_barrier_stands_on_every_stretch_that_meets_there(extract: Extract) -> None:
    path = extract(*marked(3, "barrier=stile"), *OFF, "w1 Thighway=path Nn1,n3,n5", "w2 Thighway=path Nn3,n9,n1")
    assert [row["barrier"] for row in rows(path)] == ["stile", "stile", "stile"]


def test_the_hardest_of_two_barriers_is_named_and_a_kerb_is_none(extract: Extract) -> None:
    nodes = [*marked(1, "barrier=bollard")[:1], *marked(2, "barrier=kissing_gate")[1:]]
    assert rows(extract(*nodes, "w1 Thighway=path Nn1,n2"))[0]["barrier"] == "kissing_gate"
    assert rows(extract(*marked(2, "barrier=kerb"), "w1 Thighway=path Nn1,n2"))[0]["barrier"] == ""


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
    with pytest.raises(SourceError, match="cannot be read as OSM PBF"):
        read_osm_segments(path, "odd.osm.pbf")


def test_a_truncated_file_is_an_error(extract: Extract) -> None:
    path = extract(*ROW, "w1 Thighway=residential Nn1,n2,n3,n4,n5")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 20])
    with pytest.raises(SourceError, match="truncated"):
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
    assert time.process_time() - started < 3.0
    assert violations(table, SEGMENTS) == ()
    assert remarks == ()
    is_steps = np.array(table["is_steps"].to_pylist())
    assert len(set(np.array(table["source_id"].to_pylist())[is_steps])) == 58
    assert table["ramp_wheelchair"].to_pylist().count("yes") == 1
    graph = nx.Graph(zip(table["u_key"].to_pylist(), table["v_key"].to_pylist(), strict=True))
    assert len(max(nx.connected_components(graph), key=len)) / graph.number_of_nodes() > 0.99
