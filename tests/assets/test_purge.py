"""`samenhang purge`: what is personal goes, what releases told stays, and nothing else is touched."""

import sys
from pathlib import Path

import pytest

from assets import cli
from assets.bench import Folders
from pipelines.purge import Purged, purge
from pipelines.release import exclusive

TOWN = "voorbeeldstad"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two areas with personal tables, one of which told of people, beside tables that are not personal."""
    monkeypatch.setenv("SAMENHANG_DATA", str(tmp_path))
    for name in (
        f"private/{TOWN}/sources/respondents.parquet",
        f"private/{TOWN}/sources/.answers.parquet.part",
        f"private/{TOWN}/survey/scores.parquet",
        f"private/{TOWN}/protection/counts.parquet",
        f"private/{TOWN}/protection/told/20240101T120000Z-aaaaaaa1.parquet",
        "private/elders/sources/respondents.parquet",
        f"tables/streets/edges/{TOWN}.parquet",
        f"published/{TOWN}/index.html",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return tmp_path


def samenhang(*words: str, monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["samenhang", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def left(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {
        f"tables/.locks/{TOWN}.lock"
    }


def test_purge_removes_what_is_personal_of_one_area_and_keeps_what_was_told(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert samenhang("purge", TOWN, monkeypatch=monkeypatch) == 0
    assert left(data) == {
        f"private/{TOWN}/protection/told/20240101T120000Z-aaaaaaa1.parquet",
        "private/elders/sources/respondents.parquet",
        f"tables/streets/edges/{TOWN}.parquet",
        f"published/{TOWN}/index.html",
    }
    assert not (data / "private" / TOWN / "survey").exists()
    said = capsys.readouterr().out
    assert f"Removed: 4 tables with personal data of {TOWN}." in said
    assert "what 1 releases told of people" in said


def test_purging_twice_removes_nothing_more_and_is_no_error(data: Path, monkeypatch: pytest.MonkeyPatch):
    assert purge(data / "private" / TOWN) == Purged(4, 1)
    assert purge(data / "private" / TOWN) == Purged(0, 1)
    assert purge(data / "private" / "nergens") == Purged(0, 0)
    assert samenhang("purge", TOWN, monkeypatch=monkeypatch) == 0


def test_where_nothing_was_told_the_folder_of_the_area_goes(data: Path):
    assert purge(data / "private" / "elders") == Purged(1, 0)
    assert not (data / "private" / "elders").exists()


def test_an_area_without_an_area_file_is_purged_by_its_name(data: Path, monkeypatch: pytest.MonkeyPatch):
    assert samenhang("purge", "elders", monkeypatch=monkeypatch) == 0
    assert not (data / "private" / "elders").exists()


def test_an_area_that_nobody_knows_is_bad_input(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    before = left(data)
    assert samenhang("purge", "../private", monkeypatch=monkeypatch) == 2
    assert "../private" in capsys.readouterr().err
    assert left(data) == before


def test_while_a_run_is_going_on_nothing_is_purged(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    before = left(data)
    lock = Folders.from_environment().lock(TOWN)
    with exclusive(lock, "a run"):
        assert samenhang("purge", TOWN, monkeypatch=monkeypatch) != 0
    assert "already running" in capsys.readouterr().err
    assert left(data) == before
