"""Persons per PC4 and five-year age group, as CBS publishes them (83502NED): those groups, bands, and everybody."""

import re
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats
from pipelines.errors import SourceError
from pipelines.sources.cbs_counts import bounds, numbers
from pipelines.sources.cbs_dialects import dialects
from pipelines.sources.code_columns import listed_codes
from pipelines.sources.codes import PC4
from pipelines.sources.contracts import PEOPLE_COUNTS
from pipelines.sources.csv_table import require_columns
from pipelines.sources.delivered_table import unused_columns
from pipelines.sources.delivery import Delivery
from pipelines.sources.figures import FigureColumn
from pipelines.sources.remarks import Remark
from pipelines.sources.tables import read_delivered

_OLDEST = 200
# The bands of the other CBS deliveries, and those of who walks with a rollator.
BANDS = {
    "all": (0, _OLDEST),
    "0_14": (0, 15),
    "15_24": (15, 25),
    "25_44": (25, 45),
    "45_64": (45, 65),
    "65plus": (65, _OLDEST),
    "75plus": (75, _OLDEST),
    "80plus": (80, _OLDEST),
}
_AGE = re.compile(r"^(\d+)(?:-(\d+)|\+)$")


def read_pc4_ages(delivery: Delivery, raw: Path) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Persons per PC4, of every age group delivered and of `BANDS`, as `sources/people_counts`.

    Parameters
    ----------
    delivery
        CSV (or CSV.gz) with a row per postcode and age group; `columns` may rename `postcode`, `age`, `inhabitants`.
    raw
        The raw folder.

    Returns
    -------
    tuple of pyarrow.Table and remarks
        A group `95-99` is called `95_99`, `95+` is `95plus`. Null where a group, or one of a band, is hidden or not
        delivered; a band is then at least what its other groups add up to. Remarks list the columns that are not used,
        and tell of how many postcodes groups are missing.

    Raises
    ------
    SourceError
        When a column is missing, an age group is not written like 0-4 or 95+, groups overlap, or a postcode has one
        twice.
    """
    named = {"postcode": "postcode", "age": "leeftijd", "inhabitants": "inwoners"} | delivery.columns
    delivered = read_delivered(delivery, raw)
    table = delivered.table
    require_columns(table, tuple(named.values()), delivery.path)
    ages = _age_groups(table[named["age"]], delivery.path)
    inhabitants = _inhabitants(table, named["inhabitants"], delivery)
    postcodes = listed_codes(table[named["postcode"]], delivery.path, named["postcode"], PC4)
    groups = _with_bounds(
        pa.chunked_array([postcodes.required().tolist()], pa.string()), ages, numbers(inhabitants.read())
    )
    _refuse_repeats(groups, delivery.path)
    counts = [_band(groups, name, low, high, delivery.vintage) for name, (low, high) in BANDS.items()]
    own = groups.filter(pc.invert(pc.is_in(groups["group"], pa.array(list(BANDS)))))
    listed = unused_columns(table.column_names, tuple(named.values()), delivery.path)
    told = (*delivered.remarks, *listed, *postcodes.remarks(), *inhabitants.remarks(), *_gaps(groups, delivery.path))
    return pa.concat_tables([*counts, _counts(own, "count", delivery.vintage)]), told


def _inhabitants(table: pa.Table, column: str, delivery: Delivery) -> FigureColumn:
    cells = np.array(table[column].to_pylist(), dtype=object)
    masks = dialects("pc4_ages", delivery)[0].masks
    return FigureColumn(cells, delivery.path, column, masks, delivery.numbers, whole=True)


def _age_groups(ages: pa.ChunkedArray, name: str) -> pa.Table:
    """The name (`0_4`, `95plus`), the first age, and the age from which on people are too old, of every row's group."""
    found = {text: _ages_of(text) for text in pc.unique(ages).to_pylist()}
    strange = sorted(text for text, span in found.items() if span is None)
    if strange:
        raise SourceError(f"{name}: {strange[:5]} are no age groups. Write them like 0-4, 5-9 and 95+.")
    _refuse_overlap({span for span in found.values() if span}, name)
    rows = [found[text] or (0, 0) for text in ages.to_pylist()]
    return pa.table(
        {
            "start": [start for start, _ in rows],
            "end": [end for _, end in rows],
            "group": [_called(start, end) for start, end in rows],
        }
    )


