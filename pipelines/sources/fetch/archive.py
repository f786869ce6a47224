"""One member out of a downloaded zip, without trusting the zip.

Nothing is ever written where a member's name says: the one member that is wanted goes to a path of ours. An archive
that tries something (a path upwards, a link, a bomb) is refused as a whole: nothing in it can be trusted then.
"""

import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from pipelines.errors import FetchError

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What an archive may hold: bytes unpacked in all, times as much as packed, and members."""

    unpacked_bytes: int
    ratio: float = 200.0
    members: int = 10_000


def unpack_member(archive: Path, pattern: str, output: Path, limits: Limits) -> None:
    """Write the one member whose path or name fits `pattern` (as in a shell, whatever its case) to `output`.

    Raises
    ------
    FetchError
        When the archive is damaged, hostile or too large, or not exactly one member fits.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            _refuse_hostile(archive.name, members, limits)
            _copy(opened, _wanted(archive.name, members, pattern), output)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise FetchError(f"{archive.name}: cannot be unpacked ({error}). Fetch it again later.") from error


def _refuse_hostile(shown: str, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise FetchError(f"{shown}: holds {len(members)} files, more than {limits.members}: refused.")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise FetchError(f"{shown}: holds {member.filename!r:.120}, a path out of its folder: refused.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise FetchError(f"{shown}: holds a link, {member.filename!r:.120}: refused.")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise FetchError(
            f"{shown}: unpacks to {unpacked / 1e6:,.0f} MB, more than the {limits.unpacked_bytes / 1e6:,.0f} MB that "
            "the registry allows (size_limit_mb): refused."
        )
    if unpacked > limits.ratio * max(packed, 1):
        raise FetchError(f"{shown}: unpacks to {unpacked / max(packed, 1):,.0f} times its size: refused.")


def _wanted(shown: str, members: list[zipfile.ZipInfo], pattern: str) -> zipfile.ZipInfo:
    files = [member for member in members if not member.is_dir()]
    fitting = [
        member
        for member in files
        if fnmatch(member.filename.lower(), pattern.lower())
        or fnmatch(PurePosixPath(member.filename).name.lower(), pattern.lower())
    ]
    if len(fitting) != 1:
        found = [member.filename for member in (fitting or files)[:10]]
        count = "more than one file fits" if fitting else "no file fits"
        raise FetchError(f"{shown}: {count} {pattern!r}: {found}. Correct `member` in the registry.")
    return fitting[0]


def _copy(opened: zipfile.ZipFile, member: zipfile.ZipInfo, output: Path) -> None:
    """Copy no more than the member declares: zipfile stops there, and tells by the checksum that there was more."""
    require_room(output.parent, member.file_size)
    with opened.open(member) as packed, output.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked, _CHUNK)


def require_room(folder: Path, wanted_bytes: int) -> None:
    """Refuse to start on what the disk cannot hold."""
    free = shutil.disk_usage(folder).free
    if wanted_bytes > free:
        raise FetchError(
            f"{folder}: has room for {free / 1e6:,.0f} MB, and {wanted_bytes / 1e6:,.0f} MB are to come. Make room, or "
            "give another folder with --raw."
        )
