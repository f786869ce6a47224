"""Put the values of every area together: one aggregation for all area types, whatever the indicator."""

import pyarrow as pa

from pipelines.areas.contracts import DRAWS, FEWEST_RESIDENTS, MEMBERSHIP, NEARLY_EVERYBODY, VALUES
from pipelines.findings.catalogue import catalogue
from pipelines.findings.contracts import CELL_COVERAGE, MINIMUM, NEARNESS, SENSITIVITY, SPACE
from pipelines.people.contracts import ATOMS, ORIGINS, PERSONS
from pipelines.people.groups import all_groups
from pipelines.reach.contracts import ATTACHMENTS, LEGS
from pipelines.sources.area_file import Delivered
from pipelines.sources.contracts import AREAS
from pipelines.survey.contracts import ESTIMATES
from pipelines.warehouse import Warehouse

_ACCESS = (MEMBERSHIP, ORIGINS, PERSONS, ATTACHMENTS, LEGS, NEARNESS, MINIMUM, SPACE, CELL_COVERAGE)

# Which types of area are summed together: small areas have nearly a rank for every home, and their memory adds up.
_TOGETHER = (frozenset({"h3"}), frozenset({"pc6"}), frozenset({"pc4", "buurt", "wijk", "gemeente"}))


def build_membership(warehouse: Warehouse) -> pa.Table:
    """Which atoms belong to which area, as `areas/membership`."""
    return warehouse.run_sql("areas/membership", (ORIGINS, ATOMS, PERSONS, AREAS))


def build_values(
    warehouse: Warehouse, period: str, benches: Delivered, fewest_residents: int = FEWEST_RESIDENTS
) -> pa.Table:
    """Every indicator of every area, unprotected, as `areas/values`.

    Parameters
    ----------
    warehouse
        Where the tables lie.
    period
        The year the values speak of.
    benches
        How complete the delivered list of benches is; what was not delivered is unknown, not absent.
    fewest_residents
        Of fewer residents no median or P90 is told.
    """
    present = set(warehouse.read(MEMBERSHIP)["area_type"].unique().to_pylist())
    together = (sorted(present & area_types) for area_types in _TOGETHER)
    asked = {"benches": benches, "fewest_residents": fewest_residents}
    access = (asked | {"area_types": area_types} for area_types in together if area_types)
    people = {"asked": _asked(), "nearly_everybody": NEARLY_EVERYBODY}
    parts = (
        *(warehouse.run_sql("areas/access", _ACCESS, one) for one in access),
        warehouse.run_sql("areas/people", (MEMBERSHIP, DRAWS, PERSONS, MINIMUM, SENSITIVITY), people),
        warehouse.run_sql("areas/survey", (ESTIMATES,), {"scales": list(catalogue())}),
    )
    joined = pa.concat_tables(parts, promote_options="permissive")
    with_period = joined.append_column("period", pa.array([period] * len(joined), pa.string()))
    return with_period.select(list(VALUES.column_names))


def _asked() -> list[str]:
    """Which groups are told of with which profile, as "group profile"."""
    return [f"{group.name} {profile}" for group in all_groups() for profile in group.profiles]
