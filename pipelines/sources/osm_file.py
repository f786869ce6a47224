"""Open a file of OSM for what it is, whatever its name says: PBF, XML or OPL, packed with gzip or bzip2 or not.

Here a file is recognised, unpacked, and refused where it is no whole map. Putting it in order is for `osm_order`, which
of its objects count for the readers; exports of Overpass in JSON have a reader of their own, `osm_export`.
"""

import bz2
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

import osmium

from pipelines.errors import SourceError
from pipelines.sources.remarks import Remark

Kind = Literal["PBF", "XML", "OPL", "JSON"]
_FORMATS: dict[Kind, str] = {"PBF": "pbf", "XML": "osm", "OPL": "opl"}
_ENDINGS: dict[str, Kind] = {".pbf": "PBF", ".osm": "XML", ".opl": "OPL", ".json": "JSON", ".geojson": "JSON"}
_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_MIB = 2**20
# A town of 200,000 takes some 500 MiB as XML, which packs to a tenth; it is held in memory.
_MOST_UNPACKED_BYTES = 1024 * _MIB
_CHUNK_BYTES = 4 * _MIB
_SHRINKING_FROM_BYTES, _MOST_SHRINKING = 64 * _MIB, 200
_ROOT = re.compile(rb"<([A-Za-z]\w*)")
_OPL_LINE = re.compile(rb"(#[^\n]*\n)*[nwrc]-?\d+( |\n|$)")
_OVERPASS_STOPPED = re.compile(rb"<remark>\s*([^<]{0,200})")
_INLINE = re.compile(rb"<nd (?=[^>]*\blat=)[^>]*\bref=['\"](-?\d+)['\"]")
_JOSM_DELETED = re.compile(rb"<(node|way|relation)\b(?=[^>]*\baction=['\"]delete['\"])[^>]*?\bid=['\"](-?\d+)['\"]")
# What libosmium says of a file that ends before its end.
_CUT = re.compile(r"EOF|truncated|no element found|unclosed token|read close failed|failed: -7")

_DISORDER = re.compile(r"out of order|twice in input|Found a \w+ after a")

Deleted = frozenset[tuple[str, int]]


