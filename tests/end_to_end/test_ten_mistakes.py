"""A dozen mistakes in one area, each of another kind and in another delivery: `check` lists all, each with its mend."""

import json
import re

import pytest

TOWN = "voorbeeldstad"
COMMON = "vintage: 2024\n{0}licence: CC0-1.0\n{0}attribution: Voorbeeldstad, verzonnen gegevens\n"
FURTHER = (
    f"  crosswalk:\n    path: {TOWN}/pc6hnr.csv\n    {COMMON.format('    ')}"
    f"  statline:\n    - path: {TOWN}/kerncijfers.json\n      table: 85984NED\n      {COMMON.format('      ')}"
    "  streets:\n"
)
CROSSWALK = "PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n1000AA;1;99990101;999901;9999\n"
FIGURES = [{"Measure": "T1", "ValueAttribute": "None", "Value": 1.0, "WijkenEnBuurten": "GM9999"}]

# What stands in the line: file, place (layer, line or column) and mend.
MISTAKES = {
    "wijkenbuurten_2024.gpkg": (r"layer 'wijk' is not in it; there are \[.*'wijken'", "Name one under `layer`"),
    "cbs_pc4_2024.gpkg": ("there is no such file", "correct `path` in the area file"),
    "cbs_pc6_2024.gpkg": ("cut short", "download or copy"),
    "cbs_vk100_2024.gpkg": ("column 'aantal_inwoners' .*is missing", "under `columns`"),
    "bag.gpkg": ("column 'identificatie' repeats", "Deliver each verblijfsobject once"),
    "streets.osm.pbf": ("cannot be read as OSM PBF", "copy the complete"),
    "plekken.csv": (r"line 3, column 'x': 'hier' is no number \(1 such lines\)", "Write RD metres"),
    "duo_vestigingen.csv": ("column 'POSTCODE' is missing", "name the column under `columns"),
    "pc6hnr.csv": ("column 'Buurt2019' is of 2019", "correct `vintage`"),
    "kerncijfers.json": ("is one page of several", "Fetch the whole table"),
    "enquete.csv": ("item 'v1': 1 outside 1 to 5", "Correct the answers"),
    "inventaris.csv": ("consent is neither ja nor nee in 1 records", "Fill in ja or nee"),
}


@pytest.fixture
def further(town):
    """The example town with two deliveries more."""
    town.say("  streets:\n", FURTHER)
    town.file("pc6hnr.csv").write_text(CROSSWALK, encoding="utf-8")
    town.file("kerncijfers.json").write_text(json.dumps({"value": FIGURES}), encoding="utf-8")
    return town


def test_without_mistakes_the_further_deliveries_are_read(further, samenhang):
    answer = samenhang("check", further.area_file, "--raw", further.raw)
    assert (answer.code, answer.err) == (0, "")


def test_check_lists_a_dozen_mistakes_each_with_file_place_and_mend(further, samenhang):
    further.say("layer: wijken", "layer: wijk")
    further.file("cbs_pc4_2024.gpkg").unlink()
    further.cut_short("cbs_pc6_2024.gpkg")
    further.remake("cbs_vk100_2024.gpkg", lambda frame: frame.drop(columns="aantal_inwoners"))
    further.remake("bag.gpkg", lambda frame: frame.iloc[[*range(len(frame)), *range(len(frame))]])
    further.cut_short("streets.osm.pbf")
    lines = further.file("plekken.csv").read_text(encoding="utf-8").splitlines()
    further.rewrite("plekken.csv", lines[2].split(";")[3], "hier")
    duo = further.file("duo_vestigingen.csv")
    duo.write_bytes(duo.read_bytes().replace(b"POSTCODE", b"PC", 1))
    further.rewrite("pc6hnr.csv", "Buurt2024", "Buurt2019")
    figures = {"value": FIGURES, "@odata.nextLink": "next"}
    further.file("kerncijfers.json").write_text(json.dumps(figures), encoding="utf-8")
    _answer_outside(further)
    further.rewrite("inventaris.csv", ";ja", ";misschien")

    answer = samenhang("check", further.area_file, "--raw", further.raw)
    said = answer.err.strip().split("\n")[1:]
    assert answer.code == 2
    assert len(said) == len(MISTAKES) == 12, "\n".join(said)
    for name, (place, mend) in MISTAKES.items():
        (sentence,) = [one for one in said if one.startswith(f"{TOWN}/{name}")]
        assert re.search(place, sentence), sentence
        assert mend in sentence, sentence
    assert "Traceback" not in answer.err


def _answer_outside(town) -> None:
    header, first, *rest = town.file("enquete.csv").read_text(encoding="utf-8").splitlines()
    cells = first.split(";")
    cells[header.split(";").index("v1")] = "7"
    town.file("enquete.csv").write_text("\n".join([header, ";".join(cells), *rest]) + "\n", encoding="utf-8")
