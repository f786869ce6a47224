"""What the bench of the survey finds, in a few draws."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.survey.contracts import MODEL
from tests.benchmarks.measuring import Measured
from tests.benchmarks.survey import AVERAGE, PREFIX, add_to_latest, lines, rows
from tests.benchmarks.survey_draws import FIGURES, METHODS, Draws, Truth, setting, surveys

Held = Mapping[tuple[str, str], Draws]


@pytest.fixture(scope="module")
def held() -> Held:
    return surveys(setting(), Truth("redrawn", is_redrawn=True, buurt_spread=0.16), draws=6)


def halved(draws: Draws) -> Draws:
    return replace(draws, lower=(draws.value + draws.lower) / 2, upper=(draws.value + draws.upper) / 2)


def measured(case: str, note: str) -> Measured:
    return Measured(case, "direct", 0, 60, 6, 1, 1, 1.0, 1.0, 1.0, "yes", note)


def test_every_figure_and_method_gets_finite_coverages_between_0_and_1(held: Held):
    found = list(rows("redrawn", held))
    assert [(row.figure, row.method) for row in found] == [(f, m) for f in FIGURES for m in METHODS]
    assert all(row.areas > 50 and np.isfinite(row.spread) for row in found)
    assert all(0 <= one.found <= 1 for row in found for one in row.findings)
    assert all((len(row.findings) == 4 and 0 < row.gamma < 1) == (row.method == MODEL) for row in found)
    assert len(list(lines(found))) == 2 + len(found)


def test_intervals_of_half_the_width_are_found_to_cover_too_little(held: Held):
    narrow = rows("redrawn", {key: halved(draws) for key, draws in held.items()})
    for whole, half in zip(rows("redrawn", held), narrow, strict=True):
        assert (whole.findings[0].aim, half.findings[0].told) == (AVERAGE, "not met")
        assert half.findings[0].found < 0.85 < whole.findings[0].found


def test_the_same_seed_holds_the_same_surveys_and_a_town_that_is_not_redrawn_keeps_its_truth():
    here, fixed = setting("klein"), Truth("fixed", is_redrawn=False, buurt_spread=0.16)
    one, other = surveys(here, fixed, draws=2), surveys(here, fixed, draws=2)
    for key, draws in one.items():
        assert np.array_equal(draws.value, other[key].value, equal_nan=True)
        assert np.array_equal(draws.truth[0], draws.truth[1])
        assert not np.array_equal(draws.value[0], draws.value[1], equal_nan=True) or key[1] == MODEL


def test_earlier_rows_of_other_benches_stay_and_those_of_the_survey_are_replaced(tmp_path: Path):
    path = tmp_path / "bench" / "latest.json"
    add_to_latest(path, [measured(f"{PREFIX}a", "old"), measured("prepare", "kept")])
    add_to_latest(path, [measured(f"{PREFIX}a", "new")])
    told = [Measured(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    assert [(row.case, row.note) for row in told] == [("prepare", "kept"), (f"{PREFIX}a", "new")]
