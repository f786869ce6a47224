"""Ctrl-C, SIGTERM and a second run of the same area: one calm line, the earlier release whole, a next run."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.sources.area_file import SHIPPED

pytestmark = [pytest.mark.slow, pytest.mark.alone]

AREA = "kort"
SAMENHANG = str(Path(sys.executable).with_name("samenhang"))
CALM = "Interrupted. What was published stands untouched.\n"
AT_MOST_S = 60


@dataclass(frozen=True)
class Home:
    """The example town with one profile, in a data folder of its own."""

    data: Path
    raw: Path

    @property
    def current(self) -> Path:
        return self.data / "published" / AREA

    def sums(self) -> dict[str, str]:
        files = [path for path in self.current.rglob("*") if path.is_file()]
        return {str(path.resolve()): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """Run the command as a shell would; it never outlives the test."""
        places = {"SAMENHANG_DATA": str(self.data), "SAMENHANG_RAW": str(self.raw), "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            [SAMENHANG, "run", AREA],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **places},
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def publish(self) -> None:
        with self.running() as process:
            said, complained = process.communicate()
        assert (process.returncode, complained) == (0, ""), said


@pytest.fixture(scope="module")
def home(example_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    found = Home(tmp_path_factory.mktemp("interrupts") / "data", example_raw)
    (found.data / "areas").mkdir(parents=True)
    shipped = (SHIPPED / "voorbeeldstad.yaml").read_text(encoding="utf-8")
    short = shipped.replace("name: voorbeeldstad", f"name: {AREA}")
    short = short.replace("profiles: [referentie, kinderwagen, rollator]", "profiles: [referentie]")
    (found.data / "areas" / f"{AREA}.yaml").write_text(short, encoding="utf-8")
    found.publish()
    return found


def wait_until(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    patience_ends = time.monotonic() + AT_MOST_S
    while not reached():
        assert process.poll() is None, "it ended before the moment came"
        assert time.monotonic() < patience_ends
        time.sleep(0.01)


def loads_libraries(process: subprocess.Popen[str]) -> None:
    """The first second: Python reads modules, none of ours has work yet."""
    wait_until(process, lambda: "libarrow" in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8"))


def reads_a_delivery(process: subprocess.Popen[str]) -> None:
    """The check: a delivered file is open."""

    def opened() -> bool:
        for handle in Path(f"/proc/{process.pid}/fd").iterdir():
            # It may be closed by now.
            with suppress(FileNotFoundError):
                if "voorbeeldstad" in str(handle.readlink()):
                    return True
        return False

    wait_until(process, opened)


def loads_dagster(process: subprocess.Popen[str]) -> None:
    reads_a_delivery(process)
    time.sleep(1.5)


def after(step: str, seconds: float) -> Callable[[subprocess.Popen[str]], None]:
    """Some time after the line of a step: in the next one."""

    def come(process: subprocess.Popen[str]) -> None:
        assert process.stdout
        came = any(line.startswith(step) for line in iter(process.stdout.readline, ""))
        assert came, process.communicate()[1]
        time.sleep(seconds)

    return come


MOMENTS = {
    "while libraries are loaded": loads_libraries,
    "while deliveries are checked": reads_a_delivery,
    "while Dagster is loaded": loads_dagster,
    "at the end of a step": after("sources/addresses", 0.0),
    "in a step": after("streets/costs", 0.05),
    "in the kernel": after("areas/membership", 0.4),
    "in a query": after("findings/minimum", 0.4),
    "in the exports": after("out/indicators", 0.3),
    "at the switch": after("pages/exports", 0.1),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_ends_in_one_calm_line_and_harms_nothing(home: Home, moment: str):
    before = home.sums()
    with home.running() as process:
        MOMENTS[moment](process)
        os.killpg(process.pid, signal.SIGINT)
        stopped = time.monotonic()
        complained = process.communicate()[1]
    assert (process.returncode, complained) == (130, CALM)
    assert time.monotonic() - stopped < 15
    assert home.sums() == before


@pytest.mark.parametrize("moment", ["while deliveries are checked", "in the kernel"])
def test_sigterm_ends_like_ctrl_c(home: Home, moment: str):
    before = home.sums()
    with home.running() as process:
        MOMENTS[moment](process)
        process.terminate()
        complained = process.communicate()[1]
    assert (process.returncode, complained) == (130, CALM)
    assert home.sums() == before


def test_an_impatient_second_ctrl_c_still_gives_one_calm_line(home: Home):
    before = home.sums()
    with home.running() as process:
        MOMENTS["in the kernel"](process)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        complained = process.communicate()[1]
    assert (process.returncode, complained) == (130, CALM)
    assert home.sums() == before


def test_a_second_run_of_the_same_area_is_refused_and_the_first_goes_on(home: Home):
    before = home.current.readlink()
    with home.running() as first:
        MOMENTS["at the end of a step"](first)
        with home.running() as second:
            said, complained = second.communicate()
        assert (second.returncode, said) == (1, "")
        assert complained == f"Failed: a run of {AREA} is already running. Wait until it has ended, then try again.\n"
        assert first.poll() is None
        assert first.communicate()[1] == ""
    assert first.returncode == 0
    assert home.current.readlink() != before


def test_after_all_interrupts_a_run_publishes_and_leaves_nothing_half_written(home: Home):
    before = home.current.resolve()
    home.publish()
    now = home.current.resolve()
    assert now != before
    assert {path.relative_to(now) for path in now.rglob("*")} == {
        path.relative_to(before) for path in before.rglob("*")
    }
    assert [path for path in home.data.rglob(".*") if ".part" in path.name or path.name.endswith(".link")] == []
