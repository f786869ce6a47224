"""The audit, and the mistakes it must find: each negative control publishes as one should not, and is caught."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.contracts import conform
from pipelines.protection.audit import (
    AuditError,
    feasible_intervals,
    leaks,
    require_safe,
    told_cells,
    told_classes,
)
from pipelines.protection.contracts import COUNTS
from pipelines.protection.public import Units
from pipelines.protection.thresholds import count_classes


def _counts(*rows: dict[str, object]) -> pa.Table:
    same = {
        "area_type": "buurt", "area_code": "BU1", "population_group": "75plus", "profile": "", "level": "",
        "period": "2024", "lowest": 0.0, "highest": None,
    }  # fmt: skip
    return pa.Table.from_pylist([same | row for row in rows], schema=COUNTS.schema)


def _with(counts: pa.Table, **columns: np.ndarray) -> pa.Table:
    for name, column in columns.items():
        counts = counts.set_column(counts.schema.get_field_index(name), name, pa.array(column, pa.float64()))
    return counts


def _found(counts: pa.Table, earlier: tuple[pa.Table, ...] = ()) -> int:
    return len(leaks(counts, feasible_intervals(counts, earlier)))


def test_a_told_number_lies_within_five_and_never_under_nobody():
    found = feasible_intervals(_counts({"true": 2.0, "rounded": 0.0}, {"true": 8.0, "rounded": 10.0}))
    assert found.lowest_with.tolist() == [0, 5]
    assert found.highest_with.tolist() == [5, 15]
    assert np.all(np.isinf(found.highest_without))


def test_what_is_public_and_what_is_told_hold_together():
    found = feasible_intervals(_counts({"true": 7.0, "rounded": 10.0, "lowest": 4.0, "highest": 9.0}))
    assert (found.lowest_with[0], found.highest_with[0]) == (5, 9)
    assert (found.width_without[0], found.width_with[0]) == (5, 4)


def test_telling_more_than_what_is_public_is_a_leak():
    assert _found(_counts({"true": 7.0, "rounded": 10.0, "lowest": 4.0, "highest": 9.0})) == 1
    assert _found(_counts({"true": 5.0, "rounded": 5.0, "lowest": 3.0, "highest": 7.0})) == 0


def test_ten_releases_of_the_same_people_narrow_nothing(town: Callable):
    first = town(3).counts()
    told = [first]
    for number in range(9):
        # Even with another key each time: what was told is kept.
        told.append(town(3).counts(key=bytes([number]) * 32, earlier=told))
    assert all(table.equals(first) for table in told[1:])
    alone, together = feasible_intervals(first), feasible_intervals(told[-1], told[:-1])
    assert np.array_equal(alone.lowest_with, together.lowest_with)
    assert np.array_equal(alone.highest_with, together.highest_with)
    assert _found(told[-1], tuple(told[:-1])) == 0


def test_where_people_moved_the_rest_is_told_the_same_and_nothing_binds_those_who_moved(town: Callable):
    before = town(5, whole=False)
    first = before.counts()
    moved = pc.multiply(before.persons["persons"], pa.array(np.where(np.arange(len(before.persons)) % 10, 1.0, 3.0)))
    persons = before.persons.set_column(3, before.persons.schema.field("persons"), moved)
    second = type(before)(before.parts, persons).counts(earlier=[first])
    true, was, rounded, told = (
        t.to_numpy() for t in (second["true"], first["true"], second["rounded"], first["rounded"])
    )
    same = np.abs(true - was) < 1e-6
    assert 0.2 < same.mean() < 0.8
    assert np.mean(rounded[same] == told[same]) > 0.99
    assert require_safe(second, [first], only_public=False).width_with[~same].min() >= 5


def test_of_who_moved_what_was_told_before_says_nothing():
    # Was 10 and told 10, is 15 now: kept while within five, "told 15" would say 16 to 20.
    before, after = _counts({"true": 10.0, "rounded": 10.0}), _counts({"true": 15.0, "rounded": 15.0})
    found = feasible_intervals(after, [before])
    assert (found.lowest_with[0], found.highest_with[0]) == (10, 20)


def test_of_who_stayed_all_that_was_ever_told_holds_whatever_the_year():
    was = [_counts({"true": 7.0, "rounded": 5.0, "period": "2023"}), _counts({"true": 12.0, "rounded": 15.0})]
    found = feasible_intervals(_counts({"true": 7.0, "rounded": 10.0}), was)
    assert (found.lowest_with[0], found.highest_with[0]) == (5, 10)


# Negative controls: what must never go out, and is found.


def test_control_a_new_key_for_every_release_is_found(town: Callable):
    told = [town(7, n=100).counts(key=bytes([number]) * 32) for number in range(10)]
    # A true 5 told as 0 once and as 10 another time is known.
    assert _found(told[-1], tuple(told[:-1])) >= 2
    with pytest.raises(AuditError, match="known too well"):
        require_safe(told[-1], told[:-1], only_public=True)


def test_control_rounding_within_four_is_found(town: Callable):
    """Multiples of five stay, so that a told 0 is 0 to 4: who knows the rule subtracts one on both sides."""
    counts = town(9).counts()
    narrow = 5 * np.round(counts["true"].to_numpy() / 5)
    told = _with(counts, rounded=narrow, lowest=np.maximum(narrow - 4, 0), highest=narrow + 4)
    nothing = _with(told, lowest=np.zeros(len(counts)), highest=np.full(len(counts), np.nan))
    intervals, public = feasible_intervals(told), feasible_intervals(nothing)
    # Without the rule the public knows nothing: width without us is that of `nothing`.
    known = type(intervals)(
        public.lowest_without, np.full(len(counts), np.inf), intervals.lowest_with, intervals.highest_with
    )
    assert len(leaks(told, known)) > 10


def test_control_hiding_by_the_true_number_is_found(town: Callable):
    """A rounded 10 that is shown only where the truth is 10 or more leaves 6 to 9 to the hidden: both are narrowed."""
    counts = town(11, mean=8.0).counts()
    true, rounded = counts["true"].to_numpy(), counts["rounded"].to_numpy()
    # Recovered by subtraction from its siblings, and hidden: then under 10 for certain.
    recovered = (rounded == 10) & (true < 10) & (true > 0)
    assert recovered.any()
    found = feasible_intervals(counts)
    known = type(found)(
        found.lowest_without, found.highest_without, found.lowest_with, np.where(recovered, 9, found.highest_with)
    )
    assert set(np.flatnonzero(recovered)) <= set(leaks(counts, known))


def test_control_rounding_once_more_what_cbs_has_rounded_is_found(town: Callable):
    """CBS tells its number within two; a rounding of ours that does not heed it narrows that."""
    counts = town(13).counts()
    whole = (counts["level"].to_numpy(zero_copy_only=False) == "") & (counts["true"].to_numpy() > 0)
    cbs = 5 * np.round(counts["true"].to_numpy() / 5)
    lowest, highest = np.where(whole, np.maximum(cbs - 2, 0), 0), np.where(whole, cbs + 2, 1e6)
    assert _found(_with(counts, lowest=lowest, highest=highest)) > 10
    # Passed through it narrows nothing.
    passed = _with(counts, lowest=lowest, highest=highest, rounded=np.where(whole, cbs, counts["rounded"].to_numpy()))
    assert _found(passed) == 0


def _units(one, kind: str) -> Units:
    """CBS counts everybody per area of a kind, rounded to five, and we keep to it."""
    unit = np.unique(one.parts.codes[kind].astype(str), return_inverse=True)[1]
    true = one.parts.counts(one.persons, "all")
    sums = np.bincount(unit, true)
    cbs = 5 * np.round(sums / 5)
    part = np.arange(len(unit))
    return Units(unit, part, cbs, np.maximum(cbs - 2, 0), cbs + 2, np.abs(cbs - sums) < 1e-6)


def test_a_municipalitys_own_counts_are_told_such_that_cbs_is_not_narrowed(town: Callable):
    """True counts that CBS rounds too: of areas CBS tells of, our number leaves as much open as CBS does, or five."""
    narrower = []
    for seed in range(20):
        made = town(seed)
        counts = made.counts(public_units=lambda group, made=made: (_units(made, "pc4"),) if group == "all" else ())
        narrower.append(_found(counts))
    assert sum(narrower) == 0


def test_what_cbs_tells_itself_is_told_as_cbs_told_it(town: Callable):
    made = town(17)
    five = pa.array(5.0 * np.round(made.persons["persons"].to_numpy() / 5), pa.float64())
    made = type(made)(made.parts, made.persons.set_column(3, "persons", five))
    counts = made.counts(public_units=lambda group: (_units(made, "buurt"),) if group == "all" else ())
    rows = counts.filter(
        (pc.field("population_group") == "all") & (pc.field("level") == "") & (pc.field("area_type") == "buurt")
    )
    assert rows["rounded"].to_pylist() == rows["true"].to_pylist()
    whole = counts.filter((pc.field("population_group") == "all") & (pc.field("area_type") == "gemeente"))
    assert whole["rounded"][0].as_py() == whole["true"][0].as_py()


def test_a_number_more_than_five_off_stops_the_release():
    with pytest.raises(AuditError, match=r"buurt BU1.*75plus.*more than five off"):
        require_safe(_counts({"true": 12.0, "rounded": 20.0}), [], only_public=True)
    with pytest.raises(AuditError, match="more than five off"):
        require_safe(_counts({"true": 12.0, "rounded": 12.0}), [], only_public=True)


def test_the_audit_lists_by_what_is_told_and_never_tells_zero_from_five(town: Callable):
    counts = conform(town(19).counts(), COUNTS)
    listed = told_cells(counts, feasible_intervals(counts))
    large = counts.filter(pc.invert(pc.is_in(counts["area_type"], pa.array(["pc6", "h3", "part"]))))
    assert len(listed) == len(large.filter(pc.less(large["rounded"], 15)))
    assert {cell[5] for cell in listed} == {"<10", 10.0}
    assert {(cell[5], cell[8], cell[9]) for cell in listed} == {("<10", 0.0, 10.0), (10.0, 5.0, 15.0)}
    assert all(cell[10] == 5 for cell in listed)


def test_of_small_areas_the_audit_counts_classes():
    rows = [
        {"area_type": "pc6", "area_code": str(number), "true": float(number), "rounded": float(number)}
        for number in (0, 5, 10, 45, 50, 80)
    ]
    told = list(told_classes(_counts(*rows)))
    assert [(one["class"], one["cells"]) for one in told] == [("10-49", 2), ("50+", 2), ("<10", 2)]
    assert count_classes(np.array([0.0, 5.0, 10.0, 45.0, 50.0])).tolist() == ["<10", "<10", "10-49", "10-49", "50+"]
