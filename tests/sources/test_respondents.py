"""The reader of respondents and codebook: every cell is accounted for, and no error gives a respondent away."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.contracts import ANSWERS, ITEMS, RESPONDENTS
from pipelines.sources.respondents import Survey, read_respondents

CODEBOOK = """item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet
v1;m1_contact;Ik groet de meeste mensen.;I greet most people.;1;5;nee;9
v2;m1_contact;Ik ken bijna niemand.;I know hardly anyone.;1;5;ja;
"""
ANSWER_FILE = """respondent;buurtcode;gewicht;wijze;leeftijd;v1;v2
r-007;BU99990101;1,25;web;34;4;2
r-008;;0,75;papier;81;9;
"""


def survey(raw: Path, answers: str = ANSWER_FILE, codebook: str = CODEBOOK, **columns: str) -> Survey:
    (raw / "enquete.csv").write_text(answers, encoding="utf-8")
    (raw / "codeboek.csv").write_text(codebook, encoding="utf-8")
    delivery = RespondentDelivery(
        path="enquete.csv", codebook="codeboek.csv", vintage=2024, licence="x", attribution="x", columns=columns
    )
    return read_respondents(delivery, raw)


def test_the_three_tables_keep_their_contracts(tmp_path: Path) -> None:
    found = survey(tmp_path)
    for table, contract in ((found.respondents, RESPONDENTS), (found.answers, ANSWERS), (found.items, ITEMS)):
        assert violations(table, contract) == ()
        assert table.schema == contract.schema


def test_respondents_have_their_buurt_and_weight(tmp_path: Path) -> None:
    found = survey(tmp_path).respondents.select(["wave", "respondent_id", "buurt_code", "weight"])
    assert found.to_pylist() == [
        {"wave": 2024, "respondent_id": "r-007", "buurt_code": "BU99990101", "weight": 1.25},
        {"wave": 2024, "respondent_id": "r-008", "buurt_code": "", "weight": 0.75},
    ]


def test_no_answer_and_dont_know_are_told_apart(tmp_path: Path) -> None:
    cells = {(row["respondent_id"], row["item_id"]): row for row in survey(tmp_path).answers.to_pylist()}
    assert (cells["r-007", "v1"]["answer"], cells["r-007", "v1"]["reason_missing"]) == (4.0, "")
    assert (cells["r-008", "v1"]["answer"], cells["r-008", "v1"]["reason_missing"]) == (None, "dont_know")
    assert (cells["r-008", "v2"]["answer"], cells["r-008", "v2"]["reason_missing"]) == (None, "no_answer")


def test_the_codebook_becomes_items(tmp_path: Path) -> None:
    item = survey(tmp_path).items.to_pylist()[1]
    assert (item["item_id"], item["is_reversed"], item["dont_know_codes"], item["highest"]) == ("v2", True, [], 5.0)


def test_a_respondent_without_a_buurt_is_kept_and_counted(tmp_path: Path) -> None:
    remarks = survey(tmp_path).remarks
    assert [(remark.action, remark.rows, remark.examples) for remark in remarks[1:]] == [
        ("listed", 2, ""),
        ("set_aside", 1, ""),
    ]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    renamed = ANSWER_FILE.replace("respondent;buurtcode;gewicht", "nr;bu;w")
    assert len(survey(tmp_path, renamed, id="nr", buurt="bu", weight="w").respondents) == 2


def test_a_column_the_reader_does_not_know_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="wieght"):
        survey(tmp_path, wieght="gewicht")


def test_windows_1252_is_read(tmp_path: Path) -> None:
    survey(tmp_path)
    (tmp_path / "codeboek.csv").write_bytes(CODEBOOK.replace("greet", "gröet").encode("cp1252"))
    delivery = RespondentDelivery(
        path="enquete.csv", codebook="codeboek.csv", vintage=2024, licence="x", attribution="x"
    )
    assert "gröet" in read_respondents(delivery, tmp_path).items["text_en"].to_pylist()[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (";4;2", ";6;2", "item 'v1': 1 outside 1 to 5"),
        (";4;2", ";vier;2", "item 'v1': 1 outside 1 to 5, of which 1 no number.*instead of their labels"),
        (";4;2", ";4;9", "item 'v2': 1 outside 1 to 5"),
        (";4;2", ";0;7", "item 'v1': 1 outside 1 to 5; item 'v2': 1 outside"),
        ("1,25", "-1,25", "'gewicht' is no number in 0 rows and negative in 1"),
        ("1,25", "", "'gewicht' is no number in 1 rows and negative in 0"),
        ("r-008", "r-007", "'respondent' repeats: 1 of 2 rows"),
        ("r-008", "", "'respondent' is empty in 1 rows"),
        ("BU99990101", "Binnenstad", "'buurtcode' holds 1 values that are no code of a buurt"),
        (";v2\n", ";v3\n", r"columns \['v2'\] are missing"),
        (";gewicht", ";weging", r"columns \['gewicht'\] are missing"),
    ],
)
def test_a_wrong_cell_is_named_by_column_and_count_only(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SourceError, match=rf"^enquete\.csv: .*{words}") as error:
        survey(tmp_path, ANSWER_FILE.replace(old, new, 1))
    for personal in ("r-007", "r-008", "Binnenstad", "vier", "-1,25", "1,25", "BU99990101"):
        assert personal not in str(error.value)


def test_weights_that_are_all_zero_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="0 for everyone"):
        survey(tmp_path, ANSWER_FILE.replace("1,25", "0").replace("0,75", "0"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("v2;m1", "v1;m1", r"items \['v1'\] stand there more than once"),
        (";1;5;nee", ";5;1;nee", "span no answers"),
        (";1;5;nee", ";een;5;nee", "span no answers"),
        (";nee;9", ";nee;3", "also an answer"),
        (";nee;9", ";misschien;9", "Write ja or nee"),
        ("m1_contact", "M1 Contact!", "is no name"),
        ("Ik groet de meeste mensen.", "", "no text"),
        (";weet_niet", ";geen_idee", r"columns \['weet_niet'\] are missing"),
    ],
)
def test_a_wrong_codebook_is_an_error(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SourceError, match=rf"^codeboek\.csv: .*{words}"):
        survey(tmp_path, codebook=CODEBOOK.replace(old, new, 1))


@pytest.mark.parametrize("missing", ["enquete.csv", "codeboek.csv"])
def test_a_missing_file_is_an_error(tmp_path: Path, missing: str) -> None:
    survey(tmp_path)
    (tmp_path / missing).unlink()
    delivery = RespondentDelivery(
        path="enquete.csv", codebook="codeboek.csv", vintage=2024, licence="x", attribution="x"
    )
    with pytest.raises(SourceError, match=missing):
        read_respondents(delivery, tmp_path)


def test_codes_of_respondents_are_written_in_full_counted_and_never_quoted(tmp_path: Path) -> None:
    answers = ANSWER_FILE.replace("buurtcode;", "buurtcode;pc;").replace("BU99990101;", "bu99990101;9901.0;")
    found = survey(tmp_path, answers.replace("r-008;;", "r-008;;9902 ab;"), postcode="pc")
    assert found.respondents["buurt_code"].to_pylist() == ["BU99990101", ""]
    assert found.respondents["pc4"].to_pylist() == ["9901", "9902"]
    mended = [remark for remark in found.remarks if remark.action == "mended"]
    assert [(remark.rows, remark.examples) for remark in mended] == [(1, ""), (2, "")]
