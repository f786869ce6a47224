import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipelines.errors import SourceError
from pipelines.sources.delivery import Delivery
from pipelines.sources.vector import find, near, read_layer

SQUARE = shapely.box(155_000, 463_000, 156_000, 464_000)
BOW_TIE = shapely.Polygon([(155_000, 463_000), (156_000, 464_000), (156_000, 463_000), (155_000, 464_000)])
# A spike of no area: invalid, yet repair changes nothing that anybody would see.
SPIKE = shapely.Polygon(
    [
        (155_000, 463_000),
        (156_000, 463_000),
        (156_000, 464_000),
        (156_100, 464_000),
        (156_000, 464_000),
        (155_000, 464_000),
    ]
)


def _delivery(path: str, **more: str) -> Delivery:
    return Delivery(path=path, vintage=2024, licence="CC0-1.0", attribution="nobody", **more)


def _write(raw: Path, geometry: list[shapely.Geometry], crs: str = "EPSG:28992", name: str = "a.gpkg") -> Delivery:
    gpd.GeoDataFrame({"code": [f"c{row}" for row in range(len(geometry))]}, geometry=geometry, crs=crs).to_file(
        raw / name
    )
    return _delivery(name)


def test_a_sound_layer_is_read_with_its_columns(tmp_path: Path):
    layer = read_layer(_write(tmp_path, [SQUARE]), tmp_path)
    assert layer.geometry[0].equals(SQUARE)
    assert layer.column("code").tolist() == ["c0"]
    assert layer.remarks == ()


@pytest.mark.parametrize("name", ["a.gpkg", "a!b.geojson", "a.shp"])
@pytest.mark.parametrize(
    "folder", ["!Projecten", "x.zip!y", "a?b#c%41", "{a", 'o\'x "q" $x;', "[a]", "x.zip", "a\nb", "s3:"]
)
def test_a_folder_may_be_called_anything(tmp_path: Path, folder: str, name: str):
    raw = tmp_path / folder
    raw.mkdir()
    (tmp_path / "made").mkdir()
    _write(tmp_path / "made", [SQUARE], name=name.replace("!", "_"))
    for part in (tmp_path / "made").iterdir():
        part.rename(raw / part.name.replace("_", "!"))
    assert len(read_layer(_delivery(name), raw).geometry) == 1


def test_degrees_are_turned_into_rd_and_that_is_recorded(tmp_path: Path):
    degrees = gpd.GeoSeries([SQUARE], crs=28992).to_crs(4326)[0]
    layer = read_layer(_write(tmp_path, [degrees], "EPSG:4326"), tmp_path)
    assert layer.geometry[0].hausdorff_distance(SQUARE) < 0.1
    assert [(remark.problem, remark.action, remark.rows) for remark in layer.remarks] == [
        ("in EPSG:4326", "reprojected", 1)
    ]


def test_another_declared_system_is_turned_into_rd_too(tmp_path: Path):
    utm = gpd.GeoSeries([SQUARE], crs=28992).to_crs(25831)[0]
    layer = read_layer(_write(tmp_path, [utm], "EPSG:25831"), tmp_path)
    assert layer.geometry[0].hausdorff_distance(SQUARE) < 1
    assert layer.remarks[0].problem == "in EPSG:25831"


def test_the_area_file_may_supply_the_system_that_the_file_lacks(tmp_path: Path):
    delivery = _write(tmp_path, [SQUARE], name="a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(SourceError, match=r"no coordinate system.*crs: EPSG:28992"):
        read_layer(delivery, tmp_path)
    assert read_layer(_delivery("a.shp", crs="EPSG:28992"), tmp_path).geometry[0].equals(SQUARE)


def test_a_system_that_does_not_exist_is_named(tmp_path: Path):
    _write(tmp_path, [SQUARE])
    with pytest.raises(SourceError, match="EPSG:nonsense"):
        read_layer(_delivery("a.gpkg", crs="EPSG:nonsense"), tmp_path)


def test_a_missing_file_is_named_with_the_folder_it_was_looked_for_in(tmp_path: Path):
    with pytest.raises(SourceError, match=r"missing\.gpkg: there is no such file.*--raw"):
        read_layer(_delivery("missing.gpkg"), tmp_path)


def test_a_file_that_is_no_layer_is_refused(tmp_path: Path):
    (tmp_path / "a.gpkg").write_text("hello")
    with pytest.raises(SourceError, match=r"a\.gpkg"):
        read_layer(_delivery("a.gpkg"), tmp_path)


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.99])
def test_a_truncated_zip_is_refused(tmp_path: Path, kept: float):
    _write(tmp_path, [SQUARE], name="a.shp")
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        for part in sorted(tmp_path.glob("a.*")):
            archive.write(part, part.name)
    whole = (tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: int(len(whole) * kept)])
    assert read_layer(_delivery("whole.zip"), tmp_path).column("code").tolist() == ["c0"]
    with pytest.raises(SourceError, match=r"cut\.zip.*zip"):
        read_layer(_delivery("cut.zip"), tmp_path)


def test_an_empty_layer_is_refused(tmp_path: Path):
    gpd.GeoDataFrame({"code": []}, geometry=[], crs=28992).to_file(tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match="empty"):
        read_layer(_delivery("a.gpkg"), tmp_path)


