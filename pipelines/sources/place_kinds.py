"""The typology of places (`place_kinds.yaml`): which kinds there are, and what the words of OSM and registers mean.

Whether a place counts is for `places/`; which kinds an area knows of, for its area file.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import SourceError

SHIPPED_KINDS = Path(__file__).with_suffix(".yaml")
Register = Literal["bag_gebruiksdoel", "duo"]
Answer = Literal["yes", "no", "unknown"]
YES_NO = ("yes", "no", "unknown")
REGULARITIES = ("daily", "weekly", "monthly", "less", "once", "unknown")
# What is told of a place beside its kind, by the name of its column in `sources/places`.
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "same_purpose": YES_NO,
    "regularity": REGULARITIES,
    "indoor": YES_NO,
    "free_of_charge": YES_NO,
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Defaults(_Frozen):
    """What holds of a place of a kind, where nobody tells otherwise."""

    same_purpose: Answer
    indoor: Answer
    free_of_charge: Answer
    regularity: Literal["daily", "weekly", "monthly", "less", "unknown"]


class PlaceKind(_Frozen):
    """One kind of place: its words (plural), whether the booklet names it, and how it is found in deliveries."""

    nl: str
    en: str
    booklet: bool
    evidence: str
    defaults: Defaults
    tags: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    codes: dict[Register, tuple[str, ...]] = Field(default_factory=dict)
    counts_only_when_listed: bool = False
    out_of_doors: bool = False


PlaceKinds = Mapping[str, PlaceKind]


def read_place_kinds(path: Path = SHIPPED_KINDS) -> PlaceKinds:
    """Read a typology.

    Parameters
    ----------
    path
        YAML: kinds by id; where a place fits two, the first in the file decides.

    Raises
    ------
    SourceError
        When a kind lacks something or has a key that is not known, or a tag or code stands under two kinds.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        kinds = {name: PlaceKind.model_validate(kind) for name, kind in content.items()}
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise SourceError(f"{path.name}: {where}: {problem['msg']}. Correct it there.") from error
    words = [word for kind in kinds.values() for word in _words_of(kind)]
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise SourceError(f"{path.name}: {twice} stand there twice. Keep each under the kind it should count as.")
    return kinds


def _words_of(kind: PlaceKind) -> list[str]:
    tagged = [f"{key}={value}" for key, values in kind.tags.items() for value in values]
    return tagged + [f"{register} {code}" for register, codes in kind.codes.items() for code in codes]


@cache
def place_kinds() -> PlaceKinds:
    """The shipped typology, read once."""
    return read_place_kinds()


def known_kinds() -> tuple[str, ...]:
    """Ids of all kinds, in the order in which they take precedence."""
    return tuple(place_kinds())


def booklet_kinds() -> tuple[str, ...]:
    """Ids of the six kinds that the booklet names."""
    return tuple(name for name, kind in place_kinds().items() if kind.booklet)


def kinds_out_of_doors() -> tuple[str, ...]:
    """Ids of the kinds that lie in the open as a rule: without a door to come in by, and without a floor."""
    return tuple(name for name, kind in place_kinds().items() if kind.out_of_doors)


def tag_kinds(kinds: PlaceKinds) -> dict[tuple[str, str], str]:
    """The kind of place of each (key, value) of OSM, in order of precedence."""
    return {(key, value): name for name, kind in kinds.items() for key, values in kind.tags.items() for value in values}


def code_kinds(register: Register) -> dict[str, str]:
    """The kind of place of each code of a register."""
    return {code: name for name, kind in place_kinds().items() for code in kind.codes.get(register, ())}
