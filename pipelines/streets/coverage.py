"""How much is known of each stretch of street: what decides whether the bounds of a reach lie far apart.

Here the known is counted edge by edge, whoever walks. What an unknown costs whom is said in `tolls`; the share per
cell is for the rooms above.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags
from pipelines.contracts import conform
from pipelines.sources.osm_words import PATHS
from pipelines.streets.contracts import COVERAGE
from pipelines.streets.hindrances import shipped_hindrances
from pipelines.streets.rights import is_gap_unknown
from pipelines.streets.tolls import BUSY_ROADS, SHARED_ROADS, is_kerb_unknown
from pipelines.streets.unknowns import Unknowns, read_unknowns


def coverage(edges: pa.Table, unknowns: Unknowns | None = None) -> pa.Table:
    """Count, edge by edge, which of the facts that bear on wheels there are known.

    On a stretch bear: its surface or smoothness; its width if it is a path; its sidewalk if it is a road; its slope
    if it is a bridge, a tunnel or called a slope; its number of steps and ramp if it is a flight. On an obstacle
    bear: the height of a kerb; who may pass a gate that can be locked; the gap in a barrier, or whether wheelchairs
    pass it; what helps across a busy road.

    Parameters
    ----------
    edges
        Table `streets/edges`.
    unknowns
        Says which barriers may be locked; null: the shipped guesses.

    Returns
    -------
    pyarrow.Table
        `streets/coverage`, one row per edge. `known_share` in [0, 1]; 1 where nothing bears.
    """
    questions = _questions(edges, unknowns or read_unknowns())
    bearing = np.sum([bears for bears, _ in questions], axis=0)
    known = np.sum([bears & known for bears, known in questions], axis=0)
    busy = _among(edges, "crossed_highway", BUSY_ROADS) & edges["is_crossing"].to_numpy()
    columns = {
        "edge_id": edges["edge_id"],
        "known_share": np.divide(known, bearing, out=np.ones(len(edges)), where=bearing > 0),
        "is_crossing": edges["is_crossing"],
        "is_difficult_crossing": pa.array(
            busy & ~_among(edges, "crossing", ("signals", "marked", "island")),
            mask=busy & _among(edges, "crossing", ("",)),
        ),
    }
    return conform(pa.table(columns), COVERAGE)


def _questions(edges: pa.Table, unknowns: Unknowns) -> list[tuple[Flags, Flags]]:
    """List what may bear on an edge: whether it does, and whether it is known; each of shape (n,)."""
    walked = edges["length_m"].to_numpy() > 0
    flight = edges["is_steps"].to_numpy()
    kerb = pc.or_(edges["is_crossing"], edges["has_kerb"]).to_numpy()
    busy = edges["is_crossing"].to_numpy() & _among(edges, "crossed_highway", ("", *BUSY_ROADS))
    gate = _among(edges, "barrier", unknowns.may_be_locked)
    hindrances = shipped_hindrances()
    gap_unknown = is_gap_unknown(edges, hindrances) & _among(edges, "wheelchair", ("",))
    return [
        (walked, ~_among(edges, "surface", ("",)) | ~_among(edges, "smoothness", ("",))),
        (walked & _among(edges, "highway", PATHS), edges["width_m"].is_valid().to_numpy()),
        (walked & _among(edges, "highway", SHARED_ROADS), ~_among(edges, "sidewalk", ("",))),
        (walked & edges["may_slope"].to_numpy(), edges["incline_pct"].is_valid().to_numpy()),
        (flight, edges["step_count"].is_valid().to_numpy()),
        (flight, ~_among(edges, "ramp_wheelchair", ("", "unknown"))),
        (kerb, ~is_kerb_unknown(edges)),
        (gate, ~_among(edges, "foot", ("",))),
        (hindrances.has_gap(edges["barrier"]), ~gap_unknown),
        (busy, ~_among(edges, "crossing", ("",))),
    ]


def _among(edges: pa.Table, column: str, values: tuple[str, ...]) -> Flags:
    mask: Flags = pc.is_in(edges[column], pa.array(list(values), pa.string())).to_numpy()
    return mask
