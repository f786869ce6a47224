"""How many people are likely at each point before the counts are kept: homes, weighed by what squares or PC6 tell.

A count of another year than the totals speaks here, and here only: it shares people out within a buurt, and decides no
number.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Floats, PyObjects
from pipelines.people.origins import Points, square_codes

# CBS lists squares from five inhabitants on: in one that it does not list live none to four.
UNLISTED_SQUARE_PERSONS = 2.0
# A home is never impossible: where nobody should live by one count and somebody by the totals, these are kept.
LEAST_LIKELY = 1e-6


@dataclass(frozen=True)
class _Listed:
    """Codes of the units that were counted, and the likely persons in each, shape (n,)."""

    codes: PyObjects
    persons: Floats


def likely_persons(points: Points, people_counts: pa.Table, unit_type: str) -> Floats:
    """Persons likely at each point, shape (n,), 0 or more; 0 at a probe.

    Parameters
    ----------
    points
        Origins.
    people_counts
        `sources/people_counts`.
    unit_type
        The units whose totals will be kept: their own counts need no prior.
    """
    base = np.where(points.origin_type == "probe", 0.0, points.base)
    years = _years(people_counts.filter(pc.field("unit_type") == unit_type))
    for finer, codes in (("square", square_codes(points.x_m, points.y_m)), ("pc6", points.pc6)):
        rows = people_counts.filter((pc.field("unit_type") == finer) & (pc.field("population_group") == "all"))
        if finer != unit_type and len(rows):
            return _weighed(base, codes, rows, is_complete=finer == "square" and _years(rows) == years)
    return base


def _years(rows: pa.Table) -> set[int]:
    return set(rows["vintage"].to_pylist())


def _weighed(base: Floats, codes: PyObjects, rows: pa.Table, *, is_complete: bool) -> Floats:
    """Share the likely persons of every unit over its points; elsewhere as many per point as on average."""
    listed = _likely(rows)
    names, unit = np.unique(codes.astype(str), return_inverse=True)
    of_name = dict(zip(listed.codes.tolist(), listed.persons.tolist(), strict=True))
    persons = np.array([of_name.get(name, np.nan) for name in names.tolist()])
    homes = np.bincount(unit, weights=base, minlength=len(names))
    counted = np.isfinite(persons) & (homes > 0)
    average = persons[counted].sum() / homes[counted].sum() if counted.any() else 1.0
    unlisted = ~np.isin(names, listed.codes.astype(str)) & is_complete
    likely = np.where(unlisted, np.minimum(homes * average, UNLISTED_SQUARE_PERSONS), homes * average)
    persons = np.where(np.isnan(persons), likely, persons)
    per_home = np.divide(persons, homes, out=np.zeros(len(homes)), where=homes > 0)
    return np.asarray(base * np.maximum(per_home[unit], LEAST_LIKELY), dtype=np.float64)


def _likely(rows: pa.Table) -> _Listed:
    """The count itself; of a masked one, or one rounded to 0, the middle of what it may be; NaN: nothing bounds it."""
    persons, lowest, highest = (rows[name].to_numpy() for name in ("persons", "lowest", "highest"))
    middle = (lowest + highest) / 2
    persons = np.where(persons == 0, np.nan_to_num(middle), persons)
    codes = np.array(rows["unit_code"].to_pylist(), dtype=object)
    return _Listed(codes, np.where(np.isnan(persons), middle, persons))
