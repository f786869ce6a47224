"""The report of how good each survey is: every ESS heading, of every wave, and what is unknown said to be."""

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from pipelines.pages.colophon import Colophon
from pipelines.pages.figures import PublishedTables
from pipelines.pages.quality import quality_page, reached, report_of, response_of, scales
from pipelines.pages.words import words
from pipelines.protection.contracts import SURVEY_QUALITY
from pipelines.sources.area_file import AreaFile

HEADINGS = (
    "Relevance", "Accuracy and reliability", "Timeliness and punctuality", "Coherence and comparability",
    "Accessibility and clarity", "Revisions",
)  # fmt: skip


def quality(*rows: dict[str, Any]) -> pa.Table:
    same = {"wave": 2024, "mode": "", "value": None, "lower": None, "upper": None, "word": "", "n_class": "100+"}
    return pa.Table.from_pylist([same | row for row in rows], schema=SURVEY_QUALITY.schema)


def test_a_scale_that_measures_badly_is_marked_and_a_figure_that_cannot_be_given_is_a_dash() -> None:
    scale = {"subject": "scale", "name": "m1_contact"}
    (weak,) = scales(quality({**scale, "statistic": "alpha", "value": 0.55, "lower": 0.5, "upper": 0.6},
                             {**scale, "statistic": "omega"}))  # fmt: skip
    assert weak.is_unreliable
    assert weak.figures == ("0,55 (0,50 tot 0,60)", "\N{EN DASH}", "\N{EN DASH}")


def test_it_is_told_of_every_scale_whether_it_measured_the_same_before() -> None:
    scale, test = {"subject": "scale", "name": "m1_contact"}, {"subject": "invariance", "statistic": "verdict"}
    row = {**scale, "statistic": "alpha", "value": 0.8, "lower": 0.7, "upper": 0.9}
    for word, told in (("holds", "ja"), ("varies", "nee: daarom geen verschil")):
        (one,) = scales(quality(row, {**test, "name": "m1_contact/waves", "word": word}))
        assert one.same == told
    assert scales(quality(row))[0].same == ""


def test_a_scale_that_differs_by_way_of_answering_is_told_so_and_not_that_no_change_is() -> None:
    row = {"subject": "scale", "name": "m1_contact", "statistic": "alpha", "value": 0.8}
    ways = {"subject": "invariance", "statistic": "verdict", "name": "m1_contact/modes", "word": "varies"}
    (one,) = scales(quality(row, ways))
    assert (one.same, one.same_in_ways) == ("", "nee")


def test_margins_are_told_with_what_was_reached() -> None:
    assert [_group_of(name) for name in ("age/75-120", "age/75+", "sex/vrouw")] == [
        "75 jaar of ouder", "75 jaar of ouder", "vrouw",
    ]  # fmt: skip
    margin = {"subject": "margin", "name": "age/18-34"}
    (one,) = reached(
        quality({**margin, "statistic": "target", "value": 0.25}, {**margin, "statistic": "achieved", "value": 0.24})
    )
    assert (one.name, one.target, one.achieved) == ("18 tot en met 34 jaar", "25 %", "24 %")


def _group_of(name: str) -> str:
    told = ({"subject": "margin", "name": name, "statistic": end, "value": 0.5} for end in ("target", "achieved"))
    return reached(quality(*told))[0].name


def test_a_response_rate_is_told_or_why_it_is_unknown() -> None:
    rate = {"subject": "response", "name": "", "statistic": "rate"}
    told = response_of(quality({**rate, "value": 0.42}, {**rate, "statistic": "share_unheard", "value": 0.1}))
    assert told is not None
    assert (told.rate, told.unheard) == ("42 %", "10 %")
    unknown = response_of(quality({**rate, "word": "no_frame"}))
    assert unknown is not None
    assert unknown.unknown == words().response_unknown["no_frame"]
    assert response_of(quality()) is None


