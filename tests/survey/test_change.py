"""Change between waves: equal to R where everybody or nobody answers twice, and right on average in between."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student

from pipelines.survey.change import Asked, change, panel_rows
from pipelines.survey.design import Design, Domains, domain_means, simple_design
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


def test_the_same_wave_twice_has_not_changed_and_is_never_known_without_error() -> None:
    before, _ = waves()
    everybody = np.arange(len(before.values))
    found = change(before, before, (everybody, everybody))
    assert found.difference.tolist() == [0, 0, 0, 0]
    # Both waves go together by .95 at most.
    assert found.se**2 == pytest.approx(0.05 * change(before, before, NOBODY).se ** 2)


def test_a_steadier_error_of_both_waves_stands_in_the_place_of_their_own_and_they_go_together_as_before() -> None:
    before, after = waves()
    everybody = np.arange(len(before.values))
    own = [domain_means(one.values, one.design, one.domains) for one in (before, after)]
    surer = tuple(replace(one, se=2 * one.se, freedom=one.freedom + 7) for one in own)
    straight = change(before, after, (everybody, everybody))
    found = change(before, after, (everybody, everybody), surer)
    assert found.se == pytest.approx(2 * straight.se)
    assert found.freedom == pytest.approx(straight.freedom + 7)
    assert found.difference == pytest.approx(straight.difference)


def test_where_all_said_the_same_the_error_that_is_given_stands() -> None:
    before, after = waves()
    where = before.domains.domain == 0
    alike = [replace(one, values=np.where(where, 3.0, one.values)) for one in (before, after)]
    own = [domain_means(one.values, one.design, one.domains) for one in alike]
    given = tuple(replace(one, se=np.where(one.se > 1e-9, one.se, 0.3)) for one in own)
    everybody = np.arange(len(before.values))
    assert change(*alike, (everybody, everybody)).se[0] == pytest.approx(0, abs=1e-9)
    assert change(*alike, (everybody, everybody), given).se[0] == pytest.approx(0.3 * np.sqrt(2))


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
        covered += int(abs(found.difference[0] - real) <= student.ppf(0.975, found.freedom[0]) * found.se[0])
        narrower.append(found.se[0] / change(*both, NOBODY).se[0])
    assert 0.93 <= covered / 400 <= 0.975
    # Half answer twice, of whom two thirds of the differences are their own: variance is 1 - rho / 2 of what it was.
    assert np.mean(narrower) == pytest.approx(np.sqrt(1 - 0.59 / 2), abs=0.02)


def test_an_empty_number_is_in_no_panel() -> None:
    first, second = panel_rows(np.array(["a", "", "c", ""]), np.array(["", "c", "d", "a"]))
    assert first.tolist() == [0, 2]
    assert second.tolist() == [3, 1]
