"""Files for analysts: GeoParquet, one DuckDB database with the same tables, and the description of both."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipelines.findings.catalogue import Indicator, catalogue
from pipelines.geo import RD
from pipelines.pages.colophon import Colophon
from pipelines.protection import contracts
from pipelines.sources.area_file import AreaFile
from pipelines.sources.cbs import source_mapping
from pipelines.sources.licences import licence_url
from pipelines.warehouse import identifier, replacing

if TYPE_CHECKING:
    from pipelines.sources.delivery import Delivery

SCHEMA_VERSION = "1.0"
# DuckDB 1.4 and everything after it opens this.
_ATTACH = "attach $path as published (storage_version 'v1.4.0')"
_ROWS_PER_GROUP = 20_000
_FIXED = (
    contracts.INDICATORS, contracts.PLACES, contracts.REACH, *contracts.OF_SURVEY,
)  # fmt: skip
AREA_TABLES = ("h3", "pc6", "pc4", "buurt", "wijk", "gemeente")


def write_geoparquet(table: pa.Table, path: Path) -> None:
    """Write a table with WKB `geometry` (RD) as GeoParquet 1.1, rows along a Hilbert curve.

    The bounding box of every row stands in the struct `bbox`, by which readers skip what they do not need.
    """
    geometry = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    attributes = table.drop_columns(["geometry"]).to_pandas()
    frame = gpd.GeoDataFrame(attributes, geometry=gpd.GeoSeries(geometry, crs=RD), crs=RD)
    if len(frame):
        order = frame.hilbert_distance().to_numpy().argsort(kind="stable")
        frame = frame.iloc[order]
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False, schema_version="1.1.0", write_covering_bbox=True)
        written = pq.read_table(temporary, partitioning=None)
        pq.write_table(_plain_strings(written), temporary, compression="zstd", row_group_size=_ROWS_PER_GROUP)


def _plain_strings(table: pa.Table) -> pa.Table:
    """Give every text column the type `string`: pandas writes `large_string`, which not every reader knows."""
    fields = [field.with_type(pa.string()) if pa.types.is_large_string(field.type) else field for field in table.schema]
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != b"pandas"}
    return table.cast(pa.schema(fields, metadata=metadata))


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table without geometry as plain Parquet."""
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", row_group_size=131_072)


