"""Types of arrays stand once: every annotation takes them from there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOME = ROOT / "pipelines" / "arrays.py"
MADE = re.compile(r"NDArray\[(np\.\w+)\]")
KNOWN = set(MADE.findall(HOME.read_text(encoding="utf-8")))
SOURCES = sorted(path for folder in ("pipelines", "assets", "tests") for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_type_of_arrays_that_has_a_name_is_made_nowhere_else(path: Path) -> None:
    made = set() if path == HOME else KNOWN & set(MADE.findall(path.read_text(encoding="utf-8")))
    assert made == set()
