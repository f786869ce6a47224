"""The way back: from places within reach going out, home again, where that exceeds the budget.

A pedestrian one-way street or a slope may make the way back longer than the way there. Budgets are judged on the way
out (`pairs`); what they would miss is told here.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import conform
from pipelines.reach.contracts import RETURNS
from pipelines.reach.lanes import DIRECTIONS
from pipelines.reach.pairs import pair_tables, prepared
from pipelines.streets.profiles import Profile

BOUND = "central"
# Which rows of `reach/pairs` are asked for their way back.
OUTBOUND = pc.field("bound") == BOUND
ENDS = ["origin_id", "place_id"]


def all_returns(
    pairs: pa.Table, attachments: pa.Table, edges: pa.Table, costs: pa.Table, profiles: Mapping[str, Profile]
) -> pa.Table:
    """Find the pairs within a profile's budget going of which the way back exceeds it, at the bound `central`.

    A profile for which every street costs the same both ways has none, and is not searched.

    Parameters
    ----------
    pairs
        Table `reach/pairs`.
    attachments, edges, costs
        What the pairs were made of.
    profiles
        Who walk.

    Returns
    -------
    pyarrow.Table
        `reach/returns`: metres of the shortest and seconds of the fastest path home; null beyond the search.
    """
    parts = [RETURNS.schema.empty_table()]
    for name, profile in profiles.items():
        own = costs.filter(_is_central(costs, name))
        if not _is_same_both_ways(own):
            going = pairs.filter(_is_central(pairs, name))
            parts.append(_returns(going, attachments, edges, own, profile))
    return conform(pa.concat_tables(parts), RETURNS)


def _is_central(table: pa.Table, profile: str) -> pa.ChunkedArray:
    return pc.and_(pc.equal(table["profile"], profile), pc.equal(table["bound"], BOUND))


def _is_same_both_ways(costs: pa.Table) -> bool:
    return all(costs[f"forward_{unit}"].equals(costs[f"backward_{unit}"]) for unit in ("m", "s"))


def _returns(going: pa.Table, attachments: pa.Table, edges: pa.Table, costs: pa.Table, profile: Profile) -> pa.Table:
    near = going.filter(_within_budget(going, profile)).select(["profile", "bound", *ENDS])
    is_origin = pc.equal(attachments["point_type"], "origin")
    ends = attachments.filter(is_origin), attachments.filter(pc.invert(is_origin))
    # From place to home is from home to place where every street is walked the other way.
    outing = prepared(*ends, edges, turned(costs), profile)
    parts = (part.select([*ENDS, "metres", "seconds"]) for part in pair_tables(outing))
    empty = RETURNS.schema.empty_table().select([*ENDS, "metres", "seconds"])
    back = near.join(pa.concat_tables([empty, *parts]), ENDS, join_type="left outer", use_threads=False)
    return back.filter(pc.invert(_within_budget(back, profile))).select(list(RETURNS.column_names))


def turned(costs: pa.Table) -> pa.Table:
    """Swap the directions of `streets/costs`: what a walk from u to v cost, one from v to u costs now."""
    there, back = DIRECTIONS
    other = {f"{way}_{unit}": f"{turn}_{unit}" for way, turn in ((there, back), (back, there)) for unit in ("m", "s")}
    return costs.rename_columns([other.get(name, name) for name in costs.column_names])


def _within_budget(table: pa.Table, profile: Profile) -> pa.ChunkedArray:
    """Whether metres and seconds are within the profile's central budget of each; null, beyond the search, is not."""
    within = pa.chunked_array([pa.repeat(pa.scalar(value=True), len(table))])
    for column, budget in (("metres", profile.budget_m), ("seconds", profile.budget_s)):
        if budget is not None:
            within = pc.and_(within, pc.fill_null(pc.less_equal(table[column], budget.central), fill_value=False))
    return within
