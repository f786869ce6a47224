"""Domain means and their uncertainty: by hand, against exact fractions and the jackknife, and by simulation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.survey.design import DomainMeans, Domains, domain_means, simple_design
from pipelines.survey.intervals import t_interval as interval


def hajek_means(scores: np.ndarray, weights: np.ndarray, where: Domains) -> DomainMeans:
    """Means of a sample of which only weights are known."""
    return domain_means(scores, simple_design(weights), where)


def t_interval(means: DomainMeans) -> tuple[np.ndarray, np.ndarray]:
    return interval(means, 0, 10)


def domains(domain_of_row: list[int], count: int) -> Domains:
    """Give each respondent one domain; a negative number is none."""
    numbers = np.array(domain_of_row, dtype=np.int64)
    rows = np.flatnonzero(numbers >= 0)
    return Domains(rows, numbers[rows], count)


def test_mean_and_standard_error_by_hand() -> None:
    # Domain 0: y = 2, 4, 9 with w = 1, 1, 2. Mean = (2 + 4 + 18) / 4 = 6; w (y - mean) = -4, -2, 6;
    # sum of squares 56, over 4^2 = 3.5; n / (n - 1) = 4 / 3 for all four respondents; variance 14/3.
    # Domain 1 is one respondent: its influence is 0. Domain 2 is empty.
    found = hajek_means(np.array([2.0, 4.0, 9.0, 5.0]), np.array([1.0, 1.0, 2.0, 3.0]), domains([0, 0, 0, 1], 3))
    assert found.mean.tolist()[:2] == [6.0, 5.0]
    assert found.se.tolist()[:2] == [pytest.approx((14 / 3) ** 0.5), 0.0]
    assert np.isnan([found.mean[2], found.se[2]]).all()
    assert found.respondents.tolist() == [3, 1, 0]


def test_a_respondent_without_score_or_weight_counts_in_the_sample_but_in_no_mean() -> None:
    scores, weights = np.array([2.0, 6.0, np.nan, 9.0]), np.array([1.0, 1.0, 5.0, 0.0])
    found = hajek_means(scores, weights, domains([0, 0, 0, 0], 1))
    # Mean 4, influences -1 and 1, n / (n - 1) = 4 / 3 though only two of the four count.
    assert (found.mean[0], found.respondents[0]) == (4.0, 2)
    assert found.se[0] == pytest.approx((4 / 3 * 2) ** 0.5)


def test_answers_that_are_all_equal_leave_no_uncertainty_and_never_exceed_ten() -> None:
    weights = np.full(37, 0.1)
    found = hajek_means(np.full(37, 10.0), weights, domains([0] * 37, 1))
    assert found.mean[0] == pytest.approx(10.0)
    assert found.mean[0] <= 10.0
    assert found.se[0] == pytest.approx(0, abs=1e-12)


def test_a_sample_of_one_has_no_standard_error() -> None:
    found = hajek_means(np.array([3.0]), np.array([2.0]), domains([0], 1))
    assert found.mean[0] == 3.0
    assert np.isnan(found.se[0])
    assert np.isnan(t_interval(found)).all()


def test_the_interval_has_respondents_less_one_degrees_of_freedom_and_stays_on_the_scale() -> None:
    lower, upper = t_interval(DomainMeans(*np.array([[5.0, 9.9], [0.5, 0.5], [31, 31], [30, 30], [31, 31]])))
    half = 0.5 * 2.042272  # Student's t, 30 degrees of freedom, from a table.
    assert (lower[0], upper[0]) == (pytest.approx(5 - half, abs=1e-6), pytest.approx(5 + half, abs=1e-6))
    assert upper[1] == 10.0


PEOPLE = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 8), st.integers(-1, 2)).map(lambda p: (p[0] / 4, p[1] / 2, p[2])),
    min_size=2,
    max_size=25,
)


@settings(deadline=None)
@given(PEOPLE)
def test_means_and_errors_equal_exact_fractions_over_the_whole_sample(people: list[tuple[float, float, int]]) -> None:
    """Oracle: the variance of the total of z over one stratum, n / (n - 1) sum (z - mean z)^2, in exact fractions."""
    scores, weights = np.array([p[0] for p in people]), np.array([p[1] for p in people])
    found = hajek_means(scores, weights, domains([p[2] for p in people], 3))
    for domain in range(3):
        total = sum((Fraction(w) for _, w, d in people if d == domain), Fraction(0))
        if not total:
            assert np.isnan(found.mean[domain])
            continue
        mean = sum((Fraction(w) * Fraction(y) for y, w, d in people if d == domain), Fraction(0)) / total
        z = [Fraction(w) * (Fraction(y) - mean) / total if d == domain else Fraction(0) for y, w, d in people]
        centre = sum(z, Fraction(0)) / len(z)
        variance = Fraction(len(z), len(z) - 1) * sum(((v - centre) ** 2 for v in z), Fraction(0))
        assert found.mean[domain] == pytest.approx(float(mean))
        assert found.se[domain] ** 2 == pytest.approx(float(variance), abs=1e-12)


@settings(deadline=None)
@given(PEOPLE, st.floats(0.01, 1000), st.randoms(use_true_random=False))
def test_the_scale_of_the_weights_and_the_order_of_the_sample_do_not_matter(
    people: list[tuple[float, float, int]], factor: float, shuffler: object
) -> None:
    shuffled = list(people)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    plain, moved = (
        hajek_means(
            np.array([p[0] for p in rows]), scale * np.array([p[1] for p in rows]), domains([p[2] for p in rows], 3)
        )
        for rows, scale in ((people, 1.0), (shuffled, factor))
    )
    assert np.allclose(plain.mean, moved.mean, equal_nan=True)
    assert np.allclose(plain.se, moved.se, equal_nan=True, atol=1e-9)


def test_the_standard_error_is_close_to_the_jackknife() -> None:
    """Oracle: leave each respondent out in turn; no derivative is taken."""
    random = np.random.default_rng(3)
    people = 600
    scores, weights = random.uniform(0, 10, people), random.lognormal(0, 0.5, people)
    where = random.integers(0, 3, people)
    found = hajek_means(scores, weights, domains(where.tolist(), 3))
    for domain in range(3):
        inside = where == domain
        total, product = weights * inside, weights * inside * scores
        left_out = (product.sum() - product) / (total.sum() - total)
        jackknife = ((people - 1) / people * ((left_out - left_out.mean()) ** 2).sum()) ** 0.5
        assert found.se[domain] == pytest.approx(jackknife, rel=0.01)


def test_the_whole_sample_is_used_and_not_the_domain_alone() -> None:
    scores, weights = np.arange(40) % 11.0, np.ones(40)
    small = hajek_means(scores, weights, domains([0] * 10 + [-1] * 30, 1)).se[0]
    subset = scores[:10].std(ddof=1) / 10**0.5
    assert small == pytest.approx(subset * (40 / 39 * 9 / 10) ** 0.5)


@pytest.mark.slow
def test_the_interval_covers_the_truth_nineteen_times_in_twenty() -> None:
    """Unequal chances, weights their inverse, a domain of random size: the design the estimator is meant for."""
    random = np.random.default_rng(20)
    size, expected, rounds = 20_000, 900, 4_000
    where = random.choice(4, size, p=[0.07, 0.13, 0.3, 0.5])
    truth_scores = np.clip(random.normal(5 + 0.5 * where, 1.9), 0, 10)
    # Who scores high is a little more likely to be drawn: an unweighted mean would be wrong.
    chance = np.clip(0.5 + 0.12 * truth_scores + random.gamma(2, 0.3, size), 0.3, 3)
    chance /= chance.sum()
    truth = np.array([truth_scores[where == domain].mean() for domain in range(4)])
    covered = np.zeros(4)
    for _ in range(rounds):
        drawn = random.choice(size, expected, p=chance)
        found = hajek_means(truth_scores[drawn], 1 / chance[drawn], domains(where[drawn].tolist(), 4))
        lower, upper = t_interval(found)
        covered += (lower <= truth) & (truth <= upper)
    assert ((covered / rounds > 0.93) & (covered / rounds < 0.97)).all(), covered / rounds


def test_the_quantile_is_that_of_student() -> None:
    means = DomainMeans(
        np.full(3, 5.0), np.full(3, 1.0), np.array([3, 31, 1001]), np.array([2.0, 30, 1000]), np.full(3, 9.0)
    )
    lower, _ = t_interval(means)
    assert 5 - lower == pytest.approx(np.minimum(stats.t.ppf(0.975, [2, 30, 1000]), 5))
