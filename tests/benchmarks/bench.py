"""Measures this project's search and engines of others on the same networks: `python -m tests.benchmarks.bench`.

Every measurement runs in a process of its own, so that its peak is its own; times exclude imports, compiling and
making the input, unless the case says otherwise. Writes a table to standard output and to `data/bench/latest.json`.
"""

import argparse
import dataclasses
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks.measuring import Measured
from tests.benchmarks.networks import real_deliveries

ROOT = Path(__file__).parents[2]
# Generated networks by their nodes; 0: the streets of a real area.
SIZES = {"100k": 100_000, "1M": 1_000_000, "4M": 4_000_000, "delft-campus": 0, "groningen-2017": 0}
HOMES_ENGINES = ("scipy, homes",)
# Places that an engine searches at most, by size; none: not asked to.
SAMPLES: dict[str, dict[str, int]] = {
    "100k": {"scipy, homes": 10**9, "scipy": 10**9, "networkx": 10**9, "duckdb using key": 10**9, "cityseer": 10**9},
    "1M": {"scipy, homes": 500, "scipy": 500, "networkx": 2_000, "duckdb using key": 2_000},
    "4M": {"scipy, homes": 100},
    # Not cityseer, which measures lines itself: here what counts as a metre is what the profile pays.
    "delft-campus": {"scipy, homes": 10**9, "scipy": 10**9, "networkx": 10**9, "duckdb using key": 10**9},
    "groningen-2017": {"scipy, homes": 10**9, "scipy": 10**9, "networkx": 10**9, "duckdb using key": 10**9},
}
NEEDS = {"cityseer": "cityseer", "networkx": "networkx"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything that is asked for."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=asked.scratch) as scratch:
        rows = []
        pythons = dict(pair.split("=") for pair in asked.python)
        for row in _measurements(asked.sizes.split(","), Path(scratch), pythons, asked.only):
            rows.append(row)
            _print_line(_formatted(row))
        rows += _growth(rows)
    out = ROOT / "data" / "bench" / "latest.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--sizes", default=",".join(SIZES), help=f"of {', '.join(SIZES)}")
    parser.add_argument("--only", default="", help=f"one of {', '.join(CASES)}")
    parser.add_argument("--scratch", default=None, help="folder for some GB of intermediate files")
    parser.add_argument("--python", action="append", default=[], help="ENGINE=PATH: a Python that has this engine")
    return parser


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _formatted(row: Measured) -> str:
    size = f"{row.nodes:>9,} {row.places:>8,} {row.origins:>9,} {row.profiles}x{row.bounds}"
    figures = f"{row.cpu_s:9.2f} {row.wall_s:9.2f} {row.peak_mb:7,.0f}"
    return f"{row.case:34} {row.engine:18} {size} {figures} {row.agrees:6} {row.note}"


def _growth(rows: Sequence[Measured]) -> list[Measured]:
    """The exponent of the growth of the search from the least to the largest generated network."""
    searched = [row for row in rows if (row.case, row.engine) == ("search, nothing written", "ours, 1 threads")]
    grown = sorted((row for row in searched if row.nodes > 50_000), key=lambda row: row.nodes)
    if len(grown) < 2:
        return []
    first, last = grown[0], grown[-1]
    exponent = np.log(last.cpu_s / first.cpu_s) / np.log(last.nodes / first.nodes)
    note = f"search grows as n^{exponent:.3f} from {first.nodes:,} nodes"
    row = dataclasses.replace(last, case="growth of the search", note=note)
    _print_line(_formatted(row))
    return [row]


# What --only takes: the tasks of one size, with their words.
CASES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "prepare": (("prepare", ()),),
    "search": (("search", ("1",)), ("search", ("2",))),
    "pairs": (("pairs", ("1",)), ("pairs", ("2",)), ("pairs", ("4",))),
    "whole": (("whole", ("2",)),),
    "counts": (("counts", ("2",)),),
    "measures": (("measures", ()), ("floors", ())),
    "place": (("toggle", ()),),
    "rest": (("rest", ()),),
    "lanes": (("lanes", ("3",)),),
    "peers": (),
    "graph": (("graph", ()),),
}


def _measurements(sizes: Sequence[str], scratch: Path, pythons: dict[str, str], only: str) -> Iterator[Measured]:
    _print_line(
        f"{'case':34} {'engine':18} {'nodes':>9} {'places':>8} {'origins':>9} pxb"
        f" {'cpu_s':>9} {'wall_s':>9} {'MB':>7} agrees"
    )
    for size in sizes:
        if not SIZES[size] and not real_deliveries().is_dir():
            _print_line(f"SKIPPED {size}: there is no folder of real deliveries at {real_deliveries()}.")
            continue
        folder = scratch / size
        folder.mkdir()
        _run("generate", folder, size, str(SIZES[size]))
        _run("prepare", folder)
        # The measures read the file of pairs.
        wanted = {"pairs", "measures"} if only == "measures" else {only or case for case in CASES}
        for case, tasks in CASES.items():
            if case in wanted and not (case == "graph" and SIZES[size]):
                for task, words in tasks:
                    yield from _rows(_run(task, folder, *words))
        if "peers" in wanted:
            yield from _peers(size, folder, pythons)


def _peers(size: str, folder: Path, pythons: dict[str, str]) -> Iterator[Measured]:
    """Engines of others, each after ours on the very places it searches; says loudly which are not installed."""
    for engine, most in SAMPLES[size].items():
        if engine not in pythons and not importlib.util.find_spec(NEEDS.get(engine, "numpy")):
            _print_line(
                f"SKIPPED {engine}: not installed. Run: pip install '.[bench]', or give --python '{engine}=PATH'."
            )
            continue
        job = "homes" if engine in HOMES_ENGINES else "crossings"
        yield from _rows(_run("truth", folder, job, str(most)))
        yield from _rows(_run("peer", folder, engine, str(most), python=pythons.get(engine, sys.executable)))


def _rows(answer: object) -> list[Measured]:
    return [Measured(**row) for row in answer]


def _run(task: str, folder: Path, *words: str, python: str = sys.executable) -> object:
    """Do one task in a new process; give what it says."""
    command = [python, "-m", "tests.benchmarks.tasks", task, str(folder), *words]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"benchmark task {task} {words} failed:\n{ran.stderr[-2000:]}")
    return json.loads(ran.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
