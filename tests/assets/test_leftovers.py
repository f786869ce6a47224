"""What a killed run leaves half-written is gone after the next step, and nothing of another area is."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from assets.asset import clear_leftovers
from assets.bench import Bench, Folders
from pipelines.people.contracts import ORIGINS, PERSONS
from pipelines.reach.contracts import PAIRS
from pipelines.reach.tables import store_pairs
from pipelines.warehouse import Warehouse, replacing


def bench(data: Path, name: str) -> Bench:
    return Bench(
        SimpleNamespace(name=name), data, Folders(data, data, data), "0" * 36, datetime(2024, 1, 1, tzinfo=UTC)
    )


def dead() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(work: Callable[[], object]) -> None:
    """Do `work` in a process that kills itself on the way."""
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def pairs_in_the_making(area: Bench) -> None:
    def parts() -> Iterator[pa.Table]:
        yield PAIRS.schema.empty_table()
        dead()

    area.warehouse.draft(PAIRS, lambda path: store_pairs(parts(), path))


def table_in_the_making(area: Bench) -> None:
    with replacing(area.warehouse.path(ORIGINS)):
        dead()


def personal_table_in_the_making(area: Bench) -> None:
    with replacing(area.warehouse.path(PERSONS)):
        dead()


def page_in_the_making(area: Bench) -> None:
    with replacing(area.drafts / "kaart.html"):
        dead()


def hidden(data: Path) -> list[Path]:
    return [path for path in data.rglob(".*") if path.is_file()]


@pytest.mark.parametrize(
    "half", [pairs_in_the_making, table_in_the_making, personal_table_in_the_making, page_in_the_making]
)
def test_what_a_killed_run_was_writing_is_cleared_for_its_own_area_only(tmp_path: Path, half: Callable[[Bench], None]):
    ours, others = bench(tmp_path, "dorp"), bench(tmp_path, "middendorp")
    for area in (ours, others):
        killed(lambda area=area: half(area))
    assert len(hidden(tmp_path)) == 2
    clear_leftovers(ours)
    (left,) = hidden(tmp_path)
    assert "middendorp" in str(left)


def test_a_table_stays_when_what_a_killed_run_left_beside_it_is_cleared(tmp_path: Path):
    area = bench(tmp_path, "dorp")
    warehouse = Warehouse(tmp_path, "dorp")
    warehouse.draft(PAIRS, lambda path: store_pairs([PAIRS.schema.empty_table()], path))
    warehouse.write(PAIRS, PAIRS.schema.empty_table())
    clear_leftovers(area)
    assert hidden(tmp_path) == []
    assert len(warehouse.read(PAIRS)) == 0
