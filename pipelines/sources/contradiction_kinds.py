"""Kinds of contradiction between deliveries (`contradictions.yaml`): from where on each is noticed, and refused.

Whether one occurs is for the rooms that compare deliveries to say; what follows from it, for `contradictions`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.sources.texts import Sentence

SHIPPED_CONTRADICTIONS = Path(__file__).with_name("contradictions.yaml")
# "akkoord" is no reason.
SHORTEST_REASON = 10
Unit = Literal["persons", "households", "dwellings", "respondents", "answers"]
Verdict = Literal["", "noticed", "refused"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Threshold(_Frozen):
    """What is still borne: so many units, or so large a share (0 to 1) of all of them."""

    count: Annotated[float, Field(ge=0)]
    share: Annotated[float, Field(ge=0, le=1)]

    def is_passed(self, count: float, of: float) -> bool:
        """Whether `count` of `of` is over both."""
        return count > self.count and count > self.share * of


class Reason(_Frozen):
    """Why the thresholds are where they are."""

    nl: str
    en: str


class ContradictionKind(_Frozen):
    """One kind: in words, what is counted, which kinds of unit are compared, the thresholds and how to mend it."""

    nl: str
    en: str
    unit: Unit
    pairs: tuple[tuple[str, str], ...] = ()
    noticeable: Threshold
    refused: Threshold
    reason: Reason
    mend: str

    @model_validator(mode="after")
    def _noticed_before_refused(self) -> "ContradictionKind":
        if self.noticeable.count > self.refused.count or self.noticeable.share > self.refused.share:
            raise ValueError("noticeable lies over refused; what is refused must have been noticeable")
        return self

    def verdict(self, count: float, of: float) -> Verdict:
        """What a contradiction of `count` out of `of` comes to; '' under what is noticeable."""
        if self.refused.is_passed(count, of):
            return "refused"
        return "noticed" if self.noticeable.is_passed(count, of) else ""


def read_contradiction_kinds(path: Path = SHIPPED_CONTRADICTIONS) -> Mapping[str, ContradictionKind]:
    """Read the kinds by their id.

    Parameters
    ----------
    path
        A YAML file like `contradictions.yaml`.
    """
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: ContradictionKind.model_validate(facts) for name, facts in written.items()}


@cache
def contradiction_kinds() -> Mapping[str, ContradictionKind]:
    """The shipped kinds, read once."""
    return read_contradiction_kinds()


class Accepted(_Frozen):
    """A contradiction between deliveries for which a run is not refused, and why: the reason is published."""

    contradiction: str
    reason: Sentence

    @field_validator("contradiction")
    @classmethod
    def _known(cls, contradiction: str) -> str:
        if contradiction not in contradiction_kinds():
            raise ValueError(f"is no contradiction that can be accepted; known are {sorted(contradiction_kinds())}")
        return contradiction

    @field_validator("reason")
    @classmethod
    def _said(cls, reason: str) -> str:
        if len(reason.strip()) < SHORTEST_REASON:
            raise ValueError(f"is no reason: write at least {SHORTEST_REASON} characters, for everybody to read")
        return reason


def _once(accept: tuple[Accepted, ...]) -> tuple[Accepted, ...]:
    named = [one.contradiction for one in accept]
    repeated = sorted({name for name in named if named.count(name) > 1})
    if repeated:
        raise ValueError(f"{repeated} stands twice; accept each contradiction once")
    return accept


Acceptances = Annotated[tuple[Accepted, ...], AfterValidator(_once)]
