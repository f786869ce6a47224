"""A layer as readers hand it on: geometries in RD, columns untouched, and what is told of them."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pipelines.arrays import Flags, Ints, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.remarks import Remark

_SHOWN = 5


def _no_rows() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Layer:
    """One layer in RD: `geometry` (n,) of shapely geometries, `fields` one array (n,) per column.

    `first_line` is where the first row stands in a list, for errors; 1 in a layer, which has rows and no lines.
    `without_geometry` holds the columns of the rows that lie nowhere, an array (m,) each; they are in none of `fields`.
    `rows` (n,) are the numbers of the rows in their file, from 1; empty where they were never counted.
    """

    source: str
    geometry: PyObjects
    fields: Mapping[str, PyObjects]
    remarks: tuple[Remark, ...] = field(default=())
    first_line: int = 1
    without_geometry: Mapping[str, PyObjects] = field(default_factory=dict)
    rows: Ints = field(default_factory=_no_rows)

    def keep(self, mask: Flags, remarks: tuple[Remark, ...] = ()) -> "Layer":
        """Give the rows where `mask` (n,) is true, with `remarks` added."""
        kept = {name: values[mask] for name, values in self.fields.items()}
        rows = self.rows[mask] if len(self.rows) else self.rows
        return replace(self, geometry=self.geometry[mask], fields=kept, remarks=self.remarks + remarks, rows=rows)

    def lose(self, lost: Flags, problem: str) -> "Layer":
        """Set the rows aside where `lost` (n,) is true, as they lie nowhere; their columns stay at hand."""
        if not lost.any():
            return self
        columns = {name: values[lost] for name, values in self.fields.items()}
        before = self.without_geometry
        every = {name: np.concatenate([before.get(name, values[:0]), values]) for name, values in columns.items()}
        remark = Remark(self.source, problem, "set_aside", int(lost.sum()), self.named(np.flatnonzero(lost)))
        return replace(self.keep(~lost, (remark,)), without_geometry=every)

    def number(self, place: int) -> int:
        """The number of a row in its file, from 1."""
        return int(self.rows[place]) if len(self.rows) else place + 1

    def named(self, places: Ints) -> str:
        """The first of some rows, by their numbers in the file."""
        return "rows " + ", ".join(str(self.number(place)) for place in places[:_SHOWN])

    def column(self, name: str) -> PyObjects:
        """One column, or an error that lists what there is."""
        if name not in self.fields:
            raise SourceError(
                f"{self.source}: column {name!r} is missing{_alike(name, self.fields)}; it has {sorted(self.fields)}. "
                "Deliver it with that column. Where yours has another name, correct `columns` of this source in the "
                "area file (for a CBS layer `vintage`, from which the names of its columns follow)."
            )
        return self.fields[name]


def _alike(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f" (is it {close[0]!r}?)" if close else ""
