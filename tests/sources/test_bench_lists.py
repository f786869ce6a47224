"""Benches that come from a list or a layer, and how complete the area file calls them."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
import yaml
from osmium.osm import mutable

from pipelines.contracts import violations
from pipelines.errors import AreaFileError, SourceError
from pipelines.sources.area_file import SHIPPED, AreaFile, BenchDelivery, read_area_file
from pipelines.sources.bench_lists import read_bench_list
from pipelines.sources.cbs import Municipality, read_municipality
from pipelines.sources.check import problems
from pipelines.sources.contracts import BENCHES
from pipelines.sources.deliveries import Delivered, delivered_benches
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
COMMON: dict[str, Any] = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
GRONINGEN = yaml.safe_load((SHIPPED / "groningen-2017.yaml").read_text(encoding="utf-8"))
DELFT = yaml.safe_load((SHIPPED / "delft-campus.yaml").read_text(encoding="utf-8"))
LIST: dict[str, Any] = {"format": "csv", "path": "meubilair.csv", "columns": {"x": "x", "y": "y"}, **COMMON}
MIXED = (
    "nr;soort;x;y\n7;bank;155100,5;463100\n8;prullenbak;155200;463100\n9; bank ;155300;463100\n7;boom;155400;463100\n"
)


def _listed(raw: Path, text: str, **more: object) -> BenchDelivery:
    (raw / "meubilair.csv").write_text(text, encoding="utf-8")
    return BenchDelivery.model_validate(LIST | more)


def _area(content: dict[str, Any], said: str | None = None, **sources: object) -> AreaFile:
    plain = {key: value for key, value in content.items() if key != "benches"}
    return AreaFile.model_validate({**plain, "benches": said, "sources": {**content["sources"], **sources}})


def test_every_row_of_a_list_of_benches_is_a_bench_numbered_from_one(tmp_path: Path) -> None:
    table, remarks = read_bench_list(_listed(tmp_path, "x;y\n155100,5;463100\n155200;463100\n"), tmp_path, TOWN)
    assert table.to_pylist() == [
        {"source_id": "1", "x_m": 155_100.5, "y_m": 463_100.0},
        {"source_id": "2", "x_m": 155_200.0, "y_m": 463_100.0},
    ]
    assert [(remark.action, remark.rows) for remark in remarks] == [("read", 2)]
    assert violations(table, BENCHES) == ()


def test_of_a_list_with_other_things_only_the_named_kinds_are_benches(tmp_path: Path) -> None:
    columns = {"id": "nr", "kind": "soort", "x": "x", "y": "y"}
    table, remarks = read_bench_list(_listed(tmp_path, MIXED, columns=columns, kinds=["bank"]), tmp_path, TOWN)
    assert table["source_id"].to_pylist() == ["7", "9"]
    assert [(remark.action, remark.rows, remark.examples) for remark in remarks[1:]] == [
        ("listed", 2, "prullenbak (1), boom (1)")
    ]


def test_a_list_of_benches_may_hold_wkt(tmp_path: Path) -> None:
    delivery = _listed(tmp_path, 'g\n"POINT (155100 463100)"\n', columns={"wkt": "g"})
    assert read_bench_list(delivery, tmp_path, TOWN)[0]["x_m"].to_pylist() == [155_100.0]


def test_a_list_without_a_bench_nearby_gives_none(tmp_path: Path) -> None:
    text = "soort;x;y\nbank;158000;463100\nboom;155100;463100\n"
    delivery = _listed(tmp_path, text, columns={"kind": "soort", "x": "x", "y": "y"}, kinds=["bank"])
    table, _ = read_bench_list(delivery, tmp_path, TOWN)
    assert (len(table), table.schema) == (0, BENCHES.schema)


def test_a_bench_far_from_the_municipality_is_left_out(tmp_path: Path) -> None:
    text = "x;y\n155100;463100\n157200;463100\n157400;463100\n"
    assert len(read_bench_list(_listed(tmp_path, text), tmp_path, TOWN)[0]) == 2


def test_a_bench_drawn_in_a_layer_stands_at_its_middle(tmp_path: Path) -> None:
    shapes = [
        shapely.LineString([(155_100, 463_100), (155_102, 463_100)]),
        shapely.box(155_200, 463_200, 155_202, 463_201),
    ]
    frame = gpd.GeoDataFrame({"nr": ["a", "b"]}, geometry=shapes, crs=28992)
    frame.iloc[:1].to_file(tmp_path / "lijnen.gpkg")
    frame.iloc[1:].to_file(tmp_path / "vlakken.gpkg")
    found = []
    for path in ("lijnen.gpkg", "vlakken.gpkg"):
        delivery = BenchDelivery(format="layer", path=path, columns={"id": "nr"}, **COMMON)
        found += read_bench_list(delivery, tmp_path, TOWN)[0].to_pylist()
    assert [tuple(row.values()) for row in found] == [("a", 155_101.0, 463_100.0), ("b", 155_201.0, 463_200.5)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"columns": {"x": "x"}}, r"meubilair\.csv: which columns hold the RD coordinates"),
        ({"columns": {"x": "y", "y": "x"}}, r"outside the Netherlands.*swapped"),
        ({"columns": {"x": "x", "y": "hoogte"}}, "'hoogte' is missing"),
        ({"columns": {"id": "nr", "x": "x", "y": "y"}}, r"'nr' repeats \(4 rows, 3 values\)"),
        (
            {"columns": {"kind": "soort", "x": "x", "y": "y"}, "kinds": ["bench"]},
            r"column 'soort' holds none of the kinds \['bench'\].*'prullenbak'.*Correct `kinds` of sources\.benches",
        ),
    ],
)
def test_a_faulty_list_of_benches_is_refused(tmp_path: Path, more: dict[str, object], expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        read_bench_list(_listed(tmp_path, MIXED, **more), tmp_path, TOWN)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"kinds": ["bank"]}, r"name both `columns: \{kind: \.\.\.\}` and `kinds"),
        ({"columns": {"kind": "soort", "x": "x", "y": "y"}}, "name both"),
        ({"columns": {"x": "x", "y": "y", "rugleuning": "r"}}, r"\['rugleuning'\], which are no facts of a bench"),
        ({"format": "osm"}, "an OSM extract has no columns"),
    ],
)
def test_a_delivery_of_benches_that_contradicts_itself_is_explained(more: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        BenchDelivery.model_validate(LIST | more)


@pytest.mark.parametrize(
    ("content", "said", "sources", "expected"),
    [
        (GRONINGEN, None, {}, "not_delivered"),
        (GRONINGEN, "not_delivered", {}, "not_delivered"),
        (GRONINGEN, None, {"benches": [LIST]}, "partial"),
        (GRONINGEN, "complete", {"benches": [LIST]}, "complete"),
        (DELFT, None, {}, "partial"),
        (DELFT, "complete", {}, "complete"),
        (DELFT, "not_delivered", {}, "not_delivered"),
    ],
)
def test_benches_are_as_complete_as_the_file_says_else_partial_where_any_were_delivered(
    content: dict[str, Any], said: str | None, sources: dict[str, object], expected: str
) -> None:
    assert _area(content, said, **sources).benches_delivered == expected


@pytest.mark.parametrize("said", ["complete", "partial"])
def test_benches_called_complete_and_not_delivered_are_refused_with_how_to_mend_it(tmp_path: Path, said: str) -> None:
    (tmp_path / "town.yaml").write_text(yaml.safe_dump({**GRONINGEN, "benches": said}), encoding="utf-8")
    with pytest.raises(
        AreaFileError, match=rf"town\.yaml: benches is {said}, but none are delivered: add sources\.benches"
    ):
        read_area_file(tmp_path / "town.yaml")


def test_benches_delivered_and_called_not_delivered_are_refused() -> None:
    with pytest.raises(ValueError, match=r"sources\.benches delivers them: say `benches: partial`"):
        _area(GRONINGEN, "not_delivered", benches=[LIST])


def _extract(path: Path, *ids: int) -> None:
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for number in ids:
            writer.add_node(mutable.Node(id=number, location=(5.3878, 52.1552), tags={"amenity": "bench"}))


def _of(area: AreaFile, raw: Path) -> list[str]:
    table, _ = delivered_benches(Delivered(area, raw, TOWN))
    assert violations(table, BENCHES) == ()
    ids: list[str] = table["source_id"].to_pylist()
    return ids


def test_benches_come_from_their_own_delivery_else_from_the_extract_of_the_places(tmp_path: Path) -> None:
    _extract(tmp_path / "places.osm.pbf", 5)
    _extract(tmp_path / "benches.osm.pbf", 6)
    places = [{"format": "osm", "path": "places.osm.pbf", **COMMON}]
    own = {"format": "osm", "path": "benches.osm.pbf", **COMMON}
    assert _of(_area(DELFT, places=places), tmp_path) == ["node/5"]
    assert _of(_area(DELFT, places=places, benches=[own]), tmp_path) == ["node/6"]
    assert _of(_area(DELFT, "not_delivered", places=places), tmp_path) == []
    assert _of(_area(GRONINGEN), tmp_path) == []


def test_several_lists_may_number_their_benches_alike_but_one_file_stands_once(tmp_path: Path) -> None:
    _listed(tmp_path, "x;y\n155100;463100\n")
    (tmp_path / "parken.csv").write_text("x;y\n155200;463100\n", encoding="utf-8")
    both = _area(GRONINGEN, benches=[LIST, {**LIST, "path": "parken.csv"}])
    assert _of(both, tmp_path) == ["meubilair.csv:1", "parken.csv:1"]
    with pytest.raises(SourceError, match=r"sources\.benches: \['meubilair\.csv'\] stands twice"):
        _of(_area(GRONINGEN, benches=[LIST, LIST]), tmp_path)


def test_the_check_names_faulty_benches_beside_faulty_places(tmp_path: Path) -> None:
    said = problems(_area(GRONINGEN, benches=[LIST]), tmp_path)
    assert any(sentence.startswith("groningen/horeca.zip") for sentence in said)
    assert any(sentence.startswith("meubilair.csv: there is no such file") for sentence in said)


@pytest.mark.realdata
def test_osdorps_16_benches_come_in_from_the_list_of_its_places(realdata: Path) -> None:
    area = read_area_file(SHIPPED / "amsterdam-osdorp.yaml")
    municipality = read_municipality(area, realdata)
    table, remarks = delivered_benches(Delivered(area, realdata, municipality))
    assert violations(table, BENCHES) == ()
    points = shapely.points(table["x_m"].to_numpy(), table["y_m"].to_numpy())
    assert shapely.contains(municipality.outline, points).sum() == 16
    assert len(table) > 16  # those within 1,300 m of it are kept too
    assert {remark.action for remark in remarks} == {"read", "listed"}
    assert area.benches_delivered == "partial"
