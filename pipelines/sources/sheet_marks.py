"""What a sheet of a workbook says beside its values: formulas never computed, merged cells, and what it hides.

Here the XML of one sheet is looked through; its values are read in `workbook.py`.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.xml.functions import iterparse

_BOOK = "xl/workbook.xml"
_TRUE = ("1", "true")


@dataclass(frozen=True)
class Box:
    """Merged cells: rows `top` to `bottom` and columns `left` to `right`, from 0, all inclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class SheetMarks:
    """Cells (row, column), from 0, of formulas without a stored result; merged boxes; how much is hidden."""

    uncomputed: frozenset[tuple[int, int]]
    merged: tuple[Box, ...]
    hidden_rows: int
    hidden_columns: int


def sheet_marks(path: Path, sheet: str) -> SheetMarks:
    """Look through one sheet of a workbook.

    A result that the workbook wants computed when it is opened (`fullCalcOnLoad`, as programs write that compute
    nothing themselves) is none: what stands there is a 0 at best.

    Raises
    ------
    KeyError, zipfile.BadZipFile, xml.etree.ElementTree.ParseError
        When it is no sound workbook.
    """
    with zipfile.ZipFile(path) as packed:
        part, computes_later = _part_of(packed, sheet)
        with packed.open(part) as opened:
            return _marks(opened, computes_later=computes_later)


def _part_of(packed: zipfile.ZipFile, sheet: str) -> tuple[str, bool]:
    """The part that holds a sheet, and whether formulas are yet to be computed."""
    with packed.open(_BOOK) as opened:
        elements = [element for _, element in iterparse(opened)]
    later = any(_tag(one) == "calcPr" and one.get("fullCalcOnLoad") in _TRUE for one in elements)
    wanted = next(one for one in elements if _tag(one) == "sheet" and one.get("name") == sheet)
    relation = next(value for key, value in wanted.items() if key.endswith("}id"))
    with packed.open("xl/_rels/workbook.xml.rels") as opened:
        targets = {one.get("Id"): one.get("Target") for _, one in iterparse(opened) if _tag(one) == "Relationship"}
    return posixpath.normpath(posixpath.join("/xl", targets[relation])).removeprefix("/"), later


def _marks(opened: object, *, computes_later: bool) -> SheetMarks:
    uncomputed: set[tuple[int, int]] = set()
    merged: list[Box] = []
    hidden_rows = hidden_columns = 0
    row = -1
    for _, element in iterparse(opened):
        tag, is_hidden = _tag(element), element.get("hidden") in _TRUE
        if tag == "row":
            row = int(element.get("r", row + 2)) - 1
            uncomputed.update((row, column) for column in _uncomputed(element, computes_later=computes_later))
            hidden_rows += is_hidden
            element.clear()
        elif tag == "col" and is_hidden:
            hidden_columns += int(element.get("max")) - int(element.get("min")) + 1
        elif tag == "mergeCell":
            merged.append(Box(*(edge - 1 for edge in range_boundaries(element.get("ref")))))
    return SheetMarks(frozenset(uncomputed), tuple(merged), hidden_rows, hidden_columns)


def _uncomputed(row: ET.Element, *, computes_later: bool) -> Iterator[int]:
    """Columns, from 0, of the formulas in a row that have no result; an empty text is one."""
    column = -1
    for cell in row:
        place = cell.get("r")
        column = coordinate_to_tuple(place)[1] - 1 if place else column + 1
        parts = {_tag(part): part.text for part in cell}
        if "f" in parts and (computes_later or not (parts.get("v") or _is_text(cell, parts))):
            yield column


def _is_text(cell: ET.Element, parts: dict[str, str | None]) -> bool:
    return "v" in parts and cell.get("t") == "str"


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
