"""How far a number may lie: against another way into the solver, and what its prices promise."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from pipelines.protection.attack import SOLVED, Attacker, Polytope, apart

INFINITE = np.inf


def polytope(seed: int) -> tuple[Polytope, np.ndarray]:
    """A random polytope around a point of it, with rows of every kind: two ends, one end, an equation."""
    g = np.random.default_rng(seed)
    inside = g.integers(0, 9, 12).astype(float)
    rows = g.integers(0, 3, (14, 12)).astype(float)
    middle = rows @ inside
    low, high = middle - g.integers(0, 4, 14), middle + g.integers(0, 4, 14)
    low[:3], high[3:6] = -INFINITE, INFINITE
    rows[-1], low[-1], high[-1] = 1.0, 0.0, 100.0
    return Polytope(csr_array(rows), low, high), inside


def by_linprog(known: Polytope, form: np.ndarray) -> float:
    rows = known.rows.toarray()
    upper, lower = np.isfinite(known.high), np.isfinite(known.low)
    found = linprog(
        form, A_ub=np.vstack([rows[upper], -rows[lower]]), b_ub=np.concatenate([known.high[upper], -known.low[lower]])
    )
    assert found.status == 0
    return float(found.fun)


@pytest.mark.parametrize("seed", range(20))
def test_every_end_is_the_one_that_another_way_into_the_solver_finds(seed):
    known, inside = polytope(seed)
    attacker, g = Attacker(known), np.random.default_rng(seed + 1000)
    for form in g.integers(-2, 3, (10, 12)).astype(float):
        end = attacker.least(form)
        assert end.status == SOLVED
        assert end.value == pytest.approx(by_linprog(known, form), abs=1e-6)
        assert end.value <= form @ inside + 1e-6
        assert known.holds(end.point[None, :]).all()


@pytest.mark.parametrize("seed", range(10))
def test_moving_rows_never_lowers_an_end_by_more_than_their_prices_say(seed):
    known, _ = polytope(seed)
    g = np.random.default_rng(seed)
    form = g.integers(-2, 3, 12).astype(float)
    end = Attacker(known).least(form)
    under, over = g.integers(0, 5, 14), g.integers(0, 5, 14)
    wider = Attacker(Polytope(known.rows, known.low - under, known.high + over)).least(form)
    promised = np.where(end.prices < 0, -end.prices * over, end.prices * under).sum()
    assert end.value - promised - 1e-6 <= wider.value <= end.value + 1e-6


def test_of_a_polytope_without_points_nothing_is_concluded():
    end = Attacker(Polytope(csr_array([[1.0]]), np.array([-3.0]), np.array([-2.0]))).least(np.ones(1))
    assert end.value == -INFINITE
    assert end.point is None
    assert end.status == "infeasible"


def test_many_forms_move_at_once_and_no_further_than_they_need():
    known = Polytope(csr_array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), np.zeros(2), np.array([10.0, 2.0]))
    point = apart(known, csr_array(np.eye(3)), np.array([4.0, 5.0, 6.0]), np.zeros(3))
    assert known.holds(point[None, :]).all()
    assert point[0] >= 4 - 1e-6
    assert point[1] >= 5 - 1e-6
    assert point[2] == pytest.approx(2)


def test_a_point_outside_any_row_or_under_nought_does_not_hold():
    known = Polytope(csr_array([[1.0, 1.0]]), np.array([1.0]), np.array([2.0]))
    assert known.holds(np.array([[1.0, 0.5], [2.0, 0.5], [0.0, 0.5], [2.0, -0.5]])).tolist() == [
        True, False, False, False,
    ]  # fmt: skip
