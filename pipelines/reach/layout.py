"""What the search reads and works in: named tuples, as compiled code takes them as they are.

The numbers of their columns stand in `kernel`, with the code that was compiled for them.
"""

from typing import NamedTuple

from pipelines.arrays import Int32s, UInt32s


class Network(NamedTuple):
    """The reversed graph: arcs `starts[x]:starts[x + 1]` come *into* node x from `tails`, at `costs` (n, lanes)."""

    starts: UInt32s
    tails: UInt32s
    costs: Int32s


class Origins(NamedTuple):
    """Points to walk from, in the order of their edges; and for each node those on the edges that end there.

    Every point has a record at both ends of its edge, with all that is needed there, so that the search reads on and
    on: rows `starts[x]:starts[x + 1]` of `records`, shape (n_records, 3 + 2 lanes), are those at node x.
    """

    points: Int32s
    starts: UInt32s
    records: Int32s


class Access(NamedTuple):
    """Access points in the order of their place: those of place p are rows `starts[p]:starts[p + 1]`."""

    points: Int32s
    starts: UInt32s


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

    rows: Int32s
    best: Int32s
    queued: Int32s
    nodes: Int32s
    queue: Int32s
    buckets: Int32s
