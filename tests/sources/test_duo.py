"""Schools of DUO at the addresses of the BAG: what is found, what is not, and where that is told."""

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.addresses import read_all_addresses
from pipelines.sources.area_file import SHIPPED, AddressDelivery, PlaceDelivery, read_area_file
from pipelines.sources.cbs import Municipality, read_municipality
from pipelines.sources.contracts import ADDRESSES, PLACES
from pipelines.sources.deliveries import Delivered, delivered_places
from pipelines.sources.duo import read_duo
from pipelines.sources.house_numbers import house_letter, split_house_number
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer

COMMON = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "DUO"}
HEADER = "INSTELLINGSCODE;VESTIGINGSCODE;VESTIGINGSNAAM;STRAATNAAM;HUISNUMMER-TOEVOEGING;POSTCODE;GEMEENTENUMMER\n"
BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
DOORS = [
    ("9711AA", 12, "", 155_100.0), ("9711AA", 14, "A", 155_200.0), ("9711AA", 14, "B", 155_300.0),
    ("9711AB", 1, "A2", 155_400.0),
]  # fmt: skip


def addresses(doors: list[tuple[str, int, str, float]] = DOORS) -> pa.Table:
    pc6, numbers, letters, x_m = zip(*doors, strict=True)
    ids = [str(row) for row in range(len(doors))]
    columns = [ids, pc6, x_m, [463_100.0] * len(doors), numbers, letters, [False] * len(doors), [None] * len(doors)]
    return pa.table(columns, schema=ADDRESSES.schema)


def read(raw: Path, rows: str, gemeenten: tuple[str, ...] = ("GM0014",)) -> tuple[pa.Table, tuple[Remark, ...]]:
    (raw / "duo.csv").write_bytes((HEADER + rows).encode("cp1252"))
    table, remarks = read_duo(PlaceDelivery(format="duo", path="duo.csv", **COMMON), raw, addresses(), gemeenten)
    assert violations(table, PLACES) == ()
    return table, tuple(remark for remark in remarks if remark.action not in {"listed", "read"})


def x_of(table: pa.Table) -> list[float]:
    return shapely.get_x(shapely.from_wkb(table["geometry"].to_pylist())).tolist()


@pytest.mark.parametrize(
    ("number", "x_m"), [("12", 155_100), ("14A", 155_200), ("14-b", 155_300), ("14 B", 155_300), ("14", 155_200)]
)
def test_a_school_lies_at_the_address_with_its_postcode_number_and_letter(tmp_path: Path, number: str, x_m: float):
    table, _ = read(tmp_path, f"01AB;01AB00;Café Zuidé;Kade;{number};9711 AA;0014\n")
    assert x_of(table) == [x_m]
    (row,) = table.to_pylist()
    assert (row["source_id"], row["name"], row["place_kind"]) == ("01AB00", "Café Zuidé", "school")


def test_a_letter_that_the_bag_has_not_is_found_by_its_number_and_counted(tmp_path: Path):
    table, remarks = read(
        tmp_path, "01AB;01AB00;De Brug;Kade;12 bis;9711 AA;0014\n01AB;01AB01;De Sluis;Kade;1-A2;9711AB;14\n"
    )
    assert x_of(table) == [155_100, 155_400]
    assert [(r.action, r.rows, r.examples) for r in remarks] == [("joined", 1, "9711AA 12BIS")]


def test_the_unmatched_of_the_area_are_told_and_those_of_elsewhere_are_not(tmp_path: Path):
    rows = (
        "01AB;01AB00;De Brug;Kade;12;9711 AA;0014\n"
        "01AC;01AC00;De Sluis;Kade;99;9711 AA;0014\n"
        "01AD;01AD00;Zonder nummer;Kade;;9711 AA;0014\n"
        "01AE;01AE00;Ver weg;Dam;1;1011 AB;0363\n"
        "01AF;01AF00;Net over de grens;Kade;14-A;9711 AA;0017\n"
    )
    table, remarks = read(tmp_path, rows)
    assert table["source_id"].to_pylist() == ["01AB00", "01AF00"]
    assert [(r.problem, r.action, r.rows, r.examples) for r in remarks] == [
        ("school without a postcode or house number", "set_aside", 1, "9711AA ?"),
        ("school whose address is not in the BAG", "set_aside", 1, "9711AA 99"),
    ]


def test_without_gemeenten_the_postcodes_of_the_addresses_say_what_is_of_the_area(tmp_path: Path):
    rows = "01AB;01AB00;De Brug;Kade;12;9711 AA;\n01AC;01AC00;Weg;Kade;9;9711 ZZ;\n01AE;01AE00;Ver;Dam;1;1011 AB;\n"
    _, remarks = read(tmp_path, rows, ())
    assert [(r.rows, r.examples) for r in remarks] == [(1, "9711ZZ 9")]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("01AE;01AE00;Ver weg;Dam;1;1011 AB;0363\n", r"duo\.csv: holds no school in the area \(GM0014\)"),
        ("01AB;01AB00;Weg;Kade;99;9711 AA;0014\n", r"none of its 1 schools .*9711AA 99.*more than dwellings"),
        (2 * "01AB;01AB00;De Brug;Kade;12;9711 AA;0014\n", r"'VESTIGINGSCODE' repeats"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path: Path, rows: str, words: str):
    with pytest.raises(SourceError, match=words):
        read(tmp_path, rows)


