"""What the readers promise: the tables of `sources/`, the same whatever file they came from."""

import pyarrow as pa

from pipelines.contracts import GEOMETRY, Column, Contract
from pipelines.sources.osm_words import CROSSING_AIDS
from pipelines.sources.place_kinds import REGULARITIES, YES_NO, known_kinds

AREA_TYPES = ("gemeente", "wijk", "buurt", "pc4", "pc6")
UNIT_TYPES = (*AREA_TYPES, "square", "square500")
# What each delivery of the area file (by its key) draws, and counts people in.
UNIT_TYPE_OF = {
    "gemeenten": "gemeente", "wijken": "wijk", "buurten": "buurt", "pc4": "pc4", "pc6": "pc6",
    "squares": "square", "squares_500": "square500",
}  # fmt: skip
# More than live in the Netherlands: no count of people is higher, and sums of such counts stay exact.
MOST_PEOPLE = 20_000_000
HOUSEHOLD_GROUPS = ("households", "hh_single", "hh_children")
X = Column("x_m", pa.float64(), "easting in RD (EPSG:28992), metres", minimum=-10_000, maximum=290_000)
Y = Column("y_m", pa.float64(), "northing in RD (EPSG:28992), metres", minimum=300_000, maximum=640_000)

AREAS = Contract(
    "sources/areas",
    grain="one administrative or postal area of the municipality",
    key=("area_type", "area_code"),
    columns=(
        Column("area_type", pa.string(), "gemeente, wijk, buurt, pc4 or pc6", values=AREA_TYPES),
        Column("area_code", pa.string(), "CBS code or postcode"),
        Column("area_name", pa.string(), "name as delivered; the code where there is none"),
        Column("parent_code", pa.string(), "the wijk of a buurt, the gemeente of a wijk, the pc4 of a pc6; else ''"),
        Column("publish_geometry", pa.bool_(), "whether the licence lets the polygon be published"),
        Column("share_inside", pa.float64(), "share of its surface within the area's extent", minimum=0, maximum=1),
        Column("geometry", GEOMETRY, "WKB polygon in RD"),
    ),
    may_be_empty=False,
)

PEOPLE_COUNTS = Contract(
    "sources/people_counts",
    grain="one unit (area or square) and one population group",
    key=("unit_type", "unit_code", "population_group"),
    # A municipality may deliver counts of its own that not everybody can read (`public: false`); all are kept as these.
    personal=True,
    columns=(
        Column("unit_type", pa.string(), "kind of area; square: of 100 m, square500: of 500 m", values=UNIT_TYPES),
        Column("unit_code", pa.string(), "CBS code, postcode or code of the square"),
        Column(
            "population_group",
            pa.string(),
            "all, or an age band such as 0_14 or 65plus; of households: households, hh_single (one person), "
            "hh_children (with children)",
        ),
        Column(
            "persons",
            pa.float64(),
            "persons as delivered (households, where the group is one of households); null: masked or unknown",
            nullable=True,
            minimum=0,
            maximum=MOST_PEOPLE,
        ),
        Column("reason_missing", pa.string(), "why persons is null; else ''", values=("", "masked", "not_delivered")),
        Column("lowest", pa.float64(), "least number there can be: CBS rounds and masks", minimum=0),
        Column(
            "highest", pa.float64(), "largest number there can be; null: nothing bounds it", nullable=True, minimum=0
        ),
        Column("vintage", pa.int32(), "year the count speaks of", minimum=1900, maximum=2100),
        Column(
            "basis",
            pa.string(),
            "count: as delivered; share: worked out from a percentage; sum: of finer groups",
            values=("count", "share", "sum"),
        ),
    ),
)

SQUARES = Contract(
    "sources/squares",
    grain="one CBS square of 100 m or 500 m",
    key=("square_code", "size_m"),
    columns=(
        Column("square_code", pa.string(), "CBS code: lower left corner in hectometres, e.g. E2334N5820"),
        Column("size_m", pa.int32(), "length of its side, metres: 100 or 500", minimum=100, maximum=500),
        Column("x_m", pa.float64(), "easting of the centre in RD, metres"),
        Column("y_m", pa.float64(), "northing of the centre in RD, metres"),
    ),
)

