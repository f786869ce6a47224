"""Places of several deliveries made one: cases by hand, and what holds of any places."""

import random
import time
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.places.merging import merge_places, ranks
from pipelines.places.names import likeness, plain_name
from pipelines.places.register import build_register
from pipelines.sources.area_file import SHIPPED, PlaceDelivery, read_area_file
from pipelines.sources.cbs import read_municipality
from pipelines.sources.contracts import DOOR_COLUMNS, PLACES
from pipelines.sources.deliveries import Delivered, delivered_places
from pipelines.sources.place_kinds import known_kinds

COMMON = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
OSM, DUO, LIST, OTHER = "o.pbf", "duo.csv", "list.csv", "sport.gpkg"
DELIVERIES = (
    PlaceDelivery(format="osm", path=OSM, **COMMON),
    PlaceDelivery(format="csv", path=LIST, **COMMON),
    PlaceDelivery(format="layer", path=OTHER, **COMMON),
)
SOURCES = (LIST, OTHER, DUO, OSM)
# DUO comes with a reader of its own; here it stands between the lists and OSM.
RANKS = dict(zip(SOURCES, range(4), strict=True))


def at(x: float, y: float = 0.0) -> bytes:
    return bytes(shapely.Point(155_000 + x, 463_000 + y).wkb)


def plot(x: float, size: float) -> bytes:
    return bytes(shapely.box(155_000 + x, 463_000, 155_000 + x + size, 463_000 + size).wkb)


def place(source: str, source_id: str, name: str, geometry: bytes, kind: str = "school", **facts: object):
    nothing = dict.fromkeys(("same_purpose", "regularity", "indoor", "free_of_charge"), "unknown")
    doors = {"door_wheelchair": [""], "door_step_count": [None], "door_kerb_height_m": [None], "door_width_m": [None]}
    base = {"source": source, "source_id": source_id, "place_kind": kind, "functions": [], "name": name}
    return base | {"geometry": geometry, "entrances": None, "floor_area_m2": None} | nothing | doors | facts


def merged(*rows: dict[str, object]):
    return merge_places(pa.Table.from_pylist(list(rows), schema=PLACES.schema), RANKS)


def kept_ids(*rows: dict[str, object]) -> list[str]:
    return sorted(merged(*rows)[0]["source_id"].to_pylist())


# --- By hand ----------------------------------------------------------------------------------------------------


def test_a_school_that_list_register_and_osm_tell_of_is_one_with_the_facts_of_all():
    doors = {"door_wheelchair": ["yes", "no"]} | {c.name: [None, None] for c in DOOR_COLUMNS[1:]}
    entrances = shapely.MultiPoint([(155_000, 463_010), (155_040, 463_010)]).wkb
    polygon = place(OSM, "way/1", "De Brug", plot(0, 40), entrances=entrances, **doors)
    register = place(DUO, "01AB", "Openbare Basisschool De Brug", at(20, 20), floor_area_m2=900.0)
    listed = place(LIST, "7", "OBS de Brug", at(55, 20), indoor="yes", door_width_m=[0.9])
    kept, report = merged(polygon, register, listed)
    (school,) = kept.to_pylist()
    assert (school["source_id"], school["name"]) == ("7", "OBS de Brug")
    assert school["merged_sources"] == ["o.pbf:way/1", "duo.csv:01AB"]
    assert (school["floor_area_m2"], school["indoor"], school["entrances"]) == (900.0, "yes", entrances)
    assert (school["door_wheelchair"], school["door_width_m"]) == (["yes", "no"], [0.9, 0.9])
    told = {one["source_id"]: (one["distance_m"], one["rule"], one["kept_source_id"]) for one in report}
    assert told == {"way/1": (15.0, "same_name", "7"), "01AB": (35.0, "same_name", "7")}


