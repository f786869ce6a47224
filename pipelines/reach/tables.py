"""The tables of `reach/` for every profile, and the table of pairs as a file where it does not fit in memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.reach.attach import attach_origins, attach_places, lived_along, usable_streets
from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.reach.pairs import USUAL, pair_tables, prepared
from pipelines.reach.search import Engine
from pipelines.streets.profiles import Profile

# Ids rise, so that their steps are short; of costs the first bytes repeat. Dictionaries of either would only cost time.
ENCODINGS = {
    "origin_id": "DELTA_BINARY_PACKED",
    "place_id": "DELTA_BINARY_PACKED",
    "metres": "BYTE_STREAM_SPLIT",
    "seconds": "BYTE_STREAM_SPLIT",
}


def attach_all(
    origins: pa.Table, register: pa.Table, edges: pa.Table, costs: pa.Table, profiles: Mapping[str, Profile]
) -> pa.Table:
    """Attach origins and places to the streets of every profile, places by their doors too; `reach/attachments`.

    A point hangs on one edge in every bound, chosen among those usable in the bound `central`: so that who reaches a
    place in a worse bound reaches it in every better one.
    """
    central = costs.filter(pc.equal(costs["bound"], "central"))
    parts = [ATTACHMENTS.schema.empty_table()]
    for name, profile in profiles.items():
        streets = usable_streets(edges, central.filter(pc.equal(central["profile"], name)))
        parts += [attach_origins(origins, lived_along(streets, edges)), attach_places(register, streets, profile)]
    return pa.concat_tables(parts)


def pair_parts(
    attachments: pa.Table, edges: pa.Table, costs: pa.Table, profiles: Mapping[str, Profile], engine: Engine = USUAL
) -> Iterator[pa.Table]:
    """Give `reach/pairs` in parts, in the order of its key; each part fits in memory.

    Parameters
    ----------
    attachments
        Table `reach/attachments` of these profiles.
    edges, costs
        Tables `streets/edges` and `streets/costs`.
    profiles
        Who walk.
    engine
        How to run the search.

    Yields
    ------
    pyarrow.Table
        Rows of one profile, bound and range of origins; words as dictionaries.
    """
    is_origin = pc.equal(attachments["point_type"], "origin")
    origins, places = attachments.filter(is_origin), attachments.filter(pc.invert(is_origin))
    for name in sorted(profiles):
        yield from pair_tables(prepared(origins, places, edges, costs, profiles[name]), engine)


def pairs_writer(
    attachments: pa.Table, edges: pa.Table, costs: pa.Table, profiles: Mapping[str, Profile]
) -> Callable[[Path], int]:
    """Give a function that searches, and writes `reach/pairs` of every profile and bound to the path it is given."""
    return lambda path: store_pairs(pair_parts(attachments, edges, costs, profiles), path)


def store_pairs(parts: Iterable[pa.Table], path: Path) -> int:
    """Write parts of `reach/pairs`, which come in the order of its key, to one Parquet file; return how many rows.

    The file is the same whatever the engine. Half of it stays behind when this is cut short: `Warehouse.draft` gives
    a path beside its place.
    """
    n_rows = 0
    with _writer(path) as writer:
        for part in parts:
            writer.write_table(part.cast(_WRITTEN))
            n_rows += len(part)
    return n_rows


_WORD = pa.dictionary(pa.int8(), pa.string())
# Columns that promise no nulls cost no room and no time to say which rows hold one: a quarter of the writing.
_WRITTEN = pa.schema(
    [pa.field(c.name, _WORD if pa.types.is_string(c.type) else c.type, c.nullable) for c in PAIRS.columns]
)


def _writer(path: Path) -> pq.ParquetWriter:
    # Without the Arrow schema in the file, words are read back as plain words.
    return pq.ParquetWriter(
        path,
        _WRITTEN,
        compression="snappy",
        use_dictionary=["profile", "bound"],
        column_encoding=ENCODINGS,
        # Those by which a reader leaves out parts of the file.
        write_statistics=["profile", "bound", "origin_id"],
        store_schema=False,
        # Rows handed on at a time; with the usual 1,024, writing takes a fifth more.
        write_batch_size=1 << 14,
    )
