"""The command line `samenhang`: one module per command beside this one, where it takes more than a few lines.

Exit codes: 0 done, 1 failed, 2 bad input or configuration, 130 interrupted (Ctrl-C, or stopped with SIGTERM).
"""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from assets import cli_fetch, cli_key, cli_purge, cli_releases
from assets.options import Area, Out, Raw
from assets.stopping import stoppable, what_stands
from pipelines.errors import InputError, SamenhangError

if TYPE_CHECKING:
    from assets.bench import Folders
    from pipelines.sources.account import Account
    from pipelines.sources.recall import Memory

LABEL_WIDTH = 12
FAILED, BAD_INPUT = 1, 2
app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.add_typer(cli_fetch.app)
app.add_typer(cli_releases.app)
app.add_typer(cli_purge.app)
app.add_typer(cli_key.app)


def _say(text: str) -> None:
    """Write plain lines: nothing in them is read as markup, or steers the terminal."""
    from pipelines.sources.texts import plain  # noqa: PLC0415 - see _folders

    typer.echo("\n".join(map(plain, text.split("\n"))))


def _complain(text: str) -> None:
    """Write what is wrong, on standard error; what it quotes of a delivery may be long, and is cut off."""
    from pipelines.sources.texts import PARAGRAPH, cut, plain  # noqa: PLC0415 - see _folders

    typer.echo("\n".join(cut(plain(line), PARAGRAPH) for line in text.split("\n")), err=True)


def _console() -> Console:
    return Console(soft_wrap=True, markup=False, highlight=False)


@app.command()
def run(context: typer.Context, area: Area, raw: Raw = None, out: Out = None) -> None:
    """Check the deliveries of AREA, compute everything, and publish a release."""
    from assets.bench import bench_at_the_door  # noqa: PLC0415 - see _folders
    from pipelines.history import current_release  # noqa: PLC0415 - see _folders

    folders = _folders(raw, out)
    shelf = bench_at_the_door(area, folders).shelf
    context.obj.say = partial(what_stands, shelf, current_release(shelf))
    memory: Memory = {}
    _check(area, folders, memory=memory)
    with environment(folders):
        from assets.running import run_area  # noqa: PLC0415 - Dagster takes two seconds to import

        bench = run_area(area, folders, _console(), memory)
        from assets.record import left_out  # noqa: PLC0415 - idem

        for sentence in left_out(bench):
            _say(sentence)
    _say(f"Published: {bench.shelf.current}")
    _say(f"Open in a browser: {bench.shelf.current / 'index.html'}")


@app.command()
def check(area: Area, raw: Raw = None) -> None:
    """Read every delivery of AREA; tell all problems at once, else what was seen of each. Write nothing."""
    told = _check(area, _folders(raw), share_out=True)
    _say(f"{area}: every delivery can be read.")
    for account in told:
        _say(f"\n{account.role}  {account.path}".rstrip())
        for label, text in account.lines:
            _say(f"  {label:<{LABEL_WIDTH}} {text}")


def _folders(raw: Path | None = None, out: Path | None = None) -> "Folders":
    # Libraries of tables and maps take a second to load. They load inside a command: an interruption then is caught.
    from assets.bench import Folders  # noqa: PLC0415 - said above

    return Folders.from_environment(raw, out)


def _check(
    area: str, folders: "Folders", *, share_out: bool = False, memory: "Memory | None" = None
) -> "tuple[Account, ...]":
    """End with all that is wrong with the deliveries; else give what was seen of each, and leave it in `memory`."""
    from assets.bench import resolve_area  # noqa: PLC0415 - see _folders
    from pipelines.check import verdict  # noqa: PLC0415 - `samenhang areas` need not wait for GIS libraries

    judged = verdict(resolve_area(area, folders)[0], folders.raw, share_out=share_out, memory=memory)
    if judged.problems:
        raise InputError("\n".join(judged.problems))
    return judged.accounts


@app.command()
def areas() -> None:
    """List the known areas: those shipped with the project and those in data/areas."""
    from assets.bench import known_areas  # noqa: PLC0415 - see _folders

    for name, path in sorted(known_areas(_folders()).items()):
        _say(f"{name:<24} {path}")


