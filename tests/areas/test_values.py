import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.areas.contracts import MEMBERSHIP, VALUES
from pipelines.areas.values import build_membership, build_values
from pipelines.contracts import conform, violations
from pipelines.findings.contracts import MINIMUM, NEARNESS
from pipelines.people.contracts import ORIGINS, PERSONS
from pipelines.sources.contracts import AREAS
from pipelines.survey.contracts import ESTIMATES

Home = tuple[float | None, float | None]


def _town(laid, homes: list[Home], **nearness: object) -> None:
    """Homes of (persons, metres to the nearest school) in one buurt BU1, profile rollator."""
    laid.lay(
        PERSONS, *({"origin_id": n, "persons": persons} for n, (persons, _) in enumerate(homes)), population_group="all"
    )
    laid.lay(MEMBERSHIP, *({"origin_id": n} for n in range(len(homes))), area_type="buurt", area_code="BU1", weight=1.0)
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
    laid.lay(NEARNESS, *rows, **shared)
    below = [
        {
            "origin_id": n,
            "n_types_lower": int(m is not None),
            "n_types_upper": int(m is not None),
            "is_below": "no" if m is not None else "yes",
        }
        for n, (_, m) in enumerate(homes)
    ]
    laid.lay(MINIMUM, *below, profile="rollator", is_attached=shared["is_attached"])
    laid.warehouse.write(ESTIMATES, ESTIMATES.schema.empty_table())


def _values(laid) -> dict[tuple[str, str], dict[str, object]]:
    found = conform(build_values(laid.warehouse, "2024"), VALUES)
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
    assert (row["value"], row["lower"], row["upper"], row["interval_kind"]) == (15.5, None, None, "")


def test_where_kinds_are_unknown_the_number_is_a_range(laid):
    _town(laid, [(10, 100.0), (12, None)])
    laid.lay(
        MINIMUM,
        {"origin_id": 0, "n_types_lower": 1, "n_types_upper": 5, "is_below": "no"},
        {"origin_id": 1, "n_types_lower": 0, "n_types_upper": 4, "is_below": "unknown"},
        profile="rollator", is_attached=True,
    )  # fmt: skip
    found = _values(laid)
    below = found["people_below_min", "all"]
    assert (below["value"], below["lower"], below["upper"]) == (None, 0, 12)
    assert (below["interval_kind"], below["reason_missing"]) == ("unknown_places", "unknown_place_kinds")
    kinds = found["n_types_reach", ""]
    assert (kinds["value"], kinds["lower"], kinds["upper"]) == (None, 0, 4)
    assert kinds["reason_missing"] == "unknown_place_kinds"


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
    assert nearest["interval_kind"] == places["interval_kind"] == "unknown_places"


def test_hidden_ages_make_an_upper_bound_of_everybody_at_that_home(laid):
    _town(laid, [(10, None), (7, None)])
    rows = [(0, "all", 10.0), (1, "all", 7.0), (0, "65plus", 4.0), (1, "65plus", None)]
    laid.lay(
        PERSONS,
        *(
            {
                "origin_id": n,
                "population_group": g,
                "persons": p,
                "reason_missing": "" if p is not None else "ages_unknown",
            }
            for n, g, p in rows
        ),
    )
    found = _values(laid)
    for indicator in ("inhabitants", "people_below_min"):
        row = found[indicator, "65plus"]
        assert (row["value"], row["lower"], row["upper"], row["interval_kind"]) == (4, 4, 11, "unknown_ages")
        assert found[indicator, "all"]["value"] == 17


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
    laid.lay(MINIMUM, {"origin_id": 0, "n_types_upper": 6, "is_below": "unknown"}, profile="rollator")
    found = _values(laid)
    assert found["dist_nearest_place", ""]["reason_missing"] == "not_attached"
    assert found["n_types_reach", ""]["reason_missing"] == "not_attached"
    assert found["people_below_min", "all"]["reason_missing"] == "not_attached"


def test_survey_estimates_pass_through_with_their_respondents(laid):
    _town(laid, [(5, 100.0)])
    laid.lay(
        ESTIMATES,
        {
            "area_type": "buurt",
            "area_code": "BU1",
            "scale": "m1_contact",
            "mean": 6.0,
            "lower": 5.5,
            "upper": 6.5,
            "respondents": 40,
        },
    )
    row = _values(laid)["m1_contact", ""]
    assert (row["value"], row["lower"], row["upper"], row["interval_kind"], row["respondents"]) == (
        6.0,
        5.5,
        6.5,
        "ci_95",
        40,
    )


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
    shared = {"buurt_code": "BU1", "pc4": "1000"}
    laid.lay(
        ORIGINS,
        {"origin_id": 0, "origin_type": "address", "h3_cell": 0x8A1969000007FFF, "pc6": "1000AA"},
        {"origin_id": 1, "origin_type": "address", "h3_cell": 0x8A196900000FFFF, "pc6": "9999ZZ"},
        {"origin_id": 2, "origin_type": "probe", "h3_cell": 0x8A1969000017FFF, "pc6": "1000AA"},
        **shared,
    )
    laid.lay(
        PERSONS,
        {"origin_id": 0, "persons": 2.0},
        {"origin_id": 1, "persons": None},
        {"origin_id": 2},
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
    # A postcode of another municipality is none of ours; a probe makes no cell inhabited.
    expected |= {("pc6", "1000AA", 0), ("pc6", "1000AA", 2), ("h3", "8a1969000007fff", 0), ("h3", "8a196900000ffff", 1)}
    assert members == expected


def test_no_values_are_lost_between_the_parts(laid):
    _town(laid, [(5, 100.0)])
    assert isinstance(build_values(laid.warehouse, "2024"), pa.Table)
    assert {row["period"] for row in build_values(laid.warehouse, "2024").to_pylist()} == {"2024"}
