"""A release is one switch: a folder written whole under `.releases/`, then a symlink renamed over the old one.

Nothing here knows what is in a release. `<out>/<area>` is a relative symlink to `.releases/<area>/<release>`; whoever
reads it sees the old release or the new one.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ReleaseError

# What a release may be called: nothing that is hidden, and nothing that leads elsewhere when it is taken for a path.
NAME = r"[0-9A-Za-z][0-9A-Za-z-]*"


@dataclass(frozen=True)
class Shelf:
    """Where the releases of one area stand."""

    out: Path
    area: str

    @property
    def current(self) -> Path:
        """The symlink that users open."""
        return self.out / self.area

    @property
    def releases(self) -> Path:
        """The folder of all releases of the area."""
        return self.out / ".releases" / self.area

    @property
    def folders(self) -> tuple[Path, ...]:
        """The releases that stand there, by name."""
        inside = self.releases.iterdir() if self.releases.is_dir() else ()
        return tuple(sorted(path for path in inside if path.is_dir() and re.fullmatch(NAME, path.name)))


@contextmanager
def exclusive(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock file; it falls free when the process ends, however it ends.

    Raises
    ------
    ReleaseError
        When another process holds it.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a")
    except OSError as error:
        raise ReleaseError(
            f"{lock.parent}: cannot be written to ({_reason(error)}). Make room or give access there, or choose "
            "another folder. The earlier release stands."
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReleaseError(f"{what} is already running. Wait until it has ended, then try again.") from error
        yield


def require_writable(shelf: Shelf) -> None:
    """Tell before any computing that nothing can be published there; nothing is made.

    Raises
    ------
    ReleaseError
        When the folder of releases, or the nearest folder above it that exists, may not be written to.
    """
    nearest = next(folder for folder in (shelf.releases, *shelf.releases.parents) if folder.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ReleaseError(
            f"{nearest}: cannot be written to. Give access there, or choose another folder. The earlier release stands."
        )


@contextmanager
def staging(shelf: Shelf, release: str) -> Iterator[Path]:
    """Give an empty folder for a release; on success make it the current one, on failure remove it."""
    draft = hidden_folder(shelf, release)
    try:
        shelf.releases.mkdir(parents=True, exist_ok=True)
        clear_drafts(shelf)
        draft.mkdir()
        yield draft
        _sync(draft)
        _put_out(shelf, release, draft)
    except OSError as error:
        raise ReleaseError(
            f"{shelf.current}: cannot be published ({_reason(error)}). Make room or give access there, then run again. "
            "The earlier release stands."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _reason(error: OSError) -> str:
    """What the system says is wrong, once and without paths: copying a folder says it again for every file in it."""
    if isinstance(error, shutil.Error):
        numbers = re.findall(r"\[Errno (\d+)\]", str(error))
        return os.strerror(int(numbers[0])) if numbers else str(error)
    return error.strerror or str(error)


def clear_drafts(shelf: Shelf) -> None:
    """Remove what a killed command left half-written; the caller holds the lock."""
    for left in (*shelf.releases.glob(".*.part"), *shelf.releases.glob(".known/.*.part")):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    for left in shelf.out.glob(f".{shelf.area}.*.link"):
        left.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Bring every file to disk before the switch, so that a power cut cannot leave a current release of empty files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as written:
                os.fsync(written.fileno())


def _put_out(shelf: Shelf, release: str, draft: Path) -> None:
    """Switch to a draft that is ready; where the switch is refused, it never went out, and is a draft once more."""
    folder = draft.rename(shelf.releases / release)
    try:
        point_at(shelf, release)
    except (OSError, ReleaseError):
        folder.rename(draft)
        raise


def publication_lock(shelf: Shelf) -> Path:
    """The lock that whoever changes what is published holds."""
    return shelf.releases / ".lock"


def point_at(shelf: Shelf, release: str) -> None:
    """Make a release the current one, by one switch.

    Raises
    ------
    ReleaseError
        When a folder or file of somebody else stands in its place.
    """
    if shelf.current.exists() and not shelf.current.is_symlink():
        raise ReleaseError(
            f"{shelf.current}: is no release but a folder or file of your own. Move it, or choose another --out."
        )
    link = shelf.out / f".{shelf.area}.{release}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(".releases") / shelf.area / release)
    link.rename(shelf.current)


def remove_release(shelf: Shelf, release: str) -> None:
    """Take a release that is not current out of sight, by one rename, and remove it.

    Raises
    ------
    OSError
        When some of it cannot be removed; it is out of sight by then, and removed by who tries again.
    """
    folder, hidden = shelf.releases / release, hidden_folder(shelf, release)
    for path in (hidden, folder):
        if path.exists():
            # Never half of it under its own name: a killed command would leave what looks like a release.
            shutil.rmtree(path.rename(hidden))


def hidden_folder(shelf: Shelf, release: str) -> Path:
    """Where a release is out of sight while it is being removed."""
    return shelf.releases / f".{release}.part"
