"""The measurements, each made in a process of its own: `python -m tests.benchmarks.tasks TASK FOLDER WORDS`.

Imports stand inside the tasks: what a peer runs in need not have our libraries, nor hold them in memory.
"""

import dataclasses
import filecmp
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.measuring import peak_mb, timed
from tests.benchmarks.networks import Town, generated, load, save
from tests.benchmarks.peers import PEERS, agreement, sampled

HOMES_ENGINES = ("scipy, homes",)


def main() -> None:
    """Do one task and say its rows, as JSON in one line."""
    task, folder, *words = sys.argv[1:]
    sys.stdout.write(json.dumps(TASKS[task](Path(folder), *words)) + "\n")


def _generate(folder: Path, name: str, n_nodes: str) -> list[dict[str, object]]:
    from tests.benchmarks.ours import write_tables
    from tests.benchmarks.real import real_town

    town = generated(int(n_nodes)) if int(n_nodes) else real_town(name)
    save(town, folder / "town.npz")
    write_tables(town, folder)
    return []


def _prepare(folder: Path) -> list[dict[str, object]]:
    from tests.benchmarks.ours import keep, read_and_prepare, warm_network

    warm_network()
    outing, cpu_s, wall_s = timed(lambda: read_and_prepare(folder))
    row = _row("prepare, from tables", "ours", outing, cpu_s, wall_s)
    keep(outing, folder)
    return [row]


def _search(folder: Path, threads: str) -> list[dict[str, object]]:
    from pipelines.reach.search import Engine, search
    from tests.benchmarks.ours import kept

    outing = kept(folder)
    engine = Engine(int(threads))
    _warm(outing, engine)
    n_pairs, cpu_s, wall_s = timed(lambda: sum(len(found) for found in search(outing.job, engine)))
    return [_row("search, nothing written", f"ours, {threads} threads", outing, cpu_s, wall_s, f"{n_pairs:,} pairs")]


def _pairs(folder: Path, threads: str) -> list[dict[str, object]]:
    from pipelines.reach.pairs import pair_tables
    from pipelines.reach.search import Engine
    from pipelines.reach.tables import store_pairs
    from tests.benchmarks.ours import kept

    outing = kept(folder)
    engine = Engine(int(threads), folder)
    _warm(outing, engine)
    path = folder / f"pairs{threads}.parquet"
    n_pairs, cpu_s, wall_s = timed(lambda: store_pairs(pair_tables(outing, engine), path))
    note = f"{n_pairs:,} pairs, {path.stat().st_size / 1e6:.0f} MB; agrees: same bytes as 1 thread"
    row = _row("all pairs, sorted, Parquet", f"ours, {threads} threads", outing, cpu_s, wall_s, note)
    same = filecmp.cmp(path, folder / "pairs1.parquet", shallow=False)
    return [{**row, "agrees": "yes" if same else "NO"}]


def _whole(folder: Path, threads: str) -> list[dict[str, object]]:
    """From tables to the file of pairs in one process."""
    from pipelines.reach.pairs import pair_tables
    from pipelines.reach.search import Engine
    from pipelines.reach.tables import store_pairs
    from tests.benchmarks.ours import homes_outing, read_and_prepare

    engine = Engine(int(threads), folder)
    # On a hamlet, so that its memory does not count.
    hamlet = generated(400)
    _warm(homes_outing(hamlet, sampled(hamlet, len(hamlet.place_node))), engine)

    def work() -> tuple[object, int]:
        outing = read_and_prepare(folder)
        return outing, store_pairs(pair_tables(outing, engine), folder / "whole.parquet")

    (outing, n_pairs), cpu_s, wall_s = timed(work)
    return [_row("tables to pairs, Parquet", f"ours, {threads} threads", outing, cpu_s, wall_s, f"{n_pairs:,} pairs")]


