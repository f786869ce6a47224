import pytest

from pipelines.contracts import conform, violations
from pipelines.findings.access import judge_minimum, measure_nearness
from pipelines.findings.contracts import MINIMUM, NEARNESS
from pipelines.people.contracts import ORIGINS
from pipelines.places.contracts import COMPLETENESS, FUNCTIONS
from pipelines.reach.contracts import ATTACHMENTS, PAIRS, REST, RETURNS
from pipelines.sources.place_kinds import booklet_kinds
from pipelines.streets.contracts import BUDGETS
from pipelines.streets.unknowns import BOUNDS


@pytest.fixture
def town(laid):
    """Home 0 reaches a school (400 m) and a café (450 m, slowly); home 1 reaches nothing; home 2 hangs on no street."""
    laid.lay(ORIGINS, {"origin_id": 0}, {"origin_id": 1}, {"origin_id": 2}, origin_type="address")
    laid.lay(
        FUNCTIONS,
        {"place_id": 0, "place_kind": "school"},
        {"place_id": 1, "place_kind": "horeca"},
        {"place_id": 2, "place_kind": "horeca"},
        is_booklet=True,
    )
    laid.lay(
        BUDGETS,
        {"profile": "rollator", "budget_m": 420.0, "budget_s": None, "rest_leg_m": 100.0},
        {"profile": "kinderwagen", "budget_m": None, "budget_s": 420.0, "rest_leg_m": None},
        speed_m_per_s=1.0,
    )
    attached = [
        {"profile": p, "point_id": n, "edge_id": None if n == 2 else 7}
        for p in ("rollator", "kinderwagen")
        for n in range(3)
    ]
    laid.lay(ATTACHMENTS, *attached, point_type="origin", fraction=0.5, snap_m=1.0)
    _pairs(
        laid,
        {"profile": "rollator", "place_id": 0, "metres": 400.0, "seconds": 400.0},
        {"profile": "rollator", "place_id": 1, "metres": 450.0, "seconds": 450.0},
        {"profile": "kinderwagen", "place_id": 0, "metres": 400.0, "seconds": 430.0},
        {"profile": "kinderwagen", "place_id": 1, "metres": 300.0, "seconds": None},
        {"profile": "kinderwagen", "place_id": 2, "metres": 800.0, "seconds": 410.0},
    )
    laid.lay(REST)
    laid.lay(RETURNS)
    return laid


def _pairs(laid, *pairs: dict[str, object]) -> None:
    """Lay pairs of home 0, alike in every bound where they do not name one."""
    rows = [
        {"origin_id": 0, **pair, "bound": bound}
        for pair in pairs
        for bound in BOUNDS
        if pair.get("bound", bound) == bound
    ]
    laid.lay(PAIRS, *rows)


def _complete(laid, **delivered: str) -> None:
    booklet = booklet_kinds()
    rows = [
        {"place_kind": kind, "delivered": value, "is_booklet": kind in booklet} for kind, value in delivered.items()
    ]
    laid.lay(COMPLETENESS, *rows)


def _nearness(laid, bound: str = "central") -> dict[tuple[int, str, str], dict[str, object]]:
    found = conform(measure_nearness(laid.warehouse), NEARNESS)
    assert violations(found, NEARNESS) == ()
    laid.warehouse.write(NEARNESS, found)
    of_bound = [row for row in found.to_pylist() if row["bound"] == bound]
    return {(row["origin_id"], row["profile"], row["place_kind"]): row for row in of_bound}


def _minimum(laid, kinds: int = 1) -> dict[tuple[int, str], tuple[int, int, str]]:
    _nearness(laid)
    found = conform(judge_minimum(laid.warehouse, kinds), MINIMUM)
    assert violations(found, MINIMUM) == ()
    return {
        (r["origin_id"], r["profile"]): (r["n_types_lower"], r["n_types_upper"], r["is_below"])
        for r in found.to_pylist()
    }


def test_the_nearest_and_the_counts_are_of_one_kind_or_of_any(town):
    _complete(town, school="complete", horeca="complete")
    found = _nearness(town)
    any_kind = found[0, "rollator", ""]
    assert (any_kind["nearest_m"], any_kind["n_300m"], any_kind["n_500m"], any_kind["n_800m"]) == (400, 0, 2, 2)
    horeca = found[0, "kinderwagen", "horeca"]
    assert (horeca["nearest_m"], horeca["n_300m"], horeca["n_500m"], horeca["n_800m"]) == (300, 1, 1, 2)


