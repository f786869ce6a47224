from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.people.contracts import ORIGINS
from pipelines.people.origins import Deliveries, build_origins, containing
from pipelines.sources.contracts import ADDRESSES, AREAS, PEOPLE_COUNTS, SQUARES

X, Y = 155_000, 463_000


def _area(area_type: str, code: str, left: int, right: int) -> dict[str, object]:
    box = shapely.box(X + left, Y, X + right, Y + 100)
    return {
        "area_type": area_type,
        "area_code": code,
        "area_name": code,
        "parent_code": "",
        "publish_geometry": True,
        "share_inside": 1.0,
        "geometry": box.wkb,
    }


# Two buurten of 200 m, three postcodes that overlap them, one PC4.
AREA_ROWS = [
    _area("buurt", "BU1", 0, 200),
    _area("buurt", "BU2", 200, 400),
    _area("pc6", "1000AA", 0, 150),
    _area("pc6", "1000AB", 150, 300),
    _area("pc6", "1000AC", 300, 400),
    _area("pc4", "1000", 0, 400),
]


def _table(schema: pa.Schema, rows: Sequence[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema)


def _counts(unit_type: str, **persons: float | None) -> list[dict[str, object]]:
    return [
        {
            "unit_type": unit_type,
            "unit_code": code,
            "population_group": "all",
            "persons": value,
            "reason_missing": "" if value is not None else "masked",
        }
        for code, value in persons.items()
    ]


def _origins(
    unit_type: str,
    counts: list[dict[str, object]],
    addresses: Sequence[dict[str, object]] = (),
    squares: Sequence[dict[str, object]] = (),
) -> list[dict[str, object]]:
    deliveries = Deliveries(
        _table(AREAS.schema, AREA_ROWS),
        _table(ADDRESSES.schema, addresses),
        _table(SQUARES.schema, squares),
        _table(PEOPLE_COUNTS.schema, counts),
        unit_type,
    )
    found = conform(build_origins(deliveries, 10), ORIGINS)
    assert violations(found, ORIGINS) == ()
    return found.to_pylist()


def _brief(origins: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(o["origin_type"], o["origin_code"], o["buurt_code"], o["pc6"], o["unit_code"]) for o in origins]


def _address(code: str, x: float, pc6: str = "") -> dict[str, object]:
    return {"address_id": code, "pc6": pc6, "x_m": X + x, "y_m": Y + 50.0}


def test_addresses_come_first_and_keep_their_own_postcode():
    found = _origins("buurt", _counts("buurt", BU1=10, BU2=10), [_address("a", 10, "1000AC"), _address("b", 250)])
    assert _brief(found) == [
        ("address", "a", "BU1", "1000AC", "BU1"),
        ("address", "b", "BU2", "1000AB", "BU2"),
        ("probe", "1000AA", "BU1", "1000AA", ""),
    ]


def test_an_inhabited_unit_without_an_address_gets_a_point():
    found = _origins("buurt", _counts("buurt", BU1=10, BU2=20), [_address("a", 10)])
    assert ("unit", "BU2", "BU2", "1000AC", "BU2") in _brief(found) or (
        "unit",
        "BU2",
        "BU2",
        "1000AB",
        "BU2",
    ) in _brief(found)


def test_an_uninhabited_unit_gets_none():
    found = _origins("buurt", _counts("buurt", BU1=10, BU2=0), [_address("a", 10)])
    assert "unit" not in {origin["origin_type"] for origin in found}


def test_without_addresses_the_squares_are_used_and_without_those_the_postcodes():
    squares = [{"square_code": "E1550N4630", "x_m": X + 50.0, "y_m": Y + 50.0}]
    found = _origins("square", _counts("square", E1550N4630=7), squares=squares)
    assert _brief(found)[-1] == ("square", "E1550N4630", "BU1", "1000AA", "E1550N4630")
    found = _origins("pc6", _counts("pc6", **{"1000AA": 5, "1000AB": 6, "1000AC": None}))
    assert [origin["origin_type"] for origin in found] == ["pc6"] * 3


def test_a_point_outside_the_municipality_is_no_origin():
    found = _origins("buurt", _counts("buurt", BU1=10, BU2=0), [_address("in", 10), _address("out", 900)])
    assert "out" not in {origin["origin_code"] for origin in found}


@pytest.mark.parametrize("unit_type", ["pc6", "square"])
def test_another_delivery_than_the_totals_is_a_prior_by_its_own_count(unit_type: str):
    squares = [{"square_code": f"E155{n}N4630", "x_m": X + 50.0 + 100 * n, "y_m": Y + 50.0} for n in range(2)]
    counts = _counts("buurt", BU1=10, BU2=0) + _counts("square", E1550N4630=30, E1551N4630=None)
    counts += _counts("pc6", **{"1000AA": 30})
    found = _origins("buurt", counts, squares=squares if unit_type == "square" else [])
    priors = {origin["origin_code"]: origin["prior"] for origin in found if origin["origin_type"] == unit_type}
    assert priors["E1550N4630" if unit_type == "square" else "1000AA"] == 30
    assert priors["E1551N4630" if unit_type == "square" else "1000AB"] == 0


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), max_size=20))
def test_the_first_polygon_wins_where_borders_meet(points: list[tuple[float, float]]):
    polygons = np.array([shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 5), shapely.box(5, 0, 6, 9)], dtype=object)
    found = containing(polygons, shapely.points(np.array(points, dtype=float).reshape(-1, 2)))
    expected = [next((i for i, p in enumerate(polygons) if p.intersects(shapely.Point(xy))), -1) for xy in points]
    assert found.tolist() == expected