def _counts(folder: Path, threads: str) -> list[dict[str, object]]:
    from pipelines.reach.counts import reach_counts
    from pipelines.reach.search import Engine
    from tests.benchmarks.ours import kept, register_of

    outing, register = kept(folder), register_of(load(folder / "town.npz"))
    engine = Engine(int(threads))
    _warm(outing, engine)
    counts, cpu_s, wall_s = timed(lambda: reach_counts(outing, register, engine))
    note = f"{len(counts):,} rows of counts"
    return [_row("nearest and counts, no pairs kept", f"ours, {threads} threads", outing, cpu_s, wall_s, note)]


def _lanes(folder: Path, together: str) -> list[dict[str, object]]:
    """All profiles and bounds: `together` bounds in one search."""
    from pipelines.reach.search import Engine, search
    from tests.benchmarks.ours import BOUNDS, known_profiles, profile_outing

    town = load(folder / "town.npz")
    groups = [BOUNDS] if together == "3" else [(bound,) for bound in BOUNDS]
    total_cpu_s = total_wall_s = 0.0
    n_finds, lanes, names = 0, [], known_profiles()
    for name in names:
        for bounds in groups:
            outing = profile_outing(town, name, bounds)
            lanes.append(1 + max(lane for b in outing.bounds for lane in (b.metres, b.seconds)))
            _warm(outing, Engine())
            found, cpu_s, wall_s = timed(lambda job=outing.job: sum(len(part) for part in search(job, Engine())))
            n_finds, total_cpu_s, total_wall_s = n_finds + found, total_cpu_s + cpu_s, total_wall_s + wall_s
    case = "4 profiles, 3 bounds" + (" in lanes" if together == "3" else ", one by one")
    note = f"metres and seconds; {sum(lanes)} lanes in {len(lanes)} searches, {n_finds:,} finds"
    return [
        {**_row(case, "ours, 2 threads", outing, total_cpu_s, total_wall_s, note), "profiles": len(names), "bounds": 3}
    ]


def _truth(folder: Path, job: str, n_most: str) -> list[dict[str, object]]:
    """What peers are compared with: from crossings or from homes, to some places."""
    from pipelines.reach.search import Engine
    from tests.benchmarks import ours

    town = load(folder / "town.npz")
    places = sampled(town, int(n_most))
    outing_of, answer_of = {
        "homes": (ours.homes_outing, ours.homes_answer),
        "crossings": (ours.crossings_outing, ours.crossings_answer),
    }[job]
    outing = outing_of(town, places)
    _warm(outing, Engine())
    answer, cpu_s, wall_s = timed(lambda: answer_of(outing, town, Engine()))
    np.savez(folder / f"{job}{len(places)}.npz", nearest=answer[0], numbers=answer[1])
    return [_row(f"{job} to 8 kinds", "ours, 2 threads", outing, cpu_s, wall_s, _share(town, places))]


def _peer(folder: Path, engine: str, n_most: str) -> list[dict[str, object]]:
    town = load(folder / "town.npz")
    places = sampled(town, int(n_most))
    job = "homes" if engine in HOMES_ENGINES else "crossings"
    prepare, answer = PEERS[engine]
    ready = prepare(town)
    found, cpu_s, wall_s = timed(lambda: answer(town, ready, places))
    with np.load(folder / f"{job}{len(places)}.npz") as truth:
        differences = agreement(found, (truth["nearest"], truth["numbers"]))
    size = {"nodes": len(town.x_m), "places": len(places), "origins": len(found[0]), "profiles": 1, "bounds": 1}
    note = "; ".join(filter(None, (_share(town, places), differences)))
    times = {"cpu_s": round(cpu_s, 3), "wall_s": round(wall_s, 3), "peak_mb": round(peak_mb())}
    agrees = "NO" if differences else "yes"
    return [{"case": f"{job} to 8 kinds", "engine": engine, **size, **times, "agrees": agrees, "note": note}]


def _measures(folder: Path) -> list[dict[str, object]]:
    from tests.benchmarks.more import measures

    return [_over_pairs(folder, "measures over the pairs", measures, "rows by area and kind: nearest, counts, P90")]


def _floors(folder: Path) -> list[dict[str, object]]:
    from tests.benchmarks.more import floors

    return [_over_pairs(folder, "floor per person over the pairs", floors, "rows by home and bound: E2SFCA")]


