"""Who may pass a stretch of street, and who can: rights, barriers, and what wheels are told.

Optimistic: at some hour one may, and what is not known lets pass. Central: on an ordinary day at noon, and what is not
known is guessed. Pessimistic: at every hour, and what is not known keeps out. What passing costs is for `tolls`.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.arrays import Flags
from pipelines.sources.osm_words import EXPLICIT_RIGHTS, REFUSALS
from pipelines.streets.case import Case, Toll, forbidding, free, looked_up, toll
from pipelines.streets.hindrances import Hindrances, is_shut
from pipelines.streets.profiles import Wheels

# A right to walk is law, not a matter of profile. `use_sidepath`: the path alongside is compulsory. `destination` is
# open to whoever lives or visits there.
NO_RIGHT = REFUSALS
# May go in, not through.
CUSTOMERS = "customers"
NEVER_WALKED = ("motorway", "motorway_link", "raceway", "escape")
# Closed to walkers unless a right says otherwise. Cycleways are not here: Dutch law lets walkers use them
# where there is no footway (RVV 1990, article 4).
WALKED_BY_RIGHT = ("trunk", "trunk_link", "busway", "bus_guideway", "bridleway", "platform", "corridor")
# Of these, platforms and corridors lie behind gates or indoors, with opening hours nobody delivers: not known.
PERHAPS_OPEN = ("platform", "corridor")
# Where a kind of hindrance may stand: a ladder is a kind of way, or said of one.
_ON_THE_WAY = ("footing", "highway")
OTHER_WHEELS: Mapping[Wheels, Wheels] = {"wheelchair": "stroller", "stroller": "wheelchair"}


def highway(case: Case) -> Toll:
    """Forbid ways that nobody walks, and those that are walked by right without one."""
    closed = case.among("highway", WALKED_BY_RIGHT) & ~case.among("foot", EXPLICIT_RIGHTS)
    if case.bound == "optimistic":
        closed &= ~case.among("highway", PERHAPS_OPEN) & ~case.flags("is_part_time")
    return forbidding(case.among("highway", NEVER_WALKED) | closed)


def access(case: Case) -> Toll:
    """Forbid what one has no right to walk: at any hour (optimistic), at noon (central), at some hour (pessimistic).

    Customers' ways may be walked to what lies along them, which is sure where they lead to nothing else.
    """
    refused = case.among("foot", NO_RIGHT)
    if case.bound == "optimistic":
        return forbidding(refused & ~case.flags("is_part_time") & ~case.among("foot", (CUSTOMERS,)))
    if case.bound == "central":
        return forbidding(refused & ~leads_to_customers_only(case.edges))
    may_be_locked = case.among("barrier", case.unknowns.may_be_locked) & case.among("foot", ("",))
    return forbidding(refused | case.flags("is_part_time") | may_be_locked)


def leads_to_customers_only(edges: pa.Table) -> Flags:
    """Tell which stretches for customers belong to a part that meets other streets in one junction at most; shape (n,).

    Nobody walks through such a part to elsewhere, so that who is on it is on the way to, or from, a place along it.
    """
    own: Flags = pc.equal(edges["foot"], CUSTOMERS).to_numpy().copy()
    if not own.any():
        return own
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    nodes, ends = np.unique(np.concatenate([u[own], v[own]]), return_inverse=True)
    start, end = ends.reshape(2, -1)
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=(len(nodes), len(nodes)))
    n_parts, part = connected_components(graph, directed=False)
    meets_others = np.isin(nodes, np.concatenate([u[~own], v[~own]]))
    own[own] = (np.bincount(part[meets_others], minlength=n_parts) <= 1)[part[start]]
    return own


def footing(case: Case) -> Toll:
    """Forbid ladders, fords and mountain paths to who cannot take them."""
    shut = np.zeros(len(case.edges), dtype=np.bool_)
    for column in _ON_THE_WAY:
        shut |= case.hindrances.shut(case.edges[column], "walkers", case.bound)
        if case.profile.wheels is not None:
            shut |= case.hindrances.shut(case.edges[column], "wheels", case.bound)
    return forbidding(shut)


def wheels(case: Case) -> Toll:
    """Forbid what is said to be no way for the wheels of this profile; of the other wheels where nothing is said."""
    own = case.profile.wheels
    if own is None:
        return free(case)
    signs = case.hindrances.signs
    shut = case.among(own, [said for said, level in signs.own.items() if is_shut(level, case.bound)])
    hinted = case.among(OTHER_WHEELS[own], [said for said, level in signs.other.items() if is_shut(level, case.bound)])
    return forbidding(shut | (hinted & case.among(own, ("",))))


def barrier(case: Case) -> Toll:
    """Forbid barriers that stop walkers or wheels, and charge the handling of the others.

    Who has an explicit right to walk there can pass, too. Wheels pass through a gap: where nobody measured it, nor says
    that they can pass, not in the pessimistic bound.
    """
    kinds = case.edges["barrier"]
    shut = case.hindrances.shut(kinds, "walkers", case.bound) & ~case.among("foot", EXPLICIT_RIGHTS)
    if case.profile.wheels is not None:
        shut |= case.hindrances.shut(kinds, "wheels", case.bound)
        if case.bound == "pessimistic":
            shut |= is_gap_unknown(case.edges, case.hindrances) & ~_is_said_to_let_wheels_pass(case)
    rule = case.profile.barriers
    seconds = {} if rule is None else {name: value[1] for name, value in rule.values.items()}
    added_s = looked_up(kinds, seconds, default=0.0)
    return toll(np.where(shut, np.inf, 1.0), np.where(shut, 0.0, added_s))


def is_gap_unknown(edges: pa.Table, hindrances: Hindrances) -> Flags:
    """Tell where a barrier is passed through a gap that nobody measured; shape (n,)."""
    unknown: Flags = hindrances.has_gap(edges["barrier"]) & edges["width_m"].is_null().to_numpy()
    return unknown


def opened_to_wheels(case: Case, asked: Toll) -> Toll:
    """Let wheels pass, in the optimistic bound, what they are said to pass, though something there would stop them.

    Two mappers saw different things: steps and a ramp beside them, a kissing gate and the gate beside it.
    """
    if case.bound != "optimistic":
        return asked
    opened = _is_said_to_let_wheels_pass(case)
    forward, backward = (np.where(opened & np.isinf(way), 1.0, way) for way in (asked.forward, asked.backward))
    return Toll(forward, backward, asked.added_s)


def _is_said_to_let_wheels_pass(case: Case) -> Flags:
    """Tell where the sign of this profile's wheels says so, else that of the others; shape (n,)."""
    own, opens = case.profile.wheels, case.hindrances.signs.opens
    if own is None:
        return np.zeros(len(case.edges), dtype=np.bool_)
    return case.among(own, opens) | (case.among(own, ("",)) & case.among(OTHER_WHEELS[own], opens))
