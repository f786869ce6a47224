"""One thing broken at a time in the deliveries of the example town, through the command line itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import osmium
import pytest
import shapely

from assets import cli

TOWN = "voorbeeldstad"
CBS, BAG, PC6, STREETS = "wijkenbuurten_2024.gpkg", "bag.gpkg", "cbs_pc6_2024.gpkg", "streets.osm.pbf"
SURVEY, CODEBOOK, LIST = "enquete.csv", "codeboek.csv", "plekken.csv"


def _elsewhere(east_m: float, north_m: float = 0.0):
    def move(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.set_geometry(frame.translate(east_m, north_m))

    return move


def _swapped(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]), crs=frame.crs)


def _in_degrees_with_swapped_axes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return _swapped(frame.to_crs(4326))


def _called(crs: str | None):
    return lambda frame: (
        frame.set_crs(crs, allow_override=True)
        if crs
        else gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=frame.geometry.to_numpy())
    )


def _without(column: str):
    return lambda frame: frame.drop(columns=column)


def _repeated(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.iloc[[*range(len(frame)), 0]]


def _all_twice(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.iloc[[*range(len(frame)), *range(len(frame))]]


@dataclass(frozen=True)
class Case:
    """What is broken, and the words that the message must hold."""

    name: str
    breaks: Callable[..., object]
    says: tuple[str, ...]


def _zipped_and_cut(town) -> None:
    folder = town.file("pc4")
    folder.mkdir()
    gpd.read_file(town.file("cbs_pc4_2024.gpkg"))[["postcode", "geometry"]].to_file(folder / "cbs_pc4_2024.shp")
    shutil.make_archive(str(town.file("cbs_pc4_2024")), "zip", folder)
    town.say("cbs_pc4_2024.gpkg", "cbs_pc4_2024.zip")
    town.cut_short("cbs_pc4_2024.zip")


def _with_answer(town, item: str, answer: str) -> None:
    lines = town.file(SURVEY).read_text(encoding="utf-8").split("\n")
    cells = lines[5].split(";")
    cells[lines[0].split(";").index(item)] = answer
    town.rewrite(SURVEY, lines[5], ";".join(cells))


def _no_streets(town) -> None:
    town.file(STREETS).unlink()
    with osmium.SimpleWriter(str(town.file(STREETS))) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, location=(5.3, 52.0), tags={"amenity": "bench"}))


CASES = (
    Case("a missing layer", lambda t: t.file(BAG).unlink(), (f"{TOWN}/{BAG}", "no such file", "--raw")),
    Case("a missing survey", lambda t: t.file(SURVEY).unlink(), (f"{TOWN}/{SURVEY}", "no such file", "--raw")),
    Case("a missing codebook", lambda t: t.file(CODEBOOK).unlink(), (f"{TOWN}/{CODEBOOK}", "no such file", "--raw")),
    Case("a missing extract", lambda t: t.file(STREETS).unlink(), (f"{TOWN}/{STREETS}", "no such file", "--raw")),
    Case("a missing raw folder", lambda t: shutil.rmtree(t.raw), ("raw folder", "--raw")),
    Case("no CRS", lambda t: t.remake(BAG, _called(None)), (f"{TOWN}/{BAG}", "coordinate system", "crs: EPSG:28992")),
    Case("a layer in Germany", lambda t: t.remake(BAG, _elsewhere(400_000)), (BAG, "outside the Netherlands")),
    Case("a layer 30 km away", lambda t: t.remake(BAG, _elsewhere(30_000)), (BAG, "km from the area", "crs")),
    Case("postcodes 30 km away", lambda t: t.remake(PC6, _elsewhere(0, 30_000)), (PC6, "km from the area")),
    Case("an extract 30 km away", lambda t: t.move_streets(lambda x, y: (x + 0.5, y)), (STREETS, "km from the area")),
    Case("streets just too far", lambda t: t.move_streets(lambda x, y: (x + 0.07, y)), (STREETS, "within 1,300 m")),
    Case("an extract in Spain", lambda t: t.move_streets(lambda x, y: (x, y - 12)), (STREETS, "outside the Neth")),
    Case("an extract with swapped axes", lambda t: t.move_streets(lambda x, y: (y, x)), (STREETS, "exchanged")),
    Case("swapped axes", lambda t: t.remake(BAG, _swapped), (BAG, "axes may be swapped")),
    Case("swapped degrees", lambda t: t.remake(BAG, _in_degrees_with_swapped_axes), (BAG, "axes may be swapped")),
    Case("a list with swapped axes", lambda t: t.say("x: x, y: y", "x: y, y: x"), (LIST, "line 2", "swapped")),
    Case("RD called degrees", lambda t: t.remake(BAG, _called("EPSG:4326")), (BAG, "declared coordinate system false")),
    Case("RD called Belgian", lambda t: t.remake(BAG, _called("EPSG:31370")), (BAG, "coordinate system")),
    Case("degrees called RD", lambda t: t.remake(BAG, lambda f: _called("EPSG:28992")(f.to_crs(4326))), (BAG, "crs")),
    Case(
        "a missing CBS column",
        lambda t: t.remake(CBS, _without("aantal_inwoners"), "buurten"),
        (f"{CBS}:buurten", "'aantal_inwoners' is missing"),
    ),
    Case("a missing BAG column", lambda t: t.remake(BAG, _without("gebruiksdoel")), (BAG, "'gebruiksdoel' is missing")),
    Case("a missing column of a list", lambda t: t.rewrite(LIST, "soort", "type"), (LIST, "'soort' is missing")),
    Case("a missing column of answers", lambda t: t.rewrite(SURVEY, ";v3;", ";v33;"), (SURVEY, "v3", "missing")),
    Case("a missing column of a codebook", lambda t: t.rewrite(CODEBOOK, "schaal", "x"), (CODEBOOK, "schaal")),
    Case("an empty layer", lambda t: t.remake(BAG, lambda f: f.iloc[:0]), (f"{TOWN}/{BAG}", "is empty")),
    Case("an empty list", lambda t: t.file(LIST).write_text("nummer;naam;soort;x;y\n"), (LIST, "no rows")),
    Case("an extract without streets", _no_streets, (STREETS, "holds no streets")),
    Case("half a zip", _zipped_and_cut, ("cbs_pc4_2024.zip", "no complete zip")),
    Case("half a GeoPackage", lambda t: t.cut_short(BAG), (BAG, "malformed", "cut short")),
    Case("half an extract", lambda t: t.cut_short(STREETS), (STREETS, "cut short")),
    Case("a number with letters", lambda t: t.rewrite(LIST, ";150374,2;", ";15o374,2;"), (LIST, "line 2", "'x'")),
    Case("an answer outside", lambda t: _with_answer(t, "v4", "7"), (SURVEY, "'v4'", CODEBOOK)),
    Case("a misspelled key", lambda t: t.say("gemeenten:", "gemeente:"), (f"{TOWN}.yaml", "'gemeenten'", "mean")),
    Case(
        "a misspelled key in a source", lambda t: t.say("    vintage:", "    vintag:"), ("sources.buurten", "'vintage'")
    ),
    Case("no YAML", lambda t: t.say("title: ", "title: ["), (f"{TOWN}.yaml", "line")),
    Case("a polygon beyond repair", lambda t: t.twist(PC6, 50, 1), (PC6, "row 1", "0.1 %")),
    Case("too many invalid polygons", lambda t: t.twist(PC6, 0.001, 9), (PC6, "9 of 662", "1 %")),
    Case(
        "places that were denied", lambda t: t.say("school: complete", "school: not_delivered"), ("school", "partial")
    ),
    Case("an unknown licence", lambda t: t.say("licence: CC0-1.0", "licence: CC0", 99), ("'CC0'", "CC0-1.0")),
    Case(
        "an unknown licence of places",
        lambda t: t.say(
            "csv\n      path: voorbeeldstad/plekken.csv\n      vintage: 2024\n      licence: CC0-1.0",
            "csv\n      path: voorbeeldstad/plekken.csv\n      vintage: 2024\n      licence: mine",
        ),
        ("'mine'", "plekken.csv"),
    ),
    Case("another gemeente", lambda t: t.say("[GM9999]", "[GM0014]"), (CBS, "GM0014", "GM9999")),
    Case("one gemeente of two", lambda t: t.say("[GM9999]", "[GM9999, GM0014]"), (CBS, "GM0014")),
    Case(
        "respondents of elsewhere",
        lambda t: [t.rewrite(file, "BU9999", "BU0363", 9999) for file in (SURVEY, "steekproef.csv")],
        (SURVEY, "buurt"),
    ),
    Case(
        "a buurt code that is none",
        lambda t: t.rewrite(SURVEY, "BU99990301", "BU9999"),
        (SURVEY, " no code of a buurt", "BU0014"),
    ),
    Case("buurten twice", lambda t: t.remake(CBS, _all_twice, "buurten"), (f"{CBS}:buurten", "buurtcode", "twice")),
    Case("squares twice", lambda t: t.remake("cbs_vk100_2024.gpkg", _repeated), ("vk100", "twice")),
    Case("dwellings twice", lambda t: t.remake(BAG, _all_twice), (BAG, "identificatie")),
    Case("places twice", lambda t: t.rewrite(LIST, "P003", "P002"), (LIST, "nummer")),
    Case(
        "no inhabitants in the total",
        lambda t: (
            t.say("total_from: buurten", "total_from: pc6"),
            t.remake(PC6, lambda f: f.assign(**{name: -99997 for name in f if name.startswith("aantal_")})),
        ),
        ("total_from", PC6),
    ),
    Case("an unknown vintage", lambda t: t.say("vintage: 2024", "vintage: 1999"), (CBS, "1999", "vintage")),
    Case("an unknown layer", lambda t: t.say("layer: wijken", "layer: wijk"), (CBS, "'wijk'", "wijken")),
    Case("another name", lambda t: t.say("name: voorbeeldstad", "name: elders"), ("'elders'", f"{TOWN}.yaml")),
)
IDS = [case.name.replace(" ", "_") for case in CASES]


@pytest.fixture(scope="module")
def release(example_run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder in which an earlier release stands."""
    out = tmp_path_factory.mktemp("earlier") / "published"
    shutil.copytree(example_run.out, out, symlinks=True)
    return out


