"""Measures protection: `python -m tests.benchmarks.protection`.

What somebody finds who knows the rule and lays all releases side by side, of 200 invented towns, the example town and
Groningen, with rules not to have as controls; the rounding of all groups of need, its audit, and that of the tables
that go out; a million people in two trees; survey tables of Groningen's size. Each with the seconds asked of it.
Writes a table to standard output and to `data/bench/protection.json`.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.console import Console
from scipy import sparse

from pipelines.areas.contracts import VALUES
from pipelines.contracts import conform
from pipelines.example.town import write_town
from pipelines.protection import publication
from pipelines.protection.accounts import Grounds, require_accounted
from pipelines.protection.audit import AuditError, feasible_intervals, leaks, wrong
from pipelines.protection.contracts import COUNTS
from pipelines.protection.memory import EXACT
from pipelines.protection.population import Rounding, Secret, round_people, rounding_of
from pipelines.protection.rounding import Sums, options, round_parts
from pipelines.protection.suppression import suppress_all
from pipelines.protection.survey_cells import survey_cells
from pipelines.protection.thresholds import BASE
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.contracts import AREAS
from pipelines.warehouse import Warehouse
from tests.benchmarks.measuring import peak_mb, timed
from tests.benchmarks.networks import real_deliveries
from tests.benchmarks.releases import (
    forgets,
    histories,
    keeps,
    narrowest,
    narrowest_by_enumeration,
    narrowest_of_known_changes,
    prefers,
    released,
)
from tests.conftest import run_whole
from tests.protection.conftest import make_town

ROOT = Path(__file__).parents[2]
Row = tuple[str, float, float, float, str]
_KEY = b"k" * 32
_AS_SHIPPED: dict[str, float] = {}


def of_a_run(area: str, raw: Path, sequences: int) -> Iterator[Row]:
    """All groups of people and households of an area, the audit of all sums, and releases of it after each other."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_whole(area, raw, Path(folder))
        warehouse, described = Warehouse(run.data, area), read_area_file(SHIPPED / f"{area}.yaml")
        (_, counts), cpu_s, wall_s = timed(lambda: round_people(warehouse, described, Secret(_KEY)))
        counts = conform(counts, COUNTS)
        told, true = (counts[name].to_numpy() for name in ("rounded", "true"))
        off = np.abs(told - true)[true > 0]
        note = f"{len(counts)} sums; at most {off.max():.2f} off, on average {off.mean():.2f}"
        yield f"rounding: {area}, two trees and H3", 60.0, cpu_s, wall_s, note
        intervals, cpu_s, wall_s = timed(lambda: feasible_intervals(counts))
        found = f"{len(leaks(counts, intervals))} leaks, {len(wrong(counts))} wrong"
        found += " UNSAFE" if len(leaks(counts, intervals)) + len(wrong(counts)) else ""
        yield "audit of these", 5.0, cpu_s, wall_s, found
        yield published_tables(warehouse, "audit of the tables that go out", _AS_SHIPPED)
        yield published_tables(warehouse, "control: tens in the SQL", {"base": 2.0 * BASE})
        # A municipality's own counts: what CBS tells itself would stand as it is, however people are moved here.
        asked = replace(rounding_of(warehouse, described, Secret(_KEY)), public_units=lambda _: ())
        yield sequences_of(f"{sequences} sequences of releases of {area}", [asked] * sequences, most=4)


def published_tables(warehouse: Warehouse, what: str, changed: dict[str, float]) -> Row:
    """Whether the tables that go out are accounted for, when the SQL is given other numbers."""
    parameters = publication.OF_PEOPLE
    publication.OF_PEOPLE = parameters | changed
    try:
        tidy = publication.protect_indicators(warehouse)
    finally:
        publication.OF_PEOPLE = parameters
    wide = publication.area_tables(tidy, warehouse.read(AREAS))
    tables = {area_type: table for area_type, (table, _) in wide.items()}
    grounds = Grounds(warehouse.read(COUNTS), warehouse.read(VALUES))
    safe, cpu_s, wall_s = timed(lambda: _is_accounted(tidy, tables, grounds))
    as_it_should_be = safe == (not changed)
    return what, 5.0, cpu_s, wall_s, f"{'passes' if safe else 'refused'}{'' if as_it_should_be else ' UNSAFE'}"


