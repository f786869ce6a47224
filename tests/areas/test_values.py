import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.areas.contracts import DRAWS, MEMBERSHIP, VALUES
from pipelines.areas.values import build_membership, build_values
from pipelines.contracts import conform, violations
from pipelines.findings.contracts import CELL_COVERAGE, MINIMUM, NEARNESS, SENSITIVITY, SPACE
from pipelines.people.contracts import ATOMS, ORIGINS, PERSONS
from pipelines.reach.contracts import ATTACHMENTS, LEGS
from pipelines.sources.contracts import AREAS
from pipelines.streets.unknowns import BOUNDS
from pipelines.survey.contracts import ESTIMATES

Home = tuple[float | None, float | None]


def _town(laid, homes: list[Home], **nearness: object) -> None:
    """Homes of (persons, metres to the nearest school) in one buurt BU1, profile rollator."""
    laid.lay(
        PERSONS,
        *({"atom_id": n, "origin_id": n, "persons": persons} for n, (persons, _) in enumerate(homes)),
        population_group="all",
    )
    laid.lay(
        MEMBERSHIP,
        *({"atom_id": n, "origin_id": n} for n in range(len(homes))),
        area_type="buurt",
        area_code="BU1",
        weight=1.0,
    )
    rows = [
        {
            "origin_id": n,
            "nearest_m": metres,
            "n_300m": int((metres or 999) <= 300),
            "n_budget": int(metres is not None),
        }
        for n, (_, metres) in enumerate(homes)
    ]
    shared = {"profile": "rollator", "place_kind": "school", "delivered": "complete", "is_attached": True} | nearness
    alone = {"n_rested": None, "n_back_over": None, "n_reference": None}
    laid.lay(NEARNESS, *({**row, "bound": bound} for row in rows for bound in BOUNDS), **alone, **shared)
    below = [
        {
            "origin_id": n,
            **dict.fromkeys(
                ("n_types_lower", "n_types_found", "n_types_hoped", "n_types_possible", "n_types_upper"),
                int(m is not None),
            ),
            **dict.fromkeys(("is_below", "is_below_central"), "no" if m is not None else "yes"),
            "is_below_hoped": m is None,
        }
        for n, (_, m) in enumerate(homes)
    ]
    laid.lay(MINIMUM, *below, profile="rollator", is_attached=shared["is_attached"])
    for empty in (SENSITIVITY, ORIGINS, DRAWS, ATTACHMENTS, LEGS, SPACE, CELL_COVERAGE, ESTIMATES):
        laid.lay(empty)


def _kinds(lower: int, found: int, possible: int, upper: int) -> dict[str, int]:
    kinds = {"n_types_lower": lower, "n_types_found": found, "n_types_possible": possible, "n_types_upper": upper}
    hoped = found + upper - possible
    return kinds | {"n_types_hoped": hoped, "is_below_hoped": hoped < 1}


def _values(laid) -> dict[tuple[str, str], dict[str, object]]:
    found = conform(build_values(laid.warehouse, "2024", "complete", fewest_residents=1), VALUES)
    assert violations(found, VALUES) == ()
    return {(row["indicator"], row["threshold_m"] or row["population_group"]): row for row in found.to_pylist()}


def test_the_median_is_of_people_not_of_homes(laid):
    _town(laid, [(1, 100.0), (1, 200.0), (10, 600.0)])
    found = _values(laid)
    assert found["dist_nearest_place", ""]["value"] == 600
    assert found["dist_nearest_place_p90", ""]["value"] == 600
    assert found["n_places_reach", "300"]["value"] == 0
    assert found["n_places_reach", ""]["value"] == 1


def test_a_home_without_any_place_counts_as_infinitely_far(laid):
    _town(laid, [(10, 100.0), (11, None)])
    row = _values(laid)["dist_nearest_place", ""]
    assert (row["value"], row["reason_missing"]) == (None, "no_place_within_search")
    _town(laid, [(11, 100.0), (10, None)])
    found = _values(laid)
    assert found["dist_nearest_place", ""]["value"] == 100
    assert found["dist_nearest_place_p90", ""]["value"] is None


