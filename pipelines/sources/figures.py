"""Columns of figures, whatever their cells are: numbers, texts as offices write them, or words that hide a figure.

Here a cell is read, or refused with its column: a word that nobody knows is no figure, and never nobody. What a
figure can stand for is for `cbs_counts.py`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import PyObjects
from pipelines.errors import SourceError
from pipelines.sources.contracts import MOST_PEOPLE
from pipelines.sources.number_style import Style, number_in, parts_thousands, proven_style
from pipelines.sources.remarks import Remark

# No count is negative. CBS writes codes from -99995 down to -99999999 where there is none, other programs -9999.
_CODES_BELOW = -9_999
_SHOWN, _SHOWN_LETTERS = 3, 40


@dataclass(frozen=True)
class FigureColumn:
    """Cells (n,) of one column of figures: where it stands, the words of `masks` that hide one, and its style.

    `style` is what the area file says, or another column of the delivery proved; None: what this column proves.
    `whole`: they are counts, of which there are no parts.
    """

    cells: PyObjects
    source: str
    column: str
    masks: Collection[str] = ()
    style: Style | None = None
    whole: bool = False

    @property
    def where(self) -> str:
        """File and column, for an error."""
        return f"{self.source}: column {self.column!r}"

    def proven(self) -> Style | None:
        """The style that is said or that the texts prove; None where nothing asks for one."""
        return self.style or proven_style(self._texts(), self.where, whole=self.whole)

    def read(self) -> PyObjects:
        """Give the figures (n,): a float, None where a cell is empty, or the word or code that hides one.

        Raises
        ------
        SourceError
            When a cell holds something else, or where a whole number belongs a part of one.
        """
        style = self.proven()
        figures = [self._figure(cell, style) for cell in self.cells]
        wrong = [cell for cell, figure in zip(self.cells, figures, strict=True) if figure is _NO_FIGURE]
        if wrong:
            kind = "whole number" if self.whole else "number"
            shown = ", ".join(dict.fromkeys(repr(str(cell)[:_SHOWN_LETTERS]) for cell in wrong[:_SHOWN]))
            raise SourceError(
                f"{self.where} holds {len(wrong)} values that are no {kind}, nor a code for a hidden one, such as "
                f"{shown}. Correct them, and leave a cell empty where the figure is not known; or name the right "
                "column under `columns` in the area file."
            )
        return np.array([*figures, None], dtype=object)[:-1]

    def remarks(self) -> tuple[Remark, ...]:
        """Tell how many figures were texts in which something parts the thousands."""
        style = self.proven()
        marked = [text for text in self._texts() if parts_thousands(text)]
        thousands = [text for text in marked if (number_in(text, style) or 0) >= 1_000]  # noqa: PLR2004 - a thousand
        if not thousands:
            return ()
        shown = ", ".join(repr(text[:_SHOWN_LETTERS]) for text in list(dict.fromkeys(thousands))[:_SHOWN])
        problem = f"column {self.column!r}: numbers written with a mark between the thousands"
        return (Remark(self.source, problem, "mended", len(thousands), shown),)

    def _texts(self) -> Iterator[str]:
        return (cell for cell in self.cells if isinstance(cell, str))

    def _figure(self, cell: object, style: Style | None) -> object:
        if cell is None or cell != cell or (isinstance(cell, str) and not cell.strip()):  # noqa: PLR0124 - NaN
            return None
        if isinstance(cell, str) and cell.strip().lower() in {mask.lower() for mask in self.masks}:
            return cell.strip().lower()
        value = _number(cell, style)
        if value is None or not np.isfinite(value) or _CODES_BELOW < value < 0:
            return _NO_FIGURE
        is_count = value.is_integer() and value <= MOST_PEOPLE
        return value if is_count or not self.whole else _NO_FIGURE


_NO_FIGURE = object()


def _number(cell: object, style: Style | None) -> float | None:
    if isinstance(cell, str):
        return number_in(cell, style)
    # Whether is no number of people.
    is_number = isinstance(cell, int | float | np.number) and not isinstance(cell, bool)
    return float(cell) if is_number else None  # type: ignore[arg-type]
