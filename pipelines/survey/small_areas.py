"""Estimates of small areas, with a model that is tested before anything of it may be published.

Here direct estimates and what CBS tells of areas become model estimates: variances made steady, with or without
neighbours, in agreement with the whole, and a verdict on the model. Which estimate is told is for `publication_rules`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from pipelines.arrays import Flags, Floats
from pipelines.errors import SourceError
from pipelines.survey.benchmarking import benchmarked
from pipelines.survey.diagnostics import diagnose
from pipelines.survey.fay_herriot import Predicted, fit_adjusted, predict
from pipelines.survey.spatial import Areas, fit_spatial, is_better, predict_spatial

_FEWEST_AREAS, _AREAS_PER_COVARIATE = 10, 2
_Z = float(stats.norm.ppf(0.975))
_SAME = 1e-9
_HIDDEN_SHARE = 1 / 3
ACCESS = (
    "dist_", "time_", "n_places", "n_types", "has_same_purpose", "people_", "households_", "depth_below", "barrier_",
    "rest_", "seat_", "e2sfca", "school_yard", "playground", "care_meeting", "data_coverage", "reach", "place_",
    "last_place", "change_access", "familiarity", "exposure", "mixing", "share_not_attached", "shared_place", "snap_",
)  # fmt: skip


@dataclass(frozen=True)
class Direct:
    """Direct estimates of areas of one type, shape (areas,) each; NaN where nobody answered.

    `variance` made steady, `people` who live there. `is_share`: of shares the model is one of their arcsine root, and
    the variance is of that root. Estimates stay within `lowest` and `highest`.
    """

    mean: Floats
    variance: Floats
    people: Floats
    lowest: float
    highest: float
    is_share: bool = False


@dataclass(frozen=True)
class Helps:
    """What helps to estimate: `covariates` (areas, q) and their `names`, `neighbours` (areas, areas), the `whole`."""

    names: tuple[str, ...]
    covariates: Floats
    neighbours: Floats
    whole: float


@dataclass(frozen=True)
class SmallAreas:
    """Model estimates, shape (areas,) each, and the model: NaN where the model cannot say anything.

    `reasons` tell why the model may not be published; none when it is sound. `shift` is what benchmarking added to the
    mean of all.
    """

    estimate: Floats
    mse: Floats
    lower: Floats
    upper: Floats
    gamma: Floats
    model: str
    covariates: tuple[str, ...]
    sigma2: float
    rho: float
    shift: float
    reasons: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether the model passes its tests."""
        return not self.reasons


def require_context(names: Collection[str], allowed: Collection[str]) -> None:
    """Refuse a covariate that is not of CBS, and above all one that tells how far places are.

    Parameters
    ----------
    names
        Covariates that are asked for.
    allowed
        Covariates that follow from counts of CBS.

    Raises
    ------
    SourceError
        Naming the covariate, and why it may not be used.
    """
    for name in sorted(set(names) - set(allowed)):
        why = (
            "it tells how far places are. The estimates are laid beside that later on: a model that contains it would "
            "find what was put into it"
            if name.startswith(ACCESS)
            else "it does not follow from counts of CBS, which are there for every area and not asked of respondents"
        )
        raise SourceError(f"covariate {name!r} of small areas: {why}. Take it out; known are {sorted(allowed)}.")


def estimate_areas(direct: Direct, helps: Helps) -> SmallAreas:
    """Estimate every area with a model, and test the model.

    A covariate that is not known of a third of the areas is left out; an area of which another is not known has no
    estimate. There must be ten areas that people answered
    from, and two more for each covariate: of more covariates the last are left out. The neighbours' model is used where
    its conditional AIC is lower by two.

    Parameters
    ----------
    direct
        What the answers of each area say.
    helps
        What CBS tells of the areas, and what is known of all together.

    Returns
    -------
    SmallAreas
        Intervals are estimate plus and less 1.96 roots of the squared error; of shares on the arcsine root.
    """
    mean, variance = _transformed(direct)
    helps = _often_told(helps)
    answered = np.isfinite(mean) & np.isfinite(variance)
    most = (int(np.sum(answered & np.isfinite(helps.covariates).all(axis=1))) - _FEWEST_AREAS) // _AREAS_PER_COVARIATE
    if most < 0:
        return _nothing(len(mean), "too_few_areas")
    design, names = _standardised(helps, most)
    known: Flags = np.asarray(np.isfinite(design).all(axis=1))
    told = known & answered
    plain = fit_adjusted(mean[told], variance[told], design[told])
    # An area of which CBS tells nothing has no neighbours here either.
    near = helps.neighbours[np.ix_(known, known)]
    areas = Areas(np.where(told, mean, np.nan)[known], variance[known], design[known], near)
    spatial = fit_spatial(areas) if near.any() else None
    if spatial is not None and is_better(spatial, plain):
        found, model, sigma2, rho = predict_spatial(spatial, areas), "spatial_fay_herriot", spatial.sigma2, spatial.rho
    else:
        found = predict(plain, areas.direct, areas.variance, areas.covariates)
        model, sigma2, rho = "fay_herriot", plain.sigma2, float("nan")
    reasons = diagnose(mean[told], variance[told], design[told], plain)
    back = _back(direct, _everywhere(found, known))
    agreed = benchmarked(back.estimate, back.mse, direct.people, helps.whole)
    return replace(
        back,
        **_kept_within(direct, back, agreed.correction, agreed.mse),
        model=model,
        covariates=names,
        sigma2=sigma2,
        rho=rho,
        shift=agreed.shift,
        reasons=reasons,
    )


