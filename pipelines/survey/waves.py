"""The whole survey, wave by wave: from the tables of `sources/` to those of `survey/`."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipelines.contracts import Contract, conform
from pipelines.survey.comparable import Tested, between_modes, between_waves, varying
from pipelines.survey.contracts import DISPERSION, ESTIMATES, QUALITY, SCORES
from pipelines.survey.dispersion_table import dispersion_of
from pipelines.survey.estimate import estimate_wave
from pipelines.survey.false_coverage import judged
from pipelines.survey.living import lived_in
from pipelines.survey.modelled import ground_of
from pipelines.survey.quality import quality_of
from pipelines.survey.responses import responses, score_table
from pipelines.survey.sample import Tables, Wave, draw, waves_of
from pipelines.survey.trend import COMPARED, Held, Varying, changes

Tests = tuple[Tested, ...]


@dataclass(frozen=True)
class Estimated:
    """What follows from a survey: `survey/` scores, estimates, changes, quality and dispersion."""

    scores: pa.Table
    estimates: pa.Table
    changes: pa.Table
    quality: pa.Table
    dispersion: pa.Table


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
        When weights cannot reach the margins, or no respondent of a wave lives in the
        area.
    """
    held = [_held(wave, areas, people_counts) for wave in waves_of(tables, by_chance) if len(wave.respondents)]
    made = [estimate_wave(one.wave, one.sample, one.given, one.ground) for one in held]
    modes = [between_modes(one) for one in held]
    waves = [(), *(between_waves(*pair) for pair in itertools.pairwise(held))][: len(held)]
    varied = [Varying(varying(own), varying((*before, *after))) for own, (before, after) in _paired(waves, modes)]
    compared = [changes(*pair, one) for pair, one in zip(itertools.pairwise(held), varied, strict=True)]
    tested = zip(held, made, waves, modes, strict=True)
    return Estimated(
        _joined(SCORES, (score_table(one.wave.respondents, one.given) for one in held)),
        _joined(ESTIMATES, (table for table, _ in made)),
        judged(pa.concat_tables([COMPARED.empty_table(), *compared])),
        _joined(QUALITY, (quality_of(one, models, (*own, *ways)) for one, (_, models), own, ways in tested)),
        # Of the last wave alone it is told.
        _joined(DISPERSION, (dispersion_of(one) for one in held[-1:])),
    )


def _paired(waves: Sequence[Tests], modes: Sequence[Tests]) -> Iterator[tuple[Tests, tuple[Tests, Tests]]]:
    """Of every wave but the first: its tests against the one before, and the tests between ways of both."""
    return zip(waves[1:], itertools.pairwise(modes), strict=True)


def _joined(contract: Contract, parts: Iterable[pa.Table]) -> pa.Table:
    return conform(pa.concat_tables([contract.schema.empty_table(), *parts]), contract)


def _held(wave: Wave, areas: pa.Table, people_counts: pa.Table) -> Held:
    given = responses(wave.respondents, wave.answers, wave.items)
    return Held(wave, draw(wave), given, ground_of(lived_in(wave.respondents, areas), areas, people_counts))
