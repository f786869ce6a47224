import pyarrow as pa
import pytest
import shapely

from pipelines.contracts import conform, violations
from pipelines.errors import AreaFileError
from pipelines.places.contracts import COMPLETENESS, REGISTER
from pipelines.places.register import build_register, completeness
from pipelines.sources.area_file import PLACE_KINDS
from pipelines.sources.contracts import DOOR_COLUMNS, PLACES

POINT = shapely.Point(155_000, 463_000).wkb


def _places(*rows: tuple[str, str, str]) -> pa.Table:
    columns = ("place_kind", "source", "source_id")
    same = {"name": "", "geometry": POINT, "entrances": None} | {column.name: [None] for column in DOOR_COLUMNS}
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) | same for row in rows], schema=PLACES.schema)


def test_places_are_numbered_in_one_order_whatever_the_order_of_delivery():
    rows = [("school", "b.csv", "2"), ("horeca", "b.csv", "9"), ("school", "a.csv", "7")]
    one, other = build_register(_places(*rows)), build_register(_places(*reversed(rows)))
    assert one.equals(other)
    assert one["source_id"].to_pylist() == ["9", "7", "2"]
    assert one["place_id"].to_pylist() == [0, 1, 2]
    assert violations(conform(one, REGISTER), REGISTER) == ()


def test_doors_and_floors_stay_with_their_place():
    facts = {"door_wheelchair": ["yes", ""], "door_width_m": [0.9, None], "floor_area_m2": 120.0}
    rows = _places(("school", "a.csv", "2"), ("horeca", "a.csv", "1")).to_pylist()
    register = build_register(pa.Table.from_pylist([rows[0] | facts, rows[1]], schema=PLACES.schema))
    assert violations(conform(register, REGISTER), REGISTER) == ()
    cafe, school = register.to_pylist()
    assert {name: school[name] for name in facts} == facts
    assert cafe["floor_area_m2"] is None


def test_no_places_make_an_empty_register():
    assert len(build_register(_places())) == 0


def test_every_kind_is_accounted_for():
    register = build_register(_places(("school", "a.csv", "1"), ("school", "a.csv", "2")))
    table = completeness(register, dict.fromkeys(PLACE_KINDS, "complete"))
    assert violations(conform(table, COMPLETENESS), COMPLETENESS) == ()
    counted = dict(zip(table["place_kind"].to_pylist(), table["places"].to_pylist(), strict=True))
    assert counted == dict.fromkeys(PLACE_KINDS, 0) | {"school": 2}


def test_a_kind_that_is_called_not_delivered_but_was_is_a_contradiction():
    register = build_register(_places(("school", "a.csv", "1")))
    with pytest.raises(AreaFileError, match=r"school is called not_delivered, but the deliveries hold 1.*partial"):
        completeness(register, dict.fromkeys(PLACE_KINDS, "not_delivered"))
