"""For whom respondents stand: how they were drawn, who answered and in which way, and who is not reached."""

from typing import Any

import pyarrow as pa
import pytest

from pipelines.survey.waves import estimate_survey
from tests.survey import made

Key = tuple[str, str, str, str]


def told(
    people: pa.Table, counts: dict[str, float] | None = None, waves: tuple[int, ...] = (made.WAVE,), **frame: Any
) -> dict[Key, Any]:
    said = made.answers(["v1"], *[[3]] * len(people))
    survey = made.tables(people, said, made.scale_items("praten", "v1"), **frame)
    rows = estimate_survey(survey, frozenset(waves), made.areas(3), made.counts(counts or {})).quality.to_pylist()
    return {(row["subject"], row["name"], row["mode"], row["statistic"]): row for row in rows}


def test_response_is_told_per_stratum_and_of_one_from_which_nobody_answered_it_is_nought() -> None:
    people = made.respondents(*({"stratum": "north", "buurt_code": "BU1"} for _ in range(40)))
    rows = told(people, strata=made.strata(("north", 300.0, 80.0), ("south", 100.0, 80.0)))
    rates = {key[1]: row["value"] for key, row in rows.items() if (key[0], key[3]) == ("response", "rate")}
    assert rates == {"": 0.25, "north": 0.5, "south": 0.0}
    assert rows["response", "", "", "share_unheard"]["value"] == 0.25


def test_ways_of_answering_are_shares_of_all_and_an_unknown_way_is_none() -> None:
    people = made.respondents(*({"mode": mode, "buurt_code": "BU1"} for mode in ("web", "web", "papier", "")))
    rows = {mode: row["value"] for (subject, _, mode, _), row in told(people).items() if subject == "mode"}
    assert rows == {"web": 0.5, "papier": 0.25}


def test_who_lives_in_no_known_buurt_and_buurten_without_answers_are_told() -> None:
    people = made.respondents(*({"buurt_code": code} for code in ("BU1", "BU1", "BU2", "elders")))
    rows = told(people, {"BU1": 600, "BU2": 300, "BU3": 100})
    assert rows["coverage", "", "", "share_placed"]["value"] == 0.75
    assert rows["coverage", "", "", "share_in_unheard_buurten"]["value"] == pytest.approx(0.1)


def test_of_buurten_without_counts_it_is_unknown_how_many_people_are_not_heard() -> None:
    assert (
        told(made.respondents({"buurt_code": "BU1"}, {"buurt_code": "BU2"}))[
            "coverage", "", "", "share_in_unheard_buurten"
        ]["value"]
        is None
    )


@pytest.mark.parametrize(("waves", "word"), [((made.WAVE,), "probability"), ((), "non_probability")])
def test_how_a_sample_was_drawn_is_told(waves: tuple[int, ...], word: str) -> None:
    people = made.respondents(*({"buurt_code": "BU1", "cluster": f"h{number // 2}"} for number in range(40)))
    rows = told(people, waves=waves)
    assert rows["sampling", "", "", "drawn"]["word"] == word
    assert rows["sampling", "", "", "respondents_per_unit"]["value"] == 2.0
