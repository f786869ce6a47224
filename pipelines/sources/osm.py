"""Scan an OSM file for the objects that matter, and bring what is found to the Netherlands.

Here stand filtering, order, coordinates and remarks, which the readers of streets, places and benches share.
What the text of a tag means stands in `osm_values`; which objects are kept, in `osm_streets` and
`osm_places`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import osmium
import shapely

from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.errors import SourceError
from pipelines.geo import NETHERLANDS_RD_M, to_rd
from pipelines.sources.cbs import BUFFER_M
from pipelines.sources.osm_file import OsmFile, OutOfOrderError, in_plain_words, open_osm
from pipelines.sources.osm_order import put_in_order
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer, near

Mapped = osmium.osm.Node | osmium.osm.Way | osmium.osm.Relation | osmium.osm.Area
Found = TypeVar("Found")
_RANK: Mapping[type, int] = {osmium.osm.Node: 0, osmium.osm.Way: 1, osmium.osm.Relation: 2}
# libosmium keeps degrees as 32-bit counts of 1e-7 degree (about a centimetre); this one means: not in the
# extract.
UNLOCATED = 2**31 - 1
_UNITS_PER_DEGREE = 1e7
_EXAMPLES = 5


def scan_osm(
    path: Path, name: str, keys: Iterable[str], scan: Callable[[Iterator[Mapped]], Found], *, areas: bool = False
) -> tuple[Found, tuple[Remark, ...]]:
    """Scan the objects of an OSM file that carry one of `keys`; ways know where their nodes lie.

    The filter runs in libosmium: a Python handler costs 80 microseconds for every way of the file, wanted or
    not. A file that turns out not to be in order is put in order, and scanned again.

    Parameters
    ----------
    path
        The file: `.osm.pbf`, `.osm`, `.osm.gz`, `.osm.bz2` or `.opl`.
    name
        What to call the file in an error, e.g. its path under the raw folder.
    keys
        Tag keys; an object with any of them is scanned.
    scan
        Takes the objects, each valid until the next one is asked for.
    areas
        Scan also an area for each closed way and multipolygon relation (the file is then read twice).

    Returns
    -------
    tuple
        What `scan` gave, and remarks on the file as a whole.

    Raises
    ------
    SourceError
        When the file is missing, cut short, or no map of OSM.
    """
    opened = open_osm(path, name)
    wanted = tuple(keys)
    if opened.is_in_order is False:
        opened = put_in_order(opened)
    try:
        try:
            return scan(_objects(opened, wanted, areas=areas)), opened.remarks
        except OutOfOrderError:
            opened = put_in_order(opened)
            return scan(_objects(opened, wanted, areas=areas)), opened.remarks
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: holds text that is no UTF-8 ({error.reason}). Export it again.") from error


def _objects(opened: OsmFile, keys: Sequence[str], *, areas: bool) -> Iterator[Mapped]:
    entities = osmium.osm.osm_entity_bits.OBJECT
    extract = (
        osmium.FileProcessor(opened.source(), entities).with_locations().with_filter(osmium.filter.KeyFilter(*keys))
    )
    if areas:
        extract = extract.with_areas(osmium.filter.KeyFilter(*keys))
    with in_plain_words(opened):
        things = (thing for thing in extract if isinstance(thing, Mapped))
        yield from things if opened.is_in_order else _in_order(things, opened.name)


def _in_order(things: Iterator[Mapped], name: str) -> Iterator[Mapped]:
    """Yield objects as long as they come in order; nodes that a way lacks may come behind it."""
    last = (0, 0)
    for thing in things:
        if not isinstance(thing, osmium.osm.Area):
            place = (_RANK[type(thing)], thing.id)
            if thing.id <= 0 or place <= last or (isinstance(thing, osmium.osm.Way) and _lacks_ends(thing)):
                raise OutOfOrderError(name)
            last = place
        yield thing


def _lacks_ends(way: osmium.osm.Way) -> bool:
    return any(way.nodes[end].x == UNLOCATED or way.nodes[end].ref <= 0 for end in (0, -1) if len(way.nodes))


def rd_points(x_units: Ints, y_units: Ints, name: str) -> Floats:
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


def shapes_to_rd(geometries: PyObjects, name: str) -> PyObjects:
    """Transform geometries in 1e-7 degree to RD metres; None stays None."""

    def transform(units: Floats) -> Floats:
        return rd_points(units[:, 0].astype(np.int64), units[:, 1].astype(np.int64), name)

    # shapely's stubs forget that the geometries may be an array of which some are None.
    moved: PyObjects = shapely.transform(geometries, transform)
    return moved


def _mend(*, exchanged: bool) -> str:
    if exchanged:
        return "Longitude and latitude seem to be exchanged: export the file again with the right axes."
    return "Cut the extract to the municipality and a few kilometres around it."


def _is_dutch(points: Floats) -> Flags:
    low_x, high_x, low_y, high_y = NETHERLANDS_RD_M
    x_m, y_m = points[:, 0], points[:, 1]
    inside: Flags = (x_m >= low_x) & (x_m <= high_x) & (y_m >= low_y) & (y_m <= high_y)
    return inside


def rows_near(geometries: PyObjects, outline: shapely.Geometry | None, name: str, *, may_be_none: bool = True) -> Ints:
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
