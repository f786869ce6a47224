"""Streets of real areas, with places and homes drawn on them by seed; what was delivered of those is not used."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.cbs import read_municipality
from pipelines.sources.deliveries import Delivered, delivered_segments
from pipelines.streets.costs import edge_costs
from pipelines.streets.graph import build_graph
from tests.benchmarks.networks import N_KINDS, NODES_PER_HOME, NODES_PER_PLACE, Town, real_deliveries
from tests.benchmarks.ours import REFERENCE


def real_graph(area: str) -> tuple[pa.Table, pa.Table]:
    """Nodes and edges of a shipped area's delivered streets."""
    known = read_area_file(SHIPPED / f"{area}.yaml")
    delivered = Delivered(known, real_deliveries(), read_municipality(known, real_deliveries()))
    return build_graph(delivered_segments(delivered)[0])


def real_town(area: str) -> Town:
    """The streets of a shipped area that the reference profile may walk both ways, as a town."""
    nodes, edges = real_graph(area)
    costs = edge_costs(edges, REFERENCE)
    ways = [pc.fill_null(costs[f"{way}_m"], np.inf).to_numpy() for way in ("forward", "backward")]
    open_both = np.isfinite(ways[0]) & np.isfinite(ways[1])
    u, v = (edges[end].to_numpy()[open_both] for end in ("u", "v"))
    random, n_nodes = np.random.default_rng(1), len(nodes)
    doors = random.integers(0, len(u), n_nodes // NODES_PER_PLACE)
    homes = np.sort(random.integers(0, len(u), n_nodes // NODES_PER_HOME))
    kinds, fractions = random.integers(0, N_KINDS, len(doors)), random.random(len(homes))
    xy = (nodes["x_m"].to_numpy(), nodes["y_m"].to_numpy())
    return Town(*xy, u, v, *(way[open_both] for way in ways), u[doors], kinds, homes, fractions)
