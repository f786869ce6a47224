"""The reader of the qualitative inventory: no consent, no publication, and no word of it in an error."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.contracts import INVENTORY
from pipelines.sources.delivery import Delivery
from pipelines.sources.inventory import read_inventory
from pipelines.sources.remarks import Remark

RECORDS = """nummer;datum;buurtcode;onderwerp;gezegd_door;citaat;toestemming
1;2024-03-05;BU99990101;buurtcentrum;bewoner, 60 plus;"Zaterdag is de koffie; dan kom ik.";ja
2;06-03-2024;;winkel;winkelier;Ik ken iedereen.;Ja
3;2024-03-07;BU99990102;plein;bewoner;Liever niet in de krant.;nee
"""


def inventory(raw: Path, records: str = RECORDS, **columns: str) -> tuple[pa.Table, tuple[Remark, ...]]:
    (raw / "inventaris.csv").write_text(records, encoding="utf-8")
    delivery = Delivery(path="inventaris.csv", vintage=2024, licence="x", attribution="x", columns=columns)
    return read_inventory(delivery, raw)


def test_only_records_with_consent_are_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    table, remarks = inventory(tmp_path)
    assert violations(table, INVENTORY) == ()
    assert table["record_id"].to_pylist() == ["1", "2"]
    assert [(remark.rows, remark.examples) for remark in remarks] == [(3, ""), (1, "")]


def test_words_are_kept_as_they_were_said_and_of_days_the_month(tmp_path: Path) -> None:
    first, second = inventory(tmp_path)[0].to_pylist()
    assert first["quote"] == "Zaterdag is de koffie; dan kom ik."
    assert (first["month"], second["month"], second["buurt_code"]) == ("2024-03", "2024-03", "")


def test_of_a_moment_the_month_is_kept(tmp_path: Path) -> None:
    table, _ = inventory(tmp_path, RECORDS.replace("2024-03-05", "2024-03-05T10:30:00"))
    assert table["month"].to_pylist() == ["2024-03", "2024-03"]


def test_without_a_withheld_record_there_is_no_remark(tmp_path: Path) -> None:
    assert inventory(tmp_path, "\n".join(RECORDS.splitlines()[:3]))[1][1:] == ()


def test_an_inventory_where_nobody_consents_is_empty(tmp_path: Path) -> None:
    table, remarks = inventory(tmp_path, RECORDS.replace(";ja", ";nee").replace(";Ja", ";nee"))
    assert len(table) == 0
    assert [remark.rows for remark in remarks] == [3, 3]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    assert len(inventory(tmp_path, RECORDS.replace("citaat", "uitspraak"), quote="uitspraak")[0]) == 2
    with pytest.raises(SourceError, match="quotation"):
        inventory(tmp_path, quotation="citaat")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (";nee", ";", "neither ja nor nee in 1 records"),
        ("\n2;", "\n1;", "1 records have the number of another"),
        ("BU99990101", "Centrum", "1 values that are no code of a buurt"),
        ("2024-03-05", "5 maart", "column 'datum' holds no date that can be read in 1 records"),
        ("2024-03-05", "2024-13-05", "no date that can be read"),
        ("Ik ken iedereen.", "", "quote is empty in 1 records"),
        (";toestemming", ";akkoord", r"\['toestemming'\] are missing"),
    ],
)
def test_a_wrong_record_is_an_error_that_quotes_nothing(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SourceError, match=rf"^inventaris\.csv: .*{words}") as error:
        inventory(tmp_path, RECORDS.replace(old, new, 1))
    for quoted in ("koffie", "krant", "Centrum", "5 maart"):
        assert quoted not in str(error.value)


def test_what_is_wrong_in_a_withheld_record_does_not_matter(tmp_path: Path) -> None:
    assert len(inventory(tmp_path, RECORDS.replace("2024-03-07", "onbekend"))[0]) == 2


def test_a_buurt_code_in_small_letters_is_written_in_full_and_counted(tmp_path: Path) -> None:
    table, remarks = inventory(tmp_path, RECORDS.replace("BU99990101", "bu99990101"))
    assert table["buurt_code"].to_pylist() == ["BU99990101", ""]
    assert [(one.action, one.rows, one.examples) for one in remarks[1:]] == [("set_aside", 1, ""), ("mended", 1, "")]


def said(tmp_path: Path, quote: str, said_by: str = "bewoner", number: str = "17") -> tuple[pa.Table, list[Remark]]:
    header = RECORDS.splitlines()[0]
    row = f'{number};2024-03-05;BU99990101;plein;{said_by};"{quote}";ja'
    table, remarks = inventory(tmp_path, f"{header}\n{row}\n")
    return table, list(remarks[1:])


def test_a_record_that_points_to_somebody_is_withheld_and_told_by_its_number(tmp_path: Path) -> None:
    table, (remark,) = said(tmp_path, "Bel mij op 06 12345678.")
    assert len(table) == 0
    assert (remark.action, remark.rows) == ("set_aside", 1)
    assert remark.problem == "record withheld, for a phone number or e-mail address stands in it"
    assert remark.examples == "17"


def test_a_number_that_may_be_a_name_is_told_as_its_row(tmp_path: Path) -> None:
    _, (remark,) = said(tmp_path, "Bel mij op 06 12345678.", number="Jansen")
    assert remark.examples == "row 1"


def test_a_role_that_few_have_is_told_in_general_and_counted(tmp_path: Path) -> None:
    table, (remark,) = said(tmp_path, "Wij zijn open.", said_by="voorzitter van de moskee")
    assert table["said_by"].to_pylist() == ["professional"]
    assert (remark.action, remark.rows) == ("mended", 1)
    assert "moskee" not in remark.problem


def test_a_quote_that_names_a_role_of_one_person_is_published_and_to_be_read_again(tmp_path: Path) -> None:
    table, (remark,) = said(tmp_path, "Onze huisarts luistert nooit.")
    assert len(table) == 1
    assert remark.action == "noted"
    assert remark.examples == "17"
    assert "huisarts" not in remark.problem
