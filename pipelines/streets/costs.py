"""What a profile pays for an edge: metres, seconds, or a barrier that forbids it.

Metres are never multiplied: the metres of a passable edge are its length. Slope, surface and width multiply
walking time; kerbs, steps and gates add seconds to it. Central rule for the unknown: an attribute that is not
known costs nothing and forbids nothing; only steps of unknown number are taken for more than a few. Routes are
the business of the room `reach`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.contracts import conform
from pipelines.streets.contracts import BUDGETS, COSTS
from pipelines.streets.profiles import Profile

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A right to walk is law, not a matter of profile. `customers` may go in, not through. `use_sidepath`: the
# path alongside is compulsory. `destination` is open to whoever lives or visits there.
NO_RIGHT = (
    "no",
    "private",
    "customers",
    "delivery",
    "agricultural",
    "forestry",
    "military",
    "permit",
    "use_sidepath",
)
EXPLICIT_RIGHT = ("yes", "designated", "permissive", "official")
NEVER_WALKED = (
    "motorway",
    "motorway_link",
    "construction",
    "proposed",
    "abandoned",
    "razed",
    "raceway",
    "escape",
)
# Closed to walkers unless a right says otherwise. Platforms and corridors lie behind gates or indoors, with
# opening hours nobody delivers. Cycleways are not here: Dutch law lets walkers use them where there is no
# footway (RVV 1990, article 4).
WALKED_BY_RIGHT = ("trunk", "trunk_link", "busway", "bus_guideway", "bridleway", "platform", "corridor")
# Heights are read as decimals of a metre: 0.03 must not exceed 0.03 through its binary form.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Toll:
    """What one rule asks of every edge: factors on time (infinite: forbidden) and seconds, of shape (n,)."""

    forward: Floats
    backward: Floats
    added_s: Floats


def edge_costs(edges: pa.Table, profile: Profile) -> pa.Table:
    """Metres and seconds of every edge in both directions for one profile, at its central values.

    `seconds = length / speed x product of factors + added seconds`; a direction that a rule forbids is null.

    Parameters
    ----------
    edges
        Table `streets/edges`.
    profile
        Who walks.

    Returns
    -------
    pyarrow.Table
        `streets/costs` of this profile, one row per edge. `barrier` names the first rule that forbids a
        direction, in the order highway, access, steps, kerb, barrier, width, surface, incline, oneway; else ''.
    """
    tolls = _tolls(edges, profile)
    walking_s = edges["length_m"].to_numpy() / profile.speed_m_per_s.central
    added_s = np.sum([toll.added_s for toll in tolls.values()], axis=0)
    forward = np.prod([toll.forward for toll in tolls.values()], axis=0)
    backward = np.prod([toll.backward for toll in tolls.values()], axis=0)
    costs = {
        "profile": pa.repeat(profile.name, len(edges)),
        "edge_id": edges["edge_id"],
        "forward_m": _nullable(edges["length_m"].to_numpy(), forward),
        "forward_s": _nullable(_times(walking_s, forward) + added_s, forward),
        "backward_m": _nullable(edges["length_m"].to_numpy(), backward),
        "backward_s": _nullable(_times(walking_s, backward) + added_s, backward),
        "barrier": _first_barrier(tolls, len(edges)),
    }
    return conform(pa.table(costs), COSTS)


def _tolls(edges: pa.Table, profile: Profile) -> Mapping[str, Toll]:
    return {
        "highway": _highway(edges),
        "access": _forbidding(_among(edges["foot"], NO_RIGHT)),
        "steps": _steps(edges, profile),
        "kerb": _kerb(edges, profile),
        "barrier": _barrier(edges, profile),
        "width": _width(edges, profile),
        "surface": _surface(edges, profile),
        "incline": _incline(edges, profile),
        "oneway": _oneway(edges),
    }


def _times(walking_s: Floats, factor: Floats) -> Floats:
    # Zero metres of a forbidden edge would give 0 x infinity; `_nullable` masks these edges anyway.
    return walking_s * np.where(np.isfinite(factor), factor, 1.0)


def _nullable(values: Floats, factor: Floats) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(factor))


def _first_barrier(tolls: Mapping[str, Toll], n_edges: int) -> NDArray[np.str_]:
    forbids = [~np.isfinite(toll.forward + toll.backward) for toll in tolls.values()]
    named: NDArray[np.str_] = np.select(forbids, [np.full(n_edges, name) for name in tolls], default="")
    return named


def _among(column: pa.ChunkedArray, values: tuple[str, ...]) -> Mask:
    mask: Mask = pc.is_in(column, pa.array(values, pa.string())).to_numpy()
    return mask


def _known(column: pa.ChunkedArray) -> Floats:
    """Read numbers, NaN where unknown: no comparison with NaN holds, so the unknown passes every rule."""
    numbers: Floats = column.cast(pa.float64()).to_numpy()
    return numbers


def _free(n_edges: int) -> Toll:
    return Toll(np.ones(n_edges), np.ones(n_edges), np.zeros(n_edges))


def _forbidding(forbidden: Mask) -> Toll:
    factor = np.where(forbidden, np.inf, 1.0)
    return Toll(factor, factor, np.zeros(len(forbidden)))


def _highway(edges: pa.Table) -> Toll:
    without_right = ~_among(edges["foot"], EXPLICIT_RIGHT)
    closed = _among(edges["highway"], WALKED_BY_RIGHT) & without_right
    return _forbidding(_among(edges["highway"], NEVER_WALKED) | closed)


def _steps(edges: pa.Table, profile: Profile) -> Toll:
    """Charge flights; one with a wheelchair ramp is none, one of unknown number is more than a few."""
    rule = profile.steps
    flight = edges["is_steps"].to_numpy() | _among(edges["highway"], ("steps",))
    flight &= ~_among(edges["ramp_wheelchair"], ("yes",))
    # A flight has at least one step, whatever was counted.
    count = np.maximum(_known(edges["step_count"]), 1.0)
    added_s = np.where(flight, rule.once_s.central + rule.each_s.central * np.nan_to_num(count), 0.0)
    if rule.at_most is None:
        return Toll(np.ones(len(edges)), np.ones(len(edges)), added_s)
    forbidden = flight & ~(count <= rule.at_most.central)
    factor = np.where(forbidden, np.inf, 1.0)
    return Toll(factor, factor, np.where(forbidden, 0.0, added_s))


def _kerb(edges: pa.Table, profile: Profile) -> Toll:
    if profile.kerb is None:
        return _free(len(edges))
    height_m = _known(edges["kerb_height_m"]) - _ROUNDING
    factor = np.where(height_m > profile.kerb.limit_m.central, np.inf, 1.0)
    added_s = np.where(height_m > profile.kerb.free_m.central, profile.kerb.penalty_s.central, 0.0)
    return Toll(factor, factor, added_s)


def _barrier(edges: pa.Table, profile: Profile) -> Toll:
    if profile.barriers is None:
        return _free(len(edges))
    seconds = {name: None if value is None else value[1] for name, value in profile.barriers.values.items()}
    added_s = _looked_up(edges["barrier"], seconds, default=0.0)
    factor = np.where(np.isinf(added_s), np.inf, 1.0)
    return Toll(factor, factor, np.where(np.isinf(added_s), 0.0, added_s))


def _width(edges: pa.Table, profile: Profile) -> Toll:
    factor = np.ones(len(edges))
    width_m = _known(edges["width_m"]) + _ROUNDING
    for band in profile.width.bands if profile.width else ():
        factor = np.where(width_m < band.below_m[1], _factor(band.factor), factor)
    return Toll(factor, factor, np.zeros(len(edges)))


def _surface(edges: pa.Table, profile: Profile) -> Toll:
    if profile.surface is None:
        return _free(len(edges))
    factors = {name: None if value is None else value[1] for name, value in profile.surface.values.items()}
    factor = _looked_up(edges["surface"], factors, default=1.0)
    return Toll(factor, factor, np.zeros(len(edges)))


def _incline(edges: pa.Table, profile: Profile) -> Toll:
    uphill = downhill = np.ones(len(edges))
    slope_pct = _known(edges["incline_pct"])
    steepness_pct = np.abs(slope_pct) - _ROUNDING
    for band in profile.incline.bands if profile.incline else ():
        steeper = steepness_pct > band.above_pct[1]
        uphill = np.where(steeper, _factor(band.uphill), uphill)
        downhill = np.where(steeper, _factor(band.downhill), downhill)
    rises = slope_pct > 0
    return Toll(np.where(rises, uphill, downhill), np.where(rises, downhill, uphill), np.zeros(len(edges)))


def _oneway(edges: pa.Table) -> Toll:
    against = np.where(edges["oneway_foot"].to_numpy(), np.inf, 1.0)
    return Toll(np.ones(len(edges)), against, np.zeros(len(edges)))


def _factor(value: tuple[float, float, float] | None) -> float:
    return np.inf if value is None else value[1]


def _looked_up(column: pa.ChunkedArray, values: Mapping[str, float | None], default: float) -> Floats:
    """Find the value of each text in the column: infinite if it is None, `default` if it is not named."""
    names = pa.array(list(values), pa.string())
    table = np.array([np.inf if value is None else value for value in values.values()] + [default])
    position = pc.fill_null(pc.index_in(column, value_set=names), len(values)).to_numpy()
    found: Floats = table[position]
    return found


def costs_of(edges: pa.Table, profiles: Mapping[str, Profile]) -> pa.Table:
    """What every edge costs each profile, at the central values; `streets/costs`."""
    return pa.concat_tables([edge_costs(edges, profile) for profile in profiles.values()])


def budgets(profiles: Mapping[str, Profile]) -> pa.Table:
    """How far each profile goes, one way, at the central values; `streets/budgets`."""
    rows = [
        {
            "profile": name,
            "budget_m": profile.budget_m.central if profile.budget_m else None,
            "budget_s": profile.budget_s.central if profile.budget_s else None,
            "speed_m_per_s": profile.speed_m_per_s.central,
        }
        for name, profile in profiles.items()
    ]
    return pa.Table.from_pylist(rows, schema=BUDGETS.schema)
