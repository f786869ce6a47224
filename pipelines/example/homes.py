"""Addresses of the example town as the BAG registers them: homes, shops, schools, works, each with street and number.

Who lives at an address is for `people`; the file itself is written in `registers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Flags, Floats, Ints, Strings
from pipelines.example.parcels import Parcels
from pipelines.example.places import Site, facade_points
from pipelines.example.streets import StreetPlan
from pipelines.example.words import street_name

HOME, CARE_HOME = "woonfunctie", "woonfunctie,gezondheidszorgfunctie"
IN_USE, NOT_YET_USED = "Verblijfsobject in gebruik", "Verblijfsobject gevormd"
_PURPOSES: Mapping[str, str] = {
    "shop=supermarket": "winkelfunctie",
    "shop=bakery": "woonfunctie,winkelfunctie",
    "shop=butcher": "winkelfunctie",
    "shop=greengrocer": "winkelfunctie",
    "shop=convenience": "winkelfunctie",
    "amenity=cafe": "bijeenkomstfunctie",
    "amenity=pub": "bijeenkomstfunctie",
    "amenity=restaurant": "bijeenkomstfunctie",
    "amenity=community_centre": "bijeenkomstfunctie",
    "amenity=school": "onderwijsfunctie",
    "amenity=social_facility": CARE_HOME,
    "leisure=fitness_centre": "sportfunctie",
    "leisure=sports_centre": "bijeenkomstfunctie,sportfunctie",
}
_WORKS = ("industriefunctie", "kantoorfunctie")
_HOME_AREA_M2, _HOME_AREA_SPREAD_M2, _LEAST_AREA_M2 = 95.0, 30.0, 24.0
_OTHER_AREA_M2 = 420
_NOT_YET_USED_SHARE = 0.004
_MORE_OR_LESS = 2
_STRETCHES_PER_NAME = 6


@dataclass(frozen=True)
class Objects:
    """BAG objects (verblijfsobjecten): arrays (n,), in the order of their identification.

    `parcel` is an index into the parcels; `purpose` the gebruiksdoelen, comma separated; `number`, `letter` and
    `addition` the house number.
    """

    identification: Strings
    parcel: Ints
    at: Floats
    purpose: Strings
    status: Strings
    area_m2: Ints
    street: Strings
    number: Ints
    letter: Strings
    addition: Strings

    @property
    def is_home(self) -> Flags:
        """Whether people may live there."""
        return np.asarray(np.char.find(self.purpose, HOME) >= 0)


@dataclass(frozen=True)
class _Spots:
    parcel: Ints
    along: Floats
    floor: Ints
    purpose: Strings


def build_objects(streets: StreetPlan, parcels: Parcels, sites: tuple[Site, ...], rng: np.random.Generator) -> Objects:
    """Build homes and works along every street, and give each site that needs one an address."""
    spots = _joined(_homes(streets, parcels, rng), _works(streets, parcels), _of_sites(sites))
    order = np.lexsort((spots.floor, spots.along, parcels.column[spots.parcel], *_street_side(parcels, spots)[::-1]))
    spots = _Spots(spots.parcel[order], spots.along[order], spots.floor[order], spots.purpose[order])
    count = len(order)
    home = np.char.find(spots.purpose, HOME) >= 0
    area = np.maximum(rng.normal(_HOME_AREA_M2, _HOME_AREA_SPREAD_M2, count), _LEAST_AREA_M2)
    at = facade_points(streets.plan, parcels, spots.parcel, spots.along)
    new = (rng.random(count) < _NOT_YET_USED_SHARE) | _on_building_sites(streets, parcels, spots, at)
    return Objects(
        identification=_identifications(streets, parcels, spots),
        parcel=spots.parcel,
        at=at,
        purpose=spots.purpose,
        status=np.where(new & (spots.purpose == HOME), NOT_YET_USED, IN_USE),
        area_m2=np.where(spots.purpose == HOME, np.round(area), _OTHER_AREA_M2).astype(np.int64),
        street=_streets(streets, parcels, spots),
        number=_numbers(parcels, spots),
        letter=np.where(home, "", "A"),
        addition=np.where(spots.floor > 0, np.char.mod("%d", spots.floor), ""),
    )


def _on_building_sites(streets: StreetPlan, parcels: Parcels, spots: _Spots, at: Floats) -> Flags:
    """Which points (n, 2) lie within the building site in the middle of their buurt, where there is one."""
    buurt = parcels.buurt[spots.parcel]
    count = np.maximum(np.bincount(buurt, minlength=len(streets.kinds)), 1)
    middle = np.column_stack([np.bincount(buurt, at[:, axis], len(streets.kinds)) / count for axis in (0, 1)])
    radius_m = np.array([kind.building_site_m for kind in streets.kinds])[buurt]
    return np.asarray(np.linalg.norm(at - middle[buurt], axis=1) < radius_m)


def _joined(*parts: _Spots) -> _Spots:
    return _Spots(
        np.concatenate([part.parcel for part in parts]),
        np.concatenate([part.along for part in parts]),
        np.concatenate([part.floor for part in parts]),
        np.concatenate([part.purpose for part in parts]),
    )


def _homes(streets: StreetPlan, parcels: Parcels, rng: np.random.Generator) -> _Spots:
    """Rows of houses, or homes stacked on one spot, along every half block of homes."""
    kinds = streets.kinds
    per_side = np.array([kind.homes_per_side for kind in kinds])[parcels.buurt]
    storeys = np.array([kind.storeys for kind in kinds])[parcels.buurt]
    more = rng.integers(-_MORE_OR_LESS, _MORE_OR_LESS + 1, len(per_side))
    count = np.where(per_side > _MORE_OR_LESS, per_side + more, per_side)
    count[streets.plan.use[parcels.column, parcels.row] != "homes"] = 0
    parcel = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(parcel)) - np.repeat(np.cumsum(count) - count, count)
    buildings = -(-count // storeys)
    along = (within // storeys[parcel] + 0.5) / buildings[parcel]
    # Away from the corners, where side streets begin.
    inset = 0.08 + 0.84 * along
    floor = np.where(storeys[parcel] > 1, within % storeys[parcel] + 1, 0)
    return _Spots(parcel, inset.round(4), floor, np.full(len(parcel), HOME))


def _works(streets: StreetPlan, parcels: Parcels) -> _Spots:
    parcel = np.repeat(np.flatnonzero(streets.plan.use[parcels.column, parcels.row] == "works"), len(_WORKS))
    return _Spots(
        parcel,
        np.tile([0.3, 0.7], len(parcel) // len(_WORKS)),
        np.zeros(len(parcel), dtype=np.int64),
        np.tile(_WORKS, len(parcel) // len(_WORKS)),
    )


def _of_sites(sites: tuple[Site, ...]) -> _Spots:
    with_address = [site for site in sites if site.tag in _PURPOSES]
    return _Spots(
        np.array([site.parcel for site in with_address], dtype=np.int64),
        np.array([site.along for site in with_address], dtype=np.float64),
        np.zeros(len(with_address), dtype=np.int64),
        np.array([_PURPOSES[site.tag] for site in with_address]),
    )


def _street_side(parcels: Parcels, spots: _Spots) -> tuple[Ints, Ints, Ints]:
    """Row, stretch of one name, and side of the street of each spot."""
    parcel = spots.parcel
    return parcels.facing_row[parcel], parcels.column[parcel] // _STRETCHES_PER_NAME, parcels.half[parcel]


def _numbers(parcels: Parcels, spots: _Spots) -> Ints:
    """House numbers of sorted spots: odd on one side, even on the other; homes on one spot share theirs."""
    street_side = np.column_stack(_street_side(parcels, spots))
    here = np.column_stack([street_side, spots.parcel, np.round(spots.along * 10_000)]).astype(np.int64)
    new_spot = np.ones(len(here), dtype=np.int64)
    new_spot[1:] = (here[1:] != here[:-1]).any(axis=1)
    _, street, inverse = np.unique(street_side, axis=0, return_index=True, return_inverse=True)
    running = np.cumsum(new_spot)
    rank = running - running[street][inverse.ravel()]
    return np.asarray(2 * rank + 1 + (1 - street_side[:, 2]), dtype=np.int64)


def _streets(streets: StreetPlan, parcels: Parcels, spots: _Spots) -> Strings:
    columns = streets.plan.size.columns
    places, inverse = np.unique(
        np.column_stack([parcels.column, parcels.facing_row])[spots.parcel], axis=0, return_inverse=True
    )
    names = [street_name(streets.words, columns, column, row) for column, row in places.tolist()]
    return np.array(names)[inverse.ravel()]


def _identifications(streets: StreetPlan, parcels: Parcels, spots: _Spots) -> Strings:
    """Sixteen digits: gemeente, object type 01, and a running number."""
    outside = parcels.buurt[spots.parcel] == streets.plan.size.buurten
    gemeente = np.where(outside, "9998", "9999")
    running = np.char.zfill(np.arange(1, len(outside) + 1).astype(np.str_), 10)
    return np.char.add(np.char.add(gemeente, "01"), running)
