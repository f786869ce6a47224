from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, AreaFile
from pipelines.sources.deliveries import delivered_inventory
from pipelines.sources.remarks import Remark
from pipelines.sources.shown_texts import readable
from pipelines.sources.texts import NAME, cut, label, plain, require_shown, wrong_with

GRONINGEN = yaml.safe_load((SHIPPED / "groningen-2017.yaml").read_text(encoding="utf-8"))
ORDINARY = (
    "Súdwest-Fryslân",
    "'t Zand",
    "100 % & <meer>",
    "Ald\u00a0Hôf",
    "مرحبا \u200fhallo",
    "👩\u200d👧",
    "日本",
    "",
)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_of_any_script_stay_as_they_are(text: str):
    assert plain(text) == text
    assert wrong_with(text, NAME) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202etxet", "atxet"),
        ("\u2066a\u2069", "a"),
        ("a\u200b\ufeffb", "ab"),
        ("a\nb\r\tc\u2028d\x0be", "a b  c d e"),
        ("a\x00\x1b[31mb\x9b", "a[31mb"),
        ("a\ud800b", "ab"),
        ("e" + "\u0301" * 50 + "n\u20dd", "e" + "\u0301" * 4 + "n\u20dd"),
    ],
)
def test_what_cannot_be_seen_or_steers_other_text_is_taken_out(text: str, shown: str):
    assert plain(text) == shown
    assert "cannot be seen" in wrong_with(text.replace("\n", " "), NAME)


@given(st.text(), st.integers(2, 50))
def test_a_text_is_cut_once_and_never_longer_than_it_may_be(text: str, longest: int):
    shown = cut(plain(text), longest)
    assert len(shown) <= longest
    assert cut(plain(shown), longest) == shown
    assert shown == plain(text) or shown.endswith("…")


def test_a_layer_is_named_in_one_line_of_a_screen():
    assert label("buurten\x1b]0;x\x07\n" + "a" * 500).startswith("buurten]0;x a")
    assert len(label("a" * 500)) == NAME


def test_a_table_tells_per_source_what_was_cut_and_what_taken_out():
    table = pa.table({"n": [1, 2, 3, 4], "name": ["a" * 300, "b\u202e", None, "c"], "other": ["\u202e"] * 4})
    shown, remarks = readable(table, {"name": 200}, ["x", "y", "y", "y"])
    assert shown["name"].to_pylist() == ["a" * 199 + "…", "b", None, "c"]
    assert shown["other"].to_pylist() == table["other"].to_pylist()
    assert [(one.source, one.action, one.rows) for one in remarks] == [("y", "mended", 1), ("x", "mended", 1)]
    assert all(isinstance(one, Remark) and "name" in one.problem for one in remarks)


def test_a_table_of_ordinary_words_is_given_back_as_it_came():
    table = pa.table({"name": ["Oost", "West"]})
    assert readable(table, {"name": 200}, ["x", "x"]) == (table, ())


def test_a_text_that_is_too_long_is_refused_with_how_long_it_may_be():
    with pytest.raises(SourceError, match=r"list\.csv: item 'v1' has 600 characters\. Write at most 500\."):
        require_shown("a" * 600, 500, "list.csv: item 'v1'")
    assert require_shown("a" * 500, 500, "x") == "a" * 500


HOSTILE = "\u202e" + "a" * 10_000


@pytest.mark.parametrize(
    "change",
    [
        {"title": HOSTILE},
        {"title": "a\ud800"},
        {"signal": {"opvolging": HOSTILE}},
        {"events": [{"date": "2024-01-01", "nl": HOSTILE, "en": "x"}]},
        {"sources": {**GRONINGEN["sources"], "pc4": {**GRONINGEN["sources"]["pc4"], "attribution": HOSTILE}}},
        {"sources": {**GRONINGEN["sources"], "pc4": {**GRONINGEN["sources"]["pc4"], "path": HOSTILE}}},
    ],
)
def test_the_area_file_may_not_hold_what_cannot_be_shown(change: dict[str, object]):
    AreaFile.model_validate(GRONINGEN)
    with pytest.raises(ValidationError, match=r"Write at most|cannot be seen"):
        AreaFile.model_validate({**GRONINGEN, **change})


def test_what_residents_said_is_cut_and_told_without_their_words(tmp_path: Path):
    text = f"nummer;datum;buurtcode;onderwerp;gezegd_door;citaat;toestemming\n1;2024-05-31;;plein;buur;{HOSTILE};ja\n"
    (tmp_path / "said.csv").write_text(text, encoding="utf-8")
    delivery = {"path": "said.csv", "vintage": 2024, "licence": "CC0-1.0", "attribution": "the gemeente"}
    area = AreaFile.model_validate({**GRONINGEN, "sources": {**GRONINGEN["sources"], "inventory": delivery}})
    told, remarks = delivered_inventory(area, tmp_path)
    assert told["quote"].to_pylist() == ["a" * 1999 + "…"]
    assert {(one.source, one.action, one.rows, one.examples) for one in remarks[1:]} == {("said.csv", "mended", 1, "")}
    assert len(remarks) == 3
