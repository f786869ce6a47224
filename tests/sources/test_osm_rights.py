"""Rights to walk, hours and hindrances as OSM has them: single tags, and whole ways for each profile and bound."""

from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.osm_hours import holds_at_noon, is_always_open, is_open_at_noon
from pipelines.sources.osm_marks import mark_of
from pipelines.sources.osm_rights import one_way, right_to_walk
from pipelines.sources.osm_streets import read_osm_segments
from pipelines.sources.osm_ways import footing
from pipelines.streets.costs import edge_costs
from pipelines.streets.graph import build_graph
from pipelines.streets.profiles import read_profiles
from pipelines.streets.unknowns import BOUNDS

Extract = Callable[..., Path]
PROFILES = read_profiles()


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("(22:00-06:00)", False),
        ("(08:00-18:00)", True),
        ("Mo-Fr 07:00-19:00", True),
        ("(Sa 06:00-18:00)", False),
        ("(Fr-We 11:00-13:00)", True),
        ("Mo,We,Fr", True),
        ("PH", False),
        ("sunrise-sunset", True),
        ("(sunset-sunrise)", False),
        ("(dusk-dawn)", False),
        ("Mar 15-Jul 15", None),
        ("winter", None),
        ("(12:00-12:30)", True),
        ("(20:00-12:00)", False),
    ],
)
def test_a_condition_holds_or_not_at_noon_on_an_ordinary_day(condition: str, *, holds: bool | None) -> None:
    assert holds_at_noon(condition) is holds


@pytest.mark.parametrize(
    ("hours", "is_open"),
    [
        ("Mo-Fr 08:00-18:00; Sa 10:00-17:00", True),
        ("Mo-Fr 08:00-18:00; PH off", True),
        ("Sa,Su 10:00-17:00", False),
        ("08:00-18:00; We off", False),
        ("sunrise-sunset", True),
        ("18:00-23:00", False),
        ("Apr-Sep 10:00-18:00", None),
        ('Mo-Su 06:00-22:00 "tot zonsondergang"', True),
        ("by appointment", None),
        ("Mo off", True),
        ("We off", False),
        ("PH off; Mo closed", True),
    ],
)
def test_opening_hours_say_whether_one_may_pass_by_day(hours: str, *, is_open: bool | None) -> None:
    assert is_open_at_noon(hours) is is_open
    assert not is_always_open(hours)


@pytest.mark.parametrize(
    "hours", ["", "24/7", "Mo-Su 00:00-24:00", ' 24/7 "altijd"', "Mo-Su,PH 00:00-24:00", "24/7 open;"]
)
def test_hours_that_close_nobody_out_are_none(hours: str) -> None:
    assert is_always_open(hours)


RIGHTS: list[tuple[dict[str, str], tuple[str, bool]]] = [
    ({}, ("", False)),
    ({"access": "private", "foot": "yes"}, ("yes", False)),
    ({"motorroad": "yes"}, ("no", False)),
    ({"motorroad": "yes", "access": "yes"}, ("no", False)),
    ({"motorroad": "yes", "foot": "yes"}, ("yes", False)),
    ({"motorroad": "no"}, ("", False)),
    ({"foot:conditional": "no @ (22:00-06:00)"}, ("", True)),
    ({"foot:conditional": "No @ 22:00-06:00"}, ("", True)),
    ({"foot": "yes", "foot:conditional": "no @ (08:00-18:00)"}, ("no", True)),
    ({"foot": "no", "foot:conditional": "yes @ (Mo-Fr 08:00-18:00)"}, ("yes", True)),
    ({"foot": "no", "foot:conditional": "yes @ (Sa 08:00-18:00)"}, ("no", True)),
    ({"access:conditional": "no @ (Mar 15-Jul 15)"}, ("", True)),
    ({"access:conditional": "no @ (Mar 15-Jul 15)", "foot": "yes"}, ("yes", False)),
    ({"access:conditional": "no @ (20:00-07:00); destination @ (07:00-09:00)"}, ("", True)),
    ({"access": "private", "access:conditional": "no @ (20:00-07:00)"}, ("private", False)),
    ({"access:conditional": "no @ (weight > 7.5)"}, ("", False)),
    ({"access": "no", "access:conditional": "yes @ (permit_holder)"}, ("no", False)),
    ({"opening_hours": "06:00-23:00"}, ("", True)),
    ({"opening_hours": "18:00-23:00", "foot": "yes"}, ("no", True)),
    ({"opening_hours": "24/7"}, ("", False)),
    ({"opening_hours": "closed", "foot": "yes"}, ("no", False)),
    ({"opening_hours": "Mo off"}, ("", True)),
    ({"opening_hours": "06:00-23:00", "foot": "private"}, ("private", False)),
    ({"opening_hours": "Sa 08:00-17:00", "amenity": "marketplace"}, ("", False)),
    ({"foot:backward": "no"}, ("", False)),
    ({"foot:backward": "no", "foot:forward": "no"}, ("no", False)),
    ({"foot": "no", "foot:forward": "yes"}, ("yes", False)),
]


