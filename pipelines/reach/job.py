"""What one search is asked, and the check that compiled code can run it without harm. It computes no distance."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ContractError
from pipelines.reach.network import (
    EDGE,
    FORBIDDEN,
    FROM_U,
    FROM_V,
    SNAP,
    TO_U,
    TO_V,
    UNITS,
    Access,
    Network,
    Origins,
    U,
    V,
)

FARTHEST = 100_000 * UNITS


class Job(NamedTuple):
    """All that a search reads. `limit` is in units, perpendiculars at both ends included."""

    network: Network
    origins: Origins
    access: Access
    limit: int


def require_sound(job: Job) -> None:
    """Refuse a job that compiled code could not run without reading outside its arrays.

    Raises
    ------
    ContractError
        Naming the array that is wrong.
    """
    n_nodes = len(job.network.starts) - 1
    _require_offsets(job.network.starts, len(job.network.tails), "network.starts")
    _require_range(job.network.tails, 0, n_nodes - 1, "network.tails")
    _require_range(job.network.costs, 0, FARTHEST, "network.costs")
    if len(job.network.costs) != len(job.network.tails):
        raise ContractError("the search's network.costs and network.tails differ in length. Build the network anew.")
    _require_offsets(job.origins.starts, len(job.origins.records), "origins.starts")
    if len(job.origins.starts) != n_nodes + 1:
        raise ContractError("the search's origins.starts does not count the network's nodes. List the origins anew.")
    _require_range(job.origins.records, 0, len(job.origins.points) - 1, "origins.records")
    _require_offsets(job.access.starts, len(job.access.points), "access.starts")
    for points, name in ((job.origins.points, "origins"), (job.access.points, "access")):
        _require_range(points[:, [U, V]], 0, n_nodes - 1, f"{name}.points (nodes)")
        _require_range(points[:, [TO_U, TO_V, FROM_U, FROM_V]], FORBIDDEN, FARTHEST, f"{name}.points (costs)")
        _require_range(points[:, SNAP], 0, FARTHEST, f"{name}.points (perpendiculars)")
    _require_order(job)
    _require_range(np.array([job.limit]), 0, FARTHEST, "limit")


def _require_order(job: Job) -> None:
    """Origins and each place's access points go by edge, and a record lies at an end of its origin's edge."""
    points, records = job.origins.points, job.origins.records
    same_place = np.diff(_groups(job.access.starts)) == 0
    unordered = np.any(np.diff(points[:, EDGE]) < 0) or np.any(np.diff(job.access.points[:, EDGE])[same_place] < 0)
    nodes = _groups(job.origins.starts)
    if unordered or np.any((points[records, U] != nodes) & (points[records, V] != nodes)):
        raise ContractError("the search's points are not in the order of their edges and nodes. Prepare them anew.")


def _groups(starts: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _require_range(values: NDArray[np.integer], low: int, high: int, name: str) -> None:
    if values.size and (values.min() < low or values.max() > high):
        raise ContractError(
            f"the search's {name} runs from {values.min()} to {values.max()}, allowed is {low} to {high}. "
            "Mend the step that made it."
        )


def _require_offsets(starts: NDArray[np.integer], n_members: int, name: str) -> None:
    if not len(starts) or starts[0] != 0 or starts[-1] != n_members or np.any(np.diff(starts) < 0):
        raise ContractError(f"the search's {name} does not rise from 0 to {n_members}. Mend the step that made it.")
