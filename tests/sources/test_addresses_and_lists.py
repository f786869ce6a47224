from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipelines.errors import SourceError
from pipelines.sources.addresses import read_addresses
from pipelines.sources.area_file import SHIPPED, PlaceDelivery, read_area_file
from pipelines.sources.cbs import Municipality, read_municipality
from pipelines.sources.delivery import Delivery
from pipelines.sources.licences import licence_url, may_publish_geometry
from pipelines.sources.place_lists import read_place_csv, read_place_layer
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
IN_USE = "Verblijfsobject in gebruik"
COMMON = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}


def _bag(raw: Path, rows: list[tuple[str, str, str]]) -> Delivery:
    columns = dict(zip(("identificatie", "gebruiksdoel", "status"), zip(*rows, strict=True), strict=True))
    points = [shapely.Point(155_100 + n, 463_100) for n in range(len(rows))]
    frame = gpd.GeoDataFrame({**columns, "postcode": ["1000 AA"] * len(rows)}, geometry=points, crs=28992)
    frame.to_file(raw / "bag.gpkg", layer="verblijfsobject")
    return Delivery(path="bag.gpkg", **COMMON)


def test_dwellings_in_use_are_addresses_and_the_rest_is_counted(tmp_path: Path):
    rows = [
        ("1", "woonfunctie", IN_USE),
        ("2", "winkelfunctie,woonfunctie", IN_USE),
        ("3", "winkelfunctie", IN_USE),
        ("4", "woonfunctie", "Verblijfsobject gevormd"),
    ]
    table, remarks = read_addresses(_bag(tmp_path, rows), tmp_path, TOWN)
    assert table["address_id"].to_pylist() == ["1", "2"]
    assert set(table["pc6"].to_pylist()) == {"1000AA"}
    assert {remark.problem: remark.rows for remark in remarks} == {"no dwelling": 1, "dwelling not in use": 1}


def test_what_is_no_postcode_of_an_address_is_refused_with_its_column(tmp_path: Path):
    delivery = _bag(tmp_path, [("1", "woonfunctie", IN_USE)])
    frame = gpd.read_file(tmp_path / "bag.gpkg")
    frame.assign(postcode="1000").to_file(tmp_path / "bag.gpkg", layer="verblijfsobject")
    with pytest.raises(SourceError, match=r"column 'postcode' holds 1 values that are no postcode .*'1000'"):
        read_addresses(delivery, tmp_path, TOWN)


def test_capitals_of_the_words_of_the_bag_mean_nothing(tmp_path: Path):
    table, _ = read_addresses(_bag(tmp_path, [("1", "Woonfunctie", IN_USE.upper())]), tmp_path, TOWN)
    assert table["address_id"].to_pylist() == ["1"]


def test_what_homes_are_set_aside_for_is_told_with_the_words_that_stand_there(tmp_path: Path):
    rows = [(str(n), "woonfunctie", state) for n, state in enumerate([IN_USE, "bewoond", "bewoond", ""])]
    _, remarks = read_addresses(_bag(tmp_path, rows), tmp_path, TOWN)
    assert [remark.examples for remark in remarks] == ["bewoond (2), nothing (1)"]
    with pytest.raises(
        SourceError, match=r"'gebruiksdoel' holds woonfunctie \(3\) and 'status' bewoond \(2\), nothing"
    ):
        read_addresses(_bag(tmp_path, rows[1:]), tmp_path, TOWN)


def test_addresses_must_exist_and_be_identified(tmp_path: Path):
    with pytest.raises(SourceError, match="no dwelling in use"):
        read_addresses(_bag(tmp_path, [("1", "winkelfunctie", IN_USE)]), tmp_path, TOWN)
    with pytest.raises(SourceError, match="'identificatie' repeats"):
        read_addresses(_bag(tmp_path, [("1", "woonfunctie", IN_USE)] * 2), tmp_path, TOWN)


