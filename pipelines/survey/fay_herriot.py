"""The model of Fay and Herriot: what an area's own answers say, and what areas like it say, weighed by their error.

direct = X beta + u + e, with u of variance sigma2 between areas, and e the sampling error, of known variance D.
`spatial` lets the u of neighbours go together; what may be published of it is for `small_areas`.

sigma2 is estimated in two ways. By restricted maximum likelihood, where the question is how much areas differ: the
answer may be that they do not. And with that likelihood adjusted (Yoshimori and Lahiri), where areas are estimated: at
a sigma2 of 0 all areas would be given the same number, with an error that forgets that they may differ. The adjustment
keeps it above 0, and adds less bias than 1/m; that of Li and Lahiri adds more, and so draws less where it should.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from pipelines.arrays import Floats

_POINTS, _TOLERANCE = 200, 1e-14


@dataclass(frozen=True)
class Fit:
    """The model of the areas that have a direct estimate: `beta` (q,), its covariance (q, q), `sigma2` at least 0.

    `sigma2_variance` is its asymptotic variance; `caic` the conditional AIC by which models of the same areas compare.
    """

    beta: Floats
    covariance: Floats
    sigma2: float
    sigma2_variance: float
    caic: float


@dataclass(frozen=True)
class Predicted:
    """Per area, shape (areas,): the estimate, the weight `gamma` of its own answers, and the mean squared error.

    mse = g1 + g2 + 2 g3: what stays unknown of the area, of beta, and of sigma2. An area without a direct estimate gets
    X beta, with gamma 0.
    """

    estimate: Floats
    gamma: Floats
    g1: Floats
    g2: Floats
    g3: Floats

    @property
    def mse(self) -> Floats:
        """Mean squared error, by Prasad and Rao for REML."""
        return self.g1 + self.g2 + 2 * self.g3


def fit(direct: Floats, variance: Floats, covariates: Floats) -> Fit:
    """Fit the model by restricted maximum likelihood; `sigma2` may be 0.

    Parameters
    ----------
    direct, variance
        Direct estimates and their variances, shape (areas,), all finite and variances above 0.
    covariates
        Shape (areas, q), with the intercept among them and fewer columns than areas.

    References
    ----------
    Fay and Herriot, JASA 74 (1979) 269-277; Rao and Molina, Small Area Estimation (2015), chapter 6.
    """
    return _fit_at(_top(_slope, _likelihood, direct, variance, covariates), direct, variance, covariates)


def fit_adjusted(direct: Floats, variance: Floats, covariates: Floats) -> Fit:
    """Fit the model by adjusted restricted maximum likelihood; `sigma2` is above 0.

    The restricted likelihood times arctan(tr(I - B))^(1/m), with B the weight of the model in each of m areas.

    Parameters
    ----------
    direct, variance, covariates
        As for `fit`.

    References
    ----------
    Yoshimori and Lahiri, Journal of Multivariate Analysis 124 (2014) 281-294; Li and Lahiri, the same 101 (2010)
    882-892.
    """
    return _fit_at(_top(_adjusted_slope, _adjusted, direct, variance, covariates), direct, variance, covariates)


def log_adjustment(share: float, areas: int) -> float:
    """The logarithm of the factor that keeps sigma2 above 0.

    Parameters
    ----------
    share
        Sum over areas of the weight of their own answers, above 0.
    areas
        How many there are.
    """
    return float(np.log(np.arctan(share))) / areas


def _fit_at(sigma2: float, direct: Floats, variance: Floats, covariates: Floats) -> Fit:
    beta, covariance = _beta(direct, 1 / (sigma2 + variance), covariates)
    weight = 1 / (sigma2 + variance)
    sigma2_variance = 2 / float(np.sum(weight**2))
    fitted = covariates @ beta
    gamma = sigma2 * weight
    estimate = gamma * direct + (1 - gamma) * fitted
    leverage = (1 - gamma) * np.einsum("ij,jk,ik->i", covariates, covariance, covariates) * weight
    caic = conditional_aic(direct - estimate, variance, float(np.sum(gamma + leverage)), parameters=1)
    return Fit(beta, covariance, sigma2, sigma2_variance, caic)


def conditional_aic(residual: Floats, variance: Floats, used: float, parameters: int) -> float:
    """Give the conditional AIC: how badly estimates fit their direct ones, and how much was used for it.

    Parameters
    ----------
    residual, variance
        Direct less estimate, and variance of the direct, shape (areas,).
    used
        Trace of the matrix that turns direct estimates into estimates.
    parameters
        Parameters of the variance that were fitted.

    References
    ----------
    Vaida and Blanchard, Biometrika 92 (2005) 351-370.
    """
    likelihood = -0.5 * float(np.sum(np.log(2 * np.pi * variance) + residual**2 / variance))
    return -2 * likelihood + 2 * (used + parameters)


def _beta(direct: Floats, weight: Floats, covariates: Floats) -> tuple[Floats, Floats]:
    covariance = np.asarray(np.linalg.inv(covariates.T @ (weight[:, None] * covariates)), dtype=np.float64)
    return covariance @ (covariates.T @ (weight * direct)), covariance


_OfSigma2 = Callable[[float, Floats, Floats, Floats], float]


def _top(slope: _OfSigma2, likelihood: _OfSigma2, direct: Floats, variance: Floats, covariates: Floats) -> float:
    """The highest point of a likelihood: where its slope crosses nought from above, or 0."""
    widest = float(np.var(direct)) * len(direct) + float(variance.max())
    steps = np.concatenate([[0.0], np.geomspace(widest * 1e-8, widest, _POINTS)])
    slopes = [slope(one, direct, variance, covariates) for one in steps]
    tops = [
        float(brentq(slope, low, high, args=(direct, variance, covariates), xtol=_TOLERANCE, rtol=1e-15))
        for low, high, before, after in zip(steps, steps[1:], slopes, slopes[1:], strict=False)
        if before > 0 >= after
    ]
    # At nought the likelihood falls from the start.
    candidates = tops if slopes[0] > 0 else [0.0, *tops]
    return max(candidates, key=lambda one: likelihood(one, direct, variance, covariates))


def _projected(sigma2: float, direct: Floats, variance: Floats, covariates: Floats) -> tuple[Floats, Floats, Floats]:
    weight = 1 / (sigma2 + variance)
    beta, covariance = _beta(direct, weight, covariates)
    return weight, covariance, weight * (direct - covariates @ beta)


def _slope(sigma2: float, direct: Floats, variance: Floats, covariates: Floats) -> float:
    """Derivative of the restricted likelihood: (y'PPy - tr P) / 2."""
    weight, covariance, residual = _projected(sigma2, direct, variance, covariates)
    squared = covariates.T @ ((weight**2)[:, None] * covariates)
    trace = float(weight.sum() - np.sum(squared * covariance))
    return 0.5 * (float(residual @ residual) - trace)


def _likelihood(sigma2: float, direct: Floats, variance: Floats, covariates: Floats) -> float:
    weight, covariance, residual = _projected(sigma2, direct, variance, covariates)
    _, determinant = np.linalg.slogdet(covariance)
    return 0.5 * float(np.sum(np.log(weight)) + determinant - direct @ residual)


def _adjusted(sigma2: float, direct: Floats, variance: Floats, covariates: Floats) -> float:
    share = float(np.sum(sigma2 / (sigma2 + variance)))
    return _likelihood(sigma2, direct, variance, covariates) + log_adjustment(share, len(direct))


def _adjusted_slope(sigma2: float, direct: Floats, variance: Floats, covariates: Floats) -> float:
    if sigma2 == 0:
        return np.inf
    share = float(np.sum(sigma2 / (sigma2 + variance)))
    steeper = float(np.sum(variance / (sigma2 + variance) ** 2) / (np.arctan(share) * (1 + share**2)))
    return _slope(sigma2, direct, variance, covariates) + steeper / len(direct)


def predict(model: Fit, direct: Floats, variance: Floats, covariates: Floats) -> Predicted:
    """Estimate every area, those without a direct estimate too (NaN in `direct` or `variance`).

    Parameters
    ----------
    model
        As `fit` gives it.
    direct, variance
        Shape (areas,).
    covariates
        Shape (areas, q), all finite.
    """
    has_own = np.isfinite(direct) & np.isfinite(variance)
    error = np.where(has_own, variance, np.inf)
    gamma = model.sigma2 / (model.sigma2 + error)
    fitted = covariates @ model.beta
    estimate = np.where(has_own, gamma * np.where(has_own, direct, 0) + (1 - gamma) * fitted, fitted)
    spread = np.einsum("ij,jk,ik->i", covariates, model.covariance, covariates)
    g1 = np.where(has_own, gamma * np.where(has_own, variance, 0), model.sigma2)
    total = np.where(has_own, model.sigma2 + np.where(has_own, variance, 1), 1)
    g3 = np.where(has_own, np.where(has_own, variance, 0) ** 2 / total**3 * model.sigma2_variance, 0)
    return Predicted(estimate, gamma, g1, (1 - gamma) ** 2 * spread, g3)
