"""Into which groups respondents are put whose answers are held side by side: by age, and by kind of household."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.arrays import Flags, Ints
from pipelines.sources.sampling_frame import age_bounds
from pipelines.survey.weights import UNKNOWN

# Who starts out, who is in the midst of work and children, and who has left work: they are home at other hours, and the
# booklet asks whether they meet. The same everywhere, so that wijken of two municipalities can be held side by side.
AGES = ("0-34", "35-64", "65+")
FEATURES = ("age", "household")


@dataclass(frozen=True)
class Grouping:
    """Respondents by one feature: its labels, and the number of the label of each, shape (n,); `UNKNOWN` of nobody."""

    feature: str
    labels: tuple[str, ...]
    number: Ints

    def sides(self, number: int) -> tuple[Flags, Flags]:
        """Who is of a group, and everybody else, shape (n,) each; who is of no known group is among the others."""
        own = self.number == number
        return own, ~own


def groupings(respondents: pa.Table) -> tuple[Grouping, ...]:
    """Put the respondents of one wave into groups, by every feature of which more than one group is known.

    Parameters
    ----------
    respondents
        `sources/respondents`: ages in years, households as delivered.
    """
    found = (_by_age(respondents), _by_household(respondents))
    return tuple(one for one in found if len(one.labels) > 1)


def _by_age(respondents: pa.Table) -> Grouping:
    ages = respondents["age"].to_numpy(zero_copy_only=False).astype(np.float64)
    number = np.full(len(ages), UNKNOWN, dtype=np.int64)
    for place, label in enumerate(AGES):
        youngest, oldest = age_bounds(label)
        number[(ages >= youngest) & (ages <= oldest)] = place
    return Grouping("age", AGES if (number != UNKNOWN).any() else (), number)


def _by_household(respondents: pa.Table) -> Grouping:
    words = np.array(respondents["household"].to_pylist(), dtype=str)
    labels = tuple(sorted({str(word) for word in words if word}))
    place = {label: number for number, label in enumerate(labels)}
    return Grouping("household", labels, np.array([place.get(str(word), UNKNOWN) for word in words], dtype=np.int64))
