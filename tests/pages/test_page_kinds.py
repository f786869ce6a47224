"""What the start page and the map say of kinds of place that are none of the six of the booklet."""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa

from pipelines.pages.colophon import Colophon
from pipelines.pages.figures import PublishedTables
from pipelines.pages.index import index_page, kind_rows
from pipelines.pages.map import map_page
from pipelines.sources.area_file import AreaFile


def with_functions(tables: PublishedTables, *functions: list[str]) -> PublishedTables:
    """The same tables, with other functions for the first places."""
    told = [*functions, *tables.places["functions"].to_pylist()[len(functions) :]]
    column = pa.array(told, pa.list_(pa.string()))
    number = tables.places.schema.get_field_index("functions")
    return replace(tables, places=tables.places.set_column(number, "functions", column))


def test_kinds_of_the_booklet_stand_first_and_a_place_counts_under_each_of_its_kinds(
    tables: PublishedTables, area: AreaFile, make_area: Callable[..., AreaFile]
) -> None:
    named = make_area(place_kinds={"gebedshuis": "partial", **area.place_kinds})
    rows = kind_rows(with_functions(tables, ["school", "buurtcentrum"]), named)
    assert [row.kind for row in rows] == [*area.place_kinds, "gebedshuis"]
    counted = {row.kind: row.places for row in rows if row.places}
    assert counted == {"school": 2, "buurtcentrum": 1, "winkel": 1, "sport": 1}


def test_a_further_kind_is_named_in_dutch_and_said_to_be_counted_apart(
    tables: PublishedTables, area: AreaFile, make_area: Callable[..., AreaFile], colophon: Colophon
) -> None:
    named = make_area(place_kinds={**area.place_kinds, "gebedshuis": "partial"})
    page = index_page(tables, named, colophon)
    assert "Kerken en moskeeën <small>apart geteld</small>" in page
    assert "apart geteld" not in index_page(tables, area, colophon)
    # The map speaks of the nearest of the six: what is not known of others does not bear on it.
    assert "moskeeën" not in map_page(tables, named, colophon)
