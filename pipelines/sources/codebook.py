"""The codebook of a survey: which column is which question, on which scale, and in which direction.

Here a codebook becomes `sources/items`. It is about questions, not persons: its values may be quoted in errors.
"""

import re
from pathlib import Path

import pyarrow as pa

from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.sources.contracts import ITEMS
from pipelines.sources.csv_table import number, require_columns
from pipelines.sources.instrument import Question, measures_of, question_of
from pipelines.sources.tables import read_table
from pipelines.sources.texts import NAME, SENTENCE, label, require_shown

_FROM_INSTRUMENT = ("instrument", "vraag")
_COLUMNS = ("item", "schaal", "tekst_nl", "tekst_en", "laagste", "hoogste", "omgekeerd", "weet_niet")
_YES_NO = {"ja": True, "nee": False}
# The scale's name becomes part of a published column.
_BETWEEN_CODES = re.compile(r"[;,/|\s]+")
_RANGE = re.compile(r"(\d{1,5})\s*-\s*(\d{1,5})")
_EITHER = re.compile(r"\d+,0+")
_MOST_CODES = 100
_SCALE = re.compile(r"([a-z][a-z0-9_]{0,40})?")


def read_codebook(path: Path, name: str, wave: int) -> pa.Table:
    """Read a codebook: one row per item, columns item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet.

    Two columns more, `instrument` and `vraag`, say which question of a set in `instruments/` an item is. What is then
    left empty follows from that question; `laagste`, `hoogste` and `omgekeerd` are filled in where the municipality's
    own coding of the answers differs.

    Parameters
    ----------
    path
        The CSV, or the XLSX of one sheet.
    name
        What to call it in an error.
    wave
        Year of the wave it explains.

    Returns
    -------
    pyarrow.Table
        `sources/items`; `dont_know_codes` are none where `weet_niet` is empty, `scale` '' where an item has none.

    Raises
    ------
    SourceError
        When a column is missing, an item repeats or has no text, `laagste` is not under `hoogste`, `omgekeerd` is not
        ja or nee, `weet_niet` holds what is no number or a possible answer, a scale is no name in small letters, an
        instrument or question is not known or asked twice, or two sets give one measure.
    """
    table = read_table(path, name)
    require_columns(table, _COLUMNS, name, "Write them exactly so in the codebook.")
    rows = [{"wave": wave, **_item(row, f"{name}: item {label(row['item'])!r}")} for row in table.to_pylist()]
    _require_once(table["item"].to_pylist(), name)
    _require_once([f"{row['instrument']} {row['question']}" for row in rows if row["instrument"]], name)
    items = conform(pa.Table.from_pylist(rows, schema=ITEMS.schema), ITEMS).cast(ITEMS.schema)
    _require_unmixed(items, name)
    return items


def _require_once(names: list[str], name: str) -> None:
    repeated = sorted({item for item in names if names.count(item) > 1})
    if repeated:
        raise SourceError(f"{name}: items {repeated} stand there more than once. Keep one line per item.")


def _require_unmixed(items: pa.Table, name: str) -> None:
    measured = [one.name for one in measures_of(items)]
    mixed = sorted({one for one in measured if measured.count(one) > 1})
    if mixed:
        raise SourceError(
            f"{name}: {mixed} would be made of more than one set of questions, and their answers cannot be compared. "
            "Keep one of those sets, or give your own scale another name."
        )


def _item(row: dict[str, str], where: str) -> dict[str, object]:
    instrument, question = (row.get(column, "").strip() for column in _FROM_INSTRUMENT)
    if bool(instrument) != bool(question):
        raise SourceError(f"{where}: fill in both `instrument` and `vraag`, or neither.")
    if not instrument:
        return {**_own(row, where), "instrument": "", "question": "", "facet": "", "manifestation": "", "object": ""}
    known = question_of(instrument, question, where)
    return {**_own(_filled(row, known, where), where), **_about(instrument, question, known)}


