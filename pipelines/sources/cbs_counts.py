"""Figures as CBS delivers them, with the least and the most there can be: rounding and masks become intervals.

Here cells of one column become counts. Which column it is stands in `cbs_dialects.py`; what people are allocated to
homes belongs to `people/`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pipelines.arrays import Flags, Floats, Ints, PyObjects, Strings
from pipelines.sources.contracts import PEOPLE_COUNTS
from pipelines.sources.csv_table import number

ROUNDED_TO = 5
ROUNDED_BY = 2.0


@dataclass(frozen=True)
class Mask:
    """What a code means that stands in place of a figure.

    `reason` is that of the contract; `highest` the most it can hide, NaN where nothing bounds it.
    """

    meaning: str
    reason: str = "masked"
    highest: float = np.nan


@dataclass(frozen=True)
class Counts:
    """Counts of n units, arrays (n,): `persons` (NaN: hidden) lies between `lowest` and `highest` (NaN: no bound).

    `reason` is '' where `persons` is known. `basis` is count, share or sum, as in `sources/people_counts`.
    """

    persons: Floats
    lowest: Floats
    highest: Floats
    reason: PyObjects
    basis: str

    def take(self, rows: Ints) -> "Counts":
        """Give the units of these rows."""
        return replace(
            self,
            persons=self.persons[rows],
            lowest=self.lowest[rows],
            highest=self.highest[rows],
            reason=self.reason[rows],
        )


def numbers(values: PyObjects) -> Floats:
    """Figures of a CBS column (n,); NaN where CBS gives a mask code (any negative), a word or nothing."""
    as_float = signed_numbers(values)
    return np.where((as_float < 0) | ~np.isfinite(as_float), np.nan, as_float)


def signed_numbers(values: PyObjects) -> Floats:
    """Figures of any column (n,), decimal comma or point; NaN where there is none."""
    return np.array([_number(value) for value in values], dtype=np.float64)


def _number(value: object) -> float:
    if isinstance(value, str):
        found = number(value)
        return np.nan if found is None else found
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return float(value) if is_number else np.nan  # type: ignore[arg-type]


def bounds(persons: Floats) -> tuple[Floats, Floats]:
    """The least and the most that rounded counts (n,) can stand for, never under 0; NaN where a count is NaN.

    Rounding shows: where every figure is a multiple of five, each lies within 2 of the truth. Where one is not, they
    were not rounded.
    """
    is_rounded = bool((persons[~np.isnan(persons)] % ROUNDED_TO == 0).all())
    within = ROUNDED_BY if is_rounded else 0.0
    return np.maximum(persons - within, 0), persons + within


def counted(values: PyObjects, masks: Mapping[str, Mask]) -> Counts:
    """Read a column of counts (n,) with the mask codes of its product."""
    persons = numbers(values)
    missing = np.isnan(persons)
    lowest, highest = bounds(persons)
    reason, most = _hidden_by(values, masks)
    return Counts(
        persons,
        np.where(missing, 0.0, lowest),
        np.where(missing, most, highest),
        np.where(missing, reason, ""),
        "count",
    )


def _hidden_by(values: PyObjects, masks: Mapping[str, Mask]) -> tuple[PyObjects, Floats]:
    """Why a cell (n,) holds no figure and the most it can hide; of a code nobody knows: masked, no bound."""
    reason = np.full(len(values), "masked", dtype=object)
    most = np.full(len(values), np.nan)
    codes = signed_numbers(values)
    words = np.array([str(value).strip().lower() for value in values], dtype=object)
    for code, mask in masks.items():
        here = (words == code.lower()) | (codes == _number(code))
        reason[here], most[here] = mask.reason, mask.highest
    return reason, most


def shared(values: PyObjects, total: Counts, step: float, masks: Mapping[str, Mask], whole: float = 100.0) -> Counts:
    """Turn percentages (n,) of `total` into counts; where `whole` is 1, shares of 1.

    A percentage in steps of `step` points lies within half a step, its total within its own bounds; both widen the
    interval. Where the percentage is hidden the total bounds the count.
    """
    share = numbers(values) * (100 / whole)
    persons = np.round(total.persons * (share / 100), 1)
    lowest = total.lowest * np.maximum(share - step / 2, 0) / 100
    highest = total.highest * np.minimum(share + step / 2, 100) / 100
    hidden, unknown = np.isnan(share), np.isnan(persons)
    reason, _ = _hidden_by(values, masks)
    return Counts(
        persons,
        np.where(hidden, 0.0, lowest),
        np.where(hidden, total.highest, highest),
        np.where(unknown, np.where(hidden, reason, total.reason), ""),
        "share",
    )


def summed(parts: Iterable[Counts]) -> Counts:
    """Add counts of the same units: hidden where one part is, and bounded from above where all parts are."""
    every = list(parts)
    persons = np.sum([part.persons for part in every], axis=0)
    lowest, highest = (np.sum([getattr(part, name) for part in every], axis=0) for name in ("lowest", "highest"))
    return Counts(persons, lowest, highest, np.where(np.isnan(persons), "masked", ""), "sum")


def part_of(part: Counts, total: Counts) -> Counts:
    """Bound the hidden counts of a part by the most its whole can be."""
    hidden = part.reason != ""
    return replace(part, highest=np.where(hidden, np.fmin(part.highest, total.highest), part.highest))


def hide(part: Counts, where: Flags, total: Counts) -> Counts:
    """Take the figures of the units `where` (n,) for hidden ones: anything from 0 to the most their whole can be."""
    return Counts(
        np.where(where, np.nan, part.persons),
        np.where(where, 0.0, part.lowest),
        np.where(where, total.highest, part.highest),
        np.where(where, "masked", part.reason),
        part.basis,
    )


def people_table(unit_type: str, codes: Strings | PyObjects, groups: Mapping[str, Counts], vintage: int) -> pa.Table:
    """Counts per unit and population group, as `sources/people_counts`; `codes` (n,) names the units."""
    if not groups:
        return PEOPLE_COUNTS.schema.empty_table()
    counts, size = list(groups.values()), len(codes)
    persons, lowest, highest = (
        np.concatenate([getattr(count, name) for count in counts]) for name in ("persons", "lowest", "highest")
    )
    columns = [
        pa.array([unit_type] * len(persons), pa.string()),
        pa.array(np.tile(codes.astype(str), len(groups)).tolist(), pa.string()),
        pa.array(np.repeat(list(groups), size).tolist(), pa.string()),
        pa.array(persons, pa.float64(), mask=np.isnan(persons)),
        pa.array(np.concatenate([count.reason for count in counts]).tolist(), pa.string()),
        pa.array(lowest, pa.float64()),
        pa.array(highest, pa.float64(), mask=np.isnan(highest)),
        pa.array([vintage] * len(persons), pa.int32()),
        pa.array(np.repeat([count.basis for count in counts], size).tolist(), pa.string()),
    ]
    return pa.table(columns, schema=PEOPLE_COUNTS.schema)
