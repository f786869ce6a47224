"""How far chance may move how many people have no place near by: the bounds of 9 in 10 draws of who lives where."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from pipelines.areas.contracts import DRAWS
from pipelines.findings.contracts import MINIMUM
from pipelines.people.contracts import ATOMS, PERSONS
from pipelines.people.draws import draw_persons
from pipelines.people.groups import all_groups
from pipelines.warehouse import Warehouse

N_DRAWS = 100
SEED = 20_240_101
_SMALL_AREAS = pa.array(["h3", "pc6"])


@dataclass(frozen=True)
class _Areas:
    """Areas by type and code, and which atoms (columns) belong to which of them (rows), as ones."""

    area_types: list[str]
    area_codes: list[str]
    members: sparse.csr_array


def build_draws(warehouse: Warehouse, membership: pa.Table) -> pa.Table:
    """The 5th and 95th percentile, over draws, of the people of each area for whom no place was found within reach.

    Parameters
    ----------
    warehouse
        Holds people and findings.
    membership
        `areas/membership`.

    Returns
    -------
    pyarrow.Table
        `areas/draws`.
    """
    atoms, minimum, persons = (warehouse.read(contract) for contract in (ATOMS, MINIMUM, PERSONS))
    areas = _areas(membership, len(atoms))
    told = set(persons["population_group"].to_pylist())
    rows = [DRAWS.schema.empty_table()]
    for group in (group for group in all_groups() if group.name in told):
        drawn = _drawn(persons.filter(pc.field("population_group") == group.name), atoms)
        for profile in group.profiles:
            walking = minimum.filter(pc.field("profile") == profile)
            if len(walking):
                rows.append(_percentiles(areas, drawn, _without_a_place(walking, atoms), (group.name, profile)))
    return pa.concat_tables(rows)


def _areas(membership: pa.Table, n_atoms: int) -> _Areas:
    within = membership.filter(pc.invert(pc.is_in(membership["area_type"], _SMALL_AREAS)))
    keys = within.select(["area_type", "area_code"]).group_by(["area_type", "area_code"]).aggregate([])
    rows = keys.append_column("row", pa.array(np.arange(len(keys)))).join(within, ["area_type", "area_code"])
    place = (rows["row"].to_numpy(), rows["atom_id"].to_numpy())
    members = sparse.csr_array((np.ones(len(rows)), place), shape=(len(keys), n_atoms))
    return _Areas(keys["area_type"].to_pylist(), keys["area_code"].to_pylist(), members)


def _drawn(persons: pa.Table, atoms: pa.Table) -> NDArray[np.float64]:
    """Draws of one group, shape (atoms, draws); people who are not known are in none."""
    known = np.zeros(len(atoms))
    known[persons["atom_id"].to_numpy()] = np.nan_to_num(persons["persons"].to_numpy())
    joined = pc.binary_join_element_wise(atoms["buurt_code"], atoms["square_code"], " ").combine_chunks()
    blocks = joined.dictionary_encode()
    block = blocks.indices.to_numpy().astype(np.int64)
    return draw_persons(known, block, blocks.dictionary.to_pylist(), N_DRAWS, SEED)


def _without_a_place(walking: pa.Table, atoms: pa.Table) -> NDArray[np.float64]:
    """1 for every atom whose origin found no place within reach, else 0; shape (atoms,).

    For a home on no street none was looked for: it is not among them.
    """
    far = np.zeros(int(pc.max(atoms["origin_id"]).as_py()) + 1)
    none_found = pc.and_(pc.not_equal(walking["is_below_central"], "no"), walking["is_attached"])
    far[walking["origin_id"].to_numpy()] = none_found.to_numpy().astype(float)
    return np.asarray(far[atoms["origin_id"].to_numpy()], dtype=np.float64)


def _percentiles(areas: _Areas, drawn: NDArray[np.float64], far: NDArray[np.float64], key: tuple[str, str]) -> pa.Table:
    sums = (areas.members * far[None, :]) @ drawn
    low, high = np.quantile(sums, [0.05, 0.95], axis=1)
    n = len(areas.area_codes)
    columns = [areas.area_types, areas.area_codes, [key[0]] * n, [key[1]] * n, low, high]
    return pa.table([pa.array(one, c.type) for one, c in zip(columns, DRAWS.columns, strict=True)], schema=DRAWS.schema)
