"""A program in whole numbers by which people are rounded, and how its answer is found.

What its rows and columns stand for is for `rounding.py`.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from pipelines.arrays import Flags, Floats
from pipelines.errors import SamenhangError
from pipelines.protection.memory import EXACT
from pipelines.protection.thresholds import BASE

_SMALL_SUM = 60
# A sum that is left out, for each five that it is off; avoided before all else.
_LEFT_OUT_WEIGHT = 1_000_000.0
# Bounds that do not depend on how busy the machine is: the same input gives the same numbers.
_SOLVER = {"node_limit": 2_000, "mip_rel_gap": 1e-6}


@dataclass(frozen=True)
class Program:
    """A program in whole numbers: costs and bounds of its columns, and rows whose sums lie between least and most.

    Rows that are a sum may be left out; others hold always.

    Columns say by how many times five a part, and then a sum that weighs, rises over its lower option.
    """

    costs: Floats
    members: sparse.csr_array
    least: Floats
    most: Floats
    lowest: Floats
    highest: Floats
    is_sum: Flags


class RoundingError(SamenhangError):
    """No rounding was found at all."""


def solved(program: Program) -> Floats:
    """The cheapest whole numbers, or nearly so.

    Of two trees alone these are found without asking for them to be whole. With cells a few in a hundred are not: then
    only these are asked for anew, and as long as that cannot be, all that share a small sum with them too.
    """
    found = _found(program, program.lowest, program.highest, whole=False)
    if found is None:
        return _with_sums_left_out(program)
    loose = np.abs(found - np.round(found)) > EXACT
    while loose.any():
        lowest, highest = (np.where(loose, bound, np.round(found)) for bound in (program.lowest, program.highest))
        whole = _found(program, lowest, highest, whole=True)
        if whole is not None:
            return np.asarray(np.round(whole), dtype=np.float64)
        if loose.all():
            return _with_sums_left_out(program)
        loose = _with_neighbours(program.members, loose)
    return np.asarray(np.round(found), dtype=np.float64)


def _with_sums_left_out(program: Program) -> Floats:
    """The cheapest whole numbers by which the fewest sums are none of their options."""
    off = sparse.csr_array(sparse.eye_array(len(program.is_sum)).tocsr()[:, np.flatnonzero(program.is_sum)])
    n, k = len(program.costs), off.shape[1]
    relaxed = replace(
        program,
        costs=np.concatenate([program.costs, np.full(2 * k, _LEFT_OUT_WEIGHT)]),
        members=sparse.csr_array(sparse.hstack([program.members, off, -off])),
    )
    found = _found(
        relaxed,
        np.pad(program.lowest, (0, 2 * k)),
        np.pad(program.highest, (0, 2 * k), constant_values=np.inf),
        whole=True,
    )
    if found is None:
        raise RoundingError(
            f"people cannot be rounded within {BASE}. This is a defect of ours: report it with this line."
        )
    return np.asarray(np.round(found[:n]), dtype=np.float64)


def _found(program: Program, lowest: Floats, highest: Floats, *, whole: bool) -> Floats | None:
    if not len(program.costs):
        return program.costs
    rows = LinearConstraint(program.members, program.least, program.most)
    kinds = np.full(len(program.costs), fill_value=int(whole))
    bounds = Bounds(lowest, highest)
    answer: Floats | None = milp(program.costs, constraints=rows, bounds=bounds, integrality=kinds, options=_SOLVER).x
    return answer


def _with_neighbours(members: sparse.csr_array, loose: Flags) -> Flags:
    """The same columns and those that share a small sum with one of them; all, when that adds none."""
    small = sparse.csr_array(abs(members[np.flatnonzero(np.diff(members.indptr) <= _SMALL_SUM)]))
    touched = small @ loose.astype(np.float64) > 0
    wider: Flags = loose | (small.T @ touched.astype(np.float64) > 0)
    return wider if wider.sum() > loose.sum() else np.ones_like(loose)