def write_tables(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write every published table: `indicators.parquet`, and the others under `tables/`."""
    for name, table in tables.items():
        path = folder / "indicators.parquet" if name == "indicators" else folder / "tables" / f"{name}.parquet"
        write = write_geoparquet if "geometry" in table.column_names else write_parquet
        write(table, path)


def table_paths(folder: Path) -> dict[str, Path]:
    """Published Parquet files by the name of their table."""
    names = (*AREA_TABLES, "places", "reach", *(contract.table for contract in contracts.OF_SURVEY))
    return {"indicators": folder / "indicators.parquet", **{n: folder / "tables" / f"{n}.parquet" for n in names}}


def write_database(folder: Path) -> None:
    """Write `samenhang.duckdb` with the tables of the Parquet files in `folder`; geometry as WKB."""
    with replacing(folder / "samenhang.duckdb") as temporary:
        temporary.unlink()
        with duckdb.connect(":memory:") as connection:
            connection.execute("set enable_geoparquet_conversion = false")
            connection.execute(_ATTACH, {"path": str(temporary)})
            for name, path in table_paths(folder).items():
                connection.read_parquet(str(path)).create(f"published.{identifier(name)}")
            connection.execute("detach published")


def data_package(area: AreaFile, colophon: Colophon, folder: Path, checksums: Mapping[str, str]) -> str:
    """Describe the published tables, their columns, sources and licences, as Frictionless `datapackage.json`."""
    paths = {name: _rests_on(area, indicator) for name, indicator in catalogue().items()}
    resources = [_resource(name, path, folder, paths) for name, path in table_paths(folder).items()]
    mappings = source_mapping(area)
    package: dict[str, Any] = {
        "name": area.name,
        "title": area.title,
        "schema_version": SCHEMA_VERSION,
        "version": colophon.release_id,
        "created": colophon.published_on.isoformat(),
        "synthetic": area.synthetic,
        "licenses": _licences(area, colophon),
        "sources": [
            {
                "title": source.name,
                "path": source.path,
                "vintage": source.vintage,
                "licence": source.licence,
                "attribution": source.attribution,
                "sha256": checksums.get(source.path, ""),
                # Null of a file that somebody put there: when and from where it came is not known here.
                "retrieved": source.retrieval and source.retrieval.retrieved,
                "url": source.retrieval and source.retrieval.url,
                "rows_set_aside": source.rows_set_aside,
                # Of CBS deliveries: how sure we are of what their columns mean.
                **({"mapping": mappings[source.path]} if source.path in mappings else {}),
            }
            for source in colophon.sources
        ],
        "place_kinds": area.place_kinds,
        # Contradictions between sources that do not stop a run, and why.
        "accepted": [{"contradiction": one.kind, "reason": one.reason} for one in colophon.accepted],
        # Of every value, by its indicator: the sources above that it rests on.
        "indicators": {name: {"sources": rests_on} for name, rests_on in paths.items()},
        "resources": resources,
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def audit_document(
    audit: pa.Table, names: tuple[str, str], checksums: Mapping[str, str], before: Sequence[Mapping[str, object]]
) -> str:
    """`sdc_audit.json`: the parts of `out/audit`, with what it is about.

    Parameters
    ----------
    audit
        `out/audit`.
    names
        Name of the release, and that under which what it tells of people is remembered: its own, or that of an earlier
        one that told the very same.
    checksums
        SHA-256 of every delivery, by its path.
    before
        Every release that went out before, withdrawn ones too, with its status and the SHA-256 of its audit.
    """
    parts = {row["part"]: json.loads(row["content"]) for row in audit.to_pylist()}
    release, told_as = names
    named = {"schema_version": SCHEMA_VERSION, "release": release, "told_as": told_as}
    head = named | {"inputs": dict(checksums), "released": list(before)}
    return json.dumps(head | parts, ensure_ascii=False) + "\n"


def _licences(area: AreaFile, colophon: Colophon) -> Sequence[dict[str, str]]:
    if area.synthetic:
        return [{"name": "CC0-1.0", "path": licence_url("CC0-1.0")}]
    names = sorted({source.licence for source in colophon.sources})
    return [{"name": name, "path": licence_url(name)} for name in names]


_ROLES = {
    "people": (
        "gemeenten", "wijken", "buurten", "pc4", "pc4_ages", "pc6", "squares", "squares_500", "addresses", "crosswalk",
    ),
    "streets": ("streets",),
    "places": ("places",),
    "survey": ("respondents",),
}  # fmt: skip


def _rests_on(area: AreaFile, indicator: Indicator) -> list[str]:
    """Paths of the deliveries that the values of an indicator rest on, each once."""
    found: list[Delivery] = []
    for group in indicator.sources:
        if group == "benches":
            found += area.sources.bench_lists()
        for role in _ROLES.get(group, ()):
            found += area.sources.of(role)
    return list(dict.fromkeys(delivery.path for delivery in found))


def _resource(name: str, path: Path, folder: Path, rests_on: Mapping[str, list[str]]) -> dict[str, Any]:
    schema = pq.read_schema(path)
    fields = [{"name": f.name, "type": _field_type(f.type), **_described(name, f.name, rests_on)} for f in schema]
    return {
        "name": name,
        "path": str(path.relative_to(folder)),
        "format": "parquet",
        "rows": pq.read_metadata(path).num_rows,
        "crs": RD if "geometry" in schema.names else None,
        "schema": {"fields": fields},
    }


def _described(table: str, column: str, rests_on: Mapping[str, list[str]]) -> dict[str, Any]:
    """What the contract of a table says of a column; of a wide table, whose columns follow, the catalogue."""
    for contract in _FIXED:
        if contract.table == table:
            return {"description": next((c.description for c in contract.columns if c.name == column), "")}
    return _meaning(column, rests_on)


def _meaning(column: str, rests_on: Mapping[str, list[str]]) -> dict[str, Any]:
    """What the catalogue says of the indicator that a wide column is named after; nothing of other columns."""
    named = [name for name in catalogue() if column == name or column.startswith(f"{name}_")]
    if not named:
        return {}
    name = max(named, key=len)
    indicator = catalogue()[name]
    return {
        "title": f"{indicator.nl} / {indicator.en}",
        "description": f"{indicator.definition_nl} / {indicator.definition_en}",
        "unit": indicator.unit,
        "sources": rests_on[name],
    }


def _field_type(type_: pa.DataType) -> str:
    if pa.types.is_floating(type_):
        return "number"
    if pa.types.is_integer(type_):
        return "integer"
    if pa.types.is_binary(type_):
        return "geometry"
    if pa.types.is_list(type_):
        return "array"
    return "object" if pa.types.is_struct(type_) else "string"
