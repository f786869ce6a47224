"""The answers of respondents to a survey, with the codebook that explains them.

Here a wide file of one row per respondent becomes `sources/respondents`, `sources/answers` and `sources/items`, one
wave after the other. Reversing, scales and estimates are for `survey/`. Columns that neither the codebook nor the area
file names are not read at all: what is not needed is not kept. An error names file, column and count, never a
respondent or a cell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import Contract, conform
from pipelines.errors import SourceError
from pipelines.sources import respondent_facts as facts
from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.attempts import read_all
from pipelines.sources.codebook import read_codebook
from pipelines.sources.contracts import ANSWERS, ITEMS, MARGINS, RESPONDENTS, STRATA
from pipelines.sources.csv_table import require_columns
from pipelines.sources.delivered_table import DeliveredTable, unused_columns
from pipelines.sources.number_style import read_numbers
from pipelines.sources.remarks import Remark
from pipelines.sources.sampling_frame import read_margins, read_strata
from pipelines.sources.tables import read_delivered
from pipelines.sources.vector import find

_DEFAULT_COLUMNS: Mapping[str, str] = {"id": "respondent", "buurt": "buurtcode", "weight": "gewicht"}
# Where the area file names no column.
_UNNAMED: Mapping[str, object] = {
    "postcode": "", "stratum": "", "cluster": "", "mode": "", "age": None, "sex": "", "household": "", "panel": "",
}  # fmt: skip
_READ: Mapping[str, Callable[[facts.FactColumn], pa.ChunkedArray]] = {
    "postcode": facts.postcodes,
    "stratum": facts.words,
    "cluster": facts.words,
    "mode": facts.categories,
    "sex": facts.categories,
    "household": facts.categories,
    "panel": facts.panel_ids,
}
_NAMED = {"postcode": "pc4", "panel": "panel_id"}


@dataclass(frozen=True)
class Survey:
    """A survey as delivered: tables of the contracts in `sources/contracts.py`, and what was remarkable."""

    respondents: pa.Table
    answers: pa.Table
    items: pa.Table
    strata: pa.Table
    margins: pa.Table
    remarks: tuple[Remark, ...] = ()


_TABLES: Mapping[str, Contract] = {
    "respondents": RESPONDENTS, "answers": ANSWERS, "items": ITEMS, "strata": STRATA, "margins": MARGINS,
}  # fmt: skip


def read_waves(waves: Sequence[RespondentDelivery], raw: Path) -> Survey:
    """Read every wave of a survey into one set of tables; empty ones when there is none."""
    read = read_all(partial(read_respondents, wave, raw) for wave in waves)
    none = {name: contract.schema.empty_table() for name, contract in _TABLES.items()}
    joined = {name: pa.concat_tables([none[name], *(getattr(one, name) for one in read)]) for name in none}
    return Survey(**joined, remarks=tuple(remark for one in read for remark in one.remarks))


def read_respondents(delivery: RespondentDelivery, raw: Path) -> Survey:
    """Read the respondent file of one wave, its codebook, and what its sample stands for.

    Parameters
    ----------
    delivery
        `path` (CSV, XLSX of which `layer` names the sheet, SPSS or Parquet) and `codebook` (CSV, or XLSX of one sheet)
        under the raw folder; of SPSS the codes are read, not their labels. `columns` may rename `id`, `buurt` and
        `weight` (by default `respondent`, `buurtcode`, `gewicht`), and name the others of `RESPONDENT_COLUMNS`. Where
        `strata` are delivered a weight is read only if `columns` names it.
    raw
        The raw folder.

    Returns
    -------
    Survey
        Every respondent with every item of the codebook. An empty cell is `no_answer`, a code of the codebook's
        `weet_niet` is `dont_know`; both give a null answer. An empty buurt is ''. An impossible age is unknown, and
        counted in a remark.

    Raises
    ------
    SourceError
        When a file or column is missing, an id is absent or repeats, a weight is absent or negative, a buurt code or
        postcode is malformed, a stratum is not among the strata, or an answer lies outside the codebook.
    """
    items, delivered, (strata, of_strata), (margins, of_margins) = read_all(
        (
            lambda: read_codebook(find(raw, delivery.codebook), delivery.codebook, delivery.vintage),
            lambda: read_delivered(delivery, raw),
            lambda: read_strata(delivery.strata, raw) if delivery.strata else (STRATA.schema.empty_table(), ()),
            lambda: read_margins(delivery.margins, raw) if delivery.margins else (MARGINS.schema.empty_table(), ()),
        )
    )
    table = delivered.table
    names = _column_names(delivery)
    item_ids = tuple(items["item_id"].to_pylist())
    require_columns(table, (*names.values(), *item_ids), delivery.path)
    found = {role: facts.FactColumn(table[column], column, delivery.path) for role, column in names.items()}
    respondents, answers = read_all(
        (
            lambda: _respondents(found, strata, delivery, len(table)),
            lambda: _answers(delivered, found["id"].texts, items, delivery),
        )
    )
    remarks = (
        *delivered.remarks,
        *unused_columns(table.column_names, (*names.values(), *item_ids), delivery.path, is_personal=True),
        *of_strata,
        *of_margins,
        *facts.homeless(respondents["buurt_code"], delivery.path),
        *facts.strange_ages(found.get("age")),
        *facts.mended_codes(found),
    )
    return Survey(respondents, answers, items, strata, margins, remarks)


def _column_names(delivery: RespondentDelivery) -> Mapping[str, str]:
    asked = {role: name for role, name in _DEFAULT_COLUMNS.items() if not (role == "weight" and delivery.strata)}
    return {**asked, **delivery.columns}


def _respondents(
    found: Mapping[str, facts.FactColumn], strata: pa.Table, delivery: RespondentDelivery, count: int
) -> pa.Table:
    """Give the facts of every respondent; what is wrong with any column is told in one go."""
    of_one = partial(facts.of_one, count=count)
    readers: dict[str, Callable[[], pa.Array | pa.ChunkedArray]] = {
        "wave": partial(of_one, delivery.vintage, kind=pa.int64()),
        "respondent_id": partial(facts.respondent_ids, found["id"]),
        "buurt_code": partial(facts.buurt_codes, found["buurt"]),
        "weight": partial(facts.weights, found["weight"], delivery.numbers)
        if "weight" in found
        else partial(of_one, 1.0, kind=pa.float64()),
        "age": partial(facts.ages, found["age"]) if "age" in found else partial(of_one, None, kind=pa.int64()),
        **{
            _NAMED.get(role, role): partial(read, found[role])
            if role in found
            else partial(of_one, "", kind=pa.string())
            for role, read in _READ.items()
        },
    }
    if delivery.strata is not None:
        readers["stratum"] = partial(facts.strata, found["stratum"], strata["stratum"], delivery.strata.path)
    columns = dict(zip(readers, read_all(readers.values()), strict=True))
    table = pa.table(columns).select(list(RESPONDENTS.column_names))
    return conform(table, RESPONDENTS).cast(RESPONDENTS.schema)


def _answers(
    delivered: DeliveredTable, respondent_ids: pa.ChunkedArray, items: pa.Table, delivery: RespondentDelivery
) -> pa.Table:
    parts, problems = [], []
    for item in items.to_pylist():
        texts = delivered.table[item["item_id"]]
        where = f"{delivery.path}: column {item['item_id']!r}"
        values = read_numbers(texts, where, delivery.numbers)
        # A code may mean `don't know` and be declared missing by the file too: it is an answer, that one.
        coded = read_numbers(delivered.coded.get(item["item_id"], texts), where, delivery.numbers)
        is_empty = pc.equal(texts, "").combine_chunks()
        is_dont_know = pc.is_in(coded, pa.array(item["dont_know_codes"], pa.float64()))
        is_valid = pc.fill_null(
            pc.and_(pc.greater_equal(values, item["lowest"]), pc.less_equal(values, item["highest"])), fill_value=False
        )
        outside = len(texts) - _count(pc.or_(pc.or_(is_empty, is_dont_know), is_valid))
        if outside:
            words = _count(pc.and_(pc.invert(is_empty), pc.is_null(values)))
            told = f", of which {words} no number" if words else ""
            problems.append(
                f"item {item['item_id']!r}: {outside} outside {item['lowest']:g} to {item['highest']:g}{told}"
            )
        parts.append(
            _item_answers(
                item["item_id"], delivery.vintage, respondent_ids, pc.if_else(is_valid, values, None), is_dont_know
            )
        )
    if problems:
        raise SourceError(
            f"{delivery.path}: answers outside the codebook {delivery.codebook} ({'; '.join(problems)}). Correct the "
            "answers, or `laagste`, `hoogste` and `weet_niet` of those items in the codebook; deliver the codes of "
            "answers instead of their labels, and leave a cell empty where nothing was answered."
        )
    return conform(pa.concat_tables(parts), ANSWERS).cast(ANSWERS.schema)


def _item_answers(
    item_id: str, wave: int, respondent_ids: pa.ChunkedArray, answers: pa.Array, is_dont_know: pa.BooleanArray
) -> pa.Table:
    unanswered = pc.if_else(is_dont_know, "dont_know", "no_answer")
    return pa.table(
        {
            "wave": facts.of_one(wave, len(answers), pa.int64()),
            "respondent_id": respondent_ids,
            "item_id": pa.array([item_id] * len(answers), type=pa.string()),
            "answer": answers,
            "reason_missing": pc.if_else(pc.is_null(answers), unanswered, ""),
        }
    )


def _count(mask: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)
