"""What was read once is not read again in a run, unless a file has changed."""

import os
from pathlib import Path

import pytest
import yaml

from pipelines.sources.area_file import SHIPPED, AreaFile
from pipelines.sources.recall import Memory, recall

AREA = AreaFile.model_validate(yaml.safe_load((SHIPPED / "groningen-2017.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    for delivery in AREA.sources.all():
        (tmp_path / delivery.path).parent.mkdir(exist_ok=True)
        (tmp_path / delivery.path).write_text("x")
    return tmp_path


def reader(times: list[int]) -> list[int]:
    """Any reader; counts how often it reads."""
    times.append(len(times))
    return times


def test_what_was_read_is_given_again_and_taken_by_the_last(raw: Path):
    memory: Memory = {}
    times = list[int]()
    assert recall(memory, AREA, raw).once(reader, times) is times
    assert recall(memory, AREA, raw).once(reader, times) is times
    assert recall(memory, AREA, raw).last(reader, times) is times
    assert times == [0]
    assert memory == {}
    recall(memory, AREA, raw).last(reader, times)
    assert times == [0, 1]
    assert memory == {}


@pytest.mark.parametrize("part", ["buurt2017.zip", "buurt2017.dbf"])
def test_a_file_that_changed_is_read_again_and_so_is_one_beside_it(raw: Path, part: str):
    memory: Memory = {}
    times = list[int]()
    recall(memory, AREA, raw).once(reader, times)
    changed = raw / "groningen" / part
    changed.write_text("y")
    os.utime(changed, ns=(1, 1))
    recall(memory, AREA, raw).once(reader, times)
    assert times == [0, 1]
    assert len(memory) == 1


def test_another_area_file_or_raw_folder_is_another_question(raw: Path, tmp_path_factory: pytest.TempPathFactory):
    memory: Memory = {}
    times = list[int]()
    recall(memory, AREA, raw).once(reader, times)
    recall(memory, AREA.model_copy(update={"year": 2018}), raw).once(reader, times)
    recall(memory, AREA, tmp_path_factory.mktemp("raw")).last(reader, times)
    assert times == [0, 1, 2]


def test_a_reader_that_fails_leaves_nothing(raw: Path):
    def fails() -> None:
        raise ValueError

    memory: Memory = {}
    with pytest.raises(ValueError, match=r"^$"):
        recall(memory, AREA, raw).once(fails)
    assert memory == {}


@pytest.mark.parametrize("target", ["nothing.zip", "buurt2017.zip"])
def test_a_link_to_nothing_or_to_itself_has_no_state(raw: Path, target: str):
    path = raw / "groningen" / "buurt2017.zip"
    path.unlink()
    path.symlink_to(path.with_name(target))
    assert recall({}, AREA, raw).stamp