def test_two_nameless_playgrounds_in_one_list_stay_two():
    assert kept_ids(*(place(LIST, str(x), "", at(x), "speelplek") for x in (0, 15))) == ["0", "15"]
    assert kept_ids(*(place(LIST, str(x), "", at(x), "speelplek") for x in (0, 1))) == ["0", "1"]


def test_a_list_that_tells_two_playgrounds_apart_meets_two_of_osm_one_by_one():
    listed = [place(LIST, f"list {x}", "", at(x), "speelplek") for x in (0, 15)]
    mapped = [place(OSM, f"osm {x}", "", at(x + 1), "speelplek") for x in (0, 15)]
    _, report = merged(*listed, *mapped)
    assert {(one["source_id"], one["kept_source_id"]) for one in report} == {("osm 0", "list 0"), ("osm 15", "list 15")}
    # One of the list cannot be both of OSM.
    assert kept_ids(listed[0], *mapped) == ["list 0", "osm 15"]


def test_a_cafe_and_a_restaurant_next_door_stay_two():
    cafe, restaurant = "Café De Zwaan", "Restaurant Napoli"
    assert kept_ids(place(LIST, "1", cafe, at(0), "horeca"), place(LIST, "2", restaurant, at(6), "horeca")) == [
        "1",
        "2",
    ]
    assert kept_ids(place(LIST, "1", cafe, at(0), "horeca"), place(OSM, "2", restaurant, at(0), "horeca")) == ["1", "2"]


def test_a_nameless_place_never_makes_one_of_two_that_have_names():
    rows = [place(LIST, "1", "", at(5), "horeca"), place(OSM, "2", "De Zwaan", at(0), "horeca")]
    rows += [place(OTHER, "3", "Napoli", at(12), "horeca")]
    kept, _ = merged(*rows)
    assert dict(zip(kept["source_id"].to_pylist(), kept["name"].to_pylist(), strict=True)) == {
        "1": "De Zwaan",
        "3": "Napoli",
    }


def test_within_one_delivery_only_a_place_drawn_twice_is_one_and_its_outline_is_kept():
    drawn = [place(OSM, "node/1", "De Brug", at(10, 10)), place(OSM, "way/2", "De Brug", plot(0, 30))]
    assert kept_ids(*drawn) == ["way/2"]
    assert kept_ids(place(OSM, "1", "De Brug", at(0)), place(OSM, "2", "De Brug", at(6))) == ["1", "2"]


def test_a_place_drawn_twice_in_osm_is_one_with_that_of_the_list():
    drawn = [place(OSM, "node/1", "De Brug", at(10, 10)), place(OSM, "way/2", "De Brug", plot(0, 30))]
    assert kept_ids(*drawn, place(LIST, "7", "Basisschool De Brug", at(5, 5))) == ["7"]


@pytest.mark.parametrize(("metres", "n_kept"), [(99.0, 1), (101.0, 2)])
def test_one_name_is_one_place_up_to_a_hundred_metres(metres: float, n_kept: int):
    assert len(kept_ids(place(LIST, "1", "De Brug", at(0)), place(OSM, "2", "OBS De Brug", at(metres)))) == n_kept


@pytest.mark.parametrize(("metres", "n_kept"), [(19.0, 1), (21.0, 2)])
def test_without_a_name_one_place_reaches_twenty_metres(metres: float, n_kept: int):
    for name in ("", "Speeltuin"):
        rows = [place(LIST, "1", name, at(0), "speelplek"), place(OSM, "2", "De Fabel", at(metres), "speelplek")]
        assert len(kept_ids(*rows)) == n_kept


def test_neighbours_do_not_chain():
    rows = [place(source, str(n), "De Brug", at(80.0 * n)) for n, source in enumerate((LIST, OTHER, DUO, OSM))]
    kept, report = merged(*rows)
    assert sorted(kept["source_id"].to_pylist()) == ["0", "2"]
    assert {one["distance_m"] for one in report} == {80.0}


