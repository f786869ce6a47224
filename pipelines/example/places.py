"""Where people meet in the example town: at front doors, on grounds with entrances, in parks.

Sites become OSM nodes, areas and paths here; their BAG addresses come from `homes`, the municipality's own list from
`lists`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from pipelines.arrays import Floats, Ints
from pipelines.example.drawing import Multipolygon, Node, Tags, Way, rectangle
from pipelines.example.parcels import Parcels
from pipelines.example.plan import Plan, frontages, track
from pipelines.example.streets import StreetPlan
from pipelines.example.words import Words

SETBACK_M = 9.0
_GROUNDS_SHARE = 0.45
_HALL_M = (16.0, 8.0)
_COURT_M = {"leisure=playground": (14.0, 9.0), "leisure=pitch": (26.0, 15.0)}
_POND_M = (10.0, 6.0)
_COURT_SHIFT_M = np.array([-9.0, 3.0])
_USE_TAGS = {"school": "amenity=school", "sport": "leisure=sports_centre"}
_ONE_WAY_EVERY, _NODE_EVERY, _RELATION_EVERY = 4, 3, 3
_PARK_SURFACES = ("fine_gravel", "gravel", "unhewn_cobblestone", "grass", "asphalt")
# What is mapped of doors, in turn: most know one thing or nothing, as in OSM.
_DOORS: Mapping[str, tuple[Tags, ...]] = {
    "shop=supermarket": ({"wheelchair": "yes"},),
    "shop=bakery": ({"wheelchair": "limited", "step_count": "1"}, {}, {"kerb": "lowered"}),
    "amenity=pub": ({"wheelchair": "no"}, {"wheelchair": "no", "step_count": "2"}),
    "amenity=restaurant": ({"wheelchair": "limited"}, {"wheelchair": "yes", "door:width": "0.95"}, {}),
    "amenity=cafe": ({}, {"wheelchair": "yes"}, {"wheelchair": "no"}),
    "amenity=social_facility": ({"wheelchair": "yes", "door:width": "1.1", "kerb": "flush", "step_count": "0"},),
    "amenity=community_centre": (
        {"wheelchair": "yes", "door:width": "1.05"},
        {"wheelchair": "limited", "kerb:height": "0.08", "door:width": "0.9"},
        {"wheelchair": "no", "step_count": "3", "door:width": "0.85"},
    ),
}
# Of the two ways into grounds, the second has steps in every other one: who is on wheels takes the first.
_GATES: tuple[tuple[Tags, Tags], ...] = (
    ({"wheelchair": "yes", "step_count": "0", "door:width": "1.2"}, {"step_count": "4", "door:width": "1.2"}),
    ({}, {"wheelchair": "yes"}),
)
_HALL_LEVELS = (1, 2)
_OUTDOORS = ("leisure=playground", "leisure=pitch")
# Before the first front door of a street.
_CORNER = 0.04

Form = Literal["door", "hall", "grounds", "court", "spot"]


@dataclass(frozen=True)
class Site:
    """One place: its OSM tags, the parcel it belongs to, how far along the street (0 to 1), and where its door is.

    A `door`, `spot` (out of doors) is a node; a `hall`, a `grounds` (both with entrances) and a `court` an area.
    `door` is what OSM knows of its front door, `levels` how many floors a hall has.
    """

    tag: str
    name: str
    parcel: int
    along: float
    at: Floats
    form: Form
    door: Tags = field(default_factory=dict)
    levels: int = 1


def facade_points(plan: Plan, parcels: Parcels, parcel: Ints, along: Floats) -> Floats:
    """Points (n, 2) behind the building line of parcels, `along` (0 to 1) the street they face."""
    lines = frontages(plan).reshape(-1, 3, 2)[parcel]
    first = along[:, None] < 1 / 2
    start, end = np.where(first, lines[:, 0], lines[:, 1]), np.where(first, lines[:, 1], lines[:, 2])
    share = np.where(first[:, 0], 2 * along, 2 * along - 1)[:, None]
    setback = np.where(parcels.half[parcel] == 0, SETBACK_M, -SETBACK_M)
    points = start + share * (end - start)
    return np.asarray(points + np.column_stack([np.zeros(len(parcel)), setback]), dtype=np.float64)


def choose_sites(streets: StreetPlan, parcels: Parcels, rng: np.random.Generator) -> tuple[Site, ...]:
    """Every place that OSM knows: on the blocks set apart for it, and at the doors each kind of buurt asks for."""
    at_doors = tuple(_at_doors(streets, parcels, rng))
    sites = (*_on_grounds(streets), *at_doors, *_further(streets, parcels, at_doors))
    return tuple(_named(sites, streets.words))


def _named(sites: Iterable[Site], words: Words) -> Iterator[Site]:
    """Give every site a door, a word for what it is, and an invented name, numbered once the names have run out."""
    given: Counter[str] = Counter()
    for site in sites:
        turn = given[site.tag]
        again, at = divmod(turn, len(words.place_names))
        given[site.tag] += 1
        number = f" {again + 1}" if again else ""
        doors = _DOORS.get(site.tag, ({},))
        levels = _HALL_LEVELS[turn % len(_HALL_LEVELS)] if site.form == "hall" else 1
        name = f"{words.place_types[site.tag]} {words.place_names[at]}{number}"
        yield replace(site, name=name, door=doors[turn % len(doors)], levels=levels)


def floor_area_m2(site: Site) -> float | None:
    """Floor area of a hall, in m2; None of any other place."""
    return _HALL_M[0] * _HALL_M[1] * site.levels if site.form == "hall" else None


def _parcel_index(plan: Plan, column: int, row: int) -> int:
    """Index of the southern half of a block among the parcels."""
    return (column * plan.size.blocks_y + row) * 2


def block_centre(plan: Plan, column: int, row: int) -> Floats:
    """Middle (2,) of a block in RD metres."""
    corners = plan.corners[column : column + 2, row : row + 2]
    return np.asarray(corners.mean(axis=(0, 1)), dtype=np.float64)


def _grounds(plan: Plan, column: int, row: int) -> Floats:
    """Give a closed ring (7, 2) inside a block, from its south-west corner; points 1 and 4 face the streets."""
    low, high = plan.corners[column : column + 2, row], plan.corners[column : column + 2, row + 1]
    ring = np.array([low[0], low.mean(axis=0), low[1], high[1], high.mean(axis=0), high[0], low[0]])
    centre = block_centre(plan, column, row)
    return np.asarray(centre + _GROUNDS_SHARE * (ring - centre), dtype=np.float64)


def _on_grounds(streets: StreetPlan) -> Iterator[Site]:
    plan = streets.plan
    for number, (column, row) in enumerate(np.argwhere(np.isin(plan.use, ["school", "sport", "park"])).tolist()):
        use = str(plan.use[column, row])
        parcel = _parcel_index(plan, column, row)
        court = "leisure=playground" if use == "park" else "leisure=pitch"
        if use in _USE_TAGS:
            door = _grounds(plan, column, row)[1]
            yield Site(_USE_TAGS[use], "", parcel, 0.5, door, "grounds")
        if use in {"sport", "park"}:
            form: Form = "spot" if number % _NODE_EVERY == 0 else "court"
            yield Site(court, "", parcel, 0.5, block_centre(plan, column, row) + _COURT_SHIFT_M, form)


def _at_doors(streets: StreetPlan, parcels: Parcels, rng: np.random.Generator) -> Iterator[Site]:
    plan = streets.plan
    homes = plan.use[parcels.column, parcels.row] == "homes"
    for buurt, kind in enumerate(streets.kinds):
        tags = [tag for tag, count in kind.places.items() for _ in range(count)]
        blocks = rng.permutation(np.flatnonzero(homes & (parcels.half == 0) & (parcels.buurt == buurt)))
        if not len(blocks):
            continue
        # One place per block as long as there are blocks, on either of its streets.
        parcel = np.resize(blocks, len(tags)) + rng.integers(0, 2, len(tags))
        along = rng.uniform(0.1, 0.9, len(tags)).round(3)
        points = facade_points(plan, parcels, parcel, along)
        for tag, at, door, share in zip(tags, parcel.tolist(), points, along.tolist(), strict=True):
            if tag in _OUTDOORS:
                middle = block_centre(plan, int(parcels.column[at]), int(parcels.row[at]))
                yield Site(tag, "", at, share, middle, "spot")
            else:
                form: Form = "hall" if tag == "amenity=community_centre" and buurt % 2 else "door"
                yield Site(tag, "", at, share, door, form)


def _further(streets: StreetPlan, parcels: Parcels, at_doors: tuple[Site, ...]) -> Iterator[Site]:
    """Put places that are none of the six kinds at the corners of streets that have a place already."""
    for buurt, kind in enumerate(streets.kinds):
        tags = [tag for tag, count in kind.further.items() for _ in range(count)]
        here = [site for site in at_doors if site.form == "door" and parcels.buurt[site.parcel] == buurt]
        for tag, neighbour in zip(tags, here, strict=False):
            (door,) = facade_points(streets.plan, parcels, np.array([neighbour.parcel]), np.array([_CORNER]))
            yield Site(tag, "", neighbour.parcel, _CORNER, door, "door")


def site_tags(site: Site) -> Tags:
    """OSM tags of a site, its name included; what is known of the door of a hall stands on its entrance."""
    key, value = site.tag.split("=")
    return {key: value, "name": site.name, **(site.door if site.form == "door" else {})}


def draw_sites(streets: StreetPlan, parcels: Parcels, sites: tuple[Site, ...]) -> Iterator[Node | Way | Multipolygon]:
    """Draw sites as nodes and areas, with entrances on their rings and the paths that lead to these."""
    for number, site in enumerate(sites):
        if site.form in {"door", "spot"}:
            yield Node(site.at, site_tags(site))
        elif site.form == "court":
            yield Way(rectangle(site.at, *_COURT_M[site.tag]), site_tags(site))
        elif site.form == "hall":
            yield from _hall(site, int(parcels.half[site.parcel]))
        else:
            yield from _draw_grounds(streets, parcels, site, number)


def _hall(site: Site, half: int) -> Iterator[Node | Way]:
    """Draw a building whose door, on its ring, stands on the building line."""
    inward = 1 if half == 0 else -1
    width, depth = _HALL_M
    x, y = site.at
    ring = [(x, y), (x + width / 2, y), (x + width / 2, y + inward * depth), (x - width / 2, y + inward * depth)]
    ring += [(x - width / 2, y), (x, y)]
    yield Way(np.array(ring), {**site_tags(site), "building": "yes", "building:levels": str(site.levels)})
    yield Node(site.at, {"entrance": "main", **site.door})


def _draw_grounds(
    streets: StreetPlan, parcels: Parcels, site: Site, number: int
) -> Iterator[Node | Way | Multipolygon]:
    """Draw the grounds of a school or sports park: two entrances, each with a path from the street."""
    plan = streets.plan
    column, row = int(parcels.column[site.parcel]), int(parcels.row[site.parcel])
    ring = _grounds(plan, column, row)
    if site.tag == "leisure=sports_centre" and number % _RELATION_EVERY == 0:
        pond = rectangle(block_centre(plan, column, row) + np.array([14.0, -4.0]), *_POND_M)
        yield Multipolygon(ring, pond, site_tags(site))
    else:
        yield Way(ring, site_tags(site))
    first, second = _GATES[number % len(_GATES)]
    main, back = {"entrance": "main", **first}, {"entrance": "yes", **second}
    ways_in = ((1, track(plan, column, row, 1)[1], main), (4, track(plan, column, row + 1, -1)[1], back))
    for at, street, gate in ways_in:
        yield Node(ring[at], gate)
        yield Way(np.array([street, ring[at]]), {"highway": "footway", "surface": "paving_stones", "width": "2.0"})


def draw_parks(streets: StreetPlan) -> Iterator[Node | Way]:
    """Draw parks with a path and two benches; where steps or kerbs guard a buurt, a park is no way around them."""
    plan = streets.plan
    for number, (column, row) in enumerate(np.argwhere(plan.use == "park").tolist()):
        ring = _grounds(plan, column, row)
        centre = block_centre(plan, column, row)
        south, north = track(plan, column, row, 1)[1], track(plan, column, row + 1, -1)[1]
        surface = _PARK_SURFACES[number % len(_PARK_SURFACES)]
        tags = {"highway": "footway", "surface": surface, "width": "1.6"}
        if number % _ONE_WAY_EVERY == 0:
            tags["oneway:foot"] = "yes"
        open_park = streets.kinds[int(plan.buurt[column, row])].entry == "open"
        yield Way(ring, {"leisure": "park"})
        yield Way(np.array([south, ring[1], centre, ring[4], north] if open_park else [south, ring[1], centre]), tags)
        for side in (-1.0, 1.0):
            yield Node(centre + np.array([2.5, side * 6.0]), {"amenity": "bench"})