def test_people_below_the_minimum_are_summed(laid):
    _town(laid, [(10, 100.0), (12.5, None), (3, None)])
    row = _values(laid)["people_below_min", "all"]
    assert (row["value"], row["lower"], row["upper"], row["interval_kind"]) == (15.5, 15.5, 15.5, "bounds")


def test_where_kinds_are_unknown_the_number_is_a_range(laid):
    _town(laid, [(10, 100.0), (12, None)])
    laid.lay(
        MINIMUM,
        {**_kinds(1, 1, 5, 5), "origin_id": 0, "is_below": "no", "is_below_central": "no"},
        {**_kinds(0, 0, 4, 4), "origin_id": 1, "is_below": "unknown", "is_below_central": "unknown"},
        profile="rollator", is_attached=True,
    )  # fmt: skip
    found = _values(laid)
    below = found["people_below_min", "all"]
    assert (below["value"], below["lower"], below["upper"]) == (12, 0, 12)
    assert (below["unknown"], below["reason_missing"]) == ("unknown_places+unknown_streets", "")
    assert (below["quality"], below["quality_reason"]) == ("caution", "unknown_place_kinds")
    assert (below["lower_places"], below["upper_places"]) == (0, 12)
    assert (below["lower_streets"], below["upper_streets"]) == (12, 12)
    kinds = found["n_types_reach", ""]
    assert (kinds["value"], kinds["lower"], kinds["upper"]) == (0, 0, 4)
    assert (kinds["lower_places"], kinds["upper_places"]) == (0, 4)
    assert (kinds["lower_streets"], kinds["upper_streets"]) == (0, 0)
    assert (kinds["unknown"], kinds["quality_reason"]) == ("unknown_places+unknown_streets", "unknown_place_kinds")


def test_a_kind_that_was_not_delivered_has_no_value_but_a_reason(laid):
    _town(laid, [(10, None)], delivered="not_delivered")
    found = _values(laid)
    for row in (found["dist_nearest_place", ""], found["n_places_reach", "800"]):
        assert (row["value"], row["lower"], row["reason_missing"]) == (None, None, "unknown_place_kinds")


def test_a_partial_list_makes_what_is_found_a_bound(laid):
    _town(laid, [(10, 100.0)], delivered="partial")
    found = _values(laid)
    nearest, places = found["dist_nearest_place", ""], found["n_places_reach", "300"]
    assert (nearest["value"], nearest["lower"], nearest["upper"]) == (100, 0, 100)
    assert (places["value"], places["lower"], places["upper"]) == (1, 1, None)
    assert nearest["unknown"] == places["unknown"] == "unknown_places+unknown_streets"
    assert nearest["interval_kind"] == places["interval_kind"] == "bounds"
    assert nearest["quality_reason"] == places["quality_reason"] == "unknown_place_kinds"


def test_hidden_ages_make_an_upper_bound_of_everybody_at_that_home(laid):
    _town(laid, [(10, None), (7, None)])
    rows = [(0, "all", 10.0), (1, "all", 7.0), (0, "65plus", 4.0), (1, "65plus", None)]
    laid.lay(
        PERSONS,
        *(
            {
                "atom_id": n,
                "origin_id": n,
                "population_group": g,
                "persons": p,
                "highest": None,
                "reason_missing": "" if p is not None else "ages_unknown",
            }
            for n, g, p in rows
        ),
    )
    found = _values(laid)
    for indicator in ("inhabitants", "people_below_min"):
        row = found[indicator, "65plus"]
        assert (row["value"], row["lower"], row["upper"]) == (4, 4, 11)
        assert row["unknown"].startswith("unknown_ages")
        assert found[indicator, "all"]["value"] == 17


