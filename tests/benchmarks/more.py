"""Further measurements of this project alone: rest stops, SQL over the pairs, one place."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipelines.contracts import conform
from pipelines.findings.access import measure_space
from pipelines.people.contracts import PERSONS
from pipelines.places.contracts import COMPLETENESS, FUNCTIONS, REGISTER
from pipelines.reach.attach import usable_streets
from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.reach.ground import Streetscape, ground_of
from pipelines.reach.pairs import Outing
from pipelines.reach.rest import Stamina, rest_costs
from pipelines.reach.search import Engine, search
from pipelines.reach.seats import attach_seats
from pipelines.streets.contracts import BUDGETS
from pipelines.warehouse import Warehouse, replacing
from tests.benchmarks.measuring import timed
from tests.benchmarks.networks import N_KINDS, load
from tests.benchmarks.ours import PROFILES, REFERENCE, edges_of, ends_of, plain_costs

BENCHES_PER_KM2 = 125
PLACES_TOGGLED = 50
AREA_HOMES = 1_000
FLOOR_BUDGET_M = 800.0

MEASURES = """
with near as (
    select pairs.origin_id, register.place_kind, min(metres) as nearest_m,
        count(*) filter (where metres <= 300) as n_300m,
        count(*) filter (where metres <= 500) as n_500m,
        count(*) filter (where metres <= 800) as n_800m
    from pairs join register using (place_id)
    group by all
)
select area, place_kind, quantile_cont(nearest_m, 0.5) as median_m, quantile_cont(nearest_m, 0.9) as p90_m,
    sum(n_300m), sum(n_500m), sum(n_800m)
