"""Rows of a layer before anything is judged: as they stand in a file, in its own coordinate system."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipelines.arrays import Ints, PyObjects
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

    geometry: PyObjects
    fields: Mapping[str, PyObjects]
    numbers: Ints
    crs: str | None
    remarks: tuple[Remark, ...] = ()

    def in_order(self) -> "Rows":
        """The rows as they stand in the file: an index gives them as they lie."""
        order = np.argsort(self.numbers)
        fields = {name: values[order] for name, values in self.fields.items()}
        return replace(self, geometry=self.geometry[order], fields=fields, numbers=self.numbers[order])
