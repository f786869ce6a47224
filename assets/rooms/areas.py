"""`areas/`: homes summed over areas."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.areas.contracts import MEMBERSHIP, VALUES
from pipelines.areas.values import build_membership, build_values


@step("areas/membership", writes=(MEMBERSHIP,), reads=("people/persons", "people/origins", "sources/statistics"))
def membership(bench: Bench) -> Made:
    """Which homes belong to which H3 cell, PC6, PC4, buurt, wijk and gemeente."""
    return Made((build_membership(bench.warehouse),))


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
