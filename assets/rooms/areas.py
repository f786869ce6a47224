"""`areas/`: homes summed over areas."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.areas.contracts import DRAWS, MEMBERSHIP, VALUES
from pipelines.areas.uncertainty import build_draws
from pipelines.areas.values import build_membership, build_values


@step(
    "areas/membership",
    writes=(MEMBERSHIP, DRAWS),
    reads=("people/persons", "people/origins", "sources/statistics", "findings/minimum"),
)
def membership(bench: Bench) -> Made:
    """Which homes belong to which area; and between what bounds chance may move who has no place near by (personal)."""
    table = build_membership(bench.warehouse)
    return Made((table, build_draws(bench.warehouse, table)))


@step(
    "areas/values",
    writes=(VALUES,),
    reads=(
        "areas/membership",
        "people/origins",
        "people/persons",
        "reach/attachments",
        "reach/routes",
        "findings/nearness",
        "findings/minimum",
        "survey/estimates",
    ),
)
def values(bench: Bench) -> Made:
    """Every indicator of every area, before protection (personal)."""
    return Made((build_values(bench.warehouse, str(bench.area.year), bench.area.benches_delivered),))


STEPS = (membership, values)
