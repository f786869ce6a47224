from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, StreetDelivery, read_area_file
from pipelines.sources.cbs import Municipality, read_municipality
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.deliveries import Delivered, delivered_segments
from pipelines.sources.street_junctions import cut_at_ends, junction_keys
from pipelines.sources.street_lines import read_street_lines
from pipelines.sources.street_parts import Parts, parts_of, remark_on_parts, require_joined
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)


def _delivery(**columns: str) -> StreetDelivery:
    return StreetDelivery(
        format="lines", path="a.gpkg", vintage=2024, licence="CC0-1.0", attribution="nobody", columns=columns
    )


def _write(raw: Path, lines: list[shapely.Geometry], **columns: list[object]) -> None:
    gpd.GeoDataFrame(columns, geometry=lines, crs=28992).to_file(raw / "a.gpkg")


def _line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(155_000 + x, 463_000 + y) for x, y in points])


def test_lines_meet_where_their_ends_round_to_the_same_metre(tmp_path: Path):
    _write(tmp_path, [_line((0, 0), (100.2, 0)), _line((99.9, 0.3), (200, 0))], type=["footway", "steps"])
    table, _ = read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    assert violations(conform(table, SEGMENTS), SEGMENTS) == ()
    first, second = table.to_pylist()
    assert first["v_key"] == second["u_key"]
    assert first["u_key"] != second["v_key"]
    assert (first["is_steps"], second["is_steps"]) == (False, True)
    assert (first["source_id"], second["source_id"]) == ("1", "2")


def test_named_columns_become_facts_and_the_rest_stays_unknown(tmp_path: Path):
    facts = {"type": ["footway"], "breed": ["1,5"], "helling": [-4.0], "hoogte": [-1.0]}
    _write(tmp_path, [_line((0, 0), (100, 0))], **facts)
    named = _delivery(highway="type", width_m="breed", incline_pct="helling", kerb_height_m="hoogte")
    (row,) = read_street_lines(named, tmp_path, TOWN)[0].to_pylist()
    assert (row["width_m"], row["incline_pct"], row["kerb_height_m"]) == (1.5, -4.0, None)
    assert (row["step_count"], row["surface"], row["foot"]) == (None, "", "")


def test_a_line_of_several_parts_becomes_several_segments_and_points_are_set_aside(tmp_path: Path):
    several = shapely.MultiLineString([_line((0, 0), (10, 0)), _line((20, 0), (30, 0))])
    _write(tmp_path, [several, shapely.Point(155_100, 463_100)], type=["path", "path"])
    table, remarks = read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    assert table["source_id"].to_pylist() == ["1", "1"]
    assert [(remark.problem, remark.rows) for remark in remarks] == [("no line", 1)]


def test_streets_beyond_the_buffer_are_left_out(tmp_path: Path):
    _write(tmp_path, [_line((0, 0), (10, 0)), _line((5_000, 0), (5_010, 0))], type=["path", "path"])
    assert len(read_street_lines(_delivery(highway="type"), tmp_path, TOWN)[0]) == 1


def test_a_layer_without_lines_or_without_a_named_highway_column_is_refused(tmp_path: Path):
    _write(tmp_path, [BOX], type=["path"])
    with pytest.raises(SourceError, match="holds no lines"):
        read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    _write(tmp_path, [_line((0, 0), (10, 0))], type=["path"])
    with pytest.raises(SourceError, match=r"which column holds the OSM highway type.*\['type'\]"):
        read_street_lines(_delivery(), tmp_path, TOWN)
    with pytest.raises(SourceError, match="'soort' is missing"):
        read_street_lines(_delivery(highway="soort"), tmp_path, TOWN)


def test_a_junction_has_one_key_wherever_it_lies_in_the_country():
    lines = np.array([_line((0, 0), (0, 1)), _line((0, 1), (0, 0))], dtype=object)
    u_key, v_key = junction_keys(lines)
    assert u_key.tolist() == v_key[::-1].tolist()
    assert len({*u_key, *v_key}) == 2


