from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.streets.contracts import COSTS
from pipelines.streets.costs import costs_of, edge_costs
from pipelines.streets.graph import build_graph
from pipelines.streets.profiles import read_profiles
from pipelines.streets.rights import CUSTOMERS, NEVER_WALKED, NO_RIGHT, WALKED_BY_RIGHT
from pipelines.streets.unknowns import BOUNDS, Bound, read_unknowns

Segments = Callable[..., pa.Table]
SPEED = {"referentie": 1.33, "kinderwagen": 1.20, "kinderwagen_peuter": 0.88, "rollator": 0.75}
WHEELS = ("kinderwagen", "kinderwagen_peuter", "rollator")
NAMES = tuple(SPEED)
SHIPPED = read_profiles()
UNKNOWNS = read_unknowns()


def cost(segments: Segments, profile: str, bound: Bound = "central", **facts: object) -> dict[str, object]:
    """Cost of one edge of 100 m with these facts; the line runs east, from u to v."""
    _, edges = build_graph(segments(facts))
    costs = edge_costs(edges, SHIPPED[profile], bound, UNKNOWNS)
    assert violations(costs, COSTS) == ()
    row: dict[str, object] = costs.to_pylist()[0]
    return row


def extra_s(segments: Segments, profile: str, bound: Bound = "central", **facts: object) -> float:
    seconds = cost(segments, profile, bound, **facts)["forward_s"]
    assert isinstance(seconds, float)
    return seconds - 100 / SPEED[profile]


@pytest.mark.parametrize("profile", NAMES)
def test_a_plain_stretch_costs_its_length_at_the_speed_of_the_profile(segments: Segments, profile: str) -> None:
    row = cost(segments, profile)
    assert row["forward_m"] == row["backward_m"] == 100.0
    assert row["forward_s"] == row["backward_s"] == pytest.approx(100 / SPEED[profile])
    assert row["barrier"] == ""


@pytest.mark.parametrize("profile", NAMES)
@pytest.mark.parametrize("highway", ["cycleway", "residential", "path", "steps_not", "", "road", "service"])
def test_cycleways_and_streets_of_any_name_are_walkable(segments: Segments, profile: str, highway: str) -> None:
    assert cost(segments, profile, highway=highway)["forward_m"] == 100.0


@pytest.mark.parametrize("highway", NEVER_WALKED)
def test_nobody_walks_motorways_or_what_is_not_built(segments: Segments, highway: str) -> None:
    row = cost(segments, "referentie", highway=highway, foot="yes")
    assert (row["forward_m"], row["backward_s"], row["barrier"]) == (None, None, "highway")


@pytest.mark.parametrize("highway", WALKED_BY_RIGHT)
def test_platforms_corridors_and_trunk_roads_need_an_explicit_right(segments: Segments, highway: str) -> None:
    assert cost(segments, "referentie", highway=highway)["barrier"] == "highway"
    assert cost(segments, "referentie", highway=highway, foot="designated")["forward_m"] == 100.0


@pytest.mark.parametrize("foot", sorted({*NO_RIGHT} - {CUSTOMERS}))
def test_without_a_right_to_walk_nobody_passes(segments: Segments, foot: str) -> None:
    row = cost(segments, "referentie", foot=foot)
    assert (row["forward_m"], row["barrier"]) == (None, "access")


@pytest.mark.parametrize("foot", ["", "yes", "permissive", "destination", "discouraged", "dismount"])
def test_other_rights_let_walkers_pass(segments: Segments, foot: str) -> None:
    assert cost(segments, "rollator", foot=foot)["forward_m"] == 100.0


@pytest.mark.parametrize("facts", [{"is_steps": True}, {"highway": "steps"}])
def test_steps_stop_a_rollator_and_not_the_reference(segments: Segments, facts: dict[str, object]) -> None:
    assert cost(segments, "rollator", **facts, step_count=1)["barrier"] == "steps"
    assert cost(segments, "rollator", **facts, step_count=0)["barrier"] == "steps"
    assert cost(segments, "rollator", **facts)["barrier"] == "steps"
    assert extra_s(segments, "referentie", **facts) == pytest.approx(0)


