"""`findings/`: what is judged per home."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.findings.access import judge_minimum, judge_sensitivity, measure_nearness, measure_space
from pipelines.findings.contracts import CELL_COVERAGE, MINIMUM, NEARNESS, SENSITIVITY, SPACE
from pipelines.findings.coverage import cell_coverage
from pipelines.people.contracts import ORIGINS
from pipelines.streets.contracts import COVERAGE, EDGES


@step(
    "findings/nearness",
    writes=(NEARNESS, CELL_COVERAGE),
    reads=(
        "people/origins",
        "places/register",
        "reach/attachments",
        "reach/pairs",
        "reach/routes",
        "streets/graph",
        "streets/costs",
    ),
)
def nearness(bench: Bench) -> Made:
    """Per home: the nearest place of each kind and how many within reach; what is known of streets."""
    cells = bench.read(ORIGINS)["h3_cell"].to_numpy()
    known = cell_coverage(bench.read(EDGES), bench.read(COVERAGE), cells, bench.area.h3_resolution)
    return Made((measure_nearness(bench.warehouse), known))


@step("findings/minimum", writes=(MINIMUM, SENSITIVITY), reads=("findings/nearness", "places/register"))
def minimum(bench: Bench) -> Made:
    """Per home and profile whether kinds of place within reach are below the minimum; at other distances too."""
    return Made((judge_minimum(bench.warehouse), judge_sensitivity(bench.warehouse)))


@step(
    "findings/space",
    writes=(SPACE,),
    reads=("protection/decisions", "places/register", "reach/attachments", "reach/pairs", "streets/costs"),
)
def space(bench: Bench) -> Made:
    """Per home: floor of the places within reach for each who shares it; of the rounded population, as it goes out."""
    return Made((measure_space(bench.rounded),))


STEPS = (nearness, minimum, space)
