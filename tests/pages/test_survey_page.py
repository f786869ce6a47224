"""The page of what residents say: manifestations apart, changes in words, no ranks, and how good the survey is."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipelines.findings.catalogue import catalogue
from pipelines.pages.changes import change_text
from pipelines.pages.colophon import Colophon
from pipelines.pages.dispersion import Beside, Cell, beside, gaps
from pipelines.pages.figures import PublishedTables, SurveyTables, in_unit
from pipelines.pages.survey import manifestations, survey_page
from pipelines.pages.words import words
from pipelines.protection.contracts import SURVEY_CHANGES, SURVEY_DISPERSION, SURVEY_QUALITY
from pipelines.sources.area_file import AreaFile
from pipelines.survey.contracts import CAUTIONS, NOT_COMPARED, VERDICTS_OF_CHANGE

APART = SURVEY_DISPERSION.schema.empty_table()
NOTHING = SurveyTables(SURVEY_CHANGES.schema.empty_table(), SURVEY_QUALITY.schema.empty_table(), APART)


def quality(*rows: dict[str, Any]) -> pa.Table:
    same = {"wave": 2024, "mode": "", "value": None, "lower": None, "upper": None, "word": "", "n_class": "100+"}
    return pa.Table.from_pylist([same | row for row in rows], schema=SURVEY_QUALITY.schema)


def changed(**told: Any) -> dict[str, Any]:
    return {
        "change": 0.44,
        "lower": 0.11,
        "upper": 0.71,
        "verdict": "changed",
        "caution": "",
        "reason_missing": "",
    } | told


@pytest.fixture
def survey(tables: PublishedTables) -> SurveyTables:
    code = tables.areas["buurt"]["area_code"][0].as_py()
    row = {"wave_before": 2022, "wave_after": 2024, "area_type": "buurt", "area_code": code, "indicator": "m1_contact",
           "unit": "0-10", "caution": ""} | changed()  # fmt: skip
    scale = {"subject": "scale", "name": "m1_contact"}
    told = quality(
        {**scale, "statistic": "alpha", "value": 0.81, "lower": 0.79, "upper": 0.83},
        {**scale, "statistic": "omega", "value": 0.82},
        {**scale, "wave": 2022, "statistic": "alpha", "value": 0.33},
    )
    return SurveyTables(pa.Table.from_pylist([row], schema=SURVEY_CHANGES.schema), told, APART)


def plain(told: str) -> str:
    return told.replace("\N{MINUS SIGN}", "-")


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_manifestations_stand_apart_in_their_order_and_nothing_is_summed(
    tables: PublishedTables, survey: SurveyTables, area: AreaFile, colophon: Colophon
) -> None:
    page = text(survey_page(tables, survey, area, colophon))
    assert "niet één cijfer" in page
    assert "Contact en ontmoeting" in page
    assert "Sinds 2022" in page
    assert "veranderd: +0,4 (0,1 tot 0,7)" in page
    for forbidden in ("rapportcijfer", "ranglijst", "beste buurt", "totaalscore"):
        assert forbidden not in page


def test_without_a_survey_the_page_says_so(area: AreaFile, colophon: Colophon, tables: PublishedTables) -> None:
    none = tables.indicators.filter(pa.array([False] * len(tables.indicators)))
    page = text(
        survey_page(PublishedTables(none, tables.areas, tables.places, tables.inventory), NOTHING, area, colophon)
    )
    assert "Er is geen vragenlijst geleverd." in page


def test_every_survey_indicator_of_the_catalogue_has_a_manifestation_with_a_name() -> None:
    asked = {name for name, one in catalogue().items() if "survey" in one.sources}
    assert asked <= set(manifestations())
    assert set(manifestations().values()) == set(words().manifestations)


def test_every_verdict_caution_and_reason_has_words() -> None:
    assert set(words().changes) == {*VERDICTS_OF_CHANGE, *CAUTIONS} - {""}
    assert set(words().not_compared) == {*NOT_COMPARED, "withheld"}


@pytest.mark.parametrize(
    ("change", "unit", "told"),
    [
        (changed(), "0-10", "veranderd: +0,4 (0,1 tot 0,7)"),
        (changed(change=-0.05, lower=-0.2, upper=0.1, verdict="unknown"), "share",
         "niet te zeggen: -5 (-20 tot 10) procentpunten"),
        (changed(change=0.02, lower=-0.1, upper=0.1, verdict="same"), "0-10", "vrijwel gelijk: 0,0 (-0,1 tot 0,1)"),
        (changed(caution="mode_unknown"), "0-10", "veranderd: +0,4 (0,1 tot 0,7), manier onbekend"),
        (changed(change=None, lower=None, upper=None, verdict="", reason_missing="other_questions"), "0-10",
         "andere vragen"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_a_few_words(change: dict[str, Any], unit: str, told: str) -> None:
    assert plain(change_text(change, unit)) == told


def test_a_share_is_read_as_a_percentage_and_a_scale_with_one_decimal() -> None:
    assert (in_unit(0.124, "share"), in_unit(6.0, "0-10"), plain(in_unit(-0.26, "points"))) == ("12 %", "6,0", "-0,3")


def test_hostile_names_never_become_markup(
    make_area: Callable[..., AreaFile], tables: PublishedTables, survey: SurveyTables, colophon: Colophon, hostile: str
) -> None:
    event = {"date": "2023-05-01", "nl": hostile, "en": hostile}
    html = survey_page(tables, survey, make_area(title=hostile, events=[event]), colophon)
    assert hostile not in html
    assert "<script" not in html


@pytest.mark.browser
@pytest.mark.slow
def test_it_opens_without_a_request_or_an_error_and_fits_a_phone(open_page, tables, survey, area, colophon):
    for width in (1280, 390):
        html = survey_page(tables, survey, area, colophon).replace(
            '<details class="asked">', '<details class="asked" open>'
        )
        opened = open_page(html, "enquete.html", (width, 900))
        assert opened.page.title().startswith("Wat zeggen bewoners?")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.messages == []
        assert [url for url in opened.requests if not url.startswith("file:")] == []


def apart(**told: Any) -> dict[str, Any]:
    return {
        "wave": 2024, "area_type": "gemeente", "area_code": "GM9999", "indicator": "m1_contact", "statistic": "sd",
        "feature": "", "category": "", "unit": "points", "value": 2.0, "lower": 1.9, "upper": 2.1, "n_class": "100+",
        "quality": "ok", "quality_reason": "", "reason_missing": "",
    } | told  # fmt: skip


def dispersion(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([apart(**row) for row in rows], schema=SURVEY_DISPERSION.schema)


def test_spread_and_lowest_third_stand_with_their_intervals_or_say_why_not() -> None:
    low = {"statistic": "lowest_third", "unit": "share"}
    found = beside(dispersion({}, {**low, "value": 0.11, "lower": 0.08, "upper": 0.14}), "m1_contact")
    assert found["gemeente", "GM9999"] == Beside(Cell("2,0 (1,9 tot 2,1)"), Cell("11 % (8 tot 14 %)"))
    nothing = {"value": None, "lower": None, "upper": None, "reason_missing": "withheld"}
    withheld = beside(dispersion({**low, **nothing}), "m1_contact")["gemeente", "GM9999"]
    assert withheld.lowest == Cell("niet getoond", is_missing=True)


def test_a_gap_is_told_of_a_group_by_its_words_and_of_no_area_that_tells_none() -> None:
    gap = {"statistic": "gap", "feature": "age", "category": "65+", "value": 0.4, "lower": 0.1, "upper": 0.7}
    young = gap | {"category": "0-34", "value": -0.2, "quality": "caution", "quality_reason": "imprecise"}
    none = gap | {"area_type": "wijk", "area_code": "WK1", "value": None, "lower": None, "upper": None,
                  "reason_missing": "withheld"}  # fmt: skip
    first, second = gaps(dispersion(gap, young, none), "m1_contact", {("gemeente", "GM9999"): "Voorbeeldstad"})
    assert (first.area, first.group, first.figure, first.interval) == (
        "Voorbeeldstad",
        "65 jaar of ouder",
        "+0,4",
        "0,1 tot 0,7",
    )
    assert (second.group, plain(second.figure), second.note) == ("tot en met 34 jaar", "-0,2", "ruime marge")


def test_what_stands_beside_a_mean_is_shown_and_explained(
    tables: PublishedTables, survey: SurveyTables, area: AreaFile, colophon: Colophon
) -> None:
    codes = {"area_code": tables.areas["gemeente"]["area_code"][0].as_py()}
    gap = {"statistic": "gap", "feature": "household", "category": "alleen", "value": 0.4, "lower": 0.1, "upper": 0.7}
    page = text(survey_page(tables, replace(survey, dispersion=dispersion(codes, {**codes, **gap})), area, colophon))
    for told in ("2,0 (1,9 tot 2,1)", "met 3,3 of lager", "Tussen groepen bewoners", "alleen", "+0,4", "1 verschillen"):
        assert told in page
