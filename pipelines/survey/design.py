"""Means of areas with their error, in the design by which the sample was drawn.

Here are weighted means of domains and their Taylor-linearised variance, from strata, clusters, finite populations and
calibration. Weights are made in `weights`, intervals in `intervals`; which answers are averaged is for `responses`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipelines.arrays import Floats, Ints

# Numbers in memory at once: domains are taken in portions.
_AT_ONCE = 4_000_000
# A share of an area's people from which drawing without replacement is reckoned with.
_FEW_REMAIN = 0.05


@dataclass(frozen=True)
class Design:
    """How a sample of n respondents was drawn.

    `weight` (n,) as used, `base` (n,) before calibration; `stratum` (n,) and `cluster` (n,) numbered from 0, a cluster
    within one stratum; `fraction` (strata,) of the sampling units of each stratum that were drawn, 0 where drawing is
    as if with replacement; `calibration` (n, q): what weights were calibrated on, None where they were not.
    """

    weight: Floats
    base: Floats
    stratum: Ints
    cluster: Ints
    fraction: Floats
    calibration: Floats | None = None


@dataclass(frozen=True)
class Domains:
    """Who belongs to which area: pairs of a respondent's row and an area's number, shape (pairs,) each."""

    row: Ints
    domain: Ints
    count: int


@dataclass(frozen=True)
class DomainMeans:
    """Per area, shape (areas,): mean and standard error (NaN where they cannot be given), and what they rest on.

    `respondents` with an answer and a weight; `freedom`: sampling units less strata among them; `effective`: as many
    respondents of equal weight.
    """

    mean: Floats
    se: Floats
    respondents: Ints
    freedom: Floats
    effective: Floats

    def without_error(self) -> "DomainMeans":
        """The same means without standard error: those of a sample that was not drawn by chance."""
        unknown = np.full(len(self.mean), np.nan)
        return DomainMeans(self.mean, unknown, self.respondents, unknown, self.effective)


def simple_design(weight: Floats) -> Design:
    """Give the design of a sample of which only weights are known: one stratum, each respondent drawn alone."""
    n = len(weight)
    return Design(weight, weight, np.zeros(n, dtype=np.int64), np.arange(n), np.zeros(min(n, 1)))


def domain_means(values: Floats, design: Design, domains: Domains, population: Floats | None = None) -> DomainMeans:
    """Estimate the mean of each domain, and its standard error, in the whole design.

    mean_d = sum_d(w y) / sum_d(w), whose influence is z_i = w_i (y_i - mean_d) / sum_d(w) inside the domain and 0
    outside. Its variance is that of the sum of z: per stratum (1 - f) n / (n - 1) times the squared deviations of the
    sums per sampling unit. A stratum of one unit is centred at the mean of all, which is 0. With calibrated weights z/w
    is first replaced by its residual on what they were calibrated on.

    Parameters
    ----------
    values
        Shape (n,); NaN where a respondent gave no answer.
    design
        How they were drawn.
    domains
        Who belongs to which area.
    population
        People per area, shape (areas,), NaN unknown: where more than 5 % of them answered and the design tells no
        fraction, the variance is (1 - n/N) of what it was.

    Returns
    -------
    DomainMeans
        A mean is NaN without respondents; a standard error also where the sample is one sampling unit.

    References
    ----------
    Särndal, Swensson and Wretman, Model Assisted Survey Sampling (1992), sections 5.8 and 6.6; R survey::svyby.
    """
    kept = counting(values, design, domains)
    influences, mean = influence(values, design, kept)
    respondents = np.bincount(kept.domain, minlength=kept.count)
    variance = variances(influences, design) * remaining(respondents, design, population)
    se = np.where(respondents > 0, np.sqrt(np.maximum(variance, 0)), np.nan)
    return DomainMeans(mean, se, respondents, _freedom(kept, design), _effective(kept, design))


def counting(values: Floats, design: Design, domains: Domains) -> Domains:
    """Keep who gave an answer and has a weight."""
    counts = np.isfinite(values[domains.row]) & (design.weight[domains.row] > 0)
    return Domains(domains.row[counts], domains.domain[counts], domains.count)


def remaining(respondents: Ints, design: Design, population: Floats | None) -> Floats:
    """By how much each variance is smaller as part of all people answered, shape (areas,): 1 where the design tells it.

    Parameters
    ----------
    respondents
        Of each area, shape (areas,).
    design
        How they were drawn.
    population
        People per area, shape (areas,); NaN or None where unknown.
    """
    if population is None or design.fraction.any():
        return np.ones(len(respondents))
    share = np.where(population > 0, respondents / np.where(population > 0, population, 1), np.nan)
    return np.where(share > _FEW_REMAIN, np.maximum(1 - share, 0), 1)


def influence(values: Floats, design: Design, domains: Domains) -> tuple[sparse.csc_array, Floats]:
    """Give each respondent's influence on each mean, shape (n, areas), and the means, shape (areas,).

    `domains` hold only respondents with an answer and a weight.
    """
    return influence_of_pairs(values[domains.row], design, domains)


def influence_of_pairs(value: Floats, design: Design, domains: Domains) -> tuple[sparse.csc_array, Floats]:
    """The same of values that differ from area to area: `value` (pairs,), one of each pair of `domains`."""
    weight = design.weight[domains.row]
    total = np.bincount(domains.domain, weight, domains.count).astype(np.float64)
    product = np.bincount(domains.domain, weight * value, domains.count).astype(np.float64)
    mean: Floats = np.full(domains.count, np.nan)
    np.divide(product, total, out=mean, where=total > 0)
    # A weighted mean of tens may come out a rounding error above ten.
    if len(value):
        mean = np.clip(mean, value.min(), value.max())
    z = weight * (value - mean[domains.domain]) / total[domains.domain]
    return sparse.csc_array((z, (domains.row, domains.domain)), shape=(len(design.weight), domains.count)), mean


def variances(influences: sparse.csc_array, design: Design) -> Floats:
    """Give the variance of the sum of each column of influences, shape (areas,); NaN where the sample is one unit."""
    if np.unique(design.cluster).size <= 1:
        return np.full(influences.shape[1], np.nan)
    portion = max(1, _AT_ONCE // max(1, influences.shape[0]))
    found = [
        np.diag(covariances(influences[:, start : start + portion], design, only_diagonal=True))
        for start in range(0, influences.shape[1], portion)
    ]
    return np.concatenate(found) if found else np.zeros(0)


def covariances(influences: sparse.csc_array, design: Design, *, only_diagonal: bool = False) -> Floats:
    """Give the covariances of the sums of columns of influences, shape (columns, columns)."""
    _, apart = deviations(influences, design)
    if only_diagonal:
        return np.diag((apart**2).sum(axis=0))
    return np.asarray(apart.T @ apart)


def deviations(influences: sparse.csc_array, design: Design) -> tuple[Ints, Floats]:
    """Give the sampling units, and how far the sum of each lies from its stratum.

    Returns
    -------
    tuple of numpy.ndarray
        Clusters of the design, sorted, shape (units,); deviations, shape (units, columns), of which squares sum to
        variances.
    """
    z = _residual(influences, design)
    units, of_unit = np.unique(design.cluster, return_index=True)
    unit = np.searchsorted(units, design.cluster)
    stratum = design.stratum[of_unit]
    per_unit = sparse.csr_array((np.ones(len(unit)), (unit, np.arange(len(unit)))), shape=(len(units), len(unit)))
    totals = np.asarray(per_unit @ z)
    size = np.bincount(stratum, minlength=len(design.fraction)).astype(np.float64)
    scale = np.where(size > 1, (1 - design.fraction) * size / np.maximum(size - 1, 1), 1 - design.fraction)
    in_stratum = sparse.csr_array((np.ones(len(units)), (stratum, np.arange(len(units)))), (len(size), len(units)))
    centre = np.where(size > 1, 1 / np.maximum(size, 1), 0)[:, None] * np.asarray(in_stratum @ totals)
    return units, (totals - centre[stratum]) * np.sqrt(scale[stratum])[:, None]


def _residual(influences: sparse.csc_array, design: Design) -> Floats:
    """What is left of influences once calibration explains its part: dense, shape (n, columns)."""
    z: Floats = np.asarray(influences.toarray())
    if design.calibration is None:
        return z
    used = (design.weight > 0) & (design.base > 0)
    root = np.sqrt(design.base[used])[:, None]
    each = z[used] / design.weight[used][:, None]
    fitted = np.linalg.lstsq(design.calibration[used] * root, each * root, rcond=None)[0]
    left = np.zeros_like(z)
    left[used] = (each - design.calibration[used] @ fitted) * design.weight[used][:, None]
    return left


def _freedom(domains: Domains, design: Design) -> Floats:
    """Sampling units in the domain less the strata they are of, as degf() of a subset in R."""
    units = np.unique(np.column_stack([domains.domain, design.cluster[domains.row]]), axis=0)
    strata = np.unique(np.column_stack([domains.domain, design.stratum[domains.row]]), axis=0)
    n_units, n_strata = (np.bincount(pairs[:, 0], minlength=domains.count) for pairs in (units, strata))
    return (n_units - n_strata).astype(np.float64)


def _effective(domains: Domains, design: Design) -> Floats:
    weight = design.weight[domains.row]
    total = np.bincount(domains.domain, weight, domains.count)
    squares = np.bincount(domains.domain, weight**2, domains.count)
    return np.divide(total**2, squares, out=np.zeros(domains.count), where=squares > 0)
