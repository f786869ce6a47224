"""`sources/`: read the deliveries of one area into tables."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.sources import contracts, deliveries
from pipelines.sources.cbs import Municipality, read_municipality, read_statistics
from pipelines.sources.remarks import without_examples


def _delivered(bench: Bench) -> deliveries.Delivered:
    return deliveries.Delivered(bench.area, bench.raw, _municipality(bench))


def _municipality(bench: Bench) -> Municipality:
    return bench.recall().once(read_municipality, bench.area, bench.raw)


@step(
    "sources/statistics",
    writes=(contracts.AREAS, contracts.PEOPLE_COUNTS, contracts.SQUARES, contracts.CONTEXT),
    deliveries=("gemeenten", "wijken", "buurten", "pc4", "pc4_ages", "pc6", "squares", "squares_500", "statline"),
)
def statistics(bench: Bench) -> Made:
    """Areas (gemeente, wijk, buurt, PC4, PC6) and squares, how many people CBS counts there, figures of StatLine."""
    read = bench.recall()
    context, remarks = read.last(deliveries.delivered_context, bench.area, bench.raw)
    found = read.last(read_statistics, bench.area, bench.raw, _municipality(bench))
    return Made((found.areas, found.people_counts, found.squares, context), remarks=found.remarks + remarks)


@step(
    "sources/addresses",
    writes=(contracts.ADDRESSES, contracts.CROSSWALK),
    deliveries=("addresses", "crosswalk"),
)
def addresses(bench: Bench) -> Made:
    """Dwellings in use, from the BAG, and the buurt that CBS puts each postcode and house number in."""
    read = bench.recall()
    table, remarks = read.last(deliveries.delivered_addresses, _delivered(bench))
    crosswalk, crosswalk_remarks = read.last(deliveries.delivered_crosswalk, bench.area, bench.raw)
    return Made((table, crosswalk), remarks=remarks + crosswalk_remarks)


@step("sources/segments", writes=(contracts.SEGMENTS,), deliveries=("streets",))
def segments(bench: Bench) -> Made:
    """Stretches of street and path with the facts that bear on wheels."""
    table, remarks = bench.recall().last(deliveries.delivered_segments, _delivered(bench))
    return Made((table,), remarks=remarks)


@step("sources/places", writes=(contracts.PLACES, contracts.BENCHES), deliveries=("places", "benches"))
def places(bench: Bench) -> Made:
    """Places where people meet, and public seats, as delivered."""
    read, delivered = bench.recall(), _delivered(bench)
    found, remarks = read.last(deliveries.delivered_places, delivered)
    benches, bench_remarks = read.last(deliveries.delivered_benches, delivered)
    return Made((found, benches), remarks=remarks + bench_remarks)


@step(
    "sources/survey",
    writes=(
        contracts.RESPONDENTS,
        contracts.ANSWERS,
        contracts.ITEMS,
        contracts.STRATA,
        contracts.MARGINS,
        contracts.INVENTORY,
    ),
    deliveries=("respondents", "respondents_before", "inventory"),
)
def survey(bench: Bench) -> Made:
    """Respondents and their answers (personal), codebook and sample; what residents said themselves, if they agreed."""
    read = bench.recall()
    found = read.last(deliveries.delivered_survey, bench.area, bench.raw)
    told, remarks = read.last(deliveries.delivered_inventory, bench.area, bench.raw)
    tables = (found.respondents, found.answers, found.items, found.strata, found.margins, told)
    # Which records were withheld or told in general is for who delivers them, by `check`: no release says it.
    return Made(tables, remarks=found.remarks + without_examples(remarks))


STEPS = (statistics, addresses, segments, places, survey)
