"""The key that people are rounded with, and what was told before."""

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets import cli
from assets.bench import Bench, Folders
from assets.secret import go_on, keep_told, known_secret, require_one_key, told_as
from pipelines.errors import InputError
from pipelines.history import history, remembered
from pipelines.protection.chance import fingerprint
from pipelines.protection.contracts import COUNTS
from pipelines.shelf_keys import COST
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.contracts import AREAS
from pipelines.withdrawal import withdraw
from tests.conftest import Laid

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


def _served(home: Path, out: Path, *, key: bytes | None = None, name: str = "voorbeeldstad") -> Bench:
    """One of several servers: a data folder of its own, and a shelf that others publish to as well."""
    folders = Folders(home / "raw", home / "data", out)
    if key:
        folders.data.mkdir(parents=True)
        folders.key.write_text(key.hex(), encoding="ascii")
    area = read_area_file(AREA).model_copy(update={"name": name})
    return Bench(area, AREA, folders, "0" * 32, datetime(2024, 1, 1, tzinfo=UTC))


def _publish(bench: Bench, rounded: float = 10) -> None:
    """What a run does with its secret, from the first step that needs it to the switch."""
    secret = known_secret(bench)
    keep_told(bench, _counts(rounded))
    require_one_key(bench)
    audit = {"told_as": told_as(bench), "method": {"key": fingerprint(secret.key)}}
    with remembered(bench.shelf, bench.release) as folder:
        (folder / "sdc_audit.json").write_text(json.dumps(audit), encoding="utf-8")
        indicators = {"area_type": ["buurt"], "area_code": ["BU1"]}
        pq.write_table(pa.table(indicators), folder / "indicators.parquet")


def test_the_history_tells_the_key_and_what_every_release_told(bench: Bench):
    _publish(_later(bench, 1))
    _publish(_later(bench, 2))
    key = fingerprint(known_secret(bench).key)
    first = _later(bench, 1).release
    assert [(entry.key, entry.told_as) for entry in history(bench.shelf)] == [(key, first)] * 2


def test_a_second_data_folder_makes_no_key_of_its_own_for_the_same_shelf(tmp_path: Path):
    _publish(_served(tmp_path / "one", tmp_path / "out"))
    other = _served(tmp_path / "other", tmp_path / "out")
    for ask in (require_one_key, known_secret):
        with pytest.raises(InputError, match=r"key .* is not here.*data folder that published here.*samenhang newkey"):
            ask(other)
    assert not other.folders.key.exists()
    assert not other.folders.data.exists()


def test_two_first_runs_at_once_with_keys_of_their_own_are_parted_at_the_switch(tmp_path: Path):
    one, other = (_served(tmp_path / name, tmp_path / "out") for name in ("one", "other"))
    known_secret(one)
    known_secret(other)
    _publish(one)
    keep_told(other, _counts(15))
    with pytest.raises(InputError, match="rounded with another key"):
        require_one_key(other)


def test_two_first_runs_at_once_in_one_data_folder_have_one_key(bench: Bench):
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: known_secret(bench).key, range(8)))
    assert len(set(keys)) == 1
    assert [path.name for path in bench.folders.data.iterdir()] == ["protection.key"]


def test_the_same_key_without_what_was_told_is_refused_until_that_is_brought_along(tmp_path: Path):
    one = _served(tmp_path / "one", tmp_path / "out", key=b"k" * 32)
    other = _served(tmp_path / "other", tmp_path / "out", key=b"k" * 32)
    _publish(one)
    with pytest.raises(InputError, match=rf"Put {one.release}\.parquet into private/voorbeeldstad/protection/told"):
        known_secret(other)
    told = Path("private", "voorbeeldstad", "protection", "told")
    shutil.copytree(one.folders.data / told, other.folders.data / told)
    assert [name for name, _ in known_secret(other).earlier] == [one.release]


def test_a_backup_that_is_older_than_the_last_release_is_refused(bench: Bench, tmp_path: Path):
    _publish(_later(bench, 1), 10)
    shutil.copytree(bench.folders.data, tmp_path / "backup")
    _publish(_later(bench, 2), 15)
    shutil.rmtree(bench.folders.data)
    shutil.copytree(tmp_path / "backup", bench.folders.data)
    with pytest.raises(InputError, match=_later(bench, 2).release):
        require_one_key(bench)


def test_a_withdrawn_release_was_read_and_is_held_against_too(tmp_path: Path):
    one = _served(tmp_path / "one", tmp_path / "out", key=b"k" * 32)
    _publish(one)
    withdraw(one.shelf, "current", "wrong", "2024-05-01T12:00:00+00:00")
    with pytest.raises(InputError, match="rounded with another key"):
        require_one_key(_served(tmp_path / "other", tmp_path / "out", key=b"q" * 32))


def test_a_release_from_before_there_were_fingerprints_binds_nobody_who_has_a_key(tmp_path: Path):
    bench = _served(tmp_path / "one", tmp_path / "out", key=b"k" * 32)
    with remembered(bench.shelf, "20200101T120000Z-0"):
        pass
    assert known_secret(bench).earlier == ()
    bench.folders.key.unlink()
    with pytest.raises(InputError, match="is not here"):
        known_secret(bench)


