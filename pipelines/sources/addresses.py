"""BAG addresses: the dwellings in use, as points to walk from."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from pipelines.errors import SourceError
from pipelines.sources.area_file import AddressDelivery
from pipelines.sources.cbs import BUFFER_M, Municipality
from pipelines.sources.contracts import ADDRESSES
from pipelines.sources.vector import Remark, near, read_layer

_IN_USE = ("Verblijfsobject in gebruik", "Verblijfsobject in gebruik (niet ingemeten)", "Verbouwing verblijfsobject")


def read_addresses(
    delivery: AddressDelivery, raw: Path, municipality: Municipality
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Residential addresses in use within 1,300 m of the municipality.

    Returns
    -------
    tuple of pyarrow.Table and remarks
        Table by `sources/addresses`; how many objects are no dwelling, or not in use.

    Raises
    ------
    SourceError
        When no dwelling is left, or two share one identification.
    """
    delivered = read_layer(delivery, raw, default_layer="verblijfsobject")
    layer = near(delivered, municipality.outline, BUFFER_M, may_be_none=False)
    purpose = layer.column("gebruiksdoel").astype(str)
    dwelling = np.char.find(purpose.astype(np.str_), "woonfunctie") >= 0
    in_use = np.isin(layer.column("status").astype(str), _IN_USE)
    remarks = _remarks(layer.source, ~dwelling, dwelling & ~in_use)
    layer = layer.keep(dwelling & in_use, remarks)
    codes = layer.column("identificatie").astype(str)
    if not len(codes):
        raise SourceError(
            f"{layer.source}: holds no dwelling in use near the area. Deliver the BAG of this municipality."
        )
    if len(np.unique(codes)) < len(codes):
        raise SourceError(f"{layer.source}: column 'identificatie' repeats. Deliver each verblijfsobject once.")
    postcodes = ["" if p is None else str(p).replace(" ", "") for p in layer.column("postcode")]
    points = shapely.centroid(layer.geometry)
    columns = [codes.tolist(), postcodes, shapely.get_x(points), shapely.get_y(points)]
    return pa.table(columns, schema=ADDRESSES.schema), layer.remarks


def _remarks(source: str, no_dwelling: np.ndarray, not_in_use: np.ndarray) -> tuple[Remark, ...]:
    counts = {"no dwelling": int(no_dwelling.sum()), "dwelling not in use": int(not_in_use.sum())}
    return tuple(Remark(source, problem, "set_aside", rows) for problem, rows in counts.items() if rows)
