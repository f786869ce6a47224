"""Whether the polygons of a level can be the borders of its areas: none missing, none on top of another.

Whether one polygon is valid is for `vector.py`; which rows are of the area, for the reader of each level.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely

from pipelines.arrays import Flags, PyObjects, Strings
from pipelines.errors import SourceError
from pipelines.sources.cbs_counts import numbers
from pipelines.sources.cbs_reading import Reading
from pipelines.sources.mending import POLYGONAL, polygons_in
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer

# Of the smaller of two areas. Borders that were drawn or simplified one by one overlap by centimetres; where over a
# hundredth of an area lies in another, it cannot be said in which of them somebody lives.
OVERLAP_TOLD = 0.001
OVERLAP_REFUSED = 0.01
# Of what the buurten of a wijk cover: under half of it inside, the wijk lies elsewhere.
INSIDE_TOLD = 0.99
INSIDE_REFUSED = 0.5
# Slits between borders that do not quite meet are no gaps.
GAP_M2 = 1_000.0
# B is water abroad, in older maps of CBS.
_WATER, _LAND = {"JA", "B"}, {"NEE", ""}
_SHOWN = 5


@dataclass(frozen=True)
class Borders:
    """Polygons (n,) in RD of one kind of area, with their codes (n,), and the file they come from."""

    source: str
    codes: PyObjects | Strings
    geometry: PyObjects


def require_polygons(layer: Layer) -> Layer:
    """Give a layer of areas back, of collections (what is left of cutting and mending) the polygons in them.

    Raises
    ------
    SourceError
        When a row is a point or a line: nobody lives in those.
    """
    geometry = layer.geometry.copy()
    collected = np.flatnonzero(shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for place in collected[shapely.is_valid(geometry[collected])]:
        geometry[place] = polygons_in(geometry[place])
    is_area = np.isin(shapely.get_type_id(geometry), POLYGONAL) & ~shapely.is_empty(geometry)
    if not is_area.all():
        raise SourceError(
            f"{layer.source}: {int((~is_area).sum()):,} of {len(is_area):,} rows are points or lines, no areas. "
            "Deliver the layer with the borders."
        )
    if not len(collected):
        return layer
    problem = "collection of polygons, lines and points: its polygons are the area"
    remark = Remark(layer.source, problem, "repaired", len(collected), layer.named(collected))
    return replace(layer, geometry=geometry, remarks=(*layer.remarks, remark))


def require_apart(borders: Borders) -> tuple[Remark, ...]:
    """Refuse areas that overlap, or share one polygon; tell of slivers.

    Raises
    ------
    SourceError
        When two areas overlap by more than a hundredth of the smaller.
    """
    pairs = _overlaps(borders)
    if not pairs:
        return ()
    first, second, share = max(pairs, key=lambda pair: pair[2])
    if share > OVERLAP_REFUSED:
        count = sum(pair[2] > OVERLAP_REFUSED for pair in pairs)
        same = "have the same polygon" if share > 1 - OVERLAP_REFUSED else f"overlap by {share:.0%} of the smaller"
        raise SourceError(
            f"{borders.source}: {first} and {second} {same}; {count} pairs of areas overlap by more than "
            f"{OVERLAP_REFUSED:.0%}. Nobody can tell who lives in which: mend their borders in the source."
        )
    return (overlap_remark(borders, pairs),)


def told_overlaps(borders: Borders) -> tuple[Remark, ...]:
    """Tell of areas that overlap where that may be so: postcodes of flats above one another."""
    pairs = _overlaps(borders)
    return (overlap_remark(borders, pairs),) if pairs else ()


Overlap = tuple[str, str, float]


def overlap_remark(borders: Borders, pairs: list[Overlap]) -> Remark:
    """How many pairs of areas overlap, and which do most."""
    worst = sorted(pairs, key=lambda pair: -pair[2])[:_SHOWN]
    shown = ", ".join(f"{first} and {second} ({share:.1%})" for first, second, share in worst)
    return Remark(
        borders.source,
        f"{len(pairs)} pairs of areas overlap by more than {OVERLAP_TOLD:.1%} of the smaller",
        "noted",
        len(pairs),
        shown,
    )


def _overlaps(borders: Borders) -> list[Overlap]:
    """Pairs of areas of which more than `OVERLAP_TOLD` of the smaller lies in the other, and that share of it."""
    geometry = borders.geometry
    shapely.prepare(geometry)
    one, other = shapely.STRtree(geometry).query(geometry)
    one, other = one[one < other], other[one < other]
    crossing = shapely.intersects(geometry[one], geometry[other]) & ~shapely.touches(geometry[one], geometry[other])
    one, other = one[crossing], other[crossing]
    common = shapely.area(shapely.intersection(geometry[one], geometry[other]))
    smaller = np.minimum(shapely.area(geometry[one]), shapely.area(geometry[other]))
    share = np.divide(common, smaller, out=np.zeros(len(common)), where=smaller > 0)
    codes = [str(code) for code in borders.codes]
    return [
        (codes[one[row]], codes[other[row]], float(share[row])) for row in np.flatnonzero(share > OVERLAP_TOLD).tolist()
    ]


def told_gaps(source: str, united: shapely.Geometry, water: PyObjects) -> tuple[Remark, ...]:
    """Tell of land inside areas, `united`, that is in none of them; `water` (m,) is not land."""
    rings = [ring for part in shapely.get_parts(united) for ring in part.interiors]
    holes = (
        shapely.difference(shapely.polygons(rings), shapely.union_all(water)) if rings else np.empty(0, dtype=object)
    )
    gaps = shapely.area(holes)
    gaps = gaps[gaps > GAP_M2]
    if not len(gaps):
        return ()
    problem = (
        f"{len(gaps)} gaps between areas, {gaps.sum() / 10_000:,.1f} ha together: who lives there is in none of them"
    )
    return (Remark(source, problem, "noted", len(gaps)),)


def require_inside(above: Borders, below: Borders, parents: Strings) -> tuple[Remark, ...]:
    """Refuse an area that lies elsewhere than the finer areas that say they are of it; tell where it fits badly.

    Parameters
    ----------
    above
        Wijken or gemeenten.
    below
        Their buurten.
    parents
        The code of the area above that each buurt is of, shape (n,).

    Raises
    ------
    SourceError
        When less than half of what its buurten cover lies in it.
    """
    inside = dict(_inside(above, below, parents))
    if not inside:
        return ()
    least = min(inside, key=lambda code: inside[code])
    if inside[least] < INSIDE_REFUSED:
        raise SourceError(
            f"{above.source}: {least} lies elsewhere than its buurten in {below.source}: {inside[least]:.0%} of their "
            "surface is in it. Deliver both layers of the same year, and mend codes that are mixed up."
        )
    poor = {code: share for code, share in inside.items() if share < INSIDE_TOLD}
    if not poor:
        return ()
    shown = ", ".join(f"{code} ({share:.0%} in it)" for code, share in sorted(poor.items())[:_SHOWN])
    return (Remark(above.source, f"{len(poor)} areas do not hold all of their buurten", "noted", len(poor), shown),)


def _inside(above: Borders, below: Borders, parents: Strings) -> Iterator[tuple[str, float]]:
    for code, geometry in zip(above.codes, above.geometry, strict=True):
        buurten = shapely.union_all(below.geometry[parents == str(code)])
        if buurten.area > 0:
            yield str(code), shapely.area(shapely.intersection(geometry, buurten)) / buurten.area


def on_land(reading: Reading) -> Flags:
    """Which rows (n,) are land: maps of CBS give each area a row for its land and one for its water.

    Raises
    ------
    SourceError
        When the column says neither.
    """
    words = np.array([_word(value) for value in reading.values("water")], dtype=object)
    strange = sorted(set(words.tolist()) - _WATER - _LAND)
    if strange:
        raise SourceError(
            f"{reading.layer.source}: column {reading.names['water']!r} (whether an area is water) holds "
            f"{strange[:_SHOWN]}, which are neither JA nor NEE. Name another column under `columns: {{water: ...}}` in "
            "the area file, or correct the values."
        )
    return np.array([word in _LAND for word in words], dtype=bool)


def _word(value: object) -> str:
    return "" if value is None else str(value).strip().upper()


def nowhere(reading: Reading) -> Reading:
    """The rows of a layer that have no geometry, under the same names of columns."""
    layer = reading.layer
    rows = len(next(iter(layer.without_geometry.values()), ()))
    fields = layer.without_geometry or {name: values[:0] for name, values in layer.fields.items()}
    return reading.keep(Layer(layer.source, np.full(rows, None, dtype=object), fields))


def require_located(lost: Reading, key: str) -> None:
    """Refuse areas that count people and lie nowhere; `lost` are the rows that would be in the area.

    Raises
    ------
    SourceError
        Naming their codes.
    """
    # Where a table beside the layer counts the people, its reader misses the areas.
    if not len(lost.layer.geometry) or "inhabitants" not in lost.names:
        return
    people = numbers(lost.figures("inhabitants"))
    lived_in = people > 0
    if lived_in.any():
        codes = [str(code) for code in lost.code_column(key).read().codes[lived_in][:_SHOWN]]
        have = "has" if len(codes) == 1 else "have"
        raise SourceError(
            f"{lost.layer.source}: {', '.join(codes)} {have} no geometry in the Netherlands and "
            f"{people[lived_in].sum():,.0f} inhabitants, who would be nowhere. Deliver the layer with the polygon of "
            "every area."
        )
