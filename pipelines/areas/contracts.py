"""Sums over areas: which origins belong where, and the values before protection. Not for publication."""

from itertools import combinations

import pyarrow as pa

from pipelines.contracts import Column, Contract
from pipelines.people.contracts import QUALITY_REASONS

AREA_TYPES = ("h3", "pc6", "pc4", "buurt", "wijk", "gemeente")
# What is not known and widens the bounds (places: or seats that nobody told of); several join with a plus.
_UNKNOWN = ("unknown_ages", "unknown_people", "unknown_places", "unknown_streets")
_MIXED = tuple("+".join(some) for count in (1, 2, 3, 4) for some in combinations(_UNKNOWN, count))
UNKNOWNS = ("", *_MIXED)
INTERVAL_KINDS = ("", "ci_95", "model_95", "joint_90", "bounds")
# A sum of people may be told five off. Of so few that this is a tenth of them, nobody is the ninth of ten, and the
# middle one is hardly anybody: medians and P90 of fewer residents are not told.
FEWEST_RESIDENTS = 50
# A bound that takes in so large a part of all people, and not because so many have no place, tells nothing.
NEARLY_EVERYBODY = 0.95
QUALITIES = ("ok", "caution")
VALUE_REASONS = (
    "",
    "too_few_respondents",
    "too_imprecise",
    "unknown_place_kinds",
    "no_place_within_search",
    "not_attached",
    "no_street",
    "floor_unknown",
    "benches_unknown",
    "no_residents",
    "people_unknown",
    "too_few_residents",
)
# What `survey/publication_rules` says of an estimate that leans on few.
_LEANING = ("high_design_effect", "heavy_respondent")
QUALITY_REASON = Column(
    "quality_reason",
    pa.string(),
    "why caution is due where no interval says it: age_other_vintage (ages of another year than the people), "
    "counts_contradict (it rests on counts that cannot all be right), unknown_place_kinds, benches_unknown or "
    "floor_unknown (a list was delivered in part: there may be more), lists_too_incomplete (so little is known of "
    "streets and places that nearly all people may be among them: no upper bound), or of a survey imprecise, synthetic "
    "(of a model alone), few_own_answers (most of it is a model's: under 30 answers of its own), "
    "high_design_effect (the design tells a third of what as many drawn alone would, or less), heavy_respondent (one "
    "bears over 3 % of the weight) or no_probability_sample; else ''",
    values=(
        *QUALITY_REASONS,
        "unknown_place_kinds",
        "benches_unknown",
        "floor_unknown",
        "lists_too_incomplete",
        "imprecise",
        "synthetic",
        "few_own_answers",
        *_LEANING,
        "no_probability_sample",
    ),
)
KEYS = (
    Column("area_type", pa.string(), "h3, pc6, pc4, buurt, wijk or gemeente", values=AREA_TYPES),
    Column("area_code", pa.string(), "H3 cell in hexadecimal, postcode or CBS code"),
    Column("indicator", pa.string(), "id in the indicator catalogue"),
    Column("profile", pa.string(), "referentie, kinderwagen or rollator; '' does not apply"),
    Column("place_kind", pa.string(), "kind of place; '' any kind"),
    Column(
        "threshold_m",
        pa.string(),
        "distance in metres; least, greatest: what the profile's budget may be; '' its own budget, or does not apply",
    ),
    Column("population_group", pa.string(), "all, or an age band such as 65plus; '' does not apply"),
    Column("period", pa.string(), "year the value speaks of"),
)
KEY_NAMES = tuple(column.name for column in KEYS)
HOW_SURE = (
    Column(
        "design_effect",
        pa.float64(),
        "of a survey: variance of the area's own answers over that of as many drawn alone; null: unknown, or no survey",
        nullable=True,
        minimum=0,
    ),
    Column(
        "reliability",
        pa.float64(),
        "of a scale: share of the differences between areas that is no chance; null: unknown, or does not apply",
        nullable=True,
        minimum=0,
        maximum=1,
    ),
    Column(
        "shrinkage",
        pa.float64(),
        "of a model of small areas: weight of the area's own answers; null: no model was used",
        nullable=True,
        minimum=0,
        maximum=1,
    ),
)