def test_hidden_people_make_an_upper_bound_of_the_most_there_can_be(laid):
    _town(laid, [(10, None), (None, None)])
    laid.lay(
        PERSONS,
        {"atom_id": 0, "origin_id": 0, "persons": 10.0, "highest": None},
        {"atom_id": 1, "origin_id": 1, "persons": None, "highest": 4.0, "reason_missing": "masked"},
        population_group="all",
    )
    found = _values(laid)
    for indicator in ("inhabitants", "people_below_min"):
        row = found[indicator, "all"]
        assert (row["value"], row["lower"], row["upper"], row["quality"]) == (10, 10, 14, "caution")
        assert row["unknown"].startswith("unknown_people")


def test_households_are_told_apart_from_persons(laid):
    _town(laid, [(10, None)])
    rows = {"all": 10.0, "hh_single": 3.0}
    laid.lay(PERSONS, *({"population_group": group, "persons": n} for group, n in rows.items()))
    found = _values(laid)
    assert (found["households", "hh_single"]["value"], found["households", "hh_single"]["unit"]) == (3, "households")
    assert found["households_below_min", "hh_single"]["value"] == 3
    assert found["households_below_min", "hh_single"]["unit"] == "households"
    assert ("inhabitants", "hh_single") not in found


def test_a_group_is_told_only_with_profiles_that_bear_on_it(laid):
    _town(laid, [(10, None)])
    laid.lay(PERSONS, *({"population_group": group, "persons": 5.0} for group in ("all", "0_4", "75plus")))
    found = _values(laid)
    assert ("people_below_min", "75plus") in found
    assert ("people_below_min", "0_4") not in found
    assert ("inhabitants", "0_4") in found


def test_ages_of_another_year_call_for_caution_and_say_why(laid):
    _town(laid, [(10, None)])
    old = {"population_group": "75plus", "persons": 5.0, "quality_reason": "age_other_vintage"}
    laid.lay(PERSONS, {"population_group": "all", "persons": 10.0}, old)
    found = _values(laid)
    for indicator in ("inhabitants", "people_below_min"):
        row = found[indicator, "75plus"]
        assert (row["quality"], row["quality_reason"]) == ("caution", "age_other_vintage")
        assert found[indicator, "all"]["quality_reason"] == ""


def test_where_every_count_is_hidden_the_number_is_unknown_not_zero(laid):
    _town(laid, [(None, 100.0), (0, None)])
    found = _values(laid)
    for indicator in ("inhabitants", "people_below_min"):
        row = found[indicator, "all"]
        assert (row["value"], row["reason_missing"], row["quality"]) == (None, "people_unknown", "caution")


def test_an_area_without_residents_says_so(laid):
    _town(laid, [(0, 100.0)])
    row = _values(laid)["dist_nearest_place", ""]
    assert (row["value"], row["reason_missing"]) == (None, "no_residents")


def test_an_area_whose_homes_hang_on_no_street_says_so(laid):
    _town(laid, [(5, None)], is_attached=False)
    unknown = {"is_below": "unknown", "is_below_central": "unknown"}
    laid.lay(MINIMUM, {"origin_id": 0, **_kinds(0, 0, 6, 6), **unknown}, profile="rollator")
    found = _values(laid)
    assert found["dist_nearest_place", ""]["reason_missing"] == "not_attached"
    assert found["n_types_reach", ""]["reason_missing"] == "not_attached"
    below = found["people_below_min", "all"]
    assert (below["value"], below["lower"], below["upper"]) == (None, 0, None)
    assert (below["reason_missing"], below["quality_reason"]) == ("not_attached", "lists_too_incomplete")


# A home on no street: nothing was looked for.
OFF = {**_kinds(0, 0, 6, 6), "is_below": "unknown", "is_below_central": "unknown", "is_attached": False}


