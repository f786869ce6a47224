"""The model of Fay and Herriot in which what is particular to an area resembles what is to its neighbours.

u = rho W u + v (a simultaneous autoregression), with W a row-standardised matrix of neighbours. Whether it is better
than the model without neighbours is told by the conditional AIC.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from pipelines.arrays import Floats, Ints
from pipelines.survey.fay_herriot import Fit, Predicted, conditional_aic, log_adjustment

# Beyond this the inverse of I - rho W hardly exists.
MOST_RHO = 0.95
_STARTS = (-0.5, 0.0, 0.5, 0.8)
_BETTER_BY = 2.0
# The least sigma2 that is looked at, in variances of the direct estimates.
_LEAST = 1e-8


@dataclass(frozen=True)
class SpatialFit:
    """The model of the areas that have a direct estimate; as `fay_herriot.Fit`, with `rho` of neighbours."""

    beta: Floats
    covariance: Floats
    sigma2: float
    rho: float
    caic: float


@dataclass(frozen=True)
class Areas:
    """All areas of one type.

    `direct` estimates and their `variance` (areas,), NaN where nobody answered; `covariates` (areas, q) with the
    intercept; `neighbours` (areas, areas), each row summing to 1, or to 0 for an area without any.
    """

    direct: Floats
    variance: Floats
    covariates: Floats
    neighbours: Floats

    @property
    def own(self) -> Ints:
        """The areas that have a direct estimate."""
        return np.flatnonzero(np.isfinite(self.direct) & np.isfinite(self.variance))


def fit_spatial(areas: Areas) -> SpatialFit:
    """Fit the model to the areas that have a direct estimate, by adjusted restricted maximum likelihood.

    As in `fay_herriot.fit_adjusted`, so that `sigma2` is above 0 and both models compare.

    Parameters
    ----------
    areas
        All areas, so that two that touch a third without answers resemble each other.

    References
    ----------
    Pratesi and Salvati, Statistical Methods and Applications 17 (2008) 113-141.
    """
    scale = max(float(np.var(areas.direct[areas.own])), 1e-8)
    best = min((_climb(areas, scale, rho) for rho in _STARTS), key=lambda found: found[2])
    return _described(areas, best[0], best[1])


def _climb(areas: Areas, scale: float, rho: float) -> tuple[float, float, float]:
    found = minimize(
        lambda at: -_likelihood(areas, at[0] * scale, at[1]),
        x0=np.array([0.5, rho]),
        bounds=((_LEAST, 50.0), (-MOST_RHO, MOST_RHO)),
        method="L-BFGS-B",
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500},
    )
    return float(found.x[0] * scale), float(found.x[1]), float(found.fun)


def _between(sigma2: float, rho: float, neighbours: Floats) -> Floats:
    inverse = np.linalg.inv(np.eye(len(neighbours)) - rho * neighbours)
    return np.asarray(sigma2 * (inverse @ inverse.T))


def _likelihood(areas: Areas, sigma2: float, rho: float) -> float:
    own = areas.own
    direct, covariates = areas.direct[own], areas.covariates[own]
    between = _between(sigma2, rho, areas.neighbours)[np.ix_(own, own)]
    whole = between + np.diag(areas.variance[own])
    inverse = np.linalg.inv(whole)
    covariance = np.linalg.inv(covariates.T @ inverse @ covariates)
    residual = direct - covariates @ (covariance @ (covariates.T @ (inverse @ direct)))
    determinants = np.linalg.slogdet(whole)[1] - np.linalg.slogdet(covariance)[1]
    share = float(np.sum(between * inverse))
    return -0.5 * float(determinants + residual @ inverse @ residual) + log_adjustment(share, len(own))


def _described(areas: Areas, sigma2: float, rho: float) -> SpatialFit:
    own = areas.own
    direct, variance, covariates = areas.direct[own], areas.variance[own], areas.covariates[own]
    between = _between(sigma2, rho, areas.neighbours)[np.ix_(own, own)]
    inverse = np.linalg.inv(between + np.diag(variance))
    covariance = np.asarray(np.linalg.inv(covariates.T @ inverse @ covariates), dtype=np.float64)
    to_beta = covariance @ covariates.T @ inverse
    fitted = covariates @ to_beta
    hat = fitted + between @ inverse @ (np.eye(len(fitted)) - fitted)
    caic = conditional_aic(direct - hat @ direct, variance, float(np.trace(hat)), parameters=2)
    return SpatialFit(to_beta @ direct, covariance, sigma2, rho, caic)


def predict_spatial(model: SpatialFit, areas: Areas) -> Predicted:
    """Estimate every area; one without a direct estimate leans on its neighbours.

    `gamma` is the weight of the area's own answers. The squared error is g1 + g2 + 2 g3, with g3 from the information
    on sigma2 and rho.
    """
    own, covariates = areas.own, areas.covariates
    between = _between(model.sigma2, model.rho, areas.neighbours)
    inverse = np.asarray(np.linalg.inv(between[np.ix_(own, own)] + np.diag(areas.variance[own])), dtype=np.float64)
    lean = between[:, own] @ inverse
    rest = covariates - lean @ covariates[own]
    g1 = np.diag(between) - np.einsum("ij,ij->i", lean, between[:, own])
    g2 = np.einsum("ij,jk,ik->i", rest, model.covariance, rest)
    gamma = np.zeros(len(areas.direct))
    gamma[own] = lean[own, np.arange(len(own))]
    estimate = covariates @ model.beta + lean @ (areas.direct[own] - covariates[own] @ model.beta)
    g3 = _g3(model, areas, inverse)
    return Predicted(estimate, np.clip(gamma, 0, 1), np.maximum(g1, 0), g2, g3)


def _g3(model: SpatialFit, areas: Areas, inverse: Floats) -> Floats:
    """What is not known of sigma2 and rho: tr(dL V dL' I^-1), with L how areas lean on direct estimates."""
    own, between = areas.own, _between(model.sigma2, model.rho, areas.neighbours)
    root = np.linalg.inv(np.eye(len(between)) - model.rho * areas.neighbours)
    by_rho = root @ areas.neighbours @ between
    slopes = [between / model.sigma2, by_rho + by_rho.T]
    inside = [inverse @ slope[np.ix_(own, own)] for slope in slopes]
    information = np.array([[0.5 * np.sum(one * other.T) for other in inside] for one in inside])
    lean = between[:, own] @ inverse
    moved = [slope[:, own] @ inverse - lean @ part.T for slope, part in zip(slopes, inside, strict=True)]
    whole = np.linalg.inv(inverse)
    pairs = np.array([[np.einsum("ij,jk,ik->i", one, whole, other) for other in moved] for one in moved])
    return np.asarray(np.maximum(np.einsum("abi,ab->i", pairs, np.linalg.pinv(information)), 0))


def is_better(spatial: SpatialFit, plain: Fit) -> bool:
    """Whether neighbours earn their place: a conditional AIC that is lower by two at least."""
    return spatial.caic <= plain.caic - _BETTER_BY
