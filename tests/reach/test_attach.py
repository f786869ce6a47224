from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import ContractError
from pipelines.reach.attach import Streets, attach_origins, attach_places, lived_along, usable_streets
from pipelines.reach.contracts import ATTACHMENTS
from pipelines.streets.profiles import read_profiles

ROLLATOR, REFERENTIE = (read_profiles()[name] for name in ("rollator", "referentie"))
Coordinates = Sequence[tuple[float, float]]


def streets_of(
    *lines: Coordinates,
    forbidden: Sequence[int] = (),
    oneway: Sequence[int] = (),
    sights: Sequence[int] = (),
    over_m: float = 0.0,
) -> Streets:
    """Streets along lines; ends that coincide are one junction."""
    shapes = [shapely.LineString(line) for line in lines]
    ends = [(line[0], line[-1]) for line in lines]
    nodes = sorted({end for pair in ends for end in pair})
    length_m = [float(shape.length) for shape in shapes]
    edges = pa.table(
        {
            "edge_id": pa.array(range(len(lines)), pa.int64()),
            "u": pa.array([nodes.index(u) for u, _ in ends], pa.int64()),
            "v": pa.array([nodes.index(v) for _, v in ends], pa.int64()),
            "length_m": pa.array(length_m, pa.float64()),
            "is_sight": pa.array([k in sights for k in range(len(lines))]),
            "geometry": pa.array([shapely.to_wkb(shape) for shape in shapes], pa.binary()),
        }
    )
    forward = [None if k in forbidden else m for k, m in enumerate(length_m)]
    backward = [None if k in forbidden or k in oneway else m for k, m in enumerate(length_m)]
    costs = pa.table(
        {
            "profile": pa.array(["rollator"] * len(lines), pa.string()),
            "edge_id": edges["edge_id"],
            "forward_m": pa.array(forward, pa.float64()),
            "backward_m": pa.array(backward, pa.float64()),
        }
    )
    return usable_streets(edges, costs, component_over_m=over_m)


def origins(*points: tuple[float, float]) -> pa.Table:
    xy = np.array(points, dtype=np.float64).reshape(-1, 2)
    return pa.table({"origin_id": np.arange(len(xy)), "x_m": xy[:, 0], "y_m": xy[:, 1]})


def register(*places: tuple[shapely.Geometry, shapely.Geometry | None]) -> pa.Table:
    return pa.table(
        {
            "place_id": pa.array(range(len(places)), pa.int64()),
            "geometry": pa.array([shapely.to_wkb(shape) for shape, _ in places], pa.binary()),
            "entrances": pa.array(
                [None if doors is None else shapely.to_wkb(doors) for _, doors in places], pa.binary()
            ),
        }
    )


def spots(attachments: pa.Table) -> list[tuple[int, int, int | None, float | None, float | None]]:
    assert violations(attachments, ATTACHMENTS) == ()
    names = ("point_id", "access_number", "edge_id", "fraction", "snap_m")
    return [tuple(row[name] for name in names) for row in attachments.to_pylist()]  # type: ignore[misc]


EAST = [(0.0, 0.0), (100.0, 0.0)]
NORTH = [(0.0, 0.0), (0.0, 100.0)]


def test_a_home_hangs_on_the_nearest_edge_at_the_foot_of_the_perpendicular() -> None:
    found = attach_origins(origins((25, 10), (5, 80), (130, 40)), streets_of(EAST, NORTH))
    assert spots(found) == [(0, 0, 0, 0.25, 10.0), (1, 0, 1, 0.8, 5.0), (2, 0, 0, 1.0, 50.0)]


def test_equally_near_edges_give_the_lowest_edge_id() -> None:
    assert spots(attach_origins(origins((10, 10), (-3, -4)), streets_of(EAST, NORTH))) == [
        (0, 0, 0, 0.1, 10.0),
        (1, 0, 0, 0.0, 5.0),
    ]
    assert spots(attach_origins(origins((10, 10)), streets_of(NORTH, EAST)))[0][2] == 0


def test_an_edge_the_profile_may_not_use_is_passed_over() -> None:
    assert spots(attach_origins(origins((25, 10)), streets_of(EAST, NORTH, forbidden=[0]))) == [(0, 0, 1, 0.1, 25.0)]


def test_an_edge_open_in_one_direction_is_used() -> None:
    assert spots(attach_origins(origins((25, 10)), streets_of(EAST, oneway=[0])))[0][2] == 0


def test_a_path_without_connection_to_the_streets_is_passed_over() -> None:
    island = [(0.0, 20.0), (90.0, 20.0)]
    long_way = [(0.0, 0.0), (0.0, -1_200.0)]
    assert spots(attach_origins(origins((50, 20)), streets_of(island, long_way, over_m=1_000.0))) == [
        (0, 0, 1, 0.0, pytest.approx((50**2 + 20**2) ** 0.5))
    ]


def test_a_part_of_exactly_the_least_length_is_too_short() -> None:
    assert len(streets_of([(0.0, 0.0), (1_000.0, 0.0)], over_m=1_000.0).lines) == 0
    assert len(streets_of([(0.0, 0.0), (1_000.1, 0.0)], over_m=1_000.0).lines) == 1