def _rows(raw: Path, delivery: StreetDelivery) -> list[dict[str, object]]:
    table, _ = read_street_lines(delivery, raw, TOWN)
    assert violations(conform(table, SEGMENTS), SEGMENTS) == ()
    return list(table.to_pylist())


def test_the_kerb_of_a_line_stands_on_an_obstacle_at_its_start(tmp_path: Path):
    _write(tmp_path, [_line((0, 0), (9, 0)), _line((9, 0), (20, 0))], type=["footway"] * 2, stoep=["0.08", ""])
    line, plain, kerb = _rows(tmp_path, _delivery(highway="type", kerb_height_m="stoep"))
    assert (kerb["kerb_height_m"], kerb["has_kerb"], kerb["source_id"]) == (0.08, True, "1")
    assert (line["kerb_height_m"], line["has_kerb"]) == (None, False)
    assert kerb["v_key"] == line["u_key"] != kerb["u_key"]
    assert line["v_key"] == plain["u_key"]
    assert shapely.length(shapely.from_wkb(kerb["geometry"])) == 0


def test_values_are_translated_and_flags_are_read(tmp_path: Path):
    facts = {"soort": ["voetpad", "Fietspad"], "oversteek": ["Ja", None], "helpt": ["zebrapad", ""]}
    _write(tmp_path, [_line((0, 0), (9, 0)), _line((9, 0), (20, 0))], **facts)
    values = {"highway": {"voetpad": "footway", "Fietspad": "cycleway"}, "crossing": {"zebrapad": "marked"}}
    named = _delivery(highway="soort", is_crossing="oversteek", crossing="helpt").model_copy(update={"values": values})
    path, cycleway, crossing = _rows(tmp_path, named)
    assert (path["highway"], cycleway["highway"]) == ("footway", "cycleway")
    assert (crossing["is_crossing"], crossing["crossing"]) == (True, "marked")
    assert not path["is_crossing"]


def test_values_that_cannot_be_read_are_counted_and_unknown(tmp_path: Path):
    facts = {
        "type": ["footway"] * 5,
        "breed": ["-1", "NaN", "9999", "smal", "inf"],
        "treden": ["3", "-2", "1e300", "", None],
        "dek": ["asphalt", "lava", "", None, "SETT"],
    }
    _write(tmp_path, [_line((n, 0), (n + 1, 0)) for n in range(5)], **facts)
    table, remarks = read_street_lines(
        _delivery(highway="type", width_m="breed", step_count="treden", surface="dek"), tmp_path, TOWN
    )
    assert table["width_m"].to_pylist() == [None] * 5
    assert table["step_count"].to_pylist() == [3, None, None, None, None]
    assert table["surface"].to_pylist() == ["asphalt", "", "", "", "sett"]
    found = {remark.problem.split()[0]: (remark.rows, remark.action) for remark in remarks}
    assert found == {
        "width_m": (5, "read as unknown"),
        "step_count": (2, "read as unknown"),
        "surface": (1, "read as unknown"),
    }


def test_a_column_without_any_highway_type_is_refused_and_some_strange_ones_are_counted(tmp_path: Path):
    lines = [_line((0, 0), (9, 0)), _line((9, 0), (20, 0))]
    _write(tmp_path, lines, type=["walk", "bike"])
    with pytest.raises(
        SourceError, match=r"no value of column 'type' is an OSM highway type; it holds \['bike', 'walk'\]"
    ):
        read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    _write(tmp_path, lines, type=["footway", "bike"])
    table, remarks = read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    assert table["highway"].to_pylist() == ["footway", ""]
    assert [(remark.rows, remark.examples) for remark in remarks] == [(1, "bike")]