def _transformed(direct: Direct) -> tuple[Floats, Floats]:
    """Means, of shares their arcsine roots, and their variances; NaN where either is not known."""
    has = np.isfinite(direct.mean) & (direct.variance > 0)
    mean = np.arcsin(np.sqrt(np.clip(direct.mean, 0, 1))) if direct.is_share else direct.mean
    return np.where(has, mean, np.nan), np.where(has, direct.variance, np.nan)


def _often_told(helps: Helps) -> Helps:
    told = (
        np.isfinite(helps.covariates).mean(axis=0) > 1 - _HIDDEN_SHARE if len(helps.covariates) else np.zeros(0, bool)
    )
    names = tuple(name for name, is_told in zip(helps.names, told, strict=False) if is_told)
    return replace(helps, names=names, covariates=helps.covariates[:, np.flatnonzero(told)])


def _standardised(helps: Helps, most: int) -> tuple[Floats, tuple[str, ...]]:
    """An intercept and at most so many covariates that tell areas apart, each more than those before, of spread 1."""
    known = np.isfinite(helps.covariates).all(axis=1)
    design = np.where(known, 1.0, np.nan)[:, None]
    names: list[str] = []
    for name, column in zip(helps.names, helps.covariates.T, strict=True):
        spread = column[known].std() if known.any() else 0.0
        if spread > _SAME and len(names) < most:
            wider = np.column_stack([design, (column - column[known].mean()) / spread])
            if np.linalg.matrix_rank(wider[known], tol=_SAME * known.sum()) == wider.shape[1]:
                design, names = wider, [*names, name]
    return design, tuple(names)


def _everywhere(found: Predicted, known: Flags) -> Predicted:
    """The same for all areas: NaN for those of which CBS tells nothing."""

    def wide(values: Floats) -> Floats:
        out = np.full(len(known), np.nan)
        out[known] = values
        return out

    return Predicted(wide(found.estimate), wide(found.gamma), wide(found.g1), wide(found.g2), wide(found.g3))


def _back(direct: Direct, found: Predicted) -> SmallAreas:
    """Estimates on the scale of the answers, with their interval before the whole is agreed with."""
    half = _Z * np.sqrt(found.mse)
    if direct.is_share:
        # E sin²(z) for z normal around the estimate; the interval is turned back end by end.
        estimate = 0.5 * (1 - np.cos(2 * found.estimate) * np.exp(-2 * found.mse))
        ends = [np.sin(np.clip(found.estimate + side * half, 0, np.pi / 2)) ** 2 for side in (-1, 1)]
        second = 0.375 - 0.5 * np.cos(2 * found.estimate) * np.exp(-2 * found.mse)
        fourth = second + 0.125 * np.cos(4 * found.estimate) * np.exp(-8 * found.mse)
        mse = np.maximum(fourth - estimate**2, 0)
    else:
        estimate, mse, ends = found.estimate, found.mse, [found.estimate - half, found.estimate + half]
    unknown = float("nan")
    return SmallAreas(estimate, mse, ends[0], ends[1], found.gamma, "", (), unknown, unknown, 0.0, ())


def _kept_within(direct: Direct, back: SmallAreas, correction: Floats, mse: Floats) -> dict[str, Floats]:
    """Estimate and interval moved to agree with the whole, within the scale, and as much wider as was moved."""
    wider = _Z * (np.sqrt(mse) - np.sqrt(back.mse))

    def within(values: Floats) -> Floats:
        return np.clip(values, direct.lowest, direct.highest)

    return {
        "estimate": within(back.estimate + correction),
        "mse": mse,
        "lower": within(back.lower + correction - wider),
        "upper": within(back.upper + correction + wider),
    }


def _nothing(count: int, reason: str) -> SmallAreas:
    none = np.full(count, np.nan)
    unknown = float("nan")
    return SmallAreas(none, none, none, none, none, "", (), unknown, unknown, 0.0, (reason,))
