"""What every release told of people, kept in `data/private/<area>/protection/told`, so that a later one knows it.

A file is named after the release that told it first. Its number, not its name, says in what order they were told: a
clock may have been set back. With which key the people were rounded stands in it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.bench import Bench
from pipelines.errors import InputError
from pipelines.protection.contracts import COUNTS
from pipelines.shelf_keys import WHOLE_AREAS, how_to_go_on, told_folder
from pipelines.warehouse import read_parquet, replacing

_KEY, _NUMBER = b"key", b"number"
_CODES = pa.schema([COUNTS.schema.field(name) for name in ("area_type", "area_code")])


@dataclass(frozen=True)
class Told:
    """One file: what a release of an area told, after how many others, and the fingerprint of its key."""

    path: Path
    area: str
    number: int
    key: str

    @property
    def release(self) -> str:
        """The release that told it first."""
        return self.path.stem

    def counts(self) -> pa.Table:
        """What was told, as `protection/counts`.

        Raises
        ------
        InputError
            When the file is damaged.
        """
        try:
            return read_parquet(self.path, schema=COUNTS.schema)
        except (OSError, pa.ArrowException) as error:
            raise _damaged(self.path, self.area) from error

    def is_of(self, key: str) -> bool:
        """Whether it is whole, and its people were rounded with this key."""
        try:
            self.counts()
        except InputError:
            return False
        return self.key == key

    def tells_of(self, codes: frozenset[str]) -> bool:
        """Whether it tells of one of these buurten or postcodes."""
        told = read_parquet(self.path, schema=_CODES, filters=pc.field("area_type").isin(WHOLE_AREAS))
        return not codes.isdisjoint(told["area_code"].unique().to_pylist())


def told_before(bench: Bench) -> tuple[Told, ...]:
    """What was told of this area, oldest first.

    Raises
    ------
    InputError
        When one of the files is damaged.
    """
    return _told_in(_folder(bench), bench.area.name)


def told_elsewhere(bench: Bench) -> tuple[Told, ...]:
    """What was told of every other area of this data folder, oldest first.

    Raises
    ------
    InputError
        When one of the files is damaged.
    """
    others = sorted((bench.folders.data / "private").glob("*/protection/told"))
    return tuple(one for other in others if other != _folder(bench) for one in _told_in(other, other.parts[-3]))


def keep_counts(bench: Bench, counts: pa.Table, key: str) -> None:
    """Keep what this run is about to tell of people (`protection/counts`); before it is published, lest it be lost.

    A run that tells the same as the last, or fails later on, does no harm by it.
    """
    before = told_before(bench)
    if not (before and before[-1].counts().equals(counts)):
        number = before[-1].number + 1 if before else 1
        _write(_folder(bench) / f"{bench.release}.parquet", counts, {_KEY: key, _NUMBER: str(number)})


def mark_told(told: Sequence[Told], key: str) -> None:
    """Let files be those of another key from now on; what is damaged is put aside, with `.damaged` behind its name."""
    for one in told:
        try:
            counts = one.counts()
        except InputError:
            one.path.rename(one.path.with_name(f"{one.path.name}.damaged"))
        else:
            _write(one.path, counts, {_KEY: key, _NUMBER: str(one.number)})


def told_files(bench: Bench) -> tuple[Told, ...]:
    """What was told of this area, damaged files too: their number and key are not known."""
    return tuple(
        _opened(path, bench.area.name) or Told(path, bench.area.name, 0, "") for path in _paths(_folder(bench))
    )


def _told_in(folder: Path, area: str) -> tuple[Told, ...]:
    found = []
    for path in _paths(folder):
        one = _opened(path, area)
        if one is None:
            raise _damaged(path, area)
        found.append(one)
    return tuple(sorted(found, key=lambda one: (one.number, one.release)))


def _paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.parquet") if not path.name.startswith("."))


def _opened(path: Path, area: str) -> Told | None:
    """A file with its number (0 of one from before there were numbers); None of a damaged one."""
    try:
        said = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return None
    return Told(path, area, int(said.get(_NUMBER, b"0")), said.get(_KEY, b"").decode())


def _write(path: Path, counts: pa.Table, said: dict[bytes, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    marked = counts.replace_schema_metadata({name: text.encode() for name, text in said.items()})
    with replacing(path, mode=0o600) as temporary:
        pq.write_table(marked, temporary, compression="zstd")


def _damaged(path: Path, area: str) -> InputError:
    return InputError(
        f"{path}: what release {path.stem} told of people cannot be read, for the file is damaged. Put it back into "
        f"{told_folder(area)} from your backup. {how_to_go_on(area)}"
    )


def _folder(bench: Bench) -> Path:
    return bench.folders.data / told_folder(bench.area.name)
