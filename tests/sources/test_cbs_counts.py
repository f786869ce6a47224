"""What a figure of CBS can stand for: rounding, percentages, masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.sources.cbs_counts import Counts, Mask, counted, hide, part_of, people_table, shared, summed
from pipelines.sources.contracts import PEOPLE_COUNTS

MASKS = {"-99997": Mask("fewer than five", highest=4), "-99995": Mask("not available", reason="not_delivered")}


def _cells(*values: object) -> np.ndarray:
    return np.array(values, dtype=object)


def _shown(counts: Counts) -> list[tuple[float | None, float, float | None, str]]:
    def plain(values: np.ndarray) -> list[float | None]:
        return [None if np.isnan(value) else float(value) for value in values]

    return list(
        zip(plain(counts.persons), counts.lowest.tolist(), plain(counts.highest), counts.reason.tolist(), strict=True)
    )


def test_a_rounded_count_lies_within_two_and_never_under_nobody():
    assert _shown(counted(_cells("120", 0), MASKS)) == [(120, 118, 122, ""), (0, 0, 2, "")]


def test_counts_that_are_no_multiples_of_five_were_not_rounded():
    assert _shown(counted(_cells(12, 10), {})) == [(12, 12, 12, ""), (10, 10, 10, "")]


def test_a_mask_says_why_and_how_much_it_can_hide():
    found = counted(_cells(5, -99997, "-99997.0", -99995, "geheim", -1, None), MASKS)
    hidden, absent, unknown = (None, 0, 4, "masked"), (None, 0, None, "not_delivered"), (None, 0, None, "masked")
    assert _shown(found) == [(5, 3, 7, ""), hidden, hidden, absent, unknown, unknown, unknown]


def test_a_percentage_widens_the_interval_of_its_total():
    total = counted(_cells(200, 0, -99997), MASKS)
    found = _shown(shared(_cells(10, 0, 50), total, 1.0, MASKS))
    assert found[0] == (20, pytest.approx(198 * 9.5 / 100), pytest.approx(202 * 10.5 / 100), "")
    assert found[1] == (0, 0, pytest.approx(2 * 0.5 / 100), "")
    assert found[2] == (None, 0, pytest.approx(4 * 50.5 / 100), "masked")


def test_a_hidden_percentage_is_bounded_by_its_total():
    assert _shown(shared(_cells(-99997), counted(_cells(60), MASKS), 1.0, MASKS)) == [(None, 0, 62, "masked")]


def test_a_hidden_part_can_be_no_more_than_its_whole():
    whole = counted(_cells(5, 100), {})
    part = counted(_cells("geheim", 10), {})
    assert _shown(part_of(part, whole)) == [(None, 0, 7, "masked"), (10, 8, 12, "")]


def test_a_sum_is_hidden_where_one_part_is():
    found = summed([counted(_cells(10, 10), MASKS), counted(_cells(5, -99997), MASKS)])
    assert (_shown(found), found.basis) == ([(15, 11, 19, ""), (None, 8, 16, "masked")], "sum")


def test_what_is_hidden_can_be_anyone_up_to_all():
    whole, part = counted(_cells(25, 25), {}), counted(_cells(0, 5), {})
    assert _shown(hide(part, np.array([True, False]), whole)) == [(None, 0, 27, "masked"), (5, 3, 7, "")]


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=20), st.data())
def test_the_truth_lies_within_what_rounding_and_percentages_leave(truth: list[int], data: st.DataObject):
    parts = [data.draw(st.integers(0, number)) for number in truth]
    rounded = [5 * ((number + 2) // 5) for number in truth]
    shares = [int(np.floor(100 * part / max(number, 1) + 0.5)) for part, number in zip(parts, truth, strict=True)]
    total = counted(_cells(*rounded), {})
    share = shared(_cells(*shares), total, 1.0, {})
    for known, interval in ((truth, total), (parts, share)):
        assert (interval.lowest <= np.array(known) + 1e-9).all()
        assert (interval.highest >= np.array(known) - 1e-9).all()


@given(st.lists(st.sampled_from([*range(0, 60, 5), -99997, -99995, "geheim", "."]), min_size=1, max_size=30))
def test_every_table_of_counts_keeps_its_contract(cells: list[object]):
    total = counted(_cells(*cells), MASKS)
    ages = shared(_cells(*cells), total, 1.0, MASKS)
    codes = np.array([f"BU{number}" for number in range(len(cells))])
    table = people_table("buurt", codes, {"all": total, "65plus": part_of(ages, total)}, 2024)
    assert violations(conform(table, PEOPLE_COUNTS), PEOPLE_COUNTS) == ()
    for row in table.to_pylist():
        assert row["highest"] is None or row["lowest"] <= row["highest"]
        assert (row["persons"] is None) == (row["reason_missing"] != "")
