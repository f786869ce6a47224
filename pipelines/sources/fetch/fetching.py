"""Fetch what an area file names: keep what is there and verified, get the rest, tell of every file what became of it.

The checksum of a first fetch is recorded in the ledger and holds ever after: the same edition with other bytes is an
error, and the file that was there stays. pooch brings each file beside its place and compares the checksum; how the
bytes come is for `download`, `features` and `statline`, in the form of pooch's downloaders.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import pooch

from pipelines.errors import FetchError, SamenhangError
from pipelines.release import exclusive
from pipelines.sources.area_file import AreaFile
from pipelines.sources.checksums import sha256
from pipelines.sources.fetch.archive import Limits, unpack_member
from pipelines.sources.fetch.content import head_of, refuse_other
from pipelines.sources.fetch.download import Receipt, Wanted, compare_md5, download
from pipelines.sources.fetch.features import fetch_features
from pipelines.sources.fetch.ledger import Retrieval, record, retrievals
from pipelines.sources.fetch.orders import Order, orders
from pipelines.sources.fetch.registry import Registry
from pipelines.sources.fetch.statline import fetch_table
from pipelines.sources.fetch.transfer import Line

Status = Literal["kept", "by_hand", "fetched", "resumed", "missing", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one file; `bytes` of the file as it lies there, `remark` what else to know."""

    order: Order
    status: Status
    bytes: int = 0
    remark: str = ""
    error: SamenhangError | None = None


@dataclass(frozen=True)
class Errand:
    """One order under way: the address asked first, its place, and the earlier fetch it should be equal to."""

    order: Order
    url: str
    place: Path
    recorded: Retrieval | None


@dataclass(frozen=True)
class Fetching:
    """How to fetch: from which registry, over which line, and what the time is.

    `offline` requests nothing; `accept_changed` takes an edition that has changed at its source. `tell` hears the path,
    the bytes so far, and all there will be (None where that is not known).
    """

    registry: Registry
    line: Line
    now: Callable[[], datetime]
    offline: bool = False
    accept_changed: bool = False
    tell: Callable[[str, int, int | None], None] = lambda _path, _size, _total: None


def fetch_area(
    area: AreaFile, raw: Path, fetching: Fetching, done: Callable[[Outcome], None] = lambda _outcome: None
) -> tuple[Outcome, ...]:
    """Fetch every file the area file gives a `fetch`, one after the other; a failure does not stop the others.

    Parameters
    ----------
    area
        The area file.
    raw
        The raw folder; made where it is not there.
    fetching
        How to fetch.
    done
        Hears of every file when it is done with.

    Returns
    -------
    tuple of Outcome
        One per path, in the order of the area file.

    Raises
    ------
    InputError
        When the area file asks for what the registry does not have, or the ledger cannot be read.
    """
    wanted = orders(area, fetching.registry)
    if fetching.offline:
        return _each(wanted, lambda order: _look(order, raw, retrievals(raw)) or _missing(order, raw), done)
    raw.mkdir(parents=True, exist_ok=True)
    with exclusive(raw / ".fetch.lock", f"another fetch into {raw}"):
        return _each(wanted, lambda order: _look(order, raw, retrievals(raw)) or _get(order, area, raw, fetching), done)


def _each(
    wanted: tuple[Order, ...], treat: Callable[[Order], Outcome], done: Callable[[Outcome], None]
) -> tuple[Outcome, ...]:
    outcomes = []
    for order in wanted:
        try:
            outcome = treat(order)
        except SamenhangError as error:
            outcome = Outcome(order, "failed", error=error)
        done(outcome)
        outcomes.append(outcome)
    return tuple(outcomes)


def _look(order: Order, raw: Path, ledger: Mapping[str, Retrieval]) -> Outcome | None:
    """What is there already and may stay; None where there is nothing, or not what is asked."""
    path = raw / order.path
    if not path.is_file():
        return None
    known = ledger.get(order.path)
    if known is None:
        refuse_other(order.path, head_of(path), order.source.content)
        return Outcome(order, "by_hand", path.stat().st_size, "not fetched: its origin is not known here")
    if not known.is_same_edition(order.fetch, order.year, order.ground) or sha256(path) != known.sha256:
        return None
    return Outcome(order, "kept", known.bytes, f"verified, fetched {known.retrieved}")


def _missing(order: Order, raw: Path) -> Outcome:
    other = "what lies there is another edition, or was changed" if (raw / order.path).is_file() else ""
    return Outcome(order, "missing", remark=other)


