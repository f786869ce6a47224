"""Codes of areas, postcodes and squares: one rule per kind of code, for every reader and the area file.

Here one cell becomes a code in full, or none. What an error says of a column of them, and where it stands, is for
`code_columns.py`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class CodeKind:
    """One kind of code: what errors call it, and how it is written.

    The last group of `pattern` that matches holds the digits; these are filled up to `width` with zeros, which a
    spreadsheet takes for superfluous, and put behind `prefix`. A pattern without groups is a code as it stands.
    """

    words: str
    example: str
    pattern: re.Pattern[str]
    prefix: str = ""
    width: int = 0

    def in_full(self, text: str) -> str | None:
        """Write plain text as a code of this kind; None where it is none."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        digits = next((group for group in match.groups() if group), text)
        return self.prefix + digits.rjust(self.width, "0")


def _of_area(words: str, prefix: str, width: int) -> CodeKind:
    """Codes of CBS: four digits of the gemeente, then those within it.

    Without the letters they may have been numbers, and have lost zeros in front. With letters, or with a zero in
    front, nothing was lost: one that is then too short is cut off, or is of another kind of area.
    """
    fewest, full = width - 3, rf"(?!0000)[0-9]{{{width}}}"
    short = rf"|([1-9][0-9]{{{fewest - 1},{width - 2}}})"
    return CodeKind(
        words, prefix + "0014".ljust(width, "0"), re.compile(rf"{prefix}({full})|({full}){short}"), prefix, width
    )


GEMEENTE = _of_area("code of a gemeente", "GM", 4)
WIJK = _of_area("code of a wijk", "WK", 6)
BUURT = _of_area("code of a buurt", "BU", 8)
PC4 = CodeKind("postcode of four digits", "9901", re.compile(r"[1-9][0-9]{3}"))
PC6 = CodeKind("postcode of four digits and two letters", "9901AA", re.compile(r"[1-9][0-9]{3}[A-Z]{2}"))
POSTCODE = CodeKind("postcode", "9901 or 9901AA", re.compile(r"[1-9][0-9]{3}(?:[A-Z]{2})?"))
SQUARE = CodeKind("square of CBS", "E2334N5820", re.compile(r"E[0-9]{4}N[0-9]{4}"))

# Between letters and digits a dash parts nothing; between digits it may be a range.
_DASH = re.compile(r"(?<=[0-9])-(?=[A-Z])|(?<=[A-Z])-(?=[0-9])")
_DECIMALS = re.compile(r"([0-9]+)[.,]0+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
_SCIENTIFIC = re.compile(r"([1-9])[.,]([0-9]+)E\+?([0-9]{1,2})")


def code_of(cell: object, kind: CodeKind) -> str | None:
    """Write one cell as a code in full.

    Parameters
    ----------
    cell
        Text, a number, or nothing: `9901 aa`, `9901.0`, `9.901E3`, 14.0, None.
    kind
        What it must be.

    Returns
    -------
    str or None
        '' where the cell is empty; None where it is no such code, or can be read as more than one.
    """
    text = _plain(cell)
    if not text:
        return ""
    found = {code for reading in _readings(text) if (code := kind.in_full(reading)) is not None}
    return found.pop() if len(found) == 1 else None


def _plain(cell: object) -> str:
    """Give the letters, digits and marks of a cell, in capitals, without what is not seen."""
    if cell is None or cell != cell:  # noqa: PLR0124 - NaN is what differs from itself
        return ""
    if isinstance(cell, float):
        # A number is no text with a point for thousands: 9.901 is just under ten.
        return str(int(cell)) if cell.is_integer() else "?"
    seen = (sign for sign in unicodedata.normalize("NFKC", str(cell)) if unicodedata.category(sign) != "Cf")
    text = "".join("-" if unicodedata.category(sign) == "Pd" else sign for sign in seen if not sign.isspace())
    # What tells Excel that digits are text comes along in some exports.
    return _DASH.sub("", text.removeprefix("'").upper())


def _readings(text: str) -> Iterator[str]:
    """Give what a text may stand for: itself, and a whole number in each way that spreadsheets write one."""
    yield text
    if decimals := _DECIMALS.fullmatch(text):
        yield decimals[1]
    if _GROUPED.fullmatch(text):
        yield text.replace(".", "").replace(",", "")
    scientific = _SCIENTIFIC.fullmatch(text)
    # 3.63E6 is what is left of 3630012: fewer digits than the number has.
    if scientific and len(scientific[2].rstrip("0")) <= int(scientific[3]) <= len(scientific[2]):
        yield scientific[1] + scientific[2][: int(scientific[3])]
