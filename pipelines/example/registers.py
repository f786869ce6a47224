"""The address register of the example town (BAG), and the truth beside it: who really lives at each address."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipelines.example.cbs_files import Census
from pipelines.example.people import AGE_BANDS, OLDEST_BANDS, counts_per
from pipelines.example.vector_file import write_layer

_TOWN_NAMES = ("Voorbeeldstad", "Buurkamp")


def write_addresses(path: Path, census: Census) -> None:
    """Write layer `verblijfsobject`: every object with its purposes, status, floor area and full address."""
    objects = census.objects
    outside = census.parcels.buurt[objects.parcel] == len(census.codes.buurt) - 1
    fields = {
        "identificatie": objects.identification,
        "gebruiksdoel": objects.purpose,
        "oppervlakte": objects.area_m2,
        "status": objects.status,
        "openbare_ruimte_naam": objects.street,
        "huisnummer": objects.number,
        "huisletter": objects.letter,
        "toevoeging": objects.addition,
        "postcode": census.parcels.postcode[objects.parcel],
        "woonplaats_naam": np.where(outside, _TOWN_NAMES[1], _TOWN_NAMES[0]),
    }
    write_layer(path, "verblijfsobject", np.asarray(shapely.points(objects.at)), fields)


def write_true_people(path: Path, census: Census) -> None:
    """Write the true persons per home, all and by age, with the areas it lies in; one row per home."""
    objects, people = census.objects, census.people
    length = len(objects.parcel)
    bands = {**AGE_BANDS, **OLDEST_BANDS}
    counts = {f"persons_{name}": counts_per(people.address, length, people, band) for name, band in bands.items()}
    buurt = census.parcels.buurt[objects.parcel]
    columns = {
        "identificatie": objects.identification,
        "buurtcode": census.codes.buurt[buurt],
        "gemeentecode": census.codes.gemeente[buurt],
        "postcode6": census.parcels.postcode[objects.parcel],
        "x_m": objects.at[:, 0],
        "y_m": objects.at[:, 1],
        "persons": counts_per(people.address, length, people),
        **counts,
    }
    home = objects.is_home
    table = pa.table({name: pa.array(values[home].tolist()) for name, values in columns.items()})
    pq.write_table(table, path, compression="zstd")