def _get(order: Order, area: AreaFile, raw: Path, fetching: Fetching) -> Outcome:
    place = raw / order.path
    url = order.first_url(area, raw)
    recorded = None if fetching.accept_changed else _recorded(order, retrievals(raw))
    with _bench(place) as bench:
        fresh, receipt = _bring(Errand(order, url, place, recorded), bench, fetching)
        retrieval = _retrieval(order, url, fresh, receipt, fetching.now())
        replaced = place.is_file()
        record(raw, order.path, retrieval)
        fresh.replace(place)
    remarks = ("in place of what was there" if replaced else "", receipt.note)
    status: Status = "resumed" if receipt.resumed_bytes else "fetched"
    return Outcome(order, status, retrieval.bytes, "; ".join(filter(None, remarks)))


@contextmanager
def _bench(place: Path) -> Iterator[Path]:
    """A folder beside a file's place to make it in; what a killed fetch left in it goes."""
    bench = place.parent / ".fetching"
    shutil.rmtree(bench, ignore_errors=True)
    bench.mkdir(parents=True)
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)


def _retrieval(order: Order, url: str, fresh: Path, receipt: Receipt, now: datetime) -> Retrieval:
    return Retrieval(
        fetch=order.fetch,
        year=order.year,
        ground=order.ground,
        url=url,
        final_url=receipt.final_url,
        sha256=sha256(fresh),
        bytes=fresh.stat().st_size,
        retrieved=now.isoformat(timespec="seconds"),
        content_type=receipt.content_type,
        note=receipt.note,
    )


def _recorded(order: Order, ledger: Mapping[str, Retrieval]) -> Retrieval | None:
    """The earlier fetch of this edition, of this path before another."""
    nearest = sorted(ledger, key=lambda path: (path != order.path, path))
    same = (ledger[path] for path in nearest if ledger[path].is_same_edition(order.fetch, order.year, order.ground))
    return next(same, None)


def _bring(errand: Errand, bench: Path, fetching: Fetching) -> tuple[Path, Receipt]:
    """Have pooch bring a file to the bench."""
    order, url, place, recorded = errand.order, errand.url, errand.place, errand.recorded
    receipts: list[Receipt] = []

    def downloader(asked: str, output: str, _pooch: object) -> None:
        receipts.append(_deliver(order, asked, place, Path(output), fetching))

    known_hash = f"sha256:{recorded.sha256}" if recorded else None
    try:
        fresh = pooch.retrieve(url, known_hash, fname=place.name, path=bench, downloader=downloader)
    except UnicodeEncodeError as error:
        raise FetchError(f"{order.path}: {url} holds text that is no Unicode. Put the file there by hand.") from error
    except ValueError as error:
        # This is how pooch tells of another checksum; before there is a receipt it would be a mistake of ours.
        if not receipts or recorded is None:
            raise
        raise _changed(order, recorded) from error
    return Path(fresh), receipts[0]


def _changed(order: Order, recorded: Retrieval) -> FetchError:
    return FetchError(
        f"{order.path}: {order.fetch} of {order.year} has changed at its source since it was fetched on "
        f"{recorded.retrieved} (SHA-256 {recorded.sha256[:12]}…). Results made from it would change. What was there "
        "stays; fetch again with --accept-changed to take the new one."
    )


def _deliver(order: Order, url: str, place: Path, output: Path, fetching: Fetching) -> Receipt:
    def tell(size: int, total: int | None) -> None:
        fetching.tell(order.path, size, total)

    limit = order.source.size_limit_bytes
    if order.source.service == "odata":
        receipt = fetch_table(fetching.line, order.table, output, limit, tell)
    elif order.source.service == "ogc_features":
        receipt = fetch_features(fetching.line, url, output, limit, tell)
    else:
        return _deliver_file(order, place, output, fetching)
    output.chmod(0o644)
    return receipt


def _deliver_file(order: Order, place: Path, output: Path, fetching: Fetching) -> Receipt:
    source = order.source
    content = "zip" if source.member else source.content
    wanted = Wanted(order.url, place.with_name(f"{place.name}.part"), content, source.size_limit_bytes)
    receipt = download(fetching.line, wanted, lambda size, total: fetching.tell(order.path, size, total))
    note = compare_md5(fetching.line, wanted) if source.service == "geofabrik" else ""
    try:
        if source.member:
            unpack_member(wanted.part, source.member, output, Limits(source.size_limit_bytes))
        else:
            wanted.part.replace(output)
        refuse_other(order.path, head_of(output), source.content)
    except FetchError:
        wanted.discard()
        raise
    wanted.discard()
    output.chmod(0o644)
    return Receipt(receipt.final_url, receipt.content_type, receipt.resumed_bytes, note)
