"""Write layers of GeoPackages and `;`-separated lists, with the same bytes for the same content.

Only file formats belong here; what the columns hold does not.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.raw import write as write_raw

from pipelines.arrays import PyObjects
from pipelines.geo import RD

Fields = Mapping[str, NDArray[np.generic] | PyObjects]
# GeoPackages hold the moment of writing; a fixed one makes two runs equal.
_WRITTEN = "2024-01-01T00:00:00Z"
_CLOCK = "OGR_CURRENT_DATE"
_DECIMALS = 3


@contextmanager
def fixed_clock() -> Iterator[None]:
    """Let GDAL write one fixed date instead of the present moment, and give it back its own clock after."""
    earlier = pyogrio.get_gdal_config_option(_CLOCK)
    pyogrio.set_gdal_config_options({_CLOCK: _WRITTEN})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_CLOCK: earlier})


def write_layer(path: Path, layer: str, geometry: PyObjects, fields: Fields) -> None:
    """Write one layer in RD, adding it to a GeoPackage that exists.

    Parameters
    ----------
    path
        The GeoPackage.
    layer
        Name of a layer that is not in it yet.
    geometry
        Points or polygons (n,) in RD metres; rounded to millimetres, so that shared borders stay shared.
    fields
        Columns (n,) by name; integers stay integers.
    """
    areal = int(shapely.get_dimensions(geometry).max(initial=0)) > 0
    exact = shapely.transform(geometry, lambda xy: np.round(xy, _DECIMALS))
    columns = [np.asarray(values, dtype=object) if values.dtype.kind == "U" else values for values in fields.values()]
    with fixed_clock():
        write_raw(
            path,
            shapely.to_wkb(exact),
            columns,
            list(fields),
            layer=layer,
            driver="GPKG",
            geometry_type="MultiPolygon" if areal else "Point",
            crs=RD,
            promote_to_multi=areal,
        )


def write_list(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> None:
    """Write a list as Dutch offices deliver it: `;` between the fields, decimal commas, empty for None."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows([_dutch(value) for value in row] for row in rows)


def _dutch(value: object) -> str:
    if value is None:
        return ""
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)
