"""What the text of single OSM tags means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.osm_values import (
    incline_pct,
    kerb_height_m,
    length_m,
    speed_kmh,
    unread_facts,
    whole_number,
    width_m,
)


@pytest.mark.parametrize(
    ("text", "metres"),
    [("0.12", 0.12), ("0,12 m", 0.12), ("12 cm", 0.12), ("12cm", 0.12), ("120 mm", 0.12), ("1.5", 1.5), ("5'", 1.524)],
)
def test_a_length_is_read_in_its_unit(text: str, metres: float) -> None:
    assert length_m(text) == pytest.approx(metres)


def test_feet_and_inches_are_read() -> None:
    assert length_m("5'6\"") == pytest.approx(1.6764)


@pytest.mark.parametrize("text", ["", "narrow", "1-2", "1;2", "~1.5", "-1", "1.5 km/h", "1e3"])
def test_what_is_no_length_is_unknown(text: str) -> None:
    assert length_m(text) is None


@pytest.mark.parametrize(
    ("tags", "height_m"),
    [
        ({"kerb": "flush"}, 0.0),
        ({"kerb": "no"}, 0.0),
        ({"kerb": "lowered"}, 0.03),
        ({"kerb": "rolled"}, 0.06),
        ({"kerb": "raised"}, 0.12),
        ({"kerb": "raised", "kerb:height": "8 cm"}, 0.08),
        ({"kerb": "raised", "kerb:height": "12"}, 0.12),
        ({"kerb": "yes"}, None),
        ({"barrier": "kerb"}, None),
        ({"sloped_curb": "yes"}, 0.03),
        ({"sloped_curb": "no", "kerb": "flush"}, 0.0),
    ],
)
def test_a_kerb_is_as_high_as_measured_else_as_described(tags: dict[str, str], height_m: float | None) -> None:
    assert kerb_height_m(tags) == height_m


@pytest.mark.parametrize(
    ("text", "percent"),
    [("5%", 5.0), ("-3 %", -3.0), ("\N{MINUS SIGN}2,5%", -2.5), ("45°", 100.0), ("10°", 17.633), ("0", 0.0)],
)
def test_an_incline_is_read_in_percent(text: str, percent: float) -> None:
    assert incline_pct(text) == pytest.approx(percent, abs=1e-3)


@pytest.mark.parametrize("text", ["up", "down", "", "5", "steep", "120%", "89°"])
def test_an_incline_without_a_certain_number_is_unknown(text: str) -> None:
    assert incline_pct(text) is None


def test_width_prefers_the_measured_over_the_estimated() -> None:
    assert width_m({"width": "1,5", "est_width": "3"}) == 1.5
    assert width_m({"width": "narrow", "est_width": "3"}) == 3.0
    assert width_m({"width": "1500"}) is None


def test_a_count_is_a_whole_number() -> None:
    assert (whole_number("12"), whole_number("~12"), whole_number("2.5"), whole_number("99999")) == (
        12,
        None,
        None,
        None,
    )


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(text: str) -> None:
    slope, metres = incline_pct(text), length_m(text)
    assert slope is None or abs(slope) <= 100.0 + 1e-9
    assert metres is None or metres >= 0
    height_m = kerb_height_m({"kerb": text, "kerb:height": text})
    assert height_m is None or 0 <= height_m <= 1


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("50", 50.0), ("30 km/h", 30.0), ("20 mph", 32.19), ("NL:urban", 50.0), ("walk", 15.0), ("", None), ("none", None),
     ("-50", None), ("999", None), ("50;30", None)],
)  # fmt: skip
def test_a_speed_limit_is_read_in_km_per_hour(text: str, kmh: float | None) -> None:
    assert speed_kmh(text) == (None if kmh is None else pytest.approx(kmh, abs=0.01))


@pytest.mark.parametrize(
    ("key", "text", "fact"),
    [
        ("width", "-1", "width_m"),
        ("width", "NaN", "width_m"),
        ("est_width", "1e308", "width_m"),
        ("width", "1500", "width_m"),
        ("width", "narrow", "width_m"),
        ("maxwidth", "inf", "width_m"),
        ("kerb:height", "-0.1", "kerb_height_m"),
        ("kerb:height", "12 m", "kerb_height_m"),
        ("kerb", "lava", "kerb_height_m"),
        ("incline", "5", "incline_pct"),
        ("incline", "400%", "incline_pct"),
        ("step_count", "-3", "step_count"),
        ("step_count", "2.5", "step_count"),
        ("maxspeed", "99999", "maxspeed_kmh"),
        ("zone:maxspeed", "-30", "maxspeed_kmh"),
    ],
)
def test_a_number_that_cannot_be_true_is_named_by_its_fact(key: str, text: str, fact: str) -> None:
    assert unread_facts({key: text}, [key]) == (fact,)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("incline", "up"),
        ("incline", "down"),
        ("incline", "0"),
        ("maxspeed", "walk"),
        ("maxspeed", "NL:urban"),
        ("maxspeed", "DE:motorway"),
        ("maxspeed", "none"),
        ("zone:maxspeed", "NL:30"),
        ("kerb", "yes"),
        ("kerb", "Lowered"),
        ("maxwidth", "none"),
        ("width", " "),
        ("width", "1,5 m"),
        ("step_count", "0"),
    ],
)
def test_a_word_that_osm_has_in_place_of_a_number_is_no_rejection(key: str, text: str) -> None:
    assert unread_facts({key: text}, [key]) == ()


def test_only_the_tags_that_are_asked_for_count_and_a_fact_counts_once() -> None:
    assert unread_facts({"width": "?", "est_width": "?", "incline": "?"}, ["width", "est_width"]) == ("width_m",)
    assert unread_facts({"width": "-1", "est_width": "3"}, ["width", "est_width"]) == ("width_m",)
    assert unread_facts({}, ["width"]) == ()
