"""How much was kept of one delivery: rows, and what a person knows them by (people, kilometres, kinds of place).

Counts only, of every role; nothing of a row, as some of these are persons.
"""

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.sources.area_file import AreaFile, PlaceDelivery, StatlineDelivery
from pipelines.sources.cbs import Statistics
from pipelines.sources.check import Readings
from pipelines.sources.contracts import UNIT_TYPE_OF
from pipelines.sources.delivery import Delivery, FigureDelivery
from pipelines.sources.respondents import Survey

_METRES_PER_KM = 1_000
_WAVES = frozenset({"respondents", "respondents_before"})
Tables = Mapping[str, pa.Table]


def kept_of(role: str, delivery: Delivery, area: AreaFile, read: Readings) -> Iterator[str]:
    """What is kept of one delivery, in words; nothing where it could not be read, or hangs on one that could not.

    Parameters
    ----------
    role
        Its key in `sources` of the area file.
    delivery
        The delivery, or one that belongs to it.
    area
        The area file it stands in.
    read
        What the readers gave.
    """
    if isinstance(delivery, FigureDelivery):
        return  # its counts are told with the borders they stand beside
    if role in UNIT_TYPE_OF:
        yield from _units(UNIT_TYPE_OF[role], read.statistics) if read.statistics else ()
    elif role in _WAVES:
        yield from _survey(delivery, area, read.survey) if read.survey else ()
    elif role in _COUNTS:
        yield from _COUNTS[role](delivery, read.tables)
    if (
        role == "places"
        and not area.sources.benches
        and delivery.path in {one.path for one in area.sources.bench_lists()}
    ):
        yield from _benches(delivery, read.tables)


def _units(unit_type: str, found: Statistics) -> Iterator[str]:
    """Areas or squares, and their people; a count that is hidden or absent is told apart."""
    of_unit = pc.field("unit_type") == unit_type
    counts = found.people_counts.filter(of_unit & (pc.field("population_group") == "all"))["persons"]
    areas = found.areas.filter(pc.field("area_type") == unit_type)
    units = len(areas) or len(counts)
    people = f", {pc.sum(counts).as_py() or 0:,.0f} people" if len(counts) else ", no counts of people"
    hidden = f"; {counts.null_count:,} without a count" if counts.null_count else ""
    yield f"{units:,} {unit_type}{people}{hidden}"


def _survey(delivery: Delivery, area: AreaFile, survey: Survey) -> Iterator[str]:
    """Respondents and answers of a wave, or the lines of what its sample stands for."""
    for wave in area.sources.waves():
        of_wave = pc.field("wave") == wave.vintage
        if delivery is wave:
            people, answers = survey.respondents.filter(of_wave), survey.answers.filter(of_wave)["answer"]
            items = len(survey.items.filter(of_wave))
            yield f"{len(people):,} respondents, {len(answers) - answers.null_count:,} answers to {items} items"
        elif delivery is wave.strata:
            yield f"{len(survey.strata.filter(of_wave)):,} strata"
        elif delivery is wave.margins:
            yield f"{len(survey.margins.filter(of_wave)):,} margins"


def _addresses(delivery: Delivery, tables: Tables) -> Iterator[str]:
    del delivery
    if "addresses" in tables:
        yield f"{len(tables['addresses']):,} homes"


def _crosswalk(delivery: Delivery, tables: Tables) -> Iterator[str]:
    del delivery
    if "crosswalk" in tables:
        yield f"{len(tables['crosswalk']):,} postcodes with a house number"


def _streets(delivery: Delivery, tables: Tables) -> Iterator[str]:
    del delivery
    if "segments" in tables:
        lines = shapely.from_wkb(tables["segments"]["geometry"].to_numpy(zero_copy_only=False))
        yield f"{len(lines):,} stretches, {shapely.length(lines).sum() / _METRES_PER_KM:,.1f} km"


def _places(delivery: Delivery, tables: Tables) -> Iterator[str]:
    """Places by kind, the most first."""
    if "places" not in tables or not isinstance(delivery, PlaceDelivery):
        return
    source = tables["places"]["source"]
    own = pc.or_(pc.equal(source, delivery.path), pc.starts_with(source, f"{delivery.path}:"))
    counted = pc.value_counts(tables["places"].filter(own)["place_kind"]).to_pylist()
    by_kind = sorted(((one["counts"], one["values"]) for one in counted), key=lambda pair: (-pair[0], pair[1]))
    kinds = ", ".join(f"{kind} {count:,}" for count, kind in by_kind)
    yield f"{sum(count for count, _ in by_kind):,} places{f': {kinds}' if kinds else ''}"


def _benches(delivery: Delivery, tables: Tables) -> Iterator[str]:
    """Seats of one list; of several lists each id begins with the path of its own."""
    if "benches" in tables:
        own = pc.sum(pc.starts_with(tables["benches"]["source_id"], f"{delivery.path}:")).as_py()
        yield f"{own or len(tables['benches']):,} public seats"


def _inventory(delivery: Delivery, tables: Tables) -> Iterator[str]:
    del delivery
    if "inventory" in tables:
        yield f"{len(tables['inventory']):,} records with consent"


def _figures(delivery: Delivery, tables: Tables) -> Iterator[str]:
    if "context" in tables and isinstance(delivery, StatlineDelivery):
        own = tables["context"].filter(pc.field("table_id") == delivery.table)
        measures = pc.count_distinct(own["measure_code"]).as_py()
        yield f"{len(own):,} figures of {measures:,} measures; {own['value'].null_count:,} absent"


_COUNTS: Mapping[str, Callable[[Delivery, Tables], Iterator[str]]] = {
    "addresses": _addresses,
    "crosswalk": _crosswalk,
    "streets": _streets,
    "places": _places,
    "benches": _benches,
    "inventory": _inventory,
    "statline": _figures,
}
