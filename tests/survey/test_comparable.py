"""Which scales are tested between waves and between ways of answering, and what follows from it."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.survey.comparable import between_modes, between_waves, varying
from pipelines.survey.waves import estimate_survey
from tests.survey import made
from tests.survey.test_trend import Held, held, levels


def wave(year: int, *, mode: list[str] | str = "", turned: bool = False) -> Held:
    found = held({"BU1": levels(400, 3, year)}, year, mode=mode)
    return _with_other_item(found) if turned else found


def _with_other_item(found: Held) -> Held:
    """The same wave, in which everybody agrees a step more with the second item than with the others."""
    answers = found.wave.answers
    higher = pc.min_element_wise(pc.add(answers["answer"], 1.0), pa.scalar(5.0))
    other = pc.if_else(pc.equal(answers["item_id"], "v2"), higher, answers["answer"])
    place = answers.column_names.index("answer")
    return replace(found, wave=replace(found.wave, answers=answers.set_column(place, "answer", other)))


def test_waves_that_measure_the_same_hold_and_one_in_which_an_item_means_something_else_varies() -> None:
    (same,) = between_waves(wave(2022), wave(2024))
    assert (same.between, same.word, same.respondents) == ("waves", "holds", 800)
    (other,) = between_waves(wave(2022), wave(2024, turned=True))
    assert other.word == "varies"
    assert varying((same, other)) == {other.indicator}


def test_ways_of_answering_are_tested_where_a_hundred_used_each() -> None:
    half = ["web"] * 300 + ["paper"] * 100
    (found,) = between_modes(wave(2024, mode=half))
    assert (found.between, found.respondents) == ("modes", 400)
    assert between_modes(wave(2024, mode=["web"] * 301 + ["paper"] * 99)) == ()
    assert between_modes(wave(2024)) == ()


@pytest.mark.parametrize("is_same", [True, False])
def test_a_scale_that_varies_has_no_change_and_the_test_is_told(*, is_same: bool) -> None:
    waves = wave(2022), wave(2024, turned=not is_same)

    def both(name: str) -> pa.Table:
        def told(one: Held) -> pa.Table:
            table = getattr(one.wave, name)
            return table.set_column(0, table.schema.field(0), pa.array([one.wave.year] * len(table), pa.int64()))

        return pa.concat_tables([told(one) for one in waves])

    tables = made.tables(both("respondents"), both("answers"), both("items"))
    found = estimate_survey(tables, frozenset({2022, 2024}), made.areas(1), made.counts({}))
    reasons = {row["reason_missing"] for row in found.changes.to_pylist() if row["area_type"] == "buurt"}
    assert reasons == ({""} if is_same else {"not_invariant"})
    tests = [row for row in found.quality.to_pylist() if row["subject"] == "invariance"]
    assert {row["wave"] for row in tests} == {2024}
    assert {row["word"] for row in tests if row["statistic"] == "verdict"} == {"holds" if is_same else "varies"}
    assert {row["statistic"] for row in tests} >= {"cfi_configural", "rmsea_equal", "chisq_strict"}
