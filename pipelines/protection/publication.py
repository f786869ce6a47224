"""Write `out/*`: the only tables that pages may read.

People have been rounded before areas are summed (`population.py`); small numbers are withheld here.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines import geo
from pipelines.areas.contracts import AREA_TYPES, MEMBERSHIP, VALUES
from pipelines.arrays import Floats, Ints
from pipelines.contracts import Contract
from pipelines.findings.catalogue import catalogue
from pipelines.people.contracts import ATOMS, ORIGINS
from pipelines.protection.contracts import COUNTS, PLACES, ROUNDED, SURVEY_SHOWN, area_contract
from pipelines.protection.parts import SMALL_AREAS
from pipelines.protection.thresholds import OF_PEOPLE, OF_RATES, OF_RESPONDENTS
from pipelines.reach.contracts import PAIRS
from pipelines.streets.contracts import BUDGETS
from pipelines.survey.contracts import CHANGES, DISPERSION, QUALITY
from pipelines.warehouse import Warehouse


def protect_indicators(warehouse: Warehouse) -> pa.Table:
    """The tidy table as it may go out, `out/indicators`."""
    reads = (VALUES, ROUNDED, COUNTS, SURVEY_SHOWN, ATOMS, ORIGINS)
    return warehouse.run_sql("protection/indicators", reads, OF_PEOPLE | OF_RESPONDENTS)


def protect_changes(warehouse: Warehouse) -> pa.Table:
    """What changed between waves, as it may go out, `out/survey_changes`."""
    return warehouse.run_sql("protection/survey_changes", (CHANGES, SURVEY_SHOWN), {"indicators": list(catalogue())})


def protect_dispersion(warehouse: Warehouse) -> pa.Table:
    """How far residents of an area lie apart, as it may go out, `out/survey_dispersion`."""
    asked = OF_RESPONDENTS | {"indicators": list(catalogue())}
    return warehouse.run_sql("protection/survey_dispersion", (DISPERSION, SURVEY_SHOWN), asked)


def protect_quality(warehouse: Warehouse) -> pa.Table:
    """How good the waves are, as it may go out, `out/survey_quality`."""
    return warehouse.run_sql("protection/survey_quality", (QUALITY, SURVEY_SHOWN), OF_RESPONDENTS | OF_RATES)


def protect_reach(warehouse: Warehouse) -> pa.Table:
    """Pairs summarised per H3 cell, `out/reach`."""
    return warehouse.run_sql("protection/reach", (MEMBERSHIP, PAIRS, BUDGETS))


def publish_places(register: pa.Table) -> pa.Table:
    """The places of the register that count, with one point each, `out/places`."""
    register = register.filter(register["counts"])
    geometry = shapely.from_wkb(register["geometry"].to_numpy(zero_copy_only=False))
    points = shapely.point_on_surface(geometry) if len(register) else np.empty(0, dtype=object)
    columns = [register[name] for name in PLACES.column_names if name != "geometry"]
    return pa.table([*columns, pa.array(shapely.to_wkb(points), pa.binary())], names=list(PLACES.column_names))


def column_name(key: Mapping[str, str]) -> str:
    """Name of the wide column of one indicator: `<indicator>[_<kind>][_<threshold>m][_<group>][_<profile>]`.

    Of the least and the greatest budget the part is that word: a budget may be in seconds.
    """
    threshold = f"{key['threshold_m']}m" if key["threshold_m"].isdigit() else key["threshold_m"]
    parts = (key["indicator"], key["place_kind"], threshold, key["population_group"], key["profile"])
    return "_".join(part for part in parts if part)


def area_tables(indicators: pa.Table, areas: pa.Table) -> dict[str, tuple[pa.Table, Contract]]:
    """One row per area of a type, one column per indicator and its keys: of every area type a table and its contract.

    Parameters
    ----------
    indicators
        `out/indicators`.
    areas
        `sources/areas`, for names and polygons.

    Returns
    -------
    dict of str to tuple of pyarrow.Table and Contract
        Columns `<name>_lower` and `<name>_upper` follow where an interval of that indicator exists. Without areas of
        a type: no rows, the same columns as other area types have. Of PC6 and H3 a column `<name>_class` holds the
        class of each group of need.
    """
    told = _told_keys(indicators)
    return {area_type: _wide(indicators, _column_keys(told, area_type), area_type, areas) for area_type in AREA_TYPES}


def _wide(
    indicators: pa.Table, keys: Mapping[str, tuple[str, ...]], area_type: str, areas: pa.Table
) -> tuple[pa.Table, Contract]:
    chosen = indicators.filter(pc.equal(indicators["area_type"], area_type))
    identity = _cells(chosen) if area_type == "h3" else _named_areas(areas, area_type)
    is_class = _is_class(chosen)
    values = _columns(chosen.filter(pc.invert(is_class)), keys, identity["area_code"])
    classes = _class_columns(chosen.filter(is_class), identity["area_code"])
    contract = area_contract(area_type, tuple(values), tuple(classes))
    table = identity.select(["area_code", "area_name"])
    for name, column in values.items():
        table = table.append_column(name, pa.array(column, pa.float64(), mask=np.isnan(column)))
    for name, words in classes.items():
        table = table.append_column(name, pa.array(words, pa.string()))
    return table.append_column("geometry", identity["geometry"]), contract


# Suffixes of the columns of a figure and its bounds, and of a class.
FIGURES = {"": "value", "_lower": "lower", "_upper": "upper"}
CLASS = "_class"
UNITS_OF_PEOPLE = ("persons", "households")
KEY_COLUMNS = ("indicator", "place_kind", "threshold_m", "population_group", "profile")


def _column_keys(told: pa.Table, area_type: str) -> dict[str, tuple[str, ...]]:
    """Wide column name -> its bounds' suffixes, in a fixed order, of the indicators that this area type may carry."""
    allowed = [name for name, entry in catalogue().items() if area_type in entry.area_types]
    shown = pc.is_in(told["indicator"], pa.array(allowed, pa.string()))
    if area_type in SMALL_AREAS:
        shown = pc.and_(shown, pc.invert(pc.is_in(told["unit"], pa.array(UNITS_OF_PEOPLE))))
    rows = sorted(told.filter(shown).to_pylist(), key=lambda row: tuple(row[name] for name in KEY_COLUMNS))
    return {
        column_name(row): ("", "_lower", "_upper") if row["lower_count"] + row["upper_count"] else ("",) for row in rows
    }


