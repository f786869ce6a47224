"""Is this file what it should be? Its first bytes and declared type tell; whether it reads well is for readers."""

from pathlib import Path

from pipelines.errors import FetchError
from pipelines.sources.fetch.registry import Content

HEAD_BYTES = 512
_NAMES: dict[Content, str] = {
    "gpkg": "a GeoPackage",
    "zip": "a zip file",
    "pbf": "an OSM extract (PBF)",
    "csv": "a table (CSV)",
    "geojson": "GeoJSON",
    "parquet": "a Parquet file",
}
_PAGES = ("text/html", "application/xhtml")


def refuse_page(shown: str, content_type: str) -> None:
    """Refuse an answer that declares to be a web page: an error or log-in page, where a file was asked."""
    if content_type.lower().startswith(_PAGES):
        raise FetchError(
            f"{shown}: a web page came ({content_type}), not a file. The service may be down, or the address may have "
            "changed: open it in a browser, and correct the registry or put the file there by hand."
        )


def refuse_other(shown: str, head: bytes, content: Content) -> None:
    """Refuse a file whose first bytes (up to 512) are not those of `content`."""
    if not head:
        raise FetchError(f"{shown}: came empty. Try again later, or put the file there by hand.")
    if not _is(head, content):
        raise FetchError(
            f"{shown}: is not {_NAMES[content]}, it starts with {head[:16]!r}. Look on the source's page "
            "whether its address has changed: correct the registry, or put the right file there by hand."
        )


def head_of(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _is(head: bytes, content: Content) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    tests = {
        "gpkg": head.startswith(b"SQLite format 3\x00"),
        "zip": head.startswith(b"PK\x03\x04"),
        # Four bytes of length, then a field with the type of the first block.
        "pbf": head[4:15] == b"\x0a\x09OSMHeader",
        "csv": b"\x00" not in head and not text.startswith((b"<", b"{")),
        "geojson": text.startswith(b"{"),
        "parquet": head.startswith(b"PAR1"),
    }
    return tests[content]
