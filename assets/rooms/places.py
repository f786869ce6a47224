"""`places/`: the register of places."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.places.contracts import COMPLETENESS, REGISTER
from pipelines.places.register import build_register, completeness
from pipelines.sources.contracts import PLACES


@step("places/register", writes=(REGISTER, COMPLETENESS), reads=("sources/places",))
def register(bench: Bench) -> Made:
    """Every delivered place with a number, and how complete the list of each kind is."""
    places = build_register(bench.read(PLACES))
    return Made((places, completeness(places, bench.area.place_kinds)))


STEPS = (register,)
