"""The model of Fay and Herriot: equal to R metafor, and right where its parts are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.survey.fay_herriot import Fit, Predicted, fit, fit_adjusted, predict
from tests.survey.oracle import oracle

R = oracle("fay_herriot")
EXACT = {"rel": 1e-9, "abs": 1e-12}


def of_oracle(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data = R[name]
    return data["direct"], data["variance"], np.column_stack([np.ones(len(data["x1"])), data["x1"], data["x2"]])


@pytest.mark.parametrize("name", ["varied", "alike"])
def test_beta_sigma_estimates_and_their_error_are_those_of_metafor(name: str) -> None:
    direct, variance, design = of_oracle(name)
    model = fit(direct, variance, design)
    found = predict(model, direct, variance, design)
    assert model.sigma2 == pytest.approx(R[name]["sigma2"], **EXACT)
    assert model.beta == pytest.approx(R[name]["beta"], **EXACT)
    assert model.covariance.ravel() == pytest.approx(R[name]["covariance"], **EXACT)
    assert found.estimate == pytest.approx(R[name]["estimate"], **EXACT)
    assert found.g1 + found.g2 == pytest.approx(R[name]["g1_g2"], **EXACT)


def test_where_areas_do_not_differ_beyond_chance_their_own_answers_have_no_weight() -> None:
    direct, variance, design = of_oracle("alike")
    model = fit(direct, variance, design)
    assert model.sigma2 == 0
    assert predict(model, direct, variance, design).gamma.tolist() == [0.0] * len(direct)


@pytest.mark.parametrize("name", ["varied", "alike"])
def test_the_adjusted_variance_between_areas_is_where_r_finds_the_adjusted_likelihood_highest(name: str) -> None:
    direct, variance, design = of_oracle(name)
    # R's optimize() stops where the likelihood is flat to half the digits of a number.
    assert fit_adjusted(direct, variance, design).sigma2 == pytest.approx(R[name]["adjusted_sigma2"], rel=1e-5)


def test_where_areas_do_not_differ_the_adjusted_variance_still_leaves_them_their_own_answers() -> None:
    direct, variance, design = of_oracle("alike")
    model = fit_adjusted(direct, variance, design)
    found = predict(model, direct, variance, design)
    assert model.sigma2 > 0
    assert (found.gamma > 0).all()
    assert (found.mse > 0).all()


def test_equal_errors_have_a_closed_form() -> None:
    # With one variance D and only a mean, sigma2 is the variance between areas less D.
    direct = np.array([1.0, 2.0, 4.0, 5.0, 8.0])
    model = fit(direct, np.full(5, 1.5), np.ones((5, 1)))
    assert model.sigma2 == pytest.approx(np.var(direct, ddof=1) - 1.5)
    assert model.beta == pytest.approx([4.0])
    found = predict(model, direct, np.full(5, 1.5), np.ones((5, 1)))
    gamma = model.sigma2 / (model.sigma2 + 1.5)
    assert found.estimate == pytest.approx(gamma * direct + (1 - gamma) * 4)
    assert found.g1 == pytest.approx(np.full(5, gamma * 1.5))
    assert found.g2 == pytest.approx(np.full(5, (1 - gamma) ** 2 * (model.sigma2 + 1.5) / 5))
    # Variance of sigma2 is 2 (sigma2 + D)^2 / m: g3 is D^2 / (sigma2 + D)^3 of it.
    assert found.g3 == pytest.approx(np.full(5, 1.5**2 / (model.sigma2 + 1.5) * 2 / 5))
    assert found.mse == pytest.approx(found.g1 + found.g2 + 2 * found.g3)


def test_an_area_without_answers_gets_what_areas_like_it_have() -> None:
    direct, variance, design = of_oracle("varied")
    model = fit(direct[1:], variance[1:], design[1:])
    silent = np.concatenate([[np.nan], direct[1:]])
    found = predict(model, silent, np.concatenate([[np.nan], variance[1:]]), design)
    assert found.estimate[0] == pytest.approx(design[0] @ model.beta)
    assert (found.gamma[0], found.g1[0], found.g3[0]) == (0.0, model.sigma2, 0.0)
    assert found.g2[0] == pytest.approx(design[0] @ model.covariance @ design[0])


areas = st.lists(st.tuples(st.floats(0, 10), st.floats(0.05, 4), st.floats(-2, 2)), min_size=6, max_size=30)


def fitted(rows) -> tuple[Fit, Predicted, np.ndarray, np.ndarray]:
    direct, variance, x = (np.array(column) for column in zip(*rows, strict=True))
    design = np.column_stack([np.ones(len(x)), x + np.linspace(0, 1, len(x))])
    model = fit(direct, variance, design)
    return model, predict(model, direct, variance, design), direct, design @ model.beta


@settings(deadline=None, max_examples=60)
@given(areas)
def test_an_estimate_lies_between_the_answers_and_the_model_nearer_to_the_surer(rows) -> None:
    _, found, direct, model = fitted(rows)
    low, high = np.minimum(direct, model), np.maximum(direct, model)
    assert ((found.estimate >= low - 1e-9) & (found.estimate <= high + 1e-9)).all()
    assert ((found.gamma >= 0) & (found.gamma <= 1)).all()
    order = np.argsort([row[1] for row in rows])
    assert (np.diff(found.gamma[order]) <= 1e-12).all()
    assert (found.mse >= found.g1).all()


@settings(deadline=None, max_examples=40)
@given(areas, st.floats(-5, 5), st.floats(0.1, 9))
def test_another_zero_or_unit_moves_estimates_along(rows, shift: float, unit: float) -> None:
    model, found, *_ = fitted(rows)
    moved, there, *_ = fitted([(unit * direct + shift, unit**2 * variance, x) for direct, variance, x in rows])
    # Where the likelihood is flat sigma2 is known less well than to the last digit.
    assert moved.sigma2 == pytest.approx(unit**2 * model.sigma2, rel=1e-4, abs=1e-6 * unit**2)
    assert there.estimate == pytest.approx(unit * found.estimate + shift, rel=1e-4, abs=1e-4 * unit)


@settings(deadline=None, max_examples=60)
@given(areas)
def test_the_adjusted_variance_is_above_nought_never_under_the_restricted_one_and_nearly_it_where_areas_differ(
    rows,
) -> None:
    direct, variance, x = (np.array(column) for column in zip(*rows, strict=True))
    design = np.column_stack([np.ones(len(x)), x + np.linspace(0, 1, len(x))])
    restricted, adjusted = fit(direct, variance, design).sigma2, fit_adjusted(direct, variance, design).sigma2
    assert adjusted > 0
    assert adjusted >= restricted * (1 - 1e-6)


def test_with_many_areas_that_differ_both_variances_are_one() -> None:
    random = np.random.default_rng(3)
    direct = 5 + random.normal(0, 1, 400) + random.normal(0, 0.3, 400)
    variance, design = np.full(400, 0.09), np.ones((400, 1))
    assert fit_adjusted(direct, variance, design).sigma2 == pytest.approx(
        fit(direct, variance, design).sigma2, rel=1e-5
    )
