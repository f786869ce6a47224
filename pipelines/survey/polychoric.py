"""Correlations of what lies behind ordered answers: as if each came from cutting a normal quantity into steps.

Here are thresholds, the probability of two normal quantities, and polychoric correlations by two steps. What follows
from them is for `reliability`.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, owens_t

from pipelines.arrays import Floats, Ints

_FEWEST_CATEGORIES = 2
_LARGEST = 0.999
_TOLERANCE = 1e-12
_SMALLEST = 1e-100
_FAR = 40.0


def binormal(a: Floats, b: Floats, rho: float) -> Floats:
    """Give the chance that X <= a and Y <= b, of two standard normal quantities of correlation rho.

    Parameters
    ----------
    a, b
        Any shape that fits together; infinite ends too.
    rho
        Between -1 and 1, both excluded.

    Returns
    -------
    numpy.ndarray
        In [0, 1].

    References
    ----------
    Owen, Annals of Mathematical Statistics 27 (1956) 1075-1090.
    """
    a, b = (np.where(np.abs(end) < _SMALLEST, _SMALLEST, end) for end in _finite(a, b))
    root = np.sqrt(1 - rho**2)
    parts = owens_t(a, (b / a - rho) / root) + owens_t(b, (a / b - rho) / root)
    return np.asarray(np.clip((ndtr(a) + ndtr(b)) / 2 - parts - np.where((a < 0) != (b < 0), 0.5, 0.0), 0, 1))


def _finite(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    wide = np.broadcast_arrays(np.clip(a, -_FAR, _FAR), np.clip(b, -_FAR, _FAR))
    return wide[0], wide[1]


def thresholds(counts: Floats) -> Floats:
    """Where a standard normal quantity is cut so that categories are as large as they are.

    Parameters
    ----------
    counts
        How many gave each category, shape (categories,), weighted or not.

    Returns
    -------
    numpy.ndarray
        Shape (categories + 1,), from minus to plus infinity.
    """
    return np.asarray(ndtri(np.concatenate([[0.0], np.cumsum(counts) / counts.sum()]).clip(0, 1)))


def polychoric(table: Floats) -> float:
    """Give the correlation behind two ordered answers: thresholds from the margins, the rest by most likelihood.

    Parameters
    ----------
    table
        How many gave each pair of answers, shape (categories, categories), weighted or not.

    Returns
    -------
    float
        Between -.999 and .999; NaN where one of both is the same for all.

    References
    ----------
    Olsson, Psychometrika 44 (1979) 443-460; R psych::polychoric(correct = 0) and lavaan.
    """
    kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(kept.shape, default=0) < _FEWEST_CATEGORIES:
        return float("nan")
    rows, columns = thresholds(kept.sum(axis=1)), thresholds(kept.sum(axis=0))

    def slope(rho: float) -> float:
        chance = np.diff(np.diff(binormal(rows[:, None], columns[None, :], rho), axis=0), axis=1)
        change = np.diff(np.diff(_density(rows[:, None], columns[None, :], rho), axis=0), axis=1)
        return float(np.sum(kept * change / np.maximum(chance, _SMALLEST)))

    if slope(-_LARGEST) <= 0:
        return -_LARGEST
    return _LARGEST if slope(_LARGEST) >= 0 else float(brentq(slope, -_LARGEST, _LARGEST, xtol=_TOLERANCE))


def _density(a: Floats, b: Floats, rho: float) -> Floats:
    """Density of two standard normal quantities: how their joint chance grows with the correlation."""
    a, b = _finite(a, b)
    rest = 1 - rho**2
    exponent = -(a**2 - 2 * rho * a * b + b**2) / (2 * rest)
    return np.asarray(np.exp(exponent) / (2 * np.pi * np.sqrt(rest)))


def crossed(first: Ints, second: Ints, weight: Floats) -> Floats:
    """Count pairs of categories numbered from 0, shape (categories of the first, of the second)."""
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(table, (first, second), weight)
    return table
