"""Small files that once came in wrong, one of each kind of fault, and what is right of each.

They lie beside the project (fixture `handed`) and are read where a delivery of the example town would
be. The tests of each room make inputs of the same kinds anew.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import osmium
import pyarrow.compute as pc
import pytest
import shapely
import yaml

from pipelines.errors import AreaFileError
from pipelines.geo import geometries_to_rd
from pipelines.sources.area_file import SHIPPED, AreaFile, Delivery, StreetDelivery, read_area_file
from pipelines.sources.cbs import Municipality
from pipelines.sources.check import Readings, readings
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.osm_streets import read_osm_segments
from pipelines.sources.street_lines import read_street_lines
from pipelines.sources.vector import read_layer

TOWN = "voorbeeldstad"

pytestmark = pytest.mark.handed


@pytest.fixture(scope="module")
def raw(example_raw: Path, handed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw folder with the example town and, beside it, the files."""
    folder = tmp_path_factory.mktemp("handed")
    shutil.copytree(example_raw / TOWN, folder / TOWN)
    for part in ("files", "streets"):
        shutil.copytree(handed / part, folder / part)
    return folder


def told(raw: Path, change: Callable[[dict[str, dict[str, object]]], None]) -> Readings:
    """What the readers say of the example town with some deliveries changed."""
    content = yaml.safe_load((SHIPPED / f"{TOWN}.yaml").read_text(encoding="utf-8"))
    change(content["sources"])
    return readings(AreaFile.model_validate(content), raw)


def instead(role: str, **keys: object) -> Callable[[dict[str, dict[str, object]]], None]:
    def change(sources: dict[str, dict[str, object]]) -> None:
        sources[role] = {**sources[role], **keys}

    return change


def buurten_from(path: str, **keys: object) -> Callable[[dict[str, dict[str, object]]], None]:
    """The buurten from another file, and the levels above made of them."""

    def change(sources: dict[str, dict[str, object]]) -> None:
        sources["buurten"] = {**sources["buurten"], "path": path, **keys}
        sources.pop("wijken"), sources.pop("gemeenten")

    return change


def one_wave(**keys: object) -> Callable[[dict[str, dict[str, object]]], None]:
    def change(sources: dict[str, dict[str, object]]) -> None:
        sources["respondents"] = {**sources["respondents"], **keys}
        sources.pop("respondents_before")

    return change


def town_list(**keys: object) -> Callable[[dict[str, dict[str, object]]], None]:
    def change(sources: dict[str, dict[str, object]]) -> None:
        sources["places"] = [{**place, **(keys if place["format"] == "csv" else {})} for place in sources["places"]]

    return change


def as_is(_: dict[str, dict[str, object]]) -> None:
    """Nothing changed."""


def inhabitants(read: Readings, unit_type: str) -> dict[str, float | None]:
    counts = read.statistics.people_counts
    kept = counts.filter(pc.and_(pc.equal(counts["unit_type"], unit_type), pc.equal(counts["population_group"], "all")))
    return dict(zip(kept["unit_code"].to_pylist(), kept["persons"].to_pylist(), strict=True))


def area_names(read: Readings, area_type: str) -> list[str]:
    areas = read.statistics.areas
    return areas.filter(pc.equal(areas["area_type"], area_type))["area_name"].to_pylist()


def outline(read: Readings, area_type: str) -> shapely.Geometry:
    areas = read.statistics.areas
    wkb = areas.filter(pc.equal(areas["area_type"], area_type))["geometry"].to_pylist()
    return shapely.union_all(shapely.from_wkb(wkb))


@pytest.fixture(scope="module")
def plain(raw: Path) -> Readings:
    read = told(raw, as_is)
    assert read.problems == ()
    return read


def test_a_postcode_that_became_a_decimal_number_is_that_postcode(raw: Path, plain: Readings):
    read = told(raw, instead("pc4", path="files/01-pc4-real-column.gpkg"))
    if read.problems:
        assert "postcode" in read.problems[0]
    else:
        assert inhabitants(read, "pc4") == inhabitants(plain, "pc4")


