"""What a step reports: seconds and memory, rows, a preview, vintages and licences, and the files it read.

Dagster's UI shows a part of it; the report of the newest run of every step is kept for `run.json` (`record`).
"""

import re
import resource
import string
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.bench import Bench
from assets.step import Made, Step
from pipelines.contracts import Contract
from pipelines.sources.checksums import sha256
from pipelines.sources.texts import plain
from pipelines.warehouse import HEAD_ROWS, Draft

# Markdown takes any of these for itself after a backslash.
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Measure seconds and the peak of resident memory (MB) of what is done inside."""
    spent: dict[str, float] = {}
    _reset_peak()
    started = time.monotonic()
    yield spent
    spent["seconds"] = round(time.monotonic() - started, 3)
    spent["peak_mb"] = round(_peak_mb(), 1)


def _reset_peak() -> None:
    """Linux forgets the peak when asked; where it may not be asked, the peak of the whole run is reported."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def metadata_of(one: Step, bench: Bench, made: Made) -> dict[str, Any]:
    """What Dagster shows beside a materialisation."""
    tables = _tables(one, made)
    sources = deliveries_of(bench, one.deliveries)
    metadata: dict[str, Any] = {
        "rows": {contract.name: len(table) for contract, table in tables},
        "vintage": sorted({source.vintage for source in sources.values()}),
        "licence": sorted({source.licence for source in sources.values()}),
        "rejected": [f"{r.source}: {r.problem}: {r.rows} {r.action}" for r in made.remarks],
    }
    for contract, table in tables:
        metadata[f"preview {contract.table}"] = dg.MetadataValue.md(preview(contract, table))
    return metadata


def preview(contract: Contract, table: pa.Table | Draft) -> str:
    """The first rows as a Markdown table without geometry; of a personal table nothing but the number of rows."""
    if contract.personal:
        return f"{len(table)} rows of a personal table; none are shown."
    head = table.head if isinstance(table, Draft) else table.slice(0, HEAD_ROWS)
    columns = [name for name in head.column_names if name != "geometry" and not pa.types.is_binary(head[name].type)]
    rows = head.select(columns).to_pylist()
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(_cell(row[name]) for name in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: object) -> str:
    """A value as it stands in a table of Markdown: a delivered text is no link, no image and no HTML there."""
    return str(value) if isinstance(value, int | float) else _PUNCTUATION.sub(r"\\\g<0>", plain(str(value)))


def deliveries_of(bench: Bench, roles: Sequence[str]) -> dict[str, Any]:
    """The deliveries of the named roles (all when none are named) by path, as the area file describes them."""
    names = roles or tuple(type(bench.area.sources).model_fields)
    return {one.path: one for name in names for one in bench.area.sources.of(name)}


def report_of(one: Step, bench: Bench, made: Made, checks: Sequence[dg.AssetCheckResult]) -> dict[str, Any]:
    """What is kept of a step: rows, checks, inputs with their checksums, and rows set aside."""
    delivered = deliveries_of(bench, one.deliveries) if one.deliveries else {}
    files = dict.fromkeys(file for delivery in delivered.values() for file in delivery.files())
    return {
        "step": one.key,
        "run_id": bench.run_id,
        "rows": {contract.name: len(table) for contract, table in _tables(one, made)},
        "checks": [{"step": one.key, "table": check.check_name, "passed": bool(check.passed)} for check in checks],
        "inputs": [_input(bench, path) for path in files],
        "rejected": [asdict(remark) for remark in made.remarks],
    }


def _input(bench: Bench, path: str) -> dict[str, Any]:
    full = bench.raw / path
    return {"path": path, "sha256": sha256(full), "bytes": full.stat().st_size}


def _tables(one: Step, made: Made) -> list[tuple[Contract, pa.Table | Draft]]:
    further = [(contract, table) for table, contract in made.further]
    return [*zip(one.writes, made.tables, strict=True), *further]