def _told_keys(indicators: pa.Table) -> pa.Table:
    """Every indicator with its keys and unit, and how many bounds are told of it, over all areas."""
    return indicators.group_by([*KEY_COLUMNS, "unit"]).aggregate([("lower", "count"), ("upper", "count")])


def _class_columns(classed: pa.Table, codes: pa.ChunkedArray) -> dict[str, list[str]]:
    """Classes by column name, each in the order of `codes`; '' where an area has none."""
    columns: dict[str, list[str]] = {}
    places = pc.index_in(classed["area_code"], codes.combine_chunks()).to_pylist()
    rows = zip(classed.select(list(KEY_COLUMNS)).to_pylist(), places, classed["count_class"].to_pylist(), strict=True)
    for key, place, word in rows:
        columns.setdefault(f"{column_name(key)}{CLASS}", [""] * len(codes))[place] = word
    return dict(sorted(columns.items()))


def _is_class(table: pa.Table) -> pa.Array:
    """True of rows of which only a class goes out."""
    return pc.and_(
        pc.is_in(table["area_type"], pa.array(SMALL_AREAS)), pc.is_in(table["unit"], pa.array(UNITS_OF_PEOPLE))
    )


def _columns(chosen: pa.Table, keys: Mapping[str, tuple[str, ...]], codes: pa.ChunkedArray) -> dict[str, Floats]:
    """Figures by column name, each in the order of `codes`; NaN where an area has none."""
    columns = {f"{name}{suffix}": np.full(len(codes), np.nan) for name, suffixes in keys.items() for suffix in suffixes}
    places = pc.index_in(chosen["area_code"], codes.combine_chunks()).to_numpy()
    figures = {s: chosen[f].to_numpy().astype(np.float64) for s, f in FIGURES.items()}
    for name, rows in _rows_by_column(chosen):
        for suffix in keys[name]:
            columns[f"{name}{suffix}"][places[rows]] = figures[suffix][rows]
    return columns


def _rows_by_column(chosen: pa.Table) -> Iterator[tuple[str, Ints]]:
    joined = pc.binary_join_element_wise(*(chosen[name] for name in KEY_COLUMNS), "\x1f").combine_chunks()
    encoded = joined.dictionary_encode()
    numbers = encoded.indices.to_numpy()
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers, minlength=len(encoded.dictionary)))
    for number, key in enumerate(encoded.dictionary.to_pylist()):
        start = ends[number - 1] if number else 0
        yield column_name(dict(zip(KEY_COLUMNS, key.split("\x1f"), strict=True))), order[start : ends[number]]


def _cells(indicators: pa.Table) -> pa.Table:
    codes = sorted(indicators["area_code"].unique().to_pylist())
    polygons = geo.h3_polygons([int(code, 16) for code in codes])
    geometry = pa.array(shapely.to_wkb(polygons), pa.binary())
    return pa.table(
        {"area_code": pa.array(codes, pa.string()), "area_name": pa.array(codes, pa.string()), "geometry": geometry}
    )


def _named_areas(areas: pa.Table, area_type: str) -> pa.Table:
    chosen = areas.filter(pc.equal(areas["area_type"], area_type))
    geometry = np.asarray(shapely.from_wkb(chosen["geometry"].to_numpy(zero_copy_only=False)), dtype=object)
    publish = chosen["publish_geometry"].to_numpy(zero_copy_only=False).astype(bool)
    shown = np.where(publish, geometry, shapely.point_on_surface(geometry)) if len(chosen) else geometry
    return chosen.select(["area_code", "area_name"]).append_column(
        "geometry", pa.array(shapely.to_wkb(shown), pa.binary())
    )
