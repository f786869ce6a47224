"""No delivered text runs: it passes through no template, and the scripts are the same whatever it says."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipelines.pages.colophon import Colophon
from pipelines.pages.figures import PublishedTables
from pipelines.pages.map import map_page
from pipelines.sources.area_file import AreaFile

TEMPLATES = (
    "{{7*7}}",
    "{{lipsum.__globals__['os'].popen('id').read()}}",
    "{% for x in (1,2) %}y{% endfor %}",
    "{# x #}",
)


def scripts_of(html: str) -> list[str]:
    """What a browser runs of a page."""
    return re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)


def shown_by(html: str) -> Any:
    """What the page hands to its script."""
    (content,) = re.findall(r'<script type="application/json" id="gegevens">(.*?)</script>', html, flags=re.DOTALL)
    return json.loads(content)


def called(tables: PublishedTables, names: tuple[str, ...]) -> PublishedTables:
    """The same tables with other names of buurten."""
    buurten = tables.areas["buurt"]
    listed = pa.array([names[number % len(names)] for number in range(len(buurten))])
    place = buurten.schema.get_field_index("area_name")
    renamed = buurten.set_column(place, buurten.schema.field("area_name"), listed)
    return replace(tables, areas={**tables.areas, "buurt": renamed})


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_name_that_reads_as_a_template_stays_what_it_is(
    tables: PublishedTables, area: AreaFile, colophon: Colophon, name: str
) -> None:
    html = map_page(called(tables, (name,)), area, colophon)
    assert shown_by(html)["gebieden"]["features"][0]["properties"]["per"]["rollator"]["naam"] == name
    assert not any(name in script for script in scripts_of(html))


def assert_same_scripts(*pages: str) -> None:
    """Assert that the pages differ in what they show, and neither in their scripts nor in which they admit."""
    assert len({json.dumps(shown_by(page)) for page in pages}) == len(pages)
    assert len({tuple(scripts_of(page)) for page in pages}) == 1
    assert len({re.findall(r"script-src [^;]*", page)[0] for page in pages}) == 1


def test_the_scripts_are_the_same_whatever_the_texts_and_profiles_are(
    tables: PublishedTables, area: AreaFile, make_area: Callable[..., AreaFile], colophon: Colophon
) -> None:
    other = make_area(profiles=["referentie"], title="{{7*7}}")
    assert_same_scripts(map_page(tables, area, colophon), map_page(called(tables, TEMPLATES), other, colophon))


def test_the_scripts_are_the_same_whatever_layers_there_are(
    tables: PublishedTables, without_buurten: PublishedTables, area: AreaFile, colophon: Colophon, monkeypatch: Any
) -> None:
    nothing = replace(tables, areas={kind: table.slice(0, 0) for kind, table in tables.areas.items()})
    pages = [map_page(shown, area, colophon) for shown in (tables, without_buurten, nothing)]
    monkeypatch.setattr("pipelines.pages.map.MAX_FEATURES", 10)
    without_cells = map_page(tables, area, colophon)
    assert shown_by(without_cells)["vakjes"] is None
    assert_same_scripts(*pages, without_cells)
