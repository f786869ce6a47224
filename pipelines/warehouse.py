"""Parquet is the memory, DuckDB the engine: read and write tables by contract, run one `.sql` file over them.

Files live under `<data>/tables/<room>/<table>/<area>.parquet`, those of personal tables under
`<data>/private/<area>/<room>/<table>.parquet` (folders 0700, files 0600). A file is written under a temporary
name and renamed, so that a reader sees the old table or the new one, never half of one. No figure is computed here.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts import Contract, conform, violations_in_parts
from pipelines.errors import SamenhangError

ROOT = Path(__file__).parent
HEAD_ROWS = 5
_IDENTIFIER = re.compile("[a-z][a-z0-9_]*")
DUCKDB_SETTINGS: Mapping[str, str | bool | int] = {
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": True,
}


@contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it over `path` on success, remove it on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_parquet(
    path: Path,
    schema: pa.Schema | None = None,
    filters: pc.Expression | None = None,
    read_dictionary: Sequence[str] | None = None,
) -> pa.Table:
    """Read one file; the options are those of `pyarrow.parquet.read_table`.

    Not all of it at once before it is unpacked, which serves files that are far away and takes a third more memory.
    """
    return pq.read_table(
        path, schema=schema, filters=filters, read_dictionary=read_dictionary, partitioning=None, pre_buffer=False
    )


@dataclass(frozen=True)
class Draft:
    """A table too long to hold, written beside its place: `head` is its first rows, `problems` what it breaks.

    It takes its place when `Warehouse.keep` is called.
    """

    contract: Contract
    path: Path
    rows: int
    head: pa.Table
    problems: tuple[str, ...]

    def __len__(self) -> int:
        """How many rows it has."""
        return self.rows


@dataclass(frozen=True)
class Warehouse:
    """The tables of one area file under one data folder."""

    data: Path
    area: str
    replaced: tuple[tuple[Contract, Contract], ...] = ()
    only_room: str | None = None

    def with_instead(self, contract: Contract, other: Contract) -> "Warehouse":
        """The same tables, but who asks for `contract` reads `other`, which has the same columns."""
        if contract.schema != other.schema:
            raise SamenhangError(f"{other.name} cannot be read in place of {contract.name}: its columns differ")
        return replace(self, replaced=(*self.replaced, (contract, other)))

    def path(self, contract: Contract) -> Path:
        """Where the table of `contract` lies, whether written or not."""
        self._require_open(contract.room)
        contract = {asked.name: other for asked, other in self.replaced}.get(contract.name, contract)
        if contract.personal:
            return self.data / "private" / self.area / contract.room / f"{contract.table}.parquet"
        return self._open_path(contract.room, contract.table)

    def _open_path(self, room: str, table: str) -> Path:
        return self.data / "tables" / room / table / f"{self.area}.parquet"

    def _require_open(self, room: str) -> None:
        if self.only_room not in {None, room}:
            raise SamenhangError(f"a table of {room}/ was asked for where only {self.only_room}/ may be read")

    def read(self, contract: Contract, only: pc.Expression | None = None) -> pa.Table:
        """Read a table back in its contract's schema; with `only`, just the rows of which that is true."""
        path = self.path(contract)
        if not path.exists():
            raise _not_there(contract.name, self.area)
        with _whole(path, self.area):
            return read_parquet(path, schema=contract.schema, filters=only)

    def read_as_written(self, name: str) -> pa.Table:
        """Read table `room/table` in the schema it was written in, for tables whose columns follow from the area."""
        room, table = name.split("/", 1)
        self._require_open(room)
        path = self._open_path(room, table)
        if not path.exists():
            raise _not_there(name, self.area)
        with _whole(path, self.area):
            return read_parquet(path)

    def write(self, contract: Contract, table: pa.Table) -> pa.Table:
        """Write `table` as its contract says, atomically, and return what was written."""
        return self.store(contract, conform(table, contract))

    def store(self, contract: Contract, ordered: pa.Table) -> pa.Table:
        """Write a table that conforms to its contract already."""
        path = self.path(contract)
        if contract.personal:
            _private_folder(path.parent, self.data / "private")
            # Where it was once kept for all to read.
            self._open_path(contract.room, contract.table).unlink(missing_ok=True)
        with replacing(path, mode=0o600 if contract.personal else 0o644) as temporary:
            pq.write_table(ordered, temporary, compression="zstd", row_group_size=131_072)
        return ordered

    def draft(self, contract: Contract, write: Callable[[Path], object]) -> Draft:
        """Have a table written part by part, and read it through against its contract.

        Parameters
        ----------
        contract
            What the table promises; its rows go by its key.
        write
            Writes the Parquet file at the path it is given.
        """
        path = self.path(contract)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.draft.part")
        try:
            write(temporary)
            draft = _read_through(contract, temporary)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if draft.problems:
            temporary.unlink()
        return draft

    def keep(self, draft: Draft) -> None:
        """Put a draft in the place of its table."""
        with draft.path.open("rb") as written:
            os.fsync(written.fileno())
        draft.path.replace(self.path(draft.contract))

    def run_sql(
        self, query: str, reads: tuple[Contract, ...], parameters: Mapping[str, object] | None = None
    ) -> pa.Table:
        """Run `pipelines/<query>.sql` over the tables in `reads`, each a view `room.table`, and return its rows.

        Parameters
        ----------
        query
            Path of the file under `pipelines/`, without `.sql`.
        reads
            The tables the query may name.
        parameters
            Values of its `$parameters`; nothing is ever pasted into the text.

        Raises
        ------
        SamenhangError
            When one of the tables is not there, or damaged.
        """
        sql = (ROOT / f"{query}.sql").read_text(encoding="utf-8")
        with duckdb.connect(":memory:", config=dict(DUCKDB_SETTINGS)) as connection:
            connection.execute("set threads = 2")
            connection.execute("set enable_progress_bar = false")
            try:
                for contract in reads:
                    _view(connection, contract, self.path(contract))
                return connection.sql(sql, params=dict(parameters or {})).to_arrow_table()
            except duckdb.Error:
                for contract in reads:
                    with _whole(self.path(contract), self.area):
                        read_parquet(self.path(contract))
                raise


