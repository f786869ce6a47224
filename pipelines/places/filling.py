"""What a kept place takes from one that was merged into it: whatever it does not know itself."""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from pipelines.sources.contracts import DOOR_COLUMNS
from pipelines.sources.place_kinds import ATTRIBUTES

Row = Mapping[str, Any]
_DOORS = tuple(column.name for column in DOOR_COLUMNS)
_NOTHING = ("", None)


def filled(kept: Row, others: Iterable[Row]) -> Row:
    """Fill what a row of `sources/places` does not tell, from `others` in their order; its own facts stand.

    Entrances come with what is known of their doors; what the kept place tells of its door holds for each of these.
    Functions come as a whole. `merged_sources` grows by the ids of the others and by what these had merged.
    """
    return reduce(_with, others, kept)


def _with(kept: Row, other: Row) -> Row:
    taken = {name: other[name] for name in ("name", "floor_area_m2") if kept[name] in _NOTHING}
    theirs = dict.fromkeys([*other["functions"], other["place_kind"]])
    taken["functions"] = kept["functions"] or [kind for kind in theirs if kind != kept["place_kind"]]
    taken |= {name: other[name] for name in ATTRIBUTES if kept[name] == "unknown"}
    taken["merged_sources"] = [*kept["merged_sources"], merged_id(other), *other["merged_sources"]]
    return {**kept, **taken, **_doors(kept, other)}


def merged_id(row: Row) -> str:
    """Say where a place was delivered and under which id."""
    return f"{row['source']}:{row['source_id']}"


def _doors(kept: Row, other: Row) -> dict[str, Any]:
    if kept["entrances"] is None and other["entrances"] is not None:
        own = {name: kept[name][0] if kept[name] else None for name in _DOORS}
        doors = {name: [_first(own[name], fact) for fact in other[name]] for name in _DOORS}
        return {"entrances": other["entrances"], **doors}
    if other["entrances"] is not None:
        return {}
    whole = {name: other[name][0] if other[name] else None for name in _DOORS}
    return {name: [_first(fact, whole[name]) for fact in kept[name]] for name in _DOORS}


def _first(own: object, others: object) -> object:
    return others if own in _NOTHING else own
