"""What an outsider can work out: how far a number may lie, given everything that was published about it.

Here is the attacker alone: a polytope of all tables that agree with what is known, linear forms over it, and the
ends each can reach. What the unknowns mean is for `survey_knowledge`.

Tables found on the way are kept as witnesses: two tables of the polytope that differ by w in a form prove that its
width is at least w, without a programme for that form.
"""

from dataclasses import dataclass

# `scipy.optimize.linprog` forgets every answer, and most of an answer serves for the next form. Tests compare the two.
import highspy
import numpy as np
from scipy.sparse import csr_array, diags_array, eye_array, hstack, vstack

from pipelines.arrays import Flags, Floats

TOLERANCE = 1e-6
SOLVED = "optimal"
_PRIMAL = 4


@dataclass(frozen=True)
class Polytope:
    """All x >= 0 of shape (unknowns,) with `low` <= `rows` x <= `high`; ends may be infinite."""

    rows: csr_array
    low: Floats
    high: Floats

    def holds(self, points: Floats) -> Flags:
        """Which of the points (points, unknowns) lie in it, within a millionth."""
        values = self.rows @ points.T
        above = (values >= self.low[:, None] - TOLERANCE).all(axis=0)
        under = (values <= self.high[:, None] + TOLERANCE).all(axis=0)
        flags: Flags = above & under & (points >= -TOLERANCE).all(axis=1)
        return flags


@dataclass(frozen=True)
class End:
    """The least value of a form, the point that reaches it, and by how much it moves with the end of each row.

    `prices` (rows,): negative where the upper end holds it back, positive where the lower end does. Unless `status` is
    "optimal", value is minus infinity, there is no point, and prices are nought.
    """

    value: float
    point: Floats | None
    prices: Floats
    status: str


class Attacker:
    """One polytope held by the solver, so that each programme starts from the answer of the one before."""

    def __init__(self, polytope: Polytope) -> None:
        """Hand the polytope over."""
        unknowns = polytope.rows.shape[1]
        self._columns = np.arange(unknowns, dtype=np.int32)
        self._solver = _solver(polytope, np.zeros(unknowns), np.zeros(unknowns), np.full(unknowns, np.inf))
        # Another form leaves the last point feasible, so the primal simplex has no first phase to do.
        self._solver.setOptionValue("simplex_strategy", _PRIMAL)

    def least(self, form: Floats) -> End:
        """Find how low the form (unknowns,) can be."""
        self._solver.changeColsCost(len(form), self._columns, form)
        return _solved(self._solver)


def apart(polytope: Polytope, forms: csr_array, needed: Floats, start: Floats) -> Floats | None:
    """Find one point in which many forms at once are as far above `start` as each needs.

    max sum_g d_g with d_g <= 1 and d_g <= (form_g x - start_g) / needed_g.

    Parameters
    ----------
    polytope
        What is known.
    forms
        Shape (forms, unknowns), signed so that up is away.
    needed
        Shape (forms,), positive.
    start
        Shape (forms,): where each form is counted from.

    Returns
    -------
    numpy.ndarray or None
        The point, shape (unknowns,); None when the solver gave none.
    """
    count, unknowns = forms.shape
    beside = csr_array((polytope.rows.shape[0], count))
    scaled = hstack([diags_array(1.0 / needed) @ forms, -eye_array(count)])
    rows = vstack([hstack([polytope.rows, beside]), scaled]).tocsr()
    low, high = np.concatenate([polytope.low, start / needed]), np.concatenate([polytope.high, np.full(count, np.inf)])
    cost = np.repeat([0.0, -1.0], [unknowns, count])
    # A form that cannot rise must not make the whole programme infeasible, hence no lower end for the distances.
    floor, ceiling = np.repeat([0.0, -np.inf], [unknowns, count]), np.repeat([np.inf, 1.0], [unknowns, count])
    point = _solved(_solver(Polytope(rows, low, high), cost, floor, ceiling)).point
    return None if point is None else point[:unknowns]


def _solver(polytope: Polytope, cost: Floats, floor: Floats, ceiling: Floats) -> highspy.Highs:
    matrix = polytope.rows.tocsc()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.a_matrix_.num_row_, model.a_matrix_.num_col_ = matrix.shape
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, floor, ceiling
    model.row_lower_, model.row_upper_ = polytope.low, polytope.high
    options = highspy.HighsOptions()
    options.output_flag = False
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # it has no types
    solver.passOptions(options)
    solver.passModel(model)
    return solver


def _solved(solver: highspy.Highs) -> End:
    solver.run()
    ended = solver.getModelStatus()
    found = solver.getSolution()
    if ended != highspy.HighsModelStatus.kOptimal:
        return End(-np.inf, None, np.zeros(solver.getNumRow()), solver.modelStatusToString(ended).lower())
    return End(float(solver.getObjectiveValue()), np.array(found.col_value), np.array(found.row_dual), SOLVED)
