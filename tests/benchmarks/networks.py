"""Networks to measure on: generated ones of any size, with places and homes, kept as one `.npz` file each.

A generated network is a square of crossings 47 m apart, moved by up to 15 m; a fifth of the streets between neighbours
is left out. One place per 20 crossings, one home per 4, of eight kinds and at random. Nodes go along a Hilbert curve.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipelines.arrays import Floats, Ints

SPACING_M, SHIFT_M, LEFT_OUT = 47.0, 15.0, 0.2
NODES_PER_PLACE, NODES_PER_HOME, N_KINDS = 20, 4, 8
HILBERT_BITS = 16
HOME_ASIDE_M = 5.0


def real_deliveries() -> Path:
    """Where real deliveries lie, whether there are any or not."""
    return Path(os.environ.get("SAMENHANG_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))


class Town(NamedTuple):
    """Crossings, streets with their metres each way (NaN: forbidden), places at crossings, homes along streets."""

    x_m: Floats
    y_m: Floats
    u: Ints
    v: Ints
    forward_m: Floats
    backward_m: Floats
    place_node: Ints
    place_kind: Ints
    home_edge: Ints
    home_fraction: Floats

    @property
    def home_ends(self) -> tuple[Ints, Floats, Ints, Floats]:
        """Of every home: the two ends of its street, and the metres to each, its perpendicular included."""
        edge, aside_m = self.home_edge, np.where(np.isin(self.home_fraction, (0.0, 1.0)), 0.0, HOME_ASIDE_M)
        to_v = (1 - self.home_fraction) * self.forward_m[edge] + aside_m
        to_u = self.home_fraction * self.backward_m[edge] + aside_m
        return self.u[edge], to_u, self.v[edge], to_v


def generated(n_nodes: int, seed: int = 1) -> Town:
    """Make a town of about `n_nodes` crossings."""
    random = np.random.default_rng(seed)
    side = round(n_nodes**0.5)
    across, up = np.meshgrid(np.arange(side), np.arange(side))
    x_m, y_m = (SPACING_M * along.ravel() + random.uniform(-SHIFT_M, SHIFT_M, side**2) for along in (across, up))
    order = np.argsort(hilbert(x_m, y_m), kind="stable")
    number = np.empty(side**2, dtype=np.int64)
    number[order] = np.arange(side**2)
    grid = number.reshape(side, side)
    u = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
    v = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
    kept = random.random(len(u)) >= LEFT_OUT
    u, v = np.minimum(u, v)[kept], np.maximum(u, v)[kept]
    by_node = np.lexsort((v, u))
    u, v, x_m, y_m = u[by_node], v[by_node], x_m[order], y_m[order]
    metres = np.hypot(x_m[u] - x_m[v], y_m[u] - y_m[v])
    n_places, n_homes = side**2 // NODES_PER_PLACE, side**2 // NODES_PER_HOME
    # Places and homes lie where streets are; a crossing of which all streets were left out has none.
    doors, homes = random.integers(0, len(u), n_places), random.integers(0, len(u), n_homes)
    kinds = random.integers(0, N_KINDS, n_places)
    # Homes are numbered as the squares of 100 m are that they lie in: by column, and in it from south to north.
    homes = homes[np.lexsort((y_m[u[homes]] // 100, x_m[u[homes]] // 100))]
    return Town(x_m, y_m, u, v, metres, metres, u[doors], kinds, homes, random.random(n_homes))


def hilbert(x_m: Floats, y_m: Floats) -> Ints:
    """How far along a Hilbert curve points lie."""
    last = 2**HILBERT_BITS - 1
    x, y = ((along - along.min()) / (np.ptp(along) + 1e-9) * last for along in (x_m, y_m))
    x, y = x.astype(np.int64), y.astype(np.int64)
    along = np.zeros(len(x), dtype=np.int64)
    for bit in range(HILBERT_BITS - 1, -1, -1):
        right, upper = (x >> bit) & 1, (y >> bit) & 1
        along += ((3 * right) ^ upper) << (2 * bit)
        turned = (upper == 0) & (right == 1)
        x, y = np.where(turned, last - x, x), np.where(turned, last - y, y)
        x, y = np.where(upper == 0, y, x), np.where(upper == 0, x, y)
    return along


def save(town: Town, path: Path) -> None:
    """Keep a town."""
    np.savez(path, **town._asdict())


def load(path: Path) -> Town:
    """Read a town back."""
    with np.load(path) as kept:
        return Town(*(kept[name] for name in Town._fields))
