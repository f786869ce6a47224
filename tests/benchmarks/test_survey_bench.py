"""What the bench of the survey finds, in a few surveys."""

import numpy as np
import pytest
import yaml

from pipelines.survey.coverage import AVERAGE, Measurement
from tests.benchmarks.survey import (
    CONTROL,
    Row,
    extremes,
    head,
    hold,
    is_within,
    line,
    rows,
    summary,
)
from tests.benchmarks.survey_draws import METHODS, TOLD, Case, Held, surveys
from tests.benchmarks.survey_towns import DESIGNS, FIGURES, STREET, answers, ask, town, wave

SIMPLE = Case("simple", 0.1, 12)


@pytest.fixture(scope="module")
def held() -> Held:
    return surveys(SIMPLE, draws=8, seed=1)


@pytest.fixture(scope="module")
def found(held: Held) -> list[Row]:
    return list(rows(SIMPLE, held))


def test_every_figure_gets_a_row_of_each_method_and_of_the_negative_control(found: list[Row]):
    assert [(row.figure, row.method) for row in found] == [(f, m) for f in FIGURES for m in (*METHODS, CONTROL)]
    assert all(0 < row.every <= 1 and sum(row.verdicts) == pytest.approx(1) for row in found)
    assert all(row.error == 1 for row in found if row.method == "direct")


def test_every_row_is_as_wide_as_the_head(found: list[Row]):
    assert {len(line(row).removesuffix(" !")) for row in found} == {len(head())}


def test_intervals_of_half_the_width_are_found_to_cover_too_little(found: list[Row]):
    for whole, half in zip(found[2::4], found[3::4], strict=True):
        assert (whole.method, half.method) == (TOLD, CONTROL)
        assert half.told < 0.85 < whole.told
        assert not half.is_met


def test_the_worst_and_the_best_buurt_are_of_those_that_are_often_ok():
    holds = np.ones((80, 3), dtype=bool)
    holds[:8, 0] = holds[:, 2] = False
    ok = np.ones((80, 3), dtype=bool)
    ok[:40, 2] = False
    worst, best = extremes(holds, ok)
    assert (worst.found, best.found) == (0.9, 1.0)
    assert np.isnan(extremes(holds, np.zeros_like(ok))[0].found)


def test_an_aim_is_missed_where_two_standard_errors_do_not_reach_it():
    assert is_within(0.91, 0.01, AVERAGE)
    assert not is_within(0.90, 0.01, AVERAGE)
    assert is_within(float("nan"), float("nan"), AVERAGE)


def test_the_summary_tells_what_goes_out(found: list[Row]):
    told = Measurement.model_validate(yaml.safe_load(summary(found, 8)))
    assert told.surveys == 8
    assert [row.figure for row in told.rows] == list(FIGURES)
    assert all(row.worst is None and 0 < (row.told or 0) <= 1 for row in told.rows)


def test_the_same_seed_holds_the_same_surveys(held: Held):
    again = surveys(SIMPLE, draws=8, seed=1)
    assert all(np.array_equal(draws.value, again[key].value, equal_nan=True) for key, draws in held.items())


def test_a_town_that_stays_keeps_its_truth_and_a_redrawn_one_does_not(held: Held):
    stays = surveys(Case("simple", 0.1, 12, is_redrawn=False), draws=2, seed=1)
    assert all((draws.truth[0] == draws.truth[1]).all() for draws in stays.values())
    assert all((draws.truth[0] != draws.truth[1]).any() for draws in held.values())


def test_the_number_of_processes_changes_nothing():
    one, two = (dict(hold([SIMPLE], 3, workers))[SIMPLE] for workers in (1, 2))
    assert all(np.array_equal(draws.value, two[key].value, equal_nan=True) for key, draws in one.items())


@pytest.mark.parametrize("design", DESIGNS)
def test_weights_of_every_design_sum_to_the_people_of_the_town(design):
    here, rng = town(12), np.random.default_rng(3)
    asked = ask(here, design, rng)
    people = len(here.buurt) * STREET
    drawn = wave(here, asked).respondents
    assert drawn["cluster"].to_pylist().count("") in ({0} if asked.in_clusters else {len(drawn)})
    if design == "both":
        assert asked.weight.sum() == pytest.approx(people)
    if asked.frame:
        assert sum(row[1] for row in asked.frame) == people
        assert sum(row[2] for row in asked.frame) == len(drawn)


@pytest.mark.parametrize("figure", FIGURES)
def test_streets_differ_by_the_intraclass_correlation_of_the_case(figure):
    here = town(60)
    values = answers(here, 0.3, np.random.default_rng(1))[figure]
    variances = [float(np.var(values[here.buurt == buurt].mean(axis=1))) for buurt in range(60)]
    whole = [float(np.var(values[here.buurt == buurt])) for buurt in range(60)]
    # A mean of forty: icc + (1 - icc) / 40 of the variance of one.
    assert np.mean(variances) / np.mean(whole) == pytest.approx(0.3 + 0.7 / 40, abs=0.03)