def _ids(path: Path) -> set[str]:
    return {line.split(b";")[0].decode() for line in path.read_bytes().splitlines()[1:]}


def _require_a_good_message(answer, case: Case, ids: set[str]) -> None:
    assert answer.code == 2
    missing = [words for words in case.says if words not in answer.err]
    assert not missing, answer.err
    assert "Traceback" not in answer.err
    assert "np." not in answer.err
    lines = answer.err.strip().split("\n")
    assert lines[0] == "Bad input:"
    # Every line is of its own: it names a file or key before a colon, and ends in a sentence that says what to do.
    assert all(": " in line and line.endswith((".", "?")) for line in lines[1:])
    assert not ids & set(answer.err.replace(";", " ").replace("'", " ").split())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_run_on_broken_input_says_what_to_mend_and_publishes_nothing(
    case: Case, town, samenhang, prints, release: Path
):
    ids = _ids(town.file(SURVEY))
    before = prints(release)
    case.breaks(town)
    answer = samenhang("run", town.area_file, "--raw", town.raw, "--out", release)
    _require_a_good_message(answer, case, ids)
    assert answer.out == ""
    assert prints(release) == before
    assert not (town.home / "data").exists()


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_check_finds_the_same_and_writes_nothing(case: Case, town, samenhang, tmp_path: Path):
    ids = _ids(town.file(SURVEY))
    case.breaks(town)
    _require_a_good_message(samenhang("check", town.area_file, "--raw", town.raw), case, ids)
    assert not (tmp_path / "data").exists()


