"""CBS deliveries of the example town: wijken and buurten, PC4, PC6 and 100 m squares, rounded and masked as CBS does.

Column names are those of the vintage 2024. The true counts come from `people`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from pipelines.arrays import Flags, Floats, Ints, PyObjects, Strings
from pipelines.example.homes import Objects
from pipelines.example.parcels import GEMEENTE, GEMEENTE_NAMES, AreaCodes, Parcels, dissolved, outline
from pipelines.example.people import AGE_BANDS, People, counts_per
from pipelines.example.vector_file import Fields, write_layer

MASKED = -99_997
ROUNDED_TO = 5
PERCENTAGES_FROM = 50
SQUARE_M = 100
_AGE_WORDS = {
    "0_14": "0_tot_15_jaar", "15_24": "15_tot_25_jaar", "25_44": "25_tot_45_jaar", "45_64": "45_tot_65_jaar",
    "65plus": "65_jaar_en_ouder",
}  # fmt: skip
_CLASSES_OF_DENSITY = (2500, 1500, 1000, 500)
_ADDRESSES_AROUND_M = 1000.0
_LAKE_M = 300.0
_PAIR = 2


@dataclass(frozen=True)
class Census:
    """Who lives where: everything a CBS figure is counted from."""

    parcels: Parcels
    codes: AreaCodes
    objects: Objects
    people: People


def rounded(counts: Ints) -> Ints:
    """Counts to the nearest multiple of five, halves upwards."""
    return np.asarray((counts + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO, dtype=np.int64)


def masked(counts: Ints) -> Ints:
    """Counts to the nearest five, and the mask code where fewer than five."""
    return np.where(counts < ROUNDED_TO, MASKED, rounded(counts)).astype(np.int64)


def write_neighbourhoods(path: Path, census: Census) -> None:
    """Write layers `gemeenten`, `wijken` and `buurten`, with a lake (water) beside the land of the town."""
    codes = census.codes
    of_parcel = census.parcels.buurt
    levels = {"gemeenten": codes.gemeente, "wijken": codes.wijk, "buurten": codes.buurt}
    for layer, labels in levels.items():
        unique, geometry = dissolved(census.parcels.polygons, labels[of_parcel])
        identity = _identity(layer, unique, codes)
        figures = _figures(census, np.searchsorted(unique, labels[of_parcel]), geometry)
        fields = {name: _with_lake(name, values) for name, values in {**identity, **figures}.items()}
        water = np.array([*["NEE"] * len(unique), "JA"])
        write_layer(path, layer, np.concatenate([geometry, _lake_polygon(census.parcels)]), {**fields, "water": water})


def _identity(layer: str, unique: Strings, codes: AreaCodes) -> dict[str, Strings]:
    labels = {"gemeenten": codes.gemeente, "wijken": codes.wijk, "buurten": codes.buurt}[layer]
    first = np.array([int(np.flatnonzero(labels == label)[0]) for label in unique])
    gemeente = codes.gemeente[first]
    names = {"gemeentecode": gemeente, "gemeentenaam": np.array([GEMEENTE_NAMES[code] for code in gemeente.tolist()])}
    if layer == "gemeenten":
        return names
    wijk = {"wijkcode": codes.wijk[first], "wijknaam": codes.wijk_name[first]}
    if layer == "wijken":
        return {**wijk, **names}
    return {"buurtcode": codes.buurt[first], "buurtnaam": codes.buurt_name[first], **wijk, **names}


_LAKE = {
    "buurtcode": "BU99999997", "buurtnaam": "Verzonnen Plas", "wijkcode": "WK999999", "wijknaam": "Verzonnen Plas",
    "gemeentecode": GEMEENTE, "gemeentenaam": GEMEENTE_NAMES[GEMEENTE],
}  # fmt: skip


def _with_lake(name: str, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Add the row of the water: the codes CBS gives it, and mask codes for figures."""
    last: str | int = _LAKE.get(name, MASKED)
    return np.append(values, np.array([last], dtype=None if values.dtype.kind == "U" else values.dtype))


def _lake_polygon(parcels: Parcels) -> PyObjects:
    west, south, east, _ = outline(parcels)
    return np.array([shapely.box(west, south - 2 * _LAKE_M, east, south - _LAKE_M)], dtype=object)


def _figures(census: Census, of_parcel: Ints, geometry: PyObjects) -> dict[str, NDArray[np.generic]]:
    """Key figures per area; `of_parcel` (parcels,) is the index of the area each half block lies in."""
    length = len(geometry)
    people = census.people
    of_person = of_parcel[census.objects.parcel[people.address]]
    total = counts_per(of_person, length, people)
    men = np.bincount(of_person[people.is_man], minlength=length).astype(np.int64)
    shares = {
        f"percentage_personen_{_AGE_WORDS[band]}": _percentage(counts_per(of_person, length, people, ages), total)
        for band, ages in AGE_BANDS.items()
    }
    return {
        "stedelijkheid_adressen_per_km2": _urbanity(_density(census, of_parcel, length)),
        "omgevingsadressendichtheid": _density(census, of_parcel, length),
        "aantal_inwoners": rounded(total),
        "mannen": rounded(men),
        "vrouwen": rounded(total - men),
        **shares,
        **_households(census, of_parcel, length),
    }


def _percentage(part: Ints, whole: Ints) -> Ints:
    """Whole percentages; masked where fewer than fifty are counted."""
    share = np.floor(100 * part / np.maximum(whole, 1) + 1 / 2).astype(np.int64)
    return np.where(whole < PERCENTAGES_FROM, MASKED, share).astype(np.int64)


