"""A step: a function from a `Bench` to tables, and how it becomes a Dagster asset.

Around every step, in one place: the contracts are checked before a table replaces the old one, rows, preview, vintage
and licence are reported, time and memory are measured, and a small report is kept for `run.json`.
"""

import re
import resource
import string
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.bench import Bench
from assets.chain import read_from, require_one_chain
from assets.faults import explained
from assets.record import LAST, forget_report, keep_report, recorded
from pipelines.contracts import Contract, conform, violations
from pipelines.errors import ContractError, SamenhangError
from pipelines.release import exclusive
from pipelines.sources.checksums import sha256
from pipelines.sources.texts import plain
from pipelines.sources.vector import Remark
from pipelines.warehouse import HEAD_ROWS, Draft

OWNER = "team:samenhang"
OUT, PAGES, PROTECTION = "out", "pages", "assets.rooms.protection"
# Markdown takes any of these for itself after a backslash.
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


# Hears the key of a step when it begins (seconds None) and when it has ended.
Tell = Callable[[str, float | None], None]


def silent(_key: str, _seconds: float | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Made:
    """What a step made: tables in the order of its contracts, extra tables with contracts of their own, remarks.

    A table too long to hold comes as a draft.
    """

    tables: Sequence[pa.Table | Draft] = ()
    further: tuple[tuple[pa.Table, Contract], ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Step:
    """One node of the graph. `key` is room/name; `reads` are the keys of the steps whose tables it uses."""

    key: str
    make: Callable[[Bench], Made]
    writes: tuple[Contract, ...]
    reads: tuple[str, ...]
    deliveries: tuple[str, ...]
    description: str = field(default="")

    @property
    def room(self) -> str:
        """Its room, which is its group in Dagster; `out/*` is written by protection, and by nothing else."""
        prefix = self.key.split("/", 1)[0]
        return "protection" if prefix == "out" else prefix


def step(
    key: str, *, writes: tuple[Contract, ...] = (), reads: Sequence[str] = (), deliveries: Sequence[str] = ()
) -> Callable[[Callable[[Bench], Made]], Step]:
    """Turn a function into a `Step`; its docstring is the description shown in Dagster.

    Raises
    ------
    DefinitionError
        When it would let anything out that did not pass protection.
    """

    def wrap(make: Callable[[Bench], Made]) -> Step:
        one = Step(key, make, writes, tuple(reads), tuple(deliveries), (make.__doc__ or "").strip())
        require_protected(one)
        return one

    return wrap


class DefinitionError(SamenhangError):
    """The graph of steps would do what it may not; nothing can run before it is mended."""


def require_protected(one: Step) -> None:
    """Refuse a step by which a table could go out, or reach a page, without passing protection.

    Raises
    ------
    DefinitionError
        When it writes `out/*` and stands elsewhere than in protection, or is a page and reads another table than those.
    """
    prefix = one.key.split("/", 1)[0]
    outward = [contract.name for contract in one.writes if contract.room == OUT]
    is_protection = prefix == OUT and one.make.__module__ == PROTECTION
    if (outward or prefix == OUT) and not is_protection:
        raise DefinitionError(
            f"step {one.key} writes {outward or one.key}, and only {PROTECTION} lets tables out. Let it write a table "
            "of its own room, and protection publish that."
        )
    if prefix == PAGES:
        unprotected = [read for read in one.reads if read.split("/", 1)[0] not in {OUT, PAGES}]
        if unprotected:
            raise DefinitionError(
                f"step {one.key} reads {unprotected}, which nobody protects. Let it read the {OUT}/ table that follows "
                "from it, or add one in protection."
            )


@dataclass(frozen=True)
class Setting:
    """What all steps share: how to open the bench, the partitions, who hears of progress.

    `locked`: the command line runs the steps. It holds the lock, and hears of errors itself.
    """

    open_bench: Callable[[dg.AssetExecutionContext], Bench]
    partitions: dg.PartitionsDefinition[str]
    tell: Tell
    locked: bool

    def lock(self, bench: Bench) -> AbstractContextManager[None]:
        """The lock of the area, for one step."""
        return nullcontext() if self.locked else exclusive(bench.lock, f"a run of {bench.area.name}")

    def around(self, bench: Bench) -> AbstractContextManager[None]:
        """What makes of an error the one sentence that Dagster's UI shows."""
        return nullcontext() if self.locked else _in_one_sentence(bench)


@contextmanager
def _in_one_sentence(bench: Bench) -> Iterator[None]:
    try:
        with explained(bench.folders):
            yield
    except SamenhangError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def _asked(context: dg.AssetExecutionContext) -> frozenset[str]:
    """The keys of all steps that this run is to do."""
    keys = context.run.asset_selection or context.job_def.asset_layer.selected_asset_keys
    return frozenset("/".join(key.path) for key in keys)


def as_asset(one: Step, setting: Setting) -> dg.AssetsDefinition:
    """The Dagster asset of a step: blocking checks from its contracts, metadata on every materialisation."""
    key = dg.AssetKey(one.key.split("/"))

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(read.split("/")) for read in one.reads],
        group_name=one.room,
        description=one.description,
        owners=[OWNER],
        partitions_def=setting.partitions,
        kinds=_kinds(one),
        check_specs=[
            dg.AssetCheckSpec(
                contract.table, asset=key, blocking=True, description=f"{contract.grain}; keeps its contract"
            )
            for contract in one.writes
        ],
    )
    def materialise(context: dg.AssetExecutionContext) -> Iterator[Any]:
        bench = setting.open_bench(context)
        setting.tell(one.key, None)
        with setting.around(bench), recorded(bench, one.key, _asked(context)) as enter, setting.lock(bench):
            enter()
            read = read_from(bench, one.reads)
            with measured() as spent:
                clear_leftovers(bench)
                if one.key == LAST:
                    require_one_chain(bench, one.reads)
                made = conformed(one, one.make(bench.showing(OUT) if one.room == PAGES else bench))
                checks = [_checked(contract, table) for contract, table in zip(one.writes, made.tables, strict=True)]
                if not all(check.passed for check in checks):
                    # Dagster hears of the checks; whoever started the run, in one sentence what they found.
                    yield from checks
                    raise ContractError("; ".join(_broken(one, made)))
                forget_report(bench, one.key)
                write_made(one, bench, made)
            keep_report(bench, {**_report(one, bench, made, checks), "read": read, **spent})
        setting.tell(one.key, spent["seconds"])
        yield dg.MaterializeResult(metadata={**_metadata(one, bench, made), **spent}, check_results=checks)

    return materialise