def test_check_of_sound_deliveries_ends_with_zero_and_writes_nothing(town, samenhang, prints, tmp_path: Path):
    before = prints(tmp_path)
    answer = samenhang("check", town.area_file, "--raw", town.raw)
    assert (answer.code, answer.err) == (0, "")
    assert "every delivery can be read" in answer.out
    assert prints(tmp_path) == before


def test_everything_that_is_broken_is_listed_at_once(town, samenhang):
    town.file("cbs_pc4_2024.gpkg").unlink()
    town.cut_short(PC6)
    town.remake("cbs_vk100_2024.gpkg", _without("aantal_inwoners"))
    town.remake(BAG, _elsewhere(400_000))
    town.file(STREETS).unlink()
    town.rewrite(LIST, "soort", "type")
    town.rewrite(SURVEY, ";5;4;1;4;", ";5;4;7;4;")
    town.rewrite("inventaris.csv", ";ja", ";misschien")
    broken = ("cbs_pc4_2024", "cbs_pc6_2024", "cbs_vk100", BAG, STREETS, LIST, SURVEY, "inventaris.csv")
    answers = [samenhang(command, town.area_file, "--raw", town.raw) for command in ("check", "run")]
    for answer in answers:
        assert answer.code == 2
        lines = answer.err.strip().split("\n")[1:]
        assert [sum(line.startswith(f"{TOWN}/{name}") for line in lines) for name in broken] == [1] * len(broken)
        assert len(lines) == len(broken)
    assert answers[0].err == answers[1].err


