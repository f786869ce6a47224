"""Cells of tables as text, as a CSV would hold them: whole numbers without a point, days as ISO 8601, '' where empty.

Here one cell is written; what a column means is for the reader of each source.
"""

import datetime as dt
import re

_EITHER = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")


def cell_text(value: object) -> str:
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
