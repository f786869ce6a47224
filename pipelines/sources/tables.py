"""Read a delivered table of any kind as text: CSV, XLSX, SPSS and Parquet give the same cells to the same readers.

Here the reader of a file is chosen by the ending of its name. What a column means is for the reader of each source. No
cell is ever quoted in an error, because some of these files are about persons.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import SourceError
from pipelines.sources.cell_texts import cell_text
from pipelines.sources.csv_table import MOST_BYTES, MOST_ROWS, header_of, read_csv, read_lettered_csv, rows_to_table
from pipelines.sources.delivered_table import DeliveredTable
from pipelines.sources.delivery import Delivery
from pipelines.sources.remarks import Remark
from pipelines.sources.spss import read_spss
from pipelines.sources.vector import find
from pipelines.sources.wholeness import advice
from pipelines.sources.workbook import read_workbook

_ROWS_AT_ONCE = 1_000
_WORKBOOKS = (".xlsx", ".xlsm")
_SPSS = (".sav", ".zsav")
# What a program knows by another name than the reader, and how to mend it.
_SAVE_AS: Mapping[str, str] = {
    **dict.fromkeys((".xls", ".xlsb", ".ods", ".numbers"), "XLSX or CSV"),
    **dict.fromkeys((".por", ".dta", ".sas7bdat", ".rds"), "SPSS (.sav) or CSV"),
}


def read_delivered(delivery: Delivery, raw: Path) -> DeliveredTable:
    """Read the table of a delivery under the raw folder, with its header where the area file says; see `read_table`.

    The first remark tells how many rows were read, and of text how its letters are written.
    """
    delivered, letters = _delivered(delivery, raw)
    read = Remark(delivery.path, f"rows{letters}", "read", len(delivered.table))
    return replace(delivered, remarks=(read, *delivered.remarks))


def _delivered(delivery: Delivery, raw: Path) -> tuple[DeliveredTable, str]:
    path = find(raw, delivery.path)
    ending = path.suffix.lower()
    heading = (delivery.header_row, delivery.rows_under_header)
    if ending in _WORKBOOKS:
        return DeliveredTable(*read_workbook(path, delivery.path, delivery.layer, heading)), ""
    if ending in (*_SPSS, ".parquet"):
        if heading != (1, 0):
            raise SourceError(
                f"{delivery.path}: names its columns itself. Take `header_row` and `rows_under_header` out of the "
                "area file."
            )
        return _named(path, delivery.path, delivery.encoding), ""
    _require_known(path, delivery.path)
    table, letters = read_lettered_csv(path, delivery.path, *heading, encoding=delivery.encoding)
    return DeliveredTable(table), f", letters in {letters}"


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
    ending = path.suffix.lower()
    if ending in _WORKBOOKS:
        return read_workbook(path, name, sheet)[0]
    if ending in (*_SPSS, ".parquet"):
        return _named(path, name, None).table
    _require_known(path, name)
    return read_csv(path, name)


def _named(path: Path, name: str, encoding: str | None) -> DeliveredTable:
    """Read a file that names its columns itself."""
    if path.suffix.lower() in _SPSS:
        return read_spss(path, name, encoding)
    return DeliveredTable(_parquet(path, name))


def _require_known(path: Path, name: str) -> None:
    kind = _SAVE_AS.get(path.suffix.lower())
    if kind:
        raise SourceError(f"{name}: files that end in {path.suffix} are not read. Open it, and save it as {kind}.")


def _parquet(path: Path, name: str) -> pa.Table:
    try:
        table = pa.Table.from_batches(*_batches(path, name))
        cells = table.to_pydict()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise SourceError(
            f"{name}: is no Parquet that can be read ({type(error).__name__}). {advice(path, 'Export it again.')}"
        ) from error
    header = header_of(table.column_names, name)
    texts = [map(cell_text, column) for column in cells.values()]
    return rows_to_table(header, zip(*texts, strict=True), name)


def _batches(path: Path, name: str) -> tuple[list[pa.RecordBatch], pa.Schema]:
    """Read a Parquet piece by piece, as a few bytes in it may stand for a million long texts."""
    with pq.ParquetFile(path) as packed:
        header_of(packed.schema_arrow.names, name)
        if packed.metadata.num_rows > MOST_ROWS:
            raise SourceError(f"{name}: has over {MOST_ROWS:,} rows. Deliver the part for this area.")
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
