"""Figures as the pages read them from `out/*`: a value, its bounds, or the reason why there is none.

Values come from the wide table of an area type, so that a page and that file cannot differ; reasons and classes
come from the tidy table. Nothing is computed here, only looked up and put into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.pages.words import dutch_number, dutch_range, words
from pipelines.sources.area_file import PLACE_KINDS


@dataclass(frozen=True)
class PublishedTables:
    """The `out/*` tables that pages read: the tidy table, the wide tables by area type, places and inventory."""

    indicators: pa.Table
    areas: Mapping[str, pa.Table]
    places: pa.Table
    inventory: pa.Table


def districts(tables: PublishedTables) -> str:
    """The area type that table, outlines and tooltips show: buurten, else the postcode areas of four digits."""
    return "buurt" if len(tables.areas["buurt"]) else "pc4"


@dataclass(frozen=True)
class Measure:
    """One column of a wide table: an indicator with the keys that apply to it."""

    indicator: str
    population_group: str = ""
    profile: str = ""

    @property
    def column(self) -> str:
        """Name of the column in the wide tables."""
        return "_".join(part for part in (self.indicator, self.population_group, self.profile) if part)


@dataclass(frozen=True)
class Figure:
    """One value in the unit of its indicator; None means null. Without a value, `reason` says why."""

    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    n_class: str = ""
    reason: str = ""

    @property
    def is_range(self) -> bool:
        """Whether the bounds say more than one number would."""
        return self.lower is not None and self.upper is not None and (self.value is None or self.lower < self.upper)

    @property
    def has_number(self) -> bool:
        """Whether there is a value or a bound to show."""
        return any(number is not None for number in (self.value, self.lower, self.upper))

    @property
    def known(self) -> float | None:
        """The value, or what is at least so (the lower bound); None when nothing is known."""
        return self.lower if self.value is None else self.value


def read_figures(tables: PublishedTables, area_type: str, measure: Measure) -> tuple[Figure, ...]:
    """Read one measure for every area of one type.

    Returns
    -------
    tuple of Figure
        In the row order of the wide table. A null without a row in the tidy table has the reason `absent` where
        other areas have one, and `not_delivered` where none has.
    """
    wide = tables.areas[area_type]
    values, lowers, uppers = (_column(wide, measure.column + end) for end in ("", "_lower", "_upper"))
    facts = _facts(tables.indicators, area_type, measure)
    codes = wide["area_code"].to_pylist()
    rows = zip(codes, values, lowers, uppers, strict=True)
    unexplained = ("", "absent" if facts else "not_delivered")
    return tuple(_figure(facts.get(code, unexplained), value, low, high) for code, value, low, high in rows)


def _figure(facts: tuple[str, str], value: float | None, lower: float | None, upper: float | None) -> Figure:
    n_class, reason = facts
    return Figure(value, lower, upper, n_class, reason if value is None else "")


def _column(wide: pa.Table, name: str) -> list[float | None]:
    values: list[float | None] = wide[name].to_pylist() if name in wide.column_names else [None] * len(wide)
    return values


def _facts(indicators: pa.Table, area_type: str, measure: Measure) -> dict[str, tuple[str, str]]:
    wanted = {
        "area_type": area_type,
        "indicator": measure.indicator,
        "profile": measure.profile,
        "place_kind": "",
        "threshold_m": "",
        "population_group": measure.population_group,
    }
    mask = pa.scalar(value=True)
    for name, key in wanted.items():
        mask = pc.and_(mask, pc.equal(indicators[name], key))
    found = indicators.filter(mask).select(["area_code", "n_class", "reason_missing"])
    codes, n_classes, reasons = (column.to_pylist() for column in found.columns)
    return dict(zip(codes, zip(n_classes, reasons, strict=True), strict=True))


def people_groups(tables: PublishedTables) -> tuple[str, ...]:
    """Population groups for which people below the minimum are published, other than all; sorted."""
    rows = tables.indicators.filter(pc.equal(tables.indicators["indicator"], "people_below_min"))
    return tuple(sorted(set(rows["population_group"].to_pylist()) - {"", "all"}))


def metres_text(figure: Figure) -> str:
    """A walking distance: 344 m, hooguit 344 m when places may be unknown, or the reason in a few words."""
    if figure.value is None:
        return _or_reason(figure)
    may_be_nearer = figure.lower is not None and figure.lower < figure.value
    return f"{'hooguit ' if may_be_nearer else ''}{dutch_number(figure.value)} m"


def kinds_text(figure: Figure) -> str:
    """Kinds of place within reach out of six: 4 van 6, or 1 tot 5 van 6 when kinds are unknown."""
    return _spread(figure, f" van {len(PLACE_KINDS)}", whole=_is_whole(figure))


def people_text(figure: Figure) -> str:
    """A number of persons: 1.235, or from certainly to possibly: 0 tot 1.235."""
    return _spread(figure, "", whole=True)


def scale_text(figure: Figure) -> str:
    """A mean on the scale from 0 to 10 with one decimal, or the reason in a few words."""
    return _or_reason(figure) if figure.value is None else dutch_number(figure.value, 1)


def _spread(figure: Figure, unit: str, *, whole: bool) -> str:
    decimals = 0 if whole else 1
    if figure.is_range and figure.lower is not None and figure.upper is not None:
        return dutch_range(figure.lower, figure.upper, decimals) + unit
    if figure.value is not None:
        return dutch_number(figure.value, decimals) + unit
    if figure.lower is not None:
        return f"minstens {dutch_number(figure.lower, decimals)}{unit}"
    if figure.upper is not None:
        return f"hooguit {dutch_number(figure.upper, decimals)}{unit}"
    return _or_reason(figure)


def _is_whole(figure: Figure) -> bool:
    return all(number.is_integer() for number in (figure.value, figure.lower, figure.upper) if number is not None)


def _or_reason(figure: Figure) -> str:
    return words().reasons[figure.reason].short
