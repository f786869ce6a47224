"""Hundreds of mutated deliveries and area files: each is refused in words, or what it changes is told by `check`.

`SAMENHANG_SEED=7` draws those of an earlier run again, `SAMENHANG_MUTATIONS=1000` more; the seed is told at the end.
With the same seed a test of one name mutates alike. Where readings of a mutated file hang on others, these are read
too.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import TestCase

import numpy as np
import pytest
import yaml

from pipelines.check import Verdict, verdict
from pipelines.errors import AreaFileError
from pipelines.sources.area_file import AreaFile, read_area_file
from tests.mutations.area_changes import AREA
from tests.mutations.byte_changes import BYTES
from tests.mutations.seed import SEED
from tests.mutations.towns import AREA_FILE, TARGETS, TOWN, Target, area_content, counts, lay, write_further

pytestmark = pytest.mark.slow
DRAWN = int(os.environ.get("SAMENHANG_MUTATIONS", "320"))
LONGEST_S, STUCK_S = 5.0, 60
NOTICED = 0.01
# A whole number as it is told: 12 does not stand in 2012, nor in 12,000.
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
# So many of the mutations are also given to the command line.
COMMANDS = 8
LEAST_ANSWERS, LEAST_ACCEPTED = 50, 0.1
# A fifth of all are area files, and a fifth of the others have damaged bytes.
AREA_SHARE = BYTES_SHARE = 0.2


@dataclass(frozen=True)
class Mutation:
    """One file and what happens to it; the same seed gives the same."""

    number: int
    file: str
    change: str
    seed: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.number}-{self.file}-{self.change}"


def _drawn(seed: int, count: int) -> Iterator[Mutation]:
    rng = np.random.default_rng(seed)
    for number in range(count):
        if rng.random() < AREA_SHARE:
            yield Mutation(number, AREA_FILE.name, str(rng.choice(list(AREA))), (seed, number))
            continue
        target = TARGETS[int(rng.integers(len(TARGETS)))]
        changes = target.changes if rng.random() > BYTES_SHARE and target.changes else BYTES
        yield Mutation(number, target.name, str(rng.choice(list(changes))), (seed, number))


@pytest.fixture(scope="module")
def whole(example_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example town, and some deliveries more."""
    raw = tmp_path_factory.mktemp("whole")
    lay(example_raw, raw, "")
    write_further(raw)
    return raw


@pytest.fixture(scope="module")
def before(whole: Path):
    """The verdict on what is not mutated, by the roles that are read; by None that on the area file as it stands."""
    known: dict[tuple[str, ...] | None, Verdict] = {}

    def judged(roles: tuple[str, ...] | None) -> Verdict:
        if roles not in known:
            area = read_area_file(AREA_FILE) if roles is None else AreaFile.model_validate(area_content(roles))
            known[roles] = verdict(area, whole)
            assert known[roles].problems == ()
        return known[roles]

    return judged


@pytest.fixture(scope="module")
def answers() -> list[bool]:
    """Whether each mutated delivery was accepted."""
    return []


