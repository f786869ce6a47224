"""What residents say: what each gave, and the estimate per area. Not for publication as they are."""

import pyarrow as pa

from pipelines.contracts import Column, Contract
from pipelines.sources.contracts import WAVE

LOWEST, HIGHEST = 0.0, 10.0
AREA_TYPES = ("pc4", "buurt", "wijk", "gemeente")
DIRECT, MODEL = "direct", "small_area"
VERDICTS = ("publish", "caution", "not")

SCORES = Contract(
    "survey/scores",
    grain="one respondent to one wave, one question",
    key=("wave", "respondent_id", "question"),
    personal=True,
    columns=(
        WAVE,
        Column("respondent_id", pa.string(), "respondent of sources/respondents"),
        Column("question", pa.string(), "what is measured, e.g. m1_contact"),
        Column("category", pa.string(), "what they chose, of a question with categories; '' no answer, or a score"),
        Column(
            "score",
            pa.float64(),
            "of a question with a score: from 0 (least there can be) to 10 (most); null: no answer, or a category",
            nullable=True,
            minimum=LOWEST,
            maximum=HIGHEST,
        ),
        Column(
            "reason_missing", pa.string(), "why there is neither; else ''", values=("", "too_few_items", "no_answer")
        ),
    ),
)

ESTIMATES = Contract(
    "survey/estimates",
    grain="one estimate of one wave: an area, an indicator and how it was made; unrounded, with exact numbers",
    key=("wave", "area_type", "area_code", "indicator", "method"),
    personal=True,
    columns=(
        WAVE,
        Column("area_type", pa.string(), "pc4, buurt, wijk or gemeente", values=AREA_TYPES),
        Column("area_code", pa.string(), "postcode or CBS code"),
        Column("indicator", pa.string(), "what is estimated, e.g. m1_contact or attachment_house"),
        Column("question", pa.string(), "question of survey/scores it is of"),
        Column("category", pa.string(), "category of that question it is the share of; '' of a score"),
        Column("method", pa.string(), "direct, or with a model of small areas", values=(DIRECT, MODEL)),
        Column("unit", pa.string(), "0-10, points (-10 to 10) or share (a difference of shares: -1 to 1)"),
        Column("value", pa.float64(), "the estimate; null: nobody answered, or no model", nullable=True),
        Column("lower", pa.float64(), "95 % interval, lower end; null: none can be given", nullable=True),
        Column("upper", pa.float64(), "95 % interval, upper end; null: none can be given", nullable=True),
        Column(
            "se",
            pa.float64(),
            "standard error; of a model the root of the mean squared error",
            nullable=True,
            minimum=0,
        ),
        Column("respondents", pa.int64(), "respondents with an answer and a weight", minimum=0),
        Column("effective", pa.float64(), "as many respondents of equal weight", minimum=0),
        Column(
            "design_effect",
            pa.float64(),
            "variance of the area's own answers over that of as many drawn alone; null: no error can be given",
            nullable=True,
            minimum=0,
        ),
        Column(
            "reliability",
            pa.float64(),
            "share of the differences between areas of this type that is no chance; null: not of a scale, or unknown",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            "shrinkage",
            pa.float64(),
            "weight of the area's own answers in a model's estimate (gamma); 0: it is the model's alone; null: direct",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column("verdict", pa.string(), "whether it is good enough to publish", values=VERDICTS),
        Column("reason", pa.string(), "why not, or why with caution; else ''"),
        Column("is_chosen", pa.bool_(), "whether this is the estimate that is told of the area"),
    ),
)

# What must be known with a change: of how the waves are compared, and of an estimate of either wave.
CAUTIONS = ("", "mode_standardised", "mode_unknown", "counts_contradict")
VERDICTS_OF_CHANGE = CHANGED, SLIGHTLY, SAME, UNKNOWN = ("changed", "slightly", "same", "unknown")
# Why no change is told.
NOT_COMPARED = (
    "too_few_respondents", "no_probability_sample", "other_questions", "other_modes", "mode_unknown", "not_invariant",
    "no_variance",
)  # fmt: skip

CAUTION_OF_CHANGE = (
    "mode_standardised: as if people had answered in the same ways; mode_unknown: nobody knows how; counts_contradict: "
    "a wave rests on counts that contradict each other; else ''"
)
INTERVAL_OF_CHANGE = (
    Column("lower", pa.float64(), "lower end of the interval, rounded down; null with a reason", nullable=True),
    Column("upper", pa.float64(), "upper end of the interval, rounded up; null with a reason", nullable=True),
    Column(
        "level",
        pa.float64(),
        "confidence level of the interval, from which the verdict follows: one for all changes of a release; null "
        "with a reason",
        nullable=True,
        minimum=0,
        maximum=1,
    ),
    Column("margin", pa.float64(), "a smaller change is none that matters; null with a reason", nullable=True),
    Column(
        "compared",
        pa.int64(),
        "changes of the release that were looked at together, withheld ones too; times one less the level: of how "
        "many verdicts the interval is expected to miss the truth, at most",
        minimum=0,
    ),
)

CHANGES = Contract(
    "survey/changes",
    grain="one change between a wave and the next: an area and an indicator; with exact numbers, intervals rounded",
    key=("wave_before", "wave_after", "area_type", "area_code", "indicator"),
    personal=True,
    columns=(
        Column("wave_before", pa.int64(), "year of the earlier wave"),
        Column("wave_after", pa.int64(), "year of the later wave"),
        Column("area_type", pa.string(), "pc4, buurt, wijk or gemeente", values=AREA_TYPES),
        Column("area_code", pa.string(), "postcode or CBS code"),
        Column("indicator", pa.string(), "what changed, e.g. m1_contact"),
        Column("question", pa.string(), "question of survey/scores it is of"),
        Column("category", pa.string(), "category of that question it is the share of; '' of a score"),
        Column("unit", pa.string(), "0-10, points or share"),
        Column("change", pa.float64(), "later less earlier, of areas' own answers; null with a reason", nullable=True),
        *INTERVAL_OF_CHANGE,
        Column("se", pa.float64(), "standard error of the change; null with a reason", nullable=True, minimum=0),
        Column("freedom", pa.float64(), "degrees of freedom of that error, of the wave with fewer", minimum=0),
        Column("respondents_before", pa.int64(), "respondents to the earlier wave", minimum=0),
        Column("respondents_after", pa.int64(), "respondents to the later wave", minimum=0),
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
        Column("reason_missing", pa.string(), "why no change is told; else ''", values=("", *NOT_COMPARED)),
    ),
)

# A score of a third of the way, or less.
LOWEST_THIRD_UNDER = HIGHEST / 3
STATISTICS = SD, LOWEST_THIRD, GAP = ("sd", "lowest_third", "gap")
KEYS_OF_DISPERSION = (
    Column("indicator", pa.string(), "scale whose mean this stands beside, e.g. m1_contact"),
    Column(
        "statistic",
        pa.string(),
        "sd: standard deviation of scores within the area; lowest_third: share of residents with a score of a third of "
        "the way or less; gap: mean of a group less that of all others in the area",
        values=STATISTICS,
    ),
    Column("feature", pa.string(), "of a gap: by what people are grouped; else ''", values=("", "age", "household")),
    Column("category", pa.string(), "of a gap: the group, an age range or a household as delivered; else ''"),
)

DISPERSION = Contract(
    "survey/dispersion",
    grain="one figure of how far residents of an area lie apart on one scale of the last wave; with exact numbers",
    key=("wave", "area_type", "area_code", "indicator", "statistic", "feature", "category"),
    personal=True,
    columns=(
        WAVE,
        Column("area_type", pa.string(), "pc4, buurt, wijk or gemeente; of a gap the last two", values=AREA_TYPES),
        Column("area_code", pa.string(), "postcode or CBS code"),
        *KEYS_OF_DISPERSION,
        Column("unit", pa.string(), "points of the scale of 0-10 (of a gap -10 to 10), or share"),
        Column("value", pa.float64(), "the figure; null: nobody answered, or nobody of one side", nullable=True),
        Column("lower", pa.float64(), "95 % interval, lower end; null: none can be given", nullable=True),
        Column("upper", pa.float64(), "95 % interval, upper end; null: none can be given", nullable=True),
        Column("respondents", pa.int64(), "respondents it rests on; of a gap those of the smaller side", minimum=0),
        Column("effective", pa.float64(), "as many respondents of equal weight", minimum=0),
        Column("verdict", pa.string(), "whether it is good enough to publish", values=VERDICTS),
        Column("reason", pa.string(), "why not, or why with caution; else ''"),
    ),
)

SUBJECTS = (
    "scale", "item", "invariance", "weights", "margin", "model", "sampling", "response", "mode", "coverage", "revision",
)  # fmt: skip
GRAIN_OF_QUALITY = (
    "one figure of how good a wave is: of a scale, item, test, weights, margin or model of small areas, how the sample "
    "was drawn, who answered, in which way, whom it covers, or what was corrected"
)
FIGURE_OF_QUALITY = (
    Column("subject", pa.string(), "what it is of", values=SUBJECTS),
    Column(
        "name",
        pa.string(),
        "indicator, scale/item, scale/waves or scale/modes, feature/category, indicator/area type, or of a response a "
        "stratum; '' of all",
    ),
    Column("mode", pa.string(), "way of answering; '' all"),
    Column("statistic", pa.string(), "which figure, e.g. alpha"),
    Column("value", pa.float64(), "the figure; null: cannot be given", nullable=True),
    Column("lower", pa.float64(), "95 % interval, lower end; null: none", nullable=True),
    Column("upper", pa.float64(), "95 % interval, upper end; null: none", nullable=True),
    Column(
        "word",
        pa.string(),
        "of a model: which, or why not used; of a test what it found; of a sample how it was drawn; of a response rate "
        "why unknown; else ''",
    ),
)

QUALITY = Contract(
    "survey/quality",
    grain=GRAIN_OF_QUALITY,
    key=("wave", "subject", "name", "mode", "statistic"),
    personal=True,
    columns=(
        WAVE,
        *FIGURE_OF_QUALITY,
        Column("respondents", pa.int64(), "respondents it rests on", minimum=0),
    ),
)
