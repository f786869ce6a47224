"""Figures beside borders: a table of CBS or of a municipality, joined to a layer of areas by their codes.

Here rows of a table are put beside areas; which column holds what, and what a figure can stand for, is found as in a
layer (`cbs_reading.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.arrays import Flags, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.cbs_counts import Counts, numbers
from pipelines.sources.cbs_geometry import on_land
from pipelines.sources.cbs_observations import spread
from pipelines.sources.cbs_reading import Reading, Wanted, read_as
from pipelines.sources.codes import BUURT, GEMEENTE, WIJK, CodeKind
from pipelines.sources.delivery import BorderDelivery, FigureDelivery
from pipelines.sources.remarks import Remark
from pipelines.sources.tables import read_delivered
from pipelines.sources.vector import Layer

# Where more of the areas have no figures, the table is of another place or year, or its codes are written otherwise.
MOST_WITHOUT_FIGURES = 0.1
# What stands in the cells of an area without a row: of every product the code for a figure that is not in this file.
NOT_DELIVERED = "-99995"
_SHOWN = 5
_LEVELS: Mapping[str, tuple[str, CodeKind]] = {
    "buurten": ("BUURT", BUURT), "wijken": ("WIJK", WIJK), "gemeenten": ("GEMEENTE", GEMEENTE),
}  # fmt: skip


@dataclass(frozen=True)
class Areas:
    """Areas that figures are joined to: of one role (`buurten`, `pc6`), their codes (n,), and whose they all are.

    `gemeenten` are those of which `codes` holds every area; empty where that is not known, as of postcodes.
    """

    role: str
    codes: PyObjects
    gemeenten: tuple[str, ...] = ()


def product_of(role: str) -> str:
    """The product whose names of columns a table of figures has."""
    return "neighbourhood_figures" if role in _LEVELS else role


@dataclass(frozen=True)
class People:
    """Counts of areas by population group, the year they speak of, and what is told of the table they come from."""

    groups: Mapping[str, Counts]
    vintage: int
    remarks: tuple[Remark, ...] = ()


def figure_keys(delivery: BorderDelivery) -> tuple[str, ...]:
    """The figures that a layer of borders must hold itself."""
    return () if delivery.figures else ("inhabitants",)


def people_of(borders: Reading, areas: Areas, raw: Path) -> People:
    """Count the people of areas: by the columns of their layer, or by the table beside it.

    Parameters
    ----------
    borders
        The layer, with n rows.
    areas
        The codes of its rows.
    raw
        The raw folder.

    Raises
    ------
    SourceError
        When a code of the table repeats or is none, more than a tenth of the areas have no figures, or people of the
        area's gemeenten are counted in areas that have no borders.
    """
    figures = borders.delivery.figures if isinstance(borders.delivery, BorderDelivery) else None
    if figures is None:
        return People(borders.groups(), borders.delivery.vintage)
    key = _key(areas.role)
    keys = (key, "area_kind", "water", "inhabitants")
    wanted = Wanted(product_of(areas.role), keys, {"code": key}, optional=("area_kind", "water"))
    table = _of_role(read_as(_as_layer(figures, raw), wanted, figures), areas.role)
    beside = table.keep(_beside(table, _codes_once(table, key), areas))
    return People(beside.groups(), figures.vintage, beside.layer.remarks + beside.remarks())


def _key(role: str) -> str:
    return "code" if role.startswith("squares") else role


def _as_layer(figures: FigureDelivery, raw: Path) -> Layer:
    """A table as a layer of rows that lie nowhere, so that its columns are found in the same way."""
    delivered = read_delivered(figures, raw)
    table = spread(delivered.table, figures.path, figures.vintage)
    fields = {name: np.array(table[name].to_pylist(), dtype=object) for name in table.column_names}
    return Layer(figures.path, np.full(len(table), None, dtype=object), fields, delivered.remarks)


def _of_role(table: Reading, role: str) -> Reading:
    """The rows that are land of one level: a table may hold gemeenten, wijken and buurten, and their water."""
    if role not in _LEVELS:
        return table
    word, kind = _LEVELS[role]
    if "area_kind" in table.names:
        words = [str(value).strip().upper() for value in table.values("area_kind")]
        ours = np.array([value in {word, f"{word}EN"} for value in words], dtype=bool)
    else:
        ours = ~_of_another_kind(table.values(role), kind)
    ours &= on_land(table)
    if not ours.any():
        raise SourceError(
            f"{table.layer.source}: holds no rows of {role}. Deliver the table that does, or take `figures` out of "
            f"sources.{role} in the area file."
        )
    return table.keep(table.layer.keep(ours))


def _of_another_kind(cells: PyObjects, kind: CodeKind) -> Flags:
    """Whether cells (n,) begin with two letters that are not those of a kind: WK of wijken, NL of the country."""
    begin = [str(cell).strip()[:2].upper() for cell in cells]
    return np.array([letters.isalpha() and letters != kind.prefix for letters in begin], dtype=bool)


def _codes_once(table: Reading, key: str) -> PyObjects:
    codes = table.own_codes(key)
    unique, counts = np.unique(codes.astype(str), return_counts=True)
    if (counts > 1).any():
        twice = unique[counts > 1][:_SHOWN].tolist()
        raise SourceError(
            f"{table.layer.source}: {twice} stand in it twice or more. Deliver one row per area, of one year."
        )
    return codes


def _beside(table: Reading, codes: PyObjects, areas: Areas) -> Layer:
    """The rows of a table in the order of the areas, and what is told of those that do not join."""
    layer = table.layer
    row_of = {code: row for row, code in enumerate(codes.tolist())}
    rows = np.array([row_of.get(code, -1) for code in areas.codes.tolist()], dtype=np.int64)
    without = areas.codes[rows < 0]
    if len(without) > MOST_WITHOUT_FIGURES * len(rows):
        raise SourceError(
            f"{layer.source}: holds no figures of {len(without)} of the {len(rows)} areas, such as "
            f"{without[:_SHOWN].tolist()}; it has {codes[:_SHOWN].tolist()}. Deliver the table of this place and year."
        )
    remarks = (*_without_figures(layer.source, without), *_without_area(table, codes, areas))
    cells = {name: np.append(values, NOT_DELIVERED)[rows] for name, values in layer.fields.items()}
    return Layer(layer.source, np.full(len(rows), None, dtype=object), cells, layer.remarks + remarks)


def _without_figures(source: str, codes: PyObjects) -> tuple[Remark, ...]:
    if not len(codes):
        return ()
    problem = f"{len(codes)} areas without a row in the table: how many live there is unknown"
    return (Remark(source, problem, "noted", len(codes), ", ".join(codes[:_SHOWN].tolist())),)


def _without_area(table: Reading, codes: PyObjects, areas: Areas) -> tuple[Remark, ...]:
    """Tell of rows that no area is found for; refuse those whose people would be nowhere."""
    extra = ~np.isin(codes, areas.codes)
    if not extra.any():
        return ()
    digits = {code.removeprefix(GEMEENTE.prefix) for code in areas.gemeenten}
    ours = extra & np.array([code[2 : 2 + GEMEENTE.width] in digits for code in codes.tolist()], dtype=bool)
    people = np.nan_to_num(numbers(table.keep(table.layer.keep(ours)).figures("inhabitants")))
    if (people > 0).any():
        raise SourceError(
            f"{table.layer.source}: counts {people.sum():,.0f} people in {int((people > 0).sum())} areas that the "
            f"layer of {areas.role} does not hold, such as {codes[ours][people > 0][:_SHOWN].tolist()}. Deliver "
            "borders and figures of one year."
        )
    problem = f"rows of areas that are not in sources.{areas.role}"
    return (Remark(table.layer.source, problem, "set_aside", int(extra.sum())),)
