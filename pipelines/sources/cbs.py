"""CBS deliveries in the words of this project: areas, squares, and how many people live in each.

Here CBS columns are renamed, through `cbs_columns.yaml` and nowhere else, and mask codes become nulls with a reason.
Allocating people to homes belongs to `people/`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
import yaml
from numpy.typing import NDArray

from pipelines.errors import SourceError
from pipelines.sources.area_file import AreaFile, Delivery
from pipelines.sources.attempts import read_all
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS, SQUARES
from pipelines.sources.licences import may_publish_geometry
from pipelines.sources.pc4_ages import read_pc4_ages
from pipelines.sources.vector import Layer, Remark, near, read_layer

BUFFER_M = 1_300.0
_COLUMNS = Path(__file__).parent / "cbs_columns.yaml"
_SQUARE = re.compile(r"^E(\d{4})N(\d{4})$")
_HALF_SQUARE_M = 50.0
_SHOWN = 5


@dataclass(frozen=True)
class Municipality:
    """Where the area lies: its buurten (RD) as delivered, None where only an extent is given, and its outline."""

    buurten: Layer | None
    outline: shapely.Geometry


@dataclass(frozen=True)
class Statistics:
    """Areas and people of one municipality, as tables of the contracts in `sources/contracts.py`."""

    areas: pa.Table
    people_counts: pa.Table
    squares: pa.Table
    remarks: tuple[Remark, ...]


def dialect(product: str, delivery: Delivery) -> Mapping[str, Any]:
    """Column names of a CBS product in the vintage of a delivery.

    Raises
    ------
    SourceError
        When no dialect of that vintage is known.
    """
    known = _dialects()[product]
    for candidate in known:
        first, last = candidate["years"]
        if first <= delivery.vintage <= last:
            return {key: _in_vintage(value, delivery.vintage) for key, value in candidate.items()}
    raise SourceError(
        f"{delivery.path}: no column names are known for {product} of {delivery.vintage}; "
        f"known are {[tuple(c['years']) for c in known]}. Correct `vintage` in the area file."
    )


@cache
def _dialects() -> Mapping[str, Any]:
    return dict(yaml.safe_load(_COLUMNS.read_text(encoding="utf-8")))


def _in_vintage(value: Any, vintage: int) -> Any:  # noqa: ANN401 - a YAML value
    if isinstance(value, str):
        return value.replace("{vintage}", str(vintage))
    if isinstance(value, dict):
        return {key: _in_vintage(inner, vintage) for key, inner in value.items()}
    return value


def numbers(values: NDArray[np.object_]) -> NDArray[np.float64]:
    """Figures of a CBS column (n,); NaN where CBS gives a mask code (any negative), a word or nothing."""
    as_float = signed_numbers(values)
    return np.where(as_float < 0, np.nan, as_float)


def signed_numbers(values: NDArray[np.object_]) -> NDArray[np.float64]:
    """Figures of any column (n,), decimal comma or point; NaN where there is none."""
    return np.array([_number(value) for value in values], dtype=np.float64)


def _number(value: object) -> float:
    if value is None:
        return np.nan
    try:
        return float(str(value).strip().replace(",", "."))
    except ValueError:
        return np.nan


def read_municipality(area: AreaFile, raw: Path) -> Municipality:
    """Read the buurten of the area's gemeenten and dissolve them into its outline, within its extent if it has one.

    Raises
    ------
    SourceError
        When the layer cannot be read or holds no buurt of these gemeenten.
    """
    delivery = area.sources.buurten
    if delivery is None:
        return Municipality(None, extent_of(area))
    names = dialect("neighbourhoods", delivery)
    layer = _of_gemeenten(read_layer(delivery, raw, default_layer="buurten"), names, area)
    outline = shapely.union_all(layer.geometry)
    outline = outline if area.extent is None else shapely.intersection(outline, extent_of(area))
    shapely.prepare(outline)
    return Municipality(layer, outline)


def extent_of(area: AreaFile) -> shapely.Polygon:
    """The extent of an area as a box in RD."""
    if area.extent is None:
        raise SourceError(
            f"area file {area.name}: say where the area lies: deliver sources.buurten, or give an extent."
        )
    return shapely.box(*area.extent)


def _of_gemeenten(layer: Layer, names: Mapping[str, Any], area: AreaFile) -> Layer:
    codes = layer.column(names["code"]["gemeenten"]).astype(str)
    land = np.array([str(value).upper() not in {"JA", "B"} for value in layer.column(names["water"])])
    wanted = np.isin(codes, area.gemeenten) & land
    absent = sorted(set(area.gemeenten) - set(codes[wanted].tolist()))
    if absent:
        raise SourceError(
            f"{layer.source}: holds no area of {absent}; it has gemeenten such as "
            f"{sorted(set(codes.tolist()))[:_SHOWN]}. Correct `gemeenten` in the area file, or deliver the layer that "
            "holds them."
        )
    return layer.keep(wanted)


def _codes(layer: Layer, column: str) -> NDArray[np.str_]:
    """The codes that identify the rows of a layer, or an error that says which repeat or are empty."""
    values = layer.column(column)
    empty = int(sum(value is None or not str(value).strip() for value in values))
    codes = values.astype(str)
    unique, counts = np.unique(codes, return_counts=True)
    if empty or (counts > 1).any():
        twice = unique[counts > 1][:_SHOWN].tolist()
        what = f"is empty in {empty} rows" if empty else f"holds {twice} twice or more"
        raise SourceError(f"{layer.source}: column {column!r} {what}. Deliver one row per area, each with its code.")
    return codes


def read_statistics(area: AreaFile, raw: Path, municipality: Municipality) -> Statistics:
    """Read every delivered area layer and the squares.

    Returns
    -------
    Statistics
        `areas` (polygons of gemeente, wijk, buurt, pc4, pc6), `people_counts` (persons per unit and group; null with
        a reason), `squares` within 1,300 m of the municipality.
    """
    names = ("buurten", "wijken", "gemeenten") if area.sources.buurten else ()
    levels = [partial(_neighbourhoods, area, raw, municipality, level) for level in names]
    postcodes = [partial(_postcodes, area, raw, municipality, level) for level in ("pc4", "pc6")]
    tables = [partial(_squares, area, raw, municipality), partial(_pc4_ages, area, raw)]
    parts = read_all((*levels, *postcodes, *tables))
    people_counts = pa.concat_tables([part.people_counts for part in parts])
    _require_people(area, people_counts)
    return Statistics(
        areas=pa.concat_tables([part.areas for part in parts]),
        people_counts=people_counts,
        squares=pa.concat_tables([part.squares for part in parts]),
        remarks=tuple(remark for part in parts for remark in part.remarks),
    )


_UNIT_TYPE = {"squares": "square", "pc6": "pc6", "pc4": "pc4", "buurten": "buurt"}


def _require_people(area: AreaFile, people_counts: pa.Table) -> None:
    """Refuse a delivery for the total that counts nobody: everything about people would be unknown."""
    role = area.population.total_from
    is_total = pc.and_(
        pc.equal(people_counts["unit_type"], _UNIT_TYPE[role]), pc.equal(people_counts["population_group"], "all")
    )
    if not (pc.sum(people_counts.filter(is_total)["persons"]).as_py() or 0) > 0:
        delivery: Delivery = getattr(area.sources, role)
        raise SourceError(
            f"{delivery.path}: counts no inhabitants near the area, so nothing can be said about people. Choose "
            "another delivery as population.total_from in the area file, or deliver this one with its figures."
        )


def _empty(remarks: tuple[Remark, ...] = ()) -> Statistics:
    return Statistics(
        AREAS.schema.empty_table(), PEOPLE_COUNTS.schema.empty_table(), SQUARES.schema.empty_table(), remarks
    )


_AREA_TYPE = {"buurten": "buurt", "wijken": "wijk", "gemeenten": "gemeente"}
_PARENT = {"buurten": "wijken", "wijken": "gemeenten"}


def _neighbourhoods(area: AreaFile, raw: Path, municipality: Municipality, level: str) -> Statistics:
    delivery: Delivery | None = getattr(area.sources, level)
    if delivery is None:
        return _dissolved(area, municipality, level)
    names = dialect("neighbourhoods", delivery)
    layer, _ = _buurten(area, municipality)
    if level != "buurten":
        layer = _of_gemeenten(read_layer(delivery, raw, default_layer=level), names, area)
        layer = near(layer, municipality.outline, BUFFER_M, may_be_none=False)
    codes = _codes(layer, names["code"][level])
    parents = layer.column(names["code"][_PARENT[level]]) if level in _PARENT else np.full(len(codes), "", dtype=object)
    inhabitants = numbers(layer.column(names["inhabitants"]))
    shares = {group: numbers(layer.column(column)) / 100 for group, column in names["age_pct"].items()}
    ages = {group: np.round(inhabitants * share, 1) for group, share in shares.items()}
    identity = _Identity(codes, layer.column(names["name"][level]), parents)
    table = _areas(_AREA_TYPE[level], identity, layer.geometry, delivery)
    return Statistics(table, _people(_AREA_TYPE[level], codes, inhabitants, ages), _empty().squares, layer.remarks)


def _buurten(area: AreaFile, municipality: Municipality) -> tuple[Layer, Delivery]:
    if municipality.buurten is None or area.sources.buurten is None:
        raise SourceError(f"area file {area.name}: sources.buurten is missing. Deliver the wijk- en buurtkaart.")
    return municipality.buurten, area.sources.buurten


def _dissolved(area: AreaFile, municipality: Municipality, level: str) -> Statistics:
    """Areas of a level nobody delivered: the union of their buurten, without figures of their own."""
    layer, delivery = _buurten(area, municipality)
    names = dialect("neighbourhoods", delivery)
    codes = layer.column(names["code"][level]).astype(str)
    unique, first = np.unique(codes, return_index=True)
    geometry = np.array([shapely.union_all(layer.geometry[codes == code]) for code in unique], dtype=object)
    name_column = names["name"][level]
    area_names = layer.fields[name_column][first] if name_column in layer.fields else unique
    parent_column = names["code"][_PARENT[level]] if level in _PARENT else None
    parents = layer.column(parent_column)[first] if parent_column else np.full(len(unique), "", dtype=object)
    table = _areas(_AREA_TYPE[level], _Identity(unique, area_names, parents), geometry, delivery)
    return Statistics(table, _empty().people_counts, _empty().squares, ())


@dataclass(frozen=True)
class _Identity:
    """Codes, names, parents' codes and shares inside of areas; arrays (n,); without shares all are wholly inside."""

    codes: NDArray[np.str_] | NDArray[np.object_]
    names: NDArray[np.object_]
    parents: NDArray[np.object_]
    shares: NDArray[np.float64] | None = None


