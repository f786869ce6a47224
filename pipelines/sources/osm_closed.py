"""Which objects of OSM are not there, or not in use: deleted, gone, still to come, or closed for good.

Here the tags of an object become one reason, whatever it is: a way, a place, a bench, a gate or a door. What else may
keep people out, such as a right to walk, is for the readers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipelines.sources.osm_dates import years
from pipelines.sources.osm_hours import is_never_open
from pipelines.sources.osm_words import HIGHWAYS

# As a key (`removed=yes`), or as the value of what the object is (`highway=removed`).
_GONE = ("demolished", "destroyed", "dismantled", "razed", "removed")
_TO_COME = ("construction", "proposed", "planned")
_UNUSED = ("disused", "abandoned", "collapsed", "ruins", "vacant", "closed")
STATES = (*_GONE, *_TO_COME, *_UNUSED)
_KINDS = ("highway", "building")
# Of these another value than `yes` says what comes beside or after what is there already. Not so of a road: of a path
# with `construction=path` mappers mean that it is being laid; one that is mended (`minor`) is walked meanwhile.
_ONLY_YES = frozenset({*_TO_COME, "ruins", "closed"})
# A cycleway on an old track bed carries the state of the railway.
_STILL_OPEN = frozenset({"", "no", "false", "0", "rail", "railway", "light_rail", "tram", "narrow_gauge"})
_STATUS = "operational_status"
_STATUSES = frozenset({*STATES, "decommissioned", "under_construction", "permanently_closed"})
_HOURS = "opening_hours"
_END, _STARTS = "end_date", ("start_date", "opening_date")
_SIGNS = frozenset({*STATES, _STATUS, _HOURS, _END, *_STARTS})


def why_gone(tags: Mapping[str, str], year: int | None, *, visible: bool = True) -> str:
    """Tell why an object is not there (any more, or yet): the tag that says so, or `deleted`; '' where it is there.

    Parameters
    ----------
    tags
        Of the object.
    year
        In which the delivery was made; None: dates are not looked at. Gone is what ended in a year before it, to come
        what begins in a year after it. Of what ends or begins in that very year nobody knows whether the delivery was
        made before or after: it is there.
    visible
        Whether the file says that the object is there; editors and histories keep what was deleted.
    """
    if not visible:
        return "deleted"
    if not _has_sign(tags):
        return ""
    return _by_state(tags, (*_GONE, *_TO_COME)) or ("" if year is None else _by_date(tags, year))


def why_closed(tags: Mapping[str, str], year: int | None, *, visible: bool = True) -> str:
    """Tell why an object is gone (see `why_gone`) or not in use; '' where it is there and in use."""
    gone = why_gone(tags, year, visible=visible)
    if gone or not _has_sign(tags):
        return gone
    if _word(tags, _STATUS) in _STATUSES:
        return _STATUS
    if is_never_open(tags.get(_HOURS, "")):
        return _HOURS
    return _by_state(tags, _UNUSED)


def _has_sign(tags: Mapping[str, str]) -> bool:
    """Whether any tag may tell: of nearly all objects none does, and this is asked of every one."""
    return not _SIGNS.isdisjoint(tags) or any(_word(tags, key) in STATES for key in _KINDS)


def _by_state(tags: Mapping[str, str], states: Sequence[str]) -> str:
    for state in states:
        word = _word(tags, state)
        is_road_to_come = state == "construction" and word in HIGHWAYS
        if word == "yes" or is_road_to_come or (word not in _STILL_OPEN and state not in _ONLY_YES):
            return state
    return next((f"{key}={_word(tags, key)}" for key in _KINDS if _word(tags, key) in states), "")


def _by_date(tags: Mapping[str, str], year: int) -> str:
    _, end = years(tags.get(_END, ""))
    if end is not None and end < year:
        return _END
    starts = ((key, years(tags.get(key, ""))[0]) for key in _STARTS)
    return next((key for key, start in starts if start is not None and start > year), "")


def unread_dates(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Name the dates that might close an object and cannot be read: it counts as there.

    A free text under `start_date` is common, and of things that are there.
    """
    told = (key for key in (_END, "opening_date") if tags.get(key, "").strip())
    return tuple(key for key in told if years(tags[key]) == (None, None))


def _word(tags: Mapping[str, str], key: str) -> str:
    return tags.get(key, "").strip().lower()


def closed_groups(what: str, closed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, list[str]]]:
    """Group what was set aside as closed, (reason, id) each, by reason; an id that is named twice counts once."""
    by_reason: dict[str, dict[str, None]] = {}
    for reason, source_id in closed:
        by_reason.setdefault(reason, {})[source_id] = None
    for reason, ids in sorted(by_reason.items()):
        yield f"{what} that is gone, to come or not in use ({reason})", "set_aside", list(ids)
