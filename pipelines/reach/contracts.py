"""Who can come where: attachments of points to edges, and the pairs of homes and places within reach."""

import pyarrow as pa

from pipelines.contracts import Column, Contract
from pipelines.places.contracts import DOORS
from pipelines.streets.unknowns import BOUNDS

_PROFILE = Column("profile", pa.string(), "profile of profiles.yaml")
_BOUND = Column("bound", pa.string(), "how what is not known of streets and doors was taken", values=BOUNDS)
_ORIGIN = Column("origin_id", pa.int64(), "origin of people/origins", minimum=0)
_PLACE = Column("place_id", pa.int64(), "place of places/register", minimum=0)

ATTACHMENTS = Contract(
    "reach/attachments",
    grain="one point (an origin, or one access point of a place) for one profile",
    key=("profile", "point_type", "point_id", "access_number"),
    columns=(
        _PROFILE,
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
        Column("door", pa.string(), "whether the profile can come in by it; yes for an origin", values=DOORS),
        Column("reason_missing", pa.string(), "why it is not attached; else ''", values=("", "no_street_within_limit")),
    ),
)

PAIRS = Contract(
    "reach/pairs",
    grain="one origin and one place within reach of it, for one profile and bound",
    key=("profile", "bound", "origin_id", "place_id"),
    columns=(
        _PROFILE,
        _BOUND,
        _ORIGIN,
        _PLACE,
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

# Counted while searching too: `counts`.
THRESHOLDS_M = (300.0, 500.0, 800.0)

COUNTS = Contract(
    "reach/counts",
    grain="one origin and one kind of place within reach of it, for one profile and bound",
    key=("profile", "bound", "origin_id", "place_kind"),
    columns=(
        _PROFILE,
        _BOUND,
        _ORIGIN,
        Column("place_kind", pa.string(), "kind of place of places/functions; '' any of the booklet"),
        Column("nearest_m", pa.float64(), "metres to the nearest place", minimum=0),
        *(Column(f"n_{m:.0f}m", pa.int32(), f"places within {m:.0f} metres", minimum=0) for m in THRESHOLDS_M),
        Column("n_budget", pa.int32(), "places within the profile's budget", minimum=0),
    ),
)

RETURNS = Contract(
    "reach/returns",
    grain="one pair within the profile's budget going, of which the way back exceeds the budget; bound central",
    key=("profile", "bound", "origin_id", "place_id"),
    columns=(
        _PROFILE,
        _BOUND,
        _ORIGIN,
        _PLACE,
        Column(
            "metres",
            pa.float64(),
            "length of the shortest path from place to home; null: beyond the search",
            nullable=True,
            minimum=0,
        ),
        Column(
            "seconds",
            pa.float64(),
            "time along the fastest path from place to home; null: beyond the search",
            nullable=True,
            minimum=0,
        ),
    ),
)

SEATS = Contract(
    "reach/seats",
    grain="one seat beside a street that a profile may use: a bench, or a door of a place that is not closed to it",
    key=("profile", "seat_id"),
    columns=(
        _PROFILE,
        Column("seat_id", pa.int64(), "number within the profile: benches by source_id, then doors", minimum=0),
        Column("seat_type", pa.string(), "bench or place", values=("bench", "place")),
        Column("seat_code", pa.string(), "source_id of sources/benches, or place_id of places/register"),
        Column("edge_id", pa.int64(), "edge it stands beside", minimum=0),
        Column("fraction", pa.float64(), "share of the edge's length from u to the seat", minimum=0, maximum=1),
        Column("offset_m", pa.float64(), "metres from the line of the street; these are not walked", minimum=0),
    ),
)

REST = Contract(
    "reach/rest",
    grain="one pair of reach/pairs within the budget in metres, for one bound and profile that must sit down in time",
    key=("profile", "bound", "origin_id", "place_id"),
    columns=(
        _PROFILE,
        _BOUND,
        _ORIGIN,
        _PLACE,
        Column("metres", pa.float64(), "length of the shortest path, seats or not", minimum=0),
        Column(
            "rest_metres",
            pa.float64(),
            "length of the shortest path on which a seat comes in time, within the budget; null: there is none",
            nullable=True,
            minimum=0,
        ),
        Column(
            "gap_m",
            pa.float64(),
            "where there is none: the longest leg without a seat on the shortest path; else null",
            nullable=True,
            minimum=0,
        ),
        Column(
            "gap_edge_id",
            pa.int64(),
            "edge in the middle of that leg: here a bench is missing",
            nullable=True,
            minimum=0,
        ),
        Column("gap_x_m", pa.float64(), "easting of that middle in RD, metres", nullable=True),
        Column("gap_y_m", pa.float64(), "northing of that middle in RD, metres", nullable=True),
    ),
)

LEGS = Contract(
    "reach/legs",
    grain="one leg, seat to seat, of an origin's shortest path to its nearest place of the booklet; profile and bound",
    key=("profile", "bound", "origin_id", "leg_number"),
    columns=(
        _PROFILE,
        _BOUND,
        _ORIGIN,
        Column("leg_number", pa.int32(), "0 for the leg that begins at the origin", minimum=0),
        Column(
            "place_id",
            pa.int64(),
            "the nearest of any kind of the booklet; of equals the lowest number",
            minimum=0,
        ),
        Column("leg_m", pa.float64(), "metres without a seat, perpendiculars of origin and door included", minimum=0),
    ),
)

ROUTES = Contract(
    "reach/routes",
    grain="one H3 cell, one kind of place: the shortest path of the cell's median origin; profile and bound",
    key=("profile", "bound", "h3_cell", "place_kind"),
    columns=(
        _PROFILE,
        _BOUND,
        Column("h3_cell", pa.uint64(), "H3 cell of people/origins"),
        Column("place_kind", pa.string(), "kind of place of places/functions"),
        Column(
            "origin_id",
            pa.int64(),
            "of the cell's origins that reach the kind, the one at the lower median",
            minimum=0,
        ),
        Column("place_id", pa.int64(), "its nearest place of the kind; of equals the lowest number", minimum=0),
        Column("access_number", pa.int32(), "access point by which the path comes in", minimum=0),
        Column("n_origins", pa.int32(), "origins in the cell", minimum=1),
        Column("n_reaching", pa.int32(), "those of them that reach the kind within the search", minimum=1),
        Column("metres", pa.float64(), "length, both perpendiculars included", minimum=0),
        Column("seconds", pa.float64(), "walking time along this very path", minimum=0),
        Column("longest_leg_m", pa.float64(), "longest stretch of it without a seat", minimum=0),
        Column("n_legs", pa.int32(), "stretches from seat to seat", minimum=1),
        Column("n_steps_flights", pa.int32(), "flights of steps on it", minimum=0),
        Column("highest_kerb_m", pa.float64(), "highest known kerb on it; null: none known", nullable=True, minimum=0),
        Column("barriers", pa.list_(pa.string()), "gates, bollards and the like on it, each value once"),
        Column(
            "steps",
            pa.list_(pa.int64()),
            "edges in their order: edge_id walked from u to v, -1 - edge_id from v to u",
        ),
        Column(
            "first_fraction",
            pa.float64(),
            "where on the first edge it begins; null: no steps",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            "last_fraction",
            pa.float64(),
            "where on the last edge it ends; null: no steps",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    ),
)

OBSTACLES = Contract(
    "reach/obstacles",
    grain="one edge on the route of the reference profile that another profile may not walk so",
    key=("profile", "bound", "h3_cell", "place_kind", "step_number"),
    columns=(
        Column("profile", pa.string(), "profile that is stopped or sent around"),
        _BOUND,
        Column("h3_cell", pa.uint64(), "H3 cell of the reference profile's route in reach/routes"),
        Column("place_kind", pa.string(), "kind of place of that route"),
        Column("step_number", pa.int32(), "place of the edge in the route's steps, from 0", minimum=0),
        Column("edge_id", pa.int64(), "edge of streets/edges", minimum=0),
        Column("barrier", pa.string(), "what forbids it, of streets/costs: steps, kerb, width ..."),
    ),
)
