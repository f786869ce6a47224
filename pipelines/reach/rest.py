"""Reach of who must sit down in time: from seat to seat, every leg within a limit, all together within the budget.

Method book 7.5. The seats are benches and the doors of places (`seats`); sitting down is free in metres. Here also the
gaps: where on the shortest path the longest leg lies, so that a page can say where a bench is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.arrays import Flags, Floats, Ints
from pipelines.contracts import conform
from pipelines.reach.attach import usable_streets
from pipelines.reach.contracts import REST, SEATS
from pipelines.reach.ground import Ground, Streetscape, costs_of_one, ground_of
from pipelines.reach.paths import (
    THREADS,
    Paths,
    find_known_paths,
    legs_of,
    longest_legs,
    numbers_of_places,
    rows_of_homes,
    spots_along,
)
from pipelines.reach.pieces import FARTHEST_M, UNITS_PER_M
from pipelines.reach.rest_kernel import rest_search
from pipelines.reach.seats import attach_seats
from pipelines.streets.profiles import Profile

# Paths of so many pairs are held in memory at once.
PAIRS_AT_ONCE = 250_000


@dataclass(frozen=True)
class Stamina:
    """How far one comes: `leg_m` metres at most without a seat (infinite: no seat needed), `total_m` in all."""

    leg_m: float
    total_m: float


def all_seats(benches: pa.Table, attachments: pa.Table, edges: pa.Table, costs: pa.Table) -> pa.Table:
    """Find the seats beside the streets of every profile in `costs`, at its central bound; `reach/seats`."""
    parts = [SEATS.schema.empty_table()]
    for profile in pc.unique(costs["profile"]).to_pylist():
        streets = usable_streets(edges, costs_of_one(costs, profile, "central"))
        parts.append(attach_seats(benches, attachments, streets))
    return pa.concat_tables(parts)


def stamina_of(profile: Profile) -> Stamina | None:
    """Give the central limits of a profile; None where it needs no seat."""
    if profile.rest_leg_m is None or profile.budget_m is None:
        return None
    return Stamina(profile.rest_leg_m.central, profile.budget_m.central)


def with_rest(profiles: Mapping[str, Profile]) -> pc.Expression:
    """Which rows of `reach/pairs` are judged by `all_rests`: of who must sit down, and within their budget."""
    wanted = pc.scalar(False)  # noqa: FBT003 - pyarrow takes no name here
    for name, profile in profiles.items():
        stamina = stamina_of(profile)
        if stamina is not None:
            wanted |= (pc.field("profile") == name) & (pc.field("metres") <= stamina.total_m)
    return wanted


def all_rests(pairs: pa.Table, streetscape: Streetscape, profiles: Mapping[str, Profile]) -> pa.Table:
    """Judge the pairs of every profile that must sit down (`rest_leg_m`), at every bound: whether a seat comes in time.

    Returns
    -------
    pyarrow.Table
        `reach/rest`.
    """
    parts = [REST.schema.empty_table()]
    for name, profile in profiles.items():
        stamina = stamina_of(profile)
        if stamina is None:
            continue
        own = pairs.filter(pc.equal(pairs["profile"], name))
        for bound in pc.unique(own["bound"]).to_pylist():
            ground = ground_of(streetscape, name, bound)
            at_bound = own.filter(pc.equal(own["bound"], bound))
            parts.append(rests(at_bound, ground, stamina, streetscape.edges))
    return conform(pa.concat_tables(parts), REST)


def rest_costs(ground: Ground, stamina: Stamina, threads: int = THREADS) -> pa.Table:
    """Find every pair that is reached with rests, and the metres of the shortest such path.

    A place is reached if there is a chain of seats from the home to a door of it, every leg along passable streets
    and at most `leg_m`, all together at most `total_m`. The perpendiculars of home and door belong to the first and
    the last leg. Exact; a longer way round past a bench counts.

    Parameters
    ----------
    ground
        Streets cut at seats, homes, doors.
    stamina
        The limits.
    threads
        Parts of the places searched side by side; the result does not depend on it.

    Returns
    -------
    pyarrow.Table
        `home` (row), `place` (number), `rest_metres`; by place, then in the order they were met.
    """
    limit, leg = (round(min(metres, FARTHEST_M) * UNITS_PER_M) for metres in (stamina.total_m, stamina.leg_m))
    found = rest_search(ground, limit, leg, threads)
    return pa.table({"home": found[:, 1], "place": found[:, 0], "rest_metres": found[:, 2] / UNITS_PER_M})


def rests(pairs: pa.Table, ground: Ground, stamina: Stamina, edges: pa.Table) -> pa.Table:
    """Judge pairs: the shortest path with a seat in time, or where the shortest path lacks one.

    Parameters
    ----------
    pairs
        Rows of `reach/pairs` of the ground's profile and bound; those beyond `total_m` are left aside.
    ground
        Streets cut at seats, homes, doors.
    stamina
        The limits.
    edges
        Table `streets/edges`, for the points.

    Returns
    -------
    pyarrow.Table
        `reach/rest` of this profile and bound.

    Raises
    ------
    ContractError
        When a pair hangs on no street, or has no path.
    """
    near = pairs.filter(pc.less_equal(pairs["metres"], stamina.total_m))
    homes = rows_of_homes(ground, near["origin_id"].to_numpy())
    places = numbers_of_places(ground, near["place_id"].to_numpy())
    rest_m = _rest_metres(rest_costs(ground, stamina), homes, places, len(ground.place_ids))
    broken = np.isnan(rest_m)
    gap_m, gap_edge, xy = _gaps(ground, (homes, places, near["metres"].to_numpy()), broken, edges)
    columns = {
        **{name: near[name] for name in ("profile", "bound", "origin_id", "place_id", "metres")},
        "rest_metres": pa.array(rest_m, mask=broken),
        "gap_m": pa.array(gap_m, mask=~broken),
        "gap_edge_id": pa.array(gap_edge, mask=~broken),
        "gap_x_m": pa.array(xy[:, 0], mask=~broken),
        "gap_y_m": pa.array(xy[:, 1], mask=~broken),
    }
    return conform(pa.table(columns), REST)


def _rest_metres(found: pa.Table, homes: Ints, places: Ints, n_places: int) -> Floats:
    """Look up pairs among those reached with rests; NaN where a pair is not."""
    keys = found["home"].to_numpy() * n_places + found["place"].to_numpy()
    order = np.argsort(keys)
    wanted = homes * n_places + places
    position = np.searchsorted(keys, wanted, sorter=order)
    rest_m = np.full(len(wanted), np.nan)
    inside = np.flatnonzero(position < len(keys))
    row = order[position[inside]]
    hit = keys[row] == wanted[inside]
    rest_m[inside[hit]] = found["rest_metres"].to_numpy()[row[hit]]
    return rest_m


def _gaps(
    ground: Ground, pairs: tuple[Ints, Ints, Floats], broken: Flags, edges: pa.Table
) -> tuple[Floats, Ints, Floats]:
    """Find the longest leg on the shortest path of the broken pairs: metres, edge in its middle, x and y."""
    gap_m, edge, fraction = np.zeros(len(broken)), np.zeros(len(broken), dtype=np.int64), np.zeros(len(broken))
    homes, places, metres = pairs
    rows = np.flatnonzero(broken)
    # By place: neighbours share a search.
    rows = rows[np.argsort(places[rows], kind="stable")]
    for begin in range(0, len(rows), PAIRS_AT_ONCE):
        some = rows[begin : begin + PAIRS_AT_ONCE]
        paths = find_known_paths(ground, homes[some], places[some], metres[some])
        gap_m[some], edge[some], fraction[some] = gaps_of(ground, paths)
    xy = np.zeros((len(broken), 2))
    # Few edges lie in the middle of many gaps.
    distinct, number = np.unique(edge[rows], return_inverse=True)
    lines = shapely.from_wkb(edges["geometry"].take(pa.array(distinct)).to_numpy())[number]
    xy[rows] = shapely.get_coordinates(shapely.line_interpolate_point(lines, fraction[rows], normalized=True))
    return gap_m, edge, xy


def gaps_of(ground: Ground, paths: Paths) -> tuple[Floats, Ints, Floats]:
    """Find the longest leg of each path: its metres, and in its middle the edge and the fraction along it."""
    legs = legs_of(ground, paths)
    longest = longest_legs(legs)
    spots = spots_along(ground, paths, legs.begin[longest] + legs.units[longest] // 2)
    return legs.units[longest] / UNITS_PER_M, spots.edge, spots.fraction
