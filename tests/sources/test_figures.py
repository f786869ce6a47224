"""Columns of figures as offices write them: thousands in every form, words that hide, and what is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources.figures import FigureColumn
from pipelines.sources.number_style import Style

MASKS = ("-99997", "geheim", ".", "x")


def _column(*cells: object, whole: bool = True, style: Style | None = None) -> FigureColumn:
    return FigureColumn(np.array(cells, dtype=object), "a.gpkg", "inwoners", MASKS, style, whole=whole)


@pytest.mark.parametrize(
    "text",
    [
        "2.010", "2,010", "2 010", "2\u00a0010", "2\u202f010", "2'010", "2\u2019010", "2010", " 2010 ", "2010,0",
        "2010.00", "+2010", "2.010E3",
    ],
)  # fmt: skip
def test_a_count_is_whole_so_that_a_mark_parts_its_thousands(text: str):
    assert _column(text).read().tolist() == [2010]


def test_one_column_has_one_way_of_writing():
    assert _column("1.560", "20", "1.234.567").read().tolist() == [1560, 20, 1_234_567]
    for mixed in (("1.560", "2,010"), ("20.000", "2010.500"), ("1.560", "12.5")):
        with pytest.raises(SourceError, match=r"a\.gpkg: column 'inwoners': .* values are written like 1\.234"):
            _column(*mixed).read()


def test_what_the_area_file_says_goes_before():
    with pytest.raises(SourceError, match="no whole number"):
        _column("1.234", style="english").read()
    assert _column("1.234", style="english", whole=False).read().tolist() == [1.234]


def test_numbers_are_figures_and_an_empty_cell_is_none():
    assert _column(3, np.int64(4), 5.0, None, float("nan"), "", " ").read().tolist() == [3, 4, 5, *[None] * 4]


def test_words_and_codes_that_hide_a_figure_are_kept_as_they_are():
    found = _column("Geheim", "x", ".", -99997, "-99997.0", -99999999).read().tolist()
    assert found == ["geheim", "x", ".", -99997, -99997, -99999999]


@pytest.mark.parametrize(
    "cell",
    [
        "onbekend", "n.v.t.", "#N/B", "#REF!", "ca. 20", "12 34", "1.2.3", "1e308", 1e308, 20_000_001, "inf",
        float("inf"), "nan", True, "ja", np.True_, -5, "-1", "2,5", 2.5, "20-30", "< 5", "-", "2.01E3",
    ],
)  # fmt: skip
def test_what_is_no_count_is_refused_with_column_number_and_example(cell: object):
    with pytest.raises(
        SourceError, match=r"^a\.gpkg: column 'inwoners' holds 1 values that are no whole number"
    ) as seen:
        _column(cell, 10).read()
    assert repr(str(cell)[:40]) in str(seen.value)


def test_a_percentage_may_have_decimals():
    assert _column("12,5", "7", 3.5, whole=False).read().tolist() == [12.5, 7, 3.5]


def test_thousands_that_were_parted_are_told():
    (remark,) = _column("2.010", "20", 5, "1.560").remarks()
    assert (remark.action, remark.rows, remark.examples) == ("mended", 2, "'2.010', '1.560'")
    assert _column("2010", "20", "geheim", 1560).remarks() == ()


def test_a_point_or_comma_before_zeros_alone_parts_no_thousands():
    assert _column("1560.0", "2365.0").remarks() == ()
    assert _column("1560.0", "2365.0").remarks() == ()


@given(st.lists(st.integers(0, 20_000_000), min_size=1), st.sampled_from([".", ",", " ", "'", "\u00a0"]))
def test_counts_with_parted_thousands_read_as_they_were(counts: list[int], mark: str):
    texts = [f"{count:,}".replace(",", mark) for count in counts]
    assert _column(*texts).read().tolist() == counts
