"""Whether a file is cut short, by its own words on its length or end: a complete file is never called so."""

from collections.abc import Callable, Mapping
from pathlib import Path

_LAST_BYTES = 65_557  # the end of a zip file has 22 bytes and a comment of at most 65,535
_SHAPE_LENGTH_AT, _SQLITE_PAGE_SIZE_AT, _SQLITE_PAGES_AT = 24, 16, 28


def is_cut_short(path: Path) -> bool:
    """Whether a file ends before it says it does; false for kinds that do not say."""
    says = _SAYS.get(path.suffix.lower())
    with path.open("rb") as opened:
        first = opened.read(128)
        opened.seek(max(path.stat().st_size - _LAST_BYTES, 0))
        return says is not None and says(first, opened.read(), path.stat().st_size)


def advice(path: Path, otherwise: str = "Open it, for example in QGIS, and export it again as a GeoPackage.") -> str:
    """What to do about a file that cannot be read: fetch it again where it is cut short, else something else."""
    return "It is cut short: download or copy it again." if is_cut_short(path) else otherwise


def _json(_first: bytes, last: bytes, _n_bytes: int) -> bool:
    return not last.rstrip(b"\x00\t\r\n \x1a").endswith((b"}", b"]"))


def _xml(_first: bytes, last: bytes, _n_bytes: int) -> bool:
    return not last.rstrip().endswith(b">")


def _parquet(_first: bytes, last: bytes, _n_bytes: int) -> bool:
    return not last.endswith(b"PAR1")


def _shapes(first: bytes, _last: bytes, n_bytes: int) -> bool:
    words = int.from_bytes(first[_SHAPE_LENGTH_AT : _SHAPE_LENGTH_AT + 4], "big")
    return 2 * words > n_bytes


def _table(first: bytes, _last: bytes, n_bytes: int) -> bool:
    n_rows, header, width = (int.from_bytes(first[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    return header + n_rows * width > n_bytes


def _sqlite(first: bytes, _last: bytes, n_bytes: int) -> bool:
    size = int.from_bytes(first[_SQLITE_PAGE_SIZE_AT : _SQLITE_PAGE_SIZE_AT + 2], "big")
    pages = int.from_bytes(first[_SQLITE_PAGES_AT : _SQLITE_PAGES_AT + 4], "big")
    return pages * (65_536 if size == 1 else size) > n_bytes  # SQLite writes 65,536 as 1


def _zip(first: bytes, last: bytes, _n_bytes: int) -> bool:
    return first.startswith(b"PK\x03\x04") and b"PK\x05\x06" not in last


_SAYS: Mapping[str, Callable[[bytes, bytes, int], bool]] = {
    ".json": _json,
    ".geojson": _json,
    ".gml": _xml,
    ".parquet": _parquet,
    ".shp": _shapes,
    ".xlsx": _zip,
    ".dbf": _table,
    ".gpkg": _sqlite,
}
