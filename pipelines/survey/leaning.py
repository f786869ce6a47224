"""What the mean of an area leans on: how much its design cost, and how heavy its heaviest respondent is.

Here is the measure of it alone. What follows from it for publication is for `publication_rules`; what weights cost a
whole wave is for `weights`.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Floats, Ints
from pipelines.survey.design import Design, DomainMeans, Domains, counting


@dataclass(frozen=True)
class Leaning:
    """Per area, shape (areas,): `effect` of the design on the variance, and the `largest` share of its weight of one.

    `effect` is NaN where there is no error; `largest` is 0 without respondents.
    """

    effect: Floats
    largest: Floats

    def of(self, place: Ints) -> "Leaning":
        """The same of some areas."""
        return Leaning(self.effect[place], self.largest[place])


def leaning(values: Floats, design: Design, domains: Domains, means: DomainMeans) -> Leaning:
    """Measure on what the mean of each area leans.

    effect = variance of the mean over s²/n, that of as many respondents drawn alone with equal chances; s² is weighted.
    Where all answered alike it is what the weights cost (Kish), for then the variance tells nothing.

    Parameters
    ----------
    values, design, domains
        As for `domain_means`.
    means
        What `domain_means` gave of them.

    References
    ----------
    Kish, Survey Sampling (1965), section 8.2; R survey::svymean(deff = "replace").
    """
    kept = counting(values, design, domains)
    weight, n = design.weight[kept.row], means.respondents.astype(np.float64)
    total: Floats = np.bincount(kept.domain, weight, kept.count).astype(np.float64)
    square = weight * (values[kept.row] - means.mean[kept.domain]) ** 2
    squares: Floats = np.bincount(kept.domain, square, kept.count).astype(np.float64)
    spread = _over(squares, total) * _over(n, n - 1)
    effect = _over(means.se**2 * n, spread)
    by_weights = np.where(np.isfinite(means.se), _over(n, means.effective), np.nan)
    largest = np.zeros(kept.count)
    np.maximum.at(largest, kept.domain, weight / total[kept.domain])
    return Leaning(np.where(spread > 0, effect, by_weights), largest)


def _over(above: Floats, below: Floats) -> Floats:
    """A ratio, and NaN where it is of nothing."""
    ratio: Floats = np.full(len(below), np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio
