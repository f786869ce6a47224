"""`samenhang releases` and `samenhang withdraw`, as a user types them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets import cli
from pipelines.history import current_release, history, remembered
from pipelines.release import Shelf, exclusive, publication_lock

TOWN = "voorbeeldstad"
FIRST, SECOND, THIRD = (f"2024010{day}T120000Z-aaaaaaa{day}" for day in (1, 2, 3))
WHY = ("--reason", "Buurten van een ander jaar")


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def samenhang(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Run the command line in this process; its data folder is `tmp_path/data`."""
    for name in ("SAMENHANG_RAW", "SAMENHANG_OUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAMENHANG_DATA", str(tmp_path / "data"))

    def call(*words: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["samenhang", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Answer(ended.value.code or 0, said.out, said.err)

    return call


def publish(out: Path, *names: str, area: str = TOWN) -> Shelf:
    shelf = Shelf(out, area)
    for name in names:
        with remembered(shelf, name) as folder:
            (folder / "index.html").write_text(name)
    return shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Three releases in the folder where they stand when nobody names one."""
    return publish(tmp_path / "data" / "published", FIRST, SECOND, THIRD)


def test_the_current_release_is_withdrawn_and_the_list_tells_which_and_why(samenhang, shelf: Shelf):
    answer = samenhang("withdraw", TOWN, "current", *WHY)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"Withdrawn: {THIRD} (Buurten van een ander jaar)\nCurrent now: {SECOND}\n"
    assert (shelf.current / "index.html").read_text() == SECOND
    listed = samenhang("releases", TOWN).out.splitlines()
    assert [line.split(maxsplit=2) for line in listed] == [
        [FIRST, "published"],
        [SECOND, "current"],
        [THIRD, "withdrawn", "Buurten van een ander jaar"],
    ]


def test_a_release_is_withdrawn_in_the_folder_that_is_named(samenhang, shelf: Shelf, tmp_path: Path):
    elsewhere = publish(tmp_path / "elsewhere", FIRST, SECOND)
    assert samenhang("withdraw", TOWN, SECOND, *WHY, "--out", elsewhere.out).code == 0
    assert current_release(elsewhere) == FIRST
    assert current_release(shelf) == THIRD
    assert "withdrawn" in samenhang("releases", TOWN, "--out", elsewhere.out).out


def test_withdrawing_twice_says_so_and_is_no_mistake(samenhang, shelf: Shelf):
    samenhang("withdraw", TOWN, THIRD, *WHY)
    today = history(shelf)[-1].withdrawn[:10]
    again = samenhang("withdraw", TOWN, THIRD, "--reason", "nog eens")
    assert again.code == 0
    told = f"Withdrawn on {today} already: {THIRD} (Buurten van een ander jaar)\nCurrent now: {SECOND}\n"
    assert again.out == told


def test_the_last_release_that_is_withdrawn_leaves_nothing_published(samenhang, tmp_path: Path):
    shelf = publish(tmp_path / "data" / "published", FIRST)
    answer = samenhang("withdraw", TOWN, "current", *WHY)
    assert answer.code == 0
    assert answer.out.endswith(f"Nothing is published of {TOWN} now.\n")
    assert not shelf.current.is_symlink()
    again = samenhang("withdraw", TOWN, "current", *WHY)
    assert again.code == 2
    assert f"there is no current release of {TOWN}; there are: {FIRST}" in again.err


def test_an_interrupted_withdrawal_is_told_by_the_list_and_ended_by_the_same_words(samenhang, shelf: Shelf):
    rows = json.loads((shelf.releases / "history.json").read_text())
    rows[2].update(status="withdrawn", withdrawn="2024-02-01T00:00:00+00:00", reason="fout")
    (shelf.releases / "history.json").write_text(json.dumps(rows))
    assert f"The withdrawal of {THIRD} was interrupted" in samenhang("releases", TOWN).out
    answer = samenhang("withdraw", TOWN, "current", *WHY)
    assert answer.out == f"Withdrawn on 2024-02-01 already: {THIRD} (fout)\nCurrent now: {SECOND}\n"
    assert "interrupted" not in samenhang("releases", TOWN).out
    assert [entry.status for entry in history(shelf)] == ["published", "published", "withdrawn"]


@pytest.mark.parametrize("file", ["gone", "damaged"])
def test_a_release_is_withdrawn_also_when_its_area_file_is_gone_or_damaged(samenhang, tmp_path: Path, file: str):
    shelf = publish(tmp_path / "data" / "published", FIRST, SECOND, area="mijn-stad")
    if file == "damaged":
        (tmp_path / "data" / "areas").mkdir()
        (tmp_path / "data" / "areas" / "mijn-stad.yaml").write_text("{")
    assert samenhang("withdraw", "mijn-stad", "current", *WHY).code == 0
    assert current_release(shelf) == FIRST


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nergens", "current", *WHY), ("no area 'nergens'", TOWN)),
        (("..", "current", *WHY), ("no area '..'", TOWN)),
        (("../published", "current", *WHY), ("cannot be read as an area file",)),
        (("", "current", *WHY), ("no area ''", TOWN)),
        ((TOWN, "20990101T000000Z-cccccccc", *WHY), (FIRST, SECOND, THIRD, f"samenhang releases {TOWN}")),
        ((TOWN, "../voorbeeldstad", *WHY), (THIRD, "never a path")),
        ((TOWN, "..", *WHY), (THIRD, "never a path")),
        ((TOWN, ".lock", *WHY), (THIRD, "never a path")),
        ((TOWN, "", *WHY), (THIRD,)),
        ((TOWN, THIRD), ("--reason",)),
        ((TOWN, THIRD, "--reason", "  "), ("--reason", "one line")),
        ((TOWN, THIRD, "--reason", "x" * 501), ("--reason", "500")),
        ((TOWN, THIRD, "--reason", "one\ntwo"), ("--reason", "one line")),
    ],
)
def test_what_cannot_be_withdrawn_is_bad_input_and_nothing_changes(
    samenhang, shelf: Shelf, words: tuple[str, ...], told: tuple[str, ...]
):
    before = (shelf.releases / "history.json").read_bytes()
    answer = samenhang("withdraw", *words)
    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert [one for one in told if one not in answer.err] == []
    assert current_release(shelf) == THIRD
    assert (shelf.releases / "history.json").read_bytes() == before
    assert [folder.name for folder in shelf.folders] == [FIRST, SECOND, THIRD]


def test_an_area_without_releases_has_none_to_withdraw_and_nothing_is_made(samenhang, tmp_path: Path):
    answer = samenhang("withdraw", TOWN, "current", *WHY)
    assert answer.code == 2
    assert f"nothing was published in {tmp_path / 'data' / 'published'}" in answer.err
    assert "--out" in answer.err
    listed = samenhang("releases", TOWN)
    assert listed.code == 0
    assert "nothing was published" in listed.out
    assert not (tmp_path / "data" / "published").exists()


def test_a_withdrawal_waits_for_no_publication_that_is_going_on(samenhang, shelf: Shelf):
    with exclusive(publication_lock(shelf), "a publication"):
        answer = samenhang("withdraw", TOWN, "current", *WHY)
    assert answer.code == 1
    assert "is already running. Wait until it has ended" in answer.err
    assert current_release(shelf) == THIRD


@pytest.mark.parametrize("command", [("releases", TOWN), ("withdraw", TOWN, "current", *WHY)])
def test_a_damaged_history_fails_and_says_how_to_mend_it(samenhang, shelf: Shelf, command: tuple[str, ...]):
    (shelf.releases / "history.json").write_text("{")
    answer = samenhang(*command)
    assert answer.code == 1
    assert f"{shelf.releases / 'history.json'}: cannot be read" in answer.err
    assert "Without a backup move it elsewhere" in answer.err
    assert (shelf.releases / "history.json").read_text() == "{"


def test_a_damaged_history_stops_a_run_before_anything_is_computed(
    samenhang, shelf: Shelf, example_raw: Path, tmp_path: Path
):
    (shelf.releases / "history.json").write_text("{")
    answer = samenhang("run", TOWN, "--raw", example_raw)
    assert answer.code == 1
    assert "history.json: cannot be read" in answer.err
    assert not (tmp_path / "data" / "tables").exists()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nothing be written in `folder`; root is kept from it by a mount only."""
    if os.geteuid() != 0:
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    if subprocess.run(["mount", "--bind", str(folder), str(folder)], check=False).returncode:
        pytest.skip("NOT TESTED: this machine lets nothing be mounted")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("part", ["", f".releases/{TOWN}"])
def test_where_nothing_can_be_written_one_line_says_so_and_nothing_changes(samenhang, shelf: Shelf, part: str):
    before = (shelf.releases / "history.json").read_bytes()
    with read_only(shelf.out / part):
        answer = samenhang("withdraw", TOWN, "current", *WHY)
        assert samenhang("releases", TOWN).code == 0
    assert answer.code == 1
    assert answer.err.startswith("Failed: ")
    assert str(shelf.out) in answer.err
    assert "cannot be written to" in answer.err
    assert len(answer.err.splitlines()) == 1
    assert (shelf.releases / "history.json").read_bytes() == before
    assert current_release(shelf) == THIRD
    assert samenhang("withdraw", TOWN, "current", *WHY).code == 0


@pytest.mark.parametrize("command", ["releases", "withdraw"])
def test_both_commands_say_what_they_do_and_which_folder_is_meant(samenhang, command: str):
    answer = samenhang(command, "--help")
    assert answer.code == 0
    words = " ".join(answer.out.split())
    assert f"samenhang {command}" in words
    assert "[SAMENHANG_OUT, else data/published]" in words


def test_what_stands_is_verified_and_what_was_altered_ends_with_1(samenhang, shelf: Shelf):
    answer = samenhang("verify", TOWN)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [f"{name}: is as it went out." for name in (FIRST, SECOND, THIRD)]
    (shelf.current / "index.html").write_text("other words")
    answer = samenhang("verify", TOWN)
    assert answer.code == 1
    assert f"{THIRD}/index.html: was altered\nPut it back from your backup" in answer.err
    assert THIRD not in answer.out


def test_nothing_can_be_verified_where_nothing_was_published(samenhang):
    answer = samenhang("verify", TOWN)
    assert answer.code == 2
    assert "nothing was published" in answer.err