def _areas(area_type: str, areas: _Identity, geometry: NDArray[np.object_], delivery: Delivery) -> pa.Table:
    codes, names, parents = areas.codes, areas.names, areas.parents
    publish = may_publish_geometry(delivery.licence)
    columns = [
        pa.array([area_type] * len(codes), pa.string()),
        pa.array(codes.astype(str).tolist(), pa.string()),
        pa.array([str(n) if n is not None else str(c) for n, c in zip(names, codes, strict=True)], pa.string()),
        pa.array(parents.astype(str).tolist(), pa.string()),
        pa.array([publish] * len(codes), pa.bool_()),
        pa.array(areas.shares if areas.shares is not None else np.ones(len(codes)), pa.float64()),
        pa.array(shapely.to_wkb(shapely.normalize(geometry)), pa.binary()),
    ]
    return pa.table(columns, schema=AREAS.schema)


def _people(
    unit_type: str,
    codes: NDArray[np.str_] | NDArray[np.object_],
    inhabitants: NDArray[np.float64],
    ages: Mapping[str, NDArray[np.float64]],
) -> pa.Table:
    groups = {"all": inhabitants, **ages}
    persons = np.concatenate(list(groups.values())) if groups else np.empty(0)
    missing = np.isnan(persons)
    columns = [
        pa.array([unit_type] * len(persons), pa.string()),
        pa.array(np.tile(codes.astype(str), len(groups)).tolist(), pa.string()),
        pa.array(np.repeat(list(groups), len(codes)).tolist(), pa.string()),
        pa.array(persons, pa.float64(), mask=missing),
        pa.array(np.where(missing, "masked", "").tolist(), pa.string()),
    ]
    return pa.table(columns, schema=PEOPLE_COUNTS.schema)


