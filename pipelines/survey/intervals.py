"""95 % intervals of means and shares, from their standard error and its degrees of freedom."""

import numpy as np
from scipy.special import betaincinv, stdtrit

from pipelines.arrays import Floats
from pipelines.survey.design import DomainMeans

_LEVEL = 0.95


def t_interval(means: DomainMeans, lowest: float, highest: float) -> tuple[Floats, Floats]:
    """Give the 95 % interval of each mean by Student's t, cut off at the ends of the scale.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper end, shape (areas,) each; NaN where there is no standard error, or no degree of freedom.
    """
    freedom = np.where(means.freedom > 0, means.freedom, np.nan)
    half = stdtrit(freedom, (1 + _LEVEL) / 2) * means.se
    return np.clip(means.mean - half, lowest, highest), np.clip(means.mean + half, lowest, highest)


def korn_graubard(shares: DomainMeans, size: Floats) -> tuple[Floats, Floats]:
    """Give the 95 % interval of each share by Korn and Graubard: that of a binomial of as many as the error is worth.

    n* = p (1 - p) / se², times (t of n - 1 over t of the degrees of freedom)²; of a share of 0 or 1 it is
    `size`. Never symmetric near the ends, as Wald's is.

    Parameters
    ----------
    shares
        Shares with their error.
    size
        As many respondents of a simple random sample as tell as much, shape (areas,).

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper end, shape (areas,) each, in [0, 1]; NaN where there is no standard error, or no freedom.

    References
    ----------
    Korn and Graubard, Survey Methodology 24 (1998) 193-201; R survey::svyciprop(method = "beta").
    """
    tail = (1 - _LEVEL) / 2
    share, known = shares.mean, np.isfinite(shares.se) & (shares.freedom > 0)
    differs = known & (shares.se > 0) & (share > 0) & (share < 1)
    worth = np.divide(share * (1 - share), shares.se**2, out=size.copy(), where=differs)
    freedom = np.where(known, shares.freedom, np.nan)
    fewer = stdtrit(np.maximum(shares.respondents - 1.0, 1.0), tail) / stdtrit(freedom, tail)
    size = np.where(known, worth * fewer**2, np.nan)
    with np.errstate(invalid="ignore"):
        low = betaincinv(np.maximum(size * share, 1e-12), size * (1 - share) + 1, tail)
        high = betaincinv(size * share + 1, np.maximum(size * (1 - share), 1e-12), 1 - tail)
    lower = np.where(share <= 0, np.where(known, 0.0, np.nan), low)
    upper = np.where(share >= 1, np.where(known, 1.0, np.nan), high)
    return lower, upper