def _list(raw: Path, text: str, **more: object) -> PlaceDelivery:
    (raw / "plekken.csv").write_text(text, encoding="utf-8")
    columns = {"id": "nr", "name": "naam", "kind": "soort", "x": "x", "y": "y"}
    given = {"columns": columns, "kinds": {"Buurthuis": "buurtcentrum"}} | COMMON | more
    return PlaceDelivery(format="csv", path="plekken.csv", **given)


def test_a_municipal_list_is_read_and_what_is_not_mapped_is_set_aside(tmp_path: Path):
    delivery = _list(tmp_path, "nr;naam;soort;x;y\n7;De Brug;Buurthuis;155100,5;463100\n8;Hangplek;JOP;155200;463100\n")
    table, remarks = read_place_csv(delivery, tmp_path, TOWN)
    (row,) = table.to_pylist()
    assert (row["source_id"], row["place_kind"], row["name"]) == ("7", "buurtcentrum", "De Brug")
    assert shapely.from_wkb(row["geometry"]).equals(shapely.Point(155_100.5, 463_100))
    assert [(remark.problem, remark.rows) for remark in remarks] == [
        ("rows, letters in UTF-8", 2),
        ("kind of place not mapped", 1),
    ]
    assert remarks[1].examples.endswith(" (1)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nr;naam;soort;x;y\n7;De Brug;Buurthuis;hier;463100\n", r"line 2, column 'x': 'hier' is no number"),
        ("nr;naam;soort;x;y\n7;De Brug;Buurthuis;463100;155100\n", r"line 2 lies outside the Netherlands.*swapped"),
        ("nr;naam;soort;x;y\n7;De Brug;Buurthuis;255100;563100\n", r"lies 14\d km from the area"),
        ("nr;naam;soort;x\n7;De Brug;Buurthuis;155100\n", "'y' is missing"),
        (
            "nr;naam;soort;x;y\n7;A;Buurthuis;155100;463100\n7;B;Buurthuis;155100;463100\n",
            r"'nr' repeats \(2 rows, 1 values\)",
        ),
        (f"nr;naam;soort;x;y\n{'7' * 201};A;Buurthuis;155100;463100\n", "'nr' holds 1 ids of more than 200 characters"),
    ],
)
def test_a_faulty_list_is_refused_with_line_and_column(tmp_path: Path, text: str, expected: str):
    with pytest.raises(SourceError, match=expected):
        read_place_csv(_list(tmp_path, text), tmp_path, TOWN)


def test_a_list_wants_its_coordinates_and_kinds_named(tmp_path: Path):
    text = "nr;naam;soort;x;y\n7;De Brug;Buurthuis;155100;463100\n"
    with pytest.raises(SourceError, match="which columns hold the RD coordinates"):
        read_place_csv(_list(tmp_path, text, columns={"x": "x"}), tmp_path, TOWN)
    with pytest.raises(SourceError, match="which kind of place is this"):
        read_place_csv(_list(tmp_path, text, columns={"x": "x", "y": "y"}), tmp_path, TOWN)


def test_a_layer_of_one_kind_may_do_without_ids_and_names(tmp_path: Path):
    gpd.GeoDataFrame({"a": [1, 2]}, geometry=[BOX, BOX.centroid], crs=28992).to_file(tmp_path / "a.gpkg")
    delivery = PlaceDelivery(format="layer", path="a.gpkg", kind="school", **COMMON)
    table, _ = read_place_layer(delivery, tmp_path, TOWN)
    assert table["source_id"].to_pylist() == ["1", "2"]
    assert set(table["place_kind"].to_pylist()) == {"school"}


@pytest.mark.realdata
def test_groningens_schools_and_horeca_are_read(realdata: Path):
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    municipality = read_municipality(area, realdata)
    schools, horeca = (read_place_layer(one, realdata, municipality)[0] for one in area.sources.places)
    points = shapely.from_wkb(schools["geometry"].to_pylist())
    assert shapely.contains(municipality.outline, points).sum() == 238
    assert (len(schools), len(horeca)) == (242, 621)


def test_a_licence_says_whether_polygons_may_be_published():
    assert may_publish_geometry("CC-BY-4.0")
    assert not may_publish_geometry("internal-use")
    assert licence_url("ODbL-1.0").startswith("https://")
