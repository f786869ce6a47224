"""Figures in a table beside borders: kerncijfers and postcode figures, joined by their codes."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
import yaml

from pipelines.errors import AreaFileError, SourceError
from pipelines.example.vector_file import write_layer
from pipelines.protection.public import is_public, public_unit_types
from pipelines.sources.area_file import SHIPPED, AreaFile, read_area_file
from pipelines.sources.cbs import Statistics, read_municipality, read_statistics, source_mapping, vintage_remarks

COMMON = {"vintage": 2024, "licence": "CC-BY-4.0", "attribution": "CBS"}
BORDERS = {
    "buurtcode": ["BU00010001", "BU00010002"],
    "buurtnaam": ["Oost", "West"],
    "wijkcode": ["WK000100", "WK000100"],
    "gemeentecode": ["GM0001", "GM0001"],
    "water": ["NEE", "NEE"],
}
KWB_NAMES = (
    "gwb_code_10", "gwb_code_8", "regio", "gm_naam", "recs", "gwb_code", "ind_wbi", "a_inw", "a_man", "a_vrouw",
    "a_00_14", "a_15_24", "a_25_44", "a_45_64", "a_65_oo", "a_hh", "a_1p_hh", "a_hh_z_k", "a_hh_m_k", "g_hhgro",
)  # fmt: skip
EAST = ("BU00010001", "00010001", "Oost", "Klein", "Buurt", "BU00010001", "1", 1_255, 625, 630, 205, 150, 310, 340, 250,
        600, 240, 160, 200, "2,1")  # fmt: skip
WEST = ("BU00010002", "00010002", "West", "Klein", "Buurt", "BU00010002", "1", 40, 20, 20, ".", ".", ".", ".", ".",
        20, ".", ".", ".", ".")  # fmt: skip
ABOVE = (
    ("NL00", "00", "Nederland", "Nederland", "Land", "NL00", ".", *EAST[7:]),
    ("GM0001", "0001", "Klein", "Klein", "Gemeente", "GM0001", "1", *EAST[7:]),
    ("WK000100", "000100", "Wijk 00", "Klein", "Wijk", "WK000100", "1", *EAST[7:]),
)
ELSEWHERE = ("BU00020001", "00020001", "Ver", "Groot", "Buurt", "BU00020001", "1", *EAST[7:])
KWB = (*ABOVE, EAST, WEST, ELSEWHERE)


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened, delimiter=";").writerows([names, *rows])


def _write_borders(raw: Path, fields: Mapping[str, Sequence[object]] = BORDERS, layer: str = "buurten") -> None:
    boxes = [shapely.box(155_000 + 500 * n, 463_000, 155_500 + 500 * n, 463_500) for n in range(2)]
    columns = {name: np.array(values) for name, values in fields.items()}
    write_layer(raw / f"{layer}.gpkg", layer, np.array(boxes, dtype=object), columns)


def _area(raw: Path, **figures: Mapping[str, object]) -> AreaFile:
    def delivery(role: str) -> dict[str, object]:
        beside = {"figures": {**COMMON, "path": f"{role}.csv", **figures[role]}} if role in figures else {}
        return {**COMMON, "path": f"{role}.gpkg", **beside}

    text = {
        "name": "klein", "title": "Klein", "year": 2024, "gemeenten": ["GM0001"],
        "population": {"total_from": "buurten"},
        "sources": {
            **{role: delivery(role) for role in {"buurten", *figures}},
            "streets": {**COMMON, "path": "streets.osm.pbf", "format": "osm"},
        },
        "place_kinds": dict.fromkeys(["winkel", "school", "buurtcentrum", "speelplek", "horeca", "sport"], "complete"),
    }  # fmt: skip
    (raw / "klein.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    return read_area_file(raw / "klein.yaml")


def _read(area: AreaFile, raw: Path) -> Statistics:
    return read_statistics(area, raw, read_municipality(area, raw))


def _persons(statistics: Statistics, unit_type: str = "buurt") -> dict[tuple[str, str], object]:
    rows = (row for row in statistics.people_counts.to_pylist() if row["unit_type"] == unit_type)
    return {(row["unit_code"], row["population_group"]): row["persons"] for row in rows}


def _klein(raw: Path, rows: Sequence[Sequence[object]] = KWB, names: Sequence[str] = KWB_NAMES) -> Statistics:
    _write_borders(raw)
    _write_csv(raw / "buurten.csv", names, rows)
    return _read(_area(raw, buurten={}), raw)


def test_kerncijfers_are_joined_to_borders_without_figures(tmp_path: Path):
    statistics = _klein(tmp_path)
    found = _persons(statistics)
    assert (found["BU00010001", "all"], found["BU00010001", "65plus"]) == (1_255, 250)
    assert (found["BU00010001", "households"], found["BU00010001", "hh_children"]) == (600, 200)
    assert (found["BU00010002", "all"], found["BU00010002", "65plus"]) == (40, None)
    assert {code for code, _ in found} == {"BU00010001", "BU00010002"}
    told = {remark.problem: remark.rows for remark in statistics.remarks if remark.source == "buurten.csv"}
    assert told["rows of areas that are not in sources.buurten"] == 1


@pytest.mark.parametrize("level", ["wijken", "gemeenten"])
def test_each_level_takes_its_own_rows_of_one_table(tmp_path: Path, level: str):
    code = {"wijken": "WK000100", "gemeenten": "GM0001"}[level]
    _write_borders(tmp_path)
    own = {name: values[:1] for name, values in BORDERS.items() if not name.startswith("buurt")}
    own |= {"wijknaam": ["Wijk"]} if level == "wijken" else {"gemeentenaam": ["Klein"]}
    whole = np.array([shapely.box(155_000, 463_000, 156_000, 463_500)], dtype=object)
    write_layer(tmp_path / f"{level}.gpkg", level, whole, {name: np.array(values) for name, values in own.items()})
    _write_csv(tmp_path / "kwb.csv", KWB_NAMES, KWB)
    found = _read(_area(tmp_path, buurten={"path": "kwb.csv"}, **{level: {"path": "kwb.csv"}}), tmp_path)
    assert _persons(found, {"wijken": "wijk", "gemeenten": "gemeente"}[level])[code, "all"] == 1_255


def test_a_table_that_does_not_name_the_kind_of_area_is_told_apart_by_its_codes(tmp_path: Path):
    kept = [number for number, name in enumerate(KWB_NAMES) if name != "recs"]
    rows = [[row[number] for number in kept] for row in KWB]
    assert _persons(_klein(tmp_path, rows, [KWB_NAMES[n] for n in kept]))["BU00010001", "all"] == 1_255


def test_a_table_of_statline_is_read_by_its_own_names(tmp_path: Path):
    names = ("WijkenEnBuurten", "Gemeentenaam_1", "SoortRegio_2", "Codering_3", "AantalInwoners_5", "k_0Tot15Jaar_8",
             "k_15Tot25Jaar_9", "k_25Tot45Jaar_10", "k_45Tot65Jaar_11", "k_65JaarOfOuder_12", "HuishoudensTotaal_29",
             "Eenpersoonshuishoudens_30", "HuishoudensMetKinderen_32")  # fmt: skip
    rows = [
        (row[0], "Klein", f"{row[4]}     ", f"{row[0]}  ", row[7], *row[10:15], row[15], row[16], row[18])
        for row in KWB
    ]
    found = _persons(_klein(tmp_path, rows, names))
    assert (found["BU00010001", "65plus"], found["BU00010001", "hh_single"]) == (250, 240)


MEASURES = {"T001036": 7, "10680": 10, "53050": 11, "53310": 12, "53715": 13, "80200": 14, "1050010_2": 15,
            "1050015": 16, "1016030": 18}  # fmt: skip


def _observations(year: str = "2024JJ00") -> list[dict[str, object]]:
    return [
        {
            "measure_code": measure, "region_code": row[0], "period": year,
            "value": None if row[place] == "." else float(row[place]),
            "value_attribute": "Confidential" if row[place] == "." else "None",
        }
        for row in KWB for measure, place in MEASURES.items()
    ]  # fmt: skip


def test_observations_of_statline_say_the_same_as_kerncijfers(tmp_path: Path):
    whole = _klein(tmp_path).people_counts
    rows = [*_observations(), *_observations("2023JJ00")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "statline.parquet")
    assert _read(_area(tmp_path, buurten={"path": "statline.parquet"}), tmp_path).people_counts.equals(whole)
    names = ("Id", "Measure", "ValueAttribute", "Value", "WijkenEnBuurten")
    told = [
        (n, r["measure_code"], r["value_attribute"], r["value"], f"{r['region_code']}  ")
        for n, r in enumerate(_observations())
    ]
    _write_csv(tmp_path / "Observations.csv", names, told)
    assert _read(_area(tmp_path, buurten={"path": "Observations.csv"}), tmp_path).people_counts.equals(whole)


def test_observations_that_stand_twice_or_are_of_other_years_are_refused(tmp_path: Path):
    _write_borders(tmp_path)
    area = _area(tmp_path, buurten={"path": "statline.parquet"})
    pq.write_table(pa.Table.from_pylist(_observations() * 2), tmp_path / "statline.parquet")
    with pytest.raises(SourceError, match="holds 54 figures twice"):
        _read(area, tmp_path)
    rows = [*_observations("2022JJ00"), *_observations("2023JJ00")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "statline.parquet")
    with pytest.raises(SourceError, match=r"no observations of 2024; it has \['2022JJ00', '2023JJ00'\]"):
        _read(area, tmp_path)


def test_the_same_figures_as_workbook_or_parquet_say_the_same(tmp_path: Path):
    whole = _klein(tmp_path).people_counts
    columns = {name: pa.array([str(row[n]) for row in KWB]) for n, name in enumerate(KWB_NAMES)}
    pq.write_table(pa.table(columns), tmp_path / "kwb.parquet")
    assert _read(_area(tmp_path, buurten={"path": "kwb.parquet"}), tmp_path).people_counts.equals(whole)
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["Kerncijfers"], [], KWB_NAMES, *KWB):
        book.active.append(list(row))
    book.save(tmp_path / "kwb.xlsx")
    beside = {"path": "kwb.xlsx", "header_row": 3}
    assert _read(_area(tmp_path, buurten=beside), tmp_path).people_counts.equals(whole)


def test_people_of_a_buurt_without_borders_are_never_lost(tmp_path: Path):
    extra = ("BU00010003", "00010003", "Noord", "Klein", "Buurt", "BU00010003", "1", *EAST[7:])
    with pytest.raises(SourceError, match=r"counts 1,255 people in 1 areas.*\['BU00010003'\].*of one year"):
        _klein(tmp_path, [*KWB, extra])
    empty = (*extra[:7], 0, *["."] * 12)
    assert _persons(_klein(tmp_path, [*KWB, empty]))["BU00010001", "all"] == 1_255


def test_a_buurt_without_geometry_is_missed_by_the_figures_beside_it(tmp_path: Path):
    boxes = np.array([shapely.box(155_000, 463_000, 155_500, 463_500), None], dtype=object)
    write_layer(tmp_path / "buurten.gpkg", "buurten", boxes, {name: np.array(cells) for name, cells in BORDERS.items()})
    _write_csv(tmp_path / "buurten.csv", KWB_NAMES, KWB)
    with pytest.raises(SourceError, match=r"counts 40 people in 1 areas.*\['BU00010002'\]"):
        _read(_area(tmp_path, buurten={}), tmp_path)


def test_a_dash_is_nobody_and_a_point_is_unknown(tmp_path: Path):
    rows = [*ABOVE, (*EAST[:18], "-", "2,1"), WEST]
    found = {row["unit_code"]: row for row in _klein(tmp_path, rows).people_counts.to_pylist()
             if row["population_group"] == "hh_children"}  # fmt: skip
    assert (found["BU00010001"]["persons"], found["BU00010001"]["highest"]) == (None, 0)
    assert (found["BU00010002"]["persons"], found["BU00010002"]["highest"]) == (None, 22)


def test_areas_without_figures_are_refused_where_they_are_many(tmp_path: Path):
    with pytest.raises(SourceError, match=r"no figures of 1 of the 2 areas, such as \['BU00010002'\]"):
        _klein(tmp_path, [EAST])


def test_one_area_of_many_without_figures_is_unknown_and_told(tmp_path: Path):
    _write_borders(tmp_path)
    boxes = [shapely.box(155_000 + 10 * n, 463_000, 155_010 + 10 * n, 463_010) for n in range(20)]
    codes = [f"1000A{letter}" for letter in "ABCDEFGHIJKLMNOPQRST"]
    write_layer(tmp_path / "pc6.gpkg", "pc6", np.array(boxes, dtype=object), {"postcode6": np.array(codes)})
    _write_csv(tmp_path / "pc6.csv", ("Postcode", "Inwoners", "Ouderen"), [(code, 20, 5) for code in codes[1:]])
    _write_csv(tmp_path / "buurten.csv", KWB_NAMES, KWB)
    named = {"code": "Postcode", "inhabitants": "Inwoners", "65plus": "Ouderen"}
    area = _area(tmp_path, buurten={}, pc6={"columns": named, "ages_in": "count"})
    statistics = _read(area, tmp_path)
    unknown = [row for row in statistics.people_counts.to_pylist() if row["unit_code"] == codes[0]]
    assert [(row["persons"], row["reason_missing"]) for row in unknown] == [(None, "not_delivered")] * 2
    assert _persons(statistics, "pc6")[codes[1], "65plus"] == 5
    (told,) = [one for one in statistics.remarks if "areas without a row" in one.problem]
    assert (told.source, told.rows, told.examples) == ("pc6.csv", 1, codes[0])


def test_a_code_that_stands_twice_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"buurten\.csv: \['BU00010001'\] stand in it twice"):
        _klein(tmp_path, [*KWB, EAST])


def test_a_table_of_another_kind_of_area_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match="holds no rows of buurten"):
        _klein(tmp_path, ABOVE)


def test_figures_of_another_year_than_the_borders_are_refused_of_buurten_and_told_of_postcodes(tmp_path: Path):
    with pytest.raises(AreaFileError, match="buurten of 2024, figures of buurten of 2023; use one year"):
        _area(tmp_path, buurten={"vintage": 2023})
    noted = [(one.source, one.problem) for one in vintage_remarks(_area(tmp_path, buurten={}, pc6={"vintage": 2022}))]
    assert ("pc6.csv", "figures of 2022 beside borders of 2024") in noted


def test_licence_attribution_and_openness_follow_the_figures(tmp_path: Path):
    area = _area(tmp_path, buurten={"public": False, "attribution": "Gemeente Klein"})
    assert [one.path for one in area.sources.of("buurten")] == ["buurten.gpkg", "buurten.csv"]
    assert (public_unit_types(area), is_public(area)) == ((), False)
    assert source_mapping(area)["buurten.csv"]["status"] == "from_documentation"
    with pytest.raises(AreaFileError, match="licence 'eigen'"):
        _area(tmp_path, buurten={"licence": "eigen"})


def test_figures_and_borders_may_not_both_name_the_people(tmp_path: Path):
    _area(tmp_path, buurten={})
    text = yaml.safe_load((tmp_path / "klein.yaml").read_text(encoding="utf-8"))
    text["sources"]["buurten"]["columns"] = {"inhabitants": "inw"}
    (tmp_path / "klein.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    with pytest.raises(AreaFileError, match=r"columns names \['inhabitants'\], which stand in `figures`"):
        read_area_file(tmp_path / "klein.yaml")


def _taken_apart(area: AreaFile, example_raw: Path, raw: Path) -> AreaFile:
    """The example town with the figures of some of its layers in a CSV beside them."""
    apart = {}
    for role, code in CODE_COLUMNS.items():
        delivery = getattr(area.sources, role)
        meta, _, wkb, columns = pyogrio.raw.read(example_raw / delivery.path, layer=delivery.layer)
        fields = dict(zip(meta["fields"], columns, strict=True))
        bare = {name: fields[name] for name in fields if "code" in name or "naam" in name or name == "water"}
        write_layer(raw / "voorbeeldstad" / f"{role}.gpkg", role, shapely.from_wkb(wkb), bare)
        _write_csv(raw / "voorbeeldstad" / f"{role}.csv", list(fields), list(zip(*fields.values(), strict=True)))
        figures = {**COMMON, "path": f"voorbeeldstad/{role}.csv", "columns": {"code": code}}
        apart[role] = {"path": f"voorbeeldstad/{role}.gpkg", "layer": role, "figures": figures}
    sources = area.sources.model_dump()
    told = {**sources, **{role: {**sources[role], **changed} for role, changed in apart.items()}}
    return area.model_copy(update={"sources": type(area.sources).model_validate(told)})


CODE_COLUMNS = {"buurten": "buurtcode", "wijken": "wijkcode", "gemeenten": "gemeentecode", "pc6": "postcode6"}


def test_the_example_town_counts_the_same_people_with_its_figures_in_a_table(example_raw: Path, tmp_path: Path):
    area = read_area_file(SHIPPED / "voorbeeldstad.yaml")
    (tmp_path / "voorbeeldstad").mkdir()
    for delivery in (area.sources.pc4, area.sources.squares):
        (tmp_path / delivery.path).symlink_to(example_raw / delivery.path)
    apart = _read(_taken_apart(area, example_raw, tmp_path), tmp_path)
    assert apart.people_counts.equals(_read(area, example_raw).people_counts)
