"""From answers to scores."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipelines.sources.contracts import ANSWERS, ITEMS, RESPONDENTS
from pipelines.survey.scale import (
    against_scale,
    fewest_items,
    item_rest_correlation,
    scores_of,
    unit_answers,
)

UNITS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    elements=st.one_of(st.just(math.nan), st.floats(0, 1, allow_subnormal=False)),
)


def items(*rows: tuple[str, str, float, float, bool]) -> pa.Table:
    names = ("item_id", "scale", "lowest", "highest", "is_reversed")
    fixed = {"text_nl": "", "text_en": "", "dont_know_codes": []}
    return pa.Table.from_pylist([{**dict(zip(names, row, strict=True)), **fixed} for row in rows], schema=ITEMS.schema)


def respondents(*ids: str) -> pa.Table:
    rows = [{"respondent_id": name, "buurt_code": "", "weight": 1.0} for name in ids]
    return pa.Table.from_pylist(rows, schema=RESPONDENTS.schema)


def answers(*rows: tuple[str, str, float | None]) -> pa.Table:
    cells = [
        {"respondent_id": person, "item_id": item, "answer": value, "reason_missing": "" if value else "no_answer"}
        for person, item, value in rows
    ]
    return pa.Table.from_pylist(cells, schema=ANSWERS.schema)


THREE = items(("v1", "m1", 1, 5, False), ("v2", "m1", 1, 5, True), ("v3", "m1", 0, 10, False))


def test_scores_by_hand() -> None:
    # anna: v1 = 4 -> 3/4; v2 = 2 reversed -> 1 - 1/4 = 3/4; v3 = 5 -> 1/2. Mean 2/3, score 6.667.
    # bart: v1 = 5 -> 1; v2 no answer; v3 = 0 -> 0. Two of three are enough (ceil 1.8 = 2): 5.
    # cor: only v1 = 1: one of three is too few.
    given_answers = answers(
        ("anna", "v1", 4), ("anna", "v2", 2), ("anna", "v3", 5),
        ("bart", "v1", 5), ("bart", "v2", None), ("bart", "v3", 0), ("cor", "v1", 1),
    )  # fmt: skip
    scores = scores_of(unit_answers(respondents("anna", "bart", "cor"), given_answers, THREE))
    assert scores == pytest.approx([20 / 3, 5.0, math.nan], nan_ok=True)


def test_the_order_of_the_answers_does_not_matter() -> None:
    cells = [("a", "v1", 2.0), ("b", "v1", 3.0), ("a", "v2", 4.0), ("b", "v3", 9.0)]
    people = respondents("a", "b")
    assert np.array_equal(
        unit_answers(people, answers(*cells), THREE), unit_answers(people, answers(*cells[::-1]), THREE), equal_nan=True
    )


@pytest.mark.parametrize(("count", "fewest"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (10, 6), (15, 9), (35, 21)])
def test_sixty_percent_of_the_items_must_be_answered_rounded_up(count: int, fewest: int) -> None:
    assert fewest_items(count) == fewest


@given(UNITS)
def test_a_score_lies_between_zero_and_ten_and_between_its_answers(units: np.ndarray) -> None:
    scores = scores_of(units)
    for row, score in zip(units, scores, strict=True):
        known = row[np.isfinite(row)]
        enough = len(known) >= math.ceil(round(0.6 * len(row), 9))
        assert np.isnan(score) != enough
        if enough:
            assert 10 * known.min() - 1e-9 <= score <= 10 * known.max() + 1e-9


@given(UNITS)
def test_turning_every_item_round_turns_the_score_round(units: np.ndarray) -> None:
    assert np.allclose(scores_of(1 - units), 10 - scores_of(units), equal_nan=True)


def agreeing(people: int = 200) -> np.ndarray:
    random = np.random.default_rng(7)
    person = random.normal(0.5, 0.15, (people, 1))
    return np.clip(person + random.normal(0, 0.1, (people, 4)), 0, 1)


def test_items_that_run_with_their_scale_pass() -> None:
    assert against_scale(agreeing(), ["v1", "v2", "v3", "v4"]) == ()


def test_an_item_reversed_wrongly_is_named() -> None:
    units = agreeing()
    units[:, 2] = 1 - units[:, 2]
    assert against_scale(units, ["v1", "v2", "v3", "v4"]) == ("v3",)


def test_the_direction_is_not_judged_where_nothing_can_be_said() -> None:
    few, single, constant = agreeing(29), agreeing()[:, :1], agreeing()
    few[:, 2] = 1 - few[:, 2]
    constant[:, 1] = 0.5
    for units in (few, single, constant, np.full((50, 3), np.nan)):
        assert against_scale(units, [f"v{number}" for number in range(units.shape[1])]) == ()


def test_the_correlation_uses_the_mean_of_the_other_answered_items() -> None:
    units = agreeing(60)
    units[::3, 1] = np.nan
    units[5, 0] = np.nan
    rest = np.array([np.mean([v for v in row[1:] if np.isfinite(v)]) for row in units])
    keep = np.arange(60) != 5
    assert item_rest_correlation(units, 0) == pytest.approx(np.corrcoef(units[keep, 0], rest[keep])[0, 1])
