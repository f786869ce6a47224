"""What a file is, told by its first bytes."""

import pytest

from pipelines.errors import FetchError
from pipelines.sources.fetch.content import refuse_other, refuse_page

HEADS = {
    "gpkg": b"SQLite format 3\x00\x10\x00",
    "zip": b"PK\x03\x04\x14\x00",
    "pbf": b"\x00\x00\x00\x0e\x0a\x09OSMHeader\x18",
    "csv": b"\xef\xbb\xbfPC6;Huisnummer;Buurt2024\r\n",
    "geojson": b'\n {"type": "FeatureCollection"',
    "parquet": b"PAR1\x15\x04",
}
BINARY = ("gpkg", "zip", "pbf", "parquet")


@pytest.mark.parametrize("content", HEADS)
def test_every_kind_of_file_is_known_by_its_head_and_taken_for_no_other(content: str):
    refuse_other("x", HEADS[content], content)
    for other in {*BINARY, "geojson"} - {content}:
        with pytest.raises(FetchError, match=r"x: is not .*, it starts with"):
            refuse_other("x", HEADS[content], other)


@pytest.mark.parametrize(
    "head", [b"<!DOCTYPE html>", b"  <html>", b"<?xml version='1.0'?>", b'{"error": 1}', b"a\x00b"]
)
def test_a_page_or_bytes_are_no_table(head: bytes):
    with pytest.raises(FetchError, match=r"is not a table \(CSV\)"):
        refuse_other("x", head, "csv")


@pytest.mark.parametrize("content", HEADS)
def test_nothing_at_all_is_no_file(content: str):
    with pytest.raises(FetchError, match="came empty"):
        refuse_other("x", b"", content)


def test_only_a_web_page_is_refused_by_its_type():
    for content_type in ("", "application/zip", "text/plain; charset=utf-8", "application/octet-stream"):
        refuse_page("x", content_type)
    for content_type in ("text/html", "Text/HTML; charset=utf-8", "application/xhtml+xml"):
        with pytest.raises(FetchError, match="a web page came"):
            refuse_page("x", content_type)