def _is_accounted(tidy: pa.Table, tables: dict[str, pa.Table], grounds: Grounds) -> bool:
    try:
        require_accounted(tidy, tables, grounds)
    except AuditError:
        return False
    return True


def sequences_of(what: str, firsts: Sequence[Rounding], most: int = 10) -> Row:
    """Sequences of up to `most` releases: how many fail or leave something out, and the narrowest an attacker finds."""

    def all_of_them() -> tuple[int, int, float, float]:
        number, left_out, by_audit, by_programme = 0, 0, np.inf, np.inf
        for seed, first in enumerate(firsts):
            random = np.random.default_rng(seed)
            releases = list(released(first, histories(first.persons, first.parts, random, most)))
            told = [release.counts for release in releases]
            number += len(told)
            left_out += sum(table["rounded"].null_count for table in told)
            left_out += sum(len(release.groups) != len(releases[0].groups) for release in releases)
            widths = feasible_intervals(told[-1], told[:-1]).width_with
            by_audit = min(by_audit, widths[told[-1]["true"].to_numpy() > 0].min())
            by_programme = min(by_programme, narrowest(releases, random))
        return number, left_out, by_audit, by_programme

    (number, left_out, by_audit, by_programme), cpu_s, wall_s = timed(all_of_them)
    safe = "" if left_out == 0 and min(by_audit, by_programme) >= BASE - EXACT else " UNSAFE"
    note = f"{number} releases, {left_out} left out; narrowest {by_audit:.1f}, by programmes {by_programme:.1f}{safe}"
    return what, 300.0, cpu_s, wall_s, note


def rules() -> Iterator[Row]:
    """The rule of what was told, and two not to have, by every history of a sum that can be told at all."""
    for rule, is_ours in ((prefers, True), (keeps, False), (forgets, False)):
        (width, _), cpu_s, wall_s = timed(partial(narrowest_by_enumeration, rule))
        yield _judged(f"every history of a sum: rule {rule.__name__}", (cpu_s, wall_s), width, is_ours=is_ours)
    for same in (True, False):
        width, cpu_s, wall_s = timed(partial(narrowest_of_known_changes, 2_000, same_chance=same))
        what = f"every change known; chance {'stays with the sum' if same else 'anew each release'}"
        yield _judged(what, (cpu_s, wall_s), width, is_ours=same)


def _judged(what: str, spent: tuple[float, float], width: float, *, is_ours: bool) -> Row:
    unsafe = "" if (width >= BASE) == is_ours else " UNSAFE"
    return what, 5.0, *spent, f"narrowest {width:.1f}{'' if is_ours else ', a control'}{unsafe}"


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
    towns = [make_town(seed, n=40, whole=seed % 2 == 0).rounding(key=seed.to_bytes(32)) for seed in range(200)]
    with tempfile.TemporaryDirectory() as raw:
        write_town(Path(raw) / "voorbeeldstad", "klein")
        example = list(of_a_run("voorbeeldstad", Path(raw), 10))
    rows = [*rules(), sequences_of("200 sequences of releases, invented", towns), *example]
    rows += [
        *of_a_run("groningen-2017-buurten", real_deliveries(), 3),
        million(),
        *(survey(respondents) for respondents in (3_000, 6_000)),
    ]
    for what, asked_s, cpu_s, wall_s, note in rows:
        console.print(f"{what:<56} asked {asked_s:4.0f} s   CPU {cpu_s:6.2f} s   wall {wall_s:6.2f} s   {note}")
    console.print(f"peak of it all {peak_mb():.0f} MB")
    path = ROOT / "data" / "bench" / "protection.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any("UNSAFE" in note for *_, note in rows))


if __name__ == "__main__":
    sys.exit(main())
