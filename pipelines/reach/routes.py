"""Routes: the paths that explain a figure, with what is met on them, and the legs of every home's path.

A route is the shortest path of a profile, always the same one for the same pair. Compact: a list of edges with
directions and where on the first and the last of them it begins and ends; `itinerary.route_lines` draws it.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import conform
from pipelines.people.contracts import ORIGINS
from pipelines.places.contracts import FUNCTIONS
from pipelines.reach.contracts import LEGS, OBSTACLES, PAIRS, ROUTES
from pipelines.reach.ground import Ground, Streetscape, costs_of_one, ground_of
from pipelines.reach.itinerary import Facts, told
from pipelines.reach.paths import (
    find_known_paths,
    find_paths,
    legs_of,
    numbers_of_places,
    rows_of_homes,
    walked_legs,
)
from pipelines.reach.pieces import UNITS_PER_M
from pipelines.reach.rest import PAIRS_AT_ONCE
from pipelines.streets.profiles import Profile
from pipelines.warehouse import Warehouse

BOUND = "central"
REFERENCE = "referentie"
# How far a route on demand is sought: well past every budget.
ON_DEMAND_M = 5_000.0


def choose_routes(warehouse: Warehouse) -> pa.Table:
    """Choose what routes to tell: for every cell, profile and kind of place, one home and its nearest place."""
    return warehouse.run_sql("reach/median_origins", (ORIGINS, FUNCTIONS, PAIRS), {"bound": BOUND})


def nearest_places(warehouse: Warehouse) -> pa.Table:
    """Find the nearest place of any kind of the booklet, for every home and profile."""
    return warehouse.run_sql("reach/nearest_places", (FUNCTIONS, PAIRS), {"bound": BOUND})


def all_routes(
    chosen: pa.Table, nearest: pa.Table, streetscape: Streetscape, profiles: Mapping[str, Profile]
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Tell the chosen routes and split the nearest ones into legs, for every profile.

    Parameters
    ----------
    chosen, nearest
        Answers of `choose_routes` and `nearest_places`.
    streetscape
        The tables that paths are sought on.
    profiles
        Who walks.

    Returns
    -------
    tuple of pyarrow.Table
        `reach/routes`, `reach/legs` and `reach/obstacles`.
    """
    routes, legs = [ROUTES.schema.empty_table()], [LEGS.schema.empty_table()]
    for name, profile in profiles.items():
        ground = ground_of(streetscape, name, BOUND)
        costs = costs_of_one(streetscape.costs, name, BOUND)
        facts = Facts(streetscape.edges, costs, profile.speed_m_per_s.central)
        routes.append(routes_of(chosen.filter(pc.equal(chosen["profile"], name)), ground, facts))
        legs.append(legs_table(nearest.filter(pc.equal(nearest["profile"], name)), ground))
    found = pa.concat_tables(routes)
    return found, pa.concat_tables(legs), obstacles(found, streetscape.costs)


def routes_of(chosen: pa.Table, ground: Ground, facts: Facts) -> pa.Table:
    """Tell the routes of chosen pairs.

    Parameters
    ----------
    chosen
        Rows of `choose_routes` of the ground's profile and bound.
    ground
        Streets cut at seats, homes, doors.
    facts
        What is told.

    Returns
    -------
    pyarrow.Table
        `reach/routes` of this profile and bound.

    Raises
    ------
    ContractError
        When a pair hangs on no street, or has no path.
    """
    homes = rows_of_homes(ground, chosen["origin_id"].to_numpy())
    places = numbers_of_places(ground, chosen["place_id"].to_numpy())
    paths = find_known_paths(ground, homes, places, chosen["metres"].to_numpy())
    same = ("profile", "bound", "h3_cell", "place_kind", "origin_id", "place_id", "n_origins", "n_reaching")
    return conform(pa.table({**{name: chosen[name] for name in same}, **told(ground, paths, facts)}), ROUTES)