@pytest.mark.parametrize("profile", NAMES)
def test_only_a_wheelchair_ramp_opens_steps(segments: Segments, profile: str) -> None:
    steps = {"is_steps": True, "highway": "steps", "step_count": 20}
    assert extra_s(segments, profile, **steps, ramp_wheelchair="yes") == pytest.approx(0)
    if profile != "referentie":
        for other in ("", "no", "separate", "limited"):
            assert cost(segments, profile, **steps, ramp_wheelchair=other)["barrier"] == "steps"


def test_a_ramp_for_strollers_opens_steps_to_strollers_only(segments: Segments) -> None:
    steps = {"is_steps": True, "step_count": 20, "ramp_stroller": "yes"}
    assert extra_s(segments, "kinderwagen", **steps) == pytest.approx(0)
    assert cost(segments, "rollator", **steps)["barrier"] == "steps"


@pytest.mark.parametrize(("count", "seconds"), [(1, 65.0), (3, 75.0)])
def test_a_stroller_is_lifted_over_up_to_three_steps(segments: Segments, count: int, seconds: float) -> None:
    assert extra_s(segments, "kinderwagen", is_steps=True, step_count=count) == pytest.approx(seconds)


@pytest.mark.parametrize("count", [4, 30, None])
def test_more_than_three_steps_or_an_unknown_number_stop_a_stroller(segments: Segments, count: int | None) -> None:
    assert cost(segments, "kinderwagen", is_steps=True, step_count=count)["barrier"] == "steps"


@pytest.mark.parametrize(
    ("profile", "height_m", "seconds"),
    [
        ("rollator", None, 0.0),
        ("rollator", 0.03, 0.0),
        ("rollator", 0.031, 10.0),
        ("rollator", 0.06, 10.0),
        ("rollator", 0.061, None),
        ("kinderwagen", 0.06, 0.0),
        ("kinderwagen", 0.061, 8.0),
        ("kinderwagen", 0.12, 8.0),
        ("kinderwagen", 0.121, None),
        ("referentie", 0.3, 0.0),
    ],
)
def test_kerbs_are_free_penalised_or_forbidden_by_height(
    segments: Segments, profile: str, height_m: float | None, seconds: float | None
) -> None:
    if seconds is None:
        assert cost(segments, profile, kerb_height_m=height_m)["barrier"] == "kerb"
    else:
        assert extra_s(segments, profile, kerb_height_m=height_m) == pytest.approx(seconds)


@pytest.mark.parametrize("barrier", ["stile", "turnstile", "kissing_gate"])
def test_stiles_and_turnstiles_stop_wheels_only(segments: Segments, barrier: str) -> None:
    assert cost(segments, "rollator", barrier=barrier)["barrier"] == "barrier"
    assert cost(segments, "kinderwagen", barrier=barrier)["barrier"] == "barrier"
    assert cost(segments, "referentie", barrier=barrier)["barrier"] == ""


def test_a_gate_takes_five_seconds_and_an_unknown_barrier_none(segments: Segments) -> None:
    assert extra_s(segments, "rollator", barrier="gate") == pytest.approx(5)
    assert extra_s(segments, "rollator", barrier="bollard") == pytest.approx(0)


@pytest.mark.parametrize(
    ("profile", "width_m", "factor"),
    [
        ("rollator", 0.90, 1.0),
        ("rollator", 0.89, 1.3),
        ("rollator", 0.80, 1.3),
        ("rollator", 0.79, None),
        ("kinderwagen", 0.80, 1.0),
        ("kinderwagen", 0.79, None),
        ("referentie", 0.3, 1.0),
        ("rollator", None, 1.0),
    ],
)
def test_narrow_stretches_slow_or_stop_wheels(
    segments: Segments, profile: str, width_m: float | None, factor: float | None
) -> None:
    row = cost(segments, profile, width_m=width_m)
    if factor is None:
        assert (row["forward_m"], row["barrier"]) == (None, "width")
    else:
        assert row["forward_s"] == pytest.approx(100 / SPEED[profile] * factor)


