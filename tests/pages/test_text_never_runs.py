"""No delivered text runs: it passes through no template, and the scripts are the same whatever it says."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa
import pytest

from pipelines.pages.colophon import AcceptedContradiction, Colophon
from pipelines.pages.figures import PublishedTables, SurveyTables
from pipelines.pages.index import index_page
from pipelines.pages.map import folium_script, map_page
from pipelines.pages.method import method_page
from pipelines.pages.protection import protection_page
from pipelines.pages.quality import quality_page
from pipelines.pages.rendering import asset_text
from pipelines.pages.survey import survey_page
from pipelines.protection.contracts import AUDIT, SURVEY_CHANGES, SURVEY_DISPERSION, SURVEY_QUALITY
from pipelines.sources.area_file import AreaFile, Event, Signal

TEMPLATES = (
    "{{7*7}}",
    "{{lipsum.__globals__['os'].popen('id').read()}}",
    "{% for x in (1,2) %}y{% endfor %}",
    "{# x #}",
)
PAYLOADS = (
    *TEMPLATES,
    "${window.ran=1}",
    "`${window.ran=1}`",
    "<%= window.ran=1 %>",
    "{{{constructor.constructor('window.ran=1')()}}}",
    "</script><script>window.ran=1</script>",
    "<!--<script>",
    "--><script>window.ran=1</script>",
    "]]><script>window.ran=1</script>",
    "<img src=x onerror=window.ran=1>",
    "<svg onload=window.ran=1>",
    "javascript:window.ran=1",
    "'\"><b onclick=window.ran=1>x",
    "</title></style></textarea><iframe srcdoc='<script>parent.ran=1</script>'>",
    "');window.ran=1;//",
    "\\u003cscript\\u003ewindow.ran=1",
    "a\u2028b\u2029c",
    "&lt;script&gt; &amp; &#60;b&#62;",
    "\u202e\u2066tfel ot thgir",
    "%s %(x)s {0} {x} %n",
    "a" * 10_000,
)
EVERYTHING = " ".join(PAYLOADS)
ORDINARY = "gewoon"


def scripts_of(html: str) -> list[str]:
    """What a browser runs of a page."""
    return re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)


def shown_by(html: str) -> Any:
    """What the page hands to its script."""
    (content,) = re.findall(r'<script type="application/json" id="gegevens">(.*?)</script>', html, flags=re.DOTALL)
    return json.loads(content)


def saying(table: pa.Table, text: str, *columns: str) -> pa.Table:
    """The same table with one text in some columns."""
    for name in columns:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), pa.array([text] * len(table), pa.string()))
    return table


def called(tables: PublishedTables, name: str) -> PublishedTables:
    """The same tables with one name for every area, and one text for all that residents said."""
    areas = {kind: saying(table, name, "area_name") for kind, table in tables.areas.items()}
    return replace(tables, areas=areas, inventory=saying(tables.inventory, name, "subject", "said_by", "quote"))


Pages = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def pages_saying(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> Pages:
    """Every page with one text wherever it has one that was delivered, or stands in the area file."""

    def pages(text: str) -> dict[str, str]:
        told = called(tables, text)
        event = Event.model_construct(date=date(2023, 5, 1), buurt="BU99990000", nl=text, en=text)
        signal = Signal.model_construct(aanleiding=text, opvolging=text, besproken_met_bewoners=text)
        # Without validation: pages hold whatever readers let through.
        said = area.model_copy(update={"title": text, "signal": signal, "events": (event,)})
        sources = tuple(
            replace(
                one,
                path=text,
                licence=text,
                attribution=text,
                retrieval=one.retrieval and replace_url(one.retrieval, text),
            )
            for one in colophon.sources
        )
        accepted = AcceptedContradiction("kind", "Tegenspraak.", "Contradiction.", text)
        end = replace(colophon, sources=sources, accepted=(accepted,))
        return {
            "kaart.html": map_page(told, said, end),
            "index.html": index_page(told, said, end),
            "enquete.html": survey_page(told, survey_of(text), said, end),
            "kwaliteit.html": quality_page(told, quality_of(text), said, end),
            "bescherming.html": protection_page(told, audit(), said, end),
            "methode.html": method_page(said, end, {}),
        }

    return pages


def audit() -> pa.Table:
    """An audit that found nothing small."""
    parts = {
        "method": {"base": 5},
        "earlier_releases": [],
        "people_from_public_tables_only": True,
        "people": {"columns": ["width_at_least"], "cells": []},
    }
    return pa.table([list(parts), [json.dumps(part) for part in parts.values()]], schema=AUDIT.schema)


def replace_url(retrieval: Any, url: str) -> Any:
    return retrieval.model_copy(update={"url": url, "final_url": url})


def survey_of(text: str) -> SurveyTables:
    """A survey with a margin and a gap of a category that somebody named."""
    gap = {
        "wave": 2024, "area_type": "gemeente", "area_code": "GM9999", "indicator": "m1_contact", "statistic": "gap",
        "feature": "household", "category": text, "unit": "points", "value": 0.4, "lower": 0.1, "upper": 0.7,
        "n_class": "100+", "quality": "ok", "quality_reason": "", "reason_missing": "",
    }  # fmt: skip
    apart = pa.Table.from_pylist([gap], schema=SURVEY_DISPERSION.schema)
    return SurveyTables(SURVEY_CHANGES.schema.empty_table(), quality_of(text), apart)


def quality_of(category: str) -> pa.Table:
    """A survey with one margin, of a category that somebody named."""
    blank = {"wave": 2024, "mode": "", "lower": None, "upper": None, "word": "", "n_class": "100+", "value": 0.5}
    rows = [
        {**blank, "subject": "margin", "name": f"household/{category}", "statistic": end}
        for end in ("target", "achieved")
    ]
    weights = {**blank, "subject": "weights", "name": "", "statistic": "deff"}
    return pa.Table.from_pylist([*rows, weights], schema=SURVEY_QUALITY.schema)


class Skeleton(HTMLParser):
    """Tags with the names of their attributes, and the texts with the tags they stand in."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.texts: list[tuple[str, str]] = []
        self.within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        if tag not in {"meta", "br", "input"}:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.within.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((data, self.within[-1] if self.within else ""))


