from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.people.contracts import ORIGINS
from pipelines.people.origins import Deliveries, containing, find_points, origins_table, square_codes
from pipelines.people.priors import likely_persons


def _brief(deliveries: Deliveries) -> list[tuple[str, str, str]]:
    points = find_points(deliveries, 10)
    found = conform(origins_table(points, 10), ORIGINS)
    assert violations(found, ORIGINS) == ()
    return list(zip(points.origin_type.tolist(), points.codes.tolist(), points.pc6.tolist(), strict=True))


def test_addresses_come_first_and_keep_their_own_postcode(town):
    counts = [town.count("buurt", "BU1", 10), town.count("buurt", "BU2", 10)]
    found = _brief(town.deliveries("buurt", counts, [town.address("a", 10, "1000AC"), town.address("b", 250)]))
    assert found == [("address", "a", "1000AC"), ("address", "b", "1000AB"), ("probe", "1000AA", "1000AA")]


def test_an_inhabited_unit_without_an_address_gets_a_point(town):
    counts = [town.count("buurt", "BU1", 10), town.count("buurt", "BU2", 20)]
    found = _brief(town.deliveries("buurt", counts, [town.address("a", 10)]))
    assert ("unit", "BU2") in [one[:2] for one in found]


def test_an_uninhabited_unit_gets_none(town):
    counts = [town.count("buurt", "BU1", 10), town.count("buurt", "BU2", 0)]
    found = _brief(town.deliveries("buurt", counts, [town.address("a", 10)]))
    assert "unit" not in {origin[0] for origin in found}


def test_without_addresses_the_squares_are_used_and_without_those_the_postcodes(town):
    found = _brief(town.deliveries("square", [town.count("square", "E1550N4630", 7)], squares=[town.square(0)]))
    assert ("square", "E1550N4630", "1000AA") in found
    found = _brief(town.deliveries("pc6", [town.count("pc6", "1000AA", 5)]))
    assert [origin[0] for origin in found] == ["pc6"] * 3


def test_an_address_beyond_the_border_is_no_origin(town):
    found = _brief(
        town.deliveries("buurt", [town.count("buurt", "BU1", 10)], [town.address("in", 10), town.address("out", 900)])
    )
    assert "out" not in {origin[1] for origin in found}


def test_a_square_beyond_the_border_is_one_that_is_marked(town):
    squares = [town.square(0), town.square(6)]
    points = find_points(town.deliveries("buurt", [town.count("buurt", "BU1", 10)], squares=squares), 10)
    of_squares = points.origin_type == "square"
    assert dict(zip(points.codes[of_squares], points.is_beyond[of_squares], strict=True)) == {
        "E1550N4630": False, "E1556N4630": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Another delivery than the totals says how many are likely at each of its units.
        ([("square", "E1550N4630", 30.0), ("square", "E1551N4630", 10.0)], {"a": 15, "b": 15, "c": 10}),
        # A masked one holds none to four: two are likely.
        ([("square", "E1550N4630", 30.0), ("square", "E1551N4630", None)], {"a": 15, "b": 15, "c": 2}),
        # In a square that CBS does not list live fewer than five.
        ([("square", "E1550N4630", 30.0)], {"a": 15, "b": 15, "c": 2}),
    ],
)
def test_counts_that_are_not_the_totals_say_how_many_are_likely(town, counts, expected):
    rows = [town.count("buurt", "BU1", 40), *(town.count(*one) for one in counts)]
    addresses = [town.address("a", 10), town.address("b", 90), town.address("c", 110)]
    deliveries = town.deliveries("buurt", rows, addresses)
    points = find_points(deliveries, 10)
    found = dict(zip(points.codes, likely_persons(points, deliveries.people_counts, "buurt"), strict=True))
    assert {code: found[code] for code in expected} == pytest.approx(expected)


def test_of_another_year_a_square_that_is_not_listed_may_be_a_new_estate(town):
    rows = [town.count("buurt", "BU1", 40), town.count("square", "E1550N4630", 30.0, vintage=2014)]
    deliveries = town.deliveries("buurt", rows, [town.address("a", 10), town.address("b", 110)])
    points = find_points(deliveries, 10)
    found = dict(zip(points.codes, likely_persons(points, deliveries.people_counts, "buurt"), strict=True))
    assert found["b"] == pytest.approx(found["a"])


def test_at_a_care_home_as_many_are_likely_as_its_floor_holds(town):
    homes = [town.address("a", 10), town.address("b", 20, is_institution=True, floor_area_m2=3_000.0)]
    deliveries = town.deliveries("buurt", [town.count("buurt", "BU1", 60)], homes)
    points = find_points(deliveries, 10)
    found = dict(zip(points.codes, likely_persons(points, deliveries.people_counts, "buurt"), strict=True))
    assert found["b"] == 60
    assert found["a"] < 3


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), max_size=20))
def test_the_first_polygon_wins_where_borders_meet(points: list[tuple[float, float]]):
    polygons = np.array([shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 5), shapely.box(5, 0, 6, 9)], dtype=object)
    found = containing(polygons, shapely.points(np.array(points, dtype=float).reshape(-1, 2)))
    expected = [next((i for i, p in enumerate(polygons) if p.intersects(shapely.Point(xy))), -1) for xy in points]
    assert found.tolist() == expected


def test_a_point_lies_in_the_square_whose_code_names_its_corner():
    x_m, y_m = np.array([233_450.0, 233_500.0]), np.array([582_099.9, 582_100.0])
    assert square_codes(x_m, y_m).tolist() == ["E2334N5820", "E2335N5821"]
    assert square_codes(x_m, y_m, 500).tolist() == ["E2330N5820", "E2335N5820"]


def test_a_buurt_that_lies_wholly_beyond_the_extent_has_no_point(town):
    counts = [town.count("buurt", "BU1", 10), town.count("buurt", "BU2", 10)]
    west = town.deliveries("buurt", counts, [town.address("a", 10)])
    points = find_points(replace(west, extent=(155_000.0, 463_000.0, 155_100.0, 463_100.0)), 10)
    assert "unit" not in points.origin_type.tolist()
