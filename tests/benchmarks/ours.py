"""This project's search on towns of `networks`: tables as the rooms make them, and the jobs that are measured."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines.arrays import Flags, Floats, Ints
from pipelines.reach.counts import tallied
from pipelines.reach.kernel import UNITS
from pipelines.reach.lanes import Bound, Lanes
from pipelines.reach.layout import Access, Job, Network, Origins
from pipelines.reach.network import reversed_network
from pipelines.reach.pairs import Outing, prepared
from pipelines.reach.search import Engine
from pipelines.streets.profiles import Profile, read_profiles
from pipelines.warehouse import read_parquet
from tests.benchmarks.networks import HOME_ASIDE_M, N_KINDS, Town

PROFILES = read_profiles()
REFERENCE = PROFILES["referentie"]
FOUR = ("referentie", "kinderwagen", "kinderwagen_peuter", "rollator")
BOUNDS = ("optimistic", "central", "pessimistic")
# Made up, as large as one may find them: the share of streets that wheels may not use, how much slower the others
# are at most, and the share of streets with a crossing of 10 s.
CLOSED_SHARE = {"optimistic": 0.005, "central": 0.02, "pessimistic": 0.08}
SLOWER = {"optimistic": 0.1, "central": 0.3, "pessimistic": 0.6}
N_800M = 3
CROSSING_SHARE, CROSSING_S = 0.05, 10.0


def edges_of(town: Town) -> pa.Table:
    """`streets/edges`, its numbers only."""
    return pa.table({"edge_id": np.arange(len(town.u)), "u": town.u, "v": town.v})


def plain_costs(town: Town, profile: Profile) -> pa.Table:
    """`streets/costs` of one bound in which nothing slows the walker."""
    return _costs(town, profile, "central", np.ones(len(town.u)), np.zeros(len(town.u)), np.zeros(len(town.u), bool))


def bounded_costs(town: Town, profile: Profile, bound: str) -> pa.Table:
    """`streets/costs` of one bound; the reference walks everywhere, and only waits at crossings."""
    random = np.random.default_rng(11)
    worry, rough, waits = (random.random(len(town.u)) for _ in range(3))
    wait_s = np.where(waits < CROSSING_SHARE, CROSSING_S, 0.0)
    if profile.name == "referentie":
        return _costs(town, profile, bound, np.ones(len(worry)), wait_s, np.zeros(len(worry), bool))
    slower = 1 + SLOWER[bound] * np.where(rough < 0.5, 0.0, rough)
    return _costs(town, profile, bound, slower, wait_s, worry < CLOSED_SHARE[bound])


def _costs(  # noqa: PLR0913, PLR0917 - the columns of a table
    town: Town,
    profile: Profile,
    bound: str,
    slower: Floats,
    wait_s: Floats,
    closed: Flags,
) -> pa.Table:
    n_edges = len(town.u)
    columns: dict[str, object] = {
        "profile": pa.DictionaryArray.from_arrays(np.zeros(n_edges, np.int8), pa.array([profile.name])),
        "bound": pa.DictionaryArray.from_arrays(np.zeros(n_edges, np.int8), pa.array([bound])),
        "edge_id": np.arange(n_edges),
    }
    for way, metres in (("forward", town.forward_m), ("backward", town.backward_m)):
        nowhere = closed | ~np.isfinite(metres)
        columns[f"{way}_m"] = pa.array(metres, mask=nowhere)
        columns[f"{way}_s"] = pa.array(metres / profile.speed_m_per_s.central * slower + wait_s, mask=nowhere)
    return pa.table(columns)


def attached(kind: str, edge: Ints, fraction: Floats, profile: Profile) -> pa.Table:
    """`reach/attachments` of points numbered in their order, 5 m from their street unless they lie at a crossing."""
    count = len(edge)
    columns = {
        "profile": pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), pa.array([profile.name])),
        "point_type": pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), pa.array([kind])),
        "point_id": np.arange(count),
        "edge_id": edge,
        "fraction": fraction,
        "door": pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), pa.array(["yes"])),
        "snap_m": np.where((fraction == 0) | (fraction == 1), 0.0, HOME_ASIDE_M),
    }
    return pa.table(columns)


def ends_of(town: Town, profile: Profile) -> tuple[pa.Table, pa.Table]:
    """Attached homes and places."""
    homes = attached("origin", town.home_edge, town.home_fraction, profile)
    return homes, attached("place", *_at_crossings(town, town.place_node), profile)


def _at_crossings(town: Town, nodes: Ints) -> tuple[Ints, Floats]:
    """An edge at each of these crossings, and the end of it."""
    edge, end = np.full(len(town.x_m), -1), np.zeros(len(town.x_m))
    numbers = np.arange(len(town.u))
    edge[town.v], end[town.v] = numbers, 1.0
    edge[town.u], end[town.u] = numbers, 0.0
    return edge[nodes], end[nodes]


def write_tables(town: Town, folder: Path) -> None:
    """Keep the tables of a town for the reference profile, as the rooms would."""
    homes, places = ends_of(town, REFERENCE)
    tables = {"edges": edges_of(town), "costs": plain_costs(town, REFERENCE), "homes": homes, "places": places}
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")


def read_and_prepare(folder: Path) -> Outing:
    """From the tables of a town to what the search reads."""
    homes, places, edges, costs = (
        read_parquet(folder / f"{name}.parquet", read_dictionary=["profile", "bound", "point_type"])
        for name in ("homes", "places", "edges", "costs")
    )
    return prepared(homes, places, edges, costs, REFERENCE)


def warm_network() -> None:
    """Have compiled what `prepared` uses, for one lane."""
    nothing = np.empty(0, dtype=np.int32)
    reversed_network(Lanes(nothing, nothing, nothing.reshape(0, 1), nothing.reshape(0, 1)))


def keep(outing: Outing, folder: Path) -> None:
    """Keep a prepared job, to be loaded by a process that never saw the tables."""
    job = outing.job
    for name, part in (("network", job.network), ("origins", job.origins), ("access", job.access)):
        for field, values in part._asdict().items():
            np.save(folder / f"{name}.{field}.npy", values)
    np.save(folder / "origin_ids.npy", outing.origin_ids)
    np.save(folder / "place_ids.npy", outing.place_ids)
    np.save(folder / "bounds.npy", outing.bound_lanes)
    np.save(folder / "size.npy", np.array([len(job.lanes), job.limit]))


def kept(folder: Path) -> Outing:
    """Load a prepared job."""

    def read(name: str) -> NDArray[np.generic]:
        return np.load(folder / f"{name}.npy")

    n_lanes, limit = read("size").tolist()
    parts = {"network": Network, "origins": Origins, "access": Access}
    network, origins, access = (
        kind(**{field: read(f"{name}.{field}") for field in kind._fields}) for name, kind in parts.items()
    )
    bounds = tuple(Bound("central", *lanes) for lanes in read("bounds").tolist())
    job = Job(tuple(range(n_lanes)), network, origins, access, limit)
    return Outing(REFERENCE, job, read("origin_ids"), read("place_ids"), bounds)


def register_of(town: Town) -> pa.Table:
    """`places/functions`: one kind each."""
    kinds = [str(kind) for kind in range(N_KINDS)]
    words = pa.DictionaryArray.from_arrays(town.place_kind.astype(np.int8), pa.array(kinds))
    is_booklet = np.ones(len(town.place_kind), dtype=np.bool_)
    return pa.table(
        {"place_id": np.arange(len(town.place_kind)), "place_kind": words.cast(pa.string()), "is_booklet": is_booklet}
    )


def crossings_outing(town: Town, places: Ints) -> Outing:
    """The job that peers do: from every crossing with a street to some places."""
    with_street = np.unique(np.concatenate([town.u, town.v]))
    edge, end = _at_crossings(town, np.arange(len(town.x_m)))
    homes = attached("origin", edge[with_street], end[with_street], REFERENCE)
    homes = homes.set_column(2, "point_id", pa.array(with_street))
    doors = attached("place", *_at_crossings(town, town.place_node[places]), REFERENCE)
    doors = doors.set_column(2, "point_id", pa.array(places))
    return prepared(homes, doors, edges_of(town), plain_costs(town, REFERENCE), REFERENCE)


def crossings_answer(outing: Outing, town: Town, engine: Engine) -> tuple[Floats, Ints]:
    """Nearest and numbers within 800 m by crossing and kind, as the peers give them."""
    tallies = tallied(outing, register_of(town), engine)
    nearest_m, numbers = tallies.figures[:, 0, :, 0] / UNITS, tallies.figures[:, 0, :, N_800M]
    kinds = [int(kind) for (kind,) in tallies.sorts]
    nearest = np.full((len(town.x_m), N_KINDS), np.inf)
    counts = np.zeros(nearest.shape, dtype=np.int64)
    nearest[np.ix_(outing.origin_ids, kinds)] = np.where(nearest_m <= 800.0, nearest_m, np.inf)
    counts[np.ix_(outing.origin_ids, kinds)] = numbers
    return nearest, counts


def homes_outing(town: Town, places: Ints) -> Outing:
    """From every home along a street to some places."""
    homes, _ = ends_of(town, REFERENCE)
    doors = attached("place", *_at_crossings(town, town.place_node[places]), REFERENCE)
    doors = doors.set_column(2, "point_id", pa.array(places))
    return prepared(homes, doors, edges_of(town), plain_costs(town, REFERENCE), REFERENCE)


def homes_answer(outing: Outing, town: Town, engine: Engine) -> tuple[Floats, Ints]:
    """Nearest and numbers within 800 m by home and kind."""
    tallies = tallied(outing, register_of(town), engine)
    kinds = [int(kind) for (kind,) in tallies.sorts]
    nearest = np.full((len(town.home_edge), N_KINDS), np.inf)
    numbers = np.zeros(nearest.shape, dtype=np.int64)
    where = np.ix_(outing.origin_ids, kinds)
    nearest_m, numbers[where] = tallies.figures[:, 0, :, 0] / UNITS, tallies.figures[:, 0, :, N_800M]
    nearest[where] = np.where(nearest_m <= 800.0, nearest_m, np.inf)
    return nearest, numbers


def profile_outing(town: Town, name: str, bounds: tuple[str, ...]) -> Outing:
    """One profile with some of its bounds."""
    profile = PROFILES[name]
    parts = [bounded_costs(town, profile, bound) for bound in bounds]
    costs = pa.concat_tables([part.cast(_plain(part.schema)) for part in parts])
    return prepared(*ends_of(town, profile), edges_of(town), costs, profile)


def _plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in schema])


def known_profiles() -> Mapping[str, Profile]:
    """Those of the four that the project has."""
    return {name: PROFILES[name] for name in FOUR if name in PROFILES}
