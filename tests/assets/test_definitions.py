"""What Dagster is told: which assets, with what around them, and where its state goes."""

import ast
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest
import yaml

from assets import cli
from assets.bench import PROJECT, Bench, Folders
from assets.definitions import JOB, STEPS, build, defs, in_order
from assets.report import preview
from assets.step import DefinitionError, Made, step
from pipelines.areas.contracts import VALUES
from pipelines.contracts import Column, Contract
from pipelines.errors import SamenhangError
from pipelines.people.contracts import PERSONS
from pipelines.protection.contracts import COUNTS, INDICATORS
from pipelines.sources.area_file import SHIPPED, find_area_files, read_area_file

TOWN = "voorbeeldstad"
KEYS = {
    "sources/statistics", "sources/addresses", "sources/segments", "sources/places", "sources/survey",
    "people/origins", "people/persons", "places/register", "streets/graph", "streets/costs",
    "survey/estimates", "reach/attachments", "reach/pairs", "reach/routes", "findings/nearness", "findings/minimum",
    "findings/space", "protection/decisions", "areas/membership", "areas/values", "out/indicators", "out/places",
    "pages/exports", "pages/html", "pages/release",
}  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> dg.RepositoryDefinition:
    home = tmp_path_factory.mktemp("definitions")
    return build(Folders(home, home, home), find_area_files(SHIPPED)).get_repository_def()


@pytest.fixture(scope="module")
def specs(repository: dg.RepositoryDefinition) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for one in repository.asset_graph.assets_defs for spec in one.specs}


def test_the_assets_are_exactly_these(specs: dict[str, dg.AssetSpec]):
    assert set(specs) == KEYS
    assert 15 <= len(KEYS) <= 25


def test_every_asset_lies_in_the_group_of_its_room_and_says_what_it_is(specs: dict[str, dg.AssetSpec]):
    for key, spec in specs.items():
        prefix = key.split("/")[0]
        # The room `protection` alone writes what may go out; its keys say so.
        assert spec.group_name == ("protection" if prefix == "out" else prefix)
        assert spec.owners == ["team:samenhang"]
        assert len(spec.description or "") > 20, key
        assert spec.description.endswith("."), key
        assert spec.kinds


def test_every_asset_is_partitioned_by_area_file(specs: dict[str, dg.AssetSpec]):
    areas = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    assert TOWN in areas
    assert all(list(spec.partitions_def.get_partition_keys()) == areas for spec in specs.values())


def test_every_contract_is_a_check_that_blocks(repository: dg.RepositoryDefinition):
    checks = {
        (spec.asset_key.to_user_string(), spec.name): spec.blocking
        for one in repository.asset_graph.assets_defs
        for spec in one.check_specs
    }
    assert checks == {(one.key, contract.table): True for one in STEPS for contract in one.writes}


def test_every_step_reads_from_steps_before_it():
    seen: set[str] = set()
    for one in STEPS:
        assert set(one.reads) <= seen, one.key
        seen.add(one.key)


def _make(_bench: Bench) -> Made:
    return Made()


def test_a_step_outside_protection_cannot_let_a_table_out():
    """An error when it is defined: no review has to see it."""
    with pytest.raises(DefinitionError, match=r"areas/values.*out/indicators"):
        step("areas/values", writes=(INDICATORS,))(_make)
    with pytest.raises(DefinitionError, match=r"only assets\.rooms\.protection"):
        step("out/more")(_make)


@pytest.mark.parametrize("read", ["areas/values", "people/persons", "protection/decisions"])
def test_a_page_cannot_read_what_nobody_protects(read: str):
    with pytest.raises(DefinitionError, match=read):
        step("pages/more", reads=("out/indicators", read))(_make)


def test_what_a_page_asks_for_without_saying_so_is_refused_too(example_run):
    folders = Folders(example_run.raw, example_run.data, example_run.out)
    path = SHIPPED / f"{TOWN}.yaml"
    bench = Bench(read_area_file(path), path, folders, "0" * 32, datetime.now(UTC)).showing("out")
    assert len(bench.read(INDICATORS))
    for ask in (lambda: bench.read(VALUES), lambda: bench.rounded.read(PERSONS), lambda: bench.read(COUNTS)):
        with pytest.raises(SamenhangError, match="where only out/ may be read"):
            ask()


def test_a_step_that_waits_for_itself_is_refused():
    one = step("areas/one", reads=("areas/two",))(_make)
    two = step("areas/two", reads=("areas/one",))(_make)
    with pytest.raises(DefinitionError, match="areas/one"):
        in_order([one, two])


def test_every_number_of_people_is_summed_from_the_rounded_ones():
    """The only steps that read true numbers of people are those that round them, or tell where anybody lives."""
    readers = {one.key for one in STEPS if "people/persons" in one.reads}
    assert readers == {"protection/decisions", "areas/membership"}


def test_no_table_is_written_by_two_steps():
    names = [contract.name for one in STEPS for contract in one.writes]
    assert len(set(names)) == len(names)


def test_each_delivery_is_named_by_a_step_that_reads_it():
    area = read_area_file(SHIPPED / f"{TOWN}.yaml")
    named = {role for one in STEPS for role in one.deliveries}
    assert named == set(type(area.sources).model_fields)


