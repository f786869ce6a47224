"""Instruments are sound, say where their words come from, and never mix in a codebook."""

from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from pipelines.errors import SourceError
from pipelines.sources.codebook import read_codebook
from pipelines.sources.instrument import Instrument, Measure, instruments, measures_of

HEAD = "item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet;instrument;vraag\n"
MANIFESTATIONS = {"m1": "m1_contact", "m2": "m2_network", "m4": "m4_activities"}


def codebook(folder: Path, *lines: str, head: str = HEAD) -> pa.Table:
    path = folder / "codeboek.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_codebook(path, "codeboek.csv", 2024)


def asked(folder: Path, instrument: str, *questions: str) -> pa.Table:
    return codebook(folder, *(f"k_{question};;;;;;;9;{instrument};{question}" for question in questions))


@pytest.mark.parametrize("name", instruments())
def test_every_question_has_words_in_two_languages_and_says_whether_they_were_compared(name: str) -> None:
    instrument = instruments()[name]
    assert instrument.note_nl.strip()
    assert instrument.note_en.strip()
    assert len({question.nl for question in instrument.items.values()}) == len(instrument.items)
    for question in instrument.items.values():
        assert question.nl.strip() == question.nl != ""
        assert question.en.strip() == question.en != ""
        assert question.lowest < question.highest
        assert len(question.answers_nl) == len(question.answers_en)
        assert len(question.answers_nl) in (0, question.highest)


def test_presets_are_never_called_official() -> None:
    assert {name for name, one in instruments().items() if one.is_official} == {"samenhang"}
    assert {"vm2012", "vm2021", "woon", "sampson", "buckner"} <= set(instruments())


def test_the_own_set_covers_every_manifestation_apart_and_three_kinds_of_help() -> None:
    own = instruments()["samenhang"]
    for manifestation, measure in MANIFESTATIONS.items():
        assert {own.items[item].manifestation for item in own.measures[measure].items} == {manifestation}
    for kind, measure in (("instrumental", "instr"), ("emotional", "emo"), ("informational", "info")):
        assert {own.items[item].help_kind for item in own.measures[f"m3_help_{measure}"].items} == {kind}
    assert own.measures["ctx_identification"].manifestation == "context"
    assert {question.facet for question in own.items.values()} == {"norm", "gedrag", "beleving"}


def test_a_scale_never_mixes_manifestations_except_in_presets_which_say_so() -> None:
    for name, instrument in instruments().items():
        for measure in (one for one in instrument.measures.values() if one.kind == "mean"):
            mixed = {instrument.items[item].manifestation for item in measure.items}
            assert len(mixed) == 1 or (name != "samenhang" and measure.manifestation == "context")


def test_a_scale_of_the_own_set_never_averages_what_people_do_with_what_they_feel() -> None:
    own = instruments()["samenhang"]
    for measure in (one for one in own.measures.values() if one.kind == "mean"):
        assert len({own.items[item].facet for item in measure.items}) == 1


def test_a_question_of_an_instrument_brings_its_words_range_and_direction(tmp_path: Path) -> None:
    (item,) = asked(tmp_path, "samenhang", "v4").to_pylist()
    assert item == {
        "wave": 2024, "item_id": "k_v4", "scale": "", "text_nl": "Ik ken bijna niemand in mijn straat.",
        "text_en": "I know hardly anybody in my street.", "lowest": 1.0, "highest": 5.0, "is_reversed": True,
        "dont_know_codes": [9.0], "instrument": "samenhang", "question": "v4", "facet": "gedrag", "manifestation": "m1",
        "object": "straat",
    }  # fmt: skip


def test_a_municipality_may_code_answers_its_own_way(tmp_path: Path) -> None:
    (item,) = codebook(tmp_path, "a;;;;0;4;nee;9;samenhang;v4").to_pylist()
    assert (item["lowest"], item["highest"], item["is_reversed"]) == (0.0, 4.0, False)