def test_people_on_no_street_are_not_none_found_but_may_be(laid):
    _town(laid, [(10, 100.0), (12, None), (3, None)])
    laid.lay(
        MINIMUM,
        {**_kinds(1, 1, 1, 1), "origin_id": 0, "is_below": "no", "is_below_central": "no", "is_attached": True},
        {**_kinds(0, 0, 0, 0), "origin_id": 1, "is_below": "yes", "is_below_central": "yes", "is_attached": True},
        {**OFF, "origin_id": 2},
        profile="rollator",
    )  # fmt: skip
    found = _values(laid)
    row = found["people_below_min", "all"]
    assert (row["value"], row["lower"], row["upper"]) == (12, 12, 15)
    assert (row["lower_streets"], row["upper_streets"]) == (12, 15)


def test_chance_and_unknown_streets_widen_together_and_their_parts_stand_beside_it(laid):
    _town(laid, [(12, None), (3, None), (90, 100.0)])
    sure = {**_kinds(0, 0, 0, 0), "origin_id": 0, "is_below": "yes", "is_below_central": "yes", "is_attached": True}
    near = {**_kinds(1, 1, 1, 1), "origin_id": 2, "is_below": "no", "is_below_central": "no", "is_attached": True}
    laid.lay(MINIMUM, sure, {**OFF, "origin_id": 1}, near, profile="rollator")
    laid.lay(
        DRAWS,
        {"area_type": "buurt", "area_code": "BU1", "population_group": "all", "profile": "rollator", "threshold_m": ""},
        lower=8.0, upper=17.0, lower_people=9.0, upper_people=14.0, lowest=2.0, highest=30.0,
    )  # fmt: skip
    row = _values(laid)["people_below_min", "all"]
    assert (row["value"], row["lower"], row["upper"], row["interval_kind"]) == (12, 8, 17, "joint_90")
    assert (row["lower_people"], row["upper_people"]) == (9, 14)
    assert (row["lower_streets"], row["upper_streets"]) == (12, 15)
    assert (row["lowest"], row["highest"]) == (2, 30)


def test_where_nearly_everybody_may_be_without_a_place_it_is_said_and_no_bound_is_told(laid):
    _town(laid, [(90, 100.0), (12, None)])
    laid.lay(
        MINIMUM,
        {**_kinds(0, 1, 1, 1), "origin_id": 0, "is_below": "unknown", "is_below_central": "no", "is_attached": True},
        {**_kinds(0, 0, 0, 0), "origin_id": 1, "is_below": "yes", "is_below_central": "yes", "is_attached": True},
        profile="rollator",
    )  # fmt: skip
    row = _values(laid)["people_below_min", "all"]
    assert (row["value"], row["lower"], row["upper"], row["highest"]) == (12, 12, None, None)
    assert (row["quality"], row["quality_reason"]) == ("caution", "lists_too_incomplete")


def test_other_distances_are_rows_of_their_own(laid):
    _town(laid, [(90, 100.0), (12, 400.0)])
    judged = {"profile": "rollator", "is_attached": True}
    laid.lay(
        SENSITIVITY,
        {"origin_id": 0, "threshold_m": "300", "is_below": "no", "is_below_central": "no", "is_below_hoped": False},
        {"origin_id": 1, "threshold_m": "300", "is_below": "yes", "is_below_central": "yes", "is_below_hoped": True},
        **judged,
    )
    found = _values(laid)
    assert found["people_below_min", "all"]["value"] == 0
    assert found["people_below_min", "300"]["value"] == 12


