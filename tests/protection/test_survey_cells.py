"""Who answered what where, and the rules by which a figure may not go out."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pipelines.errors import ContractError
from pipelines.pages.rendering import TEMPLATES
from pipelines.protection.survey_cells import primary, survey_cells
from pipelines.protection.survey_rules import (
    Rules,
    alike,
    can_be_known,
    dominated,
    exceptions,
    tells_of_a_group,
    too_few,
)

PLACES = {"B1": ("B1", "W1", "G", "P1"), "B1P2": ("B1", "W1", "G", "P2"), "B2": ("B2", "W1", "G", "P2")}


def answers(*rows: tuple) -> pa.Table:
    """Rows of (question, category or score or None, place of PLACES, weight)."""
    return pa.Table.from_pylist(
        [
            {
                "question": question,
                "category": given if isinstance(given, str) else None,
                "score": given if isinstance(given, float) else None,
                "weight": weight,
            }
            | dict(zip(("buurt_code", "wijk_code", "gemeente_code", "pc4"), PLACES[place], strict=True))
            for question, given, place, weight in rows
        ],
        schema=pa.schema(
            [("question", pa.string()), ("category", pa.string()), ("score", pa.float64()), ("weight", pa.float64())]
            + [(name, pa.string()) for name in ("buurt_code", "wijk_code", "gemeente_code", "pc4")]
        ),
    )


def figures(cells, values) -> dict:
    return dict(zip(cells.areas.names, values.tolist(), strict=True))


def test_respondents_are_counted_per_category_in_every_area_of_both_trees():
    (cells,) = survey_cells(
        answers(("q", "yes", "B1", 1.0), ("q", "no", "B1P2", 1.0), ("q", "yes", "B2", 1.0), ("q", None, "B2", 1.0))
    )
    assert cells.categories == ("no", "yes")
    expected = {("buurt", "B1"): 2, ("buurt", "B2"): 1, ("gemeente", "G"): 3, ("pc4", "P1"): 1, ("pc4", "P2"): 2}
    assert figures(cells, cells.respondents) == expected | {("wijk", "W1"): 3}
    assert figures(cells, cells.chosen[1])["pc4", "P2"] == 1
    assert figures(cells, cells.shares[1])["buurt", "B1"] == pytest.approx(0.5)
    # Whoever did not answer is in the sample all the same.
    assert set(cells.most) == {4.0}


def test_a_mean_of_a_scale_is_the_share_of_ten():
    (cells,) = survey_cells(answers(("s", 2.0, "B1", 1.0), ("s", 9.0, "B1", 1.0), ("s", None, "B2", 1.0)))
    assert cells.is_scale
    assert figures(cells, cells.shares[0])["gemeente", "G"] == pytest.approx(0.55)
    assert np.isnan(figures(cells, cells.shares[0])["buurt", "B2"])


def test_inhabitants_bound_respondents_unless_fewer_than_answered():
    table = answers(*[("q", "yes", "B1", 1.0)] * 5, *[("q", "no", "B2", 1.0)] * 7)
    (cells,) = survey_cells(table, {("buurt", "B1"): 8, ("buurt", "B2"): 6})
    assert figures(cells, cells.most)["buurt", "B1"] == 8
    assert figures(cells, cells.most)["buurt", "B2"] == 12


def test_the_order_of_rows_and_questions_changes_nothing():
    table = answers(*[(q, c, b, 1.0) for q in "qr" for c in ("yes", "no") for b in PLACES])
    turned = table.take(list(range(len(table)))[::-1])
    for one, other in zip(survey_cells(table), survey_cells(turned), strict=True):
        assert one.question == other.question
        assert one.areas.names == other.areas.names
        assert (one.part_counts == other.part_counts).all()


def test_no_answers_make_no_cells():
    assert survey_cells(answers()) == ()


def test_a_question_that_nobody_answered_makes_no_cells_and_hinders_no_other():
    (cells,) = survey_cells(answers(("p", None, "B1", 1.0), ("q", "yes", "B1", 1.0), ("p", None, "B2", 1.0)))
    assert (cells.question, cells.categories) == ("q", ("yes",))


def test_a_missing_column_a_score_over_ten_and_a_mixed_question_are_refused():
    with pytest.raises(ContractError, match="weight"):
        survey_cells(answers().drop_columns("weight"))
    with pytest.raises(ContractError, match="outside 0-10"):
        survey_cells(answers(("s", 10.5, "B1", 1.0)))
    with pytest.raises(ContractError, match="two questions"):
        survey_cells(answers(("s", 1.0, "B1", 1.0), ("s", "yes", "B1", 1.0)))


def test_fewer_than_asked_is_too_few_and_ten_whatever_is_asked():
    n = np.array([9.0, 10, 29, 30])
    assert too_few(n, 30).tolist() == [True, True, True, False]
    assert too_few(n, 0).tolist() == [True, False, False, False]


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_share_tells_of_a_known_group_when_none_or_nine_in_ten_chose(chosen, others):
    n = np.array([float(chosen + others)])
    fewer = exceptions(n, np.array([True]), Rules())
    told = tells_of_a_group(np.array([float(chosen)]), n, fewer)[0]
    assert told == (chosen == 0 or chosen * 10 >= 9 * (chosen + others))


@given(st.integers(0, 30), st.integers(100, 900))
def test_a_rare_answer_of_a_group_that_nobody_knows_is_told_unless_fewer_than_five_gave_it(rare, n):
    chosen, everyone = np.array([[float(rare)], [float(n - rare)]]), np.array([float(n)])
    told = tells_of_a_group(chosen, everyone, exceptions(everyone, np.array([False]), Rules()))
    assert told[1, 0] == (rare < 5)
    assert told[0, 0] == (rare == 0)


def test_a_group_is_known_when_it_is_small_or_a_fifth_of_all_who_live_there_or_nobody_tells_how_many_do():
    n, residents = np.array([99.0, 100, 885, 200, 885]), np.array([20000.0, 501, 19790, 1000, np.nan])
    assert can_be_known(n, residents, Rules()).tolist() == [True, False, False, True, True]


@given(st.lists(st.integers(0, 20), max_size=40), st.sampled_from([0.0, 0.5, 1.0, 2.5]))
def test_who_scored_alike_is_who_any_window_holds(steps, window):
    scores = np.array(steps, dtype=float) / 2
    found = alike(csr_array([[1.0]]), np.zeros(len(scores), dtype=np.int64), scores, window)[0]
    assert found == max((sum(low <= s <= low + window for s in scores) for low in scores), default=0)


def hides(scores: list[float]) -> bool:
    (cells,) = survey_cells(answers(*[("s", float(score), "B1", 1.0) for score in scores]))
    return bool(primary(cells, Rules())["group_disclosure"].any())


def test_a_mean_of_people_who_all_gave_one_score_tells_what_each_one_gave():
    assert hides([5.0] * 60)
    assert hides([5.0] * 59 + [0.0])
    # Nine in ten, and one fewer.
    assert hides([5.0] * 54 + [0.0, 1.0, 2.0, 8.0, 9.0, 10.0])
    assert not hides([5.0] * 53 + [0.0, 1.0, 2.0, 7.0, 8.0, 9.0, 10.0])


def test_a_mean_at_either_end_of_a_scale_tells_of_all():
    assert hides([0.0] * 60)
    assert hides([10.0] * 60)
    assert hides([0.0] * 50 + [4.0] * 10)
    assert hides([10.0] * 50 + [6.0] * 10)


def test_scores_side_by_side_on_a_fine_scale_are_alike_and_two_answers_to_one_question_are_not():
    assert hides([5.0, 5.5] * 30)
    assert hides([4.5, 5.0, 5.5] * 20)
    assert not hides([5.0, 7.5] * 30)


def test_in_a_group_that_nobody_knows_scores_may_be_alike_while_five_are_not():
    rows = [("s", 5.0, "B1", 1.0)] * 195 + [("s", 0.0, "B1", 1.0)] * 5
    (large,) = survey_cells(answers(*rows), {("buurt", "B1"): 5000.0})
    (fewer,) = survey_cells(answers(*rows[1:]), {("buurt", "B1"): 900.0})
    (alone,) = survey_cells(answers(*rows[:-1]), {("buurt", "B1"): 5000.0})
    assert [figures(c, primary(c, Rules())["group_disclosure"][0])["buurt", "B1"] for c in (large, fewer, alone)] == [
        False,
        True,
        True,
    ]


def alone(weights: list[float]) -> bool:
    return bool(dominated(csr_array([[1.0]]), np.zeros(len(weights), dtype=np.int64), np.array(weights))[0])


def test_a_figure_of_two_heavy_respondents_is_dominated():
    assert alone([50.0, 41.0, 5.0, 4.0])
    assert not alone([50.0, 35.0, 10.0, 5.0])
    # 92 of 100 are not in two hands, but what is left besides them is under a tenth of the largest.
    assert alone([80.0, 9.0, 7.9])
    assert not alone([1.0] * 40)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=12))
def test_dominance_is_what_sorting_the_weights_says(weights):
    ranked = [*sorted(weights, reverse=True), 0.0, 0.0]
    rest, total = sum(ranked[2:]), sum(ranked)
    if abs(ranked[0] + ranked[1] - 0.9 * total) > 1e-9 * total and abs(rest - 0.1 * ranked[0]) > 1e-9 * total:
        assert alone(weights) == (ranked[0] + ranked[1] > 0.9 * total or rest < 0.1 * ranked[0])


def test_the_method_page_names_the_bounds_that_are_used():
    page = (TEMPLATES / "method" / "onthulling.html").read_text(encoding="utf-8")
    bounds = Rules(largest_share=0.9, known_under=100, known_part=1 / 5, alone=4, score_window=1.0, fewest=5)
    assert bounds == Rules()
    for words in ("negen op de tien", "minder dan honderd", "een vijfde of meer", "hoogstens vier", "binnen een punt"):
        assert words in page


def test_every_cause_is_told_per_category_and_area():
    rows = [("q", "yes", "B1", 1.0)] * 38 + [("q", "no", "B1", 1.0)] * 2 + [("q", "yes", "B2", 1.0)] * 5
    heavy = [("q", "no", "B1P2", 1000.0)]
    (cells,) = survey_cells(answers(*rows, *heavy))
    causes = {name: [figures(cells, row) for row in flags] for name, flags in primary(cells, Rules()).items()}
    assert causes["too_few"][0]["buurt", "B2"]
    assert not causes["too_few"][0]["buurt", "B1"]
    assert causes["group_disclosure"][1]["buurt", "B1"]
    assert not causes["group_disclosure"][0]["buurt", "B1"]
    assert causes["dominance"][0]["buurt", "B1"]
    assert not causes["dominance"][0]["pc4", "P1"]
