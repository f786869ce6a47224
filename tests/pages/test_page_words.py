"""Words and numbers, and that every value of the contracts has a word."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pages.words import (
    dutch_date,
    dutch_date_text,
    dutch_list,
    dutch_number,
    dutch_range,
    group_words,
    words,
)
from pipelines.protection.contracts import N_CLASSES, REASONS
from pipelines.sources.area_file import PROFILES, Sources
from pipelines.sources.place_kinds import known_kinds


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (1234, 0, "1.234"),
        (0.5, 1, "0,5"),
        (1234567.89, 1, "1.234.567,9"),
        (0, 0, "0"),
        (-0.2, 0, "0"),
        (-12.5, 1, "\N{MINUS SIGN}12,5"),
    ],
)
def test_numbers_are_written_in_dutch(value: float, decimals: int, written: str) -> None:
    assert dutch_number(value, decimals) == written


@given(st.integers(-(10**12), 10**12), st.integers(0, 3))
def test_a_written_number_reads_back_as_itself(value: float, decimals: int) -> None:
    written = dutch_number(float(value), decimals)
    assert float(written.replace(".", "").replace(",", ".").replace("\N{MINUS SIGN}", "-")) == value


def test_a_range_of_two_equal_numbers_is_one_number() -> None:
    assert dutch_range(3, 3) == "3"
    assert dutch_range(0, 1235) == "0 tot 1.235"
    assert dutch_range(2.49, 2.51, 1) == "2,5"


def test_dates_are_written_in_words() -> None:
    assert dutch_date(date(2026, 3, 3)) == "3 maart 2026"
    assert dutch_date_text("2024-12-31") == "31 december 2024"
    assert dutch_date_text("2024-10") == "oktober 2024"
    assert dutch_date_text("voorjaar 2024") == "voorjaar 2024"


@pytest.mark.parametrize(
    ("terms", "joined"), [([], ""), (["a"], "a"), (["a", "b"], "a en b"), (list("abc"), "a, b en c")]
)
def test_terms_are_joined_as_in_a_sentence(terms: list[str], joined: str) -> None:
    assert dutch_list(terms) == joined


def test_age_bands_are_said_as_people_say_them() -> None:
    assert group_words("65plus") == "65-plus"
    assert group_words("0_14") == "0 tot en met 14 jaar"


def test_every_value_of_the_contracts_has_a_word() -> None:
    shipped = words()
    assert set(REASONS) - {""} <= set(shipped.reasons)
    assert set(N_CLASSES) <= set(shipped.n_classes)
    assert set(known_kinds()) == set(shipped.place_kinds)
    assert set(PROFILES) == set(shipped.profiles)
    assert set(Sources.model_fields) == set(shipped.sources)


def test_every_reason_has_a_short_form_for_a_cell() -> None:
    assert all(0 < len(word.short) <= 22 for word in words().reasons.values())
