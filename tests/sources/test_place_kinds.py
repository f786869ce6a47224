"""The typology of places, and what lists, tags and registers tell of a place beside its kind."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import PlaceDelivery
from pipelines.sources.cbs import Municipality
from pipelines.sources.contracts import PLACES
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.place_kinds import booklet_kinds, code_kinds, known_kinds, place_kinds, read_place_kinds
from pipelines.sources.place_lists import read_place_csv
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
COMMON = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
FACTS = ("same_purpose", "regularity", "indoor", "free_of_charge", "functions")
SHORT = """
{kind}:
  nl: cafés
  en: cafés
  booklet: true
  evidence: r.837
  defaults: {{same_purpose: "yes", indoor: "yes", free_of_charge: "no", regularity: {regularity}}}
  tags: {{amenity: [{tag}]}}
"""


def test_the_six_of_the_booklet_and_six_further_kinds_are_known():
    assert set(booklet_kinds()) == {"winkel", "school", "buurtcentrum", "speelplek", "horeca", "sport"}
    further = {"bibliotheek", "gebedshuis", "zorgcentrum", "buurttuin", "buurtrestaurant", "bankjesplein"}
    assert set(known_kinds()) - set(booklet_kinds()) == further
    assert all(kind.nl and kind.en and kind.evidence for kind in place_kinds().values())
    assert place_kinds()["bankjesplein"].tags == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHORT.format(kind="kroeg", regularity="always", tag="pub"), r"kinds.yaml: defaults.regularity: .*daily"),
        ("kroeg: {nl: kroegen}", r"kinds.yaml: en: Field required"),
        (
            "".join(SHORT.format(kind=kind, regularity="daily", tag="pub") for kind in ("kroeg", "horeca")),
            r"\['amenity=pub'\] stand there twice",
        ),
    ],
)
def test_a_faulty_typology_is_refused_with_its_place(tmp_path: Path, text: str, expected: str):
    path = tmp_path / "kinds.yaml"
    path.write_text(text)
    with pytest.raises(SourceError, match=expected):
        read_place_kinds(path)


def listed(raw: Path, rows: list[str], **more: object):
    head = "naam;soort;x;y;doel;ritme;binnen;gratis;ook"
    (raw / "plekken.csv").write_text("\n".join([head, *(f"A;{row}" for row in rows)]), encoding="utf-8")
    columns = {"name": "naam", "kind": "soort", "x": "x", "y": "y"}
    columns |= dict(zip(FACTS, ("doel", "ritme", "binnen", "gratis", "ook"), strict=True))
    given = {"columns": columns, "kinds": {"Buurthuis": "buurtcentrum", "BS": "school"}} | COMMON | more
    table, remarks = read_place_csv(PlaceDelivery(format="csv", path="plekken.csv", **given), raw, TOWN)
    assert violations(table, PLACES) == ()
    return table.to_pylist(), remarks[1:]


def test_a_list_tells_for_whom_how_often_indoors_for_money_and_what_else(tmp_path: Path):
    rows, remarks = listed(
        tmp_path,
        [
            "Buurthuis;155100;463100;ja;Wekelijks;nee;ja;BS | bibliotheek",
            "BS;155100;463100;nee;eenmalig;onbekend;;Buurthuis,horeca",
            "BS;155100;463100;;;;;",
        ],
    )
    assert [tuple(row[name] for name in FACTS) for row in rows] == [
        ("yes", "weekly", "no", "yes", ["school", "bibliotheek"]),
        ("no", "once", "unknown", "unknown", ["buurtcentrum", "horeca"]),
        ("unknown", "unknown", "unknown", "unknown", []),
    ]
    assert remarks == ()


def test_facts_that_cannot_be_read_are_unknown_and_counted(tmp_path: Path):
    (row,), remarks = listed(tmp_path, ["BS;155100;463100;misschien;soms;half;weinig;Buurthuis,hangplek"])
    assert tuple(row[name] for name in FACTS) == (*["unknown"] * 4, ["buurtcentrum"])
    told = {remark.problem.split(" of a place")[0]: (remark.rows, remark.examples) for remark in remarks}
    assert told == {
        "same_purpose": (1, "misschien"),
        "regularity": (1, "soms"),
        "indoor": (1, "half"),
        "free_of_charge": (1, "weinig"),
        "functions": (1, "Buurthuis, hangplek"),
    }


def test_a_list_without_these_columns_tells_nothing_of_them(tmp_path: Path):
    columns = {"kind": "soort", "x": "x", "y": "y"}
    (row,), _ = listed(tmp_path, ["BS;155100;463100;ja;wekelijks;ja;ja;horeca"], columns=columns)
    assert tuple(row[name] for name in FACTS) == (*["unknown"] * 4, [])


def test_codes_of_a_register_are_kinds_of_place_and_the_area_file_overrules_them(tmp_path: Path):
    assert code_kinds("bag_gebruiksdoel") == {
        "winkelfunctie": "winkel",
        "onderwijsfunctie": "school",
        "sportfunctie": "sport",
    }
    lines = ["woonfunctie,winkelfunctie", "sportfunctie", "woonfunctie", "bijeenkomstfunctie"]
    rows, remarks = listed(
        tmp_path,
        [f"{words};155100;463100;;;;;" for words in lines],
        codes="bag_gebruiksdoel",
        kinds={"bijeenkomstfunctie": "buurtcentrum"},
    )
    assert [row["place_kind"] for row in rows] == ["winkel", "sport", "buurtcentrum"]
    assert [(remark.problem, remark.rows) for remark in remarks] == [("kind of place not mapped", 1)]


@pytest.mark.parametrize(
    ("tags", "indoor", "free_of_charge"),
    [
        ("fee=yes", "unknown", "no"),
        ("fee=no,indoor=yes", "yes", "yes"),
        ("indoor=no", "no", "unknown"),
        ("fee=donation,opening_hours=Mo-Fr", "unknown", "unknown"),
    ],
)
def test_osm_tells_whether_one_pays_and_whether_there_is_a_roof(extract, tags: str, indoor: str, free_of_charge: str):
    table, _ = read_osm_places(extract(f"n5 x4.37 y52.0 Tamenity=cafe,{tags}"), "small")
    (row,) = table.to_pylist()
    assert tuple(row[name] for name in FACTS) == ("unknown", "unknown", indoor, free_of_charge, [])
