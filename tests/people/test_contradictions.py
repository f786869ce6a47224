"""What cannot be true of all deliveries about people: found whatever its size, and never where one population fits."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.people.allocation import NOWHERE, Counts
from pipelines.people.contradictions import find_doubts, peopled_of
from pipelines.people.doubts import Doubt, largest, noticed
from pipelines.people.fit import misfit
from pipelines.people.origins import Deliveries

HOMES = tuple(range(2, 400, 5))


def doubts_of(deliveries, h3_resolution, *, has_register=True):
    return find_doubts(peopled_of(deliveries, h3_resolution, has_register=has_register), deliveries.unit_type)


def _found(deliveries: Deliveries) -> dict[str, float]:
    """How many do not fit, by kind of contradiction."""
    return {one.kind: one.count for one in largest(doubts_of(deliveries, 10))}


def _kinds(doubts: Sequence[Doubt]) -> set[str]:
    return {doubt.contradiction.kind for doubt in doubts}


def _homes(town, *places: float) -> list[dict[str, object]]:
    return [town.address(f"h{x:03}", x, _pc6(x)) for x in places or HOMES]


def _pc6(x: float) -> str:
    return "1000AA" if x < 150 else "1000AB" if x < 300 else "1000AC"


def _buurten(town, first: float = 100, second: float = 100) -> list[dict[str, object]]:
    return [town.count("buurt", "BU1", first), town.count("buurt", "BU2", second)]


def _squares(town, *persons: float, within: float = 2) -> list[dict[str, object]]:
    return [town.count("square", f"E155{n}N4630", count, within=within) for n, count in enumerate(persons)]


def _town(town, counts: Sequence[dict[str, object]], homes: Sequence[dict[str, object]] = ()) -> Deliveries:
    return town.deliveries("buurt", counts, homes or _homes(town), [town.square(n) for n in range(4)])


def test_counts_within_their_rounding_contradict_nothing(town):
    counts = [*_buurten(town), *_squares(town, 52, 52, 48, 48)]
    assert doubts_of(_town(town, counts), 10) == ()


@pytest.mark.parametrize(
    ("squares", "persons"), [((55, 52, 48, 48), 3), ((100, 100, 50, 50), 96), ((25, 25, 50, 50), 46)]
)
def test_squares_contradict_buurten_by_what_rounding_leaves_over(town, squares, persons):
    assert _found(_town(town, [*_buurten(town), *_squares(town, *squares)])) == {"squares_areas": persons}


def test_the_first_case_is_told_with_its_files_and_units(town):
    (one,) = largest(doubts_of(_town(town, [*_buurten(town), *_squares(town, 100, 100, 50, 50)]), 10))
    assert one.roles == ("squares", "buurten")
    assert one.problem == "per square more people are counted than per buurt"
    assert one.worst[0].startswith("E155")


def test_a_hidden_square_has_room_for_four_and_one_that_is_not_listed_too(town):
    counts = [*_buurten(town, 100, 8), *_squares(town, 50, 50), town.count("square", "E1552N4630", None)]
    homes = _homes(town, *HOMES[:40], 250, 350)
    assert _found(_town(town, counts, homes)) == {}
    assert _found(_town(town, [*_buurten(town, 100, 16), *counts[2:]], homes)) == {"squares_areas": 8}


def test_a_square_across_the_border_may_hold_people_who_live_outside(town):
    counts = [*_buurten(town), *_squares(town, 50, 50, 50, 50), town.count("square", "E1549N4630", 90)]
    squares = [town.square(n) for n in (-1, 0, 1, 2, 3)]
    assert doubts_of(town.deliveries("buurt", counts, _homes(town), squares), 10) == ()


def test_counts_of_another_year_contradict_nothing(town):
    old = [town.count("square", f"E155{n}N4630", 10, vintage=2014) for n in range(4)]
    assert doubts_of(_town(town, [*_buurten(town), *old]), 10) == ()


def test_postcodes_ten_times_too_high_contradict_every_level(town):
    counts = [*_buurten(town), town.count("pc4", "1000", 200)]
    counts += [town.count("pc6", f"1000A{letter}", 700) for letter in "ABC"]
    assert _found(_town(town, counts)) == {"postcodes_areas": 1_900, "postcodes_postcodes": 1_900}


def test_what_one_group_contradicts_leaves_the_others_alone(town):
    ages = [("buurt", "BU1", 40.0), ("buurt", "BU2", 10.0), ("pc4", "1000", 90.0)]
    counts = [*_buurten(town), town.count("pc4", "1000", 200), *(town.count(*row, "65plus") for row in ages)]
    (doubt,) = doubts_of(_town(town, counts), 10)
    assert (doubt.group, doubt.contradiction.count) == ("65plus", 40)


def test_only_homes_among_the_units_that_contradict_are_in_doubt(town):
    counts = [*_buurten(town), *_squares(town, 100, 100, 50, 50)]
    (doubt,) = doubts_of(_town(town, counts), 10)
    assert doubt.atoms.tolist() == [x < 200 for x in HOMES]


@pytest.mark.parametrize(("bands", "off"), [((20, 80), 0), ((20, 90), 10), ((20, 50), 30)])
def test_ages_that_do_not_add_up_to_the_inhabitants_contradict_them(town, bands, off):
    ages = [town.count("buurt", "BU1", n, group) for n, group in zip(bands, ("0_14", "15plus"), strict=True)]
    assert _found(_town(town, [*_buurten(town), *ages])) == ({"ages_totals": off} if off else {})


def test_a_band_alone_holds_no_more_than_all(town):
    assert doubts_of(_town(town, [*_buurten(town), town.count("buurt", "BU1", 100, "65plus")]), 10) == ()
    assert _found(_town(town, [*_buurten(town), town.count("buurt", "BU1", 130, "65plus")])) == {"ages_totals": 30}


@pytest.mark.parametrize(("households", "off"), [(100, 0), (130, 30)])
def test_there_are_no_more_households_than_people(town, households, off):
    counts = [*_buurten(town), town.count("buurt", "BU1", households, "households")]
    assert _found(_town(town, counts)) == ({"households_persons": off} if off else {})


def test_people_where_no_dwelling_stands_contradict_the_addresses(town):
    counts = [*_buurten(town, 100, 70), town.count("pc6", "1000AC", 60)]
    homes = _homes(town, *(x for x in HOMES if x < 300))
    assert _found(_town(town, counts, homes)) == {"people_without_homes": 60}


def test_codes_that_no_home_has_are_people_without_homes(town):
    counts = [*_buurten(town), *(town.count("pc6", f"1000A{letter}", 60) for letter in "ABC")]
    homes = [{**home, "pc6": home["pc6"].lower()} for home in _homes(town)]
    found = {one.kind: (one.count, one.verdict) for one in largest(doubts_of(_town(town, counts, homes), 10))}
    assert found == {"people_without_homes": (180, "refused")}


@pytest.mark.parametrize(("persons", "off"), [(40, 0), (50, 10), (90, 50)])
def test_over_eight_people_in_a_dwelling_of_a_buurt_are_too_many(town, persons, off):
    homes = _homes(town, *HOMES[:5], *HOMES[40:])
    assert _found(_town(town, _buurten(town, persons), homes)) == ({"homes_too_full": off} if off else {})


@pytest.mark.parametrize(("persons", "off"), [(220, 0), (230, 10), (320, 100)])
def test_over_four_people_in_a_dwelling_on_average_are_too_many(town, persons, off):
    assert _found(_town(town, _buurten(town, persons))) == ({"homes_too_full": pytest.approx(off)} if off else {})


@pytest.mark.parametrize(("persons", "off"), [(20, 0), (19, 2), (0.4, 39.2)])
def test_under_half_a_person_in_a_dwelling_is_too_few(town, persons, off):
    found = _found(_town(town, _buurten(town, persons)))
    assert found == ({"homes_too_empty": pytest.approx(off)} if off else {})


def test_dwellings_of_which_nobody_tells_how_many_live_there_are_not_too_empty(town):
    unbounded = {**town.count("buurt", "BU1", None), "highest": None}
    assert doubts_of(_town(town, [unbounded, town.count("buurt", "BU2", 100)]), 10) == ()


def test_a_home_for_groups_holds_more_than_a_dwelling(town):
    homes = [town.address("a", 10, is_institution=True), town.address("b", 350)]
    assert doubts_of(_town(town, _buurten(town, 200, 4), homes), 10) == ()


def test_without_addresses_no_home_is_missing(town):
    deliveries = town.deliveries("buurt", _buurten(town, 900), [], [town.square(n) for n in range(4)])
    assert doubts_of(deliveries, 10) == ()


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=len(HOMES), max_size=len(HOMES)), st.sampled_from([2.0, 0.0]))
def test_counts_of_one_population_never_contradict_each_other(town, persons, within):
    doubts = doubts_of(_town(town, _counts_of(town, persons, within)), 10)
    assert _kinds(doubts) <= {"homes_too_full", "homes_too_empty", "people_without_homes"}


@settings(max_examples=10)
@given(st.lists(st.integers(1, 4), min_size=len(HOMES), max_size=len(HOMES)), st.sampled_from(["square", "pc6", "pc4"]))
def test_a_level_that_counts_half_or_double_is_refused(town, persons, level):
    for factor in (0.5, 2.0):
        counts = [
            {**row, **{name: row[name] * factor for name in ("persons", "lowest", "highest")}}
            if row["unit_type"] == level and row["persons"] is not None
            else row
            for row in _counts_of(town, persons, within=1.0)
        ]
        doubts = noticed(doubts_of(_town(town, counts), 10))
        assert any(doubt.contradiction.share > 0.2 for doubt in doubts)


def _counts_of(town, persons: Sequence[int], within: float) -> list[dict[str, object]]:
    """Counts of the people of every home, each off by as much as its rounding allows; under five hidden."""
    units = {
        "buurt": ["BU1" if x < 200 else "BU2" for x in HOMES],
        "square": [f"E155{x // 100}N4630" for x in HOMES],
        "pc6": [_pc6(x) for x in HOMES],
        "pc4": ["1000"] * len(HOMES),
    }
    rows = []
    for unit_type, codes in units.items():
        for number, code in enumerate(sorted(set(codes))):
            true = sum(n for n, own in zip(persons, codes, strict=True) if own == code)
            shown = max(true + (within if number % 2 else -within), 0)
            hidden = true < 5
            rows.append(town.count(unit_type, code, None if hidden else shown, within=within))
    return rows


def _counts(unit: Sequence[int], lowest: Sequence[float], highest: Sequence[float]) -> Counts:
    return Counts("some", np.array(unit), np.array(lowest, dtype=float), np.array(highest, dtype=float))


@pytest.mark.parametrize(
    ("need", "room", "left"),
    [((5, 5), (5, 5), 0), ((5, 5), (4, 5), 1), ((0, 9), (5, 4), 0), ((9, 0), (5, 4), 4), ((5, 5), (np.inf, 0), 0)],
)
def test_people_flow_to_every_unit_that_overlaps_theirs(need, room, left):
    # The first unit lies in the first of the others alone; the second in both.
    found = misfit(_counts([0, 1, 1], need, need), _counts([0, 0, 1], room, room))
    assert found.persons == left


def test_units_beside_those_that_contradict_are_not_blamed():
    found = misfit(_counts([0, 1], [9, 1], [9, 1]), _counts([0, 1], [5, 5], [5, 5]))
    assert [mask.tolist() for mask in found.involved] == [[True, False], [True, False]]


def test_people_in_no_unit_of_the_other_system_always_fit():
    assert misfit(_counts([0, 0], [9], [9]), _counts([NOWHERE, 0], [1], [1])).persons == 0


def test_what_openstreetmap_lacks_is_told_and_never_refused(town):
    counts = [*_buurten(town, 300, 300), *(town.count("pc6", f"1000A{letter}", 200) for letter in "ABC")]
    deliveries = _town(town, counts, _homes(town, 5, 15))
    found = doubts_of(deliveries, 10, has_register=False)
    assert _kinds(found) == {"addresses_incomplete"}
    assert {doubt.contradiction.verdict for doubt in found} == {"noticed"}


def test_where_homes_are_missing_no_level_of_counts_is_blamed(town):
    counts = [*_buurten(town), *_squares(town, 50, 50, 50, 50)]
    counts += [town.count("pc6", f"1000A{letter}", people) for letter, people in zip("ABC", (75, 75, 50), strict=True)]
    assert doubts_of(_town(town, counts), 10) == ()
    assert set(_found(_town(town, counts, _homes(town, *HOMES[:30])))) == {"people_without_homes"}


def test_buurten_that_an_extent_cuts_are_not_held_against_their_homes(town):
    counts = [*_buurten(town), *_squares(town, 50, 50, 50, 50), town.count("buurt", "BU1", 130, "65plus")]
    cut = replace(_town(town, counts), extent=(155_000.0, 463_000.0, 155_050.0, 463_100.0))
    assert _found(cut) == {"ages_totals": 30}
