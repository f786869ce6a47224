"""Which survey values go out, for all tables of a release together, and the audit of those that do not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.findings.catalogue import catalogue
from pipelines.protection.contracts import SURVEY_AUDIT, SURVEY_SHOWN, SURVEY_TOLD
from pipelines.protection.public import public_unit_types
from pipelines.protection.suppression import Suppression, audit_rows, suppress_all
from pipelines.protection.survey_cells import Area, survey_cells
from pipelines.protection.survey_dispersion import hide_dispersion, with_dispersion
from pipelines.protection.survey_groups import LEFT, ToldGroups, told_groups
from pipelines.protection.survey_memory import beside_each_other, remembering, told_table
from pipelines.protection.survey_rules import Rules
from pipelines.sources.area_file import AreaFile
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS, RESPONDENTS
from pipelines.survey.contracts import DISPERSION, SCORES
from pipelines.survey.dispersion_table import dispersed_scales
from pipelines.survey.publication_rules import FEWEST_EVER
from pipelines.survey.responses import indicator_of
from pipelines.warehouse import Warehouse

# Of 10 to 29 respondents a model's estimate may go out, from which their own mean can nearly be worked out: so they are
# guarded as if that mean were told.
_RULES = Rules(minimum_n=FEWEST_EVER)


@dataclass(frozen=True)
class Hidden:
    """Of one wave: what is hidden of each question and figure of dispersion, and which gaps between groups go out."""

    wave: int
    questions: Sequence[Suppression]
    groups: Sequence[ToldGroups] = ()


def hide_survey(
    warehouse: Warehouse, area: AreaFile, earlier: Sequence[pa.Table] = (), rules: Rules = _RULES
) -> tuple[Hidden, ...]:
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

    Returns
    -------
    tuple of Hidden
        One per wave, oldest first; dispersion and gaps of the last, of which alone they are told.
    """
    waves = sorted(set(warehouse.read(SCORES)["wave"].to_pylist()))
    residents = public_residents(warehouse, area)
    answers = [warehouse.run_sql("protection/answers", (SCORES, RESPONDENTS, AREAS), {"wave": wave}) for wave in waves]
    counted = [survey_cells(own, residents) if len(own) else () for own in answers]
    found = []
    for wave, questions in zip(waves, beside_each_other(counted, rules), strict=True):
        told = _of_wave(earlier, wave)
        found.append(Hidden(wave, suppress_all([remembering(one, told, rules) for one in questions], rules)))
    if not found or not len(answers[-1]):
        return tuple(found)
    scales = [scale for scale in dispersed_scales(warehouse.read(DISPERSION)) if scale in catalogue()]
    told, every = _of_wave(earlier, waves[-1]), survey_cells(with_dispersion(answers[-1], scales), residents)
    further = hide_dispersion(every, found[-1].questions, told, rules)
    groups = told_groups(waves[-1], answers[-1], scales, told)
    return (*found[:-1], replace(found[-1], questions=[*found[-1].questions, *further], groups=groups))


def _of_wave(tables: Sequence[pa.Table], wave: int) -> list[pa.Table]:
    return [table.filter(pc.equal(table["wave"], wave)) for table in tables]


def public_residents(warehouse: Warehouse, area: AreaFile) -> dict[Area, float]:
    """Give the inhabitants per area (type, code) that anyone may look up; those that are hidden are left out."""
    public = {"public": list(public_unit_types(area))}
    rows = warehouse.run_sql("protection/residents", (PEOPLE_COUNTS, AREAS), public).to_pylist()
    return {(row["area_type"], row["area_code"]): row["persons"] for row in rows}


def shown_table(found: Sequence[Hidden]) -> pa.Table:
    """The cells that may go out, as `protection/survey_shown`; what is not in it is withheld, whatever the reason."""
    rows = [
        {
            "wave": wave.wave,
            "area_type": kind,
            "area_code": code,
            "question": one.cells.question,
            "category": category,
            "indicator": indicator_of(one.cells.question, category),
        }
        for wave in found
        for one in wave.questions
        for category, hidden in zip(one.cells.categories, one.hidden, strict=True)
        for (kind, code), is_hidden in zip(one.cells.areas.names, hidden.tolist(), strict=True)
        if not is_hidden
    ]
    shown = pa.Table.from_pylist(rows, schema=SURVEY_SHOWN.schema)
    gaps = [_shown_gaps(one) for wave in found for one in wave.groups]
    return pa.concat_tables([shown, *gaps])


def _shown_gaps(groups: ToldGroups) -> pa.Table:
    told = groups.told.filter(pc.field("category") != LEFT)
    named = told.append_column("indicator", told["question"])
    return named.select(SURVEY_SHOWN.column_names).cast(SURVEY_SHOWN.schema)


def told_of(found: Sequence[Hidden]) -> pa.Table:
    """What this release tells of every wave, as `protection/survey_told`: the next one is held against it."""
    tables = (told_table(wave.wave, one.cells, ~one.hidden) for wave in found for one in wave.questions)
    gaps = (one.told for wave in found for one in wave.groups)
    return pa.concat_tables([SURVEY_TOLD.schema.empty_table(), *tables, *gaps])


def audit_table(found: Sequence[Hidden]) -> pa.Table:
    """What the audit says of each question, `protection/survey_audit`: how much is hidden, and between what it lies."""
    rows = [row for wave in found for row in (*map(_audited, wave.questions), *map(_audited_groups, wave.groups))]
    of_wave = [wave.wave for wave in found for _ in (*wave.questions, *wave.groups)]
    full = [{"wave": wave} | row for wave, row in zip(of_wave, rows, strict=True)]
    return pa.Table.from_pylist(full, schema=SURVEY_AUDIT.schema)


def _audited(one: Suppression) -> dict[str, object]:
    told = {
        "shown": int(np.sum(~one.hidden)),
        "hidden": int(np.sum(one.hidden)),
        "cells": audit_rows(one).drop_columns(["question"]).to_pylist(),
    }
    return {"question": one.cells.question, "is_safe": one.is_safe, "content": json.dumps(told)}


def _audited_groups(one: ToldGroups) -> dict[str, object]:
    told = {
        "shown": int(pc.sum(pc.not_equal(one.told["category"], LEFT)).as_py() or 0),
        "hidden": one.hidden,
        "cells": [],
    }
    return {"question": one.question, "is_safe": one.is_safe, "content": json.dumps(told)}
