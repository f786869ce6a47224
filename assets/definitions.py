"""All definitions: one Dagster asset per step, partitioned by area file, and the job that runs them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from assets.asset import Setting, Tell, as_asset, silent
from assets.bench import Bench, Folders, known_areas
from assets.rooms import areas, findings, pages, people, places, protection, reach, sources, streets, survey
from assets.step import DefinitionError, Step
from pipelines.sources.area_file import read_area_file
from pipelines.sources.recall import Memory

JOB = "publish"
ROOMS = (sources, people, places, streets, survey, reach, findings, areas, protection, pages)


def in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same steps, each after those it reads from: a room may be entered twice.

    Raises
    ------
    DefinitionError
        When a step reads from one that does not exist, or that waits for it.
    """
    ordered: list[Step] = []
    waiting = list(steps)
    while waiting:
        made = {one.key for one in ordered}
        following = next((one for one in waiting if set(one.reads) <= made), None)
        if following is None:
            raise DefinitionError(
                f"step {waiting[0].key} reads from {sorted(set(waiting[0].reads) - made)}, which never is"
            )
        ordered.append(following)
        waiting.remove(following)
    return tuple(ordered)


STEPS = in_order([one for room in ROOMS for one in room.STEPS])


@dataclass(frozen=True)
class Benches:
    """Opens the bench of the area a run is about."""

    folders: Folders
    area_files: Mapping[str, Path]
    memory: Memory = field(default_factory=dict)

    def open(self, context: dg.AssetExecutionContext) -> Bench:
        """The area file, folders and tables of the partition of this run."""
        path = self.area_files[context.partition_key]
        record = context.instance.get_run_record_by_id(context.run.run_id)
        if record is None:
            raise dg.DagsterInvariantViolationError(f"run {context.run.run_id} is not in Dagster's storage")
        area, run_id = read_area_file(path), context.run.run_id
        return Bench(area, path, self.folders, run_id, record.create_timestamp, memory=self.memory)


def build(
    folders: Folders,
    area_files: Mapping[str, Path],
    *,
    tell: Tell = silent,
    locked: bool = False,
    memory: Memory | None = None,
) -> dg.Definitions:
    """Definitions over these folders and area files.

    `tell` hears of every step's begin and end; `locked` says that the caller holds the area's lock itself; `memory`
    holds what the caller read of the deliveries.
    """
    benches = Benches(folders, area_files, {} if memory is None else memory)
    partitions = dg.StaticPartitionsDefinition(sorted(area_files))
    assets = [as_asset(one, Setting(benches.open, partitions, tell, locked)) for one in STEPS]
    job = dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor)
    return dg.Definitions(assets=assets, jobs=[job], executor=dg.in_process_executor)


@dg.definitions
def defs() -> dg.Definitions:
    """Definitions as the UI, schedules and daemons load them."""
    folders = Folders.from_environment()
    return build(folders, known_areas(folders))
