"""Survey after survey of the example town `groot`, each estimated as the pipeline does, beside the truth.

Here towns and samples are drawn and estimated; what is asked of the estimates is for `survey`.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.contracts import conform
from pipelines.example.adults import Adults, Apart, answer_all, lean, scale_scores
from pipelines.example.cbs_files import Census, write_neighbourhoods
from pipelines.example.plan import SIZES, SizeName
from pipelines.example.survey import NO_PANEL, Fieldwork, Sample, draw_sample, sample_sizes
from pipelines.example.survey_files import margins_of, strata_of
from pipelines.example.town import build_town
from pipelines.example.words import Item
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.cbs_areas import read_municipality, read_neighbourhoods
from pipelines.sources.contracts import ANSWERS, ITEMS, MARGINS, RESPONDENTS, STRATA
from pipelines.sources.instrument import Measured, instruments
from pipelines.survey.contracts import DIRECT, MODEL
from pipelines.survey.estimate import estimate_wave
from pipelines.survey.living import lived_in
from pipelines.survey.modelled import Ground, ground_of
from pipelines.survey.responses import YES, Response
from pipelines.survey.sample import Wave, draw

Floats = NDArray[np.float64]
YEAR, TOWN, INSTRUMENT = 2024, "voorbeeldstad", "samenhang"
SCALE, SHARE = "m1_contact", "latent_support"
FIGURES, METHODS = (SCALE, SHARE), (DIRECT, MODEL)


@dataclass(frozen=True)
class Setting:
    """The town without its answers: census, items that are asked, of how many, areas, and what CBS tells of them."""

    census: Census
    items: tuple[Item, ...]
    respondents: int
    areas: pa.Table
    ground: Ground


@dataclass(frozen=True)
class Truth:
    """How the truth comes about: `is_redrawn` for every survey or once, with buurten that differ by `buurt_spread`.

    `by_age` is the part of their variance that the share of older people tells.
    """

    name: str
    is_redrawn: bool
    buurt_spread: float
    by_age: float = 0.0


@dataclass(frozen=True)
class Draws:
    """What one method said of one figure: truths, estimates and ends of intervals (draws, buurten), NaN for none.

    `respondents` of the same shape; `gamma` the weight of an area's own answers, NaN of a direct estimate.
    """

    truth: Floats
    value: Floats
    lower: Floats
    upper: Floats
    respondents: Floats
    gamma: Floats


def setting(size: SizeName = "groot", seed: int = 20) -> Setting:
    """Draw the town, and read its buurten as the pipeline reads those of CBS."""
    town = build_town(size, seed)
    area = read_area_file(SHIPPED / f"{TOWN}.yaml")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / area.sources.buurten.path
        path.parent.mkdir()
        write_neighbourhoods(path, town.census)
        told = read_neighbourhoods(area, Path(folder), read_municipality(area, Path(folder)), "buurten")
    asked = {name for figure in FIGURES for name in instruments()[INSTRUMENT].measures[figure].items}
    items = tuple(item for item in town.fieldwork.items if item.item in asked)
    nobody = lived_in(RESPONDENTS.schema.empty_table(), told.areas)
    ground = ground_of(nobody, told.areas, told.people_counts)
    return Setting(town.census, items, SIZES[size].respondents, told.areas, ground)


def surveys(here: Setting, truth: Truth, draws: int, seed: int = 1) -> dict[tuple[str, str], Draws]:
    """Hold so many surveys, and give what every method said of every figure."""
    found = list(_each(here, truth, draws, np.random.default_rng(seed)))
    return {
        key: Draws(*(np.array([one[key][column] for one in found]) for column in range(len(Draws.__match_args__))))
        for key in found[0]
    }


def _each(
    here: Setting, truth: Truth, draws: int, rng: np.random.Generator
) -> Iterator[dict[tuple[str, str], tuple[Floats, ...]]]:
    adults = _everybody(here, truth, rng)
    sizes = sample_sizes(np.bincount(adults.buurt), here.respondents)
    for number in range(draws):
        if truth.is_redrawn and number:
            adults = _everybody(here, truth, rng)
        in_none = np.full(len(adults.buurt), NO_PANEL)
        yield _held(here, Fieldwork(here.items, adults, draw_sample(adults, sizes, rng), in_none))


def _everybody(here: Setting, truth: Truth, rng: np.random.Generator) -> Adults:
    return answer_all(lean(here.census, here.items, rng, Apart(truth.buurt_spread, truth.by_age)), here.items, rng)


def _held(here: Setting, fieldwork: Fieldwork) -> dict[tuple[str, str], tuple[Floats, ...]]:
    """One survey: per figure and method the columns of `Draws`, buurten in alphabetical order."""
    wave = _wave(here.census, fieldwork)
    everybody = values(fieldwork.adults, here.items)
    made = [_response(figure, everybody[figure][fieldwork.sample.adult]) for figure in FIGURES]
    ground = replace(here.ground, lived=lived_in(wave.respondents, here.areas))
    table, _ = estimate_wave(wave, draw(wave), made, ground)
    codes = here.census.codes.buurt[fieldwork.adults.buurt]
    _, buurt = np.unique(codes, return_inverse=True)
    return {
        (figure, method): (
            np.bincount(buurt, weights=everybody[figure]) / np.bincount(buurt),
            *_columns(table, figure, method),
        )
        for figure in FIGURES
        for method in METHODS
    }


def _columns(table: pa.Table, figure: str, method: str) -> list[Floats]:
    own = table.filter((pc.field("indicator") == figure) & (pc.field("method") == method)).sort_by("area_code")
    names = ("value", "lower", "upper", "respondents", "shrinkage")
    return [own[name].to_numpy().astype(np.float64) for name in names]


def values(adults: Adults, items: tuple[Item, ...]) -> dict[str, Floats]:
    """Give what every adult would be counted as, per figure: a score, or 1 who says yes."""
    share = instruments()[INSTRUMENT].measures[SHARE]
    (column,) = (number for number, item in enumerate(items) if item.item == share.items[0])
    return {
        SCALE: scale_scores(adults, items, SCALE),
        SHARE: (adults.answers[:, column] >= share.at_least).astype(np.float64),
    }


def _response(figure: str, given: Floats) -> Response:
    measure = instruments()[INSTRUMENT].measures[figure]
    measured = Measured(name=figure, instrument=INSTRUMENT, measure=measure, item_ids=measure.items)
    if measure.kind == "share":
        return Response(figure, figure, YES, given, measured)
    return Response(figure, figure, "", given, measured, 0.0, 10.0)


def _wave(census: Census, fieldwork: Fieldwork) -> Wave:
    """The survey as it would be read: strata are buurten, margins are ages."""
    adults, sample = fieldwork.adults, fieldwork.sample
    strata = [(YEAR, code, people, asked or None) for code, people, asked in strata_of(census, fieldwork)]
    margins = [(YEAR, "age", category, people) for _, category, people in margins_of(fieldwork)]
    return Wave(
        YEAR,
        _respondents(census, adults, sample),
        ANSWERS.schema.empty_table(),
        ITEMS.schema.empty_table(),
        pa.table(list(zip(*strata, strict=True)), names=STRATA.schema.names).cast(STRATA.schema),
        pa.table(list(zip(*margins, strict=True)), names=MARGINS.schema.names).cast(MARGINS.schema),
        is_probability=True,
    )


def _respondents(census: Census, adults: Adults, sample: Sample) -> pa.Table:
    codes = census.codes.buurt[adults.buurt[sample.adult]].tolist()
    told = {
        "wave": [YEAR] * len(codes),
        "respondent_id": [f"r{number:06}" for number in range(len(codes))],
        "buurt_code": codes,
        "weight": sample.weight,
        "stratum": codes,
        "age": adults.age[sample.adult],
    }
    blank = {name: [""] * len(codes) for name in RESPONDENTS.schema.names if name not in told}
    return conform(pa.table({**told, **blank}).select(RESPONDENTS.schema.names), RESPONDENTS)
