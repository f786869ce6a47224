"""Tables of StatLine with a row per area and measure, laid out with a row per area as every other table of figures.

So `fetch` stores them, and so StatLine gives a whole table. Which measure is what stands in `cbs_columns.yaml`.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Ints, PyObjects
from pipelines.errors import SourceError

# Each column as `fetch` names it, and as StatLine does.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "region": ("region_code", "WijkenEnBuurten"),
    "measure": ("measure_code", "Measure"),
    "value": ("value", "Value"),
}
_PERIOD, _ATTRIBUTE = ("period", "Perioden"), ("value_attribute", "ValueAttribute")
# StatLine says why a figure is absent; without a reason it is not there yet.
_ABSENT = {"None": "-99995", "": "-99995"}
_HIDDEN = "."


def spread(table: pa.Table, source: str, vintage: int) -> pa.Table:
    """Lay out a table of observations with a row per area and a column per measure; give any other as it is.

    Parameters
    ----------
    table
        All columns text.
    source
        What an error calls it.
    vintage
        Of observations of several periods, the year that is kept.

    Raises
    ------
    SourceError
        When none is of that year, or an area has a measure twice.
    """
    names = {key: _one_of(some, table) for key, some in _NAMES.items()}
    if not all(names.values()):
        return table
    rows = _of_year(table, source, vintage)
    regions, region = _numbered(rows[str(names["region"])])
    measures, measure = _numbered(rows[str(names["measure"])])
    place = region * len(measures) + measure
    if len(np.unique(place)) < len(place):
        raise SourceError(
            f"{source}: holds {len(place) - len(np.unique(place))} figures twice (one area and measure). Deliver the "
            "observations of one year, without further dimensions."
        )
    cells = np.full(len(regions) * len(measures), "", dtype=object)
    cells[place] = _cells(rows, str(names["value"]))
    columns = cells.reshape(len(regions), len(measures)).T
    return pa.table(
        {"region_code": regions} | {name: list(column) for name, column in zip(measures, columns, strict=True)}
    )


def _one_of(names: tuple[str, ...], table: pa.Table) -> str | None:
    return next((name for name in names if name in table.column_names), None)


def _of_year(table: pa.Table, source: str, vintage: int) -> pa.Table:
    period = _one_of(_PERIOD, table)
    if period is None or pc.count_distinct(table[period]).as_py() == 1:
        return table
    rows = table.filter(pc.starts_with(table[period], str(vintage)))
    if not len(rows):
        raise SourceError(
            f"{source}: holds no observations of {vintage}; it has {pc.unique(table[period]).to_pylist()[:5]}. Correct "
            "`vintage` in the area file."
        )
    return rows


def _numbered(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    """The distinct texts of a column without the blanks CBS pads them with, and which of them each row (n,) holds."""
    encoded = pc.utf8_trim_whitespace(column).combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _cells(rows: pa.Table, value: str) -> PyObjects:
    """The figures (n,) as texts, and where one is absent the code that says why."""
    figures = np.array(rows[value].to_pylist(), dtype=object)
    attribute = _one_of(_ATTRIBUTE, rows)
    why = rows[attribute].to_pylist() if attribute else [""] * len(rows)
    absent = np.array([_ABSENT.get(reason, _HIDDEN) for reason in why], dtype=object)
    return np.where(figures == "", absent, figures)
