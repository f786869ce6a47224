"""The two pages as text: what they say, what they refuse, and that nothing in them loads or runs."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.errors import SamenhangError
from pipelines.pages import map as map_module
from pipelines.pages import rendering
from pipelines.pages.colophon import (
    Budget,
    Colophon,
    accepted_contradictions,
    attributions,
    budget_words,
    delivered_sources,
)
from pipelines.pages.figures import PublishedTables
from pipelines.pages.index import index_page, main_profiles, quotes, share_known
from pipelines.pages.map import map_page
from pipelines.sources.area_file import AreaFile


class Reader(HTMLParser):
    """Tags and attributes of a page, and its visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.hidden = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the name is the parser's own
        self.hidden = False

    def handle_data(self, text: str) -> None:
        if not self.hidden:
            self.text.append(text)


def read(html: str) -> tuple[Reader, str]:
    reader = Reader()
    reader.feed(html)
    return reader, " ".join(" ".join(reader.text).split())


@pytest.fixture(scope="module")
def start(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> tuple[Reader, str]:
    return read(index_page(tables, area, colophon))


@pytest.fixture(scope="module")
def chart(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> tuple[Reader, str]:
    return read(map_page(tables, area, colophon))


@pytest.mark.parametrize("page", [index_page, map_page])
def test_a_page_has_language_title_policy_and_no_source_elsewhere(
    page: Callable[..., str], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    html = page(tables, area, colophon)
    reader, _ = read(html)
    assert '<html lang="nl">' in html
    assert re.search(r"<title>[^<]+</title>", html)
    assert "default-src &#39;none&#39;" in html
    assert not {"link", "iframe", "object", "embed", "base", "img"} & set(reader.tags)
    assert not [value for name, value in reader.attributes if name == "src"]
    assert not [value for name, value in reader.attributes if name == "href" and "//" in (value or "")]


@pytest.mark.parametrize("page", [index_page, map_page])
def test_the_same_tables_give_the_same_page(
    page: Callable[..., str], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    assert page(tables, area, colophon) == page(tables, area, colophon)


@pytest.mark.parametrize("page", [index_page, map_page])
def test_hostile_text_never_becomes_markup(
    page: Callable[..., str], tables: PublishedTables, area: AreaFile, colophon: Colophon, hostile: str
) -> None:
    html = page(tables, area, colophon)
    reader, text = read(html)
    assert hostile not in html
    assert "onerror" not in {name for name, _ in reader.attributes}
    assert hostile in text


@pytest.mark.parametrize("page", [index_page, map_page])
def test_synthetic_figures_carry_a_banner_and_real_ones_do_not(
    page: Callable[..., str], tables: PublishedTables, make_area: Callable[..., AreaFile], colophon: Colophon
) -> None:
    assert "Verzonnen gegevens" in page(tables, make_area(), colophon)
    assert "Verzonnen gegevens" not in page(tables, make_area(synthetic=False), colophon)


def test_measuring_without_reason_or_follow_up_is_said(
    tables: PublishedTables, make_area: Callable[..., AreaFile], colophon: Colophon
) -> None:
    signal = {"aanleiding": "Klachten over stilte", "opvolging": "Gesprek in mei", "besproken_met_bewoners": "ja"}
    assert "Meet niet om te meten" in index_page(tables, make_area(), colophon)
    assert "Meet niet om te meten" in index_page(tables, make_area(signal=signal | {"opvolging": ""}), colophon)
    complete = index_page(tables, make_area(signal=signal), colophon)
    assert "Meet niet om te meten" not in complete
    assert "Klachten over stilte" in complete


def test_the_start_page_says_what_it_refuses(start: tuple[Reader, str]) -> None:
    _, text = start
    for refusal in (
        "Geen totaalcijfer",
        "Geen ranglijst",
        "Meer is niet altijd beter",
        "Geen nul voor wat we niet weten",
    ):
        assert refusal in text


def test_the_start_page_shows_values_bounds_and_reasons(start: tuple[Reader, str]) -> None:
    _, text = start
    assert "344 m" in text
    assert "120 m (hooguit 480 m)" in text
    assert "2 van 6 (2 tot 4)" in text
    assert "40 (20 tot 1.235)" in text
    assert "minder dan 10 (hooguit 35)" in text
    assert "65-plus voor wie wij geen plek vonden" in text


def test_the_start_page_says_how_much_is_known_of_the_streets(
    start: tuple[Reader, str], tables: PublishedTables
) -> None:
    _, text = start
    assert "Daarvan is 31 procent bekend" in text
    assert "Van de oversteken" not in text
    without_gemeente = replace(tables, areas={**tables.areas, "gemeente": tables.areas["gemeente"].slice(0, 0)})
    assert share_known(without_gemeente, "data_coverage") == "24 tot 41 procent"
    assert not share_known(tables, "data_coverage_crossings")


def test_what_was_not_delivered_is_unknown_and_never_zero(start: tuple[Reader, str]) -> None:
    _, text = start
    assert "Speelplekken onbekend niet geleverd: onbekend, niet afwezig" in text
    assert "Plekken om te sporten 1 deels geleverd" in text
    assert "Scholen 2 hele lijst geleverd" in text


def test_the_survey_stands_beside_residents_own_words(start: tuple[Reader, str]) -> None:
    _, text = start
    assert "6,2" in text
    assert "5,9 tot 6,5" in text
    assert "30 tot en met 99" in text
    assert "te weinig antwoorden" in text
    assert "Wij missen een plek om koffie te drinken." in text
    assert "bewoner · Oosterpark · over buurtcentrum · maart 2024" in text
    assert "wijkverpleegkundige · hele gemeente" in text


def test_without_survey_or_inventory_the_page_says_so(
    without_survey: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    _, text = read(index_page(without_survey, area, colophon))
    assert "geen vragenlijst geleverd" in text
    assert "geen gesprekken met bewoners geleverd" in text
    assert "95%-interval" not in text


def test_the_colophon_names_licence_attribution_release_and_rows_set_aside(
    start: tuple[Reader, str], chart: tuple[Reader, str]
) -> None:
    for _, text in (start, chart):
        assert "CC0-1.0" in text
        assert "1.204" in text
        assert "1 juni 2024" in text
        assert "20240601-abc123" in text


def test_the_start_page_links_to_the_map_and_every_table(start: tuple[Reader, str]) -> None:
    reader, _ = start
    links = {value for name, value in reader.attributes if name == "href"}
    assert {"kaart.html", "tables/buurt.parquet", "tables/h3.parquet", "indicators.parquet", "run.json"} <= links


def test_the_map_names_unknown_kinds_and_that_colours_are_what_was_found(chart: tuple[Reader, str]) -> None:
    _, text = chart
    assert "speelplekken en plekken om te sporten" in text
    assert "onbekend, niet afwezig" in text
    assert "De kleur toont de soorten die wij vonden" in text


def test_the_map_has_a_legend_and_a_table_for_every_choice(chart: tuple[Reader, str], tables: PublishedTables) -> None:
    reader, _ = chart
    assert len([value for name, value in reader.attributes if name == "data-variant"]) == 6
    exact = [value for name, value in reader.attributes if name == "data-value"]
    assert str(tables.areas["buurt"]["dist_nearest_place_referentie"][0].as_py()) in exact


def test_too_many_cells_leave_the_colours_to_the_buurten(
    tables: PublishedTables, area: AreaFile, colophon: Colophon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_module, "MAX_FEATURES", 20)
    html = map_page(tables, area, colophon)
    assert "Daarom kleuren hier de hele buurten" in html
    assert '"vakjes": null' in html


def test_an_area_with_only_the_reference_profile_still_has_pages(
    tables: PublishedTables, make_area: Callable[..., AreaFile], colophon: Colophon
) -> None:
    alone = make_area(profiles=["referentie"])
    assert main_profiles(alone) == ("referentie",)
    assert "Zonder hulpmiddel" in index_page(tables, alone, colophon)
    assert "Zonder hulpmiddel" in map_page(tables, alone, colophon)


@pytest.mark.parametrize("page", [index_page, map_page])
def test_without_buurten_a_page_speaks_of_postcodes_and_of_people_inside(
    page: Callable[..., str], without_buurten: PublishedTables, extent_area: AreaFile, colophon: Colophon
) -> None:
    _, text = read(page(without_buurten, extent_area, colophon))
    assert "Postcode Inwoners" in text
    assert text.index("9711") < text.index("9712")
    assert "8.765" in text
    assert "Een postcode kan voor een deel buiten dit gebied liggen." in text
    assert "A postcode area may lie partly outside this area" in text
    assert "in order of number" in text
    assert not re.search(r"\b(buurt|buurten|gemeente)\b", re.split("De bestanden|Colofon", text)[0], re.IGNORECASE)


def test_without_a_gemeente_there_is_no_gemeente_in_short(
    without_buurten: PublishedTables, extent_area: AreaFile, colophon: Colophon, start: tuple[Reader, str]
) -> None:
    _, text = read(index_page(without_buurten, extent_area, colophon))
    assert "De gemeente in het kort" in start[1]
    assert "De gemeente in het kort" not in text
    assert "Per postcode" in text
    assert "Een plek binnen bereik is een mogelijkheid" in text
    assert "Een plek binnen bereik is een mogelijkheid" in start[1]


def test_with_buurten_and_no_extent_nothing_is_said_of_people_outside(
    start: tuple[Reader, str], chart: tuple[Reader, str]
) -> None:
    for _, text in (start, chart):
        assert "buiten dit gebied" not in text
        assert "postcode" not in text.lower()


def test_buurten_cut_by_an_extent_say_so_too(
    tables: PublishedTables, extent_area: AreaFile, colophon: Colophon
) -> None:
    _, text = read(map_page(tables, extent_area, colophon))
    assert "Een buurt kan voor een deel buiten dit gebied liggen." in text


@pytest.mark.parametrize("page", [index_page, map_page])
def test_an_area_without_buurten_and_postcodes_says_so_and_has_no_empty_table(
    page: Callable[..., str], without_buurten: PublishedTables, extent_area: AreaFile, colophon: Colophon
) -> None:
    areas = {**without_buurten.areas, "pc4": without_buurten.areas["pc4"].slice(0, 0)}
    _, text = read(page(replace(without_buurten, areas=areas), extent_area, colophon))
    assert "geen buurten of postcodes geleverd" in text
    assert "Postcode Inwoners" not in text
    assert "Lijnen zijn" not in text


def test_quotes_stand_by_buurt_and_never_name_a_code(tables: PublishedTables) -> None:
    assert [quote.buurt for quote in quotes(tables)] == ["", "Oosterpark"]


def test_the_policy_admits_only_the_published_scripts(
    tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    html = map_page(tables, area, colophon)
    scripts = tuple(re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL))
    assert len(scripts) == 3
    assert rendering.content_policy(scripts).replace("'", "&#39;") in html
    assert "script-src 'none'" in rendering.content_policy(())


def test_leaflet_is_inlined_without_anything_it_would_fetch() -> None:
    assert "sourceMappingURL" not in rendering.leaflet_script()
    assert "url(" not in rendering.leaflet_style()
    assert "leaflet" in rendering.leaflet_script().lower()


def test_a_missing_leaflet_is_a_named_error() -> None:
    with pytest.raises(SamenhangError, match="Install the packages"):
        rendering._leaflet_file("no-such-file.js")


def test_budgets_are_said_in_words() -> None:
    assert budget_words(Budget("rollator", metres=500)) == "500 meter"
    assert budget_words(Budget("kinderwagen", seconds=667)) == "11 minuten"
    assert budget_words(Budget("beide", 500, 600)) == "500 meter of 10 minuten"
    assert budget_words(Budget("geen")) == ""


def test_sources_are_listed_once_each_with_their_rows_set_aside(area: AreaFile) -> None:
    sources = delivered_sources(area, {"map/buurten.gpkg": 3}, {})
    assert [source.rows_set_aside for source in sources] == [3, 0]
    assert [source.name for source in sources] == ["Buurten (grenzen)", "Straten en paden"]
    assert len(attributions(sources)) == 1
    assert [source.retrieval for source in sources] == [None, None]


def test_the_colophon_tells_which_sources_were_fetched_when_and_from_where(tables, area, colophon) -> None:
    page = index_page(tables, area, colophon)
    told = "Opgehaald op 2 maart 2026 van <bdi>https://example.org/map.zip?a=1&amp;b=2</bdi> (SHA-256 0123456789ab…)"
    assert page.count(told) == 1
    assert page.count("Aangeleverd") == 1


def test_ages_of_another_year_are_called_an_estimate(
    tables: PublishedTables, area: AreaFile, colophon: Colophon, start: tuple[Reader, str]
) -> None:
    sentence = "in een ander jaar geteld"
    assert sentence not in start[1]
    old = pc.equal(tables.indicators["population_group"], "65plus")
    reasons = pc.if_else(old, "age_other_vintage", tables.indicators["quality_reason"])
    place = tables.indicators.schema.get_field_index("quality_reason")
    marked = replace(tables, indicators=tables.indicators.set_column(place, "quality_reason", reasons))
    assert sentence in read(index_page(marked, area, colophon))[1]


@pytest.fixture(scope="module")
def page_of(area: AreaFile, colophon: Colophon) -> Callable[[PublishedTables], str]:
    return lambda tables: read(index_page(tables, area, colophon))[1]


@pytest.mark.parametrize(
    ("column", "told", "said"),
    [
        ("interval_kind", "model_95", "Die kijkt ook naar buurten die erop lijken"),
        ("quality_reason", "no_probability_sample", "De deelnemers zijn niet geloot"),
    ],
)
def test_the_start_page_says_how_a_mean_of_the_survey_came_about(page_of, tables, column: str, told: str, said: str):
    assert said not in page_of(tables)
    rows = [
        {**row, column: told} if row["indicator"] == "m1_contact" and row["area_type"] == "buurt" else row
        for row in tables.indicators.to_pylist()
    ]
    marked = replace(tables, indicators=pa.Table.from_pylist(rows, schema=tables.indicators.schema))
    assert said in page_of(marked)


def test_counts_that_contradict_are_told_to_all_who_read_numbers(
    tables: PublishedTables, area: AreaFile, colophon: Colophon, start: tuple[Reader, str]
) -> None:
    sentence = "passen niet allemaal bij elkaar"
    assert sentence not in start[1]
    reasons = pa.array(["counts_contradict"] * len(tables.indicators))
    place = tables.indicators.schema.get_field_index("quality_reason")
    marked = replace(tables, indicators=tables.indicators.set_column(place, "quality_reason", reasons))
    assert sentence in read(index_page(marked, area, colophon))[1]


def test_the_reason_for_an_accepted_contradiction_stands_in_the_colophon(
    tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    accept = [{"contradiction": "squares_areas", "reason": "omdat <b>het</b> zo is"}]
    accepting = AreaFile.model_validate({**area.model_dump(), "accept": accept})
    told = replace(colophon, accepted=accepted_contradictions(accepting, {"squares_areas"}))
    assert "De aantallen per vierkant passen niet bij die per buurt." in read(index_page(tables, area, told))[1]
    assert "omdat <b>het</b> zo is" in read(index_page(tables, area, told))[1]
    assert accepted_contradictions(accepting, set()) == ()
