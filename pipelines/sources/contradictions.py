"""What follows when deliveries contradict each other: nothing, a caution that is told, or a refusal.

The contradictions themselves are found where deliveries meet (`people/`, `survey/`); their thresholds stand in
`contradictions.yaml`, and what a municipality accepts in its area file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipelines.errors import SourceError
from pipelines.sources.area_file import AreaFile
from pipelines.sources.contradiction_kinds import ContradictionKind, Verdict, contradiction_kinds
from pipelines.sources.remarks import Remark

_SHOWN = 3


@dataclass(frozen=True)
class Contradiction:
    """So many units (`count`, of `of`) that cannot be true in all the deliveries of `roles`.

    `problem` says what contradicts what, in numbers. `worst` names the units where most does not fit, with how much;
    empty where the units are persons. `paths` are the files, where a role has several.
    """

    kind: str
    roles: tuple[str, ...]
    problem: str
    count: float
    of: float
    worst: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @property
    def facts(self) -> ContradictionKind:
        """What is known of its kind."""
        return contradiction_kinds()[self.kind]

    @property
    def share(self) -> float:
        """The part of all that does not fit, 0 to 1."""
        return self.count / self.of if self.of else 1.0

    @property
    def verdict(self) -> Verdict:
        """Whether it is noticed or refused; '' when it is too small for either."""
        return self.facts.verdict(self.count, self.of)


def refusals(found: Iterable[Contradiction], area: AreaFile) -> Iterator[str]:
    """One sentence (or more) for every contradiction that is refused and not accepted.

    Parameters
    ----------
    found
        Contradictions of any size.
    area
        What is accepted, and where the deliveries lie.
    """
    accepted = area.accepted
    for one in found:
        if one.verdict == "refused" and one.kind not in accepted:
            yield (
                f"{_sentence(one, area)}. Over {one.facts.refused.share:.1%} is refused: {one.facts.reason.en} To mend "
                f"it: {one.facts.mend}. If it is right as it is, say `accept: [{{contradiction: {one.kind}, reason: "
                "...}]` in the area file: the reason is published, and what rests on it carries caution."
            )


def require_accepted(found: Iterable[Contradiction], area: AreaFile) -> tuple[Remark, ...]:
    """Refuse what is refused, and tell what is noticed or accepted.

    Raises
    ------
    SourceError
        When a contradiction is over what is borne, and the area file does not accept it.
    """
    every = tuple(found)
    wrong = tuple(refusals(every, area))
    if wrong:
        raise SourceError("\n".join(wrong))
    return remarks(every, area)


def remarks(found: Iterable[Contradiction], area: AreaFile) -> tuple[Remark, ...]:
    """Contradictions that are told: noticed ones, and those that the area file accepts."""
    return tuple(
        Remark(_paths(one, area), _told(one, area), "contradicts", round(one.count), _worst(one, area))
        for one in found
        if one.verdict
    )


def met_kinds(told: Iterable[Remark]) -> frozenset[str]:
    """The kinds of contradiction that remarks of a run tell of."""
    return frozenset(one.problem.split(":", 1)[0] for one in told if one.action == "contradicts")


def unused(found: Iterable[Contradiction], area: AreaFile) -> tuple[Remark, ...]:
    """What the area file accepts, though nothing of the kind was met that had to be accepted."""
    met = {one.kind for one in found if one.verdict == "refused"}
    return tuple(
        Remark(f"area file {area.name}", f"accept: {kind} is unused: no such contradiction is refused", "noted", 0)
        for kind in area.accepted
        if kind not in met
    )


def _told(one: Contradiction, area: AreaFile) -> str:
    accepted = area.accepted.get(one.kind)
    why = f"; accepted: {accepted}" if accepted and one.verdict == "refused" else ""
    return f"{one.kind}: {_numbers(one)}{why}"


def _sentence(one: Contradiction, area: AreaFile) -> str:
    return f"{_paths(one, area)}: {_numbers(one)}{f' (most in {_worst(one, area)})' if one.worst else ''}"


def _numbers(one: Contradiction) -> str:
    return f"{one.problem}: {one.count:,.0f} {one.facts.unit} ({one.share:.1%}) do not fit"


def _worst(one: Contradiction, area: AreaFile) -> str:
    """The units where most does not fit; without how much where that follows from counts that are not public."""
    is_public = all(delivery.public for delivery in area.sources.all())
    return ", ".join(told if is_public else told.split(":", 1)[0] for told in one.worst[:_SHOWN])


def _paths(one: Contradiction, area: AreaFile) -> str:
    """The files that contradict each other: of ages of PC4 that are delivered apart, the table that counts them."""
    roles = ("pc4_ages" if role == "pc4" and area.sources.pc4_ages else role for role in one.roles)
    paths = [delivery.path for role in roles for delivery in area.sources.of(role)[:1]]
    return " and ".join(dict.fromkeys(one.paths or paths))
