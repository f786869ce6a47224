"""The answers of respondents to a survey, with the codebook that explains them.

Here a wide file of one row per respondent becomes `sources/respondents`, `sources/answers` and `sources/items`.
Reversing, scales and estimates are for `survey/`. Columns that the codebook does not name are not read at all: what is
not needed is not kept. An error names file, column and count, never a respondent or a cell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.attempts import read_all
from pipelines.sources.codebook import read_codebook
from pipelines.sources.contracts import ANSWERS, RESPONDENTS
from pipelines.sources.csv_table import require_columns
from pipelines.sources.number_style import read_numbers
from pipelines.sources.tables import read_delivered
from pipelines.sources.vector import Remark, find

_DEFAULT_COLUMNS: Mapping[str, str] = {"id": "respondent", "buurt": "buurtcode", "weight": "gewicht"}
BUURT_CODE = r"^(BU\d{8})?$"


@dataclass(frozen=True)
class Survey:
    """A survey as delivered: tables of the contracts in `sources/contracts.py`, and what was remarkable."""

    respondents: pa.Table
    answers: pa.Table
    items: pa.Table
    remarks: tuple[Remark, ...]


def read_respondents(delivery: RespondentDelivery, raw: Path) -> Survey:
    """Read a respondent file and its codebook.

    Parameters
    ----------
    delivery
        `path` (CSV, XLSX of which `layer` names the sheet, SPSS or Parquet) and `codebook` (CSV, or XLSX of one sheet)
        under the raw folder; of SPSS the codes are read, not their labels. `columns` may rename `id`, `buurt` and
        `weight` (by default `respondent`, `buurtcode`, `gewicht`).
    raw
        The raw folder.

    Returns
    -------
    Survey
        Every respondent with every item of the codebook. An empty cell is `no_answer`, the code of the codebook's
        `weet_niet` is `dont_know`; both give a null answer. An empty buurt is ''.

    Raises
    ------
    SourceError
        When a file or column is missing, an id is absent or repeats, a weight is absent or negative, a buurt code is
        malformed, or an answer lies outside the codebook.
    """
    items, table = read_all(
        (
            lambda: read_codebook(find(raw, delivery.codebook), delivery.codebook),
            lambda: read_delivered(delivery, raw),
        )
    )
    names = _column_names(delivery)
    item_ids = tuple(items["item_id"].to_pylist())
    require_columns(table, (*names.values(), *item_ids), delivery.path)
    respondents = pa.table(
        {
            "respondent_id": _ids(table, names["id"], delivery.path),
            "buurt_code": _buurt_codes(table, names["buurt"], delivery.path),
            "weight": _weights(table, names["weight"], delivery),
        }
    )
    answers = _answers(table, respondents["respondent_id"], items, delivery)
    kept = conform(respondents, RESPONDENTS).cast(RESPONDENTS.schema)
    return Survey(kept, answers, items, tuple(_remarks(respondents, delivery.path)))


def _column_names(delivery: RespondentDelivery) -> Mapping[str, str]:
    unknown = sorted(set(delivery.columns) - set(_DEFAULT_COLUMNS))
    if unknown:
        raise SourceError(
            f"{delivery.path}: `columns` names {unknown}, which this file does not need. "
            f"It knows {sorted(_DEFAULT_COLUMNS)}; items are named in the codebook."
        )
    return {**_DEFAULT_COLUMNS, **delivery.columns}


def _ids(table: pa.Table, column: str, name: str) -> pa.ChunkedArray:
    ids = table[column]
    absent = _count(pc.equal(ids, ""))
    if absent:
        raise SourceError(f"{name}: column {column!r} is empty in {absent} rows. Give every respondent a number.")
    repeated = len(ids) - pc.count_distinct(ids).as_py()
    if repeated:
        raise SourceError(
            f"{name}: column {column!r} repeats: {repeated} of {len(ids)} rows have the number of an earlier one. "
            "Remove the double rows, or name the column that tells respondents apart as `columns.id`."
        )
    return ids


def _buurt_codes(table: pa.Table, column: str, name: str) -> pa.ChunkedArray:
    codes = table[column]
    malformed = _count(pc.invert(pc.match_substring_regex(codes, BUURT_CODE)))
    if malformed:
        raise SourceError(
            f"{name}: column {column!r} holds {malformed} values that are no buurt code. "
            "Write CBS codes such as BU03630000, and leave the cell empty where the buurt is unknown."
        )
    return codes


def _weights(table: pa.Table, column: str, delivery: RespondentDelivery) -> pa.Array:
    name = delivery.path
    weights = read_numbers(table[column], f"{name}: column {column!r}", delivery.numbers)
    absent = weights.null_count
    negative = _count(pc.less(weights, 0.0))
    if absent or negative:
        raise SourceError(
            f"{name}: column {column!r} is no number in {absent} rows and negative in {negative}. "
            "Give every respondent a survey weight of 0 or more; without weights, fill in 1 for each."
        )
    if not pc.max(weights).as_py() > 0:
        raise SourceError(f"{name}: column {column!r} is 0 for everyone. Fill in the survey weights.")
    return weights


def _answers(
    table: pa.Table, respondent_ids: pa.ChunkedArray, items: pa.Table, delivery: RespondentDelivery
) -> pa.Table:
    parts, problems = [], []
    for item in items.to_pylist():
        texts = table[item["item_id"]]
        values = read_numbers(texts, f"{delivery.path}: column {item['item_id']!r}", delivery.numbers)
        is_empty = pc.equal(texts, "").combine_chunks()
        is_dont_know = pc.fill_null(pc.equal(values, item["dont_know_code"]), fill_value=False)
        is_valid = pc.fill_null(
            pc.and_(pc.greater_equal(values, item["lowest"]), pc.less_equal(values, item["highest"])), fill_value=False
        )
        outside = len(texts) - _count(pc.or_(pc.or_(is_empty, is_dont_know), is_valid))
        if outside:
            problems.append(f"item {item['item_id']!r}: {outside} outside {item['lowest']:g} to {item['highest']:g}")
        parts.append(_item_answers(item["item_id"], respondent_ids, pc.if_else(is_valid, values, None), is_dont_know))
    if problems:
        raise SourceError(
            f"{delivery.path}: answers outside the codebook {delivery.codebook} ({'; '.join(problems)}). Correct the "
            "answers, or `laagste`, `hoogste` and `weet_niet` of those items in the codebook."
        )
    return conform(pa.concat_tables(parts), ANSWERS).cast(ANSWERS.schema)


def _item_answers(
    item_id: str, respondent_ids: pa.ChunkedArray, answers: pa.Array, is_dont_know: pa.BooleanArray
) -> pa.Table:
    unanswered = pc.if_else(is_dont_know, "dont_know", "no_answer")
    return pa.table(
        {
            "respondent_id": respondent_ids,
            "item_id": pa.array([item_id] * len(answers), type=pa.string()),
            "answer": answers,
            "reason_missing": pc.if_else(pc.is_null(answers), unanswered, ""),
        }
    )


def _remarks(respondents: pa.Table, name: str) -> Iterator[Remark]:
    homeless = _count(pc.equal(respondents["buurt_code"], ""))
    if homeless:
        yield Remark(name, "respondent without a buurt; kept in the sample, in no area", "set_aside", homeless)


def _count(mask: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)
