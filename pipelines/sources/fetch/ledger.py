"""The ledger `fetched.json` in the raw folder: which file came from where, when, and with which checksum.

A file that is not in it was put there by somebody else. The ledger is written before the file takes its place: a
process that ends in between leaves a file to be fetched again, never one of unknown origin.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pipelines.errors import SourceError
from pipelines.sources.fetch.registry import Strict
from pipelines.warehouse import replacing

NAME = "fetched.json"


class Retrieval(Strict):
    """One fetched file, and what identifies it.

    `fetch` and `year` name the source, `ground` what of it was asked ('' for everything); `url` was asked, `final_url`
    is where redirects led; `sha256` and `bytes` are of the file as it lies there, unpacked; `retrieved` is ISO 8601.
    """

    fetch: str
    year: int
    ground: str
    url: str
    final_url: str
    sha256: str
    bytes: int
    retrieved: str
    content_type: str
    note: str = ""

    def is_same_edition(self, fetch: str, year: int, ground: str) -> bool:
        """Whether it is this edition of this source, of the same ground."""
        return (self.fetch, self.year, self.ground) == (fetch, year, ground)


class _Ledger(Strict):
    version: Literal[1]
    files: dict[str, Retrieval]


def retrievals(raw: Path) -> Mapping[str, Retrieval]:
    """What was fetched into a raw folder, by path under it; empty where nothing was.

    Raises
    ------
    SourceError
        When the ledger cannot be read.
    """
    path = raw / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    try:
        return _Ledger.model_validate_json(text).files
    except ValidationError as error:
        raise _unreadable(path, f"{error.error_count()} mistakes, the first: {error.errors()[0]['msg']}") from error


def _unreadable(path: Path, reason: str) -> SourceError:
    return SourceError(
        f"{path}: cannot be read as the ledger of fetched files ({reason}). Put back an earlier copy; or rename it: "
        "then the files there count as put there by hand."
    )


def record(raw: Path, path: str, retrieval: Retrieval) -> None:
    """Write one retrieval into the ledger, in place of an earlier one of the same path."""
    files = {**retrievals(raw), path: retrieval}
    content = {"version": 1, "files": {name: files[name].model_dump() for name in sorted(files)}}
    with replacing(raw / NAME) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
