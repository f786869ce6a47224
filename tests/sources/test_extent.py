"""Areas that are an extent: PC4 by share, addresses from OSM, ages per postcode, places in WKT."""

import gzip
from pathlib import Path

import numpy as np
import osmium
import pyarrow.compute as pc
import pytest
import shapely

from pipelines import geo
from pipelines.contracts import conform, violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, PlaceDelivery, read_area_file
from pipelines.sources.cbs import Municipality, read_municipality, read_statistics
from pipelines.sources.contracts import AREAS
from pipelines.sources.deliveries import Delivered, delivered_addresses, delivered_places
from pipelines.sources.delivery import Delivery
from pipelines.sources.osm_addresses import read_osm_addresses
from pipelines.sources.pc4_ages import read_pc4_ages
from pipelines.sources.place_lists import read_place_csv

COMMON = {"vintage": 2021, "licence": "CC-BY-4.0", "attribution": "CBS"}
BOX = shapely.box(155_000, 463_000, 156_000, 464_000)

_GROUPS = {start: f"{start}-{start + 4}" for start in range(0, 95, 5)} | {95: "95+"}


def _ages(raw: Path, text: str, name: str = "ages.csv") -> Delivery:
    content = text.encode()
    (raw / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return Delivery(path=name, **COMMON)


@pytest.mark.parametrize("name", ["ages.csv", "ages.csv.gz"])
def test_five_year_groups_become_bands_and_a_hidden_group_hides_its_bands(tmp_path: Path, name: str):
    text = "postcode,leeftijd,inwoners\n2611,0-4,10\n2611,75-79,5\n2611,95+,1\n2612,0-4,\n2612,75-79,7\n2612,95+,1\n"
    text += "".join(
        f"{code},{_GROUPS[start]},0\n" for code in (2611, 2612) for start in _GROUPS if start not in (0, 75, 95)
    )
    table, _ = read_pc4_ages(_ages(tmp_path, text, name), tmp_path)
    found = {(row["unit_code"], row["population_group"]): row["persons"] for row in table.to_pylist()}
    assert (found["2611", "all"], found["2611", "0_14"], found["2611", "65plus"], found["2611", "75plus"]) == (
        16,
        10,
        6,
        6,
    )
    assert (found["2612", "all"], found["2612", "0_14"], found["2612", "75plus"]) == (None, None, 8)


def test_a_group_that_is_not_delivered_hides_its_bands_as_a_hidden_one_does(tmp_path: Path):
    rows = "".join(f"2611,{ages},10\n" for start, ages in _GROUPS.items() if start != 20)
    table, remarks = read_pc4_ages(_ages(tmp_path, "postcode,leeftijd,inwoners\n" + rows), tmp_path)
    found = {row["population_group"]: row for row in table.to_pylist()}
    assert [found[group]["persons"] for group in ("all", "0_14", "15_24", "65plus")] == [None, 30, None, 70]
    assert found["all"]["lowest"] > 0
    assert found["all"]["highest"] is None
    _, gap = remarks
    assert (gap.rows, gap.problem.startswith("postcodes of which ages are missing")) == (1, True)


def test_a_group_over_the_edge_of_a_band_is_no_part_of_it(tmp_path: Path):
    rows = "".join(f"2611,{low}-{low + 9},10\n" for low in range(0, 90, 10)) + "2611,90+,1\n"
    table, _ = read_pc4_ages(_ages(tmp_path, "postcode,leeftijd,inwoners\n" + rows), tmp_path)
    found = {row["population_group"]: row["persons"] for row in table.to_pylist()}
    assert (found["all"], found["0_14"], found["80plus"], "15_24" in found) == (91, None, 11, False)


def test_age_groups_that_overlap_are_refused_as_people_would_count_twice(tmp_path: Path):
    text = "postcode,leeftijd,inwoners\n2611,0-4,10\n2611,5-9,10\n2611,0-99,500\n"
    with pytest.raises(SourceError, match=r"ages\.csv: age groups overlap \(0-4 and 0-99.*leave out totals"):
        read_pc4_ages(_ages(tmp_path, text), tmp_path)


def test_an_age_group_written_otherwise_is_quoted(tmp_path: Path):
    with pytest.raises(SourceError, match=r"\['oud'\] are no age groups"):
        read_pc4_ages(_ages(tmp_path, "postcode,leeftijd,inwoners\n2611,oud,10\n"), tmp_path)


def test_a_gzip_that_is_cut_short_is_refused(tmp_path: Path):
    delivery = _ages(tmp_path, "postcode,leeftijd,inwoners\n" + "2611,0-4,10\n" * 500, "ages.csv.gz")
    whole = (tmp_path / "ages.csv.gz").read_bytes()
    (tmp_path / "ages.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(SourceError, match=r"ages\.csv\.gz: cannot be opened"):
        read_pc4_ages(delivery, tmp_path)


def test_points_in_wkt_are_read_and_anything_else_is_refused_with_its_line(tmp_path: Path):
    (tmp_path / "a.csv").write_text('id,soort,punt\n1,cafe,"POINT(155500 463500)"\n')
    columns = {"id": "id", "kind": "soort", "wkt": "punt"}
    delivery = PlaceDelivery(format="csv", path="a.csv", columns=columns, kinds={"cafe": "horeca"}, **COMMON)
    town = Municipality(None, BOX)
    (row,) = read_place_csv(delivery, tmp_path, town)[0].to_pylist()
    assert shapely.from_wkb(row["geometry"]).equals(shapely.Point(155_500, 463_500))
    (tmp_path / "a.csv").write_text("id,soort,punt\n1,cafe,POINT(155500 463500)\n2,cafe,ergens\n")
    with pytest.raises(SourceError, match="line 3, column 'punt' holds no point in WKT"):
        read_place_csv(delivery, tmp_path, town)


def test_addresses_of_an_extract_stand_at_their_node_or_first_corner(tmp_path: Path):
    longitude, latitude = geo.to_wgs84(np.array([155_100.0, 155_200.0]), np.array([463_100.0, 463_100.0]))
    path = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in enumerate(zip(longitude, latitude, strict=True), start=1):
            tags = {"addr:housenumber": "7", "addr:postcode": "1000 aa"} if number == 1 else {}
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place, tags=tags))
        writer.add_way(osmium.osm.mutable.Way(id=5, nodes=[2, 1, 2], tags={"addr:housenumber": "9", "building": "yes"}))
    table, _ = read_osm_addresses(path, "a.osm.pbf", BOX)
    first, second = table.to_pylist()
    assert (first["address_id"], first["pc6"], round(first["x_m"])) == ("node/1", "1000AA", 155_100)
    assert (second["address_id"], second["pc6"], round(second["x_m"])) == ("way/5", "", 155_200)


