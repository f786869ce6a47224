"""A sheet as Excel shows it: formulas, merged cells, errors, percentages, and what is hidden."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import openpyxl.chart
import pytest

from pipelines.errors import SourceError
from pipelines.sources.remarks import Remark
from pipelines.sources.workbook import read_workbook

Rows = list[dict[str, str]]
PLACES = [("nr", "soort", "x"), (1, "Buurthuis", 5), (2, None, 6), (3, None, 7), (4, "School", 8)]


def _read(
    path: Path, change: Callable[[openpyxl.worksheet.worksheet.Worksheet], object], heading: tuple[int, int] = (1, 0)
) -> tuple[Rows, tuple[Remark, ...]]:
    book = openpyxl.Workbook()
    for row in PLACES:
        book.active.append(row)
    change(book.active)
    book.save(path / "a.xlsx")
    table, remarks = read_workbook(path / "a.xlsx", "a.xlsx", heading=heading)
    return table.to_pylist(), remarks


def _put(cells: dict[str, object]) -> Callable[[openpyxl.worksheet.worksheet.Worksheet], object]:
    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for place, value in cells.items():
            sheet[place] = value

    return change


def _with_part(path: Path, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> None:
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name).decode() for name in whole.namelist()}
    assert re.search(old, parts[part])
    parts[part] = re.sub(old, new, parts[part])
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def _stored(path: Path, formula: str, cell: str, *, computes_later: bool = False) -> Rows:
    """A workbook in which B3 is a formula, stored as `cell`."""
    book = openpyxl.Workbook()
    for row in PLACES:
        book.active.append(row)
    book.active["B3"] = formula
    book.save(path / "a.xlsx")
    _with_part(path / "a.xlsx", r'<c r="B3".*?</c>', cell)
    if not computes_later:
        _with_part(path / "a.xlsx", ' fullCalcOnLoad="1"', "", "xl/workbook.xml")
    return read_workbook(path / "a.xlsx", "a.xlsx")[0].to_pylist()


def test_formulas_without_a_result_are_refused_with_column_number_and_mend(tmp_path: Path):
    with pytest.raises(
        SourceError, match=r"^a\.xlsx: .*\(1 in column 'soort', 2 in column 'x'\).*save it once in Excel"
    ):
        _read(tmp_path, _put({"B3": "=B2", "C3": "=1+1", "C4": "=C3"}))


def test_a_formula_is_read_as_its_stored_result(tmp_path: Path):
    assert _stored(tmp_path, "=B2", '<c r="B3" t="str"><f>B2</f><v>Buurthuis</v></c>')[1]["soort"] == "Buurthuis"
    assert _stored(tmp_path, "=1+1", '<c r="B3"><f>1+1</f><v>2</v></c>')[1]["soort"] == "2"


def test_a_formula_whose_result_is_an_empty_text_is_empty(tmp_path: Path):
    assert _stored(tmp_path, '=""', '<c r="B3" t="str"><f>""</f><v></v></c>')[1]["soort"] == ""


def test_a_result_that_is_yet_to_be_computed_is_none(tmp_path: Path):
    with pytest.raises(SourceError, match="1 in column 'soort'"):
        _stored(tmp_path, "=1+1", '<c r="B3"><f>1+1</f><v>0</v></c>', computes_later=True)


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"])
def test_errors_are_refused_with_column_and_number(tmp_path: Path, error: str):
    with pytest.raises(SourceError, match=r"a\.xlsx: column 'soort' holds 2 errors of a spreadsheet, such as #"):
        _read(tmp_path, _put({"B3": error, "B4": error}))


def test_a_dutch_error_that_became_text_is_one_too(tmp_path: Path):
    with pytest.raises(SourceError, match=r"column 'x' holds 1 errors of a spreadsheet, such as #N/B"):
        _read(tmp_path, _put({"C3": "#N/B"}))


def test_a_merged_cell_means_its_value_in_all_its_rows(tmp_path: Path):
    rows, remarks = _read(tmp_path, lambda sheet: sheet.merge_cells("B2:B4"))
    assert [row["soort"] for row in rows] == ["Buurthuis", "Buurthuis", "Buurthuis", "School"]
    assert [(remark.action, remark.rows) for remark in remarks] == [("mended", 1)]


def test_a_cell_merged_over_columns_means_its_value_in_each(tmp_path: Path):
    rows, _ = _read(tmp_path, lambda sheet: sheet.merge_cells("B5:C5"))
    assert rows[3] == {"nr": "4", "soort": "School", "x": "School"}


def test_a_title_over_all_columns_is_no_name_of_each(tmp_path: Path):
    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "Plekken in 2024"
        sheet.merge_cells("A1:C1")

    rows, remarks = _read(tmp_path, change, heading=(2, 0))
    assert (list(rows[0]), remarks) == (["nr", "soort", "x"], ())


def test_a_name_over_two_rows_is_no_first_row_of_the_list(tmp_path: Path):
    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.insert_rows(2)
        for column in "ABC":
            sheet.merge_cells(f"{column}1:{column}2")

    rows, remarks = _read(tmp_path, change)
    assert ([row["nr"] for row in rows], remarks) == (["1", "2", "3", "4"], ())


def test_a_table_may_begin_at_the_third_row_and_column(tmp_path: Path):
    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.insert_rows(1, 2)
        sheet.insert_cols(1, 2)

    rows, _ = _read(tmp_path, change)
    assert (len(rows), rows[0]) == (4, {"nr": "1", "soort": "Buurthuis", "x": "5"})


def test_a_sheet_with_a_chart_alone_is_no_table(tmp_path: Path):
    book = openpyxl.Workbook()
    for row in PLACES:
        book.active.append(row)
    book.create_chartsheet("Grafiek").add_chart(openpyxl.chart.BarChart())
    book.save(tmp_path / "a.xlsx")
    assert len(read_workbook(tmp_path / "a.xlsx", "a.xlsx")[0]) == 4


def test_a_percentage_is_what_is_shown(tmp_path: Path):
    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet["C2"], sheet["C3"] = 0.12, 0.125
        sheet["C2"].number_format, sheet["C3"].number_format = "0%", "0.0%"

    rows, remarks = _read(tmp_path, change)
    assert [row["x"] for row in rows] == ["12", "12.5", "7", "8"]
    assert [(remark.action, remark.rows) for remark in remarks] == [("noted", 2)]


def test_what_is_hidden_counts_and_is_told(tmp_path: Path):
    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.row_dimensions[3].hidden = sheet.row_dimensions[4].hidden = True
        sheet.column_dimensions["C"].hidden = True

    rows, remarks = _read(tmp_path, change)
    assert (len(rows), rows[1]["x"]) == (4, "6")
    assert [(remark.problem.split(",")[0], remark.rows) for remark in remarks] == [
        ("hidden rows", 2),
        ("hidden columns", 1),
    ]


def test_a_sheet_that_gives_its_size_too_small_is_read_whole(tmp_path: Path):
    _read(tmp_path, _put({}))
    _with_part(tmp_path / "a.xlsx", '<dimension ref="[^"]*"', '<dimension ref="A1"')
    assert len(read_workbook(tmp_path / "a.xlsx", "a.xlsx")[0]) == 4


def test_what_openpyxl_warns_of_is_not_on_screen(tmp_path: Path, recwarn: pytest.WarningsRecorder):
    _read(tmp_path, _put({}))
    _with_part(
        tmp_path / "a.xlsx",
        "</sheetData>",
        '</sheetData><extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst>',
    )
    assert len(read_workbook(tmp_path / "a.xlsx", "a.xlsx")[0]) == 4
    assert not recwarn.list
