"""Answers of Overpass and GeoJSON of OSM: the same places and seats as the extract that they were taken from."""

import bz2
import copy
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import InputError, SourceError
from pipelines.sources.contracts import PLACES
from pipelines.sources.osm_benches import read_osm_benches
from pipelines.sources.osm_places import read_osm_places

Extract = Callable[..., Path]
CORNERS = [(4.37, 52.0), (4.371, 52.0), (4.371, 52.001), (4.37, 52.001), (4.37, 52.0)]
HOLE = [(4.3703, 52.0003), (4.3706, 52.0003), (4.3706, 52.0006), (4.3703, 52.0003)]
SCHOOL = {"amenity": "school", "name": "De Regenboog", "building": "yes", "building:levels": "2"}
DOOR = {"entrance": "main", "wheelchair": "yes"}
CAFE = {"amenity": "cafe;bar", "name": "De Hoek"}
BENCH = {"amenity": "bench"}
OPL = [
    "n1 x4.37 y52.0 Tentrance=main,wheelchair=yes", "n2 x4.371 y52.0", "n3 x4.371 y52.001", "n4 x4.37 y52.001",
    "n5 x4.3703 y52.0003", "n6 x4.3706 y52.0003", "n7 x4.3706 y52.0006",
    "n8 x4.38 y52.0 Tamenity=cafe;bar,name=De%20%Hoek", "n9 x4.381 y52.0 Tamenity=bench",
    "w1 Tamenity=school,name=De%20%Regenboog,building=yes,building:levels=2 Nn1,n2,n3,n4,n1",
    "w2 Nn5,n6,n7,n5", "w3 Nn1,n2,n3,n4,n1", "w4 Tamenity=bench Nn5,n6",
    "r5 Ttype=multipolygon,leisure=pitch Mw3@outer,w2@inner",
]  # fmt: skip
Feature = dict[str, Any]


def put(folder: Path, content: object, name: str = "export.geojson") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def shaped(kind: str, coordinates: object) -> Feature:
    return {"type": kind, "coordinates": coordinates}


THINGS: list[tuple[str, dict[str, str], Feature]] = [
    ("way/1", SCHOOL, shaped("Polygon", [CORNERS])),
    ("relation/5", {"type": "multipolygon", "leisure": "pitch"}, shaped("Polygon", [CORNERS, HOLE])),
    ("way/4", BENCH, shaped("LineString", HOLE[:2])),
    ("node/1", DOOR, shaped("Point", CORNERS[0])),
    ("node/8", CAFE, shaped("Point", (4.38, 52.0))),
    ("node/9", BENCH, shaped("Point", (4.381, 52.0))),
]


def flat(source_id: str, tags: dict[str, str]) -> Feature:
    return {"id": source_id, "properties": {"@id": source_id, **tags}}


def nested(source_id: str, tags: dict[str, str]) -> Feature:
    kind, number = source_id.split("/")
    told = {"type": kind, "id": int(number), "tags": tags, "relations": [], "meta": {"version": 3}}
    return {"id": source_id, "properties": told}


def of_osmium(source_id: str, tags: dict[str, str]) -> Feature:
    kind, number = source_id.split("/")
    area = {"way": 2 * int(number), "relation": 2 * int(number) + 1}.get(kind)
    is_area = area is not None and "bench" not in tags.values()
    return {"id": f"a{area}" if is_area else f"{kind[0]}{number}", "properties": tags}


def of_quickosm(source_id: str, tags: dict[str, str]) -> Feature:
    kind, number = source_id.split("/")
    told = {"full_id": f"{kind[0]}{number}", "osm_id": number, "osm_type": kind, **tags, "addr:street": None}
    return {"properties": told}


def by_type(source_id: str, tags: dict[str, str]) -> Feature:
    kind, number = source_id.split("/")
    return {"properties": {"@type": kind, "@id": int(number), **tags}}


def collection(*features: Feature, **more: object) -> Feature:
    return {"type": "FeatureCollection", "generator": "overpass-ide", "features": list(features), **more}


def drawn(dialect: Callable[[str, dict[str, str]], Feature]) -> Feature:
    return collection(*({"type": "Feature", **dialect(one, tags), "geometry": shape} for one, tags, shape in THINGS))


def points(corners: list[tuple[float, float]]) -> list[dict[str, float]]:
    return [{"lat": lat, "lon": lon} for lon, lat in corners]


