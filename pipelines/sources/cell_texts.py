"""Cells of tables as text, as a CSV would hold them: whole numbers without a point, days as ISO 8601, '' where empty.

Here one cell is written; what a column means is for the reader of each source.
"""

import datetime as dt
import re
from decimal import Decimal

_EITHER = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")


def cell_text(value: object) -> str:
    """Write one cell as a CSV would hold it."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is what differs from itself
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, float | Decimal):
        return _number_text(value)
    if isinstance(value, dt.date | dt.time):
        return _moment_text(value)
    # Programs that mark no text in a Parquet write it as bytes.
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).strip()


def _number_text(value: float | Decimal) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value) if isinstance(value, float) else f"{value:f}"
    # A number is no text: 1.234 is just over one, which a fourth decimal says beyond doubt.
    return f"{text}0" if _EITHER.fullmatch(text) else text


def _moment_text(value: dt.date | dt.time) -> str:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat()
