"""Small surveys made by hand, through the contracts of `sources/`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from pipelines.contracts import conform
from pipelines.sources.contracts import ANSWERS, AREAS, ITEMS, MARGINS, PEOPLE_COUNTS, RESPONDENTS, STRATA
from pipelines.survey.sample import Tables

WAVE = 2024
_PERSON: Mapping[str, Any] = {
    "wave": WAVE, "buurt_code": "", "pc4": "", "weight": 1.0, "stratum": "", "cluster": "", "mode": "", "age": None,
    "sex": "", "household": "", "panel_id": "",
}  # fmt: skip
_ITEM: Mapping[str, Any] = {
    "wave": WAVE, "scale": "", "text_nl": "", "text_en": "", "lowest": 1.0, "highest": 5.0, "is_reversed": False,
    "dont_know_codes": [], "instrument": "", "question": "", "facet": "", "manifestation": "", "object": "",
}  # fmt: skip


def respondents(*people: Mapping[str, Any]) -> pa.Table:
    """Respondents r000, r001, ..., each with what is told of them."""
    rows = [{**_PERSON, "respondent_id": f"r{number:03}", **person} for number, person in enumerate(people)]
    return pa.Table.from_pylist(rows, schema=RESPONDENTS.schema)


def items(*told: Mapping[str, Any]) -> pa.Table:
    """Items of a codebook."""
    return pa.Table.from_pylist([{**_ITEM, **item} for item in told], schema=ITEMS.schema)


def scale_items(scale: str, *names: str, turned: Sequence[str] = ()) -> pa.Table:
    """Items of one scale of a municipality's own, from 1 to 5."""
    return items(*({"item_id": name, "scale": scale, "is_reversed": name in turned} for name in names))


def answers(names: Sequence[str], *given: Sequence[float | None]) -> pa.Table:
    """What r000, r001, ... answered to the items, None for nothing."""
    cells = [
        {"wave": WAVE, "respondent_id": f"r{number:03}", "item_id": name, "answer": value,
         "reason_missing": "no_answer" if value is None else ""}
        for number, row in enumerate(given)
        for name, value in zip(names, row, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(cells, schema=ANSWERS.schema)


def tables(people: pa.Table, said: pa.Table, asked: pa.Table, **frame: pa.Table) -> Tables:
    """A survey, without strata and margins unless they are given."""
    strata, margins = (
        frame.get("strata", STRATA.schema.empty_table()),
        frame.get("margins", MARGINS.schema.empty_table()),
    )
    return Tables(people, said, asked, strata, margins)


def strata(*told: tuple[str, float, float | None]) -> pa.Table:
    """Strata of the sample: name, people, asked."""
    names = ("wave", "stratum", "population", "asked")
    return pa.Table.from_pylist([dict(zip(names, (WAVE, *row), strict=True)) for row in told], schema=STRATA.schema)


def margins(*told: tuple[str, str, float]) -> pa.Table:
    """People per category: feature, category, persons."""
    names = ("wave", "feature", "category", "persons")
    return pa.Table.from_pylist([dict(zip(names, (WAVE, *row), strict=True)) for row in told], schema=MARGINS.schema)


def areas(buurten: int = 3, per_wijk: int = 2) -> pa.Table:
    """One gemeente GM1 of square buurten BU1, BU2, ... in a row, so many per wijk WK1, ..., and the PC4 9901."""
    rows = [("gemeente", "GM1", "", 0.0), ("pc4", "9901", "", 0.0)]
    rows += [("wijk", f"WK{1 + w}", "GM1", 0.0) for w in range(-(-buurten // per_wijk))]
    rows += [("buurt", f"BU{1 + b}", f"WK{1 + b // per_wijk}", 100.0 * b) for b in range(buurten)]
    told = [
        {"area_type": kind, "area_code": code, "area_name": code, "parent_code": parent, "publish_geometry": True,
         "share_inside": 1.0, "geometry": shapely.to_wkb(shapely.box(x, 0, x + 100, 100))}
        for kind, code, parent, x in rows
    ]  # fmt: skip
    return conform(pa.Table.from_pylist(told), AREAS)


def counts(persons: Mapping[str, float], kind: str = "buurt") -> pa.Table:
    """How many people live in each area, and of what age: half of them 65 or older in every second one."""
    rows = []
    for number, (code, count) in enumerate(persons.items()):
        old = 0.1 + 0.03 * (number % 7)
        shares = {
            "all": 1.0,
            "0_14": 0.15,
            "15_24": 0.1,
            "25_44": 0.35 - old / 2,
            "45_64": 0.4 - old / 2,
            "65plus": old,
        }
        rows += [(kind, code, group, count * share) for group, share in shares.items()]
    told = [
        {"unit_type": unit, "unit_code": code, "population_group": group, "persons": float(np.round(value, 3)),
         "reason_missing": "", "lowest": 0.0, "highest": None, "vintage": WAVE, "basis": "count"}
        for unit, code, group, value in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(told, schema=PEOPLE_COUNTS.schema)
