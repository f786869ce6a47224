import pyarrow as pa
import pytest
import shapely

from pipelines.contracts import conform, violations
from pipelines.errors import AreaFileError
from pipelines.places.contracts import COMPLETENESS, FUNCTIONS, MERGES, REGISTER
from pipelines.places.register import Register, build_register, completeness
from pipelines.sources.area_file import PlaceDelivery
from pipelines.sources.contracts import DOOR_COLUMNS, PLACES
from pipelines.sources.place_kinds import booklet_kinds, known_kinds

SIX = dict.fromkeys(booklet_kinds(), "complete")
ALL = dict.fromkeys(known_kinds(), "complete")
COMMON = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
DELIVERIES = (PlaceDelivery(format="osm", path="o.pbf", **COMMON), PlaceDelivery(format="csv", path="a.csv", **COMMON))


def place(kind: str, source: str, source_id: str, **facts: object) -> dict[str, object]:
    """One delivered place of which nothing is told but `facts`; places of other ids lie 500 m apart."""
    at = shapely.Point(155_000 + 500 * (sum(map(ord, source_id)) % 97), 463_000)
    nothing = dict.fromkeys(("same_purpose", "regularity", "indoor", "free_of_charge"), "unknown")
    doors = {column.name: [None] for column in DOOR_COLUMNS}
    base = {"place_kind": kind, "source": source, "source_id": source_id, "functions": [], "name": ""}
    return base | {"geometry": at.wkb, "entrances": None} | nothing | doors | facts


def delivered(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=PLACES.schema)


def built(*rows: dict[str, object], kinds: dict[str, str] | None = None) -> Register:
    """The register of `rows`, every table of which keeps its contract."""
    made = build_register(delivered(*rows), kinds or SIX, DELIVERIES)
    pairs = ((made.places, REGISTER), (made.functions, FUNCTIONS), (made.merges, MERGES))
    for table, contract in pairs:
        assert violations(conform(table, contract), contract) == ()
    return made


def test_places_are_numbered_in_one_order_whatever_the_order_of_delivery():
    rows = [place("school", "b.csv", "2"), place("horeca", "b.csv", "9"), place("school", "a.csv", "7")]
    one, other = built(*rows).places, built(*reversed(rows)).places
    assert one.equals(other)
    assert one["source_id"].to_pylist() == ["9", "7", "2"]
    assert one["place_id"].to_pylist() == [0, 1, 2]


def test_doors_and_floors_stay_with_their_place():
    facts = {"door_wheelchair": ["yes", ""], "door_width_m": [0.9, None], "floor_area_m2": 120.0}
    cafe, school = built(place("school", "a.csv", "2", **facts), place("horeca", "a.csv", "1")).places.to_pylist()
    assert {name: school[name] for name in facts} == facts
    assert cafe["floor_area_m2"] is None


def test_no_places_make_an_empty_register():
    assert [len(table) for table in (built().places, built().functions, built().merges)] == [0, 0, 0]


def test_every_named_kind_is_accounted_for_by_what_places_are_and_not_by_how_many_there_are():
    school = place("school", "a.csv", "1", functions=["buurtcentrum", "bibliotheek"])
    made = built(school, place("school", "a.csv", "2"), kinds=ALL)
    table = completeness(made.functions, ALL)
    assert violations(conform(table, COMPLETENESS), COMPLETENESS) == ()
    counted = dict(zip(table["place_kind"].to_pylist(), table["places"].to_pylist(), strict=True))
    assert counted == dict.fromkeys(known_kinds(), 0) | {"school": 2, "buurtcentrum": 1, "bibliotheek": 1}
    told = zip(table["place_kind"].to_pylist(), table["is_booklet"].to_pylist(), strict=True)
    assert {kind for kind, is_booklet in told if is_booklet} == set(booklet_kinds())


def test_a_kind_that_is_called_not_delivered_but_was_is_a_contradiction():
    made = built(place("school", "a.csv", "1"))
    with pytest.raises(AreaFileError, match=r"school is called not_delivered, but the deliveries hold 1.*partial"):
        completeness(made.functions, dict.fromkeys(booklet_kinds(), "not_delivered"))


def test_a_further_kind_that_the_area_file_does_not_name_is_set_aside_and_counted():
    made = built(place("bibliotheek", "a.csv", "1"), place("bibliotheek", "o.pbf", "2"), place("school", "a.csv", "3"))
    assert made.places["place_kind"].to_pylist() == ["school"]
    told = [(remark.source, remark.action, remark.rows, remark.examples) for remark in made.remarks]
    assert told == [("a.csv", "set_aside", 1, "1"), ("o.pbf", "set_aside", 1, "2")]
    assert all("bibliotheek is not named" in remark.problem for remark in made.remarks)


def test_a_place_of_which_only_another_function_is_named_counts_as_that():
    library = place("bibliotheek", "a.csv", "1", functions=["horeca", "buurtcentrum"])
    made = built(library)
    assert made.places["functions"].to_pylist() == [["horeca", "buurtcentrum"]]
    assert made.places["place_kind"].to_pylist() == ["horeca"]
    assert [(remark.action, remark.rows) for remark in made.remarks] == [("not counted as such", 1)]


def test_what_is_held_once_is_set_aside_and_absorbs_nothing():
    feast = place("buurtcentrum", "a.csv", "1", name="De Brug", regularity="once")
    made = built(feast, place("buurtcentrum", "o.pbf", "2", name="De Brug", geometry=feast["geometry"]))
    assert made.places["source_id"].to_pylist() == ["2"]
    assert [(remark.problem, remark.rows) for remark in made.remarks] == [("held once: no place to meet", 1)]


def test_a_room_that_another_group_hires_each_evening_stands_in_the_register_and_does_not_count():
    made = built(place("buurtcentrum", "a.csv", "1", same_purpose="no"), place("buurtcentrum", "a.csv", "2"))
    told = {row["source_id"]: (row["counts"], row["reason_not_counted"]) for row in made.places.to_pylist()}
    assert told == {"1": (False, "other_purpose"), "2": (True, "")}
    assert made.functions["place_id"].to_pylist() == [1]


def test_a_care_home_counts_from_a_list_and_not_from_a_tag():
    made = built(place("zorgcentrum", "o.pbf", "1"), place("zorgcentrum", "a.csv", "2"), kinds=ALL)
    told = {row["source_id"]: row["reason_not_counted"] for row in made.places.to_pylist()}
    assert told == {"1": "public_room_unknown", "2": ""}


def test_what_nobody_told_is_as_the_typology_says_and_what_was_told_stands():
    hall, cafe = place("sport", "a.csv", "1", indoor="yes"), place("horeca", "a.csv", "2", free_of_charge="yes")
    attributes = ("same_purpose", "regularity", "indoor", "free_of_charge")
    rows = {row["place_kind"]: tuple(row[name] for name in attributes) for row in built(hall, cafe).places.to_pylist()}
    assert rows == {"sport": ("yes", "weekly", "yes", "unknown"), "horeca": ("yes", "daily", "yes", "yes")}
