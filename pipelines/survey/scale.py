"""From answers to scores: reversed items turned round, every item from 0 to 1, and a scale from 0 to 10.

Here is one respondent at a time. Weights, areas and uncertainty are for `estimate`.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats
from pipelines.survey.contracts import HIGHEST

# Below this no area is published, and the sign of a correlation says little.
_FEWEST_FOR_DIRECTION = 30


def unit_answers(respondents: pa.Table, answers: pa.Table, items: pa.Table) -> Floats:
    """Bring the answers to some items to one direction and one range.

    u = (x - lowest) / (highest - lowest), and 1 - u for a reversed item.

    Parameters
    ----------
    respondents, answers, items
        `sources/respondents`, `sources/answers`, and the rows of `sources/items` that are wanted.

    Returns
    -------
    numpy.ndarray
        Shape (respondents, items), in [0, 1], in the order of both tables; NaN where there is no answer.
    """
    matrix = np.full((len(respondents), len(items)), np.nan)
    row = pc.index_in(answers["respondent_id"], respondents["respondent_id"].combine_chunks())
    column = pc.index_in(answers["item_id"], items["item_id"].combine_chunks())
    is_wanted = pc.and_(pc.and_(pc.is_valid(row), pc.is_valid(column)), pc.is_valid(answers["answer"]))
    cells = (row.filter(is_wanted).to_numpy(), column.filter(is_wanted).to_numpy())
    matrix[cells] = answers["answer"].filter(is_wanted).to_numpy()
    lowest, highest = items["lowest"].to_numpy(), items["highest"].to_numpy()
    units: Floats = (matrix - lowest) / (highest - lowest)
    return np.where(items["is_reversed"].to_numpy(), 1.0 - units, units)


def fewest_items(items: int) -> int:
    """Say how many of a scale's items must be answered: 60 %, rounded up (in whole numbers: 0.6 is no exact float)."""
    return -(-3 * items // 5)


def scores_of(units: Floats) -> Floats:
    """Score each respondent: 10 x the mean of the answered items.

    Parameters
    ----------
    units
        Shape (respondents, items) from `unit_answers`.

    Returns
    -------
    numpy.ndarray
        Shape (respondents,), in [0, 10]; NaN where fewer than 60 % of the items are answered.
    """
    answered = np.isfinite(units).sum(axis=1)
    is_enough = (answered >= fewest_items(units.shape[1])) & (answered > 0)
    sums = np.nansum(units, axis=1)
    scores: Floats = np.full(len(units), np.nan)
    np.divide(HIGHEST * sums, answered, out=scores, where=is_enough)
    return scores


def against_scale(units: Floats, item_ids: Sequence[str]) -> tuple[str, ...]:
    """Name the items that run against the others of their scale, as one does that was reversed wrongly.

    The correlation of an item with the mean of the other items of its scale must be positive. It is not judged where
    fewer than 30 respondents answered both, or where either is the same for all.

    Parameters
    ----------
    units
        Shape (respondents, items) from `unit_answers`.
    item_ids
        Names of the items.
    """
    return tuple(item for number, item in enumerate(item_ids) if item_rest_correlation(units, number) <= 0)


def item_rest_correlation(units: Floats, number: int) -> float:
    """Correlate one item with the mean of the others, over respondents with both; NaN where that cannot be judged."""
    rest = np.delete(units, number, axis=1)
    answered = np.isfinite(rest).sum(axis=1)
    has_both = np.isfinite(units[:, number]) & (answered > 0)
    item, others = units[has_both, number], np.nansum(rest[has_both], axis=1) / answered[has_both]
    if len(item) < _FEWEST_FOR_DIRECTION or np.ptp(item) == 0 or np.ptp(others) == 0:
        return float("nan")
    return float(np.corrcoef(item, others)[0, 1])
