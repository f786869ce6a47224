"""Variances of areas made steady: by hand, in clusters, and where answers are nearly all alike."""

import numpy as np
import pytest

from pipelines.survey.design import Design, DomainMeans, Domains, domain_means
from pipelines.survey.design_effects import Spread, spread_of
from pipelines.survey.smoothing import Smoothed, smoothed, steadied

AREAS, STREETS, EACH = 40, 4, 10


def told(values: np.ndarray, cluster: np.ndarray, *, is_share: bool) -> tuple[DomainMeans, Spread, Smoothed]:
    """Forty areas of forty respondents, drawn in these clusters with equal weights."""
    n = len(values)
    design = Design(np.ones(n), np.ones(n), np.zeros(n, dtype=np.int64), cluster, np.zeros(1))
    domains = Domains(np.arange(n), np.repeat(np.arange(AREAS), STREETS * EACH), AREAS)
    means, spread = domain_means(values, design, domains), spread_of(values, design, domains)
    return means, spread, smoothed(means, spread, np.full(AREAS, "buurt"), is_share=is_share)


def points(icc: float, seed: int = 1) -> np.ndarray:
    """Scores of variance 1, of whom ten in a street are alike by `icc`."""
    random = np.random.default_rng(seed)
    street = np.repeat(random.normal(size=AREAS * STREETS), EACH)
    return np.sqrt(icc) * street + np.sqrt(1 - icc) * random.normal(size=len(street))


ALONE = np.arange(AREAS * STREETS * EACH)
STREET = ALONE // EACH


def test_of_respondents_drawn_alone_the_variance_is_their_spread_over_their_number():
    _, spread, smooth = told(points(0.0), ALONE, is_share=False)
    assert smooth.deff == pytest.approx(np.ones(AREAS), abs=0.02)
    assert smooth.variance == pytest.approx(np.full(AREAS, 1 / 40), rel=0.1)
    assert spread.cluster_size == pytest.approx(np.ones(AREAS))


@pytest.mark.parametrize("icc", [0.1, 0.3])
@pytest.mark.parametrize("is_share", [False, True])
def test_of_streets_of_ten_the_design_effect_is_one_and_nine_times_the_correlation(icc: float, *, is_share: bool):
    values = points(icc)
    # The correlation of yes and no is 2 / pi times the arcsine of that of the normal answers.
    within = 2 / np.pi * np.arcsin(icc) if is_share else icc
    _, _, smooth = told((values > 0).astype(float) if is_share else values, STREET, is_share=is_share)
    assert smooth.deff == pytest.approx(np.full(AREAS, 1 + 9 * within), rel=0.3)


def test_on_four_streets_the_smoothed_error_stands_in_whether_larger_or_smaller():
    means, spread, smooth = told(points(0.3), STREET, is_share=False)
    steady = steadied(means, spread, smooth)
    assert (spread.carriers < 5).all()
    assert (means.se**2 < smooth.variance).any()
    assert (means.se**2 > smooth.variance).any()
    assert steady.se**2 == pytest.approx(smooth.variance)
    assert (steady.freedom == means.freedom.sum()).all()


def test_where_many_answer_apart_the_error_stays_their_own():
    means, spread, smooth = told(points(0.0), ALONE, is_share=False)
    steady = steadied(means, spread, smooth)
    assert np.mean(steady.se == means.se) > 0.9


@pytest.mark.parametrize("dissenters", [0, 1])
@pytest.mark.parametrize("is_share", [False, True])
def test_where_all_or_all_but_one_say_the_same_the_error_is_not_nought(dissenters: int, *, is_share: bool):
    values = (points(0.0) > 0).astype(float)
    values[:40] = 1.0
    values[:dissenters] = 0.0
    means, spread, smooth = told(values, ALONE, is_share=is_share)
    steady = steadied(means, spread, smooth)
    assert steady.se[0] > 0.01
    assert steady.se[0] ** 2 == pytest.approx(max(smooth.variance[0], means.se[0] ** 2), rel=0.01)


def test_where_nobody_anywhere_differs_there_is_no_error():
    means, spread, smooth = told(np.full(len(ALONE), 3.0), ALONE, is_share=False)
    assert np.isnan(steadied(means, spread, smooth).se).all()