def _households(census: Census, of_parcel: Ints, length: int) -> dict[str, NDArray[np.generic]]:
    size, child = _household_sizes(census)
    lived_in = size > 0
    area = of_parcel[census.objects.parcel][lived_in]
    size, child = size[lived_in], child[lived_in]
    count = np.bincount(area, minlength=length).astype(np.int64)
    persons = np.bincount(area, weights=size, minlength=length)
    mean = np.where(count < ROUNDED_TO, float(MASKED), np.round(persons / np.maximum(count, 1), 1))
    kinds = {
        "percentage_eenpersoonshuishoudens": size == 1,
        "percentage_huishoudens_zonder_kinderen": (size > 1) & ~child,
        "percentage_huishoudens_met_kinderen": child,
    }
    shares = {
        name: _percentage(np.bincount(area[of_kind], minlength=length).astype(np.int64), count)
        for name, of_kind in kinds.items()
    }
    return {"aantal_huishoudens": rounded(count), **shares, "gemiddelde_huishoudsgrootte": mean}


def _household_sizes(census: Census) -> tuple[Ints, Flags]:
    """Persons per ordinary household (objects,), and whether a child under 18 is one of them."""
    people, length = census.people, len(census.objects.parcel)
    ordinary = people.address[people.in_household]
    children = people.address[people.in_household & (people.age < AGE_BANDS["15_24"][0] + 3)]
    size = np.bincount(ordinary, minlength=length).astype(np.int64)
    return size, (np.bincount(children, minlength=length) > 0) & (size >= _PAIR)


def _density(census: Census, of_parcel: Ints, length: int) -> Ints:
    """Addresses per square kilometre within a kilometre, averaged over the addresses of each area."""
    at = census.objects.at
    cells, inverse, count = np.unique(np.floor(at / SQUARE_M), axis=0, return_inverse=True, return_counts=True)
    near = np.linalg.norm(cells[:, None] - cells[None], axis=-1) * SQUARE_M <= _ADDRESSES_AROUND_M
    around = (near @ count) / (np.pi * (_ADDRESSES_AROUND_M / 1000) ** 2)
    area = of_parcel[census.objects.parcel]
    total = np.bincount(area, weights=around[inverse.ravel()], minlength=length)
    return np.round(total / np.maximum(np.bincount(area, minlength=length), 1)).astype(np.int64)


def _urbanity(density: Ints) -> Ints:
    """Class 1 (very strongly urban) to 5, by addresses per square kilometre."""
    return np.asarray(1 + sum((density < limit).astype(np.int64) for limit in _CLASSES_OF_DENSITY), dtype=np.int64)


def write_postcodes(pc4_path: Path, pc6_path: Path, census: Census, year: int) -> None:
    """Write PC4 and PC6 areas; a PC6 is delivered only where the BAG has an address."""
    postcode = census.parcels.postcode
    pc4 = np.array([code[:4] for code in postcode.tolist()])
    unique, geometry = dissolved(census.parcels.polygons, pc4)
    fields = _counts(census, np.searchsorted(unique, pc4[census.objects.parcel]), len(unique))
    write_layer(pc4_path, f"cbs_pc4_{year}", geometry, {"postcode": unique.astype(np.int64), **fields})
    unique, geometry = dissolved(census.parcels.polygons, postcode)
    fields = _counts(census, np.searchsorted(unique, postcode[census.objects.parcel]), len(unique))
    used = np.isin(unique, postcode[census.objects.parcel])
    kept = {name: values[used] for name, values in fields.items()}
    write_layer(pc6_path, f"cbs_pc6_{year}", geometry[used], {"postcode6": unique[used], **kept})


def _counts(census: Census, of_object: Ints, length: int) -> dict[str, NDArray[np.generic]]:
    """Inhabitants, ages and households per area, masked; `of_object` (objects,) is the area of each address."""
    people = census.people
    of_person = of_object[people.address]
    ages = {
        f"aantal_inwoners_{_AGE_WORDS[band]}": masked(counts_per(of_person, length, people, within))
        for band, within in AGE_BANDS.items()
    }
    size, _ = _household_sizes(census)
    households = np.bincount(of_object[size > 0], minlength=length).astype(np.int64)
    persons = np.bincount(of_object, weights=size, minlength=length)
    mean = np.where(households < ROUNDED_TO, float(MASKED), np.round(persons / np.maximum(households, 1), 1))
    return {
        "aantal_inwoners": masked(counts_per(of_person, length, people)),
        **ages,
        "aantal_part_huishoudens": masked(households),
        "gemiddelde_huishoudensgrootte": mean,
    }


def write_squares(path: Path, census: Census, year: int) -> None:
    """Write the squares of 100 m that hold at least five inhabitants or five dwellings."""
    corner, of_object = np.unique(np.floor(census.objects.at / SQUARE_M).astype(np.int64), axis=0, return_inverse=True)
    of_object = of_object.ravel().astype(np.int64)
    counts = _counts(census, of_object, len(corner))
    homes = np.bincount(of_object[census.objects.is_home], minlength=len(corner)).astype(np.int64)
    fields: Fields = {
        "crs28992res100m": np.array([f"E{east:04d}N{north:04d}" for east, north in corner.tolist()]),
        **{name: values for name, values in counts.items() if name != "aantal_part_huishoudens"},
        "aantal_woningen": masked(homes),
    }
    shown = (np.asarray(counts["aantal_inwoners"]) != MASKED) | (masked(homes) != MASKED)
    write_layer(path, f"cbs_vk100_{year}", _boxes(corner * SQUARE_M)[shown], {n: v[shown] for n, v in fields.items()})


def _boxes(corner: Ints) -> PyObjects:
    low: Floats = corner.astype(np.float64)
    return np.asarray(shapely.box(low[:, 0], low[:, 1], low[:, 0] + SQUARE_M, low[:, 1] + SQUARE_M))
