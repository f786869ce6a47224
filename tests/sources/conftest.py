"""Small OSM extracts, written by hand."""

from collections.abc import Callable
from pathlib import Path

import osmium
import pytest


@pytest.fixture
def extract(tmp_path: Path) -> Callable[..., Path]:
    """Write lines of OPL, the one-line-per-object notation of OSM, as an extract."""

    def write(*lines: str) -> Path:
        path = tmp_path / "small.osm.pbf"
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for thing in osmium.FileProcessor(osmium.io.FileBuffer("\n".join(lines).encode(), "opl")):
                writer.add(thing)
        return path

    return write
