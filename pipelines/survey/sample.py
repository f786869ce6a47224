"""One wave of the survey: who answered, and what they stand for.

Here tables become a weighted sample in its design. How weights are made is for `weights`, means and errors for
`design`, where respondents live for `living`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats, Ints, Strings
from pipelines.errors import SourceError
from pipelines.sources.sampling_frame import age_bounds
from pipelines.survey.design import Design
from pipelines.survey.weights import UNKNOWN, Margin, Weighted, base_weights, nonresponse, weigh


@dataclass(frozen=True)
class Wave:
    """One wave: its year, `sources/respondents` by number, answers, items, strata and margins, each of this wave.

    `is_probability`: whether respondents were drawn by chance.
    """

    year: int
    respondents: pa.Table
    answers: pa.Table
    items: pa.Table
    strata: pa.Table
    margins: pa.Table
    is_probability: bool


@dataclass(frozen=True)
class Tables:
    """The tables of `sources/` that a survey is read into, of all waves together."""

    respondents: pa.Table
    answers: pa.Table
    items: pa.Table
    strata: pa.Table
    margins: pa.Table


@dataclass(frozen=True)
class Sample:
    """The design with its weights, what margins they reach, and how many strata were judged together with another."""

    design: Design
    weighted: Weighted
    merged: int


def waves_of(tables: Tables, by_chance: frozenset[int]) -> tuple[Wave, ...]:
    """Take the waves apart, oldest first.

    Parameters
    ----------
    tables
        All waves.
    by_chance
        Years of the waves whose respondents were drawn by chance.
    """
    years = sorted(set(tables.items["wave"].to_pylist()))
    return tuple(_wave(tables, year, is_probability=year in by_chance) for year in years)


def _wave(tables: Tables, year: int, *, is_probability: bool) -> Wave:
    def own(table: pa.Table) -> pa.Table:
        return table.filter(pc.field("wave") == year)

    respondents = own(tables.respondents).sort_by("respondent_id")
    return Wave(
        year,
        respondents,
        own(tables.answers),
        own(tables.items),
        own(tables.strata),
        own(tables.margins),
        is_probability,
    )


def draw(wave: Wave) -> Sample:
    """Give the design of a wave, with its weights.

    Where strata are told, base weights are people over those who were asked (or who answered, where that is not told),
    raised for those who did not answer; else they are those delivered. Either way they are raked to the margins and
    trimmed. Strata count in the error; so does the part of a stratum that answered, unless clusters were drawn.

    Raises
    ------
    SourceError
        When weights cannot reach the margins.
    """
    names, stratum = np.unique(_words(wave.respondents, "stratum"), return_inverse=True)
    cluster = _clusters(_words(wave.respondents, "cluster"), stratum)
    fraction = np.zeros(len(names))
    base, merged = wave.respondents["weight"].to_numpy().astype(np.float64), 0
    if len(wave.strata):
        population, asked = _frame(wave.strata, names)
        answered = np.bincount(stratum, minlength=len(names))
        if len(np.unique(cluster)) == len(cluster):
            fraction = np.minimum(answered / population, 1.0)
        if np.isfinite(asked).all():
            base, merged = nonresponse((population / asked)[stratum], stratum, asked)
        else:
            base = base_weights(stratum, population)
    margins = margins_of(wave)
    try:
        weighted = weigh(base, margins)
    except SourceError as error:
        raise SourceError(f"survey of {wave.year}: {error}") from error
    calibration = np.hstack([_indicators(margin) for margin in margins]) if margins else None
    return Sample(Design(weighted.weight, base, stratum, cluster, fraction, calibration), weighted, merged)


def _words(respondents: pa.Table, column: str) -> Strings:
    return np.array(respondents[column].to_pylist(), dtype=str)


def _clusters(words: Strings, stratum: Ints) -> Ints:
    """Number who were drawn together, within a stratum; who names no cluster was drawn alone."""
    alone = words == ""
    keys = np.where(alone, np.arange(len(words)).astype(str), np.char.add(np.char.add(words, "|"), stratum.astype(str)))
    marked = np.char.add(np.where(alone, "alone ", "with "), keys)
    return np.asarray(np.unique(marked, return_inverse=True)[1], dtype=np.int64)


def _frame(strata: pa.Table, names: Strings) -> tuple[Floats, Floats]:
    """People and people asked of each stratum that somebody answered from, in the order of `names`."""
    told = {row["stratum"]: row for row in strata.to_pylist()}
    population = np.array([told[name]["population"] for name in names], dtype=np.float64)
    asked = np.array([told[name]["asked"] or np.nan for name in names], dtype=np.float64)
    return population, asked


def margins_of(wave: Wave) -> tuple[Margin, ...]:
    """Give the margins of a wave, with the category of every respondent in each."""
    found = []
    for feature in dict.fromkeys(wave.margins["feature"].to_pylist()):
        own = wave.margins.filter(pc.field("feature") == feature)
        labels = tuple(own["category"].to_pylist())
        category = _age_classes(wave, labels) if feature == "age" else _classes(wave, feature, labels)
        found.append(Margin(feature, category, own["persons"].to_numpy().astype(np.float64), labels))
    return tuple(found)


def _age_classes(wave: Wave, labels: tuple[str, ...]) -> Ints:
    ages = wave.respondents["age"].to_numpy(zero_copy_only=False).astype(np.float64)
    category = np.full(len(ages), UNKNOWN, dtype=np.int64)
    for number, label in enumerate(labels):
        youngest, oldest = age_bounds(label)
        category[(ages >= youngest) & (ages <= oldest)] = number
    return category


def _classes(wave: Wave, feature: str, labels: tuple[str, ...]) -> Ints:
    number = {label: place for place, label in enumerate(labels)}
    return np.array([number.get(word, UNKNOWN) for word in wave.respondents[feature].to_pylist()], dtype=np.int64)


def _indicators(margin: Margin) -> Floats:
    """Ones where a respondent is of a category, the unknown one too: what weights were calibrated on."""
    place = np.where(margin.category == UNKNOWN, len(margin.labels), margin.category)
    return np.eye(len(margin.labels) + 1)[place]
