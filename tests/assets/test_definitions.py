"""The graph: exactly these steps, each described, owned, partitioned, and checked by contracts of what it writes."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets.bench import Folders, known_areas
from assets.definitions import STEPS, build
from pipelines.release import Shelf

ROOT = Path(__file__).parents[2]
KEYS = {
    "sources/statistics", "sources/addresses", "sources/segments", "sources/places", "sources/survey",
    "sources/inventory", "people/origins", "people/persons", "places/register", "streets/graph", "streets/costs",
    "survey/estimates", "reach/attachments", "reach/pairs", "findings/nearness", "findings/minimum",
    "areas/membership", "areas/values", "out/indicators", "out/places", "pages/exports", "pages/map", "pages/index",
    "pages/release",
}  # fmt: skip


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("graph")
    folders = Folders(folder / "raw", folder / "data", folder / "out")
    return build(folders, known_areas(folders)).resolve_asset_graph()


def test_the_graph_has_exactly_these_assets(graph):
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == KEYS
    assert 15 <= len(KEYS) <= 25


def test_every_asset_has_its_room_as_group_an_owner_a_description_and_the_areas_as_partitions(graph):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name == ("protection" if key.path[0] == "out" else key.path[0])
        assert node.owners
        assert len(node.description or "") > 20
        assert set(node.partitions_def.get_partition_keys()) == {
            "groningen-2017",
            "voorbeeldstad",
            "voorbeeldstad-groot",
        }


def test_every_table_is_guarded_by_a_blocking_check_made_from_its_contract(graph):
    checks = {(key.asset_key.to_user_string(), key.name): graph.get_check_spec(key) for key in graph.asset_check_keys}
    assert set(checks) == {(one.key, contract.table) for one in STEPS for contract in one.writes}
    assert all(spec.blocking for spec in checks.values())
    assert len(checks) > 25


def test_a_step_reads_only_from_steps_before_it():
    seen: set[str] = set()
    for one in STEPS:
        assert set(one.reads) <= seen, one.key
        seen.add(one.key)


@pytest.mark.parametrize("path", sorted((ROOT / "assets" / "rooms").glob("*.py")), ids=lambda path: path.stem)
def test_rooms_of_the_graph_do_no_arithmetic(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [
        node for node in ast.walk(tree) if isinstance(node, (ast.BinOp, ast.AugAssign)) and not _joins_tuples(node)
    ]
    imported = {name.split(".")[0] for name in _imports(tree)}
    assert imported <= {"assets", "pipelines", "json", "shutil"}


def _joins_tuples(node: ast.BinOp | ast.AugAssign) -> bool:
    """Paths are joined with `/`, tuples of remarks with `+`."""
    return isinstance(node.op, (ast.Div, ast.Add, ast.BitOr))


def _imports(tree: ast.Module) -> set[str]:
    froms = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return froms | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def test_dagsters_settings_hold_no_unknown_key_and_no_telemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SAMENHANG_STATE", str(tmp_path))
    with dg.DagsterInstance.from_config(str(ROOT)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.storage_directory().startswith(str(tmp_path))


def test_every_materialisation_says_its_rows_preview_vintage_and_licence(example_run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SAMENHANG_STATE", str(example_run.data / "dagster"))
    with dg.DagsterInstance.from_config(str(ROOT)) as instance:
        for one in STEPS:
            event = instance.get_latest_materialization_event(dg.AssetKey(one.key.split("/")))
            metadata = event.asset_materialization.metadata
            assert {"rows", "vintage", "licence", "seconds", "peak_mb", "rejected"} <= set(metadata), one.key
            assert event.asset_materialization.partition == "voorbeeldstad"
            previews = {name.removeprefix("preview ") for name in metadata if name.startswith("preview ")}
            assert {contract.table for contract in one.writes} <= previews


def test_a_run_without_the_command_line_takes_the_lock_step_by_step(example_raw: Path, tmp_path: Path):
    from assets.cli import environment

    folders = Folders(example_raw, tmp_path / "data", tmp_path / "out")
    areas = {"voorbeeldstad": known_areas(folders)["voorbeeldstad"]}
    with environment(folders), dg.DagsterInstance.get() as instance:
        job = build(folders, areas).resolve_job_def("publish")
        wanted = [dg.AssetKey(["sources", "inventory"]), dg.AssetKey(["sources", "survey"])]
        result = job.execute_in_process(instance=instance, partition_key="voorbeeldstad", asset_selection=wanted)
        assert result.success
    assert (folders.data / "tables" / ".locks" / "voorbeeldstad.lock").exists()
    assert not Shelf(folders.out, "voorbeeldstad").current.exists()


@pytest.mark.slow
def test_dagster_itself_finds_the_definitions_sound_from_another_folder(tmp_path: Path):
    environment = os.environ | {
        "DAGSTER_HOME": str(ROOT), "SAMENHANG_STATE": str(tmp_path / "state"), "SAMENHANG_DATA": str(tmp_path / "data"),
    }  # fmt: skip
    command = [str(Path(sys.executable).parent / "dagster"), "definitions", "validate", "-m", "assets.definitions"]
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) in (["state"], [])