def test_a_barrier_can_cut_a_part_off_from_the_streets() -> None:
    chain = [[(0.0, 0.0), (1_500.0, 0.0)], [(1_500.0, 0.0), (1_510.0, 0.0)], [(1_510.0, 0.0), (1_700.0, 0.0)]]
    assert streets_of(*chain, over_m=1_000.0).edge_ids.tolist() == [0, 1, 2]
    assert streets_of(*chain, forbidden=[1], over_m=1_000.0).edge_ids.tolist() == [0]


def test_farther_than_the_limit_a_home_is_not_attached_and_says_why() -> None:
    found = attach_origins(origins((50, 250), (50, 251)), streets_of(EAST))
    assert found["edge_id"].to_pylist() == [0, None]
    assert found["fraction"].to_pylist() == [0.5, None]
    assert found["reason_missing"].to_pylist() == ["", "no_street_within_limit"]
    assert attach_origins(origins((50, 9_000)), streets_of(EAST), limit_m=None)["snap_m"].to_pylist() == [9_000.0]


def test_without_usable_streets_nothing_is_attached() -> None:
    closed = streets_of(EAST, forbidden=[0])
    found = attach_origins(origins((0, 0)), closed)
    assert found["reason_missing"].to_pylist() == ["no_street_within_limit"]
    places = attach_places(register((shapely.box(0, 0, 5, 5), None)), closed)
    assert places["reason_missing"].to_pylist() == ["no_street_within_limit"]


def test_no_points_give_no_attachments() -> None:
    assert spots(attach_origins(origins(), streets_of(EAST))) == []
    assert spots(attach_places(register(), streets_of(EAST))) == []


def test_an_edge_of_zero_length_is_an_obstacle_and_no_home_hangs_on_it() -> None:
    point = [(0.0, 0.0), (0.0, 0.0)]
    assert spots(attach_origins(origins((3, 4)), streets_of(point, [(0.0, 0.0), (0.0, -50.0)]))) == [
        (0, 0, 1, 0.0, 5.0)
    ]


def test_a_place_is_reached_by_its_mapped_entrances() -> None:
    doors = shapely.MultiPoint([(80, 5), (2, 60), (2, 60)])
    place = shapely.box(10, 10, 90, 90)
    assert spots(attach_places(register((place, doors)), streets_of(EAST, NORTH))) == [
        (0, 0, 1, 0.6, 2.0),
        (0, 1, 0, 0.8, 5.0),
    ]


def test_a_polygon_is_reached_where_streets_meet_its_perimeter() -> None:
    park = shapely.box(20, -30, 60, 30)
    branch = [(40.0, 0.0), (40.0, 100.0)]
    halves = [(0.0, 0.0), (40.0, 0.0)], [(40.0, 0.0), (100.0, 0.0)]
    found = spots(attach_places(register((park, None)), streets_of(*halves, branch)))
    assert [(edge, pytest.approx(fraction)) for _, _, edge, fraction, _ in found] == [
        (0, 0.5),
        (2, 0.3),
        (1, 1 / 3),
    ]
    assert [snap for *_, snap in found] == [0.0, 0.0, 0.0]


def test_a_polygon_beside_the_street_is_reached_at_its_nearest_point() -> None:
    found = attach_places(register((shapely.box(60, 7, 80, 30), None)), streets_of(NORTH, EAST))
    (_, _, edge, fraction, snap) = spots(found)[0]
    assert (edge, snap) == (1, pytest.approx(7))
    assert fraction is not None
    assert 0.6 <= fraction <= 0.8


def test_a_street_inside_a_polygon_without_a_way_out_reaches_it() -> None:
    assert spots(attach_places(register((shapely.box(-50, -50, 300, 300), None)), streets_of(EAST)))[0][4] == 0.0


def test_a_point_place_is_attached_like_a_home() -> None:
    places = register((shapely.Point(25, 10), None), (shapely.Point(5, 80), shapely.MultiPoint()))
    found = attach_places(places, streets_of(EAST, NORTH))
    assert spots(found) == [(0, 0, 0, 0.25, 10.0), (1, 0, 1, 0.8, 5.0)]
    assert found["point_type"].to_pylist() == ["place", "place"]


def with_doors(places: pa.Table, *doors: list[tuple[str, int | None]], kind: str = "school") -> pa.Table:
    """Add to a register what is known of its doors: wheelchairs and steps."""
    nothing = pa.array([[None] * len(place) for place in doors], pa.list_(pa.float64()))
    columns = {
        "place_kind": pa.array([kind] * len(places), pa.string()),
        "door_wheelchair": pa.array([[word for word, _ in place] for place in doors], pa.list_(pa.string())),
        "door_step_count": pa.array([[steps for _, steps in place] for place in doors], pa.list_(pa.int32())),
        "door_kerb_height_m": nothing,
        "door_width_m": nothing,
    }
    for name, column in columns.items():
        places = places.append_column(name, column)
    return places


