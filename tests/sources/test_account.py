"""What `check` tells of a delivery: one block each, everything of it, and nothing of a person."""

import pyarrow as pa
import pytest

from pipelines.sources.account import LONGEST, Account, accounts, merged
from pipelines.sources.area_file import SHIPPED, AreaFile, read_area_file
from pipelines.sources.check import Readings, broken
from pipelines.sources.contracts import ADDRESSES, PLACES
from pipelines.sources.remarks import Remark

OSM = "voorbeeldstad/streets.osm.pbf"
SURVEY = "voorbeeldstad/enquete.csv"
BORDERS = "voorbeeldstad/wijkenbuurten_2024.gpkg"


@pytest.fixture(scope="module")
def area() -> AreaFile:
    return read_area_file(SHIPPED / "voorbeeldstad.yaml")


def _block(found: tuple[Account, ...], role: str, path: str) -> list[str]:
    (account,) = [one for one in found if (one.role, one.path) == (role, path)]
    return [f"{label}: {text}" for label, text in account.lines]


def _lines(area: AreaFile, role: str, path: str, **remarks: Remark) -> list[str]:
    return _block(accounts(area, Readings(()), {name: (one,) for name, one in remarks.items()}), role, path)


def test_the_same_file_is_told_of_apart_by_role(area: AreaFile):
    of_streets, of_places = (Remark(OSM, f"a {what}", "set_aside", 3, "way/1") for what in ("way", "place"))
    told = {"segments": of_streets, "places": of_places}
    assert _lines(area, "streets", OSM, **told)[-1] == "set aside: 3 a way: way/1"
    assert _lines(area, "places", OSM, **told)[-1] == "set aside: 3 a place: way/1"


def test_layers_of_one_file_are_told_of_apart(area: AreaFile):
    remark = Remark(f"{BORDERS}:wijken", "invalid polygon", "repaired", 1)
    assert _lines(area, "wijken", BORDERS, statistics=remark)[-1] == "repaired: 1 invalid polygon"
    assert "invalid" not in str(_lines(area, "buurten", BORDERS, statistics=remark))


def test_of_a_survey_no_example_is_told_whatever_its_reader_gives(area: AreaFile):
    remark = Remark(SURVEY, "age that nobody has", "set_aside", 2, "respondent 12")
    assert _lines(area, "respondents", SURVEY, survey=remark)[-1] == "set aside: 2 age that nobody has"


def test_what_is_of_no_delivery_alone_is_told_last(area: AreaFile):
    remark = Remark("people/persons", "counts contradict", "relaxed", 4)
    found = accounts(area, Readings(()), {"people": (remark,)})
    assert found[-1] == Account("together", "", (("relaxed", "4 counts contradict (people/persons)"),))


def test_seats_of_the_extract_of_the_places_are_told_there(area: AreaFile):
    remark = Remark(OSM, "bench that is not public", "set_aside", 1)
    assert _lines(area, "places", OSM, benches=remark)[-1] == "set aside: 1 bench that is not public"


def test_a_remark_is_told_once():
    one, other = Remark("a", "b", "noted", 0), Remark("a", "c", "noted", 0)
    assert merged([{"people": (one,)}, {"people": (one, other), "places": (one,)}]) == {
        "people": (one, other),
        "places": (one,),
    }


def test_delivered_words_are_cut_and_cannot_steer_a_screen(area: AreaFile):
    remark = Remark(OSM, "[red]\x1b[31m\u202e" + "x" * 10_000, "listed", 0)
    (line,) = _lines(area, "streets", OSM, segments=remark)[1:]
    assert len(line) <= LONGEST + len("listed: ")
    assert line.startswith("listed: [red][31mxxx")


def test_nothing_is_told_kept_of_a_delivery_that_was_not_read(area: AreaFile):
    assert _lines(area, "streets", OSM) == ["vintage: 2024"]


def test_places_are_counted_by_kind_the_most_first(area: AreaFile):
    empty = {"functions": [], "geometry": b"", "name": ""}
    kinds = ("school", "winkel", "winkel")
    rows = [{"source": OSM, "source_id": str(n), "place_kind": kind, **empty} for n, kind in enumerate(kinds)]
    read = Readings((), tables={"places": pa.Table.from_pylist(rows, schema=PLACES.schema)})
    assert "kept: 3 places: winkel 2, school 1" in _block(accounts(area, read, {}), "places", OSM)


def test_what_breaks_a_contract_is_told_by_its_deliveries(area: AreaFile):
    house = {"address_id": "1", "pc6": "", "x_m": 1e6, "y_m": 4e5, "house_letter": "", "is_institution": False}
    homes = pa.Table.from_pylist([house], schema=ADDRESSES.schema)
    (sentence,) = broken(area, Readings((), tables={"addresses": homes}))
    assert sentence.startswith("voorbeeldstad/bag.gpkg: cannot stand in sources/addresses (x_m: highest value")