ADDRESSES = Contract(
    "sources/addresses",
    grain="one residential BAG address in use",
    key=("address_id",),
    columns=(
        Column("address_id", pa.string(), "BAG identification of the dwelling (verblijfsobject)"),
        Column("pc6", pa.string(), "postcode, six positions; '' where the BAG has none"),
        X,
        Y,
        Column("house_number", pa.int32(), "house number; null: unknown", nullable=True, minimum=1),
        Column("house_letter", pa.string(), "letter and addition in capitals, without blanks or dashes; '' none"),
        Column(
            "is_institution",
            pa.bool_(),
            "people are cared for, lodged or held here (gezondheidszorg-, logies- or celfunctie beside woonfunctie)",
        ),
        Column("floor_area_m2", pa.float64(), "floor; null: not delivered", nullable=True, minimum=0),
    ),
)

CROSSWALK = Contract(
    "sources/crosswalk",
    grain="one postcode with house number, in the one buurt that all its addresses lie in",
    key=("pc6", "house_number"),
    columns=(
        Column("pc6", pa.string(), "postcode, six positions"),
        Column("house_number", pa.int32(), "house number, without letter or addition", minimum=1),
        Column("buurt_code", pa.string(), "CBS code of the buurt, in the borders of the table's year"),
    ),
)

SEGMENTS = Contract(
    "sources/segments",
    grain="one stretch of street or path between two junctions, or one obstacle (without length) between two stretches",
    key=("segment_id",),
    columns=(
        Column("segment_id", pa.int64(), "our number, in the order of the delivery", minimum=0),
        Column("source_id", pa.string(), "way id of OSM (node/ of an obstacle), or row number of the line layer"),
        Column("u_key", pa.int64(), "junction at the start: OSM node id, rounded point; negative: beyond an obstacle"),
        Column("v_key", pa.int64(), "junction at the end"),
        Column("highway", pa.string(), "OSM highway type; '' where the delivery has none"),
        Column(
            "foot",
            pa.string(),
            "right to walk on an ordinary day at noon, as a value of OSM foot (else access); '' unknown",
        ),
        Column("is_part_time", pa.bool_(), "at other hours, or in some seasons, the right to walk is another"),
        Column("wheelchair", pa.string(), "whether wheelchairs can pass: yes, designated, limited, no; '' unknown"),
        Column("stroller", pa.string(), "whether strollers can pass, in the same words"),
        Column(
            "footing", pa.string(), "what it asks beyond walking: ladder, ford, a word of sac_scale ...; '' nothing"
        ),
        Column("has_kerb", pa.bool_(), "a kerb is mapped here, whatever its height"),
        Column("kerb_height_m", pa.float64(), "highest kerb to be taken; null: unknown", nullable=True, minimum=0),
        Column("is_crossing", pa.bool_(), "here a carriageway is crossed; each crossing has one such stretch"),
        Column("crossing", pa.string(), "what helps across; '' unknown or no crossing", values=("", *CROSSING_AIDS)),
        Column("crossed_highway", pa.string(), "OSM highway type of the road that is crossed; '' unknown or none"),
        Column("is_steps", pa.bool_(), "a flight of steps"),
        Column(
            "ramp_wheelchair", pa.string(), "ramp for wheelchairs on steps; '' not mentioned, unknown: not for whom"
        ),
        Column("ramp_stroller", pa.string(), "ramp for strollers on steps; '' not mentioned, unknown: not for whom"),
        Column("step_count", pa.int32(), "steps in the flight; null: unknown", nullable=True, minimum=0),
        Column("barrier", pa.string(), "value of a barrier node on it (stile, gate ...); '' none mapped"),
        Column("oneway_foot", pa.bool_(), "pedestrians may walk from u to v only"),
        Column("surface", pa.string(), "OSM surface; '' unknown"),
        Column("smoothness", pa.string(), "OSM smoothness; '' unknown"),
        Column("tracktype", pa.string(), "OSM tracktype; '' unknown"),
        Column("incline_pct", pa.float64(), "slope from u to v in percent; null: unknown", nullable=True),
        Column("may_slope", pa.bool_(), "bridge, tunnel, or a slope without a figure: not level by its nature"),
        Column("width_m", pa.float64(), "clear width; null: unknown", nullable=True, minimum=0),
        Column("sidewalk", pa.string(), "sidewalk along a road (yes, both, left, right, separate, no); '' unknown"),
        Column("maxspeed_kmh", pa.float64(), "speed limit; null: unknown", nullable=True, minimum=0),
        Column("is_sight", pa.bool_(), "a line of sight across a square: walked, but no metres of street"),
        Column("geometry", GEOMETRY, "WKB line in RD from u to v"),
    ),
    may_be_empty=False,
)

