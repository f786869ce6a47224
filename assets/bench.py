"""What a step works with: one area file, its raw folder, and its tables."""

import os
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import Contract
from pipelines.errors import AreaFileError, InputError
from pipelines.people.contracts import PERSONS
from pipelines.protection.contracts import ROUNDED
from pipelines.release import Shelf
from pipelines.sources.area_file import SHIPPED, AreaFile, find_area_files, read_area_file
from pipelines.sources.recall import Memory, Recall, recall
from pipelines.warehouse import Warehouse

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Folders:
    """Where deliveries, tables, releases and the key lie; absolute paths."""

    raw: Path
    data: Path
    out: Path
    secret: Path | None = None

    @classmethod
    def from_environment(cls, raw: Path | None = None, out: Path | None = None) -> "Folders":
        """Options before environment variables before `data/` in the project."""
        data = Path(os.environ.get("SAMENHANG_DATA", PROJECT / "data")).resolve()
        chosen_raw = raw or Path(os.environ.get("SAMENHANG_RAW", data / "raw"))
        chosen_out = out or Path(os.environ.get("SAMENHANG_OUT", data / "published"))
        secret = os.environ.get("SAMENHANG_KEY")
        for folder in (chosen_raw.resolve(), data, chosen_out.resolve()):
            _require_letters(folder)
        return cls(chosen_raw.resolve(), data, chosen_out.resolve(), Path(secret).resolve() if secret else None)

    @property
    def key(self) -> Path:
        """The key that people are rounded with; outside the repository and every release."""
        return self.secret or self.data / "protection.key"

    def lock(self, area: str) -> Path:
        """Held while the tables of an area are written or removed."""
        return self.data / "tables" / ".locks" / f"{area}.lock"

    @property
    def state(self) -> Path:
        """Dagster's own state, and the records of runs."""
        return self.data / "dagster"


def _require_letters(folder: Path) -> None:
    """Refuse a name that is no text: tables and maps are written by libraries that take no other paths."""
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{os.fsencode(folder).decode(errors='replace')}: the name of this folder is not written in UTF-8, or the "
            "locale is another. Rename it, or set LC_ALL=C.UTF-8."
        ) from error


@dataclass(frozen=True)
class Bench:
    """One run of one area: its settings, deliveries and tables; `memory` holds what was read of its deliveries."""

    area: AreaFile
    area_path: Path
    folders: Folders
    run_id: str
    started: datetime
    shown: str | None = None
    memory: Memory = field(default_factory=dict, repr=False, compare=False)

    def recall(self) -> Recall:
        """What this run read of the deliveries before, if they are still the same."""
        return recall(self.memory, self.area, self.raw)

    @property
    def raw(self) -> Path:
        """The raw folder."""
        return self.folders.raw

    @property
    def warehouse(self) -> Warehouse:
        """The tables of this area; of a bench that shows one room, only those."""
        return Warehouse(self.folders.data, self.area.name, only_room=self.shown)

    def showing(self, room: str) -> "Bench":
        """The same bench, on which only the tables of one room can be read."""
        return replace(self, shown=room)

    @property
    def rounded(self) -> Warehouse:
        """The same tables with the rounded population in place of the true one: for all that is summed to go out."""
        return self.warehouse.with_instead(PERSONS, ROUNDED)

    @property
    def release(self) -> str:
        """Name of the release this run makes; names sort by time."""
        return f"{self.started:%Y%m%dT%H%M%SZ}-{self.run_id[:8]}"

    @property
    def drafts(self) -> Path:
        """Pages and files made by this run, before they are released."""
        return self.folders.data / "tables" / "pages" / self.area.name

    @property
    def run_records(self) -> Path:
        """Where the records of this area's runs lie, of failed ones too: a folder each."""
        return self.folders.state / "runs" / self.area.name

    @property
    def shelf(self) -> Shelf:
        """Where this area's releases stand."""
        return Shelf(self.folders.out, self.area.name)

    @property
    def lock(self) -> Path:
        """Held while this area's tables are written."""
        return self.folders.lock(self.area.name)

    def read(self, contract: Contract, only: pc.Expression | None = None) -> pa.Table:
        """Read one of this area's tables; with `only`, just the rows of which that is true."""
        return self.warehouse.read(contract, only)


def known_areas(folders: Folders) -> dict[str, Path]:
    """Area files by name: those shipped with the project, then those in `data/areas`."""
    return find_area_files(SHIPPED, folders.data / "areas")


def resolve_area(name_or_path: str, folders: Folders) -> tuple[AreaFile, Path]:
    """The area file a user means, by its name or by its path.

    Raises
    ------
    AreaFileError
        When there is none, or its `name` is not the name of the file.
    """
    known = known_areas(folders)
    looks_like_path = name_or_path.endswith((".yaml", ".yml")) or os.sep in name_or_path
    path = Path(name_or_path).absolute() if looks_like_path else known.get(name_or_path)
    if path is None:
        raise AreaFileError(
            f"there is no area {name_or_path!r}; known are {sorted(known)}. "
            "Give one of these names, or the path of an area file."
        )
    area = read_area_file(path)
    if area.name != path.stem:
        raise AreaFileError(f"{path.name}: its name is {area.name!r}. File and name must be equal: rename one of them.")
    return area, path


def bench_at_the_door(name_or_path: str, folders: Folders) -> Bench:
    """The bench of an area before a run of it has begun.

    Raises
    ------
    AreaFileError
        When there is no such area file, or it cannot be read.
    """
    area, path = resolve_area(name_or_path, folders)
    return Bench(area, path, folders, str(uuid.uuid4()), datetime.now(UTC))
