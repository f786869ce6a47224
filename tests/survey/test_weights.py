"""Weights: margins are reached exactly, as R rakes; what stands out is trimmed; what cannot be is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.survey.weights import UNKNOWN, Margin, base_weights, cost_of, nonresponse, rake, upper_bound, weigh
from tests.survey.oracle import numbered, oracle

R = oracle("design")


def margin(category: list[int] | np.ndarray, persons: list[float], name: str = "age") -> Margin:
    labels = tuple(f"class {number}" for number in range(len(persons)))
    return Margin(name, np.array(category, dtype=np.int64), np.array(persons, dtype=np.float64), labels)


def test_raked_weights_are_those_of_r_survey() -> None:
    data, margins = R["data"], R["margins"]
    found = rake(
        data["weight"],
        [margin(numbered(data["age"]), margins["age"]), margin(numbered(data["sex"]), margins["sex"], "sex")],
    )
    assert found == pytest.approx(R["raked"]["weight"], rel=1e-9)
    # With margins of this kind raking and calibration by the raking distance are one and the same.
    assert found == pytest.approx(R["calibrated"]["weight"], rel=1e-9)


def test_base_weights_are_people_over_respondents_of_the_stratum() -> None:
    assert base_weights(np.array([0, 0, 2]), np.array([100.0, 50.0, 30.0])).tolist() == [50, 50, 30]


def test_in_a_cell_where_few_answered_each_stands_for_more() -> None:
    cell = np.repeat([0, 1], [20, 10])
    weight, merged = nonresponse(np.ones(30), cell, np.array([40.0, 40.0]))
    assert merged == 0
    assert weight[cell == 1][0] / weight[cell == 0][0] == pytest.approx(2.0)
    assert weight.sum() == pytest.approx(30)


@pytest.mark.parametrize(
    ("answered", "asked", "merged"),
    [
        ([20, 4, 20], [40, 40, 40], 1),
        ([40, 5, 40], [40, 60, 40], 1),
        ([2, 2, 2], [40, 40, 40], 2),
        ([20, 0], [9, 9], 1),
    ],
)
def test_a_cell_of_few_respondents_or_with_a_large_factor_is_judged_with_the_next(
    answered: list[int], asked: list[float], merged: int
) -> None:
    cell = np.repeat(np.arange(len(answered)), answered)
    weight, count = nonresponse(np.ones(len(cell)), cell, np.array(asked, dtype=np.float64))
    assert count == merged
    assert weight.sum() == pytest.approx(len(cell))
    assert np.isfinite(weight).all()


def test_who_is_of_an_unknown_category_keeps_their_share() -> None:
    found = rake(np.array([1.0, 1.0, 2.0]), [margin([0, 1, UNKNOWN], [30, 10])])
    assert found.tolist() == pytest.approx([1.5, 0.5, 2.0])


@pytest.mark.parametrize(
    ("margins", "words"),
    [
        ([margin([0, 0, 0], [1, 1])], r"margin age: nobody of \['class 1'\] answered"),
        ([margin([0, 1, 1], [1, 9]), margin([0, 1, 1], [5, 5], "sex")], "cannot reach them together"),
    ],
)
def test_margins_that_cannot_be_reached_are_named(margins: list[Margin], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        rake(np.ones(3), margins)


def test_a_category_without_people_gets_no_weight() -> None:
    assert rake(np.ones(3), [margin([0, 0, 1], [5, 0])]).tolist() == pytest.approx([1.5, 1.5, 0.0])


def test_what_stands_out_is_trimmed_and_margins_are_still_reached() -> None:
    random = np.random.default_rng(3)
    weight = random.uniform(0.8, 1.2, 300)
    weight[:3] = 60.0
    age = random.integers(0, 3, 300)
    found = weigh(weight, [margin(age, [50, 30, 20])])
    assert found.trimmed == 3
    # Untrimmed they would be over thirty times the mean.
    assert 3 < found.weight.max() < 6
    assert found.weight.mean() == pytest.approx(1.0)
    assert [one.achieved for one in found.achieved] == pytest.approx([0.5, 0.3, 0.2])
    assert [one.target for one in found.achieved] == pytest.approx([0.5, 0.3, 0.2])


def test_weights_that_are_all_nought_are_an_error_and_some_are_not() -> None:
    for wrong in (lambda: weigh(np.zeros(4), []), lambda: cost_of(np.zeros(4))):
        with pytest.raises(SourceError, match="all are 0"):
            wrong()
    assert weigh(np.array([0.0, 2.0, 4.0]), []).weight.tolist() == pytest.approx([0, 2 / 3, 4 / 3])


def test_what_unequal_weights_cost_by_hand() -> None:
    cost = cost_of(np.array([1.0, 3.0, 0.0]))
    assert (cost.deff, cost.effective, cost.ratio, cost.largest) == pytest.approx((1.25, 1.6, 3.0, 0.75))
    assert cost_of(np.full(7, 2.5)).effective == pytest.approx(7)


def test_one_heavy_respondent_among_ones_is_trimmed_and_margins_are_still_reached() -> None:
    weight = np.ones(200)
    weight[7] = 50.0
    found = weigh(weight, [margin([number % 2 for number in range(200)], [40, 60])])
    assert found.trimmed == 1
    assert found.weight[7] / np.median(found.weight) <= 5
    assert [one.achieved for one in found.achieved] == pytest.approx([0.4, 0.6])


@pytest.mark.parametrize("heavier", [0.1, 0.2, 0.24])
@pytest.mark.parametrize("weight", [2.0, 8.0])
def test_a_part_that_was_drawn_more_thinly_keeps_its_weight_though_most_are_alike(
    heavier: float, weight: float
) -> None:
    weights = np.where(np.arange(200) < 200 * heavier, weight, 1.0)
    assert weigh(weights, []).trimmed == 0


@pytest.mark.parametrize("n", [10, 19, 20, 40, 400])
def test_one_heavy_respondent_never_raises_the_bound_by_itself(n: int) -> None:
    weights = np.ones(n)
    weights[-1] = 1_000.0
    assert upper_bound(weights) == 4.0


def test_equal_weights_are_never_over_their_bound() -> None:
    assert upper_bound(np.full(5, 2.0)) >= 2.0
    assert weigh(np.full(5, 2.0), []).trimmed == 0


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0.2, 5), st.integers(0, 2), st.integers(0, 1)), min_size=60, max_size=120),
    st.tuples(st.floats(0.2, 1), st.floats(0.2, 1), st.floats(0.2, 1)),
    st.floats(0.3, 0.7),
)
def test_raked_weights_reach_every_margin_whatever_the_sample(people, ages, women: float) -> None:
    # One of each combination, so that every margin can be reached.
    people = people + [(1.0, age, sex) for age in range(3) for sex in range(2)]
    weight, age, sex = (np.array(column) for column in zip(*people, strict=True))
    found = rake(weight, [margin(age, list(ages)), margin(sex, [women, 1 - women], "sex")])
    assert found.sum() == pytest.approx(weight.sum())
    assert np.bincount(age, found, 3) / found.sum() == pytest.approx(np.array(ages) / sum(ages), rel=1e-6)
    assert np.bincount(sex, found, 2) / found.sum() == pytest.approx([women, 1 - women], rel=1e-6)
    assert (found > 0).all()