def test_every_entrance_is_judged_by_its_own_facts_whatever_their_order() -> None:
    doors = shapely.MultiPoint([(80, 5), (2, 60), (2, 60), (40, 5)])
    facts = [("yes", None), ("no", None), ("yes", None), ("", 4)]
    places = with_doors(register((shapely.box(10, 10, 90, 90), doors)), facts)
    streets = streets_of(EAST, NORTH)
    found = attach_places(places, streets, ROLLATOR)
    assert [(row["fraction"], row["door"]) for row in found.to_pylist()] == [(0.6, "no"), (0.4, "no"), (0.8, "yes")]
    assert attach_places(places, streets)["door"].to_pylist() == ["yes"] * 3
    assert attach_places(places, streets, REFERENTIE)["door"].to_pylist() == ["yes"] * 3
    assert found.drop_columns("door").equals(attach_places(places, streets).drop_columns("door"))


def test_without_mapped_entrances_the_facts_of_the_place_hold_at_every_access_point() -> None:
    park, beside = shapely.box(20, -30, 60, 30), shapely.box(70, 5, 90, 30)
    places = with_doors(
        register((park, None), (beside, None), (shapely.Point(5, 5), None)), [("no", None)], [("", 5)], []
    )
    found = attach_places(places, streets_of(EAST), ROLLATOR)
    assert list(zip(found["point_id"].to_pylist(), found["door"].to_pylist(), strict=True)) == [
        (0, "no"), (0, "no"), (1, "no"), (2, "unknown"),
    ]  # fmt: skip


def test_doors_stay_with_their_place_where_the_register_is_in_another_order() -> None:
    places = with_doors(
        register((shapely.Point(5, 5), None), (shapely.Point(50, 5), None)), [("yes", None)], [("no", None)]
    )
    found = attach_places(places.take([1, 0]), streets_of(EAST), ROLLATOR)
    assert found.equals(attach_places(places, streets_of(EAST), ROLLATOR))
    assert found["door"].to_pylist() == ["yes", "no"]


def test_a_playground_has_no_door_and_homes_have_none_either() -> None:
    places = with_doors(register((shapely.Point(5, 5), None)), [("", None)], kind="speelplek")
    assert attach_places(places, streets_of(EAST), ROLLATOR)["door"].to_pylist() == ["yes"]
    assert attach_origins(origins((5, 5)), streets_of(EAST))["door"].to_pylist() == ["yes"]


def test_lines_of_sight_join_streets_and_make_no_network_worth_the_name() -> None:
    chain = [[(0.0, 0.0), (600.0, 0.0)], [(600.0, 0.0), (1_100.0, 0.0)]]
    assert streets_of(*chain, over_m=1_000.0).edge_ids.tolist() == [0, 1]
    assert streets_of(*chain, sights=[1], over_m=1_000.0).edge_ids.tolist() == []
    assert streets_of(*chain, sights=[1], over_m=500.0).edge_ids.tolist() == [0, 1]


def test_places_hang_on_a_way_for_customers_and_homes_do_not() -> None:
    streets, edges = streets_of(EAST, NORTH), pa.table({"edge_id": [0, 1], "foot": ["", "customers"]})
    assert lived_along(streets, edges).edge_ids.tolist() == [0]
    assert spots(attach_origins(origins((5, 80)), lived_along(streets, edges)))[0][2] == 0
    assert lived_along(streets, pa.table({"edge_id": [0, 1], "foot": ["", "yes"]})) is streets


def test_costs_of_several_profiles_are_refused() -> None:
    edges = pa.table({"edge_id": [0], "u": [0], "v": [1], "length_m": [1.0], "is_sight": [False], "geometry": [b""]})
    costs = pa.table({"profile": ["a", "b"], "edge_id": [0, 0], "forward_m": [1.0, 1.0], "backward_m": [1.0, 1.0]})
    with pytest.raises(ContractError, match="one profile at a time"):
        usable_streets(edges, costs)
    with pytest.raises(ContractError, match="list other edges"):
        usable_streets(edges, costs.slice(0, 1).set_column(1, "edge_id", pa.array([7])))


COORDINATE = st.integers(-60, 60).map(float)
LINE = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=4).filter(lambda points: len({*points}) > 1)


@given(lines=st.lists(LINE, min_size=1, max_size=6), point=st.tuples(COORDINATE, COORDINATE))
def test_no_edge_is_nearer_than_the_one_attached_to(lines: list[Coordinates], point: tuple[float, float]) -> None:
    row = attach_origins(origins(point), streets_of(*lines, over_m=-1.0)).to_pylist()[0]
    shapes = [shapely.LineString(line) for line in lines]
    distance_m = [shapely.Point(point).distance(shape) for shape in shapes]
    assert row["snap_m"] == pytest.approx(min(distance_m))
    assert row["edge_id"] == distance_m.index(min(distance_m))
    foot = shapes[row["edge_id"]].interpolate(row["fraction"], normalized=True)
    assert foot.distance(shapely.Point(point)) == pytest.approx(row["snap_m"], abs=1e-6)
