"""Surveys that are odd but not wrong, through the command line: they are published, and what cannot be told is not."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

SURVEY, BEFORE = "enquete.csv", "enquete_2022.csv"
CONTACT = ("v1", "v2", "v3", "v4")
_LEFT_OUT = (
    "strata: {<<: *sample, vintage: 2022, path: voorbeeldstad/steekproef_2022.csv}",
    "margins: {<<: *sample, vintage: 2022, path: voorbeeldstad/marges_2022.csv}",
)


def _answered(town, name: str, columns: tuple[str, ...], answer: str) -> None:
    """Let everybody give one answer to some columns."""
    lines = [line.split(";") for line in town.file(name).read_text(encoding="utf-8").splitlines()]
    places = [lines[0].index(column) for column in columns]
    for line in lines[1:]:
        for place in places:
            line[place] = answer
    town.file(name).write_text("\n".join(";".join(line) for line in lines) + "\n", encoding="utf-8")


def _one_respondent(town) -> None:
    first = town.file(BEFORE).read_text(encoding="utf-8").splitlines()[:2]
    town.file(BEFORE).write_text("\n".join(first) + "\n", encoding="utf-8")
    _answered(town, BEFORE, ("gewicht",), "1")
    for words in _LEFT_OUT:
        # Nothing of the other wave's sample either: one respondent reaches no margin.
        town.say(words, words.split(":")[0] + ": null")


def _everybody_dont_know(town) -> None:
    for name in (SURVEY, BEFORE):
        _answered(town, name, CONTACT, "9")


def _all_alike_and_by_telephone_before(town) -> None:
    _answered(town, SURVEY, CONTACT, "3")
    _answered(town, BEFORE, ("wijze",), "telefoon")


@pytest.fixture
def run(town, samenhang, tmp_path: Path) -> Callable[..., Callable[[str], list[tuple[object, ...]]]]:
    def published(breaks: Callable[[object], None]) -> Callable[[str], list[tuple[object, ...]]]:
        breaks(town)
        out = tmp_path / "published"
        answer = samenhang("run", town.area_file, "--raw", town.raw, "--out", out)
        assert answer.code == 0, answer.err
        assert "Warning" not in answer.err
        connection = duckdb.connect()
        for path in (out / "voorbeeldstad").rglob("*.parquet"):
            connection.read_parquet(str(path)).create_view(path.stem)
        return lambda query: connection.execute(query).fetchall()

    return published


@pytest.mark.slow
def test_a_wave_of_one_respondent_has_no_change_and_hinders_nothing(run):
    ask = run(_one_respondent)
    assert {reason for (reason,) in ask("select distinct reason_missing from survey_changes")} == {"withheld"}
    assert ask("select count(*) > 10 from indicators where indicator = 'm1_contact' and value is not null") == [(True,)]


@pytest.mark.slow
def test_where_everybody_says_dont_know_nothing_is_told_of_that_and_all_of_the_rest(run):
    ask = run(_everybody_dont_know)
    told = "from indicators where value is not null and indicator"
    assert ask(f"select count(*) {told} in ('m1_contact', 'anonymity')") == [(0,)]
    assert ask(f"select count(*) > 10 {told} = 'm2_network'") == [(True,)]
    assert ask("select count(*) from survey_changes where indicator = 'm1_contact' and change is not null") == [(0,)]


@pytest.mark.slow
def test_of_answers_that_are_all_alike_nothing_is_told_and_another_way_of_answering_is_no_change(run):
    ask = run(_all_alike_and_by_telephone_before)
    values = ask("select distinct value from indicators where indicator = 'm1_contact' and value is not null")
    assert values == []
    assert {r for (r,) in ask("select distinct reason_missing from survey_changes")} == {"other_modes", "withheld"}
    assert ask("select count(*) from survey_quality where subject in ('scale', 'item') and name like 'm1_contact%' "
               "and wave = 2024") == [(0,)]  # fmt: skip
