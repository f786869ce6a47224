"""What is made of answers: scores, shares, gaps, types and forms of contact, by hand; nothing of who did not answer."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines.contracts import violations
from pipelines.survey.contracts import SCORES
from pipelines.survey.responses import Response, indicator_of, responses, score_table, stopped_scales
from tests.survey.made import answers, items, respondents, scale_items

ENDS = {"v17": 4, "v26a": 1, "v26b": 1, "v26c": 1, "v26d": 1, "v26e": 1}


def asked(*questions: str, **changed: object) -> pa.Table:
    return items(
        *(
            {
                "item_id": name, "instrument": "samenhang", "question": name, "highest": float(ENDS.get(name, 5)),
                "lowest": 0.0 if name in ENDS and name != "v17" else 1.0, "is_reversed": name == "v4", **changed,
            }
            for name in questions
        )
    )  # fmt: skip


def made(book: pa.Table, *given: tuple[float | None, ...]) -> dict[str, Response]:
    names = book["item_id"].to_pylist()
    people = respondents(*({} for _ in given))
    return {one.indicator: one for one in responses(people, answers(names, *given), book)}


def test_a_scale_is_a_score_from_nought_to_ten() -> None:
    found = made(asked("v1", "v2", "v3", "v4"), (5, 5, 5, 1), (1, 1, 1, 5), (4, None, 2, 2), (4, None, None, 2))
    assert found["m1_contact"].values == pytest.approx([10, 0, 10 * (0.75 + 0.25 + 0.75) / 3, np.nan], nan_ok=True)
    assert found["m1_contact"].unit == "0-10"
    assert not found["m1_contact"].is_share


def test_a_share_counts_who_is_at_least_so_much() -> None:
    found = made(asked("v20", "v17"), (4, 3), (3, 2), (5, 4), (None, None))
    assert found["latent_support"].values == pytest.approx([1, 0, 1, np.nan], nan_ok=True)
    assert found["m4_activities"].values == pytest.approx([1, 0, 1, np.nan], nan_ok=True)
    assert found["m4_activities"].unit == "share"


def test_a_municipalitys_own_coding_is_turned_back_to_that_of_the_question() -> None:
    # From 4 (agree) down to 0: the question's 4 or more is its 1 or less.
    book = asked("v20", lowest=0.0, highest=4.0, is_reversed=True)
    assert made(book, (0,), (1,), (2,), (4,))["latent_support"].values.tolist() == [1, 1, 0, 0]


def test_anonymity_needs_both_and_one_answer_against_it_is_enough() -> None:
    found = made(asked("v1", "v2"), (2, 1), (2, 3), (None, 3), (None, 2), (None, None))["anonymity"]
    assert found.values == pytest.approx([1, 0, 0, np.nan, np.nan], nan_ok=True)


def test_the_contact_gap_is_what_is_wished_beyond_what_is_weighed_by_importance() -> None:
    # Of the first kind: now 1/4, wished 3/4, importance 1: +.5; of the second nothing; of the third 1 -> 0, half: -.5.
    book = asked("n1", "w1", "b1", "n2", "w2", "b2", "n3", "w3", "b3")
    found = made(book, (2, 4, 5, 3, 3, 5, 5, 1, 3), (1, 5, 5, 1, 5, 5, 1, 5, 5), (1, 5, 5, 1, 5, 5, 1, 5, None))
    assert found["contact_gap"].values == pytest.approx([0, 10, np.nan], nan_ok=True)
    assert (found["contact_gap"].lowest, found["contact_gap"].highest, found["contact_gap"].unit) == (-10, 10, "points")


def test_who_gives_and_does_not_take_counts_for_and_who_takes_and_does_not_give_against() -> None:
    found = made(asked("v23", "v24"), (5, 1), (4, 4), (2, 4), (4, None))["give_accept_gap"]
    assert found.values == pytest.approx([1, 0, -1, np.nan], nan_ok=True)
    assert (found.lowest, found.highest, found.unit) == (-1, 1, "share")


def test_types_of_attachment_are_shares_that_add_up_to_everybody() -> None:
    found = made(asked("v25"), (1,), (2,), (5,), (None,))
    assert sorted(found) == [
        "attachment_amenities", "attachment_belonging", "attachment_discontent", "attachment_house", "attachment_none",
    ]  # fmt: skip
    assert sum(one.values for one in found.values())[:3].tolist() == [1, 1, 1]
    assert found["attachment_belonging"].values == pytest.approx([1, 0, 0, np.nan], nan_ok=True)


def test_forms_of_contact_do_not_exclude_each_other_and_each_is_a_question_of_its_own() -> None:
    found = made(asked("v26a", "v26b", "v26c", "v26d", "v26e"), (1, 1, 0, 0, 1), (0, 0, 0, None, 0))
    assert found["contact_form_greeting"].values.tolist() == [1, 0]
    assert found["contact_form_help"].values.tolist() == [1, 0]
    assert found["contact_form_appointment"].values == pytest.approx([0, np.nan], nan_ok=True)
    assert {one.question for one in found.values()} == set(found)


def test_the_table_of_scores_keeps_its_contract_and_says_why_nothing_is_known() -> None:
    book = asked("v1", "v2", "v20", "v25", "n1", "w1", "b1", "n2", "w2", "b2", "n3", "w3", "b3")
    book = pa.concat_tables([book, scale_items("eigen", "a", "b")])
    names = book["item_id"].to_pylist()
    people = respondents({}, {})
    said = answers(names, [1, 1, 5, 3, *[3] * 9, 5, 5], [None] * len(names))
    table = score_table(people, responses(people, said, book))
    assert violations(table, SCORES) == ()
    found = {(row["respondent_id"], row["question"]): row for row in table.to_pylist()}
    cell = ("category", "score", "reason_missing")
    assert [found["r000", "attachment"][name] for name in cell] == ["amenities", None, ""]
    assert [found["r000", "anonymity"][name] for name in cell] == ["yes", None, ""]
    assert [found["r000", "contact_gap"][name] for name in cell] == ["", 5.0, ""]
    assert [found["r000", "eigen"][name] for name in cell] == ["", 10.0, ""]
    assert [found["r001", "attachment"][name] for name in cell] == ["", None, "no_answer"]
    assert [found["r001", "eigen"][name] for name in cell] == ["", None, "too_few_items"]


def test_every_answer_dont_know_leaves_nobody_with_a_score() -> None:
    found = made(asked("v1", "v2", "v3", "v4", "v20"), *[(None,) * 5] * 40)
    assert all(np.isnan(one.values).all() for one in found.values())


def test_an_item_that_runs_against_its_scale_stops_that_scale_and_no_other() -> None:
    contact = asked("v1", "v2", "v3", "v4")
    book = pa.concat_tables([contact, scale_items("eigen", "a", "b")])
    names = book["item_id"].to_pylist()
    people, said = respondents(*[{}] * 40), answers(names, *[(1 + i % 5,) * 6 for i in range(40)])
    assert stopped_scales(people, said, book) == {"m1_contact": ("v4",)}
    assert {one.indicator for one in responses(people, said, book)} == {"anonymity", "eigen"}


def test_an_indicator_is_named_after_its_question_and_category() -> None:
    assert indicator_of("m1_contact", "mean") == "m1_contact"
    assert indicator_of("anonymity", "yes") == "anonymity"
    assert indicator_of("anonymity", "no") == ""
    assert indicator_of("attachment", "house") == "attachment_house"


def test_without_items_nothing_is_made() -> None:
    assert made(items()) == {}