def test_answers_that_are_formulas_without_results_are_refused(raw: Path):
    (said,) = told(raw, one_wave(path="files/02-survey-formulas.xlsx")).problems
    assert "v1" in said
    assert "873" in said
    assert "save" in said


def test_kinds_of_place_that_are_formulas_without_results_are_refused(raw: Path):
    (said,) = told(raw, town_list(path="files/03-places-formulas.xlsx")).problems
    assert "soort" in said
    assert "save" in said


def test_a_merged_cell_means_its_value_in_all_its_rows(raw: Path, plain: Readings):
    read = told(raw, town_list(path="files/03-places-merged.xlsx"))
    assert read.problems == ()
    assert kinds(read) == kinds(plain)


def kinds(read: Readings) -> dict[str, int]:
    found = read.tables["places"]["place_kind"].value_counts().to_pylist()
    return {one["values"]: one["counts"] for one in found}


def test_an_old_description_of_rd_without_a_datum_is_rd(raw: Path, plain: Readings):
    read = told(raw, buurten_from("files/04-buurten-prj-without-datum.zip", layer=None))
    assert read.problems == ()
    moved = shapely.hausdorff_distance(outline(read, "buurt"), outline(plain, "buurt"))
    assert moved < 0.01


def test_thousands_with_a_point_are_thousands(raw: Path, plain: Readings):
    read = told(raw, buurten_from("files/05-buurten-text-thousands.gpkg"))
    assert read.problems == ()
    assert inhabitants(read, "buurt") == inhabitants(plain, "buurt")


def test_a_postcode_in_lower_case_is_that_postcode(raw: Path, plain: Readings):
    read = told(raw, instead("pc6", path="files/06-pc6-lower-case.gpkg"))
    assert read.problems == ()
    assert inhabitants(read, "pc6") == inhabitants(plain, "pc6")


def test_a_shapefile_in_utf8_that_does_not_say_so_is_read_as_such(raw: Path):
    read = told(raw, buurten_from("files/07-buurten-utf8-without-cpg.zip", layer=None))
    assert read.problems == ()
    assert "\N{RIGHT SINGLE QUOTATION MARK}s-Gravenhage" in area_names(read, "buurt")


def test_a_zip_made_on_a_mac_is_read(raw: Path, plain: Readings):
    read = told(raw, buurten_from("files/08-buurten-zipped-on-a-mac.zip", layer=None))
    assert read.problems == ()
    assert inhabitants(read, "buurt") == inhabitants(plain, "buurt")


def test_two_codes_that_spss_declares_missing_are_missing_and_counted(raw: Path):
    read = told(raw, one_wave(path="files/12-survey-two-missing-codes.sav"))
    assert read.problems == ()
    of_v1 = read.survey.answers.filter(pc.equal(read.survey.answers["item_id"], "v1"))
    assert pc.max(of_v1["answer"]).as_py() <= 5
    assert missing(read) > 0


def test_an_age_that_spss_declares_missing_is_unknown_and_counted(raw: Path):
    read = told(raw, one_wave(path="files/12-survey-age-99-missing.sav"))
    assert read.problems == ()
    assert read.survey.respondents["age"].null_count == missing(read) > 0


def missing(read: Readings) -> int:
    """How many cells the readers of the survey took for missing."""
    return sum(remark.rows for remark in read.survey.remarks if "missing" in remark.problem)


def test_one_polygon_that_touches_itself_is_mended_and_told(raw: Path, plain: Readings):
    read = told(raw, buurten_from("files/13-one-self-touch-of-14.gpkg"))
    assert read.problems == ()
    assert inhabitants(read, "buurt") == inhabitants(plain, "buurt")
    assert shapely.area(outline(read, "buurt")) == pytest.approx(shapely.area(outline(plain, "buurt")), rel=1e-6)