def answer(form: str) -> Feature:
    nodes: list[Feature] = [
        {"type": "node", "id": n, "lat": lat, "lon": lon}
        for n, (lon, lat) in enumerate([*CORNERS[:4], *HOLE[:3], (4.38, 52.0), (4.381, 52.0)], start=1)
    ]
    nodes[0] |= {"tags": DOOR}
    nodes[7] |= {"tags": CAFE}
    nodes[8] |= {"tags": BENCH}
    rings = {1: ([1, 2, 3, 4, 1], CORNERS, SCHOOL), 4: ([5, 6], HOLE[:2], BENCH)}
    members = {2: ([5, 6, 7, 5], HOLE, {}), 3: ([1, 2, 3, 4, 1], CORNERS, {})}
    pitch: Feature = {
        "type": "relation",
        "id": 5,
        "members": [{"type": "way", "ref": 3, "role": "outer"}, {"type": "way", "ref": 2, "role": "inner"}],
        "tags": {"type": "multipolygon", "leisure": "pitch"},
    }
    ways: list[Feature] = [
        {"type": "way", "id": n, "nodes": refs, **({"tags": tags} if tags else {})}
        for n, (refs, _, tags) in (rings | members).items()
    ]
    if form == "geom":
        nodes = [one for one in nodes if "tags" in one]
        ways = [one | {"geometry": points(rings[one["id"]][1])} for one in ways if one["id"] in rings]
        pitch["members"] = [one | {"geometry": points(members[one["ref"]][1])} for one in pitch["members"]]
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": "2025-01-01T00:00:00Z"}, "elements": [*ways, pitch, *nodes]}


EXPORTS = {
    "overpass-turbo": drawn(flat),
    "osmtogeojson with nested tags": drawn(nested),
    "osmium": drawn(of_osmium),
    "QuickOSM": drawn(of_quickosm),
    "kind and number apart": drawn(by_type),
    "Overpass, nodes and ways": answer("body"),
    "Overpass, geometry in ways": answer("geom"),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_gives_the_places_doors_and_seats_of_the_extract(
    extract: Extract, tmp_path: Path, export: str
) -> None:
    path, whole = put(tmp_path, EXPORTS[export]), extract(*OPL)
    table, remarks = read_osm_places(path, "osm")
    expected, _ = read_osm_places(whole, "osm")
    assert violations(table, PLACES) == ()
    assert remarks == ()
    found = {row["source_id"]: row for row in table.to_pylist()}
    assert found.keys() == {"way/1", "relation/5", "node/8"}
    for row in expected.to_pylist():
        mine = found[row["source_id"]]
        for name in ("geometry", "entrances"):
            one, other = (shapely.from_wkb(each[name]) for each in (mine, row))
            assert one is other is None or one.equals(other)
        exact = set(row) - {"geometry", "entrances", "floor_area_m2"}
        assert {name: mine[name] for name in exact} == {name: row[name] for name in exact}
        assert mine["floor_area_m2"] == pytest.approx(row["floor_area_m2"], abs=0.2)
    benches, _ = read_osm_benches(path, "osm")
    assert sorted(benches.to_pylist(), key=str) == sorted(read_osm_benches(whole, "osm")[0].to_pylist(), key=str)


def one_place(folder: Path, content: object) -> list[dict[str, Any]]:
    return list(read_osm_places(put(folder, content), "osm", year=2024)[0].to_pylist())


@pytest.mark.parametrize(
    "told", [{"center": {"lat": 52.0005, "lon": 4.3705}},
             {"bounds": {"minlat": 52.0, "minlon": 4.37, "maxlat": 52.001, "maxlon": 4.371}}],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["way", "relation"])
def test_of_what_only_the_middle_was_asked_lies_there(tmp_path: Path, kind: str, told: Feature) -> None:
    tags = SCHOOL | ({"type": "multipolygon"} if kind == "relation" else {})
    (row,) = one_place(tmp_path, {"elements": [{"type": kind, "id": 1, "tags": tags, **told}]})
    assert shapely.from_wkb(row["geometry"]).geom_type == "Point"
    assert row["floor_area_m2"] is None


def test_a_box_in_geojson_is_no_outline(tmp_path: Path) -> None:
    feature = {"type": "Feature", "geometry": shaped("Polygon", [CORNERS]), **flat("way/1", SCHOOL)}
    feature["properties"]["@geometry"] = "bounds"
    (row,) = one_place(tmp_path, collection(feature))
    assert (shapely.from_wkb(row["geometry"]).geom_type, row["floor_area_m2"]) == ("Point", None)


@pytest.mark.parametrize(
    "geometry",
    [
        shaped("LineString", CORNERS[:4]),
        shaped("Polygon", [[CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3], CORNERS[0]]]),
        None,
        {"type": "GeometryCollection", "geometries": [shaped("Point", CORNERS[0])]},
    ],
)
def test_what_does_not_close_is_set_aside_and_told(tmp_path: Path, geometry: Feature | None) -> None:
    feature = {"type": "Feature", "geometry": geometry, **flat("way/1", SCHOOL)}
    table, (remark,) = read_osm_places(put(tmp_path, collection(feature)), "osm")
    assert (len(table), remark.action, remark.examples) == (0, "set_aside", "way/1")


