"""What changed between waves, only where waves may be compared.

Here it is judged whether questions and ways of answering are the same. There are no ranks, and nothing here rests on a
model: such estimates hardly see what changes in one buurt. The arithmetic of a change is in `change`, what it is called
in `false_coverage`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Ints, PyObjects, Strings
from pipelines.survey.change import Asked, Change, change, panel_rows
from pipelines.survey.contracts import CHANGES
from pipelines.survey.design import Design
from pipelines.survey.estimate import steady_means
from pipelines.survey.false_coverage import JUDGED
from pipelines.survey.modelled import Ground
from pipelines.survey.modes import STANDARDISED, SameWays, same_ways
from pipelines.survey.publication_rules import FEWEST_DIRECT
from pipelines.survey.responses import Response
from pipelines.survey.sample import Sample, Wave

# What must be the same of an item for its answers to be compared; its column may have another name.
_SAME_OF_ITEM = ("text_nl", "lowest", "highest", "is_reversed")
_ROUNDING = 1e-9
COMPARED = pa.schema([field for field in CHANGES.schema if field.name not in JUDGED])


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
        `survey/changes`, of which nothing is judged yet: `COMPARED`.
    """
    earlier = {one.indicator: one for one in before.given}
    ways = same_ways(_modes(before), _modes(after))
    panel = panel_rows(
        *(np.array(held.wave.respondents["panel_id"].to_pylist(), dtype=str) for held in (before, after))
    )
    parts = [COMPARED.empty_table()]
    for response in after.given:
        if response.indicator not in earlier:
            continue
        pair = (earlier[response.indicator], response)
        hinders = varying is not None and varying.hinder(response, ways)
        reason = _reason(before, after, pair) or ways.reason or ("not_invariant" if hinders else "")
        parts.append(_compared(before, after, _Compared(pair, ways, panel, reason)))
    return pa.concat_tables(parts)


def _modes(held: Held) -> tuple[Strings, Design]:
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
    designs = (one.ways.design, after.sample.design)
    grounds = (before.ground, after.ground)
    earlier, later = (
        Asked(figure.values, design, ground.lived.domains, ground.people)
        for figure, design, ground in zip(one.pair, designs, grounds, strict=True)
    )
    first, second = (steady_means(*each)[1] for each in zip(one.pair, designs, grounds, strict=True))
    found = change(earlier, later, one.panel, (first, second))
    reason = _reasons(found, one.reason)
    told = reason == ""
    count = len(told)
    columns = {
        "wave_before": [before.wave.year] * count,
        "wave_after": [after.wave.year] * count,
        "area_type": lived.areas["area_type"],
        "area_code": lived.areas["area_code"],
        "indicator": [response.indicator] * count,
        "question": [response.question] * count,
        "category": [response.category] * count,
        "unit": [response.unit] * count,
        "change": pa.array(np.where(told, found.difference, np.nan), from_pandas=True),
        "se": pa.array(np.where(told, found.se, np.nan), from_pandas=True),
        "freedom": np.maximum(found.freedom, 0),
        "respondents_before": found.before,
        "respondents_after": found.after,
        "caution": np.where(told, one.ways.caution, "").tolist(),
        "reason_missing": reason.tolist(),
    }
    kinds = lived.areas["area_type"].to_pylist()
    wanted = pa.array([kind in response.measured.measure.area_types for kind in kinds])
    return pa.table(columns).select(COMPARED.names).cast(COMPARED).filter(wanted)


def _reasons(found: Change, reason: str) -> PyObjects:
    """Why no change is told of each area; '' where one is."""
    few = found.effective < FEWEST_DIRECT - _ROUNDING
    lone = few | ~(found.freedom > 0)
    unknown = ~np.isfinite(found.se) | (found.se <= 0)
    words = np.select([lone, unknown], ["too_few_respondents", "no_variance"], "").astype(object)
    return np.where(reason != "", reason, words).astype(object)
