"""The register of places: deliveries put together and numbered, and how complete each kind of place is."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from pipelines.errors import AreaFileError
from pipelines.places.contracts import COMPLETENESS, REGISTER


def build_register(places: pa.Table) -> pa.Table:
    """Number the delivered places, in the order of kind, source and id.

    Parameters
    ----------
    places
        `sources/places`.

    Returns
    -------
    pyarrow.Table
        `places/register`.
    """
    ordered = places.sort_by([("place_kind", "ascending"), ("source", "ascending"), ("source_id", "ascending")])
    numbered = ordered.append_column("place_id", pa.array(np.arange(len(ordered)), pa.int64()))
    return numbered.select(list(REGISTER.column_names))


def completeness(register: pa.Table, place_kinds: Mapping[str, str]) -> pa.Table:
    """Say of each kind of place whether its delivered list is complete, and how many places it holds.

    Raises
    ------
    AreaFileError
        When a kind that the area file calls not delivered was delivered all the same.
    """
    counts = Counter(register["place_kind"].to_pylist())
    for kind, delivered in place_kinds.items():
        if delivered == "not_delivered" and counts[kind]:
            raise AreaFileError(
                f"place_kinds: {kind} is called not_delivered, but the deliveries hold {counts[kind]}. "
                "Call it partial, or complete when none is missing."
            )
    kinds = sorted(place_kinds)
    columns = [kinds, [place_kinds[kind] for kind in kinds], [counts[kind] for kind in kinds]]
    arrays = [pa.array(values, column.type) for values, column in zip(columns, COMPLETENESS.columns, strict=True)]
    return pa.table(arrays, schema=COMPLETENESS.schema)
