"""Columns of codes: read in full by the rule of their kind, refused where they are none, counted where mended.

Here stands what is told of a whole column; the rule for one cell is in `codes.py`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.arrays import Flags, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.codes import CodeKind, code_of
from pipelines.sources.remarks import Remark

_SHOWN = 3
_SHOWN_LETTERS = 40


@dataclass(frozen=True)
class CodeColumn:
    """Cells (n,) of one column of codes, and what an error says of it: file, column, kind of code.

    Of a file about persons (`is_personal`) no cell is quoted.
    """

    cells: PyObjects
    source: str
    column: str
    kind: CodeKind
    is_personal: bool = False

    def read(self) -> "Codes":
        """Read every cell; see `Codes`."""
        distinct = {_key(cell): cell for cell in self.cells}
        known = {key: code_of(cell, self.kind) for key, cell in distinct.items()}
        found = [known[_key(cell)] for cell in self.cells]
        codes = np.array([code or "" for code in found], dtype=object)
        wrong = np.array([code is None for code in found], dtype=np.bool_)
        mended = np.array(
            [_is_mended(cell, code) for cell, code in zip(self.cells, found, strict=True)], dtype=np.bool_
        )
        return Codes(codes, wrong, mended)

    def required(self, *, may_be_empty: bool = False) -> PyObjects:
        """Give the codes (n,), '' where a cell is empty.

        Raises
        ------
        SourceError
            When a cell is no code of its kind, or is empty where it may not be.
        """
        read = self.read()
        if read.wrong.any():
            unknown = "; leave the cell empty where it is unknown" if may_be_empty else ""
            raise SourceError(
                f"{self.source}: column {self.column!r} holds {int(read.wrong.sum())} values that are no "
                f"{self.kind.words}{self._examples(read.wrong)}. Write them as {self.kind.example}{unknown}; or name "
                "the right column under `columns` in the area file."
            )
        empty = int((read.codes == "").sum())
        if empty and not may_be_empty:
            raise SourceError(
                f"{self.source}: column {self.column!r} is empty in {empty} rows. Fill in the {self.kind.words} of "
                f"each, such as {self.kind.example}, or remove those rows."
            )
        return read.codes

    def remarks(self) -> tuple[Remark, ...]:
        """Tell how many cells were mended."""
        mended = self.read().mended
        if not mended.any():
            return ()
        shown = "" if self.is_personal else _quoted(self.cells[mended])
        problem = f"column {self.column!r}: {self.kind.words} in another form, written in full"
        return (Remark(self.source, problem, "mended", int(mended.sum()), shown),)

    def _examples(self, wrong: Flags) -> str:
        return "" if self.is_personal else f", such as {_quoted(self.cells[wrong])}"


@dataclass(frozen=True)
class Codes:
    """Codes (n,) in full, '' where a cell is empty or `wrong` (n,); `mended` (n,) where it was written otherwise."""

    codes: PyObjects
    wrong: Flags
    mended: Flags


def listed_codes(texts: pa.ChunkedArray, source: str, column: str, kind: CodeKind) -> CodeColumn:
    """A column of codes of a table, which is no table of persons."""
    return CodeColumn(np.array(texts.to_pylist(), dtype=object), source, column, kind)


def _key(cell: object) -> object:
    """What tells cells apart: 1 and True, and 9901 and 9901.0, are equal to Python and may not be here."""
    return None if cell != cell else (type(cell), cell)  # noqa: PLR0124 - NaN is what differs from itself


def _is_mended(cell: object, code: str | None) -> bool:
    """Whether a code stands there otherwise; of blanks in it nothing is told."""
    return bool(code) and "".join(str(cell).split()) != code


def _quoted(cells: PyObjects) -> str:
    distinct = dict.fromkeys(str(cell)[:_SHOWN_LETTERS] for cell in cells)
    return ", ".join(repr(text) for text in list(distinct)[:_SHOWN])
