"""Refuse a delivery that would fill the memory, run what its maker wrote, or reach beyond itself, before it is read.

Here a file is looked at from the outside: its size, its first bytes, the definitions in a GeoPackage; `zip_files` looks
at the list of parts of a zip file. No statement that stands in a file is run. What it holds is for the readers.
"""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from pipelines.errors import SourceError
from pipelines.sources.wholeness import advice

_MIB = 2**20
# A national GeoPackage of CBS or a whole country of OSM fits; the BAG of the whole country (7 GB) does not.
MOST_BYTES: Mapping[str, int] = {
    ".csv": 512 * _MIB,
    ".gz": 256 * _MIB,
    ".xlsx": 256 * _MIB,
    ".xlsm": 256 * _MIB,
    ".sav": 512 * _MIB,
    ".zsav": 256 * _MIB,
    ".parquet": 1024 * _MIB,
    ".json": 256 * _MIB,
    ".geojson": 512 * _MIB,
    ".zip": 1024 * _MIB,
    ".gpkg": 3072 * _MIB,
    ".gml": 512 * _MIB,
    ".pbf": 2048 * _MIB,
    ".bz2": 256 * _MIB,
}
_MOST_BYTES_ELSE = 1024 * _MIB
_MOST_DEFINITIONS = 20_000
_SQLITE = b"SQLite format 3\x00"
_SHAPES = b"\x00\x00\x27\x0a"
_FIRST_BYTES: Mapping[str, tuple[bytes, ...]] = {
    ".gpkg": (_SQLITE,),
    ".shp": (_SHAPES,),
    ".geojson": (b"{",),
    ".json": (b"{",),
    ".fgb": (b"fgb",),
    ".gml": (b"<",),
    ".parquet": (b"PAR1",),
}
LAYER_ENDINGS = (*_FIRST_BYTES, ".zip")
# GDAL goes by what stands at the head of a file, whatever its ending: these words make it run a pipeline, or read the
# files and addresses that its maker names; entities make a few letters into gigabytes.
_HEAD_BYTES = 65_536
_RUNS = re.compile(rb"gdal_streamed_alg|OGRVRT|<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_TEXT = frozenset({".geojson", ".json", ".gml"})
_MARK = b"\xef\xbb\xbf"
# What GDAL and the standard itself put in a GeoPackage, all to keep an index or a count.
_USUAL_TRIGGER = re.compile(r"rtree_|gpkg_|trigger_(insert|delete)_feature_count_", re.IGNORECASE)
_USUAL_VIRTUAL = re.compile(
    r"create\s+virtual\s+table\s+[\"'\[`]?rtree_.*\busing\s+[\"'\[`]?rtree\b", re.IGNORECASE | re.DOTALL
)
_NAMES_AND_COMMENTS = re.compile(r""""[^"]*"|'[^']*'|`[^`]*`|\[[^\]]*\]|/\*.*?\*/|--[^\n]*""", re.DOTALL)
_COMPUTED = re.compile(r"\bgenerated\s+always\b|\bas\s*\(", re.IGNORECASE)


def require_size(path: Path, name: str) -> None:
    """Refuse a file of more bytes than a delivery of its kind ever has; `name` is what an error calls it.

    Raises
    ------
    SourceError
        When it is larger than `MOST_BYTES` says for its ending.
    """
    most = MOST_BYTES.get(path.suffix.lower(), _MOST_BYTES_ELSE)
    n_bytes = path.stat().st_size
    if n_bytes > most:
        raise SourceError(
            f"{name}: is {n_bytes // _MIB:,} MiB large, and a {path.suffix or 'file'} of over {most // _MIB:,} MiB is "
            "not read. Deliver the part for this area, or check that it is the right file."
        )


def require_layer_file(path: Path, name: str) -> None:
    """Refuse a vector file that is not what its ending says, or that holds more than shapes and columns.

    Raises
    ------
    SourceError
        When its ending is none of `LAYER_ENDINGS`, its first bytes are of another kind or make GDAL do more than read,
        or a GeoPackage has views, foreign triggers or computed columns.
    """
    ending = path.suffix.lower()
    if ending not in LAYER_ENDINGS:
        raise SourceError(
            f"{name}: a {path.suffix or 'file without an ending'} is not read as a layer. Deliver a GeoPackage, a "
            f"Shapefile (zipped or not) or GeoJSON: one of {', '.join(LAYER_ENDINGS)}."
        )
    if ending == ".zip":
        return
    with path.open("rb") as opened:
        require_kind(opened.read(_HEAD_BYTES), ending, name)
    if ending == ".gpkg":
        _require_plain_geopackage(path, name)
    for part in path.parent.glob(f"{glob_safe(path.stem)}.*"):
        if ending == ".shp" and part.is_file():
            require_size(part, part.name)


def glob_safe(stem: str) -> str:
    """Write the stem of a file name so that `glob` takes every letter of it as itself."""
    return re.sub(r"([*?[])", r"[\1]", stem)


def require_kind(head: bytes, ending: str, name: str) -> None:
    """Refuse a file whose head is of another kind than its ending says, or makes GDAL do more than read.

    Raises
    ------
    SourceError
        When it is.
    """
    wanted = _FIRST_BYTES[ending]
    start = head.removeprefix(_MARK).lstrip() if ending in _TEXT else head
    if not start.startswith(wanted):
        raise SourceError(
            f"{name}: is no {ending} file inside, whatever its name says. It may be a page with a notice that was "
            "saved in its place: download or copy it again."
        )
    runs = _RUNS.search(head) if ending in _TEXT else None
    if runs:
        raise SourceError(
            f"{name}: holds {runs.group().decode()!r}, by which its maker has more done on this computer than reading. "
            "Export the layer to a new GeoPackage, for example with QGIS."
        )


def _require_plain_geopackage(path: Path, name: str) -> None:
    try:
        definitions = _definitions(path)
    except sqlite3.Error as error:
        raise SourceError(f"{name}: is no GeoPackage that can be read ({error}). {advice(path)}") from error
    for kind, what, sql in definitions:
        if wrong := _is_more_than_columns(kind, what, sql or ""):
            raise SourceError(
                f"{name}: holds {wrong} {what[:80]!r}, a statement of its maker that would be run on this computer. "
                "Export the layers as plain tables to a new GeoPackage, for example with QGIS."
            )


def _is_more_than_columns(kind: str, what: str, sql: str) -> str:
    """Name the kind of definition that is refused, or '' for one that only holds or finds rows."""
    if kind == "view":
        return "a view"
    if kind == "trigger" and not _USUAL_TRIGGER.match(what):
        return "a trigger"
    if kind == "table" and re.match(r"create\s+virtual", sql, re.IGNORECASE) and not _USUAL_VIRTUAL.match(sql):
        return "a virtual table"
    if kind == "table" and _COMPUTED.search(_NAMES_AND_COMMENTS.sub(" ", sql)):
        return "a computed column in the table"
    return ""


def _definitions(path: Path) -> list[tuple[str, str, str | None]]:
    """List what is defined in an SQLite file, without running any of it: read only, and nothing else allowed."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as opened:
        opened.set_authorizer(_reads_definitions_only)
        found = opened.execute("select type, name, sql from sqlite_master").fetchmany(_MOST_DEFINITIONS + 1)
    if len(found) > _MOST_DEFINITIONS:
        raise sqlite3.DataError(f"over {_MOST_DEFINITIONS:,} tables and triggers")
    return found


def _reads_definitions_only(action: int, table: str | None, *_: str | None) -> int:
    allowed = action == sqlite3.SQLITE_SELECT or (action == sqlite3.SQLITE_READ and table == "sqlite_master")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
