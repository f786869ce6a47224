"""What people and programs do to a layer: columns, rows, geometry, coordinate systems, and other kinds of file."""

import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tests.mutations.byte_changes import BYTES, Change, Rng
from tests.mutations.list_changes import NASTY

FAR_M = 50_000.0


def _of_frame(change: Callable[[Rng, gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Change:
    """Let a change of a frame change one layer of a file."""

    def changed(rng: Rng, path: Path) -> Path:
        layer = str(rng.choice(gpd.list_layers(path)["name"].tolist()))
        frame = change(rng, gpd.read_file(path, layer=layer))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd about the file is the aim
            frame.to_file(path, layer=layer, driver="GPKG")
        return path

    changed.__name__ = change.__name__
    return changed


def _columns(frame: gpd.GeoDataFrame, *, numeric: bool | None = None) -> list[str]:
    names = [name for name in frame if name != "geometry"]
    return [name for name in names if numeric is None or pd.api.types.is_numeric_dtype(frame[name]) is numeric]


def _column(rng: Rng, frame: gpd.GeoDataFrame, *, numeric: bool | None = None) -> str:
    return str(rng.choice(_columns(frame, numeric=numeric) or _columns(frame)))


def _hit(rng: Rng, frame: gpd.GeoDataFrame) -> np.ndarray:
    """Rows that are hit: one, a tenth, or all."""
    hit = rng.random(len(frame)) < rng.choice([0.0, 0.1, 1.0])
    hit[rng.integers(len(frame))] = True
    return hit


def nasty_values(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name, words = _column(rng, frame), frame.copy()
    values = words[name].astype("string").to_numpy(dtype=object).copy()
    values[_hit(rng, frame)] = str(rng.choice(NASTY)).replace("\x00", "")
    return words.assign(**{name: values})


def values_empty(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _column(rng, frame)
    return frame.assign(**{name: frame[name].astype(object).mask(_hit(rng, frame), None)})


def numbers_as_dutch_text(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _column(rng, frame, numeric=True)
    return frame.assign(**{name: [f"{value:,}".replace(",", ".") for value in frame[name].tolist()]})


def numbers_scaled(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _column(rng, frame, numeric=True)
    factor = float(rng.choice([-1, 0, 0.01, 0.5, 1.02, 10, 1e12]))
    return frame.assign(**{name: pd.to_numeric(frame[name], errors="coerce") * factor})


def numbers_hidden(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name, mask = _column(rng, frame, numeric=True), int(rng.choice([-99997, -99995, -99999, -1, 999999999]))
    return frame.assign(**{name: frame[name].mask(_hit(rng, frame), mask)})


def codes_as_numbers(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _column(rng, frame, numeric=False)
    digits = frame[name].astype(str).str.replace(r"\D", "", regex=True)
    return frame.assign(**{name: pd.to_numeric(digits, errors="coerce").astype(float)})


def codes_in_small(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _column(rng, frame, numeric=False)
    return frame.assign(**{name: frame[name].astype(str).str.lower() + str(rng.choice(["", " ", "\u00a0"]))})


def column_lost(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.drop(columns=_column(rng, frame))


def column_renamed(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _column(rng, frame)
    return frame.rename(columns={name: str(rng.choice([name.upper(), f"{name}_1", "[red]", "naam met blanco"]))})


def names_swapped(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    one, other = rng.choice(_columns(frame), 2).tolist()
    return frame.rename(columns={one: other, other: one})


def rows_lost(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[rng.random(len(frame)) < rng.choice([0.0, 0.5, 0.95])]


def rows_doubled(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return pd.concat([frame, frame[_hit(rng, frame)]])


def rows_reversed(_rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.iloc[::-1]


def _reshaped(change: Callable[[Rng, np.ndarray], object]) -> Change:
    """Let a change of some geometries (n,) change a layer."""

    def changed(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        hit, geometry = _hit(rng, frame), frame.geometry.to_numpy().copy()
        geometry[hit] = change(rng, geometry[hit])
        return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs))

    changed.__name__ = change.__name__
    return _of_frame(changed)


def without_geometry(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return np.full(len(shapes), None, dtype=object)


def emptied(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return np.full(len(shapes), shapely.from_wkt("POLYGON EMPTY"), dtype=object)


def axes_swapped(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return shapely.transform(shapes, lambda xy: xy[:, ::-1])


def moved(rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return shapely.transform(shapes, lambda xy: xy + rng.choice([0.4, 60.0, FAR_M, -FAR_M * 10]))


def at_nought(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return shapely.transform(shapes, lambda xy: xy * 0)


def no_numbers(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return np.full(len(shapes), shapely.Point(np.nan, np.nan), dtype=object)


def grown(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return shapely.buffer(shapes, 60.0)


def all_the_same(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return np.full(len(shapes), shapes[0], dtype=object)


def as_points(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return shapely.centroid(shapes)


def crossing_themselves(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    west, south, east, north = shapely.bounds(shapes).T
    corners = np.stack([west, south, east, north, east, south, west, north], axis=1).reshape(-1, 4, 2)
    return shapely.polygons(corners)


def with_heights(_rng: Rng, shapes: np.ndarray) -> np.ndarray:
    return shapely.force_3d(shapes, 3.0)


def in_another_system(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.to_crs(int(rng.choice([4326, 4258, 3857, 25831, 25832, 28991, 27700])))


def system_not_told(_rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_crs(None, allow_override=True)


def system_told_wrong(rng: Rng, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_crs(int(rng.choice([4326, 3857, 25831, 31370])), allow_override=True)


def _as_file(ending: str, driver: str) -> Change:
    """The first layer as another kind of file; a Shapefile is zipped, in a folder or with what a Mac adds."""

    def changed(rng: Rng, path: Path) -> Path:
        frame = gpd.read_file(path, layer=gpd.list_layers(path)["name"][0])
        target = path.with_suffix(ending)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Shapefiles cut the names of columns
            frame.to_file(target, driver=driver)
        return _zipped(rng, target) if ending == ".shp" else target

    changed.__name__ = f"as_{driver.replace(' ', '_').lower()}"
    return changed


def _zipped(rng: Rng, shapefile: Path) -> Path:
    parts = sorted(shapefile.parent.glob(f"{shapefile.stem}.*"))
    parts = [part for part in parts if part.suffix in {".shp", ".shx", ".dbf", ".prj", ".cpg"}]
    lost, folder = str(rng.choice(["", ".prj", ".cpg", ".dbf", ".shx"])), str(rng.choice(["", "map/"]))
    target = shapefile.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as packed:
        for part in parts:
            if part.suffix != lost:
                packed.write(part, folder + part.name)
            if rng.random() < 0.2:
                packed.writestr(f"__MACOSX/{folder}._{part.name}", b"\x00\x05\x16\x07")
            part.unlink()
    return target


def _as_parquet(_rng: Rng, path: Path) -> Path:
    target = path.with_suffix(".parquet")
    gpd.read_file(path, layer=gpd.list_layers(path)["name"][0]).to_parquet(target)
    return target


def _damaged(form: Change) -> Change:
    def changed(rng: Rng, path: Path) -> Path:
        return BYTES[str(rng.choice(["cut_short", "bits_flipped", "block_zeroed"]))](rng, form(rng, path))

    changed.__name__ = f"damaged_{form.__name__}"
    return changed


FORMS = (
    _as_file(".shp", "ESRI Shapefile"), _as_file(".geojson", "GeoJSON"), _as_file(".fgb", "FlatGeobuf"),
    _as_file(".gml", "GML"), _as_parquet,
)  # fmt: skip
_FRAMES = (
    nasty_values, nasty_values, values_empty, numbers_as_dutch_text, numbers_scaled, numbers_hidden, codes_as_numbers,
    codes_in_small, column_lost, column_renamed, names_swapped, rows_lost, rows_doubled, rows_reversed,
    in_another_system, system_not_told, system_told_wrong,
)  # fmt: skip
_SHAPES = (
    without_geometry, emptied, axes_swapped, moved, at_nought, no_numbers, grown, all_the_same, as_points,
    crossing_themselves, with_heights,
)  # fmt: skip
LAYERS: Mapping[str, Change] = {
    change.__name__: change
    for change in (*map(_of_frame, _FRAMES), *map(_reshaped, _SHAPES), *FORMS, *map(_damaged, FORMS))
}
