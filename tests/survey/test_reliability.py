"""How well scales measure: equal to R psych and lavaan, by hand, and where nothing can be said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from pipelines.survey.polychoric import binormal, polychoric
from pipelines.survey.reliability import alpha_of, feldt_interval, loadings, polychorics, reliability
from tests.survey.oracle import oracle

CASES = ("five_points", "three_points", "yes_or_no")


def answers(case: dict) -> np.ndarray:
    given_ = case["answers"].reshape(int(case["items"]), -1).T
    return (given_ - given_.min(axis=0)) / np.ptp(given_, axis=0)


@pytest.mark.parametrize("name", CASES)
def test_alphas_and_omega_are_those_of_psych_and_lavaan(name: str) -> None:
    case = oracle("reliability")[name]
    # psych takes answers as they were coded, and so do we where every item has the same range.
    units = answers(case)
    found = reliability(units, np.ones(len(units)))
    assert found.alpha == pytest.approx(case["alpha"], abs=1e-9)
    assert (found.lower, found.upper) == pytest.approx((case["lower"], case["upper"]), abs=1e-6)
    assert found.mean_r == pytest.approx(case["mean_r"], abs=1e-9)
    assert found.ordinal_alpha == pytest.approx(case["ordinal_alpha"], abs=1e-6)
    assert found.omega == pytest.approx(case["omega"], abs=1e-5)
    assert found.srmr == pytest.approx(case["srmr"], abs=1e-6)
    behind = polychorics(units)
    assert behind.T[np.triu_indices(len(behind), 1)] == pytest.approx(case["polychoric"], abs=1e-6)
    assert loadings(behind) == pytest.approx(case["loading"], abs=1e-5)


@given(st.floats(-3.5, 3.5), st.floats(-3.5, 3.5), st.floats(-0.995, 0.995))
def test_the_chance_of_two_normal_quantities_is_that_of_scipy(a: float, b: float, rho: float) -> None:
    found = binormal(np.array([a]), np.array([b]), rho)[0]
    assert found == pytest.approx(multivariate_normal.cdf([a, b], cov=[[1, rho], [rho, 1]]), abs=2e-6)
    assert found == pytest.approx(binormal(np.array([b]), np.array([a]), rho)[0], abs=1e-14)


def test_the_chance_of_two_normal_quantities_at_its_edges() -> None:
    ends = np.array([-np.inf, 0.0, np.inf])
    assert binormal(ends, np.array(np.inf), 0.5) == pytest.approx([0, 0.5, 1])
    assert binormal(ends, np.array(-np.inf), 0.5) == pytest.approx([0, 0, 0])
    # A quarter, and the angle over a full turn.
    assert binormal(np.array(0.0), np.array(0.0), 0.5) == pytest.approx(0.25 + np.arcsin(0.5) / (2 * np.pi))


def test_the_correlation_behind_a_table_is_found_again() -> None:
    edges = np.array([-np.inf, -0.8, 0.3, 1.1, np.inf])
    for rho in (-0.9, -0.3, 0.0, 0.55, 0.97):
        table = np.diff(np.diff(binormal(edges[:, None], edges[None, :], rho), axis=0), axis=1)
        assert polychoric(1e4 * table) == pytest.approx(rho, abs=1e-9)
        assert polychoric(1e4 * table[::-1]) == pytest.approx(-rho, abs=1e-9)


def test_a_table_says_nothing_where_one_of_both_is_the_same_for_all() -> None:
    assert np.isnan(polychoric(np.array([[3.0, 4.0]])))
    assert np.isnan(polychoric(np.array([[3.0, 4.0], [0.0, 0.0]])))
    assert polychoric(np.diag([5.0, 6.0, 7.0])) == 0.999


def test_alpha_by_hand() -> None:
    # Two items of variance 1 and covariance a half: 2 (1 - 2/3).
    assert alpha_of(np.array([[1.0, 0.5], [0.5, 1.0]])) == pytest.approx(2 / 3)
    lower, upper = feldt_interval(2 / 3, 100, 2)
    assert 0.5 < lower < 2 / 3 < upper < 0.8


def test_nothing_is_said_of_few_respondents_or_of_an_item_that_all_answer_alike() -> None:
    random = np.random.default_rng(1)
    units = random.integers(0, 5, (29, 3)) / 4
    assert np.isnan(reliability(units, np.ones(29)).alpha)
    units = random.integers(0, 5, (60, 3)) / 4
    units[:, 1] = 0.5
    found = reliability(units, np.ones(60))
    assert np.isnan([found.alpha, found.omega, found.ordinal_alpha]).all()
    assert found.respondents == 60


def test_only_who_answered_all_items_counts_and_weights_count_in_one_figure_alone() -> None:
    case = oracle("reliability")["five_points"]
    units = answers(case)
    more = np.vstack([units, np.full((50, units.shape[1]), 0.25)])
    more[len(units) :, 0] = np.nan
    weight = np.concatenate([np.where(np.arange(len(units)) % 2, 2.0, 1.0), np.ones(50)])
    found = reliability(more, weight)
    assert found.respondents == len(units)
    assert found.alpha == pytest.approx(case["alpha"], abs=1e-9)
    doubled = np.vstack([units, units[1::2]])
    assert found.alpha_weighted == pytest.approx(alpha_of(np.cov(doubled.T)), abs=1e-3)
    assert found.alpha_weighted != found.alpha


def test_two_items_have_an_alpha_and_no_omega() -> None:
    found = reliability(answers(oracle("reliability")["five_points"])[:, :2], np.ones(600))
    assert np.isfinite(found.alpha)
    assert np.isnan(found.omega)
    assert np.isnan(found.srmr)
