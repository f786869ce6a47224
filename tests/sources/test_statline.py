"""StatLine tables in the three shapes in which they are taken: the same figures, and why a figure is absent."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, AreaFile, StatlineDelivery, read_area_file
from pipelines.sources.contracts import CONTEXT
from pipelines.sources.deliveries import delivered_context
from pipelines.sources.remarks import Remark
from pipelines.sources.statline import read_statline

# Kerncijfers wijken en buurten: one year, no periods, regions padded with blanks to ten positions.
REGIONS = ("NL00      ", "GM0014    ", "WK001400  ", "BU00140000", "BU03630000")
INHABITANTS = (17_942_942.0, 238_147.0, 21_095.0, None, 1_000.0)
DISTANCE = (1.0, 0.9, 0.6, None, 0.4)


def delivered(name: str, table: str = "85984NED") -> StatlineDelivery:
    return StatlineDelivery(path=name, table=table, vintage=2024, licence="CC-BY-4.0", attribution="CBS")


def read(raw: Path, name: str, table: str = "85984NED") -> tuple[pa.Table, tuple[Remark, ...]]:
    found, remarks = read_statline(delivered(name, table), raw, ("GM0014",))
    assert violations(found, CONTEXT) == ()
    return found, remarks


def stored(raw: Path, **more: list[Any]) -> None:
    rows = [(code, region, value) for code, of in _MEASURES.items() for region, value in zip(REGIONS, of, strict=True)]
    codes, regions, values = zip(*rows, strict=True)
    columns = {
        "measure_code": codes,
        "measure_title": ["Aantal inwoners" if code == "T001036" else "Afstand tot school" for code in codes],
        "unit": ["aantal" if code == "T001036" else "km" for code in codes],
        "region_code": regions,
        "region_title": regions,
        "period": [""] * len(rows),
        "value": values,
        "value_attribute": [_attribute(code, value) for code, value in zip(codes, values, strict=True)],
    }
    pq.write_table(pa.table({**columns, **more}), raw / "a.parquet")


_MEASURES = {"T001036": INHABITANTS, "D000025": DISTANCE}


def _attribute(code: str, value: float | None) -> str:
    return "None" if value is not None else "Confidential" if code == "T001036" else "Impossible"


def answered(raw: Path, **more: Any) -> None:
    rows = [
        {"Id": n, "Measure": code, "ValueAttribute": _attribute(code, value), "Value": value, "WijkenEnBuurten": region}
        for code, of in _MEASURES.items()
        for n, (region, value) in enumerate(zip(REGIONS, of, strict=True))
    ]
    (raw / "a.json").write_text(json.dumps({"@odata.context": "x", "value": rows, **more}), encoding="utf-8")


def exported(raw: Path) -> None:
    lines = ['"ID";"WijkenEnBuurten";"Gemeentenaam_1";"SoortRegio_2";"T001036_5";"D000025_106"']
    for n, (region, people, km) in enumerate(zip(REGIONS, INHABITANTS, DISTANCE, strict=True)):
        cells = ("       ." if people is None else f"{people:8.0f}", "" if km is None else f"{km:8.1f}")
        lines.append(f'"{n}";"{region}";"Groningen";"Buurt";"{cells[0]}";"{cells[1]}"')
    (raw / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


SHAPES = {"a.parquet": stored, "a.json": answered, "a.csv": exported}
FIGURES = [
    ("buurt", "BU00140000", "D000025", "2024JJ00", None, "not_applicable"),
    ("buurt", "BU00140000", "T001036", "2024JJ00", None, "masked"),
    ("gemeente", "GM0014", "D000025", "2024JJ00", 0.9, ""),
    ("gemeente", "GM0014", "T001036", "2024JJ00", 238_147.0, ""),
    ("land", "NL00", "D000025", "2024JJ00", 1.0, ""),
    ("land", "NL00", "T001036", "2024JJ00", 17_942_942.0, ""),
    ("wijk", "WK001400", "D000025", "2024JJ00", 0.6, ""),
    ("wijk", "WK001400", "T001036", "2024JJ00", 21_095.0, ""),
]


@pytest.mark.parametrize("name", SHAPES)
def test_a_table_gives_the_same_figures_in_every_shape(tmp_path: Path, name: str):
    SHAPES[name](tmp_path)
    table, remarks = read(tmp_path, name)
    names = ("region_type", "region_code", "measure_code", "period", "value", "reason_missing")
    found = [tuple(row[key] for key in names) for row in table.to_pylist()]
    # An export adds the number of the topic to the name of its column.
    assert [(*row[:2], row[2].partition("_")[0], *row[3:]) for row in found] == FIGURES
    assert [(one.action, one.rows) for one in remarks] == [("read", 10)]
    assert set(table["table_id"].to_pylist()) == {"85984NED"}


def test_titles_and_units_are_kept_where_they_are_delivered(tmp_path: Path):
    stored(tmp_path)
    table, _ = read(tmp_path, "a.parquet")
    assert {(row["measure_title"], row["unit"]) for row in table.to_pylist()} == {
        ("Aantal inwoners", "aantal"),
        ("Afstand tot school", "km"),
    }


def test_margins_and_groups_of_the_veiligheidsmonitor_are_dimensions(tmp_path: Path):
    """A table with margins has three rows per figure, apart from years and groups of persons."""
    dimensions = [(margin, year) for margin in ("MW00000", "MOG0095", "MBG0095") for year in ("2021JJ00", "2023JJ00")]
    rows = [
        {
            "Id": n, "Measure": "M001512", "ValueAttribute": "None" if n else "Unreliable",
            "Value": 6.1 + n if n else None, "RegioS": "GM0014    ",
            "Perioden": year, "Marges": margin, "Persoonskenmerken": "T009002",
        }
        for n, (margin, year) in enumerate(dimensions)
    ]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps({"value": rows}), encoding="utf-8")
    table, _ = read(tmp_path, "a.json", "85146NED")
    assert set(table["dimensions"].to_pylist()) == {f"Marges={m};Persoonskenmerken=T009002" for m, _ in dimensions}
    assert set(table["period"].to_pylist()) == {"2021JJ00", "2023JJ00"}
    assert [row["reason_missing"] for row in table.to_pylist() if row["value"] is None] == ["masked"]
    wide = {"Marges": ["MW00000"] * 10, "Geslacht": ["1100"] * 10}
    stored(tmp_path, **wide)
    assert set(read(tmp_path, "a.parquet")[0]["dimensions"].to_pylist()) == {"Geslacht=1100;Marges=MW00000"}


def test_a_reason_that_is_not_known_is_counted(tmp_path: Path):
    stored(tmp_path, value_attribute=["None"] * 3 + ["Weggelaten"] + ["None"] * 6)
    table, remarks = read(tmp_path, "a.parquet")
    assert [(r.action, r.rows, r.examples) for r in remarks[1:]] == [("read as not delivered", 1, "Weggelaten")]
    assert table["reason_missing"].to_pylist().count("not_delivered") == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", '{"value": [{"Id": 1', r"is no JSON .*cut short"),
        ("a.json", "[1, 2]", r"no list under 'value'"),
        ("a.json", '{"value": [{"Id": 1}]}', r"\['Measure', 'Value', 'ValueAttribute'\] are missing"),
        (
            "a.json",
            '{"value": [{"Measure": "a", "Value": 1, "ValueAttribute": "None", "Leeftijd": "1"}]}',
            r"which column holds the regions\? .*Leeftijd",
        ),
        (
            "a.json",
            '{"value": [{"Measure": "a", "Value": "x", "ValueAttribute": "None", "RegioS": "GM0014"}]}',
            r"row 1: 'Value' is no number",
        ),
        (
            "a.json",
            '{"value": [{"Measure": "a", "Value": 1, "ValueAttribute": "None", "RegioS": "GM0363"}]}',
            r"holds nothing on \['GM0014'\].*85984NED",
        ),
        ("a.csv", "ID;WijkenEnBuurten;Inwoners_5\n0;Groningen;3\n", r"'WijkenEnBuurten' holds no code .*with codes"),
        ("a.csv", "ID;WijkenEnBuurten;Naam_1\n0;GM0014;Groningen\n", r"no column holds figures"),
        ("a.csv", "ID;Leeftijd;Naam_1\n0;1;2\n", r"which column holds the regions"),
        (
            "a.csv",
            "ID;WijkenEnBuurten;A_1\n0;GM0014;1\n1;GM0014;2\n",
            r"1 figures of the area stand there twice",
        ),
        ("a.parquet", "PAR1", r"is no Parquet that can be read"),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_a_mend(tmp_path: Path, name: str, content: str, words: str):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=rf"^{name}: .*{words}"):
        read(tmp_path, name)


def test_a_page_of_several_is_refused(tmp_path: Path):
    answered(tmp_path, **{"@odata.nextLink": "https://x"})
    with pytest.raises(SourceError, match=r"a\.json: is one page of several\. Fetch the whole"):
        read(tmp_path, "a.json")


def test_an_area_may_name_several_tables_each_once(tmp_path: Path):
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    stored(tmp_path)
    answered(tmp_path)

    def with_tables(*tables: tuple[str, str]) -> AreaFile:
        deliveries = tuple(delivered(name, table) for name, table in tables)
        return area.model_copy(update={"sources": area.sources.model_copy(update={"statline": deliveries})})

    table, _ = delivered_context(with_tables(("a.parquet", "85984NED"), ("a.json", "86134NED")), tmp_path)
    assert table["table_id"].to_pylist() == ["85984NED"] * 8 + ["86134NED"] * 8
    assert len(delivered_context(area, tmp_path)[0]) == 0
    with pytest.raises(SourceError, match=r"sources\.statline: table \['85984NED'\] stands twice"):
        delivered_context(with_tables(("a.parquet", "85984NED"), ("a.json", "85984NED")), tmp_path)


def _exported(raw: Path, text: str, **columns: str) -> list[tuple[object, ...]]:
    (raw / "a.csv").write_text(text, encoding="utf-8")
    delivery = delivered("a.csv").model_copy(update={"columns": columns})
    table, _ = read_statline(delivery, raw, ("GM0014",))
    return [(row["measure_code"], row["period"], row["value"], row["dimensions"]) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("region", "period"),
    [("WijkenEnBuurten", "Perioden"), ("Wijken en buurten", "Perioden"), ("RegioS", "Periods"), ("Regions", "Periods")],
)
def test_dutch_and_english_headings_are_known(tmp_path: Path, region: str, period: str):
    text = f"ID;{region};{period};TotalPopulation_1\n0;GM0014;2024JJ00;238147\n"
    assert _exported(tmp_path, text) == [("TotalPopulation_1", "2024JJ00", 238_147, "")]


def test_numbers_that_are_no_topic_by_their_name_are_refused_and_may_be_named(tmp_path: Path):
    text = "ID;WijkenEnBuurten;A_1;T001036;Bevolking\n0;GM0014;1;238147;5\n1;BU00140000;2;.;6\n"
    with pytest.raises(
        SourceError, match=r"columns \['T001036', 'Bevolking'\] hold numbers, and are no topics.*`columns"
    ):
        _exported(tmp_path, text)
    found = _exported(tmp_path, text, T001036="T001036", M2="Bevolking")
    assert {(code, value) for code, _, value, _ in found} >= {("T001036", 238_147), ("M2", 6), ("A_1", 1)}


def test_numbers_that_tell_rows_apart_are_a_dimension(tmp_path: Path):
    text = "RegioS;Geslacht;Leeftijd;A_1\nGM0014;3000;10000;1\nGM0014;4000;10000;2\n"
    assert {row[3] for row in _exported(tmp_path, text)} == {
        "Geslacht=3000;Leeftijd=10000",
        "Geslacht=4000;Leeftijd=10000",
    }


def test_figures_beside_a_dimension_are_refused_by_their_parts_or_masks(tmp_path: Path):
    text = "RegioS;Geslacht;Afstand;A_1\nGM0014;3000;0.9;1\nGM0014;4000;.;2\n"
    with pytest.raises(SourceError, match=r"columns \['Afstand'\] hold numbers"):
        _exported(tmp_path, text)


def test_columns_of_the_area_file_are_looked_at(tmp_path: Path):
    text = "Plaatsen;Jaar;A_1\nGM0014;2023JJ00;5\n"
    assert _exported(tmp_path, text, region="Plaatsen", period="Jaar") == [("A_1", "2023JJ00", 5, "")]
    with pytest.raises(SourceError, match=r"`columns` in the area file names \['onzin'\], which are not in it"):
        _exported(tmp_path, text, region="onzin")
    answered(tmp_path)
    with pytest.raises(SourceError, match=r"`columns` names \['onzin'\]; of an answer"):
        read_statline(delivered("a.json").model_copy(update={"columns": {"onzin": "x"}}), tmp_path, ("GM0014",))
    stored(tmp_path)
    with pytest.raises(SourceError, match="Take `columns` out"):
        read_statline(delivered("a.parquet").model_copy(update={"columns": {"onzin": "x"}}), tmp_path, ("GM0014",))


def test_a_topic_of_numbers_and_words_is_refused_with_what_is_no_figure(tmp_path: Path):
    with pytest.raises(SourceError, match=r"column 'A_1' holds 1 values that are no figure, such as 'n\.b\.'"):
        _exported(tmp_path, "RegioS;A_1\nGM0014;5\nBU00140000;n.b.\n")


def test_thousands_in_an_export_are_read_in_one_way(tmp_path: Path):
    text = "RegioS;A_1\nGM0014;17.942.942\nBU00140000;1.234\n"
    assert {value for _, _, value, _ in _exported(tmp_path, text)} == {17_942_942, 1_234}


@pytest.mark.parametrize("value", ["true", "NaN", "Infinity"])
def test_what_json_takes_for_a_number_may_be_none(tmp_path: Path, value: str):
    row = f'{{"Measure": "a", "Value": {value}, "ValueAttribute": "None", "RegioS": "GM0014"}}'
    (tmp_path / "a.json").write_text(f'{{"value": [{row}]}}', encoding="utf-8")
    with pytest.raises(SourceError, match="row 1: 'Value' is no number"):
        read(tmp_path, "a.json")