def test_of_fewer_residents_than_stated_no_median_is_told_in_an_area_but_in_a_cell_it_is(laid):
    _town(laid, [(49, 100.0)])
    for area_type, expected in (("buurt", (None, None, "too_few_residents")), ("h3", (100, 100, ""))):
        laid.lay(MEMBERSHIP, {"atom_id": 0, "origin_id": 0}, area_type=area_type, area_code="A", weight=1.0)
        found = conform(build_values(laid.warehouse, "2024", "complete"), VALUES).to_pylist()
        (row,) = (one for one in found if one["indicator"] == "dist_nearest_place")
        assert (row["value"], row["upper"], row["reason_missing"]) == expected
    _town(laid, [(50, 100.0)])
    found = conform(build_values(laid.warehouse, "2024", "complete"), VALUES).to_pylist()
    assert next(one["value"] for one in found if one["indicator"] == "dist_nearest_place") == 100


SURVEYED = {
    "wave": 2024, "indicator": "m1_contact", "question": "m1_contact", "method": "direct", "unit": "0-10", "reason": "",
    "is_chosen": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"verdict": "caution", "reason": "imprecise"}, (6.0, "ci_95", "caution", "imprecise", "")),
        ({"verdict": "not", "reason": "too_imprecise"}, (None, "", "ok", "", "too_imprecise")),
        ({"verdict": "publish", "method": "small_area"}, (6.0, "model_95", "ok", "", "")),
        ({"verdict": "publish", "lower": None, "upper": None}, (6.0, "", "ok", "", "")),
    ],
)
def test_a_survey_estimate_goes_on_by_its_verdict(laid, told: dict[str, object], expected: tuple[object, ...]):
    _town(laid, [(5, 100.0)])
    area = {"area_type": "buurt", "area_code": "BU1", "value": 6.0, "lower": 5.5, "upper": 6.5, "respondents": 40}
    laid.lay(ESTIMATES, {**area, **told}, **{name: one for name, one in SURVEYED.items() if name not in told})
    row = _values(laid)["m1_contact", ""]
    names = ("value", "interval_kind", "quality", "quality_reason", "reason_missing")
    assert tuple(row[name] for name in names) == expected
    assert row["respondents"] == 40


def test_of_several_waves_the_last_goes_on_and_of_several_estimates_the_chosen_one(laid):
    _town(laid, [(5, 100.0)])
    area = {"area_type": "buurt", "area_code": "BU1", "respondents": 40, "verdict": "publish"}
    other = {name: one for name, one in SURVEYED.items() if name not in {"wave", "method", "is_chosen"}}
    laid.lay(
        ESTIMATES,
        {**area, "wave": 2022, "method": "direct", "value": 4.0, "is_chosen": True},
        {**area, "wave": 2024, "method": "direct", "value": 5.0, "is_chosen": False},
        {**area, "wave": 2024, "method": "small_area", "value": 6.0, "is_chosen": True, "shrinkage": 0.4},
        **other,
    )
    row = _values(laid)["m1_contact", ""]
    assert (row["value"], row["shrinkage"]) == (6.0, 0.4)


def test_survey_estimates_pass_through_with_their_respondents(laid):
    _town(laid, [(5, 100.0)])
    laid.lay(
        ESTIMATES,
        {
            "area_type": "buurt",
            "area_code": "BU1",
            "value": 6.0,
            "lower": 5.5,
            "upper": 6.5,
            "respondents": 40,
            "verdict": "publish",
        },
        **SURVEYED,
    )
    row = _values(laid)["m1_contact", ""]
    assert (row["value"], row["lower"], row["upper"], row["interval_kind"], row["respondents"]) == (
        6.0,
        5.5,
        6.5,
        "ci_95",
        40,
    )


def _bounded(laid, by_bound: dict[str, dict[str, object]], **same: object) -> None:
    """One home of ten persons in BU1; what is near it differs from bound to bound."""
    _town(laid, [(10, 100.0)])
    shared = {
        "profile": "rollator",
        "delivered": "complete",
        "is_attached": True,
        "n_reference": None,
        "n_rested": None,
    }
    rows = ({**same, **by_bound[bound], "bound": bound} for bound in by_bound)
    laid.lay(NEARNESS, *rows, **{name: value for name, value in shared.items() if name not in same})


