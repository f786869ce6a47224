"""Kills at every line of a withdrawal and of a publication: readers see a whole release, and nothing is forgotten."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

from pipelines import history as history_module
from pipelines import release as release_module
from pipelines import withdrawal as withdrawal_module
from pipelines.history import current_release, history, remembered, unsettled
from pipelines.release import Shelf
from pipelines.withdrawal import withdraw

WHEN = "2024-05-01T12:00:00+00:00"
LATER = "2025-01-01T00:00:00+00:00"
NAMES = [f"2024010{day}T120000Z-0000000{day}" for day in range(1, 8)]
OURS = frozenset(str(module.__file__) for module in (history_module, release_module, withdrawal_module))
REMOVING = frozenset({str(shutil.__file__)})


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


def leftovers(shelf: Shelf) -> list[str]:
    return [str(path) for path in shelf.out.rglob(".*") if path.name.endswith((".part", ".link"))]


@dataclass
class Lines:
    """Counts the lines executed in some files of code, and kills before one of them."""

    files: frozenset[str]
    fatal: int | None = None
    count: int = 0

    def trace(self, frame: FrameType, event: str, _argument: object):
        if frame.f_code.co_filename not in self.files:
            return None
        if event == "line":
            self.count += 1
            if self.count == self.fatal:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.trace


def lines_of(files: frozenset[str], act: Callable[[], object]) -> int:
    lines, before = Lines(files), sys.gettrace()
    sys.settrace(lines.trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return lines.count


def killed_at(files: frozenset[str], line: int, act: Callable[[], object]) -> None:
    pid = os.fork()
    if not pid:
        sys.settrace(Lines(files, line).trace)
        act()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def each_kill(
    start: Shelf, tmp_path: Path, act: Callable[[Shelf], object], files: frozenset[str] = OURS
) -> Iterator[Shelf]:
    """A copy of the same start for every line at which `act` can be killed, after it was killed there."""

    def copy(name: str) -> Shelf:
        shutil.copytree(start.out, tmp_path / name, symlinks=True)
        return Shelf(tmp_path / name, start.area)

    unharmed = copy("unharmed")
    number = lines_of(files, lambda: act(unharmed))
    assert number > 60
    for line in range(1, number + 1):
        struck = copy(str(line))
        killed_at(files, line, lambda struck=struck: act(struck))
        yield struck
        shutil.rmtree(struck.out)


def require_sound(shelf: Shelf, known: list[str]) -> None:
    """What holds at any moment: readers see a whole release, and all that went out is known, audits included."""
    assert whole(shelf.current)
    assert set(known) <= {entry.release for entry in history(shelf)}
    for entry in history(shelf):
        folder, kept = shelf.releases / entry.release, shelf.releases / ".known" / f"{entry.release}.json"
        assert entry.status == "withdrawn" or whole(folder)
        assert (kept if kept.exists() else folder / "sdc_audit.json").read_text() == entry.release


@pytest.mark.parametrize("asked", [pytest.param(NAMES[2], marks=pytest.mark.slow), "current"])
def test_killed_at_any_line_the_old_or_the_new_release_stands_and_the_same_words_end_it(
    shelf: Shelf, tmp_path: Path, asked: str
):
    publish(shelf, *NAMES[:3])
    seen = set()
    for struck in each_kill(shelf, tmp_path, lambda at: withdraw(at, asked, "wrong", WHEN)):
        require_sound(struck, NAMES[:3])
        entry, current = history(struck)[-1], current_release(struck)
        half = unsettled(struck, history(struck))
        seen.add((entry.status, current, half))
        if asked == "current" and entry.status == "withdrawn" and not half:
            continue  # All was done: the same words would mean the release that is current now.
        done = withdraw(struck, asked, "wrong once more", LATER)
        assert (done.entry.release, done.current, done.before) == (NAMES[2], NAMES[1], entry.status == "withdrawn")
        assert (done.entry.withdrawn, done.entry.reason) in {(WHEN, "wrong"), (LATER, "wrong once more")}
        require_sound(struck, NAMES[:3])
        assert [folder.name for folder in struck.folders] == NAMES[:2]
        assert leftovers(struck) == []
    # The old state, the one between, the new one with files to remove, the new one.
    assert seen == {
        ("published", NAMES[2], ()),
        ("withdrawn", NAMES[2], (NAMES[2],)),
        ("withdrawn", NAMES[1], (NAMES[2],)),
        ("withdrawn", NAMES[1], ()),
    }


@pytest.mark.slow
def test_killed_at_any_line_a_withdrawal_is_ended_by_the_next_publication(shelf: Shelf, tmp_path: Path):
    publish(shelf, *NAMES[:3])
    for struck in each_kill(shelf, tmp_path, lambda at: withdraw(at, "current", "wrong", WHEN)):
        begun = history(struck)[-1]
        publish(struck, NAMES[3])
        require_sound_but_pruned(struck, NAMES[:4])
        assert history(struck)[2] == begun
        assert (NAMES[2] in [folder.name for folder in struck.folders]) == (begun.status == "published")
        assert leftovers(struck) == []


@pytest.mark.slow
@pytest.mark.parametrize("begun", [False, True])
def test_killed_at_any_line_of_a_publication_nothing_that_went_out_is_forgotten(
    shelf: Shelf, tmp_path: Path, *, begun: bool
):
    publish(shelf, *NAMES[:3])
    if begun:
        rows = json.loads((shelf.releases / "history.json").read_text())
        rows[2]["status"] = "withdrawn"
        (shelf.releases / ".known").mkdir()
        shutil.copy(shelf.releases / NAMES[2] / "sdc_audit.json", shelf.releases / ".known" / f"{NAMES[2]}.json")
        (shelf.releases / "history.json").write_text(json.dumps(rows))
    for struck in each_kill(shelf, tmp_path, lambda at: publish(at, NAMES[3])):
        require_sound_but_pruned(struck, NAMES[:3])
        assert current_release(struck) in (NAMES[1:4] if begun else NAMES[2:4])
        publish(struck, NAMES[4])
        assert {*NAMES[:3], NAMES[4]} <= {entry.release for entry in history(struck)}
        assert current_release(struck) == NAMES[4]
        assert NAMES[2] not in [folder.name for folder in struck.folders] or not begun
        assert leftovers(struck) == []


def require_sound_but_pruned(shelf: Shelf, known: list[str]) -> None:
    """As `require_sound`; an old release is there wholly or not at all."""
    assert whole(shelf.current)
    assert set(known) <= {entry.release for entry in history(shelf)}
    assert all(whole(folder) for folder in shelf.folders)


@pytest.mark.slow
@pytest.mark.parametrize(
    "act",
    [lambda at: publish(at, NAMES[3]), lambda at: withdraw(at, "current", "wrong", WHEN)],
    ids=["old releases", "a withdrawn release"],
)
def test_killed_while_files_are_removed_no_half_release_stands_under_its_name(
    shelf: Shelf, tmp_path: Path, act: Callable[[Shelf], object]
):
    publish(shelf, *NAMES[:3])
    for struck in each_kill(shelf, tmp_path, act, REMOVING):
        require_sound_but_pruned(struck, NAMES[:3])
        publish(struck, NAMES[4])
        assert leftovers(struck) == []
