"""What the benchmark says beside its measurements."""

import pytest

from tests.benchmarks.bench import _growth
from tests.benchmarks.measuring import Measured


def measured(engine: str, nodes: int, cpu_s: float) -> Measured:
    sizes = {"nodes": nodes, "places": 1, "origins": 1, "profiles": 1, "bounds": 1}
    case = "search, nothing written"
    return Measured(case=case, engine=engine, **sizes, cpu_s=cpu_s, wall_s=1.0, peak_mb=1.0, agrees="-", note="")


def test_growth_is_told_of_one_thread_from_the_least_to_the_largest_network(capsys: pytest.CaptureFixture[str]):
    rows = [
        measured("ours, 2 threads", 4_000_000, 9.0),
        measured("ours, 1 threads", 4_000_000, 4.0),
        measured("ours, 1 threads", 1_000_000, 1.1),
        measured("ours, 1 threads", 1_000, 5.0),
        measured("ours, 1 threads", 100_000, 0.1),
    ]
    (row,) = _growth(rows)
    assert row.note == "search grows as n^1.000 from 100,000 nodes"
    assert "growth of the search" in capsys.readouterr().out


def test_growth_is_not_told_of_one_network():
    assert _growth([measured("ours, 1 threads", 100_000, 0.1)]) == []
