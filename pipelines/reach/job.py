"""The check that compiled code can run a search without harm. It computes no distance."""

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Int32s
from pipelines.errors import ContractError
from pipelines.reach.kernel import CLOSED, EDGE, FARTHEST, FORBIDDEN, HERE, HOME, OTHER, SNAP, STREET, WAYS, U, V
from pipelines.reach.layout import Job

LAYOUT = (
    ("network.starts", np.uint32, 1),
    ("network.tails", np.uint32, 1),
    ("network.costs", np.int32, 2),
    ("origins.points", np.int32, 2),
    ("origins.starts", np.uint32, 1),
    ("origins.records", np.int32, 2),
    ("access.points", np.int32, 2),
    ("access.starts", np.uint32, 1),
)


def require_sound(job: Job, *, only_places: bool = False) -> None:
    """Refuse a job that compiled code could not run without reading outside its arrays.

    Parameters
    ----------
    job
        What to judge.
    only_places
        The network and the origins were judged before; judging them again takes longer than a few searches.

    Raises
    ------
    ContractError
        Naming the array that is wrong.
    """
    _require_layout(job)
    n_nodes = len(job.network.starts) - 1
    if not only_places:
        _require_streets(job, n_nodes)
        _require_points(job.origins.points, n_nodes, "origins")
        _require_origins_in_order(job)
    _require_offsets(job.access.starts, len(job.access.points), "access.starts")
    _require_points(job.access.points, n_nodes, "access")
    same_place = np.diff(_groups(job.access.starts)) == 0
    if np.any(np.diff(job.access.points[:, EDGE])[same_place] < 0):
        raise ContractError("the search's access points are not in the order of their edges. Prepare them anew.")
    _require_range(np.array([job.limit]), 0, FARTHEST, "limit")


def _require_points(points: Int32s, n_nodes: int, name: str) -> None:
    _require_range(points[:, [U, V]], 0, n_nodes - 1, f"{name}.points (nodes)")
    _require_range(points[:, WAYS:], FORBIDDEN, FARTHEST, f"{name}.points (costs)")
    _require_range(points[:, SNAP], 0, FARTHEST, f"{name}.points (perpendiculars)")


def _require_streets(job: Job, n_nodes: int) -> None:
    for name, values in (("network.costs", job.network.costs), ("origins.records", job.origins.records)):
        # They are read at unsigned numbers of 32 bits.
        _require_range(np.array([values.size]), 0, 2**32 - 1, f"size of {name}")
    _require_offsets(job.network.starts, len(job.network.tails), "network.starts")
    _require_range(job.network.tails, 0, n_nodes - 1, "network.tails")
    _require_range(job.network.costs, 0, CLOSED, "network.costs")
    _require_offsets(job.origins.starts, len(job.origins.records), "origins.starts")
    if len(job.origins.starts) != n_nodes + 1:
        raise ContractError("the search's origins.starts does not count the network's nodes. List the origins anew.")
    records = job.origins.records
    _require_range(records[:, HOME], 0, len(job.origins.points) - 1, "origins.records (homes)")
    _require_range(records[:, OTHER], 0, n_nodes - 1, "origins.records (nodes)")
    _require_range(records[:, HERE:], 0, CLOSED, "origins.records (costs)")


def _require_layout(job: Job) -> None:
    """Types and shapes are what code was compiled for, and as many lanes stand everywhere as the job says."""
    for name, kind, dimensions in LAYOUT:
        part, field = name.split(".")
        values = getattr(getattr(job, part), field)
        if values.dtype != kind or values.ndim != dimensions or not values.flags.c_contiguous:
            raise ContractError(f"the search's {name} is no array of {dimensions} dimensions of {kind.__name__}.")
    n_lanes, n_arcs = len(job.lanes), len(job.network.tails)
    if not n_lanes or job.network.costs.shape != (n_arcs, n_lanes):
        raise ContractError("the search's network.costs has not one row per arc of network.tails. Build it anew.")
    for points, name in ((job.origins.points, "origins"), (job.access.points, "access")):
        if points.shape[1] != WAYS + 4 * n_lanes:
            raise ContractError(f"the search's {name}.points are not of {n_lanes} lanes. Place them anew.")
    if job.origins.records.shape[1] != HERE + 2 * n_lanes:
        raise ContractError(f"the search's origins.records are not of {n_lanes} lanes. List them anew.")


def _require_origins_in_order(job: Job) -> None:
    """Origins go by edge, and a record lies at an end of its origin's edge."""
    points, records = job.origins.points, job.origins.records
    home, here, there = records[:, HOME], _groups(job.origins.starts), records[:, OTHER]
    u, v = points[home, U], points[home, V]
    at_ends = ((here == u) & (there == v)) | ((here == v) & (there == u))
    unordered = np.any(np.diff(points[:, EDGE]) < 0)
    if unordered or not np.all(at_ends & (points[home, EDGE] == records[:, STREET])):
        raise ContractError("the search's points are not in the order of their edges and nodes. Prepare them anew.")


def _groups(starts: NDArray[np.unsignedinteger]) -> Int32s:
    return np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))


def _require_range(values: NDArray[np.integer], low: int, high: int, name: str) -> None:
    if values.size and (values.min() < low or values.max() > high):
        raise ContractError(
            f"the search's {name} runs from {values.min()} to {values.max()}, allowed is {low} to {high}. "
            "Mend the step that made it."
        )


def _require_offsets(starts: NDArray[np.unsignedinteger], n_members: int, name: str) -> None:
    if not len(starts) or starts[0] != 0 or starts[-1] != n_members or np.any(starts[1:] < starts[:-1]):
        raise ContractError(f"the search's {name} does not rise from 0 to {n_members}. Mend the step that made it.")
