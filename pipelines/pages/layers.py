"""What the map shows of cells and districts: coloured features, and the rows of tooltip and table.

Both tooltip and table are made from the same `DistrictRow`, so that they cannot differ. Districts are buurten, or what
`figures.districts` puts in their place. How the page looks and moves stands in `map.py` and `templates/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.contracts import GEOMETRY
from pipelines.pages.classes import KINDS, Variant, class_marks
from pipelines.pages.figures import (
    Figure,
    Measure,
    PublishedTables,
    districts,
    kinds_text,
    metres_text,
    people_text,
    read_figures,
    read_kinds,
    read_people_below,
)
from pipelines.pages.geojson import (
    Feature,
    cut_to_box,
    feature_collection,
    geometries_of,
    label_points,
    simplified,
)
from pipelines.pages.words import words
from pipelines.sources.area_file import AreaFile


def headings(area_type: str) -> dict[str, str]:
    """The headings of tooltip and table, by the keys of `DistrictRow.texts`; the first names the area type."""
    return {
        "naam": words().districts[area_type].nl.capitalize(),
        "inwoners": "Inwoners",
        "afstand": "Loopafstand (mediaan)",
        "soorten": "Soorten plekken gevonden binnen bereik",
        "zonder": "Inwoners voor wie wij geen plek vonden",
    }


@dataclass(frozen=True)
class DistrictRow:
    """What is said of one district for one profile: inhabitants, metres, kinds of place, persons below the minimum."""

    name: str
    inhabitants: Figure
    distance: Figure
    kinds: Figure
    below_minimum: Figure

    @property
    def reasons(self) -> frozenset[str]:
        """The reasons for what is missing in this row."""
        return frozenset(figure.reason for figure in self.figures if figure.reason)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures of this row."""
        return (self.inhabitants, self.distance, self.kinds, self.below_minimum)

    @property
    def texts(self) -> dict[str, str]:
        """The row in words, by the keys of `headings`."""
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


def cut_to_extent(tables: PublishedTables, area: AreaFile) -> PublishedTables:
    """The same tables with the districts cut to the extent of the area, if it has one: only people in it count."""
    if area.extent is None:
        return tables
    kind = districts(tables)
    whole = tables.areas[kind]
    geometry = pa.array(shapely.to_wkb(cut_to_box(geometries_of(whole), area.extent)), GEOMETRY)
    place = whole.schema.get_field_index("geometry")
    return replace(tables, areas={**tables.areas, kind: whole.set_column(place, "geometry", geometry)})


def district_rows(tables: PublishedTables, profile: str) -> tuple[DistrictRow, ...]:
    """What is said of each district for one profile, in the row order of their wide table."""
    area_type = districts(tables)
    names = tables.areas[area_type]["area_name"].to_pylist()
    columns = (
        read_figures(tables, area_type, Measure("inhabitants", "all")),
        read_figures(tables, area_type, Measure("dist_nearest_place", profile=profile)),
        read_kinds(tables, area_type, profile),
        read_people_below(tables, area_type, "all", profile),
    )
    return tuple(DistrictRow(*row) for row in zip(names, *columns, strict=True))


def alphabetical(rows: Sequence[DistrictRow]) -> tuple[tuple[int, DistrictRow], ...]:
    """Rows by name, never by value, each with its position in the wide table."""
    return tuple(sorted(enumerate(rows), key=lambda numbered: (numbered[1].name.casefold(), numbered[0])))


def coloured_layer(
    tables: PublishedTables,
    area_type: str,
    shown: Sequence[Variant],
    rows: Mapping[str, Sequence[DistrictRow]] | None = None,
) -> Layer:
    """Features of one area type that carry their class in each variant, and with `rows` the words of the tooltip.

    Property `k` packs the marks of `class_marks`, one character per variant; `per` holds the words by profile;
    `midden` is where the name stands.
    """
    figures = tuple(_figures_of(tables, area_type, variant) for variant in shown)
    marks = tuple(class_marks(column, variant.scale) for column, variant in zip(figures, shown, strict=True))
    properties: list[dict[str, Any]] = [{"k": "".join(letters)} for letters in zip(*marks, strict=True)]
    shapes = simplified(geometries_of(tables.areas[area_type]))
    if rows:
        named = zip(properties, _texts_by_profile(rows), label_points(shapes), strict=True)
        properties = [base | {"per": texts, "midden": middle} for base, texts, middle in named]
    return Layer(feature_collection(shapes, properties), marks, figures)


def _figures_of(tables: PublishedTables, area_type: str, variant: Variant) -> tuple[Figure, ...]:
    if variant.scale is KINDS:
        return read_kinds(tables, area_type, variant.profile)
    return read_figures(tables, area_type, Measure(variant.scale.indicator, profile=variant.profile))


def _texts_by_profile(rows: Mapping[str, Sequence[DistrictRow]]) -> list[dict[str, dict[str, str]]]:
    per_district = zip(*rows.values(), strict=True)
    return [dict(zip(rows, (row.texts for row in district), strict=True)) for district in per_district]
