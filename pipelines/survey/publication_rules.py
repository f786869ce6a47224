"""Whether an estimate is good enough to be told: yes, with caution, or not, and why.

Here is how sure an estimate must be. What may not go out lest it tells of people is for `protection/`.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.errors import ContractError
from pipelines.survey.contracts import AREA_TYPES
from pipelines.survey.leaning import Leaning
from pipelines.survey.weights import HEAVY_SHARE, HIGH_EFFECT

FEWEST_DIRECT, FEWEST_EVER = 30, 10
# Half the width of an interval, on scales and on differences of scales, from 0 to 10.
_SCALE_HALF = (0.4, 0.6)
_SHARE_HALF = (0.10, 0.15)
_SHARE_CV = (0.166, 0.333)
_RELIABLE = (0.70, 0.50)
# Under this weight of its own answers an estimate is that of areas like it.
NEARLY_SYNTHETIC = 0.1
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Verdicts:
    """Per estimate: `publish`, `caution` or `not`, and the reason ('' when it is published)."""

    verdict: PyObjects
    reason: PyObjects

    def at(self, place: Ints) -> "Verdicts":
        """Those of some of the estimates."""
        return Verdicts(self.verdict[place], self.reason[place])


@dataclass(frozen=True)
class Judged:
    """Estimates to judge, shape (n,): value, interval (NaN none), standard error, effective respondents.

    `leaning` tells on what they lean, where that is to be judged.
    `reliability` is NaN where it is not known, or does not apply: then the width alone decides. `is_share` of shares
    and their differences.
    """

    value: Floats
    lower: Floats
    upper: Floats
    se: Floats
    effective: Floats
    reliability: Floats
    is_share: bool = False
    leaning: Leaning | None = None


def require_area_type(area_type: str) -> None:
    """Refuse areas in which too few people live for a survey to say anything of them but who they are.

    Raises
    ------
    ContractError
        For a PC6, an H3 cell, or any other type that is not of a survey.
    """
    if area_type not in AREA_TYPES:
        raise ContractError(
            f"survey: nothing that residents said is told of a {area_type}: some forty people live there, so an answer "
            f"is nearly somebody's own. Ask for one of {list(AREA_TYPES)}."
        )


def judge_direct(judged: Judged, *, is_probability: bool) -> Verdicts:
    """Judge what an area's own answers say.

    Under 30 effective respondents never: thirty of whom one weighs most say no more than a few.
    A mean: reliability .70 and half the interval .4 at most to publish, .50 and .6 with
    caution. A share: coefficient of variation of the smaller part at most 16.6 %, or half the interval 10 points;
    33.3 % or 15 points with caution. Where it leans on few (`leaning`) with caution at best.
    Of a sample not drawn by chance nobody knows the error: with caution at best.
    """
    fine, fair = _precise(judged)
    reliable = np.nan_to_num(judged.reliability, nan=1.0)
    if not judged.is_share:
        fine, fair = fine & (reliable >= _RELIABLE[0]), fair & (reliable >= _RELIABLE[1])
    found = _leaning(judged, np.ones(len(fine)), _graded(fine, fair))
    if not is_probability:
        found = _worded(np.isfinite(judged.value), "caution", "no_probability_sample", found)
    return _worded(judged.effective < FEWEST_DIRECT - _ROUNDING, "not", "too_few_respondents", found)


def judge_model(judged: Judged, gamma: Floats, unsound: str) -> Verdicts:
    """Judge what a model says of areas.

    Where an area has fewer than thirty effective answers of its own the model says most of it, with caution at best:
    that areas lie around it as far apart wherever few live or many is then taken on trust, and simulated intervals of
    small areas held the truth in fewer than nine in ten.

    Parameters
    ----------
    judged
        Estimates, with the root of their squared error.
    gamma
        Weight of the area's own answers, shape (n,): under a tenth with caution at best. By so much it leans on them.
    unsound
        Why the model may not be used; '' when it may.
    """
    found = _leaning(judged, np.nan_to_num(gamma), _graded(*_precise(judged)))
    nearly = np.nan_to_num(gamma) < NEARLY_SYNTHETIC
    found = _worded(nearly & (found.verdict == "publish"), "caution", "synthetic", found)
    is_few = judged.effective < FEWEST_DIRECT - _ROUNDING
    found = _worded(is_few & (found.verdict == "publish"), "caution", "few_own_answers", found)
    found = _worded(~np.isfinite(judged.se), "not", "no_estimate", found)
    return _worded(np.full(len(gamma), bool(unsound)), "not", unsound, found)


def chosen_of_model(model: Verdicts, gamma: Floats, direct: Verdicts) -> Flags:
    """Where the model's estimate is told instead of the direct one, shape (n,).

    Where it may go out, but not where it hardly knows of the area's own answers while these may go out themselves.
    """
    is_own = (direct.verdict != "not") & (np.nan_to_num(gamma) < NEARLY_SYNTHETIC)
    return np.asarray((model.verdict != "not") & ~is_own)


def _precise(judged: Judged) -> tuple[Flags, Flags]:
    """Which are precise enough to publish, and which with caution; NaN compares as neither."""
    half = (judged.upper - judged.lower) / 2 - _ROUNDING
    fine, fair = _SHARE_HALF if judged.is_share else _SCALE_HALF
    if not judged.is_share:
        return np.asarray(half <= fine), np.asarray(half <= fair)
    smaller = np.minimum(np.abs(judged.value), 1 - np.abs(judged.value))
    with_smaller = [(smaller > 0) & (judged.se <= most * smaller) for most in _SHARE_CV]
    return np.asarray(with_smaller[0] | (half <= fine)), np.asarray(with_smaller[1] | (half <= fair))


def _leaning(judged: Judged, own: Floats, found: Verdicts) -> Verdicts:
    """Let estimates that lean on few be told with caution; `own` is how much each leans on the area's own answers."""
    if judged.leaning is None:
        return found
    told = found.verdict != "not"
    found = _worded(told & (own > 0) & (judged.leaning.effect > HIGH_EFFECT), "caution", "high_design_effect", found)
    return _worded(told & (own * judged.leaning.largest > HEAVY_SHARE), "caution", "heavy_respondent", found)


def _graded(fine: Flags, fair: Flags) -> Verdicts:
    verdict = np.where(fine, "publish", np.where(fair, "caution", "not")).astype(object)
    reason = np.where(fine, "", np.where(fair, "imprecise", "too_imprecise")).astype(object)
    return Verdicts(verdict, reason)


def _worded(where: Flags, verdict: str, reason: str, found: Verdicts) -> Verdicts:
    return Verdicts(
        np.where(where, verdict, found.verdict).astype(object), np.where(where, reason, found.reason).astype(object)
    )
