"""What was corrected since earlier releases is counted by figures that both told, and a figure told anew is none."""

from typing import Any

import pyarrow as pa

from pipelines.protection.contracts import SURVEY_QUALITY, SURVEY_TOLD
from pipelines.protection.survey_revisions import with_revisions


def version(*figures: tuple[str, float, float], wave: int = 2024) -> pa.Table:
    same = {"wave": wave, "area_type": "buurt", "question": "m1", "category": "mean"}
    rows: list[dict[str, Any]] = [
        {**same, "area_code": code, "respondents": respondents, "chosen": chosen}
        for code, respondents, chosen in figures
    ]
    return pa.Table.from_pylist(rows, schema=SURVEY_TOLD.schema)


QUALITY = pa.Table.from_pylist(
    [{"wave": 2024, "subject": "weights", "name": "", "mode": "", "statistic": "deff", "word": "", "n_class": "100+"}],
    schema=SURVEY_QUALITY.schema,
)
NOW = version(("BU1", 40.0, 20.0), ("BU2", 50.0, 30.0))


def revised(*earlier: pa.Table) -> dict[str, float]:
    rows = with_revisions(QUALITY, NOW, earlier).to_pylist()
    return {row["statistic"]: row["value"] for row in rows if row["subject"] == "revision"}


def test_a_first_release_and_a_second_run_of_it_have_no_version_before_them() -> None:
    assert revised() == revised(NOW) == {"versions_before": 0.0}


def test_of_a_corrected_delivery_it_is_told_which_part_of_the_figures_moved_since_the_last_version() -> None:
    first, second = version(("BU1", 39.0, 19.0), ("BU2", 49.0, 30.0)), version(("BU1", 40.0, 19.0), ("BU2", 50.0, 30.0))
    assert revised(first, second) == {"versions_before": 2.0, "share_moved": 0.5}


def test_a_figure_that_is_told_anew_is_no_correction_and_another_wave_says_nothing() -> None:
    assert revised(version(("BU1", 40.0, 20.0)), version(("BU1", 1.0, 1.0), wave=2022)) == {"versions_before": 0.0}
