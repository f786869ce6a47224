"""What may go out: the `out/*` tables, the only ones that `pages/` may read; and what they follow from."""

from dataclasses import replace

import pyarrow as pa

from pipelines.areas.contracts import (
    AREA_TYPES,
    BOUNDS_OF_VALUES,
    HOW_SURE,
    KEY_NAMES,
    KEYS,
    QUALITIES,
    QUALITY_REASON,
    VALUE_REASONS,
)
from pipelines.contracts import GEOMETRY, Column, Contract
from pipelines.people.contracts import PERSONS
from pipelines.protection.thresholds import COUNT_WORDS, RESPONDENT_WORDS
from pipelines.sources.contracts import ATTRIBUTE_COLUMNS, WAVE
from pipelines.streets.unknowns import BOUNDS
from pipelines.survey.contracts import (
    CAUTION_OF_CHANGE,
    CAUTIONS,
    FIGURE_OF_QUALITY,
    GRAIN_OF_QUALITY,
    INTERVAL_OF_CHANGE,
    KEYS_OF_DISPERSION,
    LOWEST_THIRD_UNDER,
    NOT_COMPARED,
    STATISTICS,
    VERDICTS_OF_CHANGE,
)

REASONS = (*VALUE_REASONS, "too_few_people", "only_as_class", "withheld")
REASONS_OF_DISPERSION = ("", "too_few_respondents", "too_imprecise", "withheld")
COUNT_CLASSES = ("", *COUNT_WORDS)
N_CLASSES = ("", *RESPONDENT_WORDS)

# Areas of which nothing is told but what is summed from them.
PART = "part"

# The rounded population: what is summed from it in place of `people/persons` may go out.
ROUNDED = replace(PERSONS, name="protection/persons")

COUNTS = Contract(
    "protection/counts",
    grain="one sum of people that is told or follows from it: an area, a group, and how badly its homes stand",
    key=("area_type", "area_code", "population_group", "profile", "level", "period"),
    personal=True,
    columns=(
        Column("area_type", pa.string(), "type of area; part: one of the smallest parts", values=(*AREA_TYPES, PART)),
        Column("area_code", pa.string(), "H3 cell in hexadecimal, postcode or CBS code; of a part its name"),
        Column("population_group", pa.string(), "all, or a group of people"),
        Column("profile", pa.string(), "who walks; '' all of the group, however they stand"),
        Column("level", pa.string(), "how badly they stand, or worse; '' all of the group"),
        KEYS[-1],
        Column("true", pa.float64(), "persons or households as reckoned", minimum=0),
        Column(
            "rounded",
            pa.float64(),
            "as told, a multiple of five; null: left out, as it cannot be told within five beside all others",
            nullable=True,
            minimum=0,
        ),
        Column("lowest", pa.float64(), "least there can be by the tables of CBS alone", minimum=0),
        Column("highest", pa.float64(), "most there can be by these; null: not bounded", nullable=True, minimum=0),
    ),
)

INDICATORS = Contract(
    "out/indicators",
    grain="one value: an area, an indicator and its keys ('' where a key does not apply)",
    key=KEY_NAMES,
    columns=(
        *KEYS,
        *BOUNDS_OF_VALUES,
        Column("unit", pa.string(), "m, n, kinds, share, m2, persons, households, 0-10 or points"),
        Column("n_class", pa.string(), "respondents behind it, as a class; '' does not apply", values=N_CLASSES),
        Column(
            "effective_class", pa.string(), "as many of equal weight, as class; '' does not apply", values=N_CLASSES
        ),
        *HOW_SURE,
        Column("quality", pa.string(), "ok, or caution", values=QUALITIES),
        QUALITY_REASON,
        Column(
            "count_class",
            pa.string(),
            "persons or households as a class where no number goes out; else ''",
            values=COUNT_CLASSES,
        ),
        Column("reason_missing", pa.string(), "why value is null; else ''", values=REASONS),
    ),
)


