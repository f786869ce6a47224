"""Change between waves: equal to R where everybody or nobody answers twice, and right on average in between."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student

from pipelines.survey.change import Asked, Change, change, panel_rows
from pipelines.survey.design import Design, Domains, simple_design
from tests.survey.oracle import numbered, oracle

NOBODY = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def waves(*, is_finite: bool = False) -> tuple[Asked, Asked]:
    data = oracle("change")["data"]
    stratum, cluster = numbered(data["stratum"]), numbered(data["cluster"])
    units = np.array([len(np.unique(cluster[stratum == one])) for one in range(5)])
    fraction = units / np.array([data["units_in_stratum"][stratum == one][0] for one in range(5)])
    who = Domains(np.arange(len(stratum)), numbered(data["domain"]), 4)
    return tuple(
        Asked(
            data[name],
            Design(data[f"weight_{name}"], data[f"weight_{name}"], stratum, cluster, fraction * is_finite),
            who,
        )
        for name in ("before", "after")
    )  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["panel", "panel_finite"])
def test_with_everybody_in_both_waves_the_change_is_that_of_r(name: str) -> None:
    before, after = waves(is_finite=name == "panel_finite")
    everybody = np.arange(len(before.values))
    found, told = change(before, after, (everybody, everybody)), oracle("change")[name]
    assert found.difference == pytest.approx(told["difference"], abs=1e-9)
    assert found.se == pytest.approx(told["se"], abs=1e-9)


def test_with_nobody_in_both_waves_the_variances_add_up() -> None:
    found, told = change(*waves(), NOBODY), oracle("change")["independent"]
    assert found.difference == pytest.approx(told["difference"], abs=1e-9)
    assert found.se == pytest.approx(told["se"], abs=1e-9)


def test_the_order_of_respondents_does_not_matter_nor_does_who_is_earlier() -> None:
    before, after = waves()
    order = np.random.default_rng(1).permutation(len(after.values))
    mixed = replace(
        after,
        values=after.values[order],
        design=Design(
            *(getattr(after.design, n)[order] for n in ("weight", "base", "stratum", "cluster")), np.zeros(5)
        ),
        domains=Domains(np.arange(len(order)), after.domains.domain[order], 4),
    )
    rows = (order, np.arange(len(order)))
    straight = change(before, after, (np.arange(360), np.arange(360)))
    found = change(before, mixed, rows)
    assert found.se == pytest.approx(straight.se, abs=1e-12)
    back = change(mixed, before, rows[::-1])
    assert back.difference == pytest.approx(-straight.difference, abs=1e-12)
    assert back.se == pytest.approx(straight.se, abs=1e-12)


def test_the_same_wave_twice_has_not_changed_at_all() -> None:
    before, _ = waves()
    everybody = np.arange(len(before.values))
    found = change(before, before, (everybody, everybody))
    assert found.difference.tolist() == [0, 0, 0, 0]
    assert found.se == pytest.approx(0, abs=1e-7)


def test_the_interval_covers_the_true_change_nineteen_times_in_twenty_when_half_answer_twice() -> None:
    random = np.random.default_rng(7)
    size, asked = 6_000, 300
    own = random.normal(0, 1.2, size)
    truths = [5 + own + random.normal(0, 1, size), 5.2 + own + random.normal(0, 1, size)]
    real = truths[1].mean() - truths[0].mean()
    covered, narrower = 0, []
    for _ in range(400):
        first = random.choice(size, asked, replace=False)
        stay = first[: asked // 2]
        second = np.concatenate([stay, random.choice(np.setdiff1d(np.arange(size), first), asked // 2, replace=False)])
        both = [
            Asked(truth[who], simple_design(np.ones(asked)), Domains(np.arange(asked), np.zeros(asked, dtype=int), 1))
            for truth, who in zip(truths, (first, second), strict=True)
        ]
        found = change(*both, panel_rows(first.astype(str), second.astype(str)))
        lower, upper = found.interval()
        covered += int(lower[0] <= real <= upper[0])
        narrower.append(found.se[0] / change(*both, NOBODY).se[0])
    assert 0.93 <= covered / 400 <= 0.975
    # Half answer twice, of whom two thirds of the differences are their own: variance is 1 - rho / 2 of what it was.
    assert np.mean(narrower) == pytest.approx(np.sqrt(1 - 0.59 / 2), abs=0.02)


def test_p_values_by_hand() -> None:
    found = Change(
        np.array([0.3, 0.0]), np.array([0.1, 0.05]), np.array([40.0, 40.0]), np.array([50, 50]), np.array([50, 50])
    )
    assert found.differs() == pytest.approx([2 * student.sf(3, 40), 1])
    assert found.is_same(0.2) == pytest.approx([student.cdf(1, 40), student.sf(4, 40)])
    lower, upper = found.interval()
    assert (lower[0], upper[0]) == pytest.approx(
        (0.3 - student.ppf(0.975, 40) * 0.1, 0.3 + student.ppf(0.975, 40) * 0.1)
    )


def test_without_freedom_nothing_is_said() -> None:
    found = Change(np.array([0.3]), np.array([0.1]), np.array([0.0]), np.array([1]), np.array([1]))
    assert np.isnan(found.differs()).all()
    assert np.isnan(found.is_same(0.2)).all()
    assert np.isnan(found.interval()).all()


def test_an_empty_number_is_in_no_panel() -> None:
    first, second = panel_rows(np.array(["a", "", "c", ""]), np.array(["", "c", "d", "a"]))
    assert first.tolist() == [0, 2]
    assert second.tolist() == [3, 1]