from near join homes using (origin_id)
group by all
order by all
"""


def measures(folder: Path) -> tuple[int, float, float]:
    """Nearest per kind, counts, median and P90 per area: rows, CPU and wall seconds; a thousand homes per area."""
    town = load(folder / "town.npz")
    kinds = pa.array([str(kind) for kind in range(N_KINDS)])
    settings = {"threads": 2, "memory_limit": "1200MB", "temp_directory": str(folder)}
    with duckdb.connect(config=settings) as connection:
        ids = np.arange(len(town.place_kind))
        words = pa.DictionaryArray.from_arrays(town.place_kind.astype(np.int8), kinds)
        connection.register("register", pa.table({"place_id": ids, "place_kind": words}))
        homes = np.arange(len(town.home_edge))
        connection.register("homes", pa.table({"origin_id": homes, "area": homes // AREA_HOMES}))
        connection.read_parquet(str(folder / "pairs2.parquet")).create_view("pairs")
        rows, cpu_s, wall_s = timed(lambda: connection.sql(MEASURES).to_arrow_table())
    return len(rows), cpu_s, wall_s


def floors(folder: Path) -> tuple[int, float, float]:
    """Floor for each person (E2SFCA), as the step itself asks for it: rows, CPU and wall seconds."""
    town, random = load(folder / "town.npz"), np.random.default_rng(2)
    homes, places = np.arange(len(town.home_edge)), np.arange(len(town.place_kind))
    tables = {
        PERSONS: {
            "origin_id": homes,
            "population_group": pa.repeat("all", len(homes)),
            "persons": random.integers(1, 60, len(homes)),
        },
        ATTACHMENTS: {
            "point_id": homes,
            "profile": pa.repeat(REFERENCE.name, len(homes)),
            "point_type": pa.repeat("origin", len(homes)),
            "edge_id": town.home_edge,
        },
        REGISTER: {
            "place_id": places,
            "place_kind": pa.repeat("buurtcentrum", len(places)),
            "floor_area_m2": random.uniform(50, 1_000, len(places)),
        },
        FUNCTIONS: {
            "place_id": places,
            "place_kind": pa.repeat("buurtcentrum", len(places)),
            "is_booklet": np.ones(len(places), dtype=np.bool_),
        },
        COMPLETENESS: {"place_kind": ["buurtcentrum"], "delivered": ["complete"], "is_booklet": [True]},
        BUDGETS: {
            "profile": [REFERENCE.name],
            "budget_m": [FLOOR_BUDGET_M],
            "budget_s": pa.nulls(1, pa.float64()),
            "speed_m_per_s": [1.0],
        },
    }
    warehouse = Warehouse(folder, "town")
    for contract, columns in tables.items():
        with replacing(warehouse.path(contract)) as temporary:
            pq.write_table(pa.table(columns), temporary)
    pairs = warehouse.path(PAIRS)
    pairs.parent.mkdir(parents=True, exist_ok=True)
    pairs.unlink(missing_ok=True)
    pairs.hardlink_to(folder / "pairs2.parquet")
    rows, cpu_s, wall_s = timed(lambda: measure_space(warehouse))
    return len(rows), cpu_s, wall_s


def rests(folder: Path) -> tuple[int, int, float, float]:
    """Rest stops for a rollator, R 100 m and D 500 m: benches, pairs, CPU and wall seconds of the search."""
    town, profile = load(folder / "town.npz"), PROFILES["rollator"]
    lines = shapely.linestrings(
        np.stack([np.column_stack([town.x_m[end], town.y_m[end]]) for end in (town.u, town.v)], axis=1)
    )
    length_m = shapely.length(lines)
    edges = edges_of(town).append_column("length_m", pa.array(length_m))
    edges = edges.append_column("is_sight", pa.array(np.zeros(len(edges), np.bool_)))
    edges = edges.append_column("geometry", pa.array(shapely.to_wkb(lines), pa.binary()))
    costs = pa.table({n: _plain(c) for n, c in zip(*_columns(plain_costs(town, profile)), strict=True)})
    parts = [pa.table({n: _plain(c) for n, c in zip(*_columns(t), strict=True)}) for t in ends_of(town, profile)]
    ends = pa.concat_tables(parts)
    ends = ends.append_column("access_number", pa.array(np.zeros(len(ends), np.int32)))
    ends = conform(ends.append_column("reason_missing", pa.repeat("", len(ends))), ATTACHMENTS)
    random = np.random.default_rng(3)
    km2 = np.ptp(town.x_m) * np.ptp(town.y_m) / 1e6
    spots = shapely.line_interpolate_point(random.choice(lines, int(km2 * BENCHES_PER_KM2)), 0.5, normalized=True)
    xy = shapely.get_coordinates(spots)
    codes = [str(number) for number in range(len(xy))]
    benches = pa.table({"source_id": codes, "x_m": xy[:, 0], "y_m": xy[:, 1]})
    seats = attach_seats(benches, ends, usable_streets(edges, costs))
    ground = ground_of(Streetscape(edges, costs, ends, seats), profile.name, "central")
    rest_costs(ground, Stamina(1.0, 1.0))
    found, cpu_s, wall_s = timed(lambda: rest_costs(ground, Stamina(100.0, 500.0)))
    return len(xy), len(found), cpu_s, wall_s


def _columns(table: pa.Table) -> tuple[list[str], list[pa.ChunkedArray]]:
    return table.column_names, table.columns


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def toggled(outing: Outing) -> tuple[float, float, float]:
    """Opening one place in a job that stands: mean CPU seconds, mean and longest wall seconds of its search."""
    job, taken = outing.job, []
    for place in np.random.default_rng(5).integers(0, len(outing.place_ids), PLACES_TOGGLED).tolist():
        first, last = job.access.starts[place], job.access.starts[place + 1]
        starts = np.array([0, last - first], dtype=np.uint32)
        one = job._replace(access=job.access._replace(points=job.access.points[first:last], starts=starts))
        taken.append(timed(lambda one=one: sum(map(len, search(one, Engine(1), only_places=True))))[1:])
    cpu_s, wall_s = np.array(taken).T
    return float(cpu_s.mean()), float(wall_s.mean()), float(wall_s.max())
