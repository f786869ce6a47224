"""Every pair of the example town and of Groningen, against DuckDB walking the same tables by itself."""

import duckdb
import pytest

from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.reach.pairs import search_limit_m
from pipelines.streets.contracts import COSTS, EDGES
from pipelines.streets.profiles import read_profiles
from pipelines.warehouse import Warehouse

pytestmark = pytest.mark.slow
CENTIMETRE = 0.01

# From each door back along the streets, then from each home to the ends of its street, or straight along it.
WALKED = """
with recursive
street as (
    select edge_id, u, v, forward_{q} as forward, backward_{q} as backward
    from edges join costs using (edge_id)
    where profile = $profile and bound = $bound
),
arc as (
    select v as head, u as tail, forward as cost from street where forward is not null
    union all
    select u as head, v as tail, backward as cost from street where backward is not null
),
point as (
    select
        point_type, point_id, fraction, snap_m * $per_m as snap, street.*,
        case when fraction = 0 then 0 else fraction * forward end as from_u,
        case when fraction = 1 then 0 else (1 - fraction) * forward end as to_v,
        case when fraction = 0 then 0 else fraction * backward end as to_u,
        case when fraction = 1 then 0 else (1 - fraction) * backward end as from_v
    from attachments join street using (edge_id)
    where
        profile = $profile
        and (point_type = 'origin' or door = 'yes' or (door = 'unknown' and $bound <> 'pessimistic'))
),
start as (
    select place_id, node, min(cost) as cost
    from (
        select point_id as place_id, u as node, from_u + snap as cost from point where point_type = 'place'
        union all
        select point_id as place_id, v as node, from_v + snap as cost from point where point_type = 'place'
    )
    where cost <= $most
    group by place_id, node
),
reached(place_id, node, cost) using key (place_id, node) as (
    select place_id, node, cost from start
    union
    select reached.place_id, arc.tail, min(reached.cost + arc.cost)
    from reached
    join arc on arc.head = reached.node
    left join recurring.reached as known on known.place_id = reached.place_id and known.node = arc.tail
    where reached.cost + arc.cost <= $most and reached.cost + arc.cost < coalesce(known.cost, 1e12)
    group by reached.place_id, arc.tail
),
way as (
    select point_id as origin_id, place_id, to_u + snap + cost as cost
    from point join reached on reached.node = point.u where point_type = 'origin'
    union all
    select point_id as origin_id, place_id, to_v + snap + cost as cost
    from point join reached on reached.node = point.v where point_type = 'origin'
    union all
    select
        home.point_id as origin_id, door.point_id as place_id,
        home.snap + door.snap + (door.fraction - home.fraction) * home.forward as cost
    from point as home join point as door using (edge_id)
    where home.point_type = 'origin' and door.point_type = 'place' and door.fraction >= home.fraction
    union all
    select
        home.point_id as origin_id, door.point_id as place_id,
        home.snap + door.snap + (home.fraction - door.fraction) * home.backward as cost
    from point as home join point as door using (edge_id)
    where home.point_type = 'origin' and door.point_type = 'place' and door.fraction <= home.fraction
)
select origin_id, place_id, min(cost) as cost from way where cost <= $most group by all
"""

# Pairs that only one has, other than at the very edge of the search, and the largest difference of the others.
COMPARED = """
select
    count(*) filter (where walked.cost is null and coalesce(ours.cost, 0) < $most - $margin) as only_ours,
    count(*) filter (where ours.cost is null and walked.cost < $most - $margin) as only_walked,
    count(*) filter (where ours.cost is not null and walked.cost is not null) as compared,
    max(abs(ours.cost - walked.cost)) as worst
from (select * from walked where cost <= $most) as walked
full join (
    select origin_id, place_id, {column} as cost from pairs
    where profile = $profile and bound = $bound and {column} is not null
) as ours using (origin_id, place_id)
"""


def compared(warehouse: Warehouse, quantity: str) -> dict[tuple[str, str], tuple[int, int, int, float]]:
    """By profile and bound: pairs that only we have, that only DuckDB has, that both have, and the worst difference."""
    tables = {c.table: warehouse.read(c) for c in (EDGES, COSTS, ATTACHMENTS, PAIRS)}
    found = {}
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table.drop_columns(["geometry"]) if "geometry" in table.column_names else table)
        for name, bound in sorted({*zip(*(tables["pairs"][c].to_pylist() for c in ("profile", "bound")), strict=True)}):
            profile = read_profiles()[name]
            speed, limit_m = profile.speed_m_per_s.central, search_limit_m(profile)
            most, per_m = (limit_m, 1.0) if quantity == "m" else (limit_m / speed, 1.0 / speed)
            which = {"profile": name, "bound": bound, "most": most}
            walked = WALKED.replace("{q}", quantity)
            connection.execute("create or replace table walked as " + walked, {**which, "per_m": per_m})
            query = COMPARED.replace("{column}", "metres" if quantity == "m" else "seconds")
            found[name, bound] = connection.execute(query, {**which, "margin": CENTIMETRE}).fetchall()[0]
    return found


@pytest.mark.parametrize("quantity", ["m", "s"])
def test_every_pair_of_the_example_town_is_what_duckdb_walks(example_run: object, quantity: str) -> None:
    for key, (only_ours, only_walked, n_compared, worst) in compared(
        Warehouse(example_run.data, example_run.area), quantity
    ).items():
        assert (only_ours, only_walked) == (0, 0), key
        assert n_compared > 1_000, key
        assert worst < CENTIMETRE, key


@pytest.mark.realdata
@pytest.mark.parametrize("quantity", ["m", "s"])
def test_every_pair_of_groningen_is_what_duckdb_walks(groningen_run: object, quantity: str) -> None:
    for key, (only_ours, only_walked, n_compared, worst) in compared(
        Warehouse(groningen_run.data, groningen_run.area), quantity
    ).items():
        assert (only_ours, only_walked) == (0, 0), key
        assert n_compared > 10_000, key
        assert worst < CENTIMETRE, key
