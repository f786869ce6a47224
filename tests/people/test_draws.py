import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.people.draws import draw_persons

PERSONS = np.array([10.0, 30.0, 60.0, 2.5, 0.0, 7.5])
BLOCK = np.array([0, 0, 0, 1, 1, 1])


def test_every_draw_keeps_the_people_of_every_block():
    drawn = draw_persons(PERSONS, BLOCK, ["a", "b"], 50, 1)
    assert drawn[BLOCK == 0].sum(axis=0) == pytest.approx([100] * 50)
    assert drawn[BLOCK == 1].sum(axis=0) == pytest.approx([10] * 50)
    assert drawn.min() >= 0
    assert not drawn[4].any()


def test_on_average_a_home_holds_what_it_was_given_with_the_spread_of_the_distribution():
    drawn = draw_persons(PERSONS, BLOCK, ["a", "b"], 20_000, 1)
    assert drawn.mean(axis=1) == pytest.approx(PERSONS, rel=0.03, abs=0.05)
    # Of a Dirichlet-multinomial of N people around shares q with weights N q: N q (1 - q) (2 N) / (N + 1).
    share = PERSONS[:3] / 100
    assert drawn[:3].var(axis=1) == pytest.approx(100 * share * (1 - share) * 200 / 101, rel=0.06)


def test_the_same_seed_gives_the_same_and_another_block_does_not_matter():
    drawn = draw_persons(PERSONS, BLOCK, ["a", "b"], 9, 1)
    assert (drawn == draw_persons(PERSONS, BLOCK, ["a", "b"], 9, 1)).all()
    alone = draw_persons(np.where(BLOCK == 0, PERSONS, 3.0), BLOCK, ["a", "b"], 9, 1)
    assert (drawn[:3] == alone[:3]).all()
    assert (drawn[:3] != draw_persons(PERSONS, BLOCK, ["a", "b"], 9, 2)[:3]).any()
    assert (drawn[:3] != draw_persons(PERSONS, BLOCK, ["c", "b"], 9, 1)[:3]).any()


def test_nobody_to_deal_out_gives_nobody():
    assert draw_persons(np.zeros(3), np.zeros(3, dtype=np.int64), ["a"], 4, 1).tolist() == np.zeros((3, 4)).tolist()
    assert draw_persons(np.zeros(0), np.zeros(0, dtype=np.int64), [], 4, 1).shape == (0, 4)


@given(st.lists(st.tuples(st.floats(0, 500), st.integers(0, 3)), min_size=1, max_size=20))
def test_people_are_conserved_however_few(homes: list[tuple[float, int]]):
    persons, block = np.array([p for p, _ in homes]), np.array([b for _, b in homes])
    drawn = draw_persons(persons, block, list("abcd"), 3, 1)
    for number in range(4):
        assert drawn[block == number].sum(axis=0) == pytest.approx([persons[block == number].sum()] * 3)
