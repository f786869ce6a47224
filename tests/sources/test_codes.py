"""One rule per kind of code: what is mended, what is refused, and what is told of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources.code_columns import CodeColumn
from pipelines.sources.codes import BUURT, GEMEENTE, PC4, PC6, POSTCODE, SQUARE, WIJK, CodeKind, code_of


@pytest.mark.parametrize(
    ("cell", "kind", "code"),
    [
        (9901, PC4, "9901"), (9901.0, PC4, "9901"), (np.float64(9901), PC4, "9901"), ("9901.0", PC4, "9901"),
        ("9901,00", PC4, "9901"), ("9.901E3", PC4, "9901"), ("9,901e+3", PC4, "9901"), ("9.901", PC4, "9901"),
        (" 9901\u00a0", PC4, "9901"), ("'9901", PC4, "9901"), ("\ufeff9901", PC4, "9901"),
        ("\uff19\uff19\uff10\uff11", PC4, "9901"),
        ("9901 aa", PC6, "9901AA"), ("9901\u00a0AA", PC6, "9901AA"), ("9901-AA", PC6, "9901AA"),
        ("9901\u200bAA", PC6, "9901AA"), ("9901", POSTCODE, "9901"), ("9901 ab", POSTCODE, "9901AB"),
        ("bu00140000", BUURT, "BU00140000"), ("BU 0014 0000", BUURT, "BU00140000"), (140000, BUURT, "BU00140000"),
        (140000.0, BUURT, "BU00140000"), ("00140000", BUURT, "BU00140000"), ("140.000", BUURT, "BU00140000"),
        ("WK001400", WIJK, "WK001400"), (1400, WIJK, "WK001400"), ("001400", WIJK, "WK001400"),
        (14, GEMEENTE, "GM0014"), ("14", GEMEENTE, "GM0014"), ("0014", GEMEENTE, "GM0014"),
        ("14.0", GEMEENTE, "GM0014"),
        ("e2334n5820", SQUARE, "E2334N5820"),
    ],
)  # fmt: skip
def test_a_code_written_otherwise_is_mended_where_it_can_be_only_one(cell: object, kind: CodeKind, code: str):
    assert code_of(cell, kind) == code


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("BU9999'; drop table", BUURT), ("BU001400", BUURT), ("BU0014000", BUURT), ("001400", BUURT),
        ("WK001400", BUURT),
        ("BU000000000", BUURT), ("00000000", BUURT), (1400, BUURT), ("3.63E6", BUURT), (True, GEMEENTE),
        (-14, GEMEENTE),
        ("GM14", GEMEENTE), ("GM00", GEMEENTE), (14.5, GEMEENTE), ("9901A", PC4), ("9901AA", PC4), ("0999", PC4),
        (9.901, PC4), ("99-01", PC4), ("nan", PC4), ("-", PC4), ("9.9E3", PC4), (float("inf"), PC4), ("9901", PC6),
        ("9901A1", PC6), ("E2334", SQUARE), ("BU00140000", SQUARE),
    ],
)  # fmt: skip
def test_what_is_no_code_or_may_be_cut_off_is_none(cell: object, kind: CodeKind):
    assert code_of(cell, kind) is None


@pytest.mark.parametrize("cell", [None, "", "  ", "\u00a0", "\u200b", float("nan")])
def test_an_empty_cell_is_no_wrong_code(cell: object):
    assert code_of(cell, PC4) == ""


@pytest.mark.parametrize("kind", [BUURT, GEMEENTE, PC4, PC6, SQUARE, WIJK])
def test_the_example_of_an_error_is_a_code(kind: CodeKind):
    assert code_of(kind.example, kind) == kind.example


@given(st.integers(1, 99_999_999), st.sampled_from([int, float, str, "BU{:08d}".format]))
def test_a_code_read_twice_is_the_same(number: int, write):
    code = code_of(write(number), BUURT)
    assert code is None or code_of(code, BUURT) == code


@given(st.one_of(st.text(max_size=12), st.floats(), st.integers(), st.booleans(), st.none()))
def test_of_any_cell_there_is_a_code_an_empty_text_or_none(cell: object):
    for kind in (BUURT, WIJK, GEMEENTE, PC4, PC6, POSTCODE, SQUARE):
        found = code_of(cell, kind)
        assert found in ("", None) or kind.pattern.fullmatch(found)


def _column(*cells: object, kind: CodeKind = PC4, is_personal: bool = False) -> CodeColumn:
    return CodeColumn(np.array(cells, dtype=object), "a.csv", "postcode", kind, is_personal)


def test_what_was_mended_is_counted_and_what_stood_there_shown():
    column = _column("9901", "9901.0", 9902.0, 9903)
    assert column.required().tolist() == ["9901", "9901", "9902", "9903"]
    (remark,) = column.remarks()
    assert (remark.action, remark.rows, remark.examples) == ("mended", 2, "'9901.0', '9902.0'")


def test_what_is_no_code_is_refused_with_its_column_number_and_some_examples():
    with pytest.raises(
        SourceError, match=r"a.csv: column 'postcode' holds 2 values that are no postcode of four"
    ) as seen:
        _column("9901", "x" * 90, "0999").required()
    assert f"such as '{'x' * 40}', '0999'. Write them as 9901;" in str(seen.value)


def test_of_a_file_about_persons_no_cell_is_quoted():
    with pytest.raises(SourceError, match=r"1 values that are no postcode of four digits\. Write") as seen:
        _column("Jansen", is_personal=True).required(may_be_empty=True)
    assert "Jansen" not in str(seen.value)
    assert _column(9901.0, is_personal=True).remarks()[0].examples == ""


def test_an_empty_cell_is_refused_where_every_row_needs_its_code():
    with pytest.raises(SourceError, match=r"column 'postcode' is empty in 1 rows\. Fill in the postcode"):
        _column("9901", None).required()
    assert _column("9901", None).required(may_be_empty=True).tolist() == ["9901", ""]
