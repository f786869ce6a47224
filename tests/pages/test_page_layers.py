"""Features of the map: geometry, classes, words, and that no text can become HTML."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pages.classes import variants
from pipelines.pages.figures import PublishedTables
from pipelines.pages.geojson import escaped, feature_collection, geometries_of, simplified
from pipelines.pages.layers import TOOLTIP, alphabetical, buurt_rows, coloured_layer, inhabited_cells


def test_coordinates_have_at_most_five_decimals(tables: PublishedTables) -> None:
    features = feature_collection(geometries_of(tables.areas["h3"]), [{}] * len(tables.areas["h3"]))
    numbers = np.array(
        [shapely.get_coordinates(shapely.from_geojson(json.dumps(f["geometry"])))[0] for f in features["features"]]
    )
    assert np.array_equal(numbers, np.round(numbers, 5))
    assert np.abs(numbers[:, 0] - 6.5665).max() < 0.02


def test_simplified_neighbours_still_share_their_border() -> None:
    wave = [(float(x), 3.0 * np.sin(x / 5)) for x in range(0, 1001, 2)]
    above = shapely.Polygon([*wave, (1000, 500), (0, 500)])
    below = shapely.Polygon([*wave, (1000, -500), (0, -500)])
    first, second = simplified(np.array([above, below], dtype=object))
    assert shapely.get_num_coordinates(first) < 100
    assert shapely.intersection(first, second).area == 0
    assert shapely.union(first, second).area == shapely.union(first, second).envelope.area


def test_points_and_nothing_are_left_as_they_came() -> None:
    points = np.array([shapely.Point(1, 2)], dtype=object)
    assert simplified(points)[0] == points[0]
    assert len(simplified(np.empty(0, dtype=object))) == 0
    assert feature_collection(np.empty(0, dtype=object), []) == {"type": "FeatureCollection", "features": []}


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_escaped_content_holds_no_markup(content: object) -> None:
    def texts(part: object) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from texts(inner)

    assert not any(set(text) & set("<>\"'") for text in texts(escaped(content)))


def test_cells_where_nobody_lives_are_not_shown(tables: PublishedTables) -> None:
    assert len(tables.areas["h3"]) == 61
    assert len(inhabited_cells(tables).areas["h3"]) == 60


def test_each_feature_packs_one_mark_per_variant(tables: PublishedTables) -> None:
    shown = variants(("rollator", "kinderwagen", "referentie"))
    layer = coloured_layer(tables, "h3", shown)
    packed = [feature["properties"]["k"] for feature in layer.features["features"]]
    assert {len(text) for text in packed} == {6}
    assert tuple(text[1] for text in packed) == layer.marks[1]


def test_rows_stand_by_name_and_never_by_value(tables: PublishedTables) -> None:
    rows = alphabetical(buurt_rows(tables, "rollator"))
    names = [row.name.casefold() for _, row in rows]
    assert names == sorted(names)
    assert all(buurt_rows(tables, "rollator")[number].name == row.name for number, row in rows)


def test_the_tooltip_says_what_the_buurt_table_holds(tables: PublishedTables) -> None:
    rows = {profile: buurt_rows(tables, profile) for profile in ("rollator", "kinderwagen")}
    shown = coloured_layer(tables, "buurt", variants(tuple(rows)), rows).features["features"][0]["properties"]
    value = tables.areas["buurt"]["dist_nearest_place_kinderwagen"][0].as_py()
    assert shown["per"]["kinderwagen"]["afstand"] == f"{value:.0f} m"
    assert set(TOOLTIP) <= set(shown)
    assert shown["afstand"] == shown["per"]["rollator"]["afstand"]


def test_a_hostile_name_is_escaped_exactly_once(tables: PublishedTables, hostile: str) -> None:
    rows = {"rollator": buurt_rows(tables, "rollator")}
    shown = coloured_layer(tables, "buurt", variants(("rollator",)), rows).features["features"][1]["properties"]
    assert rows["rollator"][1].name == hostile
    assert shown["naam"] == "&lt;img src=x onerror=alert(1)&gt;${alert(1)}&lt;/script&gt;"


def test_one_buurt_makes_one_feature(tables: PublishedTables) -> None:
    one = replace(tables, areas={"buurt": tables.areas["buurt"].slice(0, 1)})
    assert len(coloured_layer(one, "buurt", variants(("rollator",))).features["features"]) == 1


def test_a_wide_table_without_the_columns_says_not_delivered(tables: PublishedTables) -> None:
    bare = tables.areas["buurt"].select(["area_code", "area_name", "geometry"])
    nothing = replace(tables, areas={"buurt": bare}, indicators=tables.indicators.slice(0, 0))
    assert isinstance(bare, pa.Table)
    assert all(row.reasons == {"not_delivered"} for row in buurt_rows(nothing, "rollator"))
