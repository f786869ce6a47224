"""The search itself: the same for any number of threads, and deaf to arrays that would lead it astray."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ContractError
from pipelines.reach.job import Job
from pipelines.reach.kernel import PLACES_PER_BLOCK, search
from pipelines.reach.network import (
    EDGE,
    SNAP,
    TO_U,
    UNITS,
    Access,
    Lane,
    Network,
    Origins,
    U,
    origins_at_nodes,
    reversed_network,
)


def lattice(side: int, seed: int) -> Lane:
    """A square of streets of 40 to 90 m; a tenth may be walked one way only."""
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()]).astype(np.int32)
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()]).astype(np.int32)
    forward = random.integers(40 * UNITS, 90 * UNITS, len(u)).astype(np.int32)
    backward = np.where(random.random(len(u)) < 0.1, -1, forward).astype(np.int32)
    return Lane(u, v, forward, backward)


def points(lane: Lane, count: int, seed: int) -> np.ndarray:
    """Points at random halves of edges, in the order of the edges."""
    edge = np.sort(np.random.default_rng(seed).integers(0, len(lane.u), count))
    ahead, back = lane.forward[edge] // 2, np.where(lane.backward[edge] < 0, -1, lane.backward[edge] // 2)
    columns = [edge, lane.u[edge], lane.v[edge], back, ahead, ahead, back, np.full(count, 5 * UNITS)]
    return np.column_stack(columns).astype(np.int32)


def job(places: int = 300, limit_m: float = 500.0) -> Job:
    lane = lattice(20, seed=1)
    access = Access(points(lane, places, seed=2), np.arange(places + 1))
    origins = origins_at_nodes(points(lane, 400, seed=3), lane.n_nodes)
    return Job(reversed_network(lane), origins, access, int(limit_m * UNITS))


def test_any_number_of_threads_finds_the_same_in_the_same_order() -> None:
    one = search(job(), threads=1)
    assert len(one) > 10_000
    assert len(job().access.starts) > 4 * PLACES_PER_BLOCK
    for threads in (2, 3, 4, 64):
        assert np.array_equal(search(job(), threads), one)


def test_every_pair_is_found_once() -> None:
    found = search(job(), threads=2)
    assert len(np.unique(found[:, :2], axis=0)) == len(found)


def test_a_larger_limit_finds_the_same_pairs_and_more() -> None:
    near, far = ({tuple(row) for row in search(job(limit_m=m), 2).tolist()} for m in (200.0, 400.0))
    assert near < far
    assert {row for row in far if row[2] <= 200 * UNITS} == near


def test_without_places_nothing_is_found() -> None:
    assert search(job(places=0), threads=2).shape == (0, 3)


def test_the_longest_costs_do_not_overflow() -> None:
    most = 100_000 * UNITS
    lane = Lane(*(np.array([k], dtype=np.int32) for k in (0, 1, most, most)))
    spot = np.array([[0, 0, 1, most, 0, 0, most, most]], dtype=np.int32)
    own = Job(reversed_network(lane), origins_at_nodes(spot, 2), Access(spot, np.array([0, 1])), most)
    assert len(search(own, 1)) == 0


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
    "network.costs and network.tails": changed(SOUND, "network", "costs", SOUND.network.costs[:-1]),
    "network.starts": changed(SOUND, "network", "starts", spoiled(SOUND.network.starts, 3, 10**6)),
    "origins.starts": changed(SOUND, "origins", "starts", SOUND.origins.starts[:-1]),
    "origins.records": changed(SOUND, "origins", "records", spoiled(SOUND.origins.records, 0, 400)),
    "order": changed(SOUND, "origins", "records", SOUND.origins.records[::-1].copy()),
    "origins.points .nodes.": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, U), -1)),
    "origins.points .costs.": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, TO_U), -2)),
    "origins.points .perp": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, SNAP), -1)),
    "order of their edges": changed(SOUND, "origins", "points", spoiled(SOUND.origins.points, (0, EDGE), 10**6)),
    "access.starts": changed(SOUND, "access", "starts", np.array([0, 1, 2, 9])),
    "access.points": changed(SOUND, "access", "points", spoiled(SOUND.access.points, (0, U), 10**6)),
    "limit": SOUND._replace(limit=-1),
    "limit runs": SOUND._replace(limit=2**40),
}


@pytest.mark.parametrize("word", WRONG)
def test_a_job_that_points_outside_itself_is_refused(word: str) -> None:
    with pytest.raises(ContractError, match=word):
        search(WRONG[word], threads=1)


SMALL = st.lists(st.integers(-3, 12), max_size=12).map(lambda values: np.array(values, dtype=np.int32))
OFFSETS = st.lists(st.integers(-1, 12), max_size=8).map(lambda values: np.array(sorted(values), dtype=np.int64))
TABLE = st.lists(st.lists(st.integers(-2, 9), min_size=8, max_size=8), max_size=5).map(
    lambda rows: np.array(rows, dtype=np.int32).reshape(-1, 8)
)


@given(starts=OFFSETS, tails=SMALL, costs=SMALL, table=TABLE, places=OFFSETS)
def test_whatever_the_arrays_the_search_answers_or_refuses(
    starts: np.ndarray, tails: np.ndarray, costs: np.ndarray, table: np.ndarray, places: np.ndarray
) -> None:
    origins = Origins(table, starts, tails)
    wild = Job(Network(starts, tails, costs), origins, Access(table, places), 50)
    try:
        found = search(wild, threads=1)
    except ContractError:
        return
    assert np.all(found[:, 2] <= 50)


@pytest.mark.slow
def test_without_a_writable_cache_folder_the_search_still_runs(tmp_path: Path) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.touch()
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(blocked / "cache"),
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
    }
    script = (
        "import runpy; space = runpy.run_path('tests/reach/test_kernel.py');"
        "assert len(space['search'](space['job'](), 2)) > 10_000"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
