"""The lists the municipality of the example town keeps itself: places, and what residents and professionals said."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.arrays import Floats, Ints, Strings
from pipelines.example.homes import Objects
from pipelines.example.parcels import GEMEENTE_NAMES, AreaCodes, Parcels
from pipelines.example.places import Site, block_centre, facade_points, floor_area_m2
from pipelines.example.plan import Plan
from pipelines.example.streets import StreetPlan
from pipelines.example.vector_file import write_list
from pipelines.example.words import Words

_EDUCATION = "onderwijsfunctie"
_INDOORS = "Buurthuis"
_ON_BLOCK_SHIFT_M = np.array([7.0, -8.0])
_TWICE_LISTED = {"amenity=community_centre": "Buurthuis", "leisure=playground": "Speelplek"}
_TWICE_EVERY = 4
_TWICE_SHIFT_M = 8.0
# Of its own halls the municipality keeps floor area (m2) and whether wheelchairs come in; of a few nothing.
_OWN_HALLS = ((180.0, "ja"), (240.0, "beperkt"), (310.0, "nee"), (None, ""), (95.0, "ja"))
_IN_DUTCH = {"yes": "ja", "limited": "beperkt", "no": "nee"}


@dataclass(frozen=True)
class Listed:
    """One row of the municipal list of places; `osm_name` is set when OSM holds the same place.

    `wheelchair` (ja, beperkt, nee; '' not known) and the floor area are kept of halls only.
    """

    name: str
    kind: str
    at: Floats
    osm_name: str = ""
    area_m2: float | None = None
    wheelchair: str = ""


@dataclass(frozen=True)
class Schools:
    """The addresses of the town, and which of them (row, name) are schools; `postcode` and `buurt` (n,) of all."""

    objects: Objects
    postcode: Strings
    buurt: Ints
    of_object: tuple[tuple[int, str], ...]


def list_schools(objects: Objects, parcels: Parcels, sites: tuple[Site, ...]) -> Schools:
    """Find the address of every school: the one on its parcel with education as its purpose."""
    names = {site.parcel: site.name for site in sites if site.tag == "amenity=school"}
    rows = np.flatnonzero(objects.purpose == _EDUCATION).tolist()
    found = tuple((row, names[int(objects.parcel[row])]) for row in rows)
    return Schools(objects, parcels.postcode[objects.parcel], parcels.buurt[objects.parcel], found)


def list_places(
    streets: StreetPlan, parcels: Parcels, sites: tuple[Site, ...], rng: np.random.Generator
) -> tuple[Listed, ...]:
    """List places that OSM does not know; in a large town a quarter of its halls and playgrounds are listed too."""
    own = _own_places(streets, parcels, sites, rng)
    return (*own, *_twice_listed(sites, rng)) if streets.plan.size.wijken_x > 1 else own


def _own_places(
    streets: StreetPlan, parcels: Parcels, sites: tuple[Site, ...], rng: np.random.Generator
) -> tuple[Listed, ...]:
    """Choose blocks of homes without any place of OSM, so that nothing is in both lists by chance."""
    plan = streets.plan
    free = (plan.use[parcels.column, parcels.row] == "homes") & (parcels.half == 0)
    free[[site.parcel - int(parcels.half[site.parcel]) for site in sites]] = False
    listed: list[Listed] = []
    for buurt, kind in enumerate(streets.kinds[:-1]):
        kinds = [name for name, count in kind.listed.items() for _ in range(count)]
        here = rng.permutation(np.flatnonzero(free & (parcels.buurt == buurt))).tolist()
        for name, parcel in zip(kinds, here, strict=False):
            title = streets.words.place_names[len(listed) % len(streets.words.place_names)]
            number = sum(place.kind == _INDOORS for place in listed)
            area_m2, wheelchair = _OWN_HALLS[number % len(_OWN_HALLS)] if name == _INDOORS else (None, "")
            at = _point(plan, parcels, parcel, name)
            listed.append(Listed(f"{name} {title}", name, at, area_m2=area_m2, wheelchair=wheelchair))
    return tuple(listed)


def _point(plan: Plan, parcels: Parcels, parcel: int, kind: str) -> Floats:
    if kind == _INDOORS:
        doors = facade_points(plan, parcels, np.array([parcel]), np.array([0.45]))
        return np.asarray(doors[0], dtype=np.float64)
    centre = block_centre(plan, int(parcels.column[parcel]), int(parcels.row[parcel]))
    return np.asarray(centre + _ON_BLOCK_SHIFT_M, dtype=np.float64)


def _twice_listed(sites: tuple[Site, ...], rng: np.random.Generator) -> tuple[Listed, ...]:
    chosen = [site for site in sites if site.tag in _TWICE_LISTED][::_TWICE_EVERY]
    shifts = rng.uniform(-_TWICE_SHIFT_M, _TWICE_SHIFT_M, (len(chosen), 2))
    return tuple(
        Listed(
            site.name.upper(),
            _TWICE_LISTED[site.tag],
            site.at + shift,
            site.name,
            area_m2=floor_area_m2(site),
            wheelchair=_IN_DUTCH.get(site.door.get("wheelchair", ""), ""),
        )
        for site, shift in zip(chosen, shifts, strict=True)
    )


def write_places(path: Path, listed: tuple[Listed, ...]) -> None:
    """Write `plekken.csv`: number, name, kind, RD coordinates with decimal commas, floor area, wheelchairs."""
    columns = ("nummer", "naam", "soort", "x", "y", "oppervlakte", "rolstoel")
    rows = (
        (
            f"P{number:03d}",
            place.name,
            place.kind,
            round(float(place.at[0]), 1),
            round(float(place.at[1]), 1),
            place.area_m2,
            place.wheelchair,
        )
        for number, place in enumerate(listed, start=1)
    )
    write_list(path, columns, rows)


def write_twice_listed(path: Path, listed: tuple[Listed, ...]) -> None:
    """Write which rows of the list OSM holds too: their number, and the name they have there."""
    rows = [(f"P{n:03d}", place.osm_name) for n, place in enumerate(listed, start=1) if place.osm_name]
    write_list(path, ("nummer", "osm_naam"), rows)


def write_duo(path: Path, schools: Schools, codes: AreaCodes) -> None:
    """Write `duo_vestigingen.csv`: the schools as DUO lists them, by address and in Windows-1252, in DUO's columns."""
    columns = (
        "PROVINCIE", "BEVOEGD GEZAG NUMMER", "INSTELLINGSCODE", "VESTIGINGSCODE", "VESTIGINGSNAAM", "STRAATNAAM",
        "HUISNUMMER-TOEVOEGING", "POSTCODE", "PLAATSNAAM", "GEMEENTENUMMER", "GEMEENTENAAM", "DENOMINATIE",
    )  # fmt: skip
    rows = []
    for order, (row, name) in enumerate(schools.of_object):
        objects, gemeente = schools.objects, str(codes.gemeente[schools.buurt[row]])
        postcode = str(schools.postcode[row])
        brin = f"{99 - order // 26 % 10}{chr(65 + order % 26)}{chr(90 - order // 260)}"
        rows.append(
            (
                "Verzonnen",
                99000 + order,
                brin,
                f"{brin}00",
                name.upper(),
                objects.street[row],
                f"{objects.number[row]}-{objects.letter[row]}",
                f"{postcode[:4]} {postcode[4:]}",
                GEMEENTE_NAMES[gemeente].upper(),
                gemeente.removeprefix("GM"),
                GEMEENTE_NAMES[gemeente],
                "Openbaar",
            )
        )
    write_list(path, columns, rows, encoding="cp1252")


def write_inventory(path: Path, words: Words, plan: Plan, codes: AreaCodes) -> None:
    """Write `inventaris.csv`: quotes by role, never by name, each about the first buurt of its kind."""
    columns = ("nummer", "datum", "buurtcode", "onderwerp", "gezegd_door", "citaat", "toestemming")
    rows = (
        (
            f"I{number:03d}",
            quote.datum,
            str(codes.buurt[plan.kinds.index(quote.kind)]) if quote.kind else "",
            quote.onderwerp,
            quote.gezegd_door,
            quote.citaat,
            quote.toestemming,
        )
        for number, quote in enumerate(words.inventory, start=1)
    )
    write_list(path, columns, rows)
