"""Half blocks, and the areas that CBS and the post office make of them: buurt, wijk, gemeente, PC6 and PC4.

Borders of buurten run along streets, those of PC4 areas along the backs of blocks: they overlap and never nest, as in
a real town. Who lives in an area is for `people` and `cbs_files`.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from pipelines.arrays import Flags, Floats, Ints, PyObjects, Strings
from pipelines.example.plan import Plan, Size, is_main_road, nearest, pc4_centres
from pipelines.example.words import Words

GEMEENTE, NEIGHBOUR = "GM9999", "GM9998"
GEMEENTE_NAMES = {GEMEENTE: "Voorbeeldstad", NEIGHBOUR: "Buurgemeente"}
FIRST_PC4, NEIGHBOUR_PC4 = 9901, 9951
_BOTH_SIDES_SHARE = 0.3
_PC4_SHAKE = 0.3
# Dutch postcodes leave out letters that look like digits, and three combinations.
_LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
_LEFT_OUT = ("SA", "SD", "SS")


@dataclass(frozen=True)
class Parcels:
    """Every half block: arrays (n,), in the order column, row, half (0 south, 1 north).

    `facing_row` is the lattice row of the street it faces; `buurt` an index into the plan's buurten; `postcode` PC6.
    """

    polygons: PyObjects
    column: Ints
    row: Ints
    half: Ints
    facing_row: Ints
    buurt: Ints
    postcode: Strings


@dataclass(frozen=True)
class AreaCodes:
    """Codes and names per buurt index, the neighbouring gemeente last; all of shape (buurten + 1,)."""

    buurt: Strings
    buurt_name: Strings
    wijk: Strings
    wijk_name: Strings
    gemeente: Strings


def draw_parcels(plan: Plan, rng: np.random.Generator) -> Parcels:
    """Cut every block in two halves and give each half its postcode."""
    shape = (*plan.buurt.shape, 2)
    column, row, half = (axis.ravel().astype(np.int64) for axis in np.indices(shape))
    facing_row = row + half
    buurt = plan.buurt[column, row]
    postcode = _postcodes(plan.size, (column, row, half), rng)
    return Parcels(_half_polygons(plan), column, row, half, facing_row, buurt, postcode)


def _half_polygons(plan: Plan) -> PyObjects:
    corners, row_mids, column_mids = plan.corners, plan.row_mids, plan.column_mids
    west, east = column_mids[:-1], column_mids[1:]
    south = np.stack([corners[:-1, :-1], row_mids[:, :-1], corners[1:, :-1], east, west], axis=2)
    north = np.stack([west, east, corners[1:, 1:], row_mids[:, 1:], corners[:-1, 1:]], axis=2)
    rings = np.stack([south, north], axis=2).reshape(-1, 5, 2)
    return np.asarray(shapely.polygons(rings))


def _postcodes(size: Size, halves: tuple[Ints, Ints, Ints], rng: np.random.Generator) -> Strings:
    column, row, half = halves
    facing_row = row + half
    stretches = (size.columns, size.blocks_y + 1)
    shake = rng.uniform(-_PC4_SHAKE, _PC4_SHAKE, (*stretches, 2))
    middles = np.stack([column + 0.5, facing_row], axis=-1) + shake[column, facing_row]
    pc4 = FIRST_PC4 + nearest(middles, pc4_centres(size, rng))
    pc4[column >= size.blocks_x] = NEIGHBOUR_PC4
    shared = (rng.random(stretches) < _BOTH_SIDES_SHARE) & _one_street(size)
    side = np.where(shared[column, facing_row], 1, half)
    return _lettered(pc4, np.stack([facing_row, column, side], axis=-1))


def _one_street(size: Size) -> Flags:
    """Rows where both sides of the street may share a postcode: no main road, no canal."""
    rows = np.array([not is_main_road(r) and r != size.canal_row for r in range(size.blocks_y + 1)])
    return rows[None, :]


def _lettered(pc4: Ints, stretch: Ints) -> Strings:
    """Postcodes such as 9901AB: letters in the order of the stretches (n, 3) within each PC4."""
    pairs = [a + b for a in _LETTERS for b in _LETTERS if a + b not in _LEFT_OUT]
    keys, unit = np.unique(np.column_stack([pc4, stretch]), axis=0, return_inverse=True)
    first = np.searchsorted(keys[:, 0], keys[:, 0])
    number = np.arange(len(keys)) - first
    codes = [f"{code}{pairs[n]}" for code, n in zip(keys[:, 0].tolist(), number.tolist(), strict=True)]
    return np.array(codes)[unit.ravel()]


def name_areas(plan: Plan, words: Words) -> AreaCodes:
    """Codes and names of buurten, wijken and gemeenten; a wijk is a part of a row of buurten."""
    size = plan.size
    index = np.arange(size.buurten)
    row, column = index // size.buurten_x, index % size.buurten_x
    wijk = row * size.wijken_x + column * size.wijken_x // size.buurten_x
    within = [int((wijk[:i] == number).sum()) + 1 for i, number in enumerate(wijk.tolist())]
    parts = [f"{w + 1:02d}" for w in wijk.tolist()]
    buurten = [f"BU9999{part}{n:02d}" for part, n in zip(parts, within, strict=True)]
    wijk_names = [f"{words.wijk_first[w // size.wijken_x]} {words.wijk_last[w % size.wijken_x]}".strip() for w in wijk]
    return AreaCodes(
        np.array([*buurten, "BU99980101"]),
        np.array([*(_buurt_name(words, i) for i in index.tolist()), "Buurkamp"]),
        np.array([*(f"WK9999{part}" for part in parts), "WK999801"]),
        np.array([*wijk_names, "Wijk Buurkamp"]),
        np.array([*[GEMEENTE] * size.buurten, NEIGHBOUR]),
    )


def _buurt_name(words: Words, index: int) -> str:
    firsts, lasts = len(words.buurt_first), len(words.buurt_last)
    return words.buurt_first[(index + index // firsts) % firsts] + words.buurt_last[index % lasts]


def dissolved(polygons: PyObjects, labels: Strings) -> tuple[Strings, PyObjects]:
    """Distinct labels (m,) in order, and the union (m,) of the polygons (n,) that carry each."""
    unique, inverse = np.unique(labels, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    groups = np.split(polygons[order], np.cumsum(np.bincount(inverse))[:-1])
    unions = np.empty(len(unique), dtype=object)
    unions[:] = [shapely.coverage_union_all(group) for group in groups]
    return unique, np.asarray(shapely.normalize(unions))


def outline(parcels: Parcels) -> Floats:
    """West, south, east and north (4,) of the town and its neighbour in RD metres."""
    return np.asarray(shapely.total_bounds(parcels.polygons), dtype=np.float64)