def test_the_job_runs_every_asset_in_this_process(repository: dg.RepositoryDefinition):
    job = repository.get_job(JOB)
    assert {key.to_user_string() for key in job.asset_layer.selected_asset_keys} == KEYS
    assert job.executor_def is dg.in_process_executor


def test_the_definitions_of_the_user_interface_are_the_same_steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SAMENHANG_DATA", str(tmp_path))
    repository = defs().get_repository_def()
    assert {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()} == KEYS
    assert not list(tmp_path.rglob("*"))


def test_rooms_of_steps_hold_no_arithmetic():
    allowed = {"assets", "pipelines", "json", "shutil"}
    for path in sorted((PROJECT / "assets" / "rooms").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        ]
        assert {name.split(".")[0] for name in names} <= allowed, path.name
        arithmetic = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp)]
        assert not [node for node in arithmetic if isinstance(node.op, ast.Mult | ast.Sub | ast.Pow | ast.Mod)], (
            path.name
        )


def test_a_preview_shows_delivered_text_as_text():
    contract = Contract(
        "places/register",
        "one place",
        ("name",),
        (Column("name", pa.string(), "its name"), Column("n", pa.float64(), "a number")),
    )
    hostile = "![x](http://example.org/x.png) | <b> www.example.org\n\u202e`y`"
    shown = preview(contract, pa.table({"name": [hostile], "n": [-1.5]})).splitlines()[-1]
    cell = r"\!\[x\]\(http\:\/\/example\.org\/x\.png\) \| \<b\> www\.example\.org \`y\`"
    assert shown == f"| {cell} | -1.5 |"


def test_every_materialisation_says_rows_preview_vintage_and_licence(example_run):
    folders = Folders(example_run.raw, example_run.data, example_run.out)
    with cli.environment(folders), dg.DagsterInstance.get() as instance:
        events = {
            one.key: instance.get_latest_materialization_event(dg.AssetKey(one.key.split("/"))).asset_materialization
            for one in STEPS
        }
    for one in STEPS:
        metadata = {name: value.value for name, value in events[one.key].metadata.items()}
        assert events[one.key].partition == TOWN
        assert set(metadata["rows"]) >= {contract.name for contract in one.writes}
        # A step that names its deliveries tells their years; any other may rest on both waves of the survey.
        assert metadata["vintage"] == (
            [2022, 2024] if {"respondents_before"} <= {*one.deliveries} or not one.deliveries else [2024]
        )
        assert metadata["licence"] == ["CC0-1.0"]
        assert {f"preview {contract.table}" for contract in one.writes} <= set(metadata)
        assert metadata["seconds"] >= 0
        assert metadata["peak_mb"] > 0


def test_every_check_of_a_run_is_recorded_as_passed(example_run):
    folders = Folders(example_run.raw, example_run.data, example_run.out)
    with cli.environment(folders), dg.DagsterInstance.get() as instance:
        run = instance.get_runs()[0]
        records = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records
        found = [record.event_log_entry.dagster_event.asset_check_evaluation_data for record in records]
    passed = {(one.asset_key.to_user_string(), one.check_name): one.passed for one in found}
    assert passed == {(one.key, contract.table): True for one in STEPS for contract in one.writes}
    checks = json.loads((example_run.published / "run.json").read_text(encoding="utf-8"))["checks"]
    assert len(checks) == len(passed)


def test_dagster_yaml_is_understood_to_the_last_key_and_telemetry_is_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("SAMENHANG_STATE", str(tmp_path))
    with dg.DagsterInstance.from_config(str(PROJECT)) as instance:
        assert instance.get_settings("telemetry") == {"enabled": False}
        assert Path(instance.storage_directory()).is_relative_to(tmp_path)
        assert Path(instance.event_log_storage._base_dir).is_relative_to(tmp_path)
    assert set(yaml.safe_load((PROJECT / "dagster.yaml").read_text(encoding="utf-8"))) == {
        "telemetry", "storage", "local_artifact_storage", "compute_logs",
    }  # fmt: skip


def test_an_unknown_key_in_dagster_yaml_would_be_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SAMENHANG_STATE", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text("telemetri: {enabled: false}\n", encoding="utf-8")
    with pytest.raises(dg.DagsterInvalidConfigError, match="telemetri"):
        dg.DagsterInstance.from_config(str(tmp_path))


def test_state_goes_to_the_data_folder_and_nowhere_else(example_run):
    state = example_run.data / "dagster"
    assert {path.name for path in state.iterdir()} >= {"history", "schedules", "runs"}
    assert {path.name for path in example_run.data.iterdir()} == {"dagster", "tables", "private", "protection.key"}


@pytest.mark.slow
def test_dagster_accepts_the_definitions_and_leaves_nothing_where_it_was_called(tmp_path: Path):
    called_from, data = tmp_path / "elsewhere", tmp_path / "data"
    called_from.mkdir()
    (data / "dagster").mkdir(parents=True)
    ended = subprocess.run(
        [Path(sys.executable).parent / "dagster", "definitions", "validate", "-m", "assets.definitions"],
        cwd=called_from,
        env={
            **os.environ,
            "DAGSTER_HOME": str(PROJECT),
            "SAMENHANG_DATA": str(data),
            "SAMENHANG_STATE": str(data / "dagster"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert not list(called_from.rglob("*"))
