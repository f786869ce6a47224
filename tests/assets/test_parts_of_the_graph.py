"""Steps as Dagster's UI runs them: what fails is told in our sentence, and a part publishes nothing of another run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.asset import Setting, as_asset, silent
from assets.bench import Bench, Folders
from assets.running import QUIET
from assets.step import Made, Step
from pipelines.errors import SourceError
from pipelines.release import exclusive
from pipelines.sources.area_file import SHIPPED, read_area_file

TOWN = "voorbeeldstad"
GRAPH = {
    "sources/one": (),
    "sources/two": (),
    "places/both": ("sources/one", "sources/two"),
    "pages/exports": ("places/both",),
    "pages/html": ("places/both",),
    "pages/release": ("pages/exports", "pages/html"),
}


@dataclass
class Town:
    """A graph of steps that make nothing, or what a test wants of them, as the UI runs them."""

    folders: Folders
    instance: dg.DagsterInstance
    does: dict[str, Callable[[Bench], Made]] = field(default_factory=dict)

    @property
    def reports(self) -> Path:
        return self.folders.data / "tables" / "reports" / TOWN

    def bench(self, run_id: str) -> Bench:
        path = SHIPPED / f"{TOWN}.yaml"
        record = self.instance.get_run_record_by_id(run_id)
        return Bench(read_area_file(path), path, self.folders, run_id, record.create_timestamp)

    def run(self, *only: str) -> "Ended":
        setting = Setting(
            lambda c: self.bench(c.run.run_id), dg.StaticPartitionsDefinition([TOWN]), silent, locked=False
        )
        steps = [
            Step(key, self.does.get(key, lambda _: Made()), (), reads, (), "A step.") for key, reads in GRAPH.items()
        ]
        job = dg.define_asset_job("publish", executor_def=dg.in_process_executor)
        definitions = dg.Definitions([as_asset(one, setting) for one in steps], jobs=[job])
        chosen = [dg.AssetKey(key.split("/")) for key in only] or None
        ended = definitions.resolve_job_def("publish").execute_in_process(
            instance=self.instance,
            partition_key=TOWN,
            asset_selection=chosen,
            raise_on_error=False,
            run_config=QUIET,
        )
        kept = list(self.bench(ended.run_id).run_records.glob(f"*-{ended.run_id[:8]}/run.json"))
        record = json.loads(kept[0].read_text(encoding="utf-8")) if kept else {}
        failed = [event for event in ended.all_events if event.is_step_failure]
        return Ended(ended.success, record, [event.step_failure_data.user_failure_data for event in failed])


@dataclass(frozen=True)
class Ended:
    success: bool
    record: dict
    failures: list

    @property
    def lines(self) -> list[str]:
        return [failure.description for failure in self.failures]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Town(Folders(tmp_path / "raw", tmp_path / "data", tmp_path / "out"), instance)


def _fail(_bench: Bench) -> Made:
    raise SourceError("plekken.csv: has no column 'soort'. Name it in the area file.")


def test_a_whole_run_is_published_in_its_record(town: Town):
    ended = town.run()
    assert ended.success
    assert (ended.record["status"], ended.record["failure"]) == ("published", "")


def test_a_failure_is_one_sentence_in_dagster_and_in_the_record_though_other_steps_go_on(town: Town):
    town.does["sources/one"] = _fail
    ended = town.run()
    assert not ended.success
    assert ended.lines == ["plekken.csv: has no column 'soort'. Name it in the area file."]
    assert (town.reports / "sources.two.json").exists()
    assert ended.record["status"] == "failed"
    assert ended.record["failure"] == f"sources/one: {ended.lines[0]}"


def test_every_step_that_fails_is_in_the_record(town: Town):
    town.does |= {"sources/one": _fail, "sources/two": _fail}
    failure = town.run().record["failure"].splitlines()
    assert [line.split(":")[0] for line in failure] == ["sources/one", "sources/two"]


def test_a_full_disk_is_a_sentence_in_dagster_too(town: Town):
    def write(_bench: Bench) -> Made:
        raise OSError(28, "No space left on device", "places.parquet")

    town.does["places/both"] = write
    (line,) = town.run().lines
    assert line.startswith("places.parquet: cannot be written to (No space left on device). Make room or give access")


@pytest.mark.parametrize("error", [ValueError("Jansen"), duckdb.InvalidInputException("Jansen")])
def test_what_nobody_foresaw_is_told_by_its_place_without_what_it_quotes(town: Town, error: Exception):
    def stumble(_bench: Bench) -> Made:
        raise error

    town.does["places/both"] = stumble
    ended = town.run()
    assert "This is a defect of ours: report it with this line." in ended.lines[0]
    assert "Jansen" not in json.dumps(ended.record) + ended.lines[0]


def test_a_run_that_finds_the_area_busy_has_failed_with_the_reason(town: Town):
    with exclusive(town.folders.lock(TOWN), "a run"):
        ended = town.run()
    assert ended.lines[0] == f"a run of {TOWN} is already running. Wait until it has ended, then try again."
    assert ended.record["status"] == "failed"
    assert ended.lines[0] in ended.record["failure"]


def test_a_run_that_was_stopped_has_failed(town: Town):
    def stop(_bench: Bench) -> Made:
        raise KeyboardInterrupt

    town.does["places/both"] = stop
    record = town.run().record
    assert (record["status"], record["failure"]) == ("failed", "places/both: stopped before it had ended")


def test_a_part_of_the_graph_that_was_made_anew_is_not_running_for_ever(town: Town):
    town.run()
    assert town.run("sources/one", "places/both").record["status"] == "made"


def test_the_release_alone_is_not_published_under_the_audit_of_another_run(town: Town):
    town.run()
    ended = town.run("pages/release")
    assert ended.lines[0].startswith("pages/exports is not of this run: what goes out and its audit")
    assert ended.record["status"] == "failed"


def test_pages_alone_are_not_published_after_a_source_was_read_anew(town: Town):
    town.run()
    town.run("sources/two")
    ended = town.run("pages/exports", "pages/html", "pages/release")
    assert ended.lines[0].startswith("sources/two was made anew after places/both: what goes out and its audit")


def test_a_step_that_was_killed_while_it_wrote_never_ended(town: Town):
    town.run()
    (town.reports / "places.both.json").unlink()
    ended = town.run("pages/exports", "pages/html", "pages/release")
    assert ended.lines[0].startswith("places/both never ended")


def test_all_that_follows_from_what_was_made_anew_can_be_published(town: Town):
    town.run()
    assert town.run("pages/exports", "pages/html", "pages/release").record["status"] == "published"
    town.run("sources/two")
    assert town.run("places/both", "pages/exports", "pages/html", "pages/release").record["status"] == "published"


def test_a_damaged_report_is_named_with_the_mend(town: Town):
    town.run()
    (town.reports / "places.both.json").write_text("{", encoding="utf-8")
    ended = town.run("pages/exports")
    assert "places.both.json: the report of a step is damaged. Remove it, then run again" in ended.lines[0]
