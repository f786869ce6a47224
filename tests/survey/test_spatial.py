"""Neighbours in the model: nothing without them, the closed form on a tiny map, and the error it says it has."""

import numpy as np
import pytest

from pipelines.survey.fay_herriot import fit, predict
from pipelines.survey.spatial import Areas, SpatialFit, fit_spatial, is_better, predict_spatial


def ring(count: int) -> np.ndarray:
    """Every area touches the one before and the one after it."""
    identity = np.eye(count)
    return (np.roll(identity, 1, axis=1) + np.roll(identity, -1, axis=1)) / 2


def drawn(seed: int, rho: float, count: int = 60) -> tuple[Areas, np.ndarray]:
    random = np.random.default_rng(seed)
    near = ring(count)
    x = random.normal(size=count)
    particular = np.linalg.solve(np.eye(count) - rho * near, random.normal(0, 0.7, count))
    truth = 6 + 0.5 * x + particular
    variance = random.uniform(0.2, 0.8, count)
    direct = truth + random.normal(0, np.sqrt(variance))
    return Areas(direct, variance, np.column_stack([np.ones(count), x]), near), truth


def test_without_resemblance_it_is_the_model_without_neighbours() -> None:
    areas, _ = drawn(1, 0.0)
    plain = fit(areas.direct, areas.variance, areas.covariates)
    same = SpatialFit(plain.beta, plain.covariance, plain.sigma2, 0.0, plain.caic)
    found = predict_spatial(same, areas)
    expected = predict(plain, areas.direct, areas.variance, areas.covariates)
    for name in ("estimate", "gamma", "g1", "g2"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


def test_where_nothing_touches_the_fit_is_that_of_the_model_without_neighbours() -> None:
    areas, _ = drawn(2, 0.0)
    alone = Areas(areas.direct, areas.variance, areas.covariates, np.zeros((60, 60)))
    plain, spatial = fit(areas.direct, areas.variance, areas.covariates), fit_spatial(alone)
    assert spatial.sigma2 == pytest.approx(plain.sigma2, rel=1e-4)
    assert spatial.beta == pytest.approx(plain.beta, rel=1e-4)
    assert not is_better(spatial, plain)


def test_two_areas_by_hand() -> None:
    # W swaps two areas, rho = 1/2, sigma2 = 1: (I - W/2)^-1 = [[4, 2], [2, 4]] / 3, between = [[20, 16], [16, 20]] / 9.
    # D = 1: V = [[29, 16], [16, 29]] / 9, its inverse 9 [[29, -16], [-16, 29]] / 585.
    # lean = between V^-1 = [[20 x 29 - 16 x 16, 16 x 29 - 20 x 16], ...] / 585 = [[324, 144], [144, 324]] / 585.
    areas = Areas(np.array([3.0, 0.0]), np.ones(2), np.ones((2, 1)), np.array([[0.0, 1.0], [1.0, 0.0]]))
    model = SpatialFit(np.zeros(1), np.zeros((1, 1)), 1.0, 0.5, 0.0)
    found = predict_spatial(model, areas)
    assert found.estimate == pytest.approx([3 * 324 / 585, 3 * 144 / 585])
    assert found.gamma == pytest.approx([324 / 585] * 2)
    assert found.g1 == pytest.approx([(20 - (324 * 20 + 144 * 16) / 585) / 9] * 2)


def test_an_area_without_answers_leans_on_its_neighbours() -> None:
    areas = Areas(np.array([3.0, np.nan]), np.array([1.0, np.nan]), np.ones((2, 1)), np.array([[0.0, 1.0], [1.0, 0.0]]))
    found = predict_spatial(SpatialFit(np.zeros(1), np.zeros((1, 1)), 1.0, 0.5, 0.0), areas)
    # 16 / 9 over 29 / 9.
    assert found.estimate[1] == pytest.approx(3 * 16 / 29)
    assert found.gamma[1] == 0
    assert found.g1[1] > found.g1[0]


@pytest.mark.slow
def test_neighbours_win_where_they_resemble_each_other_and_mostly_not_where_they_do_not() -> None:
    def wins(rho: float) -> int:
        won = 0
        for seed in range(12):
            areas, _ = drawn(seed, rho)
            won += is_better(fit_spatial(areas), fit(areas.direct, areas.variance, areas.covariates))
        return won

    assert wins(0.9) >= 10
    assert wins(0.0) <= 3


@pytest.mark.slow
def test_the_error_it_says_it_has_is_the_error_it_has() -> None:
    off, said, plain_off = [], [], []
    for seed in range(150):
        areas, truth = drawn(seed, 0.8, count=50)
        found = predict_spatial(fit_spatial(areas), areas)
        off.append(np.mean((found.estimate - truth) ** 2))
        said.append(np.mean(found.mse))
        plain = fit(areas.direct, areas.variance, areas.covariates)
        plain_off.append(
            np.mean((predict(plain, areas.direct, areas.variance, areas.covariates).estimate - truth) ** 2)
        )
    assert np.mean(said) == pytest.approx(np.mean(off), rel=0.12)
    assert np.mean(off) < np.mean(plain_off)
