"""What the way of drawing and the answers themselves do to the error of a mean, area by area.

Here is what smoothing needs beside a mean and its variance: how far answers lie apart, how many of them come from one
cluster, how much of the variance linearisation can find, and how many sampling units it hangs on. Of single areas all
of it is mostly chance: it is pooled in `smoothing`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipelines.arrays import Floats
from pipelines.survey.design import Design, Domains, counting, deviations, influence, remaining

_AT_ONCE = 4_000_000
# CBS counts people on one day and the survey others: that nobody at all was missed cannot be known.
_LEAST_REMAINS = 0.05


@dataclass(frozen=True)
class Spread:
    """How answers lie apart in each area, shape (areas,) each; NaN without respondents.

    `within`: weighted mean square of answers around their mean. `cluster_size`: respondents per sampling unit, as
    weights make it; 1 where each was drawn alone. `found`: part of the variance that linearisation finds on average.
    `remains`: part of the variance that is left because people are not drawn twice. `carriers`: sampling units on which
    the variance hangs, as many as would carry it equally.
    """

    within: Floats
    cluster_size: Floats
    found: Floats
    remains: Floats
    carriers: Floats


def spread_of(values: Floats, design: Design, domains: Domains, population: Floats | None = None) -> Spread:
    """Tell how answers lie apart in each area, in the design by which they were drawn.

    Parameters
    ----------
    values
        Shape (n,); NaN where a respondent gave no answer.
    design
        How they were drawn.
    domains
        Who belongs to which area.
    population
        People per area, shape (areas,), as for `design.domain_means`.
    """
    kept = counting(values, design, domains)
    influences, mean = influence(values, design, kept)
    weight = design.weight[kept.row]
    total = _sums(kept, weight)
    square = _sums(kept, weight * (values[kept.row] - mean[kept.domain]) ** 2)
    left = _sums(kept, weight * (1 - design.fraction[design.stratum[kept.row]]))
    respondents = np.bincount(kept.domain, minlength=kept.count)
    remains = _over(left, total) * remaining(respondents, design, population)
    return Spread(
        _over(square, total),
        _cluster_size(kept, design),
        _found(kept, design),
        np.maximum(remains, _LEAST_REMAINS),
        _carriers(influences, design),
    )


def _sums(kept: Domains, values: Floats) -> Floats:
    """Sum per area, shape (areas,)."""
    return np.bincount(kept.domain, values, kept.count).astype(np.float64)


def _over(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))


def _cluster_size(kept: Domains, design: Design) -> Floats:
    """Sum of squared weights of sampling units over that of respondents, within each area."""
    weight = design.weight[kept.row]
    pairs, unit = np.unique(np.column_stack([kept.domain, design.cluster[kept.row]]), axis=0, return_inverse=True)
    of_unit = np.bincount(unit.ravel(), weight, len(pairs)).astype(np.float64)
    squares = np.bincount(pairs[:, 0], of_unit**2, kept.count).astype(np.float64)
    return _over(squares, _sums(kept, weight**2))


def _found(kept: Domains, design: Design) -> Floats:
    """Part of the variance that linearisation finds on average, were all sampling units of an area alike.

    Influences in an area sum to nought, which takes one unit's worth away; a stratum that is the area gives it back. Of
    u units in the area, u_h of them in stratum h of n_h: sum over h of n_h / (n_h - 1) u_h / u
    (1 - 1/u - (1 - u_h/u) / n_h), and 0 of one unit.
    """
    triples = np.unique(np.column_stack([kept.domain, design.stratum[kept.row], design.cluster[kept.row]]), axis=0)
    pairs, own = np.unique(triples[:, :2], axis=0, return_counts=True)
    units = np.bincount(triples[:, 0], minlength=kept.count).astype(np.float64)
    size = _units_per_stratum(design)[pairs[:, 1]]
    of_area = units[pairs[:, 0]]
    scale = np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
    centred = np.where(size > 1, (1 - own / of_area) / size, 0.0)
    parts = scale * own / of_area * (1 - 1 / of_area - centred)
    return np.bincount(pairs[:, 0], parts, kept.count).astype(np.float64)


def _units_per_stratum(design: Design) -> Floats:
    of_unit = np.unique(design.cluster, return_index=True)[1]
    return np.bincount(design.stratum[of_unit], minlength=len(design.fraction)).astype(np.float64)


def _carriers(influences: sparse.csc_array, design: Design) -> Floats:
    """Square of the sum of squared deviations over the sum of their fourth powers, per column; 0 without any."""
    portion = max(1, _AT_ONCE // max(1, influences.shape[0]))
    found: list[float] = []
    for start in range(0, influences.shape[1], portion):
        squares = deviations(influences[:, start : start + portion], design)[1] ** 2
        fourth = (squares**2).sum(axis=0)
        found.extend(np.divide(squares.sum(axis=0) ** 2, fourth, out=np.zeros(len(fourth)), where=fourth > 0))
    return np.array(found)
