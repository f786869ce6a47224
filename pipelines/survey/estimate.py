"""What the answers of each area say: means and shares with their interval, and whether they may be told.

Here every figure of a wave is estimated in every area from its own respondents. Small areas are estimated once more
with a model, in `modelled`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.contracts import conform
from pipelines.survey.contracts import DIRECT, ESTIMATES
from pipelines.survey.design import DomainMeans, Domains, domain_means
from pipelines.survey.fay_herriot import fit
from pipelines.survey.intervals import korn_graubard, t_interval
from pipelines.survey.leaning import Leaning, leaning
from pipelines.survey.living import Lived
from pipelines.survey.modelled import Ground, Modelled, Own, model_rows
from pipelines.survey.publication_rules import Judged, Verdicts, judge_direct, require_area_type
from pipelines.survey.responses import Response
from pipelines.survey.sample import Sample, Wave

Floats = NDArray[np.float64]
# Of fewer areas nobody can tell how much they differ beyond chance.
_FEWEST_AREAS = 5


@dataclass(frozen=True)
class Estimated:
    """One figure in all areas: means, interval, reliability (NaN where it is not known), and verdicts."""

    response: Response
    means: DomainMeans
    lower: Floats
    upper: Floats
    reliability: Floats
    verdicts: Verdicts
    leaning: Leaning


def estimate_wave(
    wave: Wave, sample: Sample, made: Sequence[Response], ground: Ground
) -> tuple[pa.Table, tuple[Modelled, ...]]:
    """Estimate every figure of one wave in every area.

    Parameters
    ----------
    wave, sample
        The wave, and its sample as `draw` gives it.
    made
        What respondents gave, as `responses` gives it.
    ground
        The areas, who lives where, and what CBS counts there.

    Returns
    -------
    tuple
        `survey/estimates`: of every area and figure the direct estimate; of buurten and PC4 also that of the model,
        which is chosen where it is sound and precise enough. And the models.
    """
    for area_type in ground.lived.areas["area_type"].unique().to_pylist():
        require_area_type(area_type)
    parts, used = [ESTIMATES.schema.empty_table()], list[Modelled]()
    for response in made:
        found = estimated(wave, sample, response, ground)
        everybody = _everybody(sample, response, ground.lived)
        models = (
            model_rows(Own(wave.year, response, found.means, everybody, found.leaning), ground)
            if wave.is_probability
            else ()
        )
        chosen = {key for part in models for key in part.chosen}
        parts.append(_rows(wave.year, found, ground.lived, chosen))
        parts.extend(part.table for part in models)
        used.extend(models)
    return conform(pa.concat_tables(parts), ESTIMATES), tuple(used)


def estimated(wave: Wave, sample: Sample, response: Response, ground: Ground) -> Estimated:
    """Estimate one figure in every area from its own respondents, and judge it."""
    means = domain_means(response.values, sample.design, ground.lived.domains, ground.people)
    on_what = leaning(response.values, sample.design, ground.lived.domains, means)
    if not wave.is_probability:
        means = means.without_error()
    if response.is_share:
        lower, upper = korn_graubard(means)
        reliability = np.full(len(means.mean), np.nan)
    else:
        lower, upper = t_interval(means, response.lowest, response.highest)
        reliability = _reliabilities(response, means, ground.lived)
    judged = Judged(
        means.mean,
        lower,
        upper,
        means.se,
        means.effective,
        reliability,
        is_share=response.counts_people,
        leaning=on_what,
    )
    verdicts = judge_direct(judged, is_probability=wave.is_probability)
    return Estimated(response, means, lower, upper, reliability, verdicts, on_what)


def _everybody(sample: Sample, response: Response, lived: Lived) -> float:
    """The direct estimate of all who live in the area."""
    placed = np.unique(lived.domains.row)
    whole = Domains(placed, np.zeros(len(placed), dtype=np.int64), 1)
    return float(domain_means(response.values, sample.design, whole).mean[0])


def _reliabilities(response: Response, means: DomainMeans, lived: Lived) -> Floats:
    """Per area the share of differences within its type that is no chance; NaN of other figures than scales."""
    reliability: Floats = np.full(len(means.mean), np.nan)
    if response.measured.measure.kind != "mean":
        return reliability
    types = np.array(lived.areas["area_type"].to_pylist(), dtype=str)
    for kind in np.unique(types):
        own = types == kind
        reliability[own] = area_reliability(means.mean[own], means.se[own], means.effective[own])
    return reliability


def area_reliability(mean: Floats, se: Floats, effective: Floats) -> Floats:
    """Give the share of the differences between areas that is no chance: lambda = b / (b + w / n).

    b is the variance between areas by restricted maximum likelihood, w that between respondents within them, n the
    effective respondents of the area.

    Parameters
    ----------
    mean, se, effective
        Means, standard errors and effective respondents, shape (areas,).

    Returns
    -------
    numpy.ndarray
        Shape (areas,), in [0, 1]; NaN without respondents, and for all where fewer than five areas have an error.
    """
    told = np.isfinite(se) & (se > 0) & (effective > 1)
    if told.sum() < _FEWEST_AREAS:
        return np.full(len(mean), np.nan)
    within = float(np.sum((effective[told] - 1) * se[told] ** 2 * effective[told]) / np.sum(effective[told] - 1))
    chance = np.divide(within, effective, out=np.full(len(mean), np.nan), where=effective > 0)
    between = fit(mean[told], chance[told], np.ones((int(told.sum()), 1))).sigma2
    return np.asarray(between / (between + chance))


def _rows(year: int, found: Estimated, lived: Lived, modelled: set[tuple[str, str]]) -> pa.Table:
    response, means, count = found.response, found.means, len(found.means.mean)
    keys = zip(lived.areas["area_type"].to_pylist(), lived.areas["area_code"].to_pylist(), strict=True)
    kinds = lived.areas["area_type"].to_pylist()
    columns = {
        "wave": [year] * count,
        "area_type": lived.areas["area_type"],
        "area_code": lived.areas["area_code"],
        "indicator": [response.indicator] * count,
        "question": [response.question] * count,
        "category": [response.category] * count,
        "method": [DIRECT] * count,
        "unit": [response.unit] * count,
        "value": pa.array(means.mean, from_pandas=True),
        "lower": pa.array(found.lower, from_pandas=True),
        "upper": pa.array(found.upper, from_pandas=True),
        "se": pa.array(means.se, from_pandas=True),
        "respondents": means.respondents,
        "effective": means.effective,
        "reliability": pa.array(found.reliability, from_pandas=True),
        "shrinkage": pa.nulls(count, pa.float64()),
        "verdict": found.verdicts.verdict.tolist(),
        "reason": found.verdicts.reason.tolist(),
        "is_chosen": [key not in modelled for key in keys],
    }
    asked = pa.array([kind in response.measured.measure.area_types for kind in kinds])
    return pa.table(columns).cast(ESTIMATES.schema).filter(asked)
