"""Read one sheet of a workbook as Excel shows it, or say which column it would show otherwise.

Here cells become text. A formula without a result and a merged cell look empty to a program, though not to whoever
made the list. No cell is quoted in an error, because some of these files are about persons.
"""

import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from pipelines.errors import SourceError
from pipelines.sources.cell_texts import cell_text
from pipelines.sources.csv_table import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, headed_table, title_of
from pipelines.sources.remarks import Remark
from pipelines.sources.sheet_marks import Box, SheetMarks, sheet_marks
from pipelines.sources.wholeness import advice

_LOOKED_AT_ROWS = 20
_SAVE_AGAIN = "It may be locked with a password, or an older .xls: open it and save it as XLSX or CSV."
# No text in a cell holds this character: XML forbids it.
_NO_RESULT = "\x00"
# 0.12 shown as 12 % is 12.000000000000002 once multiplied.
_PERCENT_DECIMALS = 10
_DAMAGED = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, ET.ParseError, KeyError, OSError, EOFError, StopIteration,
    # What openpyxl raises of a part it does not expect.
    AttributeError, TypeError, ValueError,
)  # fmt: skip
_Rows = list[list[str]]


def read_workbook(
    path: Path, name: str, sheet: str | None = None, heading: tuple[int, int] = (1, 0)
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read one sheet of an XLSX.

    Parameters
    ----------
    path
        The file.
    name
        What to call it in an error.
    sheet
        Of several sheets, the one to read.
    heading
        The row, from 1, of the names of the columns, and how many rows right below it are not read.

    Returns
    -------
    tuple
        All columns text, as in `read_csv`: of a formula its stored result, of merged cells the same in each, of a
        percentage what is shown (12 of 12 %). Remarks tell of merged cells, percentages, and what is hidden, which
        counts all the same.

    Raises
    ------
    SourceError
        When it cannot be read, a formula has no stored result, or names or rows are missing.
    """
    _require_small(path, name)
    try:
        # Opened here, as openpyxl leaves open what it fails to read. What it warns of is no fault of a list.
        with path.open("rb") as opened, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
            chosen = _sheet_name([one.title for one in book.worksheets], name, sheet)
            marks = sheet_marks(path, chosen)
            # What a sheet says of its size is false in some exports, which would be cut off by it.
            book[chosen].reset_dimensions()
            cells, percentages = _texts(_limited(book[chosen].iter_rows(), name), marks)
    except _DAMAGED as error:
        raise SourceError(
            f"{name}: is no XLSX that can be read ({type(error).__name__}). {advice(path, _SAVE_AGAIN)}"
        ) from error
    names = next((row for row in range(heading[0] - 1, len(cells)) if any(cells[row])), 0)
    table = _headed(_unmerged(cells, marks.merged, names), name, *heading)
    return table, _remarks(name, marks, percentages, names)


def _headed(cells: _Rows, name: str, header_row: int, rows_under_header: int) -> pa.Table:
    title = title_of(cells[:_LOOKED_AT_ROWS], name) if header_row == 1 else ""
    try:
        return _tabulated(cells[header_row - 1 :], name, rows_under_header)
    except SourceError as error:
        raise SourceError(title) if title else error from None


def _require_small(path: Path, name: str) -> None:
    """Refuse a workbook that would fill the memory once unpacked; a small file may hold one."""
    try:
        with zipfile.ZipFile(path) as packed:
            n_bytes = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(f"{name}: is no XLSX ({error}). {advice(path, _SAVE_AGAIN)}") from error
    if n_bytes > MOST_BYTES:
        raise SourceError(
            f"{name}: is larger than {MOST_BYTES // 2**20:,} MiB once unpacked. Deliver the part for this area."
        )


def _sheet_name(names: list[str], name: str, sheet: str | None) -> str:
    if sheet is None and len(names) == 1:
        return names[0]
    if sheet not in names:
        raise SourceError(
            f"{name}: which sheet? It has {names}. Set `layer` of this source in the area file to one of them; of a "
            "codebook keep one sheet."
        )
    return sheet


def _limited(rows: Iterable[Sequence[object]], name: str) -> Iterator[Sequence[object]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise SourceError(f"{name}: has over {MOST_ROWS:,} rows. Deliver the part for this area.")
        # A sheet of which one far cell was coloured is said to be 16,384 columns wide.
        yield row[: MOST_COLUMNS + 1]


def _texts(rows: Iterable[Sequence[object]], marks: SheetMarks) -> tuple[_Rows, int]:
    """Give the texts of every row, and how many are percentages."""
    texts: _Rows = []
    percentages = 0
    for number, row in enumerate(rows):
        if not row:  # one far cell may stand under a million such
            texts.append([])
            continue
        are_shown = [_is_percentage(cell) for cell in row]
        values = [
            round(cell.value * 100, _PERCENT_DECIMALS) if shown else cell.value  # type: ignore[attr-defined]
            for cell, shown in zip(row, are_shown, strict=True)
        ]
        uncomputed = [(number, column) in marks.uncomputed for column in range(len(row))]
        texts.append([_NO_RESULT if no else cell_text(value) for value, no in zip(values, uncomputed, strict=True)])
        percentages += sum(are_shown)
    return texts, percentages


def _is_percentage(cell: object) -> bool:
    is_number = getattr(cell, "data_type", "") == "n" and isinstance(getattr(cell, "value", None), int | float)
    return is_number and "%" in str(cell.number_format)  # type: ignore[attr-defined]


def _unmerged(cells: _Rows, merged: Iterable[Box], names: int) -> _Rows:
    """Give merged cells the value that is shown over them; above row `names` only downwards, as titles span.

    What begins in that row is the name of a column, which reaches over a row of units or second names.
    """
    filled = [list(row) for row in cells]
    for box in merged:
        if box.top == names or box.top >= len(cells) or box.left >= len(cells[box.top]) or not cells[box.top][box.left]:
            continue
        is_title = box.top < names
        right = box.left if is_title else min(box.right, MOST_COLUMNS)
        for row in filled[box.top : (min(box.bottom, names) if is_title else box.bottom) + 1]:
            row.extend([""] * (right + 1 - len(row)))
            row[box.left : right + 1] = [cells[box.top][box.left]] * (right + 1 - box.left)
    return filled


def _tabulated(cells: _Rows, name: str, rows_under_header: int) -> pa.Table:
    """Take the first row that is not empty as the names of the columns; drop what lies right of the last name."""
    filled = [row for row in cells if any(row)]
    del filled[1 : 1 + rows_under_header]
    if not filled:
        raise SourceError(f"{name}: is empty. Deliver it again, or leave it out of the area file.")
    width = max((number for number, cell in enumerate(filled[0], start=1) if cell), default=0)
    if any(any(row[width:]) for row in filled[1:]):
        raise SourceError(
            f"{name}: column {width + 1} has no name in the first line. Give it one, or remove the column."
        )
    _require_results(filled[0][:width], filled, name)
    return headed_table(filled[0][:width], [[*row[:width], *[""] * (width - len(row))] for row in filled[1:]], name)


def _require_results(header: Sequence[str], rows: _Rows, name: str) -> None:
    counts = Counter(column for row in rows for column, cell in enumerate(row) if cell == _NO_RESULT)
    if not counts:
        return
    columns = ", ".join(
        f"{count} in column {column + 1 if header[column] == _NO_RESULT else repr(header[column])}"
        for column, count in sorted(counts.items())
    )
    raise SourceError(
        f"{name}: holds formulas without a stored result ({columns}), which look empty to a program. Open it and save "
        "it once in Excel or LibreOffice, or save its values as CSV."
    )


def _remarks(name: str, marks: SheetMarks, percentages: int, names: int) -> tuple[Remark, ...]:
    counts = {
        ("merged cells, each read as what stands over all", "mended"): sum(box.top > names for box in marks.merged),
        ("percentages, read as shown (12 of 12 %)", "noted"): percentages,
        ("hidden rows, which count like the others", "noted"): marks.hidden_rows,
        ("hidden columns, which are read like the others", "noted"): marks.hidden_columns,
    }
    return tuple(Remark(name, problem, action, rows) for (problem, action), rows in counts.items() if rows)
