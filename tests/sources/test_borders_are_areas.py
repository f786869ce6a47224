import numpy as np
import pytest
import shapely

from pipelines.errors import SourceError
from pipelines.sources.cbs_geometry import require_polygons
from pipelines.sources.vector import Layer


def test_borders_that_are_points_or_lines_are_refused():
    shapes = [shapely.box(0, 0, 1, 1), shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])]
    layer = Layer("buurten.gpkg:buurten", np.array(shapes, dtype=object), {})
    with pytest.raises(SourceError, match=r"buurten\.gpkg:buurten: 2 of 3 rows are points or lines, no areas"):
        require_polygons(layer)
    areas = layer.keep(np.array([True, False, False]))
    assert require_polygons(areas) is areas