def _kinds(one: Step) -> set[str]:
    return {"html"} if one.room == "pages" else {"duckdb", "parquet"}


def conformed(one: Step, made: Made) -> Made:
    """Bring the tables that a step made into the columns, types and order of its contracts."""
    pairs = zip(one.writes, made.tables, strict=True)
    return replace(made, tables=[t if isinstance(t, Draft) else conform(t, contract) for contract, t in pairs])


def _problems(contract: Contract, table: pa.Table | Draft) -> tuple[str, ...]:
    return table.problems if isinstance(table, Draft) else violations(table, contract)


def _checked(contract: Contract, table: pa.Table | Draft) -> dg.AssetCheckResult:
    found = _problems(contract, table)
    return dg.AssetCheckResult(
        check_name=contract.table, passed=not found, metadata={"violations": list(found), "rows": len(table)}
    )


def _broken(one: Step, made: Made) -> Iterator[str]:
    for contract, table in zip(one.writes, made.tables, strict=True):
        yield from (f"{contract.name}: {problem}" for problem in _problems(contract, table))


def write_made(one: Step, bench: Bench, made: Made) -> None:
    """Put what a step made in the place of its tables; what conforms to its contract already."""
    for contract, table in zip(one.writes, made.tables, strict=True):
        if isinstance(table, Draft):
            bench.warehouse.keep(table)
        else:
            bench.warehouse.store(contract, table)
    for table, contract in made.further:
        ordered = conform(table, contract)
        broken = violations(ordered, contract)
        if broken:
            raise ContractError(f"{contract.name}: {'; '.join(broken)}")
        bench.warehouse.store(contract, ordered)


def clear_leftovers(bench: Bench) -> None:
    """Remove what killed runs of this area left half-written, lest it be published; the caller holds its lock."""
    tables, name = bench.folders.data / "tables", bench.area.name
    ours = (
        tables.glob(f"*/*/.{name}.parquet.*.part"),
        (bench.folders.data / "private" / name).rglob(".*.part"),
        bench.drafts.rglob(".*.part*"),
        (tables / "reports" / name).glob(".*.part"),
        bench.run_records.glob("*/.*.part"),
    )
    for left in chain(*ours):
        left.unlink(missing_ok=True)


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


def _metadata(one: Step, bench: Bench, made: Made) -> dict[str, Any]:
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


def _report(one: Step, bench: Bench, made: Made, checks: Sequence[dg.AssetCheckResult]) -> dict[str, Any]:
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
