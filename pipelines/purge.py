"""Removing what is personal of an area: every respondent, answer and score, and every count of people at a home.

What releases have told of people stays, without which a later release could not tell the same of the same people, and
who laid both side by side would know more. Releases themselves hold nothing personal, and stand.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import InputError

_TOLD = ("protection", "told")


@dataclass(frozen=True)
class Purged:
    """How many files were removed, and of how many releases what they told of people was kept."""

    removed: int
    kept: int


def purge(private: Path) -> Purged:
    """Remove the personal tables of one area.

    Parameters
    ----------
    private
        Its folder, `data/private/<area>`; the caller holds the area's lock.

    Returns
    -------
    Purged
        What was removed; nothing where there is no such folder.

    Raises
    ------
    InputError
        When a file cannot be removed.
    """
    told = private.joinpath(*_TOLD)
    files = [path for path in private.rglob("*") if path.is_file() or path.is_symlink()]
    kept = [path for path in files if told in path.parents]
    try:
        for path in (path for path in files if told not in path.parents):
            path.unlink()
        _remove_empty(private)
    except OSError as error:
        raise InputError(
            f"{error.filename}: cannot be removed ({error.strerror}). Give access to it, then purge once more."
        ) from error
    return Purged(len(files) - len(kept), sum(path.parent == told for path in kept))


def _remove_empty(folder: Path) -> None:
    """Remove folders that hold no file, the deepest first."""
    deepest_first = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for path in (*deepest_first, folder):
        if path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)
