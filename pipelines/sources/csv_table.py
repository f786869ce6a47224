"""Read a delivered CSV strictly: every cell as text, every irregularity an error that names its line.

Here are encoding, delimiter, shape and the reading of numbers. What a column means is for the reader of each source.
No cell is ever quoted in an error, because some of these files are about persons.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.errors import SourceError

_MOST_COLUMNS = 2_000
_MOST_BYTES = 2**30
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_EXCEL_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")


def read_csv(path: Path, name: str) -> pa.Table:
    """Read a CSV with `;` or `,` in UTF-8 (with or without BOM) or Windows-1252.

    Parameters
    ----------
    path
        The file; its first line holds the names of the columns.
    name
        What to call it in an error, e.g. its path under the raw folder.

    Returns
    -------
    pyarrow.Table
        All columns text without surrounding blanks, '' where a cell is empty; rows in the order of the file, without
        those in which every cell is empty.

    Raises
    ------
    SourceError
        When the file is missing, empty, no text, has unnamed, repeated or over 2,000 columns, no rows, or a row with
        another number of cells than the first line.
    """
    text = _text(path, name)
    separator = _EXCEL_SEPARATOR.match(text)
    body = text[separator.end() :] if separator else text
    first_line = body.lstrip().partition("\n")[0]
    delimiter = separator[1] if separator else ";" if ";" in first_line else ","
    if delimiter not in {";", ","}:
        raise SourceError(f"{name}: its cells are parted by {delimiter!r}. Save it with `;` or `,` between the cells.")
    rows = _rows(body, delimiter, name, lines_before=1 if separator else 0)
    first_row = next(rows, None)
    if first_row is None:
        raise SourceError(f"{name}: is empty. Deliver it again, or leave it out of the area file.")
    header = _header(first_row[1], name)
    cells = [row for row in _of_one_width(rows, len(header), name) if any(row)]
    if not cells:
        raise SourceError(
            f"{name}: holds no rows under its first line. Deliver it again, or leave it out of the area file."
        )
    columns = zip(*cells, strict=True)
    return pa.table(
        {column: pa.array(values, type=pa.string()) for column, values in zip(header, columns, strict=True)}
    )


def _bytes(path: Path, name: str) -> bytes:
    """What the file holds, unpacked when it is a `.gz`, with a limit on what may come out of it."""
    opened = gzip.open if path.suffix == ".gz" else Path.open
    try:
        with opened(path, "rb") as delivered:
            content: bytes = delivered.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{name}: cannot be opened ({error}). Check the path and the raw folder; a .gz may be cut short."
        ) from error
    if len(content) > _MOST_BYTES:
        raise SourceError(f"{name}: is larger than {_MOST_BYTES // 2**20:,} MiB. Deliver the part for this area.")
    return content


def _text(path: Path, name: str) -> str:
    content = _bytes(path, name)
    if content.startswith(_UTF16_MARKS) or b"\x00" in content:
        raise SourceError(
            f"{name}: is no plain text (UTF-16, or a spreadsheet under another name). Save it as CSV in UTF-8."
        )
    return _decoded(content, name)


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as not_utf8:
        try:
            return content.decode("cp1252")
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


def _header(cells: list[str], name: str) -> list[str]:
    if len(cells) > _MOST_COLUMNS:
        raise SourceError(f"{name}: has {len(cells)} columns, more than {_MOST_COLUMNS}. Is this the right file?")
    unnamed = [number for number, cell in enumerate(cells, start=1) if not cell]
    if unnamed:
        raise SourceError(
            f"{name}: column {unnamed[0]} has no name in the first line. Give it one, or remove the column."
        )
    repeated = [number for number, cell in enumerate(cells, start=1) if cell in cells[: number - 1]]
    if repeated:
        raise SourceError(
            f"{name}: column {repeated[0]} has the name of an earlier one. Give each column its own name."
        )
    return cells


def _of_one_width(rows: Iterator[tuple[int, list[str]]], width: int, name: str) -> Iterator[list[str]]:
    for line, row in rows:
        if len(row) != width:
            raise SourceError(
                f"{name}: line {line} has {len(row)} cells, the first line {width}. "
                "Look for a missing delimiter, or for one inside a text without quotation marks."
            )
        yield row


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
    """Read `0,5`, `0.5`, `-1`, `1.234,5` or `1e-3`; None of anything else, infinity included."""
    plain = text.strip()
    if _THOUSANDS.fullmatch(plain):
        return float(plain.replace(".", "").replace(",", "."))
    value = float(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else np.inf
    return value if np.isfinite(value) else None


def numbers(column: pa.ChunkedArray) -> pa.Array:
    """Read a column of texts as numbers; shape (n,), float64, null where a text is no number.

    Each distinct text is read once: a column of answers has thousands of rows and six values.
    """
    encoded = column.combine_chunks().dictionary_encode()
    distinct = pa.array([number(text) for text in encoded.dictionary.to_pylist()], type=pa.float64())
    return distinct.take(encoded.indices)
