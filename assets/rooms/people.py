"""`people/`: where people walk from, and how many of them."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.people.atoms import build_atoms
from pipelines.people.contracts import ATOMS, ORIGINS, PERSONS
from pipelines.people.origins import Deliveries, find_points, origins_table
from pipelines.people.persons import share_persons
from pipelines.people.priors import likely_persons
from pipelines.sources import contracts

UNIT_TYPES = {"squares": "square", "pc6": "pc6", "pc4": "pc4", "buurten": "buurt"}


def _unit_type(bench: Bench) -> str:
    return UNIT_TYPES[bench.area.population.total_from]


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
    return Made((origins_table(points, bench.area.h3_resolution), build_atoms(points, priors, delivered)))


@step("people/persons", writes=(PERSONS,), reads=("people/origins", "sources/statistics"))
def persons(bench: Bench) -> Made:
    """Persons in every atom (personal): totals kept, every other count as far as they allow, per group of need."""
    atoms, counts, areas = (bench.read(contract) for contract in (ATOMS, contracts.PEOPLE_COUNTS, contracts.AREAS))
    shared, remarks = share_persons(atoms, counts, areas, _unit_type(bench))
    return Made((shared,), remarks=remarks)


STEPS = (origins, persons)
