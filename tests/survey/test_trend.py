"""Changes from wave to wave: which are told, what they are called, and which may not be compared."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.sources.instrument import Measured
from pipelines.survey.design import simple_design
from pipelines.survey.false_coverage import judged
from pipelines.survey.living import lived_in
from pipelines.survey.modelled import ground_of
from pipelines.survey.modes import mode_shares, same_ways
from pipelines.survey.responses import responses
from pipelines.survey.sample import draw, waves_of
from pipelines.survey.trend import Held, Varying, asked_alike, changes
from tests.survey import made

ITEMS = ("v1", "v2", "v3", "v4")


def held(scores: Mapping[str, np.ndarray], year: int, **facts: Any) -> Held:
    """One wave of a scale, with the levels of respondents by buurt; each of `facts` told of all."""
    random = np.random.default_rng(year)
    homes = [code for code, levels in scores.items() for _ in levels]
    levels = np.concatenate(list(scores.values()))
    given = np.clip(np.round(levels[:, None] + random.normal(0, 0.4, (len(levels), len(ITEMS)))), 1, 5)
    people = made.respondents(
        *(
            {"buurt_code": code, **{k: v[n] if isinstance(v, list) else v for k, v in facts.items()}}
            for n, code in enumerate(homes)
        )
    )
    survey = made.tables(people, made.answers(ITEMS, *given.tolist()), made.scale_items("praten", *ITEMS))
    (wave,) = waves_of(survey, frozenset({made.WAVE}))
    areas = made.areas(len(scores))
    ground = ground_of(lived_in(wave.respondents, areas), areas, made.counts({}))
    return Held(replace(wave, year=year), draw(wave), responses(wave.respondents, wave.answers, wave.items), ground)


def levels(size: int, mean: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 0.7, size)


def told(before: Held, after: Held, **more: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = judged(changes(before, after, **more)).to_pylist()
    return {(row["area_type"], row["area_code"]): row for row in rows}


def test_a_buurt_that_rose_is_told_with_its_interval_and_one_that_stayed_is_not_called_the_same_lightly() -> None:
    before = held({"BU1": levels(200, 2.5, 1), "BU2": levels(200, 3, 2), "BU3": levels(200, 3, 3)}, 2022)
    after = held({"BU1": levels(200, 3.5, 4), "BU2": levels(200, 3, 5), "BU3": levels(200, 3, 6)}, 2024)
    found = told(before, after)
    risen, stayed = found["buurt", "BU1"], found["buurt", "BU2"]
    assert risen["verdict"] == "changed"
    assert risen["lower"] < 2.5 < risen["upper"]
    assert risen["lower"] > 0
    looked_at = [row for row in found.values() if not row["reason_missing"]]
    assert (risen["level"], risen["compared"]) == (stayed["level"], len(looked_at))
    # Two hundred in each wave cannot tell a fifth of a point from nothing.
    assert stayed["verdict"] == "unknown"
    assert (stayed["wave_before"], stayed["wave_after"], stayed["unit"]) == (2022, 2024, "0-10")


def test_who_answer_twice_alike_can_be_told_to_be_the_same() -> None:
    same = {"BU1": levels(400, 3, 1)}
    numbers = [f"p{n}" for n in range(400)]
    before, after = held(same, 2022, panel_id=numbers), held(same, 2024, panel_id=numbers)
    assert told(before, after)["buurt", "BU1"]["verdict"] == "same"
    apart = told(held(same, 2022), held(same, 2024))["buurt", "BU1"]
    linked = told(before, after)["buurt", "BU1"]
    assert linked["change"] == apart["change"]
    assert linked["upper"] - linked["lower"] < 0.6 * (apart["upper"] - apart["lower"])


def test_of_fewer_than_thirty_in_either_wave_no_change_is_told() -> None:
    before = held({"BU1": levels(29, 3, 1), "BU2": levels(100, 3, 2)}, 2022)
    after = held({"BU1": levels(100, 4, 3), "BU2": levels(100, 3, 4)}, 2024)
    found = told(before, after)
    few = found["buurt", "BU1"]
    assert (few["change"], few["lower"], few["level"], few["verdict"]) == (None, None, None, "")
    assert few["reason_missing"] == "too_few_respondents"
    assert found["buurt", "BU2"]["reason_missing"] == ""
    assert found["gemeente", "GM1"]["change"] is not None


def test_other_words_or_another_range_are_other_questions() -> None:
    before, after = (held({"BU1": levels(100, 3, year)}, year) for year in (2022, 2024))
    for column, value in (("text_nl", "Anders gevraagd"), ("highest", 7.0), ("is_reversed", True)):
        place = before.wave.items.column_names.index(column)
        kind = before.wave.items.schema.field(column)
        asked = before.wave.items.set_column(place, kind, pa.array([value] * len(ITEMS), kind.type))
        other = replace(before, wave=replace(before.wave, items=asked))
        assert told(other, after)["buurt", "BU1"]["reason_missing"] == "other_questions", column
    assert told(before, after)["buurt", "BU1"]["reason_missing"] == ""


def test_the_same_question_in_a_column_of_another_name_is_the_same_question() -> None:
    after = held({"BU1": levels(100, 3, 2)}, 2024)
    items = after.wave.items
    place = items.column_names.index("question")
    asked = items.set_column(place, items.schema.field("question"), pa.array(["a", "b", "c", "d"]))
    renamed = asked.set_column(
        items.column_names.index("item_id"), items.schema.field("item_id"), pa.array(["q1", "q2", "q3", "q4"])
    )
    (response,) = after.given
    columns = Measured(
        name="praten", instrument="", measure=response.measured.measure, item_ids=("q1", "q2", "q3", "q4")
    )
    waves = [replace(after, wave=replace(after.wave, items=one)) for one in (asked, renamed)]
    assert asked_alike(waves[0], waves[1], (response, replace(response, measured=columns)))
    assert not asked_alike(after, waves[1], (response, replace(response, measured=columns)))


def test_a_scale_that_measures_something_else_or_a_sample_without_chance_has_no_change() -> None:
    before, after = (held({"BU1": levels(100, 3, year)}, year) for year in (2022, 2024))
    row = told(before, after, varying=Varying(waves=frozenset({before.given[0].indicator})))["buurt", "BU1"]
    assert (row["reason_missing"], row["change"], row["caution"]) == ("not_invariant", None, "")
    chosen = replace(before, wave=replace(before.wave, is_probability=False))
    assert told(chosen, after)["buurt", "BU1"]["reason_missing"] == "no_probability_sample"


def test_a_question_of_one_wave_alone_has_no_change() -> None:
    before, after = (held({"BU1": levels(100, 3, year)}, year) for year in (2022, 2024))
    assert len(changes(replace(before, given=()), after)) == 0


@pytest.mark.parametrize(
    ("earlier", "later", "caution", "reason"),
    [
        (["web"] * 100, ["web"] * 100, "", ""),
        (["web"] * 97 + ["paper"] * 3, ["web"] * 99 + ["paper"], "", ""),
        (["web"] * 80 + ["paper"] * 20, ["web"] * 60 + ["paper"] * 40, "mode_standardised", ""),
        (["web"] * 100, ["web"] * 60 + ["paper"] * 40, "", "other_modes"),
        ([""] * 100, ["web"] * 100, "", "mode_unknown"),
        ([""] * 100, [""] * 100, "mode_unknown", ""),
    ],
)
def test_ways_of_answering_decide_whether_waves_are_compared(
    earlier: list[str], later: list[str], caution: str, reason: str
) -> None:
    before = held({"BU1": levels(100, 3, 1)}, 2022, mode=earlier)
    after = held({"BU1": levels(100, 3, 2)}, 2024, mode=later)
    row = told(before, after)["buurt", "BU1"]
    assert (row["caution"], row["reason_missing"]) == (caution, reason)


def test_what_only_the_mix_of_ways_changed_is_no_change() -> None:
    # On paper people answer a point higher; in the later wave twice as many answer on paper.
    before_modes, after_modes = ["paper"] * 100 + ["web"] * 300, ["paper"] * 200 + ["web"] * 200
    means = [3.4 + np.where(np.array(modes) == "paper", 0.5, -0.5) for modes in (before_modes, after_modes)]
    noise = [np.random.default_rng(seed).normal(0, 0.5, 400) for seed in (1, 2)]
    before, after = (
        held({"BU1": mean + own}, year, mode=modes)
        for mean, own, year, modes in zip(means, noise, (2022, 2024), (before_modes, after_modes), strict=True)
    )
    row = told(before, after)["buurt", "BU1"]
    assert row["caution"] == "mode_standardised"
    assert abs(row["change"]) < 0.2
    naive = np.mean(after.given[0].values) - np.mean(before.given[0].values)
    assert naive > 0.45


def test_standardised_weights_have_the_mix_of_the_later_wave() -> None:
    modes = [np.array(["paper"] * 30 + ["web"] * 70), np.array(["paper"] * 60 + ["web"] * 40)]
    designs = [simple_design(np.random.default_rng(seed).uniform(0.5, 2, 100)) for seed in (1, 2)]
    found = same_ways((modes[0], designs[0]), (modes[1], designs[1]))
    assert mode_shares(modes[0], found.design.weight) == pytest.approx(mode_shares(modes[1], designs[1].weight))
    assert found.design.weight.sum() == pytest.approx(designs[0].weight.sum())


def test_of_many_buurten_that_stayed_few_are_flagged() -> None:
    flagged = []
    for seed in range(8):
        before, after = (
            held({f"BU{1 + b}": levels(40, 3, 1000 * seed + b + year) for b in range(20)}, year)
            for year in (2022, 2024)
        )
        table = judged(changes(before, after))
        buurten = table.filter(pc.field("area_type") == "buurt")
        flagged.append(sum(verdict in {"changed", "slightly"} for verdict in buurten["verdict"].to_pylist()))
    assert np.mean(np.array(flagged) > 0) <= 0.4
    assert np.mean(flagged) < 1


def test_what_ways_of_answering_differ_by_hinders_only_where_their_mix_changed() -> None:
    mixes = (["web"] * 80 + ["paper"] * 20, ["web"] * 60 + ["paper"] * 40)
    before = held({"BU1": levels(100, 3, 1)}, 2022, mode=mixes[0])
    varying = Varying(modes=frozenset({before.given[0].indicator}))
    for mix, reason in ((mixes[0], ""), (mixes[1], "not_invariant")):
        after = held({"BU1": levels(100, 3, 2)}, 2024, mode=mix)
        assert told(before, after, varying=varying)["buurt", "BU1"]["reason_missing"] == reason
