import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.errors import SourceError
from pipelines.people.contracts import ORIGINS, PERSONS
from pipelines.people.persons import allocate_persons, oldest_band
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS


def _origin(number: int, unit: str, prior: float = 1.0) -> dict[str, object]:
    return {
        "origin_id": number,
        "origin_type": "address" if unit else "probe",
        "unit_code": unit,
        "prior": prior,
        "buurt_code": "BU1",
    }


def _count(unit: str, group: str, persons: float | None) -> dict[str, object]:
    return {
        "unit_type": "buurt",
        "unit_code": unit,
        "population_group": group,
        "persons": persons,
        "reason_missing": "" if persons is not None else "masked",
    }


def _persons(
    laid, origins: list[dict[str, object]], counts: list[dict[str, object]], *areas: dict[str, object]
) -> dict[tuple[int, str], tuple[float | None, str]]:
    laid.lay(ORIGINS, *origins)
    laid.lay(PEOPLE_COUNTS, *counts)
    laid.lay(AREAS, *areas)
    found = conform(allocate_persons(laid.warehouse, "buurt"), PERSONS)
    assert violations(found, PERSONS) == ()
    return {
        (row["origin_id"], row["population_group"]): (row["persons"], row["reason_missing"])
        for row in found.to_pylist()
    }


def test_a_total_is_shared_in_proportion_to_the_priors(laid):
    found = _persons(
        laid,
        [_origin(0, "BU1"), _origin(1, "BU1", 3.0), _origin(2, "")],
        [_count("BU1", "all", 100), _count("BU1", "65plus", 20)],
    )
    assert found == {
        (0, "all"): (25, ""), (1, "all"): (75, ""), (2, "all"): (0, ""),
        (0, "65plus"): (5, ""), (1, "65plus"): (15, ""), (2, "65plus"): (0, ""),
    }  # fmt: skip


def test_of_a_unit_that_lies_partly_outside_only_the_share_inside_counts(laid):
    half = {"area_type": "buurt", "area_code": "BU1", "share_inside": 0.5}
    assert _persons(laid, [_origin(0, "BU1")], [_count("BU1", "all", 100)], half) == {(0, "all"): (50, "")}


def test_only_the_oldest_band_delivered_is_carried_on(laid):
    counts = [_count("BU1", group, 10) for group in ("all", "45_64", "65_74", "75plus")]
    assert {group for _, group in _persons(laid, [_origin(0, "BU1")], counts)} == {"all", "75plus"}


def test_hidden_people_stay_unknown_with_the_reason(laid):
    counts = [
        _count("BU1", "all", None),
        _count("BU1", "65plus", None),
        _count("BU2", "all", 10),
        _count("BU2", "65plus", None),
    ]
    found = _persons(laid, [_origin(0, "BU1"), _origin(1, "BU2")], counts)
    assert found[0, "all"] == (None, "masked")
    assert found[0, "65plus"] == (None, "masked")
    assert found[1, "all"] == (10, "")
    assert found[1, "65plus"] == (None, "ages_unknown")


def test_an_origin_without_prior_in_a_served_unit_stands_for_nobody(laid):
    found = _persons(laid, [_origin(0, "BU1", 0.0), _origin(1, "BU1")], [_count("BU1", "all", 10)])
    assert found == {(0, "all"): (0, ""), (1, "all"): (10, "")}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.dictionaries(
        st.sampled_from(["BU1", "BU2", "BU3"]),
        st.tuples(st.floats(0, 1e5), st.lists(st.floats(0.01, 100), min_size=1, max_size=6)),
        min_size=1,
    )
)
def test_people_are_conserved_per_unit(laid, units: dict[str, tuple[float, list[float]]]):
    origins = [(unit, prior) for unit, (_, priors) in units.items() for prior in priors]
    rows = [_origin(number, unit, prior) for number, (unit, prior) in enumerate(origins)]
    found = _persons(laid, rows, [_count(unit, "all", total) for unit, (total, _) in units.items()])
    for unit, (total, _) in units.items():
        mine = [found[number, "all"][0] for number, (own, _) in enumerate(origins) if own == unit]
        assert sum(mine) == pytest.approx(total)
        assert min(mine) >= 0


def test_a_delivery_without_inhabitants_cannot_give_totals(laid):
    laid.lay(ORIGINS, _origin(0, "BU1"))
    laid.warehouse.write(PEOPLE_COUNTS, pa.Table.from_pylist([], schema=PEOPLE_COUNTS.schema))
    with pytest.raises(SourceError, match=r"population\.total_from: the buurt delivery carries no inhabitants"):
        allocate_persons(laid.warehouse, "buurt")


def test_the_oldest_band_is_found_by_its_lowest_age():
    assert oldest_band({"all", "0_14", "65_74", "75plus", "5_11"}) == "75plus"
    assert oldest_band({"all"}) == "all"
