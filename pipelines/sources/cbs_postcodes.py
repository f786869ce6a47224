"""Postcode areas (PC4, PC6) and the people counted in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipelines.arrays import Floats, Ints, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.area_file import AreaFile
from pipelines.sources.cbs_counts import Counts, people_table
from pipelines.sources.cbs_figures import Areas, figure_keys, people_of
from pipelines.sources.cbs_geometry import Borders, nowhere, require_located, require_polygons, told_overlaps
from pipelines.sources.cbs_reading import Reading, Wanted, read_as
from pipelines.sources.cbs_tables import Identity, Municipality, Statistics, areas_table
from pipelines.sources.pc4_ages import read_pc4_ages
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer, Near, read_near

if TYPE_CHECKING:
    from pipelines.sources.delivery import BorderDelivery

# Coasts, rivers and simplified borders leave less of an area out.
UNCOVERED_TOLD = 0.01


def read_postcodes(area: AreaFile, raw: Path, municipality: Municipality, level: str) -> Statistics:
    """Postcode areas of the area: those whose representative point lies in it; of an extent, all that it cuts."""
    delivery: BorderDelivery | None = getattr(area.sources, level)
    if delivery is None:
        return Statistics()
    whole = read_near(delivery, raw, Near(municipality.outline, 0.0), may_be_none=False)
    layer, shares = _inside(require_polygons(whole), municipality)
    counted_apart = level == "pc4" and area.sources.pc4_ages is not None
    # Ages from a table of their own: figures beside these borders may be absent.
    bare = counted_apart and "inhabitants" not in delivery.columns
    keys = (level,) if bare else (level, *figure_keys(delivery))
    reading = read_as(layer, Wanted(level, keys, {"postcode": level, "code": level}), delivery)
    codes = reading.code_column(level).required()
    parents = np.array([code[:4] if level == "pc6" else "" for code in codes], dtype=object)
    if level == area.population.total_from:
        _require_located(reading, level, codes)
    merged = _merged(layer.geometry, codes)
    borders = Borders(layer.source, merged.codes, merged.geometry)
    identity = Identity(merged.codes, merged.codes, parents[merged.first], shares[merged.first])
    people = people_of(reading, Areas(level, codes), raw)
    _require_one_count(layer.source, codes, people.groups)
    groups = {} if counted_apart else {key: counts.take(merged.first) for key, counts in people.groups.items()}
    return Statistics(
        areas=areas_table(level, identity, merged.geometry, delivery),
        people_counts=people_table(level, merged.codes, groups, people.vintage),
        remarks=layer.remarks
        + reading.remarks()
        + people.remarks
        + told_overlaps(borders)
        + _told_uncovered(whole, municipality, level),
    )


def _told_uncovered(layer: Layer, municipality: Municipality, level: str) -> tuple[Remark, ...]:
    """Tell which share of the area lies in no PC4; a PC6 is drawn only where there is an address."""
    if level == "pc6":
        return ()
    bare = shapely.difference(municipality.outline, shapely.union_all(layer.geometry))
    share = float(shapely.area(bare) / shapely.area(municipality.outline))
    if share <= UNCOVERED_TOLD:
        return ()
    return (
        Remark(layer.source, f"{share:.0%} of the area lies in no {level}: who lives there is in none", "noted", 0),
    )


def _require_one_count(source: str, codes: PyObjects, groups: Mapping[str, Counts]) -> None:
    """Refuse a postcode in several rows that count different people: which of them is the whole, nobody can tell."""
    _, first, row = np.unique(codes.astype(str), return_index=True, return_inverse=True)
    for group, counts in groups.items():
        unlike = ~np.isclose(counts.persons, counts.persons[first[row]], equal_nan=True)
        if unlike.any():
            raise SourceError(
                f"{source}: {codes[unlike][0]} stands in several rows that count different people ({group}). Deliver "
                "one row per postcode, with all of its people."
            )


def _require_located(reading: Reading, level: str, codes: PyObjects) -> None:
    """Refuse a PC6 of the area's PC4s that lies nowhere; whether a PC4 that does is of the area nobody can tell."""
    lost = nowhere(reading)
    around = {code[:4] for code in codes.tolist()} if level == "pc6" else set()
    here = np.array([code[:4] in around for code in lost.code_column(level).read().codes], dtype=bool)
    require_located(lost.keep(lost.layer.keep(here)), level)


def _inside(layer: Layer, municipality: Municipality) -> tuple[Layer, Floats]:
    """The postcode areas of the area, and which share of each lies inside (1 where a whole municipality is read)."""
    if municipality.buurten is not None:
        layer = layer.keep(shapely.contains(municipality.outline, shapely.point_on_surface(layer.geometry)))
        return layer, np.ones(len(layer.geometry))
    shares = shapely.area(shapely.intersection(layer.geometry, municipality.outline)) / shapely.area(layer.geometry)
    # Of a postcode wholly inside, the cut may come out a hair larger than the whole.
    shares = np.minimum(shares, 1.0)
    return layer.keep(shares > 0), shares[shares > 0]


@dataclass(frozen=True)
class _Merged:
    codes: PyObjects
    first: Ints
    geometry: PyObjects


def _merged(geometry: PyObjects, codes: PyObjects) -> _Merged:
    """One geometry per code: a postcode delivered in several rows is one area."""
    unique, first, counts = np.unique(codes.astype(str), return_index=True, return_counts=True)
    united = geometry[first].copy()
    for row in np.flatnonzero(counts > 1):
        united[row] = shapely.union_all(geometry[codes == unique[row]])
    return _Merged(unique.astype(object), first.astype(np.int64), united)


def read_ages(area: AreaFile, raw: Path) -> Statistics:
    """Persons per PC4 from a table of five-year age groups (CBS 83502NED)."""
    delivery = area.sources.pc4_ages
    if delivery is None:
        return Statistics()
    table, remarks = read_pc4_ages(delivery, raw)
    return Statistics(people_counts=table, remarks=remarks)