@pytest.mark.parametrize(
    ("profile", "surface", "factor"),
    [
        ("rollator", "asphalt", 1.0),
        ("rollator", "paving_stones", 1.05),
        ("rollator", "sett", 1.4),
        ("rollator", "gravel", 1.5),
        ("rollator", "grass", None),
        ("rollator", "sand", None),
        ("kinderwagen", "sett", 1.15),
        ("kinderwagen", "gravel", 1.2),
        ("kinderwagen", "sand", None),
        ("referentie", "sand", 1.0),
    ],
)
def test_rough_surfaces_slow_or_stop_wheels(
    segments: Segments, profile: str, surface: str, factor: float | None
) -> None:
    row = cost(segments, profile, surface=surface)
    if factor is None:
        assert (row["backward_m"], row["barrier"]) == (None, "surface")
    else:
        assert row["forward_s"] == pytest.approx(100 / SPEED[profile] * factor)
        assert row["forward_m"] == 100.0


@pytest.mark.parametrize(
    ("incline_pct", "up", "down"),
    [(4.0, 1.0, 1.0), (5.0, 1.3, 1.2), (6.0, 1.3, 1.2), (7.0, 2.0, 2.0), (8.3, 2.0, 2.0)],
)
def test_a_slope_is_slower_up_than_down(segments: Segments, incline_pct: float, up: float, down: float) -> None:
    rising = cost(segments, "rollator", incline_pct=incline_pct)
    falling = cost(segments, "rollator", incline_pct=-incline_pct)
    assert rising["forward_s"] == falling["backward_s"] == pytest.approx(100 / 0.75 * up)
    assert rising["backward_s"] == falling["forward_s"] == pytest.approx(100 / 0.75 * down)


def test_a_steep_slope_stops_a_rollator_both_ways(segments: Segments) -> None:
    row = cost(segments, "rollator", incline_pct=-8.4)
    assert (row["forward_m"], row["backward_m"], row["barrier"]) == (None, None, "incline")
    assert cost(segments, "kinderwagen", incline_pct=8.4)["forward_s"] == pytest.approx(100 / 1.2 * 1.3)


def test_a_oneway_for_walkers_forbids_the_way_back_only(segments: Segments) -> None:
    row = cost(segments, "referentie", oneway_foot=True)
    assert (row["forward_m"], row["backward_m"], row["backward_s"]) == (100.0, None, None)
    assert row["barrier"] == "oneway"


def test_the_first_barrier_is_named(segments: Segments) -> None:
    row = cost(segments, "rollator", foot="no", is_steps=True, kerb_height_m=0.2, highway="motorway")
    assert row["barrier"] == "highway"
    assert cost(segments, "rollator", is_steps=True, kerb_height_m=0.2)["barrier"] == "steps"


def test_a_forbidden_stretch_of_zero_length_is_forbidden(segments: Segments) -> None:
    point = [(100_000, 400_000), (100_000, 400_000)]
    assert cost(segments, "rollator", line=point, kerb_height_m=0.2)["forward_s"] is None
    assert cost(segments, "rollator", line=point, kerb_height_m=0.05)["forward_s"] == 10.0


@pytest.mark.parametrize(
    ("profile", "smoothness", "factor"),
    [
        ("rollator", "good", 1.0),
        ("rollator", "intermediate", 1.15),
        ("rollator", "bad", 1.5),
        ("rollator", "very_bad", None),
        ("kinderwagen", "bad", 1.2),
        ("kinderwagen", "very_bad", 1.6),
        ("kinderwagen", "horrible", None),
        ("referentie", "horrible", 1.0),
    ],
)
def test_bumps_slow_or_stop_wheels(segments: Segments, profile: str, smoothness: str, factor: float | None) -> None:
    row = cost(segments, profile, surface="", smoothness=smoothness)
    if factor is None:
        assert (row["forward_m"], row["barrier"]) == (None, "surface")
    else:
        assert row["forward_s"] == pytest.approx(100 / SPEED[profile] * factor)


