"""`findings/`: what is judged per home."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.findings.access import judge_minimum, measure_nearness
from pipelines.findings.contracts import MINIMUM, NEARNESS


@step(
    "findings/nearness",
    writes=(NEARNESS,),
    reads=("people/origins", "places/register", "reach/attachments", "reach/pairs", "streets/costs"),
)
def nearness(bench: Bench) -> Made:
    """Per home, profile and kind of place: the nearest, and how many within each distance."""
    return Made((measure_nearness(bench.warehouse),))


@step("findings/minimum", writes=(MINIMUM,), reads=("findings/nearness",))
def minimum(bench: Bench) -> Made:
    """Per home and profile: kinds of place within reach, and whether that is below the minimum: yes, no, unknown."""
    return Made((judge_minimum(bench.warehouse),))


STEPS = (nearness, minimum)
