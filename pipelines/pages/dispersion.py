"""How far residents of an area lie apart, in words: beside each mean of `enquete.html`, and gaps between groups.

Here nothing is reckoned: figures come from `out/survey_dispersion`. Areas stand by name, never by value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.pages.words import dutch_number, dutch_range, words
from pipelines.protection.contracts import OF_DISPERSION
from pipelines.sources.sampling_frame import age_bounds

Area = tuple[str, str]
_OLDEST = 100
SD, LOWEST_THIRD, GAP = OF_DISPERSION
Row = Mapping[str, object]


@dataclass(frozen=True)
class Cell:
    """A figure with its ends, or in a few words why there is none."""

    text: str
    is_missing: bool = False


_NOTHING = Cell("")


@dataclass(frozen=True)
class Beside:
    """Beside the mean of one area: how far scores lie from it, and which share is low."""

    spread: Cell = _NOTHING
    lowest: Cell = _NOTHING


@dataclass(frozen=True)
class Gap:
    """What is between one group of an area and the others there; '' of the figure with a `reason` why not."""

    area_type: str
    area: str
    group: str
    figure: str
    interval: str
    note: str
    reason: str


def beside(dispersion: pa.Table, scale: str) -> Mapping[Area, Beside]:
    """Give what stands beside the mean of every area.

    Parameters
    ----------
    dispersion
        `out/survey_dispersion`.
    scale
        The indicator.
    """
    own = dispersion.filter(pc.field("indicator") == scale).to_pylist()
    cells = {(row["area_type"], row["area_code"], row["statistic"]): _with_ends(row) for row in own}
    areas = dict.fromkeys((row["area_type"], row["area_code"]) for row in own)
    return {area: Beside(*(cells.get((*area, name), _NOTHING) for name in (SD, LOWEST_THIRD))) for area in areas}


def gaps(dispersion: pa.Table, scale: str, names: Mapping[Area, str]) -> tuple[Gap, ...]:
    """Give the gaps between groups, the municipality first, then wijken by name; areas of which none is told left out.

    Parameters
    ----------
    dispersion
        `out/survey_dispersion`.
    scale
        The indicator.
    names
        Of every area.
    """
    chosen = (pc.field("indicator") == scale) & (pc.field("statistic") == GAP)
    rows = dispersion.filter(chosen).to_pylist()
    told = {(row["area_type"], row["area_code"]) for row in rows if row["value"] is not None}
    kept = [row for row in rows if (row["area_type"], row["area_code"]) in told]
    return tuple(sorted((_gap(row, names) for row in kept), key=lambda one: (one.area_type, one.area.casefold())))


def group_name(feature: str, category: str) -> str:
    """Name a group of people: ages as one says them, 75 jaar of ouder; households as they were delivered."""
    if feature != "age":
        return category
    youngest, oldest = age_bounds(category)
    if oldest >= _OLDEST:
        return f"{youngest:g} jaar of ouder"
    return f"tot en met {oldest:g} jaar" if youngest == 0 else f"{youngest:g} tot en met {oldest:g} jaar"


def _gap(row: Row, names: Mapping[Area, str]) -> Gap:
    area = str(row["area_type"]), str(row["area_code"])
    value, note = row["value"], str(row["quality_reason"])
    return Gap(
        area[0],
        names.get(area, area[1]),
        group_name(str(row["feature"]), str(row["category"])),
        "" if value is None else _signed(float(str(value))),
        _ends(row),
        words().survey_notes[note].short if note else "",
        words().reasons[str(row["reason_missing"])].short if value is None else "",
    )


def _signed(value: float) -> str:
    written = dutch_number(value, 1)
    return f"+{written}" if round(value, 1) > 0 else written


def _with_ends(row: Row) -> Cell:
    if row["value"] is None:
        return Cell(words().reasons[str(row["reason_missing"])].short, is_missing=True)
    value = float(str(row["value"]))
    written = f"{dutch_number(100 * value)} %" if row["unit"] == "share" else dutch_number(value, 1)
    ends = _ends(row)
    return Cell(f"{written} ({ends})" if ends else written)


def _ends(row: Row) -> str:
    if row["lower"] is None or row["upper"] is None:
        return ""
    lower, upper = float(str(row["lower"])), float(str(row["upper"]))
    return f"{dutch_range(100 * lower, 100 * upper)} %" if row["unit"] == "share" else dutch_range(lower, upper, 1)
