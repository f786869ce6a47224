"""What a table promises: its grain, columns, units, ranges, key, and whether it holds personal data.

Here is the language of contracts and the one function that tests a table against one. The contracts themselves
stand in `contracts.py` of the room that writes the table.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import ContractError

GEOMETRY = pa.binary()


@dataclass(frozen=True)
class Column:
    """One column of a table: its type, meaning, and what may stand in it.

    `minimum` and `maximum` are inclusive and ignore nulls; `values` lists an enumeration, or gives it when a
    table is tested (one that stands in a file); NaN is never allowed (a value that cannot be given is null, with a
    reason in another column).
    """

    name: str
    type: pa.DataType
    description: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] | Callable[[], tuple[str, ...]] = ()


@dataclass(frozen=True)
class Contract:
    """One table: `name` is `room/table`, `key` the columns that identify a row and the order of the rows."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    personal: bool = False
    may_be_empty: bool = True
    column_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Derive the column names and refuse a key that is no column."""
        object.__setattr__(self, "column_names", tuple(column.name for column in self.columns))
        missing = set(self.key) - set(self.column_names)
        if missing:
            raise ContractError(f"contract {self.name}: key columns {sorted(missing)} are not columns of the table")

    @property
    def room(self) -> str:
        """The room that writes the table."""
        return self.name.split("/", 1)[0]

    @property
    def table(self) -> str:
        """The table's name inside its room."""
        return self.name.split("/", 1)[1]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, in the order of the columns; nulls are judged by `violations`, not by the schema."""
        return pa.schema([pa.field(c.name, c.type) for c in self.columns])


def conform(table: pa.Table, contract: Contract) -> pa.Table:
    """Return `table` with exactly the contract's columns, types and row order.

    Parameters
    ----------
    table
        Any table that has at least the contract's columns.
    contract
        What is promised.

    Returns
    -------
    pyarrow.Table
        Columns in the contract's order, cast to its types, rows sorted by its key, one chunk per column.

    Raises
    ------
    ContractError
        When a column is missing or cannot be cast without loss.
    """
    missing = [name for name in contract.column_names if name not in table.column_names]
    if missing:
        raise ContractError(f"{contract.name}: columns {missing} are missing; the table has {table.column_names}")
    arrays = [_cast(table[column.name], column, contract) for column in contract.columns]
    ordered = pa.table(arrays, schema=contract.schema)
    if contract.key and len(ordered) > 1:
        ordered = ordered.sort_by([(name, "ascending") for name in contract.key])
    return ordered.combine_chunks()


def _cast(array: pa.ChunkedArray, column: Column, contract: Contract) -> pa.ChunkedArray:
    try:
        return array.cast(column.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        why = "" if contract.personal else f" ({error})"
        raise ContractError(f"{contract.name}.{column.name}: {array.type} does not fit {column.type}{why}") from None


def violations(table: pa.Table, contract: Contract) -> tuple[str, ...]:
    """List everything in which `table` breaks its contract, one sentence each; empty when it keeps it.

    Values of a personal table are never quoted.
    """
    found: list[str] = []
    if table.column_names != list(contract.column_names):
        return (f"columns are {table.column_names}, promised {list(contract.column_names)}",)
    if not len(table):
        return () if contract.may_be_empty else ("the table is empty",)
    for column in contract.columns:
        found.extend(_column_violations(table[column.name], column, quote=not contract.personal))
    if contract.key:
        distinct = table.select(list(contract.key)).group_by(list(contract.key)).aggregate([]).num_rows
        if distinct != len(table):
            found.append(f"key {contract.key} repeats: {len(table)} rows, {distinct} distinct")
    return tuple(found)


def violations_in_parts(parts: Iterable[pa.Table], contract: Contract) -> tuple[str, ...]:
    """List in what a table, given in parts in the order of its rows, breaks its contract; empty when it keeps it.

    Unlike `violations` it holds one part at a time, and asks that the rows go by their key, each key once. It stops at
    the first part that breaks it.
    """
    previous = contract.schema.empty_table()
    for part in parts:
        found = violations(part, replace(contract, key=(), may_be_empty=True))
        if not found and contract.key and not _ascends(pa.concat_tables([previous, part]), contract.key):
            found = (f"rows do not go by key {contract.key}, each once",)
        if found:
            return found
        previous = part.slice(max(len(part) - 1, 0)) if len(part) else previous
    return () if len(previous) or contract.may_be_empty else ("the table is empty",)


def _ascends(table: pa.Table, key: tuple[str, ...]) -> bool:
    """Whether every row comes after the one before it, by the columns of `key`."""
    before, after = table.slice(0, max(len(table) - 1, 0)), table.slice(1)
    rises = pa.scalar(value=False)
    for name in reversed(key):
        one, other = before[name].combine_chunks(), after[name].combine_chunks()
        rises = pc.or_(pc.less(one, other), pc.and_(pc.equal(one, other), rises))
    return bool(pc.all(rises, min_count=0).as_py())


def _column_violations(array: pa.ChunkedArray, column: Column, *, quote: bool) -> Iterable[str]:
    if array.type != column.type:
        yield f"{column.name}: type {array.type}, promised {column.type}"
        return
    if array.null_count and not column.nullable:
        yield f"{column.name}: {array.null_count} nulls, none promised"
    if pa.types.is_floating(array.type):
        odd = pc.sum(pc.invert(pc.is_finite(array))).as_py() or 0
        if odd:
            yield f"{column.name}: {odd} values are NaN or infinite; a missing value is null"
    allowed = column.values() if callable(column.values) else column.values
    if allowed:
        strange = [value for value in pc.unique(array).drop_null().to_pylist() if value not in allowed]
        if strange:
            shown = f" ({strange[:5]!r})" if quote else ""
            yield f"{column.name}: {len(strange)} values outside its enumeration{shown}"
    yield from _range_violations(array, column, quote=quote)


def _range_violations(array: pa.ChunkedArray, column: Column, *, quote: bool) -> Iterable[str]:
    if column.minimum is None and column.maximum is None:
        return
    extremes = pc.min_max(array).as_py()
    low, high = extremes["min"], extremes["max"]
    if column.minimum is not None and low is not None and low < column.minimum:
        yield f"{column.name}: lowest value {low if quote else '(not shown)'} is under {column.minimum}"
    if column.maximum is not None and high is not None and high > column.maximum:
        yield f"{column.name}: highest value {high if quote else '(not shown)'} is over {column.maximum}"
