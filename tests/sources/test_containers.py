"""What a layer comes in: zip files of any maker, and every kind of file that is read as a layer."""

import gzip
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from pipelines.errors import SourceError
from pipelines.sources.delivery import Delivery
from pipelines.sources.layers import Layer
from pipelines.sources.vector import Near, read_layer, read_near
from pipelines.sources.wholeness import is_cut_short

SQUARES = [shapely.box(155_000 + 2_000 * n, 463_000, 156_000 + 2_000 * n, 464_000) for n in range(3)]
FRAME = gpd.GeoDataFrame({"naam": ["Oost", "Wést", None], "inwoners": [1, 2, 3]}, geometry=SQUARES, crs=28992)
VRT = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>secret.geojson</SrcDataSource></OGRVRTLayer>'
PIPELINE = '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read secret.geojson"}'
BOMB = (
    '<!DOCTYPE a [<!ENTITY e0 "0123456789">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)


def _delivery(path: str, **more: str) -> Delivery:
    return Delivery(path=path, vintage=2024, licence="CC0-1.0", attribution="nobody", **more)


def _read(raw: Path, name: str, **more: str) -> Layer:
    return read_layer(_delivery(name, **more), raw)


def _shapefile(folder: Path, stem: str = "buurten", frame: gpd.GeoDataFrame = FRAME) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    frame.to_file(folder / f"{stem}.shp")
    return {part.name: part.read_bytes() for part in sorted(folder.glob(f"{stem}.*"))}


def _zip(path: Path, parts: dict[str, bytes | str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _mac(parts: dict[str, bytes]) -> dict[str, bytes | str]:
    shadows = {f"__MACOSX/._{name}": b"\x00\x05\x16\x07" + bytes(100) for name in parts}
    return {**parts, **shadows, "._buurten.shp": b"\x00\x05\x16\x07", ".DS_Store": b"Bud1"}


def _windows(parts: dict[str, bytes]) -> dict[str, bytes | str]:
    return {f"levering 2024\\kaart\\{name.upper()}": content for name, content in parts.items()} | {"Thumbs.db": b"x"}


PACKED: dict[str, Callable[[dict[str, bytes]], dict[str, bytes | str]]] = {
    "made on a Mac": _mac,
    "with a folder inside": lambda parts: {f"levering/2024/{name}": content for name, content in parts.items()},
    "with a folder made on a Mac": lambda parts: {
        **{f"levering/{name}": content for name, content in parts.items()},
        **{f"__MACOSX/levering/._{name}": b"x" for name in parts},
    },
    "with backslashes and capitals": _windows,
    "with a note beside it": lambda parts: {**parts, "leesmij.txt": "x", "metadata.json": "{}", "kaart.pdf": b"%PDF"},
}  # fmt: skip


@pytest.mark.parametrize("how", PACKED)
def test_a_zip_is_read_whatever_made_it(tmp_path: Path, how: str):
    _zip(tmp_path / "a.zip", PACKED[how](_shapefile(tmp_path / "parts")))
    layer = _read(tmp_path, "a.zip")
    assert layer.source == "a.zip"
    assert layer.column("naam").tolist() == ["Oost", "Wést", None]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "parts"]


def test_a_geopackage_in_its_own_zip_is_read(tmp_path: Path):
    FRAME.to_file(tmp_path / "inside.gpkg", layer="buurten")
    FRAME.iloc[:1].to_file(tmp_path / "inside.gpkg", layer="wijken")
    _zip(
        tmp_path / "a.zip", {"map/wijkenbuurten_2024.gpkg": (tmp_path / "inside.gpkg").read_bytes(), "leesmij.txt": "x"}
    )
    assert len(read_layer(_delivery("a.zip"), tmp_path, default_layer="buurten").geometry) == 3
    assert len(_read(tmp_path, "a.zip", layer="wijken").geometry) == 1
    with pytest.raises(SourceError, match=r"a\.zip: it has several layers; there are \['buurten', 'wijken'\]"):
        _read(tmp_path, "a.zip")


def test_a_geopackage_in_a_zip_may_hold_no_more_than_one_by_itself(tmp_path: Path):
    FRAME.to_file(tmp_path / "inside.gpkg", layer="buurten")
    with closing(sqlite3.connect(tmp_path / "inside.gpkg")) as opened:
        opened.execute("create view kwaad as select load_extension('/tmp/kwaad.so')")
        opened.commit()
    _zip(tmp_path / "a.zip", {"b.gpkg": (tmp_path / "inside.gpkg").read_bytes()})
    with pytest.raises(SourceError, match=r"a\.zip: b\.gpkg: holds a view 'kwaad'"):
        _read(tmp_path, "a.zip")


def test_a_zip_of_several_shapefiles_wants_one_to_be_named(tmp_path: Path):
    parts = _shapefile(tmp_path / "b") | _shapefile(tmp_path / "w", "wijken", FRAME.iloc[:2])
    _zip(tmp_path / "a.zip", {f"shape/{name}": content for name, content in parts.items()})
    assert len(_read(tmp_path, "a.zip", layer="wijken").geometry) == 2
    assert len(read_layer(_delivery("a.zip"), tmp_path, default_layer="buurten").geometry) == 3
    with pytest.raises(SourceError, match=r"several layers; there are \['buurten', 'wijken'\]. Name one under `layer`"):
        _read(tmp_path, "a.zip")
    with pytest.raises(SourceError, match="layer 'straten' is not in it"):
        _read(tmp_path, "a.zip", layer="straten")


def test_layers_of_one_name_in_two_folders_are_told_apart_by_their_folder(tmp_path: Path):
    older, newer = _shapefile(tmp_path / "a"), _shapefile(tmp_path / "b", frame=FRAME.iloc[:2])
    parts = {f"2023/{name}": content for name, content in older.items()}
    _zip(tmp_path / "a.zip", parts | {f"2024/{name}": content for name, content in newer.items()})
    with pytest.raises(SourceError, match=r"several layers; there are \['2023/buurten.shp', '2024/buurten.shp'\]"):
        read_layer(_delivery("a.zip"), tmp_path, default_layer="buurten")
    assert len(_read(tmp_path, "a.zip", layer="2024/buurten.shp").geometry) == 2


def test_the_parts_of_a_shapefile_may_differ_in_capitals(tmp_path: Path):
    parts = _shapefile(tmp_path / "parts")
    _zip(tmp_path / "a.zip", {name.capitalize() if "shp" in name else name: part for name, part in parts.items()})
    assert len(_read(tmp_path, "a.zip").geometry) == 3


@pytest.mark.parametrize("zipped", [True, False])
def test_a_shapefile_without_its_index_is_read_and_nothing_is_written_beside_it(tmp_path: Path, *, zipped: bool):
    parts = _shapefile(tmp_path)
    (tmp_path / "buurten.shx").unlink()
    del parts["buurten.shx"]
    _zip(tmp_path / "a.zip", dict(parts))
    before = sorted(path.name for path in tmp_path.iterdir())
    assert _read(tmp_path, "a.zip" if zipped else "buurten.shp").column("inwoners").tolist() == [1, 2, 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("zipped", [True, False])
def test_a_shapefile_without_its_table_is_refused(tmp_path: Path, *, zipped: bool):
    parts = _shapefile(tmp_path)
    (tmp_path / "buurten.dbf").unlink()
    del parts["buurten.dbf"]
    _zip(tmp_path / "a.zip", dict(parts))
    with pytest.raises(SourceError, match=r"lacks the \.dbf .*Deliver all parts"):
        _read(tmp_path, "a.zip" if zipped else "buurten.shp")


def _gml(path: Path) -> None:
    FRAME.to_file(path, driver="GML")


def _geoparquet(path: Path) -> None:
    FRAME.to_parquet(path, write_covering_bbox=True)


WRITERS: dict[str, Callable[[Path], None]] = {
    "a.gml": _gml,
    "a.parquet": _geoparquet,
    "a.fgb": lambda path: FRAME.to_file(path, driver="FlatGeobuf", SPATIAL_INDEX="YES"),
    "a.gpkg": lambda path: FRAME.to_file(path, layer="a"),
    "a.geojson": lambda path: FRAME.to_crs(4326).to_file(path, driver="GeoJSON"),
    "a.shp": FRAME.to_file,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_layer_gives_the_same_rows_whole_and_by_their_part(tmp_path: Path, name: str):
    WRITERS[name](tmp_path / name)
    before = sorted(path.name for path in tmp_path.iterdir())
    whole = _read(tmp_path, name)
    order = whole.column("inwoners").astype(int).argsort()  # FlatGeobuf sorts its rows by where they lie
    assert whole.column("naam")[order].tolist() == ["Oost", "Wést", None]
    assert (
        max(drawn.hausdorff_distance(meant) for drawn, meant in zip(whole.geometry[order], SQUARES, strict=True)) < 0.5
    )
    part = read_near(_delivery(name), tmp_path, Near(SQUARES[1].buffer(-100), 200))
    assert (part.column("naam").tolist(), part.column("inwoners").astype(int).tolist()) == (["Wést"], [2])
    assert part.rows.tolist() == whole.rows[order][1:2].tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("covering", [True, False])
def test_geoparquet_keeps_cells_that_are_empty_and_rows_that_lie_nowhere(tmp_path: Path, *, covering: bool):
    frame = FRAME.assign(share=[0.5, None, 1.0], geometry=[SQUARES[0], None, SQUARES[2]])
    frame.to_parquet(tmp_path / "a.parquet", write_covering_bbox=covering)
    layer = read_near(_delivery("a.parquet"), tmp_path, Near(SQUARES[0], 10))
    assert layer.column("share").tolist() == [0.5]
    assert layer.without_geometry["naam"].tolist() == ["Wést"]
    assert layer.without_geometry["share"].tolist() == [None]
    assert "bbox" not in _read(tmp_path, "a.parquet").fields


def test_decimals_of_geoparquet_are_numbers(tmp_path: Path):
    FRAME.assign(inwoners=[Decimal(20), None, Decimal("0.5")]).to_parquet(tmp_path / "a.parquet")
    assert _read(tmp_path, "a.parquet").column("inwoners").tolist() == [20.0, None, 0.5]


def test_geoparquet_without_a_system_is_in_degrees_and_an_unknown_one_is_refused(tmp_path: Path):
    FRAME.to_crs("OGC:CRS84").to_parquet(tmp_path / "a.parquet")
    assert _read(tmp_path, "a.parquet").geometry[0].hausdorff_distance(SQUARES[0]) < 0.5
    FRAME.set_crs(None, allow_override=True).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(SourceError, match="declares no coordinate system"):
        _read(tmp_path, "b.parquet")


def test_a_parquet_without_geometries_is_told_from_one_that_is_damaged(tmp_path: Path):
    FRAME.drop(columns="geometry").to_parquet(tmp_path / "a.parquet")
    with pytest.raises(SourceError, match=r"a\.parquet: is a Parquet file without geometries"):
        _read(tmp_path, "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"is no GeoParquet that can be read .*cut short"):
        _read(tmp_path, "a.parquet")


HOSTILE = {
    "a pipeline called GeoJSON": ("a.geojson", PIPELINE),
    "a pipeline after blanks": ("a.json", " " * 5_000 + PIPELINE),
    "another language called GML": ("a.gml", VRT),
    "another language in a comment of GML": ("a.gml", f'<?xml version="1.0"?><!-- {VRT} --><gml:FeatureCollection/>'),
    "GML whose entities grow": ("a.gml", f'<?xml version="1.0"?>{BOMB}<gml:a xmlns:gml="x">&e9;</gml:a>'),
}  # fmt: skip


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("what", HOSTILE)
def test_what_makes_gdal_do_more_than_read_is_refused(tmp_path: Path, what: str, *, zipped: bool):
    name, content = HOSTILE[what]
    FRAME.to_crs(4326).to_file(tmp_path / "secret.geojson")
    (tmp_path / name).write_text(content, encoding="utf-8")
    _zip(tmp_path / "b.zip", {name: content})
    with pytest.raises(SourceError, match=rf"{name}: holds '.*', by which its maker .*Export the layer"):
        _read(tmp_path, "b.zip" if zipped else name)


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "a.fgb"])
def test_only_a_file_that_is_cut_short_is_called_so(tmp_path: Path, name: str):
    path = tmp_path / name
    WRITERS[name](path)
    assert not is_cut_short(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert is_cut_short(path)
    with pytest.raises(SourceError, match="cut short: download or copy"):
        _read(tmp_path, name)


def test_a_shapefile_of_which_the_table_is_cut_short_is_refused(tmp_path: Path):
    _shapefile(tmp_path, "a")
    whole = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(whole[: len(whole) - 200])
    with pytest.raises(SourceError, match=r"a\.shp: its \.dbf is cut short"):
        _read(tmp_path, "a.shp")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.99])
def test_a_flatgeobuf_of_which_rows_are_missing_is_refused(tmp_path: Path, kept: float):
    many = gpd.GeoDataFrame({"n": range(500)}, geometry=SQUARES[:1] * 500, crs=28992)
    many.to_file(tmp_path / "a.fgb", driver="FlatGeobuf")
    whole = (tmp_path / "a.fgb").read_bytes()
    (tmp_path / "a.fgb").write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(SourceError, match=r"^a\.fgb:a: (has 500 rows by its own count|cannot be read)"):
        _read(tmp_path, "a.fgb")


def test_no_complete_file_of_another_kind_is_called_cut_short(tmp_path: Path):
    """An old or locked workbook, a text called so; a ring of JSON with a line at its end."""
    for name, content in (
        ("a.xlsx", b"\xd0\xcf\x11\xe0" * 99),
        ("b.xlsx", b"a;b"),
        ("a.json", b"{}\n\x00"),
        ("a.sav", b""),
    ):
        (tmp_path / name).write_bytes(content)
        assert not is_cut_short(tmp_path / name)


def test_a_complete_file_that_is_damaged_is_not_called_cut_short(tmp_path: Path):
    for name in ("a.gpkg", "a.geojson"):
        WRITERS[name](tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        spot = len(whole) // 2
        (tmp_path / name).write_bytes(whole[:100] + b"\xff" * (spot - 100) + whole[spot:])
        with pytest.raises(SourceError) as told:
            _read(tmp_path, name)
        assert "cut short" not in str(told.value)


def test_a_file_of_another_kind_is_told_in_words(tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(gzip.compress(b"{}"))
    with pytest.raises(SourceError, match=r"a\.zip: is no complete zip file"):
        _read(tmp_path, "a.zip")
    (tmp_path / "a.geojson").write_text("{}")
    with pytest.raises(
        SourceError, match=r"a\.geojson: is no vector file that can be read \([^;]*not recognized[^;]*\)\. "
    ):
        _read(tmp_path, "a.geojson")
    (tmp_path / "a.shp").write_bytes(b"\x00\x00\x27\x0a" + struct.pack(">6i", 0, 0, 0, 0, 0, 50) + bytes(72))
    with pytest.raises(SourceError, match=r"a\.shp: lacks the \.dbf"):
        _read(tmp_path, "a.shp")


def test_a_zip_that_is_packed_in_an_unusual_way_is_not_called_incomplete(tmp_path: Path):
    path, deflate64 = tmp_path / "a.zip", 9
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.geojson", b"{}")
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\x03\x04") + 8] = content[content.find(b"PK\x01\x02") + 10] = deflate64
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.zip: is packed in a way that is not read .* Unpack it") as told:
        _read(tmp_path, "a.zip")
    assert "complete" not in str(told.value)
