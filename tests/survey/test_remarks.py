"""What is told of a wave beside its figures: strata from which nobody answered, scales left out or not published."""

from typing import Any

from pipelines.sources.area_file import RespondentDelivery
from pipelines.survey.contradictions import DeliveredWave
from pipelines.survey.remarks import stopped_remarks, unanswered_remarks, untold_remarks
from pipelines.survey.sample import waves_of
from tests.survey import made

OF = {"vintage": made.WAVE, "licence": "x", "attribution": "x"}


def delivered(*given: list[float | None], scale: str = "praten") -> DeliveredWave:
    people = made.respondents(*({"stratum": "north"} for _ in given))
    names = [f"v{number}" for number in range(len(given[0]))]
    strata = made.strata(("north", 300.0, 80.0), ("south", 100.0, 80.0))
    asked = made.tables(people, made.answers(names, *given), made.scale_items(scale, *names), strata=strata)
    told: dict[str, Any] = {"path": "e.csv", "codebook": "c.csv", "columns": {"stratum": "s"}, **OF}
    delivery = RespondentDelivery.model_validate(told | {"strata": {"path": "s.csv", **OF}})
    return DeliveredWave(waves_of(asked, frozenset())[0], delivery)


def test_strata_from_which_nobody_answered_are_told_with_their_part_of_the_people() -> None:
    (remark,) = unanswered_remarks(delivered([3.0]))
    assert (remark.source, remark.rows) == ("s.csv", 1)
    assert "nobody answered from 1 strata, with 25% of the people" in remark.problem


def test_a_scale_with_an_item_that_runs_against_it_is_told_with_the_mend() -> None:
    (remark,) = stopped_remarks(delivered(*([1.0 + n % 5, 1.0 + n % 5, 5.0 - n % 5] for n in range(40))))
    assert remark.source == "c.csv"
    assert "v2" in remark.problem
    assert "omgekeerd" in remark.problem


def test_a_scale_of_ones_own_that_no_indicator_tells_is_told() -> None:
    (remark,) = untold_remarks(delivered([3.0]), {"m1_contact"})
    assert "praten" in remark.problem
    assert untold_remarks(delivered([3.0], scale="m1_contact"), {"m1_contact"}) == ()
