"""Small areas of a survey: from direct estimates and counts of CBS to rows of `survey/estimates` made with a model."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.arrays import Floats, Ints
from pipelines.survey.context import COVARIATES, Context, context_of, neighbours
from pipelines.survey.contracts import ESTIMATES, MODEL
from pipelines.survey.design import DomainMeans
from pipelines.survey.leaning import Leaning
from pipelines.survey.living import Lived
from pipelines.survey.publication_rules import FEWEST_EVER, Judged, Verdicts, chosen_of_model, judge_model
from pipelines.survey.responses import Response
from pipelines.survey.small_areas import Direct, Helps, SmallAreas, estimate_areas, require_context
from pipelines.survey.smoothing import Smoothed

SMALL = ("pc4", "buurt")


@dataclass(frozen=True)
class Near:
    """Areas of one type: where they stand among all, what CBS tells of them, and which touch, shape (areas, areas)."""

    area_type: str
    place: Ints
    context: Context
    neighbours: Floats


@dataclass(frozen=True)
class Ground:
    """The areas respondents live in, `people` (areas,), NaN unknown, and what may help to estimate small ones."""

    lived: Lived
    small: tuple[Near, ...]
    people: Floats


@dataclass(frozen=True)
class Own:
    """What areas' own answers say of one figure of one wave, and whether that may go out; and what all say together."""

    year: int
    response: Response
    means: DomainMeans
    smooth: Smoothed
    everybody: float
    leaning: Leaning
    verdicts: Verdicts


@dataclass(frozen=True)
class Modelled:
    """Rows of `survey/estimates` of one area type, the areas (type, code) of which they are chosen, and the model."""

    indicator: str
    area_type: str
    table: pa.Table
    chosen: frozenset[tuple[str, str]]
    model: SmallAreas


def ground_of(lived: Lived, areas: pa.Table, people_counts: pa.Table) -> Ground:
    """Gather what CBS tells of the areas.

    Parameters
    ----------
    lived
        Areas and respondents.
    areas, people_counts
        `sources/areas` and `sources/people_counts`.
    """
    kinds, codes = (np.array(lived.areas[name].to_pylist(), dtype=str) for name in ("area_type", "area_code"))
    people = np.full(len(kinds), np.nan)
    small = []
    for kind in np.unique(kinds):
        place = np.flatnonzero(kinds == kind)
        own = codes[place].tolist()
        context = context_of(people_counts, str(kind), own)
        people[place] = context.population
        if kind in SMALL:
            small.append(Near(str(kind), place, context, neighbours(areas, str(kind), own).toarray()))
    return Ground(lived, tuple(small), people)


def model_rows(own: Own, ground: Ground) -> tuple[Modelled, ...]:
    """Estimate one figure in the small areas for which it is meant."""
    wanted = (near for near in ground.small if near.area_type in own.response.measured.measure.area_types)
    return tuple(_of_type(own, near, ground.lived) for near in wanted)


def _of_type(own: Own, near: Near, lived: Lived) -> Modelled:
    response, means, place = own.response, own.means, near.place
    require_context(near.context.names, COVARIATES)
    # What fewer than ten said is not used, not even in a model: it is not told of them either.
    heard = means.respondents[place] >= FEWEST_EVER
    error = own.smooth.arcsine_variance if response.is_share else own.smooth.variance
    direct = Direct(
        np.where(heard, means.mean[place], np.nan),
        np.where(heard, error[place], np.nan),
        near.context.population,
        response.lowest,
        response.highest,
        is_share=response.is_share,
    )
    helps = Helps(near.context.names, near.context.covariates, near.neighbours, own.everybody)
    found = estimate_areas(direct, helps)
    judged = Judged(
        found.estimate,
        found.lower,
        found.upper,
        np.sqrt(found.mse),
        means.effective[place],
        np.full(len(place), np.nan),
        is_share=response.counts_people,
        leaning=own.leaning.of(place),
    )
    verdicts = judge_model(judged, found.gamma, found.reasons[0] if found.reasons else "")
    chosen = chosen_of_model(verdicts, found.gamma, own.verdicts.at(place))
    codes = lived.areas["area_code"].take(pa.array(place))
    columns = {
        "wave": [own.year] * len(place),
        "area_type": [near.area_type] * len(place),
        "area_code": codes,
        "indicator": [response.indicator] * len(place),
        "question": [response.question] * len(place),
        "category": [response.category] * len(place),
        "method": [MODEL] * len(place),
        "unit": [response.unit] * len(place),
        "value": pa.array(found.estimate, from_pandas=True),
        "lower": pa.array(found.lower, from_pandas=True),
        "upper": pa.array(found.upper, from_pandas=True),
        "se": pa.array(np.sqrt(found.mse), from_pandas=True),
        "respondents": means.respondents[place],
        "effective": means.effective[place],
        "design_effect": pa.array(own.leaning.effect[place], from_pandas=True),
        "reliability": pa.nulls(len(place), pa.float64()),
        "shrinkage": pa.array(found.gamma, from_pandas=True),
        "verdict": verdicts.verdict.tolist(),
        "reason": verdicts.reason.tolist(),
        "is_chosen": chosen.tolist(),
    }
    names = frozenset((near.area_type, code) for code, is_in in zip(codes.to_pylist(), chosen, strict=True) if is_in)
    return Modelled(response.indicator, near.area_type, pa.table(columns).cast(ESTIMATES.schema), names, found)
