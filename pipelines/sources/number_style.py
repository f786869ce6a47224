"""Whether the point in a column of numbers parts thousands or decimals: proven by the column, said, or refused.

`1.234` is 1234 to a Dutch office and just over one to a program. One such cell tells nothing; its column often does,
as `1.234.567` or `0,5` can be read in one way only. So does what is counted: of people there are whole numbers. Here is
that one decision; it is never a guess.
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
_SPACED = re.compile(_SIGN + r"[1-9][0-9]{0,2}(?:( [0-9]{3})+|('[0-9]{3})+)(?:[.,][0-9]+)?")
# As they are typed and exported, and what they mean: blanks of every width, the raised comma, the true minus.
_SIGNS = str.maketrans({**dict.fromkeys("\u00a0\u2007\u2008\u2009\u202f", " "), "\u2019": "'", "\u2212": "-"})
_GROUPED: Mapping[Style, re.Pattern[str]] = {
    "dutch": re.compile(_SIGN + r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?"),
    "english": re.compile(_SIGN + r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
}
_DECIMAL: Mapping[Style, re.Pattern[str]] = {
    "dutch": re.compile(_SIGN + r"[0-9]+,[0-9]+(?:[eE].*)?"),
    "english": re.compile(_SIGN + r"[0-9]+\.[0-9]+(?:[eE].*)?"),
}


def read_numbers(column: pa.ChunkedArray, where: str, style: Style | None = None, *, whole: bool = False) -> pa.Array:
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
    whole
        Whether they are counts, so that 1.234 cannot be just over one.

    Raises
    ------
    SourceError
        When `style` is None and a value such as 1.234 can be read in two ways, and the column does not tell which.
    """
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    chosen = style or proven_style(texts, where, whole=whole)
    distinct = pa.array([number_in(text, chosen) for text in texts], type=pa.float64())
    return distinct.take(encoded.indices)


def proven_style(texts: Iterable[str], where: str, *, whole: bool) -> Style | None:
    """Tell which style a column of texts proves; None where nothing in it asks for one.

    Raises
    ------
    SourceError
        As `read_numbers` does.
    """
    certain, open_values = [], 0
    for text in map(plain_text, texts):
        if not _EITHER.fullmatch(text):
            certain += [style for style in _GROUPED if _shows(text, style)]
            continue
        open_values += 1
        certain += ["dutch" if "." in text else "english"] if whole else []
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


def parts_thousands(text: str) -> bool:
    """Whether something in a text parts thousands, in one style or another."""
    plain = plain_text(text)
    spaced = _SPACED.fullmatch(text.translate(_SIGNS).strip())
    return bool(spaced) or any(grouped.fullmatch(plain) for grouped in _GROUPED.values())


def plain_text(text: str) -> str:
    """Write a number with a hyphen for minus, and without the blanks or raised commas that part its thousands."""
    plain = text.translate(_SIGNS).strip()
    return plain.replace(" ", "").replace("'", "") if _SPACED.fullmatch(plain) else plain


def number_in(cell: str, style: Style | None) -> float | None:
    """Read one text; without a style, what can be read in one way only."""
    text = plain_text(cell)
    for name, grouped in _GROUPED.items():
        if grouped.fullmatch(text) and (name == style or not _EITHER.fullmatch(text)):
            mark, decimal = (".", ",") if name == "dutch" else (",", ".")
            return float(text.replace(mark, "").replace(decimal, "."))
    return number(text)
