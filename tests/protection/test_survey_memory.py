"""What changes between waves, benchmarks and earlier releases tell of hidden survey cells, and that it is kept."""

from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pipelines.protection.attack import Attacker
from pipelines.protection.suppression import audit_rows, suppress
from pipelines.protection.survey_cells import SCALE, Areas, QuestionCells, primary
from pipelines.protection.survey_knowledge import knowledge, owners
from pipelines.protection.survey_memory import beside_each_other, remembering, told_table
from pipelines.protection.survey_rules import Rules

RULES = Rules()
FAMILIES = {"buurt": ["B1", "B2", "B3", "B4"], "gemeente": ["G"] * 4}


def cells_of(chosen: list[float], respondents: list[float], *, is_scale: bool = False, **areas) -> QuestionCells:
    """A question of one category and the rest in the four buurten of a gemeente; a scale with tenths of scores."""
    families = {kind: codes[: len(chosen)] for kind, codes in FAMILIES.items()}
    names = tuple(sorted({(kind, code) for kind, codes in families.items() for code in codes}))
    member = csr_array([[float(code == name) for code in families[kind]] for kind, name in names])
    counts = np.array([chosen, np.subtract(respondents, chosen)], dtype=float)
    residents = areas.get("residents", np.full(len(names), np.nan))
    categories = (SCALE,) if is_scale else ("no", "yes")
    most, nought = np.full(len(names), counts.sum()), np.zeros(len(names))
    return QuestionCells("q", categories, Areas(names, member, residents), counts, most, nought > 0, nought)


def ends(cells: QuestionCells, hidden: np.ndarray, category: int, area: tuple[str, str]) -> tuple[float, float]:
    """Between what the number of a cell lies for who knows how many answered everywhere."""
    known = knowledge(cells, RULES)
    attacker = Attacker(known.after(owners(hidden)))
    form = np.zeros(len(known.truth))
    n_parts = cells.part_counts.shape[1]
    inside = cells.areas.membership.toarray()[cells.areas.names.index(area)]
    form[category * n_parts : (category + 1) * n_parts] = inside
    return attacker.least(form).value, -attacker.least(-form).value


def hiding(cells: QuestionCells, *codes: str) -> np.ndarray:
    gone = [code in codes for _, code in cells.areas.names]
    return np.tile(gone, (len(cells.categories), 1))


# --- estimates of small areas add up ---


def test_two_hidden_means_are_found_from_respondents_and_inhabitants_added_up_unless_that_is_reckoned_with():
    residents = np.array([4000.0, 400, 1000, 1000, 6400])
    cells = cells_of([30, 25, 30, 28], [60, 60, 60, 60], is_scale=True, residents=residents)
    alone = replace(cells, areas=replace(cells.areas, residents=np.full(5, np.nan)))
    hidden = hiding(cells, "B1", "B2")
    assert np.diff(ends(alone, hidden, 0, ("buurt", "B1")))[0] > 20
    low, high = ends(cells, hidden, 0, ("buurt", "B1"))
    assert low - 1e-6 <= 30 <= high + 1e-6
    assert high - low < 4


def test_the_sum_of_estimates_is_unknown_with_the_gemeente():
    residents = np.array([4000.0, 400, 1000, 1000, 6400])
    cells = cells_of([30, 25, 30, 28], [60, 60, 60, 60], is_scale=True, residents=residents)
    hidden = hiding(cells, "B1", "B2", "G")
    assert np.diff(ends(cells, hidden, 0, ("buurt", "B1")))[0] > 40


def test_hidden_means_stay_uncertain_for_who_adds_up_estimates_too():
    residents = np.array([4000.0, 400, 1000, 1000, 6400])
    cells = replace(cells_of([30, 25, 30, 28], [60, 60, 60, 60], is_scale=True, residents=residents))
    alike = np.array([60.0, 20, 20, 20, 80])
    found = suppress(replace(cells, alike=alike))
    low, high = ends(cells, found.hidden, 0, ("buurt", "B1"))
    assert high - low >= 6
    assert found.is_safe


# --- two waves and what changed ---


