"""From the ledger to what a release says of its sources."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from assets.bench import Bench, Folders
from assets.record import colophon, keep_report
from pipelines.pages.exports import data_package, table_paths

PLACE = "town/pc4.gpkg"


def test_a_release_tells_when_and_from_where_the_bytes_it_read_were_fetched(desk, site, draw_area, gpkg, tmp_path):
    desk = desk.source("cbs-pc4", member=None)
    site.files["/cbs-pc4/2024"] = gpkg
    area = draw_area(("pc4", "cbs-pc4", PLACE))
    desk.fetch(area)
    folders = Folders(desk.raw, tmp_path / "data", tmp_path / "out")
    bench = Bench(area, tmp_path / "town.yaml", folders, "0" * 8, datetime(2026, 3, 3, tzinfo=UTC))
    read = json.loads((desk.raw / "fetched.json").read_text(encoding="utf-8"))["files"][PLACE]["sha256"]
    keep_report(
        bench,
        {
            "step": "sources/statistics",
            "run_id": bench.run_id,
            "inputs": [{"path": PLACE, "sha256": read}],
            "rejected": [],
        },
    )

    told = colophon(bench)
    by_path = {source.path: source for source in told.sources}
    assert by_path[PLACE].retrieval.url == f"{site.url}/cbs-pc4/2024"
    assert by_path["town/streets.osm.pbf"].retrieval is None
    package = _package(area, told, tmp_path, read)
    assert package[PLACE]["retrieved"] == "2026-03-02T09:30:00+00:00"
    assert package[PLACE]["url"] == f"{site.url}/cbs-pc4/2024"
    assert package[PLACE]["sha256"] == read
    assert package["town/streets.osm.pbf"]["retrieved"] is None
    assert package["town/streets.osm.pbf"]["url"] is None

    other = {
        "step": "sources/statistics",
        "run_id": bench.run_id,
        "inputs": [{"path": PLACE, "sha256": "f" * 64}],
        "rejected": [],
    }
    keep_report(bench, other)
    assert [source.retrieval for source in colophon(bench).sources] == [None, None]


def _package(area, told, folder, checksum):
    for path in table_paths(folder).values():
        path.parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"area_code": ["9712"]}), path)
    package = json.loads(data_package(area, told, folder, {PLACE: checksum}))
    return {source["path"]: source for source in package["sources"]}