def test_of_surface_and_smoothness_the_worse_counts_once(segments: Segments) -> None:
    assert cost(segments, "rollator", surface="sett", smoothness="good")["forward_s"] == pytest.approx(100 / 0.75 * 1.4)
    assert cost(segments, "rollator", surface="sett", smoothness="bad")["forward_s"] == pytest.approx(100 / 0.75 * 1.5)


@pytest.mark.parametrize(
    ("profile", "facts", "factor"),
    [
        ("rollator", {"sidewalk": "no", "maxspeed_kmh": 30.0}, 1.1),
        ("rollator", {"sidewalk": "no", "maxspeed_kmh": 50.0}, None),
        ("rollator", {"sidewalk": "both", "maxspeed_kmh": 50.0}, 1.0),
        ("rollator", {"sidewalk": "separate", "maxspeed_kmh": 80.0}, 1.0),
        ("rollator", {"sidewalk": "no", "highway": "tertiary"}, None),
        ("rollator", {"highway": "living_street"}, 1.1),
        ("rollator", {"highway": "unclassified"}, 1.1),
        ("rollator", {}, 1.0),
        ("kinderwagen", {"sidewalk": "no", "maxspeed_kmh": 50.0}, 1.3),
        ("referentie", {"sidewalk": "no", "maxspeed_kmh": 80.0}, 1.0),
        ("rollator", {"sidewalk": "no", "maxspeed_kmh": 80.0, "highway": "cycleway"}, 1.0),
    ],
)
def test_a_road_without_a_sidewalk_slows_or_stops_wheels(
    segments: Segments, profile: str, facts: dict[str, object], factor: float | None
) -> None:
    row = cost(segments, profile, **{"highway": "residential", **facts})
    if factor is None:
        assert (row["forward_m"], row["barrier"]) == (None, "road")
    else:
        assert row["forward_s"] == pytest.approx(100 / SPEED[profile] * factor)


@pytest.mark.parametrize(
    ("profile", "crossing", "crossed", "seconds"),
    [
        ("referentie", "signals", "primary", 20),
        ("kinderwagen", "signals", "residential", 20),
        ("rollator", "signals", "primary", 26),
        ("rollator", "marked", "primary", 6),
        ("rollator", "island", "secondary", 6),
        ("rollator", "none", "secondary", 66),
        ("rollator", "none", "tertiary", 6),
        ("kinderwagen", "none", "primary", 0),
        ("rollator", "", "primary", 66),
        ("rollator", "", "residential", 6),
    ],
)
def test_a_crossing_costs_its_wait(
    segments: Segments, profile: str, crossing: str, crossed: str, seconds: float
) -> None:
    facts = {"is_crossing": True, "kerb_height_m": 0.0, "crossing": crossing, "crossed_highway": crossed}
    assert extra_s(segments, profile, **facts) == pytest.approx(seconds)
    assert extra_s(segments, profile, **{**facts, "is_crossing": False}) == pytest.approx(0)


