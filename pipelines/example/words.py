"""The words and the kinds of buurt of the example town, read from the two YAML files beside this module.

Only data that is read belongs here; where a word or a kind is used does not.
"""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

_HERE = Path(__file__).parent


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BuurtKind(_Frozen):
    """What a kind of buurt is like: homes, households, streets, and the places in it."""

    homes_per_side: Annotated[int, Field(ge=1)]
    storeys: Annotated[int, Field(ge=1)]
    household_sizes: Annotated[tuple[float, ...], Field(min_length=6, max_length=6)]
    young_share: Annotated[float, Field(ge=0, le=1)]
    works_share: Annotated[float, Field(ge=0, le=1)]
    building_site_m: Annotated[float, Field(ge=0)] = 0.0
    parks: int
    schools: int
    sports: int
    entry: Literal["open", "steps", "kerbs"]
    crossing_kerbs: Literal["raised", "lowered", "flush", "unmapped"]
    surfaces: tuple[str, ...]
    places: dict[str, int]
    further: dict[str, int] = Field(default_factory=dict)
    listed: dict[str, int]


class Item(_Frozen):
    """One question of the survey; `midden` is the mean answer in an average buurt before reversal."""

    item: str
    schaal: str
    tekst_nl: str
    tekst_en: str
    laagste: int = 1
    hoogste: int
    omgekeerd: Literal["ja", "nee"]
    weet_niet: Literal[9, ""]
    midden: float


class Quote(_Frozen):
    """One record of the inventory; `kind` is the kind of buurt it is about, '' the whole municipality."""

    datum: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    kind: str
    onderwerp: str
    gezegd_door: str
    citaat: str
    toestemming: Literal["ja", "nee"]


class Words(_Frozen):
    """Every name, question and quote of the example town."""

    buurt_first: tuple[str, ...]
    buurt_last: tuple[str, ...]
    wijk_first: tuple[str, ...]
    wijk_last: tuple[str, ...]
    street_first: tuple[str, ...]
    street_last: tuple[str, ...]
    place_names: tuple[str, ...]
    place_types: dict[str, str]
    items: tuple[Item, ...]
    inventory: tuple[Quote, ...]


def read_words() -> Words:
    """Read every name, question and quote, checked against their model."""
    content = yaml.safe_load((_HERE / "words.yaml").read_text(encoding="utf-8"))
    quotes = [{**quote, "datum": str(quote["datum"])} for quote in content["inventory"]]
    return Words.model_validate({**content, "inventory": quotes})


def read_kinds() -> dict[str, BuurtKind]:
    """Read the kinds of buurt by name, checked against their model."""
    content = yaml.safe_load((_HERE / "kinds.yaml").read_text(encoding="utf-8"))
    return {name: BuurtKind.model_validate(kind) for name, kind in content.items()}


_STRETCHES_PER_NAME = 6


def street_name(words: Words, columns: int, column: int, row: int) -> str:
    """Name of the street along stretch `column` of lattice `row`, in a town `columns` blocks wide."""
    names_per_row = -(-columns // _STRETCHES_PER_NAME)
    last, first = divmod(row * names_per_row + column // _STRETCHES_PER_NAME, len(words.street_first))
    return words.street_first[first] + words.street_last[last % len(words.street_last)]