@given(st.integers(30, 80), st.integers(30, 80), st.data())
@settings(max_examples=60)
def test_a_change_and_two_shares_tell_what_counting_all_pairs_of_numbers_tells(first: int, second: int, drawn):
    k, later_k = drawn.draw(st.integers(4, first - 4)), drawn.draw(st.integers(4, second - 4))
    before, after = cells_of([float(k)], [float(first)]), cells_of([float(later_k)], [float(second)])
    ((earlier,), (later,)) = beside_each_other([[before], [after]], RULES)
    told = [round(k / first, 2), round(later_k / second, 2), round(later_k / second - k / first, 2)]
    pairs = [
        (one / first, other / second)
        for one, other in product(range(first + 1), range(second + 1))
        if abs(one / first - told[0]) <= 0.005 + 1e-9
        and abs(other / second - told[1]) <= 0.005 + 1e-9
        and abs(other / second - one / first - told[2]) <= 0.005 + 1e-9
    ]
    for cells, shares in ((earlier, [one for one, _ in pairs]), (later, [other for _, other in pairs])):
        low, high = cells.beside.low[0, 0], cells.beside.high[0, 0]
        assert low - 1e-9 <= min(shares) <= max(shares) <= high + 1e-9
        assert low - 1e-9 <= cells.shares[0, 0] <= high + 1e-9


def test_a_question_of_one_wave_is_told_nothing_by_others():
    other = replace(cells_of([20], [50]), question="other")
    ((one,), (two,)) = beside_each_other([[cells_of([20], [50])], [other]], RULES)
    assert one.other_tables is None
    assert two.other_tables is None


# --- releases before ---


def told(cells: QuestionCells, shown: np.ndarray | None = None) -> pa.Table:
    return told_table(2024, cells, np.ones(cells.chosen.shape, dtype=bool) if shown is None else shown)


def test_what_was_told_is_known_whatever_is_hidden_now():
    cells = cells_of([20, 30, 25, 28], [50, 60, 55, 60])
    known = remembering(cells, [told(cells, ~hiding(cells, "B1", "B2"))], RULES)
    everything = np.ones(cells.chosen.shape, dtype=bool)
    low, high = ends(known, everything, 0, ("buurt", "B3"))
    assert 25 - 0.6 <= low <= 25 <= high <= 25 + 0.6
    low, high = ends(known, everything, 0, ("buurt", "B1"))
    assert high - low > 40


def test_the_same_answers_are_hidden_as_before_and_the_audit_says_the_same():
    cells = cells_of([2, 30, 25, 28], [50, 60, 55, 60])
    first = suppress(cells)
    assert first.hidden.any()
    again = suppress(remembering(cells, [told(cells, ~first.hidden)], RULES))
    assert (again.hidden == first.hidden).all()
    assert audit_rows(again).equals(audit_rows(first))


@pytest.mark.parametrize("answer", [0, 1])
def test_a_figure_that_would_tell_what_one_added_respondent_said_is_withheld_whatever_it_was(answer: int):
    before = cells_of([12, 40], [30, 90])
    after = remembering(cells_of([12 + answer, 40], [31, 90]), [told(before)], RULES)
    flags = dict(zip(after.areas.names, primary(after, RULES)["earlier"].any(axis=0).tolist(), strict=True))
    assert flags["buurt", "B1"]
    assert not flags["buurt", "B2"]


def test_of_many_respondents_a_figure_that_stays_the_same_tells_nothing_of_one_who_was_added():
    before = cells_of([400], [900])
    after = remembering(cells_of([400], [901]), [told(before)], RULES)
    assert not primary(after, RULES)["earlier"].any()


@given(st.integers(30, 400), st.integers(1, 3), st.data())
@settings(max_examples=60)
def test_what_is_shown_after_respondents_were_added_leaves_open_all_they_can_have_said(n: int, more: int, drawn):
    k, said = drawn.draw(st.integers(5, n - 5)), drawn.draw(st.integers(0, more))
    before, now = cells_of([float(k)], [float(n)]), cells_of([float(k + said)], [float(n + more)])
    after = remembering(now, [told(before)], RULES)
    if primary(after, RULES)["earlier"][0, 0]:
        return
    old, new = round(k / n, 2), round((k + said) / (n + more), 2)
    possible = {
        added
        for one, added in product(range(n + 1), range(more + 1))
        if abs(one / n - old) <= 0.005 + 1e-9 and abs((one + added) / (n + more) - new) <= 0.005 + 1e-9
    }
    assert possible == set(range(more + 1))


def test_a_release_of_other_answers_binds_nothing():
    before, now = cells_of([10], [40]), cells_of([300], [500])
    after = remembering(now, [told(before)], RULES)
    assert not primary(after, RULES)["earlier"].any()
    hidden = np.ones(now.chosen.shape, dtype=bool)
    low, high = ends(after, hidden, 0, ("buurt", "B1"))
    assert low <= 300 <= high
    assert high - low > 100


def test_every_release_before_counts_not_only_the_last():
    first, second, now = cells_of([12], [30]), cells_of([200], [400]), cells_of([13], [31])
    after = remembering(now, [told(first), told(second)], RULES)
    assert primary(after, RULES)["earlier"].any()
