"""Lists as they come: titles above the names of the columns, units below, tabs, and points that part thousands."""

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources.area_file import PlaceDelivery, RespondentDelivery
from pipelines.sources.cbs import Municipality
from pipelines.sources.number_style import Style, read_numbers
from pipelines.sources.place_lists import read_place_csv
from pipelines.sources.respondents import read_respondents
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
COMMON: dict[str, Any] = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
TITLED = "Speelplekken, per 1 mei 2024\n\nnr;naam;x;y\n;;m;m\n7;De Brug;155100,5;463100\n8;De Sluis;155200;463200\n"


def delivery(name: str, **more: Any) -> PlaceDelivery:
    columns = {"id": "nr", "name": "naam", "x": "x", "y": "y"}
    return PlaceDelivery(format="csv", path=name, columns=columns, kind="speelplek", **COMMON, **more)


def ids(raw: Path, text: str, **more: Any) -> list[str]:
    (raw / "a.csv").write_text(text, encoding="utf-8")
    return list(read_place_csv(delivery("a.csv", **more), raw, TOWN)[0]["source_id"].to_pylist())


def sheet(raw: Path, text: str) -> None:
    book = openpyxl.Workbook()
    for line in text.splitlines():
        book.active.append([cell or None for cell in line.split(";")])
    book.save(raw / "a.xlsx")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_title_and_units_are_passed_over_when_the_area_file_says_where(tmp_path: Path, end: str):
    (tmp_path / "a.csv").write_bytes(TITLED.replace("\n", end).encode())
    table, _ = read_place_csv(delivery("a.csv", header_row=3, rows_under_header=1), tmp_path, TOWN)
    assert table["source_id"].to_pylist() == ["7", "8"]


def test_a_workbook_with_a_title_is_read_as_its_csv(tmp_path: Path):
    sheet(tmp_path, TITLED)
    table, _ = read_place_csv(delivery("a.xlsx", header_row=3, rows_under_header=1), tmp_path, TOWN)
    assert table["source_id"].to_pylist() == ids(tmp_path, TITLED, header_row=3, rows_under_header=1) == ["7", "8"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TITLED, r"line 1 has 1 cell, line 3 has 4: .*Set `header_row: 3`"),
        ("Speelplekken;;;\n" + TITLED.split("\n\n")[1], r"line 1 has 1 cell, line 2 has 4: .*`header_row: 2`"),
        ("Lijst, met, komma's\nnr;naam;x;y\n7;De Brug;155100;463100\n", r"line 1 has 1 cell, line 2 has 4"),
        ("\nTitel\nOndertitel\n\nnr\tnaam\tx\ty\n7\tA\t155100\t463100\n", r"line 2 has 1 cell, line 5 has 4"),
    ],
)
def test_a_title_that_was_not_told_is_refused_with_the_line_to_set(tmp_path: Path, text: str, words: str):
    with pytest.raises(SourceError, match=rf"^a\.csv: {words}"):
        ids(tmp_path, text)
    line = int(words.split("line ")[2][0])
    under = 1 if ";;m;m" in text else 0
    assert ids(tmp_path, text, header_row=line, rows_under_header=under)[0] == "7"


def test_a_workbook_with_a_title_that_was_not_told_is_refused_too(tmp_path: Path):
    sheet(tmp_path, TITLED)
    with pytest.raises(SourceError, match=r"^a\.xlsx: line 1 has 1 cell, line 3 has 4: .*`header_row: 3`"):
        read_place_csv(delivery("a.xlsx"), tmp_path, TOWN)


def test_a_header_beyond_the_file_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"a\.csv: has 7 lines, .*line 9\. Correct `header_row`"):
        ids(tmp_path, TITLED, header_row=9)


def test_an_error_under_a_title_names_the_line_of_the_file(tmp_path: Path):
    with pytest.raises(SourceError, match=r"a\.csv: line 6, column 'x': 'hier' is no number"):
        ids(tmp_path, TITLED.replace("155200", "hier"), header_row=3, rows_under_header=1)


def test_an_answer_file_that_names_its_columns_itself_wants_no_header_row(tmp_path: Path):
    (tmp_path / "a.sav").write_bytes(b"x")
    with pytest.raises(SourceError, match=r"a\.sav: names its columns itself\. Take `header_row`"):
        read_place_csv(delivery("a.sav", header_row=2), tmp_path, TOWN)