@pytest.mark.parametrize(("tags", "right"), RIGHTS)
def test_a_right_is_that_of_an_ordinary_day_at_noon_and_says_whether_it_changes(
    tags: dict[str, str], right: tuple[str, bool]
) -> None:
    assert right_to_walk(tags) == right


@pytest.mark.parametrize(
    ("tags", "run"),
    [
        ({"oneway": "yes"}, ""),
        ({"oneway:foot": "yes"}, "forward"),
        ({"oneway:foot": "-1"}, "backward"),
        ({"foot:backward": "no"}, "forward"),
        ({"foot:forward": "no"}, "backward"),
        ({"foot:forward": "no", "foot:backward": "no"}, ""),
        ({"foot": "no", "foot:backward": "yes"}, "backward"),
        ({"conveying": "forward"}, "forward"),
        ({"conveying": "backward"}, "backward"),
        ({"conveying": "reversible"}, ""),
    ],
)
def test_walkers_go_one_way_where_that_is_said_of_them(tags: dict[str, str], run: str) -> None:
    assert one_way(tags) == run


@pytest.mark.parametrize(
    ("tags", "word"),
    [
        ({"ladder": "yes"}, "ladder"),
        ({"highway": "ladder"}, "ladder"),
        ({"highway": "via_ferrata"}, "via_ferrata"),
        ({"via_ferrata_scale": "0"}, "via_ferrata"),
        ({"ford": "yes"}, "ford"),
        ({"ford": "stepping_stones"}, "stepping_stones"),
        ({"surface": "stepping_stones"}, "stepping_stones"),
        ({"ford": "no", "sac_scale": "hiking"}, "hiking"),
        ({"conveying": "yes"}, "conveyor"),
        ({"conveying": "forward"}, ""),
        ({"sac_scale": "T9"}, "t9"),
    ],
)
def test_what_a_way_asks_beyond_walking_is_named(tags: dict[str, str], word: str) -> None:
    assert footing(tags) == word


