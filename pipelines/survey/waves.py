"""The whole survey, wave by wave: from the tables of `sources/` to those of `survey/`."""

import pyarrow as pa

from pipelines.contracts import conform
from pipelines.survey.contracts import ESTIMATES, SCORES
from pipelines.survey.estimate import estimate_wave
from pipelines.survey.living import lived_in
from pipelines.survey.modelled import ground_of
from pipelines.survey.responses import responses, score_table
from pipelines.survey.sample import Tables, Wave, draw, waves_of


def estimate_survey(
    tables: Tables, by_chance: frozenset[int], areas: pa.Table, people_counts: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Score and estimate every wave of a survey.

    Parameters
    ----------
    tables
        The survey as read.
    by_chance
        Years of the waves whose respondents were drawn by chance.
    areas, people_counts
        `sources/areas` and `sources/people_counts`.

    Returns
    -------
    tuple of pyarrow.Table
        `survey/scores` and `survey/estimates`; empty without a survey.

    Raises
    ------
    SourceError
        When an item runs against its scale, weights cannot reach the margins, or no respondent of a wave lives in the
        area.
    """
    made = [_estimated(wave, areas, people_counts) for wave in waves_of(tables, by_chance)]
    scores = pa.concat_tables([SCORES.schema.empty_table(), *(one for one, _ in made)])
    estimates = pa.concat_tables([ESTIMATES.schema.empty_table(), *(one for _, one in made)])
    return conform(scores, SCORES), conform(estimates, ESTIMATES)


def _estimated(wave: Wave, areas: pa.Table, people_counts: pa.Table) -> tuple[pa.Table, pa.Table]:
    given = responses(wave.respondents, wave.answers, wave.items)
    ground = ground_of(lived_in(wave.respondents, areas), areas, people_counts)
    if not len(wave.respondents):
        return score_table(wave.respondents, given), ESTIMATES.schema.empty_table()
    return score_table(wave.respondents, given), estimate_wave(wave, draw(wave), given, ground)