def test_a_file_of_several_layers_wants_one_to_be_named(tmp_path: Path):
    for layer in ("buurten", "wijken"):
        gpd.GeoDataFrame({"code": [layer]}, geometry=[SQUARE], crs=28992).to_file(tmp_path / "a.gpkg", layer=layer)
    with pytest.raises(SourceError, match=r"several layers.*buurten.*wijken.*`layer`"):
        read_layer(_delivery("a.gpkg"), tmp_path)
    assert read_layer(_delivery("a.gpkg", layer="wijken"), tmp_path).column("code")[0] == "wijken"
    assert read_layer(_delivery("a.gpkg"), tmp_path, default_layer="buurten").column("code")[0] == "buurten"
    with pytest.raises(SourceError, match="'streets' is not in it"):
        read_layer(_delivery("a.gpkg", layer="streets"), tmp_path)


def test_a_column_that_is_missing_is_named_beside_those_there_are(tmp_path: Path):
    layer = read_layer(_write(tmp_path, [SQUARE]), tmp_path)
    with pytest.raises(SourceError, match=r"'buurtcode' is missing.*\['code'\].*columns"):
        layer.column("buurtcode")


def test_coordinates_outside_the_netherlands_are_refused(tmp_path: Path):
    delivery = _write(tmp_path, [shapely.box(155_000, 46_300, 156_000, 46_400)])
    with pytest.raises(SourceError, match="outside the Netherlands"):
        read_layer(delivery, tmp_path)


def test_swapped_axes_are_suspected_aloud(tmp_path: Path):
    swapped = shapely.transform(SQUARE, lambda xy: xy[:, ::-1])
    with pytest.raises(SourceError, match="axes may be swapped"):
        read_layer(_write(tmp_path, [swapped]), tmp_path)


def test_rd_coordinates_that_are_called_degrees_are_refused(tmp_path: Path):
    with pytest.raises(SourceError, match="no degrees"):
        read_layer(_write(tmp_path, [SQUARE], "EPSG:4326", "a.shp"), tmp_path)


def test_a_layer_more_than_five_kilometres_off_is_refused_and_a_near_one_cut(tmp_path: Path):
    layer = read_layer(_write(tmp_path, [SQUARE, shapely.box(180_000, 463_000, 181_000, 464_000)]), tmp_path)
    assert near(layer, SQUARE.buffer(10), 1_300).column("code").tolist() == ["c0"]
    with pytest.raises(SourceError, match="lies 43 km from the area"):
        near(layer, shapely.box(110_000, 463_000, 112_000, 464_000), 1_300)


def test_a_harmless_invalid_polygon_is_repaired_and_listed(tmp_path: Path):
    delivery = _write(tmp_path, [SPIKE] + [SQUARE] * 199)
    layer = read_layer(delivery, tmp_path)
    assert shapely.is_valid(layer.geometry).all()
    (remark,) = layer.remarks
    assert (remark.action, remark.rows, remark.examples) == ("repaired", 1, "rows 1")


def test_a_polygon_that_repair_would_change_is_refused_with_its_row(tmp_path: Path):
    delivery = _write(tmp_path, [SQUARE] * 199 + [BOW_TIE])
    with pytest.raises(SourceError, match=r"row 200 \(code c199\) is an invalid polygon.*0\.1 %"):
        read_layer(delivery, tmp_path)


def test_more_than_one_percent_of_invalid_polygons_is_refused(tmp_path: Path):
    delivery = _write(tmp_path, [SPIKE] * 6 + [SQUARE] * 194)
    with pytest.raises(SourceError, match="6 of 200 polygons are invalid"):
        read_layer(delivery, tmp_path)


def test_rows_without_geometry_are_set_aside_and_counted(tmp_path: Path):
    gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[SQUARE, None], crs=28992).to_file(tmp_path / "a.gpkg")
    layer = read_layer(_delivery("a.gpkg"), tmp_path)
    assert layer.column("code").tolist() == ["a"]
    assert [(r.problem, r.action, r.rows) for r in layer.remarks] == [("no geometry", "set_aside", 1)]
    assert layer.without_geometry["code"].tolist() == ["b"]
    assert layer.keep(np.array([False])).without_geometry["code"].tolist() == ["b"]


def test_keep_leaves_the_layer_itself_unchanged(tmp_path: Path):
    layer = read_layer(_write(tmp_path, [SQUARE, SQUARE]), tmp_path)
    assert len(layer.keep(np.array([True, False])).geometry) == 1
    assert len(layer.geometry) == 2


def test_a_layer_that_may_not_be_read_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.gpkg").write_bytes(b"x")

    def closed(*_: object, **__: object):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(SourceError, match=r"a\.gpkg: .*Permission denied.*Give yourself the right to read it"):
        find(tmp_path, "a.gpkg")


def test_a_link_to_nothing_is_a_file_that_is_not_there(tmp_path: Path):
    (tmp_path / "a.gpkg").symlink_to("b.gpkg")
    (tmp_path / "b.gpkg").symlink_to("a.gpkg")
    with pytest.raises(SourceError, match=r"a\.gpkg: there is no such file in the raw folder"):
        find(tmp_path, "a.gpkg")
