"""A whole release whose folder, names and texts are all made to be run: they are published as what they are."""

import json
import re
from pathlib import Path

import geopandas as gpd
import pytest
from rich.console import Console

from assets import cli
from assets.bench import Folders
from assets.running import run_area

pytestmark = pytest.mark.slow

FOLDER = 'o\'x %s {0} "q" {{7*7}} $HOME `id` [a] b=1#c;--'
BORDERS, SAID = "wijkenbuurten_2024.gpkg", "inventaris.csv"
NAMES = (
    "{{7*7}}",
    "{{lipsum.__globals__['os'].popen('id').read()}}",
    "{% set x = 1 %}",
    "{# x #}",
    "</script><script>alert(1)</script>",
    "'); drop table buurt; --",
    "$path",
    "<img src=x onerror=alert(1)>",
    "%(x)s {x}",
)


@pytest.fixture(scope="module")
def release(lay_town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the example town under a hostile folder, with hostile texts."""
    home = tmp_path_factory.mktemp("hostile") / FOLDER
    home.mkdir()
    town = lay_town(home)
    town.remake(BORDERS, _renamed, "buurten")
    town.say("title: Voorbeeldstad", "title: '{{7*7}} </title><script>alert(1)</script>'")
    town.say("attribution: Voorbeeldstad, verzonnen gegevens", "attribution: '{{7*7}} {% x %}'")
    town.rewrite(SAID, "Met de trap", "\u202e{{7*7}} <b>" + "a" * 3_000)
    folders = Folders(town.raw, home / "data", home / "published")
    with cli.environment(folders):
        return run_area(str(town.area_file), folders, Console(quiet=True)).shelf.current


def _renamed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names = {code: NAMES[row % len(NAMES)] for row, code in enumerate(sorted(frame["buurtcode"]))}
    return frame.assign(buurtnaam=frame["buurtcode"].map(names | {"BU99990302": "\u202e" + "a" * 10_000}))


def _scripts(page: Path) -> list[str]:
    return re.findall(r"<script>.*?</script>", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_names_are_published_as_they_were_delivered_but_for_what_is_cut(release: Path):
    names = set(gpd.read_parquet(release / "tables" / "buurt.parquet")["area_name"])
    assert set(NAMES) <= names
    assert names - set(NAMES) == {"a" * 199 + "…"}


def test_the_scripts_of_the_map_are_those_of_every_release(release: Path, example_run):
    assert _scripts(release / "kaart.html") == _scripts(example_run.published / "kaart.html")


@pytest.mark.parametrize(
    "name", ["index.html", "kaart.html", "enquete.html", "kwaliteit.html", "bescherming.html", "methode.html"]
)
def test_no_page_holds_what_a_text_would_have_made(release: Path, name: str):
    page = (release / name).read_text(encoding="utf-8")
    assert "{{7*7}}" in page
    assert not re.search(r"<(img|b)\b|<script>alert|uid=\d", page)


@pytest.mark.parametrize("name", ["datapackage.json", "run.json", "sdc_audit.json"])
def test_what_describes_a_release_is_json(release: Path, name: str):
    assert json.loads((release / name).read_text(encoding="utf-8"))


def test_what_was_cut_and_taken_out_stands_in_the_record(release: Path):
    rejected = json.loads((release / "run.json").read_text(encoding="utf-8"))["rejected"]
    told = {(one["source"], one["rows"], one["examples"]) for one in rejected if one["action"] == "mended"}
    roles_told_in_general = (f"voorbeeldstad/{SAID}", 3, "")
    assert told == {(f"voorbeeldstad/{BORDERS}", 1, ""), (f"voorbeeldstad/{SAID}", 1, ""), roles_told_in_general}
