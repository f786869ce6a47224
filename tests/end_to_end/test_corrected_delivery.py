"""A corrected delivery goes out under the same name; and what goes out is held against what was proven."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.areas.contracts import AREA_TYPES, VALUES
from pipelines.protection import publication
from pipelines.protection.accounts import Grounds, require_accounted
from pipelines.protection.audit import AuditError, require_safe
from pipelines.protection.contracts import COUNTS
from pipelines.protection.publication import area_tables, protect_indicators
from pipelines.protection.thresholds import BASE, OF_PEOPLE
from pipelines.sources.area_file import SHIPPED
from pipelines.sources.contracts import AREAS
from pipelines.warehouse import Warehouse
from tests.conftest import Run, run_whole


def _published(run: Run, name: str) -> pa.Table:
    return pq.read_table(run.published / f"{name}.parquet", partitioning=None)


def test_every_number_of_people_in_the_files_of_a_release_is_accounted_for(example_run: Run):
    warehouse = Warehouse(example_run.data, example_run.area)
    wide = {kind: _published(example_run, f"tables/{kind}") for kind in AREA_TYPES}
    grounds = Grounds(warehouse.read(COUNTS), warehouse.read(VALUES))
    require_accounted(_published(example_run, "indicators"), wide, grounds)


def test_control_tens_in_the_sql_of_the_example_town_are_found(example_run: Run, monkeypatch: pytest.MonkeyPatch):
    warehouse = Warehouse(example_run.data, example_run.area)
    monkeypatch.setattr(publication, "OF_PEOPLE", OF_PEOPLE | {"base": 2.0 * BASE})
    tidy = protect_indicators(warehouse)
    wide = {kind: table for kind, (table, _) in area_tables(tidy, warehouse.read(AREAS)).items()}
    with pytest.raises(AuditError, match="not proven"):
        require_accounted(tidy, wide, Grounds(warehouse.read(COUNTS), warehouse.read(VALUES)))


@pytest.mark.slow
def test_a_release_with_other_totals_goes_out_beside_what_was_told_and_the_key(example_run: Run, tmp_path: Path):
    for folder in ("data", "published"):
        shutil.copytree(example_run.data.parent / folder, tmp_path / folder, symlinks=True)
    shipped = (SHIPPED / f"{example_run.area}.yaml").read_text(encoding="utf-8")
    corrected = tmp_path / f"{example_run.area}.yaml"
    corrected.write_text(shipped.replace("total_from: buurten", "total_from: pc6"), encoding="utf-8")
    assert corrected.read_text(encoding="utf-8") != shipped
    run = run_whole(str(corrected), example_run.raw, tmp_path)
    warehouse = Warehouse(run.data, example_run.area)
    now, before = warehouse.read(COUNTS), Warehouse(example_run.data, example_run.area).read(COUNTS)
    assert now["rounded"].null_count == 0
    assert set(now["population_group"].to_pylist()) == set(before["population_group"].to_pylist())
    require_safe(now, [before], only_public=True)
