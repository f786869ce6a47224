"""The page `bescherming.html`: what was hidden and why, and what somebody who knows everything else can still find out.

Figures come from the audit and from the reasons in the published table; what is hidden is decided in `protection/`.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.findings.catalogue import catalogue
from pipelines.pages.colophon import Colophon
from pipelines.pages.figures import PublishedTables
from pipelines.pages.rendering import asset_text, render
from pipelines.sources.area_file import AreaFile

_LARGEST_FIRST = ("gemeente", "wijk", "buurt", "pc4", "pc6", "h3")
_FEW_PEOPLE, _ONLY_CLASS = "too_few_people", "only_as_class"
_SURVEY = ("withheld",)


@dataclass(frozen=True)
class HiddenRow:
    """Of one type of area: how many numbers of people, and values of the survey, are shown and not shown."""

    area_type: str
    people_shown: int
    people_under_ten: int
    people_as_class: int
    survey_shown: int
    survey_hidden: int

    @property
    def holds_anything(self) -> bool:
        """Whether anything of people is told of this type of area, or hidden."""
        numbers = (
            self.people_shown,
            self.people_under_ten,
            self.people_as_class,
            self.survey_shown,
            self.survey_hidden,
        )
        return any(numbers)


@dataclass(frozen=True)
class Known:
    """What the audit found: small numbers listed, of how many CBS tells more itself, the least room that is left."""

    listed: int
    narrower_public: int
    least_width: float | None
    earlier_releases: int
    only_public: bool


def protection_page(tables: PublishedTables, audit: pa.Table, area: AreaFile, colophon: Colophon) -> str:
    """The page as HTML text; it needs no script.

    Parameters
    ----------
    tables
        The published tables.
    audit
        `out/audit`.
    area
        The area file.
    colophon
        Sources, licences and release.
    """
    parts = {row["part"]: json.loads(row["content"]) for row in audit.to_pylist()}
    return render(
        "protection.html",
        styles=(asset_text("page.css"), asset_text("index.css")),
        area=area,
        colophon=colophon,
        rows=hidden_rows(tables.indicators),
        known=known(parts),
    )


def hidden_rows(indicators: pa.Table) -> tuple[HiddenRow, ...]:
    """How much is shown and hidden, per type of area that holds anything of people, the largest first."""
    columns = (indicators[name].to_pylist() for name in ("area_type", "indicator", "unit", "reason_missing"))
    counted = Counter(
        (area_type, _subject(indicator, unit), reason)
        for area_type, indicator, unit, reason in zip(*columns, strict=True)
        if _subject(indicator, unit)
    )
    rows = (_hidden_row(area_type, counted) for area_type in _LARGEST_FIRST)
    return tuple(row for row in rows if row.holds_anything)


def _subject(indicator: str, unit: str) -> str:
    if unit in {"persons", "households"}:
        return "people"
    entry = catalogue().get(indicator)
    return "survey" if entry is not None and "survey" in entry.sources else ""


def _hidden_row(area_type: str, counted: Mapping[tuple[str, str, str], int]) -> HiddenRow:
    def number(subject: str, reasons: Sequence[str]) -> int:
        return sum(counted.get((area_type, subject, reason), 0) for reason in reasons)

    return HiddenRow(
        area_type,
        number("people", ("",)),
        number("people", (_FEW_PEOPLE,)),
        number("people", (_ONLY_CLASS,)),
        number("survey", ("",)),
        number("survey", _SURVEY),
    )


def known(parts: Mapping[str, Any]) -> Known:
    """What the audit says of small numbers, in a few figures."""
    people = parts["people"]
    column = {name: number for number, name in enumerate(people["columns"])}
    widths = [cell[column["width_at_least"]] for cell in people["cells"]]
    enough = [width for width in widths if width >= parts["method"]["base"]]
    return Known(
        listed=len(widths),
        narrower_public=len(widths) - len(enough),
        least_width=min(enough, default=None),
        earlier_releases=len(parts["earlier_releases"]),
        only_public=parts["people_from_public_tables_only"],
    )