def test_an_event_in_a_buurt_that_is_not_there_is_refused_not_told_of_the_whole_area(town, samenhang):
    town.say("buurt: BU99990202", "buurt: BU99990999")
    answer = samenhang("check", town.area_file, "--raw", town.raw)
    assert answer.code == 2
    assert "events: BU99990999, of 2023-05-13, is none of the buurten of this area" in answer.err


def test_other_layers_are_looked_at_though_the_buurten_cannot_be_read(town, samenhang):
    town.cut_short(CBS)
    town.file(PC6).unlink()
    town.remake(BAG, _elsewhere(400_000))
    err = samenhang("check", town.area_file, "--raw", town.raw).err
    assert all(f"{TOWN}/{name}" in err for name in (CBS, PC6, BAG))


def test_an_answer_outside_the_codebook_names_no_respondent(town, samenhang):
    cells = town.file(SURVEY).read_text(encoding="utf-8").splitlines()[5].split(";")
    _with_answer(town, "v1", "777")
    err = samenhang("check", town.area_file, "--raw", town.raw).err
    assert "item 'v1': 1 outside 1 to 5" in err
    assert "777" not in err
    assert cells[0] not in err
    assert cells[2] not in err


def test_an_area_that_does_not_exist_is_answered_with_those_that_do(samenhang):
    answer = samenhang("run", "voorbeeldstat")
    assert answer.code == 2
    assert "'voorbeeldstat'" in answer.err
    assert "'voorbeeldstad'" in answer.err


def test_an_area_file_that_does_not_exist_is_named(samenhang, tmp_path: Path):
    answer = samenhang("check", tmp_path / "town.yaml")
    assert answer.code == 2
    assert "town.yaml: cannot be read" in answer.err
    assert "Check the path" in answer.err


def test_what_only_shows_during_a_run_leaves_dagster_as_itself(town, tmp_path: Path):
    from rich.console import Console

    from assets.bench import Folders
    from assets.running import run_area
    from pipelines.errors import AreaFileError

    town.say("school: complete", "school: not_delivered")
    folders = Folders(town.raw, tmp_path / "data", tmp_path / "published")
    with cli.environment(folders), pytest.raises(AreaFileError, match="school is called not_delivered"):
        run_area(str(town.area_file), folders, Console(quiet=True))
    assert not (tmp_path / "published" / TOWN).exists()


def test_bad_input_is_one_plain_message_of_the_program_itself(town, prints, release: Path, tmp_path: Path):
    before = prints(release)
    town.rewrite(SURVEY, ";5;4;1;4;", ";5;4;7;4;")
    words = [Path(sys.executable).parent / "samenhang", "run", town.area_file, "--raw", town.raw, "--out", release]
    ended = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "SAMENHANG_DATA": str(tmp_path / "data")},
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"Bad input:\n{TOWN}/{SURVEY}: answers outside the codebook")
    assert "Traceback" not in ended.stderr
    assert prints(release) == before
