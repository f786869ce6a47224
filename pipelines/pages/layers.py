"""What the map shows of cells and buurten: coloured features, and the rows of tooltip and table.

Both tooltip and table are made from the same `BuurtRow`, so that they cannot differ. How the page looks and moves
stands in `map.py` and `templates/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.pages.classes import Variant, class_marks
from pipelines.pages.figures import (
    Figure,
    Measure,
    PublishedTables,
    kinds_text,
    metres_text,
    people_text,
    read_figures,
)
from pipelines.pages.geojson import Feature, feature_collection, geometries_of, simplified

TOOLTIP: Mapping[str, str] = {
    "naam": "Buurt",
    "inwoners": "Inwoners",
    "afstand": "Loopafstand (mediaan)",
    "soorten": "Soorten plekken binnen bereik",
    "zonder": "Inwoners zonder plek binnen bereik",
}


@dataclass(frozen=True)
class BuurtRow:
    """What is said of one buurt for one profile: inhabitants, metres, kinds of place, persons below the minimum."""

    name: str
    inhabitants: Figure
    distance: Figure
    kinds: Figure
    below_minimum: Figure

    @property
    def reasons(self) -> frozenset[str]:
        """The reasons for what is missing in this row."""
        figures = (self.inhabitants, self.distance, self.kinds, self.below_minimum)
        return frozenset(figure.reason for figure in figures if figure.reason)

    @property
    def texts(self) -> dict[str, str]:
        """The row in words, by the keys of `TOOLTIP`; not yet escaped."""
        return {
            "naam": self.name,
            "inwoners": people_text(self.inhabitants),
            "afstand": metres_text(self.distance),
            "soorten": kinds_text(self.kinds),
            "zonder": people_text(self.below_minimum),
        }


@dataclass(frozen=True)
class Layer:
    """Features that carry their classes, and per variant the marks and figures behind the colours."""

    features: Feature
    marks: tuple[tuple[str, ...], ...]
    figures: tuple[tuple[Figure, ...], ...]


def inhabited_cells(tables: PublishedTables) -> PublishedTables:
    """The same tables without the H3 cells where nobody lives: an empty cell gets no colour."""
    indicators, cells = tables.indicators, tables.areas["h3"]
    is_empty = pc.and_(pc.equal(indicators["area_type"], "h3"), pc.equal(indicators["reason_missing"], "no_residents"))
    empty: pa.Array = pc.unique(indicators["area_code"].filter(is_empty))
    inhabited = cells.filter(pc.invert(pc.is_in(cells["area_code"], empty)))
    return replace(tables, areas={**tables.areas, "h3": inhabited})


def buurt_rows(tables: PublishedTables, profile: str) -> tuple[BuurtRow, ...]:
    """What is said of each buurt for one profile, in the row order of the buurt table."""
    measures = (
        Measure("inhabitants", "all"),
        Measure("dist_nearest_place", profile=profile),
        Measure("n_types_reach", profile=profile),
        Measure("people_below_min", "all", profile),
    )
    names = tables.areas["buurt"]["area_name"].to_pylist()
    columns = (read_figures(tables, "buurt", measure) for measure in measures)
    return tuple(BuurtRow(*row) for row in zip(names, *columns, strict=True))


def alphabetical(rows: Sequence[BuurtRow]) -> tuple[tuple[int, BuurtRow], ...]:
    """Rows by name, never by value, each with its position in the buurt table."""
    return tuple(sorted(enumerate(rows), key=lambda numbered: (numbered[1].name.casefold(), numbered[0])))


def coloured_layer(
    tables: PublishedTables,
    area_type: str,
    shown: Sequence[Variant],
    rows: Mapping[str, Sequence[BuurtRow]] | None = None,
) -> Layer:
    """Features of one area type that carry their class in each variant, and with `rows` the words of the tooltip.

    Property `k` packs the marks of `class_marks`, one character per variant; `per` holds the words by profile, and
    the words of the first profile stand beside it, where folium's tooltip looks for them.
    """
    measures = (Measure(variant.scale.indicator, profile=variant.profile) for variant in shown)
    figures = tuple(read_figures(tables, area_type, measure) for measure in measures)
    marks = tuple(class_marks(column, variant.scale) for column, variant in zip(figures, shown, strict=True))
    properties: list[dict[str, Any]] = [{"k": "".join(letters)} for letters in zip(*marks, strict=True)]
    if rows:
        properties = [base | words for base, words in zip(properties, _tooltips(rows), strict=True)]
    return Layer(feature_collection(simplified(geometries_of(tables.areas[area_type])), properties), marks, figures)


def _tooltips(rows: Mapping[str, Sequence[BuurtRow]]) -> list[dict[str, Any]]:
    per_buurt = zip(*rows.values(), strict=True)
    texts = [dict(zip(rows, (row.texts for row in buurt), strict=True)) for buurt in per_buurt]
    first = next(iter(rows))
    return [{**by_profile[first], "per": by_profile} for by_profile in texts]
