"""The published pages as an officer opens them: double-clicked, on a closed network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(params=["example_run", pytest.param("groningen_run", marks=pytest.mark.realdata)])
def published(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param).published


# Of one test, and after the runs: Dagster and Playwright each want the event loop of this thread for themselves.
@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def _open(page: Page, path: Path) -> list[str]:
    """Open a page with the network blocked; what it asked for and said, apart from itself."""
    heard: list[str] = []
    page.route("**", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(path.resolve().as_uri())
    page.wait_for_timeout(500)
    return [one for one in heard if one != path.resolve().as_uri()]


@pytest.mark.parametrize("name", ["index.html", "kaart.html"])
def test_a_published_page_asks_for_nothing_and_says_nothing(published: Path, page: Page, name: str):
    assert _open(page, published / name) == []
    assert page.title()
    assert page.locator("html").get_attribute("lang") == "nl"


@pytest.mark.realdata
def test_the_tooltip_of_a_buurt_shows_the_value_of_its_table(groningen_run, page: Page):
    published = groningen_run.published
    assert _open(page, published / "kaart.html") == []
    query = """
        select area_name, inhabitants_all::int, dist_nearest_place_rollator::int, n_types_reach_rollator_lower::int,
            n_types_reach_rollator_upper::int
        from read_parquet($path) where inhabitants_all > 5000 order by area_name
    """
    rows = duckdb.execute(query, {"path": str(published / "tables" / "buurt.parquet")}).fetchall()
    assert len(rows) > 5
    for name, inhabitants, metres, lower, upper in rows[:5]:
        page.get_by_role("button", name=name, exact=True).click()
        tooltip = page.locator(".leaflet-tooltip").filter(has_text=name).first
        tooltip.wait_for(timeout=5_000)
        text = tooltip.inner_text()
        dutch = f"{inhabitants:,}".replace(",", ".")
        assert dutch in text
        assert f"{metres} m" in text
        assert f"{lower} tot {upper}" in text


def test_links_of_the_start_page_lead_to_published_files(example_run, page: Page):
    _open(page, example_run.published / "index.html")
    hrefs = [link.get_attribute("href") or "" for link in page.locator("a").all()]
    local = [href for href in hrefs if not href.startswith(("#", "http"))]
    assert "kaart.html" in local
    assert len(local) >= 8
    for href in local:
        assert (example_run.published / href).exists(), href
