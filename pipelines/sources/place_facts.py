"""What is delivered about a place beside its doors: for whom, how often, under a roof, for money, and what else it is.

Here tags and cells become attributes and functions; a value that cannot be read is counted, and is no fact. What holds
where nothing was told is for the typology (`place_kinds.yaml`), and whether the place counts for `places/`.
"""

import re
from collections.abc import Mapping, Sequence

from pipelines.sources.area_file import PlaceDelivery
from pipelines.sources.place_doors import read_cells
from pipelines.sources.place_kinds import ATTRIBUTES, known_kinds
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer

_ANSWERS: Mapping[str, str] = {
    "yes": "yes", "ja": "yes", "true": "yes", "1": "yes", "1.0": "yes",
    "no": "no", "nee": "no", "false": "no", "0": "no", "0.0": "no",
    "unknown": "unknown", "onbekend": "unknown",
}  # fmt: skip
_REGULARITIES: Mapping[str, str] = {
    "daily": "daily", "dagelijks": "daily", "elke dag": "daily", "weekly": "weekly", "wekelijks": "weekly",
    "elke week": "weekly", "monthly": "monthly", "maandelijks": "monthly", "elke maand": "monthly", "less": "less",
    "minder": "less", "jaarlijks": "less", "once": "once", "eenmalig": "once", "éénmalig": "once",
    "unknown": "unknown", "onbekend": "unknown",
}  # fmt: skip
# OSM tells whether one pays and whether there is a roof; its opening hours say when, not how often people meet.
_NOT_INDOORS = ("no", "")
_SIGNS = re.compile(r"[,;|]")
_BETWEEN = "\x1f"
_SHOWN = 5


def tagged_attributes(tags: Mapping[str, str]) -> dict[str, str]:
    """Read `fee` and `indoor`; whatever else there is to tell, OSM does not."""
    told = dict.fromkeys(ATTRIBUTES, "unknown")
    fee, indoor = (tags.get(key, "").strip().lower() for key in ("fee", "indoor"))
    if fee in {"yes", "no"}:
        told["free_of_charge"] = "no" if fee == "yes" else "yes"
    if "indoor" in tags:
        told["indoor"] = "no" if indoor in _NOT_INDOORS else "yes"
    return told


def listed_attributes(layer: Layer, columns: Mapping[str, str]) -> tuple[dict[str, list[str]], tuple[Remark, ...]]:
    """Read the attributes of a list or layer.

    Parameters
    ----------
    layer
        Places, n of them.
    columns
        Where delivered, the columns of `same_purpose`, `indoor`, `free_of_charge` (ja, nee, onbekend) and
        `regularity` (dagelijks, wekelijks, maandelijks, minder, eenmalig, onbekend); English words do as well.

    Returns
    -------
    tuple
        n values for each of `ATTRIBUTES`, `unknown` where nothing was told, and a remark for each with values that
        cannot be read.

    Raises
    ------
    SourceError
        When a column that is named is missing.
    """
    told: dict[str, list[str]] = {}
    remarks: list[Remark] = []
    for name in ATTRIBUTES:
        read = _regularity if name == "regularity" else _answer
        values: Sequence[object] = [None] * len(layer.geometry)
        if name in columns:
            values, unread = read_cells(layer, (name, columns[name]), read)
            remarks += unread
        told[name] = ["unknown" if value is None else str(value) for value in values]
    return told, tuple(remarks)


def _answer(text: str) -> str | None:
    return _ANSWERS.get(text.lower())


def _regularity(text: str) -> str | None:
    return _REGULARITIES.get(text.lower())


def listed_functions(layer: Layer, delivery: PlaceDelivery) -> tuple[list[list[str]], tuple[Remark, ...]]:
    """Read what else each place is: words parted by comma, semicolon or bar, as `kinds` maps them or as our own ids.

    A brede school is one place with several functions. A cell with a word that is not known counts without that word.
    """
    if "functions" not in delivery.columns:
        return [[] for _ in layer.geometry], ()
    words, _ = read_cells(layer, ("functions", delivery.columns["functions"]), _words)
    kinds = [
        [_kind(delivery, word) for word in cell.split(_BETWEEN)] if isinstance(cell, str) else [] for cell in words
    ]
    unread = [cell for cell, of_place in zip(words, kinds, strict=True) if "" in of_place]
    remarks = _unread(layer.source, [str(cell).replace(_BETWEEN, ", ") for cell in unread])
    return [list(dict.fromkeys(kind for kind in of_place if kind)) for of_place in kinds], remarks


def _words(text: str) -> str | None:
    return _BETWEEN.join(word.strip() for word in _SIGNS.split(text) if word.strip()) or None


def _kind(delivery: PlaceDelivery, word: str) -> str:
    return word if word in known_kinds() else delivery.kind_of(word)


def _unread(source: str, cells: Sequence[str]) -> tuple[Remark, ...]:
    if not cells:
        return ()
    shown = "; ".join(sorted(set(cells))[:_SHOWN])
    return (Remark(source, "functions of a place with a word that is not known", "read without it", len(cells), shown),)
