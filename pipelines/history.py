"""Every release that ever went out, also those that were taken back.

The history of an area is `history.json` beside its releases, in the order in which they went out: a clock that was set
back changes their names, not their order. A release that it does not name yet is known by its folder, and no folder is
removed before its release is named: nothing that went out is forgotten, wherever a command is killed. What is done to a
withdrawn release stands here too, for the next publication ends what a killed withdrawal began; which one is withdrawn,
and for what reason, stands in `withdrawal`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pipelines.errors import ReleaseError
from pipelines.release import NAME, Shelf, hidden_folder, point_at, remove_release, staging
from pipelines.seals import SEALS, seal, sha256_of
from pipelines.warehouse import replacing

KEPT_RELEASES = 3
AUDIT, INDICATORS = "sdc_audit.json", "indicators.parquet"
LOST = "(The history was lost; only the audit of this release is left.)"
_Sum = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


class Entry(BaseModel):
    """One release: whether it stands, when it went out and was withdrawn (ISO 8601), why, and its checksums.

    '' stands for what does not apply or is not known: no withdrawal, a name without a time, a file that was not in it.
    `kept` says that its files should stand; those of the oldest go. `key` is the fingerprint of the key that its people
    were rounded with, `told_as` the name under which what it told is remembered, `forgotten` why that is no longer so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: Annotated[str, Field(pattern=f"^{NAME}$")]
    published: str = ""
    status: Literal["published", "withdrawn"] = "published"
    withdrawn: str = ""
    reason: str = ""
    audit_sha256: _Sum = ""
    indicators_sha256: _Sum = ""
    seals_sha256: _Sum = ""
    kept: bool = False
    key: str = ""
    told_as: str = ""
    forgotten: str = ""


_ENTRIES = TypeAdapter(tuple[Entry, ...])


def history(shelf: Shelf) -> tuple[Entry, ...]:
    """Every release of an area in the order in which they went out.

    Those that are not written down yet come last, by name; all go by name where no history is left.

    Raises
    ------
    ReleaseError
        When the history cannot be read: it is never written over.
    """
    written = read_history(shelf)
    known = _left(shelf) if written is None else tuple(_with_memory(shelf, entry) for entry in written)
    named = {entry.release for entry in known}
    standing = tuple(_entry(folder) for folder in shelf.folders if folder.name not in named)
    if written is None:
        return tuple(sorted((*known, *standing), key=lambda entry: entry.release))
    return (*known, *standing)


