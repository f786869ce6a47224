"""Hidden survey cells stay unknown: to an attacker written anew here, to one who counts whole tables, and to leaks."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from pipelines.protection.attack import Attacker, Polytope
from pipelines.protection.suppression import (
    CAUSES,
    SECONDARY,
    audit_rows,
    least_hidden,
    more_hidden,
    suppress,
    suppress_all,
)
from pipelines.protection.survey_attack import Cut, examine
from pipelines.protection.survey_cells import SCALE, Areas, QuestionCells, primary
from pipelines.protection.survey_knowledge import attackers, knowledge, owners, respondent_class
from pipelines.protection.survey_rules import Rules

AWARE, UNAWARE = Rules(), Rules(respondents_are_known=False)


def cells_of(part_counts: list[list[float]], families: dict[str, list[str]], **more) -> QuestionCells:
    """A question over parts; each family gives the area of every part."""
    names = tuple(sorted({(kind, code) for kind, codes in families.items() for code in codes if code}))
    member = [[float(families[kind][p] == code) for p in range(len(part_counts[0]))] for kind, code in names]
    counts = np.array(part_counts, dtype=float)
    given = {
        "categories": tuple(f"c{i}" for i in range(len(counts))),
        "most": np.full(len(names), counts.sum()),
        "is_dominated": np.zeros(len(names), dtype=bool),
        "alike": np.zeros(len(names)),
        "residents": np.full(len(names), np.nan),
    } | more
    areas = Areas(names, csr_array(member), given.pop("residents"))
    return QuestionCells("q", areas=areas, part_counts=counts, **given)


def town(seed: int, buurten: int = 10, respondents: int = 420, categories: int = 2) -> QuestionCells:
    """A random double hierarchy: buurten in wijken, pc4s that cut through some of them; 0 categories is a scale."""
    g = np.random.default_rng(seed)
    wijk, pc4 = (
        np.sort(g.integers(0, max(buurten // 4, 1), buurten)),
        np.arange(buurten) * max(buurten // 3, 1) // buurten,
    )
    size = g.lognormal(0, 0.8, buurten)
    buurt = g.choice(buurten, respondents, p=size / size.sum())
    crosses = (g.random(buurten) < 0.4)[buurt] & (g.random(respondents) < 0.35)
    own_pc4 = pc4[buurt] + crosses
    parts, part = np.unique(np.column_stack([buurt, own_pc4]), axis=0, return_inverse=True)
    families = {
        "buurt": [f"B{b:03}" for b, _ in parts],
        "wijk": [f"W{wijk[b]:02}" for b, _ in parts],
        "gemeente": ["G"] * len(parts),
        "pc4": [f"{9700 + p}" for _, p in parts],
    }
    if categories == 0:
        tenths = np.clip(g.normal(0.6, 0.2, respondents), 0, 1)
        sums = np.bincount(part, tenths, len(parts))
        rest = np.bincount(part, minlength=len(parts)) - sums
        return cells_of([sums, rest], families, categories=(SCALE,))
    likely = np.cumsum(g.dirichlet(np.full(categories, 2.0), buurten), axis=1)[buurt]
    chosen = np.minimum((g.random(respondents)[:, None] > likely).sum(axis=1), categories - 1)
    return cells_of([np.bincount(part[chosen == c], minlength=len(parts)) for c in range(categories)], families)


def is_known_group(cells: QuestionCells, rules: Rules, area: int) -> bool:
    """Under a hundred, or a fifth of the inhabitants, or nobody knows how many live there."""
    n, residents = cells.respondents[area], cells.areas.residents[area]
    counted = n if rules.respondents_are_known else min(n, 100)
    return bool(counted < 100 or np.isnan(residents) or counted >= residents / 5)


def interval(cells: QuestionCells, hidden: np.ndarray, rules: Rules, category: int | None, area: int) -> np.ndarray:
    """The attacker once more, from the words of the rules: the ends of one hidden number, by linprog."""
    member, (n_all, n_parts) = cells.areas.membership.toarray(), cells.part_counts.shape
    low, high = [], []
    rows = []

    def add(weights: np.ndarray, least: float, most: float) -> None:
        rows.append(weights.ravel())
        low.append(least)
        high.append(most)

    for a, inside in enumerate(member):
        everyone, n = np.tile(inside, (n_all, 1)), cells.respondents[a]
        add(everyone, *((n, n) if rules.respondents_are_known else (0.0, cells.most[a])))
        if not hidden[:, a].all():
            start, end = next((s, e) for s, e in ((100, np.inf), (30, 99), (10, 29)) if n >= s)
            add(everyone, max(start, rules.minimum_n), end)
        for c in np.flatnonzero(~hidden[:, a]):
            own = np.zeros((n_all, n_parts))
            own[c] = inside
            shown = round(cells.chosen[c, a] / n / rules.share_step) * rules.share_step
            most, others = (0.9, 0.0) if is_known_group(cells, rules, a) else (1.0, 4.0)
            least = 1 - most if cells.is_scale else 0.0
            add(own - min(shown + rules.share_step / 2, most) * everyone, -np.inf, 0.0)
            add(own - max(shown - rules.share_step / 2, least) * everyone, 0.0, np.inf)
            add(own, others if cells.is_scale else 1.0, np.inf)
            add(everyone - own, others, np.inf)
    matrix, lower, upper = np.array(rows), np.array(low), np.array(high)
    asked = np.zeros((n_all, n_parts))
    asked[slice(None) if category is None else category] = member[area]
    up, down = np.isfinite(upper), np.isfinite(lower)
    both = {"A_ub": np.vstack([matrix[up], -matrix[down]]), "b_ub": np.concatenate([upper[up], -lower[down]])}
    ends = [linprog(sign * asked.ravel(), **both) for sign in (1, -1)]
    assert [end.status for end in ends] == [0, 0]
    return np.array([ends[0].fun, -ends[1].fun])


def asked_width(cells: QuestionCells, category: int | None, area: int, bound: float) -> float:
    """Five respondents, or a fifth of the number or of what is left of its area, whichever of these two is less."""
    n = cells.respondents[area]
    lesser = n if category is None else min(cells.chosen[category, area], n - cells.chosen[category, area])
    return min(max(5.0, 0.2 * lesser), bound)


def hidden_numbers(cells: QuestionCells, hidden: np.ndarray):
    """Every hidden (category or None for the respondents, area), with its true number."""
    for c, a in zip(*np.nonzero(hidden), strict=True):
        yield int(c), int(a), cells.chosen[c, a]
    for a in np.flatnonzero(hidden.all(axis=0)):
        yield None, int(a), cells.respondents[a]


@pytest.mark.parametrize("seed", range(50))
def test_every_hidden_number_of_a_random_town_stays_as_wide_as_asked(seed):
    cells = town(seed, buurten=5 + seed % 6, respondents=150 + 10 * seed, categories=(2, 0, 3, 4)[seed % 4])
    found = suppress(cells)
    assert found.is_safe
    own = np.logical_or.reduce([found.causes[name] for name in CAUSES])
    assert (found.hidden >= own).all()
    assert (found.causes[SECONDARY] == (found.hidden & ~own)).all()
    if found.hidden.all():
        return
    numbers = list(hidden_numbers(cells, found.hidden))
    picked = np.random.default_rng(seed).permutation(len(numbers))[:4]
    for category, area, true in (numbers[i] for i in picked):
        rules = UNAWARE if category is None else AWARE
        bound = cells.most[area] if category is None else cells.respondents[area]
        low, high = interval(cells, found.hidden, rules, category, area)
        assert low - 1e-6 <= true <= high + 1e-6
        assert high - low >= asked_width(cells, category, area, bound) - 1e-4


@pytest.mark.parametrize("rules", [AWARE, UNAWARE])
@pytest.mark.parametrize("categories", [0, 2, 3])
def test_the_polytope_is_the_one_that_the_rules_say_in_words(categories, rules):
    cells = town(3, respondents=300, categories=categories)
    hidden = np.logical_or.reduce(list(primary(cells, rules).values()))
    known = knowledge(cells, rules)
    left = known.after(owners(hidden))
    assert left.holds(known.truth[None, :]).all()
    attacker = Attacker(left)
    for guard, owner in enumerate(known.guards.owner):
        category, area = divmod(int(owner), len(cells.areas.names))
        if known.guards.is_share[guard] or not owners(hidden)[owner]:
            continue
        form = known.guards.forms[[guard]].toarray().ravel()
        ends = np.array([attacker.least(form).value, -attacker.least(-form).value])
        expected = interval(cells, hidden, rules, None if category == len(cells.categories) else category, area)
        assert ends == pytest.approx(expected, abs=1e-5)


# --- whole tables, counted ---


def tables_alike(cells: QuestionCells, hidden: np.ndarray) -> np.ndarray:
    """All whole tables (tables, categories, parts) with the published figures, when respondents per area are known."""
    member = cells.areas.membership.toarray()
    n_parts, n = member.shape[1], cells.respondents
    found = []
    sizes = [range(int(min(n[member[:, p] > 0])) + 1) for p in range(n_parts)]
    for size in (np.array(s) for s in product(*sizes)):
        if not (member @ size == n).all():
            continue
        first = np.array(list(product(*(range(s + 1) for s in size))), dtype=float)
        tables = np.stack([first, size - first], axis=1)
        chosen = tables @ member.T
        shares = np.divide(chosen, n, out=np.zeros_like(chosen), where=n > 0)
        alike = np.abs(shares - np.round(cells.shares / 0.01) * 0.01) <= 0.005 + 1e-9
        alike &= (shares < 0.9) & (chosen > 0)
        found.append(tables[(alike | hidden).all(axis=(1, 2))])
    return np.concatenate(found)


TINY = Rules(minimum_n=10, fewest=3)
TWO = {"buurt": ["B1", "B1", "B2", "B2"], "pc4": ["P1", "P2", "P1", "P2"], "gemeente": ["G"] * 4}
THREE = {
    "buurt": ["B1", "B1", "B2", "B2", "B3"],
    "pc4": ["P1", "P2", "P2", "P1", "P2"],
    "h3": ["H1", "H2", "H1", "H2", "H2"],
    "gemeente": ["G"] * 5,
}


@pytest.mark.parametrize("families", [TWO, THREE])
@pytest.mark.parametrize("seed", range(6))
def test_counting_all_whole_tables_agrees_with_the_attacker_and_finds_the_protection(families, seed):
    g = np.random.default_rng(seed)
    counts = g.integers(1, 5, (2, len(families["buurt"])))
    cells = cells_of(counts.tolist(), families)
    found = suppress(cells, TINY)
    assert found.is_safe
    tables = tables_alike(cells, found.hidden)
    assert (tables == cells.part_counts).all(axis=(1, 2)).any()
    chosen = tables @ cells.areas.membership.toarray().T
    for c, a in zip(*np.nonzero(found.hidden), strict=True):
        low, high = chosen[:, c, a].min(), chosen[:, c, a].max()
        if not found.hidden.all():
            ends = interval(cells, found.hidden, TINY, c, a)
            assert ends[0] - 1e-6 <= low <= high <= ends[1] + 1e-6
        lesser = min(cells.chosen[c, a], cells.respondents[a] - cells.chosen[c, a])
        assert high - low >= min(max(3, 0.2 * lesser), cells.respondents[a])


# --- leaks that must be found ---


def too_certain(cells: QuestionCells, hidden: np.ndarray, rules: Rules) -> int:
    """How many hidden numbers the attackers find out too closely."""
    found = [examine(k, owners(hidden), (), 10**6) for k in attackers(cells, rules)]
    return sum(int((~proofs.is_wide).sum()) for proofs in found)


def reopened() -> tuple[QuestionCells, QuestionCells]:
    """Two small buurten that protect each other in their wijk, with the pc4s and without them."""
    counts = [[8, 30, 9, 30], [12, 30, 9, 28]]
    trees = {"buurt": ["B1", "B2", "B3", "B4"], "wijk": ["W"] * 4, "pc4": ["P1", "P1", "P2", "P2"]}
    return cells_of(counts, trees), cells_of(counts, {k: v for k, v in trees.items() if k != "pc4"})


def test_a_pc4_table_reopens_cells_that_were_safe_within_their_wijk():
    rules = Rules(share_step=0.001)
    with_pc4, without = reopened()
    one, other = (np.logical_or.reduce(list(primary(c, rules).values())) for c in (with_pc4, without))
    assert too_certain(without, other, rules) == 0
    assert too_certain(with_pc4, one, rules) == 4
    area = with_pc4.areas.names.index(("buurt", "B1"))
    low, high = interval(with_pc4, one, rules, 0, area)
    assert np.ceil(low - 1e-6) == np.floor(high + 1e-6) == 8
    found = suppress(with_pc4, rules)
    assert found.is_safe
    assert found.causes[SECONDARY].any()
    assert not found.hidden.all()


@pytest.mark.parametrize("seed", [1, 3, 4, 5])
def test_without_secondary_suppression_the_attack_finds_leaks(seed):
    cells = town(seed, buurten=30, respondents=1200, categories=3)
    own = np.logical_or.reduce(list(primary(cells, AWARE).values()))
    assert too_certain(cells, own, AWARE) > 0
    assert too_certain(cells, suppress(cells).hidden, AWARE) == 0


def test_a_class_of_respondents_told_of_a_hidden_area_is_a_leak():
    # B1 has 8 respondents; P1 is B1 and B2 together, and few of either chose c0.
    cells = cells_of([[1, 2, 200], [7, 95, 300]], {"buurt": ["B1", "B2", "B3"], "pc4": ["P1", "P1", "P2"]})
    known = knowledge(cells, UNAWARE)
    hidden = np.logical_or.reduce(list(primary(cells, UNAWARE).values()))
    area = cells.areas.names.index(("buurt", "B1"))
    guards = known.guards.chosen(known.guards.owner == area)
    form, needed = guards.forms[[0]].toarray().ravel(), guards.needed[0]
    left = known.after(owners(hidden))
    answered = known.guards.forms[np.flatnonzero(known.guards.owner == cells.chosen.size + area)]
    told = Polytope(vstack([left.rows, answered]).tocsr(), np.append(left.low, 0.0), np.append(left.high, 9.0))
    safe, leaking = (-Attacker(p).least(-form).value - Attacker(p).least(form).value for p in (left, told))
    assert safe >= needed
    assert leaking < 5
    # So the class goes with the last cell of its area, and only then.
    found = suppress(cells, UNAWARE)
    assert found.is_safe
    assert not found.is_class_shown[area]
    assert (found.is_class_shown == ~found.hidden.all(axis=0)).all()


def test_a_share_of_nobody_is_not_given_away_by_the_other_categories():
    # Hiding the one empty category alone leaves 100 % less the others.
    cells = cells_of([[0, 40], [20, 40], [30, 60]], {"buurt": ["B1", "B2"], "gemeente": ["G", "G"]})
    own = np.logical_or.reduce(list(primary(cells, AWARE).values()))
    assert own.sum() == 1
    assert too_certain(cells, own, AWARE) > 0
    found = suppress(cells)
    area = cells.areas.names.index(("buurt", "B1"))
    low, high = interval(cells, found.hidden, AWARE, 0, area)
    assert low <= 0
    assert high >= max(5, 0.1 * 50)


def test_what_a_buurt_of_one_score_said_does_not_follow_from_its_wijk_and_the_other_buurten():
    scores = [30.0, 22.0, 31.0]
    families = {"buurt": ["B1", "B2", "B3"], "wijk": ["W"] * 3}
    alike = np.array([60.0, 15, 15, 60])
    cells = cells_of([scores, [60 - s for s in scores]], families, categories=(SCALE,), alike=alike)
    own = primary(cells, AWARE)["group_disclosure"]
    assert own.sum() == 1
    assert too_certain(cells, own, AWARE) > 0
    found = suppress(cells)
    area = cells.areas.names.index(("buurt", "B1"))
    low, high = interval(cells, found.hidden, AWARE, 0, area)
    # A point of the mean: six tenths of 60 respondents.
    assert high - low >= 6


def test_a_rare_answer_of_a_whole_gemeente_goes_out_and_that_of_a_small_buurt_does_not():
    families = {"buurt": ["B1", "B2", "B3"], "gemeente": ["G"] * 3}
    residents = np.array([1500.0, 2500, 4000, 8000])
    cells = cells_of([[2, 9, 30], [58, 180, 470]], families, residents=residents)
    found = suppress(cells)
    shown = {name for name, hidden in zip(cells.areas.names, found.hidden.any(axis=0), strict=True) if not hidden}
    assert ("gemeente", "G") in shown
    assert ("buurt", "B1") not in shown
    low, high = interval(cells, found.hidden, AWARE, 0, cells.areas.names.index(("buurt", "B1")))
    assert high - low >= 5


# --- the master, the fallback and what is told ---


@pytest.mark.parametrize("seed", range(12))
def test_the_master_hides_no_more_than_any_other_set_would(seed):
    g = np.random.default_rng(seed)
    own, cost = g.random((2, 4)) < 0.2, g.integers(1, 9, 8).astype(float)
    gains = np.round(g.random((4, 12)) * (g.random((4, 12)) < 0.6), 2)
    cuts = [Cut(row, int(owner)) for row, owner in zip(gains, g.integers(0, 8, 4), strict=True)]

    def meets(hidden: np.ndarray) -> bool:
        owned = owners(hidden.reshape(2, 4))
        return all(cut.gains[owned].sum() >= owned[cut.owner] - 1e-9 for cut in cuts)

    choices = (np.array(bits) for bits in product([False, True], repeat=8))
    costs = [cost[bits].sum() for bits in choices if (bits >= own.ravel()).all() and meets(bits)]
    answer = least_hidden(cuts, own, cost)
    if not costs:
        assert answer is None
    else:
        assert meets(answer)
        assert cost[answer.ravel()].sum() <= min(costs) * 1.01 + 1e-9


def test_cells_are_hidden_one_after_the_other_until_everything_is():
    hidden = np.array([[True, False], [False, False]])
    now = more_hidden((Cut(np.array([1.0, 0.2, 0.7, 0.7, 0, 0]), 0),), hidden, np.array([1.0, 1, 5, 2]))
    assert now.tolist() == [[True, False], [False, True]]
    assert more_hidden((Cut(np.zeros(6), 0),), hidden, np.ones(4)).all()
    assert more_hidden((), hidden, np.ones(4)).all()


@pytest.mark.parametrize("seed", range(6))
def test_without_a_master_more_is_hidden_and_it_is_safe(seed):
    cells = town(seed, buurten=12, respondents=500, categories=3)
    found, best = suppress(cells, rounds=0), suppress(cells)
    assert found.is_safe
    assert too_certain(cells, found.hidden, AWARE) == 0 or found.hidden.all()
    n = np.tile(cells.respondents, (3, 1))
    assert n[found.hidden].sum() >= 0.99 * n[best.hidden].sum()


def test_the_same_table_is_hidden_the_same_way():
    one, other = (suppress(town(5, buurten=20, respondents=800, categories=4)) for _ in range(2))
    assert (one.hidden == other.hidden).all()
    assert audit_rows(one).equals(audit_rows(other))


def test_questions_are_hidden_at_once_as_they_are_one_by_one():
    questions = [town(seed, categories=2 + seed % 2) for seed in range(6)]
    for cells, found in zip(questions, suppress_all(questions), strict=True):
        assert found.cells is cells
        assert (found.hidden == suppress(cells).hidden).all()


def test_a_question_with_nothing_to_hide_is_published_whole():
    cells = cells_of([[60, 50], [40, 50]], {"buurt": ["B1", "B2"], "gemeente": ["G", "G"]})
    found = suppress(cells)
    assert not found.hidden.any()
    assert found.is_safe
    assert len(audit_rows(found)) == 0


def test_a_question_that_must_be_hidden_everywhere_is_safe():
    cells = cells_of([[2, 0], [3, 1]], {"buurt": ["B1", "B2"], "gemeente": ["G", "G"]})
    found = suppress(cells)
    assert found.hidden.all()
    assert found.is_safe
    assert audit_rows(found)["is_wide"].to_pylist() == [True] * 9


def swapped() -> tuple[QuestionCells, QuestionCells]:
    """Two true tables that look the same from outside: small buurten of one wijk and pc4 changed about."""
    families = {
        "buurt": ["B1", "B2", "B3", "B4"],
        "wijk": ["W"] * 4,
        "pc4": ["P1", "P1", "P1", "P2"],
        "gemeente": ["G"] * 4,
    }
    return tuple(
        cells_of([[*k, 30, 60], [*rest, 30, 80]], families) for k, rest in (((8, 3), (9, 14)), ((3, 8), (14, 9)))
    )


def test_what_is_told_of_hidden_numbers_follows_from_what_is_published_alone():
    one, other = swapped()
    first, second = suppress(one), suppress(other)
    assert (first.hidden == second.hidden).all()
    assert audit_rows(first).equals(audit_rows(second))


def test_the_audit_tells_of_every_hidden_cell_ends_that_are_wide_and_hold_the_truth_within_the_programmes():
    cells = town(11, buurten=12, respondents=600, categories=3)
    found = suppress(cells)
    rows = audit_rows(found)
    assert len(rows) == found.hidden.sum() + found.hidden.all(axis=0).sum()
    for row in rows.to_pylist():
        area = cells.areas.names.index((row["area_type"], row["area_code"]))
        category = cells.categories.index(row["category"]) if row["category"] else None
        low, high = interval(cells, found.hidden, UNAWARE, category, area)
        assert row["lowest_without"] <= low + 1e-6
        assert low - 1e-4 <= row["lowest"] <= row["highest"] <= high + 1e-4 <= row["highest_without"] + 1e-3
        assert row["highest"] - row["lowest"] >= 5
        assert row["is_wide"]
        assert row["status"] == "optimal"


def test_the_class_of_respondents_is_the_one_that_is_told():
    start, end = respondent_class(np.array([3.0, 10, 29, 30, 99, 100, 4000]))
    assert start.tolist() == [10, 10, 10, 30, 30, 100, 100]
    assert end.tolist() == [29, 29, 29, 99, 99, np.inf, np.inf]


@pytest.mark.slow
@pytest.mark.parametrize("categories", [0, 2, 5])
def test_a_municipality_of_groningens_size_is_protected(categories):
    cells = town(1, buurten=108, respondents=4000, categories=categories)
    found = suppress(cells)
    assert found.is_safe
    assert not found.hidden.all()
    numbers = list(hidden_numbers(cells, found.hidden))
    for i in np.random.default_rng(0).permutation(len(numbers))[:25]:
        category, area, true = numbers[i]
        bound = cells.most[area] if category is None else cells.respondents[area]
        low, high = interval(cells, found.hidden, UNAWARE if category is None else AWARE, category, area)
        assert low - 1e-5 <= true <= high + 1e-5
        assert high - low >= asked_width(cells, category, area, bound) - 1e-4
    assert found.causes[SECONDARY].sum() < (found.hidden & ~found.causes[SECONDARY]).sum()
