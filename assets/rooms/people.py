"""`people/`: where people walk from, and how many of them."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.people.atoms import build_atoms
from pipelines.people.contracts import ATOMS, ORIGINS, PERSONS
from pipelines.people.contradictions import find_doubts
from pipelines.people.doubts import Peopled, largest, noticed
from pipelines.people.elsewhere import homes_elsewhere
from pipelines.people.origins import Deliveries, find_points, origins_table
from pipelines.people.persons import share_persons
from pipelines.people.priors import likely_persons
from pipelines.sources import contracts
from pipelines.sources.contradictions import require_accepted


def _unit_type(bench: Bench) -> str:
    return contracts.UNIT_TYPE_OF[bench.area.population.total_from]


@step("people/origins", writes=(ORIGINS, ATOMS), reads=("sources/statistics", "sources/addresses"))
def origins(bench: Bench) -> Made:
    """Points that people walk from (addresses, else squares, else PC6 points), cut along buurten and postcodes."""
    delivered = Deliveries(
        areas=bench.read(contracts.AREAS),
        addresses=bench.read(contracts.ADDRESSES),
        squares=bench.read(contracts.SQUARES),
        people_counts=bench.read(contracts.PEOPLE_COUNTS),
        crosswalk=bench.read(contracts.CROSSWALK),
        unit_type=_unit_type(bench),
        extent=bench.area.extent,
    )
    points = find_points(delivered, bench.area.h3_resolution)
    priors = likely_persons(points, delivered.people_counts, delivered.unit_type)
    tables = origins_table(points, bench.area.h3_resolution), build_atoms(points, priors, delivered)
    return Made(tables, remarks=homes_elsewhere(bench.area, delivered.addresses, delivered.areas))


@step("people/persons", writes=(PERSONS,), reads=("people/origins", "sources/statistics"))
def persons(bench: Bench) -> Made:
    """Persons in every atom (personal): totals kept, every other count as far as they allow, per group of need."""
    peopled = Peopled(
        bench.read(ORIGINS),
        bench.read(ATOMS),
        bench.read(contracts.PEOPLE_COUNTS),
        bench.read(contracts.AREAS),
        bench.read(contracts.SQUARES),
        has_register=bench.area.sources.has_register,
        is_cut=bench.area.is_cut,
    )
    doubts = find_doubts(peopled, _unit_type(bench))
    told = require_accepted(largest(doubts), bench.area)
    shared, remarks = share_persons(
        peopled.atoms, peopled.people_counts, peopled.areas, _unit_type(bench), noticed(doubts)
    )
    return Made((shared,), remarks=told + remarks)


STEPS = (origins, persons)
