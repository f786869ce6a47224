"""Buurten, wijken and gemeenten of CBS, and where the municipality lies by them.

Borders move: layers of different years are never joined by their codes.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from pipelines.arrays import Flags, PyObjects, Strings
from pipelines.errors import SourceError
from pipelines.sources.area_file import AreaFile
from pipelines.sources.cbs_counts import people_table
from pipelines.sources.cbs_figures import Areas, figure_keys, people_of
from pipelines.sources.cbs_geometry import (
    Borders,
    nowhere,
    on_land,
    require_apart,
    require_inside,
    require_located,
    require_polygons,
    told_gaps,
)
from pipelines.sources.cbs_reading import Derivation, Reading, Wanted, read_as
from pipelines.sources.cbs_tables import BUFFER_M, Identity, Municipality, Statistics, areas_table
from pipelines.sources.codes import BUURT, GEMEENTE, WIJK, code_of
from pipelines.sources.delivery import BorderDelivery
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import mended, near, read_unmended

LEVELS = ("buurten", "wijken", "gemeenten")
_AREA_TYPE = {"buurten": "buurt", "wijken": "wijk", "gemeenten": "gemeente"}
_PARENT = {"buurten": "wijken", "wijken": "gemeenten"}
_SINGULAR = {"gemeente": "gemeenten", "wijk": "wijken"}
_SHOWN = 5


def read_municipality(area: AreaFile, raw: Path) -> Municipality:
    """Read the buurten of the area's gemeenten and dissolve them into its outline, within its extent if it has one.

    Raises
    ------
    SourceError
        When the layer cannot be read, holds no buurt of these gemeenten, or none that the extent of the area meets.
    """
    delivery = area.sources.buurten
    if delivery is None:
        return Municipality(None, extent_of(area))
    reading = _read(delivery, raw, "buurten")
    own = _of_gemeenten(reading, area)
    layer, united = own.layer, shapely.union_all(own.layer.geometry)
    layer = replace(layer, remarks=layer.remarks + _judged(reading, own, area, united))
    outline = united if area.extent is None else shapely.intersection(united, extent_of(area))
    if not shapely.area(outline) > 0:
        low_x, low_y, high_x, high_y = shapely.bounds(united)
        raise SourceError(
            f"area file {area.name}: extent meets none of the buurten of {', '.join(area.gemeenten)}, which lie within "
            f"[{low_x:.0f}, {low_y:.0f}, {high_x:.0f}, {high_y:.0f}]. Correct extent or gemeenten, or leave extent out."
        )
    shapely.prepare(outline)
    return Municipality(layer, outline)


def _judged(reading: Reading, own: Reading, area: AreaFile, united: shapely.Geometry) -> tuple[Remark, ...]:
    """Refuse buurten that lie nowhere or, among the area's `own`, on top of each other; tell of slivers and gaps."""
    lost = nowhere(reading)
    require_located(lost.keep(lost.layer.keep(_is_of(lost, area) & on_land(lost))), "buurten")
    # Water takes no part in anything but this: what is broken in it is mended without a word.
    water = shapely.make_valid(reading.layer.geometry[_is_of(reading, area) & ~on_land(reading)])
    return (*require_apart(_borders(own, "buurten")), *told_gaps(reading.layer.source, united, water))


def _borders(reading: Reading, level: str) -> Borders:
    return Borders(reading.layer.source, unique_codes(reading, level), reading.layer.geometry)


def extent_of(area: AreaFile) -> shapely.Polygon:
    """The extent of an area as a box in RD."""
    if area.extent is None:
        raise SourceError(
            f"area file {area.name}: say where the area lies: deliver sources.buurten, or give an extent."
        )
    return shapely.box(*area.extent)


def gemeente_names(delivery: BorderDelivery, raw: Path) -> dict[str, str]:
    """Names of the gemeenten in a wijk- en buurtkaart, by code."""
    wanted = Wanted("neighbourhoods", ("gemeenten", "gemeenten_name"))
    reading = read_as(read_unmended(delivery, raw, default_layer="gemeenten"), wanted, delivery)
    codes, names = reading.code_column("gemeenten").read().codes, reading.values("gemeenten_name").astype(str)
    return {code: name for code, name in zip(codes.tolist(), names.tolist(), strict=True) if code}


