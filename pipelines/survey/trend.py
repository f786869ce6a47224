"""What changed between waves: only where waves may be compared, and with a word for what the change means.

Here it is judged whether questions and ways of answering are the same, and whether a change differs from none or is too
small to matter. There are no ranks, and nothing here rests on a model: such estimates hardly see what changes in one
buurt. The arithmetic of a change is in `change`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from pipelines.contracts import conform
from pipelines.survey.change import Asked, Change, change, panel_rows
from pipelines.survey.contracts import CHANGES
from pipelines.survey.design import Design
from pipelines.survey.living import Lived
from pipelines.survey.modelled import Ground
from pipelines.survey.modes import STANDARDISED, SameWays, same_ways
from pipelines.survey.publication_rules import FEWEST_DIRECT
from pipelines.survey.responses import Response
from pipelines.survey.sample import Sample, Wave

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# A smaller change is none that matters: points of a scale of 0-10, and share of people.
MARGIN, SHARE_MARGIN = 0.2, 0.05
_FALSE_FLAGS = 0.10
# What must be the same of an item for its answers to be compared; its column may have another name.
_SAME_OF_ITEM = ("text_nl", "lowest", "highest", "is_reversed")


@dataclass(frozen=True)
class Held:
    """A wave as it was held: who answered what, what they stand for and where they live."""

    wave: Wave
    sample: Sample
    given: tuple[Response, ...]
    ground: Ground


@dataclass(frozen=True)
class Varying:
    """Scales that do not measure the same in both waves, and those that do not in every way of answering."""

    waves: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()

    def hinder(self, response: Response, ways: SameWays) -> bool:
        """Whether a change cannot be told: what ways differ by cancels out where their mix stayed the same."""
        is_mixed = ways.caution == STANDARDISED and response.indicator in self.modes
        return response.indicator in self.waves or is_mixed


def changes(before: Held, after: Held, varying: Varying | None = None) -> pa.Table:
    """Compare every figure that two waves both have, in every area.

    Parameters
    ----------
    before, after
        Two waves, with the same areas.
    varying
        Scales that were found not to measure the same; none when left out.

    Returns
    -------
    pyarrow.Table
        `survey/changes`.
    """
    earlier = {one.indicator: one for one in before.given}
    ways = same_ways(_modes(before), _modes(after))
    panel = panel_rows(
        *(np.array(held.wave.respondents["panel_id"].to_pylist(), dtype=str) for held in (before, after))
    )
    parts = [CHANGES.schema.empty_table()]
    for response in after.given:
        if response.indicator not in earlier:
            continue
        pair = (earlier[response.indicator], response)
        hinders = varying is not None and varying.hinder(response, ways)
        reason = _reason(before, after, pair) or ways.reason or ("not_invariant" if hinders else "")
        parts.append(_compared(before, after, _Compared(pair, ways, panel, reason)))
    return conform(pa.concat_tables(parts), CHANGES)


def _modes(held: Held) -> tuple[NDArray[np.str_], Design]:
    return np.array(held.wave.respondents["mode"].to_pylist(), dtype=str), held.sample.design


@dataclass(frozen=True)
class _Compared:
    pair: tuple[Response, Response]
    ways: SameWays
    panel: tuple[Ints, Ints]
    reason: str


def _reason(before: Held, after: Held, pair: tuple[Response, Response]) -> str:
    """Why the waves may not be compared on this figure; '' when they may."""
    if not (before.wave.is_probability and after.wave.is_probability):
        return "no_probability_sample"
    return "" if asked_alike(before, after, pair) else "other_questions"


def asked_alike(before: Held, after: Held, pair: tuple[Response, Response]) -> bool:
    """Whether two waves asked one figure with the same items, in the same words, and made the same of it."""
    first, second = (_asked_of(held.wave, response) for held, response in zip((before, after), pair, strict=True))
    measures = [(response.measured.instrument, response.measured.measure) for response in pair]
    return measures[0] == measures[1] and first == second


def _asked_of(wave: Wave, response: Response) -> dict[str, tuple[object, ...]]:
    """What was asked, by the question of the instrument, or by the item where it is of none."""
    chosen = wave.items.filter(pc.is_in(wave.items["item_id"], pa.array(response.measured.item_ids)))
    return {row["question"] or row["item_id"]: tuple(row[name] for name in _SAME_OF_ITEM) for row in chosen.to_pylist()}


def _compared(before: Held, after: Held, one: _Compared) -> pa.Table:
    response, lived = one.pair[1], after.ground.lived
    found = change(
        Asked(one.pair[0].values, one.ways.design, before.ground.lived.domains, before.ground.people),
        Asked(response.values, after.sample.design, lived.domains, after.ground.people),
        one.panel,
    )
    few = np.minimum(found.before, found.after) < FEWEST_DIRECT
    told = ~few & np.isfinite(found.se) & (found.freedom > 0) & (not one.reason)
    reason = np.where(told, "", one.reason or "too_few_respondents")
    columns = {
        "wave_before": [before.wave.year] * len(few),
        "wave_after": [after.wave.year] * len(few),
        "area_type": lived.areas["area_type"],
        "area_code": lived.areas["area_code"],
        "indicator": [response.indicator] * len(few),
        "question": [response.question] * len(few),
        "category": [response.category] * len(few),
        "unit": [response.unit] * len(few),
        **_figures(response, found, lived, told),
        "respondents_before": found.before,
        "respondents_after": found.after,
        "caution": np.where(told, one.ways.caution, "").tolist(),
        "reason_missing": reason.tolist(),
    }
    kinds = lived.areas["area_type"].to_pylist()
    asked = pa.array([kind in response.measured.measure.area_types for kind in kinds])
    return pa.table(columns).select(list(CHANGES.column_names)).cast(CHANGES.schema).filter(asked)


def _figures(response: Response, found: Change, lived: Lived, told: NDArray[np.bool_]) -> Mapping[str, object]:
    """Change, interval, p-values and verdict; null where nothing is told."""
    margin = SHARE_MARGIN if response.counts_people else MARGIN
    kinds = np.array(lived.areas["area_type"].to_pylist(), dtype=str)
    differs = _by_type(np.where(told, found.differs(), np.nan), kinds)
    same = _by_type(np.where(told, found.is_same(margin), np.nan), kinds)
    lower, upper = found.interval()
    figures = {"change": found.difference, "lower": lower, "upper": upper, "differs_p": differs, "same_p": same}
    hidden = {name: pa.array(np.where(told, value, np.nan), from_pandas=True) for name, value in figures.items()}
    words = [word if is_told else "" for word, is_told in zip(_verdicts(differs, same), told.tolist(), strict=True)]
    return {**hidden, "verdict": words}


def _by_type(p: Floats, kinds: NDArray[np.str_]) -> Floats:
    """Adjust for how many areas of a type are looked at (Benjamini and Hochberg); NaN stays."""
    adjusted = np.full(len(p), np.nan)
    for kind in np.unique(kinds):
        own = (kinds == kind) & np.isfinite(p)
        if own.any():
            adjusted[own] = false_discovery_control(p[own])
    return adjusted


def _verdicts(differs: Floats, same: Floats) -> Iterator[str]:
    for other, alike in zip((differs <= _FALSE_FLAGS).tolist(), (same <= _FALSE_FLAGS).tolist(), strict=True):
        yield {(True, False): "changed", (True, True): "slightly", (False, True): "same"}.get((other, alike), "unknown")
