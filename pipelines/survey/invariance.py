"""Whether a scale measures the same in two groups, such as two waves or two ways of answering.

Here a factor behind ordered answers is fitted three times: free in every group, with thresholds and loadings the same,
and with residual variances the same too. Where the fit gets clearly worse, people understood the questions otherwise,
and a difference between the groups says nothing of the scale. Which groups are compared is for `comparable`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from pipelines.arrays import Floats, Ints
from pipelines.survey.ordered import Moments, moments, pairs_of

LEVELS = ("configural", "equal", "strict")
FEWEST = 100
_FEWEST_ITEMS = 3
# How much worse a model may fit than the one before it (Chen 2007).
_CFI_WORSE, _RMSEA_WORSE = 0.010, 0.015
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Fit:
    """How well one level fits: chi-square with its degrees of freedom, CFI, and RMSEA over all groups."""

    chisq: float
    df: int
    cfi: float
    rmsea: float


@dataclass(frozen=True)
class Invariance:
    """The fit of every level, in the order of `LEVELS`; none where it cannot be judged, and then the `reason`.

    The reason is too_few_respondents (under 100 who answered all items, in some group), too_few_items (under three) or
    alike (an item that all answer alike).
    """

    fits: tuple[Fit, ...]
    reason: str = ""

    @property
    def varies(self) -> bool:
        """Whether a level fits clearly worse than the one before it; False where that cannot be judged."""
        return any(
            before.cfi - after.cfi > _CFI_WORSE or after.rmsea - before.rmsea > _RMSEA_WORSE
            for before, after in zip(self.fits, self.fits[1:], strict=False)
        )


@dataclass(frozen=True)
class _Scale:
    """Sizes of a problem: groups, items, thresholds per item."""

    groups: int
    items: int
    steps: int


def invariance(groups: Sequence[Floats]) -> Invariance:
    """Judge whether a scale measures the same in every group.

    Parameters
    ----------
    groups
        Of each group the answers, shape (respondents, items), higher for more; NaN without an answer. Only who answered
        all items counts. A category that some group does not use is joined with the next one.

    Returns
    -------
    Invariance
        Fitted by diagonally weighted least squares, with residual variances as parameters (theta) and the first group
        standardised.

    References
    ----------
    Millsap and Yun-Tein, Multivariate Behavioral Research 39 (2004) 479-515; Chen, Structural Equation Modeling 14
    (2007) 464-504; R lavaan.
    """
    whole = [group[np.isfinite(group).all(axis=1)] for group in groups]
    if groups[0].shape[1] < _FEWEST_ITEMS:
        return Invariance((), "too_few_items")
    if min(len(group) for group in whole) < FEWEST:
        return Invariance((), "too_few_respondents")
    numbered = common_categories(whole)
    if numbered is None:
        return Invariance((), "alike")
    steps = int(numbered[0].max())
    found = [moments(group, steps) for group in numbered]
    scale = _Scale(len(found), groups[0].shape[1], steps)
    return Invariance(tuple(_fitted(found, scale, level) for level in LEVELS))


def common_categories(groups: Sequence[Floats]) -> list[Ints] | None:
    """Number answers from 0, with as many categories for every item, each used in every group.

    Where a group leaves a category out it is joined with its neighbour; then items with more categories than another
    have their least used ones joined. None where less than two are left.
    """
    columns = [_joined([group[:, item] for group in groups]) for item in range(groups[0].shape[1])]
    fewest = min(int(column[0].max()) for column in columns)
    if fewest < 1:
        return None
    alike = [_narrowed(column, fewest) for column in columns]
    return [np.column_stack([column[group] for column in alike]) for group in range(len(groups))]


def _joined(columns: Sequence[Floats]) -> list[Ints]:
    told = np.unique(np.round(np.concatenate(columns), 9))
    numbers = [np.searchsorted(told, np.round(column, 9)) for column in columns]
    while True:
        highest = max(int(column.max()) for column in numbers)
        counts = np.array([np.bincount(column, minlength=highest + 1) for column in numbers])
        absent = np.flatnonzero((counts == 0).any(axis=0))
        if not len(absent) or highest == 0:
            return numbers
        numbers = _without(numbers, int(absent[0]), highest)


def _without(numbers: Sequence[Ints], category: int, highest: int) -> list[Ints]:
    """Join a category with the next one, the last with the one before it."""
    cut = min(category, highest - 1)
    return [np.where(column > cut, column - 1, column) for column in numbers]


def _narrowed(numbers: Sequence[Ints], highest: int) -> list[Ints]:
    kept = list(numbers)
    while (now := int(kept[0].max())) > highest:
        counts = np.bincount(np.concatenate(kept), minlength=now + 1)
        kept = _without(kept, int(np.argmin(counts)), now)
    return kept


def _fitted(found: Sequence[Moments], scale: _Scale, level: str) -> Fit:
    left = _configural(found, scale) if level == LEVELS[0] else _equal(found, scale, strict=level == LEVELS[2])
    chisq = sum(left)
    pairs = len(pairs_of(scale.items))
    baseline = float(sum((one.respondents - 1) * one.correlation_weight @ one.correlations**2 for one in found))
    df = _freedom(scale, level)
    total = sum(one.respondents - 1 for one in found)
    worse, worst = max(chisq - df, 0.0), max(baseline - scale.groups * pairs, chisq - df, 0.0)
    rmsea = np.sqrt(worse / (df * total)) * np.sqrt(scale.groups) if df > 0 else 0.0
    return Fit(chisq, df, 1 - worse / worst if worst > 0 else 1.0, float(rmsea))


def _freedom(scale: _Scale, level: str) -> int:
    pairs, others = len(pairs_of(scale.items)), scale.groups - 1
    if level == LEVELS[0]:
        return scale.groups * (pairs - scale.items)
    told = scale.groups * (pairs + scale.items * scale.steps)
    same = scale.items * (scale.steps + 1) + 2 * others
    # Of yes or no the residual variance of a further group cannot be told from its thresholds.
    residuals = 0 if level == LEVELS[2] or scale.steps == 1 else scale.items * others
    return told - same - residuals


def _configural(found: Sequence[Moments], scale: _Scale) -> list[float]:
    """Thresholds fit by themselves: only loadings are sought, group by group."""
    first, second = np.array(pairs_of(scale.items)).T
    chisq = []
    for one in found:
        root = np.sqrt((one.respondents - 1) * one.correlation_weight)

        def left(loading: Floats, one: Moments = one, root: Floats = root) -> Floats:
            return np.asarray(root * (one.correlations - loading[first] * loading[second]))

        chisq.append(_least(left, np.full(scale.items, 0.7)))
    return chisq


def _equal(found: Sequence[Moments], scale: _Scale, *, strict: bool) -> list[float]:
    """Thresholds and loadings the same; mean and spread of the factor, and residuals unless strict, of each group."""
    others = scale.groups - 1
    sizes = [scale.items * scale.steps, scale.items, others, others]
    free = 0 if strict or scale.steps == 1 else scale.items * others
    first, second = np.array(pairs_of(scale.items)).T
    roots = [np.sqrt(one.respondents - 1) for one in found]

    def left(parameters: Floats) -> Floats:
        cuts, loading, mean, spread, residual = np.split(parameters, np.cumsum(sizes))
        cuts = cuts.reshape(scale.items, scale.steps)
        means, spreads = np.append(0.0, mean), np.append(0.0, spread)
        residuals = np.vstack([np.zeros(scale.items), residual.reshape(-1, scale.items)]) if free else None
        parts = []
        for group, (one, root) in enumerate(zip(found, roots, strict=True)):
            # Spreads and residuals as logarithms, which stay above nought.
            variance = np.exp(spreads[group])
            own = np.ones(scale.items) if residuals is None else np.exp(residuals[group])
            total = np.sqrt(loading**2 * variance + own)
            implied = (cuts - (loading * means[group])[:, None]) / total[:, None]
            together = loading[first] * loading[second] * variance / (total[first] * total[second])
            parts.append(root * (np.sqrt(one.threshold_weight) * (one.thresholds - implied)).ravel())
            parts.append(root * np.sqrt(one.correlation_weight) * (one.correlations - together))
        return np.concatenate(parts)

    start = [found[0].thresholds.ravel() * np.sqrt(2), np.ones(scale.items), np.zeros(2 * others), np.zeros(free)]
    return [_least(left, np.concatenate(start))]


def _least(left: Callable[[Floats], Floats], start: Floats) -> float:
    found = least_squares(left, start, method="trf", xtol=_TOLERANCE, ftol=_TOLERANCE, gtol=_TOLERANCE, max_nfev=500)
    return float(2 * found.cost)
