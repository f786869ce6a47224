"""The strict reading of delivered CSV files."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources.csv_table import number, read_csv, require_columns


def read(tmp_path: Path, content: str | bytes) -> pa.Table:
    path = tmp_path / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_csv(path, "town/list.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_three_encodings_give_the_same_table(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, "naam;plaats\ncafé Süd;'s-Gravenhage €\n".encode(encoding))
    assert table.to_pylist() == [{"naam": "café Süd", "plaats": "'s-Gravenhage €"}]


def test_the_delimiter_is_a_semicolon_where_the_first_line_has_one_else_a_comma(tmp_path: Path) -> None:
    assert read(tmp_path, "a;b\n1,5;2\n").to_pylist() == [{"a": "1,5", "b": "2"}]
    assert read(tmp_path, "a,b\n1.5,2\n").to_pylist() == [{"a": "1.5", "b": "2"}]


def test_a_line_that_tells_excel_the_delimiter_is_obeyed(tmp_path: Path) -> None:
    assert read(tmp_path, "sep=,\r\na,b;c\r\n1,2\r\n").to_pylist() == [{"a": "1", "b;c": "2"}]


def test_every_cell_stays_text_without_surrounding_blanks(tmp_path: Path) -> None:
    assert read(tmp_path, " a ;b\n 007 ;\n").to_pylist() == [{"a": "007", "b": ""}]


def test_quoted_cells_may_hold_delimiters_quotation_marks_and_lines(tmp_path: Path) -> None:
    assert read(tmp_path, 'a;b\n"x;y";"zei ""ja""\nen liep"\n').to_pylist() == [{"a": "x;y", "b": 'zei "ja"\nen liep'}]


def test_blank_lines_and_rows_without_content_are_no_rows(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a;b\r\n\r\n1;2\r\n;\r\n")) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a;b\n", "holds no rows"),
        (b"a;b\n;\n", "holds no rows"),
        (b"a;b\n1;\x00\n", "no plain text"),
        ("a;b\n1;2\n".encode("utf-16"), "no plain text"),
        (b"a;b\n1;2\n3;\x81\xff\n", "line 3 is neither UTF-8 nor Windows-1252"),
        (b"a;b\n1;2\n1;2;3\n", "line 3 has 3 cells, the first line 2"),
        (b'a;b\n"x\ny";2\n1\n', "line 4 has 1 cells"),
        (b"a;;b\n1;2;3\n", "column 2 has no name"),
        (b"a;b;a\n1;2;3\n", r"column 3 has the name of an earlier one\..* set `header_row` to its number"),
        (b'a;b\n1;"2\n', "is no CSV"),
        (b"sep=|\na|b\n1|2\n", "parted by"),
        (b"a|b\n1|2\n", "parted by"),
        (b"a" + b";b" * 2_000 + b"\n", "2001 columns"),
    ],
)
def test_an_irregular_file_is_an_error_that_names_file_and_place(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=rf"^town/list\.csv: .*{words}"):
        read(tmp_path, content)


def test_a_column_in_which_nothing_stands_and_that_has_no_name_is_none(tmp_path: Path) -> None:
    for content in (b"a;b;;\n1;2;;\n", b"a;b\n1;2;;\n", b";a;;b\n;1;;2\n"):
        assert read(tmp_path, content).to_pylist() == [{"a": "1", "b": "2"}]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        read_csv(tmp_path / "none.csv", "none.csv")


def test_a_missing_column_is_named_but_the_first_line_is_not_quoted(tmp_path: Path) -> None:
    table = read(tmp_path, "Jansen;4\nDe Vries;5\n")
    with pytest.raises(SourceError, match="'naam'") as error:
        require_columns(table, ("naam",), "town/list.csv")
    assert "Jansen" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0,5", 0.5), ("0.5", 0.5), (" 12 ", 12.0), ("-3,25", -3.25), ("+1", 1.0), ("1.234,5", 1234.5),
        ("1.234", 1.234), ("1.234.567,8", 1234567.8), ("1e-3", 0.001), ("1,50E+02", 150.0), ("1e5", 100_000.0),
    ],
)  # fmt: skip
def test_a_number_is_read_with_its_decimal_comma_or_point(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", "x", "1,2,3", "1.23,4", "nan", "inf", "1e999", "0x10", "1_000", "٣", "--1", "1 000", "1,51E+05"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text) is None


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cc", "Cs"]), max_size=8)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(";,"))
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([("first", "second"), *rows])
    kept = [tuple(cell.strip() for cell in row) for row in rows]
    kept = [row for row in kept if any(row)]
    if not kept:
        return
    table = read(tmp_path, text.getvalue())
    assert list(zip(*table.to_pydict().values(), strict=True)) == kept


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_no_bytes_bring_anything_but_a_table_or_a_named_error(tmp_path: Path, content: bytes) -> None:
    try:
        rows, complaint = len(read(tmp_path, content)), ""
    except SourceError as error:
        rows, complaint = 0, str(error)
    assert rows > 0 or complaint.startswith("town/list.csv: ")
