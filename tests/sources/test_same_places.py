"""The same ten places, delivered in every kind of file that a municipality may send, give the same tables."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from pipelines.errors import SourceError
from pipelines.sources.area_file import BenchDelivery, PlaceDelivery
from pipelines.sources.bench_lists import read_bench_list
from pipelines.sources.cbs import Municipality
from pipelines.sources.place_lists import read_place_csv, read_place_layer
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
COMMON: dict[str, Any] = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
KINDS = {"Buurthuis": "buurtcentrum", "Speelplek": "speelplek"}
COLUMNS = {"id": "nr", "name": "naam", "kind": "soort", "floor_area": "m2"}
PLACES = pd.DataFrame(
    {
        "nr": [f"P{row:02d}" for row in range(10)],
        "naam": [f"Café nº {row}; de 'Brug'" for row in range(10)],
        "soort": ["Buurthuis", "Speelplek"] * 5,
        "m2": [f"{100 + row},5" for row in range(10)],
        "x": [155_050.25 + 70 * row for row in range(10)],
        "y": [463_900.75 - 60 * row for row in range(10)],
    }
)
RD = gpd.GeoDataFrame(
    PLACES.drop(columns=["x", "y"]), geometry=gpd.points_from_xy(PLACES["x"], PLACES["y"]), crs="EPSG:28992"
)
DEGREES = PLACES.assign(lon=RD.to_crs(4326).geometry.x, lat=RD.to_crs(4326).geometry.y).drop(columns=["x", "y"])


def semicolons(path: Path, frame: pd.DataFrame = PLACES, encoding: str = "utf-8-sig") -> dict[str, str]:
    frame.to_csv(path, sep=";", decimal=",", index=False, encoding=encoding)
    return {"x": "x", "y": "y"}


def degrees(path: Path) -> dict[str, str]:
    semicolons(path, DEGREES)
    return {"lon": "lon", "lat": "lat"}


def workbook(path: Path) -> dict[str, str]:
    book = openpyxl.Workbook()
    book.active.append(["toelichting"])
    sheet = book.create_sheet("plekken")
    for row in [list(PLACES.columns), *PLACES.to_numpy().tolist()]:
        sheet.append(row)
    book.save(path)
    return {"x": "x", "y": "y"}


def geojson(path: Path) -> dict[str, str]:
    RD.to_crs(4326).to_file(path, driver="GeoJSON", COORDINATE_PRECISION=9)
    return {}


def layer(path: Path) -> dict[str, str]:
    RD.to_file(path)
    return {}


def zipped(path: Path) -> dict[str, str]:
    bare = path.parent / "bare"
    bare.mkdir()
    RD.to_file(bare / "plekken.shp")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(bare.iterdir()):
            archive.write(part, part.name)
    return {}


FILES: dict[str, tuple[str, Callable[[Path], dict[str, str]]]] = {
    "plekken.csv": ("csv", semicolons),
    "windows.csv": ("csv", lambda path: semicolons(path, encoding="cp1252")),
    "graden.csv": ("csv", degrees),
    "plekken.xlsx": ("csv", workbook),
    "plekken.geojson": ("layer", geojson),
    "plekken.gpkg": ("layer", layer),
    "plekken.shp": ("layer", layer),
    "plekken.zip": ("layer", zipped),
}


def without_points(table: pa.Table) -> list[dict[str, object]]:
    return table.drop_columns(["source", "geometry"]).to_pylist()


@pytest.mark.parametrize("name", FILES)
def test_ten_places_are_the_same_whatever_file_they_come_in(tmp_path: Path, name: str):
    form, write = FILES[name]
    at = write(tmp_path / name)
    sheet = {"layer": "plekken"} if name.endswith(".xlsx") else {}
    delivery = PlaceDelivery(format=form, path=name, columns=COLUMNS | at, kinds=KINDS, **sheet, **COMMON)
    read = read_place_csv if form == "csv" else read_place_layer
    table, _ = read(delivery, tmp_path, TOWN)
    assert table["source_id"].to_pylist() == PLACES["nr"].tolist()
    assert table["name"].to_pylist() == PLACES["naam"].tolist()
    assert table["place_kind"].to_pylist() == ["buurtcentrum", "speelplek"] * 5
    assert table["floor_area_m2"].to_pylist() == [100.5 + row for row in range(10)]
    # A thousandth of what tells two doors apart; the transformation from degrees is exact to a millimetre or so.
    points = shapely.get_coordinates(shapely.from_wkb(table["geometry"].to_pylist()))
    # The layers go through PROJ, lists through our own pipeline: geo.py says half a metre, and here it is under 0.2.
    assert np.abs(points - PLACES[["x", "y"]].to_numpy()).max() < 0.2


def test_degrees_in_a_list_and_in_a_layer_are_one_point(tmp_path: Path):
    degrees(tmp_path / "a.csv")
    geojson(tmp_path / "a.geojson")
    listed, _ = read_place_csv(
        PlaceDelivery(format="csv", path="a.csv", columns={"lon": "lon", "lat": "lat"}, kind="school", **COMMON),
        tmp_path,
        TOWN,
    )
    drawn, _ = read_place_layer(
        PlaceDelivery(format="layer", path="a.geojson", kind="school", **COMMON), tmp_path, TOWN
    )
    both = [shapely.from_wkb(table["geometry"].to_pylist()) for table in (listed, drawn)]
    assert shapely.distance(*both).max() < 0.001
    assert without_points(listed) == without_points(drawn)


@pytest.mark.parametrize("name", FILES)
def test_benches_come_in_the_same_files(tmp_path: Path, name: str):
    form, write = FILES[name]
    at = write(tmp_path / name)
    sheet = {"layer": "plekken"} if name.endswith(".xlsx") else {}
    columns = {"id": "nr", "kind": "soort"} | at
    delivery = BenchDelivery(format=form, path=name, columns=columns, kinds=("Speelplek",), **sheet, **COMMON)
    table, _ = read_bench_list(delivery, tmp_path, TOWN)
    assert table["source_id"].to_pylist() == PLACES["nr"].tolist()[1::2]
    assert np.abs(np.array(table["x_m"]) - PLACES["x"].to_numpy()[1::2]).max() < 0.2


@pytest.mark.parametrize(
    ("lon", "lat", "words"),
    [
        ("52,15", "5,38", r"line 2 lies outside .*may be swapped"),
        ("155000", "463000", r"line 2 lies outside .*RD metres, which go under `x` and `y`"),
        ("oost", "52,15", r"line 2, column 'lon': 'oost' is no number .*5,3876"),
        ("0", "0", r"line 2 lies outside"),
    ],
)
def test_degrees_that_are_none_are_named_with_their_line(tmp_path: Path, lon: str, lat: str, words: str):
    (tmp_path / "a.csv").write_text(f"lon;lat\n{lon};{lat}\n", encoding="utf-8")
    delivery = PlaceDelivery(format="csv", path="a.csv", columns={"lon": "lon", "lat": "lat"}, kind="school", **COMMON)
    with pytest.raises(SourceError, match=words):
        read_place_csv(delivery, tmp_path, TOWN)
