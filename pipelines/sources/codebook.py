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
from pipelines.sources.tables import read_table

_COLUMNS = ("item", "schaal", "tekst_nl", "tekst_en", "laagste", "hoogste", "omgekeerd", "weet_niet")
_YES_NO = {"ja": True, "nee": False}
# The scale's name becomes part of a published column.
_SCALE = re.compile(r"([a-z][a-z0-9_]{0,40})?")


def read_codebook(path: Path, name: str) -> pa.Table:
    """Read a codebook: one row per item, columns item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet.

    Parameters
    ----------
    path
        The CSV, or the XLSX of one sheet.
    name
        What to call it in an error.

    Returns
    -------
    pyarrow.Table
        `sources/items`; `dont_know_code` is null where `weet_niet` is empty, `scale` '' where an item has none.

    Raises
    ------
    SourceError
        When a column is missing, an item repeats or has no text, `laagste` is not under `hoogste`, `omgekeerd` is not
        ja or nee, `weet_niet` is no number or a possible answer, or a scale is no name in small letters.
    """
    table = read_table(path, name)
    require_columns(table, _COLUMNS, name, "Write them exactly so in the codebook.")
    rows = [_item(row, f"{name}: item {row['item']!r}") for row in table.to_pylist()]
    item_ids = table["item"].to_pylist()
    repeated = sorted({item for item in item_ids if item_ids.count(item) > 1})
    if repeated:
        raise SourceError(f"{name}: items {repeated} stand there more than once. Keep one line per item.")
    return conform(pa.Table.from_pylist(rows, schema=ITEMS.schema), ITEMS).cast(ITEMS.schema)


def _item(row: dict[str, str], where: str) -> dict[str, object]:
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
        "item_id": row["item"],
        "scale": row["schaal"],
        "text_nl": row["tekst_nl"],
        "text_en": row["tekst_en"],
        "lowest": lowest,
        "highest": highest,
        "is_reversed": _YES_NO[row["omgekeerd"].lower()],
        "dont_know_code": _dont_know_code(row["weet_niet"], lowest, highest, where),
    }


def _dont_know_code(text: str, lowest: float, highest: float, where: str) -> float | None:
    if not text:
        return None
    code = number(text)
    if code is None or lowest <= code <= highest:
        raise SourceError(
            f"{where}: weet_niet {text!r} is no number, or also an answer. "
            f"Use a code outside {lowest:g} to {highest:g}, or leave it empty."
        )
    return code