def skeleton(html: str) -> Skeleton:
    read = Skeleton()
    read.feed(html)
    return read


@pytest.fixture(scope="module")
def ordinary(pages_saying: Pages) -> dict[str, str]:
    """The pages with an ordinary text."""
    return pages_saying(ORDINARY)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_text_changes_nothing_of_a_page_but_itself(
    pages_saying: Pages, ordinary: dict[str, str], payload: str
) -> None:
    for name, html in pages_saying(payload).items():
        found, expected = skeleton(html), skeleton(ordinary[name])
        assert found.tags == expected.tags
        assert scripts_of(html) == scripts_of(ordinary[name])
        assert re.findall(r"script-src [^;]*", html)[0] == re.findall(r"script-src [^;]*", ordinary[name])[0]
        # Scripts are the same, so this is the JSON that the map reads.
        tags = [tag for text, tag in found.texts if payload in text and tag != "script"]
        assert len(tags) >= 5
        assert set(tags) <= {"bdi", "title"}


def test_our_script_makes_no_markup_and_no_code_of_a_text() -> None:
    script = asset_text("map.js")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|set(Timeout|Interval)", script
    )
    assert "textContent" in script


def test_the_script_of_the_map_is_made_alike_every_time() -> None:
    assert folium_script.__wrapped__() == folium_script.__wrapped__() == folium_script()


def test_what_the_map_reads_cannot_end_its_element(pages_saying: Pages) -> None:
    html = pages_saying(EVERYTHING)["kaart.html"]
    (raw,) = re.findall(r'<script type="application/json" id="gegevens">(.*?)</script>', html, flags=re.DOTALL)
    assert raw.isascii()
    assert not set(raw) & set("<>&")
    assert shown_by(html)["gebieden"]["features"][0]["properties"]["per"]["rollator"]["naam"] == EVERYTHING


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no-policy"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desk", "phone"])
def test_in_a_browser_nothing_runs_and_nothing_widens_a_page(
    open_page: Callable[..., Any], pages_saying: Pages, size: tuple[int, int], *, policy: bool
) -> None:
    for name, html in pages_saying(EVERYTHING).items():
        whole = html if policy else re.sub(r"<meta http-equiv=[^>]*>", "", html)
        assert ("Content-Security-Policy" in whole) is policy
        opened = open_page(whole.replace("<details", "<details open"), name, size)
        if name == "kaart.html":
            opened.page.locator("[data-gebied]").first.click()
            assert "{{7*7}}" in opened.page.locator(".leaflet-tooltip").inner_text()
        opened.page.mouse.move(size[0] / 2, size[1] / 2)
        opened.page.wait_for_timeout(100)
        assert opened.page.evaluate("window.ran") is None
        assert opened.page.locator("img, iframe, b, textarea").count() == 0
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert opened.messages == []
        assert len(opened.requests) == 1


def assert_same_scripts(*pages: str) -> None:
    """Assert that the pages differ in what they show, and neither in their scripts nor in which they admit."""
    assert len({json.dumps(shown_by(page)) for page in pages}) == len(pages)
    assert len({tuple(scripts_of(page)) for page in pages}) == 1
    assert len({re.findall(r"script-src [^;]*", page)[0] for page in pages}) == 1


def test_the_scripts_are_the_same_whatever_the_texts_and_profiles_are(
    tables: PublishedTables, area: AreaFile, make_area: Callable[..., AreaFile], colophon: Colophon
) -> None:
    other = make_area(profiles=["referentie"], title="{{7*7}}")
    assert_same_scripts(map_page(tables, area, colophon), map_page(called(tables, "{{7*7}}"), other, colophon))


def test_the_scripts_are_the_same_whatever_layers_there_are(
    tables: PublishedTables, without_buurten: PublishedTables, area: AreaFile, colophon: Colophon, monkeypatch: Any
) -> None:
    nothing = replace(tables, areas={kind: table.slice(0, 0) for kind, table in tables.areas.items()})
    pages = [map_page(shown, area, colophon) for shown in (tables, without_buurten, nothing)]
    monkeypatch.setattr("pipelines.pages.map.MAX_FEATURES", 10)
    without_cells = map_page(tables, area, colophon)
    assert shown_by(without_cells)["vakjes"] is None
    assert_same_scripts(*pages, without_cells)
