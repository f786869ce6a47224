"""What every release told of a survey, kept beside what it told of people (`data/private/<area>/protection/told`).

Withdrawn releases stay in it, for what went out was read; `samenhang purge` leaves it. It holds figures that went out
and how many answered, and no answer of anybody.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.bench import Bench
from pipelines.errors import InputError
from pipelines.protection.contracts import SURVEY_TOLD
from pipelines.shelf_keys import told_folder
from pipelines.warehouse import read_parquet, replacing


def survey_told_before(bench: Bench) -> tuple[pa.Table, ...]:
    """What was told, as `protection/survey_told`, one table per release that told something else than those before.

    Raises
    ------
    InputError
        When one of the files is damaged.
    """
    return tuple(_read(path) for path in sorted(_folder(bench).glob("[!.]*.parquet")))


def keep_survey(bench: Bench, told: pa.Table) -> None:
    """Keep what this run is about to tell; before it is published, lest it be lost."""
    if not len(told) or any(one.equals(told) for one in survey_told_before(bench)):
        return
    _folder(bench).mkdir(parents=True, exist_ok=True, mode=0o700)
    with replacing(_folder(bench) / f"{bench.release}.parquet", mode=0o600) as temporary:
        pq.write_table(told, temporary, compression="zstd")


def _read(path: Path) -> pa.Table:
    try:
        return read_parquet(path, schema=SURVEY_TOLD.schema)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: what release {path.stem} told of the survey cannot be read, for the file is damaged. Put it back "
            "from your backup. Without one remove it: then nobody sees to what this release tells beside that one."
        ) from error


def _folder(bench: Bench) -> Path:
    return bench.folders.data / told_folder(bench.area.name) / "survey"