def test_an_outline_of_which_a_part_is_missing_is_set_aside(tmp_path: Path) -> None:
    tainted = flat("way/1", SCHOOL)
    tainted["properties"]["@tainted"] = True
    path = put(tmp_path, collection({"type": "Feature", "geometry": shaped("Polygon", [CORNERS]), **tainted}))
    assert read_osm_places(path, "osm")[1][0].problem == "place whose outline does not close"
    way = {"type": "way", "id": 1, "nodes": [1, 2, 3, 1], "tags": SCHOOL}
    path = put(tmp_path, {"elements": [way, {"type": "node", "id": 1, "lat": 52.0, "lon": 4.37}]})
    assert read_osm_places(path, "osm")[1][0].problem == "place whose outline does not close"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_packed_export_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = put(tmp_path, {"elements": [{"type": "node", "id": 1, "lat": 52.0, "lon": 4.37, "tags": CAFE}]}, "packed")
    path.write_bytes(pack(path.read_bytes()))
    assert len(read_osm_places(path, "osm")[0]) == 1


def test_what_is_closed_or_private_in_an_export_does_not_count(tmp_path: Path) -> None:
    tags = ({"disused": "yes"}, {"end_date": "2015-07-01"}, {"access": "private"}, {})
    things: list[Feature] = [
        {"type": "node", "id": n, "lat": 52.0, "lon": 4.37, "tags": CAFE | more} for n, more in enumerate(tags, start=1)
    ]
    things.append({**things[-1], "id": 9, "visible": False})
    assert [row["source_id"] for row in one_place(tmp_path, {"elements": things})] == ["node/4"]


FEATURE = {"type": "Feature", "geometry": shaped("Point", (4.37, 52.0)), **flat("node/8", CAFE)}
REFUSED: dict[str, tuple[object, str]] = {
    "cut": (json.dumps(drawn(flat))[:-30], "is no JSON"),
    "deep": ("[" * 100_000, "is no JSON"),
    "no answer": ({"a": 1}, "no answer of Overpass and no GeoJSON"),
    "a list": ([1, 2], "no answer of Overpass and no GeoJSON"),
    "no elements": ({"elements": []}, "holds nothing at all"),
    "no features": (collection(), "holds nothing at all"),
    "unfinished": (
        answer("body") | {"remark": 'runtime error: Query timed out in "query" at line 3 after 25 seconds.'},
        "Overpass did not finish this answer .*Query timed out",
    ),
    "no ids": (collection({**FEATURE, "id": 7, "properties": CAFE}), "feature 1 does not say which object"),
    "features of nothing": (collection(*[None, 3]), "features.0: Input should be"),
    "other degrees": (
        collection(FEATURE, crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}),
        "is not in WGS 84",
    ),
    "coordinates of text": (
        collection({**FEATURE, "geometry": shaped("Point", ("a", "b"))}),
        r"features\.0\.geometry.*valid number",
    ),
    "latitude of text": (
        {"elements": [{"type": "node", "id": 1, "lat": "noord", "lon": 4.37, "tags": CAFE}]},
        r"elements\.0\.lat: .*valid number",
    ),
    "far away": (collection({**FEATURE, "geometry": shaped("Point", (13.4, 52.5))}), "outside the Netherlands"),
    "exchanged": (collection({**FEATURE, "geometry": shaped("Point", (52.0, 4.37))}), "exchanged"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_export_that_is_not_whole_or_not_of_osm_is_refused(tmp_path: Path, what: str) -> None:
    content, words = REFUSED[what]
    with pytest.raises(SourceError, match=rf"^osm: .*{words}") as told:
        read_osm_places(put(tmp_path, content), "osm")
    assert str(told.value).endswith(".")


ODD = (None, [], {}, "x", "", -1, 1e308, float("nan"), True, "node", 10**30, [[]], [None], "\ud800")


def _spots(node: Any) -> list[tuple[Any, Any]]:
    keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
    return [(node, key) for key in keys] + [one for key in keys for one in _spots(node[key])]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(EXPORTS)), st.randoms(use_true_random=False), st.sampled_from(ODD))
def test_any_odd_value_in_an_export_is_refused_or_keeps_the_contract(
    tmp_path: Path, export: str, chance: random.Random, odd: object
) -> None:
    content = copy.deepcopy(EXPORTS[export])
    parent, key = chance.choice(_spots(content))
    parent[key] = odd
    try:
        table, _ = read_osm_places(put(tmp_path, content), "osm", year=2024)
    except InputError:
        return
    assert violations(table, PLACES) == ()
