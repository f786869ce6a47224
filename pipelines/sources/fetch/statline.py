"""StatLine tables (OData v4): observations with the words of their codes, as one Parquet file per table.

Columns: `measure_code`, `measure_title`, `unit`, `region_code` (without blanks), `region_title`, `period` (a code such
as 2023JJ00; the year of the edition where the table has no periods), `value` (null where CBS gives none),
`value_attribute` (why: Impossible, Confidential, ...; None where there is a value), and a text column of codes for
every further dimension, named as in StatLine. Observations that hold words instead of figures (names of regions) are
left out. What a missing value means is for the reader.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import FetchError
from pipelines.sources.fetch.download import Receipt
from pipelines.sources.fetch.paging import Dialect, Page, sheets
from pipelines.sources.fetch.transfer import Line, Tell

COLUMNS = ("measure_code", "measure_title", "unit", "region_code", "region_title", "period", "value", "value_attribute")
# Nothing that CBS counts comes near; what is more would be no double.
_LARGEST = 1e18
_PREFIXES = ("GM", "WK", "BU")


@dataclass(frozen=True)
class Table:
    """A table to get: its address, the dimension of its regions, the gemeenten wanted (all when empty), its year."""

    url: str
    region_dimension: str
    gemeenten: tuple[str, ...]
    year: int

    def part(self, name: str, column: str = "") -> str:
        """The address of one part of the table, of the wanted regions only where `column` holds their codes."""
        if not column or not self.gemeenten:
            return f"{self.url}/{name}"
        tests = [f"startswith({column},'{p}{code[2:]}')" for code in self.gemeenten for p in _PREFIXES]
        return f"{self.url}/{name}?{urlencode({'$filter': ' or '.join(tests)}, safe='$', quote_via=quote)}"


@dataclass(frozen=True)
class _Words:
    """What the codes of a table mean, and which dimensions it has."""

    measures: Mapping[str, Page]
    regions: Mapping[str, Page]
    period: str
    further: tuple[str, ...]


def table_url(table: Table) -> str:
    """The first page of a table's observations."""
    return table.part("Observations", table.region_dimension)


def fetch_table(line: Line, table: Table, output: Path, limit_bytes: int, tell: Tell) -> Receipt:
    """Write a StatLine table to `output` as Parquet, in the order of the service.

    Raises
    ------
    FetchError
        When a part cannot be got, its pages repeat, a code has no words, or it has nothing of these gemeenten.
    """
    words = _words(line, table, limit_bytes, tell)
    schema = pa.schema(
        [(name, pa.float64() if name == "value" else pa.string()) for name in (*COLUMNS, *words.further)]
    )
    pages = sheets(line, table_url(table), _dialect("Id"), limit_bytes, tell)
    receipt = None
    rows = 0
    with pq.ParquetWriter(output, schema, compression="zstd") as writer:
        for sheet in pages:
            figures = [_row(table, row, words) for row in sheet.rows if row.get("StringValue") is None]
            writer.write_table(pa.Table.from_pylist(figures, schema=schema))
            rows += len(figures)
            receipt = Receipt(sheet.final_url, sheet.content_type)
    if receipt is None or not rows:
        raise FetchError(
            f"{table_url(table)}: holds nothing of {list(table.gemeenten)}. Were these the codes in {table.year}?"
        )
    return receipt


def _dialect(row_id: str) -> Dialect:
    return Dialect("value", row_id, lambda page: str(page.get("@odata.nextLink") or ""))


def _words(line: Line, table: Table, limit_bytes: int, tell: Tell) -> _Words:
    def read(url: str) -> dict[str, Page]:
        found = sheets(line, url, _dialect("Identifier"), limit_bytes, tell)
        return {_code(row["Identifier"]): row for sheet in found for row in sheet.rows}

    dimensions = read(table.part("Dimensions"))
    if table.region_dimension not in dimensions:
        raise FetchError(
            f"{table.url}: has no dimension {table.region_dimension!r}; it has {sorted(dimensions)}. Correct "
            "region_dimension in the registry."
        )
    periods = [name for name, dimension in dimensions.items() if dimension.get("Kind") == "TimeDimension"]
    return _Words(
        read(table.part("MeasureCodes")),
        read(table.part(f"{table.region_dimension}Codes", "Identifier")),
        periods[0] if periods else "",
        tuple(sorted(set(dimensions) - {table.region_dimension, *periods[:1]})),
    )


def _row(table: Table, row: Mapping[str, Any], words: _Words) -> dict[str, object]:
    wanted = ("Measure", table.region_dimension, *filter(None, (words.period,)), *words.further)
    absent = [name for name in wanted if row.get(name) is None]
    if absent:
        raise FetchError(f"{table.url}: an observation lacks {absent}. The service may have changed.")
    measure, region = _code(row["Measure"]), _code(row[table.region_dimension])
    title, unit = _said(table, words.measures, measure, ("Title", "Unit"))
    (place,) = _said(table, words.regions, region, ("Title",))
    return {
        "measure_code": measure,
        "measure_title": title,
        "unit": unit,
        "region_code": region,
        "region_title": place,
        "period": _code(row[words.period]) if words.period else str(table.year),
        "value": _figure(table, row.get("Value")),
        "value_attribute": str(row.get("ValueAttribute") or "None"),
        **{name: _code(row[name]) for name in words.further},
    }


def _figure(table: Table, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        raise FetchError(f"{table.url}: a value is no number: {value!r:.40}. The service may have changed.")
    return float(value)


def _said(table: Table, codes: Mapping[str, Page], code: str, facts: Sequence[str]) -> Iterator[str]:
    if code not in codes:
        raise FetchError(f"{table.url}: code {code!r} is not in its list of codes. Try again later.")
    return (str(codes[code].get(fact) or "") for fact in facts)


def _code(text: object) -> str:
    """A code without the blanks that CBS pads it with."""
    return str(text).strip()
