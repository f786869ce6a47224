"""The history of releases: what went out is never forgotten, and never written over."""

import hashlib
import json
from pathlib import Path

import pytest

from pipelines.errors import ReleaseError
from pipelines.history import KEPT_RELEASES, LOST, Entry, current_release, history, remembered, settle, unsettled
from pipelines.release import Shelf, point_at, staging
from pipelines.seals import SEALS
from pipelines.withdrawal import withdraw

WHEN = "2024-05-01T12:00:00+00:00"
NAMES = [f"2024010{day}T120000Z-0000000{day}" for day in range(1, 8)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out", "town")


def publish(shelf: Shelf, *names: str) -> None:
    for name in names:
        with remembered(shelf, name) as folder:
            (folder / "index.html").write_text(name)
            (folder / "sdc_audit.json").write_text(json.dumps({"release": name}))
            (folder / "indicators.parquet").write_text(f"values of {name}")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_every_release_stays_in_the_history_when_its_folder_is_long_gone(shelf: Shelf):
    publish(shelf, *NAMES)
    assert [entry.release for entry in history(shelf)] == NAMES
    folders = [path.name for path in shelf.releases.iterdir() if path.is_dir() and not path.name.startswith(".")]
    assert sorted(folders) == NAMES[-KEPT_RELEASES:]


def test_releases_from_before_there_was_a_history_are_in_it(shelf: Shelf):
    publish(shelf, *NAMES[:2])
    (shelf.releases / "history.json").unlink()
    assert [entry.release for entry in history(shelf)] == NAMES[:2]
    assert history(Shelf(shelf.out, "nowhere")) == ()


def test_a_release_is_written_down_with_its_moment_and_checksums_when_it_goes_out(shelf: Shelf):
    publish(shelf, NAMES[0])
    (row,) = json.loads((shelf.releases / "history.json").read_text())
    assert row == {
        "release": NAMES[0],
        "published": "2024-01-01T12:00:00+00:00",
        "status": "published",
        "withdrawn": "",
        "reason": "",
        "audit_sha256": sha256(json.dumps({"release": NAMES[0]})),
        "indicators_sha256": sha256(f"values of {NAMES[0]}"),
        "seals_sha256": sha256((shelf.current / SEALS).read_text()),
        "kept": True,
        "key": "",
        "told_as": "",
        "forgotten": "",
    }


def test_what_is_not_in_a_release_has_no_checksum_and_a_name_without_a_time_no_moment(shelf: Shelf):
    with remembered(shelf, "1"):
        pass
    assert history(shelf) == (Entry(release="1", seals_sha256=sha256(""), kept=True),)


def test_checksums_are_those_of_the_files_that_went_out_whatever_is_done_to_them_later(shelf: Shelf):
    publish(shelf, NAMES[0])
    before = history(shelf)
    (shelf.releases / NAMES[0] / "sdc_audit.json").write_text("another")
    publish(shelf, NAMES[1])
    assert history(shelf)[:1] == before


def test_a_release_that_a_killed_command_did_not_write_down_is_known_by_its_folder(shelf: Shelf):
    publish(shelf, NAMES[0])
    with staging(shelf, NAMES[1]) as folder:
        (folder / "index.html").write_text("not written down")
    assert [entry.release for entry in history(shelf)] == NAMES[:2]
    publish(shelf, *NAMES[2:])
    assert [entry.release for entry in history(shelf)] == NAMES
    assert not (shelf.releases / NAMES[1]).exists()


def test_the_same_release_goes_out_once_only(shelf: Shelf):
    publish(shelf, *NAMES[:5])
    for name in (NAMES[0], NAMES[4]):
        with pytest.raises(ReleaseError, match="was published before"):
            publish(shelf, name)
    assert (shelf.current / "index.html").read_text() == NAMES[4]


def test_a_lost_history_still_knows_the_releases_of_which_an_audit_is_kept(shelf: Shelf):
    publish(shelf, *NAMES[:3])
    withdraw(shelf, "current", "wrong", WHEN)
    before = history(shelf)
    (shelf.releases / "history.json").unlink()
    *standing, lost = history(shelf)
    assert tuple(standing) == before[:2]
    assert (lost.release, lost.status, lost.reason) == (NAMES[2], "withdrawn", LOST)
    assert lost.audit_sha256 == before[2].audit_sha256
    with pytest.raises(ReleaseError, match="was withdrawn before"):
        publish(shelf, NAMES[2])


def test_a_folder_of_somebody_else_among_the_releases_is_no_release(shelf: Shelf):
    publish(shelf, NAMES[0])
    (shelf.releases / "kopie van maandag").mkdir()
    publish(shelf, *NAMES[1:])
    assert [entry.release for entry in history(shelf)] == NAMES
    assert (shelf.releases / "kopie van maandag").is_dir()


def test_a_link_that_leads_elsewhere_is_no_current_release(shelf: Shelf, tmp_path: Path):
    publish(shelf, NAMES[0])
    shelf.current.unlink()
    shelf.current.symlink_to(tmp_path / NAMES[0])
    assert current_release(shelf) == ""


def test_a_publication_ends_what_a_killed_withdrawal_began(shelf: Shelf):
    publish(shelf, *NAMES[:3])
    begun = [
        entry.model_copy(update={"status": "withdrawn", "kept": False} if entry.release == NAMES[2] else {})
        for entry in history(shelf)
    ]
    (shelf.releases / "history.json").write_text(json.dumps([entry.model_dump() for entry in begun]))
    assert unsettled(shelf, history(shelf)) == (NAMES[2],)
    publish(shelf, NAMES[3])
    assert unsettled(shelf, history(shelf)) == ()
    assert [folder.name for folder in shelf.folders] == [NAMES[0], NAMES[1], NAMES[3]]
    assert history(shelf)[:3] == tuple(begun)


def test_withdrawn_releases_take_no_place_of_those_that_are_kept(shelf: Shelf):
    publish(shelf, *NAMES[:3])
    withdraw(shelf, NAMES[2], "wrong", WHEN)
    withdraw(shelf, NAMES[1], "wrong", WHEN)
    publish(shelf, *NAMES[3:5])
    assert [folder.name for folder in shelf.folders] == [NAMES[0], NAMES[3], NAMES[4]]


def test_settling_what_is_settled_changes_nothing(shelf: Shelf):
    publish(shelf, *NAMES[:3])
    withdraw(shelf, NAMES[2], "wrong", WHEN)
    before = {path: path.is_file() and path.read_bytes() for path in shelf.out.rglob("*")}
    settle(shelf, history(shelf))
    assert {path: path.is_file() and path.read_bytes() for path in shelf.out.rglob("*")} == before


def test_a_release_whose_switch_is_refused_never_went_out(shelf: Shelf):
    publish(shelf, NAMES[0])
    shelf.current.unlink()
    shelf.current.mkdir()
    with pytest.raises(ReleaseError, match="your own"):
        publish(shelf, NAMES[1])
    assert [entry.release for entry in history(shelf)] == NAMES[:1]
    assert [folder.name for folder in shelf.folders] == NAMES[:1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "null",
        "[1]",
        "[[]]",
        "\x00",
        '[{"status": "published"}]',
        '[{"release": "x", "colour": "red"}]',
        '[{"release": "x", "status": "lost"}]',
        '[{"release": "x", "audit_sha256": "0"}]',
        '[{"release": "../x"}]',
        '[{"release": "x"}, {"release": "x"}]',
    ],
)
def test_a_damaged_history_is_told_and_never_written_over(shelf: Shelf, text: str):
    publish(shelf, NAMES[0])
    (shelf.releases / "history.json").write_text(text)
    for act in (lambda: history(shelf), lambda: withdraw(shelf, NAMES[0], "x", WHEN), lambda: publish(shelf, NAMES[1])):
        with pytest.raises(ReleaseError, match=r"history\.json.*backup.*move it elsewhere"):
            act()
    assert (shelf.releases / "history.json").read_text() == text
    assert current_release(shelf) == NAMES[0]


