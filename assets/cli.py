"""The command line `samenhang`: run, check, areas, example, dev.

Exit codes: 0 done, 1 failed, 2 bad input or configuration, 130 interrupted (Ctrl-C, or stopped with SIGTERM).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from assets.bench import PROJECT, Folders, known_areas, resolve_area
from pipelines.errors import InputError, SamenhangError

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
Raw = Annotated[Path | None, typer.Option("--raw", help="folder of deliveries [SAMENHANG_RAW, else data/raw]")]
Out = Annotated[Path | None, typer.Option("--out", help="folder of releases [SAMENHANG_OUT, else data/published]")]
Area = Annotated[str, typer.Argument(metavar="AREA", help="name of an area, or path of an area file")]


def _say(text: str) -> None:
    """Write one plain line; nothing in it is read as markup."""
    typer.echo(text)


def _complain(text: str) -> None:
    typer.echo(text, err=True)


def _console() -> Console:
    return Console(soft_wrap=True, markup=False, highlight=False)


@app.command()
def run(area: Area, raw: Raw = None, out: Out = None) -> None:
    """Check the deliveries of AREA, compute everything, and publish a release."""
    folders = Folders.from_environment(raw, out)
    _check(area, folders)
    with environment(folders):
        from assets.running import run_area  # noqa: PLC0415 - Dagster takes two seconds to import

        bench = run_area(area, folders, _console())
    _say(f"Published: {bench.shelf.current}")
    _say(f"Open in a browser: {bench.shelf.current / 'index.html'}")


@app.command()
def check(area: Area, raw: Raw = None) -> None:
    """Try to read every delivery of AREA and list all problems at once; compute nothing."""
    _check(area, Folders.from_environment(raw))
    _say(f"{area}: every delivery can be read.")


def _check(area: str, folders: Folders) -> None:
    from pipelines.check import problems  # noqa: PLC0415 - `samenhang areas` need not wait for GIS libraries

    found = problems(resolve_area(area, folders)[0], folders.raw)
    if found:
        raise InputError("\n".join(found))


@app.command()
def areas() -> None:
    """List the known areas: those shipped with the project and those in data/areas."""
    for name, path in sorted(known_areas(Folders.from_environment()).items()):
        _say(f"{name:<24} {path}")


@app.command()
def example(
    size: Annotated[Literal["klein", "groot"], typer.Argument(help="about 20,000 or 100,000 inhabitants")] = "klein",
    raw: Raw = None,
) -> None:
    """Write the synthetic example town voorbeeldstad into the raw folder."""
    from pipelines.example.town import write_town  # noqa: PLC0415 - only this command needs it

    folder = Folders.from_environment(raw).raw / ("voorbeeldstad" if size == "klein" else "voorbeeldstad-groot")
    write_town(folder, size)
    _say(f"Written: {folder}")


@app.command()
def dev(raw: Raw = None, out: Out = None) -> None:
    """Open Dagster's UI on the same definitions."""
    folders = Folders.from_environment(raw, out)
    settings = {
        "SAMENHANG_RAW": str(folders.raw),
        "SAMENHANG_OUT": str(folders.out),
        "SAMENHANG_DATA": str(folders.data),
    }
    with environment(folders):
        command = [str(Path(sys.executable).parent / "dagster"), "dev", "-m", "assets.definitions"]
        raise typer.Exit(subprocess.run(command, cwd=PROJECT, env={**os.environ, **settings}, check=False).returncode)  # noqa: S603 - our own command


@contextmanager
def environment(folders: Folders) -> Iterator[None]:
    """Let Dagster keep its state under `data/dagster`, whatever the working directory."""
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
    # A run that is stopped by a service ends as calmly as one stopped from the keyboard.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    try:
        app(standalone_mode=True)
    except SystemExit as ended:
        # Typer answers an interrupt by itself, and without a word.
        if ended.code == INTERRUPTED:
            _complain("Interrupted. What was published stands untouched.")
        raise
    except InputError as error:
        _complain(f"Bad input:\n{error}")
        sys.exit(BAD_INPUT)
    except SamenhangError as error:
        _complain(f"Failed: {error}")
        sys.exit(FAILED)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        _complain(f"Failed:{where} {error.strerror or error}. What was published stands untouched.")
        sys.exit(FAILED)
