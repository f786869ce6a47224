"""Every delivery of an area through its own reader: the one list of which reader reads what."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.errors import SourceError
from pipelines.sources.addresses import read_addresses, read_all_addresses
from pipelines.sources.area_file import AddressDelivery, AreaFile, BenchDelivery, PlaceDelivery
from pipelines.sources.attempts import read_all
from pipelines.sources.bench_lists import read_bench_list
from pipelines.sources.cbs import Municipality
from pipelines.sources.contracts import (
    ADDRESSES,
    BENCHES,
    CONTEXT,
    CROSSWALK,
    INVENTORY,
    PLACES,
)
from pipelines.sources.crosswalk import read_crosswalk
from pipelines.sources.delivery import Delivery
from pipelines.sources.duo import read_duo
from pipelines.sources.inventory import read_inventory
from pipelines.sources.osm_addresses import read_osm_addresses
from pipelines.sources.osm_benches import read_osm_benches
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.osm_streets import read_osm_segments
from pipelines.sources.place_lists import read_place_csv, read_place_layer
from pipelines.sources.remarks import Remark
from pipelines.sources.respondents import Survey, read_waves
from pipelines.sources.shown_texts import readable
from pipelines.sources.statline import read_statline
from pipelines.sources.street_lines import read_street_lines
from pipelines.sources.street_parts import parts_of, remark_on_parts, require_joined
from pipelines.sources.texts import NAME, PARAGRAPH
from pipelines.sources.vector import find

Read = tuple[pa.Table, tuple[Remark, ...]]


@dataclass(frozen=True)
class Delivered:
    """An area file, the raw folder its deliveries lie in, and where the municipality lies."""

    area: AreaFile
    raw: Path
    municipality: Municipality


class _ReadsOsm(Protocol):
    def __call__(self, path: Path, name: str, outline: shapely.Geometry | None, *, year: int | None) -> Read: ...


def _osm(read: _ReadsOsm, delivery: Delivery, delivered: Delivered) -> Read:
    outline = delivered.municipality.outline
    return read(find(delivered.raw, delivery.path), delivery.path, outline, year=delivery.vintage)


def delivered_addresses(delivered: Delivered) -> Read:
    """Dwellings, as `sources/addresses`; empty when none were delivered."""
    delivery = delivered.area.sources.addresses
    if delivery is None:
        return ADDRESSES.schema.empty_table(), ()
    if delivery.format == "osm":
        return _osm(read_osm_addresses, delivery, delivered)
    return read_addresses(delivery, delivered.raw, delivered.municipality)


def delivered_crosswalk(area: AreaFile, raw: Path) -> Read:
    """The buurt of every postcode and house number, as `sources/crosswalk`; empty when none was delivered."""
    if area.sources.crosswalk is None:
        return CROSSWALK.schema.empty_table(), ()
    return read_crosswalk(area.sources.crosswalk, raw, area.gemeenten)


def delivered_segments(delivered: Delivered) -> Read:
    """Streets, as `sources/segments`, from OSM or from lines; a remark tells whether they hang together.

    Raises
    ------
    SourceError
        When the delivery cannot be read, or lines do not hang together.
    """
    delivery = delivered.area.sources.streets
    if delivery.format == "osm":
        segments, remarks = _osm(read_osm_segments, delivery, delivered)
        parts = parts_of(segments)
    else:
        segments, remarks = read_street_lines(delivery, delivered.raw, delivered.municipality)
        parts = parts_of(segments)
        # In OSM ways meet in the nodes they share: what is apart there is so on the ground.
        require_joined(parts, delivery.path)
    return segments, (*remarks, remark_on_parts(parts, delivery.path))


def delivered_places(delivered: Delivered) -> Read:
    """Places of all deliveries, as `sources/places`.

    Raises
    ------
    SourceError
        When a delivery cannot be read, or two deliveries are one file under one reader.
    """
    parts = read_all(partial(_places_of, delivery, delivered) for delivery in delivered.area.sources.places)
    _refuse_repeats("places", delivered.area.sources.places)
    whole = pa.concat_tables([PLACES.schema.empty_table(), *(table for table, _ in parts)])
    shown, text_remarks = readable(whole, {"name": NAME}, whole["source"].to_pylist())
    return shown, (*(remark for _, remarks in parts for remark in remarks), *text_remarks)


def _refuse_repeats(role: str, deliveries: Sequence[Delivery]) -> None:
    paths = [delivery.path for delivery in deliveries]
    repeated = sorted({path for path in paths if paths.count(path) > 1})
    if repeated:
        raise SourceError(f"sources.{role}: {repeated} stands twice. Name each file once, with all its kinds.")


def _places_of(delivery: PlaceDelivery, delivered: Delivered) -> Read:
    if delivery.format == "osm":
        return _osm(read_osm_places, delivery, delivered)
    if delivery.format == "duo":
        addresses = _all_addresses(delivery, delivered)
        return read_duo(delivery, delivered.raw, addresses, delivered.area.gemeenten)
    read = read_place_csv if delivery.format == "csv" else read_place_layer
    return read(delivery, delivered.raw, delivered.municipality)


def _all_addresses(delivery: PlaceDelivery, delivered: Delivered) -> pa.Table:
    """Every address that the schools of `delivery` may lie at."""
    where: AddressDelivery | None = delivery.addresses or delivered.area.sources.addresses
    if where is None:
        raise SourceError(
            f"{delivery.path}: has addresses and no coordinates, and no addresses are delivered. Deliver the BAG under "
            "`addresses` of this source, or under sources.addresses, in the area file."
        )
    if where.format == "osm":
        return _osm(read_osm_addresses, where, delivered)[0]
    return read_all_addresses(where, delivered.raw, delivered.municipality)


def delivered_benches(delivered: Delivered) -> Read:
    """Public seats, as `sources/benches`: of `sources.benches`, else of the OSM extract that the places come from.

    Empty when none were delivered, or when the area file says so. Of several lists, each id is preceded by the path of
    its list.

    Raises
    ------
    SourceError
        When a delivery cannot be read, or two deliveries are one file.
    """
    lists = () if delivered.area.benches_delivered == "not_delivered" else delivered.area.sources.bench_lists()
    parts = read_all(partial(_benches_of, delivery, delivered) for delivery in lists)
    _refuse_repeats("benches", lists)
    if len(parts) == 1:
        return parts[0]
    tables = [_named(table, delivery.path) for delivery, (table, _) in zip(lists, parts, strict=True)]
    whole = pa.concat_tables([BENCHES.schema.empty_table(), *tables])
    return whole, tuple(remark for _, remarks in parts for remark in remarks)


def _benches_of(delivery: BenchDelivery, delivered: Delivered) -> Read:
    if delivery.format == "osm":
        return _osm(read_osm_benches, delivery, delivered)
    return read_bench_list(delivery, delivered.raw, delivered.municipality)


def _named(benches: pa.Table, path: str) -> pa.Table:
    """Tell the benches of one list apart from those of another: both may number their rows from 1."""
    ids = pc.binary_join_element_wise(path, benches["source_id"], ":")
    return benches.set_column(0, BENCHES.schema.field(0), ids)


def delivered_survey(area: AreaFile, raw: Path) -> Survey:
    """Respondents, answers and items of every wave, and what samples stand for; empty when no survey was delivered."""
    return read_waves(area.sources.waves(), raw)


def delivered_inventory(area: AreaFile, raw: Path) -> Read:
    """Observations in people's own words, with their consent; empty when none were delivered."""
    if area.sources.inventory is None:
        return INVENTORY.schema.empty_table(), ()
    told, remarks = read_inventory(area.sources.inventory, raw)
    longest = {"quote": PARAGRAPH, "subject": NAME, "said_by": NAME}
    shown, text_remarks = readable(told, longest, [area.sources.inventory.path] * len(told))
    return shown, remarks + text_remarks


def delivered_context(area: AreaFile, raw: Path) -> Read:
    """Figures of StatLine tables, as `sources/context`; empty when none were delivered.

    Raises
    ------
    SourceError
        When a delivery cannot be read, or a table is delivered twice.
    """
    tables = [delivery.table for delivery in area.sources.statline]
    parts = read_all(partial(read_statline, delivery, raw, area.gemeenten) for delivery in area.sources.statline)
    repeated = sorted({table for table in tables if tables.count(table) > 1})
    if repeated:
        raise SourceError(f"sources.statline: table {repeated} stands twice. Name each table once.")
    whole = pa.concat_tables([CONTEXT.schema.empty_table(), *(table for table, _ in parts)])
    return whole, tuple(remark for _, remarks in parts for remark in remarks)
