"""`streets/`: the pedestrian graph and what each profile pays for it."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.sources.contracts import SEGMENTS
from pipelines.streets.contracts import BUDGETS, COSTS, COVERAGE, EDGES, NODES
from pipelines.streets.costs import budgets, costs_of
from pipelines.streets.coverage import coverage
from pipelines.streets.graph import build_graph
from pipelines.streets.profiles import chosen_profiles


@step("streets/graph", writes=(NODES, EDGES), reads=("sources/segments",))
def graph(bench: Bench) -> Made:
    """Junctions along a Hilbert curve, and the edges between them with their facts."""
    return Made(build_graph(bench.read(SEGMENTS)))


@step("streets/costs", writes=(COSTS, BUDGETS, COVERAGE), reads=("streets/graph",))
def costs(bench: Bench) -> Made:
    """Metres and seconds of every edge for every profile and bound, what forbids it, and how much is known of it."""
    profiles, edges = chosen_profiles(bench.area.profiles), bench.read(EDGES)
    return Made((costs_of(edges, profiles), budgets(profiles), coverage(edges)))


STEPS = (graph, costs)
