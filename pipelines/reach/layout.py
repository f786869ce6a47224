"""What the search reads and works in: named tuples, as compiled code takes them as they are.

The numbers of their columns stand in `kernel`, with the code that was compiled for them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Indices = NDArray[np.uint32]


class Network(NamedTuple):
    """The reversed graph: arcs `starts[x]:starts[x + 1]` come *into* node x from `tails`, at `costs` (n, lanes)."""

    starts: Indices
    tails: Indices
    costs: Ints


class Origins(NamedTuple):
    """Points to walk from, in the order of their edges; and for each node those on the edges that end there.

    Every point has a record at both ends of its edge, with all that is needed there, so that the search reads on and
    on: rows `starts[x]:starts[x + 1]` of `records`, shape (n_records, 3 + 2 lanes), are those at node x.
    """

    points: Ints
    starts: Indices
    records: Ints


class Access(NamedTuple):
    """Access points in the order of their place: those of place p are rows `starts[p]:starts[p + 1]`."""

    points: Ints
    starts: Indices


class Job(NamedTuple):
    """All that a search reads. `limit` is in units, perpendiculars at both ends included.

    `lanes` are their numbers; code is compiled for how many there are.
    """

    lanes: tuple[int, ...]
    network: Network
    origins: Origins
    access: Access
    limit: int


class Workspace(NamedTuple):
    """Scratch of one thread, clean between places.

    `rows` (n_nodes,) says in which row a node reached is kept, else -1. By row: `best` its costs, `queued` its bucket,
    `nodes` its number. `queue` holds rows to scan and the next in the same bucket, `buckets` the first of each.
    """

    rows: Ints
    best: Ints
    queued: Ints
    nodes: Ints
    queue: Ints
    buckets: Ints
