"""The register of places: every delivered place once, with a number of its own."""

import pyarrow as pa

from pipelines.contracts import GEOMETRY, Column, Contract
from pipelines.sources.area_file import PLACE_KINDS
from pipelines.sources.contracts import DOOR_COLUMNS, FLOOR_AREA

# Whether somebody can come in: three-valued, like a stretch of street.
DOORS = ("yes", "no", "unknown")

REGISTER = Contract(
    "places/register",
    grain="one place where people meet, inside the area or within walking distance of it",
    key=("place_id",),
    columns=(
        Column("place_id", pa.int64(), "number within one run", minimum=0),
        Column("place_kind", pa.string(), "one of the six kinds of the booklet", values=PLACE_KINDS),
        Column("name", pa.string(), "name as delivered; '' where there is none"),
        Column("source", pa.string(), "file it was delivered in"),
        Column("source_id", pa.string(), "id in that file"),
        Column("geometry", GEOMETRY, "WKB point or polygon in RD"),
        Column("entrances", GEOMETRY, "WKB multipoint of mapped entrances in RD; null: none mapped", nullable=True),
        *DOOR_COLUMNS,
        FLOOR_AREA,
    ),
)

COMPLETENESS = Contract(
    "places/completeness",
    grain="one kind of place of the booklet",
    key=("place_kind",),
    columns=(
        Column("place_kind", pa.string(), "one of the six kinds of the booklet", values=PLACE_KINDS),
        Column(
            "delivered",
            pa.string(),
            "whether the delivered list of this kind is complete; what was not delivered is unknown, not absent",
            values=("complete", "partial", "not_delivered"),
        ),
        Column("places", pa.int64(), "how many places of this kind the register holds", minimum=0),
    ),
    may_be_empty=False,
)