@contextmanager
def _in_time() -> Iterator[None]:
    """Fail on an answer that takes more than five seconds of this process; one that is stuck is ended."""

    def end(*_: object) -> None:
        # No `Exception`: a reader that waits for its file would take that for one of the file's.
        pytest.fail(f"no answer in {STUCK_S} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(STUCK_S)
    begun = time.process_time()
    try:
        yield
        assert time.process_time() - begun < LONGEST_S
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _in_silence() -> Iterator[None]:
    """Fail where a library writes on the screen, below Python too, or warns in a log, which would end up there."""
    with tempfile.TemporaryFile() as heard, TestCase().assertNoLogs(level="WARNING"):
        kept = [os.dup(number) for number in (1, 2)]
        for number in (1, 2):
            os.dup2(heard.fileno(), number)
        try:
            yield
        finally:
            for number, own in zip((1, 2), kept, strict=True):
                os.dup2(own, number)
                os.close(own)
        heard.seek(0)
        assert heard.read() == b""


def _told(judged: Verdict) -> str:
    return "\n".join(f"{label} {text}" for one in judged.accounts for label, text in one.lines)


def _require_told(now: Verdict, then: Verdict) -> None:
    """Require that every count that is noticeably another stands in what is told, and did not before."""
    new, old = counts(now.read), counts(then.read)
    changed = {name for name in {*new, *old} if _differs(new.get(name, 0.0), old.get(name, 0.0))}
    assert not changed or _told(now) != _told(then), changed
    numbers = set(_NUMBER.findall(_told(now)))
    kept = {name: {f"{new[name]:,.0f}", f"{new[name]:,.1f}"} for name in changed & set(new) if new[name]}
    assert not {name for name, written in kept.items() if written.isdisjoint(numbers)}


def _differs(new: float, old: float) -> bool:
    return abs(new - old) >= 1 and abs(new - old) > NOTICED * max(abs(old), 1.0)


def _require_in_words(sentences: tuple[str, ...], names: tuple[str, ...]) -> None:
    for sentence in sentences:
        assert any(name in sentence for name in names), sentence
        assert "Traceback" not in sentence
        assert "ContractError" not in sentence


DRAWS = tuple(_drawn(SEED, DRAWN))


@pytest.mark.parametrize("mutation", [one for one in DRAWS if one.file != AREA_FILE.name], ids=str)
def test_a_mutated_delivery_is_refused_in_words_or_its_changes_are_told(
    mutation: Mutation, whole: Path, before, answers: list[bool], tmp_path: Path
):
    area = _mutated(mutation, whole, tmp_path / "raw")
    then = before(_target(mutation).roles)
    with _in_time(), _in_silence():
        judged = verdict(area, tmp_path / "raw")
    answers.append(not judged.problems)
    _require_in_words(judged.problems, (TOWN,))
    if not judged.problems:
        _require_told(judged, then)


def test_a_good_part_of_the_mutated_deliveries_is_accepted_else_nothing_was_compared(answers: list[bool]):
    if len(answers) < LEAST_ANSWERS:
        pytest.skip("too few were mutated to tell")
    assert sum(answers) > LEAST_ACCEPTED * len(answers)


def _target(mutation: Mutation) -> Target:
    return next(one for one in TARGETS if one.name == mutation.file)


def _mutated(mutation: Mutation, whole: Path, raw: Path) -> AreaFile:
    """Lay the town with one file mutated, and give the area file that names it."""
    target = _target(mutation)
    change = {**BYTES, **target.changes}[mutation.change]
    changed = change(np.random.default_rng(mutation.seed), lay(whole, raw, target.name))
    return AreaFile.model_validate(_renamed(area_content(target.roles), target, changed.name))


def _renamed(content: object, target: Target, name: str) -> object:
    """The content of an area file with the name that the mutated file has now."""
    if isinstance(content, dict):
        return {key: _renamed(value, target, name) for key, value in content.items()}
    if isinstance(content, list):
        return [_renamed(value, target, name) for value in content]
    return f"{TOWN}/{name}" if content == f"{TOWN}/{target.name}" else content


@pytest.mark.parametrize("mutation", [one for one in DRAWS if one.file == AREA_FILE.name], ids=str)
def test_a_mutated_area_file_is_refused_in_words_or_its_changes_are_told(
    mutation: Mutation, whole: Path, before, tmp_path: Path
):
    text = AREA[mutation.change](np.random.default_rng(mutation.seed), AREA_FILE.read_text(encoding="utf-8"))
    path = tmp_path / AREA_FILE.name
    path.write_text(text, encoding="utf-8")
    with _in_time(), _in_silence():
        try:
            area = read_area_file(path)
        except AreaFileError as error:
            _require_in_words(tuple(str(error).splitlines()), (path.name,))
            return
        judged = verdict(area, whole)
    delivered = (file for one in area.sources.all() for file in one.files())
    _require_in_words(judged.problems, (area.name, "sources.", *delivered))
    if not judged.problems:
        _require_told(judged, before(None))


@pytest.mark.parametrize("mutation", DRAWS[:: max(DRAWN // COMMANDS, 1)], ids=str)
def test_the_command_line_tells_of_a_mutation_without_a_word_of_a_library(
    mutation: Mutation, whole: Path, tmp_path: Path
):
    path = tmp_path / AREA_FILE.name
    if mutation.file == AREA_FILE.name:
        raw, text = whole, AREA[mutation.change](np.random.default_rng(mutation.seed), AREA_FILE.read_text("utf-8"))
    else:
        raw, text = (
            tmp_path / "raw",
            yaml.safe_dump(_mutated(mutation, whole, tmp_path / "raw").model_dump(mode="json")),
        )
    path.write_text(text, encoding="utf-8")
    command = [str(Path(sys.executable).parent / "samenhang"), "check", str(path), "--raw", str(raw)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=STUCK_S, check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode in {0, 2}, said
    assert "Traceback" not in said
    assert "Warning" not in said
    if ended.returncode == 0:
        assert ended.stderr == ""
        assert ended.stdout.startswith(f"{path}: every delivery can be read.")
    else:
        assert ended.stderr.startswith("Bad input:\n")
        assert ended.stdout == ""
