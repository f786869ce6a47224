"""Pairs as a stream: the same rows and bytes however they were gathered; and counts that equal those of the pairs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.contracts import violations
from pipelines.errors import ContractError
from pipelines.places.contracts import REGISTER
from pipelines.reach import spool
from pipelines.reach.contracts import COUNTS, PAIRS
from pipelines.reach.counts import reach_counts
from pipelines.reach.pairs import Outing, pair_tables, prepared, reach_pairs
from pipelines.reach.search import Engine
from pipelines.reach.tables import attach_all, pair_parts, store_pairs
from pipelines.streets.profiles import Profile, read_profiles
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from conftest import Hand

BOUNDS = ("central", "optimistic", "pessimistic")
PROFILES = {name: read_profiles()[name] for name in ("referentie", "rollator")}
KINDS = ("buurtcentrum", "school", "winkel")


def town(hand: "Hand", side: int = 16, seed: int = 5) -> tuple[pa.Table, pa.Table]:
    """A square of streets with costs for two profiles: what the worse bound forbids or slows, the better may not."""
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    ends = [*zip(number[:, :-1].ravel(), number[:, 1:].ravel(), strict=True)]
    ends += [*zip(number[:-1].ravel(), number[1:].ravel(), strict=True)]
    length_m = random.uniform(30, 120, len(ends))
    worry = random.random(len(ends))
    tables = []
    for profile, slowest in (("referentie", 1.0), ("rollator", 2.0)):
        speed = PROFILES[profile].speed_m_per_s.central
        for bound, share in zip(BOUNDS, (0.85, 0.95, 0.7), strict=True):
            slow = {"central": 1.3, "optimistic": 1.0, "pessimistic": 1.6}[bound] if slowest > 1 else 1.0
            seconds = np.where(worry > 0.5, length_m * slow, length_m) / speed
            open_way = worry < share if slowest > 1 else worry < 2
            edges = [
                hand.Edge(
                    int(u), int(v), *([float(m)] * 2 if ok else [None] * 2), *([float(s)] * 2 if ok else [None] * 2)
                )
                for (u, v), m, s, ok in zip(ends, length_m, seconds, open_way, strict=True)
            ]
            table, costs = hand.streets(edges, profile)
            tables.append(costs.set_column(1, "bound", pa.repeat(bound, len(costs))))
    return table, pa.concat_tables(tables)


def points(hand: "Hand", kind: str, n_edges: int, ids: Sequence[int], seed: int) -> pa.Table:
    """Attached at random, for each profile at other spots."""
    random = np.random.default_rng(seed)
    parts = []
    for profile in PROFILES:
        spots = [
            hand.Point(i, int(random.integers(n_edges)), float(random.random()), float(random.uniform(0, 20)))
            for i in ids
        ]
        parts.append(hand.attached(kind, spots, profile))
    return pa.concat_tables(parts)


def attachments(hand: "Hand", n_edges: int) -> pa.Table:
    homes = points(hand, "origin", n_edges, [7 * k % 307 for k in range(300)], seed=1)
    doors = points(hand, "place", n_edges, [*range(100, 20, -1), 30, 31, 31], seed=2)
    return pa.concat_tables([homes, doors])


def outing(hand: "Hand", profile: Profile) -> Outing:
    table, costs = town(hand)
    attached = attachments(hand, len(table))
    is_origin = pc.equal(attached["point_type"], "origin")
    return prepared(attached.filter(is_origin), attached.filter(pc.invert(is_origin)), table, costs, profile)


def test_pairs_of_all_profiles_and_bounds_stand_in_the_order_of_their_key(hand: "Hand") -> None:
    table, costs = town(hand)
    pairs = hand.pairs(attachments(hand, len(table)), table, costs, PROFILES)
    assert violations(pairs, PAIRS) == ()
    keys = pairs.select(list(PAIRS.key))
    assert keys.equals(keys.sort_by([(name, "ascending") for name in PAIRS.key]))
    assert set(pairs["bound"].to_pylist()) == set(BOUNDS)
    assert set(pairs["profile"].to_pylist()) == set(PROFILES)


def test_a_worse_bound_reaches_no_more_and_comes_no_faster(hand: "Hand") -> None:
    table, costs = town(hand)
    pairs = hand.pairs(attachments(hand, len(table)), table, costs, PROFILES)
    found = {
        bound: {
            (row["profile"], row["origin_id"], row["place_id"]): row
            for row in pairs.filter(pc.equal(pairs["bound"], bound)).to_pylist()
        }
        for bound in BOUNDS
    }
    assert len(found["pessimistic"]) < len(found["central"]) < len(found["optimistic"])
    for worse, better in (("pessimistic", "central"), ("central", "optimistic")):
        assert set(found[worse]) <= set(found[better])
        for key, row in found[worse].items():
            assert row["metres"] >= found[better][key]["metres"]
            assert row["seconds"] is None or row["seconds"] >= found[better][key]["seconds"]


def test_each_bound_alone_gives_the_rows_it_has_among_others(hand: "Hand") -> None:
    table, costs = town(hand)
    attached = attachments(hand, len(table))
    is_origin = pc.equal(attached["point_type"], "origin")
    ends = attached.filter(is_origin), attached.filter(pc.invert(is_origin))
    pairs = reach_pairs(*ends, table, costs, PROFILES["rollator"])
    for bound in BOUNDS:
        alone = reach_pairs(*ends, table, costs.filter(pc.equal(costs["bound"], bound)), PROFILES["rollator"])
        assert alone.equals(pairs.filter(pc.equal(pairs["bound"], bound)))


def test_lanes_with_the_same_costs_are_searched_once(hand: "Hand") -> None:
    assert len(outing(hand, PROFILES["referentie"]).job.lanes) == 1
    assert {(b.metres, b.seconds) for b in outing(hand, PROFILES["referentie"]).bounds} == {(0, 0)}
    rollator = outing(hand, PROFILES["rollator"])
    assert len(rollator.job.lanes) == 6
    # In the best bound nothing slows the walker.
    assert len({lane for b in rollator.bounds for lane in (b.metres, b.seconds)}) == 5


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the town were a country: many ranges of origins, many spills, a spool on disk."""
    monkeypatch.setattr(spool, "RANGE_BITS", 5)
    monkeypatch.setattr(spool, "TRAYS_BYTES", 5_000)
    monkeypatch.setattr(spool, "HELD_BYTES", 20_000)


