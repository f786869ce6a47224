"""The search itself: the same for any number of threads, and deaf to arrays that would lead it astray."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ContractError
from pipelines.reach import search as searching
from pipelines.reach.compiling import COMPILING
from pipelines.reach.kernel import CLOSED, EDGE, FARTHEST, FORBIDDEN, HERE, HOME, OTHER, SNAP, UNITS, UNREACHED, WAYS, U
from pipelines.reach.lanes import Lanes
from pipelines.reach.layout import Access, Job, Network, Origins
from pipelines.reach.network import access_by_place, origins_at_nodes, points_on_edges, reversed_network
from pipelines.reach.search import Engine, search


def lattice(side: int, seed: int, width: int = 1) -> Lanes:
    """A square of streets of 40 to 90 m; a tenth may be walked one way only, each lane has its own slow streets."""
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()]).astype(np.int32)
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()]).astype(np.int32)
    length = random.integers(40 * UNITS, 90 * UNITS, (len(u), 1))
    forward = np.where(random.random((len(u), width)) < 0.3, length * np.arange(1, width + 1), length).astype(np.int32)
    backward = np.where(random.random((len(u), width)) < 0.1, FORBIDDEN, forward).astype(np.int32)
    return Lanes(u, v, forward, backward)


def points(lanes: Lanes, count: int, seed: int) -> np.ndarray:
    """Points somewhere along edges, in the order of the edges."""
    import pyarrow as pa

    random = np.random.default_rng(seed)
    edge = np.sort(random.integers(0, len(lanes.u), count))
    attached = {"edge_id": edge, "fraction": random.random(count), "snap_m": np.full(count, 5.0)}
    return points_on_edges(pa.table(attached), lanes)


def job(places: int = 300, limit_m: float = 500.0, width: int = 1) -> Job:
    lanes = lattice(20, 1, width)
    access = access_by_place(points(lanes, places, seed=2), np.arange(places + 1))
    origins = origins_at_nodes(points(lanes, 400, seed=3), lanes.n_nodes)
    return Job(tuple(range(width)), reversed_network(lanes), origins, access, int(limit_m * UNITS))


def one_lane(own: Job, lane: int) -> Job:
    """The same job with one of its lanes only."""
    n_lanes = len(own.lanes)
    kept = [*range(WAYS), *(WAYS + way * n_lanes + lane for way in range(4))]
    points_of = {part: np.ascontiguousarray(getattr(own, part).points[:, kept]) for part in ("origins", "access")}
    return own._replace(
        lanes=(0,),
        network=own.network._replace(costs=np.ascontiguousarray(own.network.costs[:, [lane]])),
        origins=origins_at_nodes(points_of["origins"], len(own.network.starts) - 1),
        access=own.access._replace(points=points_of["access"]),
    )


def found_by(own: Job, threads: int = 2) -> np.ndarray:
    width = 2 + len(own.lanes)
    return np.concatenate([np.empty((0, width), dtype=np.int32), *search(own, Engine(threads))])


def by_pair(found: np.ndarray, lane: int = 0) -> dict[tuple[int, int], int]:
    return {(int(row[0]), int(row[1])): int(row[2 + lane]) for row in found if row[2 + lane] != UNREACHED}


def test_any_number_of_threads_finds_the_same_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.reach.search.PLACES_PER_BLOCK", 64)
    one = found_by(job(), threads=1)
    assert len(one) > 10_000
    assert len(job().access.starts) > 4 * 64
    for threads in (2, 3, 4, 64):
        assert np.array_equal(found_by(job(), threads), one)


def test_every_pair_is_found_once() -> None:
    found = found_by(job())
    assert len(np.unique(found[:, :2], axis=0)) == len(found)


def test_a_larger_limit_finds_the_same_pairs_and_more() -> None:
    near, far = ({tuple(row) for row in found_by(job(limit_m=m)).tolist()} for m in (200.0, 400.0))
    assert near < far
    assert {row for row in far if row[2] <= 200 * UNITS} == near


@pytest.mark.parametrize("width", [2, 6])
def test_lanes_searched_together_cost_what_each_costs_alone(width: int) -> None:
    own = job(width=width)
    together = found_by(own)
    for lane in range(width):
        assert by_pair(together, lane) == by_pair(found_by(one_lane(own, lane)))
    assert len({len(by_pair(together, lane)) for lane in range(width)}) > 1


def test_a_small_workspace_grows_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = found_by(job(width=2))
    monkeypatch.setattr(searching, "FIRST_ROWS", 1)
    assert np.array_equal(found_by(job(width=2), threads=1), whole)
    assert np.array_equal(found_by(job(width=2), threads=2), whole)


def test_without_places_nothing_is_found() -> None:
    assert found_by(job(places=0)).shape == (0, 3)


def test_the_longest_costs_do_not_overflow() -> None:
    lanes = Lanes(*(np.array(k, dtype=np.int32) for k in ([0, 1], [1, 2])), *(np.full((2, 2), FARTHEST, np.int32),) * 2)
    lanes.forward[:, 1] = FORBIDDEN
    spots = [np.array([[e, e, e + 1, FARTHEST, *[FARTHEST] * 8]], dtype=np.int32) for e in (0, 1)]
    access = Access(spots[1], np.array([0, 1], dtype=np.uint32))
    own = Job((0, 1), reversed_network(lanes), origins_at_nodes(spots[0], 3), access, FARTHEST)
    assert own.network.costs.max() == CLOSED
    assert len(found_by(own)) == 0


def test_a_search_as_far_as_the_whole_network_equals_networkx() -> None:
    own = one_lane(job(places=8, limit_m=100_000.0), 0)
    graph = nx.MultiDiGraph()
    for head in range(len(own.network.starts) - 1):
        for arc in range(own.network.starts[head], own.network.starts[head + 1]):
            graph.add_edge(head, int(own.network.tails[arc]), cost=int(own.network.costs[arc, 0]))
    found = by_pair(found_by(own))
    for place, row in enumerate(own.access.points.astype(np.int64)):
        starts = [(row[1 + end], row[SNAP] + row[WAYS + 2 + end]) for end in (0, 1) if row[WAYS + 2 + end] >= 0]
        graph.add_edges_from([("door", int(node), {"cost": int(cost)}) for node, cost in starts])
        costs = nx.single_source_dijkstra_path_length(graph, "door", weight="cost")
        graph.remove_node("door")
        for origin, point in enumerate(own.origins.points.astype(np.int64)):
            ends = [costs[int(point[1 + e])] + point[WAYS + e] + point[SNAP] for e in (0, 1) if point[WAYS + e] >= 0]
            if point[EDGE] != row[EDGE]:
                assert found[place, origin] == min(ends)


def changed(own: Job, part: str, name: str, value: np.ndarray) -> Job:
    return own._replace(**{part: getattr(own, part)._replace(**{name: value})})


def spoiled(values: np.ndarray, where: object, value: int) -> np.ndarray:
    copy = values.copy()
    copy[where] = value
    return copy


SOUND = job(places=3)
WRONG = {
    "network.tails": changed(SOUND, "network", "tails", spoiled(SOUND.network.tails, 5, 10**6)),
    "network.costs": changed(SOUND, "network", "costs", spoiled(SOUND.network.costs, 5, -7)),
    "network.costs runs": changed(SOUND, "network", "costs", spoiled(SOUND.network.costs, 5, CLOSED + 1)),
    "one row per arc": changed(SOUND, "network", "costs", SOUND.network.costs[:-1]),
    "network.costs is no array of 2": changed(SOUND, "network", "costs", SOUND.network.costs[:, 0].copy()),
    "network.costs .*int32": changed(SOUND, "network", "costs", SOUND.network.costs.astype(np.float64)),
    "network.starts": changed(SOUND, "network", "starts", spoiled(SOUND.network.starts, 3, 10**6)),
    "origins.starts": changed(SOUND, "origins", "starts", SOUND.origins.starts[:-1]),
    "origins.records .homes": changed(SOUND, "origins", "records", spoiled(SOUND.origins.records, (0, HOME), 400)),
    "origins.records .nodes": changed(SOUND, "origins", "records", spoiled(SOUND.origins.records, (0, OTHER), -1)),
    "origins.records .costs": changed(SOUND, "origins", "records", spoiled(SOUND.origins.records, (0, HERE), -1)),
    "origins.records are not of": changed(SOUND, "origins", "records", job(width=2).origins.records),
    "order": changed(SOUND, "origins", "records", SOUND.origins.records[::-1].copy()),
    "origins.points .nodes.": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, U), -1)),
    "origins.points .costs.": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, WAYS), -2)),
    "origins.points .perp": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, SNAP), -1)),
    "order of their edges": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, EDGE), 10**6)),
    "origins.points are not of 1 lanes": changed(SOUND, "origins", "points", job(width=2).origins.points),
    "access.starts": changed(SOUND, "access", "starts", np.array([0, 1, 2, 9], dtype=np.uint32)),
    "access.points": changed(SOUND, "access", "points", spoiled(SOUND.access.points, (0, U), 10**6)),
    "limit": SOUND._replace(limit=-1),
    "limit runs": SOUND._replace(limit=2**40),
    "lanes|one row per arc": SOUND._replace(lanes=()),
}


@pytest.mark.parametrize("word", WRONG)
def test_a_job_that_points_outside_itself_is_refused(word: str) -> None:
    with pytest.raises(ContractError, match=word):
        found_by(WRONG[word])


def arrays(kind: type, low: int, high: int, size: int) -> "st.SearchStrategy[np.ndarray]":
    wild = st.integers(low, high) | st.integers(max(np.iinfo(kind).min, -(2**31)), 2**31 - 1)
    return st.lists(wild, max_size=size).map(lambda values: np.array(values, dtype=kind))


def tables(width: int, low: int, high: int) -> "st.SearchStrategy[np.ndarray]":
    wild = st.integers(low, high) | st.sampled_from([-(2**31), -2, FARTHEST, FARTHEST + 1, CLOSED, 2**31 - 1])
    return st.lists(st.lists(wild, min_size=width, max_size=width), max_size=6).map(
        lambda rows: np.array(rows, dtype=np.int32).reshape(-1, width)
    )


OFFSETS = st.lists(st.integers(0, 8), max_size=8).map(lambda values: np.array(sorted(values), dtype=np.uint32))


@given(
    starts=OFFSETS,
    tails=arrays(np.uint32, 0, 6, 8),
    costs=tables(2, -1, 12),
    homes=tables(12, -1, 6),
    records=tables(7, 0, 6),
    doors=tables(12, -1, 6),
    places=OFFSETS,
    limit=st.sampled_from([0, 50, FARTHEST]),
)
def test_whatever_the_arrays_the_search_answers_or_refuses(  # noqa: PLR0913, PLR0917 - one per array
    starts: np.ndarray,
    tails: np.ndarray,
    costs: np.ndarray,
    homes: np.ndarray,
    records: np.ndarray,
    doors: np.ndarray,
    places: np.ndarray,
    limit: int,
) -> None:
    wild = Job(
        (0, 1), Network(starts, tails % 2**31, costs), Origins(homes, starts, records), Access(doors, places), limit
    )
    try:
        found = found_by(wild, threads=1)
    except ContractError:
        return
    assert np.all((found[:, 2:] <= limit) | (found[:, 2:] == UNREACHED))


@st.composite
def harmless(draw: st.DrawFn) -> Job:
    """Jobs that may be run, as odd as these come: any graph, any costs, points whose costs fit no edge."""
    n_nodes = draw(st.integers(1, 6))
    node, cost = (
        st.integers(0, n_nodes - 1),
        st.sampled_from([0, 1, 7, 2**16, FARTHEST, CLOSED]) | st.integers(0, 2**20),
    )
    arcs = sorted(draw(st.lists(st.tuples(node, node, cost, cost), max_size=14)))
    heads = np.array([arc[0] for arc in arcs], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(np.bincount(heads, minlength=n_nodes))]).astype(np.uint32)
    tails = np.array([arc[1] for arc in arcs], dtype=np.uint32)
    costs = np.array([arc[2:] for arc in arcs], dtype=np.int32).reshape(-1, 2)
    part = st.sampled_from([FORBIDDEN, 0, 5, FARTHEST]) | st.integers(0, 2**20)
    rows = st.lists(st.tuples(st.integers(0, 3), node, node, st.integers(0, 99), *[part] * 8), max_size=6).map(
        lambda some: np.array(sorted(some), dtype=np.int32).reshape(-1, 12)
    )
    doors = draw(rows)
    access = access_by_place(doors, np.arange(len(doors) + 1))
    origins = origins_at_nodes(draw(rows), n_nodes)
    return Job((0, 1), Network(starts, tails, costs), origins, access, draw(st.sampled_from([0, 10**5, FARTHEST])))


@given(own=harmless())
def test_odd_but_sound_jobs_are_searched_lane_by_lane_alike(own: Job) -> None:
    together = found_by(own, threads=1)
    for lane in (0, 1):
        assert by_pair(together, lane) == by_pair(found_by(one_lane(own, lane), threads=1))


# --- Compiled code: announced, kept where that can be, and never in the way -------------------------------------

SCRIPT = """
import runpy
space = runpy.run_path("tests/reach/test_kernel.py")
assert len(space["found_by"](space["job"]())) > 10_000
"""


def run_in_own_process(folder: Path, *, may_write: bool = True) -> str:
    """Search in a new process that keeps compiled code in `folder`; give what it says on standard error."""
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(folder),
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
    }
    # A file may then be made but nothing written to it, as on a full disk; permissions would not stop root.
    forbid = None if may_write else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    ran = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", SCRIPT],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=forbid,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


@pytest.mark.slow
def test_the_first_run_says_that_it_compiles_and_the_second_is_silent(tmp_path: Path) -> None:
    assert run_in_own_process(tmp_path).splitlines() == [COMPILING]
    assert run_in_own_process(tmp_path) == ""


@pytest.mark.slow
def test_without_a_cache_folder_the_search_still_runs(tmp_path: Path) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.touch()
    assert run_in_own_process(blocked / "cache").splitlines() == [COMPILING]


@pytest.mark.slow
def test_with_a_cache_folder_that_takes_nothing_the_search_still_runs(tmp_path: Path) -> None:
    assert run_in_own_process(tmp_path, may_write=False).splitlines() == [COMPILING]
