"""Schools as DUO lists them: an address each and no coordinates, so that they lie where the BAG has their address.

Here a list becomes places; that OSM or a municipal list may hold the same school is for `places/` to see. Schools and
their addresses are public: an error or remark may quote them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.errors import SourceError
from pipelines.sources.area_file import PlaceDelivery
from pipelines.sources.codes import GEMEENTE, PC6, code_of
from pipelines.sources.contracts import PLACES
from pipelines.sources.delivered_table import unused_columns
from pipelines.sources.house_numbers import split_house_number
from pipelines.sources.place_lists import places_of
from pipelines.sources.remarks import Remark
from pipelines.sources.tables import read_delivered
from pipelines.sources.vector import Layer

# Of each fact the first of these columns that is there: of a branch (vestiging), else of the whole school.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("VESTIGINGSCODE", "VESTIGINGSNUMMER", "INSTELLINGSCODE", "BRIN NUMMER"),
    "name": ("VESTIGINGSNAAM", "INSTELLINGSNAAM"),
    "postcode": ("POSTCODE",),
    "house_number": ("HUISNUMMER-TOEVOEGING", "HUISNUMMER"),
    "gemeente": ("GEMEENTENUMMER",),
}
_MOST_SHOWN = 50


@dataclass(frozen=True)
class _School:
    """One row: where it is, and its point in RD once it is found."""

    row: int
    pc6: str
    number: int | None
    letter: str
    is_of_area: bool

    @property
    def address(self) -> str:
        return f"{self.pc6} {self.number or '?'}{self.letter}"


def read_duo(
    delivery: PlaceDelivery, raw: Path, addresses: pa.Table, gemeenten: Sequence[str]
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the schools of a list whose address is among `addresses`.

    Parameters
    ----------
    delivery
        CSV or XLSX of DUO; `columns` may rename `id`, `name`, `postcode`, `house_number` and `gemeente`.
    raw
        The raw folder.
    addresses
        Every address near the area, whatever it is used for, by `sources/addresses`.
    gemeenten
        Codes of the area: of their schools it is told which were not found. Where these are not given, or the list has
        no column of them, a school is of the area when its four digits of postcode occur in `addresses`.

    Returns
    -------
    tuple
        `sources/places`; remarks with the postcodes and numbers that were not found, and how many were found by number
        alone. Where one number has several letters and the list none, the first address is taken.

    Raises
    ------
    SourceError
        When a column is missing, a school repeats, no school is of the area, or none of these is found.
    """
    delivered = read_delivered(delivery, raw)
    table = delivered.table
    columns = _columns(table, delivery)
    schools = list(_schools(table, columns, addresses, gemeenten))
    doors = _doors(addresses, {school.pc6 for school in schools})
    found = {school.row: door for school in schools if (door := _door(school, doors)) is not None}
    here = [school for school in schools if school.is_of_area]
    _require_some(delivery, here, found, gemeenten)
    rows = [school.row for school in schools if school.row in found]
    points = np.asarray(shapely.points([found[row][1:] for row in rows]), dtype=object)
    fields = {column: np.array(table[column].to_pylist(), dtype=object)[rows] for column in table.column_names}
    unused = unused_columns(table.column_names, tuple(columns.values()), delivery.path)
    layer = Layer(
        delivery.path, points, fields, (*delivered.remarks, *unused, *_remarks(delivery.path, schools, found))
    )
    if not rows:
        return PLACES.schema.empty_table(), layer.remarks
    named = {key: columns[key] for key in ("id", "name")}
    return places_of(delivery.model_copy(update={"kind": delivery.kind or "school", "columns": named}), layer)


