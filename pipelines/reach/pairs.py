"""Pairs of homes and places: how many metres and how many seconds a profile walks from the one to the other.

`metres` belong to the shortest passable path, `seconds` to the fastest; these may be different paths. Both include
the perpendiculars at both ends. What counts as near is for the room `findings` to judge.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Int32s, Ints
from pipelines.contracts import conform
from pipelines.reach.contracts import PAIRS
from pipelines.reach.doors import is_open
from pipelines.reach.gather import UNREACHED, written
from pipelines.reach.kernel import COSTS, ORIGIN, UNITS
from pipelines.reach.lanes import Bound, Entrances, Lanes, profile_lanes
from pipelines.reach.layout import Job
from pipelines.reach.network import (
    access_by_place,
    origins_at_nodes,
    points_on_edges,
    reversed_network,
    without_closed,
)
from pipelines.reach.search import Engine, search
from pipelines.reach.spool import Order, sorted_pairs
from pipelines.streets.profiles import Profile
from pipelines.streets.unknowns import BOUNDS

USUAL = Engine()
# The largest distance the indicators ask for, whatever the profile's own budget.
LEAST_SEARCH_M = 800.0


@dataclass(frozen=True)
class Ends:
    """Attached origins in the order of their edges, access points in the order of their place, and their ids.

    Places follow each other by their lowest edge: neighbours in space, so that they search the same memory.
    """

    origins: pa.Table
    access: pa.Table
    place_ids: Ints
    access_starts: Ints

    @property
    def entrances(self) -> Entrances:
        """By bound, which access points can be entered."""
        return {bound: is_open(self.access, bound) for bound in BOUNDS}


@dataclass(frozen=True)
class Outing:
    """All that is needed to search for one profile: the job, what its numbers stand for, and its bounds.

    `origin_ids` and `place_ids` name the rows of origins and the numbers of places in the job.
    """

    profile: Profile
    job: Job
    origin_ids: Ints
    place_ids: Ints
    bounds: tuple[Bound, ...]

    @property
    def bound_lanes(self) -> Int32s:
        """The lanes of metres and of seconds of each bound; shape (n_bounds, 2)."""
        return np.array([(b.metres, b.seconds) for b in self.bounds], dtype=np.int32).reshape(-1, 2)


def search_limit_m(profile: Profile) -> float:
    """Metres within which places are sought: 800, or the greatest budget where that is more, and 1 to spare."""
    budget_m = profile.budget_m.high if profile.budget_m else 0.0
    budget_s = profile.budget_s.high if profile.budget_s else 0.0
    return max(LEAST_SEARCH_M, budget_m, budget_s * profile.speed_m_per_s.central) + 1.0


def prepared(
    origins_attached: pa.Table, places_attached: pa.Table, edges: pa.Table, costs: pa.Table, profile: Profile
) -> Outing:
    """Bring tables into what the search of one profile reads.

    Parameters
    ----------
    origins_attached, places_attached
        Tables `reach/attachments`; other profiles and points without an edge are left aside.
    edges
        Table `streets/edges`, all of it.
    costs
        Table `streets/costs`, at least of this profile, in one or more bounds.
    profile
        Who walks.

    Raises
    ------
    ContractError
        When the tables do not fit each other.
    """
    ends = _ends(origins_attached, places_attached, profile.name)
    lanes, bounds = profile_lanes(edges, costs, profile.name, profile.speed_m_per_s.central, ends.entrances)
    job = _job(ends, lanes, bounds, search_limit_m(profile))
    return Outing(profile, job, ends.origins["point_id"].to_numpy(), ends.place_ids, bounds)


def _job(ends: Ends, lanes: Lanes, bounds: tuple[Bound, ...], limit_m: float) -> Job:
    origins = origins_at_nodes(points_on_edges(ends.origins, lanes), lanes.n_nodes)
    entrances = np.ones((len(ends.access), lanes.count), dtype=np.bool_)
    for bound in bounds:
        entrances[:, [bound.metres, bound.seconds]] = ends.entrances[bound.name][:, np.newaxis]
    access = access_by_place(without_closed(points_on_edges(ends.access, lanes), entrances), ends.access_starts)
    return Job(tuple(range(lanes.count)), reversed_network(lanes), origins, access, int(limit_m * UNITS))


def reach_pairs(
    origins_attached: pa.Table, places_attached: pa.Table, edges: pa.Table, costs: pa.Table, profile: Profile
) -> pa.Table:
    """Pair every origin with every place within the profile's search, in every bound of its costs.

    A door that is closed to the profile in a bound is not entered there.

    Both searches go as far as `search_limit_m`, the one for time as long as that takes at the profile's speed. As
    nothing makes a stretch faster, every place within a budget in seconds is among the pairs.

    Parameters
    ----------
    origins_attached, places_attached, edges, costs, profile
        As for `prepared`.

    Returns
    -------
    pyarrow.Table
        `reach/pairs`; a place counts once, by its best access point. `metres` are exact to half a centimetre,
        and written in 1,024ths as seconds are;
        `seconds` are null where even the fastest path takes longer than the time search.

    Raises
    ------
    ContractError
        When the tables do not fit each other.
    """
    outing = prepared(origins_attached, places_attached, edges, costs, profile)
    parts = (part.cast(PAIRS.schema) for part in pair_tables(outing))
    return conform(pa.concat_tables([PAIRS.schema.empty_table(), *parts]), PAIRS)


def pair_tables(outing: Outing, engine: Engine = USUAL) -> Iterator[pa.Table]:
    """Give `reach/pairs` of one profile in parts, in the order of its key; each part fits in memory.

    Parameters
    ----------
    outing
        From `prepared`.
    engine
        How to run the search.
    """
    origin_ids, origin_rank = np.unique(outing.origin_ids, return_inverse=True)
    place_ids, place_rank = np.unique(outing.place_ids, return_inverse=True)
    order = Order(
        (place_ids, origin_ids),
        (place_rank.astype(np.int32), origin_rank.astype(np.int32)),
        outing.bound_lanes,
        (UNITS, UNITS * outing.profile.speed_m_per_s.central),
    )
    width = COSTS + len(outing.job.lanes)
    # Arrow keeps the room of tables that are gone, and the search does not ask it for any.
    pa.default_memory_pool().release_unused()
    for bound, columns in sorted_pairs(search(outing.job, engine), width, order, engine.folder):
        origin, place, metres, seconds = columns
        if not len(metres):
            continue
        words = (_repeated(word, len(metres)) for word in (outing.profile.name, outing.bounds[bound].name))
        timed = pa.array(seconds, from_pandas=True)
        yield pa.table([*words, origin, place, metres, timed], names=list(PAIRS.column_names))


def _repeated(word: str, count: int) -> pa.Array:
    """One word many times over, kept once."""
    return pa.DictionaryArray.from_arrays(np.zeros(count, dtype=np.int8), pa.array([word]))


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
        Table `streets/costs`, at least of that profile; the bound `central` is used.
    limit_m
        How far to look, at most 100,000.

    Returns
    -------
    pyarrow.Table
        `origin_id`, `metres` (perpendiculars included; null: none within the limit, or not attached), by origin_id.
    """
    origin_ids = np.unique(origins_attached["point_id"].to_numpy())
    nearest = np.full(len(origin_ids), UNREACHED, dtype=np.int32)
    for name in pc.unique(origins_attached["profile"]).to_pylist():
        ends = _ends(origins_attached, places_attached, name)
        lanes, bounds = profile_lanes(edges, costs, name, 1.0, ends.entrances)
        lane = {bound.name: bound.metres for bound in bounds}["central"]
        row = np.searchsorted(origin_ids, ends.origins["point_id"].to_numpy())
        for found in search(_job(ends, lanes, bounds, limit_m), USUAL):
            np.minimum.at(nearest, row[found[:, ORIGIN]], found[:, COSTS + lane])
    return pa.table({"origin_id": origin_ids, "metres": pa.array(written(nearest, UNITS), mask=nearest == UNREACHED)})


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
