"""Whether the point in a column of numbers parts thousands or decimals: proven by the column, said, or refused.

`1.234` is 1234 to a Dutch office and just over one to a program. One such cell tells nothing; its column often does,
as `1.234.567` or `0,5` can be read in one way only. Here is that one decision; it is never a guess.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import pyarrow as pa

from pipelines.errors import SourceError
from pipelines.sources.csv_table import number

Style = Literal["dutch", "english"]
_SIGN = r"[+-]?"
_EITHER = re.compile(_SIGN + r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_GROUPED: Mapping[Style, re.Pattern[str]] = {
    "dutch": re.compile(_SIGN + r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?"),
    "english": re.compile(_SIGN + r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
}
_DECIMAL: Mapping[Style, re.Pattern[str]] = {
    "dutch": re.compile(_SIGN + r"[0-9]+,[0-9]+(?:[eE].*)?"),
    "english": re.compile(_SIGN + r"[0-9]+\.[0-9]+(?:[eE].*)?"),
}


def read_numbers(column: pa.ChunkedArray, where: str, style: Style | None = None) -> pa.Array:
    """Read a column of texts as numbers; shape (n,), float64, null where a text is no number.

    Parameters
    ----------
    column
        Texts, as delivered.
    where
        What an error calls the column, with its file.
    style
        What the area file says: `dutch` (1.234 is 1234; 0,5 a half), `english` (1,234 is 1234; 0.5 a half), or None:
        as the other values of the column prove.

    Raises
    ------
    SourceError
        When `style` is None and a value such as 1.234 can be read in two ways, and the column does not tell which.
    """
    encoded = column.combine_chunks().dictionary_encode()
    texts = [str(text).strip() for text in encoded.dictionary.to_pylist()]
    chosen = style or _proven(texts, where)
    distinct = pa.array([_number(text, chosen) for text in texts], type=pa.float64())
    return distinct.take(encoded.indices)


def _proven(texts: Iterable[str], where: str) -> Style | None:
    """Tell which style the column proves; None where nothing in it asks for one."""
    certain, open_values = [], 0
    for text in texts:
        if _EITHER.fullmatch(text):
            open_values += 1
        else:
            certain += [style for style in _GROUPED if _shows(text, style)]
    styles = sorted(set(certain))
    if open_values and len(styles) != 1:
        raise SourceError(
            f"{where}: {open_values} values are written like 1.234, of which the point or comma may part thousands or "
            "decimals, and the others do not tell which. Say `numbers: dutch` (1.234 is 1234; 0,5 is a half) or "
            "`numbers: english` (1,234 is 1234; 0.5 is a half) of this source in the area file."
        )
    return styles[0] if open_values else None


def _shows(text: str, style: Style) -> bool:
    return bool(_GROUPED[style].fullmatch(text) or _DECIMAL[style].fullmatch(text))


def _number(text: str, style: Style | None) -> float | None:
    """Read one text; without a style, what can be read in one way only."""
    for name, grouped in _GROUPED.items():
        if grouped.fullmatch(text) and (name == style or not _EITHER.fullmatch(text)):
            mark, decimal = (".", ",") if name == "dutch" else (",", ".")
            return float(text.replace(mark, "").replace(decimal, "."))
    return number(text)
