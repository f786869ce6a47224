"""The page that says what is hidden, and why."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.pages.colophon import Colophon
from pipelines.pages.figures import PublishedTables
from pipelines.pages.protection import hidden_rows, known, protection_page
from pipelines.protection.contracts import AUDIT, INDICATORS
from pipelines.sources.area_file import AreaFile

COLUMNS = ["area_type", "told", "width_at_least"]


def _audit(*widths: float, earlier: int = 0, only_public: bool = True) -> pa.Table:
    parts = {
        "method": {"base": 5},
        "earlier_releases": [str(number) for number in range(earlier)],
        "people_from_public_tables_only": only_public,
        "people": {"columns": COLUMNS, "cells": [["buurt", "<10", width] for width in widths]},
    }
    return pa.table([list(parts), [json.dumps(part) for part in parts.values()]], schema=AUDIT.schema)


def _indicators(*rows: tuple[str, str, str]) -> pa.Table:
    empty = {column.name: None if column.nullable else "" for column in INDICATORS.columns}
    of_unit = {"0-10": "m1_contact", "share": "latent_support", "m": "dist_nearest_place", "kinds": "n_types_reach"}
    named = (
        {"area_type": kind, "unit": unit, "indicator": of_unit.get(unit, "inhabitants"), "reason_missing": reason}
        for kind, unit, reason in rows
    )
    return pa.Table.from_pylist([empty | row for row in named], schema=INDICATORS.schema)


@pytest.fixture
def page(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> Callable[[pa.Table], str]:
    def text_of(audit: pa.Table) -> str:
        html = protection_page(tables, audit, area, colophon)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    return text_of


def test_it_counts_what_is_shown_and_hidden_per_type_of_area_the_largest_first():
    rows = hidden_rows(
        _indicators(
            ("buurt", "persons", ""), ("buurt", "persons", "too_few_people"), ("buurt", "households", "too_few_people"),
            ("pc6", "persons", "only_as_class"), ("gemeente", "0-10", ""), ("buurt", "0-10", "withheld"),
            ("gemeente", "share", ""), ("h3", "m", ""),
        )
    )  # fmt: skip
    assert [row.area_type for row in rows] == ["gemeente", "buurt", "pc6"]
    buurt = rows[1]
    assert (buurt.people_shown, buurt.people_under_ten, buurt.survey_hidden) == (1, 2, 1)
    assert rows[2].people_as_class == 1
    assert rows[0].survey_shown == 2


def test_it_tells_the_least_room_and_where_cbs_tells_more():
    found = known({row["part"]: json.loads(row["content"]) for row in _audit(5, 5, 4, earlier=2).to_pylist()})
    assert (found.listed, found.narrower_public, found.least_width, found.earlier_releases) == (3, 1, 5, 2)


def test_it_says_that_bounds_are_the_worst_case_and_no_probability(page):
    text = page(_audit(5, 5))
    assert "slechtste geval , geen kans" in text
    assert "Wij keken naar 2 kleine aantallen" in text
    assert "minstens 5 uit elkaar." in text


@pytest.mark.parametrize(
    ("earlier", "said"), [(0, "deze uitgave, de tabellen"), (1, "de uitgave ervoor,"), (3, "de 3 uitgaven ervoor")]
)
def test_it_says_how_many_releases_were_reckoned_with(page, earlier: int, said: str):
    assert said in page(_audit(5, earlier=earlier))


def test_only_of_public_tables_it_says_that_nothing_new_is_told(page):
    said = "Deze uitgave vertelt dus niets nieuws over mensen"
    assert said in page(_audit(5))
    assert said not in page(_audit(5, only_public=False))


def test_without_any_number_of_people_it_says_so(tables, area: AreaFile, colophon: Colophon):
    metres = replace(tables, indicators=tables.indicators.filter(pc.equal(tables.indicators["unit"], "m")))
    assert "geen aantallen mensen" in protection_page(metres, _audit(), area, colophon)


def test_hostile_names_never_become_markup(make_area: Callable, tables, colophon: Colophon, hostile: str):
    html = protection_page(tables, _audit(5), make_area(title=hostile), colophon)
    assert hostile not in html
    assert "<script" not in html


@pytest.mark.browser
@pytest.mark.slow
def test_it_opens_without_a_request_or_an_error_and_fits_a_phone(open_page, tables, area, colophon):
    for width in (1280, 390):
        opened = open_page(protection_page(tables, _audit(5), area, colophon), "bescherming.html", (width, 900))
        assert opened.page.title().startswith("Wat is verborgen")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.messages == []
        assert [url for url in opened.requests if not url.startswith("file:")] == []