def test_the_bounds_of_a_distance_and_of_a_number_run_from_the_least_to_the_greatest(laid):
    near = {"nearest_m": 100.0, "n_300m": 3}
    middle, far = {"nearest_m": 200.0, "n_300m": 2}, {"nearest_m": 400.0, "n_300m": 0}
    _bounded(laid, {"optimistic": near, "central": middle, "pessimistic": far}, n_back_over=None)
    found = _values(laid)
    distance, places = found["dist_nearest_place", ""], found["n_places_reach", "300"]
    assert (distance["value"], distance["lower"], distance["upper"]) == (200, 100, 400)
    assert (places["value"], places["lower"], places["upper"]) == (2, 0, 3)
    assert {distance["unknown"], places["unknown"]} == {"unknown_streets"}
    assert (distance["lower_streets"], distance["upper_streets"], distance["upper_places"]) == (100, 400, None)


def test_where_the_worst_finds_nothing_no_upper_bound_is_known(laid):
    _bounded(
        laid, {"optimistic": {"nearest_m": 100.0}, "central": {"nearest_m": 200.0}, "pessimistic": {"nearest_m": None}}
    )
    row = _values(laid)["dist_nearest_place", ""]
    assert (row["value"], row["lower"], row["upper"], row["interval_kind"]) == (200, 100, None, "bounds")


def test_where_only_the_best_finds_a_place_the_reason_stands_beside_the_lower_bound(laid):
    _bounded(
        laid, {"optimistic": {"nearest_m": 100.0}, "central": {"nearest_m": None}, "pessimistic": {"nearest_m": None}}
    )
    row = _values(laid)["dist_nearest_place", ""]
    assert (row["value"], row["lower"], row["upper"]) == (None, 100, None)
    assert row["reason_missing"] == "no_place_within_search"


def test_who_is_below_the_minimum_only_in_the_worst_case_stands_in_the_interval(laid):
    _town(laid, [(10, 100.0), (12, None), (7, 100.0)])
    laid.lay(
        MINIMUM,
        {**_kinds(1, 1, 1, 1), "origin_id": 0, "is_below": "no", "is_below_central": "no"},
        {**_kinds(0, 0, 0, 0), "origin_id": 1, "is_below": "yes", "is_below_central": "yes"},
        {**_kinds(0, 1, 1, 2), "origin_id": 2, "is_below": "unknown", "is_below_central": "no"},
        profile="rollator",
        is_attached=True,
    )
    row = _values(laid)["people_below_min", "all"]
    assert (row["value"], row["lower"], row["upper"], row["interval_kind"]) == (12, 12, 19, "bounds")


def test_the_penalty_of_barriers_is_the_share_of_places_that_is_lost(laid):
    bounds = {"optimistic": {"n_same_m": 4}, "central": {"n_same_m": 3}, "pessimistic": {"n_same_m": 0}}
    _bounded(laid, bounds, n_reference=4)
    row = _values(laid)["barrier_penalty", ""]
    assert (row["value"], row["lower"], row["upper"], row["unit"]) == (0.25, 0, 1, "share")


def test_without_any_place_to_lose_there_is_no_penalty_but_a_reason(laid):
    _bounded(laid, {bound: {"n_same_m": 0} for bound in BOUNDS}, n_reference=0)
    row = _values(laid)["barrier_penalty", ""]
    assert (row["value"], row["lower"], row["reason_missing"]) == (None, None, "no_place_within_search")


def test_a_profile_that_hangs_on_a_nearer_street_has_no_negative_penalty(laid):
    _bounded(laid, {bound: {"n_same_m": 5} for bound in BOUNDS}, n_reference=4)
    assert _values(laid)["barrier_penalty", ""]["value"] == 0


