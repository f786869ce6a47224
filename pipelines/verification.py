"""Whether what stands published is what went out: releases against their checksums, the history against its audits.

Who can write in the folder of releases can write new checksums too. So the history keeps the checksum of each
release's checksums, and every audit keeps what the history said when it went out: to alter a release without a trace is
to alter all that came after it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.history import (
    AUDIT,
    INDICATORS,
    Entry,
    audit_of_withdrawn,
    current_release,
    history,
    read_history,
    unsettled,
)
from pipelines.release import Shelf
from pipelines.seals import SEALS, broken_seals, sha256_of

# What an audit says of the releases before it, and what never changes of one.
RELEASED = "released"
_LASTING = ("published", "audit_sha256", "indicators_sha256", "seals_sha256", "key", "told_as")


@dataclass(frozen=True)
class Verdict:
    """Which releases stand as they went out, which of them carry no checksums, and what is wrong, a sentence each."""

    sound: tuple[str, ...]
    unsealed: tuple[str, ...]
    problems: tuple[str, ...]


def verify(shelf: Shelf) -> Verdict:
    """Hold all that stands of an area against what went out.

    Raises
    ------
    ReleaseError
        When the history cannot be read.
    """
    entries = history(shelf)
    standing = [entry for entry in entries if _should_stand(shelf, entry)]
    broken = {entry.release: tuple(_broken(shelf.releases / entry.release, entry)) for entry in standing}
    of_releases = [problem for found in broken.values() for problem in found]
    others = (*_link(shelf, entries), *_withdrawn(shelf, entries), *_unwritten(shelf), *_contradicted(shelf, entries))
    return Verdict(
        sound=tuple(release for release, found in broken.items() if not found),
        unsealed=tuple(one.release for one in standing if not one.seals_sha256),
        problems=(*of_releases, *others),
    )


def _should_stand(shelf: Shelf, entry: Entry) -> bool:
    return entry.status == "published" and (entry.kept or (shelf.releases / entry.release).is_dir())


def _broken(folder: Path, entry: Entry) -> Iterator[str]:
    """What is wrong with one release; of one without checksums the history knows two files."""
    name = folder.name
    if not folder.is_dir():
        yield f"{name}: is missing"
    elif entry.seals_sha256 and sha256_of(folder / SEALS) != entry.seals_sha256:
        yield f"{name}/{SEALS}: is not the one that went out, so that nothing in this release is proven"
    elif entry.seals_sha256:
        yield from (f"{name}/{problem}" for problem in broken_seals(folder))
    else:
        known = {AUDIT: entry.audit_sha256, INDICATORS: entry.indicators_sha256}
        yield from (f"{name}/{file}: was altered" for file, sum_ in known.items() if sha256_of(folder / file) != sum_)


def _link(shelf: Shelf, entries: Sequence[Entry]) -> Iterator[str]:
    """Whether users see a release, and one that was not taken back."""
    current = current_release(shelf)
    if current not in [entry.release for entry in entries] and any(entry.kept for entry in entries):
        yield f"{shelf.current}: leads to no release that went out"
    for release in unsettled(shelf, entries):
        yield f"{release}: was withdrawn, and can still be read"


def _withdrawn(shelf: Shelf, entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        kept = audit_of_withdrawn(shelf, entry.release)
        if entry.status == "withdrawn" and kept.exists() and sha256_of(kept) != entry.audit_sha256:
            yield f"{kept.relative_to(shelf.releases)}: was altered"


def _unwritten(shelf: Shelf) -> Iterator[str]:
    """Folders that the history does not name: a killed publication leaves one, which the next writes down."""
    known = {entry.release for entry in read_history(shelf) or ()}
    for folder in shelf.folders:
        if folder.name not in known:
            yield f"{folder.name}: is not in the history: it was added, or its publication was interrupted"


def _contradicted(shelf: Shelf, entries: Sequence[Entry]) -> Iterator[str]:
    """In what the history is not what the audits of standing releases say that it was."""
    known = {entry.release: entry.model_dump() for entry in entries}
    found: dict[str, None] = {}
    for entry in entries:
        for row in _released(shelf.releases / entry.release / AUDIT):
            now = known.get(str(row.get("release")))
            if now is None:
                found[f"history.json: {row.get('release')} is missing, which went out before {entry.release}"] = None
            elif any(row.get(name, now[name]) != now[name] for name in _lasting(row)):
                found[f"history.json: what it says of {now['release']} was altered after {entry.release}"] = None
    yield from found


def _lasting(row: Mapping[str, object]) -> tuple[str, ...]:
    """What may not have changed of a release; of one that was withdrawn, that it was, and why."""
    return (*_LASTING, "status", "withdrawn", "reason") if row.get("status") == "withdrawn" else _LASTING


def _released(audit: Path) -> Sequence[Mapping[str, object]]:
    try:
        read = json.loads(audit.read_bytes())
    except (OSError, ValueError):
        return ()  # Its checksum tells that it is missing or altered.
    rows = read.get(RELEASED, ()) if isinstance(read, dict) else ()
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else ()
