"""Means and errors in a full design: equal to R survey, and to sums by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.survey.design import Design, DomainMeans, Domains, covariances, domain_means, influence, simple_design
from pipelines.survey.intervals import korn_graubard, t_interval
from tests.survey.oracle import numbered, oracle

R = oracle("design")
DATA = R["data"]
N = len(DATA["weight"])
EXACT = {"rel": 1e-9, "abs": 1e-12}


def answers(name: str) -> np.ndarray:
    return np.where(DATA["answered"] == 1, DATA[name], np.nan)


def domains_of(numbers: np.ndarray, count: int) -> Domains:
    return Domains(np.arange(len(numbers)), numbers, count)


DOMAINS = domains_of(numbered(DATA["domain"]), 8)
STRATA, CLUSTERS = numbered(DATA["stratum"]), numbered(DATA["cluster"])


def stratified(**changed: Any) -> Design:
    given_ = {"weight": DATA["weight"], "base": DATA["weight"], "stratum": STRATA, "cluster": CLUSTERS,
              "fraction": np.zeros(7), **changed}  # fmt: skip
    return Design(**given_)


def fractions() -> np.ndarray:
    units = np.array([len(np.unique(CLUSTERS[h == STRATA])) for h in range(7)])
    return units / np.array([DATA["units_in_stratum"][h == STRATA][0] for h in range(7)])


def calibration() -> np.ndarray:
    return np.column_stack([np.ones(N), DATA["age"] == 2, DATA["age"] == 3, DATA["sex"] == 2]).astype(np.float64)


DESIGNS = {
    "plain": lambda: simple_design(DATA["weight"]),
    "clustered": lambda: stratified(stratum=np.zeros(N, dtype=np.int64), fraction=np.zeros(1)),
    "stratified": stratified,
    "finite": lambda: stratified(fraction=fractions()),
    "calibrated": lambda: stratified(weight=R["calibrated"]["weight"], calibration=calibration()),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_means_errors_and_degrees_of_freedom_are_those_of_r_survey(name: str) -> None:
    found = domain_means(answers("score"), DESIGNS[name](), DOMAINS)
    assert found.mean == pytest.approx(R[name]["mean"], **EXACT)
    assert found.se == pytest.approx(R[name]["se"], **EXACT)
    assert found.freedom == pytest.approx(R[name]["freedom"])


@pytest.mark.parametrize(
    ("name", "design"), [("shares", "stratified"), ("shares_plain", "plain"), ("shares_clustered", "clustered")]
)
def test_shares_and_their_intervals_are_those_of_r_survey(name: str, design: str) -> None:
    found = domain_means(answers("says_yes"), DESIGNS[design](), DOMAINS)
    lower, upper = korn_graubard(found, found.effective)
    assert found.mean == pytest.approx(R[name]["mean"], **EXACT)
    assert found.se == pytest.approx(R[name]["se"], **EXACT)
    # In the last domain everybody says yes, of which R gives no interval; see the next test.
    assert R[name]["mean"][-1] == 1
    assert lower[:-1] == pytest.approx(R[name]["lower"][:-1], rel=1e-6)
    assert upper[:-1] == pytest.approx(R[name]["upper"][:-1], rel=1e-6)


def test_where_everybody_agrees_the_interval_is_one_sided_and_rests_on_how_many_they_are() -> None:
    means = DomainMeans(np.array([1.0, 0.0]), np.zeros(2), np.array([20, 20]), np.full(2, 19.0), np.full(2, 20.0))
    lower, upper = korn_graubard(means, means.effective)
    assert (upper[0], lower[1]) == (1.0, 0.0)
    # Clopper and Pearson: 0.025 ** (1 / 20).
    assert lower[0] == pytest.approx(0.025 ** (1 / 20))
    assert upper[1] == pytest.approx(1 - 0.025 ** (1 / 20))


def test_a_stratified_error_by_hand() -> None:
    # Strata {0, 4} and {2, 10}, weights 1: mean 4; influences -1, 0 and -0.5, 1.5.
    # 2/1 x (0.25 + 0.25) + 2/1 x (1 + 1) = 5; with half of the first stratum drawn, 4.5.
    values = np.array([0.0, 4.0, 2.0, 10.0])
    stratum, alone = np.array([0, 0, 1, 1]), np.arange(4)
    weight = np.ones(4)
    drawn = Design(weight, weight, stratum, alone, np.zeros(2))
    found = domain_means(values, drawn, domains_of(np.zeros(4, dtype=np.int64), 1))
    assert (found.mean[0], found.se[0] ** 2, found.freedom[0]) == pytest.approx((4.0, 5.0, 2.0))
    half = Design(weight, weight, stratum, alone, np.array([0.5, 0.0]))
    assert domain_means(values, half, domains_of(np.zeros(4, dtype=np.int64), 1)).se[0] ** 2 == pytest.approx(4.5)


def test_respondents_of_one_household_count_as_one_draw() -> None:
    values = np.array([0.0, 0.0, 6.0, 6.0, 9.0, 9.0])
    weight, none = np.ones(6), np.zeros(6, dtype=np.int64)
    together = domain_means(
        values, Design(weight, weight, none, np.array([0, 0, 1, 1, 2, 2]), np.zeros(1)), domains_of(none, 1)
    )
    single = domain_means(values[::2], simple_design(np.ones(3)), domains_of(none[::2], 1))
    assert together.se == pytest.approx(single.se)
    assert together.freedom == pytest.approx(single.freedom)


def test_where_over_one_in_twenty_answered_the_error_shrinks_and_else_it_does_not() -> None:
    values, where = np.arange(60.0) % 7, np.repeat([0, 1, 2], 20)
    free = domain_means(values, simple_design(np.ones(60)), domains_of(where, 3))
    known = domain_means(values, simple_design(np.ones(60)), domains_of(where, 3), np.array([80.0, 401.0, np.nan]))
    assert known.se / free.se == pytest.approx([np.sqrt(0.75), 1, 1])


def test_where_everybody_answered_nothing_is_uncertain() -> None:
    found = domain_means(
        np.arange(20.0), simple_design(np.ones(20)), domains_of(np.zeros(20, dtype=np.int64), 1), np.array([15.0])
    )
    assert found.se[0] == 0


def test_a_sample_that_was_not_drawn_by_chance_has_no_error_and_no_interval() -> None:
    found = domain_means(answers("score"), stratified(), DOMAINS).without_error()
    assert np.isfinite(found.mean).all()
    for ends in (t_interval(found, 0, 10), korn_graubard(found, found.effective)):
        assert np.isnan(ends).all()


def test_an_area_without_respondents_has_no_figures_and_a_sample_of_one_no_error() -> None:
    nobody = domain_means(np.array([np.nan, 3.0]), simple_design(np.ones(2)), domains_of(np.array([0, 1]), 3))
    assert np.isnan(nobody.mean).tolist() == [True, False, True]
    assert np.isnan(nobody.se).tolist() == [True, False, True]
    assert nobody.respondents.tolist() == [0, 1, 0]
    one = domain_means(np.array([3.0]), simple_design(np.ones(1)), domains_of(np.array([0]), 1))
    assert (one.mean[0], np.isnan(one.se[0])) == (3.0, True)
    empty = domain_means(np.zeros(0), simple_design(np.zeros(0)), domains_of(np.zeros(0, dtype=np.int64), 2))
    assert np.isnan(empty.mean).all()


def test_an_interval_stays_on_its_scale() -> None:
    means = DomainMeans(np.array([0.2, 9.9]), np.ones(2), np.array([9, 9]), np.full(2, 8.0), np.full(2, 9.0))
    lower, upper = t_interval(means, 0, 10)
    assert (lower[0], upper[1]) == (0.0, 10.0)
    assert upper[0] == pytest.approx(0.2 + 2.306004, abs=1e-6)


samples = st.lists(
    st.tuples(st.floats(0, 10), st.floats(0.1, 9), st.integers(0, 3), st.integers(0, 2)), min_size=4, max_size=40
)


@settings(deadline=None)
@given(samples, st.floats(0.01, 50), st.randoms(use_true_random=False))
def test_the_unit_of_weights_and_the_order_of_respondents_change_nothing(people, unit: float, random) -> None:
    def found(rows, scale: float) -> DomainMeans:
        values, weight, where, stratum = (np.array(column) for column in zip(*rows, strict=True))
        drawn = Design(weight * scale, weight * scale, stratum, np.arange(len(rows)), np.zeros(3))
        return domain_means(values, drawn, domains_of(where, 4))

    shuffled = random.sample(people, len(people))
    one, other = found(people, 1.0), found(shuffled, unit)
    assert one.mean == pytest.approx(other.mean, nan_ok=True)
    assert one.se == pytest.approx(other.se, abs=1e-9, nan_ok=True)
    assert one.freedom.tolist() == other.freedom.tolist()


@settings(deadline=None)
@given(samples)
def test_the_covariances_of_areas_add_up_to_the_variance_of_a_difference(people) -> None:
    values, weight, where, stratum = (np.array(column) for column in zip(*people, strict=True))
    drawn = Design(weight, weight, stratum, np.arange(len(values)), np.zeros(3))
    influences, _ = influence(values, drawn, domains_of(where, 4))
    both = covariances(influences, drawn)
    apart = influences[:, [0]] - influences[:, [1]]
    assert covariances(apart, drawn)[0, 0] == pytest.approx(both[0, 0] + both[1, 1] - 2 * both[0, 1], abs=1e-9)


def test_equal_answers_leave_no_error() -> None:
    same = domain_means(np.full(N, 7.0), stratified(), DOMAINS)
    assert same.mean == pytest.approx(np.full(8, 7.0), abs=0)
    assert same.se == pytest.approx(np.zeros(8), abs=1e-12)
