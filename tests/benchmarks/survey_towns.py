"""Towns of people in streets of forty, and samples of them drawn in four designs, as the pipeline would read them.

Here towns, answers and samples are drawn; estimating them, survey after survey, is for `survey_draws`.

Buurten differ by what real ones do (an intraclass correlation near .07), half of it by the share of older people, which
CBS tells. Within a buurt streets differ by the intraclass correlation of the case. Whoever is asked answers.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from scipy.special import expit, logit

from pipelines.arrays import Flags, Floats, Ints
from pipelines.contracts import conform
from pipelines.sources.contracts import ANSWERS, ITEMS, MARGINS, RESPONDENTS, STRATA
from pipelines.survey.sample import Wave

DesignName = Literal["simple", "stratified", "clustered", "both"]
DESIGNS: tuple[DesignName, ...] = ("simple", "stratified", "clustered", "both")
SCALE, HALF, FEW = "scale", "share .50", "share .15"
FIGURES = (SCALE, HALF, FEW)
YEAR = 2024
STREET, DRAWN, BUURTEN_PER_WIJK = 40, 10, 4
# Respondents per buurt on average: around the thirty from which direct estimates are told.
_PER_BUURT = 50
_MIDDLE, _BETWEEN_POINTS, _WITHIN_POINTS, _OLDER_POINTS = 5.5, 0.5, 1.9, 0.6
_BETWEEN_LOGITS, _OLDER_RATIO = 0.3, 0.2
# Older people are drawn so many times as often where strata are of an age.
_OLDER_DRAWN = 3.0
_SHARES = {HALF: 0.50, FEW: 0.15}


@dataclass(frozen=True)
class Town:
    """Streets of forty adults: the `buurt` of each street, and how many older people live in each street of a buurt."""

    buurt: Ints
    older: Ints

    @property
    def buurten(self) -> int:
        """How many buurten there are."""
        return len(self.older)

    @property
    def is_older(self) -> Flags:
        """Who is 65 or older, shape (streets, 40): those who come first."""
        return np.asarray(np.arange(STREET) < self.older[self.buurt][:, None])

    @property
    def people(self) -> Floats:
        """Adults per buurt, shape (buurten,)."""
        return np.asarray(np.bincount(self.buurt, minlength=self.buurten) * float(STREET))


@dataclass(frozen=True)
class Asked:
    """Who was drawn: `street` and `person` within it, shape (n,) each, with weights, strata and whether in clusters.

    `frame` tells people and people asked per stratum; None where delivered weights tell what each stands for.
    """

    street: Ints
    person: Ints
    weight: Floats
    stratum: Ints
    in_clusters: bool
    frame: tuple[tuple[int, float, float], ...] | None = None


def town(buurten: int) -> Town:
    """Lay out a town in which buurten have 12 to 48 streets, in no order, and 6 to 16 older people per street."""
    rng = np.random.default_rng(buurten)
    streets = rng.permutation(np.linspace(12, 48, buurten).round().astype(np.int64))
    older = rng.permutation(np.linspace(6, 16, buurten).round().astype(np.int64))
    return Town(np.repeat(np.arange(buurten), streets), older)


def answers(here: Town, icc: float, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw what every adult would answer, per figure, shape (streets, 40): points from 0 to 10, or 1 who says yes.

    Of a share streets are beta distributed, so that the intraclass correlation of answers is that of the case.
    """
    share = here.older / STREET
    told = (share - share.mean()) / share.std()
    apart = np.sqrt(0.5) * (told + rng.normal(size=here.buurten))
    return {SCALE: _points(here, icc, apart, rng)} | {
        name: _yes(here, icc, expit(logit(middle) + _BETWEEN_LOGITS * apart), rng) for name, middle in _SHARES.items()
    }


def _points(here: Town, icc: float, apart: Floats, rng: np.random.Generator) -> Floats:
    level = _MIDDLE + _BETWEEN_POINTS * apart[here.buurt] + _WITHIN_POINTS * np.sqrt(icc) * rng.normal(size=_len(here))
    each = _WITHIN_POINTS * np.sqrt(1 - icc) * rng.normal(size=(_len(here), STREET))
    return np.asarray(np.clip(np.round(level[:, None] + _OLDER_POINTS * here.is_older + each, 2), 0, 10))


def _yes(here: Town, icc: float, chance: Floats, rng: np.random.Generator) -> Floats:
    own = chance[here.buurt]
    if icc > 0:
        own = rng.beta(own * (1 / icc - 1), (1 - own) * (1 / icc - 1))
    tilt = 1 + _OLDER_RATIO * (here.is_older - (here.older / STREET)[here.buurt][:, None])
    return (rng.random((_len(here), STREET)) < own[:, None] * tilt).astype(np.float64)


def _len(here: Town) -> int:
    return len(here.buurt)