def test_reach_with_rests_and_the_gap_that_seats_leave(laid):
    _bounded(laid, {bound: {"n_rested": 1, "n_budget": 4} for bound in BOUNDS}, n_rested=1)
    found = _values(laid)
    assert found["rest_reach", ""]["value"] == 1
    assert found["rest_gap", ""]["value"] == 0.75


@pytest.mark.parametrize(
    ("benches", "expected"),
    [
        ("complete", (1, 1, 1, "", "ok")),
        ("partial", (1, 1, None, "", "caution")),
        ("not_delivered", (None, None, None, "benches_unknown", "caution")),
    ],
)
def test_benches_that_nobody_told_of_are_unknown_not_absent(laid, benches: str, expected: tuple[object, ...]):
    _bounded(laid, {bound: {"n_rested": 1, "n_budget": 4} for bound in BOUNDS}, n_rested=1)
    found = conform(build_values(laid.warehouse, "2024", benches, fewest_residents=1), VALUES).to_pylist()
    row = next(row for row in found if row["indicator"] == "rest_reach")
    assert tuple(row[name] for name in ("value", "lower", "upper", "reason_missing", "quality")) == expected
    distance = next(row for row in found if row["indicator"] == "dist_nearest_place")
    assert distance["quality"] == "ok"


def test_spacing_of_seats_is_the_ninetieth_percentile_of_the_legs_of_all_residents(laid):
    _bounded(laid, {bound: {"n_rested": 1, "n_budget": 4} for bound in BOUNDS}, n_rested=1)
    legs = [{"leg_number": n, "leg_m": 10.0 * (n + 1)} for n in range(10)]
    laid.lay(LEGS, *legs, profile="rollator", bound="central")
    assert _values(laid)["seat_spacing", ""]["value"] == 90


def test_places_with_a_way_back_that_is_too_far_are_a_figure_of_their_own(laid):
    bounds = {"optimistic": {"n_back_over": None}, "central": {"n_back_over": 2}, "pessimistic": {"n_back_over": None}}
    _bounded(laid, bounds)
    row = _values(laid)["n_places_way_back_over", ""]
    assert (row["value"], row["lower"], row["interval_kind"]) == (2, None, "")


def test_floor_is_for_areas_of_many_people_only_and_says_where_it_is_unknown(laid):
    _town(laid, [(10, 100.0)])
    for area_type, expected in (("buurt", 12.5), ("h3", None)):
        laid.lay(MEMBERSHIP, {"atom_id": 0, "origin_id": 0}, area_type=area_type, area_code="A", weight=1.0)
        floors = ({"bound": bound, "floor_m2": 12.5} for bound in BOUNDS)
        laid.lay(SPACE, *floors, profile="rollator", delivered="complete", is_attached=True)
        assert _values(laid).get(("e2sfca_indoor", ""), {}).get("value") == expected
    laid.lay(MEMBERSHIP, {"atom_id": 0, "origin_id": 0}, area_type="buurt", area_code="A", weight=1.0)
    unknown = ({"bound": bound, "floor_m2": None} for bound in BOUNDS)
    laid.lay(SPACE, *unknown, profile="rollator", delivered="not_delivered", is_attached=True)
    assert _values(laid)["e2sfca_indoor", ""]["reason_missing"] == "floor_unknown"


