"""Which two delivered places may be one: near each other, of one kind, and of one name as far as they have names.

Which of these are merged, and what the one takes from the other, is for `merging`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from pipelines.arrays import Floats, Ints, PyObjects
from pipelines.places.names import ALIKE, likeness

# Registers put one school at its door, its middle or its address: rarely over 100 m apart, and then the name decides.
SAME_NAME_M = 100.0
# Without a name only what stands on the same spot is one: a plot is some 20 m deep, playgrounds lie farther apart.
NAMELESS_M = 20.0
# Who keeps a list knows what it tells apart: within one delivery only one place drawn twice is one.
SAME_PLACE_M = 5.0
RULES = ("same_place", "same_name", "nameless")


@dataclass(frozen=True)
class Candidates:
    """Places, n of them, in order of precedence: those of one delivery have one `rank`, the first has the lowest.

    `geometry` in RD, `kinds` one bit for each function, `names` plain names ('' none).
    """

    geometry: PyObjects
    rank: Ints
    kinds: Ints
    names: PyObjects


class Match(NamedTuple):
    """Two places that may be one: rows of the one to keep and the other, metres apart, likeness, number of its rule."""

    kept: int
    other: int
    metres: float
    likeness: float
    rule: int


def matches(places: Candidates) -> Iterator[Match]:
    """Give the pairs that may be one place, the surest first, of each delivery before those of less precedence."""
    kept, other = _neighbours(places)
    # Farthest-reaching test last: distances to outlines cost most.
    alike_kind = (places.kinds[kept] & places.kinds[other]) != 0
    kept, other = kept[alike_kind], other[alike_kind]
    scores = likeness(places.names[kept].tolist(), places.names[other].tolist())
    same_delivery = places.rank[kept] == places.rank[other]
    hopeful = np.where(same_delivery, places.names[kept] == places.names[other], ~(scores < ALIKE))
    hopeful &= ~(same_delivery & np.isnan(scores))
    kept, other, scores, same_delivery = kept[hopeful], other[hopeful], scores[hopeful], same_delivery[hopeful]
    metres: Floats = shapely.distance(places.geometry[kept], places.geometry[other])
    rule = np.where(same_delivery, 0, np.where(np.isnan(scores), 2, 1))
    near = metres <= np.array([SAME_PLACE_M, SAME_NAME_M, NAMELESS_M])[rule]
    order = np.lexsort((other, kept, -np.nan_to_num(scores), metres, rule, places.rank[kept]))
    order = order[near[order]]
    columns = [part[order].tolist() for part in (kept, other, metres, scores, rule)]
    return (Match(*row) for row in zip(*columns, strict=True))


def _neighbours(places: Candidates) -> tuple[Ints, Ints]:
    """Pair each place with those of its delivery at the spot and with those of others around, each pair once."""
    tree = shapely.STRtree(places.geometry)
    at_spot = tree.query(places.geometry, predicate="dwithin", distance=SAME_PLACE_M)
    # A pair of two deliveries has a place that is not of the largest: only around those is there anything to seek.
    smaller = np.flatnonzero(places.rank != np.argmax(np.bincount(places.rank, minlength=1)))
    around = tree.query(places.geometry[smaller], predicate="dwithin", distance=SAME_NAME_M)
    one = np.concatenate([at_spot[0], smaller[around[0]]])
    other = np.concatenate([at_spot[1], around[1]])
    keys = np.unique(np.minimum(one, other) * len(places.rank) + np.maximum(one, other)) if len(one) else one
    first, second = keys // max(len(places.rank), 1), keys % max(len(places.rank), 1)
    return first[first != second], second[first != second]
