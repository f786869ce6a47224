import struct
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.streets.contracts import EDGES, NODES
from pipelines.streets.graph import build_graph

Segments = Callable[..., pa.Table]
EAST, NORTH = 200_000.0, 500_000.0


def at(x: float, y: float) -> tuple[float, float]:
    return (EAST + x, NORTH + y)


def test_segments_that_share_a_key_share_a_junction(segments: Segments) -> None:
    nodes, edges = build_graph(
        segments(
            {"u_key": 10, "v_key": 20, "line": [at(0, 0), at(30, 40)]},
            {"u_key": 20, "v_key": 30, "line": [at(30, 40), at(30, 50)]},
        )
    )
    assert len(nodes) == 3
    assert violations(nodes, NODES) == ()
    assert violations(edges, EDGES) == ()
    assert sorted(edges["length_m"].to_pylist()) == [10.0, 50.0]
    ends = [{u, v} for u, v in zip(edges["u"].to_pylist(), edges["v"].to_pylist(), strict=True)]
    assert len(ends[0] & ends[1]) == 1


def test_edges_keep_direction_and_facts_of_their_segment(segments: Segments) -> None:
    nodes, edges = build_graph(
        segments(
            {"u_key": 2, "v_key": 1, "line": [at(100, 0), at(0, 0)], "incline_pct": 5.0, "oneway_foot": True},
            {"u_key": 1, "v_key": 3, "line": [at(0, 0), at(0, 70)], "kerb_height_m": 0.05, "source_id": "way/7"},
        )
    )
    x_m = dict(zip(nodes["node_id"].to_pylist(), nodes["x_m"].to_pylist(), strict=True))
    slope = next(row for row in edges.to_pylist() if row["incline_pct"] == 5.0)
    assert x_m[slope["u"]] == EAST + 100
    assert slope["oneway_foot"]
    kerb = next(row for row in edges.to_pylist() if row["kerb_height_m"] == 0.05)
    assert kerb["source_id"] == "way/7"


def test_self_loops_parallel_edges_and_zero_length_are_kept(segments: Segments) -> None:
    nodes, edges = build_graph(
        segments(
            {"u_key": 1, "v_key": 1, "line": [at(0, 0), at(10, 0), at(10, 10), at(0, 0)]},
            {"u_key": 1, "v_key": 2, "line": [at(0, 0), at(0, 9)]},
            {"u_key": 1, "v_key": 2, "line": [at(0, 0), at(5, 5), at(0, 9)]},
            {"u_key": 2, "v_key": 3, "line": [at(0, 9), at(0, 9)], "kerb_height_m": 0.1},
        )
    )
    assert len(nodes) == 3
    assert len(edges) == 4
    assert violations(edges, EDGES) == ()
    loop = next(row for row in edges.to_pylist() if row["u"] == row["v"])
    assert loop["length_m"] == pytest.approx(20 + 200**0.5)
    assert min(edges["length_m"].to_pylist()) == 0.0


def test_one_segment_of_zero_length_makes_a_graph(segments: Segments) -> None:
    nodes, edges = build_graph(segments({"u_key": 1, "v_key": 1, "line": [at(0, 0), at(0, 0)]}))
    assert (len(nodes), len(edges)) == (1, 1)


def test_nodes_lie_along_a_hilbert_curve(segments: Segments) -> None:
    # Four corners of a square: along a Hilbert curve every next corner is a neighbour, never the opposite one.
    corners = [at(0, 0), at(100, 100), at(0, 100), at(100, 0)]
    rows = [{"u_key": a, "v_key": b, "line": [corners[a], corners[b]]} for a, b in ((0, 1), (2, 3), (0, 2), (1, 3))]
    nodes, _ = build_graph(segments(*rows))
    xy = np.column_stack([nodes["x_m"].to_numpy(), nodes["y_m"].to_numpy()])
    assert np.hypot(*np.diff(xy, axis=0).T).tolist() == [100.0, 100.0, 100.0]


def test_edges_are_numbered_in_the_order_of_their_nodes(segments: Segments) -> None:
    rows = [{"u_key": k % 7, "v_key": (k * 3) % 7, "line": [at(k % 7, 0), at((k * 3) % 7, 0)]} for k in range(20)]
    _, edges = build_graph(segments(*rows))
    ends = list(zip(edges["u"].to_pylist(), edges["v"].to_pylist(), strict=True))
    assert ends == sorted(ends)
    assert edges["edge_id"].to_pylist() == list(range(20))


@given(order=st.permutations(range(6)))
def test_the_order_of_the_delivery_does_not_change_the_graph(segments: Segments, order: list[int]) -> None:
    rows = [
        {"segment_id": k, "u_key": k, "v_key": k + 1, "line": [at(k * 10, k % 2), at(k * 10 + 10, (k + 1) % 2)]}
        for k in range(6)
    ]
    expected = build_graph(segments(*rows))
    shuffled = build_graph(segments(*(rows[k] for k in order)))
    assert shuffled[0].equals(expected[0])
    assert shuffled[1].equals(expected[1])


def test_no_segments_is_an_error_that_says_where_to_look(segments: Segments) -> None:
    with pytest.raises(SourceError, match="area file"):
        build_graph(segments({"u_key": 1, "v_key": 2}).slice(0, 0))


def wkb_line(x: float) -> bytes:
    """Write a line of two points by hand: shapely itself warns of coordinates that are no numbers."""
    return struct.pack("<BII4d", 1, 2, 2, 0.0, 0.0, x, 5.0)


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.to_wkb(shapely.Point(1, 2)),
        wkb_line(np.nan),
        wkb_line(np.inf),
        shapely.to_wkb(shapely.LineString()),
        b"no geometry",
    ],
    ids=["point", "nan", "infinite", "empty", "garbage"],
)
def test_what_is_no_line_is_an_error_that_names_the_segment(segments: Segments, geometry: bytes) -> None:
    table = segments({}, {"segment_id": 77, "line": geometry})
    with pytest.raises(SourceError, match="segment_id 77"):
        build_graph(table)
