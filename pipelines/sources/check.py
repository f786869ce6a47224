"""Try every reader on an area's deliveries and list all that is wrong, at once, without computing anything."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely

from pipelines import geo
from pipelines.errors import InputError
from pipelines.sources.area_file import AreaFile
from pipelines.sources.cbs import Municipality, read_municipality, read_statistics
from pipelines.sources.deliveries import (
    Delivered,
    delivered_addresses,
    delivered_benches,
    delivered_inventory,
    delivered_places,
    delivered_segments,
    delivered_survey,
)
from pipelines.sources.vector import Layer


def problems(area: AreaFile, raw: Path) -> tuple[str, ...]:
    """Everything that is wrong with the deliveries of an area, one sentence (or more) each; empty when all is well.

    When the buurten cannot be read, the other layers are tested against the whole country.
    """
    found: list[str] = []

    def attempt(read: Callable[[], object]) -> object | None:
        try:
            return read()
        except InputError as error:
            found.append(str(error))
            return None

    municipality = attempt(lambda: read_municipality(area, raw))
    where = municipality if isinstance(municipality, Municipality) else _anywhere()
    delivered = Delivered(area, raw, where)
    if municipality is not None:
        attempt(lambda: read_statistics(area, raw, where))
    for read in (delivered_addresses, delivered_segments, delivered_places, delivered_benches):
        attempt(lambda read=read: read(delivered))  # type: ignore[misc]
    attempt(lambda: delivered_survey(area, raw))
    attempt(lambda: delivered_inventory(area, raw))
    return tuple(dict.fromkeys(found))


def _anywhere() -> Municipality:
    low_x, high_x, low_y, high_y = geo.NETHERLANDS_RD_M
    outline = shapely.box(low_x, low_y, high_x, high_y)
    return Municipality(Layer("the Netherlands", np.array([outline], dtype=object), {}), outline)
