"""Which survey values go out, for all tables of a release together, and the audit of those that do not."""

import json
from collections.abc import Mapping, Sequence

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


Hidden = Mapping[int, Sequence[Suppression]]


def hide_survey(warehouse: Warehouse, rules: Rules = _RULES) -> Hidden:
    """Hide of every wave and question what must be hidden, in all areas at once; the same for the same answers."""
    waves = sorted(set(warehouse.read(SCORES)["wave"].to_pylist()))
    answers = {
        wave: warehouse.run_sql("protection/answers", (SCORES, RESPONDENTS, AREAS), {"wave": wave}) for wave in waves
    }
    return {wave: suppress_all(survey_cells(own), rules) if len(own) else [] for wave, own in answers.items()}


def shown_table(found: Hidden) -> pa.Table:
    """The cells that may go out, as `protection/survey_shown`; what is not in it is withheld, whatever the reason."""
    rows = [
        {
            "wave": wave,
            "area_type": kind,
            "area_code": code,
            "question": one.cells.question,
            "category": category,
            "indicator": indicator_of(one.cells.question, category),
        }
        for wave, questions in found.items()
        for one in questions
        for category, hidden in zip(one.cells.categories, one.hidden, strict=True)
        for (kind, code), is_hidden in zip(one.cells.areas.names, hidden.tolist(), strict=True)
        if not is_hidden
    ]
    return pa.Table.from_pylist(rows, schema=SURVEY_SHOWN.schema)


def audit_table(found: Hidden) -> pa.Table:
    """What the audit says of each question, `protection/survey_audit`: how much is hidden, and between what it lies."""
    rows = [
        {"wave": wave, "question": one.cells.question, "is_safe": one.is_safe, "content": json.dumps(_told(one))}
        for wave, questions in found.items()
        for one in questions
    ]
    return pa.Table.from_pylist(rows, schema=SURVEY_AUDIT.schema)


def _told(one: Suppression) -> dict[str, object]:
    return {
        "shown": int(np.sum(~one.hidden)),
        "hidden": int(np.sum(one.hidden)),
        "linear_programmes": one.programmes,
        "cells": audit_rows(one).drop_columns(["question"]).to_pylist(),
    }
