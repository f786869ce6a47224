"""Where one can sit down on the way: benches, and the doors of places, beside the streets a profile may use.

A seat stands on the line of its street: the metres aside are not walked. The line is drawn along the middle of a road,
the bench stands beside the path that the walker takes; walking to the middle and back would be of the map's making.
What lies farther than `SEAT_LIMIT_M` from the line is no seat of that street.
"""

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import conform
from pipelines.reach.attach import Streets, attach_origins
from pipelines.reach.contracts import SEATS
from pipelines.reach.doors import is_open

# Half of a wide street with its trees. Benches in gardens and on inner courts lie farther from any public street.
SEAT_LIMIT_M = 15.0


def attach_seats(
    benches: pa.Table, places_attached: pa.Table, streets: Streets, *, limit_m: float = SEAT_LIMIT_M
) -> pa.Table:
    """Find the seats beside the streets of one profile; of equally near streets a bench takes the lowest edge_id.

    Parameters
    ----------
    benches
        At least `source_id`, `x_m`, `y_m` of `sources/benches`.
    places_attached
        Table `reach/attachments`; other profiles, origins, points without an edge and doors that are closed to the
        profile (central bound) are left aside.
    streets
        What the profile may use.
    limit_m
        Farther than this many metres from the line, a bench or door is no seat.

    Returns
    -------
    pyarrow.Table
        `reach/seats` of the profile.
    """
    ordered = benches.sort_by("source_id")
    numbered = ordered.append_column("origin_id", pa.array(range(len(ordered)), pa.int64()))
    beside = attach_origins(numbered, streets, limit_m=limit_m)
    beside = beside.filter(pc.is_valid(beside["edge_id"]))
    doors = places_attached.filter(
        pc.and_(
            pc.and_(
                pc.equal(places_attached["profile"], streets.profile), pc.less_equal(places_attached["snap_m"], limit_m)
            ),
            pc.equal(places_attached["point_type"], "place"),
        )
    )
    doors = doors.filter(pa.array(is_open(doors, "central")))
    doors = doors.sort_by([("point_id", "ascending"), ("access_number", "ascending")])
    codes = [ordered["source_id"].take(beside["point_id"]), doors["point_id"].cast(pa.string())]
    parts = pa.concat_tables([beside, doors])
    columns = {
        "profile": pa.repeat(streets.profile, len(parts)),
        "seat_id": pa.array(range(len(parts)), pa.int64()),
        "seat_type": ["bench"] * len(beside) + ["place"] * len(doors),
        "seat_code": pa.chunked_array(
            [chunk.cast(pa.string()) for code in codes for chunk in code.chunks], pa.string()
        ),
        "edge_id": parts["edge_id"],
        "fraction": parts["fraction"],
        "offset_m": parts["snap_m"],
    }
    return conform(pa.table(columns), SEATS)