def _over_pairs(
    folder: Path, case: str, work: Callable[[Path], tuple[int, float, float]], what: str
) -> dict[str, object]:
    from tests.benchmarks.ours import kept

    n_rows, cpu_s, wall_s = work(folder)
    row = _row(case, "duckdb, 2 threads", None, cpu_s, wall_s, f"{n_rows:,} {what}")
    return {**row, **_size(kept(folder))}


def _rest(folder: Path) -> list[dict[str, object]]:
    from tests.benchmarks.more import rests
    from tests.benchmarks.ours import kept

    n_benches, n_found, cpu_s, wall_s = rests(folder)
    note = f"R 100 m, D 500 m, {n_benches:,} benches, {n_found:,} pairs; search only"
    return [_row("rest stops, rollator", "ours, 2 threads", kept(folder), cpu_s, wall_s, note)]


def _toggle(folder: Path) -> list[dict[str, object]]:
    from pipelines.reach.search import Engine
    from tests.benchmarks.more import toggled
    from tests.benchmarks.ours import kept

    outing = kept(folder)
    _warm(outing, Engine())
    cpu_s, wall_s, longest_s = toggled(outing)
    note = f"mean of 50 places; longest {longest_s * 1000:.0f} ms"
    return [{**_row("opening or closing one place", "ours, 1 thread", outing, cpu_s, wall_s, note), "places": 1}]


def _graph(folder: Path) -> list[dict[str, object]]:
    """From the delivered streets of a real area, whose name the folder bears, to a graph."""
    from tests.benchmarks.ours import kept
    from tests.benchmarks.real import real_graph

    (nodes, _), cpu_s, wall_s = timed(lambda: real_graph(folder.name))
    return [_row("delivered streets to a graph", folder.name, kept(folder), cpu_s, wall_s, f"{len(nodes):,} nodes")]


def _share(town: Town, places: np.ndarray) -> str:
    return "" if len(places) == len(town.place_node) else f"sample: {len(places):,} of {len(town.place_node):,} places"


def _warm(outing: object, engine: object) -> None:
    """Have everything compiled that the measurement uses."""
    from pipelines.places.contracts import FUNCTIONS
    from pipelines.reach.counts import reach_counts
    from pipelines.reach.pairs import Outing, pair_tables

    assert isinstance(outing, Outing)
    job = outing.job
    few = job._replace(access=job.access._replace(points=job.access.points[:0], starts=job.access.starts[:1]))
    small = dataclasses.replace(outing, job=few, place_ids=outing.place_ids[:0], origin_ids=outing.origin_ids)
    for _ in pair_tables(small, engine):
        pass
    reach_counts(small, FUNCTIONS.schema.empty_table(), engine)


def _size(outing: object) -> dict[str, object]:
    job = outing.job
    counted = {"nodes": job.network.starts, "places": job.access.starts}
    return {**{name: len(starts) - 1 for name, starts in counted.items()}, "origins": len(job.origins.points)}


def _row(case: str, engine: str, outing: object, cpu_s: float, wall_s: float, note: str = "") -> dict[str, object]:  # noqa: PLR0913, PLR0917 - columns of a table
    size = _size(outing) if outing else {"nodes": 0, "places": 0, "origins": 0}
    bounds = len(outing.bounds) if outing else 1
    times = {"cpu_s": round(cpu_s, 4), "wall_s": round(wall_s, 4), "peak_mb": round(peak_mb())}
    return {
        "case": case,
        "engine": engine,
        **size,
        "profiles": 1,
        "bounds": bounds,
        **times,
        "agrees": "-",
        "note": note,
    }


TASKS: dict[str, Callable[..., list[dict[str, object]]]] = {
    "generate": _generate,
    "prepare": _prepare,
    "search": _search,
    "pairs": _pairs,
    "whole": _whole,
    "counts": _counts,
    "lanes": _lanes,
    "truth": _truth,
    "measures": _measures,
    "floors": _floors,
    "rest": _rest,
    "toggle": _toggle,
    "graph": _graph,
    "peer": _peer,
}

if __name__ == "__main__":
    main()
