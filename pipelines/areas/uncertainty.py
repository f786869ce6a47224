"""How far chance may move how many people have no place near by: by draws of who lives where, and at worst.

Draws stand within what is known of streets and places: the lower end counts the homes that are surely without a place,
the upper end those that may be.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pipelines.areas.contracts import DRAWS
from pipelines.arrays import Flags, Floats, Ints
from pipelines.findings.contracts import MINIMUM, SENSITIVITY
from pipelines.people.contracts import ATOMS, PERSONS
from pipelines.people.draws import draw_persons
from pipelines.people.groups import all_groups
from pipelines.warehouse import Warehouse

N_DRAWS = 100
SEED = 20_240_101
_ENDS = (0.05, 0.95)
# Products of matrices may differ in their last bits from one processor to the next.
_DECIMALS = 6
_SMALL_AREAS = pa.array(["h3", "pc6"])
_JUDGED = ("origin_id", "profile", "threshold_m", "is_below", "is_below_central", "is_attached")


@dataclass(frozen=True)
class _Areas:
    """Areas by type and code, and the numbers of the atoms of each."""

    area_types: list[str]
    area_codes: list[str]
    atoms: tuple[Ints, ...]


@dataclass(frozen=True)
class _Homes:
    """Which atoms (k, atoms) are surely, as found and perhaps without a place, of k profiles and distances."""

    keys: tuple[tuple[str, str], ...]
    surely: Flags
    found: Flags
    perhaps: Flags


def build_draws(warehouse: Warehouse, membership: pa.Table) -> pa.Table:
    """Between what the people without a place within reach lie, in draws and at worst, of each area.

    Parameters
    ----------
    warehouse
        Holds people and findings.
    membership
        `areas/membership`.

    Returns
    -------
    pyarrow.Table
        `areas/draws`, of people whose number is known.
    """
    atoms, persons, judged = warehouse.read(ATOMS), warehouse.read(PERSONS), _judgements(warehouse)
    areas = _areas(membership)
    told = set(persons["population_group"].to_pylist())
    block, names = _blocks(atoms)
    tables = [DRAWS.schema.empty_table()]
    for group in (group for group in all_groups() if group.name in told):
        homes = _homes(judged, atoms, group.profiles)
        if homes.keys:
            known = _known(persons, group.name, len(atoms))
            drawn = draw_persons(known, block, names, N_DRAWS, SEED)
            tables.append(_table(areas, group.name, homes, list(_bounds(areas, homes, drawn, (known, block)))))
    return pa.concat_tables(tables)


def _judgements(warehouse: Warehouse) -> pa.Table:
    own, other = warehouse.read(MINIMUM), warehouse.read(SENSITIVITY)
    own = own.append_column("threshold_m", pa.array([""] * len(own), pa.string()))
    return pa.concat_tables([own.select(list(_JUDGED)), other.select(list(_JUDGED))])


def _areas(membership: pa.Table) -> _Areas:
    within = membership.filter(pc.invert(pc.is_in(membership["area_type"], _SMALL_AREAS)))
    # In one order, whatever that of the rows: the same input gives the same sums to the last bit.
    within = within.sort_by([("area_type", "ascending"), ("area_code", "ascending"), ("atom_id", "ascending")])
    grouped = within.group_by(["area_type", "area_code"], use_threads=False).aggregate([("atom_id", "list")])
    atoms = tuple(np.array(one, dtype=np.int64) for one in grouped["atom_id_list"].to_pylist())
    return _Areas(grouped["area_type"].to_pylist(), grouped["area_code"].to_pylist(), atoms)


def _blocks(atoms: pa.Table) -> tuple[Ints, list[str]]:
    """Number of the block of each atom, among whose homes chance deals people out; and the names of blocks."""
    joined = pc.binary_join_element_wise(atoms["buurt_code"], atoms["square_code"], " ").combine_chunks()
    blocks = joined.dictionary_encode()
    return blocks.indices.to_numpy().astype(np.int64), blocks.dictionary.to_pylist()


def _known(persons: pa.Table, group: str, n_atoms: int) -> Floats:
    """Persons of one group by atom, shape (atoms,); people who are not known are in none."""
    own = persons.filter(pc.field("population_group") == group)
    known = np.zeros(n_atoms)
    known[own["atom_id"].to_numpy()] = np.nan_to_num(own["persons"].to_numpy())
    return known


def _homes(judged: pa.Table, atoms: pa.Table, profiles: tuple[str, ...]) -> _Homes:
    """For a home on no street no place was looked for: it is perhaps without one, and never found so."""
    own = judged.filter(pc.is_in(judged["profile"], pa.array(profiles, pa.string())))
    pairs = own.select(["profile", "threshold_m"]).group_by(["profile", "threshold_m"]).aggregate([])
    keys = tuple(sorted(zip(pairs["profile"].to_pylist(), pairs["threshold_m"].to_pylist(), strict=True)))
    origin_of_atom = atoms["origin_id"].to_numpy()
    shape = (len(keys), int(origin_of_atom.max(initial=-1)) + 1)
    surely, found, perhaps = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
    for row, (profile, threshold) in enumerate(keys):
        one = own.filter((pc.field("profile") == profile) & (pc.field("threshold_m") == threshold))
        origin = one["origin_id"].to_numpy()
        surely[row, origin] = pc.equal(one["is_below"], "yes").to_numpy()
        perhaps[row, origin] = pc.not_equal(one["is_below"], "no").to_numpy()
        found[row, origin] = pc.and_(pc.not_equal(one["is_below_central"], "no"), one["is_attached"]).to_numpy()
    return _Homes(keys, *(flags[:, origin_of_atom] for flags in (surely, found, perhaps)))


def _bounds(areas: _Areas, homes: _Homes, drawn: Floats, people: tuple[Floats, Ints]) -> Iterator[tuple[Floats, ...]]:
    """Of every area the six bounds, each of shape (k,), in the order of `areas/draws`."""
    for atoms in areas.atoms:
        of_area = drawn[atoms]
        surely, found, perhaps = (flags[:, atoms] for flags in (homes.surely, homes.found, homes.perhaps))
        low, high = _ends(surely, of_area)[0], _ends(perhaps, of_area)[1]
        yield (low, high, *_ends(found, of_area), *_at_worst(atoms, surely, perhaps, people))


def _ends(flags: Flags, drawn: Floats) -> tuple[Floats, Floats]:
    low, high = np.round(np.quantile(flags.astype(np.float64) @ drawn, _ENDS, axis=1), _DECIMALS)
    return low, high


def _at_worst(atoms: Ints, surely: Flags, perhaps: Flags, people: tuple[Floats, Ints]) -> tuple[Floats, Floats]:
    """People of blocks whose lived-in homes are all of the area and surely so; and of blocks with any perhaps so."""
    known, block = people
    lived_in = known[atoms] > 0
    n_blocks = int(block.max(initial=-1)) + 1
    homes_of_block = np.bincount(block[known > 0], minlength=n_blocks)
    people_of_block = np.bincount(block, known, minlength=n_blocks)
    columns = block[atoms][lived_in]
    place = sparse.csr_array(
        (np.ones(len(columns)), (np.arange(len(columns)), columns)), shape=(len(columns), n_blocks)
    )
    all_surely = (surely[:, lived_in].astype(np.float64) @ place) == homes_of_block[None, :]
    any_perhaps = (perhaps[:, lived_in].astype(np.float64) @ place) > 0
    return np.round(all_surely @ people_of_block, _DECIMALS), np.round(any_perhaps @ people_of_block, _DECIMALS)


def _table(areas: _Areas, group: str, homes: _Homes, bounds: list[tuple[Floats, ...]]) -> pa.Table:
    n, k = len(areas.atoms), len(homes.keys)
    profiles, thresholds = zip(*homes.keys, strict=True)
    keys = [
        [one for one in areas.area_types for _ in range(k)],
        [one for one in areas.area_codes for _ in range(k)],
        [group] * (n * k),
        list(profiles) * n,
        list(thresholds) * n,
    ]
    figures = [np.concatenate([of_area[number] for of_area in bounds] or [np.empty(0)]) for number in range(6)]
    columns = zip([*keys, *figures], DRAWS.columns, strict=True)
    return pa.table([pa.array(one, column.type) for one, column in columns], schema=DRAWS.schema)
