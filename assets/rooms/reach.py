"""`reach/`: who can come where."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.people.contracts import ORIGINS
from pipelines.places.contracts import COUNTED, REGISTER
from pipelines.reach.contracts import ATTACHMENTS, LEGS, OBSTACLES, PAIRS, REST, RETURNS, ROUTES, SEATS
from pipelines.reach.ground import Streetscape
from pipelines.reach.rest import all_rests, all_seats, with_rest
from pipelines.reach.returns import OUTBOUND, all_returns
from pipelines.reach.routes import all_routes, choose_routes, nearest_places
from pipelines.reach.tables import attach_all, pairs_writer
from pipelines.sources.contracts import BENCHES
from pipelines.streets.contracts import COSTS, EDGES
from pipelines.streets.profiles import chosen_profiles


@step(
    "reach/attachments",
    writes=(ATTACHMENTS,),
    reads=("people/origins", "places/register", "streets/graph", "streets/costs"),
)
def attachments(bench: Bench) -> Made:
    """The street that every home and every entrance hangs on, for each profile."""
    origins, edges, costs = (bench.read(contract) for contract in (ORIGINS, EDGES, COSTS))
    register = bench.read(REGISTER, COUNTED)
    return Made((attach_all(origins, register, edges, costs, chosen_profiles(bench.area.profiles)),))


@step("reach/pairs", writes=(PAIRS,), reads=("reach/attachments", "streets/graph", "streets/costs"))
def pairs(bench: Bench) -> Made:
    """Every home and place within reach of each other: metres of the shortest path, seconds of the fastest."""
    attached, edges, costs = (bench.read(contract) for contract in (ATTACHMENTS, EDGES, COSTS))
    write = pairs_writer(attached, edges, costs, chosen_profiles(bench.area.profiles))
    return Made((bench.warehouse.draft(PAIRS, write),))


@step(
    "reach/routes",
    writes=(SEATS, REST, RETURNS, ROUTES, LEGS, OBSTACLES),
    reads=(
        "sources/places",
        "people/origins",
        "places/register",
        "reach/attachments",
        "reach/pairs",
        "streets/graph",
        "streets/costs",
    ),
)
def routes(bench: Bench) -> Made:
    """Who finds a seat in time and comes home again; paths from each cell to its nearest places and what is on them."""
    edges, costs, attached, benches = (bench.read(contract) for contract in (EDGES, COSTS, ATTACHMENTS, BENCHES))
    profiles, seats = chosen_profiles(bench.area.profiles), all_seats(benches, attached, edges, costs)
    streetscape = Streetscape(edges, costs, attached, seats)
    chosen, nearest = choose_routes(bench.warehouse), nearest_places(bench.warehouse)
    rests = all_rests(bench.read(PAIRS, with_rest(profiles)), streetscape, profiles)
    back = all_returns(bench.read(PAIRS, OUTBOUND), attached, edges, costs, profiles)
    return Made((seats, rests, back, *all_routes(chosen, nearest, streetscape, profiles)))


STEPS = (attachments, pairs, routes)
