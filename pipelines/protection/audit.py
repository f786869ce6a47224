"""The proof that goes out with a release: between what every small number must lie, with and without what we tell.

The attacker knows all of this release and of earlier ones, the tables of CBS and the method; not the key. An interval
is the worst case: everything in it is possible, which says nothing of how likely it is. No true number stands in the
audit, nor does it follow from which numbers are listed: these are chosen by what is told.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats, Ints
from pipelines.errors import SamenhangError
from pipelines.protection.chance import fingerprint
from pipelines.protection.contracts import AUDIT
from pipelines.protection.memory import EXACT, SUM, remember
from pipelines.protection.parts import LARGE_AREAS, SMALL_AREAS
from pipelines.protection.population import Secret
from pipelines.protection.public import is_public, public_unit_types
from pipelines.protection.thresholds import BASE, COUNT_BOUNDS, COUNT_WORDS, SHOWN_FROM, count_classes
from pipelines.sources.area_file import AreaFile

WIDTH = float(BASE)


class AuditError(SamenhangError):
    """What would go out tells too much of a small number: nothing is published."""


@dataclass(frozen=True)
class Intervals:
    """Of sums (n,): between what each lies by public tables alone, and together with all that is and was told."""

    lowest_without: Floats
    highest_without: Floats
    lowest_with: Floats
    highest_with: Floats

    @property
    def width_without(self) -> Floats:
        """How far apart the public bounds are; infinite where nothing bounds the sum."""
        return self.highest_without - self.lowest_without

    @property
    def width_with(self) -> Floats:
        """How far apart the bounds are for who knows everything."""
        return self.highest_with - self.lowest_with


def feasible_intervals(counts: pa.Table, earlier: Sequence[pa.Table] = ()) -> Intervals:
    """Between what the true number behind every sum must lie, in closed form.

    Parameters
    ----------
    counts
        `protection/counts` of this release.
    earlier
        The same of every release before, withdrawn ones too.

    Returns
    -------
    Intervals
        In the order of `counts`. A sum told as R is between R - 5 and R + 5, and not under 0. Of a number that is what
        it was in an earlier release both hold; the worst case is somebody who knows that it is. Where it is another,
        what was told of it before says nothing: it was not looked at.
    """
    rounded, true = counts["rounded"].to_numpy(), counts["true"].to_numpy()
    memory = remember(counts, true, earlier)
    # Of a sum that is left out we tell nothing; of nothing told fmax and fmin know nothing.
    lowest = np.fmax(np.fmax(rounded - BASE, 0), memory.highest - BASE)
    highest = np.fmin(np.fmin(rounded + BASE, np.inf), memory.lowest + BASE)
    low, high = counts["lowest"].to_numpy(), _unbounded(counts["highest"])
    return Intervals(low, high, np.maximum(lowest, low), np.minimum(highest, high))


def _unbounded(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(column, np.inf).to_numpy(), dtype=np.float64)


def leaks(counts: pa.Table, intervals: Intervals) -> Ints:
    """Rows of `counts` whose true number, from above 0 to below 10, is known within less than five through us.

    Where public tables alone are narrower than five already, it is a leak if we narrow it further.
    """
    true = counts["true"].to_numpy()
    protected = (true > EXACT) & (true < SHOWN_FROM)
    enough = np.minimum(WIDTH, intervals.width_without)
    return np.flatnonzero(protected & (intervals.width_with < enough - EXACT))


def wrong(counts: pa.Table) -> Ints:
    """Rows of `counts` that are told more than five off, or not as a multiple of five."""
    rounded, true = counts["rounded"].to_numpy(), counts["true"].to_numpy()
    told = np.isfinite(rounded)
    return np.flatnonzero(told & ((np.abs(rounded - true) > BASE + EXACT) | (rounded % BASE != 0)))


def require_safe(counts: pa.Table, earlier: Sequence[pa.Table], *, only_public: bool) -> Intervals:
    """The intervals of a release that may go out.

    Parameters
    ----------
    counts, earlier
        See `feasible_intervals`.
    only_public
        Whether people were reckoned from public deliveries alone: then what we tell follows from what all can read and
        from a key that knows nobody, so that nothing is narrowed beyond what is public; what our numbers say among
        themselves is judged all the same.

    Raises
    ------
    AuditError
        When a small number is known too well; it names the area and the group, not the number.
    """
    intervals = feasible_intervals(counts, earlier)
    judged = _without_public(counts, earlier) if only_public else intervals
    for rows, what in (
        (wrong(counts), "is told more than five off"),
        (leaks(counts, judged), "would be known too well"),
    ):
        if len(rows):
            one = counts.slice(int(rows[0]), 1).to_pylist()[0]
            raise AuditError(
                f"protection: of {one['area_type']} {one['area_code']} the number of group {one['population_group']!r} "
                f"{what} (and {len(rows) - 1} more). Nothing is published; the earlier release stands. This is a "
                "defect of ours, or the key or the earlier sums in data/private were changed: put them back."
            )
    return intervals


def _without_public(counts: pa.Table, earlier: Sequence[pa.Table]) -> Intervals:
    nothing = {"lowest": pa.array(np.zeros(len(counts))), "highest": pa.nulls(len(counts), pa.float64())}
    columns = {name: nothing.get(name, counts[name]) for name in counts.column_names}
    return feasible_intervals(pa.table(columns), earlier)


def told_cells(counts: pa.Table, intervals: Intervals) -> list[list[object]]:
    """What the audit lists of areas from PC4 up: every sum told as under 15, whatever the true number.

    Each as the columns of `_COLUMNS` say: between what it lies without us and with all that is told, and how wide that
    is at least for who should know the rounded number itself.
    """
    rounded = counts["rounded"].to_numpy()
    large = pc.is_in(counts["area_type"], pa.array(LARGE_AREAS)).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(large & (rounded < SHOWN_FROM + BASE))
    keys = zip(*(counts[name].take(rows).to_pylist() for name in SUM), strict=True)
    return [[*key, *_told(intervals, int(row), float(rounded[row]))] for key, row in zip(keys, rows, strict=True)]


def _told(intervals: Intervals, row: int, rounded: float) -> list[object]:
    lowest, highest = float(intervals.lowest_without[row]), float(intervals.highest_without[row])
    is_small = rounded < SHOWN_FROM
    # Whether "<10" stands for 0 or for 5 is not told here either.
    low, high = (0.0, float(SHOWN_FROM)) if is_small else (rounded - BASE, rounded + BASE)
    shown = COUNT_WORDS[0] if is_small else rounded
    bounds = [lowest, None if np.isinf(highest) else highest, max(low, lowest), min(high, highest)]
    return [shown, *bounds, min(WIDTH, highest - lowest)]


def told_classes(counts: pa.Table) -> Iterator[Mapping[str, object]]:
    """What the audit says of PC6 and H3, of which only classes are told: how many cells, and between what each lies."""
    is_small = pc.is_in(pc.field("area_type"), pa.array(SMALL_AREAS))
    small = counts.filter(is_small & (pc.field("population_group") != "all") & pc.field("rounded").is_valid())
    classes = count_classes(small["rounded"].to_numpy()).tolist()
    keys = Counter(zip(small["area_type"].to_pylist(), small["population_group"].to_pylist(), classes, strict=True))
    ends = [(0, SHOWN_FROM), *zip((low - BASE for low in COUNT_BOUNDS), (*COUNT_BOUNDS[1:], None), strict=True)]
    bounds = dict(zip(COUNT_WORDS, ends, strict=True))
    for key in sorted(keys):
        low, high = bounds[key[2]]
        yield {
            "area_type": key[0], "population_group": key[1], "class": key[2], "cells": keys[key],
            "lowest_with": low, "highest_with": high,
        }  # fmt: skip


def audit_release(counts: pa.Table, survey: pa.Table, secret: Secret, area: AreaFile) -> pa.Table:
    """The audit of a release, `out/audit`.

    Parameters
    ----------
    counts, survey
        `protection/counts` and `protection/survey_audit`.
    secret
        The key, and what earlier releases told.
    area
        The area file, which says what of its deliveries is public.

    Raises
    ------
    AuditError
        When something would be known too well, see `require_safe`; nothing goes out then.
    """
    unsafe = survey.filter(pc.invert(survey["is_safe"]))["question"].to_pylist()
    if unsafe:
        raise AuditError(
            f"protection: hidden answers to {unsafe} can be worked out from what would be told. Nothing is published; "
            "the earlier release stands. This is a defect of ours: report it with this line."
        )
    earlier, waves = secret.earlier, sorted(set(survey["wave"].to_pylist()))
    intervals = require_safe(counts, [table for _, table in earlier], only_public=is_public(area))
    parts = {
        "method": _METHOD | {"key": fingerprint(secret.key)},
        "earlier_releases": [name for name, _ in earlier],
        "public_tables": list(public_unit_types(area)),
        "people_from_public_tables_only": is_public(area),
        "people": {"status": "passed", "columns": _COLUMNS, "cells": told_cells(counts, intervals)},
        "people_in_small_areas": list(told_classes(counts)),
        "survey": _of_wave(survey, waves[-1]) if waves else {},
        "survey_before": {str(wave): _of_wave(survey, wave) for wave in waves[:-1]},
    }
    content = [json.dumps(part, ensure_ascii=False) for part in parts.values()]
    return pa.table([list(parts), content], schema=AUDIT.schema)


def _of_wave(survey: pa.Table, wave: int) -> dict[str, object]:
    return {row["question"]: json.loads(row["content"]) for row in survey.to_pylist() if row["wave"] == wave}


_COLUMNS = [
    "area_type", "area_code", "population_group", "profile", "level", "told", "lowest_without", "highest_without",
    "lowest_with", "highest_with", "width_at_least",
]  # fmt: skip
_METHOD = {
    "base": BASE,
    "shown_from": SHOWN_FROM,
    "classes_in_pc6_and_h3": list(COUNT_WORDS),
    "interval": f"closed form: a sum told as R is in [max(0, R - {BASE}), R + {BASE}], and within what CBS tells of it",
}
