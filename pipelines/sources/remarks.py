"""What a reader tells of a delivery besides its rows: what it set aside, mended, or found worth knowing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Remark:
    """Rows that a reader set aside or mended, and why; `examples` are ids, empty for personal files."""

    source: str
    problem: str
    action: str
    rows: int
    examples: str = ""


def without_examples(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """The same remarks, naming none of the rows they are about."""
    return tuple(replace(remark, examples="") for remark in remarks)