@pytest.mark.usefixtures("tight")
def test_the_file_of_a_stream_holds_the_table_of_pairs(hand: "Hand", tmp_path: Path) -> None:
    table, costs = town(hand)
    attached = attachments(hand, len(table))
    n_rows = store_pairs(pair_parts(attached, table, costs, PROFILES, Engine(2, tmp_path)), tmp_path / "p.parquet")
    written = pq.read_table(tmp_path / "p.parquet").cast(PAIRS.schema)
    assert written.equals(hand.pairs(attached, table, costs, PROFILES))
    assert n_rows == len(written) > 20_000
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]
    by_duckdb = duckdb.sql(
        "select count(*), sum(metres), sum(place_id) from read_parquet($p)", params={"p": str(tmp_path / "p.parquet")}
    )
    assert by_duckdb.fetchall()[0] == pytest.approx(
        (n_rows, pc.sum(written["metres"]).as_py(), pc.sum(written["place_id"]).as_py())
    )


@pytest.mark.parametrize("is_tight", [False, True])
def test_the_file_is_byte_for_byte_the_same_for_1_2_and_4_threads(
    hand: "Hand",
    tmp_path: Path,
    request: pytest.FixtureRequest,
    is_tight: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    if is_tight:
        request.getfixturevalue("tight")
    table, costs = town(hand)
    attached = attachments(hand, len(table))
    files = []
    for threads in (1, 2, 4):
        path = tmp_path / f"{threads}.parquet"
        store_pairs(pair_parts(attached, table, costs, PROFILES, Engine(threads)), path)
        files.append(path.read_bytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.usefixtures("tight")
def test_no_part_of_a_stream_holds_more_than_its_range_of_origins(hand: "Hand") -> None:
    parts = list(pair_tables(outing(hand, PROFILES["rollator"])))
    assert len(parts) > 20
    for part in parts:
        assert len(pc.unique(part["origin_id"])) <= 32


def test_without_attached_points_the_stream_is_an_empty_file(hand: "Hand", tmp_path: Path) -> None:
    table, costs = town(hand, side=2)
    nobody = attachments(hand, len(table)).slice(0, 0)
    assert store_pairs(pair_parts(nobody, table, costs, PROFILES), tmp_path / "p.parquet") == 0
    assert pq.read_table(tmp_path / "p.parquet").cast(PAIRS.schema).equals(PAIRS.schema.empty_table())


def test_a_stream_that_breaks_off_leaves_the_old_file(hand: "Hand", tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, "town")
    old = warehouse.path(PAIRS)
    old.parent.mkdir(parents=True)
    old.write_text("old")
    parts = pair_tables(outing(hand, PROFILES["referentie"]))

    def broken() -> Iterator[pa.Table]:
        yield next(parts)
        raise ContractError("broken off")

    with pytest.raises(ContractError, match="broken off"):
        warehouse.draft(PAIRS, lambda path: store_pairs(broken(), path))
    parts.close()
    assert old.read_text() == "old"
    assert [*old.parent.iterdir()] == [old]


# --- Counts per origin ------------------------------------------------------------------------------------------

COUNTS_BY_SQL = """
select
    profile, bound, origin_id, coalesce(place_kind, '') as place_kind,
    min(metres) as nearest_m,
    (count(*) filter (where metres <= 300))::int as n_300m,
    (count(*) filter (where metres <= 500))::int as n_500m,
    (count(*) filter (where metres <= 800))::int as n_800m,
    (count(*) filter (where coalesce(metres <= $budget_m, true)
        and coalesce(seconds <= $budget_s, $budget_s is null)))::int as n_budget
from pairs join register using (place_id)
group by grouping sets ((profile, bound, origin_id, place_kind), (profile, bound, origin_id))
order by profile, bound, origin_id, place_kind
"""


def register(ids: Sequence[int]) -> pa.Table:
    """`places/functions`: one kind each."""
    kinds = pa.array([KINDS[k % 3] for k in ids], pa.string())
    return pa.table({"place_id": pa.array(ids, pa.int64()), "place_kind": kinds, "is_booklet": [True] * len(ids)})


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("threads", [1, 3])
def test_counts_gathered_while_searching_equal_those_that_sql_makes_of_the_pairs(
    hand: "Hand", name: str, threads: int
) -> None:
    profile = PROFILES[name]
    places = register(range(100, 20, -1))
    own = outing(hand, profile)
    counted = reach_counts(own, places, Engine(threads))
    assert violations(counted, COUNTS) == ()
    budgets = {
        "budget_m": profile.budget_m.central if profile.budget_m else None,
        "budget_s": profile.budget_s.central if profile.budget_s else None,
    }
    with duckdb.connect() as connection:
        connection.register("pairs", pa.concat_tables(pair_tables(own)))
        connection.register("register", places)
        expected = connection.sql(COUNTS_BY_SQL, params=budgets).to_arrow_table()
    assert counted.equals(expected.cast(COUNTS.schema))
    assert len(counted) > 1_000
    assert pc.min(counted["n_300m"]).as_py() == 0


def test_a_place_of_two_kinds_counts_under_each_and_once_as_any_place_of_the_booklet(hand: "Hand") -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 600.0, 600.0)])
    homes = hand.attached("origin", [hand.Point(1, 0, 0.0)])
    doors = hand.attached("place", [hand.Point(5, 0, 0.25), hand.Point(6, 0, 0.5), hand.Point(7, 0, 0.1)])
    kinds = [
        (5, "buurtcentrum", True),
        (5, "school", True),
        (6, "school", True),
        (6, "kerk", False),
        (7, "kerk", False),
    ]
    functions = pa.table(dict(zip(("place_id", "place_kind", "is_booklet"), zip(*kinds, strict=True), strict=True)))
    counted = reach_counts(prepared(homes, doors, table, costs, PROFILES["referentie"]), functions)
    rows = {r["place_kind"]: (r["nearest_m"], r["n_300m"]) for r in counted.to_pylist()}
    assert rows == {"": (150.0, 2), "buurtcentrum": (150.0, 1), "kerk": (60.0, 2), "school": (150.0, 2)}


