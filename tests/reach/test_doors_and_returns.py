"""Pairs through doors that are open, closed or not known; and pairs of which the way back is too long."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from pipelines.contracts import violations
from pipelines.reach.contracts import PAIRS, RETURNS
from pipelines.reach.pairs import prepared, reach_pairs
from pipelines.reach.returns import all_returns
from pipelines.streets.profiles import read_profiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Edge, Hand, Point

PROFILES = read_profiles()
REFERENCE = PROFILES["referentie"]
ROLLATOR = PROFILES["rollator"]
BOUNDS = ("central", "optimistic", "pessimistic")


def three_bounds(costs: pa.Table) -> pa.Table:
    """The same streets in every bound."""
    position = costs.column_names.index("bound")
    return pa.concat_tables(costs.set_column(position, "bound", pa.repeat(bound, len(costs))) for bound in BOUNDS)


def by_bound(
    hand: "Hand", edges: "Sequence[Edge]", home: "Point", doors: "Sequence[Point]"
) -> dict[str, dict[int, float]]:
    """Metres to each place, by bound."""
    table, costs = hand.streets(edges)
    ends = hand.attached("origin", [home]), hand.attached("place", doors)
    pairs = reach_pairs(*ends, table, three_bounds(costs), REFERENCE)
    assert violations(pairs, PAIRS) == ()
    found: dict[str, dict[int, float]] = {bound: {} for bound in BOUNDS}
    for row in pairs.to_pylist():
        found[row["bound"]][row["place_id"]] = row["metres"]
    return found


def test_the_pessimist_goes_round_to_the_door_that_is_known_to_be_open(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 100.0, 100.0), hand.Edge(1, 2, 300.0, 300.0)]
    doors = [hand.Point(5, 0, 1.0, door="unknown"), hand.Point(5, 1, 1.0, door="yes")]
    found = by_bound(hand, edges, hand.Point(1, 0, 0.0), doors)
    assert found == {"central": {5: 100.0}, "optimistic": {5: 100.0}, "pessimistic": {5: 400.0}}


def test_a_place_of_which_no_door_is_known_is_not_reached_by_the_pessimist(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 100.0, 100.0)]
    doors = [hand.Point(5, 0, 1.0, door="unknown"), hand.Point(5, 0, 0.5, door="unknown")]
    found = by_bound(hand, edges, hand.Point(1, 0, 0.0), doors)
    assert found == {"central": {5: 50.0}, "optimistic": {5: 50.0}, "pessimistic": {}}


def test_a_closed_door_is_never_entered(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 100.0, 100.0), hand.Edge(1, 2, 300.0, 300.0)]
    doors = [
        hand.Point(5, 0, 0.5, door="no"),
        hand.Point(5, 1, 1.0, door="yes"),
        hand.Point(6, 0, 0.25, door="no"),
        hand.Point(7, 0, 0.0, door="no"),
    ]
    found = by_bound(hand, edges, hand.Point(1, 0, 0.0), doors)
    assert found == {bound: {5: 400.0} for bound in BOUNDS}


def test_bounds_share_lanes_only_where_the_same_doors_are_open(hand: "Hand") -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 100.0, 100.0, 75.2, 75.2)])
    home = hand.attached("origin", [hand.Point(1, 0, 0.0)])

    def lanes(door: str) -> list[tuple[int, int]]:
        place = hand.attached("place", [hand.Point(5, 0, 1.0, door=door)])
        outing = prepared(home, place, table, three_bounds(costs), REFERENCE)
        return [(bound.metres, bound.seconds) for bound in outing.bounds]

    assert len(set(lanes("yes"))) == len(set(lanes("no"))) == 1
    central, optimistic, pessimistic = lanes("unknown")
    assert central == optimistic
    assert not set(central) & set(pessimistic)


# --- The way back ----------------------------------------------------------------------------------------------


def returns(
    hand: "Hand", edges: "Sequence[Edge]", homes: "Sequence[Point]", doors: "Sequence[Point]"
) -> dict[tuple[int, int], tuple[float | None, float | None]]:
    """Metres and seconds home by (origin, place)."""
    table, costs = hand.streets(edges, "rollator")
    attached = pa.concat_tables([hand.attached("origin", homes, "rollator"), hand.attached("place", doors, "rollator")])
    chosen = {"rollator": ROLLATOR}
    costs = three_bounds(costs)
    found = all_returns(hand.pairs(attached, table, costs, chosen), attached, table, costs, chosen)
    assert violations(found, RETURNS) == ()
    assert set(found["bound"].to_pylist()) <= {"central"}
    return {(row["origin_id"], row["place_id"]): (row["metres"], row["seconds"]) for row in found.to_pylist()}


def test_a_oneway_street_makes_the_way_back_exceed_the_budget(hand: "Hand") -> None:
    # Out 200 m; home by the other street 600 m, over the rollator's 500 m. The second home is reached both ways.
    edges = [hand.Edge(0, 1, 200.0, None), hand.Edge(1, 0, 600.0, 600.0)]
    homes, door = [hand.Point(1, 0, 0.0, 3.0), hand.Point(2, 1, 0.25)], hand.Point(9, 1, 0.0, 4.0)
    assert returns(hand, edges, homes, [door]) == {(1, 9): (607.0, pytest.approx(607.0, abs=5))}


def test_a_place_from_which_no_way_leads_home_has_a_return_without_metres(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 200.0, None)]
    assert returns(hand, edges, [hand.Point(1, 0, 0.0)], [hand.Point(9, 0, 1.0)]) == {(1, 9): (None, None)}


def test_where_all_streets_cost_the_same_both_ways_nothing_is_searched(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 200.0, 200.0), hand.Edge(1, 2, None, None)]
    assert returns(hand, edges, [hand.Point(1, 0, 0.0)], [hand.Point(9, 0, 1.0)]) == {}
    table, costs = hand.streets(edges, "rollator")
    assert len(all_returns(PAIRS.schema.empty_table(), None, table, costs, {"rollator": ROLLATOR})) == 0


def test_pairs_beyond_the_budget_going_are_no_returns(hand: "Hand") -> None:
    edges = [hand.Edge(0, 1, 600.0, None), hand.Edge(1, 0, 700.0, 700.0)]
    assert returns(hand, edges, [hand.Point(1, 0, 0.0)], [hand.Point(9, 0, 1.0)]) == {}


@pytest.mark.parametrize("name", ["rollator", "kinderwagen"])
def test_returns_equal_pairs_on_the_network_turned_round(hand: "Hand", name: str) -> None:
    random = np.random.default_rng(4)
    profile, n_nodes = PROFILES[name], 60
    ends = random.integers(0, n_nodes, (170, 2)).tolist()
    ways = [[float(m) if random.random() < 0.75 else None for m in random.uniform(20, 300, 2)] for _ in ends]
    speed = profile.speed_m_per_s.central
    costs_s = [[None if m is None else m / speed * random.choice([1.0, 1.7]) for m in way] for way in ways]
    edges = [hand.Edge(*uv, *m, *s) for uv, m, s in zip(ends, ways, costs_s, strict=True)]
    turned = [hand.Edge(v, u, *m, *s) for (u, v), m, s in zip(ends, ways, costs_s, strict=True)]

    def spots(ids: range) -> "list[Point]":
        return [hand.Point(k, int(random.integers(len(ends))), float(random.random()), 2.0) for k in ids]

    def mirrored(points: "list[Point]") -> "list[Point]":
        return [hand.Point(p.id, p.edge, 1 - p.fraction, p.snap_m) for p in points]

    homes, doors = spots(range(80)), spots(range(30))
    table, costs = hand.streets(edges, name)
    attached = pa.concat_tables([hand.attached("origin", homes, name), hand.attached("place", doors, name)])
    pairs = hand.pairs(attached, table, costs, {name: profile})
    found = all_returns(pairs, attached, table, costs, {name: profile})
    # The same streets drawn from their other end, with the costs left as they were: a walk against all of them.
    sides = [hand.attached(kind, mirrored(p), name) for kind, p in (("origin", homes), ("place", doors))]
    back = reach_pairs(*sides, *hand.streets(turned, name), profile)
    home_again = {(r["origin_id"], r["place_id"]): (r["metres"], r["seconds"]) for r in back.to_pylist()}

    def is_within(metres: float | None, seconds: float | None) -> bool:
        far = profile.budget_m is not None and (metres is None or metres > profile.budget_m.central)
        slow = profile.budget_s is not None and (seconds is None or seconds > profile.budget_s.central)
        return not far and not slow

    going = [r for r in pairs.to_pylist() if is_within(r["metres"], r["seconds"])]
    keys = [(r["origin_id"], r["place_id"]) for r in going]
    expected = {key: home_again.get(key, (None, None)) for key in keys}
    expected = {key: way for key, way in expected.items() if not is_within(*way)}
    assert len(expected) > 20
    got = {(r["origin_id"], r["place_id"]): (r["metres"], r["seconds"]) for r in found.to_pylist()}
    assert got.keys() == expected.keys()
    for key, way in expected.items():
        assert got[key] == tuple(None if part is None else pytest.approx(part, abs=0.005) for part in way)
