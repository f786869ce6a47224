"""A process that has loaded everything once and forks a child per attempt, so that one attempt costs little.

One attempt per line of standard input, as JSON; one line back: how the child ended (its exit code, or minus the number
of its signal) and how long it took. What the child prints goes to the file `log`. An attempt is one of

- `{"argv": [...]}`: the command line `samenhang`; with `limit_bytes` no file may grow larger than that, with `data` it
  works in another data folder;
- `{"argv": [...], "after_s": x}`: the same, killed after x seconds;
- `{"area": a, "boundary": [step, "begin" | "end"]}`: a whole run that kills itself there; with `only` that step alone;
- `{"area": a, "make": step, "file": f, "line": n}`: what that step does, without Dagster around it, killed before the
  n-th line executed in file f of `pipelines`; without `line` it is not killed, and the count of lines comes back.

Nothing is replaced or imitated: a child runs the real code, and the kill is a real SIGKILL.
"""

import importlib
import json
import os
import resource
import select
import signal
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import dagster as dg

from assets.bench import Bench, Folders, resolve_area
from assets.cli import environment, main
from assets.definitions import JOB, STEPS, build
from pipelines import release
from pipelines.release import exclusive

PIPELINES = Path(release.__file__).parent
# A child that takes this long hangs; it is ended in another way than by the kill that was asked for.
HANGS_S = 300
# What a run loads on its way; loaded here once, for all children.
LATE = (
    "assets.running",
    "pipelines.check",
    "alembic.command",
    "dagster._core.storage.event_log.sqlite.sqlite_event_log",
    "dagster._core.storage.noop_compute_log_manager",
    "dagster._core.storage.runs.sqlite.sqlite_run_storage",
    "dagster._core.storage.schedules.sqlite.sqlite_schedule_storage",
    "fsspec",
    "geopandas.io.arrow",
    "numba.core.typed_passes",
    "numba.np.npyimpl",
    "pygments.lexers.python",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "structlog",
    "watchdog.observers",
)


def _kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Lines:
    """Counts the lines executed in one file, and kills before one of them."""

    def __init__(self, path: Path, fatal: int | None):
        self.path, self.fatal, self.count = str(path), fatal, 0

    def trace(self, frame: FrameType, event: str, _argument: object):
        if frame.f_code.co_filename != self.path:
            return None
        if event == "line":
            self.count += 1
            if self.count == self.fatal:
                _kill_myself()
        return self.trace


def _graph(attempt: dict) -> None:
    """The graph as the command line runs it, with an ear that kills or with one step chosen."""

    def tell(key: str, seconds: float | None) -> None:
        if attempt.get("boundary") == [key, "begin" if seconds is None else "end"]:
            _kill_myself()

    folders = Folders.from_environment()
    area, path = resolve_area(attempt["area"], folders)
    lock = folders.data / "tables" / ".locks" / f"{area.name}.lock"
    only = [dg.AssetKey(attempt["only"].split("/"))] if "only" in attempt else None
    with environment(folders), exclusive(lock, "a run"), dg.DagsterInstance.get() as instance:
        job = build(folders, {area.name: path}, tell=tell, locked=True).resolve_job_def(JOB)
        job.execute_in_process(instance=instance, partition_key=area.name, asset_selection=only)


def _make(attempt: dict, found: int) -> None:
    """What a step makes and writes, under the eye of a debugger's hook."""
    folders = Folders.from_environment()
    area, path = resolve_area(attempt["area"], folders)
    bench = Bench(area, path, folders, str(uuid.uuid4()), datetime.now(UTC))
    one = next(one for one in STEPS if one.key == attempt["make"])
    lines = Lines(PIPELINES / attempt["file"], attempt.get("line"))
    with exclusive(bench.lock, "a run"):
        sys.settrace(lines.trace)
        made = one.make(bench)
        for contract, table in zip(one.writes, made.tables, strict=True):
            bench.warehouse.write(contract, table)
        sys.settrace(None)
    os.write(found, json.dumps(lines.count).encode())


def _child(attempt: dict, found: int) -> None:
    if "limit_bytes" in attempt:
        resource.setrlimit(resource.RLIMIT_FSIZE, (attempt["limit_bytes"], resource.RLIM_INFINITY))
    os.environ["SAMENHANG_DATA"] = attempt.get("data", os.environ["SAMENHANG_DATA"])
    if "argv" in attempt:
        sys.argv = ["samenhang", *attempt["argv"]]
        main()
    elif "make" in attempt:
        _make(attempt, found)
    else:
        _graph(attempt)


def _forked(attempt: dict, found: int) -> int:
    """Start the child; its exit code says how it went, as a command's would."""
    pid = os.fork()
    if pid:
        return pid
    log = os.open(attempt["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        _child(attempt, found)
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _answer(attempt: dict) -> dict:
    reading, writing = os.pipe()
    started = time.monotonic()
    pid = _forked(attempt, writing)
    os.close(writing)
    handle = os.pidfd_open(pid)
    if not select.select([handle], [], [], attempt.get("after_s", HANGS_S))[0]:
        os.kill(pid, signal.SIGKILL if "after_s" in attempt else signal.SIGABRT)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(handle)
    lines = os.read(reading, 100).decode()
    os.close(reading)
    return {"ended": ended, "seconds": time.monotonic() - started, "lines": json.loads(lines or "0")}


if __name__ == "__main__":
    for name in LATE:
        importlib.import_module(name)
    print(json.dumps("ready"), flush=True)  # noqa: T201 - this is how it answers
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)  # noqa: T201 - idem
