"""What every change of a release is called, and the one interval from which that follows.

Here all changes of all figures in all areas are looked at together, so that the many that are looked at do not make
chance look like change. A verdict says nothing that the interval beside it, as it is told, does not. The change itself
and its error are for `change`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import stdtrit

from pipelines.arrays import Flags, Floats, Strings
from pipelines.contracts import conform
from pipelines.survey.contracts import CHANGED, CHANGES, SAME, SLIGHTLY, UNKNOWN

# Of changes with a verdict, the share of which the interval may miss the truth. Were all of them given one, intervals
# would be of 90 %, and lie within a margin where two one-sided tests at .05 reject.
FALSE_SHARE = 0.10
# A smaller change is none that matters: points of a scale of 0-10, and share of people.
MARGIN, SHARE_MARGIN = 0.2, 0.05
# In what a change and its interval are told; a margin is a multiple of it.
STEP, SHARE_STEP = 0.1, 0.01
# An end this near to a multiple of the step is that multiple.
_DIGITS = 6
JUDGED = ("lower", "upper", "level", "margin", "compared", "verdict")


@dataclass(frozen=True)
class Differences:
    """Changes of which the error is known, and in which `step` and against which `margin` each is told, shape (m,)."""

    difference: Floats
    se: Floats
    freedom: Floats
    step: Floats
    margin: Floats

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Give the interval by Student's t, rounded outward to the step, shape (m,) each: it holds no less."""
        half = stdtrit(self.freedom, (1 + level) / 2) * self.se
        lower, upper = ((self.difference + end) / self.step for end in (-half, half))
        ends = (np.floor(np.round(lower, _DIGITS)), np.ceil(np.round(upper, _DIGITS)))
        told = [np.round(end * self.step, _DIGITS) + 0.0 for end in ends]
        return told[0], told[1]

    def verdicts(self, level: float) -> Strings:
        """Say of each what its interval says: apart from nought, within the margin, both or neither; shape (m,).

        References
        ----------
        Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680.
        """
        lower, upper = self.interval(level)
        apart = (lower > 0) | (upper < 0)
        small = (lower >= -self.margin) & (upper <= self.margin)
        return np.select([apart & small, apart, small], [SLIGHTLY, CHANGED, SAME], UNKNOWN)

    def level(self) -> float:
        """Give the level of all intervals: 1 - R q / m, with R the verdicts that intervals of that level give.

        Of the intervals with a verdict, `FALSE_SHARE` (q) at most is then expected to miss the truth, and a verdict is
        only wrong where its interval does. R is the largest number that holds, as Benjamini and Hochberg step up;
        without a verdict the level is that of one. NaN of no change at all.

        References
        ----------
        Benjamini and Yekutieli, Journal of the American Statistical Association 100 (2005) 71-81.
        """
        count = len(self.difference)
        told, selected, level = count, -1, np.nan
        while count and selected != told:
            selected = told
            level = 1 - FALSE_SHARE * max(selected, 1) / count
            told = int(np.sum(self.verdicts(level) != UNKNOWN))
        return level


def judged(compared: pa.Table) -> pa.Table:
    """Judge all changes of a release together.

    Parameters
    ----------
    compared
        `survey/changes` without the columns of `JUDGED`: of all waves, figures and areas. Those without a reason
        are looked at, whether or not they may go out: what is withheld moves no verdict.

    Returns
    -------
    pyarrow.Table
        `survey/changes`.
    """
    is_told = pc.equal(compared["reason_missing"], "").to_numpy()
    found = _differences(compared.filter(pa.array(is_told)))
    level = found.level()
    lower, upper = found.interval(level)
    words = np.full(len(compared), "", dtype=object)
    words[is_told] = found.verdicts(level)
    columns = {
        "lower": _spread(lower, is_told),
        "upper": _spread(upper, is_told),
        "level": _spread(np.full(len(lower), level), is_told),
        "margin": _spread(found.margin, is_told),
        "compared": pa.array(np.full(len(compared), len(lower))),
        "verdict": pa.array(words, pa.string()),
    }
    return conform(pa.table({name: compared[name] for name in compared.column_names} | columns), CHANGES)


def _differences(told: pa.Table) -> Differences:
    difference, se, freedom = (told[name].to_numpy().astype(np.float64) for name in ("change", "se", "freedom"))
    is_share = pc.equal(told["unit"], "share").to_numpy()
    step, margin = np.where(is_share, SHARE_STEP, STEP), np.where(is_share, SHARE_MARGIN, MARGIN)
    return Differences(difference, se, freedom, step, margin)


def _spread(own: Floats, is_told: Flags) -> pa.Array:
    """Numbers of those that are told in the rows of all; null elsewhere."""
    rows: Floats = np.full(len(is_told), np.nan)
    rows[is_told] = own
    return pa.array(rows, from_pandas=True)
