import stat
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.contracts import Column, Contract
from pipelines.errors import SamenhangError
from pipelines.warehouse import Warehouse, replacing

OPEN = Contract("people/origins", "one thing", ("n",), (Column("n", pa.int64(), "a number"),))
PERSONAL = Contract("sources/answers", "one answer", ("n",), (Column("n", pa.int64(), "a number"),), personal=True)


def test_what_is_written_is_read_back_in_order(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")
    warehouse.write(OPEN, pa.table({"n": [2, 1]}))
    assert warehouse.read(OPEN)["n"].to_pylist() == [1, 2]
    assert warehouse.path(OPEN) == tmp_path / "tables" / "people" / "origins" / "town.parquet"


def test_the_same_rows_give_the_same_bytes(tmp_path: Path):
    one, other = Warehouse(tmp_path, "one"), Warehouse(tmp_path, "other")
    one.write(OPEN, pa.table({"n": [3, 1, 2]}))
    other.write(OPEN, pa.table({"n": [1, 2, 3]}))
    assert one.path(OPEN).read_bytes() == other.path(OPEN).read_bytes()


def test_a_personal_table_is_for_its_owner_only(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")
    warehouse.write(PERSONAL, pa.table({"n": [1]}))
    path = warehouse.path(PERSONAL)
    assert path.is_relative_to(tmp_path / "private" / "town")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    folders = [parent for parent in path.parents if parent.is_relative_to(tmp_path / "private")]
    assert len(folders) == 3
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_a_table_that_is_not_there_is_named_with_the_command_that_makes_it(tmp_path: Path):
    with pytest.raises(SamenhangError, match=r"people/origins .* samenhang run town"):
        Warehouse(tmp_path, "town").read(OPEN)
    with pytest.raises(SamenhangError, match="people/origins"):
        Warehouse(tmp_path, "town").run_sql("areas/membership", (OPEN,))


@pytest.mark.parametrize("whole", [0, 0.5, 0.95])
@pytest.mark.parametrize("contract", [OPEN, PERSONAL])
def test_a_damaged_table_is_named_with_the_mend(tmp_path: Path, contract: Contract, whole: float):
    warehouse = Warehouse(tmp_path, "town")
    warehouse.write(contract, pa.table({"n": list(range(1_000))}))
    path = warehouse.path(contract)
    text = path.read_bytes()
    path.write_bytes(text[: int(whole * len(text))])
    asks = [lambda: warehouse.read(contract), lambda: warehouse.run_sql("areas/membership", (contract,))]
    if not contract.personal:
        asks.append(lambda: warehouse.read_as_written(contract.name))
    for ask in asks:
        with pytest.raises(SamenhangError, match=rf"{path.name}: this table is damaged.*Remove the file.*run town"):
            ask()


def test_a_table_whose_values_are_damaged_is_named_too(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")
    warehouse.write(OPEN, pa.table({"n": list(range(1_000))}))
    path = warehouse.path(OPEN)
    text = path.read_bytes()
    path.write_bytes(text[:4] + b"\xff" * 400 + text[404:])
    with pytest.raises(SamenhangError, match="this table is damaged"):
        warehouse.read(OPEN)


def test_a_table_that_became_personal_is_left_nowhere_else(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")
    warehouse.write(replace(PERSONAL, personal=False), pa.table({"n": [1]}))
    warehouse.write(PERSONAL, pa.table({"n": [1]}))
    assert list(tmp_path.rglob("*.parquet")) == [warehouse.path(PERSONAL)]


def _written(*parts: list[int]):
    """Writes each part as a row group of its own."""

    def write(path: Path) -> None:
        with pq.ParquetWriter(path, OPEN.schema) as writer:
            for part in parts:
                writer.write_table(pa.table({"n": pa.array(part, pa.int64())}))

    return write


def test_a_draft_takes_the_place_of_its_table_only_when_it_is_kept(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")
    warehouse.write(OPEN, pa.table({"n": [7]}))
    draft = warehouse.draft(OPEN, _written([1, 2], [3, 4, 5, 6]))
    assert (len(draft), draft.head["n"].to_pylist(), draft.problems) == (6, [1, 2, 3, 4, 5], ())
    assert warehouse.read(OPEN)["n"].to_pylist() == [7]
    warehouse.keep(draft)
    assert warehouse.read(OPEN)["n"].to_pylist() == [1, 2, 3, 4, 5, 6]
    assert list(warehouse.path(OPEN).parent.iterdir()) == [warehouse.path(OPEN)]


def test_a_draft_that_breaks_its_contract_says_so_and_is_gone(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")
    draft = warehouse.draft(OPEN, _written([1, 2], [2]))
    assert "do not go by key" in draft.problems[0]
    assert list(warehouse.path(OPEN).parent.iterdir()) == []


def test_a_draft_that_could_not_be_written_whole_is_gone(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")

    def write(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        warehouse.draft(OPEN, write)
    assert list(warehouse.path(OPEN).parent.iterdir()) == []


def test_only_the_rows_that_are_asked_for_are_read(tmp_path: Path):
    warehouse = Warehouse(tmp_path, "town")
    warehouse.write(OPEN, pa.table({"n": [1, 2, 3]}))
    assert warehouse.read(OPEN, pc.field("n") > 1)["n"].to_pylist() == [2, 3]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
