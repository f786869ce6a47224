"""Gaps between groups: only of areas, and of wijken that are left, where every group can be told of by itself."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.protection.survey_groups import LEFT, Scored, ToldGroups, chosen_areas, following, told_groups

FIRST = ("gemeente", "G1")
Sizes = Mapping[str, tuple[int, int]]


def answers(
    sizes: Sizes, score: Any = lambda number: float(number % 11), unknown: int = 0, middle: int = 0
) -> pa.Table:
    """Respondents of wijken of one gemeente: so many under 35 and so many of 65 or older in each."""
    rows = []
    for wijk, (young, old) in sizes.items():
        ages = [30] * young + [70] * old + [50] * middle + [None] * unknown
        rows += [{"wijk_code": wijk, "age": age, "score": score(number)} for number, age in enumerate(ages)]
    same = {"question": "m1", "category": None, "buurt_code": "", "gemeente_code": "G1", "pc4": "", "household": ""}
    return pa.Table.from_pylist([same | {"weight": 1.0} | row for row in rows])


def told(table: pa.Table, *earlier: pa.Table) -> ToldGroups:
    (found,) = told_groups(2024, table, ["m1"], earlier)
    return found


def areas(found: ToldGroups) -> set[str]:
    return set(found.told["area_code"].to_pylist())


def groups(found: ToldGroups) -> set[str]:
    return set(found.told["category"].to_pylist()) - {LEFT}


def test_groups_of_an_area_are_told_all_or_none() -> None:
    assert areas(told(answers({"W1": (60, 29), "W2": (60, 60)}, middle=40))) == {"G1"}
    found = told(answers({"W1": (60, 30)}, middle=40))
    assert (areas(found), groups(found)) == ({"W1", "G1"}, {"0-34", "35-64", "65+"})


def test_a_group_that_nobody_is_of_is_not_told_of_at_all() -> None:
    found = told(answers({"W1": (60, 40), "W2": (60, 0)}, middle=0))
    assert "35-64" not in groups(found)


def test_a_wijk_that_is_left_alone_with_a_small_group_is_never_left_alone() -> None:
    # W2 has 5 old respondents: of the gemeente less W1 and W3 their mean would follow.
    found = told(answers({"W1": (60, 60), "W2": (60, 5), "W3": (80, 80)}))
    assert areas(found) == {"G1", "W3"}
    assert found.hidden == 2
    assert found.is_safe


def test_who_is_of_no_known_group_is_left_with_the_largest_one_which_is_not_told_of() -> None:
    found = told(answers({"W1": (60, 50)}, unknown=3))
    assert (areas(found), groups(found)) == ({"W1", "G1"}, {"65+"})
    assert found.told.filter(pc.field("category") == LEFT)["respondents"].to_pylist() == [63.0, 63.0]


def test_a_rare_group_is_left_with_the_largest_one_and_hinders_no_area() -> None:
    words = ["samen"] * 60 + ["alleen"] * 50 + ["met ouders"] * 40 + ["anders"] * 4
    table = answers({"W1": (100, 54)}).drop_columns(["age", "household"])
    table = table.append_column("age", pa.nulls(154, pa.int64())).append_column("household", pa.array(words))
    found = told(table)
    assert (areas(found), groups(found)) == ({"W1", "G1"}, {"alleen", "met ouders"})


def test_of_two_groups_the_smaller_tells_of_both() -> None:
    households = answers({"W1": (60, 50)}).drop_columns(["age", "household"])
    words = ["samen"] * 60 + ["alleen"] * 50
    table = households.append_column("age", pa.nulls(110, pa.int64())).append_column("household", pa.array(words))
    assert groups(told(table)) == {"alleen"}


def test_the_groups_of_an_earlier_release_stay_those_that_are_told() -> None:
    # With others left besides, two releases together would tell of whoever is of no known group.
    whole = told(answers({"W1": (60, 50)}))
    assert areas(told(answers({"W1": (60, 50)}, unknown=3), whole.told)) == set()
    first = told(answers({"W1": (60, 50)}, unknown=3))
    later = told(answers({"W1": (90, 130)}, unknown=3), first.told)
    assert groups(later) == {"65+"}


def test_a_group_that_nearly_all_answers_alike_is_not_told() -> None:
    assert areas(told(answers({"W1": (60, 60)}, score=lambda number: 7.0 if number < 57 else 1.0))) == set()


def test_the_same_answers_tell_the_same_and_a_corrected_one_tells_nothing_new_of_its_area() -> None:
    before = {"W1": (60, 60), "W2": (70, 70), "W3": (80, 80)}
    first = told(answers(before))
    assert areas(told(answers(before), first.told)) == areas(first) == {"W1", "W2", "W3", "G1"}
    assert areas(told(answers(before | {"W1": (61, 60)}), first.told)) == {"W2", "W3"}
    # As many as a figure needs are a group of which a figure may be known.
    assert areas(told(answers(before | {"W1": (90, 90)}), first.told)) == {"W1", "W2", "W3", "G1"}


def test_who_came_to_wijken_that_are_left_is_not_told_by_a_gemeente_that_grew_elsewhere() -> None:
    before = {"W1": (60, 60), "W2": (40, 40), "W3": (5, 50)}
    first = told(answers(before))
    assert areas(first) == {"W1", "G1"}
    # W1 grew by 40 old ones, and the gemeente by 41: less W1 it would tell of the one who came to W3.
    found = told(answers({"W1": (60, 100), "W2": (40, 40), "W3": (5, 51)}), first.told)
    assert "G1" not in areas(found)


def scored(sizes: Mapping[str, tuple[int, int, int]]) -> Scored:
    wijk, group = [], []
    for name, counts in sizes.items():
        wijk += [name] * sum(counts)
        group += [number for number, count in enumerate(counts) for _ in range(count)]
    count = len(wijk)
    score = np.arange(count) % 11.0
    return Scored(np.array(wijk, dtype=str), np.ones(count), score, np.array(group, dtype=np.int64), ("0-34", "65+"))


three = st.tuples(st.integers(0, 70), st.integers(0, 70), st.sampled_from([0, 0, 3, 31, 50]))


@settings(max_examples=100, deadline=None)
@given(st.lists(three, min_size=1, max_size=5))
def test_whatever_sum_follows_from_what_is_told_is_of_groups_that_may_be_told(
    sizes: list[tuple[int, int, int]],
) -> None:
    people = scored({f"W{number}": counts for number, counts in enumerate(sizes)})
    chosen = chosen_areas("G1", people, ())
    wijken = [code for kind, code in chosen if kind == "wijk"]
    # Every sum of told areas that is one of whole wijken, by brute force over what may be taken away from the gemeente.
    away = [some for count in range(len(wijken) + 1) for some in combinations(wijken, count)] if FIRST in chosen else []
    left = [people.among(~np.isin(people.wijk, some)) for some in away]
    for one in (*left, *(people.among(people.wijk == code) for code in wijken)):
        assert all(count == 0 or count >= 30 for count in one.respondents)
    assert all(one.is_safe for one in following(people, chosen))


def test_the_audit_of_groups_can_fail() -> None:
    assert not ToldGroups("m1/gap/age", pa.table({}), 29.0, 0).is_safe


@pytest.mark.parametrize("weight", [1.0, 12.0])
def test_effective_respondents_count_and_not_heads(weight: float) -> None:
    table = answers({"W1": (40, 40)})
    weights = [weight] * 3 + [1.0] * 77
    heavy = table.set_column(table.schema.get_field_index("weight"), "weight", pa.array(weights))
    assert areas(told(heavy)) == (set() if weight > 1 else {"W1", "G1"})
