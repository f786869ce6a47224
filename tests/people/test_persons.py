import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.errors import SourceError
from pipelines.people.atoms import build_atoms
from pipelines.people.contracts import PERSONS
from pipelines.people.doubts import Doubt
from pipelines.people.groups import FiveYears, Group, all_groups, need_groups, shares_within
from pipelines.people.origins import Deliveries, find_points
from pipelines.people.persons import share_persons
from pipelines.people.priors import likely_persons
from pipelines.sources.area_file import PROFILES
from pipelines.sources.contradictions import Contradiction
from pipelines.sources.remarks import Remark


def _shared(deliveries: Deliveries) -> tuple[list[dict[str, object]], tuple[Remark, ...]]:
    """Every row of people/persons, with the code of its origin and where it lies."""
    points = find_points(deliveries, 10)
    priors = likely_persons(points, deliveries.people_counts, deliveries.unit_type)
    atoms = build_atoms(points, priors, deliveries)
    found, remarks = share_persons(atoms, deliveries.people_counts, deliveries.areas, deliveries.unit_type)
    found = conform(found, PERSONS)
    assert violations(found, PERSONS) == ()
    places = atoms.to_pylist()
    rows = [{**places[row["atom_id"]], **row, "code": points.codes[row["origin_id"]]} for row in found.to_pylist()]
    return rows, remarks


def _persons(rows: list[dict[str, object]], group: str = "all") -> dict[object, object]:
    return {row["code"]: row["persons"] for row in rows if row["population_group"] == group}


def _sum(rows: list[dict[str, object]], group: str, **where: object) -> float:
    return sum(
        row["persons"] or 0
        for row in rows
        if row["population_group"] == group and all(row[name] == value for name, value in where.items())
    )


def test_a_total_is_shared_over_its_homes(town):
    homes = [town.address("a", 10), town.address("b", 20), town.address("c", 350)]
    rows, remarks = _shared(
        town.deliveries("buurt", [town.count("buurt", "BU1", 100), town.count("buurt", "BU2", 7)], homes)
    )
    assert _persons(rows) == pytest.approx({"a": 50, "b": 50, "c": 7, "1000AB": 0}, abs=1e-6)
    assert remarks == ()


def test_squares_and_postcodes_of_the_same_year_are_kept_within_their_rounding(town):
    homes = [town.address(f"h{x}", x) for x in range(5, 200, 10)]
    counts = [
        town.count("buurt", "BU1", 103), town.count("square", "E1550N4630", 80, within=2),
        town.count("square", "E1551N4630", 25, within=2), town.count("pc6", "1000AA", 95, within=2),
    ]  # fmt: skip
    rows, remarks = _shared(town.deliveries("buurt", counts, homes))
    assert remarks == ()
    assert _sum(rows, "all", buurt_code="BU1") == pytest.approx(103)
    for name, code, persons in (
        ("square_code", "E1550N4630", 80),
        ("square_code", "E1551N4630", 25),
        ("pc6", "1000AA", 95),
    ):
        assert _sum(rows, "all", **{name: code}) == pytest.approx(persons, abs=2.01)


def test_a_count_of_another_year_shares_out_but_decides_no_number(town):
    homes = [town.address("a", 10), town.address("b", 110)]
    counts = [
        town.count("buurt", "BU1", 100), town.count("square", "E1550N4630", 30, vintage=2014),
        town.count("square", "E1551N4630", 10, vintage=2014),
    ]  # fmt: skip
    rows, remarks = _shared(town.deliveries("buurt", counts, homes))
    assert _persons(rows)["a"] == pytest.approx(75)
    assert _persons(rows)["b"] == pytest.approx(25)
    assert remarks == ()


def test_counts_that_contradict_the_totals_give_way_and_are_told(town):
    homes = [town.address("a", 10), town.address("b", 110)]
    counts = [
        town.count("buurt", "BU1", 100), town.count("square", "E1550N4630", 10, within=2),
        town.count("square", "E1551N4630", 20, within=2),
    ]  # fmt: skip
    rows, remarks = _shared(town.deliveries("buurt", counts, homes))
    assert _sum(rows, "all", buurt_code="BU1") == pytest.approx(100)
    assert [(remark.action, remark.rows) for remark in remarks] == [("relaxed", 2)]
    assert "counts per square contradict the totals" in remarks[0].problem


