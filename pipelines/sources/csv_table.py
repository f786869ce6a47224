"""Read a delivered CSV strictly: every cell as text, every irregularity an error that names its line.

Here are encoding, delimiter, shape and the reading of numbers. What a column means is for the reader of each source.
No cell is ever quoted in an error, because some of these files are about persons.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.errors import SourceError

MOST_COLUMNS = 2_000
MOST_BYTES = 2**29
MOST_ROWS = 5_000_000
# What a spreadsheet, in English or Dutch, writes where it could compute nothing.
_ERRORS = frozenset({
    "#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!", "#spill!", "#calc!",
    "#n/b", "#verw!", "#deel/0!", "#waarde!", "#naam?", "#getal!", "#leeg!", "#overloop!", "#bereken!",
})  # fmt: skip
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_EXCEL_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_LOOKED_AT_LINES, _LOOKED_AT_LETTERS = 20, 100_000
_LEAST_TABLE = 3
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
# Of 1,51E+05 a spreadsheet has shown, and saved, fewer digits than the number has.
_SHORTENED = re.compile(r"[+-]?[0-9]+[.,]([0-9]+)[eE]\+?([0-9]{1,3})")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")


def read_csv(
    path: Path, name: str, header_row: int = 1, rows_under_header: int = 0, *, encoding: str | None = None
) -> pa.Table:
    """Read a CSV as `read_lettered_csv` does, without its encoding."""
    return read_lettered_csv(path, name, header_row, rows_under_header, encoding=encoding)[0]


def read_lettered_csv(
    path: Path, name: str, header_row: int = 1, rows_under_header: int = 0, *, encoding: str | None = None
) -> tuple[pa.Table, str]:
    """Read a CSV with `;`, `,` or tabs in UTF-8 (with or without BOM) or Windows-1252.

    Parameters
    ----------
    path
        The file.
    name
        What to call it in an error, e.g. its path under the raw folder.
    header_row
        The line, from 1, with the names of the columns; what stands above it is not read.
    rows_under_header
        Rows right below it that are not read either: units, or a second heading.
    encoding
        How its letters are written; None: UTF-8, else Windows-1252.

    Returns
    -------
    tuple
        All columns text without surrounding blanks, '' where a cell is empty; rows in the order of the file, without
        those in which every cell is empty. And how its letters are written.

    Raises
    ------
    SourceError
        When the file is missing, empty, no text, has unnamed, repeated or over 2,000 columns, no rows, or a row with
        another number of cells than the first line; where it seems to begin with a title, the error says so.
    """
    text, letters = _text(path, name, encoding)
    separator = _EXCEL_SEPARATOR.match(text)
    lines_before = max(header_row - 1, 1 if separator else 0)
    body = _from_line(text, lines_before, name)
    first_line = body.lstrip("\r\n ").partition("\n")[0]
    delimiter = separator[1] if separator else next((mark for mark in ";\t,|" if mark in first_line), ",")
    if delimiter not in {";", ",", "\t"}:
        raise SourceError(f"{name}: its cells are parted by {delimiter!r}. Save it with `;` or `,` between the cells.")
    rows = _rows(body, delimiter, name, lines_before=lines_before)
    title = title_of(_first_lines(text), name) if header_row == 1 else ""
    try:
        table = _under_header(rows, name, rows_under_header)
    except SourceError as error:
        raise SourceError(title) if title else error from None
    if title and len(table.column_names) == 1:
        raise SourceError(title)
    return table, letters


def _under_header(rows: Iterator[tuple[int, list[str]]], name: str, rows_under_header: int) -> pa.Table:
    first_row = next(rows, None)
    if first_row is None:
        raise SourceError(f"{name}: is empty. Deliver it again, or leave it out of the area file.")
    names = first_row[1]
    cells = list(_of_one_width(islice(rows, rows_under_header, None), len(names), name))
    return headed_table(names, cells, name)


def _from_line(text: str, lines_before: int, name: str) -> str:
    ends = [match.end() for match in islice(_LINE_END.finditer(text), lines_before)]
    if len(ends) < lines_before:
        raise SourceError(
            f"{name}: has {len(ends) + 1} lines, and its names would stand in line {lines_before + 1}. Correct "
            "`header_row` in the area file."
        )
    return text[ends[-1] :] if ends else text


def _first_lines(text: str) -> list[list[str]]:
    """Cells of the first lines, parted by the mark that occurs most in them."""
    lines = _LINE_END.split(text[:_LOOKED_AT_LETTERS])[:_LOOKED_AT_LINES]
    delimiter = max(";\t,", key="".join(lines).count)
    return [line.split(delimiter) for line in lines]


def title_of(lines: Sequence[Sequence[str]], name: str) -> str:
    """Say that a table seems to begin with a title, and where its names seem to stand; '' where it does not.

    Parameters
    ----------
    lines
        Cells of the first lines of the file, blank lines included.
    name
        What to call it.
    """
    filled = [sum(bool(cell.strip()) for cell in line) for line in lines]
    first = next((row for row, count in enumerate(filled) if count), 0)
    widest = max(filled, default=0)
    if widest < _LEAST_TABLE or filled[first] * 2 >= widest:
        return ""
    header = filled.index(widest)
    cells = "cell" if filled[first] == 1 else "cells"
    return (
        f"{name}: line {first + 1} has {filled[first]} {cells}, line {header + 1} has {widest}: the names of the "
        f"columns seem to stand there. Set `header_row: {header + 1}` of this source in the area file, or remove the "
        "lines above it."
    )


def headed_table(names: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> pa.Table:
    """Put rows under the names of their columns; where nothing stands at all, not even a name, there is no column.

    Parameters
    ----------
    names
        What stands in the row of the names, '' where nothing does.
    rows
        Rows of as many cells.
    name
        What to call the file in an error.
    """
    unnamed = [column for column, cell in enumerate(names) if not cell]
    blank = {column for column in unnamed if not any(row[column] for row in rows)}
    kept = [column for column in range(len(names)) if column not in blank]
    header = header_of(names, name, blank)
    return rows_to_table(header, [[row[column] for column in kept] for row in rows] if blank else rows, name)


def rows_to_table(header: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> pa.Table:
    """Put rows of text under their header, but for those in which every cell is empty.

    Raises
    ------
    SourceError
        When none is left, or a cell is an error of a spreadsheet.
    """
    cells = [row for row in rows if any(row)]
    if not cells:
        raise SourceError(
            f"{name}: holds no rows under its first line. Deliver it again, or leave it out of the area file."
        )
    columns = dict(zip(header, zip(*cells, strict=True), strict=True))
    _require_computed(columns, name)
    return pa.table({column: pa.array(values, type=pa.string()) for column, values in columns.items()})


def _require_computed(columns: Mapping[str, Sequence[str]], name: str) -> None:
    """Refuse what a spreadsheet writes where a formula fails: it is no answer, no kind and no name."""
    for column, cells in columns.items():
        failed = [cell for cell in cells if cell[:1] == "#" and cell.lower() in _ERRORS]
        if failed:
            raise SourceError(
                f"{name}: column {column!r} holds {len(failed)} errors of a spreadsheet, such as {failed[0]}. Mend the "
                "formulas, empty those cells, or remove the column."
            )


def _bytes(path: Path, name: str) -> bytes:
    """What the file holds, unpacked when it is a `.gz`, with a limit on what may come out of it."""
    opened = gzip.open if path.suffix.lower() == ".gz" else Path.open
    try:
        with opened(path, "rb") as delivered:
            content: bytes = delivered.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{name}: cannot be opened ({error}). Check the path and the raw folder, or download it again."
        ) from error
    if len(content) > MOST_BYTES:
        raise SourceError(f"{name}: is larger than {MOST_BYTES // 2**20:,} MiB. Deliver the part for this area.")
    return content


def _text(path: Path, name: str, encoding: str | None) -> tuple[str, str]:
    """What stands in a file, and how its letters are written."""
    content = _bytes(path, name)
    if encoding is not None:
        return _decoded_as(content, name, encoding), encoding
    if content.startswith(_UTF16_MARKS) or b"\x00" in content:
        raise SourceError(
            f"{name}: is no plain text (UTF-16, or a spreadsheet under another name). Save it as CSV in UTF-8."
        )
    return _decoded(content, name)


def _decoded_as(content: bytes, name: str, encoding: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:  # of some ways of writing it does not say where
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        raise SourceError(
            f"{name}: line {line} is not written in {encoding}, as `encoding` in the area file says. Correct it there."
        ) from error


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as not_utf8:
        try:
            return content.decode("cp1252"), "Windows-1252"
        except UnicodeDecodeError:
            line = content[: not_utf8.start].count(b"\n") + 1
            raise SourceError(
                f"{name}: line {line} is neither UTF-8 nor Windows-1252. Save the file as CSV in UTF-8."
            ) from not_utf8


def _rows(text: str, delimiter: str, name: str, *, lines_before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num + lines_before, [cell.strip() for cell in row]
    except csv.Error as error:
        raise SourceError(
            f"{name}: line {reader.line_num + lines_before} is no CSV ({error}). Look for a quotation mark too many."
        ) from error


_LOWER_HEADER = " If a lower line holds the names, set `header_row` to its number in the area file."


def header_of(cells: Sequence[str], name: str, blank: Collection[int] = ()) -> list[str]:
    """Check the names of the columns, as the first line gives them, but for those (from 0) that are `blank`.

    Raises
    ------
    SourceError
        When there are over 2,000, or one is empty or repeats.
    """
    if len(cells) > MOST_COLUMNS:
        raise SourceError(f"{name}: has {len(cells)} columns, more than {MOST_COLUMNS}. Is this the right file?")
    unnamed = [column + 1 for column, cell in enumerate(cells) if not cell and column not in blank]
    if unnamed:
        raise SourceError(
            f"{name}: column {unnamed[0]} has no name in the first line. Give it one, or remove the column."
            f"{_LOWER_HEADER}"
        )
    repeated = [number for number, cell in enumerate(cells, start=1) if cell and cell in cells[: number - 1]]
    if repeated:
        raise SourceError(
            f"{name}: column {repeated[0]} has the name of an earlier one. Give each column its own name."
            f"{_LOWER_HEADER}"
        )
    return [cell for cell in cells if cell]


def _of_one_width(rows: Iterator[tuple[int, list[str]]], width: int, name: str) -> Iterator[list[str]]:
    for line, row in rows:
        # A spreadsheet ends every row with as many delimiters as it once had columns.
        if len(row) < width or any(row[width:]):
            raise SourceError(
                f"{name}: line {line} has {len(row)} cells, the first line {width}. "
                "Look for a missing delimiter, or for one inside a text without quotation marks."
            )
        yield row[:width]


_RENAME = "Deliver them, or name the right columns under `columns` in the area file."


def require_columns(table: pa.Table, wanted: tuple[str, ...], name: str, mend: str = _RENAME) -> None:
    """Refuse a table that lacks a column, and say how to `mend` it.

    What stands in the first line is not quoted: in a file without one it is the first person's answers.

    Raises
    ------
    SourceError
        Naming every missing column.
    """
    missing = [column for column in wanted if column not in table.column_names]
    if missing:
        raise SourceError(
            f"{name}: columns {missing} are missing; the first line must hold the names of the columns. {mend}"
        )


def number(text: str) -> float | None:
    """Read `0,5`, `0.5`, `-1`, `1.234,5` or `1e-3`; None of anything else, infinity and lost digits included."""
    plain = text.strip()
    shortened = _SHORTENED.fullmatch(plain)
    if shortened and len(shortened[1]) < int(shortened[2]):
        return None
    if _THOUSANDS.fullmatch(plain):
        return float(plain.replace(".", "").replace(",", "."))
    value = float(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else np.inf
    return value if np.isfinite(value) else None
