"""How good a wave is: how well scales measure, what weights reach and cost, and whether models hold.

Here the figures of one wave are gathered in one tidy table. How each is reckoned stands in `reliability`, `weights` and
`small_areas`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.arrays import Floats
from pipelines.contracts import conform
from pipelines.survey.comparable import Tested
from pipelines.survey.contracts import QUALITY
from pipelines.survey.invariance import LEVELS
from pipelines.survey.modelled import Modelled
from pipelines.survey.reliability import Reliability, reliability
from pipelines.survey.representation import of_representation
from pipelines.survey.responses import Response, units_of
from pipelines.survey.trend import Held
from pipelines.survey.weights import cost_of

Row = dict[str, Any]
_EVERYBODY = ""


def quality_of(held: Held, models: Sequence[Modelled], tested: Sequence[Tested] = ()) -> pa.Table:
    """Gather how good one wave is.

    Parameters
    ----------
    held
        The wave.
    models
        The models of small areas that were fitted to it.
    tested
        Whether its scales measure the same as in the wave before, and in every way of answering.

    Returns
    -------
    pyarrow.Table
        `survey/quality`: of scales and their items for all and for each way of answering.
    """
    further = (*(_of_model(one) for one in models), *(_of_test(one) for one in tested))
    rows = [*_of_scales(held), *_of_weights(held), *of_representation(held), *(row for some in further for row in some)]
    nothing = {"mode": "", "value": None, "lower": None, "upper": None, "word": "", "respondents": 0}
    full = [{"wave": held.wave.year, **nothing, **row} for row in rows]
    return conform(pa.Table.from_pylist(full, schema=QUALITY.schema), QUALITY)


def _of_scales(held: Held) -> Iterator[Row]:
    modes = np.array(held.wave.respondents["mode"].to_pylist(), dtype=str)
    groups = [_EVERYBODY, *(str(mode) for mode in np.unique(modes) if mode)]
    for response in held.given:
        if response.measured.measure.kind != "mean":
            continue
        units = units_of(response.measured, held.wave.respondents, held.wave.answers, held.wave.items)
        for mode in groups:
            own = np.full(len(modes), fill_value=True) if mode == _EVERYBODY else modes == mode
            found = reliability(units[own], held.sample.design.weight[own])
            for row in _of_scale(response, found, units[own]):
                yield {"mode": mode, **row}


def _of_scale(response: Response, found: Reliability, units: Floats) -> Iterator[Row]:
    of_scale = {"subject": "scale", "name": response.indicator, "respondents": found.respondents}
    yield of_scale | {
        "statistic": "alpha", "value": _known(found.alpha), "lower": _known(found.lower), "upper": _known(found.upper),
    }  # fmt: skip
    for statistic in ("alpha_weighted", "ordinal_alpha", "omega", "srmr", "mean_r"):
        yield of_scale | {"statistic": statistic, "value": _known(getattr(found, statistic))}
    for number, item in enumerate(response.measured.item_ids):
        answered = units[np.isfinite(units[:, number]), number]
        of_item = {"subject": "item", "name": f"{response.indicator}/{item}", "respondents": len(answered)}
        figures = {
            "item_rest": found.item_rest[number],
            "mean": answered.mean() if len(answered) else np.nan,
            "sd": answered.std(ddof=1) if len(answered) > 1 else np.nan,
            "share_unanswered": 1 - len(answered) / len(units) if len(units) else np.nan,
        }
        yield from (of_item | {"statistic": name, "value": _known(value)} for name, value in figures.items())


def _of_weights(held: Held) -> Iterator[Row]:
    weight, weighted = held.sample.design.weight, held.sample.weighted
    cost = cost_of(weight)
    figures = {
        "deff": cost.deff,
        "effective": cost.effective,
        "ratio": cost.ratio,
        "largest_share": cost.largest,
        "trimmed": float(weighted.trimmed),
        "merged_strata": float(held.sample.merged),
    }
    count = int(np.sum(weight > 0))
    for statistic, value in figures.items():
        yield {"subject": "weights", "name": "", "statistic": statistic, "value": value, "respondents": count}
    for one in weighted.achieved:
        of_margin = {"subject": "margin", "name": f"{one.margin}/{one.category}", "respondents": count}
        yield of_margin | {"statistic": "target", "value": one.target}
        yield of_margin | {"statistic": "achieved", "value": one.achieved}


def _of_model(one: Modelled) -> Iterator[Row]:
    found = one.model
    of_model = {"subject": "model", "name": f"{one.indicator}/{one.area_type}"}
    yield of_model | {"statistic": "model", "word": found.model}
    yield of_model | {"statistic": "unsound", "word": found.reasons[0] if found.reasons else ""}
    yield of_model | {"statistic": "covariates", "word": ", ".join(found.covariates)}
    for statistic in ("sigma2", "rho", "shift"):
        yield of_model | {"statistic": statistic, "value": _known(getattr(found, statistic))}


def _of_test(one: Tested) -> Iterator[Row]:
    of_test = {"subject": "invariance", "name": f"{one.indicator}/{one.between}", "respondents": one.respondents}
    yield of_test | {"statistic": "verdict", "word": one.word}
    for level, fit in zip(LEVELS, one.found.fits, strict=False):
        for statistic in ("chisq", "cfi", "rmsea"):
            yield of_test | {"statistic": f"{statistic}_{level}", "value": _known(getattr(fit, statistic))}


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
