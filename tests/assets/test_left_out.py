"""The end of a run says which sums of people could not be told."""

import json
from datetime import UTC, datetime
from pathlib import Path

from assets.bench import Bench, Folders
from assets.record import left_out, report_folder
from pipelines.protection.population import LEFT_OUT
from pipelines.sources.area_file import SHIPPED, read_area_file

AREA = SHIPPED / "voorbeeldstad.yaml"
REMARK = {"problem": "cannot be rounded", "rows": 2, "examples": "buurt BU1, pc4 9901"}


def test_the_end_of_a_run_says_which_sums_are_left_out_and_of_which_group(tmp_path: Path):
    folders = Folders(tmp_path / "raw", tmp_path / "data", tmp_path / "out")
    bench = Bench(read_area_file(AREA), AREA, folders, "0" * 32, datetime(2024, 1, 1, tzinfo=UTC))
    report_folder(bench).mkdir(parents=True)
    rejected = [REMARK | {"source": "75plus", "action": LEFT_OUT}, REMARK | {"source": "x.csv", "action": "set_aside"}]
    (report_folder(bench) / "protection.json").write_text(
        json.dumps({"step": "x", "run_id": "", "rejected": rejected}), encoding="utf-8"
    )
    (sentence,) = left_out(bench)
    assert sentence.startswith("Left out: 2 sums of group '75plus' (buurt BU1, pc4 9901)")
