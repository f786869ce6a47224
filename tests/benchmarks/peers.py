"""Engines of others on one job: for every crossing, metres to the nearest place of each of 8 kinds, and the number of
places of each kind within 800 m. Places lie at crossings. Each gives two arrays, (n_nodes, 8): nearest, and numbers.

An engine too slow for all places searches the first of a shuffled list; its figures are then of those places only.
"""

import numpy as np

from pipelines.arrays import Floats, Ints
from tests.benchmarks.networks import N_KINDS, Town

LIMIT_M = 800.0
CENTIMETRE = 0.01
PLACES_AT_ONCE = 32
Answer = tuple[Floats, Ints]


def reversed_arcs(town: Town) -> tuple[Ints, Ints, Floats]:
    """Heads, tails and metres of all passable arcs: who stands at a place looks back along them."""
    heads, tails = np.concatenate([town.v, town.u]), np.concatenate([town.u, town.v])
    metres = np.concatenate([town.forward_m, town.backward_m])
    passable = np.isfinite(metres) & (heads != tails)
    return heads[passable], tails[passable], metres[passable]


def empty_answer(town: Town) -> Answer:
    """No place found yet."""
    shape = len(town.x_m), N_KINDS
    return np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)


def scipy_prepared(town: Town) -> object:
    """The reversed graph; of parallel arcs the shortest."""
    from scipy.sparse import csr_array

    heads, tails, metres = reversed_arcs(town)
    order = np.lexsort((metres, tails, heads))
    heads, tails, metres = heads[order], tails[order], metres[order]
    first = np.concatenate([[True], (np.diff(heads) != 0) | (np.diff(tails) != 0)])
    # A zero would be no arc at all.
    lengths = np.maximum(metres[first], 1e-9)
    return csr_array((lengths, (heads[first], tails[first])), shape=(len(town.x_m),) * 2)


def scipy_answer(town: Town, graph: object, places: Ints) -> Answer:
    """`scipy.sparse.csgraph.dijkstra` from batches of places."""
    from scipy.sparse.csgraph import dijkstra

    nearest, numbers = empty_answer(town)
    for first in range(0, len(places), PLACES_AT_ONCE):
        batch = places[first : first + PLACES_AT_ONCE]
        metres = dijkstra(graph, indices=town.place_node[batch], limit=LIMIT_M)
        for place, row in zip(batch, metres, strict=True):
            kind, near = town.place_kind[place], np.flatnonzero(row <= LIMIT_M)
            nearest[near, kind] = np.minimum(nearest[near, kind], row[near])
            numbers[near, kind] += 1
    return nearest, numbers


def scipy_homes_answer(town: Town, graph: object, places: Ints) -> Answer:
    """The same for homes along streets: of each place near, the better of the two ends of the home's street."""
    from scipy.sparse.csgraph import dijkstra

    at_u, to_u, at_v, to_v = town.home_ends
    shape = len(town.home_edge), N_KINDS
    nearest, numbers = np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)
    for first in range(0, len(places), PLACES_AT_ONCE):
        batch = places[first : first + PLACES_AT_ONCE]
        metres = dijkstra(graph, indices=town.place_node[batch], limit=LIMIT_M)
        for place, row in zip(batch, metres, strict=True):
            homes = np.minimum(row[at_u] + to_u, row[at_v] + to_v)
            kind, near = town.place_kind[place], np.flatnonzero(homes <= LIMIT_M)
            nearest[near, kind] = np.minimum(nearest[near, kind], homes[near])
            numbers[near, kind] += 1
    return nearest, numbers


def networkx_prepared(town: Town) -> object:
    """The reversed graph; of parallel arcs the shortest."""
    import networkx as nx

    graph = nx.DiGraph()
    heads, tails, metres = reversed_arcs(town)
    order = np.argsort(-metres, kind="stable")
    arcs = zip(heads[order].tolist(), tails[order].tolist(), metres[order].tolist(), strict=True)
    # A crossing that only a loop leads to has no arc.
    graph.add_nodes_from(range(len(town.x_m)))
    graph.add_weighted_edges_from(arcs, weight="metres")
    return graph


def networkx_answer(town: Town, graph: object, places: Ints) -> Answer:
    """`networkx.single_source_dijkstra_path_length` from every place."""
    import networkx as nx

    nearest, numbers = empty_answer(town)
    for place in places.tolist():
        kind, start = town.place_kind[place], int(town.place_node[place])
        found = nx.single_source_dijkstra_path_length(graph, start, cutoff=LIMIT_M, weight="metres")
        nodes, metres = np.fromiter(found.keys(), np.int64), np.fromiter(found.values(), np.float64)
        nearest[nodes, kind] = np.minimum(nearest[nodes, kind], metres)
        numbers[nodes, kind] += 1
    return nearest, numbers


