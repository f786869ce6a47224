"""Weights: how many people each respondent stands for.

Here is the arithmetic: base weights by stratum, cells of nonresponse, raking to margins, trimming, and what weights
cost. Where its numbers come from is for `sample`; means and their error are for `design`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Floats, Ints
from pipelines.errors import SourceError

UNKNOWN = -1
_ROUNDS, _CLOSE = 1_000, 1e-11
_TRIM_ROUNDS, _SPREADS = 50, 6.0
# Where most weights are alike quartiles say nothing of what stands out: they count as half the median apart at least,
# so that nothing under four times the median is cut. What one in twenty bears is how the sample was drawn.
_LEAST_SPREAD, _BORNE_BY_MANY = 0.5, 95
# Kish's design effect over which, and the share of all weight of one respondent over which, a figure hangs on too few.
HIGH_EFFECT, HEAVY_SHARE = 3.0, 0.03
# Nonresponse is judged in cells of so many respondents at least, and by at most so large a factor.
FEWEST_IN_CELL, _LARGEST_FACTOR = 5, 3.0


@dataclass(frozen=True)
class Margin:
    """People by category of one feature: `category` (n,) numbered, `UNKNOWN` where not known; `persons` (categories,).

    `labels` name the categories, in an error or a report.
    """

    name: str
    category: Ints
    persons: Floats
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Achieved:
    """One category after weighting: the share of people it has, and the share of weight it got."""

    margin: str
    category: str
    target: float
    achieved: float


@dataclass(frozen=True)
class Weighted:
    """Weights (n,) of mean 1 over respondents who count, what margins they reach, and how many were trimmed."""

    weight: Floats
    achieved: tuple[Achieved, ...]
    trimmed: int


@dataclass(frozen=True)
class Cost:
    """What unequal weights cost, over weights above nought.

    `deff` 1 + CV², `effective` respondents, `ratio` of the largest over the smallest, `largest` share of all weight.
    """

    deff: float
    effective: float
    ratio: float
    largest: float


def base_weights(stratum: Ints, population: Floats) -> Floats:
    """Give every respondent the people of their stratum over its respondents, shape (n,).

    Parameters
    ----------
    stratum
        Number of the stratum of each respondent, shape (n,).
    population
        People per stratum, shape (strata,).
    """
    respondents = np.bincount(stratum, minlength=len(population)).astype(np.float64)
    each = np.divide(population, respondents, out=np.zeros(len(population)), where=respondents > 0)
    return np.asarray(each[stratum])


def nonresponse(weight: Floats, cell: Ints, asked: Floats) -> tuple[Floats, int]:
    """Let those who answered in a cell stand for those of it who did not, and tell how many cells were merged.

    The weight of a respondent times (asked in the cell over answered), over that of the sample. A cell of under 5
    respondents, or with a factor over 3 times that of the sample, is judged with the next one (the last with the
    first), until every cell will do.

    Parameters
    ----------
    weight, cell
        Of each respondent, shape (n,); cells numbered in an order in which neighbours are alike.
    asked
        People who were asked per cell, shape (cells,).

    Returns
    -------
    tuple
        Weights, shape (n,), of the same sum; and how many cells were merged into another.
    """
    of_cell = np.arange(len(asked))
    for _ in range(len(asked)):
        group = np.unique(of_cell)
        answered = np.array([np.sum(np.isin(cell, np.flatnonzero(of_cell == one))) for one in group], dtype=np.float64)
        all_asked = np.array([asked[of_cell == one].sum() for one in group])
        overall = all_asked.sum() / max(answered.sum(), 1.0)
        factor = np.divide(all_asked, answered, out=np.full(len(group), np.inf), where=answered > 0) / overall
        poor = np.flatnonzero((answered < FEWEST_IN_CELL) | (factor > _LARGEST_FACTOR))
        if not len(poor) or len(group) == 1:
            break
        into = group[(poor[0] + 1) % len(group)]
        of_cell = np.where(of_cell == group[poor[0]], into, of_cell)
    by_cell = factor[np.searchsorted(group, of_cell)]
    raised = weight * by_cell[cell]
    return raised * (weight.sum() / raised.sum()), len(asked) - len(group)


def rake(weight: Floats, margins: Sequence[Margin]) -> Floats:
    """Make weights reach every margin at once, by turns (iterative proportional fitting), shape (n,).

    Who is of an unknown category keeps the share of the weight they had: the others are raked to what is left. The sum
    of the weights stays.

    Raises
    ------
    SourceError
        When a category that has people has no respondents, or the margins cannot be reached together.
    """
    raked = weight.copy()
    targets = [_targets(weight, margin) for margin in margins]
    for _ in range(_ROUNDS):
        for margin, target in zip(margins, targets, strict=True):
            raked = raked * _factor(raked, margin, target)
        factors = [_factor(raked, margin, target) for margin, target in zip(margins, targets, strict=True)]
        if all(np.allclose(factor[raked > 0], 1, rtol=0, atol=_CLOSE) for factor in factors):
            return raked
    raise SourceError(
        f"margins {[margin.name for margin in margins]}: weights cannot reach them together in {_ROUNDS} rounds. They "
        "contradict each other, or some combination has hardly a respondent: take wider categories, or one margin out."
    )


def _numbered(margin: Margin) -> Ints:
    """Categories with the unknown one last."""
    return np.where(margin.category == UNKNOWN, len(margin.persons), margin.category)


def _targets(weight: Floats, margin: Margin) -> Floats:
    now = np.bincount(_numbered(margin), weight, len(margin.persons) + 1)
    absent = [
        label for label, sum_, people in zip(margin.labels, now, margin.persons, strict=False) if people > 0 >= sum_
    ]
    if absent:
        raise SourceError(
            f"margin {margin.name}: nobody of {absent} answered, or has a weight, so weights cannot reach it. Take "
            "that category together with the next one."
        )
    return np.append(margin.persons * (weight.sum() - now[-1]) / margin.persons.sum(), now[-1])


def _factor(weight: Floats, margin: Margin, target: Floats) -> Floats:
    category = _numbered(margin)
    now = np.bincount(category, weight, len(target))
    return np.divide(target, now, out=np.zeros(len(target)), where=now > 0)[category]


def weigh(weight: Floats, margins: Sequence[Margin]) -> Weighted:
    """Rake, and trim what stands out until both hold: margins are reached, and no weight is over `upper_bound`.

    A trimmed weight is held at the bound and the others are raked again, in at most 50 rounds; what is then over the
    bound by more than a thousandth stays over it.

    Returns
    -------
    Weighted
        Weights of mean 1 over those above nought.

    Raises
    ------
    SourceError
        When all weights are nought, or margins cannot be reached.
    """
    if not (weight > 0).any():
        raise SourceError("weights: all are 0, so nobody stands for anybody. Fill in the survey weights.")
    raked = rake(weight, margins)
    bound = upper_bound(raked)
    trimmed = raked > bound
    for _ in range(_TRIM_ROUNDS):
        if not (raked > bound * 1.001).any():
            break
        raked = rake(np.minimum(raked, bound), margins)
    scaled = raked / raked[raked > 0].mean()
    return Weighted(scaled, tuple(one for margin in margins for one in _achieved(scaled, margin)), int(trimmed.sum()))


def upper_bound(weight: Floats) -> float:
    """Give the weight over which one stands out, of weights (n,) above nought.

    The median plus six times the distance of the quartiles, which counts as half the median at least; or the weight
    that one in twenty bears, where that is more.

    References
    ----------
    Potter, A study of procedures to identify and trim extreme sampling weights, ASA Survey Research Methods (1990).
    """
    counting = weight[weight > 0]
    low, middle, high = np.percentile(counting, [25, 50, 75])
    usual = middle + _SPREADS * max(high - low, _LEAST_SPREAD * middle)
    # A weight that is really borne: between two of them one heavy respondent would raise the bound by itself.
    return float(max(usual, np.percentile(counting, _BORNE_BY_MANY, method="lower")))


def _achieved(weight: Floats, margin: Margin) -> list[Achieved]:
    known = margin.category != UNKNOWN
    got = np.bincount(margin.category[known], weight[known], len(margin.persons))
    shares = zip(margin.labels, margin.persons / margin.persons.sum(), got / got.sum(), strict=True)
    return [Achieved(margin.name, label, float(target), float(share)) for label, target, share in shares]


def cost_of(weight: Floats) -> Cost:
    """Reckon what unequal weights cost, over weights above nought (Kish).

    Raises
    ------
    SourceError
        When all weights are nought.
    """
    counting = weight[weight > 0]
    if not len(counting):
        raise SourceError("weights: all are 0, so nobody stands for anybody. Fill in the survey weights.")
    deff = 1 + float(np.var(counting) / np.mean(counting) ** 2)
    largest = float(counting.max())
    return Cost(deff, len(counting) / deff, largest / float(counting.min()), largest / float(counting.sum()))
