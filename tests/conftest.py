"""What all tests share: real deliveries, a browser, and one run each of the example town and of Groningen."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from hypothesis import settings

from pipelines.contracts import Contract
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).parents[1]
REQUIRED = set(filter(None, os.environ.get("SAMENHANG_REQUIRE", "").split(",")))
settings.register_profile("samenhang", deadline=None, derandomize=True, database=None)
settings.load_profile("samenhang")


def pytest_configure() -> None:
    """Draw the seed of this run unless one is asked for; the processes that share its tests inherit it."""
    os.environ.setdefault("SAMENHANG_SEED", str(secrets.randbelow(10**6)))


def _absent(what: str, sentence: str) -> None:
    """Skip loudly, or fail where `SAMENHANG_REQUIRE` names what is absent."""
    if what in REQUIRED:
        pytest.fail(f"SAMENHANG_REQUIRE names {what}: {sentence}", pytrace=False)
    pytest.skip(f"NOT TESTED: {sentence}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and shutil.which("chromium") is None:
        _absent("browser", "there is no chromium on the PATH")
    if item.get_closest_marker("realdata") and not _realdata_folder().is_dir():
        _absent("realdata", f"there is no folder of real deliveries at {_realdata_folder()}")
    if item.get_closest_marker("handed") and not _handed_folder().is_dir():
        _absent("handed", f"there is no folder of inputs that once came in wrong at {_handed_folder()}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell with which seed deliveries were mutated, so that it can be done again."""
    from tests.mutations.seed import SEED

    reports = (report for of_kind in terminalreporter.stats.values() for report in of_kind)
    if any("mutations" in getattr(report, "nodeid", "") for report in reports):
        terminalreporter.write_line(f"Deliveries were mutated with SAMENHANG_SEED={SEED}.")


def _handed_folder() -> Path:
    return Path(os.environ.get("SAMENHANG_HANDED", ROOT.parent / "shared" / "cases"))


@pytest.fixture(scope="session")
def handed() -> Path:
    """The folder of small inputs that once came in wrong, beside the project."""
    return _handed_folder()


def _realdata_folder() -> Path:
    return Path(os.environ.get("SAMENHANG_REALDATA", ROOT.parent / "shared" / "realdata"))


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real Dutch deliveries beside the project."""
    if not _realdata_folder().is_dir():
        _absent("realdata", f"there is no folder of real deliveries at {_realdata_folder()}")
    return _realdata_folder()


@pytest.fixture(scope="session")
def example_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw folder with the example town `voorbeeldstad` (klein) in it."""
    from pipelines.example.town import write_town

    raw = tmp_path_factory.mktemp("raw")
    write_town(raw / "voorbeeldstad", "klein")
    return raw


@dataclass(frozen=True)
class Run:
    """A finished run: its folders, its area, and what stands published."""

    data: Path
    raw: Path
    out: Path
    area: str

    @property
    def published(self) -> Path:
        return self.out / self.area


def run_whole(area: str, raw: Path, home: Path) -> Run:
    """Run the whole graph in this process, with all state under `home`."""
    from rich.console import Console

    from assets.bench import Folders
    from assets.cli import environment
    from assets.running import run_area

    folders = Folders(raw.absolute(), home / "data", home / "published")
    with environment(folders):
        run_area(area, folders, Console(quiet=True))
    return Run(folders.data, raw, folders.out, area)


@pytest.fixture(scope="session")
def example_run(example_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One whole run of the example town."""
    return run_whole("voorbeeldstad", example_raw, tmp_path_factory.mktemp("example"))


@pytest.fixture(scope="session")
def groningen_run(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One whole run of Groningen."""
    return run_whole("groningen-2017", realdata, tmp_path_factory.mktemp("groningen"))


@dataclass(frozen=True)
class Laid:
    """A warehouse in which a test lays small tables, row by row."""

    warehouse: Warehouse

    def lay(self, contract: Contract, *rows: dict[str, object], **same: object) -> None:
        """Write rows; `same` holds what all rows share, and any other column gets an empty value of its type."""
        arrays = [
            pa.array([{**same, **row}.get(column.name, _empty(column.type)) for row in rows], column.type)
            for column in contract.columns
        ]
        self.warehouse.write(contract, pa.table(arrays, names=list(contract.column_names)))


_EMPTY: dict[str, object] = {
    "string": "",
    "double": 0.0,
    "int64": 0,
    "int32": 0,
    "uint64": 0,
    "bool": False,
    "binary": shapely.Point(155_000, 463_000).wkb,
}


def _empty(type_: pa.DataType) -> object:
    return [] if pa.types.is_list(type_) else _EMPTY[str(type_)]


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    """An empty warehouse of the area `town`."""
    return Laid(Warehouse(tmp_path, "town"))
