"""Taking a release back: which one is meant, whether the reason will do, and what is kept of it.

First its audit is kept, out of sight of readers; then it is withdrawn in the history; then all follows from the history
(`history.settle`). Wherever this is killed, users see the old release or the new one, and the same command ends it.
"""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.errors import InputError, ReleaseError
from pipelines.history import AUDIT, Entry, audit_of_withdrawn, current_release, history, settle, unsettled
from pipelines.release import NAME, Shelf, clear_drafts
from pipelines.warehouse import replacing

LONGEST_REASON = 500
CURRENT = "current"


@dataclass(frozen=True)
class Withdrawal:
    """What was withdrawn, whether that had been done or begun before, and the current release now ('' for none)."""

    entry: Entry
    before: bool
    current: str


def require_published(shelf: Shelf) -> None:
    """Tell that nothing of an area was ever published there; nothing is made.

    Raises
    ------
    InputError
        When there is no release, not even a withdrawn one.
    """
    if not history(shelf):
        raise InputError(
            f"{shelf.area}: nothing was published in {shelf.out}. Name the folder of its releases with --out."
        )


def withdraw(shelf: Shelf, asked: str, reason: str, when: str) -> Withdrawal:
    """Take a release back: the newest earlier one that stands becomes current, or none.

    Parameters
    ----------
    shelf
        Where the area's releases stand; the caller holds its lock.
    asked
        Name of a release, or "current".
    reason
        Why, for all to read. Of a release that was withdrawn before, the first reason stays.
    when
        Now, as ISO 8601.

    Returns
    -------
    Withdrawal
        What was done.

    Raises
    ------
    InputError
        When there is no such release, or the reason is empty, too long or more than one line.
    ReleaseError
        When it cannot be written.
    """
    text = sound_reason(reason)
    entries = history(shelf)
    entry = _find(shelf, entries, asked)
    before = entry.status == "withdrawn"
    _require_access(shelf)
    try:
        if not before:
            _keep_audit(shelf, entry.release)
            gone = {"status": "withdrawn", "withdrawn": when, "reason": text, "kept": False}
            entry = entry.model_copy(update=gone)
        clear_drafts(shelf)
        settle(shelf, [entry if one.release == entry.release else one for one in entries])
    except OSError as error:
        raise ReleaseError(
            f"{error.filename or shelf.releases}: cannot be written to ({error.strerror or error}). Give access there, "
            "then withdraw once more: what is done by then is not done twice."
        ) from error
    return Withdrawal(entry, before, current_release(shelf))


def _find(shelf: Shelf, entries: Sequence[Entry], asked: str) -> Entry:
    name = _current(shelf, entries) if asked == CURRENT else asked
    found = next((entry for entry in entries if entry.release == name), None)
    if found is None:
        what = "there is no current release" if asked == CURRENT else f"{asked!r} is no release"
        how = "" if re.fullmatch(NAME, asked) else " A name is letters, digits and hyphens, never a path."
        known = ", ".join(entry.release for entry in entries) or "none"
        raise InputError(f"{what} of {shelf.area}; there are: {known}. See `samenhang releases {shelf.area}`.{how}")
    return found


def _current(shelf: Shelf, entries: Sequence[Entry]) -> str:
    """The release that users see; or the one they saw, when its withdrawal was killed: never a second one after it."""
    current, order = current_release(shelf), [entry.release for entry in entries]
    after = order.index(current) + 1 if current in order else 0
    begun = [name for name in unsettled(shelf, entries) if name in order[after:]]
    return begun[-1] if begun else current


def sound_reason(reason: str) -> str:
    """A reason as it may stand in the history, for all to read.

    Raises
    ------
    InputError
        When it is empty, too long or more than one line.
    """
    text = reason.strip()
    if not text or len(text) > LONGEST_REASON or not text.isprintable():
        raise InputError(f"--reason: say in one line of at most {LONGEST_REASON} characters why; all can read it.")
    return text


def _require_access(shelf: Shelf) -> None:
    for folder in (shelf.out, shelf.releases):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ReleaseError(
                f"{folder}: cannot be written to. Give access there; what was published stands untouched."
            )


def _keep_audit(shelf: Shelf, release: str) -> None:
    audit = shelf.releases / release / AUDIT
    if audit.exists():
        with replacing(audit_of_withdrawn(shelf, release), mode=0o600) as temporary:
            shutil.copyfile(audit, temporary)
