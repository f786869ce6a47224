"""The same input gives the same bytes, in another process with another hash seed and with tables already there."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def _sums(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def _run(area: str, raw: Path, data: Path, seed: str) -> None:
    environment = os.environ | {"SAMENHANG_DATA": str(data), "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"}
    command = [str(Path(sys.executable).parent / "samenhang"), "run", area, "--raw", str(raw)]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=data.parent)


@pytest.mark.parametrize("area", ["voorbeeldstad", pytest.param("groningen-2017", marks=pytest.mark.realdata)])
def test_a_second_run_gives_byte_identical_parquet(area: str, tmp_path: Path, request: pytest.FixtureRequest):
    first = request.getfixturevalue("example_run" if area == "voorbeeldstad" else "groningen_run")
    data = tmp_path / "data"
    for seed in ("1", "2"):
        _run(area, first.raw, data, seed)
        published = _sums(data / "published" / area)
        assert published == _sums(first.published)
        assert len(published) == 9
        for folder in ("tables", "private"):
            assert _sums(data / folder) == _sums(first.data / folder)
