"""Households of the example town: sizes, ages and postcodes, by hand and by property."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.example.people import AGE_BANDS, People, counts_per
from pipelines.example.town import Town
from pipelines.example.words import read_words, street_name


def test_persons_are_counted_per_label_and_age_band() -> None:
    people = People(np.array([0, 0, 1, 3]), np.array([14, 15, 64, 65]), np.zeros(4, dtype=bool), np.ones(4, dtype=bool))
    assert counts_per(people.address, 4, people).tolist() == [2, 1, 0, 1]
    assert counts_per(people.address, 4, people, AGE_BANDS["0_14"]).tolist() == [1, 0, 0, 0]
    assert counts_per(people.address, 4, people, AGE_BANDS["65plus"]).tolist() == [0, 0, 0, 1]


@given(st.integers(0, 120))
def test_every_age_falls_in_exactly_one_band(age: int) -> None:
    assert sum(low <= age < high for low, high in AGE_BANDS.values()) == 1


def test_nobody_lives_where_there_is_no_home_in_use(klein: Town) -> None:
    objects, people = klein.census.objects, klein.census.people
    lived_in = np.unique(people.address)
    assert objects.is_home[lived_in].all()
    assert (objects.status[lived_in] == "Verblijfsobject in gebruik").all()


def test_every_household_has_an_adult_and_children_are_younger(klein: Town) -> None:
    people = klein.census.people
    oldest = np.zeros(len(klein.census.objects.parcel), dtype=np.int64)
    np.maximum.at(oldest, people.address, people.age)
    assert (oldest[np.unique(people.address)] >= 18).all()
    assert people.age.min() >= 0
    assert people.age.max() <= 99


def test_house_numbers_are_odd_on_one_side_and_even_on_the_other(klein: Town) -> None:
    objects, parcels = klein.census.objects, klein.census.parcels
    south_of_street = parcels.half[objects.parcel] == 1
    assert (objects.number[south_of_street] % 2 == 1).all()
    assert (objects.number[~south_of_street] % 2 == 0).all()
    assert objects.number.min() == 1


def test_postcodes_look_dutch(klein: Town) -> None:
    postcodes = klein.census.parcels.postcode.tolist()
    assert all(len(code) == 6 and code[:4].isdigit() and code[4:].isalpha() for code in postcodes)
    assert not {code[4:] for code in postcodes} & {"SA", "SD", "SS"}
    assert {code[:4] for code in postcodes} == {"9901", "9902", "9903", "9951"}
    assert 400 < len(set(postcodes)) < 900


def test_street_names_do_not_repeat_within_a_town() -> None:
    words = read_words()
    for columns, rows in ((26, 17), (50, 41)):
        stretches = [(column, row) for row in range(rows) for column in range(0, columns, 6)]
        names = {street_name(words, columns, column, row) for column, row in stretches}
        assert len(names) == len(stretches)
