"""Estimates of small areas: covariates of CBS only, tested models only, and in agreement with the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.findings.catalogue import catalogue
from pipelines.survey.benchmarking import benchmarked
from pipelines.survey.context import COVARIATES
from pipelines.survey.diagnostics import diagnose
from pipelines.survey.fay_herriot import fit, fit_adjusted
from pipelines.survey.small_areas import ACCESS, Direct, Helps, SmallAreas, estimate_areas, require_context

SPREAD = 1.9


def town(seed: int, count: int = 40, lowest_n: int = 8) -> tuple[Direct, Helps, np.ndarray]:
    """Areas of which CBS tells two things, one of which matters, with few to many respondents."""
    random = np.random.default_rng(seed)
    covariates = np.column_stack([random.uniform(0.05, 0.4, count), random.uniform(0.2, 0.6, count)])
    truth = 5 + 4 * covariates[:, 0] + random.normal(0, 0.35, count)
    respondents = random.integers(lowest_n, 80, count)
    spreads = SPREAD * np.sqrt(random.chisquare(respondents - 1) / (respondents - 1))
    direct = truth + random.normal(0, SPREAD / np.sqrt(respondents))
    people = random.integers(300, 5000, count).astype(np.float64)
    pooled = np.average(spreads**2, weights=respondents - 1)
    given_ = Direct(direct, pooled / respondents, people, 0, 10)
    whole = float(np.sum(people * truth) / people.sum())
    return given_, Helps(("share_65plus", "share_one_person"), covariates, np.zeros((count, count)), whole), truth


@pytest.mark.parametrize("name", ["dist_nearest_place", "n_places_reach", "rest_gap", "place_density", "reach"])
def test_how_far_places_are_may_not_help_to_estimate_and_the_error_says_why(name: str) -> None:
    with pytest.raises(SourceError, match=rf"'{name}'.* tells how far places are.*find what was put into it"):
        require_context([name], COVARIATES)


def test_every_indicator_of_access_is_known_as_one() -> None:
    for name, indicator in catalogue().items():
        if {"streets", "places", "benches"} & set(indicator.sources):
            assert name.startswith(ACCESS), name


def test_what_is_not_of_cbs_may_not_help_either_and_what_is_may() -> None:
    with pytest.raises(SourceError, match="does not follow from counts of CBS"):
        require_context(["mean_age_of_respondents"], COVARIATES)
    require_context(list(COVARIATES), COVARIATES)


def test_estimates_agree_with_the_whole() -> None:
    direct, helps, _ = town(1)
    found = estimate_areas(direct, helps)
    assert np.sum(direct.people * found.estimate) / direct.people.sum() == pytest.approx(helps.whole, abs=1e-12)
    assert found.shift != 0
    assert found.is_sound
    assert (found.lower < found.estimate).all()
    assert (found.estimate < found.upper).all()


def test_an_area_without_answers_gets_the_models_estimate_and_one_unknown_to_cbs_none() -> None:
    direct, helps, _ = town(2)
    mean, covariates = direct.mean.copy(), helps.covariates.copy()
    mean[0], covariates[1, 0] = np.nan, np.nan
    found = estimate_areas(
        Direct(mean, direct.variance, direct.people, 0, 10),
        Helps(helps.names, covariates, helps.neighbours, helps.whole),
    )
    assert np.isfinite(found.estimate[0])
    assert found.gamma[0] == 0
    assert np.isnan([found.estimate[1], found.mse[1], found.gamma[1], found.lower[1]]).all()


def test_few_areas_make_no_model() -> None:
    direct, helps, _ = town(3, count=9)
    found = estimate_areas(direct, helps)
    assert found.reasons == ("too_few_areas",)
    assert np.isnan(found.estimate).all()


@pytest.mark.parametrize(("count", "covariates"), [(10, 0), (11, 0), (12, 1), (13, 1), (14, 2), (40, 2)])
def test_every_covariate_needs_two_areas_more(count: int, covariates: int) -> None:
    found = estimate_areas(*town(3, count=count)[:2])
    assert found.covariates == ("share_65plus", "share_one_person")[:covariates]
    assert found.model == "fay_herriot"


def test_a_covariate_that_cbs_hides_in_many_areas_is_left_out_and_no_area_with_it() -> None:
    direct, helps, _ = town(4)
    hidden = helps.covariates.copy()
    hidden[:14, 1] = np.nan
    found = estimate_areas(direct, Helps(helps.names, hidden, helps.neighbours, helps.whole))
    assert found.covariates == ("share_65plus",)
    assert np.isfinite(found.estimate).all()


def test_a_covariate_that_is_the_same_everywhere_is_left_out() -> None:
    direct, helps, _ = town(4)
    same = np.column_stack([helps.covariates[:, 0], np.full(40, 0.3)])
    assert estimate_areas(direct, Helps(helps.names, same, helps.neighbours, helps.whole)).covariates == (
        "share_65plus",
    )


def test_shares_stay_shares_and_their_interval_leans_to_the_middle() -> None:
    random = np.random.default_rng(5)
    count = 40
    truth = np.clip(random.beta(1.5, 30, count), 0.002, 1)
    respondents = random.integers(10, 60, count)
    shares = random.binomial(respondents, truth) / respondents
    direct = Direct(shares, 0.25 / respondents, np.ones(count), 0, 1, is_share=True)
    found = estimate_areas(direct, Helps((), np.empty((count, 0)), np.zeros((count, count)), float("nan")))
    assert ((found.lower >= 0) & (found.upper <= 1)).all()
    assert ((found.lower <= found.estimate) & (found.estimate <= found.upper)).all()
    assert np.mean(found.upper - found.estimate) > np.mean(found.estimate - found.lower)
    assert np.mean((found.lower <= truth) & (truth <= found.upper)) > 0.85


def test_the_back_transformation_is_the_mean_and_variance_of_a_squared_sine() -> None:
    random = np.random.default_rng(6)
    count, respondents = 30, 40.0
    shares = random.uniform(0.1, 0.6, count)
    direct = Direct(shares, np.full(count, 0.25 / respondents), np.ones(count), 0, 1, is_share=True)
    found = estimate_areas(direct, Helps((), np.empty((count, 0)), np.zeros((count, count)), float("nan")))
    model = fit_adjusted(np.arcsin(np.sqrt(shares)), np.full(count, 0.25 / respondents), np.ones((count, 1)))
    gamma = model.sigma2 / (model.sigma2 + 0.25 / respondents)
    assert found.gamma == pytest.approx(np.full(count, gamma))
    centre = gamma * np.arcsin(np.sqrt(shares[0])) + (1 - gamma) * model.beta[0]
    leverage = (1 - gamma) ** 2 * model.covariance[0, 0]
    g3 = (0.25 / respondents) ** 2 / (model.sigma2 + 0.25 / respondents) ** 3 * model.sigma2_variance
    spread = np.sqrt(gamma * 0.25 / respondents + leverage + 2 * g3)
    many = np.sin(random.normal(centre, spread, 2_000_000)) ** 2
    assert found.estimate[0] == pytest.approx(many.mean(), abs=5e-4)
    assert found.mse[0] == pytest.approx(many.var(), rel=0.01)


def test_a_model_that_misses_a_curve_is_found_out() -> None:
    random = np.random.default_rng(7)
    x = np.linspace(-2, 2, 60)
    direct = 5 + x + 1.5 * x**2 + random.normal(0, 0.2, 60)
    design = np.column_stack([np.ones(60), x])
    model = fit(direct, np.full(60, 0.04), design)
    assert "biased_against_direct" in diagnose(direct, np.full(60, 0.04), design, model)


def test_areas_with_few_answers_that_are_all_high_are_found_out() -> None:
    random = np.random.default_rng(8)
    variance = np.repeat([0.02, 0.6], 30)
    direct = 5 + 3 * (variance > 0.1) + random.normal(0, np.sqrt(variance + 0.05))
    design = np.ones((60, 1))
    assert "biased_against_direct" in diagnose(direct, variance, design, fit(direct, variance, design))


def test_an_area_far_from_all_others_is_found_out() -> None:
    random = np.random.default_rng(9)
    x = np.append(random.normal(0, 0.1, 40), 6.0)
    direct = np.append(random.normal(5, 0.3, 40), 9.0)
    design = np.column_stack([np.ones(41), x])
    variance = np.full(41, 0.05)
    assert "one_area_decides" in diagnose(direct, variance, design, fit(direct, variance, design))


def test_residuals_with_long_tails_are_found_out() -> None:
    random = np.random.default_rng(10)
    direct = 5 + 0.2 * random.standard_t(1.2, 80)
    design, variance = np.ones((80, 1)), np.full(80, 0.02)
    assert "residuals_not_normal" in diagnose(direct, variance, design, fit(direct, variance, design))


def test_a_sound_model_passes_nearly_always() -> None:
    passed = sum(estimate_areas(*town(seed)[:2]).is_sound for seed in range(100))
    assert passed >= 95


def test_who_is_less_sure_moves_more_to_agree_with_the_whole() -> None:
    found = benchmarked(np.array([4.0, 6.0, np.nan]), np.array([0.1, 0.3, np.nan]), np.array([100.0, 100, 50]), 5.4)
    assert found.shift == pytest.approx(0.4)
    assert found.correction == pytest.approx([0.2, 0.6, 0.0])
    assert found.estimate[:2] == pytest.approx([4.2, 6.6])
    assert found.mse[:2] == pytest.approx([0.14, 0.66])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 3), st.floats(1, 9999)), min_size=1, max_size=20),
    st.floats(0, 10),
)
def test_whatever_the_areas_their_mean_is_that_of_the_whole(areas, whole: float) -> None:
    estimate, mse, people = (np.array(column) for column in zip(*areas, strict=True))
    found = benchmarked(estimate, mse, people, whole)
    assert np.sum(people * found.estimate) / people.sum() == pytest.approx(whole, abs=1e-8)


def test_where_the_whole_is_not_known_nothing_moves() -> None:
    found = benchmarked(np.array([4.0]), np.array([0.1]), np.array([5.0]), float("nan"))
    assert (found.estimate.tolist(), found.shift) == ([4.0], 0.0)


@pytest.mark.slow
def test_intervals_cover_and_errors_are_smaller_than_those_of_the_answers_alone() -> None:
    covered, off, own, said = [], [], [], []
    for seed in range(300):
        direct, helps, truth = town(seed)
        found: SmallAreas = estimate_areas(direct, helps)
        covered.append(np.mean((found.lower <= truth) & (truth <= found.upper)))
        few = direct.variance > SPREAD**2 / 30
        off.append(np.mean((found.estimate - truth)[few] ** 2))
        own.append(np.mean((direct.mean - truth)[few] ** 2))
        said.append(np.mean(found.mse[few]))
    assert 0.93 <= np.mean(covered) <= 0.97
    assert np.mean(off) <= 0.6 * np.mean(own)
    assert np.mean(said) == pytest.approx(np.mean(off), rel=0.15)
