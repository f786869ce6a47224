"""What a page says about its own origin: sources, licences, budgets, release and day.

Nothing here reads a file or the clock; whoever publishes passes the facts in.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.pages.words import dutch_number, words
from pipelines.sources.area_file import AreaFile, Sources
from pipelines.sources.contradiction_kinds import contradiction_kinds
from pipelines.sources.delivery import Delivery
from pipelines.sources.fetch.ledger import Retrieval


@dataclass(frozen=True)
class Source:
    """One delivery: what it is, which year it speaks of, on what terms, and how many of its rows were set aside.

    `path` names the file under the raw folder; `rows_set_aside` counts rows, 0 or more. `retrieval` tells when and from
    where it was fetched; None when somebody put it there.
    """

    name: str
    path: str
    vintage: int
    licence: str
    attribution: str
    rows_set_aside: int
    retrieval: Retrieval | None = None

    @property
    def retrieved_on(self) -> date | None:
        """The day it was fetched (UTC); None when it was not."""
        return datetime.fromisoformat(self.retrieval.retrieved).date() if self.retrieval else None


@dataclass(frozen=True)
class Budget:
    """How far a profile goes, one way: metres or seconds, whichever binds; the other is None."""

    profile: str
    metres: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class AcceptedContradiction:
    """A kind of contradiction, in plain Dutch and English, and the reason that the municipality gives to accept it."""

    kind: str
    contradiction: str
    english: str
    reason: str


@dataclass(frozen=True)
class Colophon:
    """Where the figures of one release come from. `budgets` has one entry for each profile that is shown."""

    release_id: str
    published_on: date
    sources: tuple[Source, ...]
    budgets: tuple[Budget, ...]
    accepted: tuple[AcceptedContradiction, ...] = ()


def accepted_contradictions(area: AreaFile, met: Container[str]) -> tuple[AcceptedContradiction, ...]:
    """What an area file accepts, in its own order.

    Parameters
    ----------
    area
        The area file.
    met
        Kinds of contradiction that this run met: what was accepted and never met is not told.
    """
    kinds = contradiction_kinds()
    return tuple(
        AcceptedContradiction(kind, kinds[kind].nl, kinds[kind].en, reason)
        for kind, reason in area.accepted.items()
        if kind in met
    )


def delivered_sources(
    area: AreaFile, rows_set_aside: Mapping[str, int], retrievals: Mapping[str, Retrieval]
) -> tuple[Source, ...]:
    """List the deliveries an area file names, in its own order.

    Parameters
    ----------
    area
        The area file.
    rows_set_aside
        Rows set aside, by the delivery's path; a path that is not in it had none.
    retrievals
        What was fetched, by path; a path that is not in it was put there by somebody.
    """
    return tuple(
        Source(
            name=words().sources[key].nl,
            path=delivery.path,
            vintage=delivery.vintage,
            licence=delivery.licence,
            attribution=delivery.attribution,
            rows_set_aside=rows_set_aside.get(delivery.path, 0),
            retrieval=retrievals.get(delivery.path),
        )
        for key, delivery in _deliveries(area.sources)
    )


def _deliveries(sources: Sources) -> Iterator[tuple[str, Delivery]]:
    for key in type(sources).model_fields:
        yield from ((key, delivery) for delivery in sources.of(key))


def budget_words(budget: Budget) -> str:
    """How far a profile goes, in words: 500 meter, 10 minuten, or both; '' when neither binds."""
    parts = []
    if budget.metres is not None:
        parts.append(f"{dutch_number(budget.metres)} meter")
    if budget.seconds is not None:
        parts.append(f"{dutch_number(budget.seconds / 60)} minuten")
    return " of ".join(parts)


def attributions(sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Each attribution once, in the order of the sources."""
    return tuple(dict.fromkeys(source.attribution for source in sources))
