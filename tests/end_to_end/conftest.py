"""A copy of the example town that tests may break, and the command line in this process."""

import hashlib
import shutil
import sys
import warnings
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
STREETS = "streets.osm.pbf"


def _twisted(polygon: shapely.Geometry, size_m: float) -> shapely.Geometry:
    corners = shapely.get_coordinates(shapely.get_parts(polygon)[0].exterior)
    x, y = corners[0]
    loop = [(x, y), (x + size_m, y + size_m), (x + size_m, y), (x, y + size_m)]
    return shapely.MultiPolygon([shapely.Polygon(np.vstack([loop, corners]))])


@dataclass(frozen=True)
class Town:
    """A copy of the example town that a test may break: its raw folder and its area file."""

    raw: Path
    area_file: Path

    @property
    def home(self) -> Path:
        return self.raw.parent

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
        changed = change(gpd.read_file(self.file(name), layer=layer))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="'crs' was not provided")
            changed.to_file(self.file(name), layer=layer, driver="GPKG")

    def twist(self, name: str, size_m: float, rows: int) -> None:
        """Make the first polygons of a layer invalid: a loop of `size_m` metres, turned inside out, at a corner."""

        def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
            geometry = frame.geometry.to_numpy().copy()
            geometry[:rows] = [_twisted(polygon, size_m) for polygon in geometry[:rows]]
            return frame.set_geometry(geometry, crs=frame.crs)

        self.remake(name, change)

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


@pytest.fixture(scope="session")
def lay_town(example_raw: Path):
    """Lay a copy of the example town in a folder."""

    def lay(folder: Path) -> Town:
        shutil.copytree(example_raw / TOWN, folder / "raw" / TOWN)
        area_file = folder / "areas" / f"{TOWN}.yaml"
        area_file.parent.mkdir()
        shutil.copy(SHIPPED / f"{TOWN}.yaml", area_file)
        return Town(folder / "raw", area_file)

    return lay


@pytest.fixture
def town(lay_town, tmp_path: Path) -> Town:
    return lay_town(tmp_path)


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


def _prints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture(scope="session")
def prints():
    """What stands in a folder: the SHA-256 of every file, the aim of every link."""
    return _prints