def test_people_who_rest_on_a_contradiction_carry_its_reason(town):
    homes = [town.address("a", 10), town.address("b", 110), town.address("c", 350)]
    counts = [town.count("buurt", "BU1", 100), town.count("buurt", "BU2", 8)]
    counts += [town.count("buurt", "BU1", 9, "65plus"), town.count("buurt", "BU2", 2, "65plus")]
    deliveries = town.deliveries("buurt", counts, homes)
    for group, doubted in (("all", {"all", "65plus"}), ("65plus", {"65plus"}), ("hh_single", set())):
        rows = _reasons(deliveries, group)
        assert {(row["code"], row["population_group"]) for row in rows if row["quality_reason"]} == {
            (code, name) for code in ("a", "b") for name in doubted
        }
        assert {row["quality_reason"] for row in rows} <= {"", "counts_contradict"}


def _reasons(deliveries: Deliveries, group: str) -> list[dict[str, object]]:
    """Rows of people/persons where the homes of BU1 are in doubt."""
    points = find_points(deliveries, 10)
    priors = likely_persons(points, deliveries.people_counts, deliveries.unit_type)
    atoms = build_atoms(points, priors, deliveries)
    contradiction = Contradiction("squares_areas", (), "some", 90, 108)
    doubt = Doubt(contradiction, np.array(atoms["buurt_code"].to_pylist()) == "BU1", group)
    found, _ = share_persons(atoms, deliveries.people_counts, deliveries.areas, "buurt", [doubt])
    return [{**row, "code": points.codes[row["origin_id"]]} for row in found.to_pylist() if row["persons"]]


def test_counts_that_fit_two_by_two_and_not_together_carry_caution_where_many_gave_way(town):
    homes = [town.address("a", 10), town.address("b", 110), town.address("c", 210)]
    counts = [town.count("buurt", "BU1", 100), town.count("square", "E1550N4630", 80)]
    counts += [town.count("pc6", "1000AA", 100), town.count("square", "E1551N4630", 80)]
    rows, remarks = _shared(town.deliveries("buurt", counts, homes))
    assert {row["code"] for row in rows if row["quality_reason"] == "counts_contradict"} == {"a", "b"}
    assert [remark.action for remark in remarks] == ["relaxed"]


def test_a_cell_without_an_address_gets_nobody_while_its_square_has_addresses(town):
    homes = [town.address("a", 5), town.address("b", 6)]
    rows, _ = _shared(
        town.deliveries("buurt", [town.count("buurt", "BU1", 50), town.count("square", "E1550N4630", 50)], homes)
    )
    assert {code for code, persons in _persons(rows).items() if persons} == {"a", "b"}


def test_hidden_people_stay_unknown_with_the_reason_and_the_most_there_can_be(town):
    homes = [town.address("a", 10), town.address("b", 20), town.address("c", 350)]
    counts = [
        town.count("buurt", "BU1", None), town.count("buurt", "BU1", None, "65plus"),
        town.count("buurt", "BU2", 10), town.count("buurt", "BU2", None, "65plus"),
        town.count("buurt", "BU3", 5, "65plus"),
    ]  # fmt: skip
    rows, _ = _shared(town.deliveries("buurt", counts, homes))
    told = {
        (row["code"], row["population_group"]): (row["persons"], row["highest"], row["reason_missing"]) for row in rows
    }
    assert told["a", "all"] == (None, 2, "masked")
    assert told["b", "all"] == (None, 2, "masked")
    assert told["a", "65plus"] == (None, None, "masked")
    assert told["c", "all"] == (pytest.approx(10), None, "")
    assert told["c", "65plus"] == (None, 4, "ages_unknown")


def test_a_hidden_square_is_told_by_the_buurt_around_it(town):
    homes = [town.address("a", 10), town.address("b", 110)]
    counts = [
        town.count("buurt", "BU1", 50), town.count("buurt", "BU1", 12, "65plus", within=1),
        town.count("square", "E1550N4630", 40, within=2), town.count("square", "E1550N4630", 10, "65plus", within=2),
        town.count("square", "E1551N4630", None, "65plus"),
    ]  # fmt: skip
    rows, _ = _shared(town.deliveries("buurt", counts, homes))
    old = _persons(rows, "65plus")
    assert old["a"] == pytest.approx(10, abs=2.01)
    assert 0 < old["b"] <= 4.01
    assert old["a"] + old["b"] == pytest.approx(12, abs=0.01)


def test_a_finer_age_of_another_year_is_a_share_of_its_band_and_calls_for_caution(town):
    five = {f"{age}_{age + 4}": 10.0 for age in range(0, 95, 5)} | {"95plus": 0.0}
    five["75_79"] = 5.0
    counts = [
        town.count("buurt", "BU1", 100), town.count("buurt", "BU1", 30, "65plus"),
        *(town.count("pc4", "1000", persons, name, vintage=2021) for name, persons in five.items()),
    ]  # fmt: skip
    rows, _ = _shared(town.deliveries("buurt", counts, [town.address("a", 10)]))
    told = {row["population_group"]: row for row in rows if row["code"] == "a"}
    # 65-69, 70-74, 75-79 (5), 80-84, 85-89, 90-94: of 55 persons 35 are 75 and older.
    assert told["75plus"]["persons"] == pytest.approx(30 * 35 / 55)
    assert told["75plus"]["quality_reason"] == "age_other_vintage"
    assert told["65plus"]["quality_reason"] == ""
    assert told["0_4"]["persons"] == pytest.approx(100 * 10 / 185)


