"""The method page: chapters of fragments, of which none is forgotten, with the area's name as text."""

from collections.abc import Callable

import pytest
from markupsafe import escape

from pipelines.findings.catalogue import catalogue
from pipelines.pages.colophon import Colophon
from pipelines.pages.method import CHAPTERS, FOLDER, method_page
from pipelines.pages.rendering import TEMPLATES
from pipelines.shelf_keys import LOST_KEY
from pipelines.sources.area_file import AreaFile
from pipelines.survey.coverage import coverage_facts


def test_every_fragment_stands_in_a_chapter():
    written = {f"{FOLDER}/{path.name}" for path in (TEMPLATES / FOLDER).glob("*")}
    assert written <= {template for chapter in CHAPTERS for template in chapter.templates}


def test_a_fragment_starts_below_the_heading_of_its_chapter_and_has_a_word_of_english():
    for path in (TEMPLATES / FOLDER).glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<h3" in text, path.name
        assert "<h2" not in text, path.name
        assert 'lang="en"' in text, path.name


def test_every_indicator_is_explained_in_dutch_and_in_english(area: AreaFile, colophon: Colophon):
    html = method_page(area, colophon, {})
    for name, indicator in catalogue().items():
        assert f"<code>{name}</code>" in html
        assert str(escape(indicator.definition_nl)) in html
        assert str(escape(indicator.definition_en)) in html


def test_what_a_lost_key_costs_is_told_in_numbers(area: AreaFile, colophon: Colophon):
    html = method_page(area, colophon, {"lost_key": LOST_KEY})
    assert "waren na één nieuwe sleutel hoogstens 7 van de 5.842 kleine aantallen precies uit te rekenen" in html
    assert "at most 7 of 5,842 small sums exactly known" in html


def test_hostile_names_never_become_markup(make_area: Callable[..., AreaFile], colophon: Colophon, hostile: str):
    html = method_page(make_area(title=hostile), colophon, {})
    assert hostile not in html
    assert "<script" not in html


@pytest.mark.browser
@pytest.mark.slow
def test_it_opens_without_a_request_or_an_error_and_fits_a_phone(open_page, area: AreaFile, colophon: Colophon):
    for width in (1280, 390):
        opened = open_page(method_page(area, colophon, {}), "methode.html", (width, 900))
        assert opened.page.title().startswith("Hoe is dit berekend")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.messages == []
        assert [url for url in opened.requests if not url.startswith("file:")] == []


def test_the_coverage_of_every_kind_of_survey_is_told_as_measured(area: AreaFile, colophon: Colophon):
    told = coverage_facts()
    html = method_page(area, colophon, {"coverage": told})
    assert html.count("per straat geloot, tien mensen per straat") == len(told.kinds) / 4
    assert f"Dat lukt in {sum(kind.holds for kind in told.kinds)} van de {len(told.kinds)} soorten" in html
    assert told.measured.command in html
