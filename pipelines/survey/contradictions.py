"""What cannot be true of a wave of a survey and of the lists beside it: more answers than people, or between choices.

Only numbers of people are told, never who: a stratum or a category of few respondents is not named. Where weights
cannot be made at all, `weights` says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.contradictions import Contradiction
from pipelines.survey.sample import Wave, margins_of
from pipelines.survey.weights import UNKNOWN

# With more choices people give marks, and half marks (7.5) are answers.
MOST_CHOICES = 7


@dataclass(frozen=True)
class DeliveredWave:
    """One wave, and the delivery it was read from."""

    wave: Wave
    delivery: RespondentDelivery


def delivered_waves(waves: Sequence[Wave], deliveries: Sequence[RespondentDelivery]) -> tuple[DeliveredWave, ...]:
    """Give each wave with respondents the delivery of its year."""
    by_year = {wave.year: wave for wave in waves if len(wave.respondents)}
    return tuple(DeliveredWave(by_year[one.vintage], one) for one in deliveries if one.vintage in by_year)


def contradictions_of(delivered: DeliveredWave) -> tuple[Contradiction, ...]:
    """Every contradiction in one wave, of any size.

    Parameters
    ----------
    delivered
        The wave, and where its files lie.
    """
    return (
        *_over_asked(delivered),
        *_over_margins(delivered),
        *_outside_margins(delivered),
        *_totals_apart(delivered),
        *_between_choices(delivered),
    )


def _over_asked(delivered: DeliveredWave) -> Iterator[Contradiction]:
    """Respondents beyond those who were asked in their stratum, or who live there where that is not told."""
    wave, delivery = delivered.wave, delivered.delivery
    if delivery.strata is None:
        return
    answered = wave.respondents.group_by("stratum").aggregate([("respondent_id", "count")])
    known = dict(zip(*(answered[name].to_pylist() for name in ("stratum", "respondent_id_count")), strict=True))
    frame = wave.strata.to_pylist()
    over = [max(known.get(row["stratum"], 0) - (row["asked"] or row["population"]), 0) for row in frame]
    strata = int(np.count_nonzero(over))
    problem = f"survey of {wave.year}: more people answered than were asked or live there, in {strata} strata"
    paths = (delivery.path, delivery.strata.path)
    yield from _found("respondents_asked", problem, paths, (sum(over), len(wave.respondents)))


def _over_margins(delivered: DeliveredWave) -> Iterator[Contradiction]:
    """Respondents beyond the people of their category, in the feature where these are most."""
    wave, delivery = delivered.wave, delivered.delivery
    if delivery.margins is None:
        return
    over: dict[str, float] = {}
    for margin in margins_of(wave):
        known = margin.category[margin.category != UNKNOWN]
        more = np.bincount(known, minlength=len(margin.persons)) - margin.persons
        over[margin.name] = float(np.maximum(more, 0).sum())
    feature = max(over, key=lambda name: over[name], default="")
    problem = f"survey of {wave.year}: more people answered than there are, in categories of {feature}"
    paths = (delivery.path, delivery.margins.path)
    yield from _found("margins_respondents", problem, paths, (over.get(feature, 0.0), len(wave.respondents)))


def _outside_margins(delivered: DeliveredWave) -> Iterator[Contradiction]:
    """Respondents whose age or word is known and fits no category, in the feature where these are most."""
    wave, delivery = delivered.wave, delivered.delivery
    if delivery.margins is None:
        return
    outside: dict[str, int] = {}
    for margin in margins_of(wave):
        told = wave.respondents[margin.name]
        is_known = pc.fill_null(pc.not_equal(told.cast(pa.string()), ""), fill_value=False)
        is_outside = is_known.to_numpy() & (margin.category == UNKNOWN)
        # A feature that nobody told cannot be raked to at all, which `weights` says.
        outside[margin.name] = int(is_outside.sum()) if (margin.category != UNKNOWN).any() else 0
    feature = max(outside, key=lambda name: outside[name], default="")
    problem = f"survey of {wave.year}: people answered who are of no category of {feature}"
    paths = (delivery.path, delivery.margins.path)
    yield from _found("margins_categories", problem, paths, (outside.get(feature, 0), len(wave.respondents)))


def _totals_apart(delivered: DeliveredWave) -> Iterator[Contradiction]:
    """How far apart the people are that each feature of the margins, and all strata, add up to."""
    wave, delivery = delivered.wave, delivered.delivery
    if delivery.margins is None:
        return
    totals = {margin.name: float(margin.persons.sum()) for margin in margins_of(wave)}
    if delivery.strata is not None:
        totals["strata"] = float(pc.sum(wave.strata["population"]).as_py() or 0)
    least, most = (choose(totals, key=lambda name: totals[name], default="") for choose in (min, max))
    apart = totals.get(most, 0.0) - totals.get(least, 0.0)
    problem = (
        f"survey of {wave.year}: the groups of {most} add up to {totals.get(most, 0):,.0f} people, those of {least} to "
        f"{totals.get(least, 0):,.0f}"
    )
    lists = (delivery.margins.path, *((delivery.strata.path,) if delivery.strata else ()))
    yield from _found("margins_totals", problem, lists, (apart, totals.get(most, 0.0)))


def _between_choices(delivered: DeliveredWave) -> Iterator[Contradiction]:
    """Answers between two choices of an item, over all items with few choices."""
    wave, delivery = delivered.wave, delivered.delivery
    ordered = _ordered_items(wave.items)
    own = wave.answers.filter(pc.is_in(wave.answers["item_id"], pa.array(ordered, pa.string())))
    given = own.filter(pc.is_valid(own["answer"]))
    between = given.filter(pc.not_equal(given["answer"], pc.round(given["answer"])))
    items = pc.count_distinct(between["item_id"]).as_py()
    problem = f"survey of {wave.year}: answers that are no whole number, to {items} items with a few choices"
    paths = (delivery.path, delivery.codebook)
    yield from _found("answers_between", problem, paths, (len(between), len(given)))


def _ordered_items(items: pa.Table) -> Sequence[str]:
    """Items of few choices, each a whole number."""
    rows = items.to_pylist()
    return [row["item_id"] for row in rows if _is_ordered(row["lowest"], row["highest"])]


def _is_ordered(lowest: float, highest: float) -> bool:
    return lowest.is_integer() and highest.is_integer() and highest - lowest < MOST_CHOICES


def _found(kind: str, problem: str, paths: tuple[str, ...], numbers: tuple[float, float]) -> Iterator[Contradiction]:
    count, of = numbers
    if count:
        yield Contradiction(kind, (), problem, count, of, paths=paths)


def with_caution(estimates: pa.Table, waves: Sequence[int]) -> pa.Table:
    """Let estimates of waves that rest on a contradiction be told with caution; what is not told stays untold.

    Parameters
    ----------
    estimates
        `survey/estimates`.
    waves
        Years of the waves in which a contradiction is noticed or accepted.
    """
    doubted = pc.and_(
        pc.is_in(estimates["wave"], pa.array(list(waves), pa.int64())), pc.not_equal(estimates["verdict"], "not")
    )
    for name, word in (("verdict", "caution"), ("reason", "counts_contradict")):
        place = estimates.schema.get_field_index(name)
        told = pc.if_else(doubted, word, estimates[name])
        estimates = estimates.set_column(place, estimates.schema.field(place), told)
    return estimates


def changes_with_caution(changes: pa.Table, waves: Sequence[int]) -> pa.Table:
    """Let a change be told with caution where either wave rests on a contradiction; that comes before other cautions.

    Parameters
    ----------
    changes
        `survey/changes`.
    waves
        Years of the waves in which a contradiction is noticed or accepted.
    """
    years = pa.array(list(waves), pa.int64())
    doubted = pc.or_(*(pc.is_in(changes[wave], years) for wave in ("wave_before", "wave_after")))
    told = pc.and_(doubted, pc.equal(changes["reason_missing"], ""))
    place = changes.schema.get_field_index("caution")
    words = pc.if_else(told, "counts_contradict", changes["caution"])
    return changes.set_column(place, changes.schema.field(place), words)
