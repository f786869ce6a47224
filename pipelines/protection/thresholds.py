"""The numbers of protection: from here into Python and the audit, into SQL as parameters, into the words of classes."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipelines.arrays import Floats, Strings
from pipelines.survey.publication_rules import FEWEST_DIRECT, FEWEST_EVER

# People are told by so many. CBS tells its own counts so, and an imaginary five may be added to or taken from any sum.
BASE = 5
# A number of people under this is told as "under it" only: the least that output rules of statistical offices accept.
SHOWN_FROM = 10
# From here classes of PC6 and cells do not tell numbers apart.
MANY = 50
COUNT_BOUNDS = (SHOWN_FROM, MANY)
# Respondents: what a survey value needs, what one without a model needs, and many.
RESPONDENT_BOUNDS = (FEWEST_EVER, FEWEST_DIRECT, 100)


def class_words(bounds: Sequence[int]) -> tuple[str, ...]:
    """The words of the classes that start at each bound: `10-29`, `30-99`, `100+`."""
    between = (f"{low}-{high - 1}" for low, high in pairwise(bounds))
    return (*between, f"{bounds[-1]}+")


COUNT_WORDS = (f"<{SHOWN_FROM}", *class_words(COUNT_BOUNDS))
RESPONDENT_WORDS = class_words(RESPONDENT_BOUNDS)


def count_classes(rounded: Floats) -> Strings:
    """The class of every rounded number of people, shape (n,)."""
    return np.asarray(COUNT_WORDS)[np.searchsorted(COUNT_BOUNDS, rounded, side="right")]


def shown(number: Floats) -> Floats:
    """Numbers of people as they are told, shape (n,): by five, and none (NaN) under ten."""
    rounded = BASE * np.floor(number / BASE + 0.5)
    return np.asarray(np.where(rounded < SHOWN_FROM, np.nan, rounded), dtype=np.float64)


# Rates and shares of a sample are told in such steps, and only where a step is five respondents or more: who knows how
# many were asked would know how many answered.
RATE_STEP = 0.05
RATE_WIDTH = 5.0

# What the SQL of this room is given of the numbers above.
OF_PEOPLE = {
    "base": float(BASE), "shown_from": float(SHOWN_FROM), "count_bounds": list(map(float, COUNT_BOUNDS)),
    "count_words": list(COUNT_WORDS),
}  # fmt: skip
OF_RATES = {"rate_step": RATE_STEP, "rate_width": RATE_WIDTH}
OF_RESPONDENTS = {"respondent_bounds": list(RESPONDENT_BOUNDS), "respondent_words": list(RESPONDENT_WORDS)}
