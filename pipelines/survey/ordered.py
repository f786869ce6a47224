"""What ordered answers of one group say of what lies behind them: thresholds, polychoric correlations, and their error.

Here are the moments to which models are fitted, with the variances that tell how much each counts. The models are for
`invariance`, the correlation of one pair is in `polychoric`.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import ndtr

from pipelines.arrays import Floats, Ints
from pipelines.survey.polychoric import binormal, crossed, polychoric, thresholds


@dataclass(frozen=True)
class Moments:
    """Of one group of `respondents`: `thresholds` (items, steps), `correlations` (pairs,), pairs in the order of items.

    `threshold_weight` and `correlation_weight`, of the same shapes, are one over respondents times the variance.
    """

    thresholds: Floats
    correlations: Floats
    threshold_weight: Floats
    correlation_weight: Floats
    respondents: int


def pairs_of(items: int) -> list[tuple[int, int]]:
    """Pairs of items in the order in which their correlations stand: (0, 1), (0, 2), ..., (1, 2), ..."""
    return list(combinations(range(items), 2))


def moments(answers: Ints, steps: int) -> Moments:
    """Give the moments of one group, with variances by two steps.

    Parameters
    ----------
    answers
        Shape (respondents, items): categories from 0 to `steps`, each of which occurs.
    steps
        Thresholds per item.

    Returns
    -------
    Moments
        Variances are those of estimates that solve for thresholds first and for correlations then, with products of
        scores in place of second derivatives.

    References
    ----------
    Muthén, Psychometrika 49 (1984) 115-132; R lavaan.
    """
    count, items = answers.shape
    cuts = np.array([thresholds(np.bincount(column, minlength=steps + 1).astype(np.float64)) for column in answers.T])
    scores = [_threshold_scores(answers[:, item], cuts[item]) for item in range(items)]
    inverse = [np.asarray(np.linalg.inv(score.T @ score), dtype=np.float64) for score in scores]
    correlations, variances = [], []
    for first, second in pairs_of(items):
        table = crossed(answers[:, first], answers[:, second], np.ones(count))
        rho = polychoric(table)
        correlations.append(rho)
        both = ((answers[:, first], cuts[first]), (answers[:, second], cuts[second]))
        variances.append(_variance(both, rho, ((scores[first], inverse[first]), (scores[second], inverse[second]))))
    own = np.array([np.diag(one) for one in inverse])
    return Moments(cuts[:, 1:-1], np.array(correlations), 1 / (count * own), 1 / (count * np.array(variances)), count)


def _density(at: Floats) -> Floats:
    return np.asarray(np.exp(-(np.clip(at, -40, 40) ** 2) / 2) / np.sqrt(2 * np.pi))


def _threshold_scores(answer: Ints, cuts: Floats) -> Floats:
    """Slopes of each respondent's log-likelihood along the thresholds of an item, shape (respondents, steps)."""
    steps = len(cuts) - 2
    chance = np.diff(ndtr(cuts))
    density = _density(cuts[1:-1])
    per_category = np.zeros((steps + 1, steps))
    place = np.arange(steps)
    per_category[place, place] = density / chance[:-1]
    per_category[place + 1, place] = -density / chance[1:]
    return np.asarray(per_category[answer])


def _variance(
    both: tuple[tuple[Ints, Floats], tuple[Ints, Floats]],
    rho: float,
    single: tuple[tuple[Floats, Floats], tuple[Floats, Floats]],
) -> float:
    """Variance of one polychoric correlation: its own score, less what thresholds explain of it, squared and summed."""
    (one, rows), (other, columns) = both
    below = binormal(rows[:, None], columns[None, :], rho)
    chance = np.maximum(np.diff(np.diff(below, axis=0), axis=1), 1e-12)
    rest = 1 - rho**2
    far = [np.clip(cuts, -40, 40) for cuts in (rows, columns)]
    joint = np.exp(-(far[0][:, None] ** 2 - 2 * rho * far[0][:, None] * far[1] + far[1] ** 2) / (2 * rest))
    slope = np.diff(np.diff(joint / (2 * np.pi * np.sqrt(rest)), axis=0), axis=1) / chance
    score = slope[one, other]
    square = float(score @ score)
    explained = np.zeros(len(score))
    along = (_along(rows, columns, rho, chance), np.swapaxes(_along(columns, rows, rho, chance.T), 1, 2))
    for slopes, (scores, inverse) in zip(along, single, strict=True):
        crossing = score @ slopes[:, one, other].T
        explained = explained + scores @ (inverse @ crossing)
    left = (score - explained) / square
    return float(left @ left)


def _along(rows: Floats, columns: Floats, rho: float, chance: Floats) -> Floats:
    """Slopes of the log chance of each cell along the thresholds of the rows, shape (steps, rows, columns)."""
    root = np.sqrt(1 - rho**2)
    inner = rows[1:-1]
    conditional = np.diff(ndtr((np.clip(columns, -40, 40)[None, :] - rho * inner[:, None]) / root), axis=1)
    change = _density(inner)[:, None] * conditional
    slopes = np.zeros((len(inner), *chance.shape))
    place = np.arange(len(inner))
    slopes[place, place] = change / chance[:-1]
    slopes[place, place + 1] = -change / chance[1:]
    return slopes
