"""Survey after survey of drawn towns, each estimated as the pipeline does, beside the truth.

Here surveys are estimated; towns and samples are drawn in `survey_towns`, and what is asked of estimates is for
`survey`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.arrays import Floats, Strings
from pipelines.contracts import conform
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS, RESPONDENTS
from pipelines.sources.instrument import Measured, instruments
from pipelines.survey.contracts import DIRECT, MODEL
from pipelines.survey.estimate import estimate_wave
from pipelines.survey.living import lived_in
from pipelines.survey.modelled import Ground, ground_of
from pipelines.survey.responses import YES, Response
from pipelines.survey.sample import draw
from tests.benchmarks.survey_towns import (
    SCALE,
    STREET,
    YEAR,
    Asked,
    DesignName,
    Town,
    answers,
    ask,
    buurt_codes,
    town,
    wave,
)

TOLD = "told"
METHODS = (DIRECT, MODEL, TOLD)
_INSTRUMENT, _SCALE, _SHARE = "samenhang", "m1_contact", "latent_support"
_SIDE_M, _PER_ROW = 100.0, 4
_COLUMNS = ("value", "lower", "upper")


@dataclass(frozen=True)
class Case:
    """A kind of survey: how the sample is drawn, how alike a street is, how many buurten.

    `is_redrawn`: whether every survey is of another town, or all of the same.
    """

    design: DesignName
    icc: float
    buurten: int
    is_redrawn: bool = True


@dataclass(frozen=True)
class Draws:
    """What one method said of one figure, shape (draws, buurten) each: truths, estimates, ends of intervals, NaN none.

    `verdict`: publish, caution or not.
    """

    truth: Floats
    value: Floats
    lower: Floats
    upper: Floats
    verdict: Strings


@dataclass(frozen=True)
class Place:
    """A town, its `sources/areas`, and what CBS tells of them, without respondents."""

    town: Town
    areas: pa.Table
    ground: Ground


Held = Mapping[tuple[str, str], Draws]


def surveys(case: Case, draws: int, seed: int) -> dict[tuple[str, str], Draws]:
    """Hold so many surveys, and give what every method said of every figure."""
    place, rng = place_of(case.buurten), np.random.default_rng(seed)
    stays = answers(place.town, case.icc, np.random.default_rng(0))
    held = []
    for _ in range(draws):
        everybody = answers(place.town, case.icc, rng) if case.is_redrawn else stays
        held.append(_survey(place, everybody, ask(place.town, case.design, rng)))
    return joined(held)


def place_of(buurten: int) -> Place:
    """Lay out a town as the pipeline knows it."""
    here, areas = town(buurten), areas_of(buurten)
    nobody = lived_in(RESPONDENTS.schema.empty_table(), areas)
    return Place(here, areas, ground_of(nobody, areas, counts_of(here)))


def joined(held: list[dict[tuple[str, str], Draws]]) -> dict[tuple[str, str], Draws]:
    """Lay surveys of one case under each other."""
    names = Draws.__match_args__
    return {key: Draws(*(np.vstack([getattr(one[key], name) for one in held]) for name in names)) for key in held[0]}


def _survey(place: Place, everybody: Mapping[str, Floats], asked: Asked) -> dict[tuple[str, str], Draws]:
    """One survey: per figure and method one row of `Draws`, buurten in the order of their numbers."""
    own = wave(place.town, asked)
    made = [_response(name, values[asked.street, asked.person]) for name, values in everybody.items()]
    ground = replace(place.ground, lived=lived_in(own.respondents, place.areas))
    table = estimate_wave(own, draw(own), made, ground)[0]
    of_buurten = table.filter(pc.field("area_type") == "buurt").sort_by("area_code")
    buurt = place.town.buurt
    truths = {name: np.bincount(buurt, values.mean(axis=1)) / np.bincount(buurt) for name, values in everybody.items()}
    return {(name, method): _draws(of_buurten, name, method, truths[name]) for name in truths for method in METHODS}


def _draws(table: pa.Table, figure: str, method: str, truth: Floats) -> Draws:
    of_method = pc.field("is_chosen") if method == TOLD else pc.field("method") == method
    own = table.filter((pc.field("indicator") == figure) & of_method)
    columns = [own[name].to_numpy().astype(np.float64)[None] for name in _COLUMNS]
    value, lower, upper = columns
    return Draws(truth[None], value, lower, upper, np.array(own["verdict"].to_pylist())[None])


def _response(figure: str, given: Floats) -> Response:
    measure = instruments()[_INSTRUMENT].measures[_SCALE if figure == SCALE else _SHARE]
    measured = Measured(name=figure, instrument=_INSTRUMENT, measure=measure, item_ids=measure.items)
    if figure == SCALE:
        return Response(figure, figure, "", given, measured, 0.0, 10.0)
    return Response(figure, figure, YES, given, measured)


def areas_of(buurten: int) -> pa.Table:
    """Square buurten, four in a row, in one wijk of one gemeente."""
    rows = [("gemeente", "GM0000", "", 0.0, 0.0), ("wijk", "WK0000", "GM0000", 0.0, 0.0)]
    rows += [
        ("buurt", code, "WK0000", number % _PER_ROW * _SIDE_M, number // _PER_ROW * _SIDE_M)
        for number, code in enumerate(buurt_codes(buurten))
    ]
    told = [
        {"area_type": kind, "area_code": code, "area_name": code, "parent_code": parent, "publish_geometry": True,
         "share_inside": 1.0, "geometry": shapely.to_wkb(shapely.box(x, y, x + _SIDE_M, y + _SIDE_M))}
        for kind, code, parent, x, y in rows
    ]  # fmt: skip
    return conform(pa.Table.from_pylist(told), AREAS)


def counts_of(here: Town) -> pa.Table:
    """What CBS tells of buurten: how many live there, and of what age; of households, what tells nothing."""
    rng, rows = np.random.default_rng(0), []
    for code, people, older in zip(buurt_codes(here.buurten), here.people, here.older / STREET, strict=True):
        single = people / 2 * rng.uniform(0.3, 0.5)
        ages = {"65plus": older, "0_14": 0.0, "15_24": 0.1, "25_44": 0.5 * (0.9 - older), "45_64": 0.5 * (0.9 - older)}
        rows += [(code, group, people * share) for group, share in {"all": 1.0, **ages}.items()]
        rows += [(code, "households", people / 2), (code, "hh_single", single)]
    told = [
        {"unit_type": "buurt", "unit_code": code, "population_group": group, "persons": float(np.round(persons)),
         "reason_missing": "", "lowest": 0.0, "highest": None, "vintage": YEAR, "basis": "count"}
        for code, group, persons in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(told, schema=PEOPLE_COUNTS.schema)
