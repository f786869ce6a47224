"""One thing broken at a time in the deliveries of the example town, through the command line itself."""

import hashlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely

from assets import cli
from pipelines.sources.area_file import SHIPPED

TOWN = "voorbeeldstad"
CBS, BAG, PC6, STREETS = "wijkenbuurten_2024.gpkg", "bag.gpkg", "cbs_pc6_2024.gpkg", "streets.osm.pbf"
SURVEY, CODEBOOK, LIST = "enquete.csv", "codeboek.csv", "plekken.csv"


@dataclass(frozen=True)
class Town:
    """A copy of the example town that a test may break: its raw folder and its area file."""

    raw: Path
    area_file: Path

    def file(self, name: str) -> Path:
        return self.raw / TOWN / name

    def say(self, old: str, new: str, count: int = 1) -> None:
        """Replace words of the area file."""
        self._rewrite(self.area_file, old, new, count)

    def rewrite(self, name: str, old: str, new: str, count: int = 1) -> None:
        """Replace words of a delivered list."""
        self._rewrite(self.file(name), old, new, count)

    @staticmethod
    def _rewrite(path: Path, old: str, new: str, count: int) -> None:
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new, count).encode())

    def remake(self, name: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], layer: str | None = None):
        """Write a layer anew with something changed."""
        layer = layer or gpd.list_layers(self.file(name))["name"][0]
        change(gpd.read_file(self.file(name), layer=layer)).to_file(self.file(name), layer=layer, driver="GPKG")

    def cut_short(self, name: str) -> None:
        content = self.file(name).read_bytes()
        self.file(name).write_bytes(content[: len(content) // 2])

    def move_streets(self, move: Callable[[float, float], tuple[float, float]]) -> None:
        """Write the OSM extract anew with its nodes elsewhere."""
        moved = self.file("moved.osm.pbf")
        with osmium.SimpleWriter(str(moved)) as writer:
            for thing in osmium.FileProcessor(str(self.file(STREETS))):
                if isinstance(thing, osmium.osm.Node):
                    writer.add(thing.replace(location=move(thing.lon, thing.lat)))
                else:
                    writer.add(thing)
        moved.replace(self.file(STREETS))


@pytest.fixture
def town(example_raw: Path, tmp_path: Path) -> Town:
    shutil.copytree(example_raw / TOWN, tmp_path / "raw" / TOWN)
    area_file = tmp_path / "areas" / f"{TOWN}.yaml"
    area_file.parent.mkdir()
    shutil.copy(SHIPPED / f"{TOWN}.yaml", area_file)
    return Town(tmp_path / "raw", area_file)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def samenhang(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Run the command line in this process; its data folder is `tmp_path/data`."""

    def call(*words: str | Path) -> Answer:
        monkeypatch.setenv("SAMENHANG_DATA", str(tmp_path / "data"))
        monkeypatch.setattr(sys, "argv", ["samenhang", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Answer(ended.value.code or 0, said.out, said.err)

    return call


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


def _bow_tie(size_m: float, rows: int = 1):
    """Make polygons invalid: a loop of `size_m` metres turned inside out at their first corner."""

    def twist(polygon: shapely.Geometry) -> shapely.Geometry:
        corners = shapely.get_coordinates(shapely.get_parts(polygon)[0].exterior)
        x, y = corners[0]
        loop = [(x, y), (x + size_m, y + size_m), (x + size_m, y), (x, y + size_m), (x, y)]
        return shapely.MultiPolygon([shapely.Polygon(np.vstack([loop[:-1], corners]))])

    def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        geometry = frame.geometry.to_numpy().copy()
        geometry[:rows] = [twist(polygon) for polygon in geometry[:rows]]
        return frame.set_geometry(geometry, crs=frame.crs)

    return change


@dataclass(frozen=True)
class Case:
    """What is broken, and the words that the message must hold."""

    name: str
    breaks: Callable[[Town], object]
    says: tuple[str, ...]


def _zipped_and_cut(town: Town) -> None:
    folder = town.file("pc4")
    folder.mkdir()
    gpd.read_file(town.file("cbs_pc4_2024.gpkg")).to_file(folder / "cbs_pc4_2024.shp")
    shutil.make_archive(str(town.file("cbs_pc4_2024")), "zip", folder)
    town.say("cbs_pc4_2024.gpkg", "cbs_pc4_2024.zip")
    town.cut_short("cbs_pc4_2024.zip")


def _no_streets(town: Town) -> None:
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
    Case("streets just too far", lambda t: t.move_streets(lambda x, y: (x + 0.07, y)), (STREETS, "no streets")),
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
    Case("half a GeoPackage", lambda t: t.cut_short(BAG), (BAG, "Deliver")),
    Case("half an extract", lambda t: t.cut_short(STREETS), (STREETS, "truncated")),
    Case("a number with letters", lambda t: t.rewrite(LIST, ";150374,2;", ";15o374,2;"), (LIST, "line 2", "'x'")),
    Case("an answer outside", lambda t: t.rewrite(SURVEY, ";5;4;1;4;", ";5;4;7;4;"), (SURVEY, "'v4'", CODEBOOK)),
    Case("a misspelled key", lambda t: t.say("gemeenten:", "gemeente:"), (f"{TOWN}.yaml", "'gemeenten'", "mean")),
    Case(
        "a misspelled key in a source", lambda t: t.say("    vintage:", "    vintag:"), ("sources.buurten", "'vintage'")
    ),
    Case("no YAML", lambda t: t.say("title: ", "title: ["), (f"{TOWN}.yaml", "line")),
    Case("a polygon beyond repair", lambda t: t.remake(PC6, _bow_tie(50)), (PC6, "row 1", "0.1 %")),
    Case("too many invalid polygons", lambda t: t.remake(PC6, _bow_tie(0.001, 9)), (PC6, "9 of 691", "1 %")),
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
    Case("an item that runs backwards", lambda t: t.rewrite(CODEBOOK, ";nee;", ";ja;"), ("v1", "omgekeerd", CODEBOOK)),
    Case("respondents of elsewhere", lambda t: t.rewrite(SURVEY, "BU9999", "BU0363", 9999), (SURVEY, "buurt")),
    Case("a buurt code that is none", lambda t: t.rewrite(SURVEY, "BU99990301", "99990301"), (SURVEY, "1 ", "BU0363")),
    Case("buurten twice", lambda t: t.remake(CBS, _repeated, "buurten"), (f"{CBS}:buurten", "buurtcode", "twice")),
    Case("squares twice", lambda t: t.remake("cbs_vk100_2024.gpkg", _repeated), ("vk100", "twice")),
    Case("dwellings twice", lambda t: t.remake(BAG, _all_twice), (BAG, "identificatie")),
    Case("places twice", lambda t: t.rewrite(LIST, "P003", "P002"), (LIST, "nummer")),
    Case(
        "no inhabitants in the total",
        lambda t: (
            t.say("total_from: buurten", "total_from: pc6"),
            t.remake(PC6, lambda f: f.assign(aantal_inwoners=-99997)),
        ),
        ("total_from", PC6),
    ),
    Case("an unknown vintage", lambda t: t.say("vintage: 2024", "vintage: 1999"), (CBS, "1999", "vintage")),
    Case("an unknown layer", lambda t: t.say("layer: wijken", "layer: wijk"), (CBS, "'wijk'", "wijken")),
    Case("another name", lambda t: t.say("name: voorbeeldstad", "name: elders"), ("'elders'", f"{TOWN}.yaml")),
)
IDS = [case.name.replace(" ", "_") for case in CASES]