def test_a_fact_that_there_is_not_and_a_flag_that_is_neither_yes_nor_no_are_refused(tmp_path: Path):
    _write(tmp_path, [_line((0, 0), (9, 0))], type=["footway"], steil=["soms"])
    with pytest.raises(SourceError, match=r"columns names \['slope'\]"):
        read_street_lines(_delivery(highway="type", slope="steil"), tmp_path, TOWN)
    with pytest.raises(SourceError, match=r"should say yes or no and holds \['soms'\]"):
        read_street_lines(_delivery(highway="type", may_slope="steil"), tmp_path, TOWN)


def test_lines_that_pass_over_each_other_make_no_junction_and_a_bridge_meets_its_ramps(tmp_path: Path):
    crossing = [_line((0, 0), (50, 0)), _line((50, 0), (100, 0)), _line((50, -50), (50, 0)), _line((50, 0), (50, 50))]
    _write(tmp_path, crossing, type=["path"] * 4, niveau=["1", "1", "0", "0"])
    rows = _rows(tmp_path, _delivery(highway="type", layer="niveau"))
    assert rows[0]["v_key"] == rows[1]["u_key"] != rows[2]["v_key"] == rows[3]["u_key"]
    _write(tmp_path, crossing[:2], type=["path"] * 2, niveau=["1", "0"])
    ramp = _rows(tmp_path, _delivery(highway="type", layer="niveau"))
    assert ramp[0]["v_key"] == ramp[1]["u_key"]


def test_lines_with_coordinates_that_are_no_numbers_are_refused(tmp_path: Path):
    lines = [_line((0, 0), (9, 0)), shapely.LineString([(155_000, 463_000), (1e9, 463_000)])]
    _write(tmp_path, lines, type=["footway"] * 2)
    with pytest.raises(SourceError, match="lie outside the Netherlands"):
        read_street_lines(_delivery(highway="type"), tmp_path, TOWN)


@pytest.mark.realdata
def test_the_kerbs_and_widths_of_osdorp_are_read(realdata: Path):
    delivery = StreetDelivery(
        format="lines",
        path="amsterdam-osdorp/osdpm_map.gpkg",
        vintage=2024,
        licence="CC0-1.0",
        attribution="nobody",
        columns={
            "highway": "path_type",
            "width_m": "obstacle_free_width_float",
            "kerb_height_m": "curb_height_max",
            "is_crossing": "crossing",
        },
        values={"highway": {"walk": "footway", "bike": "cycleway", "walk_bike_connection": "path"}},
    )
    whole = shapely.box(100_000, 470_000, 130_000, 500_000)
    table, _ = read_street_lines(delivery, realdata, Municipality(Layer("a box", np.array([whole]), {}), whole))
    assert violations(conform(table, SEGMENTS), SEGMENTS) == ()
    kerbs = np.array(table["kerb_height_m"].to_pylist(), dtype=float)
    assert np.isfinite(kerbs).sum() > 2_900
    assert np.nanmin(kerbs) == 0.04
    assert np.nanmax(kerbs) == 0.08
    assert sum(table["is_crossing"].to_pylist()) > 4_000


@pytest.mark.slow
@pytest.mark.realdata
def test_the_streets_of_groningen_are_those_around_the_municipality(realdata: Path):
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    municipality = read_municipality(area, realdata)
    table, _ = read_street_lines(area.sources.streets, realdata, municipality)
    lines = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    touching = shapely.intersects(municipality.outline, lines)
    walkable = ~np.isin(table["highway"].to_pylist(), ["platform", "corridor", "construction"])
    # Of the 13,338 links one is drawn through where the end of another lies on it, and one comes back to its own point.
    assert (touching & walkable).sum() == 13_340
    steps = np.array(table["is_steps"].to_pylist())
    assert (touching & steps).sum() == 64


def _walk(rows: list[dict[str, object]]) -> nx.Graph:
    return nx.Graph((row["u_key"], row["v_key"]) for row in rows)