def _ages_of(text: str) -> tuple[int, int] | None:
    match = _AGE.match(text.strip())
    if match is None:
        return None
    start, end = int(match[1]), int(match[2]) + 1 if match[2] else _OLDEST
    return (start, end) if start < end <= _OLDEST else None


def _called(start: int, end: int) -> str:
    return f"{start}plus" if end == _OLDEST else f"{start}_{end - 1}"


def _refuse_overlap(spans: Collection[tuple[int, int]], name: str) -> None:
    """Refuse ages that stand in two groups, such as those of a total: they would be counted twice."""
    twice = [f"{_called(*one)} and {_called(*two)}" for one, two in pairwise(sorted(spans)) if two[0] < one[1]]
    if twice:
        shown = ", ".join(twice[:5]).replace("_", "-")
        raise SourceError(
            f"{name}: age groups overlap ({shown}), so that people would be counted twice. Deliver each "
            "age in one group, and leave out totals."
        )


def _gaps(groups: pa.Table, name: str) -> tuple[Remark, ...]:
    """Tell of how many postcodes the groups do not hold every age."""
    widths = groups.group_by("unit_code").aggregate([("start", "sum"), ("end", "sum")])
    lacking = pc.less(pc.subtract(widths["end_sum"], widths["start_sum"]), _OLDEST)
    rows = pc.sum(lacking).as_py() or 0
    problem = "postcodes of which ages are missing; sums over these are not known"
    return (Remark(name, problem, "listed", rows),) if rows else ()


def _with_bounds(postcodes: pa.ChunkedArray, ages: pa.Table, values: Floats) -> pa.Table:
    persons = pa.array(values, from_pandas=True)
    missing = np.isnan(values)
    lowest, highest = bounds(values)
    return ages.append_column("unit_code", postcodes).append_column("persons", persons).append_column(
        "lowest", pa.array(np.where(missing, 0.0, lowest))
    ).append_column("highest", pa.array(highest, mask=missing))  # fmt: skip


def _refuse_repeats(groups: pa.Table, name: str) -> None:
    rows = groups.group_by(["unit_code", "group"]).aggregate([([], "count_all")])
    repeated = rows.filter(pc.greater(rows["count_all"], 1)).slice(0, 3).to_pylist()
    if repeated:
        shown = ", ".join(f"{row['unit_code']} {row['group']}" for row in repeated)
        raise SourceError(f"{name}: {shown} stands twice or more. Deliver one row per postcode and age group.")


def _band(groups: pa.Table, name: str, low: int, high: int, vintage: int) -> pa.Table:
    rows = groups.filter(pc.and_(pc.greater_equal(groups["start"], low), pc.less_equal(groups["end"], high)))
    # A hidden group hides its band: a sum of the others would be too low. It is the least there can be.
    options = pc.ScalarAggregateOptions(skip_nulls=False)
    summed = ("persons", "lowest", "highest", "start", "end")
    sums = rows.group_by("unit_code").aggregate([(column, "sum", options) for column in summed])
    named = sums.rename_columns({f"{column}_sum": column for column in summed})
    # And so does one that was not delivered, or reaches over the edge of the band.
    is_whole = pc.equal(pc.subtract(named["end"], named["start"]), high - low)
    for column in ("persons", "highest"):
        known = pc.if_else(is_whole, named[column], None)
        named = named.set_column(named.column_names.index(column), column, known)
    return _counts(named.append_column("group", pa.array([name] * len(named), pa.string())), "sum", vintage)


def _counts(rows: pa.Table, basis: str, vintage: int) -> pa.Table:
    columns = [
        pa.array(["pc4"] * len(rows), pa.string()),
        rows["unit_code"],
        rows["group"],
        rows["persons"],
        pc.if_else(pc.is_null(rows["persons"]), "masked", ""),
        rows["lowest"],
        rows["highest"],
        pa.array([vintage] * len(rows), pa.int32()),
        pa.array([basis] * len(rows), pa.string()),
    ]
    return pa.table(columns, schema=PEOPLE_COUNTS.schema)
