"""The commands `samenhang releases`, `verify` and `withdraw`: what went out, is it whole, taking it back."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from assets.options import Area, Out
from assets.stopping import what_stands

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.release import Shelf

app = typer.Typer(add_completion=False)


@app.command()
def releases(area: Area, out: Out = None) -> None:
    """List every release of AREA, also those that were withdrawn, and why."""
    from pipelines.history import current_release, history, unsettled  # noqa: PLC0415 - see cli._folders

    shelf = _shelf(area, out)
    current, entries = current_release(shelf), history(shelf)
    for entry in entries:
        status = "current" if entry.release == current and entry.status == "published" else entry.status
        typer.echo(f"{entry.release:<28} {status:<10} {entry.reason}".rstrip())
    if not entries:
        typer.echo(f"{shelf.area}: nothing was published in {shelf.out}.")
    for release in unsettled(shelf, entries):
        typer.echo(f"The withdrawal of {release} was interrupted, and it can still be read: withdraw it once more.")


@app.command()
def withdraw(
    context: typer.Context,
    area: Area,
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="name of a release, or `current`")],
    reason: Annotated[str, typer.Option("--reason", help="why, in one line; it stays in the history")],
    out: Out = None,
) -> None:
    """Take a wrong release of AREA back; the earlier one becomes current, and the reason stays in the history."""
    from pipelines.history import current_release  # noqa: PLC0415 - see cli._folders
    from pipelines.release import exclusive, publication_lock  # noqa: PLC0415 - idem
    from pipelines.withdrawal import require_published, withdraw  # noqa: PLC0415 - idem

    shelf = _shelf(area, out)
    require_published(shelf)
    context.obj.say = partial(what_stands, shelf, current_release(shelf))
    with exclusive(publication_lock(shelf), f"a publication of {shelf.area}"):
        done = withdraw(shelf, release, reason, datetime.now(UTC).isoformat(timespec="seconds"))
    on = f" on {done.entry.withdrawn[:10]}" if done.entry.withdrawn else ""
    typer.echo(f"Withdrawn{f'{on} already' if done.before else ''}: {done.entry.release} ({done.entry.reason})")
    typer.echo(f"Current now: {done.current}" if done.current else f"Nothing is published of {shelf.area} now.")


@app.command()
def verify(area: Area, out: Out = None) -> None:
    """Tell what was altered, added or removed since, in the releases of AREA and their history; ends with 1 if any."""
    from pipelines.errors import ReleaseError  # noqa: PLC0415 - see cli._folders
    from pipelines.verification import verify  # noqa: PLC0415 - idem
    from pipelines.withdrawal import require_published  # noqa: PLC0415 - idem

    shelf = _shelf(area, out)
    require_published(shelf)
    verdict = verify(shelf)
    for release in verdict.sound:
        known = "has no checksums of its own; two of its files are" if release in verdict.unsealed else "is"
        typer.echo(f"{release}: {known} as it went out.")
    if verdict.problems:
        raise ReleaseError(
            "\n".join((f"{shelf.releases} is not what went out.", *verdict.problems))
            + "\nPut it back from your backup; or withdraw what was altered, and run again."
        )


def _shelf(area: str, out: "Path | None") -> "Shelf":
    """The releases of an area; its area file need not be there any more, or be sound, to take one back."""
    from assets.bench import Folders, resolve_area  # noqa: PLC0415 - see cli._folders
    from pipelines.release import Shelf  # noqa: PLC0415 - idem

    folders = Folders.from_environment(None, out)
    shelf = Shelf(folders.out, area)
    if re.fullmatch(r"[a-z0-9][a-z0-9-]*", area) and shelf.releases.is_dir():
        return shelf
    return Shelf(folders.out, resolve_area(area, folders)[0].name)
