"""Taking a release back: which one becomes current, what is kept, and what is refused."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InputError, ReleaseError
from pipelines.history import current_release, history, remembered, unsettled
from pipelines.release import Shelf
from pipelines.withdrawal import LONGEST_REASON, withdraw

WHEN = "2024-05-01T12:00:00+00:00"
LATER = "2025-01-01T00:00:00+00:00"
NAMES = [f"2024010{day}T120000Z-0000000{day}" for day in range(1, 8)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out", "town")


def publish(shelf: Shelf, *names: str) -> None:
    for name in names:
        with remembered(shelf, name) as folder:
            (folder / "tables").mkdir()
            for file in ("index.html", "sdc_audit.json", "tables/buurt.parquet"):
                (folder / file).write_text(name)


def whole(folder: Path) -> bool:
    files = ("index.html", "sdc_audit.json", "tables/buurt.parquet")
    return [(folder / file).read_text() for file in files] == [folder.resolve().name] * 3


def contents(shelf: Shelf) -> dict[str, str]:
    return {
        str(path.relative_to(shelf.out)): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in shelf.out.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_withdrawing_the_current_release_makes_the_earlier_one_current(shelf: Shelf):
    publish(shelf, *NAMES[:3])
    done = withdraw(shelf, "current", " wrong buurten ", WHEN)
    entry = done.entry
    assert (entry.release, entry.status, entry.withdrawn, entry.reason) == (
        NAMES[2],
        "withdrawn",
        WHEN,
        "wrong buurten",
    )
    assert (done.before, done.current) == (False, NAMES[1])
    assert whole(shelf.current)
    assert shelf.current.readlink() == Path(".releases/town") / NAMES[1]
    assert history(shelf)[-1] == entry


def test_nothing_of_a_withdrawn_release_can_be_read_but_its_audit_by_the_owner_and_its_reason(shelf: Shelf):
    publish(shelf, *NAMES[:2])
    withdraw(shelf, NAMES[1], "wrong", WHEN)
    kept = shelf.releases / ".known" / f"{NAMES[1]}.json"
    told = [name for name, text in contents(shelf).items() if NAMES[1] in name or NAMES[1] in text]
    assert sorted(told) == [f".releases/town/.known/{NAMES[1]}.json", ".releases/town/history.json"]
    assert kept.read_text() == NAMES[1]
    assert kept.stat().st_mode & 0o077 == 0


def test_a_release_without_an_audit_is_withdrawn_as_well(shelf: Shelf):
    with remembered(shelf, NAMES[0]) as folder:
        (folder / "index.html").write_text("from before")
    withdraw(shelf, NAMES[0], "wrong", WHEN)
    assert not (shelf.releases / ".known").exists()
    assert history(shelf)[0].audit_sha256 == ""


def test_withdrawing_an_older_release_leaves_the_current_one(shelf: Shelf):
    publish(shelf, *NAMES[:3])
    withdraw(shelf, NAMES[1], "wrong", WHEN)
    assert current_release(shelf) == NAMES[2]
    withdraw(shelf, NAMES[2], "wrong too", WHEN)
    assert current_release(shelf) == NAMES[0]


def test_a_release_whose_folder_is_long_gone_can_be_withdrawn(shelf: Shelf):
    publish(shelf, *NAMES)
    done = withdraw(shelf, NAMES[0], "wrong from the first", WHEN)
    assert (done.entry.status, done.current) == ("withdrawn", NAMES[-1])
    assert [entry.status for entry in history(shelf)] == ["withdrawn", *["published"] * 6]


def test_only_releases_that_still_stand_become_current(shelf: Shelf):
    publish(shelf, *NAMES[:6])
    for name in reversed(NAMES[3:6]):
        assert current_release(shelf) == name
        last = withdraw(shelf, "current", "wrong", WHEN)
    assert last.current == ""
    assert not shelf.current.is_symlink()


def test_a_newer_release_that_never_was_current_does_not_become_so(shelf: Shelf):
    publish(shelf, *NAMES[:2])
    shutil.copytree(shelf.releases / NAMES[1], shelf.releases / NAMES[4])
    assert withdraw(shelf, NAMES[1], "wrong", WHEN).current == NAMES[0]


def test_when_all_are_withdrawn_nothing_is_published_until_the_next(shelf: Shelf):
    publish(shelf, NAMES[0])
    assert withdraw(shelf, NAMES[0], "wrong", WHEN).current == ""
    assert not shelf.current.is_symlink()
    publish(shelf, NAMES[1])
    assert current_release(shelf) == NAMES[1]
    assert [entry.status for entry in history(shelf)] == ["withdrawn", "published"]


def test_a_withdrawn_release_is_never_published_once_more(shelf: Shelf):
    publish(shelf, NAMES[0], NAMES[1])
    withdraw(shelf, NAMES[1], "wrong", WHEN)
    with pytest.raises(ReleaseError, match="was withdrawn before"):
        publish(shelf, NAMES[1])
    assert current_release(shelf) == NAMES[0]


def test_withdrawing_twice_keeps_the_first_reason_and_says_so(shelf: Shelf):
    publish(shelf, NAMES[0], NAMES[1])
    first = withdraw(shelf, NAMES[1], "the first reason", WHEN)
    before = contents(shelf)
    again = withdraw(shelf, NAMES[1], "another", LATER)
    assert again.before
    assert again.entry == first.entry
    assert contents(shelf) == before


@pytest.mark.parametrize(
    "asked",
    [
        "nowhere",
        "../town",
        "..",
        ".",
        ".lock",
        ".known",
        "",
        "/etc",
        "current",
        "a/b",
        f"./{NAMES[0]}",
        f"{NAMES[0]}/",
        "*",
    ],
)
def test_what_is_no_release_is_refused_with_the_names_of_those_that_are(shelf: Shelf, asked: str):
    publish(shelf, NAMES[0])
    shelf.current.unlink()
    before = contents(shelf)
    with pytest.raises(InputError, match=NAMES[0]):
        withdraw(shelf, asked, "wrong", WHEN)
    assert contents(shelf) == before


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "   ",
        "x" * (LONGEST_REASON + 1),
        "two\nlines",
        "bell\a",
        "\x1b[2J",
        "\u202eright to left",
        "\udcff",
        "a\u2028b",
    ],
)
def test_a_reason_is_one_line_that_all_can_read(shelf: Shelf, reason: str):
    publish(shelf, NAMES[0])
    before = contents(shelf)
    with pytest.raises(InputError, match="--reason"):
        withdraw(shelf, NAMES[0], reason, WHEN)
    assert contents(shelf) == before


@pytest.mark.parametrize("reason", ["é" * LONGEST_REASON, "x", "Buurt “Ñ” {<b>} 100 % $HOME"])
def test_any_other_reason_is_kept_as_it_is_written(shelf: Shelf, reason: str):
    publish(shelf, NAMES[0])
    withdraw(shelf, NAMES[0], reason, WHEN)
    assert history(shelf)[0].reason == reason
    assert reason in (shelf.releases / "history.json").read_text(encoding="utf-8") or '"' in reason


def test_pages_that_cannot_be_removed_are_told_and_the_next_try_removes_them(shelf: Shelf):
    publish(shelf, *NAMES[:2])
    # A file cannot be removed as a folder is, not even by root.
    shutil.rmtree(shelf.releases / NAMES[1])
    (shelf.releases / NAMES[1]).write_text("no folder")
    with pytest.raises(ReleaseError, match=f"{NAMES[1]}.*withdraw once more"):
        withdraw(shelf, NAMES[1], "wrong", WHEN)
    assert current_release(shelf) == NAMES[0]
    assert unsettled(shelf, history(shelf)) == (NAMES[1],)
    assert withdraw(shelf, NAMES[1], "wrong", WHEN).before
    assert unsettled(shelf, history(shelf)) == ()


@given(st.lists(st.one_of(st.just("publish"), st.just("current"), st.integers(0, 8)), max_size=9))
def test_whatever_is_published_and_withdrawn_the_newest_that_stands_is_current_and_all_are_known(
    steps: list[str | int],
):
    out, withdrawn = [], set()
    with TemporaryDirectory() as home:
        shelf = Shelf(Path(home), "town")
        for step in steps:
            if step == "publish":
                out.append(f"2024010{len(out) + 1}T120000Z-0")
                publish(shelf, out[-1])
            elif name := current_release(shelf) if step == "current" else dict(enumerate(out)).get(step):
                assert withdraw(shelf, step if step == "current" else name, "wrong", WHEN).before == (name in withdrawn)
                withdrawn.add(name)
            standing = [folder.name for folder in shelf.folders]
            assert current_release(shelf) == max(standing, default="")
            assert withdrawn.isdisjoint(standing)
            assert [entry.release for entry in history(shelf)] == out
            assert {entry.release for entry in history(shelf) if entry.status == "withdrawn"} == withdrawn
