"""Sampling variances of small areas, made steady: what few respondents say of their own spread is mostly chance.

Here is the generalised variance function. What is done with the variances is for `fay_herriot`.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Areas with fewer respondents tell too little of their spread, and fewer areas too little of how it falls.
_FEWEST_RESPONDENTS, _FEWEST_AREAS = 10.0, 8


def smoothed_variances(variance: Floats, effective: Floats) -> Floats:
    """Give each area the variance that areas of its effective size have: log D = a + b log n.

    Fitted by least squares on areas of ten effective respondents or more that have a variance; of fewer than eight such
    areas, or when it would rise with size, D falls as 1/n. Either way the mean over those areas stays what it was.

    Parameters
    ----------
    variance
        Variance of each direct estimate, shape (areas,); NaN or 0 where it cannot be given.
    effective
        Effective respondents, shape (areas,).

    Returns
    -------
    numpy.ndarray
        Shape (areas,); NaN for an area without respondents, and for all when no area has a variance.

    References
    ----------
    Wolter, Introduction to Variance Estimation (2007), chapter 7.
    """
    told = np.isfinite(variance) & (variance > 0) & (effective > 1)
    used = told & (effective >= _FEWEST_RESPONDENTS) if (told & (effective >= _FEWEST_RESPONDENTS)).any() else told
    size: Floats = np.full(len(effective), np.nan)
    np.log(effective, out=size, where=effective > 0)
    if not used.any():
        return np.full(len(variance), np.nan)
    slope = _slope(size[used], np.log(variance[used]))
    shape = np.exp(slope * size)
    return np.asarray(shape * (variance[used].sum() / shape[used].sum()))


def _slope(size: Floats, log_variance: Floats) -> float:
    if len(size) < _FEWEST_AREAS or np.ptp(size) == 0:
        return -1.0
    slope = float(np.polyfit(size, log_variance, 1)[0])
    return slope if slope < 0 else -1.0