UNKNOWN_CASES: list[tuple[str, dict[str, object], tuple[float | None, float | None, float | None]]] = [
    # profile, facts, factor on time in the optimistic, central and pessimistic bound (None: forbidden)
    ("rollator", {"surface": ""}, (1.0, 1.05, 1.5)),
    ("rollator", {"surface": "", "highway": "track"}, (1.0, 1.5, 1.5)),
    ("rollator", {"surface": "", "highway": "track", "tracktype": "grade5"}, (1.0, 1.5, 1.5)),
    ("rollator", {"surface": "lava"}, (1.0, 1.05, 1.5)),
    ("kinderwagen", {"surface": ""}, (1.0, 1.05, 1.6)),
    ("rollator", {"highway": "residential", "width_m": 2.0}, (1.0, 1.0, 1.1)),
    ("rollator", {"highway": "residential", "sidewalk": "no", "width_m": 2.0}, (1.1, 1.1, None)),
    ("rollator", {"may_slope": True, "width_m": 2.0}, (1.0, 1.0, 2.0)),
    ("referentie", {"surface": "", "may_slope": True}, (1.0, 1.0, 1.0)),
    ("rollator", {"is_steps": True, "ramp_wheelchair": "unknown", "width_m": 2.0}, (1.0, None, None)),
    ("rollator", {"is_steps": True, "step_count": 1, "width_m": 2.0}, (None, None, None)),
    ("rollator", {"has_kerb": True, "width_m": 2.0}, (1.0, 1.075, None)),
    ("kinderwagen", {"has_kerb": True, "width_m": 2.0}, (1.0, 1.0, None)),
    ("rollator", {"is_crossing": True, "crossing": "marked", "width_m": 2.0}, (1.045, 1.045, None)),
    ("referentie", {"is_crossing": True, "crossing": "marked"}, (1.0, 1.0, 1.0)),
    ("referentie", {"highway": "platform"}, (1.0, None, None)),
    ("referentie", {"barrier": "gate"}, (1.0, 1.0, None)),
    ("referentie", {"barrier": "gate", "foot": "yes"}, (1.0, 1.0, 1.0)),
]


@pytest.mark.parametrize(("profile", "facts", "factors"), UNKNOWN_CASES)
def test_what_is_not_known_passes_is_guessed_or_costs_the_worst(
    segments: Segments,
    profile: str,
    facts: dict[str, object],
    factors: tuple[float | None, float | None, float | None],
) -> None:
    base = {"width_m": 2.0, **facts} if profile == "rollator" else facts
    for bound, factor in zip(BOUNDS, factors, strict=True):
        seconds = cost(segments, profile, bound, **base)["forward_s"]
        expected = None if factor is None else pytest.approx(100 / SPEED[profile] * factor)
        assert seconds == expected, bound


def test_an_unknown_width_costs_the_worst_admissible_in_the_pessimistic_bound(segments: Segments) -> None:
    seconds = [cost(segments, "rollator", bound)["forward_s"] for bound in BOUNDS]
    assert seconds == [pytest.approx(100 / 0.75 * factor) for factor in (1.0, 1.0, 1.3)]


def test_a_stroller_is_lifted_over_uncounted_steps_in_the_optimistic_bound_only(segments: Segments) -> None:
    steps = {"is_steps": True, "width_m": 2.0}
    assert extra_s(segments, "kinderwagen", "optimistic", **steps) == pytest.approx(65)
    assert cost(segments, "kinderwagen", "central", **steps)["barrier"] == "steps"


def test_all_profiles_and_bounds_stand_in_one_table(segments: Segments) -> None:
    _, edges = build_graph(segments({}, {"surface": ""}))
    costs = costs_of(edges, SHIPPED)
    assert violations(costs, COSTS) == ()
    assert len(costs) == 2 * len(SHIPPED) * 3


