"""Homes from an OSM extract: every object with a house number, as a point to walk from.

OSM does not say which address is a dwelling: shops and offices count too. Where the BAG is delivered, use it instead.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import shapely

from pipelines.errors import SourceError
from pipelines.sources.contracts import ADDRESSES
from pipelines.sources.house_numbers import plain_postcode, split_house_number
from pipelines.sources.osm import UNLOCATED, osm_objects, rd_points, remarks_on, rows_near
from pipelines.sources.vector import Remark

_Found = tuple[str, str, int, int, str]


def read_osm_addresses(
    path: Path, name: str, outline: shapely.Geometry | None = None
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the addresses (`addr:housenumber`) of an OSM extract; one on a building stands at its first corner.

    Parameters
    ----------
    path
        The `.osm.pbf` file.
    name
        What to call it in errors and remarks.
    outline
        The area in RD: only addresses within 1,300 m of it are kept. None keeps all.

    Returns
    -------
    tuple
        `sources/addresses` with ids such as `node/12`, and remarks on addresses that have no place.

    Raises
    ------
    SourceError
        When the file is missing, truncated, no OSM PBF, misplaced, or holds no address near the area.
    """
    found = sorted(_addresses(path, name))
    placed = [one for one in found if one[2] != UNLOCATED]
    if not placed:
        raise SourceError(f"{name}: holds no house number. Deliver the BAG as `addresses`, or leave them out.")
    units = np.array([one[2:4] for one in placed], dtype=np.int64)
    points = rd_points(units[:, 0], units[:, 1], name)
    near = rows_near(np.asarray(shapely.points(points), dtype=object), outline, name, may_be_none=False)
    kept = [placed[row] for row in near.tolist()]
    doors = [split_house_number(one[4]) for one in kept]
    columns = [
        [one[0] for one in kept],
        [one[1] for one in kept],
        points[near, 0],
        points[near, 1],
        [number for number, _ in doors],
        [letter for _, letter in doors],
        # OSM tells neither who lives there nor the floor.
        [False] * len(kept),
        [None] * len(kept),
    ]
    lost = [one[0] for one in found if one[2] == UNLOCATED]
    return pa.table(columns, schema=ADDRESSES.schema), remarks_on(name, [("address without place", "set_aside", lost)])


def _addresses(path: Path, name: str) -> Iterator[_Found]:
    for thing in osm_objects(path, name, ("addr:housenumber",)):
        postcode = plain_postcode(thing.tags.get("addr:postcode"))
        house = thing.tags.get("addr:housenumber") or ""
        if isinstance(thing, osmium.osm.Node):
            yield f"node/{thing.id}", postcode, thing.location.x, thing.location.y, house
        elif isinstance(thing, osmium.osm.Way):
            corner = next((node for node in thing.nodes if node.x != UNLOCATED), None)
            place = (corner.x, corner.y) if corner else (UNLOCATED, UNLOCATED)
            yield f"way/{thing.id}", postcode, *place, house
