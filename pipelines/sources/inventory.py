"""The qualitative inventory: what residents and professionals said, where they consented to its publication.

Here a list of records becomes `sources/inventory`. A record without consent is counted and read no further; one that
holds a name, an address or a number to call is withheld; of days the month is kept. No error quotes a record.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import PyObjects
from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.sources.code_columns import CodeColumn
from pipelines.sources.codes import BUURT
from pipelines.sources.contracts import INVENTORY
from pipelines.sources.csv_table import require_columns
from pipelines.sources.delivered_table import unused_columns
from pipelines.sources.delivery import Delivery
from pipelines.sources.quotes import HOME, HOW_TO_REACH, NAME, general_role, gives_away, points_to_one
from pipelines.sources.remarks import Remark
from pipelines.sources.tables import read_delivered

_DEFAULT_COLUMNS: Mapping[str, str] = {
    "record_id": "nummer",
    "date": "datum",
    "buurt_code": "buurtcode",
    "subject": "onderwerp",
    "said_by": "gezegd_door",
    "quote": "citaat",
    "consent": "toestemming",
}
# A record's number that is a number; what else stands there may be a name.
_NUMBER = r"[A-Za-z]{0,4}[-_. ]?\d{1,10}"
_NUMBERS_TOLD = 20
_DATE_FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%Y-%m-%dT%H:%M:%S")


def read_inventory(delivery: Delivery, raw: Path) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the records that may be published.

    Parameters
    ----------
    delivery
        `path` under the raw folder; `columns` may rename record_id, date, buurt_code, subject, said_by, quote and
        consent (by default nummer, datum, buurtcode, onderwerp, gezegd_door, citaat, toestemming).
    raw
        The raw folder.

    Returns
    -------
    tuple
        `sources/inventory`, the records with `ja` under consent that point to nobody; and remarks: how many lack
        consent, and the numbers of those withheld, of those whose role is told in general, and of those to read again.

    Raises
    ------
    SourceError
        When the file or a column is missing, consent is not ja or nee, or a published record repeats a number, lacks
        words, or has a date or buurt code that cannot be read.
    """
    names = {**_DEFAULT_COLUMNS, **delivery.columns}
    if unknown := sorted(set(names) - set(_DEFAULT_COLUMNS)):
        raise SourceError(f"{delivery.path}: `columns` names {unknown}; an inventory knows {sorted(_DEFAULT_COLUMNS)}.")
    delivered = read_delivered(delivery, raw)
    table = delivered.table
    require_columns(table, tuple(names.values()), delivery.path)
    renamed = pa.table({ours: table[theirs] for ours, theirs in names.items()})
    consented = renamed.filter(_consent(renamed["consent"], delivery.path))
    withheld = len(renamed) - len(consented)
    _require_sound(consented, delivery.path)
    months = _months(consented["date"].to_pylist(), f"{delivery.path}: column {names['date']!r}")
    cells = np.array(consented["buurt_code"].to_pylist(), dtype=object)
    buurten = CodeColumn(cells, delivery.path, names["buurt_code"], BUURT, is_personal=True)
    codes = pa.array(buurten.required(may_be_empty=True).tolist(), type=pa.string())
    read = pa.table({**{name: consented[name] for name in names}, "month": months, "buurt_code": codes})
    sound, spoken = _told(read, delivery.path)
    kept = Remark(delivery.path, "record without consent to publish it", "set_aside", withheld)
    unused = unused_columns(table.column_names, tuple(names.values()), delivery.path, is_personal=True)
    told = (*delivered.remarks, *unused, *((kept,) if withheld else ()), *buurten.remarks(), *spoken)
    return conform(sound, INVENTORY).cast(INVENTORY.schema), told


def _consent(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    answers = pc.utf8_lower(column)
    unclear = pc.sum(pc.invert(pc.is_in(answers, pa.array(["ja", "nee"])))).as_py()
    if unclear:
        raise SourceError(f"{name}: consent is neither ja nor nee in {unclear} records. Fill in ja or nee for each.")
    return pc.equal(answers, "ja")


def _require_sound(records: pa.Table, name: str) -> None:
    repeated = len(records) - pc.count_distinct(records["record_id"]).as_py()
    if repeated:
        raise SourceError(f"{name}: {repeated} records have the number of another. Number each record once.")
    for column in ("record_id", "subject", "said_by", "quote"):
        absent = pc.sum(pc.equal(records[column], "")).as_py()
        if absent:
            raise SourceError(f"{name}: {column} is empty in {absent} records with consent. Fill it in.")


def _told(records: pa.Table, path: str) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Withhold the records that point to somebody, and tell roles in general; and what to say of it."""
    said = zip(*(records[name].to_pylist() for name in ("subject", "quote")), strict=True)
    found = np.array([gives_away(" \n ".join(words)) for words in said], dtype=object)
    general = np.array([general_role(role) for role in records["said_by"].to_pylist()], dtype=object)
    kept = found == ""
    points = np.array([points_to_one(words) for words in records["quote"].to_pylist()], dtype=bool)
    has_buurt = records["buurt_code"].to_numpy() != ""
    differs = general != np.array(records["said_by"].to_pylist(), dtype=object)
    numbers = _numbers(records["record_id"].to_pylist())
    withheld = {kind: f"record withheld, for {kind} stands in it" for kind in (HOW_TO_REACH, HOME, NAME)}
    told = [
        *((words, "set_aside", found == kind) for kind, words in withheld.items()),
        ("role told in general, for it may point to somebody", "mended", kept & differs),
        ("quote names a role that one person in a buurt has; read it again", "noted", kept & points & has_buurt),
    ]
    remarks = (
        Remark(path, words, action, int(who.sum()), _listed(numbers[who])) for words, action, who in told if who.any()
    )
    place = records.column_names.index("said_by")
    spoken = records.set_column(place, "said_by", pa.array(general.tolist(), pa.string()))
    return spoken.filter(pa.array(kept)), tuple(remarks)


def _numbers(ids: Sequence[str]) -> PyObjects:
    """How to find each record: by its number, or where that is no number by its row under the header."""
    found = [one if re.fullmatch(_NUMBER, one) else f"row {row}" for row, one in enumerate(ids, start=1)]
    return np.array(found, dtype=object)


def _listed(numbers: PyObjects) -> str:
    more = len(numbers) - _NUMBERS_TOLD
    return ", ".join(numbers[:_NUMBERS_TOLD].tolist()) + (f" and {more} more" if more > 0 else "")


def _months(texts: Sequence[str], where: str) -> pa.Array:
    found = [_iso_date(text) for text in texts]
    unread = found.count(None)
    if unread:
        raise SourceError(
            f"{where} holds no date that can be read in {unread} records with consent. Write days as 2024-05-31 or "
            "31-05-2024."
        )
    return pa.array([day[:7] for day in found if day], pa.string())


def _iso_date(text: str) -> str | None:
    """A day as ISO 8601; of a moment, as a workbook may hold, the day."""
    for pattern in _DATE_FORMATS:
        try:
            return dt.datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None
