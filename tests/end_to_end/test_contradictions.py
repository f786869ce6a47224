"""Squares of half the town beside buurten of all of it: refused by check and run alike, unless accepted in public."""

import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from assets import cli
from assets.bench import Folders
from assets.running import run_area

SQUARES = "cbs_vk100_2024.gpkg"
REASON = "De helft van de vierkanten is nog niet geleverd."
ACCEPT = "accept:\n" + "".join(
    f"  - {{contradiction: {kind}, reason: '{REASON}'}}\n" for kind in ("squares_areas", "squares_postcodes")
)


@pytest.mark.slow
def test_check_and_run_refuse_what_contradicts_in_the_same_words(town, samenhang):
    town.remake(SQUARES, lambda frame: frame.iloc[::2])
    checked = samenhang("check", town.area_file, "--raw", town.raw)
    ran = samenhang("run", town.area_file, "--raw", town.raw)
    assert (checked.code, ran.code) == (2, 2)
    (sentence,) = (line for line in checked.err.splitlines() if "accept: [{contradiction: squares_areas" in line)
    assert f"voorbeeldstad/{SQUARES} and voorbeeldstad/wijkenbuurten_2024.gpkg: per gemeente more people" in sentence
    assert sentence in ran.err


@pytest.fixture(scope="module")
def accepted(lay_town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of a town whose contradictions are accepted."""
    home = tmp_path_factory.mktemp("accepted")
    town = lay_town(home)
    town.remake(SQUARES, lambda frame: frame.iloc[::2])
    town.area_file.write_text(town.area_file.read_text(encoding="utf-8") + ACCEPT, encoding="utf-8")
    folders = Folders(town.raw, home / "data", home / "published")
    with cli.environment(folders):
        return run_area(str(town.area_file), folders, Console(quiet=True)).shelf.current


@pytest.mark.slow
def test_the_reason_why_a_contradiction_is_accepted_is_published(accepted: Path):
    page = (accepted / "index.html").read_text(encoding="utf-8")
    assert "De aantallen per vierkant passen niet bij die per buurt." in page
    assert "passen niet allemaal bij elkaar" in page
    assert page.count(REASON) == 2
    package = json.loads((accepted / "datapackage.json").read_text(encoding="utf-8"))
    assert package["accepted"][0] == {"contradiction": "squares_areas", "reason": REASON}
    record = json.loads((accepted / "run.json").read_text(encoding="utf-8"))
    told = [one["problem"] for one in record["rejected"] if one["action"] == "contradicts"]
    assert len(told) == 2
    assert all(problem.endswith(f"accepted: {REASON}") for problem in told)


@pytest.mark.slow
def test_every_value_that_rests_on_what_contradicts_carries_caution(accepted: Path):
    figures = pd.read_parquet(accepted / "indicators.parquet")
    people = figures[(figures["indicator"] == "inhabitants") & (figures["area_type"] == "buurt")]
    assert set(people["quality_reason"]) == {"counts_contradict"}
    assert set(people["quality"]) == {"caution"}
