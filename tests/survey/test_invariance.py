"""Measurement invariance: equal to R lavaan, the same whatever the order, and right about what was drawn."""

import numpy as np
import pytest

from pipelines.survey.invariance import LEVELS, common_categories, invariance
from pipelines.survey.ordered import moments
from tests.survey.oracle import oracle

CUTS = np.array([[-1.5, -0.5, 0.6, 1.8], [-1.2, 0, 0.7, 1.9], [-2, -1, 0, 1.2], [-1.4, -0.3, 0.3, 1.2]])
LOADING = np.array([1.2, 0.9, 0.8, 1.0])


def stored(name: str) -> list[np.ndarray]:
    case = oracle("invariance")[name]
    answers = case["answers"].reshape(int(case["items"]), -1).T
    return [answers[case["group"] == group] for group in np.unique(case["group"])]


def drawn(random: np.random.Generator, size: int, *, mean: float = 0.0, shift: float = 0.0) -> np.ndarray:
    behind = mean + random.normal(size=size)
    each = LOADING * behind[:, None] + random.normal(size=(size, 4))
    cuts = CUTS + np.array([0.0, shift, 0.0, 0.0])[:, None]
    return np.column_stack([np.searchsorted(cuts[item], each[:, item]) for item in range(4)]).astype(float)


@pytest.mark.parametrize("name", ["alike", "shifted", "three_groups"])
def test_every_level_fits_as_in_lavaan(name: str) -> None:
    found, case = invariance(stored(name)), oracle("invariance")[name]
    for level, fit in zip(LEVELS, found.fits, strict=True):
        told = case[level]
        assert fit.df == told["df"]
        assert fit.chisq == pytest.approx(told["chisq"], abs=1e-4)
        assert (fit.cfi, fit.rmsea) == pytest.approx((told["cfi"], told["rmsea"]), abs=1e-6)


def test_the_variances_by_which_moments_count_are_those_of_lavaan() -> None:
    first = stored("alike")[0].astype(int) - 1
    found = moments(first, 4)
    ours = np.concatenate([1 / found.threshold_weight.ravel(), 1 / found.correlation_weight])
    assert ours == pytest.approx(oracle("invariance")["alike"]["gamma"], abs=1e-6)


def test_what_is_the_same_holds_and_what_is_not_is_found() -> None:
    assert not invariance(stored("alike")).varies
    assert invariance(stored("shifted")).varies
    # Only one loading of the third group differs.
    assert invariance(stored("three_groups")).varies


def test_a_higher_level_of_the_factor_is_no_other_measurement() -> None:
    random = np.random.default_rng(4)
    varied = [invariance([drawn(random, 900), drawn(random, 900, mean=0.8)]).varies for _ in range(20)]
    assert np.mean(varied) <= 0.15
    shifted = [invariance([drawn(random, 900), drawn(random, 900, shift=0.6)]).varies for _ in range(5)]
    assert all(shifted)


def test_neither_the_order_of_groups_nor_that_of_items_matters() -> None:
    groups = stored("shifted")
    straight = invariance(groups)
    for other in (groups[::-1], [group[:, ::-1] for group in groups]):
        for one, two in zip(straight.fits, invariance(other).fits, strict=True):
            assert two.chisq == pytest.approx(one.chisq, rel=1e-5)
            assert two.df == one.df


def test_few_respondents_few_items_and_answers_that_are_all_alike_cannot_be_judged() -> None:
    random = np.random.default_rng(5)
    full = drawn(random, 300)
    few = np.where(np.arange(300)[:, None] < 201, np.nan, full)
    assert invariance([full, few]).reason == "too_few_respondents"
    assert invariance([full[:, :2], full[:, :2]]).reason == "too_few_items"
    same = full.copy()
    same[:, 1] = 2.0
    found = invariance([full, same])
    assert (found.reason, found.fits, found.varies) == ("alike", (), False)


def test_categories_that_a_group_leaves_out_are_joined_in_all_groups() -> None:
    first = np.column_stack([[0.0, 0.25, 0.5, 0.75, 1.0] * 2, [0.0, 0.0, 0.5, 1.0, 1.0] * 2])
    second = np.column_stack([[0.0, 0.25, 0.5, 0.5, 0.25] * 2, [0.0, 0.5, 0.5, 1.0, 1.0] * 2])
    one, two = common_categories([first, second]) or []
    assert one[:5, 0].tolist() == [0, 1, 2, 2, 2]
    assert two[:5, 0].tolist() == [0, 1, 2, 2, 1]
    assert one[:5, 1].tolist() == [0, 0, 1, 2, 2]
    assert {int(group[:, item].max()) for group in (one, two) for item in (0, 1)} == {2}


def test_yes_or_no_is_judged_by_thresholds_and_loadings_alone() -> None:
    random = np.random.default_rng(6)
    groups = [(drawn(random, 600) >= 2).astype(float) for _ in range(2)]
    found = invariance(groups)
    assert [fit.df for fit in found.fits] == [4, 10, 10]
    assert found.fits[1].chisq == pytest.approx(found.fits[2].chisq)


def test_reversing_every_answer_changes_nothing() -> None:
    groups = stored("shifted")
    for one, two in zip(invariance(groups).fits, invariance([6 - group for group in groups]).fits, strict=True):
        assert two.chisq == pytest.approx(one.chisq, rel=1e-5)


def test_a_group_beside_itself_fits_as_well_when_all_is_the_same() -> None:
    group = stored("alike")[0]
    found = invariance([group, group])
    assert found.fits[1].chisq == pytest.approx(found.fits[0].chisq, abs=1e-4)
    assert found.fits[2].chisq == pytest.approx(found.fits[0].chisq, abs=1e-4)
    assert not found.varies


def test_three_items_fit_any_free_model_and_a_shifted_item_is_found_all_the_same() -> None:
    found = invariance([group[:, :3] for group in stored("shifted")])
    assert (found.fits[0].df, found.fits[0].cfi) == (0, 1.0)
    assert found.fits[0].chisq == pytest.approx(0, abs=1e-6)
    assert found.varies
