"""No respondent, no answer and no count of persons at a home leaves `data/private`, whether a run succeeds or fails."""

import datetime as dt
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from assets import cli
from assets.asset import Setting, as_asset, silent
from assets.bench import Bench, Folders
from assets.definitions import STEPS
from assets.report import preview
from assets.step import Made
from pipelines.errors import ContractError, SamenhangError
from pipelines.people.contracts import PERSONS
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.contracts import ANSWERS, INVENTORY, ITEMS, MARGINS, RESPONDENTS, STRATA
from pipelines.warehouse import Warehouse

TOWN, SURVEY = "voorbeeldstad", "enquete.csv"
MARK = "kanarie-qzx"
MARKED_NUMBER = -98765.4321


def _words_of_databases(folder: Path) -> Iterator[str]:
    """Every row of every table of Dagster's own databases."""
    for path in sorted(folder.rglob("*.db")):
        with sqlite3.connect(path) as connection:
            yield from connection.iterdump()
        connection.close()


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file that holds words, with them; databases and Parquet files have readers of their own."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in {".parquet", ".duckdb", ".db"}:
            yield str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")


def _published_tables(release: Path) -> Iterator[tuple[str, pa.Table]]:
    for path in sorted((release).rglob("*.parquet")):
        yield path.name, pq.read_table(path, partitioning=None)
    with duckdb.connect(str(release / "samenhang.duckdb"), read_only=True) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            yield name, connection.table(name).to_arrow_table()


def _columns(release: Path, is_wanted) -> Iterator[tuple[str, pa.ChunkedArray]]:
    for name, table in _published_tables(release):
        for column in table.column_names:
            if is_wanted(table[column].type):
                yield f"{name}.{column}", table[column]


def _is_text(type_: pa.DataType) -> bool:
    return pa.types.is_string(type_) or pa.types.is_large_string(type_)


@pytest.fixture(scope="module")
def respondent_ids(example_run) -> frozenset[str]:
    ids = Warehouse(example_run.data, TOWN).read(RESPONDENTS)["respondent_id"].to_pylist()
    assert len(ids) > 800
    return frozenset(ids)


@pytest.fixture(scope="module")
def answer_rows(example_run) -> list[str]:
    lines = (example_run.raw / TOWN / SURVEY).read_text(encoding="utf-8-sig").splitlines()[1:]
    return [line.split(";", 3)[3] for line in lines]


@pytest.fixture(scope="module")
def dagster_words(example_run) -> str:
    return "\n".join(_words_of_databases(example_run.data / "dagster"))


def test_what_respondents_wrote_in_their_own_words_is_found_nowhere(example_run):
    """Not even in private tables: a column that nobody asked for is not read."""
    delivered = (example_run.raw / TOWN / SURVEY).read_text(encoding="utf-8-sig")
    assert delivered.count("Toverhazelaar") > 50
    written = [path for path in example_run.data.parent.rglob("*") if path.is_file()]
    assert len(written) > 100
    assert not [path for path in written if b"Toverhazelaar" in path.read_bytes()]
    for path in (path for path in written if path.suffix == ".parquet"):
        table = pq.read_table(path, partitioning=None)
        words = [name for name in table.column_names if _is_text(table[name].type)]
        assert not [name for name in words if "Toverhazelaar" in str(pc.unique(table[name]).to_pylist())], path


def _respondents_in(text: str, ids: frozenset[str]) -> set[str]:
    return set(re.findall(r"(?<![\w.])\d{6}(?![\w.])", text)) & ids


def test_what_dagster_stores_holds_no_respondent_and_no_answers(
    dagster_words: str, respondent_ids: frozenset[str], answer_rows: list[str]
):
    assert "preview respondents" in dagster_words
    assert _respondents_in(dagster_words, respondent_ids) == set()
    assert not [row for row in answer_rows if row in dagster_words]


def test_what_is_written_beside_private_tables_holds_no_respondent(
    example_run, respondent_ids: frozenset[str], answer_rows: list[str]
):
    for folder in (example_run.data / "dagster", example_run.data / "tables", example_run.published.resolve()):
        for name, text in _texts(folder):
            # A map's coordinates are numbers of their own; no respondent is one of them by chance.
            assert _respondents_in(text, respondent_ids) == set(), name
            assert not [row for row in answer_rows if row in text], name


