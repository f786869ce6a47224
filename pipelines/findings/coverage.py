"""How much is known of the streets around a home: whether the bounds of its reach are worth reading.

What is known of one stretch is counted in `streets/coverage`; here it is put together around H3 cells.
"""

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipelines.arrays import Floats
from pipelines.contracts import conform
from pipelines.findings.contracts import CELL_COVERAGE
from pipelines.geo import h3_cells, h3_disks

# Rings of cells around a cell that reach about 500 m as the crow flies, by H3 resolution.
RINGS = {9: 2, 10: 4, 11: 11}


def cell_coverage(edges: pa.Table, coverage: pa.Table, cells: NDArray[np.uint64], resolution: int) -> pa.Table:
    """Give the share of what bears on wheels that is known of the streets, and of the crossings, around cells.

    Parameters
    ----------
    edges, coverage
        Tables `streets/edges` and `streets/coverage`.
    cells
        H3 cells, in any order.
    resolution
        Of those cells: 9, 10 or 11.

    Returns
    -------
    pyarrow.Table
        `findings/cell_coverage`, one row per distinct cell. Streets count by their metres, within about 500 m as the
        crow flies; lines of sight across squares do not; a share is null where there is no street or no crossing.
    """
    wanted = np.unique(cells)
    lines = shapely.from_wkb(edges["geometry"].to_numpy())
    middles = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    street_cell = h3_cells(middles[:, 0], middles[:, 1], resolution)
    known = coverage["known_share"].to_numpy()
    length_m = np.where(edges["is_sight"].to_numpy(), 0.0, edges["length_m"].to_numpy())
    crossing = coverage["is_crossing"].to_numpy().astype(np.float64)
    sums = np.column_stack([known * length_m, length_m, known * crossing, crossing])
    around = _summed_around(wanted, street_cell, sums, RINGS[resolution])
    shares = {"known_share": _share(around[:, 0], around[:, 1]), "known_crossings": _share(around[:, 2], around[:, 3])}
    return conform(pa.table({"h3_cell": wanted, **shares}), CELL_COVERAGE)


def _summed_around(cells: NDArray[np.uint64], street_cell: NDArray[np.uint64], sums: Floats, rings: int) -> Floats:
    """Add up the columns of `sums` over the streets in the cells around each cell; shape (n_cells, n_columns)."""
    occupied, number = np.unique(street_cell, return_inverse=True)
    by_cell = np.zeros((len(occupied) + 1, sums.shape[1]))
    np.add.at(by_cell, number, sums)
    rows, near = h3_disks(cells, rings)
    at = np.searchsorted(occupied, near)
    empty = np.append(occupied, np.uint64(0))[at] != near
    around = np.zeros((len(cells), sums.shape[1]))
    # The last row of `by_cell` is of a cell without streets.
    np.add.at(around, rows, by_cell[np.where(empty, len(occupied), at)])
    return around


def _share(part: Floats, whole: Floats) -> pa.Array:
    none = whole <= 0
    return pa.array(np.clip(np.divide(part, whole, out=np.zeros(len(whole)), where=~none), 0.0, 1.0), mask=none)