def read_history(shelf: Shelf) -> tuple[Entry, ...] | None:
    """What `history.json` says, without the folders; None where there is none.

    Raises
    ------
    ReleaseError
        When it cannot be read.
    """
    try:
        entries = _ENTRIES.validate_json(_path(shelf).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(shelf, type(error).__name__) from error
    if len({entry.release for entry in entries}) < len(entries):
        raise _damaged(shelf, "a release stands in it twice")
    return entries


def _damaged(shelf: Shelf, reason: str) -> ReleaseError:
    return ReleaseError(
        f"{_path(shelf)}: cannot be read as the history of {shelf.area} ({reason}). Put it back from your backup: it "
        "tells what was withdrawn, and why. Without a backup move it elsewhere: then the folders beside it tell what "
        "went out, and reasons are lost."
    )


def current_release(shelf: Shelf) -> str:
    """Name of the release that users see; '' when there is none."""
    if not shelf.current.is_symlink():
        return ""
    target = shelf.current.readlink()
    return target.name if target.parent == Path(".releases") / shelf.area else ""


@contextmanager
def remembered(shelf: Shelf, release: str) -> Iterator[Path]:
    """Give an empty folder for a release, as `release.staging` does, and write it down in the history.

    Raises
    ------
    ReleaseError
        When a release of that name went out before, or it cannot be written.
    """
    entries = history(shelf)
    same = next((entry for entry in entries if entry.release == release), None)
    if same:
        raise ReleaseError(
            f"release {release} was {same.status} before, and goes out once only. Run again for a new one."
        )
    with staging(shelf, release) as folder:
        settle(shelf, entries)
        yield folder
        seal(folder)
    with suppress(OSError):  # It stands by now. Its folder tells of it, until somebody can write it down.
        _keep_newest(shelf)


def _keep_newest(shelf: Shelf) -> None:
    """Write the history, and remove the files of all but the releases that went out last."""
    entries, standing = history(shelf), {folder.name for folder in shelf.folders}
    kept = [entry.release for entry in entries if entry.release in standing][-KEPT_RELEASES:]
    write_history(shelf, [entry.model_copy(update={"kept": entry.release in kept}) for entry in entries])
    for release in standing.difference(kept):
        remove_release(shelf, release)


def settle(shelf: Shelf, entries: Sequence[Entry]) -> None:
    """Write the history, then do what it says: no release that is withdrawn is current, or stands where it can be read.

    Parameters
    ----------
    shelf
        Where the area's releases stand; the caller holds its lock.
    entries
        The whole history; what it withdraws may be withdrawn already, wholly or by half.
    """
    if entries:
        write_history(shelf, entries)
    gone = _withdrawn(entries)
    current = current_release(shelf)
    if current in gone:
        before = takewhile(lambda entry: entry.release != current, entries)
        standing = {folder.name for folder in shelf.folders}
        earlier = [one.release for one in before if one.release in standing and one.release not in gone]
        if earlier:
            point_at(shelf, earlier[-1])
        else:
            shelf.current.unlink()
    for release in gone:
        remove_release(shelf, release)


def unsettled(shelf: Shelf, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The withdrawn releases that are current still or leave something to remove: a withdrawal was killed there.

    In the order in which they went out.
    """
    current = current_release(shelf)
    return tuple(
        release
        for release in _withdrawn(entries)
        if release == current or (shelf.releases / release).exists() or hidden_folder(shelf, release).exists()
    )


def audit_of_withdrawn(shelf: Shelf, release: str) -> Path:
    """Where the audit of a withdrawn release is kept, if it had one."""
    return shelf.releases / ".known" / f"{release}.json"


def _withdrawn(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(entry.release for entry in entries if entry.status == "withdrawn")


def _left(shelf: Shelf) -> tuple[Entry, ...]:
    """Without a history: the releases of which only an audit is left, so that they were withdrawn."""
    kept = [path for path in sorted(shelf.releases.glob(".known/*.json")) if re.fullmatch(NAME, path.stem)]
    return tuple(
        Entry(
            release=path.stem,
            published=_published(path.stem),
            status="withdrawn",
            reason=LOST,
            audit_sha256=sha256_of(path),
        ).model_copy(update=_memory(path))
        for path in kept
        if not (shelf.releases / path.stem).exists()
    )


def _entry(folder: Path) -> Entry:
    entry = Entry(
        release=folder.name,
        published=_published(folder.name),
        audit_sha256=sha256_of(folder / AUDIT),
        indicators_sha256=sha256_of(folder / INDICATORS),
        seals_sha256=sha256_of(folder / SEALS),
        kept=True,
    )
    return entry.model_copy(update=_memory(folder / AUDIT))


def _with_memory(shelf: Shelf, entry: Entry) -> Entry:
    """An entry from before the history kept the key: while its audit is there, that tells."""
    audits = (shelf.releases / entry.release / AUDIT, audit_of_withdrawn(shelf, entry.release))
    said = {} if entry.key else next(filter(None, map(_memory, audits)), {})
    return entry.model_copy(update=said)


def _memory(audit: Path) -> dict[str, str]:
    """What an audit says of the key and of what it told; nothing where it does not."""
    try:
        said = json.loads(audit.read_bytes())
        return {"key": str(said["method"]["key"]), "told_as": str(said.get("told_as", ""))}
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _published(release: str) -> str:
    """The moment that a release is named after, as ISO 8601."""
    try:
        return datetime.strptime(release.split("-", 1)[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return ""


def _path(shelf: Shelf) -> Path:
    return shelf.releases / "history.json"


def write_history(shelf: Shelf, entries: Sequence[Entry]) -> None:
    """Write the history; the caller holds the lock of the shelf."""
    with replacing(_path(shelf)) as temporary:
        rows = [entry.model_dump() for entry in entries]
        temporary.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