def test_no_published_column_holds_a_respondent(example_run, respondent_ids: frozenset[str]):
    for name, column in _columns(example_run.published, _is_text):
        assert not respondent_ids & set(column.to_pylist()), name
    for name, table in _published_tables(example_run.published):
        assert not {"respondent_id", "origin_id", "address_id", "persons"} & set(table.column_names), name


def test_the_persons_at_a_home_stand_nowhere_outside_private_tables(example_run, dagster_words: str):
    persons = Warehouse(example_run.data, TOWN).read(PERSONS)["persons"].drop_null().to_numpy()
    # Only fractions that no other figure can be by chance.
    fractions = np.unique(persons[np.abs(persons * 1e4 - np.round(persons * 1e4)) > 1e-6])
    assert len(fractions) > 10
    for name, column in _columns(example_run.published, pa.types.is_floating):
        assert not np.isin(column.drop_null().to_numpy(), fractions).any(), name
    words = [dagster_words, *(text for _, text in _texts(example_run.published.resolve()))]
    assert not [fraction for fraction in fractions for text in words if repr(float(fraction)) in text]


def test_only_the_owner_may_open_private_tables(example_run):
    private = example_run.data / "private"
    modes = {path: path.stat().st_mode & 0o777 for path in (private, *private.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    # What earlier releases told lies beside the tables, one file per release.
    tables = [path for path in modes if path.suffix == ".parquet" and "told" not in path.parts]
    assert len(tables) == sum(contract.personal for one in STEPS for contract in one.writes)


def test_personal_tables_lie_nowhere_but_in_private(example_run):
    for one in STEPS:
        for contract in one.writes:
            open_path = example_run.data / "tables" / contract.room / contract.table
            assert open_path.exists() != contract.personal, contract.name


def test_a_preview_of_a_personal_table_shows_how_many_rows_it_has_and_none_of_them():
    table = pa.Table.from_pylist([{"respondent_id": MARK, "buurt_code": "BU99990101"}], schema=RESPONDENTS.schema)
    assert preview(RESPONDENTS, table) == "1 rows of a personal table; none are shown."


def test_metadata_shows_rows_of_no_personal_table(example_run):
    folders = Folders(example_run.raw, example_run.data, example_run.out)
    with cli.environment(folders), dg.DagsterInstance.get() as instance:
        for one in STEPS:
            event = instance.get_latest_materialization_event(dg.AssetKey(one.key.split("/")))
            metadata = event.asset_materialization.metadata
            for contract in one.writes:
                shown = metadata[f"preview {contract.table}"].value
                assert ("none are shown" in shown) == contract.personal, contract.name


def _bench(home: Path, raw: Path) -> Bench:
    path = SHIPPED / f"{TOWN}.yaml"
    folders = Folders(raw, home / "data", home / "published")
    return Bench(read_area_file(path), path, folders, "0123456789", dt.datetime(2024, 3, 4, tzinfo=dt.UTC))


def _made(**changed: list[object]) -> Made:
    """Two respondents, of whom something is wrong in `changed` columns."""
    columns = {
        "respondent_id": [f"{MARK}-1", f"{MARK}-2"],
        "buurt_code": ["BU99990101", "BU99990101"],
        "weight": [1.0, 2.0],
        "wave": [2024, 2024],
        "age": pa.nulls(2, pa.int64()),
        **{name: ["", ""] for name in ("pc4", "stratum", "cluster", "mode", "sex", "household", "panel_id")},
    }
    others = (contract.schema.empty_table() for contract in (ANSWERS, ITEMS, STRATA, MARGINS, INVENTORY))
    return Made((pa.table({**columns, **changed}).select(list(RESPONDENTS.column_names)), *others))


def _unforeseen(_bench: Bench) -> Made:
    message = f"cannot make a number of {MARK}"
    raise ValueError(message)


def _survey_that_makes(make, bench: Bench) -> dg.AssetsDefinition:
    """The step that reads the survey, as it is but for what it makes."""
    survey = next(one for one in STEPS if one.key == "sources/survey")
    setting = Setting(lambda _: bench, dg.StaticPartitionsDefinition([TOWN]), silent, locked=True)
    return as_asset(replace(survey, make=make), setting)


BREACHES = {
    "out of range": (lambda _: _made(weight=[1.0, MARKED_NUMBER]), ContractError, r"lowest value \(not shown\)"),
    "repeated": (lambda _: _made(respondent_id=[MARK, MARK]), ContractError, "repeats: 2 rows, 1 distinct"),
    "of another type": (lambda _: _made(weight=["1", MARK]), ContractError, "string does not fit double"),
    "unforeseen": (_unforeseen, SamenhangError, "ValueError at .*defect of ours"),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_personal_table_that_breaks_its_contract_is_quoted_nowhere(
    breach: str, example_raw: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    make, kind, words = BREACHES[breach]
    bench = _bench(tmp_path, example_raw)
    survey = next(one for one in STEPS if one.key == "sources/survey")
    setting = Setting(lambda _: bench, dg.StaticPartitionsDefinition([TOWN]), silent, locked=True)
    with (
        cli.environment(bench.folders),
        dg.DagsterInstance.get() as instance,
        pytest.raises(kind, match=words) as error,
    ):
        dg.materialize([as_asset(replace(survey, make=make), setting)], instance=instance, partition_key=TOWN)
    said = capfd.readouterr()
    stored = "\n".join(_words_of_databases(bench.folders.state))
    files = dict(_texts(bench.folders.data))
    # What the step's process printed is kept nowhere: the record of the run is the only file of words.
    (kept,) = files
    assert kept == f"dagster/runs/{TOWN}/{bench.release}/run.json"
    for text in (str(error.value), said.out, said.err, stored, *files.values()):
        assert MARK not in text
        assert str(MARKED_NUMBER)[1:] not in text
    record = json.loads(files[kept])
    assert record["status"] == "failed"
    assert re.search(words.split(".*")[0], record["failure"])
    assert not bench.warehouse.path(RESPONDENTS).exists()


def test_a_broken_contract_is_a_failed_check_in_dagster(example_raw: Path, tmp_path: Path):
    make, kind, _ = BREACHES["out of range"]
    bench = _bench(tmp_path, example_raw)
    with cli.environment(bench.folders), dg.DagsterInstance.get() as instance:
        with pytest.raises(kind):
            dg.materialize([_survey_that_makes(make, bench)], instance=instance, partition_key=TOWN)
        run = instance.get_runs()[0]
        found = {
            record.event_log_entry.dagster_event.asset_check_evaluation_data.check_name: (
                record.event_log_entry.dagster_event.asset_check_evaluation_data.passed
            )
            for record in instance.get_records_for_run(
                run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
            ).records
        }
        assert run.status is dg.DagsterRunStatus.FAILURE
        assert instance.get_latest_materialization_event(dg.AssetKey(["sources", "survey"])) is None
    sound = dict.fromkeys(("answers", "items", "strata", "margins", "inventory"), True)
    assert found == {"respondents": False, **sound}


@pytest.mark.slow
def test_a_marked_respondent_is_found_nowhere_after_a_whole_run(town, tmp_path: Path):
    """Numbers that occur nowhere else make sure that nothing is overlooked, not even in a file without a reader."""
    for path in (town.file(SURVEY), town.file("enquete_2022.csv")):
        head, *rows = path.read_text(encoding="utf-8-sig").splitlines()
        path.write_text("\n".join([head, *(f"{MARK}-{row}" for row in rows)]) + "\n", encoding="utf-8")
    home = tmp_path / "home"
    words = ["run", str(town.area_file), "--raw", str(town.raw), "--out", str(home / "published")]
    ended = subprocess.run(
        [Path(sys.executable).parent / "samenhang", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SAMENHANG_DATA": str(home / "data")},
    )
    assert ended.returncode == 0, ended.stderr
    assert MARK not in ended.stdout + ended.stderr
    marked = Warehouse(home / "data", TOWN).read(RESPONDENTS)["respondent_id"].to_pylist()
    assert all(respondent.startswith(f"{MARK}-") for respondent in marked)
    everywhere = [path for path in home.rglob("*") if path.is_file() and home / "data" / "private" not in path.parents]
    assert len(everywhere) > 60
    assert not [path for path in everywhere if MARK.encode() in path.read_bytes()]
    for path in everywhere:
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            words = [name for name in table.column_names if _is_text(table[name].type)]
            assert not [name for name in words if MARK in str(pc.unique(table[name]).to_pylist())], path
    for name, column in _columns(home / "published" / TOWN, _is_text):
        assert MARK not in str(pc.unique(column).to_pylist()), name
