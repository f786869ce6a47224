"""Files made to do harm: each is refused with a clear word, in seconds, before the memory is filled."""

import gzip
import json
import os
import sqlite3
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import yaml

from pipelines.errors import SourceError
from pipelines.sources import csv_table, guard, tables
from pipelines.sources.area_file import SHIPPED, AreaFile
from pipelines.sources.cbs import Municipality
from pipelines.sources.deliveries import Delivered, delivered_places, delivered_segments
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
COMMON: dict[str, Any] = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
GRONINGEN = yaml.safe_load((SHIPPED / "groningen-2017.yaml").read_text(encoding="utf-8"))
SECONDS = 5.0
SQUARE = gpd.GeoDataFrame({"naam": ["a"]}, geometry=[BOX.centroid], crs=28992)
ENTITIES = '<!ENTITY e0 "0123456789">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select x as fid, x as naam from n"
VRT = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>b.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


def place(path: str, form: str) -> dict[str, Any]:
    columns = {"x": "x", "y": "y"} if form == "csv" else {}
    return {"format": form, "path": path, "kind": "school", "columns": columns, **COMMON}


def area(*places: dict[str, Any], streets: str | None = None) -> AreaFile:
    sources = {**GRONINGEN["sources"], "places": list(places)}
    if streets is not None:
        sources["streets"] = {"format": "osm", "path": streets, **COMMON}
    return AreaFile.model_validate({**GRONINGEN, "sources": sources})


def zipped(path: Path, **parts: bytes | str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)


def shapefile(folder: Path) -> dict[str, bytes]:
    SQUARE.to_file(folder / "plekken.shp")
    return {part.name: part.read_bytes() for part in sorted(folder.glob("plekken.*"))}


def reaching_outside(path: Path) -> None:
    parts = shapefile(path.parent)
    zipped(path, **parts, **{"../../.profile": "rm -rf ~"})


def reaching_outside_as_windows_does(path: Path) -> None:
    zipped(path, **shapefile(path.parent), **{"C:\\Windows\\a.dll": "x"})


def much_in_little(path: Path) -> None:
    parts = shapefile(path.parent)
    zipped(path, **{**parts, "plekken.dbf": parts["plekken.dbf"] + bytes(150 * 2**20)})


def said_to_be_more(path: Path) -> None:
    """Every size in the list of parts is 4 GiB less one, whatever the parts are."""
    zipped(path, **shapefile(path.parent))
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = struct.pack("<I", 2**32 - 2)
        at = content.find(b"PK\x01\x02", at + 4)
    path.write_bytes(bytes(content))


def said_to_be_less(path: Path) -> None:
    """The list of parts makes 60 MB out to be a hundred bytes."""
    zipped(path, **{**shapefile(path.parent), "plekken.dbf": bytes(60 * 2**20)})
    content = bytearray(path.read_bytes())
    at = content.find(struct.pack("<I", 60 * 2**20), content.find(b"PK\x01\x02"))
    content[at : at + 4] = struct.pack("<I", 100)
    path.write_bytes(bytes(content))


def of_many_parts(path: Path) -> None:
    zipped(path, **{f"{n}.shp": b"\x00\x00\x27\x0a" for n in range(1_500)})