def test_a_damaged_history_that_is_moved_away_is_made_again_from_the_folders(shelf: Shelf):
    publish(shelf, *NAMES[:2])
    before = history(shelf)
    (shelf.releases / "history.json").write_text("{")
    (shelf.releases / "history.json").rename(shelf.out / "damaged.json")
    publish(shelf, NAMES[2])
    assert history(shelf)[:2] == before


def test_a_clock_that_was_set_back_changes_no_order(shelf: Shelf):
    publish(shelf, NAMES[5], NAMES[6], NAMES[0], NAMES[1])
    assert [entry.release for entry in history(shelf)] == [NAMES[5], NAMES[6], NAMES[0], NAMES[1]]
    assert {folder.name for folder in shelf.folders} == {NAMES[6], NAMES[0], NAMES[1]}
    assert withdraw(shelf, "current", "wrong", WHEN).current == NAMES[0]
    assert withdraw(shelf, "current", "wrong", WHEN).current == NAMES[6]
    assert withdraw(shelf, "current", "wrong", WHEN).current == ""


def test_a_killed_withdrawal_is_ended_by_the_same_words_after_a_clock_was_set_back(shelf: Shelf):
    publish(shelf, NAMES[6], NAMES[0])
    rows = json.loads((shelf.releases / "history.json").read_text())
    rows[1]["status"] = "withdrawn"
    (shelf.releases / "history.json").write_text(json.dumps(rows))
    point_at(shelf, NAMES[6])
    done = withdraw(shelf, "current", "wrong", WHEN)
    assert (done.entry.release, done.before, done.current) == (NAMES[0], True, NAMES[6])
