"""Measures protection: `python -m tests.benchmarks.protection`.

The rounding of all groups of need of Groningen over both trees and the cells, and its audit; a million people in two
trees; survey tables of Groningen's size. Each with what was asked of it, in seconds, on this machine.
Writes a table to standard output and to `data/bench/protection.json`.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.console import Console
from scipy import sparse

from pipelines.contracts import conform
from pipelines.protection.audit import feasible_intervals, leaks, wrong
from pipelines.protection.contracts import COUNTS
from pipelines.protection.population import Secret, round_people
from pipelines.protection.rounding import Sums, options, round_parts
from pipelines.protection.suppression import suppress_all
from pipelines.protection.survey_cells import survey_cells
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.warehouse import Warehouse
from tests.benchmarks.measuring import peak_mb, timed
from tests.benchmarks.networks import real_deliveries
from tests.conftest import run_whole

ROOT = Path(__file__).parents[2]
Row = tuple[str, float, float, float, str]


def groningen() -> Iterator[Row]:
    """Nine groups of people and households of Groningen, and the audit of all sums."""
    area = "groningen-2017-buurten"
    with tempfile.TemporaryDirectory() as folder:
        run = run_whole(area, real_deliveries(), Path(folder))
        warehouse, described = Warehouse(run.data, area), read_area_file(SHIPPED / f"{area}.yaml")
        (_, counts), cpu_s, wall_s = timed(lambda: round_people(warehouse, described, Secret(b"k" * 32)))
    counts = conform(counts, COUNTS)
    told, true = (counts[name].to_numpy() for name in ("rounded", "true"))
    off = np.abs(told - true)[true > 0]
    note = f"{len(counts)} sums; at most {off.max():.2f} off, on average {off.mean():.2f}"
    yield "rounding: 9 groups, PC6/PC4, buurt/wijk/gemeente, H3", 60.0, cpu_s, wall_s, note
    intervals, cpu_s, wall_s = timed(lambda: feasible_intervals(counts))
    found = f"{len(leaks(counts, intervals))} leaks, {len(wrong(counts))} wrong"
    yield "audit of these", 5.0, cpu_s, wall_s, found


def million(people: int = 1_000_000, parts: int = 100_000) -> Row:
    """So many people, generated, in two trees: 25,000 PC6 in 250 PC4; 500 buurten in 63 wijken."""
    random = np.random.default_rng(1)
    pc6 = np.sort(random.integers(0, people // 40, parts))
    buurt = np.clip((pc6 / 50 + random.normal(0, 0.3, parts)).astype(int), 0, people // 2_000 - 1)
    counts = random.gamma(1.2, people / parts / 1.2, parts)
    codes = (pc6 // 100, buurt, buurt // 8, np.zeros(parts, dtype=int), pc6)
    trees = [sparse.csr_array((np.ones(parts), (code, np.arange(parts)))) for code in codes]
    members = sparse.csr_array(sparse.vstack(trees))
    inhabited = members @ counts > 0
    members = sparse.csr_array(members[inhabited])
    weighs = np.arange(members.shape[0]) < members.shape[0] - len(np.unique(pc6))
    sums = Sums(members, options(members @ counts, random.random(members.shape[0])), weighs)
    chosen = options(counts, random.random(parts))
    rounded, cpu_s, wall_s = timed(lambda: round_parts(chosen, sums))
    off = np.abs(members @ rounded - members @ counts)
    return f"rounding: {people:,} people in two trees", 5.0, cpu_s, wall_s, f"at most {off.max():.2f} off"


def survey(respondents: int) -> Row:
    """Four scales and six items of 2 to 5 categories, in 108 buurten, 15 wijken, 34 PC4 and a gemeente."""
    cells = survey_cells(_answers(respondents))
    found, cpu_s, wall_s = timed(lambda: suppress_all(cells))
    hidden = sum(int(one.hidden.sum()) for one in found)
    further = sum(int(one.causes["secondary"].sum()) for one in found)
    safe = "all safe" if all(one.is_safe for one in found) else "UNSAFE"
    note = f"{hidden} hidden, {further} of them to protect others; {safe}"
    return f"survey tables of {respondents:,} respondents", 10.0, cpu_s, wall_s, note


def _answers(respondents: int) -> pa.Table:
    random = np.random.default_rng(respondents)
    buurt = random.choice(108, respondents, p=random.dirichlet(np.full(108, 1.2)))
    pc4 = np.clip(buurt // 3 - 1 + random.integers(0, 3, respondents), 0, 33)
    shared = {
        "buurt_code": [f"BU{code:03}" for code in buurt], "wijk_code": [f"WK{code // 8:02}" for code in buurt],
        "gemeente_code": ["GM0014"] * respondents, "pc4": [f"97{code:02}" for code in pc4],
        "weight": random.gamma(4, 0.25, respondents),
    }  # fmt: skip
    nothing = pa.nulls(respondents, pa.string()), pa.nulls(respondents, pa.float64())
    tables = []
    for number in range(10):
        is_scale = number < 4
        score = pa.array(np.clip(random.normal(6, 1.9, respondents), 0, 10))
        category = pa.array([f"answer {one}" for one in random.integers(0, 2 + number % 4, respondents)])
        own = {"question": [f"question {number}"] * respondents}
        own |= {"category": nothing[0] if is_scale else category, "score": score if is_scale else nothing[1]}
        tables.append(pa.table({**shared, **own}))
    return pa.concat_tables(tables)


def main() -> int:
    """Measure everything and write it down; 1 when something told too much."""
    console = Console(width=150)
    rows = [*groningen(), million(), *(survey(respondents) for respondents in (3_000, 6_000))]
    for what, asked_s, cpu_s, wall_s, note in rows:
        console.print(f"{what:<56} asked {asked_s:4.0f} s   CPU {cpu_s:6.2f} s   wall {wall_s:6.2f} s   {note}")
    console.print(f"peak of it all {peak_mb():.0f} MB")
    path = ROOT / "data" / "bench" / "protection.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any(word in note for *_, note in rows for word in ("UNSAFE",)))


if __name__ == "__main__":
    sys.exit(main())
