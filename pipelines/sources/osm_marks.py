"""What stands on the nodes of an OSM extract: kerbs, barriers, crossings and entrances.

Here the tags of one node become a `Mark`. Which stretches it stands between is for `obstacles`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.sources.osm_rights import Right, right_to_walk
from pipelines.sources.osm_values import kerb_height_m, unread_facts, width_m
from pipelines.sources.osm_ways import crossing_aid, footing
from pipelines.sources.osm_words import EXPLICIT_RIGHTS, word

MARK_KEYS = ("barrier", "kerb", "kerb:height", "sloped_curb", "entrance", "door", "ford", "ladder", "crossing")
_KERB_KEYS = frozenset({"kerb", "kerb:height", "sloped_curb"})
_NO_OBSTACLE = frozenset({"", "no", "kerb", "entrance", "border_control", "toll_booth"})
# Open to all, unless something is said of who passes or how wide they are.
_OPENINGS = frozenset({"entrance", "elevator"})
_CROSSING_NODES = frozenset({"crossing", "traffic_signals"})
# The room to pass, the surest first. `width` is that of the thing itself, which is room to pass in a gate or opening
# only: of a bollard it is what is in the way.
_GAPS = ("maxwidth:physical", "opening", "spacing", "maxwidth")
_GATES = frozenset(
    {"gate", "door", "entrance", "sliding_gate", "wicket_gate", "hampshire_gate", "kissing_gate", "swing_gate"}
)
_KERB_NUMBERS = ("kerb:height", "kerb")
_WHO_PASSES = frozenset({
    "access", "foot", "access:conditional", "foot:conditional", "opening_hours", "locked", "wheelchair", "stroller",
    "width", *_GAPS,
})  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One node that matters; '' and None mean that no tag says.

    `foot` is the right to pass the barrier on an ordinary day at noon, `is_part_time` whether it is another at other
    hours, `width_m` the clear width; `wheelchair` and `stroller` say whether those wheels can pass what stands here.
    `crossing` is what helps across a road there.
    `unread` names the facts with a tag that should hold their number and cannot be read.
    """

    has_kerb: bool = False
    kerb_height_m: float | None = None
    barrier: str = ""
    foot: str = ""
    is_part_time: bool = False
    wheelchair: str = ""
    stroller: str = ""
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
    barrier = _barrier(tags)
    right = _right(tags) if barrier else Right("", is_part_time=False)
    gaps = (*_GAPS, "width") if barrier in _GATES else _GAPS
    is_crossing = tags.get("highway") in _CROSSING_NODES or word(tags.get("crossing", "")) == "no"
    mark = Mark(
        has_kerb=word(tags.get("barrier", "")) == "kerb" or not _KERB_KEYS.isdisjoint(tags),
        kerb_height_m=kerb_height_m(tags),
        barrier=barrier,
        foot=right.foot,
        is_part_time=right.is_part_time,
        wheelchair=word(tags.get("wheelchair", "")),
        stroller=word(tags.get("stroller", "")),
        width_m=width_m(tags, gaps) if barrier else None,
        is_crossing=is_crossing,
        crossing=crossing_aid(tags) if is_crossing else "",
        is_entrance="entrance" in tags,
        unread=unread_facts(tags, (*_KERB_NUMBERS, *gaps) if barrier else _KERB_NUMBERS),
    )
    return mark if mark.stops or mark.is_crossing or mark.is_entrance else None


def _barrier(tags: Mapping[str, str]) -> str:
    """Name what stands on the node, else the ford, stones or ladder it is, else `door`, else an opening; '' nothing."""
    barrier = word(tags.get("barrier", ""))
    if barrier not in _NO_OBSTACLE:
        return barrier
    has_door = word(tags.get("door", "no")) not in {"", "no"}
    opening = next((kind for kind in (barrier, word(tags.get("highway", ""))) if kind in _OPENINGS), "")
    return (
        footing({key: tags[key] for key in ("ford", "ladder") if key in tags})
        or ("door" if has_door else "")
        or ("" if _WHO_PASSES.isdisjoint(tags) else opening)
    )


def _right(tags: Mapping[str, str]) -> Right:
    right = right_to_walk(tags)
    # What is locked is shut, whatever it is called, unless a right for walkers says otherwise.
    locked = word(tags.get("locked", "")) == "yes" and right.foot not in EXPLICIT_RIGHTS
    return right._replace(foot="private") if locked else right
