"""What each origin has near, gathered while searching: a national run need not keep the pairs.

The figures are those that the table of pairs gives; no pair is written for them.
"""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Int32s
from pipelines.errors import ContractError
from pipelines.reach.compiling import make_ready
from pipelines.reach.contracts import COUNTS, THRESHOLDS_M
from pipelines.reach.gather import NEAREST, PARTS, UNREACHED, tally, written
from pipelines.reach.kernel import COSTS, FARTHEST, UNITS
from pipelines.reach.pairs import USUAL, Outing
from pipelines.reach.search import Engine, search

_BETWEEN = "\x1f"


@dataclass(frozen=True)
class Tallies:
    """Figures by origin, bound and what a place is, in units: `figures` has shape (n_origins, n_bounds, n_sorts, 5).

    A sort is what places of the same functions have in common: `sorts` lists its kinds of place, `in_any` tells
    whether one of these is of the booklet.

    The five are the metres to the nearest (`UNREACHED`: none within the search), and the numbers of places within
    300, 500 and 800 m and within the budget. Origins in the order of the outing.
    """

    sorts: tuple[tuple[str, ...], ...]
    in_any: tuple[bool, ...]
    figures: Int32s


def tallied(outing: Outing, functions: pa.Table, engine: Engine = USUAL) -> Tallies:
    """Search, and keep of what is found only its tallies.

    Parameters
    ----------
    outing, functions, engine
        As for `reach_counts`.

    Raises
    ------
    ContractError
        When an attached place has no function.
    """
    sort, sorts, in_any = _sorts(outing, functions)
    figures = np.zeros((len(outing.origin_ids), len(outing.bounds), len(sorts), 2 + len(THRESHOLDS_M)), dtype=np.int32)
    figures[..., NEAREST] = UNREACHED
    limits, bounds = _limits(outing), outing.bound_lanes
    none = np.empty((0, COSTS + len(outing.job.lanes)), dtype=np.int32)
    make_ready(tally, (none, sort, bounds, limits, figures))
    for found in search(outing.job, engine):
        tally(found, sort, bounds, limits, figures)
    return Tallies(sorts, in_any, figures)


def reach_counts(outing: Outing, functions: pa.Table, engine: Engine = USUAL) -> pa.Table:
    """Count the places of each kind within 300, 500 and 800 m and the budget of every origin, and find the nearest.

    Parameters
    ----------
    outing
        From `pairs.prepared`.
    functions
        `places/functions`. A place counts once under each of its kinds, and once as any place of the booklet ('').
    engine
        How to run the search.

    Returns
    -------
    pyarrow.Table
        `reach/counts`: what its SQL equivalent finds in `reach/pairs`. No row: no place of the kind within the search.

    Raises
    ------
    ContractError
        When an attached place has no function.
    """
    tallies = tallied(outing, functions, engine)
    parts = [_table(outing, tallies, number) for number in range(len(outing.bounds))]
    return pa.concat_tables([COUNTS.schema.empty_table(), *parts]).combine_chunks()


def _sorts(outing: Outing, functions: pa.Table) -> tuple[Int32s, tuple[tuple[str, ...], ...], tuple[bool, ...]]:
    """Number the sort of every place of the outing; list the kinds of each, and whether one is of the booklet."""
    ordered = functions.sort_by([("place_id", "ascending"), ("place_kind", "ascending")])
    grouped = ordered.group_by("place_id", use_threads=False).aggregate([("place_kind", "list"), ("is_booklet", "max")])
    ids = grouped["place_id"].to_numpy()
    row = np.searchsorted(ids, outing.place_ids) % max(len(ids), 1)
    if len(ids) < len(row[:1]) or not np.array_equal(ids[row], outing.place_ids):
        raise ContractError("reach/attachments: some places are not in places/functions. Attach to this very register.")
    words = pc.binary_join(grouped["place_kind_list"], _BETWEEN).to_numpy(zero_copy_only=False)[row].astype(np.str_)
    names, first, number = np.unique(words, return_index=True, return_inverse=True)
    in_any = grouped["is_booklet_max"].to_numpy(zero_copy_only=False)[row][first]
    return number.astype(np.int32), tuple(tuple(str(name).split(_BETWEEN)) for name in names), tuple(in_any.tolist())


def _limits(outing: Outing) -> Int32s:
    """Most metres and most seconds of each count, in units; shape (n_counts, 2)."""
    profile = outing.profile
    speed_m_per_s = profile.speed_m_per_s.central
    rows = [(_most_units(metres, 1.0), UNREACHED) for metres in THRESHOLDS_M]
    budget_m = _most_units(profile.budget_m.central, 1.0) if profile.budget_m else UNREACHED
    budget_s = _most_units(profile.budget_s.central, speed_m_per_s) if profile.budget_s else UNREACHED
    return np.array([*rows, (budget_m, budget_s)], dtype=np.int32)


def _most_units(most: float, speed_m_per_s: float) -> int:
    """Find the most units that, written as metres or seconds, are no more than `most`: the same rounding both ways."""
    units = min(math.ceil((most + 1 / PARTS) * speed_m_per_s * UNITS), FARTHEST)
    while written(units, UNITS * speed_m_per_s) > most:
        units -= 1
    return units


def _table(outing: Outing, tallies: Tallies, bound: int) -> pa.Table:
    """Give the rows of one bound in the order of their key: origins and kinds of which a place was found."""
    by_id = np.argsort(outing.origin_ids)
    figures = tallies.figures[by_id, bound]
    kinds = ["", *sorted({kind for sort in tallies.sorts for kind in sort})]
    columns_of = [np.array(tallies.in_any, dtype=np.bool_)]
    columns_of += [np.array([kind in sort for sort in tallies.sorts], dtype=np.bool_) for kind in kinds[1:]]
    figures = np.concatenate([_together(figures[:, sorts]) for sorts in columns_of], axis=1)
    origin, kind = np.nonzero(figures[..., NEAREST] != UNREACHED)
    found = figures[origin, kind]
    columns = [
        pa.repeat(outing.profile.name, len(origin)),
        pa.repeat(outing.bounds[bound].name, len(origin)),
        outing.origin_ids[by_id][origin],
        pa.DictionaryArray.from_arrays(kind.astype(np.int32), pa.array(kinds)).cast(pa.string()),
        written(found[:, NEAREST], UNITS),
        *(np.ascontiguousarray(column) for column in found[:, 1:].T),
    ]
    return pa.table(columns, schema=COUNTS.schema)


def _together(figures: Int32s) -> Int32s:
    """Put sorts together: the least of the nearest, the sum of the counts; shape (n_origins, 1, 5)."""
    together: Int32s = figures.sum(axis=1, dtype=np.int32, keepdims=True)
    together[..., NEAREST] = figures[..., NEAREST].min(axis=1, initial=UNREACHED, keepdims=True)
    return together
