"""Which survey values go out, for all tables of a release together, and the audit of those that do not."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.protection.contracts import SURVEY_AUDIT, SURVEY_SHOWN, SURVEY_TOLD
from pipelines.protection.public import public_unit_types
from pipelines.protection.suppression import Suppression, audit_rows, suppress_all
from pipelines.protection.survey_cells import Area, survey_cells
from pipelines.protection.survey_memory import beside_each_other, remembering, told_table
from pipelines.protection.survey_rules import Rules
from pipelines.sources.area_file import AreaFile
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS, RESPONDENTS
from pipelines.survey.contracts import SCORES
from pipelines.survey.publication_rules import FEWEST_EVER
from pipelines.survey.responses import indicator_of
from pipelines.warehouse import Warehouse

# Of 10 to 29 respondents a model's estimate may go out, from which their own mean can nearly be worked out: so they are
# guarded as if that mean were told.
_RULES = Rules(minimum_n=FEWEST_EVER)


Hidden = Mapping[int, Sequence[Suppression]]


def hide_survey(
    warehouse: Warehouse, area: AreaFile, earlier: Sequence[pa.Table] = (), rules: Rules = _RULES
) -> Hidden:
    """Hide of every wave and question what must be hidden, in all areas at once; the same for the same answers.

    Parameters
    ----------
    warehouse
        The tables of the area.
    area
        The area file.
    earlier
        `protection/survey_told` of every release before, withdrawn ones too.
    rules
        What may not go out.
    """
    waves = sorted(set(warehouse.read(SCORES)["wave"].to_pylist()))
    residents = public_residents(warehouse, area)
    answers = (warehouse.run_sql("protection/answers", (SCORES, RESPONDENTS, AREAS), {"wave": wave}) for wave in waves)
    counted = [survey_cells(own, residents) if len(own) else () for own in answers]
    found = {}
    for wave, questions in zip(waves, beside_each_other(counted, rules), strict=True):
        told = [table.filter(pc.equal(table["wave"], wave)) for table in earlier]
        found[wave] = suppress_all([remembering(one, told, rules) for one in questions], rules)
    return found


def public_residents(warehouse: Warehouse, area: AreaFile) -> dict[Area, float]:
    """Give the inhabitants per area (type, code) that anyone may look up; those that are hidden are left out."""
    public = {"public": list(public_unit_types(area))}
    rows = warehouse.run_sql("protection/residents", (PEOPLE_COUNTS, AREAS), public).to_pylist()
    return {(row["area_type"], row["area_code"]): row["persons"] for row in rows}


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


def told_of(found: Hidden) -> pa.Table:
    """What this release tells of every wave, as `protection/survey_told`: the next one is held against it."""
    tables = (told_table(wave, one.cells, ~one.hidden) for wave, questions in found.items() for one in questions)
    return pa.concat_tables([SURVEY_TOLD.schema.empty_table(), *tables])


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
        "cells": audit_rows(one).drop_columns(["question"]).to_pylist(),
    }
