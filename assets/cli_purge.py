"""The command `samenhang purge`: removing what is personal of an area."""

import re

import typer

from assets.options import Area

app = typer.Typer(add_completion=False)


@app.command()
def purge(area: Area) -> None:
    """Remove every respondent, answer and count at a home of AREA from this computer; its releases stand."""
    from assets.bench import Folders, resolve_area  # noqa: PLC0415 - see cli._folders
    from pipelines.purge import purge  # noqa: PLC0415 - idem
    from pipelines.release import exclusive  # noqa: PLC0415 - idem

    folders = Folders.from_environment()
    # The area file may be gone, or wrong, when the data must still go.
    is_known = re.fullmatch(r"[a-z0-9][a-z0-9-]*", area) and (folders.data / "private" / area).is_dir()
    name = area if is_known else resolve_area(area, folders)[0].name
    with exclusive(folders.lock(name), f"a run of {name}"):
        done = purge(folders.data / "private" / name)
    typer.echo(f"Removed: {done.removed} tables with personal data of {name}.")
    if done.kept:
        typer.echo(f"Kept: what {done.kept} releases told of people, so that a later one tells the same.")
    typer.echo("The deliveries in the raw folder are yours: remove them there.")
