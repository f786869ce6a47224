"""The key that people are rounded with, and what was told before."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from assets.bench import Bench, Folders
from assets.secret import keep_told, known_secret
from pipelines.errors import InputError
from pipelines.protection.contracts import COUNTS
from pipelines.sources.area_file import SHIPPED, read_area_file

AREA = SHIPPED / "voorbeeldstad.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folders = Folders(tmp_path / "raw", tmp_path / "data", tmp_path / "out")
    return Bench(read_area_file(AREA), AREA, folders, "0" * 32, datetime(2024, 1, 1, tzinfo=UTC))


def _counts(rounded: float) -> pa.Table:
    row = {
        "area_type": "buurt", "area_code": "BU1", "population_group": "all", "profile": "", "level": "",
        "period": "2024", "true": 12.0, "rounded": rounded, "lowest": 0.0, "highest": None,
    }  # fmt: skip
    return pa.Table.from_pylist([row], schema=COUNTS.schema)


def _later(bench: Bench, day: int) -> Bench:
    return replace(bench, started=datetime(2024, 1, day, tzinfo=UTC))


def test_the_first_run_makes_a_key_that_only_its_owner_can_read(bench: Bench):
    secret = known_secret(bench)
    assert len(secret.key) == 32
    assert secret.earlier == ()
    assert bench.folders.key == bench.folders.data / "protection.key"
    assert bench.folders.key.stat().st_mode & 0o777 == 0o600
    assert known_secret(bench).key == secret.key


def test_a_key_of_ones_own_is_used_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SAMENHANG_KEY", str(tmp_path / "safe" / "key"))
    assert Folders.from_environment().key == tmp_path / "safe" / "key"


def test_what_was_told_is_known_to_the_next_run_and_the_same_is_kept_once(bench: Bench):
    known_secret(bench)
    keep_told(_later(bench, 1), _counts(10))
    keep_told(_later(bench, 2), _counts(10))
    keep_told(_later(bench, 3), _counts(15))
    told = known_secret(bench).earlier
    assert [table["rounded"].to_pylist() for _, table in told] == [[10], [15]]
    assert known_secret(bench).last("2024")["rounded"].to_pylist() == [15]
    assert len(known_secret(bench).last("2023")) == 0
    folder = bench.warehouse.path(COUNTS).parent / "told"
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert folder.is_relative_to(bench.folders.data / "private")


@pytest.mark.parametrize("damage", ["gone", "another", "no hexadecimal", "too short"])
def test_without_the_key_that_was_used_nothing_is_rounded(bench: Bench, damage: str):
    known_secret(bench)
    keep_told(bench, _counts(10))
    key = bench.folders.key
    if damage == "gone":
        key.unlink()
    else:
        key.write_text({"another": "ab" * 32, "no hexadecimal": "what?", "too short": "abcd"}[damage])
    with pytest.raises(InputError, match=r"protection\.key.*Put it back from your backup"):
        known_secret(bench)
    assert key.exists() == (damage != "gone")
