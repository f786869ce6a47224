"""Paths from homes to places over streets cut at seats: their steps, their legs from seat to seat, points along them.

A path leaves a home by its perpendicular, goes along pieces, and comes in by the perpendicular of a door.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Flags, Floats, Ints
from pipelines.errors import ContractError
from pipelines.reach.ground import Ground
from pipelines.reach.pieces import FARTHEST_M, SNAP, UNITS_PER_M
from pipelines.reach.rest_kernel import path_search

THREADS = 2
# Pairs are rounded in their own way: look a metre farther than they say.
SPARE_M = 1.0


@dataclass(frozen=True)
class Paths:
    """Found paths: rows of homes, numbers of places, rows of doors; the steps of path k are `starts[k]:starts[k + 1]`.

    `pieces` and `backward` say along which piece a step goes and which way, `units` how far. The first and the last
    step of a path go along a part of their piece, and may be of no length.
    """

    homes: Ints
    places: Ints
    doors: Ints
    starts: Ints
    pieces: Ints
    backward: Flags
    units: Ints

    @property
    def is_first(self) -> Flags:
        """Whether a step is the first of its path; shape (n_steps,)."""
        mask = np.zeros(len(self.units), dtype=bool)
        mask[self.starts[:-1]] = True
        return mask

    @property
    def is_last(self) -> Flags:
        """Whether a step is the last of its path; shape (n_steps,)."""
        mask = np.zeros(len(self.units), dtype=bool)
        mask[self.starts[1:] - 1] = True
        return mask


@dataclass(frozen=True)
class Legs:
    """Stretches from seat to seat, perpendiculars included: their path, units, and units from home to their begin."""

    path: Ints
    units: Ints
    begin: Ints


@dataclass(frozen=True)
class Spots:
    """Points along edges: edge and share of its length from u."""

    edge: Ints
    fraction: Floats


def find_paths(ground: Ground, homes: Ints, places: Ints, metres: Floats) -> tuple[Paths, Ints]:
    """Find the shortest path of each pair, however many are asked: the same pair always gets the same path.

    Parameters
    ----------
    ground
        Streets cut at seats, homes, doors.
    homes, places
        Row of the home and number of the place, of shape (n,).
    metres
        How far to look for each pair.

    Returns
    -------
    tuple of Paths and numpy.ndarray
        The paths that were found, and for each the number of its pair; by place, then by home.
    """
    order = np.lexsort((homes, places))
    n_places = len(ground.place_ids)
    starts = np.searchsorted(places[order], np.arange(n_places + 1))
    limits = np.zeros(n_places)
    np.maximum.at(limits, places, np.minimum(metres + SPARE_M, FARTHEST_M))
    ends, steps = path_search(ground, homes[order], starts, np.rint(limits * UNITS_PER_M).astype(np.int64), THREADS)
    found = np.flatnonzero(ends[:, 0] >= 0)
    step_starts = np.concatenate([[0], np.cumsum(ends[found, 1])])
    asked = order[found]
    way = steps[:, 0] % 2 == 1
    return Paths(homes[asked], places[asked], ends[found, 0], step_starts, steps[:, 0] // 2, way, steps[:, 1]), asked


def find_known_paths(ground: Ground, homes: Ints, places: Ints, metres: Floats) -> Paths:
    """Find the paths of pairs that are known to be within reach, in the order of the pairs.

    Raises
    ------
    ContractError
        When a pair has no path: it was made of other streets.
    """
    paths, asked = find_paths(ground, homes, places, metres)
    if len(asked) != len(homes):
        raise ContractError(
            f"reach/pairs of profile {ground.profile!r}, bound {ground.bound!r}: {len(homes) - len(asked)} pairs have "
            "no path along streets/edges. Make the pairs anew from these very streets."
        )
    return taken(paths, np.argsort(asked))


def taken(paths: Paths, rows: Ints) -> Paths:
    """Select paths by their rows, in the order of the rows."""
    counts = np.diff(paths.starts)[rows]
    starts = np.concatenate([[0], np.cumsum(counts)])
    steps = np.repeat(paths.starts[:-1][rows] - starts[:-1], counts) + np.arange(starts[-1])
    return Paths(
        paths.homes[rows],
        paths.places[rows],
        paths.doors[rows],
        starts,
        paths.pieces[steps],
        paths.backward[steps],
        paths.units[steps],
    )


def lengths_m(ground: Ground, paths: Paths) -> Floats:
    """Give the length of each path in metres, both perpendiculars included; shape (n_paths,)."""
    walked = np.add.reduceat(np.append(paths.units, 0), paths.starts[:-1]) if len(paths.homes) else paths.units[:0]
    metres: Floats = (walked + ground.homes[paths.homes, SNAP] + ground.doors[paths.doors, SNAP]) / UNITS_PER_M
    return metres


def legs_of(ground: Ground, paths: Paths) -> Legs:
    """Split each path at the seats it passes; at least one leg per path, legs of no length included.

    A seat is passed where a step ends at it; who begins or ends at a seat sits there too.
    """
    pieces, first = ground.pieces, paths.is_first
    node = np.where(paths.backward, pieces.u[paths.pieces], pieces.v[paths.pieces])
    sits_after = pieces.is_seat[node] & ~paths.is_last
    begins = first | np.concatenate([[False], sits_after[:-1]])[: len(first)]
    leg_starts = np.flatnonzero(begins)
    path = (np.cumsum(first) - 1)[leg_starts]
    units = np.add.reduceat(np.append(paths.units, 0), leg_starts) if len(leg_starts) else paths.units[:0]
    is_first_leg, is_last_leg = np.diff(path, prepend=-1) > 0, np.diff(path, append=len(paths.homes)) > 0
    units = units + np.where(is_first_leg, ground.homes[paths.homes[path], SNAP], 0)
    units = units + np.where(is_last_leg, ground.doors[paths.doors[path], SNAP], 0)
    so_far = np.cumsum(units) - units
    begin = so_far - np.repeat(so_far[is_first_leg], np.bincount(path, minlength=len(paths.homes)))
    return Legs(path, units, begin)


def walked_legs(legs: Legs) -> Flags:
    """Tell which legs have a length; of a path without any, the first. Shape (n_legs,)."""
    reached = np.bincount(legs.path, legs.units)
    is_first = np.diff(legs.path, prepend=-1) > 0
    mask: Flags = (legs.units > 0) | (is_first & (reached[legs.path] == 0))
    return mask


def longest_legs(legs: Legs) -> Ints:
    """Find the row of the longest leg of each path; of equals the first. Shape (n_paths,)."""
    order = np.lexsort((np.arange(len(legs.path)), -legs.units, legs.path))
    is_first = np.diff(legs.path[order], prepend=-1) > 0
    return order[is_first]


def spots_along(ground: Ground, paths: Paths, units: Ints) -> Spots:
    """Find the point so many units from home on each path; on a perpendicular, the foot of it.

    Parameters
    ----------
    ground, paths
        Where the paths go.
    units
        From the home, its perpendicular included; shape (n_paths,).
    """
    walked = np.cumsum(paths.units) - paths.units
    path_begin = walked[paths.starts[:-1]]
    target = path_begin + np.maximum(units - ground.homes[paths.homes, SNAP], 0)
    step = np.searchsorted(walked, target, side="right") - 1
    step = np.clip(step, paths.starts[:-1], paths.starts[1:] - 1)
    into = np.minimum(target - walked[step], paths.units[step])
    begin, end = step_shares(ground, paths)
    share = np.divide(into, paths.units[step], out=np.zeros(len(step)), where=paths.units[step] > 0)
    fraction = begin[step] + share * (end[step] - begin[step])
    return Spots(ground.pieces.edge[paths.pieces[step]], fraction)


def step_shares(ground: Ground, paths: Paths) -> tuple[Floats, Floats]:
    """Give the fractions of the edge at which each step begins and ends; shape (n_steps,) each."""
    pieces = ground.pieces
    low, high = pieces.begin[paths.pieces], pieces.end[paths.pieces]
    begin, end = np.where(paths.backward, high, low), np.where(paths.backward, low, high)
    first, last = paths.starts[:-1], paths.starts[1:] - 1
    begin[first] = ground.home_fraction[paths.homes]
    end[last] = ground.door_fraction[paths.doors]
    return begin, end


def rows_of_homes(ground: Ground, origin_ids: Ints) -> Ints:
    """Find the rows of homes by their origin_id.

    Raises
    ------
    ContractError
        When one is not attached.
    """
    return _rows(ground.home_ids, origin_ids, ("origin", "street"))


def numbers_of_places(ground: Ground, place_ids: Ints) -> Ints:
    """Find the numbers of places by their place_id.

    Raises
    ------
    ContractError
        When one is not attached, or has no door that is open to the profile in this bound.
    """
    return _rows(ground.place_ids, place_ids, ("place", "street by an open door"))


def _rows(known: Ints, wanted: Ints, words: tuple[str, str]) -> Ints:
    order = np.argsort(known)
    position = np.searchsorted(known, wanted, sorter=order)
    sound = position < len(known)
    sound[sound] = known[order[position[sound]]] == wanted[sound]
    if not sound.all():
        name, hook = words
        raise ContractError(
            f"reach/attachments: {name} {wanted[~sound][0]} hangs on no {hook}. Attach it, or ask for another."
        )
    rows: Ints = order[position]
    return rows
