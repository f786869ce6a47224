"""Floor for each person: the enhanced two-step floating catchment area, against the formula written out."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.findings.access import measure_space
from pipelines.findings.contracts import SPACE
from pipelines.people.contracts import PERSONS
from pipelines.places.contracts import COMPLETENESS, FUNCTIONS, REGISTER
from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.sources.place_kinds import kinds_out_of_doors
from pipelines.streets.contracts import BUDGETS

BUDGET_M = 500.0


def _lay(laid, persons: list[float], floors: list[float | None], metres: dict[tuple[int, int], float]) -> None:
    laid.lay(BUDGETS, {"profile": "rollator", "budget_m": BUDGET_M, "budget_s": None, "rest_leg_m": 100.0})
    laid.lay(
        PERSONS, *({"atom_id": n, "origin_id": n, "persons": p} for n, p in enumerate(persons)), population_group="all"
    )
    laid.lay(
        REGISTER,
        *({"place_id": n, "floor_area_m2": floor} for n, floor in enumerate(floors)),
        place_kind="buurtcentrum",
    )
    functions = [{"place_id": n} for n in range(len(floors))]
    laid.lay(FUNCTIONS, *functions, place_kind="buurtcentrum", is_booklet=True)
    laid.lay(COMPLETENESS, {}, place_kind="buurtcentrum", delivered="complete", is_booklet=True)
    laid.lay(
        ATTACHMENTS,
        *({"point_id": n, "edge_id": 1} for n in range(len(persons))),
        profile="rollator",
        point_type="origin",
    )
    pairs = [{"origin_id": home, "place_id": place, "metres": m} for (home, place), m in metres.items()]
    laid.lay(PAIRS, *pairs, profile="rollator", bound="central")


def _floor(laid) -> dict[int, dict[str, object]]:
    found = conform(measure_space(laid.warehouse), SPACE)
    assert violations(found, SPACE) == ()
    return {row["origin_id"]: row for row in found.to_pylist() if row["bound"] == "central"}


def weight(metres: float) -> float:
    """Dai (2010): a Gaussian that is 1 at the door and 0 at the budget."""
    return (math.exp(-0.5 * (metres / BUDGET_M) ** 2) - math.exp(-0.5)) / (1 - math.exp(-0.5))


def test_a_place_that_one_home_reaches_is_shared_by_its_persons_only(laid):
    _lay(laid, [4.0], [200.0], {(0, 0): 300.0})
    assert _floor(laid)[0]["floor_m2"] == pytest.approx(50.0)


def test_two_homes_at_one_distance_share_by_head(laid):
    _lay(laid, [4.0, 6.0], [200.0], {(0, 0): 300.0, (1, 0): 300.0})
    found = _floor(laid)
    assert found[0]["floor_m2"] == found[1]["floor_m2"] == pytest.approx(20.0)


def test_a_home_that_reaches_no_floor_has_none_of_it(laid):
    _lay(laid, [4.0, 6.0], [200.0], {(0, 0): 300.0, (1, 0): 500.0})
    assert _floor(laid)[1]["floor_m2"] == 0


def test_a_floor_that_nobody_told_of_is_unknown_and_said_to_be(laid):
    _lay(laid, [4.0], [None], {(0, 0): 300.0})
    assert (_floor(laid)[0]["floor_m2"], _floor(laid)[0]["delivered"]) == (None, "not_delivered")
    _lay(laid, [4.0], [100.0, None], {(0, 0): 300.0, (0, 1): 200.0})
    assert (_floor(laid)[0]["floor_m2"], _floor(laid)[0]["delivered"]) == (pytest.approx(25.0), "partial")


@pytest.mark.parametrize("kind", kinds_out_of_doors())
def test_a_place_out_of_doors_has_no_floor_that_could_be_unknown(laid, kind):
    _lay(laid, [4.0], [100.0, None], {(0, 0): 300.0, (0, 1): 200.0})
    laid.lay(
        REGISTER,
        {"place_id": 0, "floor_area_m2": 100.0, "place_kind": "buurtcentrum"},
        {"place_id": 1, "floor_area_m2": None, "place_kind": kind},
    )
    assert _floor(laid)[0]["delivered"] == "complete"


def test_a_place_that_only_homes_without_residents_reach_gives_nobody_floor(laid):
    _lay(laid, [0.0], [100.0], {(0, 0): 300.0})
    assert _floor(laid)[0]["floor_m2"] == 0


homes_and_places = st.tuples(
    st.lists(st.integers(0, 30), min_size=1, max_size=6), st.lists(st.integers(50, 900), min_size=1, max_size=4)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(homes_and_places, st.data())
def test_the_floor_equals_the_two_steps_written_out_and_is_all_handed_out(laid, town, drawn):
    persons, floors = [float(p) for p in town[0]], [float(f) for f in town[1]]
    metres = {
        (home, place): float(drawn.draw(st.integers(0, 600)))
        for home in range(len(persons))
        for place in range(len(floors))
    }
    _lay(laid, persons, floors, metres)
    weights = {pair: max(weight(m), 0.0) for pair, m in metres.items()}
    demand = [sum(persons[h] * weights[h, place] for h in range(len(persons))) for place in range(len(floors))]
    found = _floor(laid)
    for home in range(len(persons)):
        expected = sum(weights[home, p] * floors[p] / demand[p] for p in range(len(floors)) if demand[p] > 1e-9)
        assert found[home]["floor_m2"] == pytest.approx(expected, rel=1e-5, abs=1e-5)
    handed_out = sum(found[h]["floor_m2"] * persons[h] for h in range(len(persons)))
    assert handed_out == pytest.approx(
        sum(floors[p] for p in range(len(floors)) if demand[p] > 1e-9), rel=1e-4, abs=1e-3
    )
