"""Cells in layers of CBS: codes and figures are mended where they can be only one, refused where they are none."""

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
    "buurtcode": ["BU00010101", "BU00010201"],
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
    numbered = {"buurtcode": [10101, 10201], "wijkcode": [101, 102], "gemeentecode": [1, 1]}
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


def _people(found: Statistics, unit_type: str = "buurt") -> list[float]:
    rows = found.people_counts.to_pylist()
    return [row["persons"] for row in rows if (row["unit_type"], row["population_group"]) == (unit_type, "all")]


def test_inhabitants_written_as_text_with_thousands_are_counted_and_told(tmp_path: Path):
    found = _read(tmp_path, buurten=BUURTEN | {"inwoners": ["2.010", "20"]})
    assert _people(found) == [2010, 20]
    (remark,) = [remark for remark in found.remarks if remark.action == "mended"]
    assert (remark.source, remark.rows, remark.examples) == ("buurten.gpkg:buurten", 1, "'2.010'")


def test_a_word_where_inhabitants_belong_is_refused_and_one_that_hides_them_is_not(tmp_path: Path):
    with pytest.raises(
        SourceError, match=r"buurten: column 'inwoners' holds 1 values that are no whole number.*'n\.v\.t\.'"
    ):
        _read(tmp_path, buurten=BUURTEN | {"inwoners": ["100", "n.v.t."]})
    assert _people(_read(tmp_path, buurten=BUURTEN | {"inwoners": ["100", "geheim"]})) == [100, None]


def test_part_of_an_inhabitant_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"pc4: column 'inwoners' holds 1 values that are no whole number.*'2\.01'"):
        _read(tmp_path, pc4=POSTCODES | {"inwoners": [2.01, 20]})


def test_ages_as_text_are_written_as_the_inhabitants_are(tmp_path: Path):
    ages = {
        "percentage_personen_0_tot_15_jaar": ["1.010", "10"],
        "percentage_personen_15_tot_25_jaar": ["400", "2"],
        "percentage_personen_25_tot_45_jaar": ["300", "2"],
        "percentage_personen_45_tot_65_jaar": ["200", "4"],
        "percentage_personen_65_jaar_en_ouder": ["100", "2"],
    }
    found = _read(tmp_path, buurten=BUURTEN | {"inwoners": ["2.010", "20"], **ages})
    young = [row["persons"] for row in found.people_counts.to_pylist() if row["population_group"] == "0_14"]
    assert young == [1010, 10]