def test_a_street_drawn_through_is_cut_where_the_end_of_another_lies_on_it(tmp_path: Path):
    lines = [_line((0, 0), (50, 0), (100, 0)), _line((30, 40), (30, 0)), _line((70, 0.06), (70, 40))]
    _write(tmp_path, lines, type=["residential", "footway", "path"])
    rows = _rows(tmp_path, _delivery(highway="type"))
    assert [row["source_id"] for row in rows] == ["1", "1", "1", "2", "3"]
    assert [row["segment_id"] for row in rows] == [0, 1, 2, 3, 4]
    assert nx.is_connected(_walk(rows))
    lengths = [shapely.length(shapely.from_wkb(row["geometry"])) for row in rows]
    assert lengths == pytest.approx([30, 40, 30, 40, 39.94], abs=0.01)


def test_lines_that_cross_without_an_end_there_or_end_beside_a_line_do_not_meet(tmp_path: Path):
    lines = [_line((0, 0), (100, 0)), _line((50, -40), (50, 40)), _line((20, 0.5), (20, 40))]
    _write(tmp_path, lines, type=["residential"] * 3)
    rows = _rows(tmp_path, _delivery(highway="type"))
    assert nx.number_connected_components(_walk(rows)) == len(rows) == 3


def test_lines_that_share_a_corner_meet_there_unless_they_lie_on_two_levels(tmp_path: Path):
    lines = [_line((0, 0), (50, 0), (100, 0)), _line((50, -40), (50, 0), (50, 40))]
    _write(tmp_path, lines, type=["path"] * 2, hoogte=[0, 1])
    rows = _rows(tmp_path, _delivery(highway="type"))
    assert (len(rows), nx.is_connected(_walk(rows))) == (4, True)
    rows = _rows(tmp_path, _delivery(highway="type", layer="hoogte"))
    assert nx.number_connected_components(_walk(rows)) == 2


@pytest.mark.parametrize(
    "through", [[(0, 0), (100, 0)], [(0, 0), (50, 0), (100, 0)], [(0, 0), (50, 0), (50, 0), (100, 0)]]
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_street_with_a_loop_at_its_end_is_left_where_the_loop_begins(
    through: list[tuple[float, float]], *, turned: bool
):
    street = _line(*through, (100, 50), (50, 50), (50, 0))
    lines = [shapely.reverse(street) if turned else street, _line((50, 0), (50, -50))]
    pieces = cut_at_ends(np.array(lines, dtype=object))
    starts, ends = junction_keys(pieces.line)
    walk = nx.Graph()
    for start, end, line in zip(starts.tolist(), ends.tolist(), pieces.line, strict=True):
        if line.length < 100:
            walk.add_edge(start, end, metres=line.length)
    assert sorted(walk.edges[edge]["metres"] for edge in walk.edges) == [50, 50]
    assert nx.is_connected(walk)


def test_ends_that_touch_across_a_round_metre_meet(tmp_path: Path):
    _write(tmp_path, [_line((0, 0), (9.5001, 0)), _line((9.4999, 0), (20, 0))], type=["path"] * 2)
    first, second = _rows(tmp_path, _delivery(highway="type"))
    assert first["v_key"] == second["u_key"]


def test_a_bridge_is_not_joined_to_the_street_whose_ends_lie_under_it(tmp_path: Path):
    lines = [_line((0, 0), (50, 0)), _line((50, 0), (100, 0)), _line((50, -40), (50, 40))]
    _write(tmp_path, lines, type=["path"] * 3, hoogte=[0, 0, 1])
    rows = _rows(tmp_path, _delivery(highway="type", layer="hoogte"))
    assert nx.number_connected_components(_walk(rows)) == 2


def test_what_counts_once_on_a_line_counts_once_when_it_is_cut(tmp_path: Path):
    lines = [_line((0, 0), (90, 0)), _line((30, 0), (30, 40)), _line((60, 0), (60, 40))]
    facts = {"type": ["steps", "path", "path"], "treden": ["10", "", ""], "stoep": ["0.08", "", ""]}
    _write(tmp_path, lines, **facts)
    rows = _rows(tmp_path, _delivery(highway="type", step_count="treden", kerb_height_m="stoep"))
    assert [row["step_count"] for row in rows if row["is_steps"]] == [3, 4, 3]
    assert [row["source_id"] for row in rows if row["has_kerb"]] == ["1"]
    assert nx.is_connected(_walk(rows))


def test_lines_that_are_closed_or_to_come_are_set_aside_and_told(tmp_path: Path):
    _write(tmp_path, [_line((0, n), (9, n)) for n in range(4)], type=["path", "Construction", "disused", "planned"])
    table, (remark,) = read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    assert table["source_id"].to_pylist() == ["1"]
    assert (remark.action, remark.rows, remark.examples) == ("set_aside", 3, "construction, disused, planned")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=1, max_size=8))