_PART = {
    "people": "where people live, streets and places as found (95 of 100 ways to spread them)",
    "streets": "streets and doors, places as found",
    "places": "places that nobody told of, streets as guessed",
}
BOUNDS_OF_VALUES = (
    Column("value", pa.float64(), "the value in `unit`, of what was found; null with a reason", nullable=True),
    Column(
        "lower",
        pa.float64(),
        "lower bound of all that is not known together; null: none, or of people under ten",
        nullable=True,
    ),
    Column("upper", pa.float64(), "upper bound of all together; null: none, or nothing bounds it", nullable=True),
    Column(
        "interval_kind",
        pa.string(),
        "what `lower` and `upper` are: joint_90 (streets and places at best or worst, and people in 90 of 100 ways "
        "to spread them over homes), bounds (streets and places at best or worst; no chance in it), ci_95 or model_95 "
        "(of a survey: 95 % interval, of its own answers or of a model of small areas); '' no bounds",
        values=INTERVAL_KINDS,
    ),
    Column("unknown", pa.string(), "what is not known and widens the bounds; '' nothing, or a survey", values=UNKNOWNS),
    *(
        Column(
            f"{end}_{part}",
            pa.float64(),
            f"{end} bound by {what}; null: does not apply, or nothing bounds it",
            nullable=True,
        )
        for part, what in _PART.items()
        for end in ("lower", "upper")
    ),
    Column("lowest", pa.float64(), "worst case, chance included; null: no chance in it, see `lower`", nullable=True),
    Column("highest", pa.float64(), "worst case, chance included; null: no chance in it, see `upper`", nullable=True),
)

MEMBERSHIP = Contract(
    "areas/membership",
    grain="one atom in one area",
    key=("area_type", "area_code", "atom_id"),
    columns=(
        KEYS[0],
        KEYS[1],
        Column("atom_id", pa.int64(), "atom of people/atoms", minimum=0),
        Column("origin_id", pa.int64(), "origin of people/origins it is a part of", minimum=0),
        Column("weight", pa.float64(), "share of its origin that the atom is", minimum=0, maximum=1),
    ),
    may_be_empty=False,
)

DRAWS = Contract(
    "areas/draws",
    grain="one area, population group, profile and distance",
    key=("area_type", "area_code", "population_group", "profile", "threshold_m"),
    personal=True,
    columns=(
        KEYS[0],
        KEYS[1],
        Column("population_group", pa.string(), "all, or a group of people"),
        Column("profile", pa.string(), "who walks"),
        KEYS[5],
        Column("lower", pa.float64(), "people surely below, exceeded in 95 of 100 draws", minimum=0),
        Column("upper", pa.float64(), "people perhaps below, exceeded in 5 of 100 draws", minimum=0),
        Column("lower_people", pa.float64(), "people without a place found, exceeded in 95 of 100 draws", minimum=0),
        Column("upper_people", pa.float64(), "people without a place found, exceeded in 5 of 100 draws", minimum=0),
        Column("lowest", pa.float64(), "people of blocks with no home but such that are surely below", minimum=0),
        Column("highest", pa.float64(), "people of blocks with any home that is perhaps below", minimum=0),
    ),
)

VALUES = Contract(
    "areas/values",
    grain="one unprotected value: an area, an indicator and its keys ('' where a key does not apply)",
    key=KEY_NAMES,
    personal=True,
    columns=(
        *KEYS,
        *BOUNDS_OF_VALUES,
        Column("unit", pa.string(), "m, n, kinds, share, m2, persons, households, 0-10 or points"),
        Column("respondents", pa.int64(), "respondents behind it; null: no survey value", nullable=True, minimum=0),
        Column("effective", pa.float64(), "as many of equal weight; null: no survey value", nullable=True, minimum=0),
        *HOW_SURE,
        Column("quality", pa.string(), "ok, or caution", values=QUALITIES),
        QUALITY_REASON,
        Column("reason_missing", pa.string(), "why value is null; else ''", values=VALUE_REASONS),
    ),
    may_be_empty=False,
)
