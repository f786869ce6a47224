"""All that is wrong with an area's deliveries, at once: what the readers say, and what only a later room can judge.

Nothing is written. Of every sentence the area file or the delivery is named that must be mended.
"""

from collections.abc import Iterator
from pathlib import Path

from pipelines.places.register import build_register, completeness
from pipelines.sources.area_file import AreaFile
from pipelines.sources.attempts import attempt
from pipelines.sources.cbs import mapping_remarks
from pipelines.sources.check import Readings, readings
from pipelines.survey.estimate import estimate_scales, survey_areas
from pipelines.survey.scale import score_table


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
    wrong = tuple(dict.fromkeys((*read.problems, *_contradictions(area, read))))
    remarks = read.statistics.remarks if read.statistics else ()
    listed = (f"{one.source}: {one.problem}: {one.examples}" for one in remarks if one.action == "listed")
    return wrong, (*listed, *mapping_remarks(area))


def _contradictions(area: AreaFile, read: Readings) -> Iterator[str]:
    """Where deliveries can be read, but contradict the area file or each other."""
    if read.places is not None:
        register = build_register(read.places, area.place_kinds, area.sources.places)
        wrong = attempt(lambda: completeness(register.functions, area.place_kinds))[1]
        yield from (f"area file {area.name}: {sentence}" for sentence in wrong)
    delivery = area.sources.respondents
    if delivery is not None and read.survey is not None:
        survey = read.survey
        wrong = attempt(lambda: score_table(survey.respondents, survey.answers, survey.items))[1]
        yield from (f"{delivery.codebook}: {sentence}" for sentence in wrong)
        if read.statistics is not None and not wrong:
            within = survey_areas(read.statistics.areas)
            wrong = attempt(lambda: estimate_scales(survey.respondents, survey.answers, survey.items, within))[1]
            yield from (f"{delivery.path}: {sentence}" for sentence in wrong)