def test_a_budget_in_metres_looks_at_metres_and_one_in_seconds_at_seconds(town):
    _complete(town, school="complete", horeca="complete")
    found = _nearness(town)
    assert found[0, "rollator", "school"]["n_budget"] == 1
    assert found[0, "rollator", "horeca"]["n_budget"] == 0
    assert found[0, "kinderwagen", "school"]["n_budget"] == 0
    # 300 m but too slow to have a time; 800 m within the time.
    assert found[0, "kinderwagen", "horeca"]["n_budget"] == 1


def test_a_home_that_reaches_nothing_has_zeros_and_no_nearest(town):
    _complete(town, school="complete", horeca="complete")
    row = _nearness(town)[1, "rollator", ""]
    assert (row["nearest_m"], row["n_800m"], row["n_budget"]) == (None, 0, 0)


def test_with_complete_lists_the_minimum_is_judged_yes_or_no(town):
    _complete(town, school="complete", horeca="complete")
    found = _minimum(town)
    assert found[0, "rollator"] == (1, 1, "no")
    assert found[1, "rollator"] == (0, 0, "yes")


def test_a_kind_that_was_not_delivered_is_unknown_not_absent(town):
    _complete(town, school="complete", horeca="complete", winkel="not_delivered", sport="partial")
    found = _minimum(town)
    assert found[0, "rollator"] == (1, 3, "no")
    assert found[1, "rollator"] == (0, 2, "unknown")


def test_a_home_on_no_street_is_unknown_whatever_was_delivered(town):
    _complete(town, school="complete", horeca="complete")
    assert _minimum(town)[2, "rollator"] == (0, 2, "unknown")


def test_a_higher_minimum_is_met_by_fewer(town):
    _complete(town, school="complete", horeca="complete")
    assert _minimum(town, 2)[0, "rollator"] == (1, 1, "yes")


def test_a_higher_minimum_is_possible_only_while_enough_kinds_are(town):
    _complete(town, school="complete", horeca="complete", winkel="not_delivered")
    found = _minimum(town, 3)
    assert found[0, "rollator"] == (1, 2, "yes")
    assert _minimum(town, 2)[0, "rollator"] == (1, 2, "unknown")


def test_every_bound_is_counted_apart(town):
    _complete(town, school="complete", horeca="complete")
    known = {"profile": "rollator", "place_id": 0, "metres": 300.0, "seconds": 300.0}
    through_gate = {"profile": "rollator", "place_id": 1, "metres": 200.0, "seconds": 200.0, "bound": "optimistic"}
    around = {"profile": "rollator", "place_id": 1, "metres": 410.0, "seconds": 410.0, "bound": "central"}
    _pairs(town, known, through_gate, around)
    found = {bound: _nearness(town, bound)[0, "rollator", ""] for bound in BOUNDS}
    assert [found[bound]["nearest_m"] for bound in BOUNDS] == [200, 300, 300]
    assert [found[bound]["n_budget"] for bound in BOUNDS] == [2, 2, 1]


def test_what_only_the_bounds_disagree_on_is_unknown_but_has_a_central_answer(town):
    _complete(town, school="complete", horeca="complete")
    _pairs(
        town,
        {"profile": "rollator", "place_id": 0, "metres": 400.0, "seconds": 400.0, "bound": "central"},
        {"profile": "rollator", "place_id": 0, "metres": 400.0, "seconds": 400.0, "bound": "optimistic"},
        {"profile": "rollator", "place_id": 1, "metres": 400.0, "seconds": 400.0, "bound": "optimistic"},
    )
    assert _minimum(town)[0, "rollator"] == (0, 2, "unknown")
    judged = next(
        r
        for r in conform(judge_minimum(town.warehouse), MINIMUM).to_pylist()
        if (r["origin_id"], r["profile"]) == (0, "rollator")
    )
    assert (judged["n_types_found"], judged["n_types_possible"], judged["is_below_central"]) == (1, 1, "no")


def test_places_reached_from_seat_to_seat_are_counted_for_who_needs_seats(town):
    _complete(town, school="complete", horeca="complete")
    _pairs(
        town,
        {"profile": "rollator", "place_id": 0, "metres": 400.0, "seconds": 400.0},
        {"profile": "rollator", "place_id": 1, "metres": 410.0, "seconds": 410.0},
        {"profile": "kinderwagen", "place_id": 1, "metres": 300.0, "seconds": 300.0},
    )
    town.lay(
        REST,
        {"place_id": 0, "metres": 400.0, "rest_metres": 415.0},
        {"place_id": 1, "metres": 410.0, "rest_metres": None},
        profile="rollator",
        bound="central",
        origin_id=0,
    )
    found = _nearness(town)
    assert (found[0, "rollator", ""]["n_rested"], found[0, "rollator", "school"]["n_rested"]) == (1, 1)
    assert found[0, "rollator", "horeca"]["n_rested"] == 0
    assert found[0, "kinderwagen", ""]["n_rested"] is None


