"""Tables of CBS StatLine about gemeenten, wijken and buurten: figures beside which ours can be laid.

Here a table becomes `sources/context`, whichever way it was taken from StatLine: as `fetch` stores it (Parquet), as
OData v4 answers (JSON), or as the site exports it (CSV, in `statline_export.py`). What a measure means is for who
uses it.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import SourceError
from pipelines.sources.area_file import StatlineDelivery
from pipelines.sources.codes import BUURT, GEMEENTE, WIJK, CodeKind, code_of
from pipelines.sources.contracts import CONTEXT
from pipelines.sources.remarks import Remark
from pipelines.sources.statline_export import exported
from pipelines.sources.statline_parts import PARTS, WANTED, dimensions, heading, require_named, text_column
from pipelines.sources.vector import find
from pipelines.sources.wholeness import advice

_REGION_TYPES: Mapping[str, str] = {
    "NL": "land", "LD": "landsdeel", "PV": "provincie", "CR": "corop", "GM": "gemeente", "WK": "wijk", "BU": "buurt",
}  # fmt: skip
_KINDS: Mapping[str, CodeKind] = {kind.prefix: kind for kind in (GEMEENTE, WIJK, BUURT)}
_REASONS: Mapping[str, str] = {
    "Confidential": "masked",
    "Secret": "masked",
    "Unreliable": "masked",
    "Impossible": "not_applicable",
}
_KNOWN = {*WANTED, "region_title"}
_MOST_ROWS = 50_000_000


def read_statline(
    delivery: StatlineDelivery, raw: Path, gemeenten: tuple[str, ...]
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the figures of a table for the country, and for the gemeenten of the area with their wijken and buurten.

    Parameters
    ----------
    delivery
        A Parquet (columns measure_code, measure_title, unit, region_code, period, value, value_attribute, and one for
        each further dimension), a JSON with the Observations of OData v4, or a CSV export with a column per topic.
    raw
        The raw folder.
    gemeenten
        Codes such as GM0014.

    Returns
    -------
    tuple
        `sources/context`; and a remark on values that are absent for a reason which is not known here. A table without
        periods is of the year of its `vintage`.

    Raises
    ------
    SourceError
        When the file is damaged, is a page of several, lacks a column, says the same twice, or has nothing on the area.
    """
    path = find(raw, delivery.path)
    if not gemeenten:
        raise SourceError(f"{delivery.path}: of which gemeenten? Name them under `gemeenten` in the area file.")
    parts = _READERS.get(path.suffix.lower(), exported)(path, delivery)
    read, kept = zip(*((len(part), _of_area(part, gemeenten)) for part in (PARTS.empty_table(), *parts)), strict=True)
    rows = pa.concat_tables(kept)
    if not pc.any(pc.match_substring_regex(rows["region_code"], "^(GM|WK|BU)")).as_py():
        raise SourceError(
            f"{delivery.path}: holds nothing on {list(gemeenten)} or their wijken and buurten. Deliver table "
            f"{delivery.table} of a year in which these gemeenten exist, or correct `gemeenten` in the area file."
        )
    table, remarks = _context(rows, delivery)
    told = f"figures, of which {len(rows):,} of the country and of the area"
    return table, (Remark(delivery.path, told, "read", sum(read)), *remarks)


def _of_area(part: pa.Table, gemeenten: tuple[str, ...]) -> pa.Table:
    encoded = part["region_code"].combine_chunks().dictionary_encode()
    wanted = pa.array([_region(text, gemeenten) for text in encoded.dictionary.to_pylist()], pa.string())
    codes = wanted.take(encoded.indices)
    return part.set_column(part.column_names.index("region_code"), "region_code", codes).filter(pc.is_valid(codes))


def _region(text: str, gemeenten: tuple[str, ...]) -> str | None:
    """The code of the country, or of a gemeente of the area or what lies in it; None of other regions."""
    kind = _KINDS.get(text.strip().upper()[:2])
    code = code_of(text, kind) if kind else text.strip().upper()
    is_wanted = code and (code.startswith("NL") or "GM" + code[2:6] in gemeenten)
    return code if is_wanted else None


