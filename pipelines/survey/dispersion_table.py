"""How far residents lie apart on every scale, in every area: rows of `survey/dispersion`.

A mean hides whether all stand near it or some stand far below. So beside each mean stand the standard deviation and the
share of residents in the lowest third of the scale, and of wijken and the municipality the gap between people of one
age or household and the others. The formulas are in `dispersion`, what is sure enough in `publication_rules`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags, Floats, Ints
from pipelines.contracts import conform
from pipelines.survey.contracts import DISPERSION, GAP, LOWEST_THIRD, LOWEST_THIRD_UNDER, SD
from pipelines.survey.design import Domains, domain_means
from pipelines.survey.dispersion import Dispersed, gaps, left_of, standard_deviations
from pipelines.survey.estimate import estimated
from pipelines.survey.groups import groupings
from pipelines.survey.leaning import Leaning, leaning
from pipelines.survey.publication_rules import Judged, Verdicts, judge_direct
from pipelines.survey.responses import YES, Response
from pipelines.survey.trend import Held

# Types of area in which groups are large enough to be held side by side.
WITH_GAPS = ("wijk", "gemeente")
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Where:
    """Areas, who belongs to which, and `people` (areas,), NaN unknown."""

    areas: pa.Table
    domains: Domains
    people: Floats


@dataclass(frozen=True)
class _Told:
    """One figure in all areas, shape (areas,) each; respondents, real and effective, of the smaller side of a gap."""

    figure: Dispersed
    respondents: Ints
    effective: Floats
    verdicts: Verdicts


def dispersion_of(held: Held) -> pa.Table:
    """Tell of one wave how far residents lie apart, as `survey/dispersion`.

    Parameters
    ----------
    held
        The wave.
    """
    scales = (one for one in held.given if one.measured.measure.kind == "mean")
    parts = (part for scale in scales for part in _of_scale(held, scale))
    return conform(pa.concat_tables([DISPERSION.schema.empty_table(), *parts]), DISPERSION)


def dispersed_scales(dispersion: pa.Table) -> list[str]:
    """List the scales of which `survey/dispersion` tells something."""
    return sorted(dispersion["indicator"].unique().to_pylist())


def is_lowest(scores: Floats) -> Floats:
    """1 of who stands in the lowest third of the scale, 0 of who does not, NaN without a score; shape as `scores`."""
    return np.where(np.isfinite(scores), scores <= LOWEST_THIRD_UNDER + _ROUNDING, np.nan)


def _of_scale(held: Held, scale: Response) -> Iterator[pa.Table]:
    area_types = scale.measured.measure.area_types
    of_scale = {"indicator": scale.indicator, "feature": "", "category": ""}
    where = _where(held, area_types)
    yield _rows(held, where.areas, of_scale | {"statistic": SD, "unit": "points"}, _deviation(held, scale, where))
    key = of_scale | {"statistic": LOWEST_THIRD, "unit": "share"}
    lowest = _rows(held, held.ground.lived.areas, key, _lowest(held, scale))
    yield lowest.filter(pc.is_in(lowest["area_type"], pa.array(area_types, pa.string())))
    wide = _where(held, tuple(kind for kind in WITH_GAPS if kind in area_types))
    for grouping in groupings(held.wave.respondents):
        for number, label in enumerate(grouping.labels):
            of_gap = {"statistic": GAP, "unit": "points", "feature": grouping.feature}
            key = of_scale | of_gap | {"category": label}
            yield _rows(held, wide.areas, key, _gap(held, scale, wide, grouping.sides(number)))


def _where(held: Held, area_types: tuple[str, ...]) -> _Where:
    """Narrow the areas to those of some types: what is not told need not be reckoned."""
    areas, who = held.ground.lived.areas, held.ground.lived.domains
    chosen = pc.is_in(areas["area_type"], pa.array(area_types, pa.string())).to_numpy(zero_copy_only=False)
    number, inside = np.cumsum(chosen) - 1, chosen[who.domain]
    narrow = Domains(who.row[inside], number[who.domain[inside]], int(chosen.sum()))
    return _Where(areas.filter(pa.array(chosen)), narrow, held.ground.people[chosen])


def _deviation(held: Held, scale: Response, where: _Where) -> _Told:
    design, who, people = held.sample.design, where.domains, where.people
    means = domain_means(scale.values, design, who, people)
    figure = standard_deviations(scale.values, design, means, who, left_of(scale.values, design, who, people))
    on_what = leaning(scale.values, design, who, means)
    return _judged(held, figure, (means.respondents, means.effective), on_what)


def _lowest(held: Held, scale: Response) -> _Told:
    low = replace(scale, category=YES, values=is_lowest(scale.values), lowest=0.0, highest=1.0)
    found = estimated(held.wave, held.sample, low, held.ground)
    figure = Dispersed(found.means.mean, found.means.se, found.lower, found.upper)
    return _Told(figure, found.means.respondents, found.means.effective, found.verdicts)


def _gap(held: Held, scale: Response, where: _Where, sides: tuple[Flags, Flags]) -> _Told:
    design, who = held.sample.design, where.domains
    inside = (side[who.row] for side in sides)
    group, others = (Domains(who.row[own], who.domain[own], who.count) for own in inside)
    found = gaps(scale.values, design, (group, others), left_of(scale.values, design, who, where.people))
    respondents = np.minimum(found.group.respondents, found.others.respondents)
    return _judged(held, found.gap, (respondents, np.minimum(found.group.effective, found.others.effective)))


def _judged(held: Held, figure: Dispersed, size: tuple[Ints, Floats], on_what: Leaning | None = None) -> _Told:
    """A figure in points of a scale, judged as a mean of one; of a sample not drawn by chance without interval."""
    none = np.full(len(figure.value), np.nan)
    if not held.wave.is_probability:
        figure = Dispersed(figure.value, none, none, none)
    judged = Judged(figure.value, figure.lower, figure.upper, figure.se, size[1], none, leaning=on_what)
    return _Told(figure, *size, judge_direct(judged, is_probability=held.wave.is_probability))


def _rows(held: Held, areas: pa.Table, key: Mapping[str, str], told: _Told) -> pa.Table:
    figure = told.figure
    columns: dict[str, object] = {name: [word] * len(areas) for name, word in key.items()}
    columns |= {
        "wave": [held.wave.year] * len(areas),
        "area_type": areas["area_type"],
        "area_code": areas["area_code"],
        "value": pa.array(figure.value, from_pandas=True),
        "lower": pa.array(figure.lower, from_pandas=True),
        "upper": pa.array(figure.upper, from_pandas=True),
        "respondents": told.respondents,
        "effective": told.effective,
        "verdict": told.verdicts.verdict.tolist(),
        "reason": told.verdicts.reason.tolist(),
    }
    return pa.table({name: columns[name] for name in DISPERSION.column_names}).cast(DISPERSION.schema)