def test_tabs_part_cells_too(tmp_path: Path):
    assert ids(tmp_path, "nr\tnaam\tx\ty\n\tZonder\t155100\t463100\n8\tB\t155200,5\t463200\n") == ["", "8"]


def read(texts: list[str], style: Style | None = None) -> list[float | None]:
    return list(read_numbers(pa.chunked_array([texts], pa.string()), "a.csv: column 'x'", style).to_pylist())


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1.234", "1.234.567"], [1234, 1_234_567]),
        (["1.234", "0,5"], [1234, 0.5]),
        (["1.234", "12.345,6", ""], [1234, 12345.6, None]),
        (["1.234", "0.5"], [1.234, 0.5]),
        (["1.234", "1234.5"], [1.234, 1234.5]),
        (["1,234", "0,5"], [1.234, 0.5]),
        (["1,234", "1,234,567.8"], [1234, 1_234_567.8]),
        (["1.234.567"], [1_234_567]),
        (["0,5", "0.5", "12", "x"], [0.5, 0.5, 12, None]),
        (["0.123", "0.456"], [0.123, 0.456]),
    ],
)
def test_a_column_tells_what_its_points_part(texts: list[str], values: list[float | None]):
    assert read(texts) == values


@pytest.mark.parametrize("texts", [["1.234"], ["1.234", "12"], ["1,234", "x"], ["1.234", "0,5", "0.5"]])
def test_what_can_be_read_in_two_ways_is_not_guessed(texts: list[str]):
    with pytest.raises(SourceError, match=r"a\.csv: column 'x': 1 values .*`numbers: dutch` .*`numbers: english`"):
        read(texts)
    assert read(texts[:1], "dutch") == [1234 if "." in texts[0] else 1.234]
    assert read(texts[:1], "english") == [1.234 if "." in texts[0] else 1234]


@given(st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 2)), min_size=1, max_size=8))
def test_numbers_written_in_either_style_are_read_back_when_it_is_told(values: list[float]):
    english = [f"{value:,.2f}" for value in values]
    dutch = [text.translate(str.maketrans(",.", ".,")) for text in english]
    assert read(english, "english") == read(dutch, "dutch") == values
    # Two decimals always show which mark is which.
    assert read(english) == read(dutch) == values


def test_what_is_no_number_is_null_and_an_empty_column_is_empty():
    assert read(["1", "x", "1", ""]) == [1.0, None, 1.0, None]
    assert read([]) == []


def test_the_area_file_says_how_the_numbers_of_a_list_are_written(tmp_path: Path):
    text = "nr;naam;x;y\n7;De Brug;155.100;463.100\n"
    with pytest.raises(SourceError, match=r"a\.csv: column 'x': 1 values .*`numbers: dutch`"):
        ids(tmp_path, text)
    assert ids(tmp_path, text, numbers="dutch") == ["7"]


def test_a_weight_in_a_workbook_is_a_number_and_no_text(tmp_path: Path):
    """Of a cell that holds a number there is no doubt, whatever its digits."""
    book = openpyxl.Workbook()
    for row in (["respondent", "buurtcode", "gewicht", "v1"], ["r1", "", 1.234, 4], ["r2", "", 2.345, 5]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    codebook = "item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet\nv1;;Vraag;Question;1;5;nee;\n"
    (tmp_path / "c.csv").write_text(codebook, encoding="utf-8")
    survey = read_respondents(RespondentDelivery(path="a.xlsx", codebook="c.csv", **COMMON), tmp_path)
    assert survey.respondents["weight"].to_pylist() == [1.234, 2.345]


@pytest.mark.parametrize("kind", [{"kind": "horeca"}, {"kinds": {"cafe": "horeca"}}])
def test_a_list_of_which_no_row_lies_near_the_area_gives_no_place(tmp_path: Path, kind: dict[str, Any]):
    (tmp_path / "a.csv").write_text("soort;x;y\ncafe;159500;463500\n")
    columns = {"x": "x", "y": "y", **({"kind": "soort"} if "kinds" in kind else {})}
    terms = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
    delivery = PlaceDelivery(format="csv", path="a.csv", columns=columns, **kind, **terms)
    town = Municipality(None, shapely.box(155_000, 463_000, 156_000, 464_000))
    assert len(read_place_csv(delivery, tmp_path, town)[0]) == 0