def test_a_codebook_without_instruments_stays_as_it_was(tmp_path: Path) -> None:
    head = HEAD.replace(";instrument;vraag", "")
    (item,) = codebook(tmp_path, "a;m1_contact;Vraag?;Question?;1;5;nee;9", head=head).to_pylist()
    assert [item[name] for name in ("scale", "instrument", "question", "facet", "manifestation", "object")] == [
        "m1_contact", "", "", "", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["a;;;;;;;9;samenhang;"], "fill in both"),
        (["a;;;;;;;9;;v1"], "fill in both"),
        (["a;;;;;;;9;vm1999;v1"], "instrument 'vm1999' is not known"),
        (["a;;;;;;;9;samenhang;v99"], "vraag 'v99' is no question of samenhang"),
        (["a;m1_contact;;;;;;9;samenhang;v1"], "beside an instrument"),
        (["a;;Iets anders?;;;;;9;samenhang;v1"], "tekst_nl differs from the question"),
        (["a;;;;;;;9;samenhang;v1", "b;;;;;;;9;samenhang;v1"], "more than once"),
        (["a;;;;;;;5;samenhang;v1"], "also an answer"),
        (
            [f"a{k};;;;;;;9;vm2012;k{k}" for k in range(1, 5)] + [f"b{k};;;;;;;9;vm2021;k{k}" for k in range(1, 7)],
            r"\['vm_cohesion'\] would be made of more than one set",
        ),
        (
            ["a;vm_cohesion;Vraag?;;1;5;nee;9;;"] + [f"a{k};;;;;;;9;vm2012;k{k}" for k in range(1, 5)],
            r"\['vm_cohesion'\] would be made of more than one set",
        ),
    ],
)
def test_a_codebook_that_misuses_an_instrument_is_an_error(tmp_path: Path, lines: list[str], words: str) -> None:
    with pytest.raises(SourceError, match=rf"^codeboek\.csv: .*{words}"):
        codebook(tmp_path, *lines)


def test_a_measure_is_made_when_its_questions_were_asked(tmp_path: Path) -> None:
    found = {one.name: one.item_ids for one in measures_of(asked(tmp_path, "samenhang", "v1", "v2", "v4", "v20"))}
    # Three of the four questions of contact are enough; anonymity needs both of its own.
    assert found == {
        "m1_contact": ("k_v1", "k_v2", "k_v4"),
        "anonymity": ("k_v1", "k_v2"),
        "latent_support": ("k_v20",),
    }


def test_too_few_questions_of_a_scale_make_no_measure(tmp_path: Path) -> None:
    assert measures_of(asked(tmp_path, "samenhang", "v5")) == ()


def test_a_scale_of_ones_own_is_measured_beside_an_instrument(tmp_path: Path) -> None:
    table = codebook(tmp_path, "a;eigen;Vraag?;;1;5;nee;9;;", "b;;;;;;;9;samenhang;v20")
    assert [(one.name, one.instrument, one.measure.kind) for one in measures_of(table)] == [
        ("eigen", "", "mean"),
        ("latent_support", "samenhang", "share"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "share", "items": ["a"]},
        {"kind": "share", "items": ["a"], "at_least": 3, "at_most": 1},
        {"kind": "mean", "items": ["a"], "at_least": 3},
        {"kind": "mean", "items": []},
        {"kind": "gap", "items": ["a", "b"]},
        {"kind": "difference", "items": ["a"], "at_least": 4},
        {"kind": "types", "items": ["a"]},
        {"kind": "ladder", "items": ["a", "b"], "categories": ["x"]},
    ],
)
def test_a_measure_that_cannot_be_made_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="cannot be made"):
        Measure.model_validate({"manifestation": "m1", "area_types": ["buurt"], **wrong})


def test_a_measure_of_questions_that_are_not_there_is_refused() -> None:
    own = instruments()["vm2012"].model_dump()
    own["measures"]["vm_cohesion"]["items"] = ["k1", "k9"]
    with pytest.raises(ValidationError, match="k9"):
        Instrument.model_validate(own)
