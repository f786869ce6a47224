"""Every real delivery that falls under a reader, read by it: the counts of the README that goes with the files."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely

from pipelines import geo
from pipelines.sources.area_file import SHIPPED, AreaFile, PlaceDelivery, read_area_file
from pipelines.sources.cbs import Municipality, Statistics, read_municipality, read_statistics
from pipelines.sources.csv_table import read_csv
from pipelines.sources.delivery import Delivery
from pipelines.sources.number_style import read_numbers
from pipelines.sources.pc4_ages import read_pc4_ages
from pipelines.sources.place_lists import read_place_csv, read_place_layer
from pipelines.sources.vector import find, read_layer

pytestmark = pytest.mark.realdata
TERMS = {"vintage": 2017, "licence": "CC-BY-4.0", "attribution": "CBS / Kadaster"}
_LOW_X, _HIGH_X, _LOW_Y, _HIGH_Y = geo.NETHERLANDS_RD_M
COUNTRY = Municipality(None, shapely.box(_LOW_X, _LOW_Y, _HIGH_X, _HIGH_Y))
LAYERS = {
    "buurt2017": 108, "wijk2017": 15, "postcode4": 50, "postcode6": 5_496,
    "vierkant100m2014": 3_441, "fietstelweek2016": 57_352, "verblijfsobjecten_onderwijs_RD": 242, "horeca": 621,
    "bushaltes": 543,
}  # fmt: skip
REPAIRED = {"postcode6": 5}


@pytest.fixture(scope="module")
def area() -> AreaFile:
    return read_area_file(SHIPPED / "groningen-2017.yaml")


@pytest.fixture(scope="module")
def municipality(area: AreaFile, realdata: Path) -> Municipality:
    return read_municipality(area, realdata)


@pytest.fixture(scope="module")
def groningen(area: AreaFile, municipality: Municipality, realdata: Path) -> Statistics:
    return read_statistics(area, realdata, municipality)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_groningen_is_read_whole(realdata: Path, name: str):
    layer = read_layer(Delivery(path=f"groningen/{name}.zip", **TERMS), realdata)
    repaired = sum(remark.rows for remark in layer.remarks if remark.action == "repaired")
    set_aside = sum(remark.rows for remark in layer.remarks if remark.action == "set_aside")
    assert (len(layer.geometry), repaired, set_aside) == (LAYERS[name], REPAIRED.get(name, 0), 0)
    assert shapely.is_valid(layer.geometry).all()


@pytest.mark.parametrize(
    ("name", "rows", "repaired"),
    [
        ("buurtindeling", 112, {"invalid polygon": 4, "polygon made invalid by the step to RD": 1}),
        ("wijkindeling", 15, {"invalid polygon": 1}),
    ],
)
def test_the_few_broken_polygons_of_the_division_of_the_gemeente_itself_are_mended_and_told(
    realdata: Path, name: str, rows: int, repaired: dict[str, int]
):
    # They are over 1 % of the rows, but fewer than say anything of the file. In RD one more breaks, which is ours.
    layer = read_layer(Delivery(path=f"groningen/{name}.zip", **TERMS), realdata)
    assert len(layer.geometry) == rows
    assert {remark.problem: remark.rows for remark in layer.remarks if remark.action == "repaired"} == repaired


def _of(table: pa.Table, unit_type: str, group: str = "all") -> pa.Table:
    return table.filter(pc.and_(pc.equal(table["unit_type"], unit_type), pc.equal(table["population_group"], group)))


def _sum(table: pa.Table, column: str = "persons") -> float:
    return float(pc.sum(table[column]).as_py())


@pytest.mark.parametrize(
    ("unit_type", "units", "persons", "vintage"),
    [("square", 3_441, 198_370, 2014), ("buurt", 108, 202_515, 2017), ("wijk", 15, 202_620, 2017)],
)
def test_groningen_counts_its_people_with_their_bounds(
    groningen: Statistics, unit_type: str, units: int, persons: int, vintage: int
):
    counts = _of(groningen.people_counts, unit_type)
    assert (len(counts), _sum(counts)) == (units, persons)
    assert set(counts["vintage"].to_pylist()) == {vintage}
    assert _sum(counts, "lowest") < persons < _sum(counts, "highest")


def test_the_squares_within_the_municipality_count_197_795(groningen: Statistics, municipality: Municipality):
    squares = groningen.squares
    inside = shapely.contains_xy(municipality.outline, squares["x_m"].to_numpy(), squares["y_m"].to_numpy())
    kept = squares.filter(pa.array(inside))["square_code"]
    counts = _of(groningen.people_counts, "square")
    within = counts.filter(pc.is_in(counts["unit_code"], kept.combine_chunks()))
    inhabited = pc.sum(pc.greater(pc.fill_null(within["persons"], 0), 0)).as_py()
    assert (len(kept), _sum(within), inhabited) == (3_356, 197_795, 2_921)


def test_a_masked_square_hides_four_people_at_most_and_hidden_ages_all_of_them(groningen: Statistics):
    everybody, old = (_of(groningen.people_counts, "square", group).sort_by("unit_code") for group in ("all", "65plus"))
    masked = everybody.filter(pc.equal(everybody["reason_missing"], "masked"))
    assert Counter(masked["highest"].to_pylist()) == {4.0: 221}
    assert set(masked["lowest"].to_pylist()) == {0.0}
    hidden = pc.equal(old["reason_missing"], "masked")
    assert pc.sum(hidden).as_py() == 221 + 197
    assert old.filter(hidden)["highest"].to_pylist() == everybody.filter(hidden)["highest"].to_pylist()


def test_households_of_groningen_are_counted_alone_and_with_children(groningen: Statistics):
    homes = _of(groningen.people_counts, "buurt", "households")
    assert _sum(homes) == 122_170
    for group in ("hh_single", "hh_children"):
        part = _of(groningen.people_counts, "buurt", group)
        assert (part["persons"].null_count, set(part["basis"].to_pylist())) == (15, {"share"})
        assert _sum(part, "lowest") < _sum(part) < _sum(part, "highest") < _sum(homes, "highest")


def test_groningen_has_34_pc4_and_5434_pc6(groningen: Statistics):
    counted = Counter(groningen.areas["area_type"].to_pylist())
    assert (counted["pc4"], counted["pc6"]) == (34, 5_434)


def _national(name: str) -> Delivery:
    return Delivery(path=f"pc4-national/{name}", **{**TERMS, "vintage": 2021})


def test_the_national_ages_are_those_of_everybody_in_their_groups_and_bands(realdata: Path):
    counts, remarks = read_pc4_ages(_national("pc4_inhabitants_age.csv.gz"), realdata)
    groups = counts.filter(pc.equal(counts["basis"], "count"))
    assert len(groups) == 81_480
    assert _sum(groups) == _sum(_of(counts, "pc4")) == 17_472_870
    assert _of(counts, "pc4")["persons"].null_count == 15
    assert groups["persons"].null_count == 300
    assert _sum(_of(counts, "pc4", "80plus")) == sum(
        _sum(_of(counts, "pc4", group)) for group in ("80_84", "85_89", "90_94", "95plus")
    )
    _, unused = remarks
    assert unused.examples == "inwoners_man, inwoners_vrouw"


def test_a_band_of_the_national_ages_is_as_wide_as_its_groups_together(realdata: Path):
    counts, _ = read_pc4_ages(_national("pc4_inhabitants_age.csv.gz"), realdata)
    chosen = counts.filter(pc.equal(counts["unit_code"], "2611"))
    rows = {row["population_group"]: row for row in chosen.to_pylist()}
    young = [rows[group] for group in ("0_4", "5_9", "10_14")]
    for bound in ("lowest", "persons", "highest"):
        assert rows["0_14"][bound] == sum(row[bound] for row in young)
    assert all(row["highest"] - row["persons"] == 2 for row in young)


def test_the_national_postcodes_are_read_and_the_empty_one_is_counted(realdata: Path):
    layer = read_layer(_national("pc4_areas.gpkg"), realdata)
    (empty,) = [remark for remark in layer.remarks if remark.action == "set_aside"]
    assert len(layer.geometry) + empty.rows == 4_068
    assert (empty.rows, empty.problem, "5028" in layer.column("pc4").astype(str)) == (1, "no geometry", False)


def test_the_places_of_the_national_postcodes_are_read(realdata: Path):
    table = read_csv(find(realdata, "pc4-national/pc4_place_municipality.csv.gz"), "pc4_place_municipality.csv.gz")
    assert len(table) == len(set(table["postcode"].to_pylist())) == 4_074
    assert pc.sum(read_numbers(table["inwoners"], "inwoners", None)).as_py() == pytest.approx(17_472_870, rel=0.001)


WALKS = {"co_access_ams_5m": 10_205, "co_access_ams_15m": 11_317}


@pytest.mark.parametrize("name", WALKS)
def test_points_in_wkt_in_a_packed_list_are_places(realdata: Path, name: str):
    columns = {"wkt": "geometry"}
    delivery = PlaceDelivery(
        format="csv", path=f"amsterdam-coaccess/{name}.csv.gz", columns=columns, kind="speelplek", **TERMS
    )
    places, _ = read_place_csv(delivery, realdata, COUNTRY)
    assert len(places) == WALKS[name]


def test_the_kinds_of_a_packed_list_are_those_that_the_area_file_maps(realdata: Path):
    delivery = PlaceDelivery(
        format="csv",
        path="amsterdam-coaccess/co_access_ams_5m.csv.gz",
        columns={"wkt": "geometry", "kind": "subcategory"},
        kinds={"playground": "speelplek", "cafe": "horeca", "supermarket": "winkel"},
        **TERMS,
    )
    places, remarks = read_place_csv(delivery, realdata, COUNTRY)
    assert Counter(places["place_kind"].to_pylist()) == {"speelplek": 667, "horeca": 585, "winkel": 247}
    assert len(places) + sum(remark.rows for remark in remarks if remark.action == "set_aside") == 10_205


def test_bus_stops_are_places_of_a_layer_with_ids(realdata: Path, municipality: Municipality):
    columns = {"id": "quaycode", "name": "quayname"}
    delivery = PlaceDelivery(format="layer", path="groningen/bushaltes.zip", kind="sport", columns=columns, **TERMS)
    everywhere, near = (len(read_place_layer(delivery, realdata, where)[0]) for where in (COUNTRY, municipality))
    assert (everywhere, 0 < near <= everywhere) == (543, True)


@pytest.mark.parametrize(("name", "lines"), [("osdpm_map", 14_114), ("sidewalk_segments", 2_155)])
def test_a_network_of_osdorp_is_read_whole(realdata: Path, name: str, lines: int):
    layer = read_layer(Delivery(path=f"amsterdam-osdorp/{name}.gpkg", **TERMS), realdata)
    assert len(layer.geometry) == lines
