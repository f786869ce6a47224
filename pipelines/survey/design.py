"""Means of areas with their error, in the design by which the sample was drawn.

Here are weighted means of domains and their Taylor-linearised variance, from strata, clusters, finite populations and
calibration. Weights are made in `weights`; which answers are averaged is for `responses`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import betaincinv, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Numbers in memory at once: domains are taken in portions.
_AT_ONCE = 4_000_000
# A share of an area's people from which drawing without replacement is reckoned with.
_FEW_REMAIN = 0.05
_LEVEL = 0.95


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
    counts = np.isfinite(values[domains.row]) & (design.weight[domains.row] > 0)
    kept = Domains(domains.row[counts], domains.domain[counts], domains.count)
    influences, mean = influence(values, design, kept)
    variance = variances(influences, design)
    respondents = np.bincount(kept.domain, minlength=kept.count)
    if population is not None and not design.fraction.any():
        share = np.where(population > 0, respondents / np.where(population > 0, population, 1), np.nan)
        variance = variance * np.where(share > _FEW_REMAIN, np.maximum(1 - share, 0), 1)
    se = np.where(respondents > 0, np.sqrt(np.maximum(variance, 0)), np.nan)
    return DomainMeans(mean, se, respondents, _freedom(kept, design), _effective(kept, design))


def influence(values: Floats, design: Design, domains: Domains) -> tuple[sparse.csc_array, Floats]:
    """Give each respondent's influence on each mean, shape (n, areas), and the means, shape (areas,).

    `domains` hold only respondents with an answer and a weight.
    """
    weight, value = design.weight[domains.row], values[domains.row]
    total = np.bincount(domains.domain, weight, domains.count).astype(np.float64)
    product = np.bincount(domains.domain, weight * value, domains.count).astype(np.float64)
    mean: Floats = np.full(domains.count, np.nan)
    np.divide(product, total, out=mean, where=total > 0)
    # A weighted mean of tens may come out a rounding error above ten.
    if len(value):
        mean = np.clip(mean, value.min(), value.max())
    z = weight * (value - mean[domains.domain]) / total[domains.domain]
    return sparse.csc_array((z, (domains.row, domains.domain)), shape=(len(values), domains.count)), mean


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
    apart = (totals - centre[stratum]) * np.sqrt(scale[stratum])[:, None]
    if only_diagonal:
        return np.diag((apart**2).sum(axis=0))
    return np.asarray(apart.T @ apart)


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


def korn_graubard(shares: DomainMeans) -> tuple[Floats, Floats]:
    """Give the 95 % interval of each share by Korn and Graubard: that of a binomial of as many as the error is worth.

    n* = p (1 - p) / se², times (t of n - 1 over t of the degrees of freedom)²; of a share of 0 or 1, of which se is 0,
    the effective number of respondents. Never symmetric near the ends, as Wald's is.

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
    worth = np.divide(share * (1 - share), shares.se**2, out=shares.effective.copy(), where=known & (shares.se > 0))
    freedom = np.where(known, shares.freedom, np.nan)
    fewer = stdtrit(np.maximum(shares.respondents - 1.0, 1.0), tail) / stdtrit(freedom, tail)
    size = np.where(known, worth * fewer**2, np.nan)
    with np.errstate(invalid="ignore"):
        low = betaincinv(np.maximum(size * share, 1e-12), size * (1 - share) + 1, tail)
        high = betaincinv(size * share + 1, np.maximum(size * (1 - share), 1e-12), 1 - tail)
    lower = np.where(share <= 0, np.where(known, 0.0, np.nan), low)
    upper = np.where(share >= 1, np.where(known, 1.0, np.nan), high)
    return lower, upper
