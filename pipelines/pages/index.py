"""The start page (`index.html`): what was measured and what was not, per district, beside residents' own words.

Here tables become the few rows that the page shows. Districts stand in the order of the alphabet, never of a value;
no figure is combined with another.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.pages.classes import ordered_profiles
from pipelines.pages.colophon import Colophon, attributions, budget_words
from pipelines.pages.figures import (
    Figure,
    Measure,
    PublishedTables,
    districts,
    people_groups,
    read_figures,
    read_people_below,
)
from pipelines.pages.layers import DistrictRow, alphabetical, district_rows
from pipelines.pages.rendering import asset_text, render
from pipelines.pages.words import Word, dutch_date_text, dutch_range, words
from pipelines.sources.area_file import AreaFile
from pipelines.sources.place_kinds import booklet_kinds

SURVEY_AREA_TYPES = ("gemeente", "wijk", "buurt")
CONTACT = Measure("m1_contact")
# Of several only the oldest is shown: the table would not fit a page.
OLD_GROUPS = ("65plus", "75plus")
YOUNG_GROUPS = ("0_4",)
TABLES = ("gemeente", "wijk", "buurt", "pc4", "pc6", "h3", "places", "reach")


@dataclass(frozen=True)
class Headline:
    """The municipality as a whole for one profile: median metres, and persons below the minimum."""

    area_name: str
    profile: str
    distance: Figure
    below_minimum: Figure


@dataclass(frozen=True)
class IndexRow:
    """One district: its rows by profile, and by profile the persons below the minimum of the groups told of with it."""

    name: str
    by_profile: tuple[DistrictRow, ...]
    groups: tuple[tuple[Figure, ...], ...]


@dataclass(frozen=True)
class SurveyRow:
    """One area: its mean on the scale of contact (0 to 10), with interval and class of respondents."""

    area_type: str
    name: str
    mean: Figure


@dataclass(frozen=True)
class Quote:
    """What somebody said, by role, about a buurt or the whole municipality ('')."""

    text: str
    said_by: str
    subject: str
    buurt: str
    month: str


@dataclass(frozen=True)
class KindRow:
    """One kind of place: how complete its list is, how many places it holds, whether the booklet names it."""

    kind: str
    delivered: str
    places: int
    is_booklet: bool


def index_page(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> str:
    """The start page as HTML text; it needs no script.

    Parameters
    ----------
    tables
        The published tables; `tables.areas` holds at least `gemeente`, `wijk`, `buurt` and `pc4`.
    area
        The area file: title, year, profiles, completeness per kind of place, signal and follow-up.
    colophon
        Sources, licences, budgets and release.
    """
    profiles = main_profiles(area)
    groups = {profile: shown_groups(tables, profile) for profile in profiles}
    rows = index_rows(tables, profiles, groups)
    return render(
        "index.html",
        styles=(asset_text("page.css"), asset_text("index.css")),
        area=area,
        colophon=colophon,
        attributions=attributions(colophon.sources),
        budgets={budget.profile: budget_words(budget) for budget in colophon.budgets},
        profiles=profiles,
        groups=groups,
        estimated_ages=ages_of_another_year(tables, groups),
        contradicting=rests_on_contradictions(tables),
        district=words().districts[districts(tables)],
        headlines=headlines(tables, profiles),
        rows=rows,
        reasons=_explained(_reasons_of(rows)),
        cautions=_cautions_of(rows),
        kinds=kind_rows(tables, area),
        streets_known=share_known(tables, "data_coverage"),
        crossings_known=share_known(tables, "data_coverage_crossings"),
        survey=survey_rows(tables),
        survey_notes=survey_notes(tables),
        quotes=quotes(tables),
        table_names=TABLES,
    )


def main_profiles(area: AreaFile) -> tuple[str, ...]:
    """The profiles the start page speaks of: those with wheels, else whatever the area file names."""
    ordered = ordered_profiles(area.profiles)
    return tuple(profile for profile in ordered if profile != "referentie") or ordered


def headlines(tables: PublishedTables, profiles: Sequence[str]) -> tuple[Headline, ...]:
    """The figures of each gemeente, for each of `profiles`; none for an area that is only an extent."""
    names = tables.areas["gemeente"]["area_name"].to_pylist()
    found = []
    for profile in profiles:
        distances = read_figures(tables, "gemeente", Measure("dist_nearest_place", profile=profile))
        people = read_people_below(tables, "gemeente", "all", profile)
        found += [Headline(name, profile, *pair) for name, *pair in zip(names, distances, people, strict=True)]
    return tuple(found)


def shown_groups(tables: PublishedTables, profile: str) -> tuple[str, ...]:
    """The groups of which the start page tells beside everybody: the oldest with a rollator, toddlers in a stroller."""
    published = people_groups(tables, profile)
    old = [group for group in published if group in OLD_GROUPS]
    return (*(group for group in published if group in YOUNG_GROUPS), *old[-1:])


def ages_of_another_year(tables: PublishedTables, groups: Mapping[str, Sequence[str]]) -> bool:
    """Whether the ages of any group shown were counted in another year than the people themselves."""
    shown = pa.array(sorted({group for some in groups.values() for group in some}), pa.string())
    found = tables.indicators.filter(
        (pc.field("quality_reason") == "age_other_vintage") & pc.is_in(pc.field("population_group"), shown)
    )
    return len(found) > 0


def rests_on_contradictions(tables: PublishedTables) -> bool:
    """Whether any published value rests on counts that contradict each other."""
    return bool(pc.any(pc.equal(tables.indicators["quality_reason"], "counts_contradict")).as_py())


def index_rows(
    tables: PublishedTables, profiles: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> tuple[IndexRow, ...]:
    """One row per district, by name; `groups` are those told of with each profile."""
    by_profile = list(zip(*(district_rows(tables, profile) for profile in profiles), strict=True))
    columns = [_group_columns(tables, profile, groups[profile]) for profile in profiles]
    by_group = list(zip(*columns, strict=True))
    names = [number for number, _ in alphabetical([rows[0] for rows in by_profile])]
    return tuple(IndexRow(by_profile[number][0].name, by_profile[number], by_group[number]) for number in names)


def _group_columns(tables: PublishedTables, profile: str, groups: Sequence[str]) -> list[tuple[Figure, ...]]:
    """Per district the figures of the groups told of with one profile."""
    columns = [read_people_below(tables, districts(tables), group, profile) for group in groups]
    n_districts = len(tables.areas[districts(tables)])
    return list(zip(*columns, strict=True)) or [()] * n_districts


def kind_rows(tables: PublishedTables, area: AreaFile) -> tuple[KindRow, ...]:
    """Every kind of place with its completeness and number of published places; those of the booklet first."""
    places = Counter(kind for functions in tables.places["functions"].to_pylist() for kind in functions)
    booklet = booklet_kinds()
    rows = [KindRow(kind, state, places[kind], kind in booklet) for kind, state in area.place_kinds.items()]
    return tuple(sorted(rows, key=lambda row: not row.is_booklet))


def share_known(tables: PublishedTables, indicator: str) -> str:
    """How much is known of the streets of the gemeente, else from least to most of its districts; '' unknown."""
    area_type = "gemeente" if len(tables.areas["gemeente"]) else districts(tables)
    shares = [
        figure.value for figure in read_figures(tables, area_type, Measure(indicator)) if figure.value is not None
    ]
    return f"{dutch_range(100 * min(shares), 100 * max(shares))} procent" if shares else ""


def survey_rows(tables: PublishedTables) -> tuple[SurveyRow, ...]:
    """The scale of contact for gemeente, wijken and buurten, each by name; empty when there was no survey."""
    has_survey = pc.any(pc.equal(tables.indicators["indicator"], CONTACT.indicator)).as_py()
    return tuple(row for kind in SURVEY_AREA_TYPES for row in _survey_of(tables, kind)) if has_survey else ()


def survey_notes(tables: PublishedTables) -> tuple[Word, ...]:
    """What must be told beside the scale of contact: that a model was used, or that nobody was drawn by chance."""
    own = tables.indicators.filter(
        (pc.field("indicator") == CONTACT.indicator) & pc.is_in(pc.field("area_type"), pa.array(SURVEY_AREA_TYPES))
    )
    told = {word for name in ("interval_kind", "quality_reason") for word in own[name].unique().to_pylist()}
    return tuple(note for name, note in words().survey_notes.items() if name in told)


def _survey_of(tables: PublishedTables, area_type: str) -> list[SurveyRow]:
    names = tables.areas[area_type]["area_name"].to_pylist()
    means = read_figures(tables, area_type, CONTACT)
    found = [SurveyRow(area_type, name, mean) for name, mean in zip(names, means, strict=True)]
    return sorted(found, key=lambda row: row.name.casefold())


def quotes(tables: PublishedTables) -> tuple[Quote, ...]:
    """The published inventory, by buurt and then by month, newest first."""
    buurten: pa.Table = tables.areas["buurt"]
    names = dict(zip(buurten["area_code"].to_pylist(), buurten["area_name"].to_pylist(), strict=True))
    ordered = tables.inventory.sort_by([("month", "descending"), ("record_id", "ascending")]).to_pylist()
    said = [
        Quote(
            row["quote"],
            row["said_by"],
            row["subject"],
            names.get(row["buurt_code"], ""),
            dutch_date_text(row["month"]),
        )
        for row in ordered
    ]
    return tuple(sorted(said, key=lambda quote: quote.buurt.casefold()))


def _reasons_of(rows: Sequence[IndexRow]) -> frozenset[str]:
    shown = frozenset(reason for row in rows for of_profile in row.by_profile for reason in of_profile.reasons)
    return shown | {figure.reason for row in rows for figures in row.groups for figure in figures if figure.reason}


def _cautions_of(rows: Sequence[IndexRow]) -> tuple[Word, ...]:
    """The cautions that a cell holds a word of."""
    told = {figure.caution for row in rows for of_profile in row.by_profile for figure in of_profile.figures}
    told |= {figure.caution for row in rows for figures in row.groups for figure in figures}
    return tuple(word for caution, word in words().cautions.items() if caution in told and word.short)


def _explained(reasons: frozenset[str]) -> tuple[Word, ...]:
    return tuple(word for reason, word in words().reasons.items() if reason in reasons)
