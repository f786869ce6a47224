"""All that is wrong with an area's deliveries, at once: what the readers say, and what only a later room can judge.

Nothing is written. Of every sentence the area file or the delivery is named that must be mended.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.findings.catalogue import catalogue
from pipelines.people.contradictions import find_doubts, peopled_of
from pipelines.people.doubts import Peopled, largest
from pipelines.people.elsewhere import homes_elsewhere
from pipelines.people.origins import Deliveries
from pipelines.people.persons import share_persons
from pipelines.places.register import build_register, completeness
from pipelines.sources.account import Account, accounts, merged
from pipelines.sources.area_file import AreaFile, RespondentDelivery
from pipelines.sources.attempts import attempt
from pipelines.sources.check import Readings, readings
from pipelines.sources.contracts import UNIT_TYPE_OF
from pipelines.sources.contradictions import Contradiction, refusals, unused
from pipelines.sources.contradictions import remarks as contradicting
from pipelines.sources.recall import Memory
from pipelines.sources.remarks import Remark
from pipelines.survey.contradictions import DeliveredWave, contradictions_of, delivered_waves
from pipelines.survey.living import lived_in
from pipelines.survey.remarks import stopped_remarks, unanswered_remarks, unplaced_remarks, untold_remarks
from pipelines.survey.responses import responses
from pipelines.survey.sample import Tables, Wave, draw, waves_of


@dataclass(frozen=True)
class Verdict:
    """All that is wrong with the deliveries of an area, one sentence (or more) each, and what was seen of each.

    `read` is what the readers gave.
    """

    problems: tuple[str, ...]
    accounts: tuple[Account, ...]
    read: Readings


def verdict(area: AreaFile, raw: Path, *, share_out: bool = False, memory: Memory | None = None) -> Verdict:
    """Judge everything for which a run of `area` would refuse its deliveries.

    Parameters
    ----------
    area
        What is delivered, and what the area file says of it.
    raw
        The raw folder.
    share_out
        Also share people out over homes, which takes a second or more, to tell which counts are not kept to the last
        person beside the totals. Nothing is refused for it.
    memory
        Where what was read is left, for a run of the same deliveries.

    Returns
    -------
    Verdict
        Without problems when all is well. What hangs on a delivery that cannot be read is not judged.
    """
    read = readings(area, raw, memory)
    found = (*_of_people(area, read), *_of_survey(area, read))
    incomplete, register = _of_places(area, read)
    wrong = (*read.problems, *incomplete, *_of_waves(area, read), *_of_events(area, read), *refusals(found, area))
    told = [read.remarks, {"places": register, "survey": (*_unplaced(area, read), *_left_out(area, read))}]
    told += [{"together": (*contradicting(found, area), *unused(found, area), *_elsewhere(area, read))}]
    told += [{"together": _not_kept(area, read)}] if share_out and not wrong else []
    return Verdict(tuple(dict.fromkeys(wrong)), accounts(area, read, merged(told)), read)


def _peopled(area: AreaFile, read: Readings) -> Peopled | None:
    """Where people may live; None where a delivery that tells of it cannot be read."""
    if read.statistics is None or not {"addresses", "crosswalk"} <= set(read.tables):
        return None
    found = read.statistics
    delivered = Deliveries(
        areas=found.areas,
        addresses=read.tables["addresses"],
        squares=found.squares,
        people_counts=found.people_counts,
        crosswalk=read.tables["crosswalk"],
        unit_type=UNIT_TYPE_OF[area.population.total_from],
        extent=area.extent,
    )
    return peopled_of(delivered, area.h3_resolution, has_register=area.sources.has_register)


def _of_people(area: AreaFile, read: Readings) -> Iterator[Contradiction]:
    """Where counts of people contradict each other or the addresses."""
    peopled = _peopled(area, read)
    if peopled is not None:
        yield from largest(find_doubts(peopled, UNIT_TYPE_OF[area.population.total_from]))


def _elsewhere(area: AreaFile, read: Readings) -> tuple[Remark, ...]:
    """Homes that lie out of the postcode they bear."""
    if read.statistics is None or "addresses" not in read.tables:
        return ()
    return homes_elsewhere(area, read.tables["addresses"], read.statistics.areas)


def _not_kept(area: AreaFile, read: Readings) -> tuple[Remark, ...]:
    """Which counts give way to the totals as people are shared out over homes."""
    peopled = _peopled(area, read)
    if peopled is None:
        return ()
    unit_type = UNIT_TYPE_OF[area.population.total_from]
    return share_persons(peopled.atoms, peopled.people_counts, peopled.areas, unit_type)[1]


def _of_places(area: AreaFile, read: Readings) -> tuple[tuple[str, ...], tuple[Remark, ...]]:
    """Kinds of place that the area file calls complete and nobody delivered, and what the register sets aside."""
    if "places" not in read.tables:
        return (), ()
    register = build_register(read.tables["places"], area.place_kinds, area.sources.places)
    wrong = attempt(lambda: completeness(register.functions, area.place_kinds))[1]
    return tuple(f"area file {area.name}: {sentence}" for sentence in wrong), register.remarks


def _of_survey(area: AreaFile, read: Readings) -> Iterator[Contradiction]:
    """Where a survey contradicts the lists beside it."""
    for one in _waves(area, read):
        yield from contradictions_of(one)


def _of_waves(area: AreaFile, read: Readings) -> Iterator[str]:
    """What is wrong with waves that could be read."""
    areas = read.statistics and read.statistics.areas
    for one in _waves(area, read):
        yield from _wrong_in_wave(one.wave, one.delivery, areas)


def _of_events(area: AreaFile, read: Readings) -> Iterator[str]:
    """Events in a buurt that is not there: a page would tell them of the whole area."""
    if read.statistics is None:
        return
    codes = set(read.statistics.areas["area_code"].to_pylist())
    for event in area.events:
        if event.buurt and event.buurt not in codes:
            yield (
                f"area file {area.name}: events: {event.buurt}, of {event.date}, is none of the buurten of this area. "
                "Correct the code, or leave `buurt` out of what happened to the whole area."
            )


def _unplaced(area: AreaFile, read: Readings) -> Iterator[Remark]:
    """Respondents who live in none of the areas."""
    if read.survey is not None and read.statistics is not None:
        for one in _waves(area, read):
            yield from unplaced_remarks(read.survey.respondents, read.statistics.areas, one.delivery)


def _left_out(area: AreaFile, read: Readings) -> Iterator[Remark]:
    """Scales that are left out or not published, and strata from which nobody answered."""
    for one in _waves(area, read):
        yield from (*stopped_remarks(one), *unanswered_remarks(one), *untold_remarks(one, catalogue()))


def _waves(area: AreaFile, read: Readings) -> tuple[DeliveredWave, ...]:
    """The waves that could be read."""
    if read.survey is None:
        return ()
    survey = read.survey
    tables = Tables(survey.respondents, survey.answers, survey.items, survey.strata, survey.margins)
    return delivered_waves(waves_of(tables, frozenset()), area.sources.waves())


def _wrong_in_wave(wave: Wave, delivery: RespondentDelivery, areas: pa.Table | None) -> Iterator[str]:
    """What is wrong with one wave once it is scored, weighted, and laid over the areas, by the file to mend."""
    tries: list[tuple[str, Callable[[], object]]] = [
        (delivery.codebook, lambda: responses(wave.respondents, wave.answers, wave.items)),
        (delivery.margins.path if delivery.margins else delivery.path, lambda: draw(wave)),
    ]
    if areas is not None:
        tries.append((delivery.path, lambda: lived_in(wave.respondents, areas)))
    for path, one in tries:
        yield from (f"{path}: {sentence}" for sentence in attempt(one)[1])