FACTS = st.fixed_dictionaries(
    {
        "highway": st.sampled_from(
            [
                "footway",
                "steps",
                "trunk",
                "cycleway",
                "",
                "platform",
                "residential",
                "primary",
                "track",
                "living_street",
            ]
        ),
        "foot": st.sampled_from(["", "yes", "no", "private", "customers"]),
        "is_part_time": st.booleans(),
        "wheelchair": st.sampled_from(["", "yes", "limited", "no"]),
        "stroller": st.sampled_from(["", "yes", "limited", "no"]),
        "footing": st.sampled_from(["", "ladder", "ford", "stepping_stones", "conveyor", "hiking", "alpine_hiking"]),
        "has_kerb": st.booleans(),
        "kerb_height_m": st.none() | st.floats(0, 0.3),
        "is_crossing": st.booleans(),
        "crossing": st.sampled_from(["", "signals", "marked", "island", "none", "no"]),
        "crossed_highway": st.sampled_from(["", "primary", "residential"]),
        "is_steps": st.booleans(),
        "ramp_wheelchair": st.sampled_from(["", "yes", "no", "unknown"]),
        "ramp_stroller": st.sampled_from(["", "yes", "no", "unknown"]),
        "step_count": st.none() | st.integers(0, 40),
        "barrier": st.sampled_from(["", "gate", "stile", "bollard", "fence", "chain", "turnip"]),
        "oneway_foot": st.booleans(),
        "surface": st.sampled_from(["", "asphalt", "sett", "sand", "lava"]),
        "smoothness": st.sampled_from(["", "good", "bad", "horrible", "bumpy"]),
        "tracktype": st.sampled_from(["", "grade1", "grade5", "grade9"]),
        "incline_pct": st.none() | st.floats(-20, 20),
        "may_slope": st.booleans(),
        "width_m": st.none() | st.floats(0, 5),
        "sidewalk": st.sampled_from(["", "yes", "no", "separate"]),
        "maxspeed_kmh": st.none() | st.floats(0, 120),
    }
)


@given(facts=FACTS)
def test_no_fact_lets_a_profile_walk_faster_or_another_number_of_metres(
    segments: Segments, facts: dict[str, object]
) -> None:
    rows = {name: cost(segments, name, **facts) for name in NAMES}
    for name, row in rows.items():
        for way in ("forward", "backward"):
            metres, seconds = row[f"{way}_m"], row[f"{way}_s"]
            assert (metres is None) == (seconds is None)
            assert metres in (None, 100.0)
            assert seconds is None or seconds >= 100 / SPEED[name] - 1e-9  # type: ignore[operator]
        assert (row["barrier"] != "") == (row["forward_m"] is None or row["backward_m"] is None)
    # What the reference may not walk, no one on wheels may.
    for name in WHEELS:
        for way in ("forward_m", "backward_m"):
            assert rows["referentie"][way] is not None or rows[name][way] is None


@given(facts=st.lists(FACTS, min_size=1, max_size=8))
def test_knowing_less_opens_less_and_costs_more_from_optimistic_to_pessimistic(
    segments: Segments, facts: list[dict[str, object]]
) -> None:
    _, edges = build_graph(segments(*facts))
    for profile in SHIPPED.values():
        rows = [edge_costs(edges, profile, bound, UNKNOWNS).to_pylist() for bound in BOUNDS]
        for kinder, harder in zip([*rows[0], *rows[1]], [*rows[1], *rows[2]], strict=True):
            for way in ("forward_s", "backward_s"):
                if harder[way] is not None:
                    assert kinder[way] is not None
                    assert kinder[way] <= harder[way] + 1e-9


ANSWERS: dict[str, list[object]] = {
    "surface": ["asphalt", "gravel", "sand"],
    "width_m": [0.5, 0.85, 2.0],
    "kerb_height_m": [0.0, 0.05, 0.2],
    "sidewalk": ["yes", "no"],
    "crossing": ["signals", "none"],
}


@given(facts=FACTS, fact=st.sampled_from(sorted(ANSWERS)), data=st.data())
def test_learning_a_fact_never_gets_under_the_optimistic_seconds(
    segments: Segments, facts: dict[str, object], fact: str, data: st.DataObject
) -> None:
    unknown = {**facts, fact: "" if isinstance(ANSWERS[fact][0], str) else None, "smoothness": ""}
    known = {**unknown, fact: data.draw(st.sampled_from(ANSWERS[fact]))}
    for name in NAMES:
        before, after = (cost(segments, name, "optimistic", **which) for which in (unknown, known))
        assert after["forward_s"] is None or before["forward_s"] <= after["forward_s"] + 1e-9  # type: ignore[operator]
