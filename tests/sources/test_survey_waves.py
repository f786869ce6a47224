"""Waves, and what is known of respondents beside their answers: read when asked for, bounded, and never quoted."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import RespondentDelivery, Sources, StreetDelivery
from pipelines.sources.contracts import MARGINS, RESPONDENTS, STRATA
from pipelines.sources.delivery import Delivery
from pipelines.sources.respondents import Survey, read_respondents, read_waves
from pipelines.sources.sampling_frame import age_bounds

CODEBOOK = """item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet
v1;m1_contact;Ik groet de meeste mensen.;I greet most people.;1;5;nee;9
"""
ANSWER_FILE = """respondent;buurtcode;gewicht;pc;laag;huis;wijze;leeftijd;geslacht;woonvorm;panelnr;opmerking;v1
r-007;BU99990101;1,25;9991AB;noord;h1;web;34;v;alleen;77;Ik ben kanarie;4
r-008;BU99990102;0,75;9992;zuid;h2;papier;81;m;samen;;;9
"""
STRATA_FILE = "stratum;inwoners;gevraagd\nnoord;400;20\nzuid;600;\n"
MARGINS_FILE = "kenmerk;categorie;inwoners\nleeftijd;18-64;700\nleeftijd;65+;300\ngeslacht;v;520\ngeslacht;m;480\n"
NAMES = {
    "postcode": "pc", "stratum": "laag", "cluster": "huis", "mode": "wijze", "age": "leeftijd", "sex": "geslacht",
    "household": "woonvorm", "panel": "panelnr",
}  # fmt: skip
PERSONAL = ("r-007", "r-008", "kanarie", "9991", "h1", "34", "81", "BU99990101")
OF = {"vintage": 2024, "licence": "x", "attribution": "x"}


def wave(year: int = 2024, **given: object) -> RespondentDelivery:
    of = {**OF, "vintage": year, "columns": NAMES, **given}
    return RespondentDelivery.model_validate({"path": "enquete.csv", "codebook": "codeboek.csv", **of})


def lay(raw: Path, answers: str = ANSWER_FILE, strata: str = STRATA_FILE, margins: str = MARGINS_FILE) -> None:
    files = {"enquete.csv": answers, "codeboek.csv": CODEBOOK, "strata.csv": strata, "margins.csv": margins}
    for name, text in files.items():
        (raw / name).write_text(text, encoding="utf-8")


def framed(**given: object) -> RespondentDelivery:
    return wave(strata={"path": "strata.csv", **OF}, margins={"path": "margins.csv", **OF}, **given)


def test_facts_that_the_area_file_names_are_read(tmp_path: Path) -> None:
    lay(tmp_path)
    first, second = read_respondents(wave(), tmp_path).respondents.to_pylist()
    assert first == {
        "wave": 2024, "respondent_id": "r-007", "buurt_code": "BU99990101", "pc4": "9991", "weight": 1.25,
        "stratum": "noord", "cluster": "h1", "mode": "web", "age": 34, "sex": "v", "household": "alleen",
        "panel_id": "77",
    }  # fmt: skip
    assert (second["pc4"], second["panel_id"]) == ("9992", "")


def test_facts_that_nobody_named_are_not_kept(tmp_path: Path) -> None:
    lay(tmp_path)
    found = read_respondents(wave(columns={}), tmp_path)
    assert violations(found.respondents, RESPONDENTS) == ()
    for column in ("pc4", "stratum", "cluster", "mode", "sex", "household", "panel_id"):
        assert set(found.respondents[column].to_pylist()) == {""}
    assert found.respondents["age"].null_count == 2


@pytest.mark.parametrize("age", ["-3", "121", "34,5", "vier"])
def test_an_impossible_age_is_unknown_and_counted(tmp_path: Path, age: str) -> None:
    lay(tmp_path, ANSWER_FILE.replace(";81;", f";{age};"))
    found = read_respondents(wave(), tmp_path)
    assert found.respondents["age"].to_pylist() == [34, None]
    assert [(remark.rows, remark.problem) for remark in found.remarks if remark.action not in {"listed", "read"}] == [
        (1, "age that is no whole number from 0 to 120; unknown in the weighting")
    ]


def test_an_age_that_is_not_filled_in_is_unknown_without_more_ado(tmp_path: Path) -> None:
    lay(tmp_path, ANSWER_FILE.replace(";81;", ";;"))
    found = read_respondents(wave(), tmp_path)
    assert found.respondents["age"].to_pylist() == [34, None]
    assert {remark.action for remark in found.remarks} == {"listed", "read"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (";9991AB;", ";999;", "'pc' holds 1 values that are no postcode"),
        (";;;9", ";77;;9", "'panelnr' repeats: 1 of 2 rows"),
        (";alleen;", f";{'Ik ben kanarie en ' * 4};", "'woonvorm' holds 2 different values, of up to 71 characters"),
    ],
)
def test_a_fact_that_cannot_be_is_named_by_column_and_count_only(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    lay(tmp_path, ANSWER_FILE.replace(old, new, 1))
    with pytest.raises(SourceError, match=rf"^enquete\.csv: column {words}") as error:
        read_respondents(wave(), tmp_path)
    assert not [personal for personal in PERSONAL if personal in str(error.value)]


def test_a_category_that_turns_other_text_around_is_refused_and_not_quoted(tmp_path: Path) -> None:
    rows = "".join(f"r-{n};BU99990101;1;;;;;;;;;\u202etekst;3\n" for n in range(2))
    lay(tmp_path, ANSWER_FILE.splitlines(keepends=True)[0] + rows)
    with pytest.raises(SourceError, match="holds 1 values with characters that cannot be seen") as error:
        read_respondents(wave(columns={"mode": "opmerking"}), tmp_path)
    assert "tekst" not in str(error.value)


def test_a_column_of_remarks_named_as_a_category_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"r-{n};BU99990101;1;;;;;;;;;tekst {n};3\n" for n in range(40))
    lay(tmp_path, ANSWER_FILE.splitlines(keepends=True)[0] + rows)
    with pytest.raises(SourceError, match="is this the right column") as error:
        read_respondents(wave(columns={"mode": "opmerking"}), tmp_path)
    assert "tekst" not in str(error.value)


def test_strata_and_margins_are_read_beside_the_respondents(tmp_path: Path) -> None:
    lay(tmp_path)
    found = read_respondents(framed(), tmp_path)
    assert violations(found.strata, STRATA) == ()
    assert violations(found.margins, MARGINS) == ()
    assert [(row["stratum"], row["population"], row["asked"]) for row in found.strata.to_pylist()] == [
        ("noord", 400.0, 20.0),
        ("zuid", 600.0, None),
    ]
    assert [(row["feature"], row["category"]) for row in found.margins.to_pylist()][:2] == [
        ("age", "18-64"),
        ("age", "65+"),
    ]


def test_where_strata_are_delivered_no_weight_need_be(tmp_path: Path) -> None:
    lay(tmp_path, ANSWER_FILE.replace("gewicht", "anders"))
    assert read_respondents(framed(), tmp_path).respondents["weight"].to_pylist() == [1.0, 1.0]


def test_a_weight_of_more_people_than_the_country_is_refused_unquoted(tmp_path: Path) -> None:
    lay(tmp_path, ANSWER_FILE.replace("1,25", "1e308"))
    with pytest.raises(SourceError, match=r"'gewicht' is over 20,000,000 in 1 rows") as error:
        read_respondents(wave(), tmp_path)
    assert "e308" not in str(error.value)


def test_a_respondent_of_a_stratum_that_is_not_listed_stops_the_run(tmp_path: Path) -> None:
    lay(tmp_path, strata="stratum;inwoners;gevraagd\nnoord;400;20\n")
    with pytest.raises(SourceError, match=r"'laag' holds 1 values that are no stratum of strata\.csv") as error:
        read_respondents(framed(), tmp_path)
    assert "zuid" not in str(error.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("strata", "400", "nul", r"strata\.csv: column 'inwoners' holds 1 values that are no whole number.*'nul'"),
        ("strata", "400", "1e308", "'inwoners' holds 1 values that are no whole number.*'1e308'"),
        ("margins", "520", "20000001", "'inwoners' holds 1 values that are no whole number.*'20000001'"),
        ("margins", "520\ngeslacht;m;480", "0\ngeslacht;m;0", "geslacht: inwoners is 0 everywhere"),
        ("strata", "400;20", "400;500", "gevraagd is '500' of 400 inwoners"),
        ("strata", "zuid", "noord", r"\['noord'\] stand there more than once"),
        ("strata", "gevraagd", "steekproef", r"columns \['gevraagd'\] are missing"),
        ("margins", "geslacht;v", "kleur;v", "is no feature with a category"),
        ("margins", "18-64", "jong", "is no range of ages"),
        ("margins", "18-64", "18-60", r"overlap or leave a gap \(60 and 65\)"),
        ("margins", "18-64", "18-70", r"overlap or leave a gap \(70 and 65\)"),
        ("margins", "18-64", "64-18", "overlap or leave a gap"),
        ("margins", "520", "veel", "'inwoners' holds 1 values that are no whole number.*'veel'"),
        ("margins", "520", "1e308", "'inwoners' holds 1 values that are no whole number.*'1e308'"),
        ("margins", "520", "", "inwoners is ''"),
        ("margins", "520", "-99997", "inwoners is '-99997'"),
        ("margins", "geslacht;m", "geslacht;v", "more than once"),
    ],
)
def test_a_wrong_list_of_what_the_sample_stands_for_is_named(
    tmp_path: Path, file: str, old: str, new: str, words: str
) -> None:
    given = {"strata": STRATA_FILE, "margins": MARGINS_FILE}
    lay(tmp_path, **{file: given[file].replace(old, new, 1)})
    with pytest.raises(SourceError, match=words):
        read_respondents(framed(), tmp_path)


@pytest.mark.parametrize(("category", "bounds"), [("18-34", (18, 34.0)), ("75+", (75, float("inf")))])
def test_a_range_of_ages_has_two_ends(category: str, bounds: tuple[int, float]) -> None:
    assert age_bounds(category) == bounds


def test_waves_are_read_one_after_the_other_and_told_apart_by_year(tmp_path: Path) -> None:
    lay(tmp_path)
    found = read_waves((wave(2022), wave(2024)), tmp_path)
    assert found.respondents["wave"].to_pylist() == [2022, 2022, 2024, 2024]
    assert found.items["wave"].to_pylist() == [2022, 2024]
    assert found.answers["wave"].to_pylist() == [2022, 2022, 2024, 2024]


def test_without_a_survey_every_table_is_empty(tmp_path: Path) -> None:
    found = read_waves((), tmp_path)
    assert isinstance(found, Survey)
    assert [len(found.respondents), len(found.answers), len(found.items), len(found.strata)] == [0, 0, 0, 0]


def test_what_is_wrong_in_every_wave_is_told_at_once(tmp_path: Path) -> None:
    lay(tmp_path)
    with pytest.raises(SourceError) as error:
        read_waves((wave(2022, path="a.csv"), wave(2024, path="b.csv")), tmp_path)
    assert "a.csv" in str(error.value)
    assert "b.csv" in str(error.value)


def sources(**given: object) -> Sources:
    streets = StreetDelivery(format="osm", path="s.osm.pbf", **OF)  # type: ignore[arg-type]
    return Sources.model_validate({"streets": streets, **given})


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (None, (2022,), "there is no later wave"),
        (2024, (2024,), r"waves of \[2024\] before one of 2024"),
        (2022, (2024,), r"waves of \[2024\] before one of 2022"),
        (2024, (2022, 2020), "oldest first"),
    ],
)
def test_waves_must_be_of_different_years_oldest_first(now: int | None, before: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        sources(respondents=wave(now) if now else None, respondents_before=tuple(wave(year) for year in before))


def test_the_licences_of_what_a_wave_needs_are_those_of_the_area() -> None:
    found = sources(respondents=framed()).all()
    assert {one.path for one in found} == {"s.osm.pbf", "enquete.csv", "strata.csv", "margins.csv"}
    assert all(isinstance(one, Delivery) for one in found)


def test_margins_of_another_year_are_refused() -> None:
    with pytest.raises(ValidationError, match="margins is of 2021 and the survey of 2024"):
        wave(margins={"path": "margins.csv", **OF, "vintage": 2021})


def test_strata_without_the_column_that_holds_them_are_refused() -> None:
    with pytest.raises(ValidationError, match="name the column"):
        wave(columns={}, strata={"path": "strata.csv", **OF})