def _postcodes(area: AreaFile, raw: Path, municipality: Municipality, level: str) -> Statistics:
    """Postcode areas of the area: those whose representative point lies in it; of an extent, all that it cuts."""
    delivery: Delivery | None = getattr(area.sources, level)
    if delivery is None:
        return _empty()
    names = dialect("postcodes", delivery)
    layer = near(read_layer(delivery, raw), municipality.outline, 0.0, may_be_none=False)
    shares = shapely.area(shapely.intersection(layer.geometry, municipality.outline)) / shapely.area(layer.geometry)
    if municipality.buurten is None:
        layer, shares = layer.keep(shares > 0), shares[shares > 0]
    else:
        layer = layer.keep(shapely.contains(municipality.outline, shapely.point_on_surface(layer.geometry)))
        shares = np.ones(len(layer.geometry))
    codes = layer.column(delivery.columns.get("postcode", names["code"][level]))
    codes = np.array([str(code).strip().replace(" ", "") for code in codes], dtype=object)
    parents = np.array([code[:4] if level == "pc6" else "" for code in codes], dtype=object)
    merged = _merged(layer.geometry, codes)
    identity = _Identity(merged.codes, merged.codes, parents[merged.first], shares[merged.first])
    table = _areas(level, identity, merged.geometry, delivery)
    counted = delivery.columns.get("inhabitants", names.get("inhabitants"))
    if counted is None or (level == "pc4" and area.sources.pc4_ages is not None):
        return Statistics(table, _empty().people_counts, _empty().squares, layer.remarks)
    inhabitants = numbers(layer.column(counted))[merged.first]
    columns = {} if "inhabitants" in delivery.columns else names["ages"]
    ages = {group: numbers(layer.column(column))[merged.first] for group, column in columns.items()}
    return Statistics(table, _people(level, merged.codes, inhabitants, ages), _empty().squares, layer.remarks)


