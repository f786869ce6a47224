"""The checksums that a release carries of its own files: `SHA256SUMS`, as `sha256sum -c` reads it.

Here they are written, and a folder is held against them. What else should be true of a release stands in
`verification`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

SEALS = "SHA256SUMS"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal; '' where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def seal(folder: Path) -> None:
    """Write the checksum of every file in a folder, in order of name."""
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in _names(folder)]
    (folder / SEALS).write_text("".join(lines), encoding="utf-8")


def broken_seals(folder: Path) -> Iterator[str]:
    """Tell of a sealed folder what was altered, is missing or was added since, a sentence each."""
    sealed, standing = _read(folder), set(_names(folder))
    if sealed is None:
        yield f"{SEALS}: is not written as it was"
        return
    for name in sorted({*sealed, *standing}):
        if name not in standing:
            yield f"{name}: is missing"
        elif name not in sealed:
            yield f"{name}: was added"
        elif sha256_of(folder / name) != sealed[name]:
            yield f"{name}: was altered"


def _names(folder: Path) -> list[str]:
    """Files by their path within the folder; a link is none of ours, whatever it leads to."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(name for name in (path.relative_to(folder).as_posix() for path in found) if name != SEALS)


def _read(folder: Path) -> Mapping[str, str] | None:
    try:
        lines = (folder / SEALS).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return None
    pairs = [line.partition("  ") for line in lines]
    return {name: checksum for checksum, between, name in pairs} if all(between for _, between, _ in pairs) else None
