"""The register of places: every place once, with a number of its own, what it is, and who told of it."""

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import GEOMETRY, Column, Contract
from pipelines.places.pairing import RULES
from pipelines.sources.contracts import ATTRIBUTE_COLUMNS, DOOR_COLUMNS, FLOOR_AREA
from pipelines.sources.place_kinds import known_kinds

# Whether somebody can come in: three-valued, like a stretch of street.
DOORS = ("yes", "no", "unknown")
# Why a place is no place to meet, though it stands in the register.
REASONS_NOT_COUNTED = ("", "other_purpose", "public_room_unknown")

_PLACE = Column("place_id", pa.int64(), "number within one run", minimum=0)

REGISTER = Contract(
    "places/register",
    grain="one place where people may meet, inside the area or within walking distance of it",
    key=("place_id",),
    columns=(
        _PLACE,
        Column("place_kind", pa.string(), "kind of place of place_kinds.yaml", values=known_kinds),
        Column("functions", pa.list_(pa.string()), "all kinds of place that it is, `place_kind` first"),
        Column("name", pa.string(), "name as delivered; '' where there is none"),
        Column("source", pa.string(), "file it was delivered in"),
        Column("source_id", pa.string(), "id in that file"),
        Column("merged_sources", pa.list_(pa.string()), "where else it was delivered, as `source:source_id`"),
        Column("geometry", GEOMETRY, "WKB point or polygon in RD"),
        Column("entrances", GEOMETRY, "WKB multipoint of mapped entrances in RD; null: none mapped", nullable=True),
        *DOOR_COLUMNS,
        FLOOR_AREA,
        *ATTRIBUTE_COLUMNS,
        Column("counts", pa.bool_(), "whether it counts as a place to meet: only then can it be reached"),
        Column("reason_not_counted", pa.string(), "why it does not; else ''", values=REASONS_NOT_COUNTED),
    ),
)

# What is no place to meet hangs on no street: nothing after this finds it.
COUNTED = pc.field("counts")

FUNCTIONS = Contract(
    "places/functions",
    grain="one place that counts, one kind of place that it is",
    key=("place_id", "place_kind"),
    columns=(
        _PLACE,
        Column("place_kind", pa.string(), "kind of place that the area file names", values=known_kinds),
        Column("is_booklet", pa.bool_(), "one of the six kinds of the booklet, which bear on `any place`"),
    ),
)

MERGES = Contract(
    "places/merges",
    grain="one delivered place that was merged into another",
    key=("source", "source_id"),
    columns=(
        Column("place_id", pa.int64(), "the place of the register that it became part of", minimum=0),
        Column("source", pa.string(), "file it was delivered in"),
        Column("source_id", pa.string(), "id in that file"),
        Column("place_kind", pa.string(), "its kind as delivered", values=known_kinds),
        Column("name", pa.string(), "its name as delivered"),
        Column("kept_source", pa.string(), "file of the place that was kept"),
        Column("kept_source_id", pa.string(), "id of that place"),
        Column("distance_m", pa.float64(), "metres between the two; 0 when one lies in the other", minimum=0),
        Column(
            "name_similarity",
            pa.float64(),
            "likeness of their names; null: one has none",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
        Column("rule", pa.string(), "what made them one", values=RULES),
    ),
)

COMPLETENESS = Contract(
    "places/completeness",
    grain="one kind of place that the area file names",
    key=("place_kind",),
    columns=(
        Column("place_kind", pa.string(), "kind of place", values=known_kinds),
        Column(
            "delivered",
            pa.string(),
            "whether the delivered list of this kind is complete; what was not delivered is unknown, not absent",
            values=("complete", "partial", "not_delivered"),
        ),
        Column("places", pa.int64(), "how many places that count are of this kind", minimum=0),
        Column("is_booklet", pa.bool_(), "one of the six kinds of the booklet"),
    ),
    may_be_empty=False,
)