# Lists, so that every entrance has its own. Inside them '' and null: not known.
DOOR_COLUMNS = (
    Column(
        "door_wheelchair",
        pa.list_(pa.string()),
        "whether wheels come in: yes, limited, no or ''; one per point of `entrances`, in their order; one for the "
        "whole place where none is mapped",
    ),
    Column("door_step_count", pa.list_(pa.int32()), "steps to be taken at each of these; null: unknown"),
    Column("door_kerb_height_m", pa.list_(pa.float64()), "highest kerb or threshold at each; null: unknown"),
    Column("door_width_m", pa.list_(pa.float64()), "clear width of each; null: unknown"),
)
FLOOR_AREA = Column(
    "floor_area_m2", pa.float64(), "floor area; null: unknown, or no building", nullable=True, minimum=0
)

ATTRIBUTE_COLUMNS = (
    Column("same_purpose", pa.string(), "whether people come for the same thing", values=YES_NO),
    Column("regularity", pa.string(), "how often people can come together there", values=REGULARITIES),
    Column("indoor", pa.string(), "whether it is under a roof", values=YES_NO),
    Column("free_of_charge", pa.string(), "whether one may come in without paying", values=YES_NO),
)

PLACES = Contract(
    "sources/places",
    grain="one delivered place where people meet",
    key=("source", "source_id"),
    columns=(
        Column("source", pa.string(), "file it was delivered in"),
        Column("source_id", pa.string(), "id in that file; its row number where it has none"),
        Column("place_kind", pa.string(), "kind of place of place_kinds.yaml", values=known_kinds),
        Column("functions", pa.list_(pa.string()), "kinds of place that it is too, as delivered; empty: none told"),
        Column("name", pa.string(), "name as delivered; '' where there is none"),
        Column("geometry", GEOMETRY, "WKB point or polygon in RD"),
        Column("entrances", GEOMETRY, "WKB multipoint of mapped entrances in RD; null: none mapped", nullable=True),
        *DOOR_COLUMNS,
        FLOOR_AREA,
        *ATTRIBUTE_COLUMNS,
    ),
)

BENCHES = Contract(
    "sources/benches",
    grain="one public seat",
    key=("source_id",),
    columns=(Column("source_id", pa.string(), "id of the bench in its delivery"), X, Y),
)

WAVE = Column("wave", pa.int64(), "year of the survey")

RESPONDENTS = Contract(
    "sources/respondents",
    grain="one respondent to one wave of the survey",
    key=("wave", "respondent_id"),
    personal=True,
    columns=(
        WAVE,
        Column("respondent_id", pa.string(), "number in the delivered file"),
        Column("buurt_code", pa.string(), "buurt of residence; '' unknown"),
        Column("pc4", pa.string(), "four digits of the postcode; '' unknown"),
        Column("weight", pa.float64(), "survey weight as delivered; 1 where none is", minimum=0, maximum=MOST_PEOPLE),
        Column("stratum", pa.string(), "stratum of the sample; '' one for all"),
        Column("cluster", pa.string(), "who were drawn together, such as a household; '' each alone"),
        Column("mode", pa.string(), "how they answered, e.g. web; '' unknown"),
        Column("age", pa.int64(), "age in years; null: unknown", nullable=True, minimum=0, maximum=120),
        Column("sex", pa.string(), "sex as delivered; '' unknown"),
        Column("household", pa.string(), "kind of household as delivered; '' unknown"),
        Column("panel_id", pa.string(), "the same in every wave that this person answered; '' none"),
    ),
)

STRATA = Contract(
    "sources/strata",
    grain="one stratum of the sample of one wave",
    key=("wave", "stratum"),
    columns=(
        WAVE,
        Column("stratum", pa.string(), "stratum, as respondents have it"),
        Column("population", pa.float64(), "people it was drawn from", minimum=1, maximum=MOST_PEOPLE),
        Column("asked", pa.float64(), "people who were asked; null: not told", nullable=True, minimum=1),
    ),
)