def whole(**told: Any) -> list[dict[str, Any]]:
    """Rows of a wave of which everything is told."""
    return [
        told | row
        for row in (
            {
                "subject": "scale",
                "name": "m1_contact",
                "statistic": "alpha",
                "value": 0.81,
                "lower": 0.79,
                "upper": 0.83,
            },
            {"subject": "item", "name": "m1_contact/v1", "statistic": "share_unanswered", "value": 0.02},
            {"subject": "item", "name": "m1_contact/v2", "statistic": "share_unanswered", "value": 0.07},
            {"subject": "sampling", "name": "", "statistic": "drawn", "word": "probability"},
            {"subject": "sampling", "name": "", "statistic": "strata", "value": 4.0},
            {"subject": "sampling", "name": "", "statistic": "respondents_per_unit", "value": 2.4},
            {"subject": "weights", "name": "", "statistic": "deff", "value": 1.23},
            {"subject": "coverage", "name": "", "statistic": "share_placed", "value": 0.95},
            {"subject": "coverage", "name": "", "statistic": "share_in_unheard_buurten", "value": 0.02},
            {"subject": "response", "name": "", "statistic": "rate", "value": 0.4},
            {"subject": "response", "name": "BU99990101", "statistic": "rate", "value": 0.35},
            {"subject": "mode", "name": "", "mode": "papier", "statistic": "share", "value": 0.3},
            {"subject": "revision", "name": "", "statistic": "versions_before", "value": 2.0},
            {"subject": "revision", "name": "", "statistic": "share_moved", "value": 0.12},
        )
    ]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_every_wave_is_told_of_under_every_heading_the_newest_first(
    tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = text(quality_page(tables, quality(*whole(), *whole(wave=2022)), area, colophon))
    assert page.index("De vragenlijst van 2024") < page.index("De vragenlijst van 2022")
    for heading in HEADINGS:
        assert page.count(heading) == 2


def test_all_that_is_told_of_a_wave_is_on_the_page(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> None:
    page = text(quality_page(tables, quality(*whole()), area, colophon))
    for told in (
        "apart in 4 groepen", "gemiddeld 2,4 mensen bij elkaar", "1,23 keer zo veel", "woont 95 % in een buurt",
        "woont 2 % van de mensen", "gaf 40 % antwoord", "35 %", "papier 30 %", "7 %", "2 andere versies",
        "rust 12 % van de cijfers",
    ):  # fmt: skip
        assert told in page


def test_what_is_not_known_is_said_to_be(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> None:
    rows = quality({"subject": "response", "name": "", "statistic": "rate", "word": "no_frame"})
    page = text(quality_page(tables, rows, area, colophon))
    for told in (
        "geen lijst van de steekproef geleverd", "geen schaal", "niet bekend", "geen eerdere versie",
        "Op welke manier mensen antwoord gaven, is niet geleverd", "Op welke dagen de vragen zijn gesteld",
    ):  # fmt: skip
        assert told in page


def test_without_a_survey_the_page_says_so(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> None:
    assert "Er is geen vragenlijst geleverd." in text(quality_page(tables, quality(), area, colophon))


def test_a_stratum_called_after_an_area_has_the_name_of_that_area() -> None:
    (part,) = report_of(quality(*whole()), {"BU99990101": "Denkpark"}, 2026).strata
    assert (part.name, part.figure) == ("Denkpark", "35 %")


def test_hostile_names_never_become_markup(
    make_area: Callable[..., AreaFile], tables: PublishedTables, colophon: Colophon, hostile: str
) -> None:
    rows = quality(*whole(), {"subject": "mode", "name": "", "mode": hostile, "statistic": "share", "value": 0.3})
    html = quality_page(tables, rows, make_area(title=hostile), colophon)
    assert hostile not in html
    assert "<script" not in html


@pytest.mark.browser
@pytest.mark.slow
def test_it_opens_without_a_request_or_an_error_and_fits_a_phone(open_page, tables, area, colophon):
    for width in (1280, 390):
        opened = open_page(quality_page(tables, quality(*whole()), area, colophon), "kwaliteit.html", (width, 900))
        assert opened.page.title().startswith("Hoe goed is de vragenlijst?")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.messages == []
        assert [url for url in opened.requests if not url.startswith("file:")] == []
