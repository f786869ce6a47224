"""The pages as a browser shows them, opened from disk with the network refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.pages.colophon import Colophon
from pipelines.pages.figures import PublishedTables
from pipelines.pages.index import index_page
from pipelines.pages.map import map_page
from pipelines.sources.area_file import AreaFile

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _value(tables: PublishedTables, column: str, code: str) -> float:
    row = tables.areas["buurt"]["area_code"].to_pylist().index(code)
    return float(tables.areas["buurt"][column][row].as_py())


def _tooltip(page: "Page") -> str:
    page.wait_for_selector(".leaflet-tooltip")
    return page.locator(".leaflet-tooltip").inner_text()


def test_the_map_asks_for_nothing_beyond_itself_and_says_nothing(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    opened = open_page(map_page(tables, area, colophon))
    opened.page.mouse.move(800, 400)
    opened.page.wait_for_timeout(300)
    assert len(opened.requests) == 1
    assert opened.messages == []


def test_the_start_page_asks_for_nothing_beyond_itself_and_says_nothing(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    opened = open_page(index_page(tables, area, colophon), "index.html")
    assert len(opened.requests) == 1
    assert opened.messages == []


def test_the_tooltip_of_a_buurt_shows_its_published_value(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = open_page(map_page(tables, area, colophon)).page
    page.get_by_role("button", name="Oosterpark").first.click()
    shown = _tooltip(page)
    assert f"{_value(tables, 'dist_nearest_place_rollator', 'BU99990000'):.0f} m" in shown
    assert "1.235" in shown
    assert "0 van 6 (0 tot 2)" in shown
    assert "20 tot 1.235" in shown


def test_a_pointer_on_a_buurt_opens_its_tooltip(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = open_page(map_page(tables, area, colophon)).page
    box = page.locator("#map_kaart").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.3)
    assert "Inwoners" in _tooltip(page)


def test_the_choice_of_profile_changes_tooltip_legend_and_table(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = open_page(map_page(tables, area, colophon)).page
    page.get_by_role("radio", name="Met een kinderwagen").check()
    page.locator("section.profile:not([hidden]) [data-gebied]", has_text="Oosterpark").click()
    assert f"{_value(tables, 'dist_nearest_place_kinderwagen', 'BU99990000'):.0f} m" in _tooltip(page)
    assert page.locator(".legend:not([hidden])").count() == 1
    assert "kinderwagen" in page.locator(".legend:not([hidden]) h2").inner_text()


def test_the_choice_of_indicator_recolours_the_cells(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = open_page(map_page(tables, area, colophon)).page
    fills = "() => Array.from(document.querySelectorAll('#map_kaart path')).map((path) => path.getAttribute('fill'))"
    before = page.evaluate(fills)
    page.get_by_role("radio", name="Soorten plekken binnen bereik").check()
    after = page.evaluate(fills)
    assert len(before) == len(after) == 60 + 6
    assert set(before) != set(after)
    assert "url(#arcering)" in before


def test_hostile_text_is_shown_as_text_and_never_runs(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon, hostile: str
) -> None:
    opened = open_page(map_page(tables, area, colophon))
    opened.page.get_by_role("button", name=hostile).first.click()
    assert hostile in _tooltip(opened.page)
    assert opened.page.locator("#map_kaart img, table img").count() == 0
    start = open_page(index_page(tables, area, colophon), "index.html")
    assert start.page.get_by_text(hostile).count() > 0
    assert start.page.locator("img").count() == 0
    assert opened.messages == start.messages == []


def test_the_keyboard_reaches_choices_map_and_table(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = open_page(map_page(tables, area, colophon)).page
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("() => { const at = document.activeElement; return at.name || at.id || at.className; }")
        )
    assert reached[2:5] == ["profiel", "maat", "map_kaart"]
    page.keyboard.press("Enter")
    assert "Loopafstand" in _tooltip(page)


def test_the_arrow_keys_change_the_profile(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = open_page(map_page(tables, area, colophon)).page
    page.get_by_role("radio", name="Met een rollator").focus()
    page.keyboard.press("ArrowDown")
    assert "kinderwagen" in page.locator(".legend:not([hidden]) h2").inner_text()


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_no_page_is_wider_than_its_window(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon, size: tuple[int, int]
) -> None:
    for name, html in (
        ("kaart.html", map_page(tables, area, colophon)),
        ("index.html", index_page(tables, area, colophon)),
    ):
        page = open_page(html, name, size).page
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0]


def test_a_municipality_without_cells_or_buurten_still_opens(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    empty = {kind: table.slice(0, 0) for kind, table in tables.areas.items()}
    opened = open_page(
        map_page(type(tables)(tables.indicators, empty, tables.places, tables.inventory), area, colophon)
    )
    assert opened.messages == []
    assert opened.page.locator("#map_kaart").count() == 1


def _boxes(page: "Page", selector: str) -> list[dict[str, float]]:
    measure = "(shown) => shown.map((one) => one.getBoundingClientRect().toJSON())"
    boxes: list[dict[str, float]] = page.locator(selector).evaluate_all(measure)
    return boxes


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_without_buurten_the_map_opens_on_the_inhabited_cells_and_names_the_postcodes(
    open_page: Callable[..., Any],
    without_buurten: PublishedTables,
    extent_area: AreaFile,
    colophon: Colophon,
    size: tuple[int, int],
) -> None:
    opened = open_page(map_page(without_buurten, extent_area, colophon), size=size)
    (frame,) = _boxes(opened.page, "#map_kaart")
    shapes = _boxes(opened.page, "#map_kaart path")
    assert len(shapes) == 60 + 2
    assert all(frame["left"] <= box["left"] and box["right"] <= frame["right"] for box in shapes)
    assert all(frame["top"] <= box["top"] and box["bottom"] <= frame["bottom"] for box in shapes)
    filled = max(box["bottom"] for box in shapes) - min(box["top"] for box in shapes)
    assert filled > 0.6 * min(frame["height"], frame["width"])
    assert opened.page.locator(".naambord").all_inner_texts() == ["9711", "9712"]
    opened.page.get_by_role("button", name="9711").first.click()
    assert "Postcode" in _tooltip(opened.page)
    assert "8.765" in _tooltip(opened.page)
    assert opened.messages == []


def test_an_area_with_cells_alone_opens_on_them(
    open_page: Callable[..., Any], without_buurten: PublishedTables, extent_area: AreaFile, colophon: Colophon
) -> None:
    areas = {**without_buurten.areas, "pc4": without_buurten.areas["pc4"].slice(0, 0)}
    opened = open_page(map_page(replace(without_buurten, areas=areas), extent_area, colophon))
    assert len(_boxes(opened.page, "#map_kaart path")) == 60
    assert max(box["width"] for box in _boxes(opened.page, "#map_kaart path")) > 30
    assert opened.messages == []


def test_on_a_telephone_the_tooltip_lies_within_the_map(
    open_page: Callable[..., Any], tables: PublishedTables, area: AreaFile, colophon: Colophon
) -> None:
    page = open_page(map_page(tables, area, colophon), size=(390, 844)).page
    page.get_by_role("button", name="Binnenstad-Noord").first.click()
    _tooltip(page)
    (frame,), (tooltip,) = _boxes(page, "#map_kaart"), _boxes(page, ".leaflet-tooltip")
    assert frame["left"] <= tooltip["left"]
    assert tooltip["right"] <= frame["right"]
