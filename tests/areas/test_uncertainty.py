import pytest

from pipelines.areas.contracts import DRAWS, MEMBERSHIP
from pipelines.areas.uncertainty import build_draws
from pipelines.contracts import conform, violations
from pipelines.findings.contracts import MINIMUM, SENSITIVITY
from pipelines.people.contracts import ATOMS, PERSONS


def _draws(
    laid, homes: list[tuple[float | None, str, str]], off: int = -1
) -> dict[tuple[str, str], tuple[float, float]]:
    """Homes of (persons, square, whether a place is near), in one buurt; `off` is the number of one on no street."""
    laid.lay(
        ATOMS,
        *({"atom_id": n, "origin_id": n, "square_code": s} for n, (_, s, _) in enumerate(homes)),
        buurt_code="BU1",
    )
    laid.lay(PERSONS, *({"atom_id": n, "persons": p} for n, (p, _, _) in enumerate(homes)), population_group="all")
    found = (
        {"origin_id": n, "is_below": b, "is_below_central": b, "is_attached": n != off}
        for n, (_, _, b) in enumerate(homes)
    )
    laid.lay(MINIMUM, *found, profile="rollator")
    laid.lay(SENSITIVITY)
    members = ({"atom_id": n, "origin_id": n, "area_type": t} for n in range(len(homes)) for t in ("buurt", "h3"))
    laid.lay(MEMBERSHIP, *members, area_code="A", weight=1.0)
    found = conform(build_draws(laid.warehouse, laid.warehouse.read(MEMBERSHIP)), DRAWS)
    assert violations(found, DRAWS) == ()
    return {(row["area_type"], row["profile"]): (row["lower_people"], row["upper_people"]) for row in found.to_pylist()}


def test_where_a_block_lies_wholly_near_or_far_chance_moves_nobody(laid):
    found = _draws(laid, [(10, "near", "no"), (20, "far", "yes"), (3, "far", "unknown")])
    assert found == {("buurt", "rollator"): pytest.approx((23, 23))}


def test_homes_on_no_street_are_in_no_draw_as_nothing_was_looked_for(laid):
    homes = [(10, "near", "no"), (20, "far", "yes"), (3, "off", "unknown")]
    assert _draws(laid, homes, off=2) == {("buurt", "rollator"): pytest.approx((20, 20))}


def test_where_homes_of_one_block_differ_the_number_lies_between_bounds_around_it(laid):
    ((lower, upper),) = _draws(laid, [(50, "same", "no"), (50, "same", "yes")]).values()
    assert 25 < lower < 45
    assert 55 < upper < 75


def test_people_who_are_not_known_are_in_no_draw(laid):
    assert _draws(laid, [(None, "far", "yes"), (5, "far", "yes")]) == {("buurt", "rollator"): pytest.approx((5, 5))}


def test_the_joint_bounds_hold_those_of_people_alone_and_the_worst_case_holds_both(laid):
    homes = [(50, "same", "no"), (50, "same", "yes"), (30, "other", "unknown"), (9, "off", "unknown")]
    _draws(laid, homes, off=3)
    (row,) = build_draws(laid.warehouse, laid.warehouse.read(MEMBERSHIP)).to_pylist()
    assert row["lowest"] <= row["lower"] <= row["lower_people"] <= row["upper_people"] <= row["upper"] <= row["highest"]
    # Surely without: a block with a home near by may hold nobody far; perhaps: all of every block but none near alone.
    assert (row["lowest"], row["highest"]) == (0, 139)


def test_every_distance_has_draws_of_its_own(laid):
    _draws(laid, [(50, "same", "no"), (50, "other", "yes")])
    other = {"is_below": "yes", "is_below_central": "yes", "is_attached": True, "threshold_m": "300"}
    laid.lay(SENSITIVITY, {"origin_id": 0, **other}, {"origin_id": 1, **other}, profile="rollator")
    rows = build_draws(laid.warehouse, laid.warehouse.read(MEMBERSHIP)).to_pylist()
    assert {row["threshold_m"]: row["lower"] for row in rows} == pytest.approx({"": 50, "300": 100})
