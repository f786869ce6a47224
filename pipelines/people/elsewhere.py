"""Homes that lie elsewhere than the postcode they bear: its borders are of another year, or were shifted.

A postcode is laid over the area by its borders, and people by the postcodes of their homes.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import shapely

from pipelines.people.origins import polygons_of
from pipelines.sources.area_file import AreaFile
from pipelines.sources.remarks import Remark

# How many signs of a full postcode each kind has.
_SIGNS = {"pc4": 4, "pc6": 6}
# Borders of postcodes are drawn around the homes in them, so that few lie out of theirs; borders shifted by a street
# leave most of them out.
_OUT_FROM_M = 10.0
_TOLD_SHARE = 0.05


def homes_elsewhere(area: AreaFile, addresses: pa.Table, areas: pa.Table) -> tuple[Remark, ...]:
    """Tell how many homes lie out of the postcode they bear, of each kind of postcode.

    Parameters
    ----------
    area
        What was delivered.
    addresses
        `sources/addresses`.
    areas
        `sources/areas`.

    Returns
    -------
    tuple of Remark
        Empty where it is few.
    """
    return tuple(remark for kind in _SIGNS for remark in _told(area, kind, addresses, areas))


def _told(area: AreaFile, kind: str, addresses: pa.Table, areas: pa.Table) -> Iterator[Remark]:
    polygons = polygons_of(areas, kind)
    place = {code: row for row, code in enumerate(polygons.codes.tolist())}
    rows = np.array([place.get(code[: _SIGNS[kind]], -1) for code in addresses["pc6"].to_pylist()], dtype=np.int64)
    borne = rows >= 0
    points = shapely.points(addresses["x_m"].to_numpy()[borne], addresses["y_m"].to_numpy()[borne])
    out = shapely.distance(polygons.geometry[rows[borne]], points) > _OUT_FROM_M
    if out.sum() > _TOLD_SHARE * len(out):
        paths = " and ".join(one.path for role in (kind, "addresses") for one in area.sources.of(role)[:1])
        problem = (
            f"{out.sum():,} of {len(out):,} homes lie more than {_OUT_FROM_M:.0f} m out of the {kind} they bear: its "
            "borders seem to be of another year, or in another coordinate system"
        )
        yield Remark(paths, problem, "noted", int(out.sum()))
