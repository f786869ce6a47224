"""The page `enquete.html`: what residents say of each manifestation, what changed, and how far they lie apart.

Manifestations stay apart: nothing is summed over them, and areas stand by name, never by value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow.compute as pc

from pipelines.findings.catalogue import Indicator, catalogue
from pipelines.pages.changes import change_text, notes, together
from pipelines.pages.colophon import Colophon
from pipelines.pages.dispersion import Beside, Gap, beside, gaps
from pipelines.pages.figures import Figure, Measure, PublishedTables, SurveyTables, in_unit, read_figures
from pipelines.pages.rendering import asset_text, render
from pipelines.pages.words import Word, dutch_number, words
from pipelines.protection.contracts import LOW_UNDER
from pipelines.sources.area_file import AreaFile
from pipelines.sources.instrument import instruments

AREA_TYPES = ("gemeente", "wijk", "buurt")


@dataclass(frozen=True)
class Row:
    """One area: its figure in words, its interval, how many answered, what changed, and how far answers lie apart."""

    area_type: str
    name: str
    figure: str
    interval: str
    n_class: str
    change: str
    reason: str
    caution: str
    beside: Beside


@dataclass(frozen=True)
class Told:
    """One indicator: what it is, what the municipality says of it, every area, and what is between groups of people."""

    indicator: Indicator
    headline: str
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def has_dispersion(self) -> bool:
        """Whether it is told how far answers lie apart."""
        return any(row.beside != Beside() for row in self.rows)


def survey_page(tables: PublishedTables, survey: SurveyTables, area: AreaFile, colophon: Colophon) -> str:
    """The page as HTML text; it needs no script.

    Parameters
    ----------
    tables
        The published tables.
    survey
        What is told of the survey.
    area
        The area file, with dated events.
    colophon
        Sources, licences and release.
    """
    changes, quality = survey.changes, survey.quality
    waves = sorted(set(quality["wave"].to_pylist()))
    newest = quality.filter(pc.field("wave") == waves[-1]) if waves else quality
    last = changes.filter(pc.field("wave_after") == waves[-1]) if waves else changes
    told = tuple(told_by_manifestation(tables, SurveyTables(last, newest, survey.dispersion)))
    return render(
        "survey.html",
        styles=(asset_text("page.css"), asset_text("index.css")),
        area=area,
        colophon=colophon,
        told=told,
        waves=waves,
        notes=notes(last),
        together=together(last),
        events=_events(tables, area),
        cautions=_cautions(told),
        lowest_third=LOW_UNDER,
        has_dispersion=any(one.has_dispersion for _, some in told for one in some),
        gaps=sum(one.figure != "" for _, some in told for each in some for one in each.gaps),
    )


def told_by_manifestation(tables: PublishedTables, survey: SurveyTables) -> Iterator[tuple[Word, tuple[Told, ...]]]:
    """Every indicator of the survey, under its manifestation, in the order of the catalogue."""
    of_manifestation = manifestations()
    asked = set(tables.indicators["indicator"].unique().to_pylist())
    for manifestation, word in words().manifestations.items():
        names = [name for name in catalogue() if of_manifestation.get(name) == manifestation and name in asked]
        if names:
            yield word, tuple(_told(tables, survey, name) for name in names)


def manifestations() -> Mapping[str, str]:
    """The manifestation of every indicator that an instrument can give."""
    found: dict[str, str] = {}
    for instrument in instruments().values():
        for name, measure in instrument.measures.items():
            for category in measure.categories or ("",):
                found[f"{name}_{category}" if category else name] = measure.manifestation
    return found


def _told(tables: PublishedTables, survey: SurveyTables, name: str) -> Told:
    indicator = catalogue()[name]
    own = survey.changes.filter(pc.field("indicator") == name).to_pylist()
    changed = {(row["area_type"], row["area_code"]): row for row in own}
    further = _Further(changed, beside(survey.dispersion, name))
    kinds = [kind for kind in AREA_TYPES if kind in indicator.area_types]
    rows = tuple(row for kind in kinds for row in _rows(tables, kind, (name, indicator.unit), further))
    whole = [row for row in rows if row.area_type == AREA_TYPES[0]]
    headline = whole[0].figure or whole[0].reason if len(whole) == 1 else ""
    return Told(indicator, headline, rows, gaps(survey.dispersion, name, _names(tables)))


def _names(tables: PublishedTables) -> Mapping[tuple[str, str], str]:
    return {
        (kind, code): name
        for kind in AREA_TYPES
        for code, name in zip(*(tables.areas[kind][c].to_pylist() for c in ("area_code", "area_name")), strict=True)
    }


@dataclass(frozen=True)
class _Further:
    """By area what changed, and what stands beside the mean."""

    changed: Mapping[tuple[str, str], Mapping[str, object]]
    beside: Mapping[tuple[str, str], Beside]

    def of(self, area: tuple[str, str]) -> tuple[Mapping[str, object] | None, Beside]:
        """Both of one area."""
        return self.changed.get(area), self.beside.get(area, Beside())


def _rows(tables: PublishedTables, kind: str, what: tuple[str, str], further: _Further) -> list[Row]:
    name, unit = what
    table = tables.areas[kind]
    codes, names = (table[column].to_pylist() for column in ("area_code", "area_name"))
    figures = read_figures(tables, kind, Measure(name))
    rows = [
        _row((kind, label), figure, unit, further.of((kind, code)))
        for code, label, figure in zip(codes, names, figures, strict=True)
    ]
    return sorted(rows, key=lambda row: row.name.casefold())


def _row(area: tuple[str, str], figure: Figure, unit: str, further: tuple[Mapping[str, object] | None, Beside]) -> Row:
    change, apart = further
    reason = words().reasons[figure.reason].short if figure.reason else ""
    interval = _between(figure.lower, figure.upper, unit) if figure.is_range else ""
    note = words().survey_notes.get(figure.caution) if figure.value is not None else None
    return Row(
        *area,
        figure="" if figure.value is None else in_unit(figure.value, unit),
        interval=interval,
        n_class=words().n_classes[figure.n_class].nl if figure.n_class else "",
        change="" if change is None else change_text(change, unit),
        reason=reason,
        caution=note.short if note else "",
        # Where no mean is told nothing stands beside it: one reason is enough.
        beside=apart if figure.value is not None else Beside(),
    )


def _cautions(told: tuple[tuple[Word, tuple[Told, ...]], ...]) -> tuple[Word, ...]:
    """Every caution that a cell holds a word of, explained once."""
    indicators = [one for _, some in told for one in some]
    held = {row.caution for one in indicators for row in one.rows} | {
        gap.note for one in indicators for gap in one.gaps
    }
    return tuple(word for word in words().survey_notes.values() if word.short and word.short in held)


def _between(lower: float | None, upper: float | None, unit: str) -> str:
    if lower is None or upper is None:
        return ""
    if unit == "share":
        return f"{dutch_number(100 * lower)} tot {dutch_number(100 * upper)} %"
    return f"{dutch_number(lower, 1)} tot {dutch_number(upper, 1)}"


def _events(tables: PublishedTables, area: AreaFile) -> tuple[tuple[object, str, str, str], ...]:
    buurten = tables.areas["buurt"]
    names = dict(zip(buurten["area_code"].to_pylist(), buurten["area_name"].to_pylist(), strict=True))
    ordered = sorted(area.events, key=lambda event: event.date)
    return tuple((event.date, names.get(event.buurt, ""), event.nl, event.en) for event in ordered)
