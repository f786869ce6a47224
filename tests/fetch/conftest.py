"""A server on this machine that behaves like the services deliveries come from, faults included."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from pipelines.sources.area_file import AreaFile
from pipelines.sources.fetch.fetching import Fetching, Outcome, fetch_area
from pipelines.sources.fetch.registry import Registry, shipped_registry
from pipelines.sources.fetch.transfer import Line, Manners, PlainSession

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Reply:
    """One answer; `cut` sends only so many bytes of the body, `silent_s` says nothing for a while halfway."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent_s: float = 0.0
    length: bool = True


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class Site:
    """What the server knows: files, pages that are made on request, and faults that come first."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    routes: dict[str, Callable[[Asked], Reply]] = field(default_factory=dict)
    faults: dict[str, list[Reply]] = field(default_factory=dict)
    forever: dict[str, Reply] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    knows_ranges: bool = True

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def count(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)

    def reply(self, asked: Asked) -> Reply:
        if self.faults.get(asked.path):
            return self.faults[asked.path].pop(0)
        if asked.path in self.forever:
            return self.forever[asked.path]
        if asked.path in self.routes:
            return self.routes[asked.path](asked)
        if asked.path in self.files:
            return self.file(asked)
        return Reply(404, b"nothing here")

    def file(self, asked: Asked) -> Reply:
        """A file as a good server gives it: with a length, an ETag, and a part of it where a part is asked."""
        body = self.files[asked.path]
        tag = f'"{hash(body):x}"'
        headers = {"Content-Type": self.types.get(asked.path, "application/octet-stream"), "ETag": tag}
        wanted = asked.headers.get("range", "")
        if not (wanted and self.knows_ranges) or asked.headers.get("if-range") != tag:
            return Reply(200, body, headers)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            return Reply(416, b"", {"Content-Range": f"bytes */{len(body)}"})
        return Reply(206, body[start:], {**headers, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"})


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(parts.path, parse_qs(parts.query), headers)
        self.site.asked.append(asked)
        reply = self.site.reply(asked)
        self.send_response_only(reply.status)
        self.send_header("Date", reply.headers.get("Date", self.date_time_string()))
        for name, value in reply.headers.items():
            if name != "Date":
                self.send_header(name, value)
        if reply.length:
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        try:
            self.wfile.write(body[: len(body) // 2] if reply.silent_s else body)
            if reply.silent_s:
                self.wfile.flush()
                time.sleep(reply.silent_s)
                self.wfile.write(body[len(body) // 2 :])
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side has had enough, as some tests want

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is part of the tests."""


def _serving(site: Site) -> Iterator[Site]:
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server that runs."""
    yield from _serving(Site())


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    """Another server, which the registry does not name."""
    yield from _serving(Site())


@dataclass
class Time:
    """Seconds that pass only when somebody sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


MANNERS = Manners(requests_per_s=1e9, tries=4, first_wait_s=1.0, longest_wait_s=30.0, read_timeout_s=2.0)


@dataclass
class Desk:
    """Everything needed to fetch from the site: its registry, a raw folder and a time of our own."""

    site: Site
    raw: Path
    registry: Registry
    time: Time = field(default_factory=Time)
    manners: Manners = MANNERS

    def source(self, name: str, **changes: object) -> "Desk":
        """The same desk, with a source of the shipped registry published on the site."""
        content = self.registry.model_dump()
        shipped = shipped_registry().sources[name].model_dump()
        years = {year: {**edition, "url": None} for year, edition in shipped["years"].items()}
        url = f"{self.site.url}/{name}/{{year}}{{table}}"
        content["sources"][name] = {**shipped, "years": years, "url": url, **changes}
        return Desk(self.site, self.raw, Registry.model_validate(content), self.time, self.manners)

    def line(self, session: PlainSession) -> Line:
        return Line(session, self.registry.hosts, self.time.sleep, self.time.clock, self.manners)

    def fetch(self, area: AreaFile, *, offline: bool = False, accept_changed: bool = False) -> tuple[Outcome, ...]:
        with PlainSession() as session:
            session.trust_env = False
            fetching = Fetching(self.registry, self.line(session), lambda: NOW, offline, accept_changed)
            return fetch_area(area, self.raw, fetching)

    def fetch_one(self, area: AreaFile, **options: bool) -> Outcome:
        (outcome,) = self.fetch(area, **options)
        return outcome


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    return Desk(site, tmp_path / "raw", Registry(version=1, sources={}))


