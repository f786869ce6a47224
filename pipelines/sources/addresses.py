"""BAG addresses: the dwellings in use, as points to walk from; and every address, to find what has one.

A layer like the BAG may be read too: `columns` renames `id`, `postcode`, `house_number`, `letter` and `addition`.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import Flags, Floats, PyObjects, Strings
from pipelines.errors import SourceError
from pipelines.sources.area_file import AddressDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality, signed_numbers
from pipelines.sources.code_columns import CodeColumn
from pipelines.sources.codes import PC6
from pipelines.sources.contracts import ADDRESSES
from pipelines.sources.figures import FigureColumn
from pipelines.sources.house_numbers import house_letter, split_house_number
from pipelines.sources.remarks import Remark
from pipelines.sources.texts import label
from pipelines.sources.vector import Layer, Near, read_near

# What the BAG writes where the floor is not known.
_NO_AREA_M2 = 999_999
_INSTITUTIONS = ("gezondheidszorgfunctie", "logiesfunctie", "celfunctie")
_DWELLING = "woonfunctie"
_IN_USE = ("verblijfsobject in gebruik", "verblijfsobject in gebruik (niet ingemeten)", "verbouwing verblijfsobject")
_SHOWN = 5

_COLUMNS: Mapping[str, str] = {
    "id": "identificatie",
    "postcode": "postcode",
    "house_number": "huisnummer",
    "letter": "huisletter",
    "addition": "toevoeging",
}


def read_addresses(
    delivery: AddressDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Residential addresses in use within 1,300 m of the municipality.

    Returns
    -------
    tuple of pyarrow.Table and remarks
        Table by `sources/addresses`; how many objects are no dwelling, or not in use.

    Raises
    ------
    SourceError
        When no dwelling is left, or two share one identification.
    """
    where = Near(municipality.outline, BUFFER_M)
    layer = read_near(delivery, raw, where, default_layer="verblijfsobject", may_be_none=False)
    purposes, states = _words(layer.column("gebruiksdoel")), _words(layer.column("status"))
    dwelling, in_use = np.char.find(purposes, _DWELLING) >= 0, np.isin(states, _IN_USE)
    if not (dwelling & in_use).any():
        raise SourceError(
            f"{layer.source}: holds no dwelling in use near the area: 'gebruiksdoel' holds {_counted(purposes)} and "
            f"'status' {_counted(states)}, where a home has {_DWELLING} and {_IN_USE[0]}. Deliver the BAG of this "
            "municipality, in its own words."
        )
    remarks = (
        *_set_aside(layer.source, "no dwelling", purposes[~dwelling]),
        *_set_aside(layer.source, "dwelling not in use", states[dwelling & ~in_use]),
    )
    layer = layer.keep(dwelling & in_use, remarks)
    names = _names(delivery)
    codes = layer.column(names["id"]).astype(str)
    if len(np.unique(codes)) < len(codes):
        raise SourceError(f"{layer.source}: column {names['id']!r} repeats. Deliver each verblijfsobject once.")
    return _table(layer, names, codes.tolist()), (*layer.remarks, *_postcodes(layer, names).remarks())


def read_all_addresses(delivery: AddressDelivery, raw: Path, municipality: Municipality) -> pa.Table:
    """Every address within 1,300 m of the municipality, whatever it is used for and in whichever state.

    Returns
    -------
    pyarrow.Table
        The columns of `sources/addresses`; `address_id` is the number of the row where the layer identifies none.

    Raises
    ------
    SourceError
        When none is near, or the layer has no postcodes or no house numbers.
    """
    where = Near(municipality.outline, BUFFER_M)
    layer = read_near(delivery, raw, where, default_layer="verblijfsobject", may_be_none=False)
    names = _names(delivery)
    layer.column(names["house_number"])
    numbered = [str(row) for row in range(1, len(layer.geometry) + 1)]
    codes = layer.fields[names["id"]].astype(str).tolist() if names["id"] in layer.fields else numbered
    return _table(layer, names, codes)


def _names(delivery: AddressDelivery) -> dict[str, str]:
    if strange := sorted(set(delivery.columns) - set(_COLUMNS)):
        raise SourceError(f"{delivery.path}: `columns` names {strange}; of addresses it may name {sorted(_COLUMNS)}.")
    return {**_COLUMNS, **delivery.columns}


def _table(layer: Layer, names: Mapping[str, str], codes: list[str]) -> pa.Table:
    none = np.full(len(layer.geometry), None, dtype=object)
    numbers, letters, additions = (layer.fields.get(names[key], none) for key in ("house_number", "letter", "addition"))
    # A layer may hold `12-A` where the BAG has a number and a letter apart, or a number with decimals.
    split = [split_house_number("" if value is None else str(value).removesuffix(".0")) for value in numbers]
    doors = zip(split, letters, additions, strict=True)
    points = shapely.centroid(layer.geometry)
    columns = [
        codes,
        _postcodes(layer, names).required(may_be_empty=True).tolist(),
        shapely.get_x(points),
        shapely.get_y(points),
        [number for number, _ in split],
        [house_letter(more, letter, addition) for (_, more), letter, addition in doors],
        _institutions(layer),
        pa.array(_floor_areas(layer), pa.float64(), from_pandas=True),
    ]
    return pa.table(columns, schema=ADDRESSES.schema)


def _postcodes(layer: Layer, names: Mapping[str, str]) -> CodeColumn:
    return CodeColumn(layer.column(names["postcode"]), layer.source, names["postcode"], PC6)


def _institutions(layer: Layer) -> Flags:
    """Whether people are cared for, lodged or held at each address (n,); false where no use was delivered."""
    none = np.full(len(layer.geometry), "", dtype=object)
    purpose = _words(layer.fields.get("gebruiksdoel", none))
    found = [np.char.find(purpose, word) >= 0 for word in _INSTITUTIONS]
    return np.asarray(np.any(found, axis=0), dtype=np.bool_)


def _floor_areas(layer: Layer) -> Floats:
    """Floor of each dwelling in m2; NaN where the BAG was delivered without, or tells nothing (0, 1 or 999999)."""
    if "oppervlakte" not in layer.fields:
        return np.full(len(layer.geometry), np.nan)
    area = signed_numbers(FigureColumn(layer.fields["oppervlakte"], layer.source, "oppervlakte").read())
    return np.where((area > 1) & (area < _NO_AREA_M2), area, np.nan)


def _words(cells: PyObjects) -> Strings:
    """Cells (n,) of words of the BAG, whatever their capitals."""
    return np.array(["" if cell is None else str(cell).strip().lower() for cell in cells], dtype=np.str_)


def _set_aside(source: str, problem: str, words: Strings) -> tuple[Remark, ...]:
    return (Remark(source, problem, "set_aside", len(words), _counted(words)),) if len(words) else ()


def _counted(words: Strings) -> str:
    """The words that stand in some rows, the most frequent first, and how often each does."""
    counted = Counter(words.tolist()).most_common(_SHOWN)
    return ", ".join(f"{label(word) or 'nothing'} ({count:,})" for word, count in counted)
