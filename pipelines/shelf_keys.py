"""With which key, and from what memory, the releases on a shelf were rounded: one shelf has one of each.

Two data folders that publish to one shelf would round the same people twice by chance, and who lays both releases side
by side knows more of them than either tells. Where key and memory are kept is for the caller.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import InputError
from pipelines.history import Entry, current_release, history, write_history
from pipelines.release import Shelf
from pipelines.warehouse import read_parquet

# Of these an area file has its own; a PC4 or a cell may lie in two gemeenten, each with its part of the people.
WHOLE_AREAS = ("buurt", "pc6")
# Measured on the real figures of Groningen, its people rounded with three keys and without what was told before: laid
# side by side two by two, of so many told sums under ten at most so many were known to the person. With what was told
# before, a new key changed no number that is told of the same people.
LOST_KEY = {"exact": 7, "of": 5842}
COST = (
    f"In Groningen at most {LOST_KEY['exact']} of {LOST_KEY['of']:,} small sums could be worked out exactly after one "
    "new key, and none where what was told is still known."
)


@dataclass(frozen=True)
class Remembered:
    """What a data folder has of one area: the fingerprint of its key ('' none), and the names of what it told."""

    key: str
    told: frozenset[str]

    def knows(self, entry: Entry) -> bool:
        """Whether a release was rounded with this key, and what it told is here; of an old one nobody can say."""
        return not entry.key or (entry.key == self.key and entry.told_as in {"", *self.told})


def unknown_releases(shelf: Shelf, here: Remembered) -> tuple[Entry, ...]:
    """Releases that went out from another key or memory, withdrawn ones too: what they told was read all the same."""
    return tuple(entry for entry in history(shelf) if not (here.knows(entry) or entry.forgotten))


def require_known(shelf: Shelf, here: Remembered) -> None:
    """Refuse to publish beside a release that went out from another key or another memory.

    Raises
    ------
    InputError
        When there is one; it says which, and how to go on.
    """
    unknown = unknown_releases(shelf, here)
    if not unknown:
        return
    last = unknown[-1]
    if last.key != here.key:
        raise InputError(
            f"{shelf.releases}: release {last.release} was rounded with another key (fingerprint {last.key}, here "
            f"{here.key or 'none'}). Publish from the data folder that made it, or put its key and its "
            f"{told_folder(shelf.area)} here. {how_to_go_on(shelf.area)}"
        )
    raise InputError(
        f"{shelf.releases}: what release {last.release} told of people is not known here. Put {last.told_as}.parquet "
        f"into {told_folder(shelf.area)} from the data folder that made it, or from your backup. "
        f"{how_to_go_on(shelf.area)}"
    )


def told_folder(area: str) -> str:
    """Where what was told of an area lies, within the data folder."""
    return f"private/{area}/protection/told"


def how_to_go_on(area: str) -> str:
    """What to do when a key or a memory is lost, and what that costs."""
    return f'If it is lost: samenhang newkey {area} --reason "…". {COST}'


def is_new(out: Path) -> bool:
    """Whether nothing ever went out there, of any area."""
    return not any(history(shelf) for shelf in _shelves(out))


def other_shelves(shelf: Shelf) -> tuple[Shelf, ...]:
    """Where releases of other areas stand in the same folder."""
    return tuple(other for other in _shelves(shelf.out) if other.area != shelf.area)


def overlapping(others: Sequence[Shelf], codes: frozenset[str]) -> Iterator[tuple[Shelf, Entry]]:
    """Current releases of other areas that tell of the same buurten or postcodes (`codes`), of whatever year."""
    for other in others:
        if codes & _told_codes(other):
            current = current_release(other)
            yield from ((other, entry) for entry in history(other) if entry.release == current)


def require_held_together(shelf: Shelf, other: Shelf, entry: Entry, here: Remembered) -> None:
    """Refuse to tell of areas of which another area's release told, from another key or memory.

    Raises
    ------
    InputError
        When that release is not known here.
    """
    if not here.knows(entry) and not entry.forgotten:
        raise InputError(
            f"{shelf.area} and {other.area} tell of the same buurten or postcodes, and release {entry.release} of "
            f"{other.area} was rounded with a key or from sums that are not here: side by side they would tell more "
            f"than either. Publish both from one data folder, or put its key and its {told_folder(other.area)} here."
        )


def accept_unknown(shelf: Shelf, here: Remembered, reason: str) -> tuple[Entry, ...]:
    """Write down, for all to read, that releases are no longer held against; the caller holds the shelf's lock."""
    unknown = unknown_releases(shelf, here)
    names = {entry.release for entry in unknown}
    entries = history(shelf)
    if unknown:
        marked = [e.model_copy(update={"forgotten": reason}) if e.release in names else e for e in entries]
        write_history(shelf, marked)
    return unknown


def _shelves(out: Path) -> Iterator[Shelf]:
    folders = sorted((out / ".releases").iterdir()) if (out / ".releases").is_dir() else []
    yield from (Shelf(out, folder.name) for folder in folders if folder.is_dir())


def _told_codes(shelf: Shelf) -> frozenset[str]:
    path = shelf.current / "indicators.parquet"
    if not path.exists():
        return frozenset()
    try:
        told = read_parquet(path, filters=pc.field("area_type").isin(WHOLE_AREAS))
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: cannot be read, so that nobody can tell whether {shelf.area} is about the same people. "
            f"samenhang verify {shelf.area} says what was altered; put it back from your backup, or withdraw it."
        ) from error
    return frozenset(told["area_code"].unique().to_pylist())
