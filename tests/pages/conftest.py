"""A small published municipality, made through the contracts: 6 buurten, about 60 H3 cells, one hostile name."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h3
import numpy as np
import pyarrow as pa
import pytest
import shapely

from pipelines.contracts import conform, violations
from pipelines.geo import geometries_to_rd, h3_polygons
from pipelines.pages.colophon import Budget, Colophon, delivered_sources
from pipelines.pages.figures import PublishedTables
from pipelines.protection.contracts import INDICATORS, INVENTORY, PLACES, area_contract
from pipelines.sources.area_file import AreaFile
from pipelines.sources.fetch.ledger import Retrieval

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}</script>"
PROFILES = ("rollator", "kinderwagen", "referentie")
NAMES = ("Oosterpark", HOSTILE, "Binnenstad-Noord", "Ald Hôf & Zn.", "De Wijert", "'t Zand")
CENTRE = (53.2194, 6.5665)

Full = tuple[float | None, float | None, float | None, str, str]
Fact = float | str | Full


@dataclass
class Town:
    """Rows of the tidy table, gathered while the wide tables are made, so that both say the same."""

    tidy: list[dict[str, Any]] = field(default_factory=list)

    def column(
        self, area_type: str, codes: list[str], measure: tuple[str, str, str], facts: Sequence[Fact]
    ) -> dict[str, Any]:
        """Wide columns of one measure; a fact is a number, a reason, or (value, lower, upper, reason, n_class)."""
        indicator, group, profile = measure
        full = [_fact(fact) for fact in facts]
        for code, (value, lower, upper, reason, n_class) in zip(codes, full, strict=True):
            keys = {
                "area_type": area_type, "area_code": code, "indicator": indicator, "profile": profile,
                "place_kind": "", "threshold_m": "", "population_group": group, "period": "2024",
            }  # fmt: skip
            shown = {
                "value": value, "lower": lower, "upper": upper, "n_class": n_class, "effective_class": n_class,
                "reason_missing": reason,
                "interval_kind": "", "unknown": "", "unit": "", "quality": "ok", "count_class": "",
                "quality_reason": "unknown_place_kinds" if indicator == "n_types_reach" and lower is not None else "",
            }  # fmt: skip
            self.tidy.append(keys | shown)
        name = "_".join(part for part in measure if part)
        bounds = {"": 0, "_lower": 1, "_upper": 2}
        return {name + end: [row[place] for row in full] for end, place in bounds.items()}


def _fact(fact: Fact) -> Full:
    if isinstance(fact, str):
        return None, None, None, fact, ""
    return fact if isinstance(fact, tuple) else (float(fact), None, None, "", "")


def _cells() -> list[int]:
    middle = h3.latlng_to_cell(*CENTRE, 10)
    return sorted(h3.str_to_int(cell) for cell in h3.grid_disk(middle, 4))


def _buurt_polygons() -> np.ndarray:
    latitude, longitude = CENTRE
    boxes = [
        shapely.box(longitude - 0.009 + 0.006 * i, latitude - 0.0055 + 0.0055 * j,
                    longitude - 0.003 + 0.006 * i, latitude + 0.0055 * j)
        for j in range(2) for i in range(3)
    ]  # fmt: skip
    return geometries_to_rd(np.array(boxes, dtype=object))


def _wide(area_type: str, identity: dict[str, list[str]], columns: dict[str, Any], geometry: np.ndarray) -> pa.Table:
    contract = area_contract(area_type, tuple(columns))
    typed = {name: pa.array(values, pa.float64()) for name, values in columns.items()}
    table = conform(pa.table({**identity, **typed, "geometry": shapely.to_wkb(geometry)}), contract)
    assert not violations(table, contract)
    return table


def published() -> PublishedTables:
    """The published tables of the small municipality."""
    town, chance = Town(), np.random.default_rng(4)
    areas = {"h3": _h3_table(town, chance), "buurt": _buurt_table(town), **_larger_areas(town), "pc4": _pc4_table(town)}
    indicators = conform(pa.Table.from_pylist(town.tidy, schema=INDICATORS.schema), INDICATORS)
    assert not violations(indicators, INDICATORS)
    return PublishedTables(indicators, areas, _places(), _inventory())


def _h3_table(town: Town, chance: np.random.Generator) -> pa.Table:
    numbers = _cells()
    codes = [h3.int_to_str(number) for number in numbers]
    columns: dict[str, Any] = {}
    for profile in PROFILES:
        metres: list[Fact] = [float(round(value)) for value in chance.gamma(3, 130, len(codes))]
        kinds: list[Fact] = [(float(low), float(low), 5.0, "", "") for low in chance.integers(0, 5, len(codes))]
        for place, reason in ((3, "not_attached"), (5, "no_place_within_search"), (7, "no_residents")):
            metres[place] = kinds[place] = reason
        columns |= town.column("h3", codes, ("dist_nearest_place", "", profile), metres)
        columns |= town.column("h3", codes, ("n_types_reach", "", profile), kinds)
    return _wide("h3", {"area_code": codes, "area_name": codes}, columns, h3_polygons(numbers))


def _buurt_table(town: Town) -> pa.Table:
    codes = [f"BU9999000{number}" for number in range(len(NAMES))]
    columns = town.column(
        "buurt", codes, ("inhabitants", "all", ""), [1235, 20, 4980, "too_few_people", "too_few_people", 12345]
    )
    for number, profile in enumerate(PROFILES):
        metres: list[Fact] = [
            344 + number,
            (120.0, 0.0, 480.0, "", ""),
            801,
            "no_place_within_search",
            "no_residents",
            500,
        ]
        unknown = [(float(low), float(low), low + 2.0, "", "") for low in range(4)]
        people: list[Fact] = [
            (40.0, 20.0, 1235.0, "", ""),
            15,
            1000 + number,
            (None, None, 35.0, "too_few_people", ""),
            "no_residents",
            "too_few_people",
        ]
        columns |= town.column("buurt", codes, ("dist_nearest_place", "", profile), metres)
        kinds: list[Fact] = [*unknown, "no_residents", 4]
        columns |= town.column("buurt", codes, ("n_types_reach", "", profile), kinds)
        columns |= town.column("buurt", codes, ("people_below_min", "all", profile), people)
        columns |= town.column(
            "buurt", codes, ("people_below_min", "65plus", profile), [40, "people_unknown", *[10] * 4]
        )
    columns |= town.column("buurt", codes, ("data_coverage", "", ""), [0.235, 0.41, 0.3, 0.3, "no_street", 0.3])
    contact = [
        (6.2, 5.9, 6.5, "", "100+"),
        *[(None, None, None, "too_few_respondents", "10-29")] * 4,
        (5.1, 4.6, 5.6, "", "30-99"),
    ]
    columns |= town.column("buurt", codes, ("m1_contact", "", ""), contact)
    return _wide("buurt", {"area_code": codes, "area_name": list(NAMES)}, columns, _buurt_polygons())


def _pc4_table(town: Town) -> pa.Table:
    """Two postcode areas, west and east, of which much lies beyond the buurten."""
    latitude, longitude = CENTRE
    boxes = [
        shapely.box(longitude + west, latitude - 0.05, longitude + west + 0.06, latitude + 0.05) for west in (0, -0.06)
    ]
    codes = ["9712", "9711"]
    columns = town.column("pc4", codes, ("inhabitants", "all", ""), [3210, 8765])
    for profile in PROFILES:
        columns |= town.column("pc4", codes, ("dist_nearest_place", "", profile), [432, 234])
        columns |= town.column("pc4", codes, ("n_types_reach", "", profile), [3, 4])
        columns |= town.column("pc4", codes, ("people_below_min", "all", profile), [125, "too_few_people"])
    return _wide("pc4", {"area_code": codes, "area_name": codes}, columns, geometries_to_rd(np.array(boxes)))


def _larger_areas(town: Town) -> dict[str, pa.Table]:
    whole = shapely.union_all(_buurt_polygons())
    return {
        kind: _larger(town, kind, codes, names, np.array([whole] * len(codes)))
        for kind, codes, names in (
            ("gemeente", ["GM9999"], ["Voorbeeldstad"]),
            ("wijk", ["WK999900", "WK999901"], ["Zuid", "Noord"]),
        )
    }


def _larger(town: Town, kind: str, codes: list[str], names: list[str], geometry: np.ndarray) -> pa.Table:
    columns: dict[str, Any] = {}
    for profile in PROFILES:
        unknown = (None, 20.0, 2250.0, "unknown_place_kinds", "")
        columns |= town.column(kind, codes, ("dist_nearest_place", "", profile), [287] * len(codes))
        columns |= town.column(kind, codes, ("people_below_min", "all", profile), [unknown] * len(codes))
    columns |= town.column(kind, codes, ("data_coverage", "", ""), [0.31] * len(codes))
    columns |= town.column(kind, codes, ("m1_contact", "", ""), [(5.8, 5.6, 6.0, "", "100+")] * len(codes))
    return _wide(kind, {"area_code": codes, "area_name": names}, columns, geometry)


def _places() -> pa.Table:
    point = shapely.to_wkb(shapely.Point(233_500, 582_000))
    rows = [
        {"place_id": number, "place_kind": kind, "name": "", "source": "a", "source_id": str(number), "geometry": point}
        | {"functions": [kind], "merged_sources": []}
        | dict.fromkeys(("same_purpose", "regularity", "indoor", "free_of_charge"), "unknown")
        for number, kind in enumerate(["school", "school", "winkel", "sport"])
    ]
    return conform(pa.Table.from_pylist(rows, schema=PLACES.schema), PLACES)


def _inventory() -> pa.Table:
    said = [
        ("1", "2024-03", "BU99990000", "buurtcentrum", "bewoner", "Wij missen een plek om koffie te drinken."),
        ("2", "2024-05", "", "school", "wijkverpleegkundige", f"Niemand kent elkaar {HOSTILE}"),
    ]
    rows = [dict(zip(INVENTORY.column_names, record, strict=True)) for record in said]
    return conform(pa.Table.from_pylist(rows, schema=INVENTORY.schema), INVENTORY)


def area_file(**changes: object) -> AreaFile:
    """The area file of the small municipality: synthetic, no signal, two kinds of place unknown."""
    delivery = {"path": "map/buurten.gpkg", "vintage": 2024, "licence": "CC0-1.0", "attribution": f"Bron {HOSTILE}"}
    states = dict.fromkeys(("winkel", "school", "buurtcentrum", "horeca"), "complete")
    content = {
        "name": "voorbeeldstad", "title": "Voorbeeldstad", "year": 2024, "synthetic": True, "gemeenten": ["GM9999"],
        "profiles": PROFILES,
        "population": {"total_from": "buurten"},
        "sources": {"buurten": delivery, "streets": {**delivery, "format": "osm", "path": "map/streets.osm.pbf"}},
        "place_kinds": {**states, "speelplek": "not_delivered", "sport": "partial"},
    }  # fmt: skip
    return AreaFile.model_validate(content | changes)


@pytest.fixture(scope="session")
def make_area() -> Callable[..., AreaFile]:
    return area_file


@pytest.fixture(scope="session")
def hostile() -> str:
    return HOSTILE


@pytest.fixture(scope="session")
def tables() -> PublishedTables:
    return published()


@pytest.fixture(scope="session")
def without_survey(tables: PublishedTables) -> PublishedTables:
    """The same tables when neither survey nor inventory was delivered."""
    kept = [name != "m1_contact" for name in tables.indicators["indicator"].to_pylist()]
    return replace(tables, indicators=tables.indicators.filter(pa.array(kept)), inventory=tables.inventory.slice(0, 0))


@pytest.fixture(scope="session")
def without_buurten(tables: PublishedTables) -> PublishedTables:
    """The same tables for an area that is only an extent: no gemeente, wijken or buurten."""
    emptied = {kind: tables.areas[kind].slice(0, 0) for kind in ("gemeente", "wijk", "buurt")}
    return replace(tables, areas={**tables.areas, **emptied}, inventory=tables.inventory.slice(0, 0))


@pytest.fixture(scope="session")
def extent_area() -> AreaFile:
    """The area file that goes with `without_buurten`: a box of about 1,200 by 1,220 m around the cells."""
    (middle,) = geometries_to_rd(np.array([shapely.Point(CENTRE[1], CENTRE[0])]))
    extent = (middle.x - 600, middle.y - 610, middle.x + 600, middle.y + 610)
    sources = area_file().sources.model_dump(exclude_none=True)
    sources["pc4"] = sources.pop("buurten") | {"path": "map/pc4.gpkg"}
    return area_file(gemeenten=[], extent=extent, sources=sources, population={"total_from": "pc4"}, synthetic=False)


@pytest.fixture(scope="session")
def area() -> AreaFile:
    return area_file()


@pytest.fixture(scope="session")
def colophon(area: AreaFile) -> Colophon:
    budgets = (Budget("rollator", metres=500), Budget("kinderwagen", seconds=667), Budget("referentie", seconds=600))
    fetched = Retrieval(
        fetch="cbs-wijkenbuurten",
        year=2024,
        ground="",
        url="https://example.org/map.zip?a=1&b=2",
        final_url="https://cdn.example.org/map.zip",
        sha256="0123456789abcdef" * 4,
        bytes=12,
        retrieved="2026-03-02T23:30:00+00:00",
        content_type="application/zip",
    )
    sources = delivered_sources(area, {"map/buurten.gpkg": 1204}, {"map/buurten.gpkg": fetched})
    return Colophon("20240601-abc123", date(2024, 6, 1), sources, budgets)


@dataclass
class Opened:
    """A page in a browser, with everything it asked for and said."""

    page: "Page"
    requests: list[str]
    messages: list[str]


@pytest.fixture
def open_page(tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open HTML text from disk in Chromium, with every request but those to files refused."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if executable is None:
        pytest.skip("no chromium on this machine: the pages are not opened")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-background-networking"]
        )

        def opened(html: str, name: str = "kaart.html", size: tuple[int, int] = (1280, 900)) -> Opened:
            path = tmp_path / name
            path.write_text(html, encoding="utf-8")
            context = browser.new_context(viewport={"width": size[0], "height": size[1]})
            context.route(
                "**", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort()
            )
            result = Opened(context.new_page(), [], [])
            _listen(result)
            result.page.goto(path.as_uri())
            return result

        yield opened
        browser.close()


def _listen(opened: Opened) -> None:
    page = opened.page
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("console", lambda message: opened.messages.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: opened.messages.append(f"error: {error}"))

    def dismissed(dialog: "Dialog") -> None:
        opened.messages.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismissed)