def test_what_is_known_of_streets_and_how_far_homes_lie_from_them_is_published_with_the_rest(laid):
    _town(laid, [(10, 100.0), (30, 100.0)])
    laid.lay(ORIGINS, {"origin_id": 0, "h3_cell": 7}, {"origin_id": 1, "h3_cell": 8}, origin_type="address")
    laid.lay(
        CELL_COVERAGE,
        {"h3_cell": 7, "known_share": 0.2, "known_crossings": None},
        {"h3_cell": 8, "known_share": 0.6, "known_crossings": 0.5},
    )
    snaps = ({"point_id": 0, "edge_id": None, "snap_m": None}, {"point_id": 1, "edge_id": 3, "snap_m": 21.0})
    laid.lay(ATTACHMENTS, *snaps, profile="rollator", point_type="origin", door="yes")
    found = _values(laid)
    assert found["data_coverage", ""]["value"] == 0.6
    assert found["data_coverage_crossings", ""]["value"] == 0.5
    assert found["snap_distance", ""]["value"] == 21
    assert found["share_not_attached", ""]["value"] == 0.25


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 800)), min_size=1, max_size=12))
def test_the_weighted_median_equals_that_of_people_written_out(laid, homes: list[tuple[int, int]]):
    _town(laid, [(float(persons), float(metres)) for persons, metres in homes])
    written_out = np.sort(np.repeat([metres for _, metres in homes], [persons for persons, _ in homes]))
    found = _values(laid)
    if not len(written_out):
        assert found["dist_nearest_place", ""]["reason_missing"] == "no_residents"
        return
    for indicator, share in (("dist_nearest_place", 0.5), ("dist_nearest_place_p90", 0.9)):
        expected = written_out[int(np.ceil(round(share * len(written_out), 9))) - 1]
        assert found[indicator, ""]["value"] == expected


def test_every_home_belongs_to_one_area_of_every_type(laid):
    laid.lay(
        AREAS,
        {"area_type": "buurt", "area_code": "BU1", "parent_code": "WK1"},
        {"area_type": "wijk", "area_code": "WK1", "parent_code": "GM1"},
        {"area_type": "gemeente", "area_code": "GM1"},
        {"area_type": "pc6", "area_code": "1000AA", "parent_code": "1000"},
        {"area_type": "pc4", "area_code": "1000"},
    )
    laid.lay(
        ORIGINS,
        {"origin_id": 0, "origin_type": "address", "h3_cell": 0x8A1969000007FFF},
        {"origin_id": 1, "origin_type": "address", "h3_cell": 0x8A196900000FFFF},
        {"origin_id": 2, "origin_type": "probe", "h3_cell": 0x8A1969000017FFF},
        {"origin_id": 3, "origin_type": "square", "h3_cell": 0x8A1969000027FFF, "is_beyond": True},
    )
    here = {"buurt_code": "BU1", "pc4": "1000", "weight": 1.0, "is_at_point": True}
    laid.lay(
        ATOMS,
        {"atom_id": 0, "origin_id": 0, "pc6": "1000AA", **here},
        {"atom_id": 1, "origin_id": 1, "pc6": "9999ZZ", **here},
        {"atom_id": 2, "origin_id": 2, "pc6": "1000AA", **here},
        {"atom_id": 3, "origin_id": 3, "weight": 1.0},
    )
    laid.lay(
        PERSONS,
        {"atom_id": 0, "persons": 2.0},
        {"atom_id": 1, "persons": None},
        {"atom_id": 2},
        {"atom_id": 3, "persons": 9.0},
        population_group="all",
    )
    found = conform(build_membership(laid.warehouse), MEMBERSHIP)
    assert violations(found, MEMBERSHIP) == ()
    members = {(row["area_type"], row["area_code"], row["origin_id"]) for row in found.to_pylist()}
    expected = {
        (kind, code, n)
        for kind, code in (("buurt", "BU1"), ("wijk", "WK1"), ("gemeente", "GM1"), ("pc4", "1000"))
        for n in range(3)
    }
    # A postcode of another municipality is none of ours; a probe makes no cell inhabited; beyond the border is nothing.
    expected |= {("pc6", "1000AA", 0), ("pc6", "1000AA", 2), ("h3", "8a1969000007fff", 0), ("h3", "8a196900000ffff", 1)}
    assert members == expected


def test_no_values_are_lost_between_the_parts(laid):
    _town(laid, [(5, 100.0)])
    assert isinstance(build_values(laid.warehouse, "2024", "complete"), pa.Table)
    assert {row["period"] for row in build_values(laid.warehouse, "2024", "complete").to_pylist()} == {"2024"}
