"""Homes and who lives there: points to walk from, and the persons each stands for."""

import pyarrow as pa

from pipelines.contracts import Column, Contract
from pipelines.sources.contracts import X, Y

ORIGINS = Contract(
    "people/origins",
    grain="one point from which people walk",
    key=("origin_id",),
    columns=(
        Column("origin_id", pa.int64(), "number within one run, in the order of type and code", minimum=0),
        Column(
            "origin_type",
            pa.string(),
            "address, square (its centre), pc6 (its point); probe: the point of a pc6 without any other origin, which "
            "stands for no persons and answers for its postcode; unit: the point of an inhabited unit without any; "
            "cell: the centre of a small H3 cell, where an extent has no addresses, squares or pc6",
            values=("address", "square", "pc6", "probe", "unit", "cell"),
        ),
        Column("origin_code", pa.string(), "BAG identification, CBS square or postcode"),
        X,
        Y,
        Column("h3_cell", pa.uint64(), "H3 cell the point lies in"),
        Column("buurt_code", pa.string(), "buurt the point lies in; '' where no buurten were delivered"),
        Column("pc6", pa.string(), "postcode: the address's own, else the area the point lies in; '' none"),
        Column("pc4", pa.string(), "four figures of it, else the area the point lies in; '' outside the area"),
        Column("unit_code", pa.string(), "unit whose persons are shared over its origins; '' none (a probe)"),
        Column("prior", pa.float64(), "weight of the origin within its unit", minimum=0),
    ),
    may_be_empty=False,
)

PERSONS = Contract(
    "people/persons",
    grain="one origin, one population group",
    key=("origin_id", "population_group"),
    personal=True,
    columns=(
        Column("origin_id", pa.int64(), "origin of people/origins", minimum=0),
        Column("population_group", pa.string(), "all, or the oldest age band delivered"),
        Column("persons", pa.float64(), "persons (fractional); null: unknown", nullable=True, minimum=0),
        Column("reason_missing", pa.string(), "why persons is null; else ''", values=("", "masked", "ages_unknown")),
    ),
)
