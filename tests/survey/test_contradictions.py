"""What cannot be true of a survey and the lists beside it: told in numbers, never with a word of a respondent."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from pipelines.contracts import Contract
from pipelines.sources.area_file import SHIPPED, RespondentDelivery, read_area_file
from pipelines.sources.contracts import ANSWERS, ITEMS, MARGINS, RESPONDENTS, STRATA
from pipelines.sources.contradictions import Contradiction, refusals
from pipelines.survey.contradictions import DeliveredWave, contradictions_of, delivered_waves, with_caution
from pipelines.survey.sample import Tables, waves_of

OF = {"vintage": 2024, "licence": "x", "attribution": "x"}
TOWN = read_area_file(SHIPPED / "voorbeeldstad.yaml")
FRAME = [("noord", 400.0, 20.0), ("zuid", 30.0, None)]


def _table(contract: Contract, rows: Sequence[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist([{"wave": 2024, **row} for row in rows], schema=contract.schema)


def _wave(
    strata: Sequence[str] = ("noord",) * 10,
    answers: Sequence[float | None] = (),
    margins: Sequence[tuple[str, float]] = (),
    highest: float = 5,
    sexes: Sequence[str] = (),
) -> DeliveredWave:
    people = [f"r{number}" for number in range(max(len(strata), len(answers)))]
    strata = [*strata, *["noord"] * (len(people) - len(strata))]
    tables = Tables(
        _table(RESPONDENTS, [
            {"respondent_id": who, "stratum": stratum, "sex": sex, "weight": 1.0}
            for who, stratum, sex in zip(people, strata, [*sexes, *["v"] * (len(people) - len(sexes))], strict=True)
        ]),
        _table(ANSWERS, [
            {"respondent_id": who, "item_id": "v1", "answer": answer}
            for who, answer in zip(people, answers, strict=False)
        ]),
        _table(ITEMS, [{"item_id": "v1", "lowest": 1.0, "highest": highest}]),
        _table(STRATA, [dict(zip(("stratum", "population", "asked"), row, strict=True)) for row in FRAME]),
        _table(MARGINS, [{"feature": "sex", "category": word, "persons": count} for word, count in margins]),
    )  # fmt: skip
    lists = {name: {"path": f"{name}.csv", **OF} for name in ("strata", "margins")}
    columns = {"stratum": "laag", "sex": "geslacht"}
    facts = {"path": "enquete.csv", "codebook": "codeboek.csv", "columns": columns, **lists, **OF}
    (found,) = delivered_waves(waves_of(tables, frozenset()), [RespondentDelivery.model_validate(facts)])
    return found


def _counts(wave: DeliveredWave) -> dict[str, float]:
    return {one.kind: one.count for one in contradictions_of(wave)}


@pytest.mark.parametrize(
    ("noord", "zuid", "over"),
    [(20, 30, 0), (21, 30, 1), (20, 33, 3), (25, 33, 8)],
    ids=["none", "asked", "live", "both"],
)
def test_no_more_people_answer_than_were_asked_or_live_there(noord: int, zuid: int, over: int):
    found = _counts(_wave(("noord",) * noord + ("zuid",) * zuid))
    assert found == ({"respondents_asked": over} if over else {})


@pytest.mark.parametrize(("people", "over"), [(10, 0), (9, 1), (0, 10)])
def test_no_more_people_answer_of_a_category_than_are_in_it(people: float, over: int):
    found = _counts(_wave(margins=[("v", people), ("m", 430 - people)]))
    assert found == ({"margins_respondents": over} if over else {})


def test_who_is_of_no_category_of_a_margin_is_told():
    wave = _wave(margins=[("V", 30), ("m", 400)])
    assert _counts(wave) == {}  # nobody is of any category: weights cannot be made, which they say
    mixed = _wave(margins=[("v", 30), ("m", 400)], sexes=["v"] * 7 + ["V"] * 2 + [""])
    assert _counts(mixed) == {"margins_categories": 2}


@pytest.mark.parametrize(("men", "verdict"), [(410, ""), (800, "noticed"), (4_000, "refused")])
def test_groups_and_strata_add_up_to_the_same_people(men: float, verdict: str):
    found = _verdicts(_wave(margins=[("v", 20), ("m", men)]))
    assert found == ({"margins_totals": verdict} if men != 410 else {})


@pytest.mark.parametrize(
    ("answers", "highest", "between"),
    [((1, 5, None), 5, 0), ((3.5, 4, 2.25), 5, 2), ((0.1, 5), 7, 1), ((7.5, 6.5), 10, 0), ((2.5,), 4.5, 0)],
)
def test_an_answer_to_an_item_of_few_choices_is_one_of_them(
    answers: Sequence[float | None], highest: float, between: int
):
    found = _counts(_wave(answers=answers, highest=highest))
    assert found == ({"answers_between": between} if between else {})


def test_a_few_slips_are_noticed_and_more_are_refused():
    answers = [*[3.5] * 4, *[3.0] * 5_000]
    strata = ["zuid"] * 10
    few, many = (_verdicts(_wave(strata, [*answers, *more])) for more in ((), [2.5, 4.5]))
    assert (few["answers_between"], many["answers_between"]) == ("noticed", "refused")


def _verdicts(wave: DeliveredWave) -> dict[str, str]:
    return {one.kind: one.verdict for one in contradictions_of(wave)}


def test_a_refusal_names_the_files_and_numbers_and_nobody():
    wave = _wave(("noord",) * 30, [2.25] * 30, [("v", 0), ("m", 430)])
    said = tuple(refusals(contradictions_of(wave), TOWN))
    assert len(said) == 3
    for sentence, parts in zip(
        said,
        (
            ("enquete.csv and strata.csv", "in 1 strata", "10 respondents (33.3%)"),
            ("enquete.csv and margins.csv", "categories of sex", "30 respondents (100.0%)"),
            ("enquete.csv and codeboek.csv", "to 1 items", "30 answers (100.0%)"),
        ),
        strict=True,
    ):
        assert all(part in sentence for part in parts)
        assert not any(personal in sentence for personal in ("noord", "r1", "2.25"))


def test_nothing_is_judged_of_lists_that_were_not_delivered():
    wave = _wave(("noord",) * 30, margins=[("v", 0), ("m", 430)])
    bare = wave.delivery.model_copy(update={"strata": None, "margins": None})
    assert contradictions_of(DeliveredWave(wave.wave, bare)) == ()


def test_estimates_of_a_wave_in_doubt_are_told_with_caution():
    rows = {"wave": [2022, 2024, 2024], "verdict": ["publish", "publish", "not"], "reason": ["", "", "too_few"]}
    found = with_caution(pa.table(rows), [2024])
    assert found["verdict"].to_pylist() == ["publish", "caution", "not"]
    assert found["reason"].to_pylist() == ["", "counts_contradict", "too_few"]
    assert with_caution(pa.table(rows), []).equals(pa.table(rows))


def test_a_contradiction_of_nobody_is_none():
    assert Contradiction("answers_between", (), "none", 0, 0).verdict == ""
