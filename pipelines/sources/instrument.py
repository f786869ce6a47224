"""Instruments: questions with their exact text, and what is measured with them, one YAML per set in `instruments/`.

Here those files become frozen values. Which question a municipality's column is, its codebook says; what people
answered is for `respondents`, what is made of it for `survey/`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from pipelines.errors import SourceError

SHIPPED_INSTRUMENTS = Path(__file__).parent / "instruments"
Facet = Literal["norm", "gedrag", "beleving"]
Manifestation = Literal["m1", "m2", "m3", "m4", "context"]
AreaType = Literal["pc4", "buurt", "wijk", "gemeente"]
_TRIPLE, _PAIR = 3, 2


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Frozen):
    """One question: its exact text, answers from `lowest` to `highest`, and what it is about.

    `facet` is norm, behaviour or experience; `object` whom it is about; `is_verified` whether the wording was compared
    with its source.
    """

    nl: str
    en: str
    lowest: float = 1
    highest: float = 5
    answers_nl: tuple[str, ...] = ()
    answers_en: tuple[str, ...] = ()
    is_reversed: bool = False
    is_verified: bool = True
    facet: Facet
    manifestation: Manifestation
    help_kind: Literal["", "instrumental", "emotional", "informational"] = ""
    object: Literal["buren", "straat", "buurt", "organisaties", "samenleving"]


class Measure(_Frozen):
    """What is made of questions, per respondent.

    `mean`: a scale of 0-10; `share`: whether every item is at least, or at most, so much; `gap`: of triples now,
    wished, importance, how far what is wished goes beyond what is, weighed by importance, from -10 to 10;
    `difference`: whether the first item is at least so much less whether the second is; `types`: which answer;
    `ladder`: which of several forms, that do not exclude each other and have no order. `categories` name the answers
    of `types`, or the items of `ladder`.
    """

    kind: Literal["mean", "share", "gap", "difference", "types", "ladder"]
    items: tuple[str, ...]
    at_least: float | None = None
    at_most: float | None = None
    categories: tuple[str, ...] = ()
    manifestation: Manifestation
    area_types: tuple[AreaType, ...]

    @model_validator(mode="after")
    def _whole(self) -> "Measure":
        bounds = sum(bound is not None for bound in (self.at_least, self.at_most))
        sound = {
            "mean": not bounds,
            "share": bounds == 1,
            "gap": len(self.items) % _TRIPLE == 0,
            "difference": bounds == 1 and len(self.items) == _PAIR,
            "types": len(self.items) == 1 and bool(self.categories),
            "ladder": len(self.items) == len(self.categories),
        }[self.kind]
        if not self.items or not sound:
            raise ValueError(
                f"a measure of kind {self.kind} cannot be made of {len(self.items)} items with these bounds"
            )
        return self

    @property
    def is_partial(self) -> bool:
        """Whether it can be made of some of its items: a scale can, for the others stand in."""
        return self.kind == "mean"


class Instrument(_Frozen):
    """A set of questions, what is measured with it, and whether it is official."""

    title_nl: str
    title_en: str
    is_official: bool
    note_nl: str
    note_en: str
    source: str
    items: dict[str, Question]
    measures: dict[str, Measure]

    @model_validator(mode="after")
    def _known_items(self) -> "Instrument":
        for name, measure in self.measures.items():
            strange = sorted(set(measure.items) - set(self.items))
            if strange:
                raise ValueError(f"measure {name} names {strange}, which are no items of this instrument")
        return self


@cache
def instruments() -> Mapping[str, Instrument]:
    """Every instrument by its name, which is that of its file."""
    return {
        path.stem: Instrument.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(SHIPPED_INSTRUMENTS.glob("*.yaml"))
    }


def question_of(instrument: str, question: str, where: str) -> Question:
    """Find one question.

    Raises
    ------
    SourceError
        When there is no such instrument, or no such question in it; with what is known.
    """
    known = instruments()
    if instrument not in known:
        raise SourceError(f"{where}: instrument {instrument!r} is not known. Known are {sorted(known)}.")
    if question not in known[instrument].items:
        raise SourceError(
            f"{where}: vraag {question!r} is no question of {instrument}. It has {list(known[instrument].items)}."
        )
    return known[instrument].items[question]


class Measured(_Frozen):
    """A measure of one wave: its id, how it is made, of which columns of the respondent file, in which instrument.

    `item_ids` follow the items of the measure; of a scale those that were asked. `instrument` is '' for a scale of the
    municipality's own.
    """

    name: str
    instrument: str
    measure: Measure
    item_ids: tuple[str, ...]


def measures_of(items: pa.Table) -> tuple[Measured, ...]:
    """List what can be measured with a questionnaire, in alphabetical order.

    A measure of an instrument needs all its questions, a scale 60 % of them; a scale of the codebook's own, one item.

    Parameters
    ----------
    items
        `sources/items` of one wave.
    """
    rows = items.to_pylist()
    asked = {(row["instrument"], row["question"]): row["item_id"] for row in rows if row["instrument"]}
    found = [
        _measured(name, instrument, measure, asked)
        for instrument in sorted({instrument for instrument, _ in asked})
        for name, measure in instruments()[instrument].measures.items()
    ]
    return tuple(sorted([*(one for one in found if one), *_own_scales(rows)], key=lambda one: one.name))


def _measured(name: str, instrument: str, measure: Measure, asked: Mapping[tuple[str, str], str]) -> Measured | None:
    item_ids = tuple(asked[instrument, item] for item in measure.items if (instrument, item) in asked)
    needed = -(-3 * len(measure.items) // 5) if measure.is_partial else len(measure.items)
    if len(item_ids) < needed:
        return None
    return Measured(name=name, instrument=instrument, measure=measure, item_ids=item_ids)


def _own_scales(rows: list[dict[str, object]]) -> list[Measured]:
    scales: dict[str, list[str]] = {}
    for row in rows:
        if row["scale"]:
            scales.setdefault(str(row["scale"]), []).append(str(row["item_id"]))
    return [
        Measured(
            name=name,
            instrument="",
            measure=Measure(
                kind="mean", items=tuple(ids), manifestation="context", area_types=("pc4", "buurt", "wijk", "gemeente")
            ),
            item_ids=tuple(ids),
        )
        for name, ids in scales.items()
    ]
