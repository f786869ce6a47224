"""Run the whole graph for one area in this process, and show how far it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assets.asset import Tell
from assets.bench import Bench, Folders, bench_at_the_door
from assets.definitions import JOB, STEPS, build
from assets.faults import explained
from assets.secret import require_one_key
from pipelines.errors import SamenhangError
from pipelines.history import read_history
from pipelines.release import exclusive, require_writable
from pipelines.sources.recall import Memory

# Dagster's own console says nothing: what a user must know, the command line says in a line.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@contextmanager
def _shown(console: Console) -> Iterator[Tell]:
    """Show steps as a bar on a terminal, as one line each elsewhere."""
    if not console.is_terminal:
        yield lambda name, seconds: None if seconds is None else console.print(f"{name:<22} {seconds:7.2f} s")
        return
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(STEPS))
        yield lambda name, seconds: progress.update(task, description=name, advance=0 if seconds is None else 1)


def run_area(name_or_path: str, folders: Folders, console: Console, memory: Memory | None = None) -> Bench:
    """Run every step for one area and publish; returns the bench of the run.

    What `memory` holds of the deliveries is not read again.

    Raises
    ------
    SamenhangError
        What went wrong, as the step said it.
    """
    bench = bench_at_the_door(name_or_path, folders)
    name, run_id = bench.area.name, bench.run_id
    require_writable(bench.shelf)
    read_history(bench.shelf)  # a damaged one is told before anything is computed
    require_one_key(bench)
    with (
        exclusive(bench.lock, f"a run of {name}"),
        explained(folders),
        _shown(console) as tell,
        dg.DagsterInstance.get() as instance,
    ):
        job = build(folders, {name: bench.area_path}, tell=tell, locked=True, memory=memory).resolve_job_def(JOB)
        job.execute_in_process(instance=instance, partition_key=name, run_id=run_id, run_config=QUIET)
        record = instance.get_run_record_by_id(run_id)
    if record is None:
        raise SamenhangError(f"run {run_id} left no record under {folders.state}")
    return replace(bench, started=record.create_timestamp)