def test_broken_polygons_sixty_kilometres_away_refuse_nothing(raw: Path, plain: Readings):
    read = told(raw, buurten_from("files/13-invalid-60-km-away.gpkg"))
    assert read.problems == ()
    assert inhabitants(read, "buurt") == inhabitants(plain, "buurt")


def test_a_buurt_of_people_without_a_polygon_is_refused(raw: Path):
    said = told(raw, buurten_from("files/14-buurt-without-geometry.gpkg")).problems
    assert said
    assert "geometry" in said[0]
    assert "BU9999" in said[0]


def test_a_polygon_that_our_step_to_rd_breaks_is_mended(raw: Path):
    file = "files/15-valid-in-wgs84-invalid-in-rd.geojson"
    layer = read_layer(Delivery(path=file, vintage=2024, licence="CC0-1.0", attribution="nobody"), raw)
    assert shapely.is_valid(layer.geometry).all()


def test_streets_not_cut_at_their_junctions_become_one_network(handed: Path):
    delivery = StreetDelivery(
        format="lines",
        path="11-lines-not-cut.gpkg",
        columns={"highway": "highway"},
        vintage=2024,
        licence="CC0-1.0",
        attribution="nobody",
    )
    everywhere = shapely.box(149_000, 449_000, 153_000, 452_000)
    segments, _ = read_street_lines(delivery, handed / "streets", Municipality(None, everywhere))
    network = nx.Graph(zip(segments["u_key"].to_pylist(), segments["v_key"].to_pylist(), strict=True))
    assert nx.number_connected_components(network) == 1


def ways_of(handed: Path, only: Callable[[dict[str, str]], bool]) -> set[str]:
    """The ids of the ways of one set of tags each that pass."""
    objects = osmium.FileProcessor(str(handed / "streets" / "09-ways-one-tag-each.osm.pbf"))
    return {str(thing.id) for thing in objects if thing.is_way() and only(dict(thing.tags))}


def test_ways_that_are_closed_or_for_motors_only_are_not_walked(handed: Path):
    name = "streets/09-ways-one-tag-each.osm.pbf"
    segments, _ = read_osm_segments(handed / name, name, shapely.box(*geo_extent(handed / name)))
    closed = ways_of(handed, lambda tags: bool(tags.keys() & {"disused", "abandoned", "construction"}))
    assert len(closed) == 3
    assert not closed & set(segments["source_id"].to_pylist())


def test_places_that_are_closed_do_not_count(handed: Path):
    name = "streets/10-places-closed.osm.pbf"
    places, _ = read_osm_places(handed / name, name, shapely.box(*geo_extent(handed / name)), year=2024)
    found = set(places["source_id"].to_pylist())
    assert "node/1" in found
    closed = {2, 3, 4, 5, 9, 16}
    assert not {f"node/{n}" for n in closed} & found


def geo_extent(path: Path) -> tuple[float, float, float, float]:
    """West, south, east and north of an extract in RD, metres."""
    nodes = [(node.lon, node.lat) for node in osmium.FileProcessor(str(path)) if node.is_node()]
    points = geometries_to_rd(shapely.points(nodes))
    return tuple(shapely.total_bounds(points).tolist())


@pytest.mark.parametrize(("file", "word"), [("bomb-title", "alias"), ("date-feb31", "2023-02-31"), ("dupkey", "year")])
def test_an_area_file_that_cannot_be_meant_is_one_sentence(handed: Path, file: str, word: str):
    with pytest.raises(AreaFileError) as caught:
        read_area_file(handed / "area-files" / f"{file}.yaml")
    said = str(caught.value)
    assert len(said.split("\n")) == 1
    assert len(said) < 500
    assert word in said


@pytest.mark.realdata
def test_an_extent_that_holds_whole_postcodes_holds_all_of_them(handed: Path, realdata: Path):
    area = read_area_file(handed / "area-files" / "extent-holds-a-postcode.yaml")
    read = readings(area, realdata)
    assert read.problems == ()
    assert pc.max(read.statistics.areas["share_inside"]).as_py() <= 1