@pytest.fixture
def draw_area() -> Callable[..., AreaFile]:
    """An area file with the deliveries that are given, each as (role, source, path), and streets put there by hand."""

    def draw(*wanted: tuple[str, str, str], year: int = 2024, gemeenten: tuple[str, ...] = ("GM0014",)) -> AreaFile:
        same = {"vintage": year, "licence": "CC-BY-4.0", "attribution": "somebody"}
        sources: dict[str, object] = {"streets": {**same, "path": "town/streets.osm.pbf", "format": "osm"}}
        sources |= {"pc4": {**same, "path": "town/pc4.gpkg"}}
        for role, source, path in wanted:
            sources[role] = {**same, "path": path, "fetch": source, **({"format": "osm"} if role == "streets" else {})}
        return AreaFile.model_validate(
            {
                "name": "town",
                "title": "Town",
                "year": year,
                "gemeenten": gemeenten,
                "extent": (230_000, 580_000, 232_000, 582_000),
                "population": {"total_from": "pc4"},
                "sources": sources,
                "place_kinds": dict.fromkeys(
                    ("winkel", "school", "buurtcentrum", "speelplek", "horeca", "sport"), "partial"
                ),
            }
        )

    return draw


def zipped(**members: bytes) -> bytes:
    """A zip of these members; `__` in a name is a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "."), body)
    return packed.getvalue()


@pytest.fixture
def zip_of() -> Callable[..., bytes]:
    return zipped


@pytest.fixture
def gpkg() -> bytes:
    """Something that starts like a GeoPackage and is long enough to break off in."""
    return b"SQLite format 3\x00" + np.random.default_rng(1).bytes(500_000)


@pytest.fixture
def pbf() -> bytes:
    """Something that starts like an OSM extract."""
    return b"\x00\x00\x00\x0e\x0a\x09OSMHeader" + bytes(range(256)) * 500


def features(*numbers: int) -> list[dict[str, object]]:
    """Dwellings of the BAG, near Groningen."""
    return [
        {
            "type": "Feature",
            "id": f"vbo-{number}",
            "geometry": {"type": "Point", "coordinates": [6.55 + number / 1e5, 53.21]},
            "properties": {
                "identificatie": f"{number:016}",
                "status": "Verblijfsobject in gebruik",
                "gebruiksdoel": "woonfunctie",
                "postcode": "9712AB",
            },
        }
        for number in numbers
    ]


@pytest.fixture
def collection(site: Site) -> Callable[..., None]:
    """Publish a collection of features in pages, as PDOK does: `next` links, no page numbers to guess."""

    def publish(path: str, *pages: list[dict[str, object]], **more: object) -> None:
        def page(asked: Asked) -> Reply:
            number = int(asked.query.get("cursor", ["0"])[0])
            links = [{"rel": "self", "href": f"{site.url}{path}"}]
            if number + 1 < len(pages):
                links.append({"rel": "next", "href": f"{site.url}{path}?cursor={number + 1}&f=json"})
            body = {"type": "FeatureCollection", "features": pages[number], "links": links, **more}
            return Reply(200, json.dumps(body).encode(), {"Content-Type": "application/geo+json"})

        site.routes[path] = page

    return publish


@pytest.fixture
def dwellings() -> Callable[..., list[dict[str, object]]]:
    return features


@pytest.fixture
def table(site: Site) -> Callable[..., None]:
    """Publish a StatLine table: parts in pages with `@odata.nextLink`, as CBS does."""

    def publish(path: str, rows_per_page: int = 100_000, **parts: list[dict[str, object]]) -> None:
        for name, rows in parts.items():
            site.routes[f"{path}/{name}"] = _part(site, f"{path}/{name}", rows, rows_per_page)

    return publish


def _part(site: Site, path: str, rows: list[dict[str, object]], per_page: int) -> Callable[[Asked], Reply]:
    def page(asked: Asked) -> Reply:
        start = int(asked.query.get("$skip", ["0"])[0])
        body: dict[str, object] = {"@odata.context": "x", "value": rows[start : start + per_page]}
        if start + per_page < len(rows):
            body["@odata.nextLink"] = f"{site.url}{path}?$skip={start + per_page}"
        return Reply(200, json.dumps(body).encode(), {"Content-Type": "application/json; odata.metadata=minimal"})

    return page


@pytest.fixture
def reply() -> type[Reply]:
    return Reply
