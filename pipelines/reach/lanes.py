"""What streets cost, in lanes: whole units side by side, one lane for each quantity and bound that differs.

Here tables become integers, and a cost that no street has is refused. The graph that is searched is in `network`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.arrays import Flags, Floats, Int32s
from pipelines.errors import ContractError
from pipelines.reach.kernel import FORBIDDEN, UNITS

LONGEST = 100_000.0
DIRECTIONS = ("forward", "backward")
# Code is compiled anew for every number of lanes, which takes seconds: two for one bound, up to six for three.
WIDTHS = (1, 2, 6)
Entrances = Mapping[str, Flags]


@dataclass(frozen=True)
class Bound:
    """One bound of a profile, and the lanes that hold its metres and its seconds; these may be one and the same."""

    name: str
    metres: int
    seconds: int


@dataclass(frozen=True)
class Lanes:
    """What every edge costs in each lane, in units; FORBIDDEN: not passable.

    `u` and `v` have shape (n_edges,), `forward` and `backward` (n_edges, lanes), all int32.
    """

    u: Int32s
    v: Int32s
    forward: Int32s
    backward: Int32s

    @property
    def count(self) -> int:
        """How many lanes there are."""
        return int(self.forward.shape[1])

    @property
    def n_nodes(self) -> int:
        """How many node numbers the edges use."""
        return int(max(self.u.max(initial=-1), self.v.max(initial=-1))) + 1


class _Lane(NamedTuple):
    """Costs of the edges each way, and which access points can be entered."""

    forward: Int32s
    backward: Int32s
    entrances: Flags


def profile_lanes(
    edges: pa.Table, costs: pa.Table, profile: str, speed_m_per_s: float, entrances: Entrances
) -> tuple[Lanes, tuple[Bound, ...]]:
    """Bring the costs of one profile into lanes: metres and seconds of each bound, those that are equal only once.

    Seconds become the metres walked in them at the profile's speed: where nothing slows the walker, they cost what
    the metres cost and share their lane. Bounds in which other doors are open share none. Lanes that nobody may walk
    fill up to 1, 2, 4 or 6.

    Parameters
    ----------
    edges
        Table `streets/edges`, all of it: `edge_id` counts from 0.
    costs
        Table `streets/costs`; other profiles in it are left aside.
    profile
        Whose costs.
    speed_m_per_s
        How fast it walks on an even street.
    entrances
        By bound, which access points can be entered; shape (n,) each.

    Returns
    -------
    tuple
        The lanes, and the bounds in ascending order of name.

    Raises
    ------
    ContractError
        When the numbers of edges or nodes have gaps, an edge has no row of costs, or a cost is negative, NaN,
        infinite or over 100,000 m.
    """
    _require_numbered(edges["edge_id"], len(edges), "streets/edges")
    u, v = (_nodes(edges, end) for end in ("u", "v"))
    kept: list[_Lane] = []
    bounds = []
    for name, own in _by_bound(costs, profile):
        _require_numbered(own["edge_id"], len(edges), f"streets/costs of profile {profile!r}, bound {name}")
        lanes = (
            _kept_once(kept, _Lane(*_both_ways(own, unit, m_per_unit), entrances[name]))
            for unit, m_per_unit in (("m", 1.0), ("s", speed_m_per_s))
        )
        bounds.append(Bound(name, *lanes))
    forward, backward = (_side_by_side([getattr(lane, way) for lane in kept], len(edges)) for way in DIRECTIONS)
    return Lanes(u, v, forward, backward), tuple(bounds)


def _by_bound(costs: pa.Table, profile: str) -> list[tuple[str, pa.Table]]:
    columns = ["bound", "edge_id", *(f"{way}_{unit}" for way in DIRECTIONS for unit in ("m", "s"))]
    own = _only(costs.select(columns), pc.equal(costs["profile"], profile))
    names = sorted(pc.unique(own["bound"]).to_pylist())
    return [(name, _by_edge(_only(own, pc.equal(own["bound"], name)))) for name in names]


def _only(table: pa.Table, wanted: pa.ChunkedArray) -> pa.Table:
    # Filtering copies, also where every row is wanted.
    return table if pc.all(wanted).as_py() else table.filter(wanted)


def _by_edge(own: pa.Table) -> pa.Table:
    # The table comes so already; sorting it again would double the memory of a country.
    return own if np.all(np.diff(own["edge_id"].to_numpy()) > 0) else own.sort_by("edge_id")


def _both_ways(own: pa.Table, quantity: str, m_per_unit: float) -> tuple[Int32s, Int32s]:
    forward, backward = (_units(own, f"{way}_{quantity}", m_per_unit) for way in DIRECTIONS)
    return forward, backward


def _kept_once(kept: list[_Lane], lane: _Lane) -> int:
    """Find the lane of `kept` that is the same, adding it where none is; return its number."""
    for number, known in enumerate(kept):
        if all(map(np.array_equal, known, lane)):
            return number
    kept.append(lane)
    return len(kept) - 1


def _side_by_side(columns: Sequence[Int32s], n_rows: int) -> Int32s:
    width = next((width for width in WIDTHS if width >= len(columns)), len(columns))
    lanes = np.full((n_rows, width), FORBIDDEN, dtype=np.int32)
    for number, column in enumerate(columns):
        lanes[:, number] = column
    return lanes


def _require_numbered(edge_ids: pa.ChunkedArray, n_edges: int, name: str) -> None:
    if not np.array_equal(edge_ids.to_numpy(), np.arange(n_edges)):
        raise ContractError(f"{name}: edge_id must run from 0 to {n_edges - 1} in order. Build the graph anew.")


def _nodes(edges: pa.Table, end: str) -> Int32s:
    nodes = edges[end].to_numpy()
    require_whole(nodes, f"streets/edges.{end}")
    # Every node is an end of some edge, so that numbers without gaps stay under twice the edges.
    if len(nodes) and (nodes.min() < 0 or nodes.max() >= 2 * len(nodes)):
        raise ContractError(f"streets/edges.{end}: node {nodes.max()} lies outside the graph. Build the graph anew.")
    numbers: Int32s = nodes.astype(np.int32)
    return numbers


def require_whole(values: NDArray[np.generic], name: str) -> None:
    """Refuse what is no column of whole numbers without nulls.

    Raises
    ------
    ContractError
        Naming the type.
    """
    if not np.issubdtype(values.dtype, np.integer):
        raise ContractError(f"{name}: {values.dtype}, where whole numbers stand. Mend the step that wrote it.")


def _units(table: pa.Table, column: str, m_per_unit: float) -> Int32s:
    """Round costs to units; null becomes FORBIDDEN."""
    costs = table[column].combine_chunks()
    known: Floats = costs.fill_null(0.0).to_numpy(zero_copy_only=False)
    require_between(known, column, LONGEST / max(m_per_unit, 1.0))
    units: Int32s = np.rint(known * (m_per_unit * UNITS)).astype(np.int32)
    if costs.null_count:
        units[costs.is_null().to_numpy(zero_copy_only=False)] = FORBIDDEN
    return units


def require_between(values: Floats, name: str, highest: float) -> None:
    """Refuse numbers that are NaN, negative or over `highest`.

    Raises
    ------
    ContractError
        Naming the first such number.
    """
    sound = np.isfinite(values) & (values >= 0) & (values <= highest)
    if not sound.all():
        wrong = values[~sound][0]
        raise ContractError(f"{name}: {wrong} is no number between 0 and {highest:g}. Mend the step that wrote it.")