def _columns(table: pa.Table, delivery: PlaceDelivery) -> dict[str, str]:
    found = {}
    for key, usual in _COLUMNS.items():
        wanted = (delivery.columns[key],) if key in delivery.columns else usual
        there = [column for column in wanted if column in table.column_names]
        if there:
            found[key] = there[0]
        elif key != "gemeente" or key in delivery.columns:
            raise SourceError(
                f"{delivery.path}: column {' or '.join(map(repr, wanted))} is missing; it has "
                f"{sorted(table.column_names)[:40]}. Deliver the list of DUO as it is, or name the column under "
                f"`columns: {{{key}: ...}}` in the area file."
            )
    return found


def _schools(
    table: pa.Table, columns: Mapping[str, str], addresses: pa.Table, gemeenten: Sequence[str]
) -> Iterable[_School]:
    pc4 = set(pc.utf8_slice_codeunits(addresses["pc6"], 0, 4).to_pylist()) - {""}
    by_gemeente = bool(gemeenten) and "gemeente" in columns
    for row, cells in enumerate(table.select(list(dict.fromkeys(columns.values()))).to_pylist()):
        pc6 = code_of(cells[columns["postcode"]], PC6) or ""
        number, letter = split_house_number(cells[columns["house_number"]])
        gemeente = code_of(cells[columns["gemeente"]], GEMEENTE) if by_gemeente else None
        of_area = gemeente in gemeenten if gemeente else pc6[:4] in pc4
        yield _School(row, pc6, number, letter, of_area)


_Door = tuple[str, float, float]


def _doors(addresses: pa.Table, postcodes: set[str]) -> dict[tuple[str, int | None], list[_Door]]:
    """Letter and point of the addresses in some postcodes, per postcode and number, in the order of the letters."""
    near = addresses.filter(pc.is_in(addresses["pc6"], pa.array(sorted(postcodes), pa.string())))
    columns = [near[name].to_pylist() for name in ("pc6", "house_number", "house_letter", "x_m", "y_m")]
    doors: dict[tuple[str, int | None], list[_Door]] = {}
    for pc6, number, letter, x_m, y_m in sorted(zip(*columns, strict=True), key=lambda door: door[2:]):
        doors.setdefault((pc6, number), []).append((letter, x_m, y_m))
    return doors


def _door(school: _School, doors: Mapping[tuple[str, int | None], Sequence[_Door]]) -> _Door | None:
    if not school.pc6 or school.number is None:
        return None
    at = doors.get((school.pc6, school.number), ())
    exact = [door for door in at if door[0] == school.letter]
    return next(iter(exact or at), None)


def _require_some(
    delivery: PlaceDelivery, here: Sequence[_School], found: Mapping[int, _Door], gemeenten: Sequence[str]
) -> None:
    if not here:
        raise SourceError(
            f"{delivery.path}: holds no school in the area ({', '.join(gemeenten) or 'no gemeente named'}). Deliver "
            "the list of the whole country or of this area, or correct `gemeenten` in the area file."
        )
    if not any(school.row in found for school in here):
        raise SourceError(
            f"{delivery.path}: none of its {len(here)} schools in the area (first {here[0].address}) has its address "
            "in the delivered addresses. Deliver a BAG with postcode and huisnummer that holds more than dwellings, "
            "or name one under `addresses` of this source in the area file."
        )


def _remarks(name: str, schools: Sequence[_School], found: Mapping[int, _Door]) -> tuple[Remark, ...]:
    here = [school for school in schools if school.is_of_area]
    groups = {
        ("school without a postcode or house number", "set_aside"): [
            school for school in here if not school.pc6 or school.number is None
        ],
        ("school whose address is not in the BAG", "set_aside"): [
            school for school in here if school.pc6 and school.number is not None and school.row not in found
        ],
        ("school found by number alone, its letter being another in the BAG", "joined"): [
            school for school in schools if school.row in found and found[school.row][0] != school.letter
        ],
    }
    return tuple(
        Remark(name, problem, action, len(these), ", ".join(school.address for school in these[:_MOST_SHOWN]))
        for (problem, action), these in groups.items()
        if these
    )
