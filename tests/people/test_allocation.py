"""Sharing people over homes: against a solver of convex problems, and what must hold whatever the counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from pipelines.people.allocation import NOWHERE, Allocation, Counts, allocate

INFINITE = np.inf


def counts(name: str, unit: list[int], *intervals: tuple[float, float], is_exact: bool = False) -> Counts:
    lowest, highest = np.array(intervals, dtype=float).reshape(-1, 2).T
    return Counts(name, np.array(unit, dtype=np.int64), lowest, highest, is_exact)


def test_a_count_alone_is_shared_in_proportion_to_the_prior():
    found = allocate(np.array([1.0, 3.0]), [counts("square", [0, 0], (100, 100))])
    assert found.persons == pytest.approx([25, 75])
    assert found.is_settled


def test_a_likely_number_within_the_interval_is_kept():
    found = allocate(np.array([4.0, 5.0]), [counts("square", [0, 0], (8, 12))])
    assert found.persons == pytest.approx([4, 5])


def test_a_count_that_is_rounded_is_moved_to_its_nearest_end_only():
    found = allocate(np.array([5.0, 5.0]), [counts("square", [0, 0], (13, 17))])
    assert found.persons.sum() == pytest.approx(13)


def test_a_unit_that_holds_nobody_gets_nobody_and_the_others_their_count():
    squares = counts("square", [0, 0, 1], (0, 0), (10, 10))
    buurt = counts("buurt", [0, 0, 0], (10, 10))
    found = allocate(np.ones(3), [squares, buurt])
    assert found.persons == pytest.approx([0, 0, 10], abs=1e-2)


def test_a_home_that_is_not_likely_gets_nobody_while_others_are_there():
    found = allocate(np.array([0.0, 1.0]), [counts("square", [0, 0], (10, 10))])
    assert found.persons == pytest.approx([0, 10])


def test_two_systems_that_agree_are_both_kept():
    rows, columns = counts("row", [0, 0, 1, 1], (30, 30), (70, 70)), counts("column", [0, 1, 0, 1], (60, 60), (40, 40))
    found = allocate(np.array([1.0, 2.0, 3.0, 4.0]), [rows, columns])
    assert [missed.tolist() for missed in found.missed] == [pytest.approx([0, 0], abs=1e-2)] * 2


def test_of_counts_that_contradict_the_exact_one_is_kept_and_the_other_told():
    squares = counts("square", [0, 1], (50, 50), (50, 50))
    buurt = counts("buurt", [0, 0], (80, 80), is_exact=True)
    found = allocate(np.ones(2), [squares, buurt])
    assert found.persons == pytest.approx([40, 40], abs=1e-2)
    assert found.missed[0] == pytest.approx([-10, -10], abs=1e-2)
    assert found.missed[1] == pytest.approx([0], abs=1e-6)


def test_a_count_of_a_unit_without_homes_is_missed_and_told():
    found = allocate(np.ones(1), [counts("square", [0], (5, 5), (9, 9))])
    assert found.missed[0] == pytest.approx([0, -9])


def test_a_home_in_no_unit_keeps_what_is_likely():
    found = allocate(np.array([2.0, 3.0]), [counts("square", [0, NOWHERE], (10, 10))])
    assert found.persons == pytest.approx([10, 3])


@pytest.mark.parametrize(
    ("prior", "system", "words"),
    [
        ([-1.0], counts("square", [0], (1, 1)), "prior is negative"),
        ([np.nan], counts("square", [0], (1, 1)), "prior is negative"),
        ([1.0], counts("square", [0], (2, 1)), "square: an interval is empty"),
        ([1.0], counts("square", [0], (np.nan, 1)), "square: an interval is empty"),
        ([1.0], counts("square", [1], (1, 1)), "square: a home lies in a unit that does not exist"),
        ([1.0], counts("square", [0, 0], (1, 1)), "square: a home lies in a unit that does not exist"),
    ],
)
def test_what_cannot_be_is_refused(prior: list[float], system: Counts, words: str):
    with pytest.raises(ValueError, match=words):
        allocate(np.array(prior), [system])


# A town whose counts can all be kept, as they were counted there: rounded to fives, some masked.


@st.composite
def towns(draw: st.DrawFn) -> tuple[np.ndarray, list[Counts], np.ndarray]:
    n = draw(st.integers(2, 12))
    truth = np.array(draw(st.lists(st.integers(0, 40), min_size=n, max_size=n)), dtype=float)
    prior = np.array(draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), dtype=float)
    systems = []
    for name in ("square", "pc6", "buurt"):
        n_units = draw(st.integers(1, 4))
        unit = np.array(draw(st.lists(st.integers(0, n_units - 1), min_size=n, max_size=n)), dtype=np.int64)
        sums = np.bincount(unit, weights=truth, minlength=n_units)
        rounded = 5 * np.round(sums / 5)
        is_masked = sums < 5
        lowest = np.where(is_masked, 0, np.maximum(rounded - 2.5, 0))
        highest = np.where(is_masked, 4, rounded + 2.5)
        systems.append(Counts(name, unit, lowest, highest))
    return prior, systems, truth


@settings(max_examples=60)
@given(towns())
def test_nobody_is_negative_and_every_count_is_kept_where_all_can_be(town):
    prior, systems, _ = town
    found = allocate(prior, systems)
    assert found.is_settled
    assert np.all(found.persons >= 0)
    for missed in found.missed:
        assert np.abs(missed).max() < 0.05


@settings(max_examples=40)
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_homes_does_not_matter(town, dice):
    prior, systems, _ = town
    order = list(range(len(prior)))
    dice.shuffle(order)
    turned = [Counts(s.name, s.unit[order], s.lowest, s.highest, s.is_exact) for s in systems]
    assert allocate(prior[order], turned).persons == pytest.approx(allocate(prior, systems).persons[order], abs=1e-6)


def divergence(persons: np.ndarray, prior: np.ndarray) -> float:
    some = persons > 1e-12
    return float(np.sum(persons[some] * np.log(persons[some] / prior[some])) - persons.sum() + prior.sum())


@settings(max_examples=25)
@given(towns())
def test_no_other_shares_that_keep_the_counts_are_nearer_to_the_prior(town):
    prior, systems, truth = town
    found: Allocation = allocate(prior, systems, tolerance_persons=1e-7, most_rounds=20_000)
    rows = [np.where(s.unit == u, 1.0, 0.0) for s in systems for u in range(len(s.lowest))]
    lowest = np.concatenate([s.lowest for s in systems])
    highest = np.concatenate([s.highest for s in systems])
    inside = [{"type": "ineq", "fun": lambda x, r=row, a=low: r @ x - a} for row, low in zip(rows, lowest, strict=True)]
    inside += [
        {"type": "ineq", "fun": lambda x, r=row, b=high: b - r @ x} for row, high in zip(rows, highest, strict=True)
    ]
    start = np.maximum(truth, 1e-3)
    other = minimize(
        lambda x: divergence(np.maximum(x, 0), prior),
        start,
        bounds=[(0, None)] * len(prior),
        constraints=inside,
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-10},
    )
    if other.success and all(c["fun"](other.x) > -1e-6 for c in inside):
        assert divergence(found.persons, prior) <= other.fun + 1e-2 + 1e-3 * abs(other.fun)


def test_a_sharing_that_does_not_settle_says_so_and_by_how_much():
    homes = np.array([0, 0])
    systems = [_exact("one", homes, [100.0]), _exact("other", homes, [50.0])]
    found = allocate(np.ones(2), systems, most_rounds=5)
    assert (found.is_settled, found.rounds, found.moved) == (False, 5, pytest.approx(50))


def _exact(name: str, unit: np.ndarray, persons: list[float]) -> Counts:
    return Counts(name, unit, np.array(persons), np.array(persons), is_exact=True)
