"""Persons per PC4 and five-year age group, as CBS publishes them (83502NED): bands, and everybody."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SourceError
from pipelines.sources.area_file import Delivery
from pipelines.sources.contracts import PEOPLE_COUNTS
from pipelines.sources.csv_table import numbers, read_csv, require_columns
from pipelines.sources.vector import Remark, find

# The bands of the other CBS deliveries, and 75 and older, the rollator's own.
BANDS = {
    "all": (0, 200),
    "0_14": (0, 15),
    "15_24": (15, 25),
    "25_44": (25, 45),
    "45_64": (45, 65),
    "65plus": (65, 200),
    "75plus": (75, 200),
}
_AGE = re.compile(r"^(\d+)(?:-(\d+)|\+)$")


def read_pc4_ages(delivery: Delivery, raw: Path) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Persons per PC4 and band, as `sources/people_counts`; null where a group of the band is hidden.

    Parameters
    ----------
    delivery
        CSV (or CSV.gz) with a row per postcode and age group; `columns` may rename `postcode`, `age`, `inhabitants`.
    raw
        The raw folder.

    Raises
    ------
    SourceError
        When a column is missing or an age group is not written like 0-4 or 95+.
    """
    named = {"postcode": "postcode", "age": "leeftijd", "inhabitants": "inwoners"} | delivery.columns
    table = read_csv(find(raw, delivery.path), delivery.path)
    require_columns(table, tuple(named.values()), delivery.path)
    starts = _first_ages(table[named["age"]], delivery.path)
    persons = numbers(table[named["inhabitants"]])
    postcodes = table[named["postcode"]].combine_chunks()
    rows = [_band(postcodes, persons, name, (starts >= low) & (starts < high)) for name, (low, high) in BANDS.items()]
    return pa.concat_tables(rows), ()


def _first_ages(ages: pa.ChunkedArray, name: str) -> np.ndarray:
    found = {text: _AGE.match(text.strip()) for text in pc.unique(ages).to_pylist()}
    strange = sorted(text for text, match in found.items() if match is None)
    if strange:
        raise SourceError(f"{name}: {strange[:5]} are no age groups. Write them like 0-4, 5-9 and 95+.")
    first = {text: int(match.group(1)) for text, match in found.items() if match}
    return np.array([first[text] for text in ages.to_pylist()])


def _band(postcodes: pa.Array, persons: pa.Array, name: str, chosen: np.ndarray) -> pa.Table:
    mask = pa.array(chosen)
    rows = pa.table({"unit_code": postcodes.filter(mask), "persons": persons.filter(mask)})
    # A hidden group hides its band: a sum of the others would be too low.
    options = pc.ScalarAggregateOptions(skip_nulls=False)
    summed = rows.group_by("unit_code").aggregate([("persons", "sum", options)])
    return pa.table(list(_columns(summed, name)), schema=PEOPLE_COUNTS.schema)


def _columns(summed: pa.Table, name: str) -> Iterator[pa.Array | pa.ChunkedArray]:
    yield pa.array(["pc4"] * len(summed), pa.string())
    yield summed["unit_code"]
    yield pa.array([name] * len(summed), pa.string())
    yield summed["persons_sum"]
    yield pc.if_else(pc.is_null(summed["persons_sum"]), "masked", "")
