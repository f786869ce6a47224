"""Try every reader on an area's deliveries: what they gave, and all that is wrong, at once.

Nothing is computed and nothing written. What only a later room can judge stands in `pipelines/check.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import shapely

from pipelines import geo
from pipelines.sources.area_file import AreaFile
from pipelines.sources.attempts import attempt
from pipelines.sources.cbs import Municipality, Statistics, read_municipality, read_statistics
from pipelines.sources.deliveries import (
    Delivered,
    delivered_addresses,
    delivered_benches,
    delivered_context,
    delivered_crosswalk,
    delivered_inventory,
    delivered_places,
    delivered_segments,
    delivered_survey,
)
from pipelines.sources.respondents import Survey
from pipelines.sources.vector import Layer, read_layer

if TYPE_CHECKING:
    from pipelines.sources.delivery import Delivery


@dataclass(frozen=True)
class Readings:
    """What the readers gave (None where one failed, or hangs on one that did), and all that is wrong."""

    problems: tuple[str, ...]
    statistics: Statistics | None = None
    addresses: pa.Table | None = None
    crosswalk: pa.Table | None = None
    places: pa.Table | None = None
    survey: Survey | None = None


def problems(area: AreaFile, raw: Path) -> tuple[str, ...]:
    """Everything that is wrong with the deliveries of an area, one sentence (or more) each; empty when all is well."""
    return readings(area, raw).problems


def readings(area: AreaFile, raw: Path) -> Readings:
    """Read every delivery of an area.

    When the buurten cannot be read, the other layers are tested against the whole country.
    """
    if not raw.is_dir():
        return Readings((f"{raw}: there is no such raw folder. Give another with --raw or SAMENHANG_RAW.",))
    municipality, no_buurten = attempt(lambda: read_municipality(area, raw))
    delivered = Delivered(area, raw, municipality or _anywhere())
    if municipality is None:
        statistics, no_statistics = None, tuple(_other_layers(area, raw))
    else:
        statistics, no_statistics = attempt(lambda: read_statistics(area, raw, delivered.municipality))
    addresses, no_addresses = attempt(lambda: delivered_addresses(delivered))
    crosswalk, no_crosswalk = attempt(lambda: delivered_crosswalk(area, raw))
    _, no_streets = attempt(lambda: delivered_segments(delivered))
    places, no_places = _places(delivered, bool(no_streets))
    survey, no_survey = attempt(lambda: delivered_survey(area, raw))
    _, no_inventory = attempt(lambda: delivered_inventory(area, raw))
    _, no_context = attempt(lambda: delivered_context(area, raw))
    said = (
        no_buurten
        + no_statistics
        + no_addresses
        + no_crosswalk
        + no_streets
        + no_places
        + no_survey
        + no_inventory
        + no_context
    )
    return Readings(
        tuple(dict.fromkeys(said)),
        statistics,
        addresses[0] if addresses else None,
        crosswalk[0] if crosswalk else None,
        places,
        survey,
    )


def _places(delivered: Delivered, streets_fail: bool) -> tuple[pa.Table | None, tuple[str, ...]]:  # noqa: FBT001 - no flag but a finding
    """Places, and what is wrong with them and the benches.

    Of an extract that failed as streets, or of benches in an extract that failed as places, everything was said.
    """
    found, wrong = attempt(lambda: delivered_places(delivered))
    _, no_benches = attempt(lambda: delivered_benches(delivered))
    if found is not None:
        return found[0], no_benches
    wrong += no_benches if delivered.area.sources.benches else ()
    streets = delivered.area.sources.streets
    said = f"{streets.path}: " if streets_fail and streets.format == "osm" else None
    return None, tuple(sentence for sentence in wrong if said is None or not sentence.startswith(said))


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
