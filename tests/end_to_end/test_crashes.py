"""Kills, full disks and read-only folders: the earlier release stays whole, and the next run mends everything.

The town is the example town with one profile instead of three: the same steps, files and code in half the time.
"""

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.bench import PROJECT
from assets.definitions import STEPS
from assets.record import LAST
from pipelines.sources.area_file import SHIPPED

pytestmark = [pytest.mark.slow, pytest.mark.alone]

AREA = "kort"
# So many by the first lane and so many by the second.
RANDOM_KILLS = (25, 25)
KILLED = -9
# A step alone, and the file of `pipelines` in which it is killed at every line that it executes: the switch, and the
# writing of a page and of a personal table.
SWITCH = (("pages/release", "release.py"),)
WRITES = (("pages/html", "warehouse.py"), ("people/persons", "warehouse.py"))


@dataclass(frozen=True)
class Ended:
    code: int
    seconds: float
    said: str
    lines: int


@dataclass(frozen=True)
class Standing:
    """What a reader of the current release finds."""

    release: str
    sums: dict[str, str]


class Lane:
    """One data folder, and a process that runs the town in it as often as asked."""

    def __init__(self, home: Path, raw: Path):
        self.data, self.out, self.log = home / "data", home / "data" / "published", home / "log"
        (self.data / "areas").mkdir(parents=True)
        shipped = (SHIPPED / "voorbeeldstad.yaml").read_text(encoding="utf-8")
        short = shipped.replace("name: voorbeeldstad", f"name: {AREA}")
        short = short.replace("profiles: [referentie, kinderwagen, rollator]", "profiles: [referentie]")
        # One wave of the survey is written as two are.
        short = re.sub(r"  respondents_before:\n(    .*\n)+", "", short)
        assert "enquete_2022" not in short
        (self.data / "areas" / f"{AREA}.yaml").write_text(short, encoding="utf-8")
        places = {"SAMENHANG_DATA": str(self.data), "SAMENHANG_RAW": str(raw), "PYTHONPATH": str(PROJECT)}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("kill_driver.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **places},
        )
        assert json.loads(self._line()) == "ready"
        self.whole_s = self.publish().seconds
        self.first = standing(self.out)

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def attempt(self, **asked: object) -> Ended:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({**asked, "log": str(self.log)}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self._line())
        said = self.log.read_text(encoding="utf-8")
        return Ended(answer["ended"], answer["seconds"], said, answer["lines"])

    def run(self, *options: str, **asked: object) -> Ended:
        """The command line, as a user types it."""
        return self.attempt(argv=["run", AREA, *options], **asked)

    def publish(self, *options: str, **asked: object) -> Ended:
        ended = self.run(*options, **asked)
        assert ended.code == 0, ended.said
        return ended

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def standing(out: Path) -> Standing:
    """Read the current release as a user does, through the symlink."""
    current = out / AREA
    files = sorted(path for path in current.rglob("*") if path.is_file())
    return Standing(
        str(current.readlink()),
        {str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    )


def parquets(what: Standing) -> dict[str, str]:
    return {name: found for name, found in what.sums.items() if name.endswith(".parquet")}


def harm(before: Standing, out: Path) -> list[str]:
    """What is wrong with the current release: it must be the earlier one untouched, or a new one that is whole."""
    now = standing(out)
    if now.release == before.release:
        return [] if now == before else [f"{now.release}: the earlier release changed"]
    broken = [f"{now.release}: {name} is missing or new" for name in now.sums.keys() ^ before.sums.keys()]
    if parquets(now) != parquets(before):
        broken.append(f"{now.release}: its tables differ from those of a run that was left in peace")
    for name in parquets(now):
        pq.read_table(out / AREA / name, partitioning=None)
    return broken


def leftovers(data: Path) -> list[str]:
    """Half-written files."""
    found = [path for part in ("tables", "private", "published", "dagster") for path in (data / part).rglob(".*")]
    half = [path for path in found if ".part" in path.name or path.name.endswith(".link")]
    return [str(path.relative_to(data)) for path in half]


@dataclass(frozen=True)
class Kill:
    """One attempt, what was wrong after it, and what the run after it left (None when there was none)."""

    what: str
    code: int
    harm: list[str]
    left: list[str] | None


def kill(lane: Lane, what: str, *, then_run: bool, **asked: object) -> Kill:
    before = standing(lane.out)
    code = lane.attempt(**asked).code
    harmed = harm(before, lane.out)
    if not then_run:
        return Kill(what, code, harmed, None)
    before = standing(lane.out)
    lane.publish()
    if standing(lane.out).release == before.release:
        harmed.append("the next run published nothing")
    return Kill(what, code, [*harmed, *harm(before, lane.out)], leftovers(lane.data))


def at_boundaries(lane: Lane) -> list[Kill]:
    """Each step alone, for what it reads is there from an earlier run and the same; to some a whole run.

    The switch comes after a whole run only: alone it refuses what another run made.
    """
    kills = []
    for number, step in enumerate(one.key for one in STEPS):
        begin, end = [step, "begin"], [step, "end"]
        before = {} if number % 6 == 5 else {"only": step}
        kills.append(kill(lane, f"{step} begin", area=AREA, boundary=begin, then_run=number % 12 == 5, **before))
        alone = {} if step == LAST else {"only": step}
        kills.append(kill(lane, f"{step} end", area=AREA, boundary=end, then_run=number % 12 == 11, **alone))
    return kills


def at_random(lane: Lane, number: int, seed: int) -> list[Kill]:
    """Kill until so many have struck; one that came after the end of its run is not counted."""
    dice = random.Random(seed)  # noqa: S311 - no secret, but the same moments every time
    kills: list[Kill] = []
    while len(kills) < number:
        after_s = dice.uniform(0.0, lane.whole_s)
        then_run = len(kills) % 12 == 11
        tried = kill(lane, f"after {after_s:.2f} s", argv=["run", AREA], after_s=after_s, then_run=then_run)
        if tried.code == KILLED:
            kills.append(tried)
    return kills


def at_lines(lane: Lane, chosen: Sequence[tuple[str, str]]) -> list[Kill]:
    kills = []
    for step, file in chosen:
        lines = lane.attempt(area=AREA, make=step, file=file).lines
        kills += [
            kill(lane, f"{step}: line {line} in {file}", area=AREA, make=step, file=file, line=line, then_run=False)
            for line in range(1, lines)
        ]
        kills.append(kill(lane, f"{step}: line {lines}", area=AREA, make=step, file=file, line=lines, then_run=True))
    return kills


@pytest.fixture(scope="module")
def lanes(example_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Lane]]:
    """Two lanes, one for each processor of a small machine."""
    homes = [tmp_path_factory.mktemp("crashes") for _ in range(2)]
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda home: Lane(home, example_raw), homes))
        for lane in found:
            stack.callback(lane.close)
        yield found


