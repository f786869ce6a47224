"""Squares and lowest thirds are answers of their own, hidden wherever the mean is, and as hard to work out."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.protection.suppression import Suppression, suppress_all
from pipelines.protection.survey_cells import survey_cells
from pipelines.protection.survey_dispersion import hide_dispersion, question_of, with_dispersion
from pipelines.protection.survey_rules import Rules
from pipelines.survey.contracts import LOWEST_THIRD, SD

RULES = Rules(minimum_n=10)


def answers(*scored: tuple[str, list[float | None]]) -> pa.Table:
    """Scores of respondents in buurten of one wijk."""
    same = {"question": "m1", "category": None, "wijk_code": "W1", "gemeente_code": "G1", "pc4": "", "weight": 1.0}
    further = {"age": None, "household": ""}
    rows: list[dict[str, Any]] = [
        same | further | {"buurt_code": code, "score": score} for code, scores in scored for score in scores
    ]
    schema = pa.schema([("category", pa.string()), ("age", pa.int64())])
    table = pa.Table.from_pylist(rows)
    for field in schema:
        table = table.set_column(table.schema.get_field_index(field.name), field, table[field.name].cast(field.type))
    return table


def hidden(table: pa.Table) -> dict[str, Suppression]:
    means = suppress_all(survey_cells(table), RULES)
    every = survey_cells(with_dispersion(table, ["m1"]))
    found = hide_dispersion(every, means, (), RULES)
    return {one.cells.question: one for one in (*means, *found)}


def of_area(one: Suppression, code: str) -> bool:
    place = [name for _, name in one.cells.areas.names].index(code)
    return bool(one.hidden[:, place].all())


SPREAD = [float(number % 11) for number in range(44)]


def test_squares_are_scores_and_the_lowest_third_says_yes() -> None:
    every = {one.question: one for one in survey_cells(with_dispersion(answers(("B1", [2.0, 9.0, None])), ["m1"]))}
    assert set(every) == {"m1", question_of("m1", SD), question_of("m1", LOWEST_THIRD)}
    assert every["m1/sd"].chosen[0].tolist() == pytest.approx([(4 + 81) / 100] * 3)
    assert every["m1/lowest_third"].categories == ("no", "yes")
    assert every["m1/lowest_third"].respondents.tolist() == [2.0] * 3


def test_where_the_mean_is_hidden_so_is_what_stands_beside_it() -> None:
    found = hidden(answers(("B1", SPREAD), ("B2", SPREAD), ("B3", SPREAD[:7])))
    for question in ("m1/sd", "m1/lowest_third"):
        for code in ("B1", "B2", "B3", "W1", "G1"):
            assert of_area(found[question], code) or not of_area(found["m1"], code)
        assert of_area(found[question], "B3")
        assert not of_area(found[question], "G1")
        assert found[question].is_safe


def test_nobody_works_out_the_squares_of_a_hidden_buurt_from_those_of_its_wijk() -> None:
    found = hidden(answers(("B1", SPREAD), ("B2", SPREAD), ("B3", SPREAD[:7])))
    squares = found["m1/sd"]
    shown = {
        name for name, is_hidden in zip(squares.cells.areas.names, squares.hidden[0], strict=True) if not is_hidden
    }
    # With the wijk told, B3 would follow from B1 and B2 if both were.
    assert not {("buurt", "B1"), ("buurt", "B2"), ("wijk", "W1")} <= shown


def test_a_share_of_the_lowest_third_that_nobody_or_nearly_everybody_is_in_is_hidden() -> None:
    high = [8.0 + number % 3 for number in range(44)]
    found = hidden(answers(("B1", SPREAD), ("B2", high)))
    assert of_area(found["m1/lowest_third"], "B2")
    assert np.any(found["m1/lowest_third"].causes["group_disclosure"])
