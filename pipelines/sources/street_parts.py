"""Whether streets hang together: into how many parts they fall, and what share of their length the largest holds.

Who lives on a part of its own reaches nothing beyond it. Real networks hang together for 98.8 % (Osdorp), 99.5 %
(Delft) and 99.8 % (Groningen) of their length; what remains are bits at the edge, and paths behind a gate.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.errors import SourceError
from pipelines.sources.remarks import Remark

# Water that nobody crosses on foot may part a municipality in two, as the Noordzeekanaal does Velsen. Where the largest
# part is less than half, no home reaches most of the town: the lines were not joined.
LEAST_SHARE = 0.5
_SHOWN = 5


@dataclass(frozen=True)
class Parts:
    """How many parts streets fall into, the largest's share of the length, and the ids of the stretches outside it."""

    count: int
    share: float
    outside: tuple[str, ...]


def parts_of(segments: pa.Table) -> Parts:
    """Find the parts of `sources/segments`, of which there is at least one row."""
    ends = np.concatenate([segments["u_key"].to_numpy(), segments["v_key"].to_numpy()])
    keys, node = np.unique(ends, return_inverse=True)
    u, v = node.reshape(2, -1)
    joins = coo_array((np.ones(len(u)), (u, v)), shape=(len(keys), len(keys)))
    count, part = connected_components(joins, directed=False)
    length_m = shapely.length(shapely.from_wkb(segments["geometry"].to_numpy(zero_copy_only=False)))
    of_part_m = np.bincount(part[u], weights=length_m, minlength=count)
    outside = np.flatnonzero((part[u] != np.argmax(of_part_m)) & (length_m > 0))
    share = float(of_part_m.max() / of_part_m.sum()) if of_part_m.sum() > 0 else 1.0
    return Parts(count, share, tuple(segments["source_id"].take(pa.array(outside)).to_pylist()))


def remark_on_parts(parts: Parts, source: str) -> Remark:
    """Tell of the parts; the rows are the stretches outside the largest."""
    problem = f"streets in {parts.count:,} parts, the largest with {100 * parts.share:.1f} % of the length"
    if parts.count == 1:
        problem = "streets in one part"
    return Remark(source, problem, "noted", len(parts.outside), ", ".join([*dict.fromkeys(parts.outside)][:_SHOWN]))


def require_joined(parts: Parts, source: str) -> None:
    """Refuse lines that do not hang together.

    Raises
    ------
    SourceError
        When the largest part holds less than `LEAST_SHARE` of the length.
    """
    if parts.share < LEAST_SHARE:
        raise SourceError(
            f"{source}: the streets fall into {parts.count:,} parts, and the largest holds {100 * parts.share:.1f} % "
            f"of the length; under {100 * LEAST_SHARE:.0f} % most of the town is out of reach of every home. Lines "
            "meet where an end lies on another or both have a corner: snap them in a GIS, or deliver an OSM extract."
        )
