"""Features of the map: geometry, classes, words, and that texts travel as they came."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.geo import geometries_to_rd
from pipelines.pages.classes import variants
from pipelines.pages.figures import PublishedTables, districts
from pipelines.pages.geojson import cut_to_box, feature_collection, geometries_of, label_points, simplified
from pipelines.pages.layers import alphabetical, coloured_layer, cut_to_extent, district_rows, headings, inhabited_cells
from pipelines.sources.area_file import AreaFile


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
    rows = alphabetical(district_rows(tables, "rollator"))
    names = [row.name.casefold() for _, row in rows]
    assert names == sorted(names)
    assert all(district_rows(tables, "rollator")[number].name == row.name for number, row in rows)


def test_the_tooltip_says_what_the_buurt_table_holds(tables: PublishedTables) -> None:
    rows = {profile: district_rows(tables, profile) for profile in ("rollator", "kinderwagen")}
    shown = coloured_layer(tables, "buurt", variants(tuple(rows)), rows).features["features"][0]["properties"]
    value = tables.areas["buurt"]["dist_nearest_place_kinderwagen"][0].as_py()
    assert shown["per"]["kinderwagen"]["afstand"] == f"{value:.0f} m"
    assert set(headings("buurt")) == set(shown["per"]["rollator"])


def test_a_hostile_name_travels_as_it_came(tables: PublishedTables, hostile: str) -> None:
    rows = {"rollator": district_rows(tables, "rollator")}
    shown = coloured_layer(tables, "buurt", variants(("rollator",)), rows).features["features"][1]["properties"]
    assert rows["rollator"][1].name == hostile
    assert shown["per"]["rollator"]["naam"] == hostile


def test_one_buurt_makes_one_feature(tables: PublishedTables) -> None:
    one = replace(tables, areas={"buurt": tables.areas["buurt"].slice(0, 1)})
    assert len(coloured_layer(one, "buurt", variants(("rollator",))).features["features"]) == 1


def test_a_wide_table_without_the_columns_says_not_delivered(tables: PublishedTables) -> None:
    bare = tables.areas["buurt"].select(["area_code", "area_name", "geometry"])
    nothing = replace(tables, areas={"buurt": bare}, indicators=tables.indicators.slice(0, 0))
    assert isinstance(bare, pa.Table)
    assert all(row.reasons == {"not_delivered"} for row in district_rows(nothing, "rollator"))


def test_districts_are_the_buurten_and_without_those_the_postcodes(
    tables: PublishedTables, without_buurten: PublishedTables
) -> None:
    assert districts(tables) == "buurt"
    assert districts(without_buurten) == "pc4"
    assert headings("buurt")["naam"] == "Buurt"
    assert headings("pc4")["naam"] == "Postcode"


def test_the_rows_of_postcodes_say_what_the_pc4_table_holds(without_buurten: PublishedTables) -> None:
    rows = district_rows(without_buurten, "rollator")
    assert [row.name for row in rows] == without_buurten.areas["pc4"]["area_name"].to_pylist()
    assert [row.texts["afstand"] for row in rows] == ["234 m", "432 m"]
    assert [row.texts["zonder"] for row in rows] == ["minder dan 10", "125"]


def test_districts_are_drawn_as_far_as_they_lie_in_the_extent(
    without_buurten: PublishedTables, extent_area: AreaFile
) -> None:
    drawn = geometries_of(cut_to_extent(without_buurten, extent_area).areas["pc4"])
    assert extent_area.extent is not None
    assert np.allclose(shapely.total_bounds(drawn), extent_area.extent)
    assert shapely.get_type_id(drawn).tolist() == [shapely.GeometryType.POLYGON] * 2


def test_without_an_extent_districts_stay_whole(tables: PublishedTables, area: AreaFile) -> None:
    assert cut_to_extent(tables, area) is tables


def test_cutting_keeps_the_part_inside_and_nothing_but_polygons() -> None:
    inside, half, far = shapely.box(1, 1, 2, 2), shapely.box(5, 0, 15, 10), shapely.box(50, 50, 60, 60)
    # It overlaps the box in a square, and touches it along a line.
    hooked = shapely.union_all([shapely.box(8, 8, 10, 10), shapely.box(10, 0, 12, 10)])
    cut = cut_to_box(np.array([inside, half, far, hooked], dtype=object), (0, 0, 10, 10))
    assert shapely.area(cut).tolist() == [1, 50, 100, 4]
    assert set(shapely.get_type_id(cut)) == {shapely.GeometryType.POLYGON}
    assert len(cut_to_box(np.empty(0, dtype=object), (0, 0, 1, 1))) == 0


@given(st.lists(st.tuples(*[st.floats(0, 100)] * 2, *[st.floats(1, 50)] * 2), min_size=1, max_size=4))
def test_a_cut_polygon_never_grows_and_never_vanishes(corners: list[tuple[float, float, float, float]]) -> None:
    whole = np.array([shapely.box(x, y, x + width, y + height) for x, y, width, height in corners], dtype=object)
    cut = cut_to_box(whole, (20, 20, 60, 60))
    assert (shapely.area(cut) > 0).all()
    assert (shapely.area(shapely.difference(cut, whole)) < 1e-6).all()


def test_a_name_stands_in_its_district_even_in_a_hollow_one(tables: PublishedTables) -> None:
    x_m, y_m = 233_500.0, 582_000.0
    block = shapely.box(x_m, y_m, x_m + 900, y_m + 900)
    horseshoe = shapely.difference(block, shapely.box(x_m + 100, y_m + 100, x_m + 800, y_m + 900))
    shapes = np.array([block, horseshoe], dtype=object)
    points = geometries_to_rd(np.array([shapely.Point(at, north) for north, at in label_points(shapes)], dtype=object))
    assert shapely.distance(points[0], shapely.centroid(block)) < 2
    assert shapely.contains(horseshoe, points[1])
    assert label_points(np.empty(0, dtype=object)) == []
    assert len(label_points(geometries_of(tables.areas["buurt"]))) == 6