MARGINS = Contract(
    "sources/margins",
    grain="one category of one feature, in the year of one wave",
    key=("wave", "feature", "category"),
    columns=(
        WAVE,
        Column("feature", pa.string(), "column of sources/respondents", values=("age", "sex", "household", "stratum")),
        Column("category", pa.string(), "as respondents have it; of age a range such as 18-34 or 75+"),
        Column("persons", pa.float64(), "people there are", minimum=0, maximum=MOST_PEOPLE),
    ),
)

ANSWERS = Contract(
    "sources/answers",
    grain="one respondent, one item",
    key=("wave", "respondent_id", "item_id"),
    personal=True,
    columns=(
        WAVE,
        Column("respondent_id", pa.string(), "number in the delivered file"),
        Column("item_id", pa.string(), "item of the codebook"),
        Column("answer", pa.float64(), "answer on the item's own scale; null: none given", nullable=True),
        Column("reason_missing", pa.string(), "why there is no answer", values=("", "dont_know", "no_answer")),
    ),
)

ITEMS = Contract(
    "sources/items",
    grain="one item of the questionnaire of one wave",
    key=("wave", "item_id"),
    columns=(
        WAVE,
        Column("item_id", pa.string(), "column of the item in the respondent file"),
        Column("scale", pa.string(), "scale it belongs to, e.g. m1_contact; '' none"),
        Column("text_nl", pa.string(), "the question as asked"),
        Column("text_en", pa.string(), "its translation"),
        Column("lowest", pa.float64(), "lowest answer"),
        Column("highest", pa.float64(), "highest answer"),
        Column("is_reversed", pa.bool_(), "a high answer means little of what the scale measures"),
        Column("dont_know_codes", pa.list_(pa.float64()), "answers that mean don't know; empty: none"),
        Column("instrument", pa.string(), "set of questions it is from; '' the municipality's own"),
        Column("question", pa.string(), "its name in that set; '' none"),
        Column("facet", pa.string(), "norm, gedrag or beleving; '' unknown", values=("", "norm", "gedrag", "beleving")),
        Column(
            "manifestation",
            pa.string(),
            "manifestation of cohesion it is about; '' unknown",
            values=("", "m1", "m2", "m3", "m4", "context"),
        ),
        Column("object", pa.string(), "whom it is about, e.g. buren; '' unknown"),
    ),
)

REGION_TYPES = ("land", "landsdeel", "provincie", "corop", "gemeente", "wijk", "buurt")

CONTEXT = Contract(
    "sources/context",
    grain="one figure of a StatLine table: one region, measure, period and choice of further dimensions",
    key=("table_id", "region_code", "measure_code", "period", "dimensions"),
    columns=(
        Column("table_id", pa.string(), "StatLine table, e.g. 85984NED"),
        Column("region_type", pa.string(), "kind of region", values=REGION_TYPES),
        Column("region_code", pa.string(), "CBS code without blanks, e.g. BU00140000"),
        Column("measure_code", pa.string(), "code of the measure or topic in its table"),
        Column("measure_title", pa.string(), "what is measured, in words of CBS; '' where the delivery has none"),
        Column("unit", pa.string(), "unit in words of CBS; '' where the delivery has none"),
        Column("period", pa.string(), "period as CBS codes it, e.g. 2024JJ00 for the year 2024"),
        Column("dimensions", pa.string(), "further dimensions, e.g. Marges=MW00000; '' none"),
        Column("value", pa.float64(), "the figure; null: there is none", nullable=True),
        Column(
            "reason_missing",
            pa.string(),
            "why value is null; else ''",
            values=("", "masked", "not_applicable", "not_delivered"),
        ),
    ),
)

INVENTORY = Contract(
    "sources/inventory",
    grain="one observation from residents or professionals that may be published (consent given)",
    key=("record_id",),
    columns=(
        Column("record_id", pa.string(), "number of the record"),
        Column("month", pa.string(), "month of the observation, ISO 8601 (2024-03); never the day"),
        Column("buurt_code", pa.string(), "buurt it is about; '' the whole municipality"),
        Column("subject", pa.string(), "what it is about, e.g. buurtcentrum"),
        Column("said_by", pa.string(), "role of who said it that many have; never a name"),
        Column("quote", pa.string(), "their own words"),
    ),
)
