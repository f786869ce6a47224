"""What residents say: a score per respondent and scale, and the estimate per area. Not for publication as they are."""

import pyarrow as pa

from pipelines.contracts import Column, Contract

LOWEST, HIGHEST = 0.0, 10.0

SCORES = Contract(
    "survey/scores",
    grain="one respondent, one scale",
    key=("respondent_id", "scale"),
    personal=True,
    columns=(
        Column("respondent_id", pa.string(), "respondent of sources/respondents"),
        Column("scale", pa.string(), "scale of sources/items, e.g. m1_contact"),
        Column(
            "score",
            pa.float64(),
            "mean of the answered items, reversed ones turned round, from 0 to 10; null: too few answered",
            nullable=True,
            minimum=LOWEST,
            maximum=HIGHEST,
        ),
        Column("items_answered", pa.int64(), "items of the scale with an answer", minimum=0),
        Column("reason_missing", pa.string(), "why there is no score; else ''", values=("", "too_few_items")),
    ),
)

ESTIMATES = Contract(
    "survey/estimates",
    grain="one area, one scale; unrounded, with its exact number of respondents",
    key=("area_type", "area_code", "scale"),
    personal=True,
    columns=(
        Column("area_type", pa.string(), "buurt, wijk or gemeente", values=("buurt", "wijk", "gemeente")),
        Column("area_code", pa.string(), "CBS code"),
        Column("scale", pa.string(), "scale of sources/items, e.g. m1_contact"),
        Column(
            "mean", pa.float64(), "weighted mean of the scores, 0-10", nullable=True, minimum=LOWEST, maximum=HIGHEST
        ),
        Column("lower", pa.float64(), "95 % interval, lower end", nullable=True, minimum=LOWEST, maximum=HIGHEST),
        Column("upper", pa.float64(), "95 % interval, upper end", nullable=True, minimum=LOWEST, maximum=HIGHEST),
        Column("se", pa.float64(), "standard error of the mean", nullable=True, minimum=0),
        Column("respondents", pa.int64(), "respondents with a score and a weight", minimum=0),
        Column("reason_missing", pa.string(), "why there is no mean; else ''", values=("", "too_few_respondents")),
    ),
)
