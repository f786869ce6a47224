"""Damaged records of Dagster are named with the mend; they are no full disk, and no defect of ours."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from assets.bench import Folders
from assets.cli import environment
from assets.faults import explained
from assets.running import QUIET
from pipelines.errors import ReleaseError


@dg.asset
def one() -> None:
    """An asset of nothing."""


def run_one(folders: Folders) -> None:
    job = dg.define_asset_job("one_job", executor_def=dg.in_process_executor)
    definitions = dg.Definitions(assets=[one], jobs=[job])
    with environment(folders), explained(folders), dg.DagsterInstance.get() as instance:
        definitions.resolve_job_def("one_job").execute_in_process(instance=instance, run_config=QUIET)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which something ran."""
    home = tmp_path_factory.mktemp("used")
    run_one(Folders(home, home / "data", home))
    return home / "data"


def garble(path: Path) -> None:
    path.write_bytes(b"no database" * 1_000)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5_000])


def forget_its_tables(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in tables:
            if name not in {"alembic_version", "sqlite_sequence"}:
                connection.execute(f"drop table {name}")
    connection.close()


@pytest.mark.parametrize("damage", [garble, cut_short])
@pytest.mark.parametrize("file", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
def test_a_damaged_record_is_named_with_the_mend(used: Path, tmp_path: Path, file: str, damage: Callable[[Path], None]):
    folders = Folders(tmp_path, tmp_path / "data", tmp_path)
    shutil.copytree(used, folders.data)
    damage(folders.state / file)
    with pytest.raises(ReleaseError, match=rf"{folders.state}: Dagster's records of runs are damaged.*move it away"):
        run_one(folders)


def test_records_without_their_tables_are_damaged_too_and_made_anew_once_they_are_moved_away(
    used: Path, tmp_path: Path
):
    folders = Folders(tmp_path, tmp_path / "data", tmp_path)
    shutil.copytree(used, folders.data)
    forget_its_tables(folders.state / "history" / "runs.db")
    with pytest.raises(ReleaseError, match="Dagster's records of runs are damaged"):
        run_one(folders)
    folders.state.rename(tmp_path / "away")
    run_one(folders)


def test_a_file_where_a_folder_of_records_must_be_is_named(used: Path, tmp_path: Path):
    folders = Folders(tmp_path, tmp_path / "data", tmp_path)
    shutil.copytree(used, folders.data)
    shutil.rmtree(folders.state / "schedules")
    (folders.state / "schedules").write_text("mine", encoding="utf-8")
    with pytest.raises(ReleaseError, match="schedules: a file stands where a folder must be"):
        run_one(folders)
