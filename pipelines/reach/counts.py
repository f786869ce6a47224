"""What each origin has near, gathered while searching: a national run need not keep the pairs.

The figures are those that the table of pairs gives; no pair is written for them.
"""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.errors import ContractError
from pipelines.reach.compiling import make_ready
from pipelines.reach.contracts import COUNTS, THRESHOLDS_M
from pipelines.reach.gather import NEAREST, PARTS, UNREACHED, Ints, tally, written
from pipelines.reach.kernel import COSTS, FARTHEST, UNITS
from pipelines.reach.pairs import USUAL, Outing
from pipelines.reach.search import Engine, search


@dataclass(frozen=True)
class Tallies:
    """Figures by origin, bound and kind, in units: `figures` has shape (n_origins, n_bounds, n_kinds, 5).

    The five are the metres to the nearest (`UNREACHED`: none within the search), and the numbers of places within
    300, 500 and 800 m and within the budget. Origins in the order of the outing.
    """

    kinds: tuple[str, ...]
    figures: Ints


def tallied(outing: Outing, register: pa.Table, engine: Engine = USUAL) -> Tallies:
    """Search, and keep of what is found only its tallies.

    Parameters
    ----------
    outing, register, engine
        As for `reach_counts`.

    Raises
    ------
    ContractError
        When an attached place is not in the register.
    """
    kinds, names = _kinds(outing, register)
    figures = np.zeros((len(outing.origin_ids), len(outing.bounds), len(names), 2 + len(THRESHOLDS_M)), dtype=np.int32)
    figures[..., NEAREST] = UNREACHED
    limits, bounds = _limits(outing), outing.bound_lanes
    none = np.empty((0, COSTS + len(outing.job.lanes)), dtype=np.int32)
    make_ready(tally, (none, kinds, bounds, limits, figures))
    for found in search(outing.job, engine):
        tally(found, kinds, bounds, limits, figures)
    return Tallies(tuple(names), figures)


def reach_counts(outing: Outing, register: pa.Table, engine: Engine = USUAL) -> pa.Table:
    """Count the places of each kind within 300, 500 and 800 m and the budget of every origin, and find the nearest.

    Parameters
    ----------
    outing
        From `pairs.prepared`.
    register
        At least `place_id`, `place_kind` of `places/register`.
    engine
        How to run the search.

    Returns
    -------
    pyarrow.Table
        `reach/counts`: what its SQL equivalent finds in `reach/pairs`. No row: no place of the kind within the search.

    Raises
    ------
    ContractError
        When an attached place is not in the register.
    """
    tallies = tallied(outing, register, engine)
    parts = [_table(outing, tallies, number) for number in range(len(outing.bounds))]
    return pa.concat_tables([COUNTS.schema.empty_table(), *parts]).combine_chunks()


def _kinds(outing: Outing, register: pa.Table) -> tuple[Ints, list[str]]:
    """Number the kind of every place of the outing, and list the kinds."""
    ids = register["place_id"].to_numpy()
    order = np.argsort(ids)
    row = order[np.searchsorted(ids[order], outing.place_ids) % max(len(ids), 1)] if len(ids) else order
    if not np.array_equal(ids[row], outing.place_ids):
        raise ContractError("reach/attachments: some places are not in places/register. Attach to this very register.")
    words = register["place_kind"].to_numpy(zero_copy_only=False)[row]
    names, number = np.unique(words.astype(np.str_), return_inverse=True)
    return number.astype(np.int32), [str(name) for name in names]


def _limits(outing: Outing) -> Ints:
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
    figures = np.concatenate([_any(figures), figures], axis=1)
    origin, kind = np.nonzero(figures[..., NEAREST] != UNREACHED)
    found = figures[origin, kind]
    words = pa.array(["", *tallies.kinds])
    columns = [
        pa.repeat(outing.profile.name, len(origin)),
        pa.repeat(outing.bounds[bound].name, len(origin)),
        outing.origin_ids[by_id][origin],
        pa.DictionaryArray.from_arrays(kind.astype(np.int32), words).cast(pa.string()),
        written(found[:, NEAREST], UNITS),
        *(np.ascontiguousarray(column) for column in found[:, 1:].T),
    ]
    return pa.table(columns, schema=COUNTS.schema)


def _any(figures: NDArray[np.int32]) -> Ints:
    """Put the kinds together: the least of the nearest, the sum of the counts; shape (n_origins, 1, 5)."""
    together: Ints = figures.sum(axis=1, dtype=np.int32, keepdims=True)
    together[..., NEAREST] = figures[..., NEAREST].min(axis=1, initial=UNREACHED, keepdims=True)
    return together