DUCKDB_QUERY = """
with recursive reached(place, node, metres) using key (place, node) as (
    select place, node, 0.0::double from starts
    union
    select reached.place, arcs.tail, min(reached.metres + arcs.metres) as metres
    from reached
    join arcs on arcs.head = reached.node
    left join recurring.reached as known on known.place = reached.place and known.node = arcs.tail
    where reached.metres + arcs.metres <= 800 and reached.metres + arcs.metres < coalesce(known.metres, 1e9)
    group by reached.place, arcs.tail
)
select node, kind, min(metres), count(*) from reached join starts using (place) group by reached.node, kind
"""


def duckdb_prepared(town: Town) -> object:
    """A connection with the table of arcs."""
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect()
    connection.execute("set threads = 2")
    heads, tails, metres = reversed_arcs(town)
    connection.register("given", pa.table({"head": heads, "tail": tails, "metres": metres}))
    connection.execute("create table arcs as select * from given order by head, tail")
    return connection


def duckdb_answer(town: Town, connection: object, places: Ints) -> Answer:
    """`with recursive ... using key` from all places at once."""
    import pyarrow as pa

    starts = {"place": places, "node": town.place_node[places], "kind": town.place_kind[places]}
    connection.register("starts", pa.table(starts))
    query = DUCKDB_QUERY.replace("select node, kind", "select reached.node, kind")
    rows = connection.execute(query).fetchnumpy()
    node, kind, metres, number = rows.values()
    nearest, numbers = empty_answer(town)
    nearest[node, kind], numbers[node, kind] = metres, number
    return nearest, numbers


def cityseer_prepared(town: Town) -> object:
    """Cityseer's own structure, and its table of nodes."""
    import geopandas as gpd
    import shapely
    from cityseer import rustalgos

    structure = rustalgos.graph.NetworkStructure()
    keys = [str(node) for node in range(len(town.x_m))]
    for key, x_m, y_m in zip(keys, town.x_m.tolist(), town.y_m.tolist(), strict=True):
        structure.add_street_node(key, x_m, y_m, live=True, weight=1.0)
    ends = np.stack([np.column_stack([town.x_m[end], town.y_m[end]]) for end in (town.u, town.v)], axis=1)
    for one_way in (ends, ends[:, ::-1]):
        words = shapely.to_wkt(shapely.linestrings(one_way), rounding_precision=-1)
        starts, stops = (town.u, town.v) if one_way is ends else (town.v, town.u)
        for u, v, line in zip(starts.tolist(), stops.tolist(), words, strict=True):
            structure.add_street_edge(u, v, 0, keys[u], keys[v], line, 1.0)
    structure.validate()
    structure.build_edge_rtree()
    nodes = {"ns_node_idx": np.arange(len(keys)), "x": town.x_m, "y": town.y_m, "live": True, "weight": 1.0}
    return structure, gpd.GeoDataFrame(nodes, index=keys, geometry=shapely.points(town.x_m, town.y_m), crs="EPSG:28992")


def cityseer_answer(town: Town, prepared: object, places: Ints) -> Answer:
    """`cityseer.metrics.layers.compute_accessibilities`."""
    import geopandas as gpd
    import shapely
    from cityseer.metrics import layers

    structure, nodes = prepared
    at = town.place_node[places]
    kinds = [str(kind) for kind in town.place_kind[places]]
    data = gpd.GeoDataFrame({"kind": kinds}, geometry=shapely.points(town.x_m[at], town.y_m[at]), crs="EPSG:28992")
    names = [str(kind) for kind in range(N_KINDS)]
    found = layers.compute_accessibilities(data, "kind", names, nodes, structure, distances=[800], decay_fn="1")
    nearest = np.column_stack([found[f"cc_{name}_nearest_max_800"].to_numpy(dtype=float) for name in names])
    numbers = np.column_stack([found[f"cc_{name}_800"].to_numpy(dtype=float) for name in names])
    return np.where(np.isnan(nearest), np.inf, nearest), np.rint(numbers).astype(np.int64)


PEERS = {
    "scipy": (scipy_prepared, scipy_answer),
    "scipy, homes": (scipy_prepared, scipy_homes_answer),
    "networkx": (networkx_prepared, networkx_answer),
    "duckdb using key": (duckdb_prepared, duckdb_answer),
    "cityseer": (cityseer_prepared, cityseer_answer),
}


def sampled(town: Town, n_most: int) -> Ints:
    """At most so many places, chosen by seed."""
    places = np.random.default_rng(7).permutation(len(town.place_node))[:n_most]
    return np.sort(places)


def agreement(answer: Answer, truth: Answer) -> str:
    """Give a sentence when an answer differs from the truth: by over a centimetre, or in more than 1 of 10,000 numbers.

    Places that lie at 800 m to a hair are within for one engine and not for another that counts in single precision.
    """
    nearest, numbers = answer
    both = np.isfinite(nearest) & np.isfinite(truth[0])
    worst_m = np.abs(nearest[both] - truth[0][both]).max(initial=0.0)
    others = int(np.sum((numbers != truth[1]) | (np.isfinite(nearest) != np.isfinite(truth[0]))))
    if worst_m > CENTIMETRE or others > numbers.size / 10_000:
        return f"nearest off by {worst_m:.3f} m at most, {others} of {numbers.size:,} numbers differ"
    return ""
