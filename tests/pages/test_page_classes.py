"""Classes and legends of the map."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pages.classes import (
    DISTANCE,
    KINDS,
    SCALES,
    ClassScale,
    class_marks,
    is_lower_bound,
    legend,
    ordered_profiles,
    title,
    variants,
)
from pipelines.pages.figures import Figure


@pytest.mark.parametrize(
    ("metres", "mark"), [(0, "0"), (150, "0"), (151, "1"), (300, "1"), (500, "2"), (800, "3"), (801, "4"), (9e9, "4")]
)
def test_a_break_belongs_to_the_class_under_it(metres: float, mark: str) -> None:
    assert class_marks([Figure(float(metres))], DISTANCE) == (mark,)


@pytest.mark.parametrize(("kinds", "mark"), [(0, "0"), (1, "1"), (2, "2"), (3, "3"), (4, "3"), (5, "4"), (6, "4")])
def test_kinds_of_place_fall_in_the_class_that_names_them(kinds: float, mark: str) -> None:
    assert class_marks([Figure(float(kinds))], KINDS) == (mark,)


def test_unknown_kinds_are_coloured_by_what_was_found() -> None:
    figure = Figure(2.0, 1.0, 6.0, caution="unknown_place_kinds")
    assert class_marks([figure], KINDS) == ("2",)
    assert is_lower_bound([figure], KINDS)
    assert not is_lower_bound([Figure(2.0, 2.0, 2.0)], KINDS)
    assert not is_lower_bound([Figure(None, 0.0, None, reason="no_place_within_search")], DISTANCE)


def test_a_place_not_found_within_the_search_is_farther_than_every_break() -> None:
    assert class_marks([Figure(None, 0.0, None, reason="no_place_within_search")], DISTANCE) == ("4",)


def test_what_is_missing_is_hatched_and_explained_in_the_legend() -> None:
    marks = class_marks([Figure(reason="not_attached"), Figure(100.0)], DISTANCE)
    entries = legend(marks, DISTANCE)
    assert not marks[0].isdigit()
    assert [entry.colour for entry in entries[5:]] == [""]
    assert "straat" in entries[5].label


def test_a_legend_without_anything_missing_has_five_lines() -> None:
    assert [len(legend((), scale)) for scale in SCALES] == [5, 5]


def test_no_figures_have_no_classes() -> None:
    assert class_marks([], DISTANCE) == ()


@given(st.lists(st.floats(0, 5_000), min_size=2).map(sorted))
def test_a_longer_distance_never_has_a_lower_class(metres: list[float]) -> None:
    marks = class_marks([Figure(value) for value in metres], DISTANCE)
    assert list(marks) == sorted(marks)


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))


@pytest.mark.parametrize("scale", SCALES)
def test_colours_darken_evenly_in_one_hue_without_green_or_red(scale: ClassScale) -> None:
    hues, lightness = zip(*[colorsys.rgb_to_hls(*_rgb(colour))[:2] for colour in scale.colours], strict=True)
    assert min(hues) > 0.5
    assert max(hues) < 0.8
    assert max(hues) - min(hues) < 0.06
    assert np.all(np.diff(lightness) < -0.08)


def test_the_measure_is_about_wheels_so_they_come_first() -> None:
    assert ordered_profiles(("referentie", "kinderwagen", "rollator")) == ("rollator", "kinderwagen", "referentie")
    assert [variant.key for variant in variants(("referentie",))] == [
        "referentie-dist_nearest_place",
        "referentie-n_types_reach",
    ]


def test_a_layer_says_what_it_shows_and_for_whom() -> None:
    assert title(variants(("rollator",))[0]).nl == "Loopafstand naar de dichtstbijzijnde plek, met een rollator"
