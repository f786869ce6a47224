"""The same input and key give the same bytes, in another process and hash seed, with tables already there."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.slow


def _sums(folder: Path) -> dict[str, str]:
    """Of all tables but those that name releases: the audit, and what earlier releases told."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
        if not {"audit", "told"} & set(path.parts)
    }


def _run(area: str, first: Run, data: Path, seed: str) -> None:
    given = {"SAMENHANG_DATA": str(data), "SAMENHANG_KEY": str(first.data / "protection.key")}
    environment = os.environ | given | {"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"}
    raw = first.raw
    command = [str(Path(sys.executable).parent / "samenhang"), "run", area, "--raw", str(raw)]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=data.parent)


@pytest.mark.parametrize("area", ["voorbeeldstad", pytest.param("groningen-2017", marks=pytest.mark.realdata)])
def test_a_second_run_gives_byte_identical_parquet(area: str, tmp_path: Path, request: pytest.FixtureRequest):
    first = request.getfixturevalue("example_run" if area == "voorbeeldstad" else "groningen_run")
    data = tmp_path / "data"
    for seed in ("1", "2"):
        _run(area, first, data, seed)
        published = _sums(data / "published" / area)
        assert published == _sums(first.published)
        assert len(published) == 12
        for folder in ("tables", "private"):
            assert _sums(data / folder) == _sums(first.data / folder)
