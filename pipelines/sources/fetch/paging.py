"""JSON in pages: follow the links of a service from page to page, and notice when it runs in circles."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.errors import FetchError
from pipelines.sources.fetch.content import refuse_page
from pipelines.sources.fetch.transfer import Line, PassingTroubleError, Tell, answer, onward, persist

_CHUNK = 1 << 16
_PAGE_LIMIT_BYTES = 256_000_000
_MOST_PAGES = 100_000
_OK = 200
Page = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """How a service pages: where its rows stand, how a row is known, and where the next page is ('' after the last)."""

    rows: str
    row_id: str
    next_url: Callable[[Page], str]


@dataclass(frozen=True)
class Sheet:
    """One page: its rows, everything else on it, and where it came from in the end."""

    rows: list[Page]
    page: Page
    final_url: str
    content_type: str
    crs: str


def sheets(line: Line, url: str, dialect: Dialect, limit_bytes: int, tell: Tell) -> Iterator[Sheet]:
    """Every page from `url` on.

    Raises
    ------
    FetchError
        When a page cannot be got, is no such page, or comes back: a link or a row that was seen before; a page without
        rows that leads on; or more than `limit_bytes` in all.
    """
    asked: set[str] = set()
    seen: set[str] = set()
    received = 0
    while url:
        if url in asked or len(asked) >= _MOST_PAGES:
            raise FetchError(f"{url}: its pages lead in a circle. Try again later, or put the file there by hand.")
        asked.add(url)
        sheet, size = persist(line, lambda asked_url=url: _sheet(line, asked_url, dialect))  # type: ignore[misc]
        received += size
        if received > limit_bytes:
            raise FetchError(
                f"{url}: more came than the {limit_bytes / 1e6:,.0f} MB that the registry allows (size_limit_mb): "
                "refused."
            )
        tell(received, None)
        _refuse_repeats(url, sheet, dialect, seen)
        following = dialect.next_url(sheet.page)
        if following and not sheet.rows:
            raise FetchError(f"{url}: an empty page that leads on to another. Try again later.")
        yield sheet
        url = onward(url, following) if following else ""


def _refuse_repeats(url: str, sheet: Sheet, dialect: Dialect, seen: set[str]) -> None:
    for row in sheet.rows:
        if dialect.row_id not in row:
            raise FetchError(f"{url}: a row has no {dialect.row_id!r}. The service may have changed.")
        name = str(row[dialect.row_id])
        if name in seen:
            raise FetchError(
                f"{url}: row {name!r} came before: a page repeats, or the source changed meanwhile. Try again later."
            )
        seen.add(name)


def _sheet(line: Line, url: str, dialect: Dialect) -> tuple[Sheet, int]:
    with answer(line, url, {"Accept": "application/geo+json, application/json"}) as response:
        content_type = response.headers.get("Content-Type", "")
        refuse_page(response.url, content_type)
        if response.status_code != _OK:
            raise FetchError(f"{url}: answers {response.status_code}, not a whole page.")
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > _PAGE_LIMIT_BYTES:
                raise FetchError(f"{url}: one page is larger than {_PAGE_LIMIT_BYTES / 1e6:,.0f} MB: refused.")
        page = _json(url, bytes(body))
        rows = page.get(dialect.rows)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FetchError(f"{url}: has no list {dialect.rows!r}; it holds {sorted(page)[:10]}. Check the registry.")
        crs = response.headers.get("Content-Crs", "").strip("<>")
        return Sheet(rows, page, response.url, content_type, crs), len(body)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _json(url: str, body: bytes) -> Page:
    try:
        page = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        # A body without a length that broke off looks like this: another try may bring it whole.
        raise PassingTroubleError(f"{url}: is no JSON, or broke off ({len(body):,} bytes).") from error
    if not isinstance(page, dict):
        raise FetchError(f"{url}: holds no JSON object. Check the address in the registry.")
    return page