@pytest.mark.parametrize(
    ("text", "number", "letter"),
    [
        ("12", 12, ""), ("12a", 12, "A"), (" 12 - A bis", 12, "ABIS"), ("12-14", 12, "14"), ("", None, ""),
        ("A12", None, ""), ("0", None, ""), ("123456", None, ""),
    ],
)  # fmt: skip
def test_a_house_number_is_split_into_number_and_letter(text: str, number: int | None, letter: str):
    assert split_house_number(text) == (number, letter)


def test_letter_and_addition_are_one_whatever_parts_them():
    assert house_letter("a", " 2 ") == house_letter("A-", "2") == "A2"
    assert house_letter(None, float("nan")) == ""


def test_all_addresses_are_read_whatever_they_are_used_for(tmp_path: Path):
    frame = gpd.GeoDataFrame(
        {
            "identificatie": ["1", "2"], "gebruiksdoel": ["onderwijsfunctie", "woonfunctie"], "status": ["x", "y"],
            "postcode": ["9711 AA", None], "huisnummer": [12, 14], "huisletter": ["a", None], "toevoeging": [None, "2"],
        },
        geometry=[shapely.Point(155_100, 463_100), shapely.Point(155_200, 463_100)], crs=28992,
    )  # fmt: skip
    frame.to_file(tmp_path / "bag.gpkg", layer="verblijfsobject")
    table = read_all_addresses(AddressDelivery(path="bag.gpkg", **COMMON), tmp_path, TOWN)
    assert violations(table, ADDRESSES) == ()
    found = table.select(["pc6", "house_number", "house_letter"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [("9711AA", 12, "A"), ("", 14, "2")]


@pytest.mark.realdata
def test_schools_are_joined_to_groningens_education_objects_of_the_bag(realdata: Path, tmp_path: Path):
    """Of every education object of the real BAG an invented school is listed at its address, and three elsewhere."""
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    municipality = read_municipality(area, realdata)
    path = "groningen/verblijfsobjecten_onderwijs_RD.zip"
    objects = read_all_addresses(AddressDelivery(path=path, **COMMON), realdata, municipality)
    assert len(objects) == 242
    rows = objects.to_pylist()
    doors = [(row["pc6"], f"{row['house_number']}-{row['house_letter']}") for row in rows]
    with (tmp_path / "duo.csv").open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER.strip().split(";"))
        for n, (pc6, door) in enumerate(doors):
            writer.writerow([f"{n:04d}", f"{n:04d}00", f"School {n}", "?", door, f"{pc6[:4]} {pc6[4:]}", "0014"])
        writer.writerows([f"99ZZ;99ZZ0{n};Nergens;?;9999;9711 AA;0014".split(";") for n in range(3)])
    table, remarks = read_duo(PlaceDelivery(format="duo", path="duo.csv", **COMMON), tmp_path, objects, ("GM0014",))
    assert len(table) == 242
    assert {r.problem: r.rows for r in remarks if r.action not in {"listed", "read"}} == {
        "school whose address is not in the BAG": 3
    }
    points = shapely.get_coordinates(shapely.from_wkb(table["geometry"].to_pylist()))
    truth = np.column_stack([objects["x_m"], objects["y_m"]])
    single = [n for n, door in enumerate(doors) if doors.count(door) == 1]
    assert len(single) > 150
    assert np.abs(points[single] - truth[single]).max() == 0


def test_the_schools_of_the_example_town_lie_where_osm_has_them(example_raw: Path):
    """The town's list of DUO goes through the reader: each school within a block of the same school in OSM."""
    area = read_area_file(SHIPPED / "voorbeeldstad.yaml")
    listed = PlaceDelivery(format="duo", path="voorbeeldstad/duo_vestigingen.csv", **COMMON)
    sources = area.sources.model_copy(update={"places": (listed,)})
    municipality = read_municipality(area, example_raw)
    delivered = Delivered(area.model_copy(update={"sources": sources}), example_raw, municipality)
    table, remarks = delivered_places(delivered)
    drawn, _ = read_osm_places(example_raw / "voorbeeldstad/streets.osm.pbf", "osm", municipality.outline)
    schools = [row for row in drawn.to_pylist() if row["place_kind"] == "school"]
    assert len(table) == len(schools) > 3
    assert {remark.problem for remark in remarks} == {"columns not used", "rows, letters in UTF-8"}
    by_name = {row["name"].upper(): shapely.from_wkb(row["geometry"]) for row in schools}
    gaps = [shapely.from_wkb(row["geometry"]).distance(by_name[row["name"]]) for row in table.to_pylist()]
    assert max(gaps) < 60
