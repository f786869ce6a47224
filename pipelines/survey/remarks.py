"""What is remarkable about the sample once it is laid over the areas."""

from collections.abc import Container

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.instrument import measures_of
from pipelines.sources.remarks import Remark
from pipelines.survey.contradictions import DeliveredWave
from pipelines.survey.living import survey_areas, unplaced_respondents
from pipelines.survey.responses import stopped_scales


def unplaced_remarks(respondents: pa.Table, areas: pa.Table, wave: RespondentDelivery) -> tuple[Remark, ...]:
    """Count the respondents of a wave whose buurt or postcode is none of the area's, as when borders were redrawn.

    Those without any are not among them: the reader of the file counts them already.

    Parameters
    ----------
    respondents
        `sources/respondents`, of all waves.
    areas
        `sources/areas`.
    wave
        The wave that is meant.

    Returns
    -------
    tuple of Remark
        With their number, never with a code or a respondent; none when everyone is placed.
    """
    own = respondents.filter(pc.field("wave") == wave.vintage)
    housed = own.filter(pc.field("buurt_code") != "")
    counted = (
        ("buurt", "in no area", unplaced_respondents(housed, survey_areas(areas))),
        ("postcode", "in no PC4", _elsewhere(own, areas)),
    )
    return tuple(
        Remark(
            wave.path, f"respondent whose {what} is not in the area; kept in the sample, {where}", "set_aside", count
        )
        for what, where, count in counted
        if count
    )


def stopped_remarks(delivered: DeliveredWave) -> tuple[Remark, ...]:
    """Tell which scales are left out, as an item runs against the others of its scale; the other scales go on.

    Parameters
    ----------
    delivered
        The wave, and where its files lie.

    Returns
    -------
    tuple of Remark
        With the number of such items, which are questions and no persons.
    """
    wave = delivered.wave
    return tuple(
        Remark(
            delivered.delivery.codebook,
            f"items of scale {scale!r} that run against the others of it ({', '.join(wrong)}); the scale is left out. "
            "Look at their lines: is `omgekeerd` right (ja when a high answer means little), and `schaal`?",
            "set_aside",
            len(wrong),
        )
        for scale, wrong in stopped_scales(wave.respondents, wave.answers, wave.items).items()
    )


def untold_remarks(delivered: DeliveredWave, indicators: Container[str]) -> tuple[Remark, ...]:
    """Tell which scales of the codebook's own are reckoned and do not go out, as the catalogue does not know them.

    Parameters
    ----------
    delivered
        The wave, and where its files lie.
    indicators
        Ids of the catalogue of indicators.
    """
    own = [one.name for one in measures_of(delivered.wave.items) if not one.instrument and one.name not in indicators]
    problem = (
        f"scales {own} are not published: no indicator has that name. Use an instrument, or the id of an indicator"
    )
    return (Remark(delivered.delivery.codebook, problem, "noted", len(own)),) if own else ()


def unanswered_remarks(delivered: DeliveredWave) -> tuple[Remark, ...]:
    """Count the strata from which nobody answered, and what part of the people they are.

    Parameters
    ----------
    delivered
        The wave, and where its files lie.
    """
    wave, delivery = delivered.wave, delivered.delivery
    if delivery.strata is None:
        return ()
    is_heard = pc.is_in(wave.strata["stratum"], wave.respondents["stratum"].combine_chunks())
    silent = wave.strata.filter(pc.invert(is_heard))
    if not len(silent):
        return ()
    share = pc.sum(silent["population"]).as_py() / pc.sum(wave.strata["population"]).as_py()
    problem = f"nobody answered from {len(silent)} strata, with {share:.0%} of the people: no figure speaks of them"
    return (Remark(delivery.strata.path, problem, "noted", len(silent)),)


def _elsewhere(respondents: pa.Table, areas: pa.Table) -> int:
    """Respondents whose PC4 is none of those delivered; nobody where no PC4 was delivered."""
    known = areas.filter(pc.field("area_type") == "pc4")["area_code"].combine_chunks()
    named = respondents.filter(pc.field("pc4") != "")
    if not len(known):
        return 0
    return len(named) - int(pc.sum(pc.is_in(named["pc4"], known)).as_py() or 0)
