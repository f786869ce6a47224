"""Ways of answering: whether two waves were answered in the same ways, and what to do when they were not.

People say other things to an interviewer than to a screen. Where the mix of ways changed, the earlier wave is weighed
as if it had been answered in the mix of the later one.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.arrays import Floats, Strings
from pipelines.survey.design import Design

UNKNOWN = ""
STANDARDISED = "mode_standardised"
# Shares of a way of answering that differ by more are another mix.
_SAME_MIX = 0.05


@dataclass(frozen=True)
class SameWays:
    """The design of the earlier wave to compare with, `caution` about it, or the `reason` why it cannot be."""

    design: Design
    caution: str = ""
    reason: str = ""


def mode_shares(modes: Strings, weight: Floats) -> dict[str, float]:
    """Give the weighted share of every way of answering; of known ones alone where some are known."""
    known = (modes != UNKNOWN) & (weight > 0)
    counts = known if known.any() else weight > 0
    total = float(weight[counts].sum())
    return {str(mode): float(weight[counts & (modes == mode)].sum()) / total for mode in np.unique(modes[counts])}


def same_ways(before: tuple[Strings, Design], after: tuple[Strings, Design]) -> SameWays:
    """Weigh the earlier wave to the ways of answering of the later one, where these differ by over five points.

    Parameters
    ----------
    before, after
        Ways of answering, shape (n,), '' unknown, and the design of each wave.

    Returns
    -------
    SameWays
        With `mode_unknown` as caution where neither wave tells how people answered, as reason where one does; with
        `other_modes` as reason where a way of either wave does not occur in the other.
    """
    modes, design = before
    shares, wanted = mode_shares(modes, design.weight), mode_shares(after[0], after[1].weight)
    is_told = [set(one) != {UNKNOWN} for one in (shares, wanted)]
    if not any(is_told):
        return SameWays(design, caution="mode_unknown")
    if not all(is_told):
        return SameWays(design, reason="mode_unknown")
    if set(shares) != set(wanted):
        return SameWays(design, reason="other_modes")
    if max(abs(shares[mode] - wanted[mode]) for mode in shares) <= _SAME_MIX:
        return SameWays(design)
    return SameWays(_standardised(modes, design, {m: wanted[m] / shares[m] for m in shares}), STANDARDISED)


def _standardised(modes: Strings, design: Design, factors: dict[str, float]) -> Design:
    """Post-stratify weights on the way of answering, which then counts among what they are calibrated on."""
    weight = design.weight * np.array([factors.get(str(mode), 1.0) for mode in modes])
    indicators = (modes[:, None] == np.unique(modes)[None, :]).astype(np.float64)
    known = design.calibration
    calibration = indicators if known is None else np.hstack([known, indicators])
    return replace(design, weight=weight, calibration=calibration)
