"""Figures as the pages read them from `out/*`: a value, its bounds, or the reason why there is none.

Values come from the wide table of an area type, so that a page and that file cannot differ; reasons and classes
come from the tidy table. Nothing is computed here, only looked up and put into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.pages.words import dutch_number, dutch_range, words
from pipelines.sources.place_kinds import booklet_kinds

# Nearly everybody may be among them, as streets and places are known too little: there is no upper bound.
TOO_LITTLE_KNOWN = "lists_too_incomplete"


@dataclass(frozen=True)
class PublishedTables:
    """The `out/*` tables that pages read: the tidy table, the wide tables by area type, places and inventory."""

    indicators: pa.Table
    areas: Mapping[str, pa.Table]
    places: pa.Table
    inventory: pa.Table


@dataclass(frozen=True)
class SurveyTables:
    """What `out/` tells of a survey besides indicators: `survey_changes`, `survey_quality` and `survey_dispersion`."""

    changes: pa.Table
    quality: pa.Table
    dispersion: pa.Table


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
    """One value in the unit of its indicator; None means null. Without a value, `reason` says why.

    `caution` is why it must be read with caution; '' none, or another reason than pages tell.
    """

    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    n_class: str = ""
    reason: str = ""
    caution: str = ""

    @property
    def is_range(self) -> bool:
        """Whether the bounds say more than one number would."""
        return self.lower is not None and self.upper is not None and (self.value is None or self.lower < self.upper)

    @property
    def has_number(self) -> bool:
        """Whether there is a value or a bound to show."""
        return any(number is not None for number in (self.value, self.lower, self.upper))


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
    unexplained = ("", "absent" if facts else "not_delivered", "")
    return tuple(_figure(facts.get(code, unexplained), value, low, high) for code, value, low, high in rows)


def read_kinds(tables: PublishedTables, area_type: str, profile: str) -> tuple[Figure, ...]:
    """Read the kinds of place found within reach of every area of one type."""
    return read_figures(tables, area_type, Measure("n_types_reach", profile=profile))


def read_people_below(tables: PublishedTables, area_type: str, group: str, profile: str) -> tuple[Figure, ...]:
    """Read the persons of every area of one type for whom no place was found within reach."""
    return read_figures(tables, area_type, Measure("people_below_min", group, profile))


def _figure(facts: tuple[str, str, str], value: float | None, lower: float | None, upper: float | None) -> Figure:
    n_class, reason, caution = facts
    return Figure(value, lower, upper, n_class, reason if value is None else "", caution)


def _column(wide: pa.Table, name: str) -> list[float | None]:
    values: list[float | None] = wide[name].to_pylist() if name in wide.column_names else [None] * len(wide)
    return values


def _facts(indicators: pa.Table, area_type: str, measure: Measure) -> dict[str, tuple[str, str, str]]:
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
    found = indicators.filter(mask).select(["area_code", "n_class", "reason_missing", "quality_reason"])
    codes, *facts = (column.to_pylist() for column in found.columns)
    return dict(zip(codes, zip(*facts, strict=True), strict=True))


def people_groups(tables: PublishedTables, profile: str) -> tuple[str, ...]:
    """Population groups for which people below the minimum are published with one profile, other than all; sorted."""
    rows = tables.indicators.filter((pc.field("indicator") == "people_below_min") & (pc.field("profile") == profile))
    return tuple(sorted(set(rows["population_group"].to_pylist()) - {"", "all"}))


def in_unit(value: float, unit: str) -> str:
    """A value as it is read: a share as a percentage, a scale with one decimal."""
    return f"{dutch_number(100 * value)} %" if unit == "share" else dutch_number(value, 1)


def metres_text(figure: Figure) -> str:
    """A walking distance and between what it may lie: 344 m (210 tot 620 m); or the reason in a few words.

    Where a place that nobody told of may lie at the door: 344 m (hooguit 620 m), hooguit 344 m, or 344 m (onzeker) when
    it may be any farther too. Without an upper bound: 344 m (210 m of verder).
    """
    if figure.value is None:
        return _or_reason(figure)
    metres = f"{dutch_number(figure.value)} m"
    if figure.lower == 0 and figure.value > 0:
        return f"{metres} (onzeker)" if figure.upper is None else _at_most(figure.value, figure.upper, " m")
    return metres + _margin(figure, " m", "of verder")


def kinds_text(figure: Figure) -> str:
    """Kinds of place found within reach out of six, and between what it may lie: 4 van 6 (3 tot 5)."""
    if figure.value is None:
        return _or_reason(figure)
    number = dutch_number(figure.value, 0 if figure.value.is_integer() else 1)
    return f"{number} van {len(booklet_kinds())}{_margin(figure, '', 'of meer')}"


def people_text(figure: Figure) -> str:
    """A number of persons and between what it may lie: 145 (20 tot 310), 145 (hooguit 310), minder dan 10 (hooguit 25).

    Where so little is known that nearly everybody may be among them: 145 (of meer).
    """
    number = _or_reason(figure) if figure.value is None else dutch_number(figure.value)
    if figure.caution == TOO_LITTLE_KNOWN:
        return f"{number} ({words().cautions[figure.caution].short})"
    if figure.upper is None:
        return number
    if figure.lower is None:
        return number if figure.upper == figure.value else f"{number} (hooguit {dutch_number(figure.upper)})"
    return number + _margin(figure, "", "")


def metres_sentence(figure: Figure) -> str:
    """What is not known of a walking distance, as a sentence; '' where all is."""
    if figure.value is None or (figure.lower, figure.upper) == (figure.value, figure.value):
        return ""
    most = "" if figure.upper is None else f"{dutch_number(figure.upper)} m"
    if figure.lower == 0 and figure.value > 0:
        nearer = "Dichterbij kan er een plek zijn die niemand ons noemde."
        return f"{nearer} Verder dan {most} is het niet." if most else f"{nearer} Verder kan het ook zijn."
    if figure.lower is None:
        return f"Verder dan {most} is het niet." if most else ""
    least = f"{dutch_number(figure.lower)} m"
    return f"Het kan ook {least} tot {most} zijn." if most else f"Het kan ook {least} zijn, of verder."


def people_sentence(figure: Figure) -> str:
    """Why there may be fewer or more people than were found to have no place, as sentences; '' where all is known."""
    fewer = "Het kunnen er minder zijn, want niet van elke soort plek is een volledige lijst geleverd."
    said = [fewer] if figure.caution == "unknown_place_kinds" else []
    if figure.caution == TOO_LITTLE_KNOWN:
        said.append(words().cautions[figure.caution].nl)
    elif figure.upper is not None and figure.upper != figure.value:
        least = "" if figure.lower is None else f"minstens {dutch_number(figure.lower)} en "
        said.append(f"Het zijn er {least}hooguit {dutch_number(figure.upper)}.")
    return " ".join(said)


def _at_most(value: float, most: float, unit: str) -> str:
    """Write a number that may be less, and the most it may be."""
    if most == value:
        return f"hooguit {dutch_number(value)}{unit}"
    return f"{dutch_number(value)}{unit} (hooguit {dutch_number(most)}{unit})"


def _margin(figure: Figure, unit: str, open_ended: str) -> str:
    """Write between what a number may lie, in brackets; nothing where that is the number itself or nobody knows."""
    if figure.lower is None and figure.upper is None:
        return ""
    if figure.upper is None:
        return f" ({dutch_number(figure.lower or 0)}{unit} {open_ended})"
    lower = figure.lower or 0.0
    return f" ({dutch_range(lower, figure.upper)}{unit})" if lower < figure.upper else ""


def scale_text(figure: Figure) -> str:
    """A mean on the scale from 0 to 10 with one decimal, or the reason in a few words."""
    return _or_reason(figure) if figure.value is None else dutch_number(figure.value, 1)


def _or_reason(figure: Figure) -> str:
    return words().reasons[figure.reason].short