class OutOfOrderError(SourceError):
    """An object of OSM stands where it cannot be read, or was read already: the file has to be put in order first."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}: is not in order (nodes, ways, relations, each once, by number). Sort it first: "
            "osmium sort FILE -o SORTED.osm.pbf."
        )


@dataclass(frozen=True)
class OsmFile:
    """A file of OSM, opened: `name` is what errors call it, `content` its bytes unpacked, None where read in place.

    `is_in_order` tells whether nodes, ways and relations stand in this order, each once, by number; None: nobody knows.
    `deleted` lists (letter of the kind, number) of what somebody deleted in JOSM.
    """

    path: Path
    name: str
    kind: Kind
    content: bytes | None = None
    is_in_order: bool | None = None
    deleted: Deleted = frozenset()
    remarks: tuple[Remark, ...] = ()

    @property
    def format(self) -> str:
        """What libosmium calls the format."""
        return _FORMATS[self.kind]

    def source(self) -> osmium.io.File | osmium.io.FileBuffer:
        """Give what libosmium reads."""
        if self.content is None:
            return osmium.io.File(str(self.path), self.format)
        return osmium.io.FileBuffer(self.content, self.format)


def open_osm(path: Path, name: str) -> OsmFile:
    """Recognise a file of OSM and unpack it.

    Parameters
    ----------
    path
        The file, of any ending.
    name
        What to call it in errors and remarks, e.g. its path under the raw folder.

    Returns
    -------
    OsmFile
        With a remark where the file is something else than its ending says.

    Raises
    ------
    SourceError
        When there is no such file, it is no map of OSM, was cut short while packed, unpacks to too much, or holds
        changes or an answer that Overpass did not finish.
    """
    if not path.is_file():
        raise SourceError(
            f"{name}: there is no such file. Put the OSM extract there, or correct `path` in the area file."
        )
    kind = kind_of(path)
    if kind == "PBF" and not _is_packed(path):
        opened = OsmFile(path, name, kind, remarks=_misnamed(path, name, kind))
        return replace(opened, is_in_order=_declared_order(opened))
    content = unpacked(path, name)
    if kind is None or kind == "JSON":
        raise _no_map(path, name, kind)
    deleted = _deleted(content, name) if kind == "XML" else frozenset()
    is_in_order = False if deleted else None
    return OsmFile(path, name, kind, content, is_in_order, deleted, _misnamed(path, name, kind))


def kind_of(path: Path) -> Kind | None:
    """Recognise a file by its first bytes, unpacked; None where it is nothing of OSM, or packed and damaged."""
    try:
        with _opened_plain(path) as file:
            head = file.read(4096)
    except (OSError, EOFError, zlib.error):
        return None
    if head[4:15] == b"\x0a\x09OSMHeader":
        return "PBF"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return "XML"
    if text.startswith((b"{", b"[")):
        return "JSON"
    return "OPL" if _OPL_LINE.match(text) else None


def _is_packed(path: Path) -> bool:
    return _first_bytes(path).startswith((_GZIP, _BZIP2))


def _opened_plain(path: Path) -> IO[bytes] | gzip.GzipFile | bz2.BZ2File:
    head = _first_bytes(path)
    if head.startswith(_GZIP):
        return gzip.open(path)
    return bz2.open(path) if head.startswith(_BZIP2) else path.open("rb")


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_BZIP2))


def _named_kind(path: Path) -> Kind | None:
    plain = path.with_suffix("") if path.suffix.lower() in {".gz", ".bz2"} else path
    return _ENDINGS.get(plain.suffix.lower())


def _misnamed(path: Path, name: str, kind: Kind) -> tuple[Remark, ...]:
    named = _named_kind(path)
    if named in {None, kind}:
        return ()
    return (Remark(name, f"is OSM {kind} inside and not {named}, as its name says; read as {kind}", "noted", 1),)


def _no_map(path: Path, name: str, kind: Kind | None) -> SourceError:
    if kind == "JSON":
        return SourceError(
            f"{name}: is JSON, of which places and benches are read but no streets and no addresses. Ask Overpass for "
            "XML ([out:xml]; (._;>;); out meta;), or deliver an extract as .osm.pbf."
        )
    label = _named_kind(path) or "PBF"
    return SourceError(
        f"{name}: cannot be read as OSM {label}: it is empty, cut short or another format. Deliver the complete "
        ".osm.pbf, .osm, .osm.gz, .osm.bz2 or .opl file."
    )


def unpacked(path: Path, name: str) -> bytes:
    """Read a file as a whole, packed or not.

    Raises
    ------
    SourceError
        When it was cut short while packed, or unpacks to too much.
    """
    chunks: list[bytes] = []
    n_bytes, n_packed = 0, max(path.stat().st_size, 1)
    try:
        with _opened_plain(path) as file:
            while chunk := file.read(_CHUNK_BYTES):
                chunks.append(chunk)
                n_bytes += len(chunk)
                is_bomb = n_bytes > _SHRINKING_FROM_BYTES and n_bytes > _MOST_SHRINKING * n_packed
                if n_bytes > _MOST_UNPACKED_BYTES or is_bomb:
                    raise SourceError(
                        f"{name}: unpacks to over {n_bytes // _MIB:,} MiB from {n_packed / _MIB:,.1f} MiB, which is "
                        "not read. Cut the extract to the municipality and deliver it as .osm.pbf."
                    )
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{name}: cannot be unpacked ({error}). Download or copy the complete file again.") from error
    return b"".join(chunks)


def _deleted(content: bytes, name: str) -> Deleted:
    """What JOSM deleted and keeps in its file until it is uploaded; refuse XML that is not a whole map."""
    match = _ROOT.search(content, 0, _CHUNK_BYTES)
    root = match[1].decode() if match else "nothing"
    if root == "osmChange":
        raise SourceError(f"{name}: holds changes to a map, and no map. Apply them to an extract, and deliver that.")
    if root != "osm":
        raise SourceError(
            f"{name}: cannot be read as OSM XML: it begins with <{root[:40]}>. It may be a page with a notice that was "
            "saved in its place: download it again."
        )
    if stopped := _OVERPASS_STOPPED.search(content, max(0, len(content) - _CHUNK_BYTES)):
        raise unfinished(name, stopped[1].decode("utf-8", "replace"))
    if b"<node" not in content and b"<way" in content:
        raise SourceError(
            f"{name}: holds ways and no nodes, so nobody knows where they lie. Ask Overpass for both "
            "((._;>;); out meta;), or deliver an extract with the nodes of its ways."
        )
    if _lacks_nodes_it_has_inline(content):
        raise SourceError(
            f"{name}: holds the shapes of ways within the ways (`out geom` or `out center`), which are read from JSON "
            "alone, as places. Ask Overpass for ((._;>;); out meta;), or for places with [out:json]."
        )
    if b"action=" not in content:
        return frozenset()
    return frozenset((found[1][:1].decode(), int(found[2])) for found in _JOSM_DELETED.finditer(content))


def _lacks_nodes_it_has_inline(content: bytes) -> bool:
    inline = _INLINE.match(content, max(0, content.find(b"<nd ")))
    return b"<center" in content or (inline is not None and b'<node id="%s"' % inline[1] not in content)


def unfinished(name: str, said: str) -> SourceError:
    """Say that Overpass did not finish its answer; `said` is its own remark."""
    return SourceError(
        f"{name}: Overpass did not finish this answer ({said.strip()[:120]!r}), so things are missing. Ask for a "
        "smaller area or give more time ([timeout:300])."
    )


def _declared_order(opened: OsmFile) -> bool | None:
    with in_plain_words(opened), osmium.io.Reader(opened.source(), osmium.osm.osm_entity_bits.NOTHING) as reader:
        header = reader.header()
    # In a history each version has a place of its own, and the filter would drop a newest one that lost its tags.
    return not header.has_multiple_object_versions and (header.get("sorting") == "Type_then_ID" or None)


@contextmanager
def in_plain_words(opened: OsmFile) -> Iterator[None]:
    """Put what libosmium says of a file that it cannot read in words that say what to do."""
    try:
        yield
    # libosmium throws no narrower class than RuntimeError for a file it cannot decode, ValueError for a bad number.
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        if _DISORDER.search(str(error)):
            raise OutOfOrderError(opened.name) from error
        mend = (
            "It was cut short: download or copy the complete file again."
            if _CUT.search(str(error))
            else "It is damaged, or its maker wrote it another way: export or download it again."
        )
        raise SourceError(f"{opened.name}: cannot be read as OSM {opened.kind} ({str(error)[:200]}). {mend}") from error