def _about(instrument: str, question: str, known: Question) -> dict[str, object]:
    about = {"facet": known.facet, "manifestation": known.manifestation, "object": known.object}
    return {"instrument": instrument, "question": question, **about}


def _filled(row: dict[str, str], known: Question, where: str) -> dict[str, str]:
    """Fill in what a question tells, where the codebook does not."""
    if row["schaal"]:
        raise SourceError(f"{where}: schaal {row['schaal']!r} beside an instrument, which has scales itself. Empty it.")
    if row["tekst_nl"] not in ("", known.nl):
        raise SourceError(
            f"{where}: tekst_nl differs from the question, which is {known.nl!r}. Was something else asked? Then take "
            "`instrument` and `vraag` out; answers to other words cannot be compared."
        )
    told = {
        "tekst_nl": known.nl,
        "tekst_en": known.en,
        "laagste": f"{known.lowest:g}",
        "hoogste": f"{known.highest:g}",
        "omgekeerd": "ja" if known.is_reversed else "nee",
    }
    return {**row, **{column: row[column] or text for column, text in told.items()}, "tekst_en": known.en}


def _own(row: dict[str, str], where: str) -> dict[str, object]:
    if not row["item"] or not row["tekst_nl"]:
        raise SourceError(f"{where}: has no name or no text. Fill in `item` and `tekst_nl`.")
    if not _SCALE.fullmatch(row["schaal"]):
        raise SourceError(
            f"{where}: schaal {row['schaal']!r} is no name. Use small letters, digits and _, as in m1_contact."
        )
    if row["omgekeerd"].lower() not in _YES_NO:
        raise SourceError(f"{where}: omgekeerd is {row['omgekeerd']!r}. Write ja or nee.")
    lowest, highest = number(row["laagste"]), number(row["hoogste"])
    if lowest is None or highest is None or lowest >= highest:
        raise SourceError(
            f"{where}: laagste {row['laagste']!r} and hoogste {row['hoogste']!r} span no answers. "
            "Write numbers such as 1 and 5."
        )
    return {
        "item_id": require_shown(row["item"], NAME, f"{where}: its name"),
        "scale": row["schaal"],
        "text_nl": require_shown(row["tekst_nl"], SENTENCE, f"{where}: tekst_nl"),
        "text_en": require_shown(row["tekst_en"], SENTENCE, f"{where}: tekst_en"),
        "lowest": lowest,
        "highest": highest,
        "is_reversed": _YES_NO[row["omgekeerd"].lower()],
        "dont_know_codes": _dont_know_codes(row["weet_niet"], lowest, highest, where),
    }


def _dont_know_codes(text: str, lowest: float, highest: float, where: str) -> list[float]:
    """Read `9`, several codes (`8;9`, `8 9`) or a range of them (`97-99`)."""
    codes = [code for part in _parts(text) for code in _codes_of(part)]
    if len(codes) > _MOST_CODES or any(code is None or lowest <= code <= highest for code in codes):
        raise SourceError(
            f"{where}: weet_niet {text!r} is no number, or also an answer. Use codes outside {lowest:g} to "
            f"{highest:g}, such as 9, 8 9 or 97-99, or leave it empty."
        )
    return sorted({code for code in codes if code is not None})


def _codes_of(part: str) -> list[float | None]:
    span = _RANGE.fullmatch(part)
    if span is None:
        return [None if _EITHER.fullmatch(part) else number(part)]
    first, last = int(span[1]), int(span[2])
    # One more than may be, so that too many are refused without being listed.
    return [*map(float, range(first, min(last, first + _MOST_CODES) + 1))] if first < last else [None]


def _parts(text: str) -> list[str]:
    """The codes of a cell, each as text. The comma of `8,9` parts two codes; that of `9,0` may not: it is none."""
    cell = text.strip()
    is_one = _RANGE.fullmatch(cell) or _EITHER.fullmatch(cell)
    return [cell] if is_one else [part for part in _BETWEEN_CODES.split(cell) if part]
