"""`areas/`: homes summed over areas."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.areas.contracts import DRAWS, MEMBERSHIP, VALUES
from pipelines.areas.uncertainty import build_draws
from pipelines.areas.values import build_membership, build_values


@step(
    "areas/membership",
    writes=(MEMBERSHIP, DRAWS),
    reads=("people/persons", "people/origins", "sources/statistics", "findings/minimum", "protection/decisions"),
)
def membership(bench: Bench) -> Made:
    """Which homes belong to which area; and between what bounds chance may move who has no place near by."""
    table = build_membership(bench.warehouse)
    return Made((table, build_draws(bench.rounded, table)))


@step(
    "areas/values",
    writes=(VALUES,),
    reads=(
        "areas/membership",
        "people/origins",
        "protection/decisions",
        "reach/attachments",
        "reach/routes",
        "findings/nearness",
        "findings/minimum",
        "findings/space",
        "survey/estimates",
    ),
)
def values(bench: Bench) -> Made:
    """Every indicator of every area, of the rounded population; survey values as they are (personal)."""
    return Made((build_values(bench.rounded, str(bench.area.year), bench.area.benches_delivered),))


STEPS = (membership, values)