def geopackage(*statements: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        SQUARE.to_file(path, layer="plekken")
        with closing(sqlite3.connect(path)) as opened:
            for statement in statements:
                opened.execute(statement)
            opened.commit()

    return write


AS_LAYER = (
    "insert into gpkg_contents (table_name, data_type, identifier) values ('kwaad', 'features', 'kwaad')",
    "insert into gpkg_geometry_columns values ('kwaad', 'geom', 'POINT', 28992, 0, 0)",
)


def workbook_that_grows(path: Path) -> None:
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as whole:
        parts = {part: whole.read(part) for part in whole.namelist()}
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE w [{ENTITIES}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row></sheetData></worksheet>'
    )
    zipped(path, **{**parts, "xl/worksheets/sheet1.xml": sheet})


def osm_that_grows(path: Path) -> None:
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE osm [{ENTITIES}]><osm version="0.6">&e9;</osm>', encoding="utf-8")


def a_million_columns(path: Path) -> None:
    names = ";".join(f"k{n}" for n in range(1_000_000))
    path.write_text(f"{names}\n{';' * 999_999}\n", encoding="utf-8")


def written(content: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(content, encoding="utf-8") and None


HOSTILE: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a zip that reaches outside": ("a.zip", reaching_outside, r"'\.\./\.\./\.profile' would be put outside .*ask its"),
    "a zip that reaches to a disk": ("a.zip", reaching_outside_as_windows_does, "would be put outside"),
    "a zip bomb": ("a.zip", much_in_little, r"unpacks to 150 MiB in \d parts from 0 MiB.*Deliver the part"),
    "a zip said to be endless": ("a.zip", said_to_be_more, r"unpacks to [\d,]+ MiB .*Deliver the part"),
    "a zip said to be small": ("a.zip", said_to_be_less, "damaged|no complete zip file"),
    "a zip of many parts": ("a.zip", of_many_parts, "in 1,500 parts"),
    "a zip with another language": ("a.zip", lambda p: zipped(p, **{"a.vrt": VRT}), r"holds no layer but \['\.vrt'\]"),
    "a zip with a false GeoJSON": ("a.zip", lambda p: zipped(p, **{"a.geojson": VRT}), r"a\.geojson: is no \.geojson"),
    "a false GeoJSON": ("a.geojson", written(VRT), r"is no \.geojson file inside"),
    "a false GeoPackage": ("a.gpkg", written(VRT), r"is no \.gpkg file inside"),
    "another language": ("a.vrt", written(VRT), r"\.vrt is not read as a layer"),
    "a view as the layer": (
        "a.gpkg",
        geopackage(f"create view kwaad as {ENDLESS}", *AS_LAYER),
        r"holds a view 'kwaad', a statement .*Export the layers as plain tables",
    ),
    "a view in the place of the contents": (
        "a.gpkg",
        geopackage("alter table gpkg_contents rename to c", f"create view gpkg_contents as {ENDLESS}"),
        "holds a view 'gpkg_contents'",
    ),
    "a view that loads a program": (
        "a.gpkg",
        geopackage("create view kwaad as select load_extension('/tmp/kwaad.so')", *AS_LAYER),
        "holds a view 'kwaad'",
    ),
    "a trigger": (
        "a.gpkg",
        geopackage("create trigger kwaad after update on plekken begin delete from plekken; end"),
        "holds a trigger 'kwaad'",
    ),
    "a virtual table": ("a.gpkg", geopackage("create virtual table kwaad using fts4(a)"), "holds a virtual table"),
    "a computed column": (
        "a.gpkg",
        geopackage("create table kwaad (a int, b as/* (a) */(zeroblob(999999999)))"),
        "holds a computed column in the table 'kwaad'",
    ),
    "a workbook whose XML grows": ("a.xlsx", workbook_that_grows, r"is no XLSX that can be read"),
    "a million columns": ("a.csv", a_million_columns, r"has 1000000 columns, more than 2000"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_made_to_do_harm_is_refused_in_seconds(tmp_path: Path, what: str):
    name, write, words = HOSTILE[what]
    write(tmp_path / name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    form = "csv" if name.endswith((".csv", ".xlsx")) else "layer"
    start = time.perf_counter()
    with pytest.raises(SourceError, match=rf"(?s)^{name}: .*(?:{words})"):
        delivered_places(Delivered(area(place(name, form)), tmp_path, TOWN))
    assert time.perf_counter() - start < SECONDS
    # Nothing was unpacked, written or changed.
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("name", ["a.osm", "a.osm.pbf"])
def test_osm_whose_xml_grows_is_refused(tmp_path: Path, name: str):
    osm_that_grows(tmp_path / name)
    start = time.perf_counter()
    with pytest.raises(SourceError, match=rf"^{name}: cannot be read as OSM XML .*entities are not supported"):
        delivered_segments(Delivered(area(streets=name), tmp_path, TOWN))
    assert time.perf_counter() - start < SECONDS


def test_what_gdal_itself_puts_in_a_geopackage_is_no_harm(tmp_path: Path):
    """An index with its triggers, and a column whose name looks like a formula."""
    renamed = SQUARE.assign(**{"breedte as (m)": [1.5], "x": [1]})
    renamed.to_file(tmp_path / "a.gpkg", layer="plekken")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as opened:
        kinds = [kind for (kind,) in opened.execute("select type from sqlite_master where name like 'rtree%'")]
    assert {"table", "trigger"} <= set(kinds)
    table, _ = delivered_places(Delivered(area(place("a.gpkg", "layer")), tmp_path, TOWN))
    assert len(table) == 1


ENDINGS = ("csv", "xlsx", "sav", "parquet", "gpkg", "zip", "geojson", "osm.pbf")


def test_4_gb_of_nothing_under_every_ending_is_refused_before_memory_is_filled(tmp_path: Path):
    for ending in ENDINGS:
        with (tmp_path / f"a.{ending}").open("wb") as sparse:
            sparse.truncate(4 * 2**30)
    forms = {"gpkg": "layer", "zip": "layer", "geojson": "layer", "osm.pbf": "osm"}
    places = [place(f"a.{ending}", forms.get(ending, "csv")) for ending in ENDINGS]
    places[-1] = {"format": "osm", "path": "a.osm.pbf", **COMMON}
    (tmp_path / "area.json").write_text(area(*places).model_dump_json(), encoding="utf-8")
    program = (
        "import pathlib, resource, sys, time, shapely, numpy as np\n"
        "from pipelines.errors import SourceError\n"
        "from pipelines.sources.area_file import AreaFile\n"
        "from pipelines.sources.cbs import Municipality\n"
        "from pipelines.sources.deliveries import Delivered, delivered_places\n"
        "from pipelines.sources.vector import Layer\n"
        "raw = pathlib.Path(sys.argv[1])\n"
        "area = AreaFile.model_validate_json((raw / 'area.json').read_text())\n"
        "box = shapely.box(155_000, 463_000, 156_000, 464_000)\n"
        "town = Municipality(Layer('a', np.array([box], dtype=object), {}), box)\n"
        "before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()\n"
        "try:\n"
        "    delivered_places(Delivered(area, raw, town))\n"
        "except SourceError as error:\n"
        "    said = str(error)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(after - before, time.perf_counter() - start, said, sep='\\n')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    more_kib, seconds, *lines = ran.stdout.strip().split("\n")
    assert int(more_kib) < 100 * 1024
    assert float(seconds) < SECONDS
    assert len(lines) == len(ENDINGS)
    for ending, line in zip(ENDINGS, lines, strict=True):
        assert line.startswith(f"a.{ending}: is 4,096 MiB large"), line
        assert line.endswith("right file.")


def test_a_sibling_of_a_bare_shapefile_may_not_be_endless_either(tmp_path: Path):
    SQUARE.to_file(tmp_path / "a.shp")
    with (tmp_path / "a.dbf").open("r+b") as sparse:
        sparse.truncate(4 * 2**30)
    with pytest.raises(SourceError, match=r"a\.dbf: is 4,096 MiB large"):
        delivered_places(Delivered(area(place("a.shp", "layer")), tmp_path, TOWN))


def test_little_that_stands_for_much_is_refused_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tables, "MOST_BYTES", 2**22)
    monkeypatch.setattr(csv_table, "MOST_BYTES", 2**22)
    repeated = pa.array(["a" * 2**16]).take(pa.array(np.zeros(10_000, dtype=np.int64)))
    pq.write_table(pa.table({"x": repeated}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 2**20
    with gzip.open(tmp_path / "a.csv.gz", "wb") as packed:
        packed.write(b"x;y\n" + b"155100;463100\n" * 2**19)
    for name in ("a.parquet", "a.csv.gz"):
        with pytest.raises(SourceError, match=rf"^{name}: is larger than 4 MiB"):
            delivered_places(Delivered(area(place(name, "csv")), tmp_path, TOWN))


def test_every_ending_has_its_limit_and_all_lie_under_4_gb():
    assert max(guard.MOST_BYTES.values()) < 4_000_000_000
    assert {f".{ending.rsplit('.')[-1]}" for ending in ENDINGS} <= set(guard.MOST_BYTES)


def test_geojson_that_nests_without_end_is_refused(tmp_path: Path):
    deep = json.dumps({"type": "FeatureCollection"})[:-1] + ', "features": ' + "[" * 200_000 + "]" * 200_000 + "}"
    (tmp_path / "a.geojson").write_text(deep, encoding="utf-8")
    with pytest.raises(SourceError, match=r"^a\.geojson"):
        delivered_places(Delivered(area(place("a.geojson", "layer")), tmp_path, TOWN))
