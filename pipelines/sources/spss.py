"""Read an SPSS file: its codes as text, and as missing what the file itself declares so.

Here codes are read, not their labels. No cell is quoted in an error: most of these files are about persons.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from pipelines.arrays import Flags
from pipelines.errors import SourceError
from pipelines.sources.cell_texts import cell_text
from pipelines.sources.csv_table import MOST_ROWS, header_of, rows_to_table
from pipelines.sources.delivered_table import DeliveredTable
from pipelines.sources.remarks import Remark


def read_spss(path: Path, name: str, encoding: str | None = None) -> DeliveredTable:
    """Read a `.sav` or `.zsav`.

    Parameters
    ----------
    path
        The file.
    name
        What to call it in an error.
    encoding
        How its letters are written, where the file says it wrongly.

    Returns
    -------
    DeliveredTable
        All columns text, '' where a cell is empty, or holds a code that the file declares missing: one by one or as a
        range. How many of these is told in a remark.

    Raises
    ------
    SourceError
        When it cannot be read, or has unnamed or too many columns, or no rows.
    """
    try:
        columns, described = pyreadstat.read_sav(
            str(path),
            output_format="dict",
            disable_datetime_conversion=False,
            user_missing=True,
            row_limit=MOST_ROWS + 1,
            encoding=encoding,
        )
    except OverflowError as error:
        raise SourceError(
            f"{name}: a date in it lies outside the years 1 to 9999. Correct it in SPSS, or leave its column out."
        ) from error
    except (pyreadstat.ReadstatError, OSError, UnicodeDecodeError, ValueError) as error:
        raise SourceError(
            f"{name}: is no SPSS file that can be read ({type(error).__name__}). Open it in SPSS and save it again."
        ) from error
    header = header_of(list(described.column_names), name)
    if len(next(iter(columns.values()), ())) > MOST_ROWS:
        raise SourceError(f"{name}: has over {MOST_ROWS:,} rows. Deliver the part for this area.")
    texts = {column: [cell_text(cell) for cell in columns[column]] for column in header}
    declared = {column: _declared(columns[column], ranges) for column, ranges in described.missing_ranges.items()}
    return _without_missing(texts, {column: mask for column, mask in declared.items() if mask.any()}, name)


def _without_missing(texts: Mapping[str, list[str]], declared: Mapping[str, Flags], name: str) -> DeliveredTable:
    known = {column: np.where(mask, "", texts[column]).tolist() for column, mask in declared.items()}
    # Rows are dropped where every cell is empty: of coded and of known cells the same ones.
    coded = rows_to_table(list(texts), zip(*texts.values(), strict=True), name)
    rows = [row for row, cells in enumerate(zip(*texts.values(), strict=True)) if any(cells)]
    table = coded
    for column, cells in known.items():
        kept = pa.array([cells[row] for row in rows], pa.string())
        table = table.set_column(table.column_names.index(column), column, pa.chunked_array([kept]))
    return DeliveredTable(table, _remarks(name, declared), {column: coded[column] for column in declared})


def _declared(cells: Sequence[object], ranges: Iterable[Any]) -> Flags:
    """Which cells (n,) hold a code that the file declares missing."""
    found = [any(_is_within(cell, one["lo"], one["hi"]) for one in ranges) for cell in cells]
    return np.array(found, dtype=np.bool_)


def _is_within(cell: object, low: float | str, high: float | str) -> bool:
    if isinstance(cell, str):
        return isinstance(low, str) and isinstance(high, str) and low.strip() <= cell.strip() <= high.strip()
    is_number = isinstance(cell, int | float) and not isinstance(low, str) and not isinstance(high, str)
    return is_number and low <= cell <= high  # type: ignore[operator]


def _remarks(name: str, declared: Mapping[str, Flags]) -> tuple[Remark, ...]:
    if not declared:
        return ()
    counts = {column: int(mask.sum()) for column, mask in declared.items()}
    shown = ", ".join(f"{column} ({count})" for column, count in counts.items())
    return (Remark(name, f"declared missing by the file itself: {shown}", "set_aside", sum(counts.values())),)
