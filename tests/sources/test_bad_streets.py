"""Bad street input: a clear error that says how to mend it, or a rejection that is counted; never a crash."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pyarrow as pa
import pytest
import shapely
import shapely.affinity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osmium.osm import mutable

from pipelines.contracts import violations
from pipelines.errors import InputError, SourceError
from pipelines.sources.area_file import StreetDelivery
from pipelines.sources.cbs import Municipality
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.osm_streets import read_osm_segments
from pipelines.sources.street_columns import read_facts
from pipelines.sources.street_lines import read_street_lines
from pipelines.sources.vector import Layer
from pipelines.streets.costs import edge_costs
from pipelines.streets.graph import build_graph
from pipelines.streets.profiles import read_profiles

Extract = Callable[..., Path]
ROW = [f"n{number} x{4.37 + number / 1000:.7f} y52.0000000" for number in range(1, 6)]
WAYS = ["w1 Thighway=footway,surface=asphalt Nn1,n2,n3", "w2 Thighway=steps,step_count=4 Nn3,n4,n5"]
BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
PROFILES = tuple(read_profiles().values())
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)


def test_an_extract_cut_anywhere_is_refused(extract: Extract, tmp_path: Path) -> None:
    whole = extract(*ROW, *WAYS).read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        with pytest.raises(SourceError, match=r"^cut: (cannot be read as OSM PBF|holds no streets)"):
            read_osm_segments(cut, "cut")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_an_extract_with_a_changed_byte_is_refused_or_keeps_its_contract(extract: Extract, draw: st.DataObject) -> None:
    path = extract(*ROW, *WAYS)
    content = bytearray(path.read_bytes())
    content[draw.draw(st.integers(0, len(content) - 1))] ^= draw.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        table, _ = read_osm_segments(path, "small")
    except InputError:
        return
    assert violations(table, SEGMENTS) == ()


def test_an_extract_of_places_only_holds_no_streets(extract: Extract) -> None:
    with pytest.raises(SourceError, match=r"holds no streets or paths.*Deliver an extract with all ways"):
        read_osm_segments(extract(*ROW, "n9 x4.37 y52.0 Tamenity=cafe", "w1 Twaterway=canal Nn1,n2"), "small")


def test_an_extract_without_the_nodes_of_most_ways_is_refused(extract: Extract) -> None:
    lost = [f"w{number} Thighway=path Nn3,n99" for number in range(10, 21)]
    with pytest.raises(SourceError, match=r"of 11 of 13 streets and paths nodes are missing"):
        read_osm_segments(extract(*ROW, *WAYS, *lost), "small")
    assert [remark.rows for remark in read_osm_segments(extract(*ROW, *WAYS, *lost[1:]), "small")[1]] == [10]


def test_an_extract_of_which_all_is_closed_says_so(extract: Extract) -> None:
    with pytest.raises(SourceError, match=r"holds no streets.*; 2 are gone, to come or not in use\)"):
        read_osm_segments(extract(*ROW, *(way.replace("highway", "disused=yes,highway") for way in WAYS)), "small")


def test_an_extract_of_motorways_only_holds_no_streets(extract: Extract) -> None:
    with pytest.raises(SourceError, match="holds no streets"):
        read_osm_segments(extract(*ROW, "w1 Thighway=motorway Nn1,n2"), "small")


@pytest.mark.parametrize(("east_m", "words"), [(30_000, "lies [23][0-9] km from the area"), (3_000, "within 1,300 m")])
def test_an_extract_of_another_town_is_refused_with_its_distance(extract: Extract, east_m: float, words: str) -> None:
    path = extract(*ROW, *WAYS)
    line = shapely.from_wkb(read_osm_segments(path, "small")[0]["geometry"][0].as_py())
    away = shapely.buffer(shapely.affinity.translate(line, east_m), 10)
    with pytest.raises(SourceError, match=words):
        read_osm_segments(path, "small", away)


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(179.9, 52.0), (4.37, 90.0), (4.37, -90.0), (-180.0, -52.0), (0.0, 0.0)]
)
def test_absurd_coordinates_are_refused_and_quoted(extract: Extract, longitude: float, latitude: float) -> None:
    path = extract(f"n1 x{longitude} y{latitude}", ROW[1], "w1 Thighway=footway Nn1,n2")
    with pytest.raises(SourceError, match=f"outside the Netherlands .first at longitude {longitude:.4f}"):
        read_osm_segments(path, "small")


def test_a_node_that_lies_nowhere_on_earth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number, at in ((1, (4.371, 52.0)), (2, (4.372, 52.0)), (3, (4.37, 95.0))):
            writer.add_node(mutable.Node(id=number, location=at))
        writer.add_way(mutable.Way(id=7, nodes=[1, 2, 3], tags={"highway": "footway"}))
    with pytest.raises(SourceError, match=r"1 of 3 points lie outside the Netherlands .*latitude 95\.0000"):
        read_osm_segments(path, "odd")


def test_a_way_of_one_spot_or_no_nodes_is_set_aside_and_counted(extract: Extract) -> None:
    path = extract(*ROW, "w1 Thighway=footway Nn1,n2", "w2 Thighway=footway Nn1", "w3 Thighway=footway Nn8,n9")
    table, remarks = read_osm_segments(path, "small")
    assert set(table["source_id"].to_pylist()) == {"1"}
    assert [(remark.action, remark.rows, remark.examples) for remark in remarks] == [("set_aside", 2, "2, 3")]


def test_numbers_that_cannot_be_read_are_unknown_and_counted_with_their_ids(extract: Extract) -> None:
    path = extract(
        *ROW[:1],
        f"{ROW[1]} Tbarrier=gate,width=-1,kerb:height=NaN",
        *ROW[2:],
        "n9 x4.37 y52.001 Tbarrier=gate,width=-1",
        "w1 Thighway=footway,width=NaN,incline=up Nn1,n2,n3",
        "w2 Thighway=steps,step_count=-3,maxspeed=walk Nn3,n4",
        "w3 Thighway=residential,width=-1,maxspeed=99999,incline=400%25% Nn4,n5",
    )
    table, remarks = read_osm_segments(path, "small")
    for fact in ("width_m", "kerb_height_m", "step_count", "incline_pct"):
        assert set(table[fact].to_pylist()) == {None}
    assert set(table["maxspeed_kmh"].to_pylist()) == {None, 15.0}
    counted = {remark.problem: (remark.action, remark.rows, remark.examples) for remark in remarks}
    assert counted == {
        "width_m cannot be read": ("read as unknown", 3, "1, 3, node/2"),
        "step_count cannot be read": ("read as unknown", 1, "2"),
        "incline_pct cannot be read": ("read as unknown", 1, "3"),
        "maxspeed_kmh cannot be read": ("read as unknown", 1, "3"),
        "kerb_height_m cannot be read": ("read as unknown", 1, "node/2"),
    }


ODD = st.sampled_from(
    ["-1", "NaN", "inf", "1e308", "-inf", "0", "9" * 30, "", " ", "\t", "yes", "2 m", "-5%", "\U0001f6b6"]
)
# libosmium's writer never returns from a zero byte, which no extract can hold.
PLAIN = st.characters(exclude_categories=["Cs", "Cc"])
NUMBERS = ("width", "est_width", "kerb:height", "incline", "step_count", "maxspeed", "layer")
WORDS = ("surface", "smoothness", "tracktype", "sidewalk", "foot", "access", "crossing", "kerb", "barrier", "ramp")


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_value_of_a_tag_breaks_the_way_from_extract_to_costs(tmp_path: Path, draw: st.DataObject) -> None:
    tags = st.dictionaries(st.sampled_from(NUMBERS + WORDS), ODD | st.text(PLAIN, max_size=6), max_size=6)
    on_nodes = draw.draw(st.lists(tags, min_size=5, max_size=5))
    on_ways = draw.draw(st.lists(tags, min_size=2, max_size=2))
    highways = draw.draw(st.lists(st.sampled_from(["footway", "steps", "residential", "lava"]), min_size=2, max_size=2))
    path = tmp_path / "odd.osm.pbf"
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for number, more in enumerate(on_nodes, start=1):
            writer.add_node(mutable.Node(id=number, location=(4.37 + number / 1000, 52.0), tags=more))
        for number, (highway, more) in enumerate(zip(highways, on_ways, strict=True), start=1):
            nodes = [2 * number - 1, 2 * number, 2 * number + 1]
            writer.add_way(mutable.Way(id=number, nodes=nodes, tags={**more, "highway": highway}))
    table, _ = read_osm_segments(path, "odd")
    assert violations(table, SEGMENTS) == ()
    _require_costs(table)


def _require_costs(segments: pa.Table) -> None:
    nodes, edges = build_graph(segments)
    assert len(nodes)
    for profile in PROFILES:
        costs = edge_costs(edges, profile)
        for column in ("forward_m", "backward_m", "forward_s", "backward_s"):
            values = np.array(costs[column].to_pylist(), dtype=np.float64)
            assert (values[~np.isnan(values)] >= 0).all()


def _delivery(**columns: str) -> StreetDelivery:
    common = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
    return StreetDelivery(format="lines", path="a.gpkg", columns={"highway": "type", **columns}, **common)


def _write(raw: Path, *lines: shapely.Geometry, **columns: list[object]) -> None:
    fields = columns or {"type": ["footway"] * len(lines)}
    gpd.GeoDataFrame(fields, geometry=list(lines), crs=28992).to_file(raw / "a.gpkg")


def _line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(155_000 + x, 463_000 + y) for x, y in points])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, -1e9])
def test_lines_with_absurd_coordinates_are_refused(tmp_path: Path, bad: float) -> None:
    with np.errstate(invalid="ignore"):
        odd = shapely.LineString([(155_000, 463_000), (bad, 463_000)])
    _write(tmp_path, _line((0, 0), (9, 0)), odd)
    with pytest.raises(SourceError, match=r"a\.gpkg:a: .*(outside the Netherlands|no number)"):
        read_street_lines(_delivery(), tmp_path, TOWN)


def test_lines_of_another_town_are_refused_with_their_distance(tmp_path: Path) -> None:
    _write(tmp_path, _line((40_000, 0), (40_100, 0)))
    with pytest.raises(SourceError, match="lies 39 km from the area"):
        read_street_lines(_delivery(), tmp_path, TOWN)
    _write(tmp_path, _line((4_000, 0), (4_100, 0)))
    with pytest.raises(SourceError, match="nothing in it lies within 1,300 m"):
        read_street_lines(_delivery(), tmp_path, TOWN)


def test_a_layer_cut_short_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, *[_line((n, 0), (n + 1, 0)) for n in range(500)])
    path = tmp_path / "a.gpkg"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="cut short"):
        read_street_lines(_delivery(), tmp_path, TOWN)


@pytest.mark.slow
@settings(max_examples=200)
@given(st.data())
def test_every_odd_cell_of_a_layer_is_counted_or_refused_and_none_becomes_a_fact(draw: st.DataObject) -> None:
    names = ("width_m", "kerb_height_m", "incline_pct", "step_count", "maxspeed_kmh", "surface", "smoothness")
    cells = st.lists(ODD | st.text(max_size=6) | st.none() | st.floats(), min_size=4, max_size=4)
    fields = {name: np.array(draw.draw(cells), dtype=object) for name in names}
    highway = np.array(["footway", "steps", "lava", None], dtype=object)
    lines = np.array([_line((n, 0), (n + 1, 0)) for n in range(4)], dtype=object)
    layer = Layer("a", lines, {"type": highway, **fields})
    facts, remarks = read_facts(layer, _delivery(**{name: name for name in names}))
    counted = {remark.problem.split()[0]: remark.rows for remark in remarks}
    for name in names:
        given_cells = sum(not _is_blank(value) for value in fields[name])
        known = sum(value not in (None, "") for value in facts[name])  # type: ignore[attr-defined]
        assert known + counted.get(name, 0) == given_cells
    bounds = {"width_m": (0, 100), "kerb_height_m": (0, 1), "incline_pct": (-100, 100), "maxspeed_kmh": (1, 150)}
    for name, (low, high) in bounds.items():
        assert all(value is None or low <= value <= high for value in facts[name])  # type: ignore[attr-defined]


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or not str(value).strip()