def route(origin_id: int, place_id: int, ground: Ground, facts: Facts) -> pa.Table:
    """Tell the route of any pair.

    Parameters
    ----------
    origin_id, place_id
        From where to where.
    ground
        Streets cut at seats, homes, doors, of a profile at a bound.
    facts
        What is told.

    Returns
    -------
    pyarrow.Table
        One row with the columns of `reach/routes` that belong to a path; none where the place is out of reach,
        or farther than 5 km.

    Raises
    ------
    ContractError
        When the home hangs on no street, or the place on none by a door that is open to the profile.
    """
    home, place = rows_of_homes(ground, np.array([origin_id])), numbers_of_places(ground, np.array([place_id]))
    paths, _ = find_paths(ground, home, place, np.array([ON_DEMAND_M]))
    ends = {"origin_id": ground.home_ids[paths.homes], "place_id": ground.place_ids[paths.places]}
    found = pa.table({**ends, **told(ground, paths, facts)})
    fields = [ROUTES.schema.field(name) for name in ROUTES.column_names if name in found.column_names]
    return found.select([field.name for field in fields]).cast(pa.schema(fields))


def legs_table(nearest: pa.Table, ground: Ground) -> pa.Table:
    """Split the shortest path of each pair at the seats it passes.

    Parameters
    ----------
    nearest
        Rows of `nearest_places` of the ground's profile and bound.
    ground
        Streets cut at seats, homes, doors.

    Returns
    -------
    pyarrow.Table
        `reach/legs` of this profile and bound. Legs of no length are left out, save where the whole path has none.
    """
    homes = rows_of_homes(ground, nearest["origin_id"].to_numpy())
    places = numbers_of_places(ground, nearest["place_id"].to_numpy())
    order, parts = np.argsort(places, kind="stable"), [LEGS.schema.empty_table()]
    for begin in range(0, len(order), PAIRS_AT_ONCE):
        some = order[begin : begin + PAIRS_AT_ONCE]
        paths = find_known_paths(ground, homes[some], places[some], nearest["metres"].to_numpy()[some])
        legs = legs_of(ground, paths)
        kept = np.flatnonzero(walked_legs(legs))
        path = legs.path[kept]
        columns = {
            "profile": pa.repeat(ground.profile, len(kept)),
            "bound": pa.repeat(ground.bound, len(kept)),
            "origin_id": ground.home_ids[paths.homes[path]],
            "leg_number": np.arange(len(kept)) - np.searchsorted(path, path),
            "place_id": ground.place_ids[paths.places[path]],
            "leg_m": legs.units[kept] / UNITS_PER_M,
        }
        parts.append(conform(pa.table(columns), LEGS))
    return conform(pa.concat_tables(parts), LEGS)


def obstacles(routes: pa.Table, costs: pa.Table) -> pa.Table:
    """Find what on the routes of the reference profile stops the other profiles, or sends them around.

    Parameters
    ----------
    routes
        Table `reach/routes`.
    costs
        Table `streets/costs`.

    Returns
    -------
    pyarrow.Table
        `reach/obstacles`; empty where the reference profile was not asked for.
    """
    asked = routes.filter(pc.equal(routes["profile"], REFERENCE))
    offsets = np.diff(np.append(0, np.cumsum(pc.list_value_length(asked["steps"]).to_numpy())))
    row = np.repeat(np.arange(len(asked)), offsets)
    code = pc.list_flatten(asked["steps"]).to_numpy()
    edge, number = np.where(code < 0, -1 - code, code), np.arange(len(row)) - np.searchsorted(row, row)
    parts = [OBSTACLES.schema.empty_table()]
    for profile in pc.unique(costs["profile"]).to_pylist():
        if profile == REFERENCE:
            continue
        own = costs_of_one(costs, profile, BOUND).sort_by("edge_id")
        forward, backward = (own[name].is_null().to_numpy() for name in ("forward_m", "backward_m"))
        stopped = np.flatnonzero(np.where(code < 0, backward[edge], forward[edge]))
        columns = {
            "profile": pa.repeat(profile, len(stopped)),
            **{name: asked[name].take(pa.array(row[stopped])) for name in ("bound", "h3_cell", "place_kind")},
            "step_number": number[stopped],
            "edge_id": edge[stopped],
            "barrier": own["barrier"].take(pa.array(edge[stopped])),
        }
        parts.append(conform(pa.table(columns), OBSTACLES))
    return conform(pa.concat_tables(parts), OBSTACLES)
