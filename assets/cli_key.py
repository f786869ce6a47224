"""The command `samenhang newkey`: going on when the key, or what was told of people, is lost."""

from typing import Annotated

import typer

from assets.options import Area, Out

app = typer.Typer(add_completion=False)


@app.command()
def newkey(
    area: Area,
    reason: Annotated[str, typer.Option("--reason", help="what was lost, in one line; it stays in the history")],
    out: Out = None,
) -> None:
    """Go on when the key or what was told of AREA is lost for ever; who has earlier releases may then know more."""
    from assets.bench import Folders, bench_at_the_door  # noqa: PLC0415 - see cli._folders
    from assets.secret import go_on  # noqa: PLC0415 - idem
    from pipelines.release import exclusive, publication_lock  # noqa: PLC0415 - idem
    from pipelines.shelf_keys import COST  # noqa: PLC0415 - idem
    from pipelines.withdrawal import sound_reason  # noqa: PLC0415 - idem

    bench = bench_at_the_door(area, Folders.from_environment(None, out))
    text = sound_reason(reason)
    with (
        exclusive(bench.lock, f"a run of {bench.area.name}"),
        exclusive(publication_lock(bench.shelf), f"a publication of {bench.area.name}"),
    ):
        given_up = go_on(bench, text)
    for entry in given_up:
        typer.echo(f"No longer remembered: release {entry.release}.")
    typer.echo(f"People are rounded with {bench.folders.key} from now on: keep a copy. {COST}")
