"""From answers to what is measured: per respondent a score, a yes or no, or a category, for every measure.

Here is one respondent at a time, one wave at a time. Directions and scales are for `scale`; weights, areas and
uncertainty for what follows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats
from pipelines.contracts import conform
from pipelines.sources.instrument import Measured, Question, instruments, measures_of
from pipelines.survey.contracts import HIGHEST, LOWEST, SCORES
from pipelines.survey.scale import against_scale, scores_of, unit_answers

YES, NO = "yes", "no"
# What `protection/` calls the one category of a score.
_SCORE = "mean"
_WIDEST_GAP = 10.0


@dataclass(frozen=True)
class Response:
    """What respondents gave of one figure: `values` (respondents,), NaN where they gave no answer.

    Of a share values are 1 for who is counted and 0 for who is not; of a score they lie between `lowest` and `highest`.
    `category` is what a share is of, among the categories of its `question`; '' of a score.
    """

    indicator: str
    question: str
    category: str
    values: Floats
    measured: Measured
    lowest: float = 0.0
    highest: float = 1.0

    @property
    def is_share(self) -> bool:
        """Whether it is a share of respondents rather than a score."""
        return bool(self.category)

    @property
    def counts_people(self) -> bool:
        """Whether it is a share, or a difference of shares."""
        return self.is_share or self.measured.measure.kind == "difference"

    @property
    def unit(self) -> str:
        """Unit of the figure in the catalogue of indicators."""
        if self.counts_people:
            return "share"
        return "points" if self.measured.measure.kind == "gap" else "0-10"


def indicator_of(question: str, category: str) -> str:
    """Name the indicator that tells a category of a question; '' of those who say no, whom the others tell."""
    if category in {_SCORE, YES}:
        return question
    return "" if category == NO else f"{question}_{category}"


def responses(respondents: pa.Table, answers: pa.Table, items: pa.Table) -> tuple[Response, ...]:
    """Make every figure of one wave, in alphabetical order of its measure; none of a scale that `stopped_scales` names.

    Parameters
    ----------
    respondents, answers, items
        `sources/respondents`, `sources/answers` and `sources/items` of one wave.

    Returns
    -------
    tuple of Response
        Values in the order of `respondents`.
    """
    stopped = stopped_scales(respondents, answers, items)
    made: list[Response] = []
    for measured in measures_of(items):
        if measured.name not in stopped:
            made.extend(_made(measured, units_of(measured, respondents, answers, items)))
    return tuple(made)


def stopped_scales(respondents: pa.Table, answers: pa.Table, items: pa.Table) -> Mapping[str, tuple[str, ...]]:
    """Name the scales of which nothing is made, with the items that run against the others of theirs.

    Parameters
    ----------
    respondents, answers, items
        As for `responses`.
    """
    scales = (one for one in measures_of(items) if one.measure.kind == "mean")
    against = {one.name: against_scale(units_of(one, respondents, answers, items), one.item_ids) for one in scales}
    return {name: wrong for name, wrong in against.items() if wrong}


def units_of(measured: Measured, respondents: pa.Table, answers: pa.Table, items: pa.Table) -> Floats:
    """Give the answers to the items of a measure, turned one way, shape (respondents, items), in [0, 1] or NaN.

    Parameters
    ----------
    measured
        What is measured, and with which items.
    respondents, answers, items
        `sources/respondents`, `sources/answers` and `sources/items` of one wave.
    """
    own = items.take(pc.index_in(pa.array(measured.item_ids), items["item_id"].combine_chunks()))
    return unit_answers(respondents, answers, own)


def _made(measured: Measured, units: Floats) -> Iterator[Response]:
    measure, name = measured.measure, measured.name
    if measure.kind == "mean":
        yield Response(name, name, "", scores_of(units), measured, LOWEST, HIGHEST)
        return
    answers = as_asked(units, _questions(measured))
    if measure.kind == "share":
        yield Response(name, name, YES, _all(_holds(answers, measure.at_least, measure.at_most)), measured)
    elif measure.kind == "gap":
        yield Response(name, name, "", _gap(units), measured, -_WIDEST_GAP, _WIDEST_GAP)
    elif measure.kind == "difference":
        holds = _holds(answers, measure.at_least, measure.at_most)
        yield Response(name, name, "", holds[:, 0] - holds[:, 1], measured, -1.0, 1.0)
    elif measure.kind == "types":
        for number, category in enumerate(measure.categories, start=1):
            chosen = np.where(np.isfinite(answers[:, 0]), answers[:, 0] == number, np.nan)
            yield Response(indicator_of(name, category), name, category, chosen, measured)
    else:
        for category, done in zip(measure.categories, units.T, strict=True):
            form = f"{name}_{category}"
            yield Response(form, form, YES, done, measured)


def _questions(measured: Measured) -> Sequence[Question]:
    known = instruments()[measured.instrument].items
    return [known[item] for item in measured.measure.items]


def as_asked(units: Floats, questions: Sequence[Question]) -> Floats:
    """Turn units back to the answers of the instrument, whatever coding a municipality used; shape as `units`."""
    lowest, highest = (np.array([getattr(one, end) for one in questions]) for end in ("lowest", "highest"))
    turned = np.where([one.is_reversed for one in questions], 1.0 - units, units)
    # A coding of 0 to 4 must give whole answers.
    return np.asarray(np.round(lowest + turned * (highest - lowest), 9))


def _holds(answers: Floats, at_least: float | None, at_most: float | None) -> Floats:
    holds = answers >= at_least if at_least is not None else answers <= (np.inf if at_most is None else at_most)
    return np.where(np.isfinite(answers), holds, np.nan)


def _all(holds: Floats) -> Floats:
    """1 where all hold, 0 where one does not, NaN where nothing is against it but not all is known."""
    return np.where((holds == 0).any(axis=1), 0.0, np.where(np.isnan(holds).any(axis=1), np.nan, 1.0))


def _gap(units: Floats) -> Floats:
    """Ten times the mean, over kinds of contact, of importance times (wished less now); NaN unless all are answered."""
    now, wished, importance = units[:, 0::3], units[:, 1::3], units[:, 2::3]
    return np.asarray(_WIDEST_GAP * (importance * (wished - now)).mean(axis=1))


def score_table(respondents: pa.Table, made: Sequence[Response]) -> pa.Table:
    """Give what every respondent gave to every question, as `survey/scores`.

    Parameters
    ----------
    respondents
        `sources/respondents` of one wave.
    made
        What `responses` made of it, in that order of respondents.
    """
    parts = [SCORES.schema.empty_table()]
    for question in dict.fromkeys(one.question for one in made):
        own = [one for one in made if one.question == question]
        parts.append(_rows(respondents, own))
    return conform(pa.concat_tables(parts), SCORES)


def _rows(respondents: pa.Table, own: Sequence[Response]) -> pa.Table:
    first, answered = own[0], np.isfinite(own[0].values)
    if first.is_share:
        category = np.full(len(answered), NO if first.category == YES else "", dtype=object)
        for one in own:
            category[one.values == 1] = one.category
        category[~answered] = ""
        score = pa.nulls(len(answered), pa.float64())
    else:
        category = np.full(len(answered), "", dtype=object)
        score = pa.array((first.values - first.lowest) / (first.highest - first.lowest) * HIGHEST, from_pandas=True)
    reason = "too_few_items" if first.measured.measure.kind == "mean" else "no_answer"
    columns = [
        respondents["wave"],
        respondents["respondent_id"],
        pa.array([first.question] * len(answered), pa.string()),
        pa.array(category, pa.string()),
        score,
        pa.array(np.where(answered, "", reason), pa.string()),
    ]
    return pa.table(columns, schema=SCORES.schema)
