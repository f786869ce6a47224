"""What the readers of CBS deliveries hand over: areas, counts and squares as tables, and where the area lies."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import Floats, PyObjects, Strings
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS, SQUARES
from pipelines.sources.delivery import Delivery
from pipelines.sources.licences import may_publish_geometry
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer

BUFFER_M = 1_300.0


@dataclass(frozen=True)
class Municipality:
    """Where the area lies: its buurten (RD) as delivered, None where only an extent is given, and its outline."""

    buurten: Layer | None
    outline: shapely.Geometry


@dataclass(frozen=True)
class Statistics:
    """Areas and people of one municipality, as tables of the contracts in `sources/contracts.py`."""

    areas: pa.Table = field(default_factory=AREAS.schema.empty_table)
    people_counts: pa.Table = field(default_factory=PEOPLE_COUNTS.schema.empty_table)
    squares: pa.Table = field(default_factory=SQUARES.schema.empty_table)
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Identity:
    """Codes, names, parents' codes and shares inside of areas; arrays (n,); without shares all are wholly inside."""

    codes: Strings | PyObjects
    names: PyObjects
    parents: PyObjects
    shares: Floats | None = None


def areas_table(area_type: str, areas: Identity, geometry: PyObjects, delivery: Delivery) -> pa.Table:
    """Areas of one type, as `sources/areas`; `geometry` (n,) in RD. An area without a name is called by its code."""
    codes, names, parents = areas.codes, areas.names, areas.parents
    publish = may_publish_geometry(delivery.licence)
    columns = [
        pa.array([area_type] * len(codes), pa.string()),
        pa.array(codes.astype(str).tolist(), pa.string()),
        pa.array([str(n) if n is not None else str(c) for n, c in zip(names, codes, strict=True)], pa.string()),
        pa.array(parents.astype(str).tolist(), pa.string()),
        pa.array([publish] * len(codes), pa.bool_()),
        pa.array(areas.shares if areas.shares is not None else np.ones(len(codes)), pa.float64()),
        pa.array(shapely.to_wkb(shapely.normalize(geometry)), pa.binary()),
    ]
    return pa.table(columns, schema=AREAS.schema)
