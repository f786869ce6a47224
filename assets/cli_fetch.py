"""The commands `samenhang fetch` and `samenhang init`: from the name of a gemeente to its deliveries."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.options import Area, Raw
from pipelines.errors import FetchError, InputError, SourceError

if TYPE_CHECKING:
    from pipelines.sources.fetch.fetching import Outcome
    from pipelines.sources.fetch.registry import Registry
    from pipelines.sources.fetch.transfer import Line

Tell = Callable[[str, int, int | None], None]
Say = Callable[["Outcome"], None]
app = typer.Typer()
Mirror = Annotated[
    Path | None, typer.Option("--registry", help="other addresses for the same sources: a mirror", hidden=True)
]
_WORDS = {
    "kept": "kept     {path}: {mb} MB, {remark}",
    "by_hand": "kept     {path}: {mb} MB, {remark}",
    "fetched": "fetched  {path}: {mb} MB",
    "resumed": "resumed  {path}: {mb} MB",
    "missing": "missing  {path}",
    "failed": "failed   {path}",
}


@app.command()
def fetch(
    area: Area,
    raw: Raw = None,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="request nothing; verify what is there")] = False,
    accept_changed: Annotated[
        bool, typer.Option("--accept-changed", help="take a file that has changed at its source")
    ] = False,
    registry: Mirror = None,
) -> None:
    """Get the deliveries that the area file of AREA gives a `fetch`, and verify those that are there."""
    from assets.bench import Folders, resolve_area  # noqa: PLC0415 - GIS libraries take a second to load
    from pipelines.sources.fetch.fetching import Fetching, fetch_area  # noqa: PLC0415 - idem

    folders = Folders.from_environment(raw)
    settings = resolve_area(area, folders)[0]
    known = _registry(registry)
    with _progress() as (tell, say), _line(known) as line:
        fetching = Fetching(known, line, lambda: datetime.now(UTC), offline, accept_changed, tell)
        outcomes = fetch_area(settings, folders.raw, fetching, say)
    if not outcomes:
        raise InputError(
            f"{settings.name}: no delivery in its area file has a `fetch`. Add one (see `samenhang init`), or put the "
            f"files into {folders.raw} by hand."
        )
    _tell_failures(outcomes)


def _registry(path: Path | None) -> "Registry":
    from pipelines.sources.fetch.registry import read_registry, shipped_registry  # noqa: PLC0415 - see fetch

    return shipped_registry() if path is None else read_registry(path)


@contextmanager
def _line(registry: "Registry") -> Iterator["Line"]:
    import pooch  # noqa: PLC0415 - see fetch

    from pipelines.sources.fetch.transfer import Line, PlainSession  # noqa: PLC0415 - see fetch

    pooch.get_logger().setLevel("WARNING")  # what it would tell is told here
    with PlainSession() as session:
        yield Line(session, registry.hosts, time.sleep, time.monotonic)


@contextmanager
def _progress() -> Iterator[tuple[Tell, Say]]:
    """A bar for the file that is coming, on a terminal only, and a line for each that is done with."""
    from rich.progress import (  # noqa: PLC0415 - see fetch
        BarColumn,
        DownloadColumn,
        Progress,
        TaskID,
        TextColumn,
        TransferSpeedColumn,
    )

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(path: str, size: int, total: int | None) -> None:
            if path not in tasks:
                tasks[path] = bars.add_task(path, total=None)
            bars.update(tasks[path], completed=size, total=total)

        def say(outcome: "Outcome") -> None:
            if outcome.order.path in tasks:
                bars.update(tasks[outcome.order.path], visible=False)
            bars.console.print(_words(outcome), soft_wrap=True, markup=False, highlight=False)

        yield tell, say


def _words(outcome: "Outcome") -> str:
    from pipelines.sources.texts import plain  # noqa: PLC0415 - see fetch

    words = _WORDS[outcome.status].format(
        path=outcome.order.path, mb=f"{outcome.bytes / 1e6:,.1f}", remark=outcome.remark
    )
    more = f" ({outcome.remark})" if outcome.remark and outcome.remark not in words else ""
    return plain(words + more)  # a server says what it likes


def _tell_failures(outcomes: "tuple[Outcome, ...]") -> None:
    """Raise what went wrong with any file; bad input weighs most, for trying again does not help it."""
    from pipelines.sources.fetch.orders import by_hand  # noqa: PLC0415 - see fetch

    missing = [outcome.order for outcome in outcomes if outcome.status == "missing"]
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    told = [*_sentences(outcomes), *by_hand(missing)]
    if missing:
        told.append("Fetch them without --offline, or carry them here by hand.")
    if missing or any(isinstance(error, InputError) for error in errors):
        raise SourceError("\n".join(told))
    if errors:
        raise FetchError("\n".join(told))


def _sentences(outcomes: "tuple[Outcome, ...]") -> Iterator[str]:
    """What went wrong, each with the file it is about."""
    for outcome in outcomes:
        if outcome.error is not None:
            path, told = outcome.order.path, str(outcome.error)
            yield told if path in told else f"{path}: {told}"


@app.command()
def init(
    gemeente: Annotated[str, typer.Argument(metavar="GEMEENTE", help="code (GM0014) or name of the gemeente")],
    jaar: Annotated[int, typer.Option("--jaar", help="year of the borders and figures")],
    to: Annotated[Path | None, typer.Option("--to", help="the file to write [data/areas/<name>.yaml]")] = None,
    raw: Raw = None,
    registry: Mirror = None,
) -> None:
    """Write a commented area file for GEMEENTE that `samenhang fetch` can get the deliveries of."""
    from assets.bench import Folders, known_areas  # noqa: PLC0415 - see fetch
    from pipelines.sources.fetch.area_draft import area_draft, area_name, find_gemeente  # noqa: PLC0415 - see fetch

    folders = Folders.from_environment(raw)
    found = find_gemeente(gemeente, folders.raw)
    path = to.absolute() if to else folders.data / "areas" / f"{area_name(found, jaar)}.yaml"
    if path.stem in known_areas(folders):
        raise InputError(
            f"an area named {path.stem!r} exists already and is left as it is. Give another name with --to."
        )
    draft = area_draft(found, jaar, path.stem, _registry(registry))
    _write_new(path, draft)
    typer.echo(f"Written: {path}")
    typer.echo(f"Look through it, then: samenhang fetch {path.stem if to is None else path}")


def _write_new(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError(
            f"{path}: exists already and is left as it is. Remove it, or give another with --to."
        ) from error
