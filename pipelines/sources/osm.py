"""Open an OSM extract (`.osm.pbf`), and say in plain words what is wrong with one.

Here stand opening, filtering, errors and coordinates, which the readers of streets, places and benches share.
What the text of a tag means stands in `osm_values`; which objects are kept, in `osm_streets` and
`osm_places`.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from pipelines.errors import SourceError
from pipelines.geo import NETHERLANDS_RD_M, to_rd
from pipelines.sources.cbs import BUFFER_M
from pipelines.sources.vector import Layer, Remark, near

Mapped = osmium.osm.Node | osmium.osm.Way | osmium.osm.Relation | osmium.osm.Area
# libosmium keeps degrees as 32-bit counts of 1e-7 degree (about a centimetre); this one means: not in the
# extract.
UNLOCATED = 2**31 - 1
_UNITS_PER_DEGREE = 1e7
_EXAMPLES = 5


def osm_objects(path: Path, name: str, keys: Iterable[str], *, areas: bool = False) -> Iterator[Mapped]:
    """Yield the objects of an extract that carry one of `keys`; ways know where their nodes lie.

    The filter runs in libosmium: a Python handler costs 80 microseconds for every way of the file, wanted or
    not.

    Parameters
    ----------
    path
        The `.osm.pbf` file.
    name
        What to call the file in an error, e.g. its path under the raw folder.
    keys
        Tag keys; an object with any of them is yielded.
    areas
        Also yield an area for each closed way and multipolygon relation (the file is then read twice).

    Yields
    ------
    Mapped
        Valid until the next one is asked for.

    Raises
    ------
    SourceError
        When the file is missing, truncated, or no OSM PBF.
    """
    if not path.is_file():
        raise SourceError(
            f"{name}: there is no such file. Put the OSM extract there, or correct `path` in the area file."
        )
    wanted = osmium.filter.KeyFilter(*keys)
    extract = osmium.FileProcessor(osmium.io.File(str(path), "pbf")).with_locations().with_filter(wanted)
    if areas:
        extract = extract.with_areas(osmium.filter.KeyFilter(*keys))
    try:
        yield from (thing for thing in extract if isinstance(thing, Mapped))
    except (RuntimeError, OSError) as error:
        # libosmium throws no narrower class than RuntimeError for a file it cannot decode.
        raise SourceError(
            f"{name}: cannot be read as OSM PBF ({error}). It is probably truncated or another format: "
            "download or copy the complete .osm.pbf file again."
        ) from error


def rd_points(x_units: NDArray[np.int64], y_units: NDArray[np.int64], name: str) -> NDArray[np.float64]:
    """Transform OSM coordinates to RD metres.

    Parameters
    ----------
    x_units, y_units
        Longitude and latitude in units of 1e-7 degree; shape (n,).
    name
        What to call the file in an error.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2), finite, inside the outline of the Netherlands.

    Raises
    ------
    SourceError
        When a point lies outside the Netherlands.
    """
    longitude, latitude = x_units / _UNITS_PER_DEGREE, y_units / _UNITS_PER_DEGREE
    points = np.column_stack(to_rd(longitude, latitude))
    outside = ~_is_dutch(points)
    if outside.any():
        first = int(np.argmax(outside))
        exchanged = bool(_is_dutch(np.column_stack(to_rd(latitude[outside], longitude[outside]))).all())
        raise SourceError(
            f"{name}: {int(outside.sum())} of {len(points)} points lie outside the Netherlands "
            f"(first at longitude {longitude[first]:.4f}, latitude {latitude[first]:.4f}). {_mend(exchanged=exchanged)}"
        )
    return points


def _mend(*, exchanged: bool) -> str:
    if exchanged:
        return "Longitude and latitude seem to be exchanged: export the file again with the right axes."
    return "Cut the extract to the municipality and a few kilometres around it."


def _is_dutch(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    low_x, high_x, low_y, high_y = NETHERLANDS_RD_M
    x_m, y_m = points[:, 0], points[:, 1]
    inside: NDArray[np.bool_] = (x_m >= low_x) & (x_m <= high_x) & (y_m >= low_y) & (y_m <= high_y)
    return inside


def rows_near(
    geometries: NDArray[np.object_], outline: shapely.Geometry | None, name: str, *, may_be_none: bool = True
) -> NDArray[np.int64]:
    """Choose the geometries that can matter to the people of a municipality.

    Parameters
    ----------
    geometries
        In RD; shape (n,).
    outline
        The municipality in RD; None chooses all.
    name
        What to call the file in an error.
    may_be_none
        Whether a municipality can do without any.

    Returns
    -------
    numpy.ndarray
        Positions, ascending, of those within `BUFFER_M` metres of the outline.

    Raises
    ------
    SourceError
        When all lie more than 5 km away, or when none is chosen that may not be missed.
    """
    rows = np.arange(len(geometries))
    if outline is None or not len(rows):
        return rows
    layer = Layer(name, geometries, {"row": rows.astype(np.object_)})
    layer = near(layer, outline, BUFFER_M, may_be_none=may_be_none)
    return layer.column("row").astype(np.int64)


def remarks_on(name: str, groups: Iterable[tuple[str, str, Sequence[str]]]) -> tuple[Remark, ...]:
    """Sum up what was set aside or repaired: per group the problem, the action and the ids; none for no ids."""
    return tuple(
        Remark(name, problem, action, len(ids), ", ".join(ids[:_EXAMPLES])) for problem, action, ids in groups if ids
    )
