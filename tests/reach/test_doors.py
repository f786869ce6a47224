"""Which doors a profile comes in by."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.places.contracts import DOORS, REGISTER
from pipelines.reach.doors import DoorFacts, door_facts, is_open, judged_doors
from pipelines.sources.place_kinds import known_kinds
from pipelines.streets.profiles import Profile, read_profiles
from pipelines.streets.unknowns import BOUNDS

PROFILES = read_profiles()
Fact = tuple[str, float | None, float | None, float | None]


def facts_of(*doors: Fact, outdoors: bool = False) -> DoorFacts:
    wheelchair, steps, kerbs, widths = zip(*doors, strict=True)
    return DoorFacts(
        np.array(wheelchair, dtype=np.object_),
        *(np.array(values, dtype=np.float64) for values in (steps, kerbs, widths)),
        np.full(len(doors), outdoors),
    )


def judge(profile: str, *fact: Fact, outdoors: bool = False) -> list[str]:
    return list(judged_doors(facts_of(*fact, outdoors=outdoors), PROFILES[profile]))


@pytest.mark.parametrize(
    ("fact", "rollator", "kinderwagen"),
    [
        (("", None, None, None), "unknown", "unknown"),
        (("limited", None, None, None), "unknown", "unknown"),
        (("yes", None, None, None), "yes", "yes"),
        (("no", None, None, None), "no", "unknown"),
        (("", 0, 0.0, 1.0), "yes", "yes"),
        (("no", 0, 0.0, 1.0), "yes", "yes"),
        (("", 0, 0.0, None), "unknown", "unknown"),
        (("", 1, None, None), "no", "unknown"),
        (("", 3, 0.0, 1.0), "no", "yes"),
        (("", 4, 0.0, 1.0), "no", "no"),
        (("no", 2, None, None), "no", "unknown"),
        (("", None, 0.06, None), "unknown", "unknown"),
        (("", None, 0.07, None), "no", "unknown"),
        (("", None, 0.13, None), "no", "no"),
        (("", None, None, 0.80), "unknown", "unknown"),
        (("", None, None, 0.79), "no", "no"),
        (("yes", None, None, 0.79), "no", "no"),
        (("yes", 1, None, None), "no", "yes"),
        (("limited", 0, 0.03, 0.85), "yes", "yes"),
    ],
)
def test_a_door_by_hand(fact: Fact, rollator: str, kinderwagen: str) -> None:
    assert judge("rollator", fact) == [rollator]
    assert judge("kinderwagen", fact) == [kinderwagen]


def test_who_has_no_aid_comes_in_everywhere() -> None:
    everything = list(product(("", "yes", "limited", "no"), (None, 0, 20), (None, 0.0, 0.5), (None, 0.4, 2.0)))
    assert set(judge("referentie", *everything)) == {"yes"}


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_out_of_doors_there_is_no_door_unless_something_is_said_of_it(profile: str) -> None:
    assert judge(profile, ("", None, None, None), outdoors=True) == ["yes"]
    for fact in (("no", None, None, None), ("limited", None, None, None), ("", 9, None, None), ("", None, None, 0.5)):
        assert judge(profile, fact, outdoors=True) == judge(profile, fact)


def test_no_doors_give_no_judgements() -> None:
    empty = np.empty(0)
    nothing = DoorFacts(empty.astype(np.object_), empty, empty, empty, empty.astype(np.bool_))
    assert len(judged_doors(nothing, PROFILES["rollator"])) == 0


def _by_hand(fact: Fact, profile: Profile) -> str:
    """Judge one door by plain reading of the rules."""
    wheelchair, steps, kerb_m, width_m = fact
    most = profile.steps.at_most.central if profile.steps.at_most else None
    narrowest = (
        max((b.below_m[1] for b in profile.width.bands if b.factor is None), default=None) if profile.width else None
    )
    limits = []
    if most is not None:
        limits.append(None if steps is None else steps <= most)
    if profile.kerb is not None:
        limits.append(None if kerb_m is None else kerb_m <= profile.kerb.limit_m.central)
    if narrowest is not None:
        limits.append(None if width_m is None else width_m >= narrowest)
    if False in limits:
        return "no"
    if wheelchair == "yes" or None not in limits:
        return "yes"
    return "no" if wheelchair == "no" and most == 0 else "unknown"


FACT = st.tuples(
    st.sampled_from(["", "yes", "limited", "no"]),
    st.none() | st.integers(0, 5),
    st.none() | st.sampled_from([0.0, 0.03, 0.06, 0.061, 0.12, 0.121, 0.3]),
    st.none() | st.sampled_from([0.5, 0.79, 0.8, 0.81, 0.9, 1.2]),
)


@given(st.lists(FACT, min_size=1, max_size=8), st.sampled_from(sorted(PROFILES)))
def test_every_door_is_judged_as_by_plain_reading_of_the_rules(facts: list[Fact], profile: str) -> None:
    assert judge(profile, *facts) == [_by_hand(fact, PROFILES[profile]) for fact in facts]


@given(FACT, st.sampled_from(sorted(PROFILES)), st.data())
def test_a_lower_kerb_fewer_steps_and_a_wider_door_shut_nobody_out(
    fact: Fact, profile: str, draw: st.DataObject
) -> None:
    wheelchair, steps, kerb_m, width_m = fact
    ease = draw.draw(st.floats(0, 1))
    easier = (
        wheelchair,
        None if steps is None else int(steps * ease),
        None if kerb_m is None else kerb_m * ease,
        None if width_m is None else width_m + ease,
    )
    order = ("no", "unknown", "yes")
    assert order.index(judge(profile, easier)[0]) >= order.index(judge(profile, fact)[0])


def test_an_unknown_door_is_open_unless_one_is_pessimistic() -> None:
    attachments = pa.table({"door": list(DOORS)})
    found = {bound: is_open(attachments, bound).tolist() for bound in BOUNDS}
    assert found["optimistic"] == found["central"] == [door != "no" for door in DOORS]
    assert found["pessimistic"] == [door == "yes" for door in DOORS]


def register(*doors: Sequence[Fact] | None, kind: str = "school") -> pa.Table:
    """Give the columns of doors of `places/register`: one row per place, with any number of doors."""
    names = ("door_wheelchair", "door_step_count", "door_kerb_height_m", "door_width_m")
    rows = [
        {"place_kind": kind}
        | {name: None if place is None else [door[n] for door in place] for n, name in enumerate(names)}
        for place in doors
    ]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([REGISTER.schema.field(name) for name in ("place_kind", *names)])
    )


def test_each_access_point_has_the_facts_of_its_own_door() -> None:
    first, second, third = ("yes", 0, 0.1, 1.0), ("no", 2, None, 0.8), ("", None, None, None)
    table = register([first, second], None, [], [third], [second])
    found = door_facts(table, np.array([0, 0, 0, 1, 2, 3, 4]), np.array([0, 1, 2, 0, 0, 0, 0]))
    assert found.wheelchair.tolist() == ["yes", "no", "", "", "", "", "no"]
    expected = [1.0, 0.8, np.nan, np.nan, np.nan, np.nan, 0.8]
    np.testing.assert_array_equal(found.width_m, expected)
    np.testing.assert_array_equal(found.step_count, [0, 2, *[np.nan] * 4, 2])
    np.testing.assert_array_equal(found.kerb_height_m, [0.1, *[np.nan] * 6])
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    again = door_facts(chunked, np.array([0, 4]), np.array([1, 0]))
    assert again.step_count.tolist() == [2, 2]


@pytest.mark.parametrize("kind", known_kinds())
def test_only_kinds_out_of_doors_may_lack_a_door(kind: str) -> None:
    rows = np.zeros(1, np.int64)
    found = door_facts(register([("", None, None, None)], kind=kind), rows, rows)
    assert found.may_lack_door.tolist() == [kind in {"speelplek", "sport", "buurttuin", "bankjesplein"}]


def test_a_register_without_places_has_no_doors() -> None:
    none = np.empty(0, np.int64)
    assert len(door_facts(register(), none, none).wheelchair) == 0