def test_a_place_exactly_at_a_threshold_is_within_it(hand: "Hand") -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 600.0, 600.0), hand.Edge(0, 1, 900.0, 900.0)])
    homes = hand.attached("origin", [hand.Point(1, 0, 0.0), hand.Point(2, 0, 1 / 6)])
    doors = hand.attached("place", [hand.Point(5, 0, 0.5), hand.Point(6, 0, 1.0, 0.001)])
    counted = reach_counts(prepared(homes, doors, table, costs, PROFILES["referentie"]), register([5, 6]))
    rows = {(r["origin_id"], r["place_kind"]): r for r in counted.to_pylist()}
    assert (rows[1, ""]["n_300m"], rows[1, ""]["n_500m"], rows[1, ""]["n_800m"]) == (1, 1, 2)
    assert (rows[2, ""]["n_300m"], rows[2, ""]["n_500m"], rows[2, ""]["n_800m"]) == (1, 1, 2)
    assert rows[2, ""]["nearest_m"] == 200.0


def test_counting_places_that_no_register_knows_is_refused(hand: "Hand") -> None:
    for places in (register([]), register([1, 2])):
        with pytest.raises(ContractError, match="register"):
            reach_counts(outing(hand, PROFILES["referentie"]), places)


# --- Attachments are made once, for all bounds ------------------------------------------------------------------


