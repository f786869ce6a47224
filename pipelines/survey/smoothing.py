"""Variances of areas made steady: what few respondents, or few clusters, say of their own error is mostly chance.

Here is the generalised variance function, and when it stands in the place of an area's own variance. What is done with
the variances is for `intervals` and `fay_herriot`.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtri

from pipelines.arrays import Flags, Floats, Strings
from pipelines.survey.design import DomainMeans
from pipelines.survey.design_effects import Spread

# A variance below what chance would give once in forty is not believed.
_UNLIKELY = 0.025
# On fewer sampling units than this a variance hangs by a thread: of normal answers thirty respondents carry ten.
_FEWEST_CARRIERS = 5.0
# Mean square under which answers differ by rounding alone.
_SAME = 1e-12


@dataclass(frozen=True)
class Smoothed:
    """The error of areas, as all areas of their type together tell it.

    `variance` of each mean, shape (areas,), NaN without respondents or where nobody in any area differs. `size`: as
    many respondents of a simple random sample as tell as much, shape (areas,), 0 without respondents. `deff`: design
    effect beyond that of unequal weights, shape (areas,). `freedom`: degrees of freedom of all areas together, shape
    (areas,).
    """

    variance: Floats
    size: Floats
    deff: Floats
    freedom: Floats

    @property
    def arcsine_variance(self) -> Floats:
        """Variance of the arcsine root of a share, shape (areas,): 1 / 4n, NaN without respondents."""
        return np.asarray(np.divide(0.25, self.size, out=np.full(len(self.size), np.nan), where=self.size > 0))


def smoothed(means: DomainMeans, spread: Spread, kinds: Strings, *, is_share: bool) -> Smoothed:
    """Give each area the variance that areas of its size, drawn as it was, have: D = s² deff / n.

    n is Kish's effective number. An area's s² is that of its answers around their mean plus the variance of that mean,
    of which linearisation finds a part that is known. The design effect is the sum over areas of n D over that of s²,
    each weighted by its degrees of freedom; where clusters of b respondents explain it, as 1 + (b - 1) rho, an area
    gets that of its own clusters. The s² of a score is the mean over areas where answers differ, likewise weighted;
    that of a share p is p (1 - p), where half a respondent says otherwise if nobody does.

    Parameters
    ----------
    means, spread
        Areas of all types.
    kinds
        Type of each area: those of one type are smoothed together, with all others only where they tell nothing.
    is_share
        Whether it is a share, of which s² follows from the share itself.

    References
    ----------
    Wolter, Introduction to Variance Estimation (2007), chapter 7; Kish, Survey Sampling (1965), sections 5.4 and 8.2.
    """
    has = means.effective > 0
    own = np.divide(means.se**2, spread.found * spread.remains, out=np.full(len(has), np.nan), where=spread.found > 0)
    told = has & (means.freedom > 0) & np.isfinite(own) & (spread.within > _SAME)
    deff, typical, freedom = (np.full(len(has), np.nan) for _ in range(3))
    for kind in np.unique(kinds):
        of_kind = kinds == kind
        used = told & of_kind if (told & of_kind).any() else told
        weight, apart = means.freedom[used], (spread.within + own)[used]
        pooled = _Pooled(weight * apart, (own * means.effective)[used] * weight, spread.cluster_size[used])
        deff[of_kind] = _deff(pooled, spread.cluster_size[of_kind])
        typical[of_kind] = np.average(apart, weights=weight) if used.any() else np.nan
        freedom[of_kind] = weight.sum()
    size = np.divide(means.effective, deff * spread.remains, out=np.zeros(len(has)), where=has)
    if is_share:
        share = np.where(np.isin(means.mean, (0.0, 1.0)), (means.mean * size + 0.5) / (size + 1), means.mean)
        typical = share * (1 - share)
    variance = np.divide(typical, size, out=np.full(len(has), np.nan), where=has)
    return Smoothed(variance, size, deff, freedom)


@dataclass(frozen=True)
class _Pooled:
    """Areas that tell of their error, shape (areas,) each: s² and n D, both weighted, and respondents per cluster."""

    apart: Floats
    worth: Floats
    cluster_size: Floats


def _deff(pooled: _Pooled, cluster_size: Floats) -> Floats:
    """Design effect of areas with clusters of that size, shape as `cluster_size`: 1 where no area tells any."""
    if not len(pooled.apart):
        return np.ones(len(cluster_size))
    deff = float(pooled.worth.sum() / pooled.apart.sum())
    more = float(np.average(pooled.cluster_size, weights=pooled.apart)) - 1
    rho = min(max((deff - 1) / more, 0.0), 1.0) if more > 0 else 0.0
    return np.asarray(deff * (1 + np.nan_to_num(cluster_size - 1) * rho) / (1 + max(more, 0.0) * rho))


def steadied(means: DomainMeans, spread: Spread, smooth: Smoothed) -> DomainMeans:
    """Put the smoothed error in the place of one that tells nothing.

    Where all respondents say the same, or all but one, or live in one cluster, the error they show is nought or nearly
    so, and says nothing of who was not asked; on a few clusters it is too small as often as too large, and what is
    published are those that are small by chance. The smoothed error stands in its place where

    - the area's own hangs on fewer than five sampling units, whichever is larger, or
    - the smoothed is larger, and chance alone would give one so small only once in forty (chi-squared, with the area's
      degrees of freedom).

    Degrees of freedom are then those of all areas together. Of a share of 0 or 1 the error is that of half a respondent
    who says otherwise. Where nobody in any area differs there is nothing to smooth with: no error, and no interval.

    Parameters
    ----------
    means, spread
        Areas.
    smooth
        What `smoothed` made of them.
    """
    own = means.se**2
    hangs = (spread.carriers < _FEWEST_CARRIERS) & np.isfinite(smooth.variance)
    is_too_small = _is_unlikely(own, smooth.variance, means.freedom) & ~(own >= smooth.variance)
    replaced = np.isfinite(own) & (hangs | is_too_small)
    variance = np.where(replaced, smooth.variance, own)
    freedom = np.where(replaced, np.maximum(smooth.freedom, means.freedom), means.freedom)
    return replace(means, se=np.sqrt(variance), freedom=freedom)


def _is_unlikely(own: Floats, smooth: Floats, freedom: Floats) -> Flags:
    """Whether a variance is smaller than chance lets it be, once in forty; without degrees of freedom always."""
    counted = np.maximum(freedom, 1.0)
    least = smooth * chdtri(counted, 1 - _UNLIKELY) / counted
    return np.asarray((own < least) | (freedom <= 0) | ~np.isfinite(smooth))