def test_a_way_back_that_is_too_far_is_counted_apart_and_takes_nothing_from_the_reach(town):
    _complete(town, school="complete", horeca="complete")
    town.lay(
        RETURNS,
        {"place_id": 0, "metres": 430.0, "seconds": 500.0},
        profile="rollator",
        bound="central",
        origin_id=0,
    )
    row = _nearness(town)[0, "rollator", "school"]
    assert (row["n_budget"], row["n_back_over"]) == (1, 1)
    assert _nearness(town, "optimistic")[0, "rollator", "school"]["n_back_over"] is None


def test_the_reference_profile_is_given_the_same_metres(town):
    _complete(town, school="complete", horeca="complete")
    assert _nearness(town)[0, "rollator", ""]["n_reference"] is None
    budget = {"budget_m": None, "budget_s": 600.0, "rest_leg_m": None}
    town.lay(
        BUDGETS,
        {"profile": "rollator", "budget_m": 420.0, "budget_s": None, "rest_leg_m": 100.0},
        {"profile": "kinderwagen", **budget},
        {"profile": "referentie", **budget},
        speed_m_per_s=1.0,
    )
    names = ("rollator", "kinderwagen", "referentie")
    attached = [{"profile": p, "point_id": n, "edge_id": 7} for p in names for n in range(3)]
    town.lay(ATTACHMENTS, *attached, point_type="origin", fraction=0.5, snap_m=1.0)
    _pairs(
        town,
        {"profile": "rollator", "place_id": 0, "metres": 400.0, "seconds": 400.0},
        {"profile": "referentie", "place_id": 0, "metres": 380.0, "seconds": 380.0},
        {"profile": "referentie", "place_id": 1, "metres": 420.0, "seconds": 420.0},
        {"profile": "referentie", "place_id": 2, "metres": 590.0, "seconds": 700.0},
    )
    found = _nearness(town)
    assert (found[0, "rollator", ""]["n_same_m"], found[0, "rollator", ""]["n_reference"]) == (1, 2)
    assert found[0, "kinderwagen", ""]["n_reference"] == 3
    assert found[0, "rollator", "horeca"]["n_reference"] == 1
    assert found[1, "rollator", ""]["n_reference"] == 0


def test_a_place_of_two_kinds_counts_once_under_each_and_once_as_any_place(town):
    functions = [(0, "school"), (0, "buurtcentrum"), (1, "horeca"), (2, "horeca")]
    rows = [{"place_id": number, "place_kind": kind} for number, kind in functions]
    town.lay(FUNCTIONS, *rows, is_booklet=True)
    _complete(town, school="complete", horeca="complete", buurtcentrum="complete")
    found = _nearness(town)
    for kind in ("school", "buurtcentrum"):
        assert (found[0, "rollator", kind]["nearest_m"], found[0, "rollator", kind]["n_500m"]) == (400, 1)
    assert (found[0, "rollator", ""]["n_500m"], found[0, "rollator", ""]["n_same_m"]) == (2, 1)
    assert _minimum(town)[0, "rollator"] == (2, 2, "no")


def test_a_further_kind_has_figures_of_its_own_and_bears_on_nothing_else(town):
    _complete(town, school="complete", horeca="complete")
    alone, minimum = _nearness(town), _minimum(town)
    church = {"place_id": 3, "place_kind": "gebedshuis", "is_booklet": False}
    rows = [{"place_id": 0, "place_kind": "school"}, {"place_id": 1, "place_kind": "horeca"}]
    rows += [{"place_id": 2, "place_kind": "horeca"}]
    town.lay(FUNCTIONS, *({**row, "is_booklet": True} for row in rows), church)
    pairs = [{"profile": "rollator", "place_id": 3, "metres": 50.0, "seconds": 50.0}]
    before = town.warehouse.read(PAIRS).to_pylist()
    town.lay(PAIRS, *before, *({"origin_id": 0, **pair, "bound": bound} for pair in pairs for bound in BOUNDS))
    _complete(town, school="complete", horeca="complete", gebedshuis="partial")
    found = _nearness(town)
    assert {key: row for key, row in found.items() if key[2] != "gebedshuis"} == alone
    assert found[0, "rollator", "gebedshuis"]["nearest_m"] == 50
    assert found[0, "rollator", "gebedshuis"]["delivered"] == "partial"
    assert _minimum(town) == minimum
