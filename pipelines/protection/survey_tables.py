"""Which survey values go out, for all tables of a release together, and the audit of those that do not."""

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipelines.protection.contracts import SURVEY_AUDIT, SURVEY_SHOWN
from pipelines.protection.suppression import Suppression, audit_rows, suppress_all
from pipelines.protection.survey_cells import Rules, survey_cells
from pipelines.sources.contracts import AREAS, RESPONDENTS
from pipelines.survey.contracts import SCORES
from pipelines.survey.responses import indicator_of
from pipelines.warehouse import Warehouse

# Of 10 to 29 respondents a model's estimate may go out, from which their own mean can nearly be worked out: so they are
# guarded as if that mean were told.
_RULES = Rules(minimum_n=10)


def hide_survey(warehouse: Warehouse, rules: Rules = _RULES) -> tuple[Suppression, ...]:
    """Hide of every question what must be hidden, in all areas at once; the same for the same answers."""
    answers = warehouse.run_sql("protection/answers", (SCORES, RESPONDENTS, AREAS))
    return tuple(suppress_all(survey_cells(answers), rules)) if len(answers) else ()


def shown_table(found: Sequence[Suppression]) -> pa.Table:
    """The cells that may go out, as `protection/survey_shown`; what is not in it is withheld, whatever the reason."""
    rows = [
        {
            "area_type": kind,
            "area_code": code,
            "question": one.cells.question,
            "category": category,
            "indicator": indicator_of(one.cells.question, category),
        }
        for one in found
        for category, hidden in zip(one.cells.categories, one.hidden, strict=True)
        for (kind, code), is_hidden in zip(one.cells.areas.names, hidden.tolist(), strict=True)
        if not is_hidden
    ]
    return pa.Table.from_pylist(rows, schema=SURVEY_SHOWN.schema)


def audit_table(found: Sequence[Suppression]) -> pa.Table:
    """What the audit says of each question, `protection/survey_audit`: how much is hidden, and between what it lies."""
    rows = [
        {"question": one.cells.question, "is_safe": one.is_safe, "content": json.dumps(_told(one))} for one in found
    ]
    return pa.Table.from_pylist(rows, schema=SURVEY_AUDIT.schema)


def _told(one: Suppression) -> dict[str, object]:
    return {
        "shown": int(np.sum(~one.hidden)),
        "hidden": int(np.sum(one.hidden)),
        "linear_programmes": one.programmes,
        "cells": audit_rows(one).drop_columns(["question"]).to_pylist(),
    }