def _read(delivery: BorderDelivery, raw: Path, level: str) -> Reading:
    return read_as(read_unmended(delivery, raw, default_layer=level), _wanted(level, delivery), delivery)


def _wanted(level: str, delivery: BorderDelivery) -> Wanted:
    """Code and name of a level, the codes of the levels above it, and its figures unless a table holds these."""
    codes = LEVELS[LEVELS.index(level) :]
    return Wanted(
        "neighbourhoods",
        (*codes, f"{level}_name", "water", *figure_keys(delivery)),
        {"code": level, "name": f"{level}_name", **_SINGULAR},
        derived={"wijken": Derivation("buurten", _wijken_of, _WIJKEN_TOLD)},
    )


_WIJKEN_TOLD = "no column for the wijk: the first six digits of each buurt"


def _wijken_of(buurten: PyObjects) -> PyObjects:
    codes = (code_of(cell, BUURT) or "" for cell in buurten)
    return np.array(
        [WIJK.prefix + code.removeprefix(BUURT.prefix)[: WIJK.width] if code else "" for code in codes], dtype=object
    )


def _of_gemeenten(reading: Reading, area: AreaFile) -> Reading:
    codes, land = reading.code_column("gemeenten").read().codes, on_land(reading)
    wanted = _is_of(reading, area) & land
    absent = sorted(set(area.gemeenten) - set(codes[wanted].tolist()))
    if drowned := sorted(set(absent) & set(codes.tolist())):
        raise SourceError(
            f"{reading.layer.source}: all areas of {drowned} are water, as {reading.names['water']!r} says. Correct "
            "that, or name another column under `columns: {water: ...}` in the area file."
        )
    if absent:
        known = sorted(set(codes.tolist()) - {""})[:_SHOWN]
        raise SourceError(
            f"{reading.layer.source}: holds no area of {absent}; it has gemeenten such as {known}. Correct `gemeenten` "
            "in the area file, or deliver the layer that holds them."
        )
    _require_one_lineage(reading.keep(reading.layer.keep(land)), area)
    kept = reading.keep(mended(require_polygons(reading.layer.keep(wanted))))
    _require_codes_beside(kept, reading.keep(reading.layer.keep(land & (codes == ""))))
    return kept


def _require_one_lineage(reading: Reading, area: AreaFile) -> None:
    """Refuse areas of the gemeenten whose code tells another wijk or gemeente than stands beside it."""
    level, *above = (one for one in LEVELS if one in reading.names)
    codes = reading.code_column(level).read().codes
    own = np.array([GEMEENTE.prefix + code[2 : 2 + GEMEENTE.width] in area.gemeenten for code in codes], dtype=bool)
    ours = (codes != "") & (own | _is_of(reading, area))
    for parent in above:
        parents = reading.code_column(parent).read().codes
        strange = ours & [not code[2:].startswith(up[2:]) for code, up in zip(codes, parents, strict=True)]
        if strange.any():
            raise SourceError(
                f"{reading.layer.source}: {int(strange.sum())} areas have a code that is of other {parent} than stand "
                f"beside it, such as {codes[strange][0]} with {parents[strange][0]}. Correct the codes in the source."
            )


def _require_codes_beside(kept: Reading, nameless: Reading) -> None:
    """Refuse rows near those of the area that tell no gemeente: they may be of it."""
    if not len(nameless.layer.geometry):
        return
    beside = shapely.dwithin(nameless.layer.geometry, shapely.union_all(kept.layer.geometry), BUFFER_M)
    nameless.keep(nameless.layer.keep(beside)).code_column("gemeenten").required()


def _is_of(reading: Reading, area: AreaFile) -> Flags:
    return np.isin(reading.code_column("gemeenten").read().codes, area.gemeenten)