@pytest.fixture(scope="module")
def kills(lanes: list[Lane]) -> dict[str, list[Kill]]:
    first, second = lanes

    def by_first() -> tuple[list[Kill], ...]:
        return at_boundaries(first), at_lines(first, SWITCH), at_random(first, RANDOM_KILLS[0], seed=1)

    def by_second() -> tuple[list[Kill], ...]:
        return at_lines(second, WRITES), at_random(second, RANDOM_KILLS[1], seed=2)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(by_first), pool.submit(by_second)
        boundaries, switch, some = one.result()
        writes, more = other.result()
    return {"boundaries": boundaries, "switch": switch, "writes": writes, "random": some + more}


def wrong(kills: list[Kill]) -> list[str]:
    unkilled = [f"{one.what}: ended with {one.code}" for one in kills if one.code != KILLED]
    harmed = [f"{one.what}: {said}" for one in kills for said in one.harm]
    left = [f"{one.what}: the next run left {one.left}" for one in kills if one.left]
    return unkilled + harmed + left


def test_a_kill_at_any_step_boundary_leaves_a_whole_release_and_a_next_run(kills: dict[str, list[Kill]]):
    assert len(kills["boundaries"]) == 2 * len(STEPS)
    assert wrong(kills["boundaries"]) == []


def test_fifty_kills_at_random_moments_leave_a_whole_release_and_a_next_run(kills: dict[str, list[Kill]]):
    assert len(kills["random"]) == sum(RANDOM_KILLS)
    assert wrong(kills["random"]) == []


def test_a_kill_at_any_line_of_the_switch_leaves_a_whole_release_and_a_next_run(kills: dict[str, list[Kill]]):
    assert len(kills["switch"]) >= 80
    assert wrong(kills["switch"]) == []


def test_a_kill_at_any_line_of_a_write_leaves_a_whole_release_and_nothing_half_written(kills: dict[str, list[Kill]]):
    assert len(kills["writes"]) >= 25
    assert wrong(kills["writes"]) == []


def test_after_all_kills_a_run_publishes_what_the_first_run_published(kills: dict[str, list[Kill]], lanes: list[Lane]):
    assert kills
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Lane.publish, lanes))
    for lane in lanes:
        assert parquets(standing(lane.out)) == parquets(lane.first)
        assert set(standing(lane.out).sums) == set(lane.first.sums)
        assert leftovers(lane.data) == []


# Full and read-only disks -------------------------------------------------------------------------------------------


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something on `folder`; only root may."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root may mount a small or read-only disk")
    folder.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", *options, str(folder)], check=False).returncode:
        pytest.skip("NOT TESTED: this machine lets nothing be mounted")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def fill(folder: Path, room: int) -> None:
    """Leave no more than `room` bytes on the disk of `folder`."""
    with (folder / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, free_bytes(folder) - room)


