"""How much a mean or share changed from one wave to the next, and how sure that is.

Here two waves become a difference per area with its error; who answered twice is reckoned with. Whether waves may be
compared at all, and what a difference means, is for `trend`.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Floats, Ints, Strings
from pipelines.survey.design import (
    Design,
    DomainMeans,
    Domains,
    counting,
    deviations,
    domain_means,
    influence,
    remaining,
)

_AT_ONCE = 4_000_000
# Answers to the same questions correlate .95 at most when people give them twice. More is no knowledge of the error.
_MOST_ALIKE = 0.95


@dataclass(frozen=True)
class Asked:
    """One figure of one wave: values (n,), NaN unknown, the design, who lives where, and `people` (areas,) or None."""

    values: Floats
    design: Design
    domains: Domains
    people: Floats | None = None


@dataclass(frozen=True)
class Change:
    """Per area, shape (areas,): the later mean less the earlier one, NaN where either is unknown, and its error.

    `freedom` and `effective` (respondents) are the lesser of both waves; `before` and `after` are the respondents.
    """

    difference: Floats
    se: Floats
    freedom: Floats
    effective: Floats
    before: Ints
    after: Ints


def change(
    before: Asked, after: Asked, panel: tuple[Ints, Ints], errors: tuple[DomainMeans, DomainMeans] | None = None
) -> Change:
    """Give the change of every area: its variance is that of both waves less twice their covariance.

    The covariance is that of who answered twice: per pair of sampling units that share somebody, the product of how far
    their sums of influences lie from their strata. With everybody in both waves that is the paired variance; with
    nobody it is nought. Both waves go together by .95 at most, so that an area of which everybody gave the same answers
    twice is not taken to be known without error.

    Parameters
    ----------
    before, after
        The same figure of two waves, with areas numbered alike.
    panel
        Rows of those who answered twice, in `before` and in `after`, shape (pairs,) each.
    errors
        The means of both waves with a steadier error than their own (`smoothing.steadied`); their own where left out.

    References
    ----------
    Berger and Priam, Journal of the Royal Statistical Society A 179 (2016) 251-272.
    """
    earlier, later = (domain_means(one.values, one.design, one.domains, one.people) for one in (before, after))
    product = earlier.se * later.se
    alike = np.divide(_covariance(before, after, panel), product, out=np.zeros(len(product)), where=product > 0)
    sure = errors or (earlier, later)
    first, second = (one.se for one in sure)
    variance = first**2 + second**2 - 2 * np.clip(alike, -1, _MOST_ALIKE) * first * second
    return Change(
        later.mean - earlier.mean,
        np.sqrt(variance),
        np.minimum(sure[0].freedom, sure[1].freedom),
        np.minimum(earlier.effective, later.effective),
        earlier.respondents,
        later.respondents,
    )


def _covariance(before: Asked, after: Asked, panel: tuple[Ints, Ints]) -> Floats:
    areas = before.domains.count
    found = np.zeros(areas)
    if not len(panel[0]):
        return found
    kept = [counting(one.values, one.design, one.domains) for one in (before, after)]
    waves = list(zip((before, after), kept, strict=True))
    influences = [influence(one.values, one.design, who)[0] for one, who in waves]
    portion = max(1, _AT_ONCE // max(len(before.values), len(after.values), 1))
    for start in range(0, areas, portion):
        chosen = slice(start, start + portion)
        (units, apart), (units_after, apart_after) = (
            deviations(each[:, chosen], one.design) for each, one in zip(influences, (before, after), strict=True)
        )
        pairs = np.unique(
            np.column_stack(
                [
                    np.searchsorted(units, before.design.cluster[panel[0]]),
                    np.searchsorted(units_after, after.design.cluster[panel[1]]),
                ]
            ),
            axis=0,
        )
        found[chosen] = np.sum(apart[pairs[:, 0]] * apart_after[pairs[:, 1]], axis=0)
    smaller = [remaining(np.bincount(who.domain, minlength=areas), one.design, one.people) for one, who in waves]
    return np.asarray(found * np.sqrt(smaller[0] * smaller[1]))


def panel_rows(before: Strings, after: Strings) -> tuple[Ints, Ints]:
    """Give the rows of those with the same number in both waves, shape (pairs,) each; '' is nobody's number."""
    both, first, second = np.intersect1d(before, after, return_indices=True)
    named = both != ""
    return first[named].astype(np.int64), second[named].astype(np.int64)
