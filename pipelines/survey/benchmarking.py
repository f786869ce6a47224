"""Estimates of small areas made to agree with what is known of them together."""

from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Floats


@dataclass(frozen=True)
class Benchmarked:
    """Estimates (areas,) whose weighted mean is that of the whole, their squared errors, and what was added to each.

    `shift` is how far the weighted mean was off before.
    """

    estimate: Floats
    mse: Floats
    correction: Floats
    shift: float


def benchmarked(estimate: Floats, mse: Floats, people: Floats, whole: float) -> Benchmarked:
    """Add to each area its part of the difference with the whole, in proportion to its squared error.

    theta* = theta + a (Y - sum W theta) / sum W a, with a = mse and W the area's share of people. Areas that are less
    sure move more. The squared error grows by the square of the correction.

    Parameters
    ----------
    estimate, mse
        Shape (areas,); NaN for an area that has none, which takes no part.
    people
        People per area, shape (areas,); an area of which the number is not known (NaN) takes no part.
    whole
        The direct estimate of all areas together; NaN: nothing to agree with, and nothing changes.

    References
    ----------
    Bell, Datta and Ghosh, Biometrika 100 (2013) 189-202.
    """
    takes_part = np.isfinite(estimate) & np.isfinite(mse) & (people > 0)
    if not np.isfinite(whole) or not takes_part.any():
        return Benchmarked(estimate, mse, np.zeros(len(estimate)), 0.0)
    weight = np.where(takes_part, people, 0) / people[takes_part].sum()
    moves = np.where(takes_part, mse, 0)
    moves = moves if (weight * moves).sum() > 0 else takes_part.astype(np.float64)
    shift = float(whole - np.sum(weight[takes_part] * estimate[takes_part]))
    correction = moves * shift / np.sum(weight * moves)
    return Benchmarked(estimate + correction, mse + correction**2, correction, shift)
