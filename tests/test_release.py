from pathlib import Path

import pytest

from pipelines.errors import ReleaseError
from pipelines.release import Shelf, exclusive, staging


def _publish(shelf: Shelf, release: str, text: str) -> None:
    with staging(shelf, release) as folder:
        (folder / "index.html").write_text(text)


def test_a_release_is_reached_by_a_relative_symlink(tmp_path: Path):
    shelf = Shelf(tmp_path / "out", "town")
    _publish(shelf, "1", "first")
    assert shelf.current.readlink() == Path(".releases/town/1")
    assert (shelf.current / "index.html").read_text() == "first"


def test_the_next_release_takes_its_place(tmp_path: Path):
    shelf = Shelf(tmp_path, "town")
    for number in (1, 2):
        _publish(shelf, str(number), f"release {number}")
    assert (shelf.current / "index.html").read_text() == "release 2"
    assert sorted(path.name for path in shelf.releases.iterdir()) == ["1", "2"]


def test_a_failure_while_writing_leaves_the_earlier_release_whole(tmp_path: Path):
    shelf = Shelf(tmp_path, "town")
    _publish(shelf, "1", "first")

    def fail() -> None:
        with staging(shelf, "2") as folder:
            (folder / "index.html").write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(ReleaseError, match="No space left on device"):
        fail()
    assert (shelf.current / "index.html").read_text() == "first"
    assert [path.name for path in shelf.releases.iterdir()] == ["1"]


def test_what_a_killed_run_left_behind_is_cleared_by_the_next(tmp_path: Path):
    shelf = Shelf(tmp_path, "town")
    (shelf.releases / ".0.part").mkdir(parents=True)
    (tmp_path / ".town.0.link").symlink_to("nowhere")
    _publish(shelf, "1", "first")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".releases", "town"]
    assert [path.name for path in shelf.releases.iterdir()] == ["1"]


def test_a_folder_of_the_users_own_is_never_replaced(tmp_path: Path):
    shelf = Shelf(tmp_path, "town")
    shelf.current.mkdir()
    (shelf.current / "mine").write_text("mine")
    with pytest.raises(ReleaseError, match="your own"):
        _publish(shelf, "1", "first")
    assert (shelf.current / "mine").read_text() == "mine"


def test_a_second_holder_of_a_lock_is_told_so(tmp_path: Path):
    lock = tmp_path / "locks" / "town.lock"
    second = exclusive(lock, "a run of town")
    with (
        exclusive(lock, "a run of town"),
        pytest.raises(ReleaseError, match="a run of town is already running"),
        second,
    ):
        pytest.fail("held twice")
    with exclusive(lock, "a run of town"):
        assert lock.exists()
