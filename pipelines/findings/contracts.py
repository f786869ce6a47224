"""What is judged per home: how near places are, how many and of how many kinds; no areas here."""

import pyarrow as pa

from pipelines.contracts import Column, Contract

JUDGEMENTS = ("yes", "no", "unknown")

NEARNESS = Contract(
    "findings/nearness",
    grain="one origin, one profile, one kind of place ('' any kind)",
    key=("origin_id", "profile", "place_kind"),
    columns=(
        Column("origin_id", pa.int64(), "origin of people/origins", minimum=0),
        Column("profile", pa.string(), "profile of profiles.yaml"),
        Column("place_kind", pa.string(), "kind of place; '' any kind"),
        Column(
            "delivered",
            pa.string(),
            "completeness of the kind; of all kinds together for ''",
            values=("complete", "partial", "not_delivered"),
        ),
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
        Column("is_attached", pa.bool_(), "whether a street for this profile lies near enough"),
    ),
    may_be_empty=False,
)

MINIMUM = Contract(
    "findings/minimum",
    grain="one origin, one profile",
    key=("origin_id", "profile"),
    columns=(
        Column("origin_id", pa.int64(), "origin of people/origins", minimum=0),
        Column("profile", pa.string(), "profile of profiles.yaml"),
        Column("n_types_lower", pa.int64(), "kinds found within the profile's budget", minimum=0, maximum=6),
        Column("n_types_upper", pa.int64(), "kinds found, or not known to be absent", minimum=0, maximum=6),
        Column("is_below", pa.string(), "fewer kinds than the minimum asks", values=JUDGEMENTS),
        Column("is_attached", pa.bool_(), "whether a street for this profile lies near enough"),
    ),
    may_be_empty=False,
)