def _context(rows: pa.Table, delivery: StatlineDelivery) -> tuple[pa.Table, tuple[Remark, ...]]:
    of_year = f"{delivery.vintage}JJ00"
    absent = pc.is_null(rows["value"])
    reasons = pa.array([_REASONS.get(text, "not_delivered") for text in rows["value_attribute"].to_pylist()])
    columns = {
        "table_id": pa.array([delivery.table] * len(rows), pa.string()),
        "region_type": pa.array([_REGION_TYPES[code[:2]] for code in rows["region_code"].to_pylist()], pa.string()),
        "period": pc.if_else(pc.equal(rows["period"], ""), of_year, rows["period"]),
        "reason_missing": pc.if_else(absent, reasons, ""),
    }
    table = pa.table(
        [columns[name] if name in columns else rows[name] for name in CONTEXT.column_names], schema=CONTEXT.schema
    )
    distinct = table.group_by(list(CONTEXT.key)).aggregate([]).num_rows
    if distinct < len(table):
        raise SourceError(
            f"{delivery.path}: {len(table) - distinct} figures of the area stand there twice (one region, measure and "
            "period). Fetch the table again, and once."
        )
    ordered = table.sort_by([(name, "ascending") for name in CONTEXT.key])
    return ordered.combine_chunks(), _remarks(rows.filter(absent), delivery.path)


def _remarks(absent: pa.Table, name: str) -> tuple[Remark, ...]:
    strange = [text for text in absent["value_attribute"].to_pylist() if text not in {*_REASONS, "", "None"}]
    if not strange:
        return ()
    shown = ", ".join(sorted(set(strange))[:5])
    return (Remark(name, "absent for a reason not known here", "read as not delivered", len(strange), shown),)


def _stored(path: Path, delivery: StatlineDelivery) -> Iterator[pa.Table]:
    """Yield the pieces of a table as `fetch` stores it."""
    name = delivery.path
    if delivery.columns:
        raise SourceError(f"{name}: has the columns that `fetch` gives it. Take `columns` out of the area file.")
    try:
        with pq.ParquetFile(path) as stored:
            names = stored.schema_arrow.names
            missing = [column for column in WANTED if column not in names]
            if missing or stored.metadata.num_rows > _MOST_ROWS:
                raise SourceError(
                    f"{name}: columns {missing} are missing (or it has over {_MOST_ROWS:,} rows); it has {names[:20]}. "
                    "Fetch the table again with `samenhang fetch`."
                )
            for batch in stored.iter_batches():
                part = pa.Table.from_batches([batch])
                further = {column: part[column].to_pylist() for column in names if column not in _KNOWN}
                texts = [text_column(part[column]) for column in WANTED if column != "value"]
                texts.insert(WANTED.index("value"), part["value"].cast(pa.float64()))
                yield pa.table([*texts, dimensions(further, len(part))], schema=PARTS)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{name}: is no Parquet that can be read ({type(error).__name__}). {advice(path, 'Fetch it again.')}"
        ) from error


def _answered(path: Path, delivery: StatlineDelivery) -> Iterator[pa.Table]:
    """Yield the Observations of an answer of OData v4."""
    name = delivery.path
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{name}: is no JSON ({str(error)[:100]}). {advice(path, 'Download it again.')}") from error
    found = content.get("value") if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise SourceError(f"{name}: has no list under 'value', as an answer of StatLine has. Download it again.")
    if "@odata.nextLink" in content:
        raise SourceError(f"{name}: is one page of several. Fetch the whole table, with `samenhang fetch`.")
    keys = sorted({key for row in found for key in row})
    missing = [key for key in ("Measure", "Value", "ValueAttribute") if key not in keys]
    if missing:
        raise SourceError(f"{name}: {missing} are missing in its rows. Deliver the Observations of the table.")
    if strange := sorted(set(delivery.columns) - {"region", "period"}):
        raise SourceError(f"{name}: `columns` names {strange}; of an answer of StatLine it may name region and period.")
    require_named(delivery.columns, keys, name)
    region, period = (heading(keys, key, delivery.columns, name) for key in ("region", "period"))
    known = {"Id", "Measure", "Value", "ValueAttribute", "StringValue", region, period}
    values = [row.get("Value") for row in found]
    wrong = [at for at, value in enumerate(values, 1) if not _is_figure(value)]
    if wrong:
        raise SourceError(f"{name}: row {wrong[0]}: 'Value' is no number ({len(wrong)} such rows). Download it again.")
    texts = {key: pa.array([str(row.get(key) or "").strip() for row in found], pa.string()) for key in keys}
    none = pa.array([""] * len(found), pa.string())
    further = {key: [row.get(key) for row in found] for key in keys if key not in known}
    yield pa.table(
        [
            texts["Measure"], none, none, texts[region], texts.get(period, none),
            pa.array(values, pa.float64()), texts["ValueAttribute"], dimensions(further, len(found)),
        ],
        schema=PARTS,
    )  # fmt: skip


def _is_figure(value: object) -> bool:
    """Whether JSON holds a number or nothing; to Python `true` and `NaN` are numbers too."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value is None or is_number


_READERS: Mapping[str, Callable[[Path, StatlineDelivery], Iterator[pa.Table]]] = {
    ".parquet": _stored,
    ".json": _answered,
}
