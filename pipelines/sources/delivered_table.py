"""A delivered table as its reader hands it over, whatever kind of file it was."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.sources.remarks import Remark


@dataclass(frozen=True)
class DeliveredTable:
    """Columns of text, '' where a cell is empty or declared missing, and what is remarkable about them.

    `coded` are the columns in which the file declares codes missing, with these codes: one may mean `don't know`.
    """

    table: pa.Table
    remarks: tuple[Remark, ...] = ()
    coded: Mapping[str, pa.ChunkedArray] = field(default_factory=dict)


def unused_columns(
    names: Collection[str], used: Collection[str], source: str, *, is_personal: bool = False
) -> tuple[Remark, ...]:
    """Tell which of the columns `names` of a file are not `used`; of a file about persons, how many."""
    unused = [name for name in names if name not in used]
    if not unused:
        return ()
    return (Remark(source, "columns not used", "listed", len(unused), "" if is_personal else ", ".join(unused)),)
