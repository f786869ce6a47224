"""What a measurement is, and how one is taken: CPU seconds, wall seconds and the peak of the whole process."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
KIB_PER_MB = 1_000_000 / 1_024


@dataclass(frozen=True)
class Measured:
    """One row of the table; where only some places were searched, `note` says so and the times are of those."""

    case: str
    engine: str
    nodes: int
    places: int
    origins: int
    profiles: int
    bounds: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    agrees: str
    note: str = ""


def timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """Do the work; give its result, CPU seconds of this process and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def peak_mb() -> float:
    """Most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MB
