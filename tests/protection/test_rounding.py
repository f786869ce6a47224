"""Rounding within five, in both trees at once; the closed form against an attacker's linear programs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from pipelines.protection import population
from pipelines.protection.audit import require_safe
from pipelines.protection.chance import fingerprint, uniform
from pipelines.protection.memory import Remembered
from pipelines.protection.rounding import Sums, options, round_parts
from pipelines.protection.thresholds import BASE


def _sums(members: np.ndarray, counts: np.ndarray, chance: float = 0.5) -> Sums:
    rows = sparse.csr_array(members.astype(float))
    told = rows @ counts
    return Sums(rows, options(told, np.full(len(told), chance)), np.ones(len(told), dtype=bool))


def test_a_count_between_two_multiples_of_five_is_rounded_to_one_of_them():
    chosen = options(np.array([1.0, 4.0, 7.0, 12.4]), np.full(4, 0.5))
    assert chosen.low.tolist() == [0, 0, 5, 10]
    assert chosen.may_rise.all()
    assert chosen.may_stay.all()
    # The nearer one is preferred, as much as it is nearer.
    assert (chosen.preference > 0).tolist() == [False, True, False, False]


def test_nobody_is_put_where_nobody_is():
    chosen = options(np.array([0.0, 0.0]), np.array([0.01, 0.99]))
    assert chosen.low.tolist() == [0, 0]
    assert not chosen.may_rise.any()


def test_a_multiple_of_five_may_rise_or_fall_by_chance():
    chosen = options(np.array([10.0, 10.0, 5.0]), np.array([0.2, 0.8, 0.8]))
    assert chosen.low.tolist() == [10, 5, 0]
    assert chosen.may_rise.all()
    # One in twenty does rise, and one in twenty falls.
    assert _told(np.full(4, 10.0), np.array([0.04, 0.06, 0.94, 0.96])).tolist() == [15, 10, 10, 5]


def _told(counts: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """What each count is told as where nothing around it asks for another."""
    chosen = options(counts, chance)
    return chosen.low + BASE * (chosen.may_rise & (chosen.preference > 0))


def test_the_same_sum_with_more_people_is_never_told_as_fewer():
    counts = np.arange(0, 30, 0.25)
    for chance in np.linspace(0.005, 0.995, 100):
        assert np.all(np.diff(_told(counts, np.full(len(counts), chance))) >= 0)


def _memory(*told: float) -> Remembered:
    return Remembered(np.array(told), np.array(told), np.array(told))


def test_what_was_told_of_the_same_count_is_preferred_and_nothing_is_forbidden():
    remembered = _memory(0.0, 5.0, 15.0, np.nan)
    chosen = options(np.array([4.9, 0.2, 14.9, 3.0]), np.full(4, 0.2), remembered)
    assert (chosen.low + BASE * (chosen.preference > 0)).tolist()[:3] == [0, 5, 15]
    assert np.all(np.abs(chosen.preference[:3]) >= 1_000)
    assert abs(chosen.preference[3]) < 50
    assert chosen.may_stay.all()
    assert chosen.may_rise.all()


@pytest.mark.parametrize(("told", "low"), [(5.0, 5), (15.0, 10)])
@pytest.mark.parametrize("chance", [0.01, 0.4, 0.6, 0.99])
def test_a_multiple_that_was_told_on_one_side_is_never_told_on_the_other(told: float, low: float, chance: float):
    chosen = options(np.array([10.0]), np.array([chance]), _memory(told))
    assert chosen.low[0] == low
    # Also when the last release told the count itself.
    once = Remembered(np.array([10.0]), np.array([min(told, 10)]), np.array([max(told, 10)]))
    chosen = options(np.array([10.0]), np.array([chance]), once)
    assert (chosen.low[0], chosen.low[0] + BASE * (chosen.preference[0] > 0)) == (low, 10)


def test_of_nobody_nobody_is_told_whatever_was():
    chosen = options(np.zeros(1), np.full(1, 0.9), _memory(0.0))
    assert (chosen.low[0], chosen.may_rise[0]) == (0, False)


def test_parts_add_up_to_what_is_told_by_hand():
    # Two parts of 2 each within one sum of 4: the sum is 0 or 5, so never both parts are 5.
    for chance in (0.01, 0.3, 0.7, 0.99):
        counts = np.array([2.0, 2.0])
        rounded = round_parts(options(counts, np.full(2, 0.01)), _sums(np.ones((1, 2)), counts, chance))
        assert rounded.sum() in {0, 5}


def test_without_parts_there_is_nothing_to_round():
    none = np.zeros(0)
    assert len(round_parts(options(none, none), _sums(np.ones((0, 0)), none))) == 0


def test_where_no_fives_are_within_five_of_all_the_fewest_sums_are_left_out():
    # One is asked to be 20, while its only part is 0 or 5; the other is told all the same.
    counts, members = np.array([2.0, 13.0]), sparse.csr_array(np.eye(2))
    asked = options(np.array([22.0, 13.0]), np.full(2, 0.5))
    rounded = round_parts(options(counts, np.full(2, 0.5)), Sums(members, asked, np.ones(2, dtype=bool)))
    assert asked.hold(members @ rounded).tolist() == [False, True]


@given(st.lists(st.floats(0, 60), min_size=1, max_size=12), st.integers(0, 10_000))
def test_parts_and_sums_of_one_tree_are_within_five_and_multiples_of_five(counts: list[float], seed: int):
    random, true = np.random.default_rng(seed), np.array(counts)
    members = np.vstack([np.ones(len(true)), np.arange(len(true)) % 2 == 0, np.arange(len(true)) % 2 == 1])
    rows = sparse.csr_array(members[members.sum(axis=1) > 0])
    sums = Sums(rows, options(rows @ true, random.random(rows.shape[0])), np.ones(rows.shape[0], dtype=bool))
    rounded = round_parts(options(true, random.random(len(true))), sums)
    assert np.all(rounded % BASE == 0)
    assert np.all(np.abs(rounded - true) <= BASE + 1e-5)
    assert np.all(np.abs(rows @ rounded - rows @ true) <= BASE + 1e-5)
    assert np.all(rounded[true == 0] == 0)


def test_chance_is_the_same_for_the_same_name_and_another_for_another_key():
    first, second = uniform(b"a" * 32, ["x", "y", "x"]), uniform(b"b" * 32, ["x", "y", "x"])
    assert first[0] == first[2] != first[1]
    assert not np.any(first == second)
    many = uniform(b"a" * 32, [str(number) for number in range(20_000)])
    assert abs(many.mean() - 0.5) < 0.01
    assert many.min() > 0
    assert many.max() < 1
    assert fingerprint(b"a" * 32) != fingerprint(b"b" * 32)


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, 200), marks=pytest.mark.slow)])
def test_in_two_hundred_double_hierarchies_every_number_is_within_five_and_children_sum_to_parents(
    town: Callable, seeds: range
):
    off = []
    for seed in seeds:
        groups = town(seed, whole=seed % 2 == 0).rounded(key=seed.to_bytes(32))
        for one in groups:
            told, true = one.told.members @ one.rounded, one.told.members @ one.true
            assert np.all(one.rounded % BASE == 0)
            assert np.abs(one.rounded - one.true).max() <= BASE + 1e-5, (seed, one.group.name)
            assert np.abs(told - true).max() <= BASE + 1e-5, (seed, one.group.name)
            off.append(np.abs(told - true)[true > 0])
            _require_sums(one.told, told)
        _require_nested({one.group.name: one.rounded for one in groups})
    assert np.concatenate(off).mean() <= 2.7


def _require_sums(told, numbers: np.ndarray) -> None:
    """Both trees have one root: the gemeente of this town is the sum of its PC4 and of its wijken, and so on."""
    whole = np.array(told.level) == ""
    kinds = np.array(told.area_type)
    totals = {
        kind: numbers[whole & (kinds == kind)].sum() for kind in ("pc6", "pc4", "buurt", "wijk", "gemeente", "h3")
    }
    assert len(set(totals.values())) == 1


def _require_nested(rounded: dict[str, np.ndarray]) -> None:
    """In every part: an imaginary population by fives, in which nobody is over 75 who is not over 65."""
    assert np.all(rounded["80plus"] <= rounded["75plus"])
    assert np.all(rounded["75plus"] <= rounded["65plus"])
    assert np.all(rounded["65plus"] + rounded["0_4"] <= rounded["all"])
    assert np.all(rounded["hh_single"] <= rounded["all"])


def _attack(members: sparse.csr_array, told: np.ndarray, row: int) -> tuple[float, float]:
    """Between what one sum lies for who knows all sums, by two linear programs over the unknown parts."""
    both = sparse.vstack([members, -members])
    bounds = np.concatenate([told + BASE, BASE - told])
    aim = members[[row]].toarray().ravel()
    low, high = (linprog(sign * aim, A_ub=both, b_ub=bounds, bounds=(0, None)) for sign in (1, -1))
    assert low.status == 0
    assert high.status == 0
    return low.fun, -high.fun


def test_the_closed_form_equals_the_linear_programs_of_an_attacker(town: Callable):
    checked, seed = 0, 0
    while checked < 200:
        for one in town(seed, n=30).rounded(key=seed.to_bytes(32)):
            told = one.told.members @ one.rounded
            somewhere = np.flatnonzero(one.told.members.sum(axis=1) > 0)
            rows = np.random.default_rng(seed).choice(somewhere, 6, replace=False)
            for row in rows:
                low, high = _attack(one.told.members, told, int(row))
                assert low == pytest.approx(max(0, told[row] - BASE), abs=1e-6)
                assert high == pytest.approx(told[row] + BASE, abs=1e-6)
                checked += 1
        seed += 1


def test_the_closed_form_holds_when_an_attacker_combines_groups_within_groups(town: Callable):
    """Unknown are the people of each part by age: 75 and older, 65 to 75, others. All sums are known at once."""
    checked = 0
    for seed in range(12):
        found = {one.group.name: one for one in town(seed, n=24).rounded(key=seed.to_bytes(32))}
        groups = ("75plus", "65plus", "all")
        blocks = [[found[name].told.members if j <= i else None for j in range(3)] for i, name in enumerate(groups)]
        members = sparse.csr_array(sparse.block_array(blocks))
        told = np.concatenate([found[name].told.members @ found[name].rounded for name in groups])
        true = np.concatenate([found[name].told.members @ found[name].true for name in groups])
        small = np.flatnonzero((true > 0) & (true < 10))
        for row in np.random.default_rng(seed).choice(small, 4, replace=False):
            low, high = _attack(members, told, int(row))
            assert (low, high) == pytest.approx((max(0, told[row] - BASE), told[row] + BASE), abs=1e-6)
            checked += 1
    assert checked == 48


def test_a_sum_that_cannot_be_told_is_left_out_and_said_and_its_group_goes_out(
    town: Callable, monkeypatch: pytest.MonkeyPatch
):
    made, real = town(2), population.options

    def a_buurt_that_cannot_be(counts, chance, remembered=None):
        found = real(counts, chance, remembered)
        return found if len(counts) == 60 else replace(found, low=np.where(counts == counts.max(), 500.0, found.low))

    monkeypatch.setattr(population, "options", a_buurt_that_cannot_be)
    counts = made.counts()
    left_out = counts.filter(counts["rounded"].is_null())
    assert set(counts["population_group"].to_pylist()) == {"all", "65plus", "75plus", "80plus", "0_4", "hh_single"}
    assert set(left_out["area_type"].to_pylist()) == {"gemeente"}
    remarks = population.left_out_remarks(counts)
    assert {one.source for one in remarks} == set(counts["population_group"].to_pylist())
    assert {one.examples for one in remarks} == {"gemeente gemeenteGM1"}
    assert sum(one.rows for one in remarks) == len(left_out)
    # What is left out is not told, and nothing is narrowed by it.
    assert require_safe(counts, [], only_public=False).width_with.min() >= 5
