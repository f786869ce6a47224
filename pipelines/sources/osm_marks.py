"""What stands on the nodes of an OSM extract: kerbs, barriers, crossings and entrances.

Here the tags of one node become a `Mark`. Which stretches it stands between is for `obstacles`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.sources.osm_values import kerb_height_m, unread_facts, width_m
from pipelines.sources.osm_ways import crossing_aid, word
from pipelines.sources.osm_words import EXPLICIT_RIGHTS

MARK_KEYS = ("barrier", "kerb", "kerb:height", "sloped_curb", "entrance")
_KERB_KEYS = frozenset({"kerb", "kerb:height", "sloped_curb"})
_NO_OBSTACLE = frozenset({"", "no", "kerb", "entrance", "border_control", "toll_booth"})
_CROSSING_NODES = frozenset({"crossing", "traffic_signals"})
_CLEAR_WIDTHS = ("maxwidth:physical", "maxwidth", "width", "opening")
_KERB_NUMBERS = ("kerb:height", "kerb")


@dataclass(frozen=True)
class Mark:
    """One node that matters; '' and None mean that no tag says.

    `foot` is the right to pass the barrier, `width_m` its clear width, `crossing` what helps across a road there.
    `unread` names the facts with a tag that should hold their number and cannot be read.
    """

    has_kerb: bool = False
    kerb_height_m: float | None = None
    barrier: str = ""
    foot: str = ""
    width_m: float | None = None
    is_crossing: bool = False
    crossing: str = ""
    is_entrance: bool = False
    unread: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether a way has to be cut here: there is a kerb or a barrier."""
        return self.has_kerb or self.barrier != ""


def mark_of(tags: Mapping[str, str]) -> Mark | None:
    """Read the tags of a node; None when nothing about it matters. A node may be a kerb and a barrier."""
    barrier = word(tags.get("barrier", ""))
    named = "" if barrier in _NO_OBSTACLE else barrier
    is_crossing = tags.get("highway") in _CROSSING_NODES
    mark = Mark(
        has_kerb=barrier == "kerb" or not _KERB_KEYS.isdisjoint(tags),
        kerb_height_m=kerb_height_m(tags),
        barrier=named,
        foot=_right(tags) if named else "",
        width_m=width_m(tags, _CLEAR_WIDTHS) if named else None,
        is_crossing=is_crossing,
        crossing=crossing_aid(tags) if is_crossing else "",
        is_entrance="entrance" in tags,
        unread=unread_facts(tags, (*_KERB_NUMBERS, *_CLEAR_WIDTHS) if named else _KERB_NUMBERS),
    )
    return mark if mark.stops or mark.is_crossing or mark.is_entrance else None


def _right(tags: Mapping[str, str]) -> str:
    right = word(tags.get("foot") or tags.get("access", ""))
    # What is locked is shut, whatever it is called, unless a right for walkers says otherwise.
    return "private" if tags.get("locked") == "yes" and right not in EXPLICIT_RIGHTS else right
