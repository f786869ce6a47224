"""Who may walk on a way or through a gate, which way along it, and whether at all hours.

Here the tags of OSM become a right, in the terms of `sources/segments`. Reading hours is for `osm_hours`, what a right
costs whom for `streets/`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from pipelines.sources.osm_hours import holds_at_noon, is_about_time, is_always_open, is_never_open, is_open_at_noon
from pipelines.sources.osm_words import REFUSALS, word

Run = Literal["", "forward", "backward"]
_CLAUSE = re.compile(r"([a-z_]+)\s*@\s*(\([^()]*\)|[^;()]+)")
_YES, _AGAINST = ("yes", "true", "1"), ("-1", "reverse")
_ONE_WAY = frozenset({"oneway:foot", "conveying", "foot:forward", "foot:backward"})
_NOT_ALWAYS = frozenset({"foot:conditional", "access:conditional", "opening_hours", "foot:forward", "foot:backward"})
# The hours of what else the object is (a market, a shop) are not those of the way through it.
_HAS_HOURS_OF_ITS_OWN = frozenset({"amenity", "shop", "leisure", "tourism", "office", "craft"})


class Right(NamedTuple):
    """The right to walk on an ordinary day at noon ('' unknown), and whether it is another at other hours."""

    foot: str
    is_part_time: bool


def right_to_walk(tags: Mapping[str, str]) -> Right:
    """Read the right to walk: `foot`, else none on a `motorroad`, else `access`; with conditions and opening hours.

    Where rights change over the day, that of an ordinary Wednesday at noon is given: people meet by day. Conditions
    of a load or of who one is change nothing for a walker.
    """
    foot, is_part_time = _usual(tags), False
    # Of nearly every way, and quick to see.
    if _NOT_ALWAYS.isdisjoint(tags):
        return Right(foot, is_part_time)
    ahead, back = (word(tags.get(f"foot:{way}", foot)) for way in ("forward", "backward"))
    usual = foot = back if ahead in REFUSALS else ahead
    for exception, condition in _conditions(tags):
        if is_about_time(condition):
            is_part_time |= (exception in REFUSALS) != (usual in REFUSALS)
            foot = exception if holds_at_noon(condition) else foot
    hours = "" if not _HAS_HOURS_OF_ITS_OWN.isdisjoint(tags) else tags.get("opening_hours", "")
    if is_never_open(hours):
        return Right("no", is_part_time=False)
    if not is_always_open(hours) and foot not in REFUSALS:
        return Right("no" if is_open_at_noon(hours) is False else foot, is_part_time=True)
    return Right(foot, is_part_time)


def one_way(tags: Mapping[str, str]) -> Run:
    """Tell which way only pedestrians may go along a way as it was drawn; '' both, or nobody says which.

    By `oneway:foot`, `foot:backward` and `foot:forward`, and by the run of an escalator (`conveying`); never by
    `oneway`, which is for vehicles.
    """
    if _ONE_WAY.isdisjoint(tags):
        return ""
    usual = _usual(tags)
    ahead, back = (word(tags.get(f"foot:{way}", usual)) in REFUSALS for way in ("forward", "backward"))
    oneway, conveying = word(tags.get("oneway:foot", "")), word(tags.get("conveying", ""))
    if oneway in _YES or conveying == "forward" or (back and not ahead):
        return "forward"
    return "backward" if oneway in _AGAINST or conveying == "backward" or (ahead and not back) else ""


def _usual(tags: Mapping[str, str]) -> str:
    if foot := word(tags.get("foot", "")):
        return foot
    # Traffic law closes a motorroad to walkers, whatever `access` says of vehicles (RVV 1990, article 42).
    return "no" if word(tags.get("motorroad", "")) in _YES else word(tags.get("access", ""))


def _conditions(tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each conditional right with its condition; those of `access` bear on walkers where `foot` says nothing."""
    text = tags.get("foot:conditional") or ("" if tags.get("foot") else tags.get("access:conditional", ""))
    yield from _CLAUSE.findall(text.lower())
