"""All definitions: one Dagster asset per step, partitioned by area file, and the job that runs them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from assets.bench import Bench, Folders, known_areas
from assets.rooms import areas, findings, pages, people, places, protection, reach, sources, streets, survey
from assets.step import Setting, Step, Tell, as_asset, silent
from pipelines.sources.area_file import read_area_file

JOB = "publish"
STEPS: tuple[Step, ...] = tuple(
    one
    for room in (sources, people, places, streets, survey, reach, findings, areas, protection, pages)
    for one in room.STEPS
)


@dataclass(frozen=True)
class Benches:
    """Opens the bench of the area a run is about."""

    folders: Folders
    area_files: Mapping[str, Path]

    def open(self, context: dg.AssetExecutionContext) -> Bench:
        """The area file, folders and tables of the partition of this run."""
        path = self.area_files[context.partition_key]
        record = context.instance.get_run_record_by_id(context.run.run_id)
        if record is None:
            raise dg.DagsterInvariantViolationError(f"run {context.run.run_id} is not in Dagster's storage")
        return Bench(read_area_file(path), path, self.folders, context.run.run_id, record.create_timestamp)


def build(
    folders: Folders, area_files: Mapping[str, Path], *, tell: Tell = silent, locked: bool = False
) -> dg.Definitions:
    """Definitions over these folders and area files.

    `tell` hears of every step's begin and end; `locked` says that the caller holds the area's lock itself.
    """
    benches = Benches(folders, area_files)
    partitions = dg.StaticPartitionsDefinition(sorted(area_files))
    assets = [as_asset(one, Setting(benches.open, partitions, tell, locked)) for one in STEPS]
    job = dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor)
    return dg.Definitions(assets=assets, jobs=[job], executor=dg.in_process_executor)


@dg.definitions
def defs() -> dg.Definitions:
    """Definitions as the UI, schedules and daemons load them."""
    folders = Folders.from_environment()
    return build(folders, known_areas(folders))
