"""Try every reader on an area's deliveries: what they gave, and all that is wrong, at once.

Nothing is computed and nothing written. What only a later room can judge stands in `pipelines/check.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import shapely

from pipelines import geo
from pipelines.contracts import Contract, conform, violations
from pipelines.sources import contracts
from pipelines.sources.area_file import AreaFile
from pipelines.sources.attempts import attempt
from pipelines.sources.cbs import Municipality, Statistics, read_municipality, read_statistics
from pipelines.sources.deliveries import (
    Delivered,
    Read,
    delivered_addresses,
    delivered_benches,
    delivered_context,
    delivered_crosswalk,
    delivered_inventory,
    delivered_places,
    delivered_segments,
    delivered_survey,
)
from pipelines.sources.recall import Memory, Recall, recall
from pipelines.sources.remarks import Remark
from pipelines.sources.respondents import Survey
from pipelines.sources.vector import Layer, read_layer

if TYPE_CHECKING:
    from pipelines.sources.delivery import Delivery


_LEVELS = ("buurten", "wijken", "gemeenten", "pc4", "pc6")
_WAVES = ("respondents", "respondents_before")
# The deliveries that each table is made of.
_ROLES: Mapping[Contract, tuple[str, ...]] = {
    contracts.AREAS: _LEVELS,
    contracts.PEOPLE_COUNTS: (*_LEVELS, "pc4_ages", "squares", "squares_500"),
    contracts.SQUARES: ("squares", "squares_500"),
    contracts.CONTEXT: ("statline",),
    contracts.ADDRESSES: ("addresses",),
    contracts.CROSSWALK: ("crosswalk",),
    contracts.SEGMENTS: ("streets",),
    contracts.PLACES: ("places",),
    contracts.BENCHES: ("benches", "places"),
    contracts.RESPONDENTS: _WAVES,
    contracts.ANSWERS: _WAVES,
    contracts.ITEMS: _WAVES,
    contracts.STRATA: _WAVES,
    contracts.MARGINS: _WAVES,
    contracts.INVENTORY: ("inventory",),
}


@dataclass(frozen=True)
class Readings:
    """What the readers gave and remarked, and all that is wrong; nothing of a reader that failed or hangs on another.

    `tables` are those of the readers of one table each, by the name of their contract; `remarks` go by the same name,
    or are of the `statistics` or the `survey`.
    """

    problems: tuple[str, ...]
    statistics: Statistics | None = None
    survey: Survey | None = None
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    remarks: Mapping[str, tuple[Remark, ...]] = field(default_factory=dict)


def problems(area: AreaFile, raw: Path) -> tuple[str, ...]:
    """Everything that is wrong with the deliveries of an area, one sentence (or more) each; empty when all is well."""
    return readings(area, raw).problems


def readings(area: AreaFile, raw: Path, memory: Memory | None = None) -> Readings:
    """Read every delivery of an area, and leave in `memory` what was read.

    When the buurten cannot be read, the other layers are tested against the whole country.
    """
    if not raw.is_dir():
        return Readings((f"{raw}: there is no such raw folder. Give another with --raw or SAMENHANG_RAW.",))
    known = recall({} if memory is None else memory, area, raw)
    municipality, no_buurten = attempt(lambda: known.once(read_municipality, area, raw))
    delivered = Delivered(area, raw, municipality or _anywhere())
    if municipality is None:
        statistics, no_statistics = None, tuple(_other_layers(area, raw))
    else:
        statistics, no_statistics = attempt(lambda: known.once(read_statistics, area, raw, delivered.municipality))
    survey, no_survey = attempt(lambda: known.once(delivered_survey, area, raw))
    found, wrong = _tables(delivered, known)
    parts = {"statistics": statistics, "survey": survey}
    remarks = {name: part.remarks for name, part in parts.items() if part is not None}
    read = Readings(
        tuple(dict.fromkeys((*no_buurten, *no_statistics, *wrong, *no_survey))),
        statistics,
        survey,
        {name: table for name, (table, _) in found.items()},
        remarks | {name: told for name, (_, told) in found.items()},
    )
    return replace(read, problems=read.problems or tuple(broken(area, read)))


def _tables(delivered: Delivered, known: Recall) -> tuple[dict[str, Read], tuple[str, ...]]:
    """The tables of readers that give one, by name, and what is wrong with the deliveries of the others."""
    area, raw = delivered.area, delivered.raw
    tried: dict[str, tuple[Read | None, tuple[str, ...]]] = {
        "addresses": attempt(lambda: known.once(delivered_addresses, delivered)),
        "crosswalk": attempt(lambda: known.once(delivered_crosswalk, area, raw)),
        "segments": attempt(lambda: known.once(delivered_segments, delivered)),
        "places": attempt(lambda: known.once(delivered_places, delivered)),
        "benches": attempt(lambda: known.once(delivered_benches, delivered)),
        "inventory": attempt(lambda: known.once(delivered_inventory, area, raw)),
        "context": attempt(lambda: known.once(delivered_context, area, raw)),
    }
    found = {name: read for name, (read, _) in tried.items() if read is not None}
    said = {name: wrong for name, (_, wrong) in tried.items()}
    said |= _said_once(delivered, said)
    return found, tuple(chain(*said.values()))


def _said_once(delivered: Delivered, said: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What is wrong with places and benches, apart from what was said of the same extract already."""
    sources = delivered.area.sources
    extract = f"{sources.streets.path}: " if said["segments"] and sources.streets.format == "osm" else None
    places = tuple(one for one in said["places"] if extract is None or not one.startswith(extract))
    benches = said["benches"] if sources.benches or not said["places"] else ()
    return {
        "places": places,
        "benches": tuple(one for one in benches if extract is None or not one.startswith(extract)),
    }


def broken(area: AreaFile, read: Readings) -> Iterator[str]:
    """What breaks the contract of its table, for which a run would end though no reader refused it; by delivery."""
    for contract, roles in _ROLES.items():
        table = _table(contract, read)
        found = () if table is None else violations(conform(table, contract), contract)
        paths = ", ".join(dict.fromkeys(one.path for role in roles for one in area.sources.of(role)))
        yield from (
            f"{paths or f'area file {area.name}'}: cannot stand in {contract.name} ({problem}). Correct it in the "
            "source."
            for problem in found
        )


def _table(contract: Contract, read: Readings) -> pa.Table | None:
    for part in (read.statistics, read.survey):
        if part is not None and hasattr(part, contract.table):
            return getattr(part, contract.table)
    return read.tables.get(contract.table)


def _other_layers(area: AreaFile, raw: Path) -> Iterator[str]:
    """What is wrong with the layers that belong to areas, without knowing where the municipality lies."""
    for role in ("wijken", "gemeenten", "pc4", "pc6", "squares", "squares_500"):
        delivery: Delivery | None = getattr(area.sources, role)
        if delivery is not None:
            yield from attempt(lambda d=delivery, r=role: read_layer(d, raw, default_layer=r))[1]  # type: ignore[misc]


def _anywhere() -> Municipality:
    low_x, high_x, low_y, high_y = geo.NETHERLANDS_RD_M
    outline = shapely.box(low_x, low_y, high_x, high_y)
    return Municipality(Layer("the Netherlands", np.array([outline], dtype=object), {}), outline)