def unique_codes(reading: Reading, key: str) -> Strings:
    """The codes that identify the rows of a layer, in full.

    Raises
    ------
    SourceError
        Saying which repeat, or how many are empty or no code.
    """
    codes = reading.own_codes(key).astype(str)
    unique, counts = np.unique(codes, return_counts=True)
    if (counts > 1).any():
        raise SourceError(
            f"{reading.layer.source}: column {reading.names[key]!r} holds {unique[counts > 1][:_SHOWN].tolist()} twice "
            "or more. Deliver one row per area, each with its code."
        )
    return codes


def read_neighbourhoods(area: AreaFile, raw: Path, municipality: Municipality, level: str) -> Statistics:
    """Areas and counts of one of `LEVELS`; what nobody delivered is the union of its buurten, without figures."""
    delivery: BorderDelivery | None = getattr(area.sources, level)
    if delivery is None:
        return _dissolved(area, municipality, level)
    reading = _buurten(area, municipality)[0]
    told: tuple[Remark, ...] = ()
    if level != "buurten":
        own = _of_gemeenten(_read(delivery, raw, level), area)
        _require_parents(reading, own, level)
        told = _laid_over(reading, own, level)
        reading = own.keep(near(own.layer, municipality.outline, BUFFER_M, may_be_none=False))
    codes = unique_codes(reading, level)
    # Of buurten all are read; of wijken those near an extent, so that nobody can say which are missing.
    whose = area.gemeenten if level == "buurten" else ()
    people = people_of(reading, Areas(level, codes.astype(object), whose), raw)
    identity = Identity(codes, reading.values(f"{level}_name"), _parents(reading, level))
    return Statistics(
        areas=areas_table(_AREA_TYPE[level], identity, reading.layer.geometry, delivery),
        people_counts=people_table(_AREA_TYPE[level], codes, people.groups, people.vintage),
        remarks=reading.layer.remarks + reading.remarks() + told + people.remarks,
    )


def _laid_over(buurten: Reading, above: Reading, level: str) -> tuple[Remark, ...]:
    """Hold a layer of wijken or gemeenten against itself and the buurten in it."""
    borders = _borders(above, level)
    parents = buurten.code_column(level).required().astype(str)
    return (*require_apart(borders), *require_inside(borders, _borders(buurten, "buurten"), parents))


def _parents(reading: Reading, level: str) -> PyObjects:
    """The code of what each row of a level lies in; '' of gemeenten."""
    parent = _PARENT.get(level)
    return reading.code_column(parent).required() if parent else np.full(len(reading.layer.geometry), "", dtype=object)


def _require_parents(buurten: Reading, above: Reading, level: str) -> None:
    """Refuse a layer of wijken or gemeenten that lacks the one that a buurt says it lies in."""
    lower, upper = (one.code_column(level).required().astype(str) for one in (buurten, above))
    absent = np.setdiff1d(lower, upper).tolist()
    if absent:
        raise SourceError(
            f"{above.layer.source}: lacks {absent[:_SHOWN]}, in which buurten of {buurten.layer.source} lie. Deliver "
            f"the {level} of the same year as the buurten, or leave sources.{level} out: they are then made of buurten."
        )


def _buurten(area: AreaFile, municipality: Municipality) -> tuple[Reading, BorderDelivery]:
    if municipality.buurten is None or area.sources.buurten is None:
        raise SourceError(f"area file {area.name}: sources.buurten is missing. Deliver the wijk- en buurtkaart.")
    delivery = area.sources.buurten
    return read_as(municipality.buurten, _wanted("buurten", delivery), delivery), delivery


def _dissolved(area: AreaFile, municipality: Municipality, level: str) -> Statistics:
    """Areas of a level nobody delivered: the union of their buurten, without figures of their own."""
    reading, delivery = _buurten(area, municipality)
    layer, codes = reading.layer, reading.code_column(level).required().astype(str)
    unique, first = np.unique(codes, return_index=True)
    geometry = np.array([shapely.union_all(layer.geometry[codes == code]) for code in unique], dtype=object)
    (name_column,) = reading.dialect.columns[f"{level}_name"]
    names = layer.fields[name_column][first] if name_column in layer.fields else unique
    identity = Identity(unique, names, _parents(reading, level)[first])
    return replace(Statistics(), areas=areas_table(_AREA_TYPE[level], identity, geometry, delivery))
