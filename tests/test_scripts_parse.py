"""Every shell script of the repository is one that a shell can read to its end."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(
    path
    for folder in (ROOT / ".ci", ROOT / "tests")
    for path in folder.rglob("*")
    if path.is_file() and path.read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash"))
)


def test_there_is_a_script_for_the_clean_checkout() -> None:
    assert ROOT / ".ci" / "run" in SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_shell_reads_every_script_to_its_end(script: Path) -> None:
    read = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)

    assert read.stderr == ""
    assert read.returncode == 0
