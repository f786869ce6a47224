"""Delivered tables of other kinds than CSV: the same cells, and a clear word about what cannot be read."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from pipelines.errors import SourceError
from pipelines.sources import workbook as workbooks
from pipelines.sources.delivery import Delivery
from pipelines.sources.remarks import Remark
from pipelines.sources.tables import read_delivered, read_table

ROWS = [("respondent", "naam", "score"), ("007", "café Süd", 4.0), ("008", "=1+1", 2.5), ("009", None, None)]
CELLS = [
    {"respondent": "007", "naam": "café Süd", "score": "4"},
    {"respondent": "008", "naam": "=1+1", "score": "2.5"},
    {"respondent": "009", "naam": "", "score": ""},
]


def workbook(path: Path, *sheets: tuple[str, list[tuple[object, ...]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(number, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"
    book.save(path)
    return path


def spss(path: Path) -> Path:
    frame = pd.DataFrame(ROWS[1:], columns=list(ROWS[0])).fillna({"naam": ""})
    pyreadstat.write_sav(frame, str(path))
    return path


def parquet(path: Path) -> Path:
    columns = zip(*ROWS[1:], strict=True)
    pq.write_table(pa.table(dict(zip(ROWS[0], columns, strict=True))), path)
    return path


def comma_separated(path: Path) -> Path:
    path.write_text("respondent;naam;score\n007;café Süd;4\n008;=1+1;2.5\n009;;\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("ending", "write"),
    [
        ("csv", comma_separated),
        ("xlsx", lambda path: workbook(path, ("Blad1", ROWS))),
        ("sav", spss),
        ("parquet", parquet),
    ],
)
def test_every_kind_of_file_gives_the_same_cells(tmp_path: Path, ending: str, write: Callable[[Path], Path]):
    assert read_table(write(tmp_path / f"list.{ending}"), "list").to_pylist() == CELLS


@pytest.mark.parametrize(
    ("content", "told"), [("a;b\né;1\n".encode(), "UTF-8"), ("a;b\né;1\n".encode("cp1252"), "Windows-1252")]
)
def test_how_many_rows_were_read_and_in_which_letters_is_told_first(tmp_path: Path, content: bytes, told: str):
    (tmp_path / "a.csv").write_bytes(content)
    delivery = Delivery(path="a.csv", vintage=2024, licence="CC0-1.0", attribution="nobody")
    assert read_delivered(delivery, tmp_path).remarks == (Remark("a.csv", f"rows, letters in {told}", "read", 1),)


def test_a_day_is_written_as_iso_and_a_yes_as_a_word(tmp_path: Path):
    rows = [("dag", "tijdstip", "open"), (dt.date(2024, 5, 1), dt.datetime.fromisoformat("2024-05-01 13:30"), True)]
    found = read_table(workbook(tmp_path / "a.xlsx", ("Blad1", rows)), "a.xlsx").to_pylist()
    assert found == [{"dag": "2024-05-01", "tijdstip": "2024-05-01T13:30:00", "open": "ja"}]


def test_a_parquet_without_marked_texts_and_with_decimals_is_read(tmp_path: Path):
    columns = {
        "soort": pa.array([b"Buurthuis", "Café".encode()]),
        "x": pa.array([Decimal("1.234"), Decimal("2.500")], pa.decimal128(9, 3)),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    rows = read_table(tmp_path / "a.parquet", "a.parquet").to_pylist()
    assert rows == [{"soort": "Buurthuis", "x": "1.2340"}, {"soort": "Café", "x": "2.5000"}]


def test_a_parquet_with_a_day_that_no_calendar_knows_is_refused(tmp_path: Path):
    pq.write_table(pa.table({"dag": pa.array([253_402_300_800_000], pa.timestamp("ms"))}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match=r"a\.parquet: is no Parquet that can be read"):
        read_table(tmp_path / "a.parquet", "a.parquet")


def test_empty_rows_and_columns_around_a_table_are_none(tmp_path: Path):
    rows = [(None, None, None), ("a", "b", None), ("1", "2", None), (None, None, None)]
    assert read_table(workbook(tmp_path / "a.xlsx", ("Blad1", rows)), "a.xlsx").to_pylist() == [{"a": "1", "b": "2"}]


def test_of_several_sheets_the_one_that_is_named_is_read(tmp_path: Path):
    path = workbook(tmp_path / "a.xlsx", ("Toelichting", [("x",), ("1",)]), ("Plekken", [("y",), ("2",)]))
    assert read_table(path, "a.xlsx", "Plekken").to_pylist() == [{"y": "2"}]
    with pytest.raises(SourceError, match=r"a\.xlsx: which sheet\? It has \['Toelichting', 'Plekken'\]"):
        read_table(path, "a.xlsx")


def cut_short(tmp_path: Path, write: Callable[[Path], Path], ending: str) -> Path:
    path = write(tmp_path / f"a.{ending}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return path


def with_entities(tmp_path: Path) -> Path:
    """A workbook whose one cell grows to a billion letters, if its XML is believed."""
    path = workbook(tmp_path / "a.xlsx", ("Blad1", [("a",), ("1",)]))
    names = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    bomb = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "0123456789">{"".join(names)}]>'
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row></sheetData></worksheet>'
    )
    with zipfile.ZipFile(path) as whole:
        parts = {part: whole.read(part) for part in whole.namelist()}
    parts["xl/worksheets/sheet1.xml"] = (bomb + sheet).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return path


def with_much_in_little(tmp_path: Path) -> Path:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * 4_000_000)
    return path


def written(tmp_path: Path, ending: str, content: bytes) -> Path:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)
    return path


BROKEN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "half a workbook": (
        lambda t: cut_short(t, lambda p: workbook(p, ("Blad1", ROWS)), "xlsx"),
        "is no XLSX .* cut short",
    ),
    "half an SPSS file": (lambda t: cut_short(t, spss, "sav"), "is no SPSS file .* save it again"),
    "half a Parquet": (lambda t: cut_short(t, parquet, "parquet"), "is no Parquet .* cut short: download or copy"),
    "an old or locked workbook": (lambda t: written(t, "xlsx", b"\xd0\xcf\x11\xe0" * 200), "locked with a password"),
    "text called XLSX": (lambda t: written(t, "xlsx", b"a;b\n1;2\n"), "is no XLSX"),
    "text called SPSS": (lambda t: written(t, "sav", b"a;b\n1;2\n"), "is no SPSS file"),
    "nothing called Parquet": (lambda t: written(t, "parquet", b""), "is no Parquet"),
    "XML that grows": (with_entities, "is no XLSX"),
    "much in little": (with_much_in_little, "larger than 1 MiB once unpacked"),
    "an empty sheet": (lambda t: workbook(t / "a.xlsx", ("Blad1", [])), "is empty"),
    "a first line alone": (lambda t: workbook(t / "a.xlsx", ("Blad1", [("a", "b")])), "holds no rows"),
    "a column without a name": (lambda t: workbook(t / "a.xlsx", ("Blad1", [("a",), ("1", "2")])), "column 2 has no"),
    "one name twice": (lambda t: workbook(t / "a.xlsx", ("Blad1", [("a", "a"), ("1", "2")])), "column 2 has the name"),
    "columns without end": (
        lambda t: workbook(t / "a.xlsx", ("Blad1", [tuple(f"k{n}" for n in range(2_100)), ("1",)])),
        "more than 2000",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_read_is_named_with_a_mend(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbooks, "MOST_BYTES", 2**20)
    make, words = BROKEN[what]
    with pytest.raises(SourceError, match=rf"(?s)^lists/a: .*{words}"):
        read_table(make(tmp_path), "lists/a")


def test_no_cell_is_quoted_in_an_error(tmp_path: Path):
    path = workbook(tmp_path / "a.xlsx", ("Blad1", [("naam", "naam"), ("Geheim van mevrouw Jansen", "1")]))
    with pytest.raises(SourceError) as refused:
        read_table(path, "a.xlsx")
    assert "Jansen" not in str(refused.value)


def test_a_csv_in_memory_of_a_workbook_is_no_longer_than_its_cells(tmp_path: Path):
    """A sheet of which one far cell has a colour is said to be as wide; it is read as wide as its names."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["a", "b"])
    sheet.append(["1", "2"])
    sheet.cell(1, 500).fill = openpyxl.styles.PatternFill("solid", fgColor="FF0000")
    content = io.BytesIO()
    book.save(content)
    assert read_table(written(tmp_path, "xlsx", content.getvalue()), "a.xlsx").to_pylist() == [{"a": "1", "b": "2"}]
