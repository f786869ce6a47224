"""Homes and who lives there: points to walk from, the parts of areas each stands for, and the persons in each part."""

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
        Column(
            "is_beyond",
            pa.bool_(),
            "lies beyond the border: its people are reckoned with where they share a place, and never published",
        ),
    ),
    may_be_empty=False,
)

ATOMS = Contract(
    "people/atoms",
    grain="one origin within one buurt and one PC6: the smallest part of an area that people are given to",
    key=("atom_id",),
    # `prior` follows from counts that may not be public.
    personal=True,
    columns=(
        Column("atom_id", pa.int64(), "number within one run, in the order of origin, buurt and PC6", minimum=0),
        Column("origin_id", pa.int64(), "origin of people/origins", minimum=0),
        Column("buurt_code", pa.string(), "buurt; '' where none were delivered, or beyond the border"),
        Column("pc6", pa.string(), "postcode: the address's own, else the area; '' none, or beyond the border"),
        Column("pc4", pa.string(), "four figures of it, else the area of the point; '' outside the area"),
        Column("square_code", pa.string(), "CBS square of 100 m the origin lies in"),
        Column("square500_code", pa.string(), "CBS square of 500 m the origin lies in"),
        Column(
            "weight",
            pa.float64(),
            "share of the origin: of a square by how much of each postcode lies in it, of a postcode by its house "
            "numbers where these are known, else by surface; the weights of an origin sum to one",
            minimum=0,
            maximum=1,
        ),
        Column("is_at_point", pa.bool_(), "the point of the origin itself lies in this PC6"),
        Column("is_institution", pa.bool_(), "a care home or the like: its people form no private households"),
        Column("prior", pa.float64(), "how many persons are likely here, before counts; 0: nobody", minimum=0),
    ),
    may_be_empty=False,
)

PERSONS_REASONS = ("", "masked", "ages_unknown")
QUALITY_REASONS = ("", "age_other_vintage", "counts_contradict")

PERSONS = Contract(
    "people/persons",
    grain="one atom, one population group",
    key=("atom_id", "population_group"),
    personal=True,
    columns=(
        Column("atom_id", pa.int64(), "atom of people/atoms", minimum=0),
        Column("origin_id", pa.int64(), "origin of people/origins", minimum=0),
        Column("population_group", pa.string(), "all, or a group of `people/need_groups.yaml`"),
        Column(
            "persons",
            pa.float64(),
            "persons (fractional), of groups hh_... households; null: unknown",
            nullable=True,
            minimum=0,
        ),
        Column(
            "highest",
            pa.float64(),
            "most there can be where persons is null; null: not known",
            nullable=True,
            minimum=0,
        ),
        Column("quality_reason", pa.string(), "why caution is due; else ''", values=QUALITY_REASONS),
        Column("reason_missing", pa.string(), "why persons is null; else ''", values=PERSONS_REASONS),
    ),
)
