"""How far residents of one area lie apart: within-area standard deviation, and the gap between a group and the others.

Here are the formulas, in the design by which the sample was drawn. Of which scales and groups they are told is for
`dispersion_table`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from pipelines.arrays import Floats
from pipelines.survey.contracts import HIGHEST
from pipelines.survey.design import (
    Design,
    DomainMeans,
    Domains,
    counting,
    domain_means,
    influence,
    influence_of_pairs,
    remaining,
    variances,
)

_LEVEL = 0.95
# Squares that differ by rounding alone.
_SAME = 1e-9


@dataclass(frozen=True)
class Dispersed:
    """One figure per area, shape (areas,) each: value, standard error and 95 % interval; NaN where there is none."""

    value: Floats
    se: Floats
    lower: Floats
    upper: Floats


def within_variance(
    values: Floats, design: Design, means: DomainMeans, who: Domains, left: Floats
) -> tuple[Floats, Floats]:
    """Estimate the variance s² of scores within each area, and its standard error.

    s² = n / (n - 1) times the weighted mean of squares c² around the area's mean. It is a mean itself, so that its
    error is that of c² in the design; that of the mean around which they lie is of second order.

    Parameters
    ----------
    values
        Scores, shape (n,); NaN where a respondent gave none.
    design
        How they were drawn.
    means
        What `domain_means` gave of them.
    who
        Who belongs to which area.
    left
        `design.remaining`, shape (areas,).

    Returns
    -------
    tuple of numpy.ndarray
        s² and its standard error, shape (areas,) each; NaN under two respondents.

    References
    ----------
    R survey::svyvar.
    """
    kept = counting(values, design, who)
    square = (values[kept.row] - means.mean[kept.domain]) ** 2
    influences, mean_square = influence_of_pairs(square, design, kept)
    n = means.respondents.astype(np.float64)
    whole = _over(n, n - 1)
    return mean_square * whole, np.sqrt(variances(influences, design) * left) * whole


def standard_deviations(values: Floats, design: Design, means: DomainMeans, who: Domains, left: Floats) -> Dispersed:
    """Estimate how far the scores of an area's residents lie from their own mean.

    s is the root of `within_variance`. The interval is that of log s by Student's t, for s cannot be under nought:
    s exp(+- t se(s²) / 2s²).

    Parameters
    ----------
    values
        Scores from 0 to 10, shape (n,); NaN where a respondent gave none.
    design, means, who, left
        As for `within_variance`.

    Returns
    -------
    Dispersed
        In points of 0-10. NaN under two respondents, and without interval where all lie as far from their mean: then
        answers do not tell how sure their spread is.

    References
    ----------
    Wolter, Introduction to Variance Estimation (2007), chapter 7.
    """
    variance, error = within_variance(values, design, means, who, left)
    sd = np.sqrt(variance)
    relative = np.sqrt(_steadied(_over(error**2, variance**2), means)) / 2
    factor = np.exp(_t(means.freedom) * relative)
    # No scores from 0 to 10 lie further apart than half at either end.
    most = np.maximum(HIGHEST / 2, sd)
    return Dispersed(sd, sd * relative, sd / factor, np.minimum(sd * factor, most))


def _steadied(own: Floats, means: DomainMeans) -> Floats:
    """Squared relative error of s² of areas, shape (areas,), that of all areas where it is larger; NaN unknown.

    How heavy the tails of scores are, few respondents do not show: where by chance none stands far off, s² is too
    small and its error far too small. So of all areas together is taken what one respondent is worth, by degrees of
    freedom.
    """
    told = (own > _SAME) & (means.freedom > 0) & (means.effective > 0)
    if not told.any():
        return np.full(len(own), np.nan)
    worth = np.average((own * means.effective)[told], weights=means.freedom[told])
    return np.where(told, np.fmax(own, _over(np.full(len(own), worth), means.effective)), np.nan)


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))


@dataclass(frozen=True)
class Apart:
    """A group in each area and the others there, shape (areas,) each: their means, and what is between them."""

    gap: Dispersed
    group: DomainMeans
    others: DomainMeans


def gaps(values: Floats, design: Design, groups: tuple[Domains, Domains], left: Floats) -> Apart:
    """Estimate by how much the mean of a group lies above that of the others in its area.

    The influence on the difference is that on the one mean less that on the other: so what both have in common, as a
    cluster in which people of both live, is reckoned with. Degrees of freedom are the fewer of both.

    Parameters
    ----------
    values
        Scores from 0 to 10, shape (n,); NaN where a respondent gave none.
    design
        How they were drawn.
    groups
        Who of which area is of the group, and who is of the others.
    left
        `design.remaining` of all of the area, shape (areas,).
    """
    group, others = (domain_means(values, design, who) for who in groups)
    (of_group, _), (of_others, _) = (influence(values, design, counting(values, design, who)) for who in groups)
    both = (group.respondents > 0) & (others.respondents > 0)
    difference = group.mean - others.mean
    se = np.where(both, np.sqrt(variances((of_group - of_others).tocsc(), design) * left), np.nan)
    half = _t(np.minimum(group.freedom, others.freedom)) * np.where(se > _SAME, se, np.nan)
    ends = (np.clip(difference + sign * half, -HIGHEST, HIGHEST) for sign in (-1, 1))
    return Apart(Dispersed(difference, se, *ends), group, others)


def left_of(values: Floats, design: Design, who: Domains, people: Floats) -> Floats:
    """Give `design.remaining` of everybody of each area with a score, shape (areas,)."""
    kept = counting(values, design, who)
    return remaining(np.bincount(kept.domain, minlength=kept.count), design, people)


def _t(freedom: Floats) -> Floats:
    return np.asarray(stdtrit(np.where(freedom > 0, freedom, np.nan), (1 + _LEVEL) / 2))
