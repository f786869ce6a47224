"""What a reader tells of a delivery besides its rows: what it set aside, mended, or found worth knowing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """Rows that a reader set aside or mended, and why; `examples` are ids, empty for personal files."""

    source: str
    problem: str
    action: str
    rows: int
    examples: str = ""
