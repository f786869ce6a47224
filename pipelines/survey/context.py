"""What CBS tells of areas that may help to estimate a small one: who live there, and which areas lie side by side.

Here are the covariates and neighbours of a model, from counts and borders of CBS alone. What a model may not contain,
and why, is told by `small_areas.require_context`: nothing of how far places are, with which the result is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from scipy import sparse

from pipelines.arrays import Floats

# Share of a group in all of its kind: the covariate, its group, and the groups that make up the whole.
_AGES = ("0_14", "15_24", "25_44", "45_64", "65plus")
COVARIATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "share_65plus": ("65plus", _AGES),
    "share_0_14": ("0_14", _AGES),
    "share_one_person": ("hh_single", ("households",)),
}
# Borders of one vintage meet within a metre.
_TOUCH_M = 1.0


@dataclass(frozen=True)
class Context:
    """Of areas in the order asked for: covariates (areas, names), inhabitants (areas,); NaN where CBS tells neither."""

    names: tuple[str, ...]
    covariates: Floats
    population: Floats


def context_of(people_counts: pa.Table, area_type: str, codes: Sequence[str]) -> Context:
    """Take the covariates of areas from the counts of CBS.

    Parameters
    ----------
    people_counts
        `sources/people_counts`.
    area_type
        Kind of unit, e.g. buurt.
    codes
        Codes of the areas.

    Returns
    -------
    Context
        Shares in [0, 1]; NaN where CBS hides or does not deliver a number that it needs.
    """
    of_type = people_counts.filter(pc.field("unit_type") == area_type)
    persons = {
        (code, group): value
        for code, group, value in zip(
            *(of_type[name].to_pylist() for name in ("unit_code", "population_group", "persons")), strict=True
        )
        if value is not None
    }

    def counts(group: str) -> Floats:
        return np.array([persons.get((code, group), np.nan) for code in codes], dtype=np.float64)

    shares = [
        _ratio(counts(part), np.sum([counts(one) for one in whole], axis=0)) for part, whole in COVARIATES.values()
    ]
    stacked = np.column_stack(shares) if codes else np.empty((0, len(COVARIATES)))
    return Context(tuple(COVARIATES), stacked, counts("all"))


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.full(len(part), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return np.minimum(ratio, 1.0)


def neighbours(areas: pa.Table, area_type: str, codes: Sequence[str]) -> sparse.csr_array:
    """Tell which areas touch, at a border or a corner, each row summing to one.

    Parameters
    ----------
    areas
        `sources/areas`.
    area_type
        Kind of area, e.g. buurt.
    codes
        Codes of the areas, each among `areas`.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (areas, areas): weights of the neighbours of each row; a row of noughts for an area without any.
    """
    of_type = areas.filter(pc.field("area_type") == area_type)
    shapes = dict(zip(of_type["area_code"].to_pylist(), of_type["geometry"].to_pylist(), strict=True))
    polygons = shapely.from_wkb(np.array([shapes[code] for code in codes], dtype=object))
    one, other = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=_TOUCH_M)
    apart = one != other
    touching = sparse.csr_array((np.ones(apart.sum()), (one[apart], other[apart])), shape=(len(codes), len(codes)))
    count = np.asarray(touching.sum(axis=1)).ravel()
    share = np.divide(1.0, count, out=np.zeros(len(codes)), where=count > 0)
    return sparse.csr_array(sparse.diags_array(share) @ touching)
