"""Verdicts on changes: what the interval beside them says, with one level over all that are looked at."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from pipelines.survey.false_coverage import FALSE_SHARE, MARGIN, SHARE_MARGIN, Differences, judged
from pipelines.survey.trend import COMPARED

# Steps so small that nothing is rounded.
EXACT = 1e-9


def differences(difference: Any, se: Any, freedom: float = 40, step: float = 0.1, margin: float = 0.2) -> Differences:
    values = np.atleast_1d(np.asarray(difference, dtype=np.float64))
    each = [np.broadcast_to(np.asarray(one, dtype=np.float64), values.shape) for one in (se, freedom, step, margin)]
    return Differences(values, *each)  # type: ignore[call-arg]


def row(**facts: Any) -> dict[str, Any]:
    same = {"wave_before": 2022, "wave_after": 2024, "area_type": "buurt", "area_code": "BU1", "indicator": "a",
            "question": "a", "category": "", "unit": "0-10", "change": 0.5, "se": 0.1, "freedom": 60.0,
            "respondents_before": 60, "respondents_after": 60, "caution": "", "reason_missing": ""}  # fmt: skip
    return same | facts


def told(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = judged(pa.Table.from_pylist(list(rows), schema=COMPARED)).to_pylist()
    return listed


several = st.lists(
    st.tuples(st.floats(-1, 1), st.floats(0.001, 0.5), st.integers(1, 200), st.booleans()), min_size=1, max_size=40
)


@given(several)
def test_what_a_reader_sees_of_an_interval_is_what_the_verdict_says(
    drawn: list[tuple[float, float, int, bool]],
) -> None:
    rows = told(
        *(
            row(area_code=f"BU{n}", change=change, se=se, freedom=float(freedom), unit="share" if is_share else "0-10")
            for n, (change, se, freedom, is_share) in enumerate(drawn)
        )
    )
    for one in rows:
        lower, upper, margin = one["lower"], one["upper"], one["margin"]
        assert lower < upper
        assert round(lower, 2) == lower if one["unit"] == "share" else round(lower, 1) == lower
        assert (one["verdict"] in {"changed", "slightly"}) == (lower > 0 or upper < 0)
        assert (one["verdict"] in {"same", "slightly"}) == (-margin <= lower and upper <= margin)
        assert (one["verdict"] == "unknown") == (lower <= 0 <= upper and not (-margin <= lower and upper <= margin))


@given(several)
def test_the_level_is_that_of_as_many_verdicts_as_it_gives(drawn: list[tuple[float, float, int, bool]]) -> None:
    change, se, freedom, _ = (np.array(one, dtype=np.float64) for one in zip(*drawn, strict=True))
    found = differences(change, se, freedom)  # type: ignore[arg-type]
    level, count = found.level(), len(change)
    selected = int(np.sum(found.verdicts(level) != "unknown"))
    assert level == pytest.approx(1 - FALSE_SHARE * max(selected, 1) / count)
    more = [
        r
        for r in range(selected + 1, count + 1)
        if np.sum(found.verdicts(1 - FALSE_SHARE * r / count) != "unknown") >= r
    ]
    assert more == []


@given(several)
def test_what_is_told_holds_all_of_the_interval_and_hardly_more(drawn: list[tuple[float, float, int, bool]]) -> None:
    change, se, freedom, _ = (np.array(one, dtype=np.float64) for one in zip(*drawn, strict=True))
    rounded, exact = (differences(change, se, freedom, step).interval(0.95) for step in (0.1, EXACT))  # type: ignore[arg-type]
    assert np.all(rounded[0] <= exact[0] + 1e-6)
    assert np.all(rounded[1] >= exact[1] - 1e-6)
    assert np.all(exact[0] - rounded[0] < 0.1 + 1e-6)
    assert np.all(rounded[1] - exact[1] < 0.1 + 1e-6)


def test_without_rounding_and_margin_verdicts_are_those_of_benjamini_and_hochberg() -> None:
    random = np.random.default_rng(3)
    change, se = random.normal(0.1, 0.3, 300), random.uniform(0.05, 0.3, 300)
    found = differences(change, se, step=EXACT, margin=0)
    p = 2 * student.sf(np.abs(change / se), 40)
    flagged = found.verdicts(found.level()) == "changed"
    assert flagged.tolist() == (false_discovery_control(p) <= FALSE_SHARE).tolist()
    assert 0 < flagged.sum() < 300


def test_without_rounding_the_same_is_what_two_one_sided_tests_find_at_half_the_share_of_false_ones() -> None:
    random = np.random.default_rng(4)
    change, se = random.normal(0, 0.05, 300), random.uniform(0.02, 0.15, 300)
    found = differences(change, se, step=EXACT)
    one_sided = np.maximum(student.sf((change + MARGIN) / se, 40), student.cdf((change - MARGIN) / se, 40))
    two_sided = 2 * student.sf(np.abs(change / se), 40)
    adjusted = false_discovery_control(np.minimum(np.minimum(two_sided, 2 * one_sided), 1))
    verdicts = found.verdicts(found.level())
    assert (verdicts != "unknown").tolist() == (adjusted <= FALSE_SHARE).tolist()
    tail = (1 - found.level()) / 2
    assert tail <= 0.05
    assert np.isin(verdicts, ["same", "slightly"]).tolist() == (one_sided <= tail).tolist()


def test_one_change_alone_is_judged_by_the_ninety_percent_interval() -> None:
    (alone,) = told(row(change=0.5, se=0.1, freedom=60.0))
    half = student.ppf(0.95, 60) * 0.1
    assert alone["level"] == pytest.approx(0.9)
    assert (alone["lower"], alone["upper"]) == (np.floor(10 * (0.5 - half)) / 10, np.ceil(10 * (0.5 + half)) / 10)
    assert (alone["verdict"], alone["compared"], alone["margin"]) == ("changed", 1, MARGIN)


def test_an_end_that_is_told_as_nought_is_no_change() -> None:
    # The exact interval lies above nought, from .04; as it is told it does not.
    found = differences([0.14], [0.1 / student.ppf(0.95, 40)])
    assert found.interval(0.9)[0].tolist() == [0.0]
    assert found.verdicts(0.9).tolist() == ["unknown"]


@pytest.mark.parametrize(
    ("change", "se", "unit", "verdict"),
    [
        (0.15, 0.01, "0-10", "slightly"),
        (0.03, 0.02, "0-10", "same"),
        (-0.6, 0.1, "points", "changed"),
        (0.05, 0.2, "0-10", "unknown"),
        (0.03, 0.002, "share", "slightly"),
        (0.004, 0.01, "share", "same"),
        (0.15, 0.01, "share", "changed"),
    ],
)
def test_verdicts_by_hand(change: float, se: float, unit: str, verdict: str) -> None:
    (alone,) = told(row(change=change, se=se, unit=unit))
    assert alone["verdict"] == verdict
    assert alone["margin"] == (SHARE_MARGIN if unit == "share" else MARGIN)


def test_what_is_not_told_is_not_looked_at_and_has_neither_interval_nor_verdict() -> None:
    few = row(area_code="BU2", change=None, se=None, freedom=0.0, reason_missing="too_few_respondents")
    first, second = told(row(), few)
    assert first["compared"] == second["compared"] == 1
    assert [second[name] for name in ("lower", "upper", "level", "margin", "verdict")] == [None, None, None, None, ""]
    assert told() == []


def test_the_more_is_looked_at_without_a_verdict_the_wider_every_interval_is() -> None:
    nothing = [row(area_code=f"BU{n}", change=0.0, se=0.3) for n in range(2, 50)]
    alone, among = told(row())[0], told(row(), *nothing)[0]
    assert among["level"] == pytest.approx(1 - FALSE_SHARE / 49)
    assert among["upper"] - among["lower"] > alone["upper"] - alone["lower"]


def test_of_areas_within_areas_few_verdicts_are_wrong() -> None:
    # Four in five have not changed; areas of a wijk share part of their error, as figures of one area do.
    random, wrong, missed = np.random.default_rng(5), [], []
    for _ in range(300):
        truth = np.where(random.random(60) < 0.8, random.uniform(-0.05, 0.05, 60), random.normal(0, 0.8, 60))
        se = random.uniform(0.02, 0.2, 60)
        error = np.sqrt(0.5) * random.normal(size=6).repeat(10) + np.sqrt(0.5) * random.normal(size=60)
        found = differences(truth + se * error, se, freedom=1e6)
        level = found.level()
        verdicts, (lower, upper) = found.verdicts(level), found.interval(level)
        given_one = verdicts != "unknown"
        same, apart = np.isin(verdicts, ["same", "slightly"]), np.isin(verdicts, ["changed", "slightly"])
        false = (same & (np.abs(truth) > MARGIN)) | (apart & (np.sign(lower + upper) != np.sign(truth)))
        wrong.append(false.sum() / max(given_one.sum(), 1))
        missed.append(((truth < lower) | (truth > upper))[given_one].sum() / max(given_one.sum(), 1))
    assert np.mean(wrong) <= np.mean(missed) <= FALSE_SHARE
