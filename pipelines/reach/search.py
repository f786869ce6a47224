"""Runs the search over blocks of places, side by side, and hands on what each block found in the order of the blocks.

The blocks are fixed, so that the result does not depend on the number of threads; few are under way at once, so that
memory does not depend on the number of places.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from pipelines.arrays import Int32s
from pipelines.reach.compiling import Tell, log, make_ready
from pipelines.reach.job import require_sound
from pipelines.reach.kernel import BUCKET_BITS, NOT_QUEUED, search_places
from pipelines.reach.layout import Job, Workspace

PLACES_PER_BLOCK = 256
# A search of 800 m reaches some hundreds of nodes; one that reaches more gets more room and goes on.
FIRST_ROWS = 4_096
ENTRIES_PER_ROW = 4


@dataclass(frozen=True)
class Engine:
    """How a search is run; none of it bears on the result.

    `threads` places are searched at once; `folder` is where intermediate results go that do not fit in memory (null:
    the system's own folder for such); `tell` is given one sentence when code must be compiled first.
    """

    threads: int = 2
    folder: Path | None = None
    tell: Tell = log


def search(job: Job, engine: Engine, *, only_places: bool = False) -> Iterator[Int32s]:
    """Find every origin within the limit of every place, and its cost in each lane along the cheapest passable path.

    Parameters
    ----------
    job
        Network, origins, access points, limit.
    engine
        How many places are searched at once.
    only_places
        Its network and origins stood in an earlier search; only its access points are checked.

    Yields
    ------
    numpy.ndarray
        Shape (n, 2 + lanes): number of the place, row of the origin, costs in units (`UNREACHED`: over the limit);
        places in the order of their blocks.

    Raises
    ------
    ContractError
        When the job points outside its own arrays, holds a negative cost, or has a limit outside 0-100 km.
    """
    require_sound(job, only_places=only_places)
    n_places = len(job.access.starts) - 1
    blocks = [(first, min(first + PLACES_PER_BLOCK, n_places)) for first in range(0, n_places, PLACES_PER_BLOCK)]
    spare: SimpleQueue[Workspace] = SimpleQueue()
    for _ in range(max(1, min(engine.threads, len(blocks)))):
        spare.put(_workspace(job, FIRST_ROWS))
    make_ready(search_places, (job, _workspace(job, 1), 0, 0), engine.tell)
    with ThreadPoolExecutor(spare.qsize()) as pool:
        yield from _in_order(pool, lambda block: _search_block(job, spare, *block), blocks, 4 * spare.qsize())


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[tuple[int, int]], Int32s], blocks: list[tuple[int, int]], ahead: int
) -> Iterator[Int32s]:
    """Give the results in the order of the blocks, with at most `ahead` blocks begun and not yet given."""
    begun: deque[Future[Int32s]] = deque()
    waiting = iter(blocks)
    begun.extend(pool.submit(work, block) for block in islice(waiting, ahead))
    while begun:
        found = begun.popleft().result()
        begun.extend(pool.submit(work, block) for block in islice(waiting, 1))
        yield found


def _search_block(job: Job, spare: "SimpleQueue[Workspace]", first: int, last: int) -> Int32s:
    work = spare.get()
    parts = []
    try:
        while first < last:
            first, found = search_places(job, work, first, last)
            parts.append(found)
            if first < last:
                work = _workspace(job, 4 * len(work.best))
    finally:
        spare.put(work)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _workspace(job: Job, n_rows: int) -> Workspace:
    n_nodes = len(job.network.starts) - 1
    return Workspace(
        rows=np.full(n_nodes, -1, dtype=np.int32),
        best=np.empty((n_rows, len(job.lanes)), dtype=np.int32),
        queued=np.full(n_rows, NOT_QUEUED, dtype=np.int32),
        nodes=np.empty(n_rows, dtype=np.int32),
        queue=np.empty((ENTRIES_PER_ROW * n_rows, 2), dtype=np.int32),
        # One for each width of cost up to the limit, and one to put aside in.
        buckets=np.full((job.limit >> BUCKET_BITS) + 2, -1, dtype=np.int32),
    )
