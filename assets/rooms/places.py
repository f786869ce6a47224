"""`places/`: the register of places."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.places.contracts import COMPLETENESS, FUNCTIONS, MERGES, REGISTER
from pipelines.places.register import build_register, completeness
from pipelines.sources.contracts import PLACES


@step("places/register", writes=(REGISTER, FUNCTIONS, MERGES, COMPLETENESS), reads=("sources/places",))
def register(bench: Bench) -> Made:
    """Every place once with a number, what it is, which deliveries told of it, and how complete each kind is."""
    named = bench.area.place_kinds
    made = build_register(bench.read(PLACES), named, bench.area.sources.places)
    tables = (made.places, made.functions, made.merges, completeness(made.functions, named))
    return Made(tables, remarks=made.remarks)


STEPS = (register,)
