"""OGC API Features: the pages of one collection, put together into one GeoJSON file (WGS 84, as is standard)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pipelines.errors import FetchError
from pipelines.sources.fetch.download import Receipt
from pipelines.sources.fetch.paging import Dialect, Page, Sheet, sheets
from pipelines.sources.fetch.transfer import Line, Tell

PAGE_ROWS = 1000
# Longitude and latitude of WGS 84, in that order: what is meant when a service does not say.
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def features_url(url: str, box: tuple[float, float, float, float] | None) -> str:
    """The first page of a collection, within `box` (west, south, east, north in degrees) where one is given."""
    query = {"f": "json", "limit": str(PAGE_ROWS)}
    if box is not None:
        query["bbox"] = ",".join(f"{edge:.6f}" for edge in box)
    return f"{url}?{urlencode(query, safe=',')}"


def fetch_features(line: Line, url: str, output: Path, limit_bytes: int, tell: Tell) -> Receipt:
    """Write all features from the first page `url` on to `output`, one a line, in the order of the service.

    Raises
    ------
    FetchError
        When a page cannot be got or repeats; when the service counts other features than came, or has none; when it
        answers in another coordinate system than WGS 84.
    """
    last: Sheet | None = None
    came = 0
    with output.open("w", encoding="utf-8") as sink:
        sink.write('{"type": "FeatureCollection", "features": [')
        for sheet in sheets(line, url, Dialect("features", "id", _next_link), limit_bytes, tell):
            _refuse_sheet(url, sheet)
            for feature in sheet.rows:
                sink.write((",\n" if came else "\n") + json.dumps(feature))
                came += 1
            last = sheet
            _refuse_count(url, sheet.page, came, whole=not _next_link(sheet.page))
        sink.write("\n]}\n")
    if last is None or not came:
        raise FetchError(f"{url}: has no features here. Check `gemeenten` or `extent` of the area file.")
    return Receipt(last.final_url, last.content_type)


def _next_link(page: Page) -> str:
    return next(
        (
            str(link["href"])
            for link in _listed(page, "links")
            if link.get("rel") == "next" and isinstance(link.get("href"), str)
        ),
        "",
    )


def _listed(page: Page, name: str) -> Iterator[dict[str, Any]]:
    listed = page.get(name, [])
    return (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else iter(())


def _count(page: Page, name: str, without: int) -> int:
    """What a page counts; `without` where it does not count."""
    said = page.get(name)
    return said if isinstance(said, int) else without


def _refuse_sheet(url: str, sheet: Sheet) -> None:
    if sheet.crs and sheet.crs != _CRS84:
        raise FetchError(f"{url}: answers in {sheet.crs}, not in {_CRS84}. Put the file there by hand.")
    returned = _count(sheet.page, "numberReturned", len(sheet.rows))
    if returned != len(sheet.rows):
        raise FetchError(f"{url}: a page says it has {returned} features, and {len(sheet.rows)} came. Try again later.")


def _refuse_count(url: str, page: Page, came: int, *, whole: bool) -> None:
    matched = _count(page, "numberMatched", came)
    if came > matched or (whole and came < matched):
        raise FetchError(f"{url}: the service counts {matched} features, and {came} came. Try again later.")
