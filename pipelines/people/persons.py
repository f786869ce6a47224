"""How many persons each origin stands for: the total of its unit, shared in proportion to the origins' priors."""

import pyarrow as pa

from pipelines.errors import SourceError
from pipelines.people.contracts import ORIGINS
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS
from pipelines.warehouse import Warehouse


def allocate_persons(warehouse: Warehouse, unit_type: str) -> pa.Table:
    """Share the persons of every unit over its origins.

    `persons(i) = total(u) * prior(i) / sum of priors in u`, for all persons and for the oldest age band delivered.

    Returns
    -------
    pyarrow.Table
        `people/persons`; the sum over a unit's origins is the unit's total. Null where the unit's figure is hidden.

    Raises
    ------
    SourceError
        When no unit of this type carries a count of inhabitants.
    """
    groups = set(
        warehouse.read(PEOPLE_COUNTS).filter(pa.compute.field("unit_type") == unit_type)["population_group"].to_pylist()
    )
    if "all" not in groups:
        raise SourceError(
            f"population.total_from: the {unit_type} delivery carries no inhabitants. Choose another in the area file."
        )
    parameters = {"unit_type": unit_type, "oldest": oldest_band(groups)}
    return warehouse.run_sql("people/persons", (ORIGINS, PEOPLE_COUNTS, AREAS), parameters)


def oldest_band(groups: set[str]) -> str:
    """The age band that starts at the highest age, such as 75plus; 'all' when no ages were delivered."""
    bands = [group for group in groups if group[:1].isdigit()]
    return max(bands, key=lambda band: int(band.split("_")[0].removesuffix("plus")), default="all")
