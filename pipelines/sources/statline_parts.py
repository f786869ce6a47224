"""What the readers of StatLine share: the pieces they give, and how regions, periods and dimensions are found."""

import re
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SourceError

WANTED = ("measure_code", "measure_title", "unit", "region_code", "period", "value", "value_attribute")
PARTS = pa.schema(
    [pa.field(name, pa.float64() if name == "value" else pa.string()) for name in (*WANTED, "dimensions")]
)
# Dutch and English tables of CBS, with or without blanks: `WijkenEnBuurten`, `Wijken en buurten`, `RegioS`, `Regions`.
_HEADINGS: Mapping[str, re.Pattern[str]] = {
    "region": re.compile(
        r"wijkenenbuurten|regio.*|gebied.*|gemeenten?|wijken|buurten|"
        r"districtsandneighbou?rhoods|districts|neighbou?rhoods|municipalit(y|ies)|areas?"
    ),
    "period": re.compile(r"perioden?|periods?"),
}
_NO_LETTER = re.compile(r"[\W_]+")


def heading(names: Sequence[str], key: str, columns: Mapping[str, str], name: str) -> str:
    """Find the column of the regions or the periods (`key`); '' where a table has no periods.

    Parameters
    ----------
    names
        The columns that may be it.
    key
        `region` or `period`.
    columns
        What the area file names.
    name
        What to call the file.

    Raises
    ------
    SourceError
        When there is none of the regions, several may be it, or the one that is named is not there.
    """
    if key in columns:
        return columns[key]
    found = [column for column in names if _HEADINGS[key].fullmatch(_NO_LETTER.sub("", column).lower())]
    if len(found) == 1 or (key == "period" and not found):
        return found[0] if found else ""
    raise SourceError(
        f"{name}: which column holds the {key}s? One of "
        f"{'WijkenEnBuurten, RegioS, Regions' if key == 'region' else 'Perioden, Periods'} or the like is looked for, "
        f"in {list(names)[:20]}. Deliver a table about gemeenten, wijken or buurten, or name it in the area file: "
        f"`columns: {{{key}: ...}}`."
    )


def require_named(columns: Mapping[str, str], names: Sequence[str], name: str) -> None:
    """Refuse `columns` of the area file that are not in the table.

    Raises
    ------
    SourceError
        Naming them.
    """
    absent = sorted(set(columns.values()) - set(names))
    if absent:
        raise SourceError(
            f"{name}: `columns` in the area file names {absent}, which are not in it; it has {list(names)[:20]}. Name "
            "columns that are, or leave them out."
        )


def text_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as text, '' where there is none."""
    return pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))


def dimensions(further: Mapping[str, Sequence[object]], length: int) -> pa.Array:
    """Write the further dimensions of each row as one text: `Geslacht=1100;Marges=MW00000`."""
    names = sorted(further)
    rows = zip(*(further[name] for name in names), strict=True) if names else [()] * length
    texts = (
        ";".join(f"{name}={str(code).strip()}" for name, code in zip(names, row, strict=True) if code is not None)
        for row in rows
    )
    return pa.array(texts, pa.string())
