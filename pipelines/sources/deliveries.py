"""Every delivery of an area through its own reader: the one list of which reader reads what."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipelines.errors import SourceError
from pipelines.sources.addresses import read_addresses
from pipelines.sources.area_file import AreaFile, PlaceDelivery
from pipelines.sources.attempts import read_all
from pipelines.sources.cbs import Municipality
from pipelines.sources.contracts import ADDRESSES, ANSWERS, BENCHES, INVENTORY, ITEMS, PLACES, RESPONDENTS
from pipelines.sources.inventory import read_inventory
from pipelines.sources.osm_addresses import read_osm_addresses
from pipelines.sources.osm_places import read_osm_benches, read_osm_places
from pipelines.sources.osm_streets import read_osm_segments
from pipelines.sources.place_lists import read_place_csv, read_place_layer
from pipelines.sources.respondents import Survey, read_respondents
from pipelines.sources.street_lines import read_street_lines
from pipelines.sources.vector import Remark, find

Read = tuple[pa.Table, tuple[Remark, ...]]


@dataclass(frozen=True)
class Delivered:
    """An area file, the raw folder its deliveries lie in, and where the municipality lies."""

    area: AreaFile
    raw: Path
    municipality: Municipality


def delivered_addresses(delivered: Delivered) -> Read:
    """Dwellings, as `sources/addresses`; empty when none were delivered."""
    delivery = delivered.area.sources.addresses
    if delivery is None:
        return ADDRESSES.schema.empty_table(), ()
    if delivery.format == "osm":
        return read_osm_addresses(delivered.raw / delivery.path, delivery.path, delivered.municipality.outline)
    return read_addresses(delivery, delivered.raw, delivered.municipality)


def delivered_segments(delivered: Delivered) -> Read:
    """Streets, as `sources/segments`, from OSM or from lines."""
    delivery = delivered.area.sources.streets
    if delivery.format == "osm":
        return read_osm_segments(find(delivered.raw, delivery.path), delivery.path, delivered.municipality.outline)
    return read_street_lines(delivery, delivered.raw, delivered.municipality)


def delivered_places(delivered: Delivered) -> Read:
    """Places of all deliveries, as `sources/places`.

    Raises
    ------
    SourceError
        When a delivery cannot be read, or two deliveries are one file under one reader.
    """
    parts = read_all(partial(_places_of, delivery, delivered) for delivery in delivered.area.sources.places)
    paths = [delivery.path for delivery in delivered.area.sources.places]
    repeated = sorted({path for path in paths if paths.count(path) > 1})
    if repeated:
        raise SourceError(f"sources.places: {repeated} stands twice. Name each file once, with all its kinds.")
    tables = [PLACES.schema.empty_table(), *(table for table, _ in parts)]
    return pa.concat_tables(tables), tuple(remark for _, remarks in parts for remark in remarks)


def _places_of(delivery: PlaceDelivery, delivered: Delivered) -> Read:
    if delivery.format == "osm":
        return read_osm_places(find(delivered.raw, delivery.path), delivery.path, delivered.municipality.outline)
    read = read_place_csv if delivery.format == "csv" else read_place_layer
    return read(delivery, delivered.raw, delivered.municipality)


def delivered_benches(delivered: Delivered) -> Read:
    """Public seats, as `sources/benches`, of the OSM extract that the places come from; empty without one."""
    extracts = [delivery for delivery in delivered.area.sources.places if delivery.format == "osm"]
    if not extracts:
        return BENCHES.schema.empty_table(), ()
    path = extracts[0].path
    return read_osm_benches(find(delivered.raw, path), path, delivered.municipality.outline)


def delivered_survey(area: AreaFile, raw: Path) -> Survey:
    """Respondents, answers and items; empty when no survey was delivered."""
    if area.sources.respondents is None:
        none, nothing, no_items = (contract.schema.empty_table() for contract in (RESPONDENTS, ANSWERS, ITEMS))
        return Survey(none, nothing, no_items, remarks=())
    return read_respondents(area.sources.respondents, raw)


def delivered_inventory(area: AreaFile, raw: Path) -> Read:
    """Observations in people's own words, with their consent; empty when none were delivered."""
    if area.sources.inventory is None:
        return INVENTORY.schema.empty_table(), ()
    return read_inventory(area.sources.inventory, raw)
