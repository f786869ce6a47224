"""The indicator catalogue: what every published indicator means, in which unit, and which way it may be read."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

_CATALOGUE = Path(__file__).parent / "catalogue.yaml"


class Indicator(BaseModel):
    """One entry; `direction` never says that more is better."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nl: str
    en: str
    definition_nl: str
    definition_en: str
    unit: Literal["m", "n", "kinds", "share", "m2", "persons", "households", "0-10", "points"]
    direction: Literal["neutral", "minimum", "context", "quality"]
    area_types: tuple[str, ...]
    sources: tuple[Literal["people", "streets", "places", "benches", "survey"], ...]
    seed: str


@cache
def catalogue() -> Mapping[str, Indicator]:
    """The entries by indicator id, in the order of the file."""
    entries = yaml.safe_load(_CATALOGUE.read_text(encoding="utf-8"))
    return {name: Indicator.model_validate(entry) for name, entry in entries.items()}
