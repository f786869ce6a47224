import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines import geo

# Published control points of the Kadaster: RD metres, then degrees ETRS89.
CONTROL_POINTS = [
    ((155000.0, 463000.0), (5.387206, 52.155174)),
    ((121687.0, 487484.0), (4.895228, 52.374539)),
]


def test_the_tower_of_amersfoort_stands_where_the_kadaster_says():
    (x_m, y_m), (longitude, latitude) = CONTROL_POINTS[0]
    found = geo.to_wgs84(np.array([x_m]), np.array([y_m]))
    assert found[0][0] == pytest.approx(longitude, abs=1e-5)
    assert found[1][0] == pytest.approx(latitude, abs=1e-5)


def test_proj_agrees_to_a_decimetre():
    import pyproj

    x_m, y_m = np.array([20_000.0, 233_500.0, 85_000.0]), np.array([380_000.0, 582_000.0, 446_000.0])
    ours = np.array(geo.to_wgs84(x_m, y_m))
    proj = np.array(pyproj.Transformer.from_crs(28992, 4326, always_xy=True).transform(x_m, y_m))
    assert np.abs(ours - proj).max() * 111_000 < 0.1


@given(st.floats(0, 280_000), st.floats(300_000, 620_000))
def test_there_and_back_is_within_a_millimetre(x_m: float, y_m: float):
    back = geo.to_rd(*geo.to_wgs84(np.array([x_m]), np.array([y_m])))
    assert np.hypot(back[0][0] - x_m, back[1][0] - y_m) < 1e-3


def test_a_point_lies_in_the_hexagon_of_its_own_cell():
    x_m, y_m = np.array([155_000.0, 233_500.0]), np.array([463_000.0, 582_000.0])
    cells = geo.h3_cells(x_m, y_m, 10)
    hexagons = geo.h3_polygons(cells.tolist())
    assert shapely.contains(hexagons, shapely.points(x_m, y_m)).all()
    assert [h3.get_resolution(h3.int_to_str(int(cell))) for cell in cells] == [10, 10]
    assert 12_000 < hexagons[0].area < 13_500


def test_no_cells_give_no_hexagons():
    assert len(geo.h3_polygons([])) == 0
