"""Kerbs and barriers mapped on nodes, brought to the stretches they bear on.

A stretch has a mark only at its ends, because it was cut there. Reading the nodes and cutting is for
`osm_streets`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.sources.osm_values import kerb_height_m

# One stretch may have a barrier at each end and can name one: the one that stops most people.
_HARDEST_FIRST = (
    "turnstile", "full-height_turnstile", "stile", "kissing_gate", "fence", "wall", "hedge", "debris", "block",
    "jersey_barrier", "log", "chain", "rope", "cycle_barrier", "motorcycle_barrier", "hampshire_gate",
    "wicket_gate", "gate", "sliding_gate", "swing_gate", "lift_gate", "bump_gate", "cattle_grid", "bus_trap",
    "sump_buster", "bollard",
)  # fmt: skip
_NO_OBSTACLE = frozenset({"", "no", "kerb", "entrance", "border_control", "toll_booth"})
_FOOTWAYS = ("footway", "path", "pedestrian", "steps")
# Up to here a kerb stops nobody, so one of unknown height beside it leaves the highest unknown.
_HARMLESS_M = 0.03


@dataclass(frozen=True)
class Stretches:
    """Ends and kind of each stretch, shape (stretches,); `own_kerb_m` is NaN where the way itself names no kerb."""

    u: NDArray[np.int64]
    v: NDArray[np.int64]
    is_crossing: NDArray[np.bool_]
    highway: NDArray[np.object_]
    own_kerb_m: NDArray[np.float64]


@dataclass(frozen=True)
class Marks:
    """Kerbs and barriers by node, each sorted by node id; `kerb_m` is NaN where the height is unknown."""

    kerb_node: NDArray[np.int64]
    kerb_m: NDArray[np.float64]
    kerb_is_beside_road: NDArray[np.bool_]
    barrier_node: NDArray[np.int64]
    barrier: NDArray[np.object_]


def marks_of(tags_by_node: Mapping[int, Mapping[str, str]]) -> Marks:
    """Sort out the kerbs and barriers among tagged nodes; a node may be both, and `barrier=kerb` is a kerb only."""
    ordered = sorted(tags_by_node.items())
    kerbs = [(node, tags) for node, tags in ordered if _is_kerb(tags)]
    barriers = [(node, tags["barrier"].strip().lower()) for node, tags in ordered if "barrier" in tags]
    barriers = [(node, barrier) for node, barrier in barriers if barrier not in _NO_OBSTACLE]
    return Marks(
        kerb_node=np.array([node for node, _ in kerbs], dtype=np.int64),
        kerb_m=np.array([kerb_height_m(tags) for _, tags in kerbs], dtype=np.float64),
        kerb_is_beside_road=np.array([tags.get("highway") == "crossing" for _, tags in kerbs], dtype=np.bool_),
        barrier_node=np.array([node for node, _ in barriers], dtype=np.int64),
        barrier=np.array([barrier for _, barrier in barriers], dtype=np.object_),
    )


def _is_kerb(tags: Mapping[str, str]) -> bool:
    return tags.get("barrier") == "kerb" or not {"kerb", "kerb:height", "sloped_curb"}.isdisjoint(tags)


def _meetings(stretches: Stretches, nodes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (stretch, position in `nodes`) of every stretch end that is one of `nodes`, which are sorted."""
    ends = np.r_[stretches.u, stretches.v]
    stretch = np.tile(np.arange(len(stretches.u)), 2)
    if not len(nodes):
        return stretch[:0], stretch[:0]
    position = np.minimum(np.searchsorted(nodes, ends), len(nodes) - 1)
    meets = nodes[position] == ends
    return stretch[meets], position[meets]


def kerb_heights_on(stretches: Stretches, marks: Marks) -> NDArray[np.float64]:
    """Find the highest kerb on each stretch, in metres.

    Returns
    -------
    numpy.ndarray
        Shape (stretches,), at least 0. NaN: no kerb is mapped, or one is whose height nobody knows, unless
        another there is known to be over 3 cm (what is known to stop a wheel outweighs what is not known).
    """
    stretch, kerb = _meetings(stretches, marks.kerb_node)
    bears = _bears(stretches, marks, stretch, kerb)
    stretch, height_m = stretch[bears], marks.kerb_m[kerb[bears]]
    highest_m = stretches.own_kerb_m.copy()
    np.fmax.at(highest_m, stretch, height_m)
    has_unknown = np.zeros(len(highest_m), dtype=np.bool_)
    has_unknown[stretch[np.isnan(height_m)]] = True
    heights: NDArray[np.float64] = np.where(has_unknown & ~(highest_m > _HARMLESS_M), np.nan, highest_m)
    return heights


def _bears(
    stretches: Stretches, marks: Marks, stretch: NDArray[np.int64], kerb: NDArray[np.int64]
) -> NDArray[np.bool_]:
    has_crossing = np.zeros(len(marks.kerb_node), dtype=np.bool_)
    has_crossing[kerb[stretches.is_crossing[stretch]]] = True
    is_footway = np.isin(stretches.highway.astype(str), _FOOTWAYS)[stretch]
    without_crossing = ~has_crossing[kerb] & (is_footway | ~marks.kerb_is_beside_road[kerb])
    bears: NDArray[np.bool_] = stretches.is_crossing[stretch] | without_crossing
    return bears


def barriers_on(stretches: Stretches, marks: Marks) -> NDArray[np.object_]:
    """Name the barrier at an end of each stretch, the hardest of two; '' none mapped. Shape (stretches,)."""
    values = sorted(set(marks.barrier.tolist()), key=_hardness)
    rank = {value: number for number, value in enumerate(values)}
    names = np.array([*values, ""], dtype=np.object_)
    hardest = np.full(len(stretches.u), len(values))
    stretch, position = _meetings(stretches, marks.barrier_node)
    ranks = np.array([rank[value] for value in marks.barrier], dtype=np.int64)
    np.minimum.at(hardest, stretch, ranks[position])
    chosen: NDArray[np.object_] = names[hardest]
    return chosen


def _hardness(barrier: str) -> tuple[int, str]:
    known = _HARDEST_FIRST.index(barrier) if barrier in _HARDEST_FIRST else len(_HARDEST_FIRST)
    return known, barrier