def test_points_hang_on_streets_of_the_central_bound_in_every_bound(hand: "Hand") -> None:
    import shapely

    lines = [shapely.LineString([(0, y), (2_000, y)]) for y in (0, 10)]
    numbers = pa.array([0, 1], pa.int64())
    edges = pa.table(
        {
            "edge_id": numbers,
            "u": pa.array([0, 2], pa.int64()),
            "v": pa.array([1, 3], pa.int64()),
            "length_m": [2_000.0, 2_000.0],
            "foot": ["", ""],
            "is_sight": [False, False],
            "geometry": pa.array(shapely.to_wkb(lines), pa.binary()),
        }
    )
    # The nearer street is open only to the optimist; the pessimist may walk neither.
    passable = {"optimistic": [True, True], "central": [True, False], "pessimistic": [False, False]}
    costs = pa.concat_tables(
        pa.table(
            {
                "profile": ["rollator"] * 2,
                "bound": [bound] * 2,
                "edge_id": numbers,
                **{
                    f"{way}_{unit}": pa.array([2_000.0 if ok else None for ok in passable[bound]], pa.float64())
                    for way in ("forward", "backward")
                    for unit in ("m", "s")
                },
            }
        )
        for bound in sorted(passable)
    )
    homes = pa.table({"origin_id": [4], "x_m": [100.0], "y_m": [9.0]})
    known = {"place_id": 8, "place_kind": "school", "geometry": shapely.Point(200, 9).wkb}
    places = pa.Table.from_pylist([known], schema=REGISTER.schema)
    attached = attach_all(homes, places, edges, costs, {"rollator": PROFILES["rollator"]})
    assert attached["edge_id"].to_pylist() == [0, 0]
    pairs = hand.pairs(attached, edges, costs, {"rollator": PROFILES["rollator"]})
    assert pairs.select(["bound", "metres"]).to_pylist() == [
        {"bound": "central", "metres": 118.0},
        {"bound": "optimistic", "metres": 118.0},
    ]
