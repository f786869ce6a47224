"""Borders of postcodes against the homes that bear them."""

import pyarrow as pa
import pytest
import shapely

from pipelines.people.elsewhere import homes_elsewhere
from pipelines.sources.area_file import SHIPPED, read_area_file

AREA = read_area_file(SHIPPED / "voorbeeldstad.yaml")
PATHS = "voorbeeldstad/cbs_pc6_2024.gpkg and voorbeeldstad/bag.gpkg"


def _areas(shift_m: float) -> pa.Table:
    boxes = [shapely.box(155_000 + 100 * n, 463_000 + shift_m, 155_100 + 100 * n, 463_100 + shift_m) for n in range(2)]
    columns = {"area_type": ["pc6", "pc6"], "area_code": ["1000AA", "1000AB"], "geometry": shapely.to_wkb(boxes)}
    return pa.table(columns)


def _homes(*codes: str) -> pa.Table:
    x_m = [155_050.0 + 100 * (code == "1000AB") for code in codes]
    return pa.table({"pc6": list(codes), "x_m": x_m, "y_m": [463_050.0] * len(codes)})


HOMES = _homes(*["1000AA", "1000AB"] * 20, "", "9999ZZ")


@pytest.mark.parametrize("shift_m", [0, 55])
def test_homes_in_or_beside_the_postcode_they_bear_need_no_word(shift_m: float):
    assert homes_elsewhere(AREA, HOMES, _areas(shift_m)) == ()


def test_borders_of_postcodes_that_were_shifted_are_told():
    (told,) = homes_elsewhere(AREA, HOMES, _areas(112))
    assert (told.source, told.action, told.rows) == (PATHS, "noted", 40)
    assert told.problem.startswith("40 of 40 homes lie more than 10 m out of the pc6 they bear")


def test_a_few_homes_out_of_their_postcode_are_as_usual():
    moved = _homes(*["1000AA"] * 40).set_column(1, "x_m", [[155_050.0] * 38 + [155_250.0] * 2])
    assert homes_elsewhere(AREA, moved, _areas(0)) == ()


def test_an_area_without_postcodes_or_addresses_is_not_judged():
    assert homes_elsewhere(AREA, HOMES, _areas(0).slice(0, 0)) == ()
    assert homes_elsewhere(AREA, HOMES.slice(0, 0), _areas(112)) == ()
