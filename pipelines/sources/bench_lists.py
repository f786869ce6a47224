"""Public seats delivered as a vector layer or as a municipal list (CSV or XLSX with coordinates).

The list may hold other things too: which of its rows are benches is for the area file to say.
"""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import Strings
from pipelines.errors import SourceError
from pipelines.sources.area_file import BenchDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality
from pipelines.sources.contracts import BENCHES
from pipelines.sources.place_lists import by_frequency, ids_of, read_points_csv
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer, mended, near, read_unmended

_SHOWN = 5


def read_bench_list(
    delivery: BenchDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Benches of one list or layer within 1,300 m of the municipality, as `sources/benches`.

    A bench drawn as a line or a polygon stands at its middle. Rows that are something else are no rejections; which
    kinds these are is told, as one may be a bench in other words.

    Raises
    ------
    SourceError
        When a column that is named is missing, none of `kinds` stands in its column, ids repeat, or a coordinate is no
        number, lies outside the Netherlands or far from the area.
    """
    listed = read_points_csv(delivery, raw) if delivery.format == "csv" else read_unmended(delivery, raw)
    if delivery.kinds:
        _require_some(listed, delivery.columns["kind"], delivery.kinds)
    benches = mended(near(listed, municipality.outline, BUFFER_M))
    if delivery.kinds:
        words = _words(benches, delivery.columns["kind"])
        are_benches = np.isin(words, delivery.kinds)
        benches = benches.keep(are_benches, _others(benches.source, words[~are_benches]))
    middles = shapely.centroid(benches.geometry)
    columns = {
        "source_id": list(ids_of(delivery, benches)),
        "x_m": shapely.get_x(middles),
        "y_m": shapely.get_y(middles),
    }
    arrays = [pa.array(columns[column.name], column.type) for column in BENCHES.columns]
    return pa.table(arrays, schema=BENCHES.schema), benches.remarks


def _words(layer: Layer, column: str) -> Strings:
    return np.array([str(value).strip() for value in layer.column(column)], dtype=str)


def _others(source: str, kinds: Strings) -> tuple[Remark, ...]:
    if not len(kinds):
        return ()
    return (Remark(source, "rows that are no bench by their kind", "listed", len(kinds), by_frequency(kinds)),)


def _require_some(layer: Layer, column: str, kinds: Collection[str]) -> None:
    found = set(_words(layer, column).tolist())
    if found.isdisjoint(kinds):
        raise SourceError(
            f"{layer.source}: column {column!r} holds none of the kinds {list(kinds)} that are benches; it holds "
            f"{sorted(found)[:_SHOWN]}. Correct `kinds` of sources.benches in the area file."
        )
