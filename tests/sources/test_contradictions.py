"""What follows from a contradiction: nothing, a caution, or a refusal unless it is accepted with a reason."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from pipelines.errors import AreaFileError, SourceError
from pipelines.sources.area_file import SHIPPED, AreaFile, read_area_file
from pipelines.sources.contradiction_kinds import ContradictionKind, contradiction_kinds, read_contradiction_kinds
from pipelines.sources.contradictions import Contradiction, met_kinds, refusals, remarks, require_accepted, unused

TOWN = read_area_file(SHIPPED / "voorbeeldstad.yaml")
REASON = "het azc telt mee in de vierkanten"


def _found(count: float, of: float = 1_000) -> Contradiction:
    roles = ("squares", "buurten")
    return Contradiction("squares_areas", roles, "per square more people are counted", count, of, ("E1: 9",))


def _accepting(**accepted: str) -> AreaFile:
    listed = [{"contradiction": kind, "reason": reason} for kind, reason in accepted.items()]
    return AreaFile.model_validate({**TOWN.model_dump(), "accept": listed})


@pytest.mark.parametrize("kind", contradiction_kinds().values(), ids=contradiction_kinds())
def test_what_is_refused_is_over_both_its_count_and_its_share(kind: ContradictionKind):
    for verdict, threshold in (("noticed", kind.noticeable), ("refused", kind.refused)):
        of = 10_000_000
        limit = max(threshold.count, threshold.share * of)
        assert kind.verdict(limit, of) != verdict
        assert kind.verdict(limit + 1, of) == verdict
        # Of few people a large share is few, and of many a small share is no more than noticed.
        assert kind.verdict(threshold.count, threshold.count) != verdict


def test_a_share_at_the_threshold_is_still_borne():
    assert [_found(n, 10_000).verdict for n in (50, 51, 500, 501)] == ["", "noticed", "noticed", "refused"]
    assert [_found(n, 100).verdict for n in (10, 11, 100)] == ["", "noticed", "noticed"]


def test_kinds_that_notice_later_than_they_refuse_are_refused(tmp_path: Path):
    kind = contradiction_kinds()["squares_areas"].model_dump(mode="json")
    path = tmp_path / "kinds.yaml"
    path.write_text(yaml.safe_dump({"some": kind | {"noticeable": {"count": 900, "share": 0}}}), encoding="utf-8")
    with pytest.raises(ValidationError, match="noticeable lies over refused"):
        read_contradiction_kinds(path)


def test_a_refusal_names_both_files_the_numbers_and_both_ways_out():
    with pytest.raises(SourceError) as caught:
        require_accepted([_found(600)], TOWN)
    for part in (
        "voorbeeldstad/cbs_vk100_2024.gpkg and voorbeeldstad/wijkenbuurten_2024.gpkg: per square more people",
        "600 persons (60.0%) do not fit (most in E1: 9)",
        "Over 5.0% is refused: CBS cannot place",
        "To mend it: deliver squares and buurten of one year",
        "`accept: [{contradiction: squares_areas, reason: ...}]`",
    ):
        assert part in str(caught.value)


def test_what_is_accepted_is_told_with_its_reason():
    (told,) = require_accepted([_found(600)], _accepting(squares_areas=REASON))
    assert (told.action, told.rows, told.examples) == ("contradicts", 600, "E1: 9")
    assert told.problem.endswith(f"accepted: {REASON}")
    assert met_kinds([told]) == {"squares_areas"}


def test_what_is_noticed_is_told_and_stops_nothing():
    assert [told.rows for told in require_accepted([_found(40), _found(2)], TOWN)] == [40]
    assert list(refusals([_found(40)], TOWN)) == []


def test_accepting_one_contradiction_accepts_no_other():
    assert len(list(refusals([_found(600)], _accepting(ages_totals=REASON)))) == 1


@pytest.mark.parametrize("count", [0, 40])
def test_an_acceptance_that_nothing_needs_is_told(count: float):
    (told,) = unused([_found(count)], _accepting(squares_areas=REASON))
    assert "accept: squares_areas is unused" in told.problem
    assert unused([_found(600)], _accepting(squares_areas=REASON)) == ()


def test_nothing_contradicting_is_told_by_nothing():
    assert remarks([_found(0)], TOWN) == ()


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ([{"contradiction": "squares_area", "reason": REASON}], "known are .*squares_areas"),
        ([{"contradiction": "squares_areas", "reason": "mag"}], "at least 10 characters"),
        ([{"contradiction": "squares_areas"}], r"accept\.0\.reason: this key is missing"),
        ([{"contradiction": "squares_areas", "reason": REASON}] * 2, "stands twice"),
    ],
)
def test_an_acceptance_names_a_known_contradiction_once_with_a_reason(tmp_path: Path, accept: object, expected: str):
    path = tmp_path / "town.yaml"
    path.write_text(yaml.safe_dump({**TOWN.model_dump(mode="json"), "name": "town", "accept": accept}))
    with pytest.raises(AreaFileError, match=expected):
        read_area_file(path)


def test_how_much_does_not_fit_is_told_of_no_unit_whose_counts_are_not_public():
    area = _accepting(squares_areas=REASON)
    squares = area.sources.squares.model_copy(update={"public": False})
    private = area.model_copy(update={"sources": area.sources.model_copy(update={"squares": squares})})
    assert remarks([_found(900)], area)[0].examples == "E1: 9"
    assert remarks([_found(900)], private)[0].examples == "E1"
