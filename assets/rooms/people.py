"""`people/`: where people walk from, and how many of them."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.people.contracts import ORIGINS, PERSONS
from pipelines.people.origins import Deliveries, build_origins
from pipelines.people.persons import allocate_persons
from pipelines.sources import contracts

UNIT_TYPES = {"squares": "square", "pc6": "pc6", "pc4": "pc4", "buurten": "buurt"}


@step("people/origins", writes=(ORIGINS,), reads=("sources/statistics", "sources/addresses"))
def origins(bench: Bench) -> Made:
    """Points that people walk from: addresses, else squares, else PC6 points."""
    delivered = Deliveries(
        areas=bench.read(contracts.AREAS),
        addresses=bench.read(contracts.ADDRESSES),
        squares=bench.read(contracts.SQUARES),
        people_counts=bench.read(contracts.PEOPLE_COUNTS),
        unit_type=UNIT_TYPES[bench.area.population.total_from],
        extent=bench.area.extent,
    )
    return Made((build_origins(delivered, bench.area.h3_resolution),))


@step("people/persons", writes=(PERSONS,), reads=("people/origins", "sources/statistics"))
def persons(bench: Bench) -> Made:
    """Persons at every origin (personal): totals shared in proportion, all and the oldest age band delivered."""
    return Made((allocate_persons(bench.warehouse, UNIT_TYPES[bench.area.population.total_from]),))


STEPS = (origins, persons)
