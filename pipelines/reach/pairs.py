"""Pairs of homes and places: how many metres and how many seconds a profile walks from the one to the other.

`metres` belong to the shortest passable path, `seconds` to the fastest; these may be different paths. Both include
the perpendiculars at both ends. What counts as near is for the room `findings` to judge.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.contracts import conform
from pipelines.reach.contracts import PAIRS
from pipelines.reach.job import Job
from pipelines.reach.kernel import search
from pipelines.reach.network import (
    UNITS,
    Access,
    Lane,
    lane,
    origins_at_nodes,
    points_on_edges,
    reversed_network,
)
from pipelines.streets.profiles import Profile

THREADS = 2
# The largest distance the indicators ask for, whatever the profile's own budget.
LEAST_SEARCH_M = 800.0


@dataclass(frozen=True)
class Ends:
    """Attached origins in the order of their edges, access points in the order of their place, and their ids.

    Places follow each other by their lowest edge: neighbours in space, so that they search the same memory.
    """

    origins: pa.Table
    access: pa.Table
    place_ids: NDArray[np.int64]
    access_starts: NDArray[np.int64]


def search_limit_m(profile: Profile) -> float:
    """Metres within which places are sought: 800, or the profile's budget where that is more, and 1 to spare."""
    budget_m = profile.budget_m.central if profile.budget_m else 0.0
    budget_s = profile.budget_s.central if profile.budget_s else 0.0
    return max(LEAST_SEARCH_M, budget_m, budget_s * profile.speed_m_per_s.central) + 1.0


def reach_pairs(
    origins_attached: pa.Table, places_attached: pa.Table, edges: pa.Table, costs: pa.Table, profile: Profile
) -> pa.Table:
    """Pair every origin with every place within the profile's search, at the central values of its costs.

    The distance search goes as far as `search_limit_m`, the time search as long as that distance takes at the
    profile's speed. As nothing makes a stretch faster, every place within a budget in seconds is among the pairs.

    Parameters
    ----------
    origins_attached, places_attached
        Tables `reach/attachments`; other profiles and points without an edge are left aside.
    edges
        Table `streets/edges`, all of it.
    costs
        Table `streets/costs`, at least of this profile.
    profile
        Who walks.

    Returns
    -------
    pyarrow.Table
        `reach/pairs`, bound `central`; a place counts once, by its best access point. `metres` are exact to half a
        centimetre; `seconds` are null where even the fastest path takes longer than the time search.

    Raises
    ------
    ContractError
        When the tables do not fit each other.
    """
    ends = _ends(origins_attached, places_attached, profile.name)
    limit_m, speed_m_per_s = search_limit_m(profile), profile.speed_m_per_s.central
    pairs, metres = least_costs(ends, lane(edges, costs, profile.name, "m"), 1.0, limit_m)
    in_time, times_s = least_costs(
        ends, lane(edges, costs, profile.name, "s"), 1.0 / speed_m_per_s, limit_m / speed_m_per_s
    )
    position = np.minimum(np.searchsorted(in_time, pairs), max(len(in_time) - 1, 0))
    timed = in_time[position] == pairs if len(in_time) else np.zeros(len(pairs), dtype=bool)
    seconds = times_s[position] if len(in_time) else np.zeros(len(pairs))
    origin, place = np.divmod(pairs, max(len(ends.place_ids), 1))
    columns = {
        "profile": pa.repeat(profile.name, len(pairs)),
        "bound": pa.repeat("central", len(pairs)),
        "origin_id": ends.origins["point_id"].to_numpy()[origin],
        "place_id": ends.place_ids[place],
        "metres": metres,
        "seconds": pa.array(seconds, mask=~timed),
    }
    return conform(pa.table(columns), PAIRS)


def nearest_network_distance(
    origins_attached: pa.Table, places_attached: pa.Table, edges: pa.Table, costs: pa.Table, limit_m: float
) -> pa.Table:
    """Find the metres from every origin to the nearest of the places, along the network.

    Parameters
    ----------
    origins_attached, places_attached
        Tables `reach/attachments` of one profile.
    edges
        Table `streets/edges`, all of it.
    costs
        Table `streets/costs`, at least of that profile.
    limit_m
        How far to look, at most 100,000.

    Returns
    -------
    pyarrow.Table
        `origin_id`, `metres` (perpendiculars included; null: none within the limit, or not attached), by origin_id.
    """
    origin_ids = np.unique(origins_attached["point_id"].to_numpy())
    metres = np.full(len(origin_ids), np.inf)
    for name in pc.unique(origins_attached["profile"]).to_pylist():
        ends = _ends(origins_attached, places_attached, name)
        pairs, found_m = least_costs(ends, lane(edges, costs, name, "m"), 1.0, limit_m)
        found_ids = ends.origins["point_id"].to_numpy()[pairs // max(len(ends.place_ids), 1)]
        np.minimum.at(metres, np.searchsorted(origin_ids, found_ids), found_m)
    return pa.table({"origin_id": origin_ids, "metres": pa.array(metres, mask=np.isinf(metres))})


def _ends(origins_attached: pa.Table, places_attached: pa.Table, profile: str) -> Ends:
    origins = _attached(origins_attached, profile).sort_by([("edge_id", "ascending"), ("point_id", "ascending")])
    access = _attached(places_attached, profile)
    ids, edge = access["point_id"].to_numpy(), access["edge_id"].to_numpy()
    distinct, number = np.unique(ids, return_inverse=True)
    lowest_edge = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(lowest_edge, number, edge)
    order = np.lexsort((edge, ids, lowest_edge[number]))
    starts = np.flatnonzero(np.diff(ids[order], prepend=-1))
    return Ends(origins, access.take(order), ids[order][starts], np.append(starts, len(ids)).astype(np.int64))


def _attached(attachments: pa.Table, profile: str) -> pa.Table:
    own = pc.and_(pc.equal(attachments["profile"], profile), pc.is_valid(attachments["edge_id"]))
    return attachments.filter(own)


def least_costs(
    ends: Ends, costed: Lane, per_m: float, limit: float, threads: int = THREADS
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Search once: the least cost of every pair within the limit.

    Parameters
    ----------
    ends
        Origins and access points.
    costed
        What the edges cost, in metres or seconds.
    per_m
        What a metre of perpendicular costs in that quantity.
    limit
        The largest cost, perpendiculars included.
    threads
        Places searched at once; the result does not depend on it.

    Returns
    -------
    tuple of numpy.ndarray
        Pairs as `row of the origin x number of places + number of the place`, ascending, and their costs.
    """
    origin_points = points_on_edges(ends.origins, costed, per_m * UNITS)
    access = Access(points_on_edges(ends.access, costed, per_m * UNITS), ends.access_starts)
    origins = origins_at_nodes(origin_points, costed.n_nodes)
    job = Job(reversed_network(costed), origins, access, int(limit * UNITS))
    found = search(job, threads)
    pairs = found[:, 1].astype(np.int64) * len(ends.place_ids) + found[:, 0]
    order = np.argsort(pairs)
    return pairs[order], found[order, 2] / UNITS
