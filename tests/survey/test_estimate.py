"""The whole survey, from tables to estimates: by hand, against the truth, and with everything that can be wrong."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.contracts import ITEMS, RESPONDENTS
from pipelines.survey.contracts import CHANGES, ESTIMATES, QUALITY, SCORES
from pipelines.survey.estimate import area_reliability
from pipelines.survey.living import lived_in, survey_areas
from pipelines.survey.remarks import unplaced_remarks
from pipelines.survey.sample import Tables, draw, waves_of
from pipelines.survey.waves import estimate_survey
from tests.survey import made

CHANCE = frozenset({made.WAVE})
NAMES = ("v1", "v2")
Row = Mapping[str, object]


def contact(people: pa.Table, *given: tuple[float | None, float | None], **frame: pa.Table) -> Tables:
    return made.tables(
        people, made.answers(NAMES, *given), made.scale_items("m1_contact", *NAMES, turned=["v2"]), **frame
    )


def estimated(
    survey: Tables, buurten: int = 3, by_chance: frozenset[int] = CHANCE, people: float = 1e6
) -> dict[tuple[str, str], Row]:
    """Estimates by area and method."""
    persons = {f"BU{1 + number}": people for number in range(buurten)}
    found = estimate_survey(survey, by_chance, made.areas(buurten), made.counts(persons))
    scores, table = found.scores, found.estimates
    assert violations(found.quality, QUALITY) == ()
    assert violations(table, ESTIMATES) == ()
    assert violations(scores, SCORES) == ()
    return {(row["area_code"], row["method"]): row for row in table.to_pylist()}


def living(*codes: str) -> pa.Table:
    return made.respondents(*({"buurt_code": code} for code in codes))


def test_the_estimates_of_forty_respondents_by_hand() -> None:
    # BU1: 18 respondents score 10 (v1 = 5, v2 = 1 reversed) and 18 score 0. BU2: 4 score 5 (v1 = v2 = 3).
    # BU1: mean 5, influences +-5/36; sum of squares 36 x 25/36^2 = 25/36; x 40/39 = 0.712251; se 0.843950.
    #      t(35) = 2.030108, half 1.713309: 3.286691 to 6.713309.
    # WK1, GM1: mean 5, sum of squares 36 x 25/40^2 = 0.5625; x 40/39 = 0.576923; se 0.759555; t(39) = 2.022691,
    #      half 1.536345: 3.463655 to 6.536345. BU2 has 4 respondents, BU3 and WK2 none.
    given = [(5, 1)] * 18 + [(1, 5)] * 18 + [(3, 3)] * 4
    rows = estimated(contact(living(*["BU1"] * 36, *["BU2"] * 4), *given))
    figures = ("value", "lower", "upper", "se")
    assert [rows["BU1", "direct"][name] for name in figures] == pytest.approx(
        [5, 3.286691, 6.713309, 0.843950], abs=2e-6
    )
    for code in ("WK1", "GM1"):
        assert [rows[code, "direct"][name] for name in figures] == pytest.approx(
            [5, 3.463655, 6.536345, 0.759555], abs=2e-6
        )
        assert (rows[code, "direct"]["verdict"], rows[code, "direct"]["reason"]) == ("not", "too_imprecise")
    respondents = {code: row["respondents"] for (code, method), row in rows.items() if method == "direct"}
    assert respondents == {"BU1": 36, "BU2": 4, "BU3": 0, "WK1": 40, "WK2": 0, "GM1": 40, "9901": 0}
    for code in ("BU2", "BU3", "WK2", "9901"):
        assert (rows[code, "direct"]["verdict"], rows[code, "direct"]["reason"]) == ("not", "too_few_respondents")
    assert rows["BU3", "direct"]["value"] is None


@pytest.mark.parametrize(("answering", "reason"), [(34, ""), (30, "heavy_respondent"), (29, "too_few_respondents")])
def test_thirty_respondents_with_a_score_are_needed(answering: int, reason: str) -> None:
    pairs = [(3 + i % 2, 3) for i in range(answering)] + [(None, None)] * (40 - answering)
    row = estimated(contact(living(*["BU1"] * 40), *pairs))["GM1", "direct"]
    assert (row["reason"], row["respondents"]) == (reason, answering)


def town(count: int = 20, seed: int = 3) -> tuple[Tables, dict[str, float]]:
    """Buurten with 12 to 60 respondents, and the mean that each has by its age."""
    random = np.random.default_rng(seed)
    truth = {f"BU{1 + b}": 5 + 6 * (0.1 + 0.03 * (b % 7)) + random.normal(0, 0.3) for b in range(count)}
    homes = [code for code in truth for _ in range(int(random.integers(12, 60)))]
    scores = np.clip(np.round(np.array([truth[code] for code in homes]) + random.normal(0, 1.6, len(homes))), 0, 10)
    ids = made.items({"item_id": "v1", "scale": "eigen", "lowest": 0.0, "highest": 10.0})
    return made.tables(living(*homes), made.answers(["v1"], *((score,) for score in scores)), ids), truth


def test_small_areas_get_the_estimate_of_a_sound_model_and_larger_ones_their_own() -> None:
    survey, truth = town()
    rows = estimated(survey, 20)
    for code in truth:
        own, model = rows[code, "direct"], rows[code, "small_area"]
        assert own["is_chosen"] != model["is_chosen"]
        assert 0 < model["shrinkage"] < 1
        assert model["se"] < own["se"]
    assert rows["GM1", "direct"]["is_chosen"]


def test_over_several_towns_the_model_is_nearer_to_the_truth_than_the_answers_alone() -> None:
    off = []
    for seed in range(8):
        survey, truth = town(seed=seed)
        rows = estimated(survey, 20)
        off += [[rows[code, method]["value"] - truth[code] for method in ("direct", "small_area")] for code in truth]
    own, model = np.mean(np.square(off), axis=0)
    assert model < 0.8 * own


def test_the_models_of_small_areas_together_say_what_the_municipality_says() -> None:
    survey, truth = town()
    rows = estimated(survey, 20)
    # Every buurt has as many people.
    assert np.mean([rows[code, "small_area"]["value"] for code in truth]) == pytest.approx(
        rows["GM1", "direct"]["value"]
    )


def test_what_fewer_than_ten_said_is_in_no_model() -> None:
    survey, _ = town()
    nine = made.respondents(*({"buurt_code": "BU1", "respondent_id": f"x{n}"} for n in range(9)))
    outside = survey.respondents.filter(pa.compute.field("buurt_code") != "BU1")

    def with_scores(score: float) -> Row:
        said = [
            {"wave": made.WAVE, "respondent_id": f"x{n}", "item_id": "v1", "answer": score, "reason_missing": ""}
            for n in range(9)
        ]
        answers = pa.concat_tables([survey.answers, pa.Table.from_pylist(said, schema=survey.answers.schema)])
        return estimated(made.tables(pa.concat_tables([outside, nine]), answers, survey.items), 20)["BU1", "small_area"]

    low, high = with_scores(0.0), with_scores(10.0)
    assert low["shrinkage"] == high["shrinkage"] == 0
    # But for the mean of the municipality, with which all areas must agree: nine of some seven hundred move it by .13,
    # and who is least sure moves most. Were the nine heard, they would be ten apart.
    assert abs(high["value"] - low["value"]) < 0.4


def test_a_sample_not_drawn_by_chance_has_no_interval_and_no_model() -> None:
    survey, _ = town()
    rows = estimated(survey, 20, by_chance=frozenset())
    assert {method for _, method in rows} == {"direct"}
    assert {row["se"] for row in rows.values()} == {None}
    assert (rows["GM1", "direct"]["verdict"], rows["GM1", "direct"]["reason"]) == ("caution", "no_probability_sample")


def test_a_postcode_is_told_of_by_those_who_gave_it_wherever_their_buurt_is() -> None:
    people = made.respondents(*({"buurt_code": "BU1" if n % 2 else "", "pc4": "9901"} for n in range(40)))
    people = pa.concat_tables(
        [people.slice(0, 39), made.respondents(*[{"buurt_code": "BU1", "pc4": "1234"}] * 40).slice(39)]
    )
    rows = estimated(contact(people, *[(3, 3)] * 40))
    assert (rows["9901", "direct"]["respondents"], rows["BU1", "direct"]["respondents"]) == (39, 20)


def test_weights_follow_from_strata_and_margins_and_reach_them() -> None:
    people = made.respondents(
        *({"buurt_code": f"BU{1 + n % 2}", "stratum": f"BU{1 + n % 2}", "age": 30 if n < 60 else 70} for n in range(80))
    )
    frame = {
        "strata": made.strata(("BU1", 1000.0, 100.0), ("BU2", 3000.0, 100.0)),
        "margins": made.margins(("age", "18-64", 3000.0), ("age", "65+", 1000.0)),
    }
    (wave,) = waves_of(contact(people, *[(3, 3)] * 80, **frame), CHANCE)
    sample = draw(wave)
    old = np.array(people["age"].to_pylist()) > 65
    second = np.array(people["buurt_code"].to_pylist()) == "BU2"
    assert sample.design.weight[old].sum() / sample.design.weight.sum() == pytest.approx(0.25)
    assert sample.design.base[second].sum() / sample.design.base.sum() == pytest.approx(0.75)
    assert sample.design.fraction == pytest.approx([40 / 1000, 40 / 3000])
    assert sample.design.calibration is not None
    assert [(one.category, one.target) for one in sample.weighted.achieved] == [("18-64", 0.75), ("65+", 0.25)]


def test_who_was_drawn_together_is_one_draw_within_a_stratum() -> None:
    people = made.respondents(*({"cluster": word, "stratum": "s"} for word in ("h1", "h1", "", "", "h2")))
    (wave,) = waves_of(contact(people, *[(3, 3)] * 5), CHANCE)
    cluster = draw(wave).design.cluster.tolist()
    assert cluster[0] == cluster[1]
    assert len(set(cluster)) == 4


# --- what can be wrong -----------------------------------------------------------------------------------------------


def test_margins_that_no_respondent_can_reach_name_the_wave() -> None:
    people = made.respondents(*[{"buurt_code": "BU1", "age": 30}] * 40)
    frame = {"margins": made.margins(("age", "18-64", 3000.0), ("age", "65+", 1000.0))}
    with pytest.raises(SourceError, match=r"survey of 2024: margin age: nobody of \['65\+'\] answered"):
        estimated(contact(people, *[(3, 3)] * 40, **frame))


def test_a_sample_of_another_municipality_is_an_error() -> None:
    with pytest.raises(SourceError, match="none of the 2 lives in a buurt of the area"):
        estimated(contact(living("BU7", "BU8"), (3, 3), (3, 3)))


def test_a_respondent_of_an_unknown_buurt_or_postcode_is_counted_and_named_nowhere() -> None:
    people = made.respondents({"buurt_code": "BU9", "pc4": "1234"}, {"buurt_code": "BU1", "pc4": "9901"}, {})
    delivery = RespondentDelivery(
        path="e.csv", codebook="c.csv", vintage=made.WAVE, licence="x", attribution="x", columns={}
    )
    remarks = unplaced_remarks(people, made.areas(), delivery)
    assert [(remark.problem, remark.rows) for remark in remarks] == [
        ("respondent whose buurt is not in the area; kept in the sample, in no area", 1),
        ("respondent whose postcode is not in the area; kept in the sample, in no PC4", 1),
    ]
    assert not [remark for remark in remarks if "BU9" in str(remark) or "1234" in str(remark)]


def test_a_wave_with_one_respondent_says_nothing_of_any_area() -> None:
    rows = estimated(contact(living("BU1"), (3, 3)))
    assert {row["verdict"] for row in rows.values()} == {"not"}
    assert (rows["BU1", "direct"]["value"], rows["BU1", "direct"]["se"]) == (5.0, None)


def test_answers_that_are_all_the_same_everywhere_tell_no_error_and_are_not_told() -> None:
    homes = [f"BU{1 + n % 12}" for n in range(480)]
    rows = estimated(contact(living(*homes), *[(4, 2)] * 480), 12)
    assert {row["value"] for (_, method), row in rows.items() if method == "direct" and row["respondents"]} == {7.5}
    assert (rows["GM1", "direct"]["se"], rows["GM1", "direct"]["verdict"]) == (None, "not")
    # Without any spread no model can be made of it.
    assert {row["reason"] for (code, method), row in rows.items() if method == "small_area"} == {"too_few_areas"}


def test_sixty_who_answer_alike_beside_others_who_do_not_get_an_interval_with_width() -> None:
    homes = ["BU1"] * 60 + [f"BU{2 + n % 11}" for n in range(440)]
    given = [(3, 3)] * 60 + [(1 + n % 5, 1 + n // 5 % 5) for n in range(440)]
    row = estimated(contact(living(*homes), *given), 12)["BU1", "direct"]
    assert row["value"] == 5.0
    assert row["lower"] < 4.8
    assert row["upper"] > 5.2


def test_where_everybody_says_dont_know_nothing_is_told() -> None:
    rows = estimated(contact(living(*["BU1"] * 40), *[(None, None)] * 40))
    assert {(row["respondents"], row["value"], row["verdict"]) for row in rows.values()} == {(0, None, "not")}


def test_who_has_no_weight_counts_for_nobody() -> None:
    people = made.respondents(*({"buurt_code": "BU1", "weight": float(n < 35)} for n in range(40)))
    row = estimated(contact(people, *[(3, 3)] * 35, *[(5, 1)] * 5))["BU1", "direct"]
    assert (row["respondents"], row["value"]) == (35, 5.0)


def test_without_a_survey_there_are_no_estimates() -> None:
    empty = made.tables(RESPONDENTS.schema.empty_table(), made.answers(()), ITEMS.schema.empty_table())
    found = estimate_survey(empty, CHANCE, made.areas(), made.counts({}))
    assert [len(one) for one in (found.scores, found.estimates, found.changes, found.quality)] == [0, 0, 0, 0]


def test_the_order_of_the_rows_changes_no_bit_of_the_estimates() -> None:
    random = np.random.default_rng(5)
    survey, _ = town()
    people, answers = survey.respondents, survey.answers
    shuffled = made.tables(
        people.take(random.permutation(len(people))), answers.take(random.permutation(len(answers))), survey.items
    )
    assert estimated(shuffled, 20) == estimated(survey, 20)


def test_waves_are_estimated_apart() -> None:
    survey, _ = town()

    def other_year(table: pa.Table) -> pa.Table:
        return table.set_column(0, table.schema.field(0), pa.array([2022] * len(table)))

    def both(table: pa.Table) -> pa.Table:
        return pa.concat_tables([other_year(table), table])

    waves = made.tables(both(survey.respondents), both(survey.answers), both(survey.items))
    found = estimate_survey(waves, CHANCE | {2022}, made.areas(20), made.counts({}))
    table, single = found.estimates, estimate_survey(survey, CHANCE, made.areas(20), made.counts({})).estimates
    assert violations(found.changes, CHANGES) == ()
    # Everybody gave the same answers; but nobody was in a panel.
    told = [row for row in found.changes.to_pylist() if not row["reason_missing"]]
    assert {row["change"] for row in told} == {0.0}
    assert all(row["lower"] < 0 < row["upper"] for row in told)
    newest = table.filter(pa.compute.field("wave") == made.WAVE)
    assert newest.equals(single)
    assert table.filter(pa.compute.field("wave") == 2022).drop_columns("wave").equals(single.drop_columns("wave"))


# --- areas -----------------------------------------------------------------------------------------------------------


def test_every_buurt_belongs_to_itself_its_wijk_and_its_gemeente() -> None:
    rows = {(row["area_type"], row["area_code"], row["buurt_code"]) for row in survey_areas(made.areas()).to_pylist()}
    assert ("wijk", "WK1", "BU2") in rows
    assert ("gemeente", "GM1", "BU3") in rows
    assert len(rows) == 9


def test_areas_without_respondents_are_listed_too() -> None:
    lived = lived_in(living("BU1"), made.areas())
    assert lived.areas["area_code"].to_pylist() == ["BU1", "BU2", "BU3", "GM1", "9901", "WK1", "WK2"]
    assert lived.domains.count == 7
    assert sorted(lived.domains.domain.tolist()) == [0, 3, 5]


def test_reliability_by_hand() -> None:
    # Five areas with a variance of .25 by chance: between = variance of means less .25.
    mean = np.array([4.0, 5, 6, 7, 8])
    found = area_reliability(mean, np.full(5, 0.25))
    between = np.var(mean, ddof=1) - 0.25
    assert found == pytest.approx(np.full(5, between / (between + 0.25)))


def test_reliability_of_areas_that_do_not_differ_is_nought_and_of_few_areas_unknown() -> None:
    assert area_reliability(np.full(6, 5.0), np.full(6, 0.25)).tolist() == [0.0] * 6
    assert np.isnan(area_reliability(np.arange(4.0), np.full(4, 0.25))).all()
