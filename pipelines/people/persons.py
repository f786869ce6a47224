"""How many persons of each group live in every atom: the totals kept, and every other count as far as they allow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags, Floats, PyObjects
from pipelines.people.allocation import NOWHERE, Counts, allocate
from pipelines.people.contracts import PERSONS
from pipelines.people.doubts import Doubt
from pipelines.people.groups import FiveYears, Group, bands_of, five_years, need_groups, shares_within
from pipelines.people.intervals import (
    Homes,
    Kept,
    centred,
    homes_of,
    is_strained,
    kept_counts,
    relaxations,
    year_of_totals,
)
from pipelines.sources.remarks import Remark


@dataclass(frozen=True)
class Shared:
    """One group: persons in each atom (n,), NaN where unknown; at most so many (NaN: unbounded); why caution is due.

    `is_doubted` (n,) says whose persons rest on counts that contradict each other.
    """

    persons: Floats
    most: Floats
    is_doubted: Flags
    quality_reason: str = ""


def share_persons(
    atoms: pa.Table, people_counts: pa.Table, areas: pa.Table, total_type: str, doubts: Sequence[Doubt] = ()
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Give every atom its persons, in all and per group of `need_groups.yaml` that the deliveries tell of.

    Parameters
    ----------
    atoms
        `people/atoms`.
    people_counts
        `sources/people_counts`.
    areas
        `sources/areas`.
    total_type
        The units whose counts are the totals of the area.
    doubts
        Contradictions large enough to be told: persons that rest on them carry a caution.

    Returns
    -------
    tuple of pyarrow.Table and remarks
        `people/persons`; and which counts could not be kept beside the totals.

    Raises
    ------
    SourceError
        When no unit of `total_type` carries a count of inhabitants.
    """
    homes = homes_of(atoms, areas, total_type, year_of_totals(people_counts, total_type))
    everybody, remarks = _counted(people_counts, homes, "all", atoms["prior"].to_numpy(), ())
    shared, more = _groups(atoms, people_counts, homes, everybody)
    told = {"all": everybody, **shared}
    tables = [_rows(atoms, name, _doubted(name, group, everybody, doubts), everybody) for name, group in told.items()]
    return pa.concat_tables(tables), remarks + more


def _counted(
    people_counts: pa.Table, homes: Homes, group: str, prior: Floats, caps: tuple[Counts, ...]
) -> tuple[Shared, tuple[Remark, ...]]:
    """Share out a group that was counted itself; NaN in atoms of which no unit's number is told."""
    kept = kept_counts(people_counts, homes, group)
    likely = centred(prior, kept)
    found = allocate(likely, (*kept.systems, *caps))
    persons = np.where(kept.is_told(len(prior)) | (prior == 0), found.persons, np.nan)
    shared = Shared(persons, _most(likely, kept), is_doubted=is_strained(kept, found))
    return shared, relaxations(kept, found, group)


def _most(likely: Floats, kept: Kept) -> Floats:
    """The atom's part (n,) of the most its unit of the totals can hold; NaN where nothing bounds that."""
    if kept.total is None:
        return np.full(len(likely), np.nan)
    total = kept.systems[kept.total]
    inside = total.unit != NOWHERE
    sums = np.bincount(total.unit[inside], weights=likely[inside], minlength=len(total.highest))
    bounded = np.isfinite(total.highest) & (sums > 0)
    per_person = np.divide(total.highest, sums, out=np.full(len(sums), np.nan), where=bounded)
    return np.asarray(likely * np.append(per_person, np.nan)[total.unit], dtype=np.float64)


def _groups(
    atoms: pa.Table, people_counts: pa.Table, homes: Homes, everybody: Shared
) -> tuple[dict[str, Shared], tuple[Remark, ...]]:
    """Share out the bands that were counted, then the groups: counted themselves, or a part of these."""
    names = _counted_groups(people_counts, homes)
    known = np.nan_to_num(everybody.persons)
    cap = Counts("home", np.arange(len(known)), np.zeros(len(known)), known, is_exact=True)
    found: dict[str, Shared] = {}
    remarks: list[Remark] = []
    private = ~atoms["is_institution"].to_numpy(zero_copy_only=False)
    for name in names:
        prior = known * private if name.startswith("hh_") else known
        shared, more = _counted(people_counts, homes, name, prior, (cap,))
        # Where nobody knows how many live, nobody knows of what age.
        found[name] = replace(shared, persons=np.where(np.isnan(everybody.persons), np.nan, shared.persons))
        remarks.extend(more)
    bands = {"all": everybody, **found}
    ages = five_years(people_counts)
    pc4 = np.array(atoms["pc4"].to_pylist(), dtype=object)
    groups = {group.name: found.get(group.name) or _part(group, bands, ages, pc4, homes) for group in need_groups()}
    return {name: shared for name, shared in groups.items() if shared is not None}, tuple(remarks)


def _counted_groups(people_counts: pa.Table, homes: Homes) -> Iterator[str]:
    """Groups that were counted in the year of the totals: those we need, and the bands that hold them."""
    counted = people_counts.filter(
        (pc.field("vintage") == homes.vintage) & pc.field("persons").is_valid()
        & pc.is_in(pc.field("unit_type"), pa.array(list(homes.units)))
    )  # fmt: skip
    wanted = {name for group in need_groups() for name in (group.name, *group.within)}
    return iter(sorted(set(counted["population_group"].to_pylist()) & wanted))


def _part(
    group: Group, bands: Mapping[str, Shared], ages: FiveYears | None, pc4: PyObjects, homes: Homes
) -> Shared | None:
    """A group as the part of its bands that five-year ages say; None where nothing tells of it."""
    if group.is_households or ages is None:
        return None
    names = tuple(bands_of(group, bands))
    parts = [bands[name].persons * shares_within(ages, group, name, pc4) for name in names]
    is_doubted = np.logical_or.reduce([bands[name].is_doubted for name in names])
    reason = "" if ages.vintage == homes.vintage else "age_other_vintage"
    return Shared(np.sum(parts, axis=0), np.full(len(pc4), np.nan), is_doubted, reason)


def _doubted(name: str, shared: Shared, everybody: Shared, doubts: Sequence[Doubt]) -> Shared:
    """Mark the atoms of a group of which that group, a band that holds it, or everybody is in doubt."""
    within = {group.name: group.within for group in need_groups()}.get(name, ())
    touching = (doubt.atoms for doubt in doubts if doubt.group in {"all", name, *within})
    return replace(shared, is_doubted=np.logical_or.reduce([shared.is_doubted, everybody.is_doubted, *touching]))


def _rows(atoms: pa.Table, name: str, shared: Shared, everybody: Shared) -> pa.Table:
    unknown = np.isnan(shared.persons)
    reason = np.where(np.isnan(everybody.persons), "masked", "ages_unknown")
    n = len(atoms)
    quality = np.full(n, shared.quality_reason, dtype=object)
    quality[shared.is_doubted] = "counts_contradict"
    columns = {
        "atom_id": atoms["atom_id"],
        "origin_id": atoms["origin_id"],
        "population_group": pa.array([name] * n, pa.string()),
        "persons": pa.array(shared.persons, pa.float64(), mask=unknown),
        "highest": pa.array(shared.most, pa.float64(), mask=~unknown | np.isnan(shared.most)),
        "quality_reason": pa.array(quality.tolist(), pa.string()),
        "reason_missing": pa.array(np.where(unknown, reason, "").tolist(), pa.string()),
    }
    return pa.table([columns[column.name] for column in PERSONS.columns], schema=PERSONS.schema)
