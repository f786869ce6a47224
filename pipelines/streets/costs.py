"""What a profile pays for an edge: metres, seconds, or a barrier that forbids it, in three bounds of the unknown.

Metres are never multiplied: the metres of a passable edge are its length. Slope, surface, width and cars multiply
walking time; kerbs, steps, gates and crossings add seconds to it. What each rule asks is said in `tolls`. Routes are
the business of the room `reach`.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from pipelines.arrays import Floats, Strings
from pipelines.contracts import conform
from pipelines.streets.case import Case, Toll
from pipelines.streets.contracts import BUDGETS, COSTS
from pipelines.streets.hindrances import shipped_hindrances
from pipelines.streets.profiles import Profile
from pipelines.streets.tolls import tolls
from pipelines.streets.unknowns import BOUNDS, Bound, Unknowns, read_unknowns


def edge_costs(
    edges: pa.Table, profile: Profile, bound: Bound = "central", unknowns: Unknowns | None = None
) -> pa.Table:
    """Metres and seconds of every edge in both directions for one profile, at its central values.

    `seconds = length / speed x product of factors + added seconds`; a direction that a rule forbids is null. What
    the pessimistic bound lets pass, the central one does, and what that lets pass, the optimistic one does; of what
    they let pass, seconds never decrease from optimistic to central to pessimistic.

    Parameters
    ----------
    edges
        Table `streets/edges`.
    profile
        Who walks.
    bound
        How what is not known is taken.
    unknowns
        The guesses of the central bound; null: those shipped.

    Returns
    -------
    pyarrow.Table
        `streets/costs` of this profile and bound, one row per edge. `barrier` names the first rule that forbids a
        direction, in the order of `tolls`; else ''.
    """
    asked = tolls(Case(edges, profile, bound, unknowns or read_unknowns(), shipped_hindrances()))
    length_m = edges["length_m"].to_numpy()
    walking_s = length_m / profile.speed_m_per_s.central
    added_s = np.sum([toll.added_s for toll in asked.values()], axis=0)
    forward = np.prod([toll.forward for toll in asked.values()], axis=0)
    backward = np.prod([toll.backward for toll in asked.values()], axis=0)
    costs = {
        "profile": pa.repeat(profile.name, len(edges)),
        "bound": pa.repeat(bound, len(edges)),
        "edge_id": edges["edge_id"],
        "forward_m": _nullable(length_m, forward),
        "forward_s": _nullable(_times(walking_s, forward) + added_s, forward),
        "backward_m": _nullable(length_m, backward),
        "backward_s": _nullable(_times(walking_s, backward) + added_s, backward),
        "barrier": _first_barrier(asked, len(edges)),
    }
    return conform(pa.table(costs), COSTS)


def _times(walking_s: Floats, factor: Floats) -> Floats:
    # Zero metres of a forbidden edge would give 0 x infinity; `_nullable` masks these edges anyway.
    return walking_s * np.where(np.isfinite(factor), factor, 1.0)


def _nullable(values: Floats, factor: Floats) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(factor))


def _first_barrier(asked: Mapping[str, Toll], n_edges: int) -> Strings:
    forbids = [~np.isfinite(toll.forward + toll.backward) for toll in asked.values()]
    named: Strings = np.select(forbids, [np.full(n_edges, name) for name in asked], default="")
    return named


def costs_of(edges: pa.Table, profiles: Mapping[str, Profile]) -> pa.Table:
    """What every edge costs each profile in each of the three bounds; `streets/costs`."""
    unknowns = read_unknowns()
    return pa.concat_tables(
        [edge_costs(edges, profile, bound, unknowns) for profile in profiles.values() for bound in BOUNDS]
    )


def budgets(profiles: Mapping[str, Profile]) -> pa.Table:
    """How far each profile goes, one way, at the central values, and at least and at most; `streets/budgets`."""
    rows = [
        {
            "profile": name,
            "budget_m": profile.budget_m.central if profile.budget_m else None,
            "budget_s": profile.budget_s.central if profile.budget_s else None,
            "least_m": profile.budget_m.low if profile.budget_m else None,
            "least_s": profile.budget_s.low if profile.budget_s else None,
            "greatest_m": profile.budget_m.high if profile.budget_m else None,
            "greatest_s": profile.budget_s.high if profile.budget_s else None,
            "speed_m_per_s": profile.speed_m_per_s.central,
            "rest_leg_m": profile.rest_leg_m.central if profile.rest_leg_m else None,
        }
        for name, profile in profiles.items()
    ]
    return pa.Table.from_pylist(rows, schema=BUDGETS.schema)
