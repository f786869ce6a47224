"""`protection/`: writes `out/*`, the only tables that may go out."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.places.contracts import REGISTER
from pipelines.protection import contracts
from pipelines.protection.publication import area_tables, protect_indicators, protect_reach, publish_places
from pipelines.sources.contracts import AREAS, INVENTORY


@step("out/indicators", writes=(contracts.INDICATORS,), reads=("areas/values", "sources/statistics"))
def indicators(bench: Bench) -> Made:
    """Every indicator as it may go out: persons rounded to 5, small numbers withheld; tidy and one row per area."""
    tidy = protect_indicators(bench.warehouse)
    return Made((tidy,), further=tuple(area_tables(tidy, bench.read(AREAS)).values()))


@step(
    "out/places",
    writes=(contracts.PLACES, contracts.REACH, contracts.INVENTORY),
    reads=(
        "areas/membership",
        "people/persons",
        "reach/pairs",
        "streets/costs",
        "places/register",
        "sources/inventory",
    ),
)
def places(bench: Bench) -> Made:
    """Places, which cells reach them, and what residents said about them."""
    return Made((publish_places(bench.read(REGISTER)), protect_reach(bench.warehouse), bench.read(INVENTORY)))


STEPS = (indicators, places)
