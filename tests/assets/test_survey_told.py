"""What releases told of a survey is kept for the next one, by its owner alone, and survives a purge."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from assets.bench import Bench, Folders
from assets.survey_told import keep_survey, survey_told_before
from pipelines.errors import InputError
from pipelines.protection.contracts import SURVEY_TOLD
from pipelines.purge import purge
from pipelines.sources.area_file import SHIPPED, read_area_file

AREA = SHIPPED / "voorbeeldstad.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folders = Folders(tmp_path / "raw", tmp_path / "data", tmp_path / "out")
    return Bench(read_area_file(AREA), AREA, folders, "0" * 32, datetime(2024, 1, 1, tzinfo=UTC))


def told(chosen: float) -> pa.Table:
    row = {"wave": 2024, "area_type": "buurt", "area_code": "BU1", "question": "q", "category": "yes"}
    return pa.Table.from_pylist([row | {"respondents": 40.0, "chosen": chosen}], schema=SURVEY_TOLD.schema)


def files(bench: Bench) -> list[Path]:
    return sorted(bench.folders.data.rglob("told/survey/*.parquet"))


def keep(bench: Bench, *chosen: float) -> None:
    for day, one in enumerate(chosen, start=1):
        keep_survey(replace(bench, started=datetime(2024, 1, day, tzinfo=UTC)), told(one))


def test_every_release_that_told_something_else_is_known_to_the_next_run(bench: Bench):
    assert survey_told_before(bench) == ()
    keep(bench, 10, 11, 11, 10)
    assert [table["chosen"].to_pylist() for table in survey_told_before(bench)] == [[10], [11]]
    assert {path.stat().st_mode & 0o777 for path in files(bench)} == {0o600}


def test_without_a_survey_nothing_is_kept(bench: Bench):
    keep_survey(bench, SURVEY_TOLD.schema.empty_table())
    assert files(bench) == []


def test_a_purge_leaves_it_and_counts_releases_once(bench: Bench):
    keep(bench, 10, 11)
    assert purge(bench.folders.data / "private" / bench.area.name).kept == 0
    assert len(survey_told_before(bench)) == 2


def test_a_damaged_file_is_named_with_the_mend(bench: Bench):
    keep(bench, 10)
    files(bench)[0].write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"told of the survey cannot be read.*backup"):
        survey_told_before(bench)
