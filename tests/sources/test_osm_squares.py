"""Lines of sight across squares, against the full visibility graph and cases by hand."""

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.osm_squares import MOST_EXITS, MOST_NODES, Square, lines_of_sight, mean_width_m, polygon_of


def square(corners: list[tuple[float, float]], exits: set[int]) -> Square:
    points = np.array(corners, dtype=np.float64).reshape(-1, 2)
    numbers = np.arange(len(points))
    return Square(numbers + 100, points, np.zeros(len(points), dtype=np.int64), np.isin(numbers, list(exits)))


def distance_m(area: Square, one: int, other: int) -> float:
    """Shortest way from corner to corner along the ring and the lines of sight."""
    polygon = polygon_of(area)
    assert polygon is not None
    ring = [(k, (k + 1) % len(area.points)) for k in range(len(area.points))]
    return shortest_m(area, [*ring, *map(tuple, lines_of_sight(area, polygon).tolist())], one, other)


def shortest_m(area: Square, lines: list[tuple[int, int]], one: int, other: int) -> float:
    graph = nx.Graph()
    for a, b in lines:
        graph.add_edge(a, b, m=float(np.hypot(*(area.points[a] - area.points[b]))))
    return float(nx.shortest_path_length(graph, one, other, weight="m"))


BOX = [(0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (0.0, 30.0)]
CORNER = [(0.0, 0.0), (60.0, 0.0), (60.0, 20.0), (20.0, 20.0), (20.0, 60.0), (0.0, 60.0)]


def test_opposite_corners_see_each_other() -> None:
    assert distance_m(square(BOX, {0, 2}), 0, 2) == 50.0


def test_neighbours_on_the_ring_need_no_line() -> None:
    area = square(BOX, {0, 1, 3})
    polygon = polygon_of(area)
    assert polygon is not None
    assert lines_of_sight(area, polygon).tolist() == [[1, 3]]


@pytest.mark.parametrize("turned", [CORNER, CORNER[::-1]])
def test_round_a_corner_one_walks_by_the_corner(turned: list[tuple[float, float]]) -> None:
    far, up = turned.index((60.0, 0.0)), turned.index((0.0, 60.0))
    assert distance_m(square(turned, {far, up}), far, up) == pytest.approx(2 * np.hypot(40, 20))


@pytest.mark.parametrize("exits", [set(), {2}])
def test_a_square_with_fewer_than_two_exits_is_not_crossed(exits: set[int]) -> None:
    area = square(BOX, exits)
    polygon = polygon_of(area)
    assert polygon is not None
    assert lines_of_sight(area, polygon).shape == (0, 2)


@pytest.mark.parametrize(
    "corners",
    [
        [],
        [(0.0, 0.0), (1.0, 0.0)],
        [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)],
        [(0.0, 0.0), (9.0, 9.0), (9.0, 0.0), (0.0, 9.0)],
    ],
    ids=["nothing", "a line", "flat", "crossing itself"],
)
def test_what_encloses_nothing_is_no_polygon(corners: list[tuple[float, float]]) -> None:
    assert polygon_of(square(corners, set())) is None


def test_the_mean_width_of_a_long_square_is_about_its_width() -> None:
    assert mean_width_m(shapely.box(0, 0, 1_000, 10)) == pytest.approx(9.9, abs=0.1)


def test_a_very_large_square_keeps_its_lines_within_bounds() -> None:
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    corners = list(zip(100 * np.cos(angle), 100 * np.sin(angle), strict=True))
    area = square(corners, set(range(300)))
    polygon = polygon_of(area)
    assert polygon is not None
    lines = lines_of_sight(area, polygon)
    assert len(np.unique(lines)) <= MOST_EXITS <= MOST_NODES


@st.composite
def stars(draw: st.DrawFn) -> Square:
    """Draw a polygon whose corners all see its middle, so that it cannot cross itself."""
    count = draw(st.integers(5, 12))
    radius = draw(st.lists(st.integers(5, 60), min_size=count, max_size=count))
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    corners = list(zip(radius * np.cos(angle), radius * np.sin(angle), strict=True))
    exits = draw(st.sets(st.integers(0, count - 1), min_size=2, max_size=4))
    return square(corners[::-1] if draw(st.booleans()) else corners, exits)


@given(area=stars())
def test_exits_are_as_far_apart_as_in_the_full_visibility_graph(area: Square) -> None:
    polygon = polygon_of(area)
    assert polygon is not None
    ground = shapely.buffer(polygon, 0.02, join_style="mitre")
    count = len(area.points)
    every = [(a, b) for a in range(count) for b in range(a + 1, count)]
    seen = [(a, b) for a, b in every if ground.covers(shapely.LineString(area.points[[a, b]]))]
    assert set(map(tuple, lines_of_sight(area, polygon).tolist())) <= set(seen)
    exits = np.flatnonzero(area.is_exit).tolist()
    for one in exits:
        for other in exits:
            assert distance_m(area, one, other) == pytest.approx(shortest_m(area, seen, one, other), abs=0.05)
