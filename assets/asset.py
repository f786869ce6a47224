"""How a step becomes a Dagster asset, and what is done around every one.

The contracts are checked before a table replaces the old one, in the lock of the area; what killed runs left is
removed; an error becomes the one sentence that whoever started the run reads.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.bench import Bench
from assets.chain import read_from, require_one_chain
from assets.faults import explained
from assets.record import LAST, forget_report, keep_report, recorded
from assets.report import measured, metadata_of, report_of
from assets.step import OUT, PAGES, Made, Step
from pipelines.contracts import Contract, conform, violations
from pipelines.errors import ContractError, SamenhangError
from pipelines.release import exclusive
from pipelines.warehouse import Draft

OWNER = "team:samenhang"

# Hears the key of a step when it begins (seconds None) and when it has ended.
Tell = Callable[[str, float | None], None]


def silent(_key: str, _seconds: float | None) -> None:
    """Tell nobody."""


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
            keep_report(bench, {**report_of(one, bench, made, checks), "read": read, **spent})
        setting.tell(one.key, spent["seconds"])
        yield dg.MaterializeResult(metadata={**metadata_of(one, bench, made), **spent}, check_results=checks)

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
