"""Which scales measure the same in two waves, and in every way of answering.

Here the groups are laid out; how they are judged is in `invariance`, what follows for a change in `trend`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Floats
from pipelines.survey.invariance import FEWEST, Invariance, invariance
from pipelines.survey.responses import Response, units_of
from pipelines.survey.trend import Held, asked_alike

WAVES, MODES = "waves", "modes"


@dataclass(frozen=True)
class Tested:
    """One scale, `between` waves or modes: what was found, and how many answered all its items."""

    indicator: str
    between: str
    found: Invariance
    respondents: int

    @property
    def word(self) -> str:
        """What was found: holds, varies, or why it cannot be judged."""
        return self.found.reason or ("varies" if self.found.varies else "holds")


def between_waves(before: Held, after: Held) -> tuple[Tested, ...]:
    """Judge every scale that both waves asked alike."""
    earlier = {one.indicator: one for one in before.given}
    return tuple(
        _tested(response, WAVES, (_units(before, earlier[response.indicator]), _units(after, response)))
        for response in _scales(after)
        if response.indicator in earlier and asked_alike(before, after, (earlier[response.indicator], response))
    )


def between_modes(held: Held) -> tuple[Tested, ...]:
    """Judge every scale over the ways of answering that a hundred respondents or more used; none where one is left."""
    modes = np.array(held.wave.respondents["mode"].to_pylist(), dtype=str)
    used = [mode for mode in np.unique(modes) if mode and np.sum(modes == mode) >= FEWEST]
    if len(used) <= 1:
        return ()
    return tuple(
        _tested(response, MODES, [_units(held, response)[modes == mode] for mode in used]) for response in _scales(held)
    )


def _scales(held: Held) -> Iterator[Response]:
    return (one for one in held.given if one.measured.measure.kind == "mean")


def _units(held: Held, response: Response) -> Floats:
    return units_of(response.measured, held.wave.respondents, held.wave.answers, held.wave.items)


def _tested(response: Response, between: str, groups: Sequence[Floats]) -> Tested:
    whole = sum(int(np.isfinite(group).all(axis=1).sum()) for group in groups)
    return Tested(response.indicator, between, invariance(groups), whole)


def varying(tested: Sequence[Tested]) -> frozenset[str]:
    """Scales that were found not to measure the same."""
    return frozenset(one.indicator for one in tested if one.found.varies)