def test_a_name_that_was_taken_over_finds_its_like():
    rows = [place(LIST, "1", "", at(0)), place(OTHER, "2", "De Brug", at(15)), place(OSM, "3", "De Brug", at(60))]
    kept, _ = merged(*rows)
    assert kept["merged_sources"].to_pylist() in ([["sport.gpkg:2"], []], [["sport.gpkg:2", "o.pbf:3"]])
    again, report = merge_places(kept, RANKS)
    assert (again.equals(kept), report) == (True, [])


def test_a_brede_school_is_one_with_the_community_centre_in_it():
    school = place(LIST, "1", "De Brug", at(0), functions=["buurtcentrum"])
    kept, _ = merged(school, place(OSM, "2", "De Brug", at(30), "buurtcentrum"), place(DUO, "3", "De Brug", at(40)))
    assert kept["functions"].to_pylist() == [["buurtcentrum"]]
    assert kept["merged_sources"].to_pylist() == [["o.pbf:2", "duo.csv:3"]]


def test_lists_win_over_registers_and_these_over_osm_and_then_the_area_file_decides():
    assert ranks([OSM, LIST, OTHER, OSM], DELIVERIES) == {LIST: 0, OTHER: 1, OSM: 2}
    assert ranks([OSM, LIST, OTHER], DELIVERIES[::-1]) == {OTHER: 0, LIST: 1, OSM: 2}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("OBS De Brug", "Openbare basisschool 'de Brug'", True),
        ("Café Hét Anker", "het anker", True),
        ("De Bruhg", "De Brug", True),
        ("De Brug", "De Burcht", False),
        ("De Fabel 2", "De Fabel", False),
        ("Sint Jozef", "Sint Maarten", False),
    ],
)
def test_names_are_alike_or_not(one: str, other: str, *, same: bool):
    assert bool(likeness([plain_name(one)], [plain_name(other)])[0] >= 85) == same


# --- Of any places ----------------------------------------------------------------------------------------------

NAMES = ("", "De Brug", "OBS de Brug", "De Brug 2", "Het Anker", "Speeltuin")
anywhere = st.builds(
    lambda source, name, x, y, size, kind, functions: (source, name, x, y, size, kind, functions),
    st.sampled_from(SOURCES),
    st.sampled_from(NAMES),
    st.integers(0, 160),
    st.integers(0, 40),
    st.sampled_from([0, 0, 0, 25]),
    st.sampled_from(["school", "buurtcentrum", "speelplek"]),
    st.lists(st.sampled_from(["school", "buurtcentrum"]), max_size=1),
)
towns = st.lists(anywhere, max_size=12)


def rows_of(town) -> list[dict[str, object]]:
    return [
        place(
            source,
            str(number),
            name,
            bytes(shapely.box(x, y, x + size, y + size).wkb) if size else bytes(shapely.Point(x, y).wkb),
            kind,
            functions=functions,
        )
        for number, (source, name, x, y, size, kind, functions) in enumerate(town)
    ]


@settings(max_examples=150, deadline=None)
@given(towns, st.randoms(use_true_random=False))
def test_merging_is_idempotent_blind_to_order_and_loses_no_place(town, chance: random.Random):
    rows = rows_of(town)
    shuffled = chance.sample(rows, len(rows))
    kept, report = merged(*rows)
    assert merged(*shuffled)[0].equals(kept)
    again, nothing = merge_places(kept, RANKS)
    assert (again.equals(kept), nothing) == (True, [])
    delivered = [f"{row['source']}:{row['source_id']}" for row in rows]
    own = [f"{row['source']}:{row['source_id']}" for row in kept.to_pylist()]
    assert sorted(own + kept["merged_sources"].combine_chunks().flatten().to_pylist()) == sorted(delivered)
    assert sorted(own + [f"{one['source']}:{one['source_id']}" for one in report]) == sorted(delivered)


