"""Borders that cannot be: an area without a polygon, two in one place, a wijk that lies elsewhere."""

import numpy as np
import pytest
import shapely

from pipelines.errors import SourceError
from pipelines.sources.cbs_geometry import (
    Borders,
    require_apart,
    require_inside,
    require_polygons,
    told_gaps,
    told_overlaps,
)
from pipelines.sources.layers import Layer

W, S = 155_000.0, 463_000.0
CODES = np.array(["BU00010001", "BU00010002"], dtype=object)


def _box(west: float, east: float, south: float = 0, north: float = 100) -> shapely.Polygon:
    return shapely.box(W + west, S + south, W + east, S + north)


def _borders(*polygons: shapely.Polygon, codes: np.ndarray = CODES) -> Borders:
    return Borders("buurten.gpkg", codes[: len(polygons)], np.array(polygons, dtype=object))


def test_areas_that_touch_lie_apart():
    assert require_apart(_borders(_box(0, 100), _box(100, 200))) == ()


def test_borders_that_overlap_by_centimetres_are_told():
    (told,) = require_apart(_borders(_box(0, 100.3), _box(100, 200)))
    assert (told.action, told.rows, told.examples) == ("noted", 1, "BU00010001 and BU00010002 (0.3%)")
    assert require_apart(_borders(_box(0, 100.05), _box(100, 200))) == ()


def test_two_buurten_in_one_place_are_refused_by_their_codes():
    with pytest.raises(SourceError, match="BU00010001 and BU00010002 have the same polygon"):
        require_apart(_borders(_box(0, 100), _box(0, 100)))
    with pytest.raises(SourceError, match="overlap by 20% of the smaller; 1 pairs"):
        require_apart(_borders(_box(0, 110), _box(100, 150)))
    with pytest.raises(SourceError, match="have the same polygon"):
        require_apart(_borders(_box(0, 1000), _box(100, 150)))


def test_postcodes_of_flats_above_each_other_are_told():
    (told,) = told_overlaps(_borders(_box(0, 100), _box(0, 100)))
    assert (told.action, told.rows) == ("noted", 1)


def test_land_in_no_buurt_is_told_and_water_is_no_gap():
    ring = _box(0, 300, 0, 300).difference(_box(100, 200, 100, 200))
    (told,) = told_gaps("buurten.gpkg", ring, np.empty(0, dtype=object))
    assert (told.action, told.rows, "1.0 ha together" in told.problem) == ("noted", 1, True)
    assert told_gaps("buurten.gpkg", ring, np.array([_box(100, 200, 100, 200)], dtype=object)) == ()


def test_a_wijk_that_lies_elsewhere_than_its_buurten_is_refused():
    buurten = _borders(_box(0, 100), _box(100, 200))
    parents = np.array(["WK000101", "WK000102"])
    codes = np.array(["WK000101", "WK000102"], dtype=object)
    swapped = _borders(_box(100, 200), _box(0, 100), codes=codes)
    with pytest.raises(SourceError, match=r"WK000101 lies elsewhere than its buurten in buurten.gpkg: 0%"):
        require_inside(swapped, buurten, parents)
    (told,) = require_inside(_borders(_box(0, 90), _box(90, 200), codes=codes), buurten, parents)
    assert (told.rows, told.examples) == (1, "WK000101 (90% in it)")
    assert require_inside(_borders(_box(0, 100), _box(100, 200), codes=codes), buurten, parents) == ()


def test_the_surface_of_a_collection_is_that_of_its_polygons():
    line = shapely.LineString([(W, S), (W + 300, S)])
    collection = shapely.GeometryCollection([shapely.MultiPolygon([_box(0, 100), _box(200, 300)]), line])
    layer = require_polygons(Layer("buurten.gpkg", np.array([collection, _box(0, 9)], dtype=object), {}))
    assert layer.geometry[0].equals(shapely.MultiPolygon([_box(0, 100), _box(200, 300)]))
    assert [(remark.action, remark.rows, remark.examples) for remark in layer.remarks] == [("repaired", 1, "rows 1")]


def test_a_collection_without_polygons_is_no_area():
    nothing = np.array([shapely.GeometryCollection([shapely.Point(W, S)]), _box(0, 9)], dtype=object)
    with pytest.raises(SourceError, match="1 of 2 rows are points or lines, no areas"):
        require_polygons(Layer("buurten.gpkg", nothing, {}))
