"""What is judged per home: how near places are, how many and of how many kinds; no areas here."""

import pyarrow as pa

from pipelines.contracts import Column, Contract
from pipelines.streets.unknowns import BOUNDS

JUDGEMENTS = ("yes", "no", "unknown")
DELIVERED = ("complete", "partial", "not_delivered")

_ORIGIN = Column("origin_id", pa.int64(), "origin of people/origins", minimum=0)
_PROFILE = Column("profile", pa.string(), "profile of profiles.yaml")
_BOUND = Column("bound", pa.string(), "how what is not known of streets and doors is taken", values=BOUNDS)
_ATTACHED = Column("is_attached", pa.bool_(), "whether a street for this profile lies near enough")

NEARNESS = Contract(
    "findings/nearness",
    grain="one origin, one profile, one bound, one kind of place ('' any of the booklet)",
    key=("origin_id", "profile", "bound", "place_kind"),
    columns=(
        _ORIGIN,
        _PROFILE,
        _BOUND,
        Column("place_kind", pa.string(), "kind of place; '' any of the six of the booklet"),
        Column("delivered", pa.string(), "completeness of the kind; of the six together for ''", values=DELIVERED),
        Column(
            "nearest_m",
            pa.float64(),
            "metres to the nearest place found; null: none within the search",
            nullable=True,
            minimum=0,
        ),
        Column("n_300m", pa.int64(), "places found within 300 m", minimum=0),
        Column("n_500m", pa.int64(), "places found within 500 m", minimum=0),
        Column("n_800m", pa.int64(), "places found within 800 m", minimum=0),
        Column("n_budget", pa.int64(), "places found within the profile's own budget", minimum=0),
        Column("n_least", pa.int64(), "places found within the least that its budget may be", minimum=0),
        Column("n_greatest", pa.int64(), "places found within the greatest that its budget may be", minimum=0),
        Column(
            "n_rested",
            pa.int64(),
            "those of them that are reached from seat to seat in time; null: the profile needs no seat",
            nullable=True,
            minimum=0,
        ),
        Column(
            "n_back_over",
            pa.int64(),
            "those of them from which the way back exceeds the budget; null: another bound than central",
            nullable=True,
            minimum=0,
        ),
        Column(
            "n_same_m", pa.int64(), "places found within as many metres as the budget is on an even street", minimum=0
        ),
        Column(
            "n_reference",
            pa.int64(),
            "places that the reference profile finds within those metres; null: it was not asked for",
            nullable=True,
            minimum=0,
        ),
        _ATTACHED,
    ),
    may_be_empty=False,
)

# Other distances at which the same is judged: metres, and the least and the greatest that a profile's budget may be.
THRESHOLDS = ("300", "500", "800", "least", "greatest")
_BELOW = (
    Column("is_below", pa.string(), "fewer kinds than the minimum asks, in every bound", values=JUDGEMENTS),
    Column("is_below_central", pa.string(), "fewer kinds than that in the central bound", values=JUDGEMENTS),
    Column("is_below_hoped", pa.bool_(), "fewer kinds than that found in the optimistic bound"),
)

MINIMUM = Contract(
    "findings/minimum",
    grain="one origin, one profile",
    key=("origin_id", "profile"),
    columns=(
        _ORIGIN,
        _PROFILE,
        Column("n_types_lower", pa.int64(), "kinds within the budget in the pessimistic bound", minimum=0, maximum=6),
        Column("n_types_found", pa.int64(), "kinds within the budget in the central bound", minimum=0, maximum=6),
        Column("n_types_possible", pa.int64(), "those, and kinds not known to be absent", minimum=0, maximum=6),
        Column(
            "n_types_upper",
            pa.int64(),
            "kinds within the budget in the optimistic bound, and kinds not known to be absent",
            minimum=0,
            maximum=6,
        ),
        Column("n_types_hoped", pa.int64(), "kinds within the budget in the optimistic bound", minimum=0, maximum=6),
        *_BELOW,
        _ATTACHED,
    ),
    may_be_empty=False,
)

SENSITIVITY = Contract(
    "findings/sensitivity",
    grain="one origin, one profile, one other distance than the profile's budget",
    key=("origin_id", "profile", "threshold_m"),
    columns=(
        _ORIGIN,
        _PROFILE,
        Column("threshold_m", pa.string(), "metres; least, greatest: what the budget may be", values=THRESHOLDS),
        *_BELOW,
        _ATTACHED,
    ),
    may_be_empty=False,
)

SPACE = Contract(
    "findings/space",
    grain="one origin, one profile, one bound",
    key=("origin_id", "profile", "bound"),
    personal=True,
    columns=(
        _ORIGIN,
        _PROFILE,
        _BOUND,
        Column("delivered", pa.string(), "of how many places indoors the floor is known", values=DELIVERED),
        Column(
            "floor_m2",
            pa.float64(),
            "square metres of floor for each person here, shared with all who reach them; null: no floor is known",
            nullable=True,
            minimum=0,
        ),
        _ATTACHED,
    ),
    may_be_empty=False,
)

CELL_COVERAGE = Contract(
    "findings/cell_coverage",
    grain="one H3 cell with an origin",
    key=("h3_cell",),
    columns=(
        Column("h3_cell", pa.uint64(), "H3 cell of people/origins"),
        Column(
            "known_share",
            pa.float64(),
            "share of what bears on wheels that is known of the streets within about 500 m, by metres; null: no street",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            "known_crossings",
            pa.float64(),
            "the same of the crossings there, each counting once; null: no crossing",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    ),
    may_be_empty=False,
)
