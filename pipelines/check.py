"""All that is wrong with an area's deliveries, at once: what the readers say, and what only a later room can judge.

Nothing is written. Of every sentence the area file or the delivery is named that must be mended.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.people.contradictions import doubts_of
from pipelines.people.doubts import largest
from pipelines.people.origins import Deliveries
from pipelines.places.register import build_register, completeness
from pipelines.sources.area_file import AreaFile, RespondentDelivery
from pipelines.sources.attempts import attempt
from pipelines.sources.cbs import Statistics, mapping_remarks
from pipelines.sources.check import Readings, readings
from pipelines.sources.contracts import UNIT_TYPE_OF
from pipelines.sources.contradictions import Contradiction, refusals, remarks, unused
from pipelines.survey.contradictions import DeliveredWave, contradictions_of, delivered_waves
from pipelines.survey.living import lived_in
from pipelines.survey.responses import responses
from pipelines.survey.sample import Tables, Wave, draw, waves_of


def problems(area: AreaFile, raw: Path) -> tuple[str, ...]:
    """Everything for which a run of `area` would refuse its deliveries, one sentence (or more) each.

    Parameters
    ----------
    area
        What is delivered, and what the area file says of it.
    raw
        The raw folder.

    Returns
    -------
    tuple of str
        Empty when all is well. What hangs on a delivery that cannot be read is not judged.
    """
    return verdict(area, raw)[0]


def verdict(area: AreaFile, raw: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give `problems`, and of CBS deliveries which columns are not read and how sure we are of the others."""
    read = readings(area, raw)
    found = (*_of_people(area, read), *_of_survey(area, read))
    wrong = tuple(dict.fromkeys((*read.problems, *_contradictions(area, read), *refusals(found, area))))
    known = read.statistics.remarks if read.statistics else ()
    listed = (one for one in known if one.action == "listed")
    told = (f"{one.source}: {one.problem}: {one.examples}" for one in (*listed, *remarks(found, area)))
    useless = (f"{one.source}: {one.problem}." for one in unused(found, area))
    return wrong, (*told, *useless, *mapping_remarks(area))


def _of_people(area: AreaFile, read: Readings) -> Iterator[Contradiction]:
    """Where counts of people contradict each other or the addresses; nothing where one of these cannot be read."""
    if read.statistics is None or read.addresses is None or read.crosswalk is None:
        return
    found = read.statistics
    unit_type = UNIT_TYPE_OF[area.population.total_from]
    delivered = Deliveries(
        found.areas, read.addresses, found.squares, found.people_counts, read.crosswalk, unit_type, area.extent
    )
    yield from largest(doubts_of(delivered, area.h3_resolution, has_register=area.sources.has_register))


def _contradictions(area: AreaFile, read: Readings) -> Iterator[str]:
    """Where deliveries can be read, but contradict the area file or each other."""
    if read.places is not None:
        register = build_register(read.places, area.place_kinds, area.sources.places)
        wrong = attempt(lambda: completeness(register.functions, area.place_kinds))[1]
        yield from (f"area file {area.name}: {sentence}" for sentence in wrong)
    for one in _waves(area, read):
        yield from _wrong_in_wave(one.wave, one.delivery, read.statistics)


def _of_survey(area: AreaFile, read: Readings) -> Iterator[Contradiction]:
    """Where a survey contradicts the lists beside it."""
    for one in _waves(area, read):
        yield from contradictions_of(one)


def _waves(area: AreaFile, read: Readings) -> tuple[DeliveredWave, ...]:
    """The waves that could be read."""
    if read.survey is None:
        return ()
    survey = read.survey
    tables = Tables(survey.respondents, survey.answers, survey.items, survey.strata, survey.margins)
    return delivered_waves(waves_of(tables, frozenset()), area.sources.waves())


def _wrong_in_wave(wave: Wave, delivery: RespondentDelivery, statistics: Statistics | None) -> Iterator[str]:
    """What is wrong with one wave once it is scored, weighted, and laid over the areas, by the file to mend."""
    tries: list[tuple[str, Callable[[], object]]] = [
        (delivery.codebook, lambda: responses(wave.respondents, wave.answers, wave.items)),
        (delivery.margins.path if delivery.margins else delivery.path, lambda: draw(wave)),
    ]
    if statistics is not None:
        tries.append((delivery.path, lambda: lived_in(wave.respondents, statistics.areas)))
    for path, one in tries:
        yield from (f"{path}: {sentence}" for sentence in attempt(one)[1])
