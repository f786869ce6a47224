"""Homes from an OSM extract: every object with a house number, as a point to walk from.

OSM does not say which address is a dwelling: shops and offices count too. Where the BAG is delivered, use it instead.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import shapely

from pipelines.errors import SourceError
from pipelines.sources.codes import PC6, code_of
from pipelines.sources.contracts import ADDRESSES
from pipelines.sources.house_numbers import split_house_number
from pipelines.sources.osm import UNLOCATED, Mapped, rd_points, remarks_on, rows_near, scan_osm
from pipelines.sources.osm_closed import closed_groups, why_gone
from pipelines.sources.remarks import Remark

_Found = tuple[str, str, int, int, str]


def read_osm_addresses(
    path: Path, name: str, outline: shapely.Geometry | None = None, year: int | None = None
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the addresses (`addr:housenumber`) of an OSM extract; one on a building stands at its first corner.

    Parameters
    ----------
    path
        The OSM file, see `scan_osm`.
    name
        What to call it in errors and remarks.
    outline
        The area in RD: only addresses within 1,300 m of it are kept. None keeps all.
    year
        In which the extract was made, see `why_gone`; None: dates are not looked at.

    Returns
    -------
    tuple
        `sources/addresses` with ids such as `node/12`, and remarks on addresses that have no place or are closed.

    Raises
    ------
    SourceError
        When the file is missing, cut short, nothing of OSM, misplaced, or holds no address near the area.
    """
    scan = partial(_scan, year=year)
    (found, closed), remarks = scan_osm(path, name, ("addr:housenumber",), scan)
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
        [_pc6(one[1]) for one in kept],
        points[near, 0],
        points[near, 1],
        [number for number, _ in doors],
        [letter for _, letter in doors],
        # OSM tells neither who lives there nor the floor.
        [False] * len(kept),
        [None] * len(kept),
    ]
    without = [one[0] for one in kept if one[1] and not _pc6(one[1])]
    problems = [
        ("address without place", "set_aside", [one[0] for one in found if one[2] == UNLOCATED]),
        ("address whose postcode is none", "read without it", without),
        *closed_groups("address", closed),
    ]
    return pa.table(columns, schema=ADDRESSES.schema), remarks + remarks_on(name, problems)


def _pc6(text: str) -> str:
    """A postcode in full; '' where volunteers wrote something else, or four digits alone."""
    return code_of(text, PC6) or ""


def _scan(things: Iterable[Mapped], year: int | None) -> tuple[list[_Found], list[tuple[str, str]]]:
    """The addresses in the order of their ids, and (reason, id) of what is closed."""
    found: list[_Found] = []
    closed: list[tuple[str, str]] = []
    for thing in things:
        if not isinstance(thing, osmium.osm.Node | osmium.osm.Way):
            continue
        source_id = f"{'node' if isinstance(thing, osmium.osm.Node) else 'way'}/{thing.id}"
        tags = dict(thing.tags)
        # An empty house is a home still.
        if reason := why_gone(tags, year, visible=thing.visible):
            closed.append((reason, source_id))
        else:
            found.append((source_id, tags.get("addr:postcode", ""), *_place(thing), tags["addr:housenumber"]))
    return sorted(found), closed


def _place(thing: osmium.osm.Node | osmium.osm.Way) -> tuple[int, int]:
    if isinstance(thing, osmium.osm.Node):
        return thing.location.x, thing.location.y
    return next(((node.x, node.y) for node in thing.nodes if node.x != UNLOCATED), (UNLOCATED, UNLOCATED))