@app.command()
def route(
    area: Area,
    start: Annotated[str, typer.Argument(metavar="X,Y", help="a point in RD metres; the home nearest to it")],
    place: Annotated[int, typer.Argument(metavar="PLACE", help="place_id of tables/places.parquet")],
    profile: Annotated[str, typer.Option(help="who walks")] = "rollator",
    bound: Annotated[
        Literal["optimistic", "central", "pessimistic"], typer.Option(help="how what is not known is taken")
    ] = "central",
) -> None:
    """Tell the way from a home to a place, and what is met on it, from the tables of the last run."""
    from assets.bench import resolve_area  # noqa: PLC0415 - see _folders
    from pipelines.reach.asking import ask_route  # noqa: PLC0415 - see _folders
    from pipelines.streets.profiles import chosen_profiles  # noqa: PLC0415 - see _folders
    from pipelines.warehouse import Warehouse  # noqa: PLC0415 - see _folders

    folders = _folders()
    warehouse = Warehouse(folders.data, resolve_area(area, folders)[0].name)
    walker = chosen_profiles((profile,))[profile]
    found = ask_route(warehouse, walker, bound, _point(start), place)
    if found is None:
        _say(f"No way within 5 km for {profile}, {bound} bound.")
        return
    kerb = "none known" if found.highest_kerb_m is None else f"{found.highest_kerb_m:g} m"
    _say(f"{found.metres:.0f} m, {found.seconds:.0f} s to {found.place} for {profile}, {bound} bound.")
    _say(f"Longest of {found.n_legs} stretches without a seat: {found.longest_leg_m:.0f} m.")
    barriers = ", ".join(found.barriers) or "none"
    _say(f"Flights of steps: {found.n_steps_flights}. Highest kerb: {kerb}. Barriers: {barriers}.")
    _say(found.line_wkt)


def _point(text: str) -> tuple[float, float]:
    try:
        x_m, y_m = (float(number) for number in text.split(","))
    except ValueError:
        x_m = y_m = math.nan
    if not (math.isfinite(x_m) and math.isfinite(y_m)):
        raise InputError(f"{text!r} is no point. Write easting and northing as X,Y in metres (RD).")
    return x_m, y_m


@app.command()
def example(
    size: Annotated[Literal["klein", "groot"], typer.Argument(help="about 20,000 or 100,000 inhabitants")] = "klein",
    raw: Raw = None,
) -> None:
    """Write the synthetic example town voorbeeldstad into the raw folder."""
    from pipelines.example.town import write_town  # noqa: PLC0415 - only this command needs it

    folder = _folders(raw).raw / ("voorbeeldstad" if size == "klein" else "voorbeeldstad-groot")
    write_town(folder, size)
    _say(f"Written: {folder}")


@app.command()
def dev(raw: Raw = None, out: Out = None) -> None:
    """Open Dagster's UI on the same definitions."""
    from assets.bench import PROJECT  # noqa: PLC0415 - see _folders

    folders = _folders(raw, out)
    settings = {
        "SAMENHANG_RAW": str(folders.raw),
        "SAMENHANG_OUT": str(folders.out),
        "SAMENHANG_DATA": str(folders.data),
    }
    with environment(folders):
        dagster = str(Path(sys.executable).parent / "dagster")
        os.chdir(PROJECT)
        # In place of this process, so that Ctrl-C reaches Dagster itself, which then ends its servers.
        os.execve(dagster, [dagster, "dev", "-m", "assets.definitions"], {**os.environ, **settings})  # noqa: S606 - our own command


@contextmanager
def environment(folders: "Folders") -> Iterator[None]:
    """Let Dagster keep its state under `data/dagster`, whatever the working directory."""
    from assets.bench import PROJECT  # noqa: PLC0415 - see _folders

    if "?" in str(folders.state):
        # Dagster writes the path into the address of its database, where all after a question mark is lost.
        raise InputError(
            f"{folders.data}: records of runs cannot be kept under a path with a question mark. Name another data "
            "folder with SAMENHANG_DATA."
        )
    folders.state.mkdir(parents=True, exist_ok=True)
    before = {name: os.environ.get(name) for name in ("DAGSTER_HOME", "SAMENHANG_STATE")}
    os.environ.update(DAGSTER_HOME=str(PROJECT), SAMENHANG_STATE=str(folders.state))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def main() -> None:
    """Run the command line and end with its exit code."""
    try:
        with stoppable(_complain) as ending:
            app(standalone_mode=True, obj=ending)
    except InputError as error:
        _complain(f"Bad input:\n{error}")
        sys.exit(BAD_INPUT)
    except SamenhangError as error:
        _complain(f"Failed: {error}")
        sys.exit(FAILED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"Failed: {where}{error.strerror or error}. What was published stands untouched.")
        sys.exit(FAILED)
