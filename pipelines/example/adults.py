"""What every adult of the example town would answer to the survey, now and two years before.

The answers of all adults are the finite population; their means are the truth that estimates can be held against.
Who is asked is for `survey`; estimation belongs to `pipelines/survey`, which this module must not use.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.arrays import Floats, Ints
from pipelines.example.cbs_files import Census
from pipelines.example.people import ADULT_FROM
from pipelines.example.words import Item

# How far levels of buurten, scales and persons differ, in steps of an item.
_BUURT_SPREAD, _SCALE_SPREAD, _PERSON_SPREAD, _ANSWER_SPREAD = 0.40, 0.15, 0.75, 0.70
_AGE_SLOPE_PER_YEAR, _MEAN_AGE = 0.008, 50.0
# What two years change: in every buurt a little, in one much, and in each person.
_BUURT_CHANGE, _PERSON_CHANGE, _RISE = 0.05, 0.35, 0.6
RISEN_BUURT = 5
YEARS_BETWEEN = 2


@dataclass(frozen=True)
class Leaning:
    """How every adult leans, arrays (n,); `wish` (n, items) how far above the middle of each item, before chance.

    `person` is an index into the people, `buurt` into the buurten.
    """

    person: Ints
    buurt: Ints
    age: Ints
    wish: Floats


@dataclass(frozen=True)
class Adults:
    """The finite population: every adult of the town, arrays (n,); `answers` (n, items) as everybody would give them.

    `person` is an index into the people, `buurt` into the buurten.
    """

    person: Ints
    buurt: Ints
    age: Ints
    answers: Ints


def lean(census: Census, items: tuple[Item, ...], rng: np.random.Generator) -> Leaning:
    """Draw how every adult leans: a level per buurt, one per scale in a buurt, one per person, and their age."""
    people = census.people
    buurten = len(census.codes.buurt) - 1
    buurt = census.parcels.buurt[census.objects.parcel[people.address]]
    person = np.flatnonzero((people.age >= ADULT_FROM) & people.in_household & (buurt < buurten))
    buurt, age = buurt[person], people.age[person]
    scales, scale_of = np.unique([item.schaal for item in items], return_inverse=True)
    level = rng.normal(0, _BUURT_SPREAD, buurten)[:, None] + rng.normal(0, _SCALE_SPREAD, (buurten, len(scales)))
    own = rng.normal(0, _PERSON_SPREAD, len(person)) + _AGE_SLOPE_PER_YEAR * (age - _MEAN_AGE)
    return Leaning(person, buurt, age, level[buurt][:, scale_of] + own[:, None])


def answer_all(leaning: Leaning, items: tuple[Item, ...], rng: np.random.Generator) -> Adults:
    """Draw the answers of every adult: as they lean, and chance."""
    wish = leaning.wish + rng.normal(0, _ANSWER_SPREAD, leaning.wish.shape)
    means = np.array([item.midden for item in items])
    low, high = (np.array([getattr(item, end) for item in items]) for end in ("laagste", "hoogste"))
    straight = np.clip(np.round(means + wish), low, high)
    reversed_items = np.array([item.omgekeerd == "ja" for item in items])
    answers = np.where(reversed_items, low + high - straight, straight).astype(np.int64)
    return Adults(leaning.person, leaning.buurt, leaning.age, answers)


def before(leaning: Leaning, rng: np.random.Generator) -> Leaning:
    """Draw how the same adults leaned two years before; in `RISEN_BUURT` much has got better since."""
    buurten = int(leaning.buurt.max()) + 1
    change = rng.normal(0, _BUURT_CHANGE, buurten)
    change[RISEN_BUURT] = _RISE
    own = rng.normal(0, _PERSON_CHANGE, len(leaning.person))
    age = np.maximum(leaning.age - YEARS_BETWEEN, ADULT_FROM)
    return replace(leaning, age=age, wish=leaning.wish - (change[leaning.buurt] + own)[:, None])


def scale_scores(adults: Adults, items: tuple[Item, ...], scale: str) -> Floats:
    """Score from 0 to 10 of every adult (n,) on one scale: the mean of its items, reversed ones turned round."""
    chosen = [number for number, item in enumerate(items) if item.schaal == scale]
    low, high = (np.array([getattr(items[n], end) for n in chosen]) for end in ("laagste", "hoogste"))
    share = (adults.answers[:, chosen] - low) / (high - low)
    turned = np.array([items[n].omgekeerd == "ja" for n in chosen])
    return np.asarray(10 * np.where(turned, 1 - share, share).mean(axis=1), dtype=np.float64)