@settings(max_examples=150, deadline=None)
@given(towns)
def test_what_is_merged_is_near_of_one_kind_and_never_of_two_names(town):
    rows = {row["source_id"]: row for row in rows_of(town)}
    kept, report = merged(*rows.values())
    for one in report:
        merged_row, into = rows[one["source_id"]], rows[one["kept_source_id"]]
        apart = shapely.distance(shapely.from_wkb(merged_row["geometry"]), shapely.from_wkb(into["geometry"]))
        assert one["distance_m"] == pytest.approx(apart, abs=0.06)
        assert apart <= 100
        assert RANKS[into["source"]] <= RANKS[merged_row["source"]]
        if into["source"] == merged_row["source"]:
            assert apart <= 5
            assert plain_name(into["name"]) == plain_name(merged_row["name"]) != ""
    for row in kept.to_pylist():
        parts = [rows[row["source_id"]], *(rows[one.split(":")[1]] for one in row["merged_sources"])]
        names = {plain_name(part["name"]) for part in parts} - {""}
        assert len(names) < 2, names
        known = {row["place_kind"], *row["functions"]}
        assert all(known & {part["place_kind"], *part["functions"]} for part in parts)


# --- Towns ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_hundred_thousand_places_take_seconds():
    chance = np.random.default_rng(1)
    n = 100_000
    x, y = chance.uniform(0, 100_000, (2, n))
    words = np.array([f"naam{number}" for number in chance.integers(0, 50_000, n)])
    kinds = np.array(["school", "horeca", "winkel", "sport"])[chance.integers(0, 4, n)]
    tables = []
    for source, shift in ((LIST, 0.0), (OSM, 12.0)):
        columns = {
            "source": [source] * n,
            "source_id": [str(number) for number in range(n)],
            "place_kind": kinds,
            "functions": [[]] * n,
            "name": words,
            "geometry": shapely.to_wkb(shapely.points(x + shift, y)),
            "entrances": pa.nulls(n, pa.binary()),
            **{column.name: [[None]] * n for column in DOOR_COLUMNS},
            "floor_area_m2": pa.nulls(n, pa.float64()),
            **dict.fromkeys(("same_purpose", "regularity", "indoor", "free_of_charge"), ["unknown"] * n),
        }
        tables.append(
            pa.table(
                [pa.array(columns[name], PLACES.schema.field(name).type) for name in columns], names=list(columns)
            ).select(PLACES.schema.names)
        )
    places = pa.concat_tables(tables)
    begin = time.process_time()
    kept, report = merge_places(places, RANKS)
    assert time.process_time() - begin < 30
    assert len(kept) == len(places) - len(report)
    assert len(report) >= 0.99 * n


# Of the schools of Groningen 16 rows repeat a BAG object, once for each building it lies in; 3 are other objects there.
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("area_name", "delivered", "kept", "merges"),
    [
        ("groningen-2017", {"horeca": 621, "school": 242}, {"horeca": 620, "school": 223}, (20, 16)),
        ("delft-campus", {"speelplek": 19, "sport": 23}, {"speelplek": 19, "sport": 22}, (1, 1)),
    ],
)
def test_real_deliveries_hold_some_places_twice(realdata, area_name, delivered, kept, merges):
    area = read_area_file(SHIPPED / f"{area_name}.yaml")
    places, _ = delivered_places(Delivered(area, realdata, read_municipality(area, realdata)))
    made = build_register(places, area.place_kinds, area.sources.places)
    before, after = (Counter(table["place_kind"].to_pylist()) for table in (places, made.places))
    assert {kind: before[kind] for kind in delivered} == delivered
    assert {kind: after[kind] for kind in kept} == kept
    assert set(made.merges["rule"].to_pylist()) == {"same_place"}
    assert pc.max(made.merges["distance_m"]).as_py() <= 5
    assert (len(made.merges), pc.sum(pc.equal(made.merges["distance_m"], 0)).as_py()) == merges
    assert set(after) <= set(known_kinds())
