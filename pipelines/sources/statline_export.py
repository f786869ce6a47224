"""A table of StatLine as its site exports it: a CSV with a row per region (and period, and so on), a column per topic.

Here every column is a region, a period, a dimension, words, or figures; one of which that cannot be told is refused,
for figures that are taken for a dimension are lost.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SourceError
from pipelines.sources.area_file import StatlineDelivery
from pipelines.sources.csv_table import read_csv
from pipelines.sources.number_style import Style, number_in, proven_style
from pipelines.sources.statline_parts import PARTS, dimensions, heading, require_named, text_column

_TOPIC = re.compile(r"\w+_[0-9]+")
_REGION = r"^[A-Z]{2}[0-9]"
# CBS, table explanation: a point is unknown, unreliable or secret; an empty cell cannot occur by its nature.
_HIDDEN: Mapping[str, str] = {".": "Confidential", "x": "Confidential", "": "Impossible"}
_ROLES = ("region", "period")
_SHOWN = 3


def exported(path: Path, delivery: StatlineDelivery) -> Iterator[pa.Table]:
    """Yield the topics of an export, one after another; topics in words (a name, a kind of region) are no figures.

    Parameters
    ----------
    path
        The CSV.
    delivery
        Its `columns` may name `region` and `period`, and under any other key a topic: `{T001036: Inwoners}`.

    Raises
    ------
    SourceError
        When the regions are not found or are no codes, a column holds numbers and is neither topic nor dimension, or a
        topic holds both numbers and words.
    """
    name, named = delivery.path, delivery.columns
    table = read_csv(path, name, delivery.header_row, delivery.rows_under_header, encoding=delivery.encoding)
    require_named(named, table.column_names, name)
    topics = _topics(table.column_names, named)
    others = [column for column in table.column_names if column not in topics.values() and column.upper() != "ID"]
    roles = {role: heading(others, role, named, name) for role in _ROLES}
    regions = _regions(table, roles["region"], name)
    further = [column for column in others if column not in roles.values()]
    _require_dimensions(table, [column for column in roles.values() if column], further, delivery)
    of_rows = dimensions({column: table[column].to_pylist() for column in further}, len(table))
    figures = {topic: _figures(table[column].to_pylist(), column, delivery) for topic, column in topics.items()}
    if not any(figures.values()):
        raise SourceError(
            f"{name}: no column holds figures; topics have names such as AantalInwoners_5. Export the table as CSV "
            "with the names of the columns in codes, or name them under `columns` in the area file."
        )
    none = pa.array([""] * len(table), pa.string())
    periods = table[roles["period"]] if roles["period"] else none
    for topic, found in figures.items():
        if found is not None:
            codes = pa.array([topic] * len(table), pa.string())
            yield pa.table([codes, codes, none, regions, periods, *found, of_rows], schema=PARTS)


def _topics(names: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
    """Columns of the topics by their code: those that are named, else those called like one."""
    own = {key: column for key, column in named.items() if key not in _ROLES}
    usual = (column for column in names if _TOPIC.fullmatch(column) and column not in named.values())
    return {**{column: column for column in usual}, **own}


def _regions(table: pa.Table, column: str, name: str) -> pa.ChunkedArray:
    regions = text_column(table[column])
    strange = pc.sum(pc.invert(pc.match_substring_regex(regions, _REGION))).as_py()
    if strange:
        raise SourceError(
            f"{name}: column {column!r} holds no code of a region in {strange} rows. Export the table with codes, not "
            "with the names of regions."
        )
    return regions


def _require_dimensions(
    table: pa.Table, roles: Sequence[str], further: Sequence[str], delivery: StatlineDelivery
) -> None:
    """Refuse columns of numbers that tell no rows apart: they are figures, and would be lost as a dimension."""
    style = delivery.numbers
    cells = {column: table[column].to_pylist() for column in further}
    # Of an export of men alone, their code stands in every row: no figure is the same everywhere.
    numeric = [column for column in further if _is_numeric(cells[column], style) and len(set(cells[column])) > 1]
    apart = [*roles, *(column for column in further if column not in numeric)]
    are_figures = table.group_by(apart).aggregate([]).num_rows == len(table)
    lost = numeric if are_figures else [column for column in numeric if _has_parts(cells[column], style)]
    if lost:
        raise SourceError(
            f"{delivery.path}: columns {lost[:20]} hold numbers, and are no topics by their names. Export the table "
            "with the names of its columns in codes (such as AantalInwoners_5), or name each under `columns` in the "
            f"area file, such as `columns: {{T001036: {lost[0]}}}`."
        )


def _is_numeric(cells: Sequence[str], style: Style | None) -> bool:
    filled = [cell for cell in cells if cell not in _HIDDEN]
    return bool(filled) and all(number_in(cell, style) is not None for cell in filled)


def _has_parts(cells: Sequence[str], style: Style | None) -> bool:
    """Whether figures can be told from the codes of a dimension, which are whole and never hidden."""
    numbers = [number_in(cell, style) for cell in cells if cell not in _HIDDEN]
    is_hidden = any(cell in _HIDDEN for cell in cells)
    return is_hidden or any(number is not None and (number < 0 or not number.is_integer()) for number in numbers)


def _figures(cells: Sequence[str], column: str, delivery: StatlineDelivery) -> tuple[pa.Array, pa.Array] | None:
    """Read the cells of a topic, and why some are absent; None when they are words."""
    where = f"{delivery.path}: column {column!r}"
    style = delivery.numbers or proven_style(cells, where, whole=False)
    values = [None if cell in _HIDDEN else number_in(cell, style) for cell in cells]
    words = [cell for cell, value in zip(cells, values, strict=True) if value is None and cell not in _HIDDEN]
    if not words:
        return pa.array(values, pa.float64()), pa.array([_HIDDEN.get(cell, "None") for cell in cells], pa.string())
    if any(value is not None for value in values) or column in delivery.columns.values():
        shown = ", ".join(repr(cell[:40]) for cell in list(dict.fromkeys(words))[:_SHOWN])
        raise SourceError(
            f"{where} holds {len(words)} values that are no figure, such as {shown}. Correct them, or remove the "
            "column."
        )
    return None
