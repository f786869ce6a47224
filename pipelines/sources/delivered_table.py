"""A delivered table as its reader hands it over, whatever kind of file it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.sources.vector import Remark


@dataclass(frozen=True)
class DeliveredTable:
    """Columns of text, '' where a cell is empty or declared missing, and what is remarkable about them.

    `coded` are the columns in which the file declares codes missing, with these codes: one may mean `don't know`.
    """

    table: pa.Table
    remarks: tuple[Remark, ...] = ()
    coded: Mapping[str, pa.ChunkedArray] = field(default_factory=dict)
