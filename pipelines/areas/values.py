"""Put the values of every area together: one aggregation for all area types, whatever the indicator."""

import pyarrow as pa

from pipelines.areas.contracts import MEMBERSHIP, VALUES
from pipelines.findings.catalogue import catalogue
from pipelines.findings.contracts import MINIMUM, NEARNESS
from pipelines.people.contracts import ORIGINS, PERSONS
from pipelines.sources.contracts import AREAS
from pipelines.survey.contracts import ESTIMATES
from pipelines.warehouse import Warehouse


def build_membership(warehouse: Warehouse) -> pa.Table:
    """Which origins belong to which area, as `areas/membership`."""
    return warehouse.run_sql("areas/membership", (ORIGINS, PERSONS, AREAS))


def build_values(warehouse: Warehouse, period: str) -> pa.Table:
    """Every indicator of every area, unprotected, as `areas/values`; `period` is the year they speak of."""
    parts = (
        warehouse.run_sql("areas/access", (MEMBERSHIP, PERSONS, NEARNESS, MINIMUM)),
        warehouse.run_sql("areas/people", (MEMBERSHIP, PERSONS, MINIMUM)),
        warehouse.run_sql("areas/survey", (ESTIMATES,), {"scales": list(catalogue())}),
    )
    joined = pa.concat_tables(parts, promote_options="permissive")
    with_period = joined.append_column("period", pa.array([period] * len(joined), pa.string()))
    return with_period.select(list(VALUES.column_names))