@pytest.mark.parametrize("extent", [(220e3, 580e3, 230e3, 590e3), (150e3, 450e3, 150e3 + 1e-4, 450e3 + 1e-4)])
def test_an_extent_that_meets_no_buurt_is_refused_with_where_they_lie(example_raw: Path, extent: tuple[float, ...]):
    area = read_area_file(SHIPPED / "voorbeeldstad.yaml").model_copy(update={"extent": extent})
    with pytest.raises(SourceError, match=r"extent meets none of the buurten of GM9999, which lie within \[1"):
        read_municipality(area, example_raw)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["delft-campus", "amsterdam-osdorp"])
def test_an_extent_counts_only_the_share_of_a_postcode_that_lies_inside(realdata: Path, name: str):
    area = read_area_file(SHIPPED / f"{name}.yaml")
    statistics = read_statistics(area, realdata, read_municipality(area, realdata))
    assert set(statistics.areas["area_type"].to_pylist()) == {"pc4"}
    shares = statistics.areas["share_inside"].to_numpy()
    assert 0 < shares.min() < shares.max() <= 1
    groups = set(statistics.people_counts["population_group"].to_pylist())
    assert {"all", "65plus", "75plus"} <= groups


@pytest.mark.realdata
def test_a_postcode_that_lies_wholly_within_an_extent_counts_once(realdata: Path):
    wide = {"extent": (80_000.0, 442_000.0, 90_000.0, 451_000.0)}
    area = read_area_file(SHIPPED / "delft-campus.yaml").model_copy(update=wide)
    areas = read_statistics(area, realdata, read_municipality(area, realdata)).areas
    assert max(areas["share_inside"].to_pylist()) == 1.0
    assert violations(conform(areas, AREAS), AREAS) == ()


@pytest.mark.realdata
def test_the_national_table_holds_everybody(realdata: Path):
    delivery = read_area_file(SHIPPED / "delft-campus.yaml").sources.pc4_ages
    table, _ = read_pc4_ages(delivery, realdata)
    everybody = table.filter(pc.equal(table["population_group"], "all"))
    assert len(everybody) == 4_074
    assert pc.sum(everybody["persons"]).as_py() == 17_472_870


@pytest.mark.realdata
def test_delft_has_the_addresses_of_its_extract_and_osdorp_the_places_within_it(realdata: Path):
    delft, osdorp = (read_area_file(SHIPPED / f"{name}.yaml") for name in ("delft-campus", "amsterdam-osdorp"))
    addresses, _ = delivered_addresses(Delivered(delft, realdata, read_municipality(delft, realdata)))
    assert len(addresses) == 8_940
    places, _ = delivered_places(Delivered(osdorp, realdata, read_municipality(osdorp, realdata)))
    inside = shapely.contains(shapely.box(*osdorp.extent), shapely.from_wkb(places["geometry"].to_pylist()))
    kinds = [kind for kind, kept in zip(places["place_kind"].to_pylist(), inside, strict=True) if kept]
    assert kinds.count("speelplek") == 22
    assert kinds.count("buurtcentrum") == 2
