"""What mappers and programs do to an OSM extract: objects lost, moved, out of order, odd tags, other kinds of file."""

from collections.abc import Callable, Mapping
from pathlib import Path

import osmium
from osmium.osm import Node

from tests.mutations.byte_changes import BYTES, Change, Rng
from tests.mutations.list_changes import NASTY

Thing = osmium.osm.OSMObject
KEYS = ("highway", "name", "width", "kerb", "barrier", "amenity", "access", "wheelchair", "addr:housenumber", "incline")


def _rewritten(change: Callable[[Rng, Thing], Thing | None], ending: str = "") -> Change:
    """Write an extract anew, each object as changed; without those of which nothing is left."""

    def changed(rng: Rng, path: Path) -> Path:
        target = path.with_name(path.name.removesuffix(".osm.pbf") + (ending or ".new.osm.pbf"))
        with osmium.SimpleWriter(str(target), overwrite=True) as writer:
            for thing in osmium.FileProcessor(str(path)):
                kept = change(rng, thing)
                if kept is not None:
                    writer.add(kept)
        return target if ending else target.replace(path)

    changed.__name__ = change.__name__
    return changed


def half_lost(rng: Rng, thing: Thing) -> Thing | None:
    return thing if rng.random() < 0.5 else None


def nodes_lost(rng: Rng, thing: Thing) -> Thing | None:
    return None if isinstance(thing, Node) and rng.random() < 0.1 else thing


def tags_lost(rng: Rng, thing: Thing) -> Thing:
    return thing.replace(tags={}) if rng.random() < 0.3 else thing


def axes_swapped(_rng: Rng, thing: Thing) -> Thing:
    return thing.replace(location=(thing.lat, thing.lon)) if isinstance(thing, Node) else thing


def moved(_rng: Rng, thing: Thing) -> Thing:
    return thing.replace(location=(thing.lon + 0.5, thing.lat)) if isinstance(thing, Node) else thing


def nasty_tags(rng: Rng, thing: Thing) -> Thing:
    tags = dict(thing.tags)
    keys = [key for key in KEYS if key in tags]
    if not keys or rng.random() < 0.7:
        return thing
    word = str(rng.choice(NASTY)).replace("\x00", "")[:250]
    return thing.replace(tags={**tags, str(rng.choice(keys)): word})


def closed(rng: Rng, thing: Thing) -> Thing:
    tag = str(rng.choice(["disused", "abandoned", "construction"]))
    return thing.replace(tags={**dict(thing.tags), tag: "yes"}) if len(thing.tags) and rng.random() < 0.5 else thing


def private(rng: Rng, thing: Thing) -> Thing:
    return thing.replace(tags={**dict(thing.tags), "access": "private"}) if rng.random() < 0.5 else thing


def as_is(_rng: Rng, thing: Thing) -> Thing:
    return thing


def ways_first(_rng: Rng, path: Path) -> Path:
    """An extract that is not sorted: its ways stand before the nodes they refer to."""
    target = path.with_name("unsorted.osm.pbf")
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for is_node in (False, True):
            for thing in osmium.FileProcessor(str(path)):
                if isinstance(thing, Node) is is_node:
                    writer.add(thing)
    return target.replace(path)


def twice(_rng: Rng, path: Path) -> Path:
    target = path.with_name("twice.osm.pbf")
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for _ in range(2):
            for thing in osmium.FileProcessor(str(path)):
                writer.add(thing)
    return target.replace(path)


def _named(change: Change, name: str) -> Change:
    def changed(rng: Rng, path: Path) -> Path:
        return change(rng, path)

    changed.__name__ = name
    return changed


def _damaged(ending: str) -> Change:
    form = _rewritten(as_is, ending)
    return _named(
        lambda rng, path: BYTES[str(rng.choice(["cut_short", "bits_flipped", "block_lost"]))](rng, form(rng, path)),
        f"damaged{ending}",
    )


ENDINGS = (".osm", ".osm.gz", ".osm.bz2")
OSM: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        *map(_rewritten, (
            half_lost, nodes_lost, tags_lost, axes_swapped, moved, nasty_tags, nasty_tags, closed, private,
        )),
        ways_first, twice,
        *(_named(_rewritten(as_is, ending), f"as{ending}") for ending in ENDINGS), *map(_damaged, ENDINGS),
    )
}  # fmt: skip
