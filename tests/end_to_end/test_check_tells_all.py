"""What a run keeps of its deliveries, `check` tells before: nothing that changes a number is told in run.json alone."""

import json

import pytest

from pipelines.check import verdict
from pipelines.sources.account import LONGEST
from pipelines.sources.area_file import SHIPPED, read_area_file

# What protection withholds depends on the key and on earlier releases, not on a delivery.
AFTERWARDS = "withheld"


@pytest.mark.slow
@pytest.mark.parametrize("fixture", ["example_run", pytest.param("groningen_run", marks=pytest.mark.realdata)])
def test_every_remark_of_a_run_is_told_by_check(fixture: str, request: pytest.FixtureRequest):
    run = request.getfixturevalue(fixture)
    kept = json.loads((run.published / "run.json").read_text(encoding="utf-8"))["rejected"]
    judged = verdict(read_area_file(SHIPPED / f"{run.area}.yaml"), run.raw, share_out=True)
    said = [text for account in judged.accounts for _, text in account.lines]
    before = [one for one in kept if one["action"] != AFTERWARDS]
    assert before
    for one in before:
        assert any(one["problem"][: LONGEST // 2] in text for text in said), one["problem"]
