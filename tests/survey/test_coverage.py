"""What was measured of intervals: read from its file, and taken together by kind of survey."""

from pipelines.survey.coverage import Covered, Measurement, coverage_facts, kinds, measurement
from tests.benchmarks.survey import COMMAND
from tests.benchmarks.survey_towns import DESIGNS, FIGURES


def covered(
    told: float | None = 0.95, worst: float | None = 0.92, figure: str = "scale", *, is_met: bool = True
) -> Covered:
    return Covered(
        design="simple", icc=0.1, buurten=12, figure=figure, told=told, ok=told, chance=0.01, worst=worst, best=0.98,
        share_ok=0.5, share_caution=0.25, is_met=is_met,
    )  # fmt: skip


def kind_of(*rows: Covered):
    (kind,) = kinds(Measurement(command="", surveys=1, rows=rows))
    return kind


def test_the_file_tells_every_kind_of_survey_and_the_command_that_made_it():
    told = measurement()
    assert told.command == COMMAND
    assert {row.design for row in told.rows} == set(DESIGNS)
    assert len(coverage_facts().kinds) * len(FIGURES) == len(told.rows)


def test_a_kind_tells_the_lowest_and_highest_average_and_the_worst_buurt_of_its_figures():
    kind = kind_of(covered(0.94, 0.93), covered(0.96, None, "share .50"), covered(None, 0.91, "share .15"))
    assert (kind.lowest, kind.highest, kind.worst) == (0.94, 0.96, 0.91)
    assert (kind.share_ok, kind.share_caution) == (0.5, 0.25)
    assert kind.holds


def test_a_kind_holds_where_every_figure_of_it_does():
    assert kind_of(covered(), covered(figure="share .50")).holds
    assert not kind_of(covered(), covered(figure="share .50", is_met=False)).holds
