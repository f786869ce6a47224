"""One file over HTTP: in parts beside its place, resumed where it broke off, tested before it counts.

`<name>.part` holds what came so far and `<name>.part.json` of which version it is. They stay when the connection breaks
or somebody presses Ctrl-C, and go when what came is refused.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from pipelines.errors import FetchError
from pipelines.sources.fetch.archive import require_room
from pipelines.sources.fetch.content import refuse_other, refuse_page
from pipelines.sources.fetch.registry import Content
from pipelines.sources.fetch.transfer import Line, PassingTroubleError, Tell, answer, persist

_CHUNK = 1 << 15
_OK, _PARTIAL, _RANGE_REFUSED = 200, 206, 416


@dataclass(frozen=True)
class Receipt:
    """What came: where it came from in the end, the declared type, bytes kept from before, and what else to say."""

    final_url: str
    content_type: str
    resumed_bytes: int = 0
    note: str = ""


@dataclass(frozen=True)
class Wanted:
    """A file to get: its address, the path it grows at, what it should be, and how large it may be."""

    url: str
    part: Path
    content: Content
    limit_bytes: int

    @property
    def memory(self) -> Path:
        """Where the version of `part` is remembered."""
        return self.part.with_name(f"{self.part.name}.json")

    def discard(self) -> None:
        """Forget what came so far."""
        self.part.unlink(missing_ok=True)
        self.memory.unlink(missing_ok=True)


def download(line: Line, wanted: Wanted, tell: Tell) -> Receipt:
    """Get a whole file to `wanted.part`, from where an earlier try broke off if the server still has that version.

    A line that breaks often but brings something every time is not given up on: tries are counted since it last did.

    Raises
    ------
    FetchError
        When the file cannot be got, is too large or is something else.
    """
    wanted.part.parent.mkdir(parents=True, exist_ok=True)
    reached = -1
    while True:
        try:
            return persist(line, lambda: _attempt(line, wanted, tell))
        except FetchError:
            # What is refused is thrown away, so that this ends; so does a file that stops growing.
            size = wanted.part.stat().st_size if wanted.part.exists() else -1
            if size <= reached or size < 0:
                raise
            reached = size


def _attempt(line: Line, wanted: Wanted, tell: Tell) -> Receipt:
    start, version = _resumable(wanted)
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": version}
    with answer(line, wanted.url, headers) as response:
        try:
            return _receive(response, wanted, start, tell)
        except PassingTroubleError:
            raise
        except FetchError:
            wanted.discard()
            raise


def _resumable(wanted: Wanted) -> tuple[int, str]:
    """How many bytes are there to go on from, and of which version; 0 where nothing is known of them."""
    try:
        memory = json.loads(wanted.memory.read_text(encoding="utf-8"))
        size = wanted.part.stat().st_size
    except (OSError, ValueError):
        return 0, ""
    if not isinstance(memory, dict) or memory.get("url") != wanted.url or not memory.get("version"):
        return 0, ""
    return size, str(memory["version"])


def _receive(response: requests.Response, wanted: Wanted, start: int, tell: Tell) -> Receipt:
    if response.status_code == _RANGE_REFUSED:
        wanted.discard()
        raise PassingTroubleError(f"{wanted.url}: has no more than came before; starting over.")
    start, total = _extent(response, start)
    content_type = response.headers.get("Content-Type", "")
    refuse_page(response.url, content_type)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FetchError(f"{response.url}: comes packed, though it was asked for as it is. Put the file there by hand.")
    _refuse_large(wanted, total or 0)
    require_room(wanted.part.parent, (total or start) - start)
    memory = {"url": wanted.url, "version": _version(response.headers)}
    if not start:
        wanted.part.unlink(missing_ok=True)
        wanted.memory.write_text(json.dumps(memory), encoding="utf-8")
    size = _write(response, wanted, start, total, tell)
    if total is not None and size != total:
        raise PassingTroubleError(f"{wanted.url}: broke off after {size:,} of {total:,} bytes.")
    return Receipt(response.url, content_type, start)


def _extent(response: requests.Response, asked: int) -> tuple[int, int | None]:
    """From which byte this answer goes on, and how many the whole file has (None where it is not said)."""
    if response.status_code == _PARTIAL:
        said = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if said is None or int(said[1]) != asked:
            raise FetchError(f"{response.url}: sends another part than was asked. Try again: it starts over.")
        return asked, None if said[2] == "*" else int(said[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _version(headers: Mapping[str, str]) -> str:
    """What tells this version of the file from another; '' where nothing does: such a file is not resumed."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def _write(response: requests.Response, wanted: Wanted, start: int, total: int | None, tell: Tell) -> int:
    size = start
    with wanted.part.open("ab" if start else "wb") as file:
        for chunk in response.iter_content(_CHUNK):
            if not size:
                refuse_other(response.url, chunk, wanted.content)
            size += len(chunk)
            _refuse_large(wanted, size)
            file.write(chunk)
            tell(size, total)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        refuse_other(response.url, b"", wanted.content)
    return size


def _refuse_large(wanted: Wanted, size: int) -> None:
    if size > wanted.limit_bytes:
        raise FetchError(
            f"{wanted.url}: is larger than the {wanted.limit_bytes / 1e6:,.0f} MB that the registry allows "
            "(size_limit_mb): refused."
        )


def compare_md5(line: Line, wanted: Wanted) -> str:
    """Compare a download with the `.md5` beside it, as Geofabrik publishes it; a note where there is none.

    Raises
    ------
    FetchError
        When they differ; what came is thrown away.
    """
    try:
        published = persist(line, lambda: _small_text(line, f"{wanted.url}.md5"))
    except FetchError:
        return "no published checksum to compare it with could be got"
    with wanted.part.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if published.split()[:1] != [found]:
        wanted.discard()
        raise FetchError(
            f"{wanted.url}: its MD5 is {found}, and the server publishes {published[:32]!r}. It may be being renewed: "
            "try again later."
        )
    return ""


def _small_text(line: Line, url: str) -> str:
    with answer(line, url, {}) as response:
        if response.status_code != _OK:
            raise FetchError(f"{url}: answers {response.status_code}.")
        return next(response.iter_content(_CHUNK), b"").decode("ascii", errors="replace")
