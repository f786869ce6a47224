"""A route on demand, from the tables of the last run: from the home nearest to a point, to any place.

Which routes are told in every run is said in `routes`; here is one that somebody asks for.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import InputError
from pipelines.people.contracts import ORIGINS
from pipelines.places.contracts import REGISTER
from pipelines.reach.contracts import ATTACHMENTS, SEATS
from pipelines.reach.ground import Streetscape, costs_of_one, ground_of
from pipelines.reach.itinerary import Facts, route_lines
from pipelines.reach.routes import ON_DEMAND_M, route
from pipelines.streets.contracts import COSTS, EDGES
from pipelines.streets.profiles import Profile
from pipelines.streets.unknowns import Bound
from pipelines.warehouse import Warehouse


@dataclass(frozen=True)
class AskedRoute:
    """A route in words for whoever asked: the columns of `reach/routes` that belong to a path, and its line in RD."""

    place: str
    metres: float
    seconds: float
    longest_leg_m: float
    n_legs: int
    n_steps_flights: int
    highest_kerb_m: float | None
    barriers: tuple[str, ...]
    line_wkt: str


def ask_route(
    warehouse: Warehouse, profile: Profile, bound: Bound, point_m: tuple[float, float], place_id: int
) -> AskedRoute | None:
    """Find the shortest path from the home nearest to a point, to a place.

    Parameters
    ----------
    warehouse
        The tables of the last run of an area.
    profile, bound
        Who walks, and how what is not known is taken.
    point_m
        Easting and northing in RD, metres.
    place_id
        A place of `places/register`.

    Returns
    -------
    AskedRoute or None
        None where the place is farther than 5 km, or out of reach for this profile.

    Raises
    ------
    InputError
        When there is no such place, or the run did not ask for the profile.
    """
    edges, costs, attached, seats = (warehouse.read(one) for one in (EDGES, COSTS, ATTACHMENTS, SEATS))
    own = costs_of_one(costs, profile.name, bound)
    if not len(own):
        raise InputError(f"the last run did not ask for profile {profile.name!r}. Name it in the area file, run again.")
    place = _place(warehouse.read(REGISTER), place_id)
    home = _nearest_home(warehouse.read(ORIGINS), attached, profile.name, point_m)
    ground = ground_of(Streetscape(edges, costs, attached, seats), profile.name, bound)
    if place_id not in ground.place_ids or home not in ground.home_ids:
        return None
    found = route(home, place_id, ground, Facts(edges, own, profile.speed_m_per_s.central))
    return None if not len(found) else _told(found, edges, place)


def _place(register: pa.Table, place_id: int) -> str:
    known = register.filter(pc.equal(register["place_id"], place_id)).to_pylist()
    if not known:
        raise InputError(f"there is no place {place_id}; places are numbered from 0 to {len(register) - 1}.")
    if not known[0]["counts"]:
        raise InputError(
            f"place {place_id} is no place to meet ({known[0]['reason_not_counted']}): nobody is led there."
        )
    # A terminal obeys control characters, and this text comes from a delivery.
    name = "".join(letter if letter.isprintable() else " " for letter in known[0]["name"]).strip()
    return f"{name or 'a place without a name'} ({known[0]['place_kind']})"


def _nearest_home(origins: pa.Table, attached: pa.Table, profile: str, point_m: tuple[float, float]) -> int:
    """Find the home nearest to the point as the crow flies, among those that hang on a street; -1: none does."""
    hung = attached.filter(
        pc.and_(
            pc.and_(pc.equal(attached["profile"], profile), pc.equal(attached["point_type"], "origin")),
            pc.is_valid(attached["edge_id"]),
        )
    )
    homes = origins.filter(pc.is_in(origins["origin_id"], hung["point_id"].combine_chunks()))
    if not len(homes):
        return -1
    away_m = np.hypot(homes["x_m"].to_numpy() - point_m[0], homes["y_m"].to_numpy() - point_m[1])
    nearest = int(np.argmin(away_m))
    if away_m[nearest] > ON_DEMAND_M:
        raise InputError(
            f"no home lies within {ON_DEMAND_M / 1000:g} km of {point_m[0]:g},{point_m[1]:g}. Give easting and "
            "northing in metres (RD, EPSG:28992)."
        )
    return int(homes["origin_id"][nearest].as_py())


def _told(found: pa.Table, edges: pa.Table, place: str) -> AskedRoute:
    row = found.to_pylist()[0]
    line = route_lines(found, edges)[0]
    same = ("metres", "seconds", "longest_leg_m", "n_legs", "n_steps_flights", "highest_kerb_m")
    return AskedRoute(
        place=place,
        barriers=tuple(row["barriers"]),
        line_wkt="" if line is None else line.wkt,
        **{name: row[name] for name in same},
    )
