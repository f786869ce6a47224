"""Where respondents live: which of them belong to each buurt, wijk, gemeente and PC4."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SourceError
from pipelines.survey.contracts import AREA_TYPES
from pipelines.survey.design import Domains


@dataclass(frozen=True)
class Lived:
    """Areas (area_type, area_code), in the order of their numbers, and which respondents belong to each."""

    areas: pa.Table
    domains: Domains


def survey_areas(areas: pa.Table) -> pa.Table:
    """List which buurten make up each buurt, wijk and gemeente.

    Parameters
    ----------
    areas
        `sources/areas`.

    Returns
    -------
    pyarrow.Table
        Columns area_type, area_code, buurt_code; one row per area and buurt in it, only areas that `areas` holds.
    """
    parents = {
        (kind, code): parent
        for kind, code, parent in zip(
            *(areas[c].to_pylist() for c in ("area_type", "area_code", "parent_code")), strict=True
        )
    }
    rows: list[tuple[str, str, str]] = []
    for buurt in (code for kind, code in parents if kind == "buurt"):
        wijk = parents["buurt", buurt]
        chain = (("buurt", buurt), ("wijk", wijk), ("gemeente", parents.get(("wijk", wijk), "")))
        rows.extend((kind, code, buurt) for kind, code in chain if (kind, code) in parents)
    schema = pa.schema([("area_type", pa.string()), ("area_code", pa.string()), ("buurt_code", pa.string())])
    names = schema.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in sorted(rows)], schema=schema)


def lived_in(respondents: pa.Table, areas: pa.Table) -> Lived:
    """Tell which respondents belong to each buurt, wijk and gemeente, by their buurt, and to each PC4, by their own.

    Parameters
    ----------
    respondents
        `sources/respondents` of one wave.
    areas
        `sources/areas`.

    Raises
    ------
    SourceError
        When there are respondents, and none lives in a buurt of the area.
    """
    within = survey_areas(areas)
    _require_placed(respondents, within)
    listed = [
        (kind, code)
        for kind, code in zip(areas["area_type"].to_pylist(), areas["area_code"].to_pylist(), strict=True)
        if kind in AREA_TYPES
    ]
    number = {area: place for place, area in enumerate(sorted(listed))}
    of_buurt: dict[str, list[int]] = {}
    for row in within.to_pylist():
        of_buurt.setdefault(row["buurt_code"], []).append(number[row["area_type"], row["area_code"]])
    pairs = [
        (row, area)
        for row, (buurt, pc4) in enumerate(
            zip(respondents["buurt_code"].to_pylist(), respondents["pc4"].to_pylist(), strict=True)
        )
        for area in (*of_buurt.get(buurt, ()), *((number["pc4", pc4],) if ("pc4", pc4) in number else ()))
    ]
    rows, domains = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    names = pa.table({"area_type": [kind for kind, _ in number], "area_code": [code for _, code in number]})
    return Lived(
        names.cast(pa.schema([("area_type", pa.string()), ("area_code", pa.string())])),
        Domains(rows, domains, len(number)),
    )


def _require_placed(respondents: pa.Table, membership: pa.Table) -> None:
    if len(respondents) and unplaced_respondents(respondents, membership) == len(respondents):
        raise SourceError(
            f"respondents: none of the {len(respondents)} lives in a buurt of the area. Their buurt codes are probably "
            "of another year or municipality: recode them to the delivered buurten."
        )


def unplaced_respondents(respondents: pa.Table, membership: pa.Table) -> int:
    """Count the respondents whose buurt is unknown or in none of the areas: part of the sample, in no estimate."""
    is_placed = pc.is_in(respondents["buurt_code"], membership["buurt_code"].combine_chunks())
    return len(respondents) - int(pc.sum(is_placed).as_py() or 0)