@pytest.mark.parametrize(
    ("tags", "barrier", "width_m"),
    [
        ({"barrier": "bollard", "width": "0.2"}, "bollard", None),
        ({"barrier": "bollard", "spacing": "1.4"}, "bollard", 1.4),
        ({"barrier": "cycle_barrier", "maxwidth:physical": "0.9", "spacing": "1.5"}, "cycle_barrier", 0.9),
        ({"barrier": "cycle_barrier", "opening": "1.2", "width": "2"}, "cycle_barrier", 1.2),
        ({"barrier": "gate", "width": "1"}, "gate", 1.0),
        ({"door": "hinged", "width": "0.9"}, "door", 0.9),
        ({"door": "no", "entrance": "yes"}, "", None),
        ({"barrier": "fence"}, "fence", None),
        ({"barrier": "entrance", "width": "0.6"}, "entrance", 0.6),
        ({"barrier": "entrance", "access": "private"}, "entrance", None),
        ({"highway": "elevator", "wheelchair": "no", "entrance": "yes"}, "elevator", None),
        ({"barrier": "entrance", "kerb": "flush"}, "", None),
        ({"ford": "yes", "highway": "crossing"}, "ford", None),
    ],
)
def test_the_gap_in_a_barrier_is_not_the_width_of_the_thing_itself(
    tags: dict[str, str], barrier: str, width_m: float | None
) -> None:
    mark = mark_of(tags)
    assert mark is not None
    assert (mark.barrier, mark.width_m) == (barrier, width_m)


def test_where_a_crossing_is_denied_nobody_crosses() -> None:
    mark = mark_of({"crossing": "no", "highway": "traffic_signals"})
    assert mark is not None
    assert (mark.is_crossing, mark.crossing) == (True, "no")


WAYS: list[tuple[str, tuple[str, str, str]]] = [
    # tags of a footway; the bounds in which the reference walker, a stroller and a rollator pass
    ("highway=footway", ("ocp", "ocp", "ocp")),
    ("highway=footway,wheelchair=no", ("ocp", "oc", "o")),
    ("highway=path,wheelchair=no,stroller=no", ("ocp", "o", "o")),
    ("highway=footway,foot=no,wheelchair=yes", ("", "", "")),
    ("highway=residential,motorroad=yes", ("", "", "")),
    ("highway=primary,motorroad=yes,foot=yes,sidewalk=both", ("ocp", "ocp", "ocp")),
    ("highway=footway,foot:conditional=no%20%@%20%(22:00-06:00)", ("oc", "oc", "oc")),
    ("highway=footway,tunnel=building_passage,opening_hours=Mo-Su%20%07:00-22:00", ("oc", "oc", "oc")),
    ("highway=steps,conveying=yes,step_count=40", ("oc", "", "")),
    ("highway=footway,conveying=yes", ("oc", "oc", "oc")),
    ("highway=path,ford=yes", ("o", "o", "o")),
    ("highway=path,sac_scale=mountain_hiking", ("ocp", "o", "o")),
    ("highway=service,access=customers", ("oc", "oc", "oc")),
    ("highway=service,access=employees", ("", "", "")),
    ("highway=service,access=emergency", ("", "", "")),
    ("highway=footway,width=2,maxwidth:physical=0.6", ("ocp", "", "")),
    ("highway=footway,maxwidth:physical=1.2", ("ocp", "ocp", "ocp")),
]


def bounds_of(path: Path) -> dict[str, tuple[str, ...]]:
    """The bounds in which each profile passes the ways of an extract, by way: `ocp`, `oc`, `o` or ``."""
    table, _ = read_osm_segments(path, path.name)
    _, edges = build_graph(table)
    ids = edges["source_id"].to_pylist()
    found = dict.fromkeys(ids, ())
    for name in ("referentie", "kinderwagen", "rollator"):
        costs = [edge_costs(edges, PROFILES[name], bound)["forward_m"].to_pylist() for bound in BOUNDS]
        for way, metres in zip(ids, zip(*costs, strict=True), strict=True):
            passed = "".join(bound[0] for bound, m in zip(BOUNDS, metres, strict=True) if m is not None)
            found[way] = (*found[way], passed)
    return found


@pytest.mark.parametrize(("tags", "bounds"), WAYS)
def test_a_way_is_walked_by_each_profile_in_these_bounds(
    extract: Extract, tags: str, bounds: tuple[str, str, str]
) -> None:
    path = extract("n1 x4.370 y52", "n2 x4.371 y52", f"w1 T{tags},surface=asphalt,smoothness=good Nn1,n2")
    assert bounds_of(path)["1"] == bounds


