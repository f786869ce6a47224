"""What protection keeps to itself: the key, and what every release has told of people, by which a rerun tells the same.

The key is one file for all areas, outside the repository and every release. It is made once, by the first run of all,
and only where nothing went out yet; what was told is kept by `told`.
"""

import os
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from assets.bench import Bench
from assets.told import Told, keep_counts, mark_told, told_before, told_elsewhere, told_files
from pipelines.errors import InputError
from pipelines.history import Entry
from pipelines.protection.chance import KEY_BYTES, fingerprint
from pipelines.protection.population import Secret
from pipelines.shelf_keys import (
    WHOLE_AREAS,
    Remembered,
    accept_unknown,
    how_to_go_on,
    is_new,
    other_shelves,
    overlapping,
    require_held_together,
    require_known,
)
from pipelines.sources.contracts import AREAS


def known_secret(bench: Bench) -> Secret:
    """The key, made when nothing was told yet, and what earlier releases told, oldest first.

    What another area told of the same buurten or postcodes is as well known to who reads it, and comes before.

    Raises
    ------
    InputError
        When the key is no key, or it or what was told is not that of what stands published.
    """
    require_one_key(bench)
    if not bench.folders.key.exists():
        _make_key(bench.folders.key)
    key = _read_key(bench)
    others = _told_of_same(bench, fingerprint(key))
    earlier = [(f"{one.area}/{one.release}", one.counts()) for one in others]
    return Secret(key, (*earlier, *((one.release, one.counts()) for one in told_before(bench))))


def require_one_key(bench: Bench) -> None:
    """Refuse before anything is computed what could not be published beside what stands there.

    Raises
    ------
    InputError
        When the key is gone, is no key, or it or what was told is not that of what stands published.
    """
    told, path = told_before(bench), bench.folders.key
    if not path.exists():
        if told or told_elsewhere(bench) or not is_new(bench.folders.out):
            raise InputError(f"{path}: the key that people are rounded with is not here. {_mend(bench)}")
        return
    key = fingerprint(_read_key(bench))
    other = next((one for one in reversed(told) if one.key != key), None)
    if other:
        raise InputError(
            f"{path}: is not the key that release {other.release} of {bench.area.name} was rounded with. {_mend(bench)}"
        )
    require_known(bench.shelf, _remembered(told, key))


def told_as(bench: Bench) -> str:
    """Name under which is remembered what this run tells of people, once that is kept; '' before."""
    told = told_before(bench)
    return told[-1].release if told else ""


def go_on(bench: Bench, reason: str) -> tuple[Entry, ...]:
    """Go on without a key or a memory that is lost, and write down why; gives the releases that are given up.

    The caller holds the locks of the area and of its shelf.

    Raises
    ------
    InputError
        When nothing is lost.
    """
    is_lost = _without_key(bench.folders.key)
    if is_lost:
        _make_key(bench.folders.key)
    key = fingerprint(_read_key(bench))
    strange = [one for one in told_files(bench) if not one.is_of(key)]
    mark_told(strange, key)
    given_up = accept_unknown(bench.shelf, _remembered(told_before(bench), key), reason)
    if not (is_lost or strange or given_up):
        raise InputError(f"{bench.area.name}: nothing is lost: the key and what was told are those of its releases.")
    return given_up


def keep_told(bench: Bench, counts: pa.Table) -> None:
    """Keep what this run is about to tell of people, and with which key."""
    keep_counts(bench, counts, fingerprint(_read_key(bench)))


def _told_of_same(bench: Bench, key: str) -> tuple[Told, ...]:
    """What other areas told of the buurten or postcodes of this one, here or on the shelf; there it must be known."""
    elsewhere, neighbours = told_elsewhere(bench), other_shelves(bench.shelf)
    if not elsewhere and not neighbours:
        return ()
    codes = _codes(bench)
    for shelf, entry in overlapping(neighbours, codes):
        known = _remembered([one for one in elsewhere if one.area == shelf.area], key)
        require_held_together(bench.shelf, shelf, entry, known)
    return tuple(one for one in elsewhere if one.tells_of(codes))


def _codes(bench: Bench) -> frozenset[str]:
    areas = bench.read(AREAS, pc.field("area_type").isin(WHOLE_AREAS))
    return frozenset(areas["area_code"].to_pylist())


def _remembered(told: Sequence[Told], key: str) -> Remembered:
    return Remembered(key, frozenset(one.release for one in told))


def _make_key(path: Path) -> None:
    """Make a key where there is none; of two runs that do so at once, one makes it and both read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", encoding="ascii") as draft:
        draft.write(secrets.token_hex(KEY_BYTES) + "\n")
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft.name)


def _without_key(path: Path) -> bool:
    """Whether there is no key; a file that is none is put aside, with `.damaged` behind its name."""
    if path.exists() and _key_in(path.read_bytes()) is None:
        path.rename(path.with_name(f"{path.name}.damaged"))
    return not path.exists()


def _key_in(text: bytes) -> bytes | None:
    """The key that a file holds in hexadecimal; None of what is no key."""
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def _read_key(bench: Bench) -> bytes:
    path = bench.folders.key
    try:
        key = _key_in(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: the key cannot be read ({error.strerror}). {_mend(bench)}") from error
    if key is None:
        raise InputError(f"{path}: is no key, which is {KEY_BYTES} bytes in hexadecimal. {_mend(bench)}")
    return key


def _mend(bench: Bench) -> str:
    return (
        "Put it back from your backup, or from the data folder that published here: with another key the same people "
        "would be rounded anew, and who lays both releases side by side knows more of them. "
        f"{how_to_go_on(bench.area.name)}"
    )
