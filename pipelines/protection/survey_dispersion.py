"""How far residents lie apart, guarded as answers of their own: the standard deviation, and the lowest third.

From means and standard deviations the sums of squares of areas follow, and from these that of an area that is not told,
just as its sum. So squares are the scores of a question of their own, and who stands in the lowest third answers yes to
another; their tables are hidden together like any other's. Where the mean of an area is hidden, so are these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags
from pipelines.protection.suppression import Suppression, suppress_all
from pipelines.protection.survey_cells import HIGHEST_SCORE, QuestionCells
from pipelines.protection.survey_memory import remembering
from pipelines.protection.survey_rules import Rules
from pipelines.survey.contracts import LOWEST_THIRD, SD
from pipelines.survey.dispersion_table import is_lowest
from pipelines.survey.responses import NO, YES

_BETWEEN = "/"
# A mean and a standard deviation, each to a tenth, tell the mean square no closer, unless both are next to nought.
_FINER = 0.002


def question_of(scale: str, statistic: str, feature: str = "") -> str:
    """Name what `survey_shown` and the audit call a figure of dispersion: m1_contact/sd, m1_contact/gap/age."""
    return _BETWEEN.join(part for part in (scale, statistic, feature) if part)


def with_dispersion(answers: pa.Table, scales: Sequence[str]) -> pa.Table:
    """Add to answers what figures of dispersion are made of.

    Parameters
    ----------
    answers
        As `survey_cells` takes them.
    scales
        Questions with a score of which dispersion is told.
    """
    parts = [answers]
    for scale in scales:
        own = answers.filter(pc.field("question") == scale)
        score = own["score"].to_numpy(zero_copy_only=False).astype(np.float64)
        none = np.isnan(score)
        low = pa.array(np.where(is_lowest(score) == 1, YES, NO), pa.string(), mask=none)
        parts.append(_asked(own, question_of(scale, SD), {"score": pa.array(score**2 / HIGHEST_SCORE, mask=none)}))
        given = {"score": pa.nulls(len(own), pa.float64()), "category": low}
        parts.append(_asked(own, question_of(scale, LOWEST_THIRD), given))
    return pa.concat_tables(parts)


def _asked(own: pa.Table, question: str, given: Mapping[str, pa.Array]) -> pa.Table:
    columns = {name: given.get(name, own[name]) for name in own.column_names}
    columns["question"] = pa.array([question] * len(own), pa.string())
    return pa.table(columns).cast(own.schema)


def hide_dispersion(
    questions: Sequence[QuestionCells], means: Sequence[Suppression], told: Sequence[pa.Table], rules: Rules
) -> list[Suppression]:
    """Hide what must be hidden of figures of dispersion, and all of them wherever the mean they stand beside is hidden.

    Parameters
    ----------
    questions
        Cells of answers `with_dispersion`; those of other questions are left out.
    means
        What is hidden of the scales, with the same areas.
    told
        `protection/survey_told` of the wave, one table per release before.
    rules
        What may not go out.
    """
    hidden = {one.cells.question: one.hidden[0] for one in means}
    found = []
    for statistic, own_rules in ((SD, replace(rules, share_step=_FINER)), (LOWEST_THIRD, rules)):
        own = (one for one in questions if one.question.endswith(_BETWEEN + statistic))
        remembered = (remembering(one, told, own_rules) for one in own)
        found += suppress_all([_kept_back(one, hidden[_scale_of(one.question)]) for one in remembered], own_rules)
    return found


def _scale_of(question: str) -> str:
    return question.split(_BETWEEN, maxsplit=1)[0]


def _kept_back(cells: QuestionCells, hidden: Flags) -> QuestionCells:
    beside = cells.beside
    return replace(cells, other_tables=replace(beside, is_kept_back=beside.is_kept_back | hidden))