def test_a_history_from_before_it_kept_the_key_learns_it_from_the_audits(tmp_path: Path):
    one = _served(tmp_path / "one", tmp_path / "out", key=b"k" * 32)
    _publish(one)
    path = one.shelf.releases / "history.json"
    (row,) = json.loads(path.read_text())
    path.write_text(json.dumps([{name: row[name] for name in ("release", "published", "status")}]))
    with pytest.raises(InputError, match="rounded with another key"):
        require_one_key(_served(tmp_path / "other", tmp_path / "out", key=b"q" * 32))


def test_what_is_lost_is_given_up_by_a_command_that_tells_the_cost_and_stays_in_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    one = _served(tmp_path / "one", tmp_path / "out")
    _publish(one)
    monkeypatch.setenv("SAMENHANG_DATA", str(tmp_path / "other" / "data"))
    words = ["newkey", "voorbeeldstad", "--out", str(tmp_path / "out"), "--reason", "De server is verbrand"]
    monkeypatch.setattr(sys, "argv", ["samenhang", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    said = capsys.readouterr().out
    assert f"No longer remembered: release {one.release}." in said
    assert COST in said
    other = replace(_served(tmp_path / "other", tmp_path / "out"), started=datetime(2024, 1, 2, tzinfo=UTC))
    _publish(other)
    assert [entry.forgotten for entry in history(one.shelf)] == ["De server is verbrand", ""]
    with pytest.raises(InputError, match="rounded with another key"):
        require_one_key(one)


def test_with_a_new_key_what_was_told_is_still_known(bench: Bench):
    _publish(bench)
    before = known_secret(bench)
    bench.folders.key.unlink()
    assert [entry.release for entry in go_on(bench, "lost")] == [bench.release]
    assert known_secret(bench).key != before.key
    assert [table for _, table in known_secret(bench).earlier] == [table for _, table in before.earlier]


@pytest.mark.parametrize("text", ["what?", "abcd", ""])
def test_a_damaged_key_is_put_aside_when_it_is_given_up(bench: Bench, text: str):
    _publish(bench)
    bench.folders.key.write_text(text, encoding="ascii")
    go_on(bench, "damaged")
    assert len(known_secret(bench).key) == 32
    assert bench.folders.key.with_name("protection.key.damaged").read_text() == text


def test_nothing_is_given_up_while_nothing_is_lost(bench: Bench):
    _publish(bench)
    with pytest.raises(InputError, match="nothing is lost"):
        go_on(bench, "why not")


@pytest.mark.parametrize("whole", [0, 0.5, 0.9])
def test_a_damaged_file_of_what_was_told_is_named_with_the_mend(bench: Bench, whole: float):
    _publish(_later(bench, 1))
    _publish(_later(bench, 2), 15)
    (path, _) = sorted((bench.folders.data / "private").rglob("*.parquet"))
    text = path.read_bytes()
    path.write_bytes(text[: int(whole * len(text))] + b"PAR1")
    with pytest.raises(InputError, match=rf"{path.name}: what release .* the file is damaged.*backup.*newkey"):
        known_secret(bench)
    go_on(bench, "damaged")
    assert [table["rounded"].to_pylist() for _, table in known_secret(bench).earlier] == [[15]]
    assert path.with_name(f"{path.name}.damaged").exists()


def test_what_was_told_keeps_its_order_when_a_clock_was_set_back(bench: Bench):
    known_secret(bench)
    keep_told(_later(bench, 5), _counts(10))
    keep_told(_later(bench, 3), _counts(15))
    assert [table["rounded"].to_pylist() for _, table in known_secret(bench).earlier] == [[10], [15]]


def _lay_buurt(bench: Bench, code: str) -> None:
    Laid(bench.warehouse).lay(AREAS, {"area_type": "buurt", "area_code": code, "area_name": code})


def test_what_another_area_told_of_the_same_buurten_is_known_and_of_others_is_not(tmp_path: Path):
    one, other, third = (_served(tmp_path, tmp_path / "out", name=name) for name in ("een", "twee", "drie"))
    _lay_buurt(other, "BU1")
    _lay_buurt(third, "BU2")
    _publish(one)
    assert [name for name, _ in known_secret(other).earlier] == [f"een/{one.release}"]
    assert known_secret(third).earlier == ()


def test_two_areas_over_the_same_buurten_are_refused_from_two_data_folders(tmp_path: Path):
    _publish(_served(tmp_path / "one", tmp_path / "out", key=b"k" * 32, name="een"))
    same = _served(tmp_path / "same", tmp_path / "out", key=b"k" * 32, name="twee")
    other = _served(tmp_path / "other", tmp_path / "out", key=b"q" * 32, name="twee")
    for bench in (same, other):
        _lay_buurt(bench, "BU1")
        with pytest.raises(
            InputError, match=r"twee and een tell of the same buurten.*Publish both from one data folder"
        ):
            known_secret(bench)
        _lay_buurt(bench, "BU2")
        assert known_secret(bench).earlier == ()


def test_a_damaged_release_of_another_area_is_named(tmp_path: Path):
    one, other = (_served(tmp_path, tmp_path / "out", name=name) for name in ("een", "twee"))
    _publish(one)
    _lay_buurt(other, "BU1")
    (one.shelf.current / "indicators.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"indicators\.parquet: cannot be read.*samenhang verify een"):
        known_secret(other)
