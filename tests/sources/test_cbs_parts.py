"""Whether ages and households are counts, percentages or shares: proven, said, or refused."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources.cbs_counts import Mask, counted
from pipelines.sources.cbs_parts import Parts, measured_in, partition, read_parts, remarks_of
from pipelines.sources.delivery import Measure

BANDS = ("0_14", "15_24", "25_44", "45_64", "65plus")
MASKS = {"-99997": Mask("fewer than five", highest=4)}
PEOPLE = [1_200, 810, 95]
PERCENT = [[20, 21, 18], [10, 9, 11], [30, 30, 31], [25, 24, 25], [15, 16, 16]]
COUNTS = [[240, 170, 17], [120, 73, 10], [360, 243, 30], [300, 194, 24], [180, 130, 14]]


def _cells(values: Sequence[object]) -> np.ndarray:
    return np.array(values, dtype=object)


def _ages(
    rows: Sequence[Sequence[object]],
    people: Sequence[object] = PEOPLE,
    usual: Measure = "percent",
    said: Measure | None = None,
    renamed: tuple[str, ...] = (),
) -> Parts:
    return _parts(dict(zip(BANDS, rows, strict=False)), people, usual, said, renamed)


def _parts(
    columns: Mapping[str, Sequence[object]],
    whole: Sequence[object],
    usual: Measure,
    said: Measure | None = None,
    renamed: tuple[str, ...] = (),
) -> Parts:
    return Parts(
        source="buurten.gpkg",
        option="households_in" if "hh_single" in columns else "ages_in",
        names={key: (f"c_{key}",) for key in columns},
        cells={key: (_cells(values),) for key, values in columns.items()},
        whole=counted(_cells(whole), MASKS),
        masks=MASKS,
        usual=usual,
        said=said,
        renamed=renamed,
    )


def test_bands_that_follow_each_other_hold_everybody():
    assert partition([*BANDS, "75plus"]) == BANDS
    assert partition(["65plus", "0_64", "0_14"]) == ("0_64", "65plus")
    assert partition(["0_14", "65plus", "hh_single"]) == ()
    assert partition(["0_4", "5_3", "4_4"]) == ()


@pytest.mark.parametrize("usual", ["percent", "count"])
@pytest.mark.parametrize(
    ("measure", "rows"),
    [("percent", PERCENT), ("count", COUNTS), ("share", [[value / 100 for value in row] for row in PERCENT])],
)
def test_what_the_ages_add_up_to_proves_how_they_are_told(measure: Measure, rows: list[list[float]], usual: Measure):
    parts = _ages(rows, usual=usual)
    assert measured_in(parts) == measure
    assert read_parts(parts)["65plus"].persons.tolist() == pytest.approx([180, 130, 15], abs=1.0)
    told = [(remark.action, remark.rows) for remark in remarks_of(parts)]
    assert told == ([] if measure == usual else [("noted", 3)])


def test_counts_are_never_taken_for_percentages_over_a_hundred():
    with pytest.raises(SourceError, match=r"'c_0_14' cannot hold percentages: 2 of 3.*360.*`ages_in: count`"):
        read_parts(_ages([[240, 360, 17], *COUNTS[1:]], said="percent"))


def test_what_the_area_file_says_is_held_against_the_columns():
    with pytest.raises(SourceError, match=r"The area file says so.*`ages_in: percent` or `ages_in: share`"):
        read_parts(_ages([[5_000, 1, 1], *COUNTS[1:]], said="count"))


def test_what_the_area_file_says_is_refused_where_the_columns_prove_otherwise():
    with pytest.raises(SourceError, match=r"cannot hold counts: they add up to 100 in 100% .*Say `ages_in: percent`"):
        read_parts(_ages(PERCENT, [5_000, 1_000, 400], said="count"))
    assert read_parts(_ages(PERCENT, [5_000, 1_000, 400], said="percent"))


def test_five_age_bands_that_do_not_add_up_to_all_are_refused():
    rows = [[20, 21, 18], [10, 9, 11], [30, 30, 31], [25, 24, 25], [15, 40, 16]]
    with pytest.raises(SourceError, match="1 of 3 values are wrong, such as together 124 instead of 100"):
        read_parts(_ages(rows))


def test_rounding_masks_and_empty_units_are_no_contradiction():
    rows = [[20, 20, 0, "-99997"], [10, 10, 0, 20], [30, 31, 0, 20], [25, 25, 0, 20], [16, 16, 0, 20]]
    read = read_parts(_ages(rows, [1_200, 15, 0, 60]))
    assert read["65plus"].persons.tolist() == [192.0, 2.4, 0.0, 12.0]
    assert np.isnan(read["0_14"].persons[3])


def test_a_column_of_the_users_own_without_proof_asks_which_it_is():
    parts = _parts({"65plus": [20, 30, 40]}, PEOPLE, "percent", renamed=("65plus",))
    with pytest.raises(SourceError, match=r"'c_65plus' may hold counts.*`ages_in: count`, `ages_in: percent`"):
        read_parts(parts)
    said = _parts({"65plus": [20, 30, 40]}, PEOPLE, "percent", "count", ("65plus",))
    assert read_parts(said)["65plus"].persons.tolist() == [20, 30, 40]


def test_a_column_of_the_users_own_is_proven_by_the_bands_it_belongs_to():
    assert measured_in(_ages(COUNTS, renamed=BANDS)) == "count"
    beside = _parts(
        {**dict(zip(BANDS, PERCENT, strict=True)), "75plus": [70, 60, 5]}, PEOPLE, "percent", None, ("75plus",)
    )
    with pytest.raises(SourceError, match="'c_75plus' may hold counts"):
        read_parts(beside)


def test_a_part_larger_than_its_whole_is_refused():
    with pytest.raises(SourceError, match=r"'c_65plus' cannot hold counts: 1 of 3.*at least 298 where 97 are counted"):
        read_parts(_parts({"65plus": [180, 130, 300]}, [1_200, 810, 95], "count"))
    with pytest.raises(SourceError, match="at least 1332 where 1202"):
        read_parts(_parts({"0_64": [1_020, 650, 70], "65plus": [314, 160, 21]}, PEOPLE, "count"))


def test_a_count_of_people_is_a_whole_number():
    with pytest.raises(SourceError, match=r"'c_65plus' cannot hold counts: 1 of 3.*12.5, which is no whole number"):
        read_parts(_ages([*COUNTS[:4], [180, 130, 12.5]], usual="count"))


def test_households_are_held_against_all_households():
    with pytest.raises(SourceError, match=r"'c_hh_single' cannot hold percentages.*310.*`households_in: count`"):
        read_parts(_parts({"hh_single": [310, 40]}, [600, 400], "percent"))
    with pytest.raises(SourceError, match="together 120 instead of 100"):
        read_parts(_parts({"hh_single": [70, 40], "hh_children": [50, 30]}, [600, 400], "percent"))
    with pytest.raises(SourceError, match="nothing over 1"):
        read_parts(_parts({"hh_single": [0.4, 0.35]}, [600, 400], "percent"))
    read = read_parts(_parts({"hh_single": [310, 0], "hh_children": [0, 0]}, [600, 400], "count"))
    assert read["hh_single"].persons.tolist() == [310, 0]


def test_ages_that_add_up_to_less_than_all_are_the_least_there_can_be():
    rows = [[20, 240], [0, 170], [30, 360], [20, 300], [10, 130]]
    parts = _ages(rows, [120, 1_200], usual="count")
    read = read_parts(parts)
    assert np.isnan(read["65plus"].persons[0])
    assert (read["65plus"].lowest[0], read["65plus"].highest[0]) == (8, 122 - (18 + 0 + 28 + 18))
    assert (read["65plus"].persons[1], read["65plus"].highest[1]) == (130, 132)
    (told,) = remarks_of(parts)
    assert (told.rows, told.problem.split(",")[0]) == (1, "1 areas: age bands add up to less than the inhabitants")


def test_zeros_in_all_ages_of_an_inhabited_unit_are_hidden_people():
    read = read_parts(_ages([[0, 20, "-99997"]] * 5, [25, 100, 20], usual="count"))
    assert np.isnan(read["65plus"].persons[[0, 2]]).all()
    assert read["65plus"].highest.tolist() == [27, 22, 4]


@given(st.data())
def test_every_true_table_is_read_in_the_way_it_was_written(data: st.DataObject):
    truth = data.draw(st.lists(st.lists(st.integers(1, 900), min_size=5, max_size=5), min_size=1, max_size=12))
    rows, measure = np.array(truth).T, data.draw(st.sampled_from(["percent", "count", "share"]))
    people = rows.sum(axis=0)
    percent = np.floor(100 * rows / people + 0.5)
    written = {"count": 5 * ((rows + 2) // 5), "percent": percent, "share": percent / 100}[measure]
    read = read_parts(_ages(written.tolist(), (5 * ((people + 2) // 5)).tolist(), said=measure))
    for number, key in enumerate(BANDS):
        assert (read[key].lowest <= rows[number] + 1e-9).all()
        assert (read[key].highest >= rows[number] - 1e-9).all()
