"""The first draft of an area file."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import yaml

from pipelines.errors import InputError
from pipelines.sources.area_file import read_area_file
from pipelines.sources.fetch.area_draft import Gemeente, area_draft, area_name, find_gemeente
from pipelines.sources.fetch.orders import orders
from pipelines.sources.fetch.registry import shipped_registry

GRONINGEN = Gemeente("GM0014", "Groningen")
YEARS = sorted(shipped_registry().sources["cbs-wijkenbuurten"].years)


def _map(raw: Path, name: str, **gemeenten: str) -> None:
    """A wijk- en buurtkaart with these gemeenten (name by code), in the columns of 2024."""
    path = raw / name
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"gemeentecode": list(gemeenten), "gemeentenaam": list(gemeenten.values())}
    boxes = [shapely.box(230_000, 580_000, 231_000, 581_000)] * len(gemeenten)
    gpd.GeoDataFrame(columns, geometry=boxes, crs="EPSG:28992").to_file(path, layer="gemeenten", driver="GPKG")


@pytest.mark.parametrize("year", YEARS)
def test_a_draft_of_every_year_can_be_read_and_everything_in_it_fetched(tmp_path: Path, year: int):
    path = tmp_path / f"groningen-{year}.yaml"
    path.write_text(area_draft(GRONINGEN, year, path.stem, shipped_registry()), encoding="utf-8")
    area = read_area_file(path)
    assert (area.name, area.year, area.gemeenten, area.title) == (path.stem, year, ("GM0014",), f"Groningen ({year})")
    assert all(delivery.fetch for delivery in area.sources.all())
    wanted = orders(area, shipped_registry())
    assert all(order.path.startswith(f"{path.stem}/") for order in wanted)
    assert {order.fetch for order in wanted} == {
        "cbs-wijkenbuurten", "cbs-pc4", "cbs-pc6", "cbs-squares-100m",
        "cbs-pc6-huisnummer-buurt", "bag-verblijfsobjecten", "osm-netherlands", "duo-basisonderwijs",
    }  # fmt: skip
    assert area.sources.buurten.vintage == area.sources.wijken.vintage == year


def test_licences_and_attributions_are_those_of_the_registry():
    content = yaml.safe_load(area_draft(GRONINGEN, 2024, "groningen-2024", shipped_registry()))
    assert content["sources"]["squares"]["attribution"].endswith("vierkant van 100 meter 2024")
    assert content["sources"]["streets"]["licence"] == "ODbL-1.0"
    assert content["sources"]["buurten"]["layer"] == "buurten"
    assert set(content["place_kinds"].values()) == {"partial"}
    assert set(content["signal"].values()) == {""}


def test_what_is_of_another_year_or_only_guessed_is_said_in_a_comment():
    draft = area_draft(GRONINGEN, 2025, "groningen-2025", shipped_registry())
    assert yaml.safe_load(draft)["sources"]["pc4"]["vintage"] == 2024
    above = draft.split("\n  pc4:")[0].rsplit("\n  #", 1)[1]
    assert "none of 2025" in above
    assert "is a guess" in draft.split("\n  streets:")[0].rsplit("\n  #", 1)[1]
    assert "Nobody has tried these addresses of the registry yet: cbs-wijkenbuurten" in draft


@pytest.mark.parametrize(
    "name", ["'s-Gravenhage", "a: b # c", 'x" y\\', "- [a, {b", "&a *b !c %d", "x\nsources: {}\ny", "{{7*7}} {year}"]
)
def test_a_name_of_any_signs_is_the_title_and_nothing_more(tmp_path: Path, name: str):
    path = tmp_path / "town-2024.yaml"
    draft = area_draft(Gemeente("GM0014", name), 2024, "town-2024", shipped_registry())
    path.write_text(draft, encoding="utf-8")
    area = read_area_file(path)
    assert area.title == f"{' '.join(name.splitlines())} (2024)"
    assert area.sources.buurten is not None


def test_a_year_without_borders_is_told_with_the_years_there_are():
    with pytest.raises(InputError, match=r"--jaar 1999: .*2017, 2018.*2025"):
        area_draft(GRONINGEN, 1999, "groningen-1999", shipped_registry())


@pytest.mark.parametrize("name", ["Groningen 2024", "a", "-a", "../a", ""])
def test_a_name_that_no_area_may_have_is_refused(name: str):
    with pytest.raises(InputError, match="is no name for an area"):
        area_draft(GRONINGEN, 2024, name, shipped_registry())


def test_a_code_needs_no_file_and_a_name_does(tmp_path: Path):
    assert find_gemeente(" gm0014 ", tmp_path) == Gemeente("GM0014", "")
    with pytest.raises(InputError, match="Give the code, for example GM0014"):
        find_gemeente("Groningen", tmp_path)


def test_a_name_is_looked_up_in_the_newest_map_that_is_there(tmp_path: Path):
    _map(tmp_path, "old/wijkenbuurten_2020.gpkg", GM0014="Groningen", GM9999="Verdwenen")
    _map(
        tmp_path,
        "town/wijkenbuurten_2024_v2.gpkg",
        GM0014="Groningen",
        GM0518="'s-Gravenhage",
        GM0737="Tytsjerksteradiel",
    )
    assert find_gemeente("groningen", tmp_path) == GRONINGEN
    assert find_gemeente("GM0518", tmp_path) == Gemeente("GM0518", "'s-Gravenhage")
    for unknown, said in (("Verdwenen", "is no gemeente"), ("Groninge", r"is it one of \['Groningen'\]")):
        with pytest.raises(InputError, match=said):
            find_gemeente(unknown, tmp_path)


def test_a_map_that_cannot_be_read_is_told(tmp_path: Path):
    path = tmp_path / "town/wijkenbuurten_2024.gpkg"
    path.parent.mkdir()
    path.write_bytes(b"SQLite format 3\x00 and no more")
    with pytest.raises(InputError, match=r"wijkenbuurten_2024\.gpkg: is no GeoPackage that can be read"):
        find_gemeente("Groningen", tmp_path)


@pytest.mark.parametrize(
    ("gemeente", "name"),
    [
        (GRONINGEN, "groningen-2024"),
        (Gemeente("GM0518", "'s-Gravenhage"), "s-gravenhage-2024"),
        (Gemeente("GM1900", "Súdwest-Fryslân"), "sudwest-fryslan-2024"),
        (Gemeente("GM0014", ""), "gm0014-2024"),
    ],
)
def test_an_area_is_named_after_its_gemeente_in_plain_letters(gemeente: Gemeente, name: str):
    assert area_name(gemeente, 2024) == name
