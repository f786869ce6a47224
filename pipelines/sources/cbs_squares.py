"""CBS squares of 100 m and of 500 m, and the people counted in them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipelines.arrays import Floats, Strings
from pipelines.errors import SourceError
from pipelines.sources.area_file import AreaFile
from pipelines.sources.cbs_areas import unique_codes
from pipelines.sources.cbs_counts import people_table
from pipelines.sources.cbs_figures import Areas, figure_keys, people_of
from pipelines.sources.cbs_reading import Wanted, read_as
from pipelines.sources.cbs_tables import BUFFER_M, Municipality, Statistics
from pipelines.sources.contracts import SQUARES
from pipelines.sources.vector import Near, read_near

if TYPE_CHECKING:
    from pipelines.sources.delivery import BorderDelivery

SIZE_M = {"squares": 100, "squares_500": 500}
UNIT_TYPE = {"squares": "square", "squares_500": "square500"}
_HECTOMETRE_M = 100


def read_squares(area: AreaFile, raw: Path, municipality: Municipality, role: str) -> Statistics:
    """Squares within 1,300 m of the area and their counts; `role` is squares (100 m) or squares_500."""
    delivery: BorderDelivery | None = getattr(area.sources, role)
    if delivery is None:
        return Statistics()
    layer = read_near(delivery, raw, Near(municipality.outline, BUFFER_M), may_be_none=False)
    reading = read_as(layer, Wanted(role, ("code", *figure_keys(delivery))), delivery)
    codes, size_m = unique_codes(reading, "code"), SIZE_M[role]
    people = people_of(reading, Areas(role, codes.astype(object)), raw)
    x_m, y_m = square_centres(codes, layer.source, size_m)
    squares = [pa.array(codes.tolist(), pa.string()), pa.array([size_m] * len(codes), pa.int32()), x_m, y_m]
    return Statistics(
        people_counts=people_table(UNIT_TYPE[role], codes, people.groups, people.vintage),
        squares=pa.table(squares, schema=SQUARES.schema),
        remarks=layer.remarks + reading.remarks() + people.remarks,
    )


def square_centres(codes: Strings, source: str, size_m: int = 100) -> tuple[Floats, Floats]:
    """Centres in RD metres of CBS squares (n,) named like E2334N5820 (lower left corner in hectometres).

    Raises
    ------
    SourceError
        When one is no corner of a square of `size_m` metres.
    """
    corners = np.array([(code[1:5], code[6:]) for code in codes], dtype=np.float64).reshape(-1, 2) * _HECTOMETRE_M
    wrong = codes[(corners % size_m != 0).any(axis=1)]
    if len(wrong):
        raise SourceError(
            f"{source}: {len(wrong)} codes are no CBS squares of {size_m} m, such as {str(wrong[0])!r} (expected "
            f"{'E2334N5820' if size_m == _HECTOMETRE_M else 'E2330N5820'}). Name the right column under "
            "`columns: {code: ...}` in the area file."
        )
    return corners[:, 0] + size_m / 2, corners[:, 1] + size_m / 2