def ask(here: Town, design: DesignName, rng: np.random.Generator) -> Asked:
    """Draw a sample: of people or of streets, from the whole town or by stratum, older people more often or not."""
    n = here.buurten * _PER_BUURT
    if design == "simple":
        everybody = rng.choice(_len(here) * STREET, n, replace=False)
        return Asked(
            everybody // STREET, everybody % STREET, np.ones(n), np.zeros(n, dtype=np.int64), in_clusters=False
        )
    if design == "stratified":
        return _by_wijk_and_age(here, n, rng)
    if design == "clustered":
        street = np.repeat(rng.choice(_len(here), n // DRAWN, replace=False), DRAWN)
        person = rng.random((n // DRAWN, STREET)).argsort(axis=1)[:, :DRAWN].ravel()
        return Asked(street, person, np.ones(n), np.zeros(n, dtype=np.int64), in_clusters=True)
    return _streets_by_wijk(here, n, rng)


def _by_wijk_and_age(here: Town, n: int, rng: np.random.Generator) -> Asked:
    wijk = np.repeat(here.buurt // BUURTEN_PER_WIJK, STREET)
    stratum = 2 * wijk + here.is_older.ravel()
    people = np.bincount(stratum).astype(np.float64)
    wanted = people * np.where(np.arange(len(people)) % 2, _OLDER_DRAWN, 1.0)
    asked = np.round(wanted * n / wanted.sum()).astype(np.int64)
    order = np.lexsort((rng.random(len(stratum)), stratum))
    place = np.arange(len(order)) - np.repeat(np.cumsum(people) - people, people.astype(np.int64))
    drawn = order[place < asked[stratum[order]]]
    frame = tuple((name, float(people[name]), float(asked[name])) for name in range(len(people)))
    return Asked(drawn // STREET, drawn % STREET, np.ones(len(drawn)), stratum[drawn], in_clusters=False, frame=frame)


def _streets_by_wijk(here: Town, n: int, rng: np.random.Generator) -> Asked:
    """Streets by wijk, in every second one twice as many; half of the ten are older people."""
    wijk = here.buurt // BUURTEN_PER_WIJK
    streets = np.bincount(wijk)
    wanted = streets * np.where(np.arange(len(streets)) % 2, 2.0, 1.0)
    asked = np.maximum(np.round(wanted * (n / DRAWN) / wanted.sum()), 2).astype(np.int64)
    drawn = np.concatenate(
        [rng.choice(np.flatnonzero(wijk == one), asked[one], replace=False) for one in range(len(asked))]
    )
    half = DRAWN // 2
    keys = rng.random((len(drawn), STREET)) + ~here.is_older[drawn]
    youngest = rng.random((len(drawn), STREET)) + here.is_older[drawn]
    person = np.hstack([keys.argsort(axis=1)[:, :half], youngest.argsort(axis=1)[:, :half]])
    older = here.older[here.buurt[drawn]]
    each = np.hstack([np.repeat(older[:, None], half, 1), np.repeat(STREET - older[:, None], half, 1)]) / half
    weight = each * (streets / asked)[wijk[drawn]][:, None]
    street = np.repeat(drawn, DRAWN)
    return Asked(street, person.ravel(), weight.ravel(), wijk[street], in_clusters=True)


def wave(here: Town, asked: Asked) -> Wave:
    """Give the survey as it would be read; ages are raked to."""
    older = here.is_older
    frame = [(YEAR, f"{name:03}", people, n) for name, people, n in asked.frame or ()]
    ages = [(YEAR, "age", "18-64", float((~older).sum())), (YEAR, "age", "65+", float(older.sum()))]
    return Wave(
        YEAR,
        _respondents(here, asked),
        ANSWERS.schema.empty_table(),
        ITEMS.schema.empty_table(),
        pa.Table.from_pylist([dict(zip(STRATA.schema.names, row, strict=True)) for row in frame], schema=STRATA.schema),
        pa.Table.from_pylist(
            [dict(zip(MARGINS.schema.names, row, strict=True)) for row in ages], schema=MARGINS.schema
        ),
        is_probability=True,
    )


def buurt_codes(buurten: int) -> list[str]:
    """Codes of buurten, in the order of their numbers."""
    return [f"BU{number:04}" for number in range(buurten)]


def _respondents(here: Town, asked: Asked) -> pa.Table:
    n = len(asked.street)
    codes = np.array(buurt_codes(here.buurten))
    told = {
        "wave": [YEAR] * n,
        "respondent_id": [f"r{number:06}" for number in range(n)],
        "buurt_code": codes[here.buurt[asked.street]],
        "weight": asked.weight,
        "stratum": [f"{number:03}" for number in asked.stratum],
        "cluster": [f"{number:05}" if asked.in_clusters else "" for number in asked.street],
        "age": np.where(here.is_older[asked.street, asked.person], 70, 40),
    }
    blank = {name: [""] * n for name in RESPONDENTS.schema.names if name not in told}
    return conform(pa.table({**told, **blank}).select(RESPONDENTS.schema.names), RESPONDENTS)
