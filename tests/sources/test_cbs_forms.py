"""CBS products in their forms and vintages, written small and read through the real readers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
import yaml

from pipelines.errors import AreaFileError, SourceError
from pipelines.example.vector_file import write_layer
from pipelines.sources.area_file import AreaFile, read_area_file
from pipelines.sources.cbs import Statistics, columns_known, read_municipality, read_statistics, source_mapping
from pipelines.sources.cbs_dialects import dialects, mapping_of
from pipelines.sources.delivery import Delivery

WEST, SOUTH = 155_000, 463_000
NEW = {
    "aantal_inwoners": [100, -99997],
    "aantal_inwoners_0_tot_15_jaar": [20, -99997],
    "aantal_inwoners_15_tot_25_jaar": [20, -99997],
    "aantal_inwoners_25_tot_45_jaar": [20, -99997],
    "aantal_inwoners_45_tot_65_jaar": [20, -99997],
    "aantal_inwoners_65_jaar_en_ouder": [20, -99997],
}
HOMES = {
    "aantal_part_huishoudens": [40, 5],
    "aantal_eenpersoonshuishoudens": [20, -99997],
    "aantal_eenouderhuishoudens": [5, -99995],
    "aantal_tweeouderhuishoudens": [10, -99995],
}
OLD = dict(zip(("INWONER", "INW_014", "INW_1524", "INW_2544", "INW_4564", "INW_65PL"), NEW.values(), strict=True))
OLD_HOMES = dict(zip(("AANTAL_HH", "TOTHH_EENP", "HH_EENOUD", "HH_TWEEOUD"), HOMES.values(), strict=True))
AGES = {
    "percentage_personen_0_tot_15_jaar": [20, 20],
    "percentage_personen_15_tot_25_jaar": [20, 20],
    "percentage_personen_25_tot_45_jaar": [20, 20],
    "percentage_personen_45_tot_65_jaar": [20, 20],
    "percentage_personen_65_jaar_en_ouder": [20, -99997],
}
BUURTEN = {
    "buurtcode": ["BU00010101", "BU00010201"],
    "buurtnaam": ["Oost", "West"],
    "wijkcode": ["WK000101", "WK000102"],
    "gemeentecode": ["GM0001", "GM0001"],
    "water": ["NEE", "NEE"],
    "aantal_inwoners": [100, 50],
    **AGES,
}
Fields = Mapping[str, list[object]]


def _boxes(side_m: int = 500) -> np.ndarray:
    return np.array(
        [shapely.box(WEST + n * side_m, SOUTH, WEST + (n + 1) * side_m, SOUTH + side_m) for n in range(2)], dtype=object
    )


def _write(raw: Path, layer: str, fields: Fields, *, name: str | None = None, side_m: int = 500) -> None:
    columns = {column: np.array(values) for column, values in fields.items()}
    write_layer(raw / f"{name or layer}.gpkg", layer, _boxes(side_m), columns)


def _area(raw: Path, vintage: int = 2024, **deliveries: dict[str, object]) -> AreaFile:
    common = {"vintage": vintage, "licence": "CC-BY-4.0", "attribution": "CBS"}
    streets = {**common, "path": "streets.osm.pbf", "format": "osm"}
    sources = {role: {**common, "path": f"{role}.gpkg", **given} for role, given in deliveries.items()}
    text = {
        "name": "klein", "title": "Klein", "year": 2024, "gemeenten": ["GM0001"],
        "population": {"total_from": "buurten"},
        "sources": {**sources, "streets": streets},
        "place_kinds": dict.fromkeys(["winkel", "school", "buurtcentrum", "speelplek", "horeca", "sport"], "complete"),
    }  # fmt: skip
    path = raw / "klein.yaml"
    path.write_text(yaml.safe_dump(text), encoding="utf-8")
    return read_area_file(path)


def _read(area: AreaFile, raw: Path) -> Statistics:
    return read_statistics(area, raw, read_municipality(area, raw))


def _counts(table: pa.Table, unit_type: str) -> dict[tuple[str, str], tuple[object, ...]]:
    return {
        (row["unit_code"], row["population_group"]): (
            row["persons"], row["lowest"], row["highest"], row["reason_missing"], row["vintage"], row["basis"],
        )
        for row in table.to_pylist()
        if row["unit_type"] == unit_type
    }  # fmt: skip


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


FORMS = {
    "geopackage": (2024, "crs28992res100m", {**NEW, **HOMES}),
    "shapefile": (2019, "c28992r100", {**OLD, **OLD_HOMES}),
    "web service": (2024, "crs28992res100m", {_camel(name): values for name, values in {**NEW, **HOMES}.items()}),
}


@pytest.mark.parametrize("form", FORMS)
def test_squares_say_the_same_in_each_of_their_forms(tmp_path: Path, form: str):
    vintage, code, figures = FORMS[form]
    _write(tmp_path, "buurten", BUURTEN)
    _write(tmp_path, "squares", {code: ["E1550N4630", "E1551N4630"], **figures}, side_m=100)
    statistics = _read(_area(tmp_path, buurten={}, squares={"vintage": vintage}), tmp_path)
    found = _counts(statistics.people_counts, "square")
    known, hidden = "E1550N4630", "E1551N4630"
    assert found[known, "all"] == (100, 98, 102, "", vintage, "count")
    assert found[known, "65plus"] == (20, 18, 22, "", vintage, "count")
    assert found[hidden, "all"] == (None, 0, 4, "masked", vintage, "count")
    assert found[hidden, "65plus"] == (None, 0, 4, "masked", vintage, "count")
    assert found[hidden, "households"] == (5, 3, 7, "", vintage, "count")
    assert found[hidden, "hh_single"] == (None, 0, 4, "masked", vintage, "count")
    assert found[known, "hh_children"] == (15, 11, 19, "", vintage, "sum")
    assert found[hidden, "hh_children"] == (None, 0, 7, "masked", vintage, "sum")
    assert statistics.squares.to_pylist()[0] == {
        "square_code": known, "size_m": 100, "x_m": WEST + 50, "y_m": SOUTH + 50,
    }  # fmt: skip


def test_squares_of_500_metres_are_counted_beside_those_of_100(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    _write(tmp_path, "squares", {"crs28992res100m": ["E1550N4630", "E1551N4630"], **NEW}, side_m=100)
    _write(tmp_path, "squares_500", {"crs28992res500m": ["E1550N4630", "E1555N4630"], **NEW})
    statistics = _read(_area(tmp_path, buurten={}, squares={}, squares_500={}), tmp_path)
    found = _counts(statistics.people_counts, "square500")
    assert found["E1550N4630", "all"] == (100, 98, 102, "", 2024, "count")
    sizes = {(row["square_code"], row["size_m"]): (row["x_m"], row["y_m"]) for row in statistics.squares.to_pylist()}
    assert sizes["E1550N4630", 500] == (WEST + 250, SOUTH + 250)
    assert sizes["E1550N4630", 100] == (WEST + 50, SOUTH + 50)


def test_a_code_of_100_metres_is_no_corner_of_500(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    _write(tmp_path, "squares_500", {"crs28992res500m": ["E1550N4630", "E1551N4630"], **NEW})
    with pytest.raises(SourceError, match=r"1 codes are no CBS squares of 500 m, such as 'E1551N4630'"):
        _read(_area(tmp_path, buurten={}, squares_500={}), tmp_path)


def test_buurten_carry_shares_of_people_and_of_households(tmp_path: Path):
    homes = {"aantal_huishoudens": [50, 25], "percentage_eenpersoonshuishoudens": [40, -99999999]}
    _write(tmp_path, "buurten", {**BUURTEN, **homes})
    found = _counts(_read(_area(tmp_path, buurten={}), tmp_path).people_counts, "buurt")
    assert found["BU00010101", "all"] == (100, 98, 102, "", 2024, "count")
    assert found["BU00010101", "65plus"] == (
        20, pytest.approx(98 * 0.195), pytest.approx(102 * 0.205), "", 2024, "share",
    )  # fmt: skip
    assert found["BU00010201", "65plus"] == (None, 0, 52, "masked", 2024, "share")
    assert found["BU00010101", "households"] == (50, 48, 52, "", 2024, "count")
    assert found["BU00010101", "hh_single"][0] == 20
    assert found["BU00010201", "hh_single"] == (None, 0, 27, "masked", 2024, "share")
    assert not any(group == "hh_children" for _, group in found)


@pytest.mark.parametrize(("vintage", "water"), [(2017, "WATER"), (2024, "H2O")])
def test_the_shapefile_names_are_read_in_old_and_new_vintages(tmp_path: Path, vintage: int, water: str):
    names = ["BU_CODE", "BU_NAAM", "WK_CODE", "GM_CODE", water, "AANT_INW"]
    ages = ["P_00_14_JR", "P_15_24_JR", "P_25_44_JR", "P_45_64_JR", "P_65_EO_JR"]
    _write(tmp_path, "buurten", dict(zip([*names, *ages], BUURTEN.values(), strict=True)))
    found = _counts(_read(_area(tmp_path, vintage, buurten={}), tmp_path).people_counts, "buurt")
    assert found["BU00010101", "0_14"][0] == 20


@pytest.mark.parametrize(
    ("vintage", "level", "code", "figures"),
    [
        (2018, "pc4", "PC4", OLD), (2020, "pc6", "PC6", OLD),
        (2022, "pc4", "postcode", NEW), (2024, "pc6", "postcode6", NEW),
    ],
)  # fmt: skip
def test_postcodes_are_read_in_each_of_their_forms(
    tmp_path: Path, vintage: int, level: str, code: str, figures: Fields
):
    _write(tmp_path, "buurten", BUURTEN)
    codes = ["1000", "1001"] if level == "pc4" else ["1000 AA", "1000 AB"]
    _write(tmp_path, level, {code: codes, **figures})
    found = _counts(_read(_area(tmp_path, buurten={}, **{level: {"vintage": vintage}}), tmp_path).people_counts, level)
    first, second = (value.replace(" ", "") for value in codes)
    assert found[first, "65plus"] == (20, 18, 22, "", vintage, "count")
    assert found[second, "all"] == (None, 0, 4, "masked", vintage, "count")


def test_counts_under_names_of_percentages_are_counts_and_told(tmp_path: Path):
    ages = {name: [200, 100] for name in AGES}
    _write(tmp_path, "buurten", {**BUURTEN, "aantal_inwoners": [1_000, 500], **ages})
    statistics = _read(_area(tmp_path, buurten={}), tmp_path)
    assert _counts(statistics.people_counts, "buurt")["BU00010101", "65plus"] == (200, 198, 202, "", 2024, "count")
    (noted,) = [remark for remark in statistics.remarks if remark.problem.startswith("holds counts")]
    assert (noted.source, noted.rows) == ("buurten.gpkg:buurten", 2)
    with pytest.raises(SourceError, match="cannot hold percentages"):
        _read(_area(tmp_path, buurten={"ages_in": "percent"}), tmp_path)


def test_a_buurt_with_inhabitants_and_no_geometry_is_refused_by_its_code(tmp_path: Path):
    columns = {column: np.array(values) for column, values in BUURTEN.items()}
    write_layer(tmp_path / "buurten.gpkg", "buurten", np.array([_boxes()[0], None], dtype=object), columns)
    with pytest.raises(
        SourceError, match="BU00010201 has no geometry in the Netherlands and 50 inhabitants, who would be nowhere"
    ):
        _read(_area(tmp_path, buurten={}), tmp_path)


@pytest.mark.parametrize(
    "other", [{"aantal_inwoners": [100, 0]}, {"water": ["NEE", "JA"]}, {"gemeentecode": ["GM0001", "GM0002"]}]
)
def test_what_lies_nowhere_and_counts_nobody_here_is_set_aside(tmp_path: Path, other: Fields):
    columns = {column: np.array(values) for column, values in {**BUURTEN, **other}.items()}
    write_layer(tmp_path / "buurten.gpkg", "buurten", np.array([_boxes()[0], None], dtype=object), columns)
    statistics = _read(_area(tmp_path, buurten={}), tmp_path)
    assert [remark.rows for remark in statistics.remarks if remark.action == "set_aside"] == [1]


def test_people_of_a_postcode_without_geometry_are_missed_where_postcodes_are_the_total(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    columns = {"postcode6": np.array(["1000AA", "1000AB"]), **{name: np.array([50, 60]) for name in NEW}}
    figures = {**columns, **{name: np.array([10, 10]) for name in list(NEW)[1:]}}
    write_layer(tmp_path / "pc6.gpkg", "pc6", np.array([_boxes()[0], None], dtype=object), figures)
    area = _area(tmp_path, buurten={}, pc6={})
    assert "no geometry" in [remark.problem for remark in _read(area, tmp_path).remarks]
    total = area.model_copy(update={"population": area.population.model_copy(update={"total_from": "pc6"})})
    with pytest.raises(SourceError, match="1000AB has no geometry in the Netherlands and 60 inhabitants"):
        _read(total, tmp_path)


def test_a_postcode_in_several_rows_counts_the_same_people_in_each(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    figures = {name: [20, 20] for name in list(NEW)[1:]}
    _write(tmp_path, "pc4", {"postcode": ["1000", "1000"], "aantal_inwoners": [100, 100], **figures})
    area = _area(tmp_path, buurten={}, pc4={})
    assert _counts(_read(area, tmp_path).people_counts, "pc4")["1000", "all"][0] == 100
    _write(tmp_path, "pc4", {"postcode": ["1000", "1000"], "aantal_inwoners": [100, 150], **figures})
    with pytest.raises(SourceError, match=r"1000 stands in several rows that count different people \(all\)"):
        _read(area, tmp_path)


def test_a_code_of_another_wijk_or_gemeente_than_stands_beside_it_is_refused(tmp_path: Path):
    for code, expected in (("BU00010301", "BU00010301 with WK000102"), ("BU00020201", "BU00020201 with WK000102")):
        _write(tmp_path, "buurten", {**BUURTEN, "buurtcode": ["BU00010101", code]})
        with pytest.raises(SourceError, match=f"of other wijken than stand beside it, such as {expected}"):
            _read(_area(tmp_path, buurten={}), tmp_path)
    _write(tmp_path, "buurten", {**BUURTEN, "gemeentecode": ["GM0001", "GM0002"]})
    with pytest.raises(SourceError, match="BU00010201 with GM0002"):
        _read(_area(tmp_path, buurten={}), tmp_path)


def test_more_households_than_people_are_refused(tmp_path: Path):
    _write(tmp_path, "buurten", {**BUURTEN, "aantal_huishoudens": [500, 25]})
    with pytest.raises(SourceError, match="1 areas have more households than inhabitants, such as 498 and 102"):
        _read(_area(tmp_path, buurten={}), tmp_path)


def test_hidden_figures_and_land_without_postcode_are_told(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    _write(tmp_path, "pc4", {"postcode": ["1000", "1001"], **NEW}, side_m=480)
    told = {
        (one.source[:3], one.problem): one.rows for one in _read(_area(tmp_path, buurten={}, pc4={}), tmp_path).remarks
    }
    assert told["buu", "1 areas: number of inhabitants known, a part of them hidden or empty"] == 1
    assert told["pc4", "1 areas: number of inhabitants hidden or empty"] == 1
    assert told["pc4", "8% of the area lies in no pc4: who lives there is in none"] == 0


def test_two_buurten_with_one_polygon_are_refused(tmp_path: Path):
    columns = {column: np.array(values) for column, values in BUURTEN.items()}
    write_layer(tmp_path / "buurten.gpkg", "buurten", _boxes()[[0, 0]], columns)
    with pytest.raises(SourceError, match="BU00010101 and BU00010201 have the same polygon"):
        _read(_area(tmp_path, buurten={}), tmp_path)


def test_a_word_for_water_that_nobody_knows_is_refused(tmp_path: Path):
    _write(tmp_path, "buurten", {**BUURTEN, "water": ["nee", "plas"]})
    with pytest.raises(SourceError, match=r"column 'water' .*holds \['PLAS'\], which are neither JA nor NEE"):
        _read(_area(tmp_path, buurten={}), tmp_path)


def test_a_gemeente_of_water_alone_is_refused_as_such(tmp_path: Path):
    _write(tmp_path, "buurten", {**BUURTEN, "water": ["JA", "JA"]})
    with pytest.raises(SourceError, match=r"all areas of \['GM0001'\] are water, as 'water' says"):
        _read(_area(tmp_path, buurten={}), tmp_path)


OWN = {name: values for name, values in BUURTEN.items() if name not in {"wijkcode", "gemeentecode", "water"}}


def test_own_borders_of_one_gemeente_need_no_column_for_it_nor_for_water_nor_wijk(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    whole = _read(_area(tmp_path, buurten={}), tmp_path)
    _write(tmp_path, "own", {**OWN, "buurtcode": ["BU00010101", "BU00010201"]})
    area = _area(tmp_path, buurten={"path": "own.gpkg", "constants": {"gemeente": "GM0001", "water": "nee"}})
    own = _read(area, tmp_path)
    parents = {row["area_code"]: row["parent_code"] for row in own.areas.to_pylist() if row["area_type"] == "buurt"}
    assert parents == {"BU00010101": "WK000101", "BU00010201": "WK000102"}
    assert own.people_counts["persons"].equals(whole.people_counts["persons"])
    assert "no column for the wijk: the first six digits of each buurt" in [remark.problem for remark in own.remarks]


def test_own_borders_without_gemeente_are_told_what_to_write(tmp_path: Path):
    _write(tmp_path, "buurten", OWN)
    with pytest.raises(SourceError, match=r"`constants: \{gemeente: GM0363, water: nee\}`"):
        _read(_area(tmp_path, buurten={}), tmp_path)


def test_buurt_codes_of_the_gemeente_itself_are_refused_with_the_column_that_fits(tmp_path: Path):
    _write(tmp_path, "buurten", {**BUURTEN, "buurtcode": ["AA01", "AA02"], "cbs": ["BU00010101", "BU00010201"]})
    with pytest.raises(
        SourceError, match=r"'AA01'.*Column 'cbs' holds such codes: name it as `columns: \{code: cbs\}`"
    ):
        _read(_area(tmp_path, buurten={}), tmp_path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"constants": {"gemeente": "Amsterdam"}}, "'Amsterdam' is no code of a gemeente; write it as GM0014"),
        ({"constants": {"water": "no"}}, "water: write ja or nee"),
        (
            {"constants": {"gemeente": "GM0001"}, "columns": {"gemeenten": "gm"}},
            r"\['gemeente'\] stand under `columns`",
        ),
    ],
)
def test_constants_that_say_nothing_or_twice_are_refused(tmp_path: Path, given: dict[str, object], expected: str):
    with pytest.raises(AreaFileError, match=expected):
        _area(tmp_path, buurten=given)


def test_a_missing_column_is_told_with_its_vintage_the_mapping_and_the_mend(tmp_path: Path):
    _write(tmp_path, "buurten", {name: values for name, values in BUURTEN.items() if name != "aantal_inwoners"})
    with pytest.raises(
        SourceError,
        match=r"column 'aantal_inwoners' is missing \(inhabitants.*neighbourhoods of 2024.*from_documentation.*"
        r"`columns`, such as \{inhabitants: \.\.\.\}",
    ):
        _read(_area(tmp_path, buurten={}), tmp_path)


def test_the_area_file_may_rename_any_column(tmp_path: Path):
    renamed = {"buurtcode": "code", "aantal_inwoners": "bewoners", "percentage_personen_65_jaar_en_ouder": "oud"}
    fields = {renamed.get(name, name): values for name, values in BUURTEN.items()}
    _write(tmp_path, "buurten", {**fields, "huishoudens": [50, 25]})
    columns = {"code": "code", "inhabitants": "bewoners", "65plus": "oud", "households": "huishoudens"}
    statistics = _read(_area(tmp_path, buurten={"columns": columns}), tmp_path)
    found = _counts(statistics.people_counts, "buurt")
    assert (found["BU00010101", "all"][0], found["BU00010101", "65plus"][0]) == (100, 20)
    assert (found["BU00010101", "0_14"][0], found["BU00010101", "households"][0]) == (20, 50)


def test_a_renamed_column_that_is_not_there_is_an_error_also_of_households(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    for key in ("65plus", "households"):
        with pytest.raises(SourceError, match=rf"column 'elders' is missing \({key}"):
            _read(_area(tmp_path, buurten={"columns": {key: "elders"}}), tmp_path)


def test_a_key_that_cbs_does_not_hold_is_refused(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    with pytest.raises(
        SourceError,
        match=r"`columns` names \['inhabitant'\].*Name \['code', 'name', 'gemeente', 'wijk', 'water', 'inhabitants'",
    ):
        _read(_area(tmp_path, buurten={"columns": {"inhabitant": "aantal_inwoners"}}), tmp_path)


def test_columns_that_are_not_used_are_listed_and_households_that_are_absent_too(tmp_path: Path):
    _write(tmp_path, "buurten", {**BUURTEN, "gemiddeld_inkomen": [1, 2], "mannen": [50, 25]})
    told = {remark.problem.split(",")[0]: remark for remark in _read(_area(tmp_path, buurten={}), tmp_path).remarks}
    unused, absent = told["columns not used"], told["groups of households not in it"]
    assert (unused.source, unused.action) == ("buurten.gpkg:buurten", "listed")
    assert (unused.rows, unused.examples) == (2, "gemiddeld_inkomen, mannen")
    assert absent.examples == "hh_children, hh_single, households"


def test_layers_of_buurten_and_wijken_of_different_years_are_refused(tmp_path: Path):
    with pytest.raises(AreaFileError, match=r"cannot be joined: buurten of 2024, wijken of 2023; use one year"):
        _area(tmp_path, buurten={}, wijken={"vintage": 2023})


def test_a_wijk_that_a_buurt_lies_in_must_be_delivered(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    wijken = {name: values for name, values in BUURTEN.items() if not name.startswith("buurt")}
    _write(tmp_path, "wijken", {**wijken, "wijknaam": ["Een", "Drie"], "wijkcode": ["WK000101", "WK000103"]})
    with pytest.raises(SourceError, match=r"wijken.gpkg:wijken: lacks \['WK000102'\], in which buurten of buurten"):
        _read(_area(tmp_path, buurten={}, wijken={}), tmp_path)


def test_postcodes_of_another_year_than_the_buurten_are_told(tmp_path: Path):
    _write(tmp_path, "buurten", BUURTEN)
    _write(tmp_path, "pc4", {"postcode": ["1000", "1001"], **NEW})
    area = _area(tmp_path, buurten={}, pc4={"vintage": 2022})
    told = [(remark.source, remark.problem) for remark in _read(area, tmp_path).remarks if remark.action == "noted"]
    assert ("pc4.gpkg", "borders of 2022 beside buurten of 2024") in told


def test_every_vintage_says_how_sure_its_columns_are():
    sure = {"verified_on_file", "from_documentation", "assumed"}
    for product in ("neighbourhoods", "pc4", "pc6", "squares", "squares_500"):
        for vintage in range(2017, 2026):
            delivery = Delivery(path="a.gpkg", vintage=vintage, licence="CC-BY-4.0", attribution="CBS")
            mapping = mapping_of(product, vintage)
            assert mapping["status"] in sure
            assert mapping["evidence"] != mapping_of(product, 1900)["evidence"]
            for dialect in dialects(product, delivery):
                assert (dialect.status, dialect.evidence) == (mapping["status"], mapping["evidence"])
                assert all(mask.meaning for mask in dialect.masks.values())


def test_a_line_per_delivery_tells_what_its_columns_rest_on(tmp_path: Path):
    sources = _area(tmp_path, 2017, buurten={}, pc4={"columns": {"postcode": "pc"}}).sources
    assert sources.buurten is not None
    assert sources.pc4 is not None
    (buurten,) = columns_known("buurten", sources.buurten)
    assert buurten.startswith("verified on file: wijk- en buurtkaart 2017")
    assert list(columns_known("pc4", sources.pc4))[-1] == "named in the area file: postcode is 'pc'"
    assert list(columns_known("streets", sources.streets)) == []
    assert source_mapping(_area(tmp_path, 2017, buurten={}))["buurten.gpkg"]["status"] == "verified_on_file"
