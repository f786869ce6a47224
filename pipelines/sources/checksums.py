"""Checksums of deliveries, so that a figure can be traced to the very bytes it came from."""

import hashlib
from pathlib import Path


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as delivered:
        return hashlib.file_digest(delivered, "sha256").hexdigest()
