"""What people and programs do to a list: cells, columns, rows, headings, ways of writing, and other kinds of file."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat

from tests.mutations.byte_changes import BYTES, Change, Rng

Rows = list[list[str]]
NASTY = (
    "", " ", "#N/A", "#DIV/0!", "=1+1", "1.234", "1 234", "1\u00a0234", "1e308", "-1", "NaN", "inf", "99999", "abc",
    "0", "\u00a09901 ab", "9901.0", "ja", "[red]rood[/red]", "{{7*7}}", "\u202eomgekeerd", "x" * 5_000, 'a"b', "a\nb",
    "\x00", "2024-02-31", "BU9999'; drop table areas;--", "<script>alert(1)</script>", "99,5", "-99997", "1,234.5",
)  # fmt: skip


def _read(path: Path) -> tuple[str, Rows]:
    text = path.read_bytes().decode("utf-8-sig")
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    return delimiter, list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _write(path: Path, rows: Rows, delimiter: str = ";", encoding: str = "utf-8", end: str = "\n") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding, errors="replace"))
    return path


def _of_rows(change: Callable[[Rng, list[str], Rows], Rows]) -> Change:
    """Let a change of heading and rows change a file."""

    def changed(rng: Rng, path: Path) -> Path:
        delimiter, (header, *rows) = _read(path)
        return _write(path, change(rng, header, rows), delimiter)

    changed.__name__ = change.__name__
    return changed


def _column(rng: Rng, header: list[str]) -> int:
    return int(rng.integers(len(header)))


def _with_column(rows: Rows, column: int, values: list[str]) -> Rows:
    return [[*row[:column], value, *row[column + 1 :]] for row, value in zip(rows, values, strict=True)]


def nasty_cells(rng: Rng, header: list[str], rows: Rows) -> Rows:
    column, word = _column(rng, header), str(rng.choice(NASTY))
    share = rng.choice([0.0, 0.1, 1.0])
    hit = rng.random(len(rows)) < share
    hit[rng.integers(len(rows))] = True
    values = [word if is_hit else row[column] for row, is_hit in zip(rows, hit, strict=True)]
    return [header, *_with_column(rows, column, values)]


def column_lost(rng: Rng, header: list[str], rows: Rows) -> Rows:
    column = _column(rng, header)
    return [row[:column] + row[column + 1 :] for row in (header, *rows)]


def column_doubled(rng: Rng, header: list[str], rows: Rows) -> Rows:
    column = _column(rng, header)
    return [[*row, row[column]] for row in (header, *rows)]


def column_renamed(rng: Rng, header: list[str], rows: Rows) -> Rows:
    column = _column(rng, header)
    name = str(rng.choice(["", header[column].upper(), f" {header[column]} ", "[red]", "naam; met teken", "x" * 3_000]))
    return [[*header[:column], name, *header[column + 1 :]], *rows]


def names_swapped(rng: Rng, header: list[str], rows: Rows) -> Rows:
    one, other = rng.choice(len(header), 2, replace=False).tolist()
    swapped = list(header)
    swapped[one], swapped[other] = header[other], header[one]
    return [swapped, *rows]


def values_shuffled(rng: Rng, header: list[str], rows: Rows) -> Rows:
    column = _column(rng, header)
    return [header, *_with_column(rows, column, rng.permutation([row[column] for row in rows]).tolist())]


def rows_lost(rng: Rng, header: list[str], rows: Rows) -> Rows:
    kept = rng.random(len(rows)) < rng.choice([0.0, 0.5, 0.95])
    return [header, *(row for row, is_kept in zip(rows, kept, strict=True) if is_kept)]


def rows_doubled(rng: Rng, header: list[str], rows: Rows) -> Rows:
    return [header, *rows, *rows[: int(rng.integers(1, len(rows) + 1))]]


def rows_reversed(_rng: Rng, header: list[str], rows: Rows) -> Rows:
    return [header, *reversed(rows)]


def a_cell_too_many(rng: Rng, header: list[str], rows: Rows) -> Rows:
    row = int(rng.integers(len(rows)))
    return [header, *rows[:row], [*rows[row], "meer"], *rows[row + 1 :]]


def heading_lost(_rng: Rng, _header: list[str], rows: Rows) -> Rows:
    return rows


def title_above(_rng: Rng, header: list[str], rows: Rows) -> Rows:
    return [["Overzicht 2024"], [], header, *rows]


def units_below(_rng: Rng, header: list[str], rows: Rows) -> Rows:
    return [header, ["aantal"] * len(header), *rows]


def commas_for_points(_rng: Rng, header: list[str], rows: Rows) -> Rows:
    return [header, *([cell.replace(".", ",") for cell in row] for row in rows)]


def total_below(_rng: Rng, header: list[str], rows: Rows) -> Rows:
    return [header, *rows, ["Totaal", *[""] * (len(header) - 1)]]


def written_otherwise(rng: Rng, path: Path) -> Path:
    _, rows = _read(path)
    delimiter, encoding, end = (
        str(rng.choice(options))
        for options in (
            [";", ",", "\t", "|"],
            ["utf-8", "utf-8-sig", "cp1252", "utf-16", "mac-roman"],
            ["\n", "\r\n", "\r"],
        )
    )
    return _write(path, rows, delimiter, encoding, end)


def as_workbook(rng: Rng, path: Path) -> Path:
    """An XLSX, now and then with a formula, a merged cell, or a number where text stood."""
    _, rows = _read(path)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([_typed(rng, cell) for cell in row])
    oddity = int(rng.integers(4))
    last = len(rows)
    if oddity == 0:
        book.active.cell(last, 1).value = "=A1&1"
    elif oddity == 1:
        book.active.merge_cells(start_row=max(last - 2, 2), end_row=last, start_column=1, end_column=1)
    elif oddity == 2:
        book.create_sheet("toelichting").append(["tekst"])
    target = path.with_suffix(".xlsx")
    book.save(target)
    return target


def _typed(rng: Rng, cell: str) -> str | float:
    clean = "".join(character for character in cell if character.isprintable())
    return float(clean) if clean.replace(".", "", 1).isdecimal() and rng.random() < 0.9 else clean


def as_spss(rng: Rng, path: Path) -> Path:
    """An SPSS file, in which codes of some columns are declared missing."""
    _, (header, *rows) = _read(path)
    columns = {re.sub(r"\W", "_", name): _numbers([row[n] for row in rows]) for n, name in enumerate(header)}
    numeric = [name for name, values in columns.items() if isinstance(values, np.ndarray)]
    target = path.with_suffix(".sav")
    missing = {name: [99] for name in numeric if rng.random() < 0.3}
    pyreadstat.write_sav(pd.DataFrame(columns), str(target), missing_ranges=missing)
    return target


def _numbers(cells: list[str]) -> list[str] | np.ndarray:
    """A column of numbers where every cell is one or empty, as somebody who fills in SPSS would have it."""
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return cells


def as_parquet(_rng: Rng, path: Path) -> Path:
    _, (header, *rows) = _read(path)
    target = path.with_suffix(".parquet")
    pq.write_table(pa.table({name: [row[n] for row in rows] for n, name in enumerate(header)}), target)
    return target


def damaged_as(form: Change) -> Change:
    """Another kind of file that is then damaged."""

    def changed(rng: Rng, path: Path) -> Path:
        target = form(rng, path)
        return BYTES[str(rng.choice(["cut_short", "bits_flipped", "block_zeroed"]))](rng, target)

    changed.__name__ = f"damaged_{form.__name__}"
    return changed


FORMS = (as_workbook, as_spss, as_parquet)
LISTS: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        *map(_of_rows, (
            nasty_cells, column_lost, column_doubled, column_renamed, names_swapped, values_shuffled, rows_lost,
            rows_doubled, rows_reversed, a_cell_too_many, heading_lost, title_above, units_below, commas_for_points,
            total_below,
        )),
        written_otherwise, *FORMS, *map(damaged_as, FORMS),
    )
}  # fmt: skip
