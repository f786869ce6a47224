"""`reach/`: who can come where."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.people.contracts import ORIGINS
from pipelines.places.contracts import REGISTER
from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.reach.tables import all_pairs, attach_all
from pipelines.streets.contracts import COSTS, EDGES
from pipelines.streets.profiles import chosen_profiles


@step(
    "reach/attachments",
    writes=(ATTACHMENTS,),
    reads=("people/origins", "places/register", "streets/graph", "streets/costs"),
)
def attachments(bench: Bench) -> Made:
    """The street that every home and every entrance hangs on, for each profile."""
    origins, register, edges, costs = (bench.read(contract) for contract in (ORIGINS, REGISTER, EDGES, COSTS))
    return Made((attach_all(origins, register, edges, costs),))


@step("reach/pairs", writes=(PAIRS,), reads=("reach/attachments", "streets/graph", "streets/costs"))
def pairs(bench: Bench) -> Made:
    """Every home and place within reach of each other: metres of the shortest path, seconds of the fastest."""
    attached, edges, costs = (bench.read(contract) for contract in (ATTACHMENTS, EDGES, COSTS))
    return Made((all_pairs(attached, edges, costs, chosen_profiles(bench.area.profiles)),))


STEPS = (attachments, pairs)
