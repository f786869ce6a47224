"""How good a wave is, in one table: scales for all and by way of answering, weights, margins and models."""

from typing import Any

import numpy as np
import pytest

from pipelines.survey.reliability import reliability
from pipelines.survey.waves import estimate_survey
from tests.survey import made

ITEMS = ("v1", "v2", "v3", "v4")
Row = dict[str, Any]


def told(buurten: int = 3) -> tuple[dict[tuple[str, str, str, str], Row], np.ndarray]:
    random = np.random.default_rng(3)
    own = random.normal(3, 0.9, 240)
    given = np.clip(np.round(own[:, None] + random.normal(0, 0.7, (240, 4))), 1, 5)
    given[:6, 0] = np.nan
    people = made.respondents(
        *(
            {"buurt_code": f"BU{1 + n % buurten}", "mode": "web" if n % 3 else "paper", "age": 30 + n % 40,
             "weight": 1.0 + n % 2}
            for n in range(240)
        )
    )  # fmt: skip
    rows = [[None if np.isnan(one) else one for one in row] for row in given.tolist()]
    margins = made.margins(("age", "30-49", 100.0), ("age", "50-69", 140.0))
    survey = made.tables(people, made.answers(ITEMS, *rows), made.scale_items("praten", *ITEMS), margins=margins)
    found = estimate_survey(survey, frozenset({made.WAVE}), made.areas(buurten), made.counts({})).quality
    key = ("subject", "name", "mode", "statistic")
    return {tuple(row[name] for name in key): row for row in found.to_pylist()}, (given - 1) / 4  # type: ignore[misc]


def test_scales_are_judged_for_all_and_for_each_way_of_answering() -> None:
    rows, units = told()
    (name,) = {key[1] for key in rows if key[0] == "scale"}
    modes = np.arange(240) % 3 > 0
    for mode, own in (("", slice(None)), ("web", modes), ("paper", ~modes)):
        by_hand = reliability(units[own], np.ones(len(units[own])))
        row = rows["scale", name, mode, "alpha"]
        assert row["value"] == pytest.approx(by_hand.alpha)
        assert row["lower"] < row["value"] < row["upper"]
        assert row["respondents"] == by_hand.respondents
        assert rows["scale", name, mode, "omega"]["value"] == pytest.approx(by_hand.omega)
    assert rows["scale", name, "", "alpha_weighted"]["value"] != rows["scale", name, "", "alpha"]["value"]


def test_items_tell_how_they_go_with_the_others_and_how_many_left_them_open() -> None:
    rows, units = told()
    (name,) = {key[1] for key in rows if key[0] == "scale"}
    assert rows["item", f"{name}/v1", "", "share_unanswered"]["value"] == pytest.approx(6 / 240)
    assert rows["item", f"{name}/v2", "", "mean"]["value"] == pytest.approx(units[:, 1].mean())
    assert rows["item", f"{name}/v2", "", "sd"]["value"] == pytest.approx(units[:, 1].std(ddof=1))
    assert rows["item", f"{name}/v2", "", "item_rest"]["value"] > 0.4


def test_weights_tell_what_they_cost_and_margins_what_they_reach() -> None:
    rows, _ = told()
    weights = {key[3]: row["value"] for key, row in rows.items() if key[0] == "weights"}
    assert weights["deff"] > 1.05
    assert weights["effective"] == pytest.approx(240 / weights["deff"])
    assert (weights["trimmed"], weights["merged_strata"]) == (0, 0)
    for category, target in (("30-49", 100 / 240), ("50-69", 140 / 240)):
        assert rows["margin", f"age/{category}", "", "target"]["value"] == pytest.approx(target)
        assert rows["margin", f"age/{category}", "", "achieved"]["value"] == pytest.approx(target)


def test_of_a_model_that_cannot_be_made_it_is_told_why() -> None:
    rows, _ = told()
    (reason,) = {
        row["word"] for key, row in rows.items() if key[0] == "model" and key[3] == "unsound" and "buurt" in key[1]
    }
    assert reason == "too_few_areas"


def test_a_response_rate_that_nobody_can_know_says_why() -> None:
    row = told()[0]["response", "", "", "rate"]
    assert (row["value"], row["word"]) == (None, "no_frame")