def test_cutting_loses_no_length_and_leaves_no_end_on_another_line(corners: list[tuple[int, int, int, int]]):
    lines = np.array([_line((10 * a, 10 * b), (10 * c, 10 * d)) for a, b, c, d in corners if (a, b) != (c, d)], object)
    if not len(lines):
        return
    pieces = cut_at_ends(lines)
    whole = np.bincount(pieces.row, shapely.length(pieces.line), minlength=len(lines))
    np.testing.assert_allclose(whole, shapely.length(lines), rtol=1e-9)
    np.testing.assert_array_equal(np.unique(pieces.row), np.arange(len(lines)))
    again = cut_at_ends(pieces.line)
    assert shapely.equals(again.line, pieces.line).all()


def _comb(raw: Path, gap_m: float) -> Parts:
    lines = [_line((0, 0), (300, 0)), *(_line((x, gap_m), (x, 90)) for x in (50, 100, 150, 200, 250))]
    _write(raw, lines, type=["path"] * len(lines))
    return parts_of(read_street_lines(_delivery(highway="type"), raw, TOWN)[0])


def test_what_the_streets_fall_into_is_told(tmp_path: Path):
    whole, apart = _comb(tmp_path, 0), _comb(tmp_path, 0.5)
    assert remark_on_parts(whole, "a.gpkg").problem == "streets in one part"
    told = remark_on_parts(apart, "a.gpkg")
    assert (told.action, told.rows, told.examples) == ("noted", 5, "2, 3, 4, 5, 6")
    assert told.problem == "streets in 6 parts, the largest with 40.1 % of the length"


def _delivered(raw: Path, delivery: StreetDelivery) -> Delivered:
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    return Delivered(
        area.model_copy(update={"sources": area.sources.model_copy(update={"streets": delivery})}), raw, TOWN
    )


def test_of_the_streets_of_an_area_it_is_told_whether_they_hang_together(tmp_path: Path):
    delivered = _delivered(tmp_path, _delivery(highway="type"))
    _comb(tmp_path, 0)
    assert [remark.problem for remark in delivered_segments(delivered)[1]] == ["streets in one part"]
    _comb(tmp_path, 0.5)
    with pytest.raises(SourceError, match="fall into 6 parts"):
        delivered_segments(delivered)


def test_lines_that_do_not_hang_together_are_refused(tmp_path: Path):
    require_joined(_comb(tmp_path, 0), "a.gpkg")
    with pytest.raises(SourceError, match=r"a\.gpkg: the streets fall into 6 parts, and the largest holds 40\.1 %"):
        require_joined(_comb(tmp_path, 0.5), "a.gpkg")


@pytest.mark.realdata
@pytest.mark.parametrize(("area", "count", "share"), [("groningen-2017", 2, 0.9979), ("amsterdam-osdorp", 72, 0.9883)])
def test_real_streets_hang_together(realdata: Path, area: str, count: int, share: float):
    read = read_area_file(SHIPPED / f"{area}.yaml")
    table, _ = read_street_lines(read.sources.streets, realdata, read_municipality(read, realdata))
    parts = parts_of(table)
    assert (parts.count, parts.share) == (count, pytest.approx(share, abs=1e-4))