@dataclass(frozen=True)
class _Merged:
    codes: NDArray[np.object_]
    first: NDArray[np.int64]
    geometry: NDArray[np.object_]


def _merged(geometry: NDArray[np.object_], codes: NDArray[np.object_]) -> _Merged:
    """One geometry per code: a postcode delivered in several rows is one area."""
    unique, first, counts = np.unique(codes.astype(str), return_index=True, return_counts=True)
    united = geometry[first].copy()
    for row in np.flatnonzero(counts > 1):
        united[row] = shapely.union_all(geometry[codes == unique[row]])
    return _Merged(unique.astype(object), first.astype(np.int64), united)


def _pc4_ages(area: AreaFile, raw: Path) -> Statistics:
    """Persons per PC4 from a table of five-year age groups (CBS 83502NED)."""
    delivery = area.sources.pc4_ages
    if delivery is None:
        return _empty()
    table, remarks = read_pc4_ages(delivery, raw)
    return Statistics(_empty().areas, table, _empty().squares, remarks)


def _squares(area: AreaFile, raw: Path, municipality: Municipality) -> Statistics:
    delivery = area.sources.squares
    if delivery is None:
        return _empty()
    names = dialect("squares", delivery)
    layer = near(read_layer(delivery, raw), municipality.outline, BUFFER_M, may_be_none=False)
    codes = _codes(layer, delivery.columns.get("code", names["code"]))
    x_m, y_m = square_centres(codes, layer.source)
    inhabitants = numbers(layer.column(names["inhabitants"]))
    ages = _known_ages(inhabitants, {g: numbers(layer.column(c)) for g, c in names["ages"].items()})
    squares = pa.table([pa.array(codes.tolist(), pa.string()), x_m, y_m], schema=SQUARES.schema)
    return Statistics(_empty().areas, _people("square", codes, inhabitants, ages), squares, layer.remarks)


def square_centres(codes: NDArray[np.str_], source: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres in RD metres of CBS 100 m squares named like E2334N5820 (lower left corner in hectometres)."""
    matches = [_SQUARE.match(code) for code in codes]
    wrong = [code for code, match in zip(codes, matches, strict=True) if match is None]
    if wrong:
        raise SourceError(
            f"{source}: {len(wrong)} codes are no CBS squares of 100 m, such as {wrong[0]!r} (expected E2334N5820). "
            "Name the right column under `columns: {code: ...}` in the area file."
        )
    corners = np.array([match.groups() for match in matches if match], dtype=np.float64).reshape(-1, 2) * 100
    return corners[:, 0] + _HALF_SQUARE_M, corners[:, 1] + _HALF_SQUARE_M


def _known_ages(
    inhabitants: NDArray[np.float64], ages: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Null the ages of squares where they are all 0 though people live there, or where people are masked.

    In CBS squares a 0 in an age column of such a square means hidden, not none.
    """
    total = np.nansum(list(ages.values()), axis=0)
    hidden = np.isnan(inhabitants) | ((inhabitants > 0) & (total == 0))
    return {group: np.where(hidden, np.nan, persons) for group, persons in ages.items()}
