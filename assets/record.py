"""The record of a run: inputs with checksums, parameters, versions, seconds and memory per step, checks, rejected rows.

It is gathered from the reports that steps leave, so that a run from the command line, the UI or a schedule is recorded
alike. `run.json` goes with a release; the record of every run, failed ones too, is kept under
`data/dagster/runs/<area>/`.
"""

import json
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assets.bench import PROJECT, Bench
from assets.faults import SAY_NO_VALUES
from pipelines.errors import SamenhangError
from pipelines.history import current_release
from pipelines.pages.colophon import Budget, Colophon, accepted_contradictions, delivered_sources
from pipelines.protection.population import LEFT_OUT
from pipelines.sources.contradictions import met_kinds
from pipelines.sources.fetch.ledger import Retrieval, retrievals
from pipelines.sources.remarks import Remark
from pipelines.streets.profiles import chosen_profiles
from pipelines.warehouse import replacing

LAST = "pages/release"
_STEP_FACTS = ("step", "run_id", "seconds", "peak_mb", "rows")
_LIBRARIES = (
    "samenhang",
    "dagster",
    "duckdb",
    "geopandas",
    "h3",
    "numba",
    "numpy",
    "osmium",
    "pyarrow",
    "pyproj",
    "shapely",
)


def report_folder(bench: Bench) -> Path:
    """Where the reports of this area's steps lie."""
    return bench.folders.data / "tables" / "reports" / bench.area.name


def keep_report(bench: Bench, report: dict[str, Any]) -> None:
    """Keep what a step reports, in place of its report of an earlier run."""
    with replacing(_report_path(bench, report["step"])) as temporary:
        temporary.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")


def forget_report(bench: Bench, step: str) -> None:
    """Forget what a step reported, as its tables are about to be other ones: killed on the way, it never ended."""
    _report_path(bench, step).unlink(missing_ok=True)


def reports(bench: Bench) -> list[dict[str, Any]]:
    """The newest report of every step, in order of name; `run_id` tells which run left it.

    Raises
    ------
    SamenhangError
        When one is damaged.
    """
    return [_read_report(path) for path in sorted(report_folder(bench).glob("*.json"))]


def _read_report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        return {**report, "step": report["step"], "run_id": report["run_id"]}
    except (ValueError, TypeError, LookupError) as error:
        raise SamenhangError(
            f"{path}: the report of a step is damaged. Remove it, then run again: it is written anew. "
            "The earlier release stands."
        ) from error


def _report_path(bench: Bench, step: str) -> Path:
    return report_folder(bench) / f"{step.replace('/', '.')}.json"


def run_record(bench: Bench, status: str, failure: str = "") -> dict[str, Any]:
    """Everything that can be said of a run.

    `status` is running, published, failed, or made: it was to make a part of the graph anew, and did.
    """
    told = reports(bench)
    return {
        "schema_version": "1.0",
        "release": bench.release,
        "run_id": bench.run_id,
        "area": bench.area.name,
        "status": status,
        "failure": failure,
        "parameters": {
            "area_file": bench.area.model_dump(mode="json"),
            "profiles": {name: p.model_dump(mode="json") for name, p in chosen_profiles(bench.area.profiles).items()},
        },
        "versions": {name: version(name) for name in _LIBRARIES},
        "inputs": [one for report in told for one in report["inputs"]],
        "rejected": [one for report in told for one in report["rejected"]],
        "checks": [one for report in told for one in report["checks"]],
        # The last step cannot say what it cost before it has ended: its report is of an earlier run.
        "steps": [{name: report[name] for name in _STEP_FACTS} for report in told if report["step"] != LAST],
    }


def keep_run_record(bench: Bench, status: str, failure: str = "") -> Path:
    """Write the record of this run beside Dagster's logs, and say where."""
    path = _record_path(bench)
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(run_record(bench, status, failure), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    return path


@contextmanager
def recorded(bench: Bench, key: str, asked: Collection[str]) -> Iterator[Callable[[], None]]:
    """Keep the record of a run up to date while a step is at work: gives what writes that it has begun.

    A run goes on after a step that failed, with steps that need nothing of it: it has failed all the same.
    """
    before = _failure_before(bench)

    def begin() -> None:
        keep_run_record(bench, "failed" if before else "running", before)

    try:
        yield begin
    except BaseException as error:
        # Stopped after the switch, it has published all the same.
        status = "published" if current_release(bench.shelf) == bench.release else "failed"
        keep_run_record(bench, status, "\n".join(filter(None, (before, f"{key}: {_what(error)}"))))
        if isinstance(error, (SamenhangError, *SAY_NO_VALUES)) or not isinstance(error, Exception):
            raise
        raise SamenhangError(f"{key}: {_what(error)}. This is a defect of ours: report it with this line.") from None
    if key == LAST:
        keep_run_record(bench, "published")
    elif not before and set(asked) <= {one["step"] for one in reports(bench) if one["run_id"] == bench.run_id}:
        keep_run_record(bench, "made")


def _failure_before(bench: Bench) -> str:
    """Why this run has failed already; '' when it has not."""
    try:
        return str(json.loads(_record_path(bench).read_text(encoding="utf-8"))["failure"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return ""


def _what(error: BaseException) -> str:
    """What an error says; of an unforeseen one, which may quote personal values, only its kind and place."""
    if isinstance(error, SamenhangError):
        return str(error)
    if not isinstance(error, Exception):
        return "stopped before it had ended"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(PROJECT / "pipelines")]
    frame = (ours or list(frames))[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _record_path(bench: Bench) -> Path:
    return bench.run_records / bench.release / "run.json"


def input_checksums(bench: Bench) -> dict[str, str]:
    """SHA-256 of every delivered file, by its path under the raw folder."""
    return {one["path"]: one["sha256"] for report in reports(bench) for one in report["inputs"]}


def colophon(bench: Bench) -> Colophon:
    """What pages say of where their figures come from."""
    rejected = [Remark(**one) for report in reports(bench) for one in report["rejected"]]
    set_aside: dict[str, int] = {}
    for remark in rejected:
        if remark.action == "set_aside":
            path = remark.source.split(":", 1)[0]
            set_aside[path] = set_aside.get(path, 0) + remark.rows
    profiles = chosen_profiles(bench.area.profiles).values()
    budgets = tuple(
        Budget(p.name, p.budget_m.central if p.budget_m else None, p.budget_s.central if p.budget_s else None)
        for p in profiles
    )
    sources = delivered_sources(bench.area, set_aside, _read_retrievals(bench))
    return Colophon(
        bench.release, bench.started.date(), sources, budgets, accepted_contradictions(bench.area, met_kinds(rejected))
    )


def left_out(bench: Bench) -> tuple[str, ...]:
    """What this run could not tell of people, a sentence for each group."""
    remarks = [Remark(**one) for report in reports(bench) for one in report["rejected"]]
    return tuple(
        f"Left out: {one.rows} sums of group {one.source!r} ({one.examples}): no whole fives are within five of all."
        for one in remarks
        if one.action == LEFT_OUT
    )


def _read_retrievals(bench: Bench) -> dict[str, Retrieval]:
    """What was fetched, by path, of the very bytes this run has read."""
    read = input_checksums(bench)
    return {path: one for path, one in retrievals(bench.raw).items() if read.get(path) == one.sha256}
