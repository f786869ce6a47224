"""What is met along paths: edges in their order, time, legs, steps, kerbs, gates; and paths drawn as lines.

Which paths are worth telling is said in `routes`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from shapely.ops import substring

from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.reach.ground import Ground
from pipelines.reach.paths import Paths, legs_of, lengths_m, longest_legs, step_shares, walked_legs
from pipelines.reach.pieces import SNAP, UNITS_PER_M


@dataclass(frozen=True)
class Facts:
    """What is told of a route: `streets/edges`, `streets/costs` of its profile and bound, and the profile's speed."""

    edges: pa.Table
    costs: pa.Table
    speed_m_per_s: float


@dataclass(frozen=True)
class EdgeSteps:
    """Steps along whole edges: path, edge, which way, and the shares of the edge's length between which it goes."""

    path: Ints
    edge: Ints
    backward: Flags
    begin: Floats
    end: Floats


def told(ground: Ground, paths: Paths, facts: Facts) -> dict[str, object]:
    """Give the columns of `reach/routes` that belong to a path.

    Parameters
    ----------
    ground, paths
        Where the paths go.
    facts
        What is told of them.
    """
    legs, steps = legs_of(ground, paths), edge_steps(ground, paths)
    n_paths = len(paths.homes)
    flights = _is_flight(facts.edges)[steps.edge]
    return {
        "access_number": ground.door_numbers[paths.doors],
        "metres": lengths_m(ground, paths),
        "seconds": _seconds(ground, paths, steps, facts),
        "longest_leg_m": legs.units[longest_legs(legs)] / UNITS_PER_M,
        "n_legs": np.bincount(legs.path[walked_legs(legs)], minlength=n_paths),
        "n_steps_flights": np.bincount(steps.path[flights], minlength=n_paths),
        "highest_kerb_m": _highest(facts.edges["kerb_height_m"], steps, n_paths),
        "barriers": _distinct(facts.edges["barrier"], steps, n_paths),
        "steps": _lists(steps.path, pa.array(np.where(steps.backward, -1 - steps.edge, steps.edge)), n_paths),
        **_ends(steps, n_paths),
    }


def edge_steps(ground: Ground, paths: Paths) -> EdgeSteps:
    """Join steps along the pieces of one edge; a home or door at a junction takes no step along its own edge."""
    begin, end = step_shares(ground, paths)
    edge, path = ground.pieces.edge[paths.pieces], np.cumsum(paths.is_first) - 1
    taken = begin != end
    path, edge, backward = path[taken], edge[taken], paths.backward[taken]
    begin, end = begin[taken], end[taken]
    joins = np.zeros(len(edge), dtype=bool)
    joins[1:] = (path[1:] == path[:-1]) & (edge[1:] == edge[:-1]) & (begin[1:] == end[:-1])
    joins[1:] &= backward[1:] == backward[:-1]
    first = np.flatnonzero(~joins)
    last = np.flatnonzero(~np.append(joins[1:], False)) if len(edge) else first
    return EdgeSteps(path[first], edge[first], backward[first], begin[first], end[last])


def _seconds(ground: Ground, paths: Paths, steps: EdgeSteps, facts: Facts) -> Floats:
    """Give the walking time along each path; parts of an edge take their share of its time."""
    forward, backward = (_column(facts.costs, name) for name in ("forward_s", "backward_s"))
    whole_s = np.where(steps.backward, backward[steps.edge], forward[steps.edge])
    street_s = np.bincount(steps.path, whole_s * np.abs(steps.end - steps.begin), minlength=len(paths.homes))
    aside_m = (ground.homes[paths.homes, SNAP] + ground.doors[paths.doors, SNAP]) / UNITS_PER_M
    seconds: Floats = street_s + aside_m / facts.speed_m_per_s
    return seconds


def _column(costs: pa.Table, name: str) -> Floats:
    values: Floats = costs.sort_by("edge_id")[name].fill_null(0.0).to_numpy()
    return values


def _is_flight(edges: pa.Table) -> Flags:
    mask: Flags = pc.or_(edges["is_steps"], pc.equal(edges["highway"], "steps")).to_numpy()
    return mask


def _highest(column: pa.ChunkedArray, steps: EdgeSteps, n_paths: int) -> pa.Array:
    height_m = column.cast(pa.float64()).to_numpy()[steps.edge]
    highest = np.full(n_paths, -np.inf)
    known = ~np.isnan(height_m)
    np.maximum.at(highest, steps.path[known], height_m[known])
    return pa.array(highest, mask=np.isinf(highest))


def _distinct(column: pa.ChunkedArray, steps: EdgeSteps, n_paths: int) -> pa.ListArray:
    """List the distinct texts met on each path, in the order of the alphabet."""
    met = pa.table({"path": steps.path, "value": column.take(pa.array(steps.edge))})
    met = met.filter(pc.not_equal(met["value"], "")).group_by(["path", "value"]).aggregate([])
    met = met.sort_by([("path", "ascending"), ("value", "ascending")])
    return _lists(met["path"].to_numpy(), met["value"].combine_chunks(), n_paths)


def _lists(path: Ints, values: pa.Array, n_paths: int) -> pa.ListArray:
    """Give each path a list of its values, which go by path."""
    offsets = np.searchsorted(path, np.arange(n_paths + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _ends(steps: EdgeSteps, n_paths: int) -> dict[str, pa.Array]:
    offsets = np.searchsorted(steps.path, np.arange(n_paths + 1))
    none = offsets[1:] == offsets[:-1]
    begin, end = np.append(steps.begin, 0.0), np.append(steps.end, 0.0)
    return {
        "first_fraction": pa.array(begin[offsets[:-1]], mask=none),
        "last_fraction": pa.array(end[offsets[1:] - 1], mask=none),
    }


def route_lines(routes: pa.Table, edges: pa.Table) -> PyObjects:
    """Draw routes along their streets, from the foot of one perpendicular to that of the other.

    Parameters
    ----------
    routes
        At least `steps`, `first_fraction`, `last_fraction` of `reach/routes`; one row each is drawn, so ask for few.
    edges
        Table `streets/edges`.

    Returns
    -------
    numpy.ndarray
        Lines in RD, shape (n,); None for a route without steps.
    """
    wanted = routes.select(["steps", "first_fraction", "last_fraction"]).to_pylist()
    lines = [_line(row["steps"], (row["first_fraction"], row["last_fraction"]), edges) for row in wanted]
    drawn = np.empty(len(lines), dtype=np.object_)
    drawn[:] = lines
    return drawn


def _line(steps: list[int], ends: tuple[float, float], edges: pa.Table) -> shapely.LineString | None:
    if not steps:
        return None
    numbers = [-1 - step if step < 0 else step for step in steps]
    shapes = shapely.from_wkb(edges["geometry"].take(pa.array(numbers)).to_numpy())
    parts = []
    for index, (step, shape) in enumerate(zip(steps, shapes, strict=True)):
        begin, end = (1.0, 0.0) if step < 0 else (0.0, 1.0)
        begin, end = ends[0] if index == 0 else begin, ends[1] if index == len(steps) - 1 else end
        # A substring from high to low is turned around: it runs the way that is walked.
        parts.append(shapely.get_coordinates(substring(shape, begin, end, normalized=True)))
    return shapely.LineString(np.concatenate([part if len(part) > 1 else np.repeat(part, 2, 0) for part in parts]))
