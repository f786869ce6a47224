"""The plan of the example town: a bent lattice of blocks, the buurt each block lies in, and what it is used for.

The lattice, membership and use of blocks belong here. Streets, homes and files are drawn on it elsewhere.
Lattice rows run west to east and are numbered from the south; a block (i, j) lies between rows j and j + 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from pipelines.arrays import Floats, Ints, Strings
from pipelines.example.words import BuurtKind

SizeName: TypeAlias = Literal["klein", "groot"]

ORIGIN_RD_M = (150_000.0, 450_000.0)
BLOCK_M = (100.0, 72.0)
NEIGHBOUR_COLUMNS = 2
NEIGHBOUR_KIND = "tuinstad"
MAIN_ROAD_EVERY, FIRST_MAIN_ROAD = 8, 4
SIDEWALK_OFFSET_M = 7.0
QUAY_OFFSET_M = 18.0
TRUNK_OFFSET_M = 20.0
# The order of the buurten, south to north and west to east; `groot` repeats it.
_KINDS = (
    "bedrijven", "terp", "tuinstad", "nieuwbouw",
    "villa", "centrum", "vooroorlogs", "flats",
    "nieuwbouw", "vooroorlogs", "tuinstad", "flats",
)  # fmt: skip
# Coprime with the twelve kinds, so that the buurten of `groot` are mixed rather than striped.
_KIND_STRIDE = 7


@dataclass(frozen=True)
class Size:
    """How large the town is: blocks, buurten, wijken and PC4 areas along each axis; where canal and trunk road run."""

    blocks_x: int
    blocks_y: int
    buurten_x: int
    buurten_y: int
    wijken_x: int
    pc4_x: int
    pc4_y: int
    canal_row: int
    trunk_column: int
    respondents: int

    @property
    def columns(self) -> int:
        """Blocks from west to east, those of the neighbouring gemeente included."""
        return self.blocks_x + NEIGHBOUR_COLUMNS

    @property
    def buurten(self) -> int:
        """Buurten of the town itself; the neighbouring gemeente is one buurt more."""
        return self.buurten_x * self.buurten_y


SIZES: Mapping[SizeName, Size] = {
    "klein": Size(24, 16, 4, 3, 1, 3, 1, canal_row=8, trunk_column=18, respondents=900),
    "groot": Size(48, 40, 10, 6, 2, 4, 4, canal_row=16, trunk_column=30, respondents=2_500),
}


@dataclass(frozen=True)
class Plan:
    """The lattice in RD metres and what lies on it.

    `corners` (columns + 1, rows + 1, 2); `row_mids` (columns, rows + 1, 2) and `column_mids` (columns + 1, rows, 2)
    the bends halfway; `buurt` (columns, rows) the index of the buurt of each block, the last being the neighbouring
    gemeente; `use` of the same shape: homes, park, school, sport or works; `kinds` the kind of each buurt.
    """

    size: Size
    corners: Floats
    row_mids: Floats
    column_mids: Floats
    buurt: Ints
    use: Strings
    kinds: tuple[str, ...]


def draw_plan(size: Size, kinds: Mapping[str, BuurtKind], rng: np.random.Generator) -> Plan:
    """Draw the lattice, divide it into buurten, and give every block a use."""
    corners = _corners(size, rng)
    row_mids = (corners[1:] + corners[:-1]) / 2 + _bend(rng, (size.columns, size.blocks_y + 1), (4.0, 3.0))
    column_mids = (corners[:, 1:] + corners[:, :-1]) / 2 + _bend(rng, (size.columns + 1, size.blocks_y), (3.0, 2.0))
    buurt = _buurten(size, rng)
    count = size.buurten
    stride = 1 if count == len(_KINDS) else _KIND_STRIDE
    names = (*(_KINDS[index * stride % len(_KINDS)] for index in range(count)), NEIGHBOUR_KIND)
    use = _uses(buurt, [kinds[name] for name in names[:-1]], rng)
    return Plan(size, corners, row_mids, column_mids, buurt, use, names)


def _corners(size: Size, rng: np.random.Generator) -> Floats:
    i, j = np.meshgrid(np.arange(size.columns + 1), np.arange(size.blocks_y + 1), indexing="ij")
    phase = rng.uniform(0, 2 * np.pi, 2)
    x = ORIGIN_RD_M[0] + BLOCK_M[0] * i + 20 * np.sin(0.35 * j + phase[0])
    y = ORIGIN_RD_M[1] + BLOCK_M[1] * j + 16 * np.sin(0.28 * i + phase[1])
    return np.stack([x, y], axis=-1) + _bend(rng, i.shape, (4.0, 2.5))


def _bend(rng: np.random.Generator, shape: tuple[int, ...], reach_m: tuple[float, float]) -> Floats:
    return np.asarray(rng.uniform(-1, 1, (*shape, 2)) * np.array(reach_m), dtype=np.float64)


def _buurten(size: Size, rng: np.random.Generator) -> Ints:
    """Give each block the nearest of the buurt centres, which stand on a shaken grid; neighbours come last."""
    centres = _shaken_grid(size, (size.buurten_x, size.buurten_y), rng)
    i, j = np.meshgrid(np.arange(size.columns) + 0.5, np.arange(size.blocks_y) + 0.5, indexing="ij")
    buurt = nearest(np.stack([i, j], axis=-1), centres)
    buurt[size.blocks_x :] = size.buurten
    return buurt


def _shaken_grid(size: Size, cells: tuple[int, int], rng: np.random.Generator) -> Floats:
    step = np.array([size.blocks_x / cells[0], size.blocks_y / cells[1]])
    y, x = np.meshgrid(np.arange(cells[1]) + 0.5, np.arange(cells[0]) + 0.5, indexing="ij")
    grid = np.stack([x.ravel(), y.ravel()], axis=-1) + rng.uniform(-0.15, 0.15, (x.size, 2))
    return np.asarray(grid * step, dtype=np.float64)


def pc4_centres(size: Size, rng: np.random.Generator) -> Floats:
    """Centres (n, 2) of the PC4 areas of the town, in lattice units; apart from those of the buurten."""
    return _shaken_grid(size, (size.pc4_x, size.pc4_y), rng)


def nearest(points: Floats, centres: Floats) -> Ints:
    """Index of the nearest of `centres` (m, 2) to each of `points` (..., 2)."""
    distance = np.linalg.norm(points[..., None, :] - centres, axis=-1)
    return np.asarray(distance.argmin(axis=-1), dtype=np.int64)


def _uses(buurt: Ints, kinds: list[BuurtKind], rng: np.random.Generator) -> Strings:
    use = np.full(buurt.shape, "homes", dtype="<U6")
    for index, kind in enumerate(kinds):
        blocks = rng.permutation(np.argwhere(buurt == index))
        works = round(kind.works_share * len(blocks))
        uses = ["park"] * kind.parks + ["school"] * kind.schools + ["sport"] * kind.sports + ["works"] * works
        chosen = blocks[: len(uses)]
        use[chosen[:, 0], chosen[:, 1]] = uses[: len(chosen)]
    return use


def is_main_road(row: int) -> bool:
    """Whether the street along a lattice row is a main road with sidewalks of its own."""
    return row % MAIN_ROAD_EVERY == FIRST_MAIN_ROAD


def row_offset_m(size: Size, row: int) -> float:
    """How far walkers keep from the middle of a lattice row: on a sidewalk, on a quay, or on the street itself."""
    if row == size.canal_row:
        return QUAY_OFFSET_M
    return SIDEWALK_OFFSET_M if is_main_road(row) else 0.0


def junction(plan: Plan, column: int, row: int, east: int, north: int) -> Floats:
    """Where walkers meet at a lattice corner, on its `east` (1, 0, -1) and `north` (1, 0, -1) side; shape (2,)."""
    across_m = TRUNK_OFFSET_M if column == plan.size.trunk_column else 0.0
    shift = np.array([east * across_m, north * row_offset_m(plan.size, row)])
    return np.asarray(plan.corners[column, row] + shift, dtype=np.float64)


def track(plan: Plan, column: int, row: int, north: int) -> Floats:
    """Start, bend and end (3, 2) of the walkable line along one stretch of a row, on its `north` (1, -1) side."""
    middle = plan.row_mids[column, row] + np.array([0.0, north * row_offset_m(plan.size, row)])
    return np.array([junction(plan, column, row, 1, north), middle, junction(plan, column + 1, row, -1, north)])


def frontages(plan: Plan) -> Floats:
    """Start, bend and end of the street each half block faces; shape (columns, rows, 2, 3, 2).

    Half 0 of block (i, j) is its southern half and faces row j; half 1 faces row j + 1.
    """
    size = plan.size
    across_m = np.where(np.arange(size.columns + 1) == size.trunk_column, TRUNK_OFFSET_M, 0.0)[:, None, None]
    offset_m = np.array([row_offset_m(size, row) for row in range(size.blocks_y + 1)])
    east, north = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    start = plan.corners[:-1] + across_m[:-1] * east
    end = plan.corners[1:] - across_m[1:] * east
    lines = np.stack([start, plan.row_mids, end], axis=2)
    aside = offset_m[None, :, None, None] * north
    halves = [lines[:, :-1] + aside[:, :-1], lines[:, 1:] - aside[:, 1:]]
    return np.asarray(np.stack(halves, axis=2), dtype=np.float64)