@pytest.mark.parametrize("driven", ["service", "cycleway", "living_street", "residential"])
@pytest.mark.parametrize(("said", "n_parts"), [("no", 2), ("unmarked", 1)])
def test_a_path_does_not_go_on_across_what_drives_where_a_crossing_is_denied(
    extract: Extract, driven: str, said: str, n_parts: int
) -> None:
    nodes = ["n1 x4.369 y52", f"n2 x4.370 y52 Thighway=crossing,crossing={said}", "n3 x4.371 y52"]
    along = ["n4 x4.370 y52.001", "n5 x4.370 y51.999"]
    path = extract(*nodes, *along, "w1 Thighway=path Nn1,n2,n3", f"w2 Thighway={driven} Nn4,n2,n5")
    _, edges = build_graph(read_osm_segments(path, path.name)[0])
    costs = edge_costs(edges, PROFILES["referentie"], "central")["forward_m"].to_pylist()
    ends = zip(edges["u"].to_pylist(), edges["v"].to_pylist(), costs, strict=True)
    walk = nx.Graph((u, v) for u, v, metres in ends if metres is not None)
    # The road itself is walked on, with the path on one side of it.
    assert nx.number_connected_components(walk) == n_parts


@pytest.mark.handed
def test_ways_of_one_tag_each_are_walked_by_who_may_and_can(handed: Path) -> None:
    found = bounds_of(handed / "streets" / "09-ways-one-tag-each.osm.pbf")
    assert not {"1003", "1004", "1005", "1024", "1025"} & found.keys()
    expected = {
        "1001": ("ocp", "oc", "o"),  # wheelchair=no
        "1002": ("ocp", "o", "o"),  # wheelchair=no, stroller=no
        "1006": ("", "", ""),  # foot=no, wheelchair=yes
        "1021": ("oc", "", ""),  # steps, conveying=yes
        "1023": ("ocp", "o", "o"),  # steps, wheelchair=yes
        "1029": ("", "", ""),  # motorroad=yes
        "1030": ("", "", ""),
        "1034": ("oc", "oc", "oc"),  # foot:conditional=no @ (22:00-06:00)
    }
    assert {way: found[way] for way in expected} == expected


def test_an_escalator_is_walked_along_its_run_only(extract: Extract) -> None:
    path = extract("n1 x4.370 y52", "n2 x4.371 y52", "w1 Thighway=steps,conveying=backward Nn1,n2")
    row = read_osm_segments(path, path.name)[0].to_pylist()[0]
    assert (row["u_key"], row["v_key"], row["oneway_foot"]) == (2, 1, True)


@pytest.mark.parametrize("tags", ["barrier=gate", "barrier=kerb,kerb=lowered", "highway=crossing"])
def test_what_is_said_of_wheels_on_a_node_stands_on_its_obstacle(extract: Extract, tags: str) -> None:
    nodes = [f"n{n} x{4.37 + n / 1000:.3f} y52" for n in (1, 3)]
    off = [f"n{n} x4.372 y{52 + (n - 9.5) / 1000:.4f}" for n in (9, 10)]
    node = f"n2 x4.372 y52 T{tags},wheelchair=no,stroller=yes"
    path = extract(
        nodes[0], node, nodes[1], *off, "w1 Thighway=residential Nn1,n2,n3", "w2 Thighway=footway Nn9,n2,n10"
    )
    said = {(row["wheelchair"], row["stroller"]) for row in read_osm_segments(path, path.name)[0].to_pylist()}
    assert said == {("", ""), ("no", "yes")}


@given(text=st.text(alphabet="0123456789:-;,()@ MoTuWeSaPHnoyes", max_size=40))
def test_no_text_breaks_the_reading_of_hours_and_conditions(text: str) -> None:
    assert is_open_at_noon(text) in {True, False, None}
    right = right_to_walk({"foot:conditional": text, "opening_hours": text})
    assert isinstance(right.is_part_time, bool)