def calm_failure(ended: Ended, place: Path) -> str:
    """Check the form of a failure and give its last line."""
    lines = ended.said.splitlines()
    assert ended.code == 1, ended.said
    assert "Traceback" not in ended.said
    assert [line for line in lines if line.startswith("Failed:")] == lines[-1:]
    assert str(place) in lines[-1]
    assert lines[-1].endswith(("The earlier release stands.", "What was published stands untouched."))
    return lines[-1]


def copy_of(lane: Lane, data: Path) -> Standing:
    """A data folder with tables, a release and the area file, without Dagster's records."""
    shutil.copytree(
        lane.data, data, symlinks=True, ignore=shutil.ignore_patterns("dagster", ".part"), dirs_exist_ok=True
    )
    return standing(data / "published")


def test_a_full_disk_under_the_releases_is_said_in_one_line_and_harms_nothing(lanes: list[Lane], tmp_path: Path):
    lane, out = lanes[0], tmp_path / "out"
    with mounted(out, "-t", "tmpfs", "-o", "size=64m", "tmpfs"):
        shutil.copytree(lane.out, out, symlinks=True, dirs_exist_ok=True)
        before = standing(out)
        fill(out, 2_000_000)
        said = calm_failure(lane.run("--out", str(out)), out / AREA)
        assert "cannot be published (No space left on device)" in said
        assert harm(before, out) == []
        (out / "ballast").unlink()
        lane.publish("--out", str(out))
        assert harm(before, out) == []
        assert standing(out).release != before.release
        assert [path for path in out.rglob(".*") if ".part" in path.name or ".link" in path.name] == []


def test_a_full_disk_under_the_tables_is_said_in_one_line_and_harms_nothing(lanes: list[Lane], tmp_path: Path):
    lane, disk = lanes[0], tmp_path / "disk"
    with mounted(disk, "-t", "tmpfs", "-o", "size=128m", "tmpfs"):
        data = disk / "data"
        before = copy_of(lane, data)
        # Dagster's records meet the first two, tables the third, DuckDB the last.
        for room in (0, 60_000, 2_000_000, 9_000_000):
            fill(data, room)
            assert "No space left" in calm_failure(lane.run(data=str(data)), data) or room < 1_000_000
            assert harm(before, data / "published") == []
            (data / "ballast").unlink()
        lane.publish(data=str(data))
        assert harm(before, data / "published") == []
        assert standing(data / "published").release != before.release
        assert leftovers(data) == []


def test_files_that_may_grow_no_further_are_said_in_one_line_and_harm_nothing(lanes: list[Lane], tmp_path: Path):
    """The full disk of those who are not root: the system lets no file grow beyond a limit."""
    lane, data = lanes[1], tmp_path / "data"
    before = copy_of(lane, data)
    for limit_bytes in (20_000, 1_000_000):
        calm_failure(lane.run(data=str(data), limit_bytes=limit_bytes), data)
        assert harm(before, data / "published") == []
    assert leftovers(data) == []


@contextmanager
def read_only(folder: Path, *, but: Path | None = None) -> Iterator[None]:
    """Let nothing be written in `folder`, except in the folder `but` inside it."""
    if os.geteuid() != 0:
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    with ExitStack() as stack:
        stack.enter_context(mounted(folder, "--bind", str(folder)))
        if but:
            stack.enter_context(mounted(but, "--bind", str(but)))
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield


def test_a_read_only_folder_of_releases_is_said_before_anything_is_computed(lanes: list[Lane], tmp_path: Path):
    lane, out = lanes[0], tmp_path / "out"
    shutil.copytree(lane.out, out, symlinks=True)
    before = standing(out)
    with read_only(out / ".releases" / AREA):
        ended = lane.run("--out", str(out))
        assert "cannot be written to. Give access there, or choose another folder." in calm_failure(ended, out)
        assert len(ended.said.splitlines()) == 1
        calm_failure(lane.run("--out", str(out / ".releases" / AREA / "further")), out)
    assert harm(before, out) == []


def test_a_switch_that_is_refused_leaves_the_earlier_release(lanes: list[Lane], tmp_path: Path):
    lane, out = lanes[0], tmp_path / "out"
    shutil.copytree(lane.out, out, symlinks=True)
    before = standing(out)
    with read_only(out, but=out / ".releases"):
        assert "cannot be published" in calm_failure(lane.run("--out", str(out)), out / AREA)
    assert harm(before, out) == []


def test_a_read_only_data_folder_is_said_in_one_line(lanes: list[Lane], tmp_path: Path):
    lane, data = lanes[1], tmp_path / "data"
    before = copy_of(lane, data)
    with read_only(data):
        calm_failure(lane.run(data=str(data)), data)
    assert harm(before, data / "published") == []
