"""A run reads nothing again that check has read of the same files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.bench import Bench, Folders
from assets.rooms import sources
from pipelines.sources import vector
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.check import readings
from pipelines.sources.recall import Memory


def test_the_steps_take_what_check_read_and_leave_only_where_the_area_lies(
    example_raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = SHIPPED / "voorbeeldstad.yaml"
    area, memory, folders = read_area_file(path), Memory(), Folders(example_raw, tmp_path, tmp_path)
    assert readings(area, example_raw, memory).problems == ()

    def opened(*_: object) -> None:
        pytest.fail("a layer is read again")

    monkeypatch.setattr(vector, "opened", opened)
    bench = Bench(area, path, folders, "0" * 32, datetime(2024, 3, 4, tzinfo=UTC), memory=memory)
    made = {step.key: step.make(bench) for step in sources.STEPS}
    assert all(len(one.tables[0]) for one in made.values())
    assert set(memory) == {"read_municipality"}
