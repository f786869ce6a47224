"""Words and numbers as residents and officers read them: plain Dutch, with English beside it.

The words stand in `words.yaml`, those of kinds of place in the typology, keyed by the values of the contracts. Whole
sentences stand in the templates; which value is shown where is for the pages to say.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.sources import place_kinds

MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip


class Word(BaseModel):
    """One term in plain Dutch (`nl`) and English (`en`); `short` fits in the cell of a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nl: str
    en: str
    short: str = ""


class DistrictWords(Word):
    """One type of district: its plural `many`, and the `order` in which a table lists them."""

    many: str
    order: Word


class Words(BaseModel):
    """All terms, by the value they stand for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profiles: dict[str, Word]
    place_kinds: dict[str, Word]
    delivered: dict[str, Word]
    indicators: dict[str, Word]
    reasons: dict[str, Word]
    cautions: dict[str, Word]
    survey_notes: dict[str, Word]
    manifestations: dict[str, Word]
    changes: dict[str, Word]
    not_compared: dict[str, Word]
    invariance: dict[str, Word]
    response_unknown: dict[str, Word]
    units: dict[str, Word]
    n_classes: dict[str, Word]
    area_types: dict[str, Word]
    districts: dict[str, DistrictWords]
    sources: dict[str, Word]


@cache
def words() -> Words:
    """The shipped words, read once."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    kinds = {name: {"nl": kind.nl, "en": kind.en} for name, kind in place_kinds.place_kinds().items()}
    return Words.model_validate({**yaml.safe_load(text), "place_kinds": kinds})


def dutch_number(value: float, decimals: int = 0) -> str:
    """`value` as written in Dutch: a point per thousand, a decimal comma, a real minus sign.

    Rounds half to even, as the exact value lies; `decimals` is 0 or more. A value that rounds to zero has no sign.
    """
    minus = "\N{MINUS SIGN}"
    written = f"{value:,.{decimals}f}".translate(str.maketrans(",.-", f".,{minus}"))
    has_digits = any(character in "123456789" for character in written)
    return written if has_digits else written.removeprefix(minus)


def dutch_range(lower: float, upper: float, decimals: int = 0) -> str:
    """`lower` tot `upper`; one number when both are written alike."""
    first, last = dutch_number(lower, decimals), dutch_number(upper, decimals)
    return first if first == last else f"{first} tot {last}"


def dutch_date(day: date) -> str:
    """`day` in words, such as 3 maart 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def dutch_date_text(text: str) -> str:
    """An ISO 8601 day or month in Dutch words; text that is neither (a year) as it stands."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            return dutch_date(date.fromisoformat(f"{text}-01")).removeprefix("1 ")
        return dutch_date(date.fromisoformat(text))
    except ValueError:
        return text


def dutch_list(terms: Iterable[str]) -> str:
    """Terms joined as in a sentence: a, b en c; '' without terms."""
    listed = list(terms)
    if len(listed) < 2:  # noqa: PLR2004 - two terms are the fewest that "en" can join
        return "".join(listed)
    return f"{', '.join(listed[:-1])} en {listed[-1]}"


def group_words(population_group: str) -> str:
    """An age band as people say it: 65plus is 65-plus, 0_14 is 0 tot en met 14 jaar."""
    if population_group.endswith("plus"):
        return f"{population_group.removesuffix('plus')}-plus"
    return population_group.replace("_", " tot en met ") + " jaar"
