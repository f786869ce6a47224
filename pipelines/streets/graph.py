"""The pedestrian graph: segments of street become numbered junctions and edges between them.

Here is the shape of the network only. What an edge costs whom is said in `costs`; which homes and places hang
on it, in the room `reach`.
"""

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import Floats, Ints, PyObjects
from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.streets.contracts import EDGES, NODES


def build_graph(segments: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Turn segments into numbered junctions and the numbered stretches of street between them.

    Segments that share a key share a junction; it lies where the first segment that names it begins or ends.
    Self-loops, parallel edges and stretches of zero length are kept: a walker can use each of them, and the
    facts on a stretch of zero length (a kerb, a gate) still bear on whoever passes.

    Parameters
    ----------
    segments
        Table `sources/segments`, at least one row.

    Returns
    -------
    tuple of pyarrow.Table
        `streets/nodes`, numbered along a Hilbert curve, so that neighbours in space are neighbours in memory,
        and `streets/edges`, numbered in the order of (u, v, segment_id), each with the facts of its segment.

    Raises
    ------
    SourceError
        When there are no segments, or one has no line of finite coordinates; its segment_id is quoted.
    """
    ordered = segments.sort_by("segment_id").combine_chunks()
    lines = _lines(ordered)
    keys, first_end, end_nodes = _junctions(ordered)
    x_m, y_m = _end_points(lines)[first_end].T
    rank = _hilbert_rank(x_m, y_m, keys)
    nodes = pa.table({"node_id": rank, "x_m": x_m, "y_m": y_m})
    u, v = rank[end_nodes].reshape(2, -1)
    return conform(nodes, NODES), _edges(ordered, lines, u, v)


def _lines(segments: pa.Table) -> PyObjects:
    if not len(segments):
        raise SourceError("streets: there are no segments. Check the extent of the street delivery in the area file.")
    # Coordinates that are no numbers are refused below, with a word; numpy need not warn of them first.
    with np.errstate(invalid="ignore"):
        lines: PyObjects = shapely.from_wkb(segments["geometry"].to_numpy(), on_invalid="ignore")
        length_m = shapely.length(lines)
    wrong = (shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING) | shapely.is_empty(lines)
    # A line with NaN in it has length NaN, one with an infinite coordinate an infinite or NaN length.
    wrong |= ~np.isfinite(length_m)
    if wrong.any():
        first = segments["segment_id"][int(np.argmax(wrong))].as_py()
        raise SourceError(
            f"streets: {int(wrong.sum())} segments have no line of finite coordinates "
            f"(first: segment_id {first}). The reader of the street delivery must set such rows aside."
        )
    return lines


def _junctions(segments: pa.Table) -> tuple[Ints, Ints, Ints]:
    """Find distinct keys, for each the first end that has it, for each end its key (all u, then all v)."""
    ends = np.concatenate([segments["u_key"].to_numpy(), segments["v_key"].to_numpy()])
    keys, first_end, end_nodes = np.unique(ends, return_index=True, return_inverse=True)
    return keys, first_end, end_nodes.reshape(-1)


def _end_points(lines: PyObjects) -> Floats:
    """Coordinates of all starts, then all ends; shape (2 n, 2)."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    coordinates: Floats = shapely.get_coordinates(ends)
    return coordinates


def _hilbert_rank(x_m: Floats, y_m: Floats, keys: Ints) -> Ints:
    along = gpd.GeoSeries(shapely.points(x_m, y_m)).hilbert_distance().to_numpy()
    rank = np.empty(len(keys), dtype=np.int64)
    rank[np.lexsort((keys, along))] = np.arange(len(keys))
    return rank


def _edges(segments: pa.Table, lines: PyObjects, u: Ints, v: Ints) -> pa.Table:
    order = np.lexsort((segments["segment_id"].to_numpy(), v, u))
    facts = [name for name in EDGES.column_names if name in segments.column_names]
    numbered = segments.select(facts).take(order)
    computed = {
        "edge_id": np.arange(len(order)),
        "u": u[order],
        "v": v[order],
        "length_m": shapely.length(lines)[order],
    }
    for name, values in computed.items():
        numbered = numbered.append_column(name, pa.array(values))
    return conform(numbered, EDGES)