def _read_through(contract: Contract, path: Path) -> Draft:
    with pq.ParquetFile(path) as written:
        groups = (written.read_row_group(number).cast(contract.schema) for number in range(written.num_row_groups))
        problems = violations_in_parts(groups, contract)
        head = next(written.iter_batches(HEAD_ROWS), None)
        rows = contract.schema.empty_table() if head is None else pa.Table.from_batches([head])
        return Draft(contract, path, written.metadata.num_rows, rows, problems)


@contextmanager
def _whole(path: Path, area: str) -> Iterator[None]:
    """Name a table that is there and cannot be read; what the system refuses is told by the system."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise SamenhangError(
            f"{path}: this table is damaged, or of another version. Remove the file, then run again: samenhang run "
            f"{area} computes it anew. The earlier release stands."
        ) from error


def _not_there(name: str, area: str) -> SamenhangError:
    return SamenhangError(
        f"table {name} of area {area} is not there yet. Run the steps before it: samenhang run {area}"
    )


def _view(connection: duckdb.DuckDBPyConnection, contract: Contract, path: Path) -> None:
    if not path.exists():
        raise _not_there(contract.name, path.stem)
    connection.execute(f"create schema if not exists {identifier(contract.room)}")
    connection.execute("set schema = $room", {"room": contract.room})
    connection.read_parquet(str(path)).create_view(contract.table)
    connection.execute("set schema = 'main'")


def identifier(name: str) -> str:
    """Give a name as it may stand in the text of SQL: one of our own folders or tables, never text from a delivery.

    Values and paths are parameters; where SQL takes no parameter for a name, only this may be pasted.

    Raises
    ------
    SamenhangError
        When it is no name of ours.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise SamenhangError(f"{name!r} is no name of a table of ours: small letters, digits and _ only")
    return name


def _private_folder(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for part in (folder, *folder.parents):
        part.chmod(0o700)
        if part == root:
            break
