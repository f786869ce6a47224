"""Rows of a layer before anything is judged: as they stand in a file, in its own coordinate system."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.sources.remarks import Remark


@dataclass(frozen=True)
class Description:
    """What a file says of a layer without reading its rows.

    `bounds` are in the system of the layer, None where they are not known; `searched` tells whether rows can be found
    by where they lie, without reading the others.
    """

    n_rows: int
    crs: str | None
    bounds: tuple[float, float, float, float] | None
    geometry_name: str
    searched: bool


@dataclass(frozen=True)
class Rows:
    """Geometries (n,), columns (n,) each, and the numbers (n,) of the rows in the file, from 1."""

    geometry: NDArray[np.object_]
    fields: Mapping[str, NDArray[np.object_]]
    numbers: NDArray[np.int64]
    crs: str | None
    remarks: tuple[Remark, ...] = ()
