"""Read a delivered table of any kind as text: CSV, XLSX, SPSS and Parquet give the same cells to the same readers.

Here a cell becomes text: whole numbers without a point, dates as ISO 8601, '' where it is empty. What a column means is
for the reader of each source. No cell is ever quoted in an error, because some of these files are about persons.
"""

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
from openpyxl.utils.exceptions import InvalidFileException

from pipelines.errors import SourceError
from pipelines.sources.csv_table import MOST_BYTES, MOST_COLUMNS, header_of, read_csv, rows_to_table, title_of
from pipelines.sources.delivery import Delivery
from pipelines.sources.vector import find

_MOST_ROWS = 5_000_000
_ROWS_AT_ONCE = 1_000
_LOOKED_AT_ROWS = 20
_EITHER = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")


def read_delivered(delivery: Delivery, raw: Path) -> pa.Table:
    """Read the table of a delivery under the raw folder, with its header where the area file says; see `read_table`."""
    return _read(find(raw, delivery.path), delivery)


def _read(path: Path, delivery: Delivery) -> pa.Table:
    read = _READERS.get(path.suffix.lower())
    if read is None:
        return read_csv(path, delivery.path, delivery.header_row, delivery.rows_under_header)
    if read is _workbook:
        return _workbook(path, delivery.path, delivery.layer, (delivery.header_row, delivery.rows_under_header))
    if delivery.header_row > 1 or delivery.rows_under_header:
        raise SourceError(
            f"{delivery.path}: names its columns itself. Take `header_row` and `rows_under_header` out of the area "
            "file."
        )
    return read(path, delivery.path, None)


def read_table(path: Path, name: str, sheet: str | None = None) -> pa.Table:
    """Read a table by the ending of its name: .xlsx, .sav, .parquet, and anything else as CSV.

    Parameters
    ----------
    path
        The file.
    name
        What to call it in an error, e.g. its path under the raw folder.
    sheet
        Of a workbook of several sheets, the one to read.

    Returns
    -------
    pyarrow.Table
        All columns text without surrounding blanks, '' where a cell is empty; rows in the order of the file, without
        those in which every cell is empty.

    Raises
    ------
    SourceError
        When the file is damaged, is no such file, is larger unpacked than 512 MiB, or has unnamed, repeated or over
        2,000 columns, or no rows.
    """
    read = _READERS.get(path.suffix.lower())
    return read_csv(path, name) if read is None else read(path, name, sheet)


def _workbook(path: Path, name: str, sheet: str | None, heading: tuple[int, int] = (1, 0)) -> pa.Table:
    _require_small(path, name)
    try:
        # Opened here, as openpyxl leaves open what it fails to read.
        with path.open("rb") as opened:
            book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
            rows = book[_sheet_name(book.sheetnames, name, sheet)].iter_rows(values_only=True)
            cells = [[_text(value) for value in row] for row in _limited(rows, name)]
    except (InvalidFileException, zipfile.BadZipFile, zlib.error, ET.ParseError, KeyError, OSError, EOFError) as error:
        raise SourceError(
            f"{name}: is no XLSX that can be read ({type(error).__name__}). It may be cut short, locked with a "
            "password, or an older .xls: open it and save it as XLSX or CSV."
        ) from error
    header_row, rows_under_header = heading
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
        raise SourceError(
            f"{name}: is no XLSX ({error}). It may be cut short, locked with a password, or an older .xls: open it and "
            "save it as XLSX or CSV."
        ) from error
    if n_bytes > MOST_BYTES:
        raise SourceError(
            f"{name}: is larger than {MOST_BYTES // 2**20:,} MiB once unpacked. Deliver the part for this area."
        )


def _sheet_name(names: list[str], name: str, sheet: str | None) -> str:
    if sheet is None and len(names) == 1:
        return names[0]
    if sheet not in names:
        raise SourceError(
            f"{name}: which sheet? It has {names}. Set `layer` of this source in the area file to one of them."
        )
    return sheet


def _limited(rows: Iterable[tuple[object, ...]], name: str) -> Iterator[tuple[object, ...]]:
    for number, row in enumerate(rows):
        _require_few(number, name)
        # A sheet of which one far cell was coloured is said to be 16,384 columns wide.
        yield row[: MOST_COLUMNS + 1]


def _tabulated(cells: list[list[str]], name: str, rows_under_header: int) -> pa.Table:
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
    header = header_of(filled[0][:width], name)
    return rows_to_table(header, [[*row[:width], *[""] * (width - len(row))] for row in filled[1:]], name)


def _spss(path: Path, name: str, sheet: str | None) -> pa.Table:
    del sheet
    try:
        columns, described = pyreadstat.read_sav(
            str(path),
            output_format="dict",
            disable_datetime_conversion=False,
            user_missing=True,
            row_limit=_MOST_ROWS + 1,
        )
    except (pyreadstat.ReadstatError, OSError, UnicodeDecodeError, ValueError) as error:
        raise SourceError(
            f"{name}: is no SPSS file that can be read ({type(error).__name__}). It may be cut short: export it again."
        ) from error
    header = header_of(list(described.column_names), name)
    _require_few(len(next(iter(columns.values()), ())), name)
    return rows_to_table(header, _rows_of(columns, header), name)


def _parquet(path: Path, name: str, sheet: str | None) -> pa.Table:
    del sheet
    try:
        table = pa.Table.from_batches(*_batches(path, name))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{name}: is no Parquet that can be read ({type(error).__name__}). It may be cut short: export it again."
        ) from error
    header = header_of(table.column_names, name)
    return rows_to_table(header, _rows_of(table.to_pydict(), header), name)


def _batches(path: Path, name: str) -> tuple[list[pa.RecordBatch], pa.Schema]:
    """Read a Parquet piece by piece, as a few bytes in it may stand for a million long texts."""
    with pq.ParquetFile(path) as packed:
        header_of(packed.schema_arrow.names, name)
        _require_few(packed.metadata.num_rows, name)
        found: list[pa.RecordBatch] = []
        n_bytes = 0
        for batch in packed.iter_batches(batch_size=_ROWS_AT_ONCE):
            n_bytes += batch.nbytes
            if n_bytes > MOST_BYTES:
                raise SourceError(
                    f"{name}: is larger than {MOST_BYTES // 2**20:,} MiB once unpacked. Deliver the part for this area."
                )
            found.append(batch)
        return found, packed.schema_arrow


def _require_few(n_rows: int, name: str) -> None:
    if n_rows > _MOST_ROWS:
        raise SourceError(f"{name}: has over {_MOST_ROWS:,} rows. Deliver the part for this area.")


def _rows_of(columns: Mapping[str, Iterable[object]], header: list[str]) -> list[list[str]]:
    rows = zip(*(map(_text, columns[column]) for column in header), strict=True)
    return [list(row) for row in rows]


def _text(value: object) -> str:
    """Write one cell as a CSV would hold it."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is what differs from itself
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, dt.datetime):
        return (value.date() if value.time() == dt.time() else value).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value).strip()


def _float_text(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    # A number is no text: 1.234 is just over one, which a fourth decimal says beyond doubt.
    return f"{value}0" if _EITHER.fullmatch(str(value)) else str(value)


_READERS: Mapping[str, Callable[[Path, str, str | None], pa.Table]] = {
    ".xlsx": _workbook,
    ".sav": _spss,
    ".parquet": _parquet,
}
