"""How well the items of a scale measure one thing: alpha, ordinal alpha, omega, and how each item goes with the rest.

Here one scale of one group of respondents is judged. Who is in a group, and where the figures go, is for `quality`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.special import fdtri

from pipelines.arrays import Floats
from pipelines.survey.polychoric import crossed, polychoric
from pipelines.survey.scale import item_rest_correlation

_LEVEL = 0.95
_FEWEST = 30
_FEWEST_ITEMS, _FEWEST_FOR_OMEGA = 2, 3
_TOLERANCE = 1e-14


@dataclass(frozen=True)
class Reliability:
    """Figures of one scale; NaN where they cannot be given.

    `alpha` with its 95 % interval, `alpha_weighted` of weighted covariances; `ordinal_alpha` of polychoric
    correlations; `omega` of one factor behind ordered items, `srmr` what that factor leaves of the correlations;
    `mean_r` the mean correlation between items; `respondents` who answered all items; `item_rest` (items,) the
    correlation of each with the mean of the others.
    """

    alpha: float
    lower: float
    upper: float
    alpha_weighted: float
    ordinal_alpha: float
    omega: float
    srmr: float
    mean_r: float
    respondents: int
    item_rest: Floats


def reliability(units: Floats, weight: Floats) -> Reliability:
    """Judge one scale from who answered all its items.

    alpha = k / (k - 1) (1 - sum of variances / variance of the sum), with Feldt's interval. Ordinal alpha is that
    of polychoric correlations. omega = (sum of loadings)² / ((sum of loadings)² + sum of (1 - loading²)), of one factor
    fitted to polychoric correlations by unweighted least squares.

    Parameters
    ----------
    units
        Shape (respondents, items), in [0, 1], turned one way; NaN without an answer.
    weight
        Shape (respondents,): for `alpha_weighted` alone, but who has none counts for nobody.

    Returns
    -------
    Reliability
        All NaN under 30 respondents, or where an item is the same for all; omega also under three items.

    References
    ----------
    Feldt, Woodruff and Salih, Applied Psychological Measurement 11 (1987) 93-103; Zumbo, Gadermann and Zeisser, Journal
    of Modern Applied Statistical Methods 6 (2007) 21-29; McDonald, Test Theory (1999). R psych and lavaan.
    """
    units, weight = units[weight > 0], weight[weight > 0]
    items = units.shape[1]
    whole = np.isfinite(units).all(axis=1)
    answered, weighed = units[whole], weight[whole]
    rest = (
        np.array([item_rest_correlation(units, number) for number in range(items)]) if items > 1 else np.full(1, np.nan)
    )
    count = int(whole.sum())
    if count < _FEWEST or items < _FEWEST_ITEMS or (np.ptp(answered, axis=0) == 0).any():
        no = float("nan")
        return Reliability(no, no, no, no, no, no, no, no, count, rest)
    alpha = alpha_of(np.cov(answered.T))
    lower, upper = feldt_interval(alpha, count, items)
    behind = polychorics(answered)
    loading = loadings(behind) if items >= _FEWEST_FOR_OMEGA else np.full(items, np.nan)
    left = behind - np.outer(loading, loading)
    pairs = np.tril_indices(items, -1)
    return Reliability(
        alpha=alpha,
        lower=lower,
        upper=upper,
        alpha_weighted=alpha_of(np.cov(answered.T, aweights=weighed)),
        ordinal_alpha=alpha_of(behind),
        omega=float(loading.sum() ** 2 / (loading.sum() ** 2 + np.sum(1 - loading**2))),
        # The diagonal fits by itself, and counts in the number of moments as everywhere.
        srmr=float(np.sqrt(np.sum(left[pairs] ** 2) / (items * (items + 1) / 2))),
        mean_r=float(np.mean(np.asarray(np.corrcoef(answered.T))[pairs])),
        respondents=count,
        item_rest=rest,
    )


def alpha_of(covariance: Floats) -> float:
    """Cronbach's alpha of covariances or correlations, shape (items, items)."""
    items = len(covariance)
    return float(items / (items - 1) * (1 - np.trace(covariance) / covariance.sum()))


def feldt_interval(alpha: float, respondents: int, items: int) -> tuple[float, float]:
    """Give the 95 % interval of alpha: (1 - true) / (1 - found) is distributed as F."""
    freedom = (respondents - 1, (respondents - 1) * (items - 1))
    tail = (1 - _LEVEL) / 2
    lower, upper = (1 - (1 - alpha) * fdtri(*freedom, end) for end in (1 - tail, tail))
    return float(lower), float(upper)


def polychorics(units: Floats) -> Floats:
    """Polychoric correlations between all items, shape (items, items), of respondents who answered all."""
    numbered = [np.unique(column, return_inverse=True)[1] for column in units.T]
    one = np.ones(len(units))
    found = np.eye(len(numbered))
    for first in range(len(numbered)):
        for second in range(first):
            found[first, second] = polychoric(crossed(numbered[first], numbered[second], one))
            found[second, first] = found[first, second]
    return found


def loadings(correlations: Floats) -> Floats:
    """Loadings of one factor, shape (items,), each in [-1, 1], with least squares."""
    pairs = np.tril_indices(len(correlations), -1)
    wanted = correlations[pairs]

    def left(loading: Floats) -> Floats:
        return np.asarray(np.outer(loading, loading)[pairs] - wanted)

    values, vectors = np.linalg.eigh(correlations)
    start = vectors[:, -1] * np.sqrt(values[-1])
    start = np.clip(start * np.sign(start.sum()), -0.99, 0.99)
    found = least_squares(left, start, bounds=(-1, 1), xtol=_TOLERANCE, ftol=_TOLERANCE, gtol=_TOLERANCE)
    return np.asarray(found.x)
