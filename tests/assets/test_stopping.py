"""What a stopped command says: which release is current, if that changed on the way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assets.bench import PROJECT
from assets.stopping import UNTOUCHED, what_stands
from pipelines.history import remembered
from pipelines.release import Shelf
from pipelines.withdrawal import withdraw

FIRST, SECOND = (f"2024010{day}T120000Z-aaaaaaa{day}" for day in (1, 2))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    found = Shelf(tmp_path, "town")
    for name in (FIRST, SECOND):
        with remembered(found, name):
            pass
    return found


def test_stopped_before_the_switch_what_was_published_stands(shelf: Shelf, tmp_path: Path):
    assert what_stands(shelf, SECOND) == UNTOUCHED
    assert what_stands(Shelf(tmp_path / "nowhere", "town"), "") == UNTOUCHED


def test_stopped_after_the_switch_the_release_that_is_current_is_named(shelf: Shelf):
    assert (
        what_stands(shelf, FIRST) == f"Interrupted. By then {SECOND} had become the current release; it stands whole."
    )
    withdraw(shelf, "current", "wrong", "2024-05-01T12:00:00+00:00")
    assert f"By then {FIRST} had become" in what_stands(shelf, SECOND)
    withdraw(shelf, "current", "wrong", "2024-05-01T12:00:00+00:00")
    assert f"nothing is published of {shelf.area} now" in what_stands(shelf, SECOND)


STOPPED_AFTER_THE_SWITCH = """
import os, signal, sys
from pathlib import Path
from assets import cli
from pipelines import history

settle = history.settle

def switched(*words):
    settle(*words)
    os.kill(os.getpid(), signal.SIGINT)

import pipelines.withdrawal
pipelines.withdrawal.settle = switched
cli.main()
"""


def test_a_command_that_is_stopped_after_its_switch_ends_with_that_word(shelf: Shelf):
    """In a process of its own, whose real signal comes at the end of the switch."""
    words = ["withdraw", "town", "current", "--reason", "wrong", "--out", str(shelf.out)]
    ended = subprocess.run(
        [sys.executable, "-c", STOPPED_AFTER_THE_SWITCH, *words],
        env={**os.environ, "SAMENHANG_DATA": str(shelf.out / "data"), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 128 + signal.SIGINT
    assert ended.stderr == f"Interrupted. By then {FIRST} had become the current release; it stands whole.\n"
