"""The page `enquete.html`: what residents say of each manifestation, what changed, and how good the survey is.

Manifestations stay apart: nothing is summed over them, and areas stand by name, never by value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.findings.catalogue import Indicator, catalogue
from pipelines.pages.changes import change_text, notes, together
from pipelines.pages.colophon import Colophon
from pipelines.pages.dispersion import Beside, Gap, beside, gaps, group_name
from pipelines.pages.figures import Figure, Measure, PublishedTables, SurveyTables, read_figures
from pipelines.pages.rendering import asset_text, render
from pipelines.pages.words import Word, dutch_number, words
from pipelines.protection.contracts import LOW_UNDER
from pipelines.sources.area_file import AreaFile
from pipelines.sources.instrument import instruments

AREA_TYPES = ("gemeente", "wijk", "buurt")
_UNRELIABLE = 0.7
_ENDS = ("target", "achieved")
_SCALE_FIGURES = ("alpha", "ordinal_alpha", "omega")


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


@dataclass(frozen=True)
class Scale:
    """How well one scale measures: figures, whether they are too low, and whether it did the same before."""

    title: str
    figures: tuple[str, ...]
    is_unreliable: bool
    same: str
    n_class: str


@dataclass(frozen=True)
class Reached:
    """One category of a margin: the share of people it has, and the share of weight it got."""

    name: str
    target: str
    achieved: str


@dataclass(frozen=True)
class Response:
    """The share who answered ('' with why it is unknown), and of whom nobody did ('' where somebody of all did)."""

    rate: str
    unknown: Word | None
    unheard: str


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
        scales=scales(newest),
        reached=reached(newest),
        effective=_of_weights(newest, "deff"),
        response=response_of(newest),
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


def in_unit(value: float, unit: str) -> str:
    """A value as it is read: a share as a percentage, a scale with one decimal."""
    return f"{dutch_number(100 * value)} %" if unit == "share" else dutch_number(value, 1)


def _between(lower: float | None, upper: float | None, unit: str) -> str:
    if lower is None or upper is None:
        return ""
    if unit == "share":
        return f"{dutch_number(100 * lower)} tot {dutch_number(100 * upper)} %"
    return f"{dutch_number(lower, 1)} tot {dutch_number(upper, 1)}"


def scales(quality: pa.Table) -> tuple[Scale, ...]:
    """How well every scale of one wave measures, of all respondents together."""
    own = quality.filter((pc.field("subject") == "scale") & (pc.field("mode") == "")).to_pylist()
    found = {(row["name"], row["statistic"]): row for row in own}
    tests = quality.filter((pc.field("subject") == "invariance") & (pc.field("statistic") == "verdict")).to_pylist()
    words_of = {row["name"]: words().invariance[row["word"]].nl for row in tests}
    made = []
    for name in dict.fromkeys(row["name"] for row in own):
        alpha = found[name, "alpha"]
        figures = tuple(_figure_text(found.get((name, statistic))) for statistic in _SCALE_FIGURES)
        low = alpha["value"] is not None and alpha["value"] < _UNRELIABLE
        title = catalogue()[name].nl if name in catalogue() else name
        same = words_of.get(f"{name}/waves", "")
        made.append(Scale(title, figures, low, same, words().n_classes[alpha["n_class"]].nl))
    return tuple(made)


def _figure_text(row: Mapping[str, float | None] | None) -> str:
    if row is None or row["value"] is None:
        return "\N{EN DASH}"
    ends = f" ({_number(row['lower'])} tot {_number(row['upper'])})" if row["lower"] is not None else ""
    return f"{_number(row['value'])}{ends}"


def _number(value: float | None) -> str:
    return "" if value is None else dutch_number(value, 2)


def reached(quality: pa.Table) -> tuple[Reached, ...]:
    """What margins one wave was weighed to, and how nearly they were reached."""
    own = quality.filter(pc.field("subject") == "margin").to_pylist()
    shares = {(row["name"], row["statistic"]): row["value"] for row in own}
    names = dict.fromkeys(row["name"] for row in own)
    return tuple(
        Reached(
            group_name(*name.split("/", 1)), *(in_unit(shares[name, end], "share") for end in ("target", "achieved"))
        )
        for name in names
    )


def response_of(quality: pa.Table) -> Response | None:
    """Which part answered of those asked, of one wave; None where nothing is told of it."""
    own = quality.filter(pc.field("subject") == "response").to_pylist()
    rows = {row["statistic"]: row for row in own}
    if "rate" not in rows:
        return None
    rate, unheard = rows["rate"], rows.get("share_unheard", {}).get("value")
    return Response(
        "" if rate["value"] is None else in_unit(rate["value"], "share"),
        words().response_unknown.get(rate["word"]),
        in_unit(unheard, "share") if unheard else "",
    )


def _of_weights(quality: pa.Table, statistic: str) -> str:
    own = quality.filter((pc.field("subject") == "weights") & (pc.field("statistic") == statistic))
    return dutch_number(own["value"][0].as_py(), 2) if len(own) else ""


def _events(tables: PublishedTables, area: AreaFile) -> tuple[tuple[object, str, str, str], ...]:
    buurten = tables.areas["buurt"]
    names = dict(zip(buurten["area_code"].to_pylist(), buurten["area_name"].to_pylist(), strict=True))
    ordered = sorted(area.events, key=lambda event: event.date)
    return tuple((event.date, names.get(event.buurt, ""), event.nl, event.en) for event in ordered)
