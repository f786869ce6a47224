"""Who may and can pass, profile by profile and bound by bound: rights, hindrances and what wheels are told."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.sources.osm_words import FOOTINGS, WHEELS
from pipelines.streets.costs import edge_costs
from pipelines.streets.graph import build_graph
from pipelines.streets.hindrances import SHIPPED_HINDRANCES, read_hindrances
from pipelines.streets.profiles import read_profiles
from pipelines.streets.rights import leads_to_customers_only
from pipelines.streets.unknowns import BOUNDS

Segments = Callable[..., pa.Table]
PROFILES = read_profiles()
ORDER = ("referentie", "kinderwagen", "rollator")
POINT = [(100_000, 400_000), (100_000, 400_000)]


def passes(segments: Segments, name: str, **facts: object) -> str:
    """The bounds in which a profile passes an edge with these facts, as letters: `ocp`, `oc`, `o` or ``."""
    _, edges = build_graph(segments(facts))
    costs = [edge_costs(edges, PROFILES[name], bound)["forward_m"][0].as_py() for bound in BOUNDS]
    return "".join(bound[0] for bound, metres in zip(BOUNDS, costs, strict=True) if metres is not None)


STRETCHES: list[tuple[dict[str, object], tuple[str, str, str]]] = [
    # facts of a stretch; the bounds in which the reference walker, a stroller and a rollator pass
    ({}, ("ocp", "ocp", "ocp")),
    ({"wheelchair": "no"}, ("ocp", "oc", "o")),
    ({"wheelchair": "limited"}, ("ocp", "ocp", "oc")),
    ({"wheelchair": "yes"}, ("ocp", "ocp", "ocp")),
    ({"wheelchair": "yes", "is_steps": True, "step_count": 12}, ("ocp", "o", "o")),
    ({"stroller": "yes", "is_steps": True, "step_count": 12}, ("ocp", "o", "o")),
    ({"wheelchair": "yes", "stroller": "no", "is_steps": True, "step_count": 12}, ("ocp", "", "o")),
    ({"wheelchair": "designated", "has_kerb": True, "kerb_height_m": 0.2}, ("ocp", "o", "o")),
    ({"wheelchair": "yes", "surface": "sand"}, ("ocp", "o", "o")),
    ({"wheelchair": "yes", "foot": "no"}, ("", "", "")),
    ({"wheelchair": "yes", "highway": "primary", "sidewalk": "no", "maxspeed_kmh": 80.0}, ("ocp", "ocp", "")),
    ({"stroller": "no"}, ("ocp", "o", "oc")),
    ({"stroller": "limited"}, ("ocp", "oc", "ocp")),
    ({"stroller": "no", "wheelchair": "no"}, ("ocp", "o", "o")),
    ({"stroller": "yes", "wheelchair": "no"}, ("ocp", "ocp", "o")),
    ({"is_part_time": True}, ("oc", "oc", "oc")),
    ({"is_part_time": True, "foot": "no"}, ("o", "o", "o")),
    ({"is_part_time": True, "highway": "corridor"}, ("o", "o", "o")),
    ({"is_part_time": True, "highway": "corridor", "foot": "yes"}, ("oc", "oc", "oc")),
    ({"footing": "ladder"}, ("o", "", "")),
    ({"highway": "ladder"}, ("o", "", "")),
    ({"footing": "via_ferrata"}, ("", "", "")),
    ({"highway": "via_ferrata"}, ("", "", "")),
    ({"footing": "ford"}, ("o", "o", "o")),
    ({"footing": "stepping_stones"}, ("ocp", "", "")),
    ({"footing": "conveyor"}, ("oc", "oc", "oc")),
    ({"footing": "hiking"}, ("ocp", "ocp", "ocp")),
    ({"footing": "mountain_hiking"}, ("ocp", "o", "o")),
    ({"footing": "demanding_mountain_hiking"}, ("oc", "", "")),
    ({"footing": "alpine_hiking"}, ("o", "", "")),
    ({"is_crossing": True, "crossing": "no", "kerb_height_m": 0.0}, ("", "", "")),
    ({"foot": "customers"}, ("oc", "oc", "oc")),
]
BARRIERS: list[tuple[dict[str, object], tuple[str, str, str]]] = [
    ({"barrier": "bollard"}, ("ocp", "oc", "oc")),
    ({"barrier": "bollard", "width_m": 1.5}, ("ocp", "ocp", "ocp")),
    ({"barrier": "bollard", "width_m": 0.5}, ("ocp", "", "")),
    ({"barrier": "cycle_barrier"}, ("ocp", "oc", "oc")),
    ({"barrier": "cycle_barrier", "wheelchair": "yes"}, ("ocp", "ocp", "ocp")),
    ({"barrier": "cycle_barrier", "wheelchair": "no"}, ("ocp", "oc", "o")),
    ({"barrier": "jersey_barrier"}, ("ocp", "oc", "oc")),
    ({"barrier": "block"}, ("ocp", "oc", "oc")),
    ({"barrier": "turnip"}, ("ocp", "oc", "oc")),
    ({"barrier": "height_restrictor"}, ("ocp", "ocp", "ocp")),
    ({"barrier": "entrance", "wheelchair": "no"}, ("ocp", "oc", "o")),
    ({"barrier": "entrance", "foot": "private"}, ("", "", "")),
    ({"barrier": "elevator", "is_part_time": True}, ("oc", "oc", "oc")),
    ({"barrier": "stile"}, ("ocp", "", "")),
    ({"barrier": "log"}, ("ocp", "", "")),
    ({"barrier": "kissing_gate", "wheelchair": "yes"}, ("ocp", "o", "o")),
    ({"barrier": "kissing_gate", "wheelchair": "designated", "width_m": 0.6}, ("ocp", "o", "o")),
    ({"barrier": "chain"}, ("ocp", "o", "o")),
    ({"barrier": "wall"}, ("o", "o", "o")),
    ({"barrier": "fence"}, ("o", "o", "o")),
    ({"barrier": "hedge", "foot": "yes"}, ("ocp", "o", "o")),
    ({"barrier": "debris"}, ("o", "o", "o")),
    ({"barrier": "ford"}, ("o", "o", "o")),
    ({"barrier": "door"}, ("oc", "oc", "oc")),
    ({"barrier": "door", "foot": "yes", "width_m": 0.9}, ("ocp", "ocp", "ocp")),
    ({"barrier": "gate", "foot": "yes", "is_part_time": True, "width_m": 0.9}, ("oc", "oc", "oc")),
]


@pytest.mark.parametrize(("facts", "bounds"), STRETCHES)
def test_a_stretch_lets_each_profile_pass_in_these_bounds(
    segments: Segments, facts: dict[str, object], bounds: tuple[str, str, str]
) -> None:
    known = {"width_m": 2.0, **facts}
    assert tuple(passes(segments, name, **known) for name in ORDER) == bounds


@pytest.mark.parametrize(("facts", "bounds"), BARRIERS)
def test_a_barrier_lets_each_profile_pass_in_these_bounds(
    segments: Segments, facts: dict[str, object], bounds: tuple[str, str, str]
) -> None:
    assert tuple(passes(segments, name, line=POINT, **facts) for name in ORDER) == bounds


def row_of(segments: Segments, *feet: str, loop: bool) -> list[bool]:
    """Streets in a row, or a loop, with these rights: which lead to customers only."""
    rows = [{"foot": foot, "u_key": n, "v_key": n + 1} for n, foot in enumerate(feet)]
    if loop:
        rows[-1]["v_key"] = 0
    _, edges = build_graph(segments(*rows))
    only = dict(zip(edges["u"].to_pylist(), leads_to_customers_only(edges).tolist(), strict=True))
    return list(only.values())


def test_a_dead_end_for_customers_is_walked_to_what_lies_along_it(segments: Segments) -> None:
    assert sum(row_of(segments, "", "customers", "customers", loop=False)) == 2


def test_a_way_for_customers_between_two_streets_is_no_way_through(segments: Segments) -> None:
    assert sum(row_of(segments, "", "customers", "", loop=False)) == 0
    assert sum(row_of(segments, "", "", "customers", "customers", loop=True)) == 0


FACTS = st.fixed_dictionaries(
    {
        "wheelchair": st.sampled_from(["", *WHEELS]),
        "stroller": st.sampled_from(["", *WHEELS]),
        "barrier": st.sampled_from(["", "gate", "bollard", "stile", "fence", "door"]),
        "footing": st.sampled_from(["", *FOOTINGS]),
        "width_m": st.none() | st.floats(0.1, 3),
        "foot": st.sampled_from(["", "yes", "no", "customers"]),
        "is_part_time": st.booleans(),
    }
)
WORSE: Mapping[str, str] = {"wheelchair": "no", "stroller": "no", "barrier": "fence"}


def open_edges(segments: Segments, rows: list[dict[str, object]]) -> dict[tuple[str, str], set[int]]:
    """The numbers of those stretches that are open, by profile and bound; each stands apart from the others."""
    apart = ({**row, "source_id": str(n), "u_key": 2 * n, "v_key": 2 * n + 1} for n, row in enumerate(rows))
    _, edges = build_graph(segments(*apart))
    numbers = edges["source_id"].to_pylist()
    found = {}
    for name, profile in PROFILES.items():
        for bound in BOUNDS:
            passed = edge_costs(edges, profile, bound)["forward_m"].is_valid().to_pylist()
            found[name, bound] = {int(number) for number, is_open in zip(numbers, passed, strict=True) if is_open}
    return found


@given(rows=st.lists(FACTS, min_size=10, max_size=40), fact=st.sampled_from(sorted(WORSE)))
@settings(max_examples=10)
def test_a_no_for_wheels_or_a_fence_opens_nothing(segments: Segments, rows: list[dict[str, object]], fact: str) -> None:
    unsaid = [{**row, fact: ""} for row in rows]
    before, after = open_edges(segments, unsaid), open_edges(segments, [{**row, fact: WORSE[fact]} for row in unsaid])
    assert all(after[case] <= before[case] for case in before)


@given(rows=st.lists(FACTS, min_size=10, max_size=40))
@settings(max_examples=10)
def test_what_passes_in_a_hard_bound_passes_in_a_kinder_one(segments: Segments, rows: list[dict[str, object]]) -> None:
    found = open_edges(segments, rows)
    for name in PROFILES:
        assert found[name, "pessimistic"] <= found[name, "central"] <= found[name, "optimistic"]
        assert all(found[name, bound] <= found["referentie", bound] for bound in BOUNDS)


def test_every_footing_is_judged_and_every_hindrance_has_a_source() -> None:
    hindrances = read_hindrances()
    assert set(FOOTINGS) <= {kind for one in hindrances.hindrances for kind in one.kinds}
    assert all(one.source and one.certainty for one in (*hindrances.hindrances, hindrances.signs))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"signs": {"own": {"no": "perhaps"}}}, r"signs\.own\.no"),
        ({"weather": 3}, "weather"),
        ({"hindrances": [{"kinds": ["wall", "wall"], "source": "x", "certainty": "low"}]}, "wall: named twice"),
    ],
)
def test_a_wrong_hindrance_is_an_error_that_names_its_place(
    tmp_path: Path, change: dict[str, object], word: str
) -> None:
    file = tmp_path / "hindrances.yaml"
    content = {**yaml.safe_load(SHIPPED_HINDRANCES.read_text(encoding="utf-8")), **change}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(InputError, match=word):
        read_hindrances(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_hindrances(tmp_path / "none.yaml")
