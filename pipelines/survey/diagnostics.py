"""Tests that a model of small areas must pass before anything of it may be told."""

import numpy as np
from scipy import stats

from pipelines.arrays import Floats
from pipelines.survey.fay_herriot import Fit

_UNLIKELY, _OUTLIER, _MOST_OUTLYING = 0.01, 3.0, 0.02
# Distance of Cook, per covariate, from which one area alone decides.
_ONE_AREA_MOVES = 1.0
_SAME = 1e-9


def diagnose(mean: Floats, variance: Floats, design: Floats, model: Fit) -> tuple[str, ...]:
    """Test a model on the areas that have a direct estimate.

    Returns
    -------
    tuple of str
        `residuals_not_normal` (Shapiro and Wilk, p under .01, with over 2 % beyond three); `biased_against_direct`
        (what is left of direct estimates hangs on the square of the fitted ones, or on the size of the sample, p under
        .01); `one_area_decides` (without one area beta moves by more than a distance of Cook of 1).
    """
    fitted = design @ model.beta
    residual = (mean - fitted) / np.sqrt(model.sigma2 + variance)
    outlying = float(np.mean(np.abs(residual) > _OUTLIER))
    reasons = []
    # Where all areas are alike there is nothing to be normal.
    if outlying > _MOST_OUTLYING and stats.shapiro(residual).pvalue < _UNLIKELY:
        reasons.append("residuals_not_normal")
    if _leftover(mean, variance, design, model) < _UNLIKELY:
        reasons.append("biased_against_direct")
    if _moved_by_one(mean, variance, design, model) > _ONE_AREA_MOVES * design.shape[1]:
        reasons.append("one_area_decides")
    return tuple(reasons)


def _leftover(mean: Floats, variance: Floats, design: Floats, model: Fit) -> float:
    """How likely it is by chance (Wald) that squares of fitted values and sample sizes explain as much as they do."""
    fitted = design @ model.beta
    further = [_apart(column, design) for column in (fitted**2, np.log(variance))]
    kept = [column / column.std() for column in further if column.std() > _SAME * max(1.0, float(np.max(fitted**2)))]
    if not kept:
        return 1.0
    weight = 1 / (model.sigma2 + variance)
    wide = np.column_stack([design, *kept])
    covariance = np.linalg.pinv(wide.T @ (weight[:, None] * wide))
    beta = covariance @ (wide.T @ (weight * mean))
    last, block = beta[design.shape[1] :], covariance[design.shape[1] :, design.shape[1] :]
    return float(stats.chi2.sf(last @ np.linalg.pinv(block) @ last, len(last)))


def _apart(column: Floats, design: Floats) -> Floats:
    """What of a column the covariates do not tell already."""
    return np.asarray(column - design @ np.linalg.lstsq(design, column, rcond=None)[0])


def _moved_by_one(mean: Floats, variance: Floats, design: Floats, model: Fit) -> float:
    """The largest distance of Cook: how far beta moves, in its own covariance, when one area is left out."""
    weight = 1 / (model.sigma2 + variance)
    precision = np.linalg.inv(model.covariance)
    leverage = weight * np.einsum("ij,jk,ik->i", design, model.covariance, design)
    residual = weight * (mean - design @ model.beta) / np.maximum(1 - leverage, 1e-6)
    moves = (model.covariance @ design.T) * residual
    return float(np.max(np.einsum("ia,ij,ja->a", moves, precision, moves)))
