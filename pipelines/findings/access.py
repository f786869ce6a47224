"""Judgements per home about access to places; the definitions stand in the SQL files beside this one."""

from collections.abc import Sequence

import pyarrow as pa

from pipelines.findings.contracts import MINIMUM, NEARNESS, SENSITIVITY, THRESHOLDS
from pipelines.people.contracts import ORIGINS, PERSONS
from pipelines.places.contracts import COMPLETENESS, FUNCTIONS, REGISTER
from pipelines.reach.contracts import ATTACHMENTS, PAIRS, REST, RETURNS
from pipelines.sources.place_kinds import kinds_out_of_doors
from pipelines.streets.contracts import BUDGETS
from pipelines.warehouse import Warehouse

# Until a municipality sets norms of its own: at least one kind of place within the profile's central budget.
MINIMUM_KINDS = 1
OWN_BUDGET = "own"


def measure_nearness(warehouse: Warehouse) -> pa.Table:
    """Nearest place and places within reach of every home, per profile, bound and kind, as `findings/nearness`."""
    reads = (ORIGINS, ATTACHMENTS, PAIRS, REST, RETURNS, FUNCTIONS, COMPLETENESS, BUDGETS)
    return warehouse.run_sql("findings/nearness", reads)


def measure_space(warehouse: Warehouse) -> pa.Table:
    """Floor of places within reach for each person, per home, profile and bound, as `findings/space`."""
    reads = (PERSONS, ATTACHMENTS, PAIRS, REGISTER, FUNCTIONS, COMPLETENESS, BUDGETS)
    return warehouse.run_sql("findings/space", reads, {"out_of_doors": list(kinds_out_of_doors())})


def judge_minimum(warehouse: Warehouse, minimum_kinds: int = MINIMUM_KINDS) -> pa.Table:
    """Kinds of place within reach of every home, and whether they are under `minimum_kinds`; `findings/minimum`."""
    return _judged(warehouse, minimum_kinds, (OWN_BUDGET,)).select(list(MINIMUM.column_names))


def judge_sensitivity(warehouse: Warehouse, minimum_kinds: int = MINIMUM_KINDS) -> pa.Table:
    """The same at other distances than the profile's budget, as `findings/sensitivity`."""
    return _judged(warehouse, minimum_kinds, THRESHOLDS).select(list(SENSITIVITY.column_names))


def _judged(warehouse: Warehouse, minimum_kinds: int, thresholds: Sequence[str]) -> pa.Table:
    asked = {"minimum_kinds": minimum_kinds, "thresholds": list(thresholds)}
    return warehouse.run_sql("findings/minimum", (NEARNESS, COMPLETENESS), asked)