def test_a_group_that_was_counted_itself_needs_no_share(town):
    counts = [
        town.count("buurt", "BU1", 100),
        town.count("buurt", "BU1", 30, "65plus"),
        town.count("buurt", "BU1", 12, "75plus"),
    ]
    rows, _ = _shared(town.deliveries("buurt", counts, [town.address("a", 10)]))
    assert _persons(rows, "75plus")["a"] == pytest.approx(12)
    assert "80plus" not in {row["population_group"] for row in rows}


def test_no_more_of_a_group_live_in_a_home_than_people(town):
    homes = [town.address("a", 10), town.address("b", 110)]
    counts = [
        town.count("buurt", "BU1", 50), town.count("buurt", "BU1", 30, "65plus"),
        town.count("square", "E1550N4630", 10, within=0), town.count("square", "E1550N4630", 20, "65plus", within=2),
    ]  # fmt: skip
    rows, _ = _shared(town.deliveries("buurt", counts, homes))
    for code in ("a", "b"):
        assert _persons(rows, "65plus")[code] <= _persons(rows)[code] * 1.001


def test_people_in_a_care_home_form_no_households(town):
    homes = [town.address("a", 10), town.address("b", 20, is_institution=True, floor_area_m2=3_000.0)]
    counts = [town.count("buurt", "BU1", 62), town.count("buurt", "BU1", 1, "hh_single")]
    rows, _ = _shared(town.deliveries("buurt", counts, homes))
    assert _persons(rows, "hh_single")["b"] == 0
    assert _persons(rows, "hh_single")["a"] == pytest.approx(1)
    assert _persons(rows)["b"] > 50


def test_totals_without_inhabitants_are_refused(town):
    with pytest.raises(SourceError, match="the buurt delivery carries no inhabitants"):
        _shared(town.deliveries("buurt", [town.count("square", "E1550N4630", 7)], [town.address("a", 10)]))


@st.composite
def _towns(draw: st.DrawFn) -> tuple[list[float], list[int]]:
    places = draw(st.lists(st.floats(0, 399), min_size=1, max_size=12, unique=True))
    return places, draw(st.lists(st.integers(0, 300), min_size=6, max_size=6))


@given(_towns(), st.randoms(use_true_random=False))
def test_people_are_conserved_nobody_is_negative_and_the_order_of_homes_is_nothing(town, drawn, shuffle):
    places, (first, second, *squares) = drawn
    counts = [
        town.count("buurt", "BU1", first), town.count("buurt", "BU2", second),
        *(town.count("square", f"E155{n}N4630", persons, within=2) for n, persons in enumerate(squares)),
    ]  # fmt: skip
    homes = [town.address(f"{n:02}", x) for n, x in enumerate(places)]
    rows, _ = _shared(town.deliveries("buurt", counts, homes))
    assert min(row["persons"] for row in rows) >= 0
    assert _sum(rows, "all", buurt_code="BU1") == pytest.approx(first, abs=1e-6)
    assert _sum(rows, "all", buurt_code="BU2") == pytest.approx(second, abs=1e-6)
    shuffle.shuffle(homes)
    again, _ = _shared(town.deliveries("buurt", counts, homes))
    assert _persons(again) == _persons(rows)


@given(st.lists(st.integers(1, 1_000), min_size=20, max_size=20))
def test_the_ages_of_a_band_share_it_out_wholly(persons: list[int]):
    ages = FiveYears(np.array(["1000"], dtype=object), np.array([persons], dtype=float), 2021)
    here = np.array(["1000", "9999"], dtype=object)
    parts = [Group(str(low), (), low, high) for low, high in ((0, 5), (5, 12), (12, 15))]
    found = sum(shares_within(ages, part, "0_14", here) for part in parts)
    assert found[0] == pytest.approx(1)
    assert np.isnan(found[1])


def test_every_group_is_told_with_profiles_that_exist():
    assert {profile for group in all_groups() for profile in group.profiles} == set(PROFILES)
    assert [group.name for group in need_groups()] == [
        "0_4", "5_11", "12_18", "65plus", "75plus", "80plus", "hh_single", "hh_children",
    ]  # fmt: skip
    assert isinstance(PERSONS.schema, pa.Schema)
