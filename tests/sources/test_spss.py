"""SPSS files: what the file declares missing is missing and counted, in every column."""

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from pipelines.errors import SourceError
from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.delivered_table import DeliveredTable
from pipelines.sources.respondents import Survey, read_respondents
from pipelines.sources.spss import read_spss
from pipelines.sources.tables import read_table

CODEBOOK = """item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet
v1;m1_contact;Ik groet de meeste mensen.;I greet most people.;1;5;nee;"{codes}"
"""
ANSWERS = {
    "respondent": ["1", "2", "3", "4"],
    "buurtcode": ["BU99990101"] * 4,
    "gewicht": [1.0, 1.0, 1.0, 1.0],
    "leeftijd": [34.0, 99.0, 51.0, 62.0],
    "v1": [4.0, 98.0, 99.0, None],
}


def _written(raw: Path, missing: dict[str, list[object]], **columns: list[object]) -> Path:
    path = raw / "enquete.sav"
    pyreadstat.write_sav(pd.DataFrame({**ANSWERS, **columns}), str(path), missing_ranges=missing)
    return path


def _read(raw: Path, missing: dict[str, list[object]], **columns: list[object]) -> DeliveredTable:
    return read_spss(_written(raw, missing, **columns), "enquete.sav")


def _survey(raw: Path, codes: str, missing: dict[str, list[object]]) -> Survey:
    _written(raw, missing)
    (raw / "codeboek.csv").write_text(CODEBOOK.format(codes=codes), encoding="utf-8")
    delivery = RespondentDelivery(
        path="enquete.sav",
        codebook="codeboek.csv",
        vintage=2024,
        licence="x",
        attribution="x",
        columns={"age": "leeftijd"},
    )
    return read_respondents(delivery, raw)


@pytest.mark.parametrize("missing", [[98, 99], [{"lo": 97, "hi": 99}], [{"lo": 98, "hi": 98}, 99]])
def test_codes_and_ranges_that_the_file_declares_missing_are_missing_and_counted(tmp_path: Path, missing: list[object]):
    found = _read(tmp_path, {"v1": missing, "leeftijd": [99]})
    assert found.table["v1"].to_pylist() == ["4", "", "", ""]
    assert found.table["leeftijd"].to_pylist() == ["34", "", "51", "62"]
    assert found.coded["v1"].to_pylist() == ["4", "98", "99", ""]
    (remark,) = found.remarks
    assert (remark.action, remark.rows, remark.examples) == ("set_aside", 3, "")
    assert "v1 (2)" in remark.problem


def test_a_text_that_is_declared_missing_is_missing(tmp_path: Path):
    found = _read(tmp_path, {"soort": ["xx"]}, soort=["a", "xx", "b", "xx"])
    assert found.table["soort"].to_pylist() == ["a", "", "b", ""]


def test_a_file_that_declares_nothing_is_read_as_it_is(tmp_path: Path):
    found = _read(tmp_path, {})
    assert (found.table["v1"].to_pylist(), found.remarks, found.coded) == (["4", "98", "99", ""], (), {})


def test_an_age_declared_missing_is_unknown(tmp_path: Path):
    found = _survey(tmp_path, "98;99", {"leeftijd": [99]})
    assert found.respondents["age"].to_pylist() == [34, None, 51, 62]


def test_a_code_declared_missing_is_dont_know_where_the_codebook_says_so(tmp_path: Path):
    found = _survey(tmp_path, "99", {"v1": [98, 99]}).answers
    assert found["answer"].to_pylist() == [4, None, None, None]
    assert found["reason_missing"].to_pylist() == ["", "no_answer", "dont_know", "no_answer"]


@pytest.mark.parametrize("codes", ["98;99", "98,99", "98 99", "98, 99", "98-99", "97; 98-99", "98/99"])
def test_a_codebook_may_name_several_codes_for_dont_know(tmp_path: Path, codes: str):
    found = _survey(tmp_path, codes, {}).answers
    assert found["reason_missing"].to_pylist() == ["", "dont_know", "dont_know", "no_answer"]


@pytest.mark.parametrize("codes", ["9,0", "8;drie", "4;9", "99-97", "3-9", "6-9999"])
def test_codes_that_are_none_or_answers_are_refused(tmp_path: Path, codes: str):
    with pytest.raises(SourceError, match=r"item 'v1': weet_niet .* Use codes outside 1 to 5, such as 9, 8 9 or 97-99"):
        _survey(tmp_path, codes, {})


def test_a_packed_spss_file_is_read_too(tmp_path: Path):
    pyreadstat.write_sav(pd.DataFrame(ANSWERS), str(tmp_path / "a.zsav"), compress=True)
    assert read_table(tmp_path / "a.zsav", "a.zsav").num_rows == 4


@pytest.mark.parametrize("name", ["a.xls", "a.ods", "a.xlsb", "a.por", "a.dta"])
def test_a_file_of_another_program_is_refused_with_what_to_save_it_as(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(SourceError, match=rf"^lijst: files that end in \.{name[2:]} are not read\. .*save it as"):
        read_table(tmp_path / name, "lijst")


def test_a_day_that_no_calendar_knows_is_refused(tmp_path: Path):
    frame = pd.DataFrame({**ANSWERS, "dag": [1e18] * 4})
    pyreadstat.write_sav(frame, str(tmp_path / "enquete.sav"), variable_format={"dag": "DATETIME20"})
    with pytest.raises(SourceError, match=r"enquete\.sav: a date in it lies outside the years"):
        read_spss(tmp_path / "enquete.sav", "enquete.sav")
