"""Who can come where: attachments of points to edges, and the pairs of homes and places within reach."""

import pyarrow as pa

from pipelines.contracts import Column, Contract

ATTACHMENTS = Contract(
    "reach/attachments",
    grain="one point (an origin, or one access point of a place) for one profile",
    key=("profile", "point_type", "point_id", "access_number"),
    columns=(
        Column("profile", pa.string(), "profile of profiles.yaml"),
        Column("point_type", pa.string(), "origin or place", values=("origin", "place")),
        Column("point_id", pa.int64(), "origin_id or place_id", minimum=0),
        Column("access_number", pa.int32(), "0 for an origin; numbers the access points of a place", minimum=0),
        Column("edge_id", pa.int64(), "edge it is attached to; null: not attached", nullable=True, minimum=0),
        Column(
            "fraction",
            pa.float64(),
            "share of the edge's length between u and the foot of the perpendicular",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column("snap_m", pa.float64(), "metres from the point to that foot", nullable=True, minimum=0),
        Column("reason_missing", pa.string(), "why it is not attached; else ''", values=("", "no_street_within_limit")),
    ),
)

PAIRS = Contract(
    "reach/pairs",
    grain="one origin and one place within reach of it, for one profile and bound",
    key=("profile", "bound", "origin_id", "place_id"),
    columns=(
        Column("profile", pa.string(), "profile of profiles.yaml"),
        Column("bound", pa.string(), "central (optimistic and pessimistic follow)", values=("central",)),
        Column("origin_id", pa.int64(), "origin of people/origins", minimum=0),
        Column("place_id", pa.int64(), "place of places/register", minimum=0),
        Column("metres", pa.float64(), "length of the shortest passable path, both perpendiculars included", minimum=0),
        Column(
            "seconds",
            pa.float64(),
            "time along the fastest passable path; null: longer than the search",
            nullable=True,
            minimum=0,
        ),
    ),
)
