"""Figures as looked up in the published tables, and put into words."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pages.figures import (
    Figure,
    Measure,
    PublishedTables,
    kinds_text,
    metres_sentence,
    metres_text,
    people_groups,
    people_sentence,
    people_text,
    read_figures,
    scale_text,
)
from pipelines.pages.words import words


def test_the_column_of_a_measure_follows_the_published_names() -> None:
    assert Measure("people_below_min", "65plus", "rollator").column == "people_below_min_65plus_rollator"
    assert Measure("m1_contact").column == "m1_contact"


def test_values_come_from_the_wide_table_and_reasons_from_the_tidy_one(tables: PublishedTables) -> None:
    figures = read_figures(tables, "buurt", Measure("dist_nearest_place", profile="rollator"))
    assert [figure.value for figure in figures] == tables.areas["buurt"]["dist_nearest_place_rollator"].to_pylist()
    assert [figure.reason for figure in figures] == ["", "", "", "no_place_within_search", "no_residents", ""]


def test_an_area_without_a_row_is_absent_and_a_measure_without_any_is_not_delivered(tables: PublishedTables) -> None:
    gone = pa.array([code != "BU99990003" for code in tables.indicators["area_code"].to_pylist()])
    fewer = PublishedTables(tables.indicators.filter(gone), tables.areas, tables.places, tables.inventory)
    figures = read_figures(fewer, "buurt", Measure("dist_nearest_place", profile="rollator"))
    assert figures[3].reason == "absent"
    unknown = read_figures(fewer, "buurt", Measure("dist_nearest_place", profile="skates"))
    assert {figure.reason for figure in unknown} == {"not_delivered"}


def test_the_groups_of_people_are_read_from_the_tidy_table(tables: PublishedTables) -> None:
    assert people_groups(tables, "rollator") == ("65plus",)
    assert people_groups(tables, "skates") == ()


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(343.6), "344 m"),
        (Figure(1200.0, 0.0, 1200.0), "hooguit 1.200 m"),
        (Figure(344.0, 0.0, 620.0), "344 m (hooguit 620 m)"),
        (Figure(344.0, 0.0, None), "344 m (onzeker)"),
        (Figure(0.0, 0.0, 0.0), "0 m"),
        (Figure(344.0, 210.0, 620.0), "344 m (210 tot 620 m)"),
        (Figure(344.0, 344.0, 344.0), "344 m"),
        (Figure(344.0, 210.0, None), "344 m (210 m of verder)"),
        (Figure(reason="no_place_within_search"), "geen plek gevonden"),
        (Figure(None, 0.0, None, reason="no_place_within_search"), "geen plek gevonden"),
    ],
)
def test_distances_in_words(figure: Figure, text: str) -> None:
    assert metres_text(figure) == text


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(4.0), "4 van 6"),
        (Figure(4.0, 4.0, 4.0), "4 van 6"),
        (Figure(4.0, 3.0, 5.0), "4 van 6 (3 tot 5)"),
        (Figure(2.0, 1.0, 5.0, caution="unknown_place_kinds"), "2 van 6 (1 tot 5)"),
        (Figure(2.5), "2,5 van 6"),
        (Figure(reason="not_attached"), "geen straat gevonden"),
    ],
)
def test_kinds_in_words(figure: Figure, text: str) -> None:
    assert kinds_text(figure) == text


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(1235.0), "1.235"),
        (Figure(15.0, 15.0, 40.0), "15 (15 tot 40)"),
        (Figure(15.0, None, 40.0), "15 (hooguit 40)"),
        (Figure(15.0, None, 15.0), "15"),
        (Figure(15.0, 15.0, 15.0), "15"),
        (Figure(None, None, 35.0, reason="too_few_people"), "minder dan 10 (hooguit 35)"),
        (Figure(40.0, 20.0, None, caution="lists_too_incomplete"), "40 (of meer)"),
        (Figure(None, None, None, reason="too_few_people", caution="lists_too_incomplete"), "minder dan 10 (of meer)"),
        (Figure(reason="too_few_people"), "minder dan 10"),
    ],
)
def test_persons_in_words(figure: Figure, text: str) -> None:
    assert people_text(figure) == text


@pytest.mark.parametrize(
    ("figure", "sentence"),
    [
        (Figure(40.0, 40.0, 40.0), ""),
        (Figure(40.0, None, 90.0), "Het zijn er hooguit 90."),
        (Figure(40.0, 20.0, 90.0), "Het zijn er minstens 20 en hooguit 90."),
        (
            Figure(40.0, None, 40.0, caution="unknown_place_kinds"),
            "Het kunnen er minder zijn, want niet van elke soort plek is een volledige lijst geleverd.",
        ),
        (
            Figure(40.0, None, None, caution="lists_too_incomplete"),
            words().cautions["lists_too_incomplete"].nl,
        ),
    ],
)
def test_what_is_not_known_of_persons_is_a_sentence_of_its_own(figure: Figure, sentence: str) -> None:
    assert people_sentence(figure) == sentence


@pytest.mark.parametrize(
    ("figure", "sentence"),
    [
        (Figure(344.0, 344.0, 344.0), ""),
        (Figure(344.0, 210.0, 620.0), "Het kan ook 210 m tot 620 m zijn."),
        (Figure(344.0, 210.0, None), "Het kan ook 210 m zijn, of verder."),
        (
            Figure(344.0, 0.0, 620.0),
            "Dichterbij kan er een plek zijn die niemand ons noemde. Verder dan 620 m is het niet.",
        ),
        (Figure(344.0, 0.0, None), "Dichterbij kan er een plek zijn die niemand ons noemde. Verder kan het ook zijn."),
    ],
)
def test_what_is_not_known_of_a_distance_is_a_sentence_of_its_own(figure: Figure, sentence: str) -> None:
    assert metres_sentence(figure) == sentence


def test_the_scale_has_one_decimal() -> None:
    assert scale_text(Figure(6.0, 5.8, 6.2)) == "6,0"
    assert scale_text(Figure(reason="too_few_respondents")) == "te weinig antwoorden"


numbers = st.none() | st.floats(0, 1e6)


@given(numbers, numbers, numbers)
def test_what_is_missing_is_never_shown_as_a_number(
    value: float | None, lower: float | None, upper: float | None
) -> None:
    figure = Figure(value, lower, upper, reason="" if value is not None else "unknown_place_kinds")
    shown = [metres_text(figure), people_text(figure), kinds_text(figure), scale_text(figure)]
    assert all(shown)
    if figure.value is None:
        assert all(text.startswith("onbekend") for text in shown)
