"""The record of a run: inputs with checksums, parameters, versions, seconds and memory per step, checks, rejected rows.

It is gathered from the reports that steps leave, so that a run from the command line, the UI or a schedule is recorded
alike. `run.json` goes with a release; the record of every run, failed ones too, is kept under
`data/dagster/runs/<area>/`.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assets.bench import Bench
from pipelines.pages.colophon import Budget, Colophon, accepted_contradictions, delivered_sources
from pipelines.protection.population import LEFT_OUT
from pipelines.sources.contradictions import met_kinds
from pipelines.sources.fetch.ledger import Retrieval, retrievals
from pipelines.sources.vector import Remark
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
    with replacing(report_folder(bench) / f"{report['step'].replace('/', '.')}.json") as temporary:
        temporary.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")


def reports(bench: Bench) -> list[dict[str, Any]]:
    """The newest report of every step, in order of name; `run_id` tells which run left it."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(report_folder(bench).glob("*.json"))]


def run_record(bench: Bench, status: str, failure: str = "") -> dict[str, Any]:
    """Everything that can be said of a run; `status` is running, published or failed."""
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
    path = bench.run_records / bench.release / "run.json"
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(run_record(bench, status, failure), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    return path


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