def area_contract(area_type: str, value_columns: tuple[str, ...], class_columns: tuple[str, ...] = ()) -> Contract:
    """Contract of the wide table of one area type; its columns of figures and classes follow from what is told."""
    identity = (
        Column("area_code", pa.string(), "H3 cell in hexadecimal, postcode or CBS code"),
        Column("area_name", pa.string(), "name; the code where there is none"),
    )
    values = tuple(Column(name, pa.float64(), "see the dictionary", nullable=True) for name in value_columns)
    classes = tuple(Column(name, pa.string(), "see the dictionary", values=COUNT_CLASSES) for name in class_columns)
    geometry = Column("geometry", GEOMETRY, "WKB in RD: polygon, or point where the licence asks for it")
    return Contract(
        f"out/{area_type}",
        grain=f"one {area_type}",
        key=("area_code",),
        columns=(*identity, *values, *classes, geometry),
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

SURVEY_SHOWN = Contract(
    "protection/survey_shown",
    grain="one survey value of a wave that may go out: a question, a category ('mean' of a scale) and an area",
    key=("wave", "area_type", "area_code", "question", "category"),
    personal=True,
    columns=(
        WAVE,
        *KEYS[:2],
        Column("question", pa.string(), "scale or item; scale/statistic or scale/gap/feature of how answers lie apart"),
        Column("category", pa.string(), "category of an item; 'mean' of a scale; a group of people of a gap"),
        Column("indicator", pa.string(), "indicator that tells it, of a gap its question; '' what is left of a share"),
    ),
)

SURVEY_TOLD = Contract(
    "protection/survey_told",
    grain="one survey cell of a wave that a release told: a question, a category ('mean' of a scale) and an area",
    key=("wave", "area_type", "area_code", "question", "category"),
    personal=True,
    columns=(
        *SURVEY_SHOWN.columns[:-1],
        Column("respondents", pa.float64(), "who answered then", minimum=0),
        Column("chosen", pa.float64(), "how many of them chose it; of a scale tenths of scores", minimum=0),
    ),
)

SURVEY_CHANGES = Contract(
    "out/survey_changes",
    grain="one change between a wave and the next: an area and an indicator; no ranks",
    key=("wave_before", "wave_after", "area_type", "area_code", "indicator"),
    columns=(
        Column("wave_before", pa.int64(), "year of the earlier wave"),
        Column("wave_after", pa.int64(), "year of the later wave"),
        *KEYS[:3],
        Column("unit", pa.string(), "0-10, points or share"),
        Column("change", pa.float64(), "later less earlier; null with a reason", nullable=True),
        *INTERVAL_OF_CHANGE,
        Column(
            "verdict",
            pa.string(),
            "changed; slightly: by less than matters; same: by nothing that matters; unknown; '' no change told",
            values=("", *VERDICTS_OF_CHANGE),
        ),
        Column(
            "caution",
            pa.string(),
            CAUTION_OF_CHANGE,
            values=CAUTIONS,
        ),
        Column("reason_missing", pa.string(), "why no change is told; else ''", values=("", *NOT_COMPARED, "withheld")),
    ),
)

SURVEY_QUALITY = Contract(
    "out/survey_quality",
    grain=GRAIN_OF_QUALITY,
    key=("wave", "subject", "name", "mode", "statistic"),
    columns=(
        WAVE,
        *FIGURE_OF_QUALITY,
        Column("n_class", pa.string(), "respondents behind it, as a class; '' does not apply", values=N_CLASSES),
    ),
)

# What pages must know of dispersion besides its table.
OF_DISPERSION, LOW_UNDER = STATISTICS, LOWEST_THIRD_UNDER
SURVEY_DISPERSION = Contract(
    "out/survey_dispersion",
    grain="one figure of how far residents of an area lie apart on one scale of the last wave; no ranks",
    key=("wave", "area_type", "area_code", "indicator", "statistic", "feature", "category"),
    columns=(
        WAVE,
        *KEYS[:2],
        *KEYS_OF_DISPERSION,
        Column("unit", pa.string(), "points of the scale of 0-10 (of a gap -10 to 10), or share"),
        Column("value", pa.float64(), "the figure; null with a reason", nullable=True),
        Column("lower", pa.float64(), "95 % interval, lower end, rounded down; null: none", nullable=True),
        Column("upper", pa.float64(), "95 % interval, upper end, rounded up; null: none", nullable=True),
        Column(
            "n_class",
            pa.string(),
            "respondents behind it, of a gap those of the smaller side, as a class; '' withheld",
            values=N_CLASSES,
        ),
        Column("quality", pa.string(), "ok, or caution", values=QUALITIES),
        QUALITY_REASON,
        Column("reason_missing", pa.string(), "why value is null; else ''", values=REASONS_OF_DISPERSION),
    ),
)

# What is told of a survey besides indicators.
OF_SURVEY = (SURVEY_CHANGES, SURVEY_QUALITY, SURVEY_DISPERSION)

SURVEY_AUDIT = Contract(
    "protection/survey_audit",
    grain="one question of one wave",
    key=("wave", "question"),
    columns=(
        WAVE,
        Column("question", pa.string(), "scale or item"),
        Column("is_safe", pa.bool_(), "whether every hidden number is as uncertain as it must be"),
        Column("content", pa.string(), "what the audit says of it, as JSON"),
    ),
)

AUDIT = Contract(
    "out/audit",
    grain="one part of the audit",
    key=("part",),
    columns=(
        Column("part", pa.string(), "name of the part"),
        Column("content", pa.string(), "the part as JSON"),
    ),
    may_be_empty=False,
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
            "share_of_homes",
            pa.float64(),
            "share of the cell's homes within the profile's budget, in tenths",
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
        Column("month", pa.string(), "month of the observation, ISO 8601 (2024-03); never the day"),
        Column("buurt_code", pa.string(), "buurt it is about; '' the whole municipality"),
        Column("subject", pa.string(), "what it is about"),
        Column(
            "said_by", pa.string(), "role of who said it that many have: as it was said, or bewoner or professional"
        ),
        Column("quote", pa.string(), "their own words"),
    ),
)
