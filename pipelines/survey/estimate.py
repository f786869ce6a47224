"""What the answers of each area say: means and shares with their interval, and whether they may be told.

Here every figure of a wave is estimated in every area from its own respondents. Small areas are estimated once more
with a model, in `modelled`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.arrays import Floats, Strings
from pipelines.contracts import conform
from pipelines.survey.contracts import DIRECT, ESTIMATES
from pipelines.survey.design import Design, DomainMeans, Domains, domain_means
from pipelines.survey.design_effects import spread_of
from pipelines.survey.fay_herriot import fit
from pipelines.survey.intervals import korn_graubard, t_interval
from pipelines.survey.leaning import Leaning, leaning
from pipelines.survey.living import Lived
from pipelines.survey.modelled import Ground, Modelled, Own, model_rows
from pipelines.survey.publication_rules import Judged, Verdicts, judge_direct, require_area_type
from pipelines.survey.responses import Response
from pipelines.survey.sample import Sample, Wave
from pipelines.survey.smoothing import Smoothed, smoothed, steadied

# Of fewer areas nobody can tell how much they differ beyond chance.
_FEWEST_AREAS = 5


@dataclass(frozen=True)
class Estimated:
    """One figure in all areas: means, their smoothed error, interval, reliability (NaN unknown), and verdicts."""

    response: Response
    means: DomainMeans
    smooth: Smoothed
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
        models = model_rows(_own(wave.year, found, everybody), ground) if wave.is_probability else ()
        chosen = {key for part in models for key in part.chosen}
        parts.append(_rows(wave.year, found, ground.lived, chosen))
        parts.extend(part.table for part in models)
        used.extend(models)
    return conform(pa.concat_tables(parts), ESTIMATES), tuple(used)


def estimated(wave: Wave, sample: Sample, response: Response, ground: Ground) -> Estimated:
    """Estimate one figure in every area from its own respondents, and judge it."""
    plain, sure, smooth = steady_means(response, sample.design, ground)
    on_what = leaning(response.values, sample.design, ground.lived.domains, plain)
    kinds = np.array(ground.lived.areas["area_type"].to_pylist(), dtype=str)
    means = sure if wave.is_probability else plain.without_error()
    if response.is_share:
        lower, upper = korn_graubard(means, smooth.size)
        reliability = np.full(len(means.mean), np.nan)
    else:
        lower, upper = t_interval(means, response.lowest, response.highest)
        reliability = _reliabilities(response, means, smooth, kinds)
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
    return Estimated(response, means, smooth, lower, upper, reliability, verdicts, on_what)


def steady_means(response: Response, design: Design, ground: Ground) -> tuple[DomainMeans, DomainMeans, Smoothed]:
    """Give the means of areas with their own error, the same with a steadier one, and what that is made of."""
    plain = domain_means(response.values, design, ground.lived.domains, ground.people)
    spread = spread_of(response.values, design, ground.lived.domains, ground.people)
    kinds = np.array(ground.lived.areas["area_type"].to_pylist(), dtype=str)
    smooth = smoothed(plain, spread, kinds, is_share=response.is_share)
    return plain, steadied(plain, spread, smooth), smooth


def _own(year: int, found: Estimated, everybody: float) -> Own:
    return Own(year, found.response, found.means, found.smooth, everybody, found.leaning, found.verdicts)


def _everybody(sample: Sample, response: Response, lived: Lived) -> float:
    """The direct estimate of all who live in the area."""
    placed = np.unique(lived.domains.row)
    whole = Domains(placed, np.zeros(len(placed), dtype=np.int64), 1)
    return float(domain_means(response.values, sample.design, whole).mean[0])


def _reliabilities(response: Response, means: DomainMeans, smooth: Smoothed, kinds: Strings) -> Floats:
    """Per area the share of differences within its type that is no chance; NaN of other figures than scales."""
    reliability: Floats = np.full(len(means.mean), np.nan)
    if response.measured.measure.kind != "mean":
        return reliability
    for kind in np.unique(kinds):
        own = kinds == kind
        chance = np.where(np.isfinite(means.se), smooth.variance, np.nan)
        reliability[own] = area_reliability(means.mean[own], chance[own])
    return reliability


def area_reliability(mean: Floats, chance: Floats) -> Floats:
    """Give the share of the differences between areas that is no chance: lambda = b / (b + D).

    b is the variance between areas by restricted maximum likelihood, D the smoothed variance of each mean.

    Parameters
    ----------
    mean, chance
        Means and their smoothed variances, shape (areas,).

    Returns
    -------
    numpy.ndarray
        Shape (areas,), in [0, 1]; NaN without respondents, and for all where fewer than five areas have an error.
    """
    told = np.isfinite(mean) & (chance > 0)
    if told.sum() < _FEWEST_AREAS:
        return np.full(len(mean), np.nan)
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
        "design_effect": pa.array(found.leaning.effect, from_pandas=True),
        "reliability": pa.array(found.reliability, from_pandas=True),
        "shrinkage": pa.nulls(count, pa.float64()),
        "verdict": found.verdicts.verdict.tolist(),
        "reason": found.verdicts.reason.tolist(),
        "is_chosen": [key not in modelled for key in keys],
    }
    asked = pa.array([kind in response.measured.measure.area_types for kind in kinds])
    return pa.table(columns).cast(ESTIMATES.schema).filter(asked)
