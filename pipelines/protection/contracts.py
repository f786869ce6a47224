"""What may go out: the `out/*` tables, the only ones that `pages/` may read."""

import pyarrow as pa

from pipelines.areas.contracts import INTERVAL_KINDS, KEY_NAMES, KEYS, QUALITIES, QUALITY_REASON, VALUE_REASONS
from pipelines.contracts import GEOMETRY, Column, Contract
from pipelines.sources.contracts import ATTRIBUTE_COLUMNS
from pipelines.streets.unknowns import BOUNDS

REASONS = (*VALUE_REASONS, "too_few_people")
N_CLASSES = ("", "<10", "10-29", "30-99", "100+")

INDICATORS = Contract(
    "out/indicators",
    grain="one value: an area, an indicator and its keys ('' where a key does not apply)",
    key=KEY_NAMES,
    columns=(
        *KEYS,
        Column("value", pa.float64(), "the value in `unit`; null with a reason", nullable=True),
        Column("lower", pa.float64(), "lower bound; null: no interval, or nothing bounds it", nullable=True),
        Column("upper", pa.float64(), "upper bound; null: no interval, or nothing bounds it", nullable=True),
        Column("interval_kind", pa.string(), "what the interval covers", values=INTERVAL_KINDS),
        Column("unit", pa.string(), "m, n, kinds, share, m2, persons, households or 0-10"),
        Column("n_class", pa.string(), "respondents behind it, as a class; '' does not apply", values=N_CLASSES),
        Column("quality", pa.string(), "ok, or caution", values=QUALITIES),
        QUALITY_REASON,
        Column("reason_missing", pa.string(), "why value is null; else ''", values=REASONS),
    ),
)


def area_contract(area_type: str, value_columns: tuple[str, ...]) -> Contract:
    """Contract of the wide table of one area type; `value_columns` follow from the catalogue and the area file."""
    identity = (
        Column("area_code", pa.string(), "H3 cell in hexadecimal, postcode or CBS code"),
        Column("area_name", pa.string(), "name; the code where there is none"),
    )
    values = tuple(Column(name, pa.float64(), "see the dictionary", nullable=True) for name in value_columns)
    geometry = Column("geometry", GEOMETRY, "WKB in RD: polygon, or point where the licence asks for it")
    return Contract(
        f"out/{area_type}",
        grain=f"one {area_type}",
        key=("area_code",),
        columns=(*identity, *values, geometry),
    )


PLACES = Contract(
    "out/places",
    grain="one place where people meet",
    key=("place_id",),
    columns=(
        Column("place_id", pa.int64(), "number within this release"),
        Column("place_kind", pa.string(), "kind of place of place_kinds.yaml"),
        Column("functions", pa.list_(pa.string()), "all kinds of place that it is, `place_kind` first"),
        Column("name", pa.string(), "name as delivered; '' where there is none"),
        Column("source", pa.string(), "file it was delivered in"),
        Column("source_id", pa.string(), "id in that file"),
        Column("merged_sources", pa.list_(pa.string()), "where else it was delivered, as `source:source_id`"),
        *ATTRIBUTE_COLUMNS,
        Column("geometry", GEOMETRY, "WKB point in RD: the place, or a point on it"),
    ),
)

REACH = Contract(
    "out/reach",
    grain="one H3 cell, one place within reach of some of its homes, one profile and bound",
    key=("cell", "place_id", "profile", "bound"),
    columns=(
        Column("cell", pa.string(), "H3 cell in hexadecimal"),
        Column("place_id", pa.int64(), "place of out/places"),
        Column("profile", pa.string(), "referentie, kinderwagen or rollator"),
        Column("bound", pa.string(), "what is assumed of unknown barriers", values=BOUNDS),
        Column("metres", pa.float64(), "median walking distance of the cell's homes that reach it", minimum=0),
        Column("seconds", pa.float64(), "median walking time; null: beyond the search", nullable=True, minimum=0),
        Column(
            "share_of_residents",
            pa.float64(),
            "share of residents within the profile's budget, in tenths; null: fewer than 10 residents (rounded)",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    ),
)

INVENTORY = Contract(
    "out/inventory",
    grain="one observation in residents' or professionals' own words, published with consent",
    key=("record_id",),
    columns=(
        Column("record_id", pa.string(), "number of the record"),
        Column("date", pa.string(), "day of the observation, ISO 8601"),
        Column("buurt_code", pa.string(), "buurt it is about; '' the whole municipality"),
        Column("subject", pa.string(), "what it is about"),
        Column("said_by", pa.string(), "role of who said it"),
        Column("quote", pa.string(), "their own words"),
    ),
)
