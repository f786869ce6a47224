"""The table of postcode, house number and buurt: cut to the area, written in full, and no address in two buurten."""

from pathlib import Path

import pytest

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources import crosswalk
from pipelines.sources.contracts import CROSSWALK
from pipelines.sources.crosswalk import read_crosswalk
from pipelines.sources.delivery import Delivery

HEADER = "PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n"
ROWS = (
    "9711AA;1;140000;1400;14\n"
    "9711AA;3;140000;1400;14\n"
    "9711AB;1;140102;1401;14\n"
    "9751BC;7;140102;1401;14\n"
    "1011AB;1;3630000;36300;363\n"
)


def delivered(raw: Path, text: str, name: str = "pc6hnr20240801_gwb.csv", **columns: str) -> Delivery:
    (raw / name).write_text(text, encoding="utf-8")
    return Delivery(path=name, vintage=2024, licence="CC-BY-4.0", attribution="CBS", columns=columns)


def rows_of(raw: Path, text: str, *gemeenten: str) -> list[tuple[object, ...]]:
    table, _ = read_crosswalk(delivered(raw, text), raw, gemeenten)
    assert violations(table, CROSSWALK) == ()
    return [tuple(row.values()) for row in table.to_pylist()]


def test_codes_of_numbers_are_written_in_full_and_other_gemeenten_left_out(tmp_path: Path):
    assert rows_of(tmp_path, HEADER + ROWS, "GM0014") == [
        ("9711AA", 1, "BU00140000"),
        ("9711AA", 3, "BU00140000"),
        ("9711AB", 1, "BU00140102"),
        ("9751BC", 7, "BU00140102"),
    ]
    assert rows_of(tmp_path, HEADER + ROWS, "GM0363") == [("1011AB", 1, "BU03630000")]
    assert len(rows_of(tmp_path, HEADER + ROWS, "GM0014", "GM0363")) == 5


@pytest.mark.parametrize(
    "text",
    [
        "PC6;Huisnummer;Buurt2024;Wijk2024;Gem2024\r\n9711AA;1;140000;1400;14\r\n",
        "\ufeffPC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n9711AA;1;140000;1400;14\n",
        "pc6,huisnummer,buurt,wijk,gemeente\n9711 aa,1,BU00140000,WK001400,GM0014\n",
        '"PC6";"Huisnummer";"Buurt2024";"Wijk2024";"Gemeente2024"\n"9711AA";"1";"00140000";"001400";"0014"\n',
        "PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n" + 2 * "9711AA;1;140000;1400;14\n",
    ],
    ids=["2017", "mark", "codes", "quotes", "repeated"],
)
def test_the_ways_in_which_years_differ_give_one_table(tmp_path: Path, text: str):
    assert rows_of(tmp_path, text, "GM0014") == [("9711AA", 1, "BU00140000")]


def test_an_address_in_two_buurten_is_in_none_and_counted(tmp_path: Path):
    text = HEADER + ROWS + "9711AA;1;140102;1401;14\n"
    table, remarks = read_crosswalk(delivered(tmp_path, text), tmp_path, ("GM0014",))
    assert ("9711AA", 1) not in {(row["pc6"], row["house_number"]) for row in table.to_pylist()}
    assert [(r.problem, r.rows, r.examples) for r in remarks[1:]] == [("address in several buurten", 1, "9711AA 1")]


def test_rows_that_cannot_be_read_are_counted_by_what_is_wrong(tmp_path: Path):
    wrong = "971AA;1;140000;1400;14\n9711AA;;140000;1400;14\n9711AA;5;x;1400;14\n9711AA;7;3630000;36300;14\n"
    table, remarks = read_crosswalk(delivered(tmp_path, HEADER + ROWS + wrong), tmp_path, ("GM0014",))
    assert len(table) == 4
    assert (remarks[0].action, remarks[0].problem) == ("read", "rows, of which 8 of the area")
    assert [(r.problem.removeprefix("row of the area with "), r.action, r.rows) for r in remarks[1:]] == [
        ("no postcode of six positions", "set_aside", 1),
        ("no house number", "set_aside", 1),
        ("no code of a buurt", "set_aside", 1),
        ("a buurt of another gemeente", "set_aside", 1),
    ]


def test_many_blocks_are_read_as_one(tmp_path: Path):
    lines = [
        f"{1000 + n // 2600}{chr(65 + n // 100 % 26)}A;{n % 100 + 1};{140000 + n % 7};1400;14\n" for n in range(200_000)
    ]
    distinct = {line.split(";")[0] + line.split(";")[1] for line in lines}
    table, _ = read_crosswalk(delivered(tmp_path, HEADER + "".join(lines)), tmp_path, ("GM0014",))
    assert len(table) <= len(distinct)
    assert violations(table, CROSSWALK) == ()


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crosswalk, "_MOST_ROWS", 3)
    with pytest.raises(SourceError, match="has over 3 rows"):
        read_crosswalk(delivered(tmp_path, HEADER + ROWS), tmp_path, ("GM0014",))
