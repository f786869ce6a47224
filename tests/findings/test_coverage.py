import h3
import numpy as np
import pyarrow as pa
import pytest
import shapely

from pipelines.contracts import violations
from pipelines.findings.contracts import CELL_COVERAGE
from pipelines.findings.coverage import RINGS, cell_coverage
from pipelines.geo import h3_cells, to_wgs84

HOME = (155_000.0, 463_000.0)
RESOLUTION = 10


def _streets(*streets: tuple[float, float, float, bool]) -> tuple[pa.Table, pa.Table]:
    """Streets of (metres east of the home, length, share known, is crossing), as edges and their coverage."""
    lines = [
        shapely.LineString([(HOME[0] + east, HOME[1]), (HOME[0] + east + length, HOME[1])])
        for east, length, _, _ in streets
    ]
    lengths = [length for _, length, _, _ in streets]
    edges = pa.table({"length_m": lengths, "is_sight": [False] * len(lines), "geometry": shapely.to_wkb(lines)})
    known = [share for _, _, share, _ in streets]
    return edges, pa.table({"known_share": known, "is_crossing": pa.array([c for *_, c in streets], pa.bool_())})


def _home() -> np.ndarray:
    return h3_cells(np.array([HOME[0]]), np.array([HOME[1]]), RESOLUTION)


def _around(*streets: tuple[float, float, float, bool]) -> dict[str, float | None]:
    found = cell_coverage(*_streets(*streets), _home(), RESOLUTION)
    assert violations(found, CELL_COVERAGE) == ()
    return found.to_pylist()[0]


def test_streets_count_by_their_metres():
    assert _around((0, 30, 1.0, False), (100, 10, 0.0, False))["known_share"] == pytest.approx(0.75)


def test_lines_of_sight_are_no_metres_of_street():
    edges, covered = _streets((0, 30, 1.0, False), (100, 3_000, 0.0, False))
    edges = edges.set_column(1, "is_sight", pa.array([False, True]))
    assert cell_coverage(edges, covered, _home(), RESOLUTION)["known_share"].to_pylist() == [1.0]


def test_crossings_count_once_each_and_apart():
    found = _around((0, 30, 1.0, False), (50, 0, 0.5, True), (90, 0, 0.0, True))
    assert (found["known_share"], found["known_crossings"]) == (1.0, 0.25)


def test_what_lies_far_away_does_not_count():
    assert _around((0, 30, 1.0, False), (2_000, 3_000, 0.0, False))["known_share"] == 1.0


def test_where_no_street_or_crossing_lies_the_share_is_null_not_zero():
    found = _around((5_000, 30, 1.0, False))
    assert (found["known_share"], found["known_crossings"]) == (None, None)


@pytest.mark.parametrize("resolution", sorted(RINGS))
def test_the_rings_reach_about_five_hundred_metres_at_every_resolution(resolution: int):
    longitude, latitude = to_wgs84(*(np.array([value]) for value in HOME))
    cell = h3.latlng_to_cell(latitude[0], longitude[0], resolution)
    rim = h3.grid_ring(cell, RINGS[resolution])
    metres = [h3.great_circle_distance(h3.cell_to_latlng(cell), h3.cell_to_latlng(one), unit="m") for one in rim]
    assert 380 < min(metres) <= max(metres) < 800


def test_many_cells_are_answered_in_the_order_of_their_numbers_and_once():
    cell = _home()[0]
    disk = np.array([h3.str_to_int(one) for one in h3.grid_disk(h3.int_to_str(int(cell)), 2)], dtype=np.uint64)
    found = cell_coverage(*_streets((0, 30, 0.4, False)), np.concatenate([disk, disk]), RESOLUTION)
    assert found["h3_cell"].to_pylist() == sorted(disk.tolist())
    assert found["known_share"].to_pylist() == pytest.approx([0.4] * len(disk))
