"""What the columns of a street layer say of each line, in the terms of `sources/segments`.

Here columns become facts; a value that cannot be read counts as unknown and is counted. Where lines meet is for
`street_lines`.
"""

from collections.abc import Mapping

import numpy as np

from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.area_file import StreetDelivery
from pipelines.sources.cbs import signed_numbers
from pipelines.sources.osm_closed import STATES
from pipelines.sources.osm_words import HIGHWAYS, VOCABULARY
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer

_WORDS = (*VOCABULARY, "barrier")
# Lowest and highest of each number that can be true; beyond lies a slip of the unit, or a code for nothing.
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "kerb_height_m": (0, 1),
    "width_m": (0, 100),
    "incline_pct": (-100, 100),
    "step_count": (0, 9_999),
    "maxspeed_kmh": (1, 150),
}
_FLAGS = ("has_kerb", "is_crossing", "is_steps", "may_slope", "oneway_foot", "is_part_time")
_YES = ("yes", "ja", "true", "1", "1.0")
_NO = ("no", "nee", "false", "0", "0.0", "")
_LAYERS = (-20, 20)
_SHOWN = 5
_NAMES = ("highway", "layer", *_WORDS, *_NUMBERS, *_FLAGS)


def read_facts(layer: Layer, delivery: StreetDelivery) -> tuple[dict[str, object], tuple[Remark, ...]]:
    """Read every fact that `columns` names.

    Parameters
    ----------
    layer
        Lines, n of them.
    delivery
        `columns` maps facts to columns, `values` maps facts to translations of what stands there.

    Returns
    -------
    tuple
        One sequence of length n per fact that is named, with `highway`, `is_steps` and `has_kerb` always; and a
        remark for each fact with values that are no known word, no number, or out of bounds.

    Raises
    ------
    SourceError
        When `columns` or `values` names a fact that there is not, a column is missing, a flag is neither yes nor no,
        or no value of the highway column is an OSM highway type.
    """
    _refuse_unknown_names(delivery)
    named = [fact for fact in _NAMES if fact in delivery.columns]
    facts: dict[str, object] = {}
    remarks: list[Remark] = []
    for fact in (name for name in named if name in _WORDS):
        facts[fact], remark = _known_words(layer, delivery, fact)
        remarks += remark
    for fact in (name for name in named if name in _NUMBERS):
        values, remark = _known_numbers(layer, delivery, fact)
        # Whole numbers are exact as floats, and Arrow refuses the rest.
        facts[fact] = [None if np.isnan(v) else (int(v) if fact == "step_count" else float(v)) for v in values]
        remarks += remark
        if fact == "kerb_height_m":
            facts["has_kerb"] = ~np.isnan(values)
    for fact in (name for name in named if name in _FLAGS):
        facts[fact] = _flags(layer, delivery, fact)
    facts["highway"], remark = _highways(layer, delivery)
    steps = np.array(facts["highway"]) == "steps"
    facts["is_steps"] = steps | np.asarray(facts.get("is_steps", steps), dtype=np.bool_)
    return facts, (*remarks, *remark)


def in_use(layer: Layer, delivery: StreetDelivery) -> Layer:
    """Set aside the lines whose highway type says that they are not there or not in use, such as `construction`."""
    words = np.array([text.lower() for text in _column(layer, delivery, "highway")], dtype=str)
    closed = np.isin(words, STATES)
    if not closed.any():
        return layer
    shown = ", ".join(sorted(set(words[closed].tolist()))[:_SHOWN])
    problem = "line that is gone, to come or not in use"
    return layer.keep(~closed, (Remark(layer.source, problem, "set_aside", int(closed.sum()), shown),))


def layers_of(layer: Layer, delivery: StreetDelivery) -> Ints | None:
    """Read the level of each line, 0 where nobody says; None where `columns` names no `layer`."""
    if "layer" not in delivery.columns:
        return None
    levels = np.nan_to_num(signed_numbers(_column(layer, delivery, "layer")), posinf=0.0, neginf=0.0)
    return np.clip(np.rint(levels), *_LAYERS).astype(np.int64)


def _refuse_unknown_names(delivery: StreetDelivery) -> None:
    for key, names in (("columns", delivery.columns), ("values", delivery.values)):
        strange = sorted(set(names) - set(_NAMES))
        if strange:
            raise SourceError(
                f"{delivery.path}: {key} names {strange}, which are no facts of a street; known are "
                f"{sorted(_NAMES)}. Correct `{key}` of the streets in the area file."
            )


def _column(layer: Layer, delivery: StreetDelivery, fact: str) -> PyObjects:
    """Read the column of a fact, as text without blanks around it and translated; '' where there is nothing."""
    translation = delivery.values.get(fact, {})
    texts = ["" if _is_nothing(value) else str(value).strip() for value in layer.column(delivery.columns[fact])]
    return np.array([translation.get(text, text) for text in texts], dtype=np.object_)


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _unread(layer: Layer, fact: str, texts: PyObjects, wrong: Flags) -> list[Remark]:
    if not wrong.any():
        return []
    shown = ", ".join(sorted(set(texts[wrong].tolist()))[:_SHOWN])
    return [Remark(layer.source, f"{fact} cannot be read", "read as unknown", int(wrong.sum()), shown)]


def _known_words(layer: Layer, delivery: StreetDelivery, fact: str) -> tuple[list[str], list[Remark]]:
    texts = _column(layer, delivery, fact)
    words = np.array([text.lower() for text in texts], dtype=np.object_)
    known = (
        np.isin(words.astype(str), ["", *VOCABULARY[fact]])
        if fact in VOCABULARY
        else np.full(len(words), fill_value=True)
    )
    return np.where(known, words, "").tolist(), _unread(layer, fact, texts, ~known)


def _known_numbers(layer: Layer, delivery: StreetDelivery, fact: str) -> tuple[Floats, list[Remark]]:
    texts = _column(layer, delivery, fact)
    numbers = signed_numbers(texts)
    low, high = _NUMBERS[fact]
    sound = (numbers >= low) & (numbers <= high)
    return np.where(sound, numbers, np.nan), _unread(layer, fact, texts, ~sound & (texts != ""))


def _flags(layer: Layer, delivery: StreetDelivery, fact: str) -> Flags:
    texts = np.array([text.lower() for text in _column(layer, delivery, fact)], dtype=str)
    strange = sorted(set(texts.tolist()) - {*_YES, *_NO})
    if strange:
        raise SourceError(
            f"{layer.source}: column {delivery.columns[fact]!r} should say yes or no and holds {strange[:_SHOWN]}. "
            f"Translate its values under `values: {{{fact}: ...}}` of the streets in the area file."
        )
    return np.isin(texts, _YES)


def _highways(layer: Layer, delivery: StreetDelivery) -> tuple[list[str], list[Remark]]:
    texts = _column(layer, delivery, "highway")
    strange = ~np.isin(texts.astype(str), ["", *HIGHWAYS])
    found = sorted(set(texts.tolist()))
    if not np.isin(texts.astype(str), HIGHWAYS).any():
        raise SourceError(
            f"{layer.source}: no value of column {delivery.columns['highway']!r} is an OSM highway type; it holds "
            f"{found[:_SHOWN]}. Translate them under `values: {{highway: {{...: footway}}}}` of the streets in the "
            "area file."
        )
    remarks = _unread(layer, "highway", texts, strange)
    return np.where(strange, "", texts).tolist(), remarks
