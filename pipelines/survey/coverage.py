"""How often 95 % intervals of buurten held the truth, in surveys of towns that were drawn for it.

Here is what was measured, as `coverage.yaml` keeps it; `make bench ONLY=survey` measures it. What is made of it for
readers is for the method page.
"""

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

# Coverage that is asked on average, and of each buurt whose estimates are good enough to publish without caution.
AVERAGE, EACH = (0.93, 0.97), (0.90, 0.99)


class Covered(BaseModel):
    """One figure in one kind of survey: coverage of the estimates that go out, with and without caution.

    `told` of both and `ok` of those without caution, with its standard error `chance`; `worst` and `best` buurt of
    those without caution, None where hardly any is; shares of estimates that go out without and with caution. `is_met`:
    whether averages and buurten lie where it is asked, or less than two standard errors from there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    design: str
    icc: float
    buurten: int
    figure: str
    told: float | None
    ok: float | None
    chance: float | None
    worst: float | None
    best: float | None
    share_ok: float
    share_caution: float
    is_met: bool


class Measurement(BaseModel):
    """What was measured, with which command, in how many surveys of each kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    surveys: int
    rows: tuple[Covered, ...]


@dataclass(frozen=True)
class Kind:
    """All figures of one kind of survey together: lowest and highest coverage, worst buurt, and shares that go out.

    `holds`: whether coverage of every figure lies where it is asked.
    """

    design: str
    icc: float
    buurten: int
    lowest: float
    highest: float
    worst: float | None
    share_ok: float
    share_caution: float
    holds: bool


@dataclass(frozen=True)
class CoverageFacts:
    """What readers are told: what was measured, by kind of survey, and the coverage `average` and `each` asked."""

    measured: Measurement
    kinds: tuple[Kind, ...]
    average: tuple[float, float] = AVERAGE
    each: tuple[float, float] = EACH


def coverage_facts() -> CoverageFacts:
    """Give what the method page tells."""
    return CoverageFacts(measurement(), kinds(measurement()))


@cache
def measurement() -> Measurement:
    """Read what was measured."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return Measurement.model_validate(yaml.safe_load(text))


def kinds(measured: Measurement) -> tuple[Kind, ...]:
    """Take the figures of each kind of survey together, in the order in which they were measured.

    Parameters
    ----------
    measured
        As `measurement` gives it; figures of one kind follow each other.
    """
    return tuple(
        _together(tuple(own)) for _, own in groupby(measured.rows, key=lambda row: (row.design, row.icc, row.buurten))
    )


def _together(own: tuple[Covered, ...]) -> Kind:
    told = [row.told for row in own if row.told is not None]
    return Kind(
        own[0].design,
        own[0].icc,
        own[0].buurten,
        min(told, default=float("nan")),
        max(told, default=float("nan")),
        min((row.worst for row in own if row.worst is not None), default=None),
        sum(row.share_ok for row in own) / len(own),
        sum(row.share_caution for row in own) / len(own),
        all(row.is_met for row in own),
    )
