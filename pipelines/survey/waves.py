"""The whole survey, wave by wave: from the tables of `sources/` to those of `survey/`."""

import itertools
from dataclasses import dataclass

import pyarrow as pa

from pipelines.contracts import conform
from pipelines.survey.contracts import CHANGES, ESTIMATES, QUALITY, SCORES
from pipelines.survey.estimate import estimate_wave
from pipelines.survey.living import lived_in
from pipelines.survey.modelled import Modelled, ground_of
from pipelines.survey.quality import quality_of
from pipelines.survey.responses import responses, score_table
from pipelines.survey.sample import Tables, Wave, draw, waves_of
from pipelines.survey.trend import Held, changes


@dataclass(frozen=True)
class Estimated:
    """What follows from a survey: `survey/scores`, `survey/estimates`, `survey/changes` and `survey/quality`."""

    scores: pa.Table
    estimates: pa.Table
    changes: pa.Table
    quality: pa.Table


def estimate_survey(tables: Tables, by_chance: frozenset[int], areas: pa.Table, people_counts: pa.Table) -> Estimated:
    """Score and estimate every wave of a survey, and compare each with the one before.

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
    Estimated
        Tables that are empty without a survey, and without changes where there is one wave.

    Raises
    ------
    SourceError
        When an item runs against its scale, weights cannot reach the margins, or no respondent of a wave lives in the
        area.
    """
    told = [wave for wave in waves_of(tables, by_chance) if len(wave.respondents)]
    held = [_held(wave, areas, people_counts) for wave in told]
    made = [_estimated(one) for one in held]
    compared = [changes(*pair) for pair in itertools.pairwise(held)]
    scores = [score_table(one.wave.respondents, one.given) for one in held]
    return Estimated(
        conform(pa.concat_tables([SCORES.schema.empty_table(), *scores]), SCORES),
        conform(pa.concat_tables([ESTIMATES.schema.empty_table(), *(one for one, _ in made)]), ESTIMATES),
        conform(pa.concat_tables([CHANGES.schema.empty_table(), *compared]), CHANGES),
        conform(
            pa.concat_tables(
                [
                    QUALITY.schema.empty_table(),
                    *(quality_of(one, models) for one, (_, models) in zip(held, made, strict=True)),
                ]
            ),
            QUALITY,
        ),
    )


def _held(wave: Wave, areas: pa.Table, people_counts: pa.Table) -> Held:
    given = responses(wave.respondents, wave.answers, wave.items)
    return Held(wave, draw(wave), given, ground_of(lived_in(wave.respondents, areas), areas, people_counts))


def _estimated(one: Held) -> tuple[pa.Table, tuple[Modelled, ...]]:
    return estimate_wave(one.wave, one.sample, one.given, one.ground)
