"""Who lives at each address of the example town: households of varied size, their ages, and a care home.

These are the truths that CBS figures, the survey and tests start from. Rounding and masking belong to `cbs_files`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipelines.arrays import Flags, Floats, Ints
from pipelines.example.homes import CARE_HOME, HOME, IN_USE, Objects
from pipelines.example.parcels import Parcels
from pipelines.example.words import BuurtKind

AGE_BANDS: Mapping[str, tuple[int, int]] = MappingProxyType({
    "0_14": (0, 15), "15_24": (15, 25), "25_44": (25, 45), "45_64": (45, 65), "65plus": (65, 200),
})  # fmt: skip
OLDEST_BANDS: Mapping[str, tuple[int, int]] = MappingProxyType({"75plus": (75, 200), "80plus": (80, 200)})
ADULT_FROM = 18
_EMPTY_HOME_SHARE = 0.03
_CARE_HOME_RESIDENTS = (55, 66)
_CARE_HOME_AGE = (86.0, 6.0)
_CARE_HOME_LEAST_AGE = 75
_ADULT_AGES = (18, 99)
_CHILD_AGES = (0, 24)
# Mean and spread of the age of the first of a household, when young and when old, by size 1, 2 and more.
_FIRST_AGES = (((31.0, 8.0), (70.0, 11.0)), ((32.0, 6.0), (66.0, 10.0)), ((39.0, 6.0), (44.0, 6.0)))
_SINGLE_PARENT_SHARE = 0.12
_PARTNER_SPREAD, _CHILD_SPREAD = 3.0, 4.0
_AGE_AT_FIRST_CHILD, _YEARS_BETWEEN_CHILDREN = 30.0, 2.5
_FAMILY_SIZE = 3


@dataclass(frozen=True)
class People:
    """Every person: arrays (n,), ordered by address; `address` is an index into the BAG objects."""

    address: Ints
    age: Ints
    is_man: Flags
    in_household: Flags


def settle_people(objects: Objects, parcels: Parcels, kinds: tuple[BuurtKind, ...], rng: np.random.Generator) -> People:
    """Fill the homes in use: 1 to 6 persons each, some empty, and some sixty residents of 75 and older in a care home.

    Parameters
    ----------
    objects
        BAG objects; those that are no home, or not in use yet, stay empty.
    parcels
        Half blocks, which know the buurt.
    kinds
        Kind of each buurt, in order.
    rng
        Source of chance.
    """
    sizes = _household_sizes(objects, parcels, kinds, rng)
    address = np.repeat(np.arange(len(sizes)), sizes)
    in_household = objects.purpose[address] != CARE_HOME
    young = np.array([kind.young_share for kind in kinds])[parcels.buurt[objects.parcel]]
    ages = _ages(sizes, young, rng)
    old = np.maximum(rng.normal(*_CARE_HOME_AGE, len(address)), _CARE_HOME_LEAST_AGE)
    age = np.where(in_household, ages, np.minimum(old, _ADULT_AGES[1])).astype(np.int64)
    return People(address, age, rng.random(len(address)) < 1 / 2, in_household)


def _household_sizes(
    objects: Objects, parcels: Parcels, kinds: tuple[BuurtKind, ...], rng: np.random.Generator
) -> Ints:
    upper = np.cumsum([kind.household_sizes for kind in kinds], axis=1)[parcels.buurt[objects.parcel]]
    draw = rng.random(len(upper))
    sizes = 1 + (draw[:, None] >= upper[:, :-1]).sum(axis=1)
    sizes[rng.random(len(sizes)) < _EMPTY_HOME_SHARE] = 0
    care = objects.purpose == CARE_HOME
    sizes[care] = rng.integers(*_CARE_HOME_RESIDENTS, int(care.sum()))
    lived_in = (np.char.find(objects.purpose, HOME) >= 0) & (objects.status == IN_USE)
    return np.where(lived_in, sizes, 0).astype(np.int64)


def _ages(sizes: Ints, young_share: Floats, rng: np.random.Generator) -> Floats:
    """Ages in years of every person of households of `sizes`, as if all were ordinary households."""
    first = np.repeat(_first_ages(sizes, young_share, rng), sizes)
    size = np.repeat(sizes, sizes)
    place = np.arange(len(size)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chance = np.repeat(rng.random(len(sizes)), sizes)
    spread = rng.normal(0, 1, len(size))
    single_parent = (chance < _SINGLE_PARENT_SHARE) & (size > 1) & (first < _ADULT_AGES[1] / 2)
    child_number = place - np.where(single_parent, 1, 2)
    child = first - _AGE_AT_FIRST_CHILD - _YEARS_BETWEEN_CHILDREN * child_number + _CHILD_SPREAD * spread
    adult = np.clip(first + np.where(place == 0, 0.0, _PARTNER_SPREAD * spread), *_ADULT_AGES)
    return np.where(child_number >= 0, np.clip(child, *_CHILD_AGES), adult)


def _first_ages(sizes: Ints, young_share: Floats, rng: np.random.Generator) -> Floats:
    table = np.array(_FIRST_AGES)[np.clip(sizes, 1, _FAMILY_SIZE) - 1]
    old = (rng.random(len(sizes)) >= young_share).astype(np.int64)
    chosen = table[np.arange(len(sizes)), old]
    return np.clip(rng.normal(chosen[:, 0], chosen[:, 1]), *_ADULT_AGES)


def counts_per(label: Ints, length: int, people: People, band: tuple[int, int] = (0, 200)) -> Ints:
    """Persons with an age in `band` (from, below) per label; `label` (persons,) in 0 .. length - 1."""
    chosen = (people.age >= band[0]) & (people.age < band[1])
    return np.bincount(label[chosen], minlength=length).astype(np.int64)
