"""Which estimates may be told: by how sure they are, never by how they look."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ContractError
from pipelines.survey.contracts import VERDICTS
from pipelines.survey.leaning import Leaning
from pipelines.survey.publication_rules import (
    Judged,
    Verdicts,
    chosen_of_model,
    judge_direct,
    judge_model,
    require_area_type,
)

NAN = float("nan")
LEANING = (
    Leaning(np.array([3.1]), np.array([0.01])),
    Leaning(np.array([1.0]), np.array([0.031])),
)
TOLD = {"", "imprecise", "too_imprecise", "too_few_respondents", "no_probability_sample"}


def mean(half: float, *, n: int = 100, reliability: float = NAN, value: float = 6.0) -> Judged:
    one = np.array([value])
    return Judged(one, one - half, one + half, np.array([half / 2]), np.array([float(n)]), np.array([reliability]))


def share(value: float, se: float, half: float, n: int = 100) -> Judged:
    one = np.array([value])
    return Judged(one, one - half, one + half, np.array([se]), np.array([float(n)]), np.array([NAN]), is_share=True)


def said(judged: Judged, *, is_probability: bool = True) -> tuple[str, str]:
    found = judge_direct(judged, is_probability=is_probability)
    return found.verdict[0], found.reason[0]


@pytest.mark.parametrize(
    ("half", "reliability", "expected"),
    [
        (0.40, 0.70, ("publish", "")),
        (0.41, 0.70, ("caution", "imprecise")),
        (0.40, 0.69, ("caution", "imprecise")),
        (0.60, 0.50, ("caution", "imprecise")),
        (0.61, 0.90, ("not", "too_imprecise")),
        (0.20, 0.49, ("not", "too_imprecise")),
        (0.40, NAN, ("publish", "")),
    ],
)
def test_a_mean_needs_a_narrow_interval_and_areas_that_differ_more_than_chance(
    half: float, reliability: float, expected: tuple[str, str]
) -> None:
    assert said(mean(half, reliability=reliability)) == expected


@pytest.mark.parametrize(
    ("value", "se", "half", "expected"),
    [
        (0.5, 0.04, 0.08, ("publish", "")),
        (0.5, 0.083, 0.16, ("publish", "")),
        (0.5, 0.10, 0.10, ("publish", "")),
        (0.5, 0.10, 0.19, ("caution", "imprecise")),
        (0.05, 0.04, 0.15, ("caution", "imprecise")),
        (0.05, 0.04, 0.16, ("not", "too_imprecise")),
        (0.95, 0.04, 0.16, ("not", "too_imprecise")),
        (0.0, 0.0, 0.05, ("publish", "")),
        (1.0, 0.0, 0.2, ("not", "too_imprecise")),
    ],
)
def test_a_share_needs_a_small_error_beside_its_smaller_part_or_a_narrow_interval(
    value: float, se: float, half: float, expected: tuple[str, str]
) -> None:
    assert said(share(value, se, half)) == expected


def test_under_thirty_respondents_nothing_direct_is_told_however_alike_they_are() -> None:
    assert said(mean(0.0, n=29)) == ("not", "too_few_respondents")
    assert said(mean(0.0, n=30)) == ("publish", "")
    assert said(mean(NAN, n=0, value=NAN)) == ("not", "too_few_respondents")


def test_a_sample_not_drawn_by_chance_is_told_with_caution_and_never_under_thirty() -> None:
    assert said(mean(NAN), is_probability=False) == ("caution", "no_probability_sample")
    assert said(mean(NAN, n=29), is_probability=False) == ("not", "too_few_respondents")
    assert said(mean(NAN, value=NAN), is_probability=False)[0] == "not"


@pytest.mark.parametrize(
    ("half", "gamma", "unsound", "expected"),
    [
        (0.3, 0.6, "", ("publish", "")),
        (0.5, 0.6, "", ("caution", "imprecise")),
        (0.3, 0.0, "", ("caution", "synthetic")),
        (0.7, 0.6, "", ("not", "too_imprecise")),
        (0.3, 0.6, "one_area_decides", ("not", "one_area_decides")),
    ],
)
def test_a_model_must_be_sound_and_an_estimate_of_it_alone_is_told_with_caution(
    half: float, gamma: float, unsound: str, expected: tuple[str, str]
) -> None:
    found = judge_model(mean(half, n=30), np.array([gamma]), unsound)
    assert (found.verdict[0], found.reason[0]) == expected


def test_an_estimate_without_its_error_is_never_told() -> None:
    found = judge_model(mean(NAN, n=12), np.array([NAN]), "")
    assert (found.verdict[0], found.reason[0]) == ("not", "no_estimate")


@pytest.mark.parametrize("area_type", ["pc6", "h3", "adres"])
def test_what_residents_said_is_told_of_no_postcode_of_six_and_of_no_cell(area_type: str) -> None:
    with pytest.raises(ContractError, match=f"told of a {area_type}: some forty people"):
        require_area_type(area_type)


@pytest.mark.parametrize("area_type", ["pc4", "buurt", "wijk", "gemeente"])
def test_of_larger_areas_it_may_be(area_type: str) -> None:
    require_area_type(area_type)


judged = st.tuples(st.floats(0, 2), st.floats(0, 2), st.floats(0, 1), st.integers(0, 200), st.floats(0, 1))


@given(judged, st.booleans())
def test_a_narrower_interval_never_makes_a_verdict_worse_and_every_reason_has_words(one, is_probability) -> None:
    rank = {verdict: number for number, verdict in enumerate(VERDICTS)}
    half, other_half, reliability, n, value = one
    for make in (
        lambda half: mean(half, n=n, reliability=reliability),
        lambda half: share(value, half / 2, half, n),
    ):
        narrow = said(make(min(half, other_half)), is_probability=is_probability)
        wide = said(make(max(half, other_half)), is_probability=is_probability)
        assert rank[narrow[0]] <= rank[wide[0]]
        for verdict, reason in (narrow, wide):
            assert bool(reason) == (verdict != "publish")
            assert reason in TOLD


@pytest.mark.parametrize(("leaning", "reason"), [(LEANING[0], "high_design_effect"), (LEANING[1], "heavy_respondent")])
def test_what_leans_on_few_is_told_with_caution_and_why(leaning: Leaning, reason: str) -> None:
    assert said(replace(mean(0.1), leaning=leaning)) == ("caution", reason)
    assert said(replace(mean(2.0), leaning=leaning)) == ("not", "too_imprecise")


def test_a_model_leans_on_a_respondent_by_as_much_as_on_the_answers_of_the_area() -> None:
    judged = replace(mean(0.1), leaning=Leaning(np.array([1.0]), np.array([0.05])))
    found = [judge_model(judged, np.array([gamma]), "").reason[0] for gamma in (0.8, 0.4)]
    assert found == ["heavy_respondent", ""]


def test_an_estimate_that_hardly_knows_of_its_own_answers_never_stands_before_one_that_may_go_out() -> None:
    words = np.array(["publish", "publish", "caution", "not"], dtype=object)
    model = Verdicts(words, np.array([""] * 4, dtype=object))
    direct = Verdicts(np.array(["publish", "not", "caution", "not"], dtype=object), np.array([""] * 4, dtype=object))
    assert chosen_of_model(model, np.array([0.05, 0.05, 0.6, 0.6]), direct).tolist() == [False, True, True, False]


def test_an_estimate_of_fewer_than_thirty_own_answers_is_told_with_caution_at_best() -> None:
    found = [judge_model(mean(half, n=29), np.array([0.6]), "") for half in (0.3, 0.5)]
    assert [one.reason[0] for one in found] == ["few_own_answers", "imprecise"]
    assert {one.verdict[0] for one in found} == {"caution"}


def test_nearly_synthetic_is_told_with_caution_at_best() -> None:
    judged = Judged(*(np.full(2, one) for one in (6.0, 5.9, 6.1, 0.05, 40.0, np.nan)))
    found = judge_model(judged, np.array([0.09, 0.11]), "")
    assert list(zip(found.verdict, found.reason, strict=True)) == [("caution", "synthetic"), ("publish", "")]
