"""Codes in layers of CBS: mended where they can be only one, refused where they are none."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import shapely
import yaml

from pipelines.errors import SourceError
from pipelines.example.vector_file import write_layer
from pipelines.sources.area_file import AreaFile, read_area_file
from pipelines.sources.cbs import Statistics, read_municipality, read_statistics

WEST, SOUTH, SIDE_M = 155_000, 463_000, 500
BUURTEN = {
    "buurtcode": ["BU00010001", "BU00010002"],
    "buurtnaam": ["Oost", "West"],
    "wijkcode": ["WK000101", "WK000102"],
    "gemeentecode": ["GM0001", "GM0001"],
    "water": ["NEE", "NEE"],
    "inwoners": [100, 50],
}
POSTCODES = {"code": [9901, 9902], "inwoners": [100, 50]}
Fields = Mapping[str, list[object]]


def _write(path: Path, fields: Fields) -> None:
    count = len(next(iter(fields.values())))
    boxes = [shapely.box(WEST + n * SIDE_M, SOUTH, WEST + (n + 1) * SIDE_M, SOUTH + SIDE_M) for n in range(count)]
    columns = {name: np.array(values) for name, values in fields.items()}
    write_layer(path, path.stem, np.array(boxes, dtype=object), columns)


def _area(raw: Path, roles: Mapping[str, str]) -> AreaFile:
    described = {"vintage": 2024, "licence": "CC-BY-4.0", "attribution": "CBS"}
    sources = {
        role: {**described, "path": f"{role}.gpkg", "columns": {"code": code, "inhabitants": "inwoners"}}
        for role, code in roles.items()
    }
    text = {
        "name": "klein", "title": "Klein", "year": 2024, "gemeenten": ["GM0001"],
        "population": {"total_from": "buurten"},
        "sources": {**sources, "streets": {**described, "path": "streets.osm.pbf", "format": "osm"}},
        "place_kinds": dict.fromkeys(["winkel", "school", "buurtcentrum", "speelplek", "horeca", "sport"], "complete"),
    }  # fmt: skip
    path = raw / "klein.yaml"
    path.write_text(yaml.safe_dump(text), encoding="utf-8")
    return read_area_file(path)


def _read(raw: Path, **layers: Fields) -> Statistics:
    roles = {"buurten": "buurtcode"} | {role: "code" for role in layers if role != "buurten"}
    for role in roles:
        _write(raw / f"{role}.gpkg", layers.get(role, BUURTEN))
    area = _area(raw, roles)
    return read_statistics(area, raw, read_municipality(area, raw))


def _codes(found: Statistics, area_type: str) -> list[str]:
    return [row["area_code"] for row in found.areas.to_pylist() if row["area_type"] == area_type]


def test_postcodes_that_became_real_numbers_are_postcodes(tmp_path: Path):
    found = _read(tmp_path, pc4=POSTCODES | {"code": [9901.0, 9902.0]})
    assert _codes(found, "pc4") == ["9901", "9902"]
    (remark,) = [remark for remark in found.remarks if remark.action == "mended"]
    assert (remark.source, remark.rows, remark.examples) == ("pc4.gpkg:pc4", 2, "'9901.0', '9902.0'")


def test_a_postcode_area_of_the_area_without_its_postcode_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"pc4.gpkg:pc4: column 'code' is empty in 1 rows"):
        _read(tmp_path, pc4=POSTCODES | {"code": [9901.0, np.nan]})


def test_postcodes_in_small_letters_with_a_blank_are_written_in_full(tmp_path: Path):
    found = _read(tmp_path, pc6=POSTCODES | {"code": ["9901aa", "9901\u00a0ab"]})
    assert _codes(found, "pc6") == ["9901AA", "9901AB"]


def test_codes_of_areas_that_became_numbers_are_written_in_full(tmp_path: Path):
    numbered = {"buurtcode": [10001, 10002], "wijkcode": [101, 102], "gemeentecode": [1, 1]}
    found = _read(tmp_path, buurten=BUURTEN | numbered)
    assert _codes(found, "buurt") == BUURTEN["buurtcode"]
    assert _codes(found, "wijk") == BUURTEN["wijkcode"]
    assert _codes(found, "gemeente") == ["GM0001"]


@pytest.mark.parametrize("column", ["buurtcode", "wijkcode", "gemeentecode"])
def test_what_is_no_code_of_an_area_is_refused_by_file_column_and_cell(tmp_path: Path, column: str):
    codes = [BUURTEN[column][0], "XX9999; drop table"]
    with pytest.raises(SourceError, match=rf"buurten.gpkg:buurten: column '{column}' holds 1 .* 'XX9999; drop table"):
        _read(tmp_path, buurten=BUURTEN | {column: codes})


def test_a_row_far_away_that_tells_no_gemeente_refuses_nothing(tmp_path: Path):
    far = {name: [*values, "" if name != "inwoners" else 0] for name, values in BUURTEN.items()}
    count = [n * (1 if n < 2 else 100) for n in range(3)]
    boxes = [shapely.box(WEST + n * SIDE_M, SOUTH, WEST + (n + 1) * SIDE_M, SOUTH + SIDE_M) for n in count]
    columns = {name: np.array(values) for name, values in far.items()}
    write_layer(tmp_path / "buurten.gpkg", "buurten", np.array(boxes, dtype=object), columns)
    area = _area(tmp_path, {"buurten": "buurtcode"})
    found = read_statistics(area, tmp_path, read_municipality(area, tmp_path))
    assert _codes(found, "buurt") == BUURTEN["buurtcode"]
