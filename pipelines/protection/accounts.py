"""Whether every number of people that goes out is accounted for: read from the very tables that are published.

The audit proves sums of the rounded population. Here each number of people or households in a published table, and
each class, is held against them: a value is a proven sum, a bound is what was reckoned of the rounded population, and
both are told by five from ten up, or not at all. What nobody can account for stops the release.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.areas.contracts import HOW_SURE, KEY_NAMES
from pipelines.arrays import Flags, Floats, Ints
from pipelines.protection.audit import AuditError
from pipelines.protection.memory import SUM
from pipelines.protection.parts import SMALL_AREAS
from pipelines.protection.publication import CLASS, FIGURES, KEY_COLUMNS, UNITS_OF_PEOPLE, column_name
from pipelines.protection.thresholds import COUNT_WORDS, count_classes, shown

# Which proven sum the value of an indicator is: all of a group, or those whose homes stand so badly or worse.
_LEVELS = {
    "inhabitants": "", "people_below_min": "none_found_on_streets",
    "households": "", "households_below_min": "none_found_on_streets",
}  # fmt: skip
# A level that holds nobody more than the next has the name of that one.
_ELSE = {"none_found_on_streets": "none_found"}
_NO_FIGURES = frozenset(column.name for column in HOW_SURE)


@dataclass(frozen=True)
class Grounds:
    """What accounts for numbers of people: proven sums (`protection/counts`), and `areas/values` before it is told."""

    counts: pa.Table
    values: pa.Table


def require_accounted(indicators: pa.Table, wide: Mapping[str, pa.Table], grounds: Grounds) -> None:
    """Refuse published tables in which a number of people is not accounted for.

    Parameters
    ----------
    indicators
        `out/indicators`.
    wide
        The table with a row per area, by area type.
    grounds
        What accounts for them.

    Raises
    ------
    AuditError
        It names the first area and column, not the number.
    """
    people = indicators.filter(pc.is_in(indicators["unit"], pa.array(UNITS_OF_PEOPLE)))
    is_small = pc.is_in(people["area_type"], pa.array(SMALL_AREAS))
    large, small = people.filter(pc.invert(is_small)), people.filter(is_small)
    _refuse("out/indicators", large, _numbers_of_areas(large, grounds))
    _refuse("out/indicators", small, _classes_of_cells(small, grounds.counts))
    names = _names(indicators)
    for area_type, table in wide.items():
        told = indicators.filter(pc.equal(indicators["area_type"], area_type))
        _refuse(f"out/{area_type}", table, _differences(table, told, names))


def _refuse(table: str, rows: pa.Table, found: Iterator[tuple[str, Flags]]) -> None:
    for column, wrong in found:
        if wrong.any():
            code = rows["area_code"][int(np.argmax(wrong))].as_py()
            raise AuditError(
                f"{table}: column {column} of {code} tells of people what is not proven (and {wrong.sum() - 1} more "
                "rows). Nothing is published; the earlier release stands. This is a defect of ours: report it with "
                "this line."
            )


def _numbers_of_areas(people: pa.Table, grounds: Grounds) -> Iterator[tuple[str, Flags]]:
    """Of each column of figures the rows that tell another number than is accounted for."""
    place = _place(people, grounds.values, KEY_NAMES)
    left_out = _place(people, grounds.counts.filter(grounds.counts["rounded"].is_null()), SUM[:-1]) >= 0
    for name in _figures(people):
        reckoned = np.where(left_out, np.nan, shown(_at(_column(grounds.values, name), place)))
        yield name, _differs(_column(people, name), reckoned)
    value = _column(people, "value")
    # At another threshold than the profile's own no sum is told by itself: it is reckoned of the rounded population.
    own = pc.equal(people["threshold_m"], "").to_numpy(zero_copy_only=False)
    yield "value", own & _differs(value, shown(_proven(people, grounds.counts)))
    few = pc.equal(people["count_class"], COUNT_WORDS[0]).to_numpy(zero_copy_only=False)
    other = ~few & pc.not_equal(people["count_class"], "").to_numpy(zero_copy_only=False)
    yield "count_class", other | (few & np.isfinite(shown(_at(_column(grounds.values, "value"), place))))
    yield "reason_missing", np.isnan(value) & pc.equal(people["reason_missing"], "").to_numpy(zero_copy_only=False)


def _proven(people: pa.Table, counts: pa.Table) -> Floats:
    """The proven sum that each value must be, shape (n,); NaN where there is none."""
    found = np.full(len(people), np.nan)
    levels = [_LEVELS.get(name) for name in people["indicator"].to_pylist()]
    for chosen in (levels, [_ELSE.get(level) if level else level for level in levels]):
        asked = people.select(list(SUM[:-1])).append_column(SUM[-1], pa.array(chosen, pa.string()))
        sums = _at(_column(counts, "rounded"), _place(asked, counts, SUM))
        found = np.where(np.isnan(found), sums, found)
    return found


def _classes_of_cells(people: pa.Table, counts: pa.Table) -> Iterator[tuple[str, Flags]]:
    """Of PC6 and cells no number goes out, and no class but that of the proven sum."""
    for name in _figures(people):
        yield name, np.isfinite(_column(people, name))
    whole = people.append_column(SUM[-1], pa.array([""] * len(people), pa.string()))
    rounded = _at(_column(counts, "rounded"), _place(whole, counts, SUM))
    told = people["count_class"].to_numpy(zero_copy_only=False).astype(str)
    yield "count_class", (told != "") & (np.isnan(rounded) | (told != count_classes(rounded)))


def _differences(wide: pa.Table, told: pa.Table, names: Mapping[str, bool]) -> Iterator[tuple[str, Flags]]:
    """Of each column of a wide table the rows that tell of people what the tidy table does not, or that nobody knows.

    `names` holds every column that may be, and whether it is of people.
    """
    expected = _by_column(told)
    codes = wide["area_code"].to_pylist()
    for field in wide.schema:
        if pa.types.is_floating(field.type) and not names.get(field.name, True):
            continue
        if pa.types.is_floating(field.type):
            known = expected.get(field.name, {})
            yield field.name, _differs(_column(wide, field.name), np.array([known.get(code, np.nan) for code in codes]))
        elif field.name.endswith(CLASS):
            words = expected.get(field.name, {})
            mine = wide[field.name].to_pylist()
            yield (
                field.name,
                np.array([word not in {"", words.get(c, "")} for word, c in zip(mine, codes, strict=True)]),
            )


def _names(indicators: pa.Table) -> dict[str, bool]:
    """Every column of figures that a wide table may have, and whether it is of people."""
    keys = indicators.group_by([*KEY_COLUMNS, "unit"]).aggregate([]).to_pylist()
    return {f"{column_name(key)}{suffix}": key["unit"] in UNITS_OF_PEOPLE for key in keys for suffix in FIGURES}


def _by_column(told: pa.Table) -> dict[str, dict[str, object]]:
    """What the tidy table of one area type tells of people: by wide column and area."""
    people = told.filter(pc.is_in(told["unit"], pa.array(UNITS_OF_PEOPLE)))
    found: dict[str, dict[str, object]] = {}
    for row in people.select([*KEY_COLUMNS, "area_code", "count_class", *FIGURES.values()]).to_pylist():
        name = column_name(row)
        cells = {f"{name}{suffix}": row[figure] for suffix, figure in FIGURES.items()}
        for column, cell in (cells | {f"{name}{CLASS}": row["count_class"]}).items():
            found.setdefault(column, {})[row["area_code"]] = np.nan if cell is None else cell
    return found


def _figures(table: pa.Table) -> list[str]:
    return [one.name for one in table.schema if pa.types.is_floating(one.type) and one.name not in _NO_FIGURES]


def _column(table: pa.Table, name: str) -> Floats:
    """The numbers of a column, NaN for nulls; all NaN where there is no such column."""
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _differs(published: Floats, accounted: Floats) -> Flags:
    """Where something is published that is not what is accounted for; what is withheld does not differ."""
    return np.asarray(np.isfinite(published) & ~(published == accounted))


def _at(numbers: Floats, place: Ints) -> Floats:
    return np.append(numbers, np.nan)[place]


def _place(rows: pa.Table, among: pa.Table, names: Sequence[str]) -> Ints:
    """In which row of another table each row stands by the named columns, shape (n,); -1 where in none."""
    keys, others = (pc.binary_join_element_wise(*(one[name] for name in names), "\x1f") for one in (rows, among))
    found = pc.index_in(keys, value_set=others.combine_chunks())
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)
