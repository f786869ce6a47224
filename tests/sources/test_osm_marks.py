"""What stands on a node, and what helps across a road."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.osm_marks import Mark, mark_of
from pipelines.sources.osm_ways import FACTS_SCHEMA, crossing_aid, unread_of_way, way_facts


@pytest.mark.parametrize(
    ("tags", "aid"),
    [
        ({"crossing": "traffic_signals"}, "signals"),
        ({"crossing": "marked", "crossing:signals": "yes"}, "signals"),
        ({"highway": "traffic_signals"}, "signals"),
        ({"crossing": "uncontrolled"}, "marked"),
        ({"crossing": "zebra", "crossing:island": "yes"}, "marked"),
        ({"crossing:markings": "dots"}, "marked"),
        ({"crossing": "unmarked", "crossing:island": "yes"}, "island"),
        ({"crossing": "unmarked"}, "none"),
        ({"crossing:markings": "no"}, "none"),
        ({"crossing": "yes"}, ""),
        ({}, ""),
    ],
)
def test_the_best_help_across_is_named(tags: dict[str, str], aid: str) -> None:
    assert crossing_aid(tags) == aid


@pytest.mark.parametrize(
    "tags", [{}, {"highway": "bus_stop"}, {"barrier": "no"}, {"barrier": "toll_booth"}, {"access": "no"}]
)
def test_a_node_that_does_not_matter_has_no_mark(tags: dict[str, str]) -> None:
    assert mark_of(tags) is None


def test_a_kerb_is_no_barrier_and_a_node_may_be_both() -> None:
    assert mark_of({"barrier": "kerb"}) == Mark(has_kerb=True)
    assert mark_of({"barrier": "Bollard", "kerb": "raised", "maxwidth": "90 cm"}) == Mark(
        has_kerb=True, kerb_height_m=0.12, barrier="bollard", width_m=0.9
    )


def test_an_entrance_matters_and_stops_nobody() -> None:
    mark = mark_of({"entrance": "main"})
    assert mark is not None
    assert (mark.is_entrance, mark.stops) == (True, False)


def test_a_mark_says_which_of_its_numbers_cannot_be_read() -> None:
    gate = mark_of({"barrier": "gate", "maxwidth": "NaN", "kerb:height": "-1", "step_count": "-3"})
    assert gate is not None
    assert gate.unread == ("kerb_height_m", "width_m")
    kerb = mark_of({"kerb": "raised", "width": "-1"})
    assert kerb is not None
    assert kerb.unread == ()  # the width of a node that is no barrier says nothing


KEYS = (
    "barrier", "kerb", "kerb:height", "highway", "crossing", "access", "foot", "locked", "maxwidth", "sidewalk", "ramp",
    "ramp:wheelchair", "maxspeed", "incline", "width", "surface", "step_count", "oneway:foot", "footway", "layer",
)  # fmt: skip


@given(tags=st.dictionaries(st.sampled_from(KEYS), st.text(max_size=12)))
def test_no_text_breaks_the_reading_of_a_node_or_a_way(tags: dict[str, str]) -> None:
    mark_of(tags)
    facts = way_facts("1", {"highway": "path", **tags})
    assert facts._fields == tuple(FACTS_SCHEMA.names)


def test_a_way_says_which_of_its_numbers_cannot_be_read_where_they_are_read() -> None:
    odd = {"width": "-1", "incline": "NaN", "maxspeed": "99999", "step_count": "-3", "kerb:height": "-1"}
    everywhere = ("width_m", "incline_pct", "maxspeed_kmh")
    assert unread_of_way({"highway": "path", **odd}) == everywhere
    assert unread_of_way({"highway": "steps", **odd}) == (*everywhere, "step_count")
    assert unread_of_way({"highway": "path", "path": "crossing", **odd}) == (*everywhere, "kerb_height_m")
    assert unread_of_way({"highway": "path", "width": "2", "incline": "up", "maxspeed": "NL:rural"}) == ()
