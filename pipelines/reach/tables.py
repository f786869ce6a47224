"""The tables of `reach/` for every profile at once."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.reach.attach import attach_origins, attach_places, usable_streets
from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.reach.pairs import reach_pairs
from pipelines.streets.profiles import Profile


def central(costs: pa.Table) -> pa.Table:
    """The costs at the central guess of what is unknown: the only ones that reach is computed for so far."""
    return costs.filter(pc.equal(costs["bound"], "central"))


def attach_all(origins: pa.Table, register: pa.Table, edges: pa.Table, costs: pa.Table) -> pa.Table:
    """Attach origins and places to the streets of every profile in `costs`; `reach/attachments`."""
    parts = [ATTACHMENTS.schema.empty_table()]
    costs = central(costs)
    for profile in pc.unique(costs["profile"]).to_pylist():
        streets = usable_streets(edges, costs.filter(pc.equal(costs["profile"], profile)))
        parts += [attach_origins(origins, streets), attach_places(register, streets)]
    return pa.concat_tables(parts)


def all_pairs(attachments: pa.Table, edges: pa.Table, costs: pa.Table, profiles: Mapping[str, Profile]) -> pa.Table:
    """Pair origins and places for every profile; `reach/pairs`."""
    is_origin = pc.equal(attachments["point_type"], "origin")
    origins, places = attachments.filter(is_origin), attachments.filter(pc.invert(is_origin))
    found = [reach_pairs(origins, places, edges, central(costs), profile) for profile in profiles.values()]
    return pa.concat_tables([PAIRS.schema.empty_table(), *found])
