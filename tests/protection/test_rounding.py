"""Rounding within five, in both trees at once; the closed form against an attacker's linear programs."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from pipelines.protection import population
from pipelines.protection.chance import fingerprint, uniform
from pipelines.protection.rounding import BASE, RoundingError, Sums, options, round_parts


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
    chosen = options(np.array([10.0, 10.0, 5.0]), np.array([0.2, 0.8, 0.2]))
    assert chosen.low.tolist() == [5, 10, 0]
    assert chosen.may_rise.all()


def test_what_was_told_is_kept_while_it_is_within_five():
    earlier = np.array([0.0, 5.0, 10.0, 15.0, np.nan])
    chosen = options(np.array([4.9, 0.2, 10.0, 10.0, 3.0]), np.full(5, 0.2), earlier)
    for number in range(4):
        kept = chosen.low[number] + BASE * (chosen.preference[number] > 0)
        assert kept == earlier[number]
        assert abs(chosen.preference[number]) >= 1_000
    assert abs(chosen.preference[4]) < 50


def test_what_is_told_anew_moves_by_more_than_five():
    # Was told 0, and is 6 now: told 5 it would be between 5 and 10, and who sees that it changed knows it passed 5.
    chosen = options(np.array([6.0, 14.0]), np.full(2, 0.5), np.array([0.0, 20.0]))
    assert chosen.low.tolist() == [5, 10]
    assert chosen.may_stay.tolist() == [False, True]
    assert chosen.may_rise.tolist() == [True, False]


def test_parts_add_up_to_what_is_told_by_hand():
    # Two parts of 2 each within one sum of 4: the sum is 0 or 5, so never both parts are 5.
    for chance in (0.01, 0.3, 0.7, 0.99):
        counts = np.array([2.0, 2.0])
        rounded = round_parts(options(counts, np.full(2, 0.01)), _sums(np.ones((1, 2)), counts, chance))
        assert rounded.sum() in {0, 5}


def test_without_parts_there_is_nothing_to_round():
    none = np.zeros(0)
    assert len(round_parts(options(none, none), _sums(np.ones((0, 0)), none))) == 0


def test_what_cannot_be_rounded_within_five_is_refused():
    # Told as 20, while its only part is 0 or 5.
    counts = np.array([2.0])
    wrong = Sums(sparse.csr_array(np.ones((1, 1))), options(np.array([22.0]), np.array([0.5])), np.ones(1, dtype=bool))
    with pytest.raises(RoundingError, match="within 5"):
        round_parts(options(counts, np.array([0.5])), wrong)


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


def test_a_group_that_cannot_be_rounded_is_withheld_and_told_of(town: Callable, monkeypatch: pytest.MonkeyPatch):
    made, real, asked = town(2), population.round_parts, []

    def third_is_impossible(parts, sums, at_most=None):
        asked.append(parts)
        if len(asked) % 6 == 3:
            raise RoundingError
        return real(parts, sums, at_most)

    monkeypatch.setattr(population, "round_parts", third_is_impossible)
    rounded = {one.group.name: one.rounded for one in made.rounded()}
    assert set(rounded) == {"all", "65plus", "80plus", "0_4", "hh_single"}
    # The group within the withheld one lies within the next larger.
    assert np.all(rounded["80plus"] <= rounded["65plus"])
    (remark,) = population.withheld_remarks(made.persons, made.counts())
    assert (remark.source, remark.action, remark.rows) == ("75plus", "withheld", 60)


def test_without_everybody_nothing_is_rounded(town: Callable, monkeypatch: pytest.MonkeyPatch):
    def impossible(*_: object) -> None:
        raise RoundingError

    monkeypatch.setattr(population, "round_parts", impossible)
    with pytest.raises(RoundingError):
        town(2).rounded()
