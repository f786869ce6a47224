"""What was altered, added or removed since a release went out is told, wherever it stands."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.history import audit_of_withdrawn, history, remembered, settle
from pipelines.release import Shelf, point_at
from pipelines.seals import SEALS, seal
from pipelines.verification import verify
from pipelines.withdrawal import withdraw

WHEN = "2024-05-01T12:00:00+00:00"
NAMES = [f"2024010{day}T120000Z-0000000{day}" for day in range(1, 6)]


def publish(shelf: Shelf, *names: str) -> None:
    """Releases as the graph makes them: the audit tells what went out before."""
    for name in names:
        before = [entry.model_dump() for entry in history(shelf)]
        with remembered(shelf, name) as folder:
            (folder / "tables").mkdir()
            (folder / "sdc_audit.json").write_text(json.dumps({"release": name, "released": before}))
            (folder / "indicators.parquet").write_text(f"values of {name}")
            (folder / "tables" / "buurt.parquet").write_text(f"buurten of {name}")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    found = Shelf(tmp_path / "out", "town")
    publish(found, *NAMES[:3])
    return found


def rewrite_history(shelf: Shelf, number: int, **changed: object) -> None:
    path = shelf.releases / "history.json"
    rows = json.loads(path.read_text())
    rows[number] |= changed
    path.write_text(json.dumps(rows))


def test_what_was_left_in_peace_is_sound(shelf: Shelf):
    assert verify(shelf).sound == tuple(NAMES[:3])
    assert verify(shelf).problems == verify(shelf).unsealed == ()


def test_the_checksums_are_in_the_form_that_everybody_can_check(shelf: Shelf):
    ended = subprocess.run(["sha256sum", "-c", "--strict", SEALS], cwd=shelf.current, capture_output=True, check=False)
    assert ended.returncode == 0
    assert ended.stdout.decode().splitlines() == [
        "indicators.parquet: OK", "sdc_audit.json: OK", "tables/buurt.parquet: OK",
    ]  # fmt: skip


@pytest.mark.parametrize("release", NAMES[:3])
def test_an_altered_a_missing_and_an_added_file_are_told_by_their_names(shelf: Shelf, release: str):
    folder = shelf.releases / release
    (folder / "tables" / "buurt.parquet").write_text("other buurten")
    (folder / "indicators.parquet").unlink()
    (folder / "tables" / "more.parquet").symlink_to("buurt.parquet")
    assert verify(shelf).problems == (
        f"{release}/indicators.parquet: is missing",
        f"{release}/tables/buurt.parquet: was altered",
        f"{release}/tables/more.parquet: was added",
    )
    assert release not in verify(shelf).sound


@pytest.mark.parametrize("text", [None, "", "what?\n", "\udcff"])
def test_who_writes_new_checksums_too_is_found_by_the_history(shelf: Shelf, text: str | None):
    (shelf.current / "indicators.parquet").write_text("other values")
    if text is None:
        seal(shelf.current)
    else:
        (shelf.current / SEALS).write_bytes(text.encode(errors="surrogateescape"))
    (problem,) = verify(shelf).problems
    assert problem.startswith(f"{NAMES[2]}/{SEALS}: is not the one that went out")


def test_who_writes_the_history_anew_as_well_is_found_by_the_audit_of_a_later_release(shelf: Shelf):
    folder = shelf.releases / NAMES[1]
    (folder / "indicators.parquet").write_text("other values")
    seal(folder)
    (shelf.releases / "history.json").rename(shelf.out / "away")
    assert verify(shelf).problems[-1] == (f"history.json: what it says of {NAMES[1]} was altered after {NAMES[2]}")


def test_a_release_that_was_taken_out_of_the_history_is_missed(shelf: Shelf):
    path = shelf.releases / "history.json"
    path.write_text(json.dumps(json.loads(path.read_text())[1:]))
    shutil.rmtree(shelf.releases / NAMES[0])
    assert f"history.json: {NAMES[0]} is missing, which went out before {NAMES[1]}" in verify(shelf).problems


def test_a_release_that_should_stand_and_does_not_is_told_and_one_that_made_room_is_not(shelf: Shelf):
    publish(shelf, *NAMES[3:])
    assert verify(shelf).problems == ()
    shutil.rmtree(shelf.releases / NAMES[3])
    assert verify(shelf).problems == (f"{NAMES[3]}: is missing",)


def test_a_release_that_was_put_beside_the_others_is_told(shelf: Shelf):
    shutil.copytree(shelf.releases / NAMES[2], shelf.releases / NAMES[4])
    point_at(shelf, NAMES[4])
    (problem,) = verify(shelf).problems
    assert problem.startswith(f"{NAMES[4]}: is not in the history")


def test_a_link_that_leads_elsewhere_is_told(shelf: Shelf, tmp_path: Path):
    shelf.current.unlink()
    shelf.current.symlink_to(tmp_path)
    assert verify(shelf).problems == (f"{shelf.current}: leads to no release that went out",)


def test_withdrawn_releases_are_no_fault_and_what_is_kept_of_them_is_verified(shelf: Shelf):
    withdraw(shelf, "current", "wrong", WHEN)
    publish(shelf, NAMES[3])
    assert verify(shelf).problems == ()
    audit_of_withdrawn(shelf, NAMES[2]).write_text("{}")
    rewrite_history(shelf, 2, reason="another reason")
    assert verify(shelf).problems == (
        f".known/{NAMES[2]}.json: was altered",
        f"history.json: what it says of {NAMES[2]} was altered after {NAMES[3]}",
    )


def test_a_withdrawal_that_was_killed_is_told(shelf: Shelf):
    rewrite_history(shelf, 2, status="withdrawn")
    assert f"{NAMES[2]}: was withdrawn, and can still be read" in verify(shelf).problems
    settle(shelf, history(shelf))
    assert verify(shelf).problems == ()


def test_of_a_release_from_before_there_were_checksums_two_files_are_verified(shelf: Shelf):
    (shelf.current / SEALS).unlink()
    rewrite_history(shelf, 2, seals_sha256="")
    assert verify(shelf).unsealed == (NAMES[2],)
    assert verify(shelf).problems == ()
    (shelf.current / "indicators.parquet").write_text("other values")
    assert verify(shelf).problems == (f"{NAMES[2]}/indicators.parquet: was altered",)
