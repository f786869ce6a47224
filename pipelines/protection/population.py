"""The rounded population: the people of every group by five at a time, from which every told number of people follows.

Groups are rounded from the largest down, each within what is left of the group that holds it, so that the imaginary
population is one of people and not of tables: nobody is over 75 who is not over 65. What CBS tells of an area itself
stands as CBS told it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pipelines.arrays import Flags, Floats, Ints
from pipelines.people.contracts import ATOMS, PERSONS
from pipelines.people.groups import Group, all_groups
from pipelines.protection.chance import uniform
from pipelines.protection.contracts import COUNTS, PART, ROUNDED
from pipelines.protection.memory import SUM, Remembered, remember
from pipelines.protection.nesting import groups_within, holder_of, size_of
from pipelines.protection.parts import LARGE_AREAS, Parts, Told, build_parts, spread, told_of, without_repeats
from pipelines.protection.public import Public, Units, public_counts, public_unit_types, unit_type, units_of
from pipelines.protection.rounding import Options, Sums, options, round_parts, round_together
from pipelines.protection.thresholds import BASE
from pipelines.sources.area_file import AreaFile
from pipelines.sources.contracts import PEOPLE_COUNTS
from pipelines.sources.remarks import Remark
from pipelines.warehouse import Warehouse

# Log-odds beyond what chance gives: of sums that are preferred for a reason.
_ANY_CHANCE = 50.0
LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Secret:
    """What only the municipality knows: the key, and what earlier releases told (`protection/counts`), oldest first."""

    key: bytes
    earlier: tuple[tuple[str, pa.Table], ...] = ()

    @property
    def told(self) -> tuple[pa.Table, ...]:
        """What earlier releases told, without their names."""
        return tuple(table for _, table in self.earlier)


@dataclass(frozen=True)
class RoundedGroup:
    """One group: true and rounded counts of the parts (p,), what is told of it, and what CBS tells of the same.

    `left_out` (sums,) is true of sums that are not told, as they lie more than five off.
    """

    group: Group
    true: Floats
    rounded: Floats
    told: Told
    public: Public
    left_out: Flags


def round_people(warehouse: Warehouse, area: AreaFile, secret: Secret) -> tuple[pa.Table, pa.Table]:
    """The rounded population of an area: `protection/persons`, and all that follows from it, `protection/counts`.

    Raises
    ------
    RoundingError
        When no rounding is found.
    """
    asked = rounding_of(warehouse, area, secret)
    groups = round_population(asked)
    counts = counts_table(asked.parts, groups, str(area.year))
    return rounded_persons(asked.parts, asked.persons, groups), counts


def rounding_of(warehouse: Warehouse, area: AreaFile, secret: Secret) -> "Rounding":
    """What is to be rounded of an area, and by what."""
    parts, atoms, persons = build_parts(warehouse), warehouse.read(ATOMS), warehouse.read(PERSONS)
    counts, total = warehouse.read(PEOPLE_COUNTS), unit_type(area)
    year = counts.filter(pc.field("unit_type") == total)["vintage"][0].as_py()
    known = pc.is_in(pc.field("unit_type"), pa.array(public_unit_types(area), pa.string()))
    public = counts.filter(known & (pc.field("vintage") == year))

    def public_units(group: str) -> Sequence[Units]:
        of_group = pc.field("population_group") == group
        return units_of(public.filter(of_group), atoms, persons.filter(of_group), parts)

    return Rounding(parts, persons, public_units, secret.key, secret.told)


@dataclass(frozen=True)
class Rounding:
    """What is rounded: persons (`people/persons`) in parts; by what: public units of a group, key, what was told."""

    parts: Parts
    persons: pa.Table
    public_units: Callable[[str], Sequence[Units]]
    key: bytes
    earlier: Sequence[pa.Table]


def round_population(asked: Rounding) -> tuple[RoundedGroup, ...]:
    """Round every group that is known, the largest first.

    Raises
    ------
    RoundingError
        When no rounding is found.
    """
    known = set(asked.persons["population_group"].unique().to_pylist())
    groups = sorted((group for group in all_groups() if group.name in known), key=size_of, reverse=True)
    asked_of = {group.name: _asked(asked, group) for group in groups}
    rounded = _one_after_another(groups, asked_of)
    if any(np.any(taken > held) for taken, held in _crowds(groups, rounded)):
        # One after the other they did not fit in each other; which is rare, as all at once takes far longer.
        programs = [(asked_of[group.name].parts, asked_of[group.name].sums) for group in groups]
        rounded = dict(zip(rounded, round_together(programs, groups_within(groups)), strict=True))
    return tuple(_rounded_group(group, asked_of[group.name], rounded[group.name]) for group in groups)


def _rounded_group(group: Group, asked: "_Asked", rounded: Floats) -> RoundedGroup:
    off = ~asked.sums.options.hold(asked.sums.members @ rounded)
    return RoundedGroup(group, asked.true, rounded, asked.told, asked.public, np.append(off, False)[asked.sum_of])


def _one_after_another(groups: Sequence[Group], asked: Mapping[str, "_Asked"]) -> dict[str, Floats]:
    """Rounded counts of the groups, each within what the groups before it leave."""
    rounded: dict[str, Floats] = {}
    for group in groups:
        mine = asked[group.name]
        rounded[group.name] = round_parts(mine.parts, mine.sums, _room(group, groups, asked, rounded))
    return rounded


def left_out_remarks(counts: pa.Table) -> tuple[Remark, ...]:
    """Which sums are left out of a release, as no whole fives are within five of all: per group how many, and where."""
    rows = counts.filter(counts["rounded"].is_null())
    problem = f"cannot be rounded within {BASE} beside all others; left out"
    found = []
    for group in sorted(set(rows["population_group"].to_pylist())):
        mine = rows.filter(pc.field("population_group") == group).select(["area_type", "area_code"]).to_pylist()
        where = sorted({f"{one['area_type']} {one['area_code']}" for one in mine})
        found.append(Remark(group, problem, LEFT_OUT, len(mine), ", ".join(where)))
    return tuple(found)


def _crowds(groups: Sequence[Group], rounded: Mapping[str, Floats]) -> Iterator[tuple[Floats, Floats]]:
    """How many the groups within a group are together in each part, and how many it is itself."""
    for holder, inner in groups_within(groups):
        taken = [rounded[groups[number].name] for number in inner]
        yield np.sum(taken, axis=0), rounded[groups[holder].name]


@dataclass(frozen=True)
class _Asked:
    """One group before it is rounded: true counts of the parts, and the options of parts and sums.

    `sum_of` tells of each told row which of the sums it is; -1 where nobody is.
    """

    true: Floats
    told: Told
    public: Public
    parts: Options
    sums: Sums
    sum_of: Ints


def _asked(asked: Rounding, group: Group) -> _Asked:
    true, told = asked.parts.counts(asked.persons, group.name), told_of(asked.parts, group)
    public = public_counts(asked.public_units(group.name), told, len(asked.parts.names))
    sums = told.members @ true
    first, same = without_repeats(told.members)
    of_sums, of_parts = _memory(asked, told, group, true)
    memory = of_sums.of_first(first, same)
    lived_in = sums[first] > 0
    rows = first[lived_in]
    # Each group has a chance of its own: who knows how many people live in an area learns nothing by it of the oldest.
    names = told.names()
    chance = uniform(asked.key, [f"{group.name}|{names[row]}" for row in rows])
    allowed = public.allow(options(sums[rows], chance, memory.among(lived_in)), rows)
    large = np.array([told.area_type[row] in LARGE_AREAS for row in rows], dtype=bool)
    weighs = large | (np.abs(allowed.preference) > _ANY_CHANCE)
    by_chance = uniform(asked.key, [f"{PART}|{name}" for name in asked.parts.names])
    parts = options(true, by_chance, of_parts)
    sum_of = np.where(lived_in, np.cumsum(lived_in) - 1, -1)[same]
    return _Asked(true, told, public, parts, Sums(sparse.csr_array(told.members[rows]), allowed, weighs), sum_of)


def _room(
    group: Group, groups: Sequence[Group], asked: Mapping[str, _Asked], done: Mapping[str, Floats]
) -> Floats | None:
    """How many of a group there can be in each part (p,), given what is rounded; None: no bound.

    Of the groups beside it within the same larger one, those not yet rounded keep room for as many as they surely have.
    """
    holder = holder_of(group, groups)
    if holder is None:
        return None
    beside = [other for other in groups if other is not group and holder_of(other, groups) is holder]
    beside = [other for other in beside if other.is_households == group.is_households]
    taken = [done.get(other.name, asked[other.name].parts.low) for other in beside]
    return np.asarray(done[holder.name] - np.sum([np.zeros_like(done[holder.name]), *taken], axis=0), dtype=np.float64)


def _memory(asked: Rounding, told: Told, group: Group, true: Floats) -> tuple[Remembered, Remembered]:
    """What was told of the sums of a group, and of the parts themselves, while they were as they are now."""
    keys = [
        *zip(told.area_type, told.area_code, told.profile, told.level, strict=True),
        *_parts_themselves(asked.parts),
    ]
    columns = list(zip(*keys, strict=True)) or [()] * 4
    columns.insert(SUM.index("population_group"), (group.name,) * len(keys))
    sums = pa.table([pa.array(column, pa.string()) for column in columns], names=list(SUM))
    of_group = [table.filter(pc.field("population_group") == group.name) for table in asked.earlier]
    found = remember(sums, np.concatenate([told.members @ true, true]), of_group)
    rows = np.arange(len(keys))
    return found.among(rows < len(told.area_type)), found.among(rows >= len(told.area_type))


def _parts_themselves(parts: Parts) -> Iterator[tuple[str, str, str, str]]:
    return ((PART, name, "", "") for name in parts.names)


def rounded_persons(parts: Parts, persons: pa.Table, groups: Sequence[RoundedGroup]) -> pa.Table:
    """The rounded population as `protection/persons`: the same rows as `people/persons`, other numbers."""
    rounded = {one.group.name: one.rounded for one in groups}
    atoms = np.argsort(parts.atom_id)
    tables = [ROUNDED.schema.empty_table()]
    for name, counts in rounded.items():
        rows = persons.filter(pc.field("population_group") == name)
        place = atoms[np.searchsorted(parts.atom_id[atoms], rows["atom_id"].to_numpy())]
        known = np.zeros(len(atoms), dtype=bool)
        known[place] = rows["persons"].is_valid().to_numpy()
        numbers = spread(parts, counts, known)[place]
        column = pa.array(numbers, pa.float64(), mask=~known[place])
        tables.append(rows.set_column(rows.schema.get_field_index("persons"), "persons", column))
    return pa.concat_tables(tables)


def counts_table(parts: Parts, groups: Sequence[RoundedGroup], period: str) -> pa.Table:
    """Every sum that is told or follows, true and rounded, with what is public of it, and every part: the counts."""
    tables = [COUNTS.schema.empty_table()]
    for one in groups:
        told, public = one.told, one.public
        rounded = np.where(one.left_out, np.nan, told.members @ one.rounded)
        sums = (told.members @ one.true, _or_null(rounded), public.lowest, _or_null(public.highest))
        keys = (told.area_type, told.area_code, told.profile, told.level)
        tables.append(_counted(keys, sums, one.group.name, period))
        themselves = tuple(zip(*_parts_themselves(parts), strict=True)) or ((), (), (), ())
        nothing = (np.zeros(len(one.true)), [None] * len(one.true))
        tables.append(_counted(themselves, (one.true, one.rounded, *nothing), one.group.name, period))
    return pa.concat_tables(tables)


def _counted(
    keys: Sequence[Sequence[str]], sums: Sequence[Sequence[float | None] | Floats], group: str, period: str
) -> pa.Table:
    area_type, area_code, profile, level = keys
    n = len(area_type)
    columns = (area_type, area_code, [group] * n, profile, level, [period] * n, *sums)
    arrays = [pa.array(column, known.type) for column, known in zip(columns, COUNTS.columns, strict=True)]
    return pa.table(arrays, schema=COUNTS.schema)


def _or_null(bound: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in bound.tolist()]
