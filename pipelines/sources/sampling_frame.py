"""What a sample stands for: people per stratum and how many were asked, and how many people there are by feature.

Here two lists beside a respondent file become `sources/strata` and `sources/margins`. They are about groups, not
persons: their values may be quoted in errors. What is done with them is for `survey/weights.py`.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.sources.contracts import MARGINS, STRATA
from pipelines.sources.csv_table import require_columns
from pipelines.sources.delivered_table import unused_columns
from pipelines.sources.delivery import Delivery
from pipelines.sources.figures import FigureColumn
from pipelines.sources.remarks import Remark
from pipelines.sources.tables import read_delivered
from pipelines.sources.texts import NAME, label, require_shown

_STRATA = ("stratum", "inwoners", "gevraagd")
_MARGINS = ("kenmerk", "categorie", "inwoners")
_FEATURES: Mapping[str, str] = {"leeftijd": "age", "geslacht": "sex", "huishouden": "household", "stratum": "stratum"}
AGES = re.compile(r"(\d{1,3})(?:-(\d{1,3})|\+)")


def read_strata(delivery: Delivery, raw: Path) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the strata of a sample: columns stratum;inwoners;gevraagd, the last empty where it is not known.

    Raises
    ------
    SourceError
        When a column is missing, a stratum repeats or has no people, or more were asked than live there.
    """
    delivered = read_delivered(delivery, raw)
    table = delivered.table
    require_columns(table, _STRATA, delivery.path)
    people, asked = (_people(table, column, delivery) for column in ("inwoners", "gevraagd"))
    counted = zip(table.to_pylist(), people.read(), asked.read(), strict=True)
    rows = [_stratum(*one, delivery) for one in counted]
    _require_apart([str(row["stratum"]) for row in rows], delivery.path)
    strata = conform(pa.Table.from_pylist(rows, schema=STRATA.schema), STRATA).cast(STRATA.schema)
    return strata, (
        *delivered.remarks,
        *unused_columns(table.column_names, _STRATA, delivery.path),
        *people.remarks(),
        *asked.remarks(),
    )


def _people(table: pa.Table, column: str, delivery: Delivery) -> FigureColumn:
    cells = np.array(table[column].to_pylist(), dtype=object)
    return FigureColumn(cells, delivery.path, column, style=delivery.numbers, whole=True)


def _stratum(row: dict[str, str], people: float | None, asked: float | None, delivery: Delivery) -> dict[str, object]:
    where = f"{delivery.path}: stratum {label(row['stratum'])!r}"
    if people is None or people < 1:
        raise SourceError(f"{where}: inwoners is {row['inwoners']!r}. Fill in how many people the stratum has.")
    if row["gevraagd"] and (asked is None or not 1 <= asked <= people):
        raise SourceError(
            f"{where}: gevraagd is {row['gevraagd']!r} of {row['inwoners']} inwoners. Fill in how many people were "
            "asked, or leave it empty."
        )
    return {
        "wave": delivery.vintage,
        "stratum": require_shown(row["stratum"], NAME, where),
        "population": people,
        "asked": asked,
    }


def read_margins(delivery: Delivery, raw: Path) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read how many people there are: columns kenmerk;categorie;inwoners, of age as 18-34 or 75+.

    Raises
    ------
    SourceError
        When a column is missing, a feature is not known, a category repeats, ages overlap or leave a gap, or a
        number is no number.
    """
    delivered = read_delivered(delivery, raw)
    table = delivered.table
    require_columns(table, _MARGINS, delivery.path)
    people_column = _people(table, "inwoners", delivery)
    counted = zip(table.to_pylist(), people_column.read(), strict=True)
    rows = [_margin(row, people, delivery) for row, people in counted]
    _require_apart([f"{row['feature']} {row['category']}" for row in rows], delivery.path)
    _require_somebody(rows, delivery.path)
    _require_ages_in_turn([str(row["category"]) for row in rows if row["feature"] == "age"], delivery.path)
    margins = conform(pa.Table.from_pylist(rows, schema=MARGINS.schema), MARGINS).cast(MARGINS.schema)
    return margins, (
        *delivered.remarks,
        *unused_columns(table.column_names, _MARGINS, delivery.path),
        *people_column.remarks(),
    )


def _margin(row: dict[str, str], people: float | None, delivery: Delivery) -> dict[str, object]:
    where = f"{delivery.path}: {label(row['kenmerk'])} {label(row['categorie'])!r}"
    feature = _FEATURES.get(row["kenmerk"])
    if feature is None or not row["categorie"]:
        raise SourceError(f"{where}: is no feature with a category. Features are {sorted(_FEATURES)}.")
    if feature == "age" and not AGES.fullmatch(row["categorie"]):
        raise SourceError(f"{where}: is no range of ages. Write them as 18-34 or 75+.")
    if people is None or people < 0:
        raise SourceError(f"{where}: inwoners is {row['inwoners']!r}. Fill in how many people there are.")
    return {
        "wave": delivery.vintage,
        "feature": feature,
        "category": require_shown(row["categorie"], NAME, where),
        "persons": people,
    }


def _require_somebody(rows: list[dict[str, object]], path: str) -> None:
    counted = {row["feature"] for row in rows if row["persons"]}
    empty = sorted(word for word, feature in _FEATURES.items() if feature in {r["feature"] for r in rows} - counted)
    if empty:
        raise SourceError(f"{path}: {', '.join(empty)}: inwoners is 0 everywhere. Fill in how many people there are.")


def age_bounds(category: str) -> tuple[int, float]:
    """Give the youngest and the oldest of a range such as 18-34 or 75+."""
    found = AGES.fullmatch(category)
    if found is None:
        raise SourceError(f"{category!r} is no range of ages. Write them as 18-34 or 75+.")
    return int(found[1]), float(found[2]) if found[2] else float("inf")


def _require_ages_in_turn(ranges: list[str], path: str) -> None:
    bounds = sorted(age_bounds(one) for one in ranges)
    wrong = [f"{start}-{end:g}" for start, end in bounds if end < start]
    wrong += [f"{one[1]:g} and {two[0]}" for one, two in pairwise(bounds) if two[0] != one[1] + 1]
    if wrong:
        raise SourceError(f"{path}: leeftijd: ages overlap or leave a gap ({', '.join(wrong)}). Give each age once.")


def _require_apart(names: list[str], path: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SourceError(f"{path}: {repeated} stand there more than once. Keep one line for each.")
